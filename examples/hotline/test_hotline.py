"""What callers of the hotline hear, without a telephone: `pytest test_hotline.py`."""

from datetime import datetime

import pytest
import requests
from hotline import create_app

COLLEAGUE = "447700900002"
MONDAY, SUNDAY = datetime(2030, 1, 7, 12), datetime(2030, 1, 6, 12)
GOOD_MORNING = [{"do": "say", "text": "Bookshop, good morning"}, {"do": "hang_up"}]
TWO = [{"do": "wait", "seconds": 2}, {"do": "press", "digits": "2"}]
HEARD_ALL = {"do": "wait_for", "text": "say person"}
HOLD_ON = [{"do": "wait_for", "text": "after the tone"}, {"do": "wait", "seconds": 1}]
MESSAGE = [*HOLD_ON, {"do": "say", "text": "Please keep the atlas for me."}]


@pytest.fixture
def hotline(phone_network, tmp_path):
    """Starts the hotline at a moment. Its folder of messages is this test's own."""

    def at(moment):
        app = create_app({**phone_network.environment, "COLLEAGUE": COLLEAGUE, "MESSAGES": tmp_path}, lambda: moment)
        app.address = phone_network.serve(app)
        return app

    return at


KEY, WORDS = {"do": "press", "digits": "1"}, {"do": "say", "text": "opening hours, please"}


@pytest.mark.parametrize("wish", [KEY, WORDS], ids=["key", "words"])
def test_who_asks_is_told_the_hours(hotline, phone_network, wish):
    hotline(SUNDAY)
    assert phone_network.call(HEARD_ALL, {"do": "wait", "seconds": 1}, wish).said("from nine to five")


def test_who_says_nothing_is_asked_three_times(hotline, phone_network):
    hotline(MONDAY)
    call = phone_network.call()
    assert call.said("Sorry") and call.said("Goodbye")
    assert call.duration < 90


def test_two_rings_the_colleague_while_we_are_open(hotline, phone_network):
    hotline(MONDAY)
    phone_network.phone(COLLEAGUE).script(GOOD_MORNING)
    assert phone_network.call(*TWO).said("good morning")


@pytest.mark.parametrize(
    ("moment", "why"), [(MONDAY, "Nobody is free"), (SUNDAY, "We are closed")], ids=["engaged", "closed"]
)
def test_otherwise_the_message_is_kept(hotline, phone_network, tmp_path, moment, why):
    app = hotline(moment)
    phone_network.phone(COLLEAGUE).busy()
    call = phone_network.call(*TWO, *MESSAGE)
    assert call.said(why) and call.said("Thank you")
    app.fetching.shutdown()  # waits until it is done
    [message] = tmp_path.glob("447700900001-*.mp3")
    assert message.stat().st_size > 8000  # a second of speech, and more


def test_it_is_healthy_and_believes_nobody_but_vonage(hotline):
    url = hotline(MONDAY).address
    assert requests.get(f"{url}/healthz", timeout=5).text == "ok"
    forged = requests.post(f"{url}/message?from=1", json={"recording_url": "https://example.com"}, timeout=5)
    assert forged.status_code == 401
