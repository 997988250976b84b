"""What callers hear, without a telephone: `pip install` the kit with its extra `test`, then `pytest`."""

import pytest
from app import COLLEAGUE, create_app

PRESS_ONE = [{"do": "wait_for", "text": "press one"}, {"do": "press", "digits": "1"}]
PRESS_TWO = [{"do": "wait_for", "text": "press two"}, {"do": "press", "digits": "2"}]


@pytest.fixture
def app(phone_network):
    app = create_app()
    phone_network.serve(app)
    return app


def test_one_tells_the_opening_hours_and_hangs_up(app, phone_network):
    call = phone_network.call(PRESS_ONE)
    assert call.said("from eight to six")
    assert call.digits == "1"
    assert [event["status"] for event in call.events if "status" in event][-1] == "completed"


def test_a_key_cuts_the_menu_short(app, phone_network):
    call = phone_network.call(PRESS_ONE)
    assert not call.said("press two")


def test_who_presses_nothing_hears_the_menu_again(app, phone_network):
    call = phone_network.call([{"do": "wait", "seconds": 30}, {"do": "hang_up"}])
    assert call.said("I did not get that")
    assert call.longest_silence().seconds < 6


def test_two_puts_through_to_the_colleague(app, phone_network):
    phone_network.phone(COLLEAGUE).script({"do": "say", "text": "Bakery, good morning"}, {"do": "hang_up"})
    call = phone_network.call(PRESS_TWO)
    assert call.said("good morning")
    assert not app.messages


@pytest.mark.parametrize("how", ["busy", "declines", "rings_out", "out_of_service"])
def test_where_nobody_answers_the_message_is_recorded(app, phone_network, how):
    getattr(phone_network.phone(COLLEAGUE), how)()
    words = [
        {"do": "wait_for", "text": "after the tone"},
        {"do": "wait", "seconds": 1},
        {"do": "say", "text": "Two loaves for Saturday, please."},
    ]
    call = phone_network.call(PRESS_TWO + words)
    assert call.said("Goodbye")
    [recording] = app.messages
    assert len(phone_network.vonage.download_recording(recording)) > 16_000  # a second of speech, and more
