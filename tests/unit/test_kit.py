"""The kit as a lesson meets it: set up, used, stopped, run again; and the words it has for what goes wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from flask import Flask

import helpers
from helpers import kit as kits
from helpers.audio import inspect
from helpers.base import e164
from helpers.base.errors import KitError
from helpers.exercises import exercise
from helpers.kit import Kit, NotReady
from helpers.line.control_plane import ControlPlane, ControlPlaneError
from helpers.ncco import EXAMPLES, Ncco, Stream
from helpers.node_red import import_flow
from helpers.phone import Phone
from helpers.server import audio_files, create_app
from helpers.server.server import BackgroundServer
from helpers.settings.settings import SettingsError
from helpers.simulator import Simulator
from helpers.vonage.errors import BadRequestError
from helpers.widgets.builder import Builder
from tests.unit.builder_page import Hands

PHONE = "447700900001"


@pytest.fixture
def kit(clean: Path) -> Iterator[Kit]:
    made = helpers.setup()
    yield made
    made.stop()


def inline(kit: Kit, *actions: dict[str, object]) -> dict[str, object]:
    """Place a call with an NCCO of its own."""
    kit.ready()
    return kit.vonage.create_call(to=PHONE, from_=kit.number, ncco=list(actions))


def test_setup_again_gives_the_same_kit(kit: Kit, capsys: pytest.CaptureFixture[str]) -> None:
    assert helpers.setup() is kit
    assert capsys.readouterr().out.count("Simulated: the phone network runs here") == 1


def test_ten_times_setup_leaves_one_server_and_no_extra_thread(kit: Kit) -> None:
    url, threads = kit.server.url, threading.active_count()
    for _ in range(10):
        assert helpers.setup().server.url == url
        helpers.setup().serve(Flask("again"))
    assert threading.active_count() == threads


def test_stopping_leaves_nothing_and_is_safe_to_repeat(clean: Path) -> None:
    before = threading.active_count()
    for _ in range(3):
        made = helpers.setup()
        made.serve(Flask("lesson"))
        made.stop()
        made.stop()
    assert threading.active_count() == before
    assert repr(made) == "Kit(stopped)"


def test_a_changed_env_file_makes_a_new_kit(kit: Kit, clean: Path) -> None:
    (clean / "env").write_text("SIMULATOR_PACE=50\n")
    new = helpers.setup()
    assert new is not kit and not kit.running
    assert "50 × as fast" in new.banner
    new.stop()


def test_ready_makes_number_and_application_once(kit: Kit) -> None:
    first = kit.ready()
    number, application = kit.number, kit.settings.application_id
    assert first == f"Number {number}, application “Made by the kit”: ready."
    kit.ready()
    assert (kit.number, kit.settings.application_id) == (number, application)
    kit.stop()
    again = helpers.setup()  # the next lesson finds them
    again.ready()
    assert (again.number, again.settings.application_id) == (number, application)
    again.stop()


def test_ready_replaces_an_application_that_is_gone(kit: Kit) -> None:
    kit.ready()
    old = kit.settings.application_id
    kit.vonage.delete_application(old)
    kit.ready()
    assert kit.settings.application_id != old


def test_ready_takes_webhooks_away_from_a_stopped_server_only(kit: Kit) -> None:
    kit.ready()

    def address(url: str) -> str:
        application = kit.vonage.get_application(kit.settings.application_id)
        hook = application["capabilities"]["voice"]["webhooks"]["event_url"]
        if url:
            hook["address"] = url
            kit.vonage.replace_application(application["id"], application)
        return str(hook["address"])

    mine = address(f"{kit.server.url}/event")
    kit.ready()
    assert address("") == mine
    with BackgroundServer() as other:
        address(f"{other.url}/event")
    kit.ready()
    assert address("") == "https://example.com/event"


def test_secrets_do_not_show(kit: Kit) -> None:
    kit.ready()
    shown = f"{kit!r} {kit.settings!r} {kit.vonage.wire.show(10)!r} {kit.vonage!r} {kit.network!r} {kit.simulator!r}"
    for secret in (kit.settings.api_secret, kit.settings.signature_secret, kit.settings.private_key.splitlines()[1]):
        assert secret and secret not in shown
    assert kit.simulator and kit.simulator.token not in shown


def test_a_call_from_start_to_end(kit: Kit) -> None:
    call = kit.wait_for(inline(kit, {"action": "stream", "streamUrl": [f"{kit.server.url}/audio/jingle.mp3"]}))
    assert call.statuses == ["started", "ringing", "answered", "completed"]
    found = call.heard("jingle.mp3")
    assert found.yes and found.whole and repr(found).startswith("jingle.mp3: heard 0.0 s after the answer")


def test_wait_for_tells_how_a_call_ended_otherwise(kit: Kit) -> None:
    kit.phone(PHONE).declines()
    with pytest.raises(NotReady, match=r"never became answered: it went started, ringing, rejected \(the person"):
        kit.wait_for(inline(kit, {"action": "wait"}), "answered")


def test_wait_for_the_end_whichever_it_is(kit: Kit) -> None:
    kit.phone(PHONE).declines()
    assert kit.wait_for(inline(kit, {"action": "wait"}), "over").statuses == ["started", "ringing", "rejected"]
    kit.phone(PHONE).busy()
    assert kit.wait_for(inline(kit, {"action": "wait"}), "over").status == "completed"
    kit.phone(PHONE).answers()
    reply = inline(kit, {"action": "wait", "timeout": 100})
    for status in ("over", "completed"):
        with pytest.raises(NotReady, match=rf"After 5 s the call is still 'answered', not '{status}'\. Give it more"):
            kit.wait_for(reply, status, timeout=5)


def test_wait_lets_exactly_that_time_pass(kit: Kit) -> None:
    reply = inline(kit, {"action": "wait", "timeout": 10})
    kit.wait(2.0)
    assert kit.call(reply).status == "ringing"
    kit.wait(0.2)
    assert kit.call(reply).status == "answered"


def test_an_unknown_call(kit: Kit) -> None:
    with pytest.raises(ControlPlaneError, match="There is no call nonsense-1"):
        kit.call("nonsense-1")


def test_phone_does_what_it_is_told(kit: Kit) -> None:
    phone = kit.phone(PHONE)
    assert repr(phone) == f"Phone {PHONE}: answers after 2 s, idle"
    assert repr(phone.rings_out(after=9)) == f"Phone {PHONE}: rings out after 9 s, idle"
    with pytest.raises(ControlPlaneError, match=r"not in a call\. Wait until the call is answered"):
        phone.press("1")
    phone.answers(after=1)
    reply = inline(kit, {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 2}})
    kit.wait_for(reply, "answered")
    phone.press("4").press("2")
    assert kit.wait_for(reply).digits == "42"


def test_a_manual_phone_waits_for_a_person(kit: Kit) -> None:
    phone = kit.phone(PHONE).manual()
    reply = inline(kit, {"action": "wait", "timeout": 1})
    kit.wait_for(reply, "ringing")
    phone.answer()
    assert kit.wait_for(reply).statuses[-2:] == ["answered", "completed"]


@pytest.mark.parametrize(
    ("number", "say"),
    [("+447700900001", "without"), ("44 7700 900001", "without"), ("4477oo900001", "letters"), ("4477", "7 to 15")],
)
def test_a_wrong_number_is_refused_with_a_cure(kit: Kit, number: str, say: str) -> None:
    kit.ready()
    with pytest.raises(BadRequestError, match=say):
        kit.vonage.create_call(to=number, from_=kit.number, ncco=[{"action": "wait"}])


def test_a_route_that_raises_answers_500_and_is_told(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    app = Flask("lesson")

    @app.get("/answer")
    def answer() -> str:
        raise RuntimeError("no idea")

    kit.serve(app)
    assert requests.get(f"{kit.server.url}/answer", timeout=60).status_code == 500
    assert "RuntimeError: no idea" in caplog.text


def test_errors_of_a_call_are_told_once(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    reply = inline(kit, {"action": "stream", "streamUrl": [f"{kit.server.url}/audio/missing.mp3"]})
    kit.wait_for(reply)
    kit.wait_for(reply)
    assert caplog.text.count("cannot be played: the server answered HTTP 404") == 1


def test_a_phone_that_an_earlier_call_keeps_busy_is_told_with_a_cure(
    kit: Kit, caplog: pytest.LogCaptureFixture
) -> None:
    hello = {"action": "talk", "text": "Hello."}
    earlier = inline(kit, hello)
    assert "busy" in kit.wait_for(inline(kit, hello)).statuses
    assert f"The phone {PHONE} was busy: an earlier call to it" in caplog.text and "kit.wait(120)" in caplog.text
    kit.wait(120)
    assert kit.call(earlier["uuid"]).ended_at is not None
    again = kit.wait_for(inline(kit, hello))
    assert again.answered_at is not None and not again.in_another_call
    kit.phone(PHONE).busy()
    assert not kit.wait_for(inline(kit, hello)).in_another_call


def test_a_network_elsewhere(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulator(pace="stepped", seed=2) as network:
        monkeypatch.setenv("SIMULATOR_URL", network.url)
        monkeypatch.setenv("SIMULATOR_TOKEN", network.token)
        made = helpers.setup()
        assert made.simulator is None and f"at {network.url}" in made.banner
        reply = inline(made, {"action": "wait", "timeout": 1})
        assert made.wait_for(reply).status == "completed"
        made.stop()


def test_a_network_that_is_not_there(clean: Path) -> None:
    with pytest.raises(ControlPlaneError, match=r"does not answer\. Run the first code cell again"):
        ControlPlane("http://127.0.0.1:9", "token").account()


def test_live_mode_makes_nothing_by_itself(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICE_MODE", "live")
    made = helpers.setup()
    assert made.simulator is None and made.banner.startswith("Live:")
    with pytest.raises(SettingsError, match="VONAGE_NUMBER is not set"):
        made.ready()
    with pytest.raises(NotReady, match="There is no simulated phone network"):
        _ = made.network
    with pytest.raises(SettingsError, match="MY_NUMBER is not set"):
        _ = made.my_number
    made.stop()


def test_a_key_in_the_environment_does_not_make_it_live(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VONAGE_API_KEY", "abcd1234")
    monkeypatch.setenv("VONAGE_API_URL", "https://api.nexmo.com")
    monkeypatch.setenv("MY_NUMBER", "447700900999")
    made = helpers.setup()
    assert not made.settings.live and made.settings.api_url == made.simulator.url  # type: ignore[union-attr]
    assert (made.settings.api_key, made.my_number) != ("abcd1234", "447700900999")
    assert made.my_number == PHONE
    made.stop()


def test_the_kit_of_a_kernel_is_the_only_global(kit: Kit) -> None:
    assert kits._kit is kit


# --- what a cell can hand over by mistake ---------------------------------------------------------------------------


MISTAKES: dict[str, tuple[Callable[[Kit], object], str]] = {
    "no call": (lambda kit: kit.call(None), r"None is not a call\. Give the reply of kit\.vonage\.create_call"),  # type: ignore[arg-type]
    "empty call": (lambda kit: kit.call(""), "'' is not a call"),
    "a path for a call": (lambda kit: kit.call("../account"), "is not a call"),
    "a dict without uuid": (lambda kit: kit.wait_for({}), "{} is not a call"),
    "bytes for a call": (lambda kit: kit.wait_for(b"x"), "is not a call"),  # type: ignore[arg-type]
    "status misspelt": (lambda kit: kit.wait_for("x1", "ended"), "never has the status 'ended'.*completed.*over"),
    "status none": (lambda kit: kit.wait_for("x1", ["answered"]), "never has the status"),  # type: ignore[arg-type]
    "endless time": (lambda kit: kit.wait(float("inf")), "inf is not a number of seconds"),
    "time in quotes": (lambda kit: kit.wait("5"), r"'5' is not a number of seconds.*kit\.wait\(5\)"),  # type: ignore[arg-type]
    "timeout back in time": (lambda kit: kit.wait_for("x1", timeout=-1), "-1 is not a number of seconds"),
    "phone with spaces": (lambda kit: kit.phone("44 7700 900001"), 'not a number a phone can have.*"447700900001"'),
    "phone as a dict": (lambda kit: kit.phone({}), "not a number a phone can have"),  # type: ignore[arg-type]
    "phone that answers never": (lambda kit: _phone(kit).answers(after=float("nan")), "cannot be sent"),
    "dials a path": (lambda kit: _phone(kit).dial("447700900001/x"), "not a number a phone can have"),
    "a single route": (lambda kit: kit.serve(lambda: "hello"), r"a single route, not a web app.*Flask\(__name__\)"),  # type: ignore[arg-type,misc]
    "the class Flask": (lambda kit: kit.serve(Flask), "Flask is a class, not a web app"),  # type: ignore[arg-type]
    "shows nothing": (lambda kit: kit.show(None), "None is not a reply of requests"),  # type: ignore[arg-type]
    "keeps a text": (lambda kit: kit.keep(application="x"), "'x' is not an application"),  # type: ignore[arg-type]
    "keeps half of it": (lambda kit: kit.keep(application={"name": "x"}), "is not an application"),
    "the name of a call": (lambda kit: kit.wait_for("call"), "'call' is not a call.*leave the quotes away"),
    "phone without country": (lambda kit: kit.phone("0770"), "not a number a phone can have.*country code"),
    "dials with a plus": (lambda kit: _phone(kit).dial("+44 7700 900001"), 'Write "447700900001"'),
    "dials itself": (lambda kit: _phone(kit).dial("447700900044"), "cannot call itself"),
    "create_app itself": (lambda kit: kit.serve(create_app), r"kit\.serve\(create_app\(\)\)"),  # type: ignore[arg-type]
    "sounds from nowhere": (lambda kit: create_app(audio="nowhere"), "There is no folder nowhere.*as seen from"),
    "files of nowhere": (lambda kit: audio_files("nowhere"), "There is no folder nowhere"),
    "seconds in quotes": (lambda kit: kit.vonage.create_call(ringing_timer="5"), "ringing_timer is a number"),
    "loop in quotes": (lambda kit: kit.vonage.stream("x", "http://x/a.mp3", loop="2"), "loop is a number"),  # type: ignore[arg-type]
    "a filter misspelt": (lambda kit: kit.vonage.list_numbers(patern="44"), "Did you mean pattern"),
    "a country in words": (lambda kit: kit.vonage.search_numbers("England"), "not the code of a country.*GB"),
    "a number as country": (lambda kit: kit.vonage.buy_number("447700900500", "GB"), "not the code of a country"),
    "the UK": (lambda kit: e164("07700 900123", "UK"), "not the code of a country.*GB"),
    "no address": (lambda kit: kit.vonage.download_recording("abc"), "not the address of a recording"),
    "exercise by number": (lambda kit: exercise(0 - 1), "-1 is not the name of an exercise.*in quotes"),  # type: ignore[arg-type]
    "option misspelt": (lambda kit: Stream(streamUrl=["http://x/a.mp3"], lop=2), "no option .lop.*Did you mean loop"),  # type: ignore[call-arg]
    "options without names": (lambda kit: Stream("http://x/a.mp3"), r"needs its name.*Stream\(streamUrl=…\)"),
    "a text for a list": (lambda kit: Ncco("talk"), "is a list of actions, but this is text"),  # type: ignore[arg-type]
    "an answer that is none": (lambda kit: create_app(answer=5), "answer= is 5, which is not an NCCO"),  # type: ignore[arg-type]
    "events of a reply": (lambda kit: kit.events.by({}), "is not a uuid"),  # type: ignore[arg-type]
    "a flow by its name": (lambda kit: import_flow("a.json"), "the name of a file"),
    "a sound by its address": (lambda kit: inspect("http://x/a.mp3"), "an address, not a file"),
    "show by its name": (lambda kit: kit.vonage.wire.show("POST"), "match="),  # type: ignore[arg-type]
}


def _phone(kit: Kit) -> Phone:
    phone = kit.phone(447700900044)
    assert isinstance(phone, Phone)
    return phone


@pytest.mark.parametrize(("mistake", "say"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_a_cure_and_the_kit_works_on(
    kit: Kit, mistake: Callable[[Kit], object], say: str
) -> None:
    with pytest.raises(KitError, match=f"(?s){say}") as error:
        mistake(kit)
    assert error.value.cure
    kit.wait(1)


def test_a_phone_number_may_be_written_without_quotes(kit: Kit) -> None:
    assert repr(kit.phone(447700900044)) == repr(kit.phone("447700900044"))
    with pytest.raises(KitError, match="Put it in quotes"):
        kit.vonage.create_call(to=447700900044, from_=kit.ready() and kit.number, ncco=[{"action": "wait"}])


def test_setup_takes_no_options(clean: Path) -> None:
    with pytest.raises(KitError, match=r"setup\(\) takes no mode\. .*VOICE_MODE=live"):
        helpers.setup(mode="live")


def test_setup_in_many_threads_makes_one_kit(clean: Path) -> None:
    before = set(threading.enumerate())  # other tests keep a simulator of their own
    with ThreadPoolExecutor(5) as cells:
        made = list(cells.map(lambda _: helpers.setup(), range(5)))
    made[0].stop()
    assert len(made) == 5 and all(kit is made[0] for kit in made)
    assert not [thread for thread in set(threading.enumerate()) - before if thread.name == "simulator"]


def test_a_record_without_the_leg_says_so_in_every_view(kit: Kit) -> None:
    kit.ready()
    call = kit.wait_for(inline(kit, {"action": "wait", "timeout": 1}))
    for look in (call.player, call.timeline, lambda leg: call.heard_samples(leg=leg)):
        with pytest.raises(KitError, match="no leg 'x'"):
            look("x")
    with pytest.raises(KitError, match="None is not a sound file"):
        call.heard(None)  # type: ignore[arg-type]


def test_a_network_that_stays_busy_is_explained(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """A webhook that never returns holds stepped time up: after a while the cell says so instead of a traceback."""
    monkeypatch.setattr("helpers.line.control_plane.PATIENCE", 0.2)
    kit.ready()
    begun, go_on = threading.Event(), threading.Event()
    app = Flask("slow")

    @app.get("/answer")
    def answer() -> list[dict[str, str]]:
        begun.set()
        go_on.wait(60)
        return [{"action": "talk", "text": "At last."}]

    url = kit.serve(app)
    call = kit.vonage.create_call(to=PHONE, from_=kit.number, answer_url=f"{url}/answer")
    with pytest.raises(KitError, match=r"still busy.*waits for a webhook of yours"):
        kit.wait_for(call)
    assert begun.wait(60)
    go_on.set()
    monkeypatch.undo()
    assert kit.wait_for(call).status == "completed"


def test_a_wrong_simulator_token_names_the_setting(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulator(pace="stepped") as network:
        monkeypatch.setenv("SIMULATOR_URL", network.url)
        monkeypatch.setenv("SIMULATOR_TOKEN", "wrong")
        with pytest.raises(KitError, match=r"Set SIMULATOR_TOKEN in \.env"):
            helpers.setup()


def test_a_phone_is_idle_again_when_its_call_is_over(kit: Kit) -> None:
    call = inline(kit, {"action": "wait", "timeout": 1})
    kit.wait_for(call, "answered")
    assert repr(kit.phone()).endswith("answered")
    kit.wait_for(call)
    assert repr(kit.phone()).endswith("idle")


@pytest.mark.parametrize(
    ("wrong", "say"),
    [
        ({"answer_url": "ftp://x/a"}, "Correct answer_url: one whole address, with http:// or https:// and a host"),
        ({"answer_url": 5}, "Correct answer_url: an address or endpoint must be in a list"),
        ({"ncco": [{"action": "stream", "streamUrl": "http://127.0.0.1/a.mp3"}]}, "Correct ncco.0..streamUrl; kit"),
    ],
)
def test_the_advice_fits_what_is_wrong_with_an_address(kit: Kit, wrong: dict[str, object], say: str) -> None:
    kit.ready()
    with pytest.raises(BadRequestError, match=say):
        kit.vonage.create_call(to=PHONE, from_=kit.number, **wrong)  # type: ignore[arg-type]


def test_the_builder_rings_the_phone_and_serves_what_follows(kit: Kit, no_widget_left: None) -> None:
    kit.ready()
    menu = EXAMPLES["menu-with-voicemail"]
    hands = Hands(Builder(kit=kit))
    hands.press("Load…")
    hands.fill("Example", menu.title)
    hands.press("Load the example")
    below = hands.builder._shown
    hands.press("Play")
    hands.press("Ring my phone with this")
    hands.wait()
    assert "Your phone rings, below: answer it there. Your server now runs" in hands.text("panel")
    (call,) = kit.network.calls()
    kit.wait_for(call["uuid"], "ringing")
    phone = kit.phone().show()
    assert (phone.state, below.children) == ("ringing", (hands.builder.widget, phone))
    kit.phone().decline()
    call = kit.wait_for(call["uuid"], "over")
    urls = {entry["url"] for entry in call.entries("webhook")}
    assert urls == {f"{kit.server.url}/event"}, "example.com has become the own server"
    asked = requests.post(f"{kit.server.url}/event", json={"dtmf": {"digits": "1"}}, timeout=10)
    assert asked.json() == menu.replies["1, hours"]
    kit.stop()
    hands.press("Ring my phone with this")
    assert "The kit is stopped." in hands.text("top")
