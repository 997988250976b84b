"""The phone in the notebook without a browser: what it shows of a call, what its buttons do, what it says when not."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from ipywidgets import HBox

import helpers
from helpers.audio.files import decode, encode_wav
from helpers.base.errors import KitError
from helpers.kit import Kit, NotReady
from helpers.phone import LivePhone, Phone
from helpers.settings.project import audio
from helpers.widgets.phone.page import page
from helpers.widgets.phone.state import PhoneState, shown_number
from helpers.widgets.phone.widget import PhoneWidget

ME, OTHER = "447700900001", "447700900002"
HOSTILE = '<img src=x onerror="alert(1)"> & <b>you</b>'
TALK = {"action": "talk", "text": "Press one."}


def call(kit: Kit, *ncco: dict[str, Any], to: str = ME) -> str:
    return str(kit.vonage.create_call(to=to, from_=kit.number, ncco=list(ncco) or [TALK])["uuid"])


def music(kit: Kit) -> dict[str, Any]:
    return {"action": "stream", "streamUrl": [kit.server.url + "/audio/music.mp3"]}


def placed(kit: Kit, until: str, *ncco: dict[str, Any], to: str = ME) -> str:
    """A call that has come so far."""
    uuid = call(kit, *ncco, to=to)
    kit.wait_for(uuid, until)
    return uuid


def handset(kit: Kit, number: str = ME) -> Phone:
    phone = kit.phone(number)
    assert isinstance(phone, Phone)
    return phone


def shown(kit: Kit, number: str = ME, **options: Any) -> PhoneWidget:
    return handset(kit, number).show(**options)


def facts(phone: PhoneWidget) -> dict[str, Any]:
    """What the page is told, after everything that has happened."""
    phone.catch_up()
    return dict(phone.widget.shown)


def captions(phone: PhoneWidget) -> list[str]:
    """What has been heard and done, without the seconds."""
    phone.catch_up()
    return [line.split("s  ", 1)[1] for line in phone.captions]


def press(phone: PhoneWidget, do: str, **more: Any) -> dict[str, Any]:
    """Use a button as the page does."""
    phone.widget.received({"do": do, "id": 1, **more})
    return facts(phone)


def sent(phone: PhoneWidget, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    monkeypatch.setattr(phone.widget, "send", lambda message, buffers=None: messages.append(message))
    return messages


# A call


def test_a_call_as_the_phone_shows_it(kit: Kit) -> None:
    phone = shown(kit)
    assert (phone.state, phone.caller, phone.captions, phone.history) == ("idle", "", [], [])
    uuid = placed(kit, "ringing", TALK, {"action": "stream", "streamUrl": [kit.server.url + "/audio/jingle.mp3"]})
    assert (facts(phone)["state"], phone.caller) == ("ringing", kit.number)
    assert facts(phone)["note"] == "This phone answers by itself after 2 s. Time stands still between cells."
    kit.wait_for(uuid, "answered")
    assert facts(phone)["flags"][0] == "call"
    kit.wait_for(uuid)
    assert facts(phone)["state"] == phone.state == "idle"
    assert captions(phone) == ["Press one.", "♪ jingle.mp3"]
    [last] = phone.history
    assert last.startswith(f"from {kit.number}: ")
    assert last.endswith(" s")
    assert facts(phone)["note"] == "The call is over: every action is complete."


def test_the_words_are_the_same_however_they_came(kit: Kit) -> None:
    phone = shown(kit)
    kit.wait_for(call(kit))
    followed = repr(phone)
    kit._screens.close()  # type: ignore[union-attr]
    kit._screens = None
    late = PhoneState(ME)
    for entry in kit.simulator.trace.entries():  # type: ignore[union-attr]
        late.take(entry)
        late.take(entry)
    assert [line.text for line in late.lines] == ["Press one."]
    assert len(late.done) == 1
    assert "Press one." in followed
    assert "Last calls:" in followed


def test_keys_words_and_sounds_that_are_stopped_have_captions(kit: Kit) -> None:
    phone = shown(kit)
    keys = {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1}}
    placed(kit, "answered", {**music(kit), "loop": 0, "bargeIn": True}, keys)
    kit.wait(1)
    assert facts(phone)["note"].startswith("Time stands still")
    press(phone, "press", digits="1")
    kit.wait(1)
    assert captions(phone) == ["♪ music.mp3 (again and again)", "You: presses 1", "music.mp3 stops"]


def test_an_error_of_a_call_is_told_once_and_whole(kit: Kit) -> None:
    phone = shown(kit)
    uuid = placed(kit, "answered", {"action": "stream", "streamUrl": [f"{kit.server.url}/audio/nowhere.mp3"]},
                  {"action": "wait", "timeout": 9})  # fmt: skip
    kit.wait(1)
    told = facts(phone)
    (error,) = [line for line in told["lines"] if line["who"] == "error"]
    assert error["text"].startswith("Audio of stream cannot be played") and error["text"].endswith("WAV.")
    assert "cannot be played" not in told["latest"] + told["note"]
    assert repr(phone).count("cannot be played") == 1
    kit.wait_for(uuid)


def test_two_phones_hear_each_other(kit: Kit) -> None:
    mine, other = shown(kit), shown(kit, OTHER)
    room = {"action": "conversation", "name": "room"}
    calls = [call(kit, room, to=number) for number in (ME, OTHER)]
    for one in calls:
        kit.wait_for(one, "answered")
    press(mine, "say", text="Hello there")
    kit.wait(2)
    assert (captions(other), captions(mine)) == ([f"{ME}: Hello there"], ["You: Hello there"])
    kit.vonage.mute(calls[0])
    press(mine, "say", text="Can you hear me?")
    kit.wait(2)
    assert len(captions(other)) == 1
    assert "Muted by the API" in captions(mine)[1]


def test_what_is_spoken_into_one_is_heard_by_the_other(kit: Kit) -> None:
    """As the page sends it: more samples a second than a phone has, and longer than is taken at once."""
    mine, other = shown(kit), shown(kit, OTHER)
    room = {"action": "conversation", "name": "room"}
    own, leg = (placed(kit, "answered", room, to=number) for number in (ME, OTHER))
    greeting = decode((audio() / "greeting.mp3").read_bytes(), 48_000)
    spoken = encode_wav(np.concatenate([greeting, np.zeros(20 * 48_000, np.float32)]), 48_000)
    talk = {"do": "talk", "leg": facts(mine)["leg"]}
    assert talk["leg"] == own
    mine.widget.received({**talk, "id": 1}, [spoken])
    kit.wait(6)
    assert (captions(other), captions(mine)) == ([f"{ME}: ♪ a voice"], ["You: ♪ a voice"])
    assert kit.call(leg).heard("greeting.mp3", leg=leg)
    assert kit.call(own).entries("said")[0]["seconds"] == 20
    mine.widget.received({**talk, "id": 2}, [b"<html>"])
    assert "This is a web page" in facts(mine)["note"]
    press(mine, "mute")
    mine.widget.received({**talk, "id": 3}, [spoken])
    assert "You are muted, so nobody heard that." in facts(mine)["note"]
    press(mine, "mute")
    mine.widget.received({**talk, "leg": leg, "id": 4}, [spoken])
    assert "That call is over, so nobody heard it." in facts(mine)["note"]
    assert len(kit.call(own).entries("said")) == 1
    assert "speaks" in kit.call(own).ladder().text


def test_side_by_side_has_the_words_of_both(kit: Kit) -> None:
    both = shown(kit).beside(shown(kit, OTHER))
    bundle = both._repr_mimebundle_()
    assert ME in bundle["text/plain"]
    assert OTHER in bundle["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in bundle
    row = HBox([shown(kit), shown(kit, OTHER)])  # a phone is a widget like any other
    assert row.children == tuple(both.phones)


def test_phones_and_pictures_know_a_phone_by_its_name(kit: Kit) -> None:
    handset(kit).named("Anna <b>")
    phone, talk = shown(kit), kit.wait_for(call(kit))
    assert (facts(phone)["name"], facts(phone)["number"]) == ("Anna <b>", shown_number(ME))
    assert repr(phone).startswith(f"Anna <b>, {ME}: ")
    lanes = talk.ladder().text.splitlines()[:2]
    assert "Anna" in lanes[0] and "447" not in "".join(lanes)
    assert str(talk.player(folder="heard")).startswith("What Anna <b> heard")
    with pytest.raises(KitError, match="at most 30 characters"):
        handset(kit).named("x" * 31)


# Buttons


def test_a_person_answers_and_hangs_up(kit: Kit) -> None:
    phone = shown(kit, manual=True)
    assert phone.manual
    uuid = placed(kit, "ringing")
    assert facts(phone)["note"] == ""
    press(phone, "answer")
    kit.wait_for(uuid, "answered")
    press(phone, "hang_up")
    assert kit.wait_for(uuid).entries("status")[-1]["disconnected_by"] == "user"


def test_a_person_declines(kit: Kit) -> None:
    phone = shown(kit, manual=True)
    uuid = placed(kit, "ringing")
    press(phone, "decline")
    assert kit.wait_for(uuid, "over").status == "rejected"
    assert facts(phone)["note"] == f"You declined the call from {kit.number}."
    assert phone.history == [f"from {kit.number}: declined"]


def test_a_person_may_be_quicker_than_the_phone(kit: Kit) -> None:
    widget = handset(kit).rings_out().show()
    uuid = placed(kit, "ringing")
    press(widget, "answer")
    assert kit.wait_for(uuid, "answered").status == "answered"


def test_time_flows_while_a_person_holds_a_phone(kit: Kit) -> None:
    phone = shown(kit)
    other = shown(kit, OTHER)
    stood = kit.network.clock()
    assert stood["pace"] == "stepped"
    press(phone, "manual")
    press(other, "manual")
    assert facts(phone)["pace"] == facts(other)["pace"] == 1
    flowed = kit.network.clock()["now"]
    while kit.network.clock()["now"] < flowed + 0.3:  # nobody asks for it: it flows by itself
        threading.Event().wait(0.02)
    press(phone, "manual")
    assert kit.network.clock()["pace"] == 1
    press(other, "manual")
    assert kit.network.clock()["pace"] == "stepped"
    assert facts(phone)["pace"] == 0
    now = kit.network.clock()["now"]
    threading.Event().wait(0.1)
    assert kit.network.clock()["now"] == now


def test_the_switch_gives_back_what_was_set(kit: Kit) -> None:
    phone = handset(kit)
    widget = phone.show()
    steps = [{"do": "wait", "seconds": 1.0}, {"do": "answer"}, {"do": "press", "digits": "1"}]
    for behave in ("declines", "voicemail", "script"):
        getattr(phone, behave)(*([steps] if behave == "script" else []))
        was = kit.network.phones()
        assert press(widget, "manual")["manual"]
        assert kit.network.phones()[0]["behaviour"] == "manual"
        assert not press(widget, "manual")["manual"]
        assert kit.network.phones() == was
        phone.script([])


def test_a_cell_takes_the_phone_out_of_a_persons_hand(kit: Kit) -> None:
    widget, phone = shown(kit, manual=True), handset(kit)
    assert kit.network.clock()["pace"] == 1
    phone.answers(after=1)
    assert kit.network.clock()["pace"] == "stepped"
    assert facts(widget)["switch"] == "Off: it answers by itself after 1 s"
    assert kit.wait_for(call(kit)).status == "completed"


def test_dialling_from_the_phone(kit: Kit) -> None:
    phone = shown(kit)
    told = press(phone, "dial", text=f"+44 {kit.number[2:6]} {kit.number[6:]}")
    assert (told["state"], phone.caller) == ("calling", kit.number)
    press(phone, "hang_up")
    kit.wait(1)
    assert facts(phone)["state"] == "idle"
    assert phone.history == [f"to {kit.number}: ended before an answer"]


def test_a_number_nobody_has(kit: Kit) -> None:
    phone = shown(kit)
    press(phone, "dial", text="447700900999")
    kit.wait(2)
    told = facts(phone)
    assert told["state"] == "idle"
    assert told["note"] == (
        "447700900999 is not a number of this account. Rent 447700900999 first (lesson 01), or dial a number you rent."
    )
    gone = handset(kit, OTHER)
    empty = gone.no_such_number().show()
    placed(kit, "over", to=OTHER)
    assert facts(empty)["switch"] == "Off: it is a number that nobody has"
    assert empty.history == [f"from {kit.number}: nobody has this number"]


@pytest.mark.slow
def test_a_call_that_ends_while_it_rings(kit: Kit) -> None:
    phone = shown(kit, manual=True)
    uuid = placed(kit, "ringing")
    kit.wait(3)
    kit.vonage.hang_up(uuid)
    kit.wait_for(uuid, "over")
    assert facts(phone)["state"] == "idle"
    assert facts(phone)["note"] == f"Missed call from {kit.number}: the caller gave up."
    told = press(phone, "answer")
    assert "is not waiting for anybody. It has to ring" in told["note"]


def test_a_second_call_meets_an_engaged_phone(kit: Kit) -> None:
    phone = shown(kit)
    first = call(kit, music(kit))
    kit.wait_for(first, "answered")
    placed(kit, "over")
    assert (facts(phone)["state"], phone.history) == ("in call", [f"from {kit.number}: engaged"])


def test_an_engaged_phone_does_not_ring(kit: Kit) -> None:
    phone = handset(kit)
    widget = phone.busy().show()
    uuid = placed(kit, "ringing")
    assert facts(widget)["state"] == "idle"
    kit.wait_for(uuid, "over")
    widget.catch_up()
    assert widget.history == [f"from {kit.number}: engaged"]


def test_muted_words_are_not_sent(kit: Kit) -> None:
    phone = shown(kit)
    uuid = placed(kit, "answered", music(kit))
    assert press(phone, "mute")["mute_word"] == "Unmute"
    told = press(phone, "say", text="hello")["note"]
    assert told == "You are muted, so nobody heard that. Press Unmute, then say it again."
    assert not kit.call(uuid).entries("said")
    press(phone, "mute")
    press(phone, "say", text="hello")
    assert kit.call(uuid).entries("said")[0]["text"] == "hello"


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no number": ({"do": "dial", "text": "my mum"}, "is not a number a phone can have. Use digits only"),
    "nothing to dial": ({"do": "dial"}, "is not a number a phone can have"),
    "nothing to say": ({"do": "say", "text": "  "}, "There is nothing to say. Type some words first."),
    "no call": ({"do": "press", "digits": "1"}, "is not in a call. Wait until the call is answered"),
    "no keys": ({"do": "press", "digits": HOSTILE}, "is nothing a keypad can send. Use 0-9"),
    "nothing to end": ({"do": "hang_up"}, "is not in a call. There is nothing to hang up."),
}


@pytest.mark.parametrize(("message", "say"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_done_is_said_with_a_cure(
    kit: Kit, message: dict[str, Any], say: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = shown(kit)
    answers = sent(phone, monkeypatch)
    phone.widget.received({"id": 7, **message})
    assert say in phone.widget.shown["note"]
    assert answers == [{"done": 7}]


ODD: list[dict[str, Any]] = [{}, {"do": None}, {"do": "explode"}, {"do": "volume", "value": "loud"}, {"do": ["x"]}]


@pytest.mark.parametrize("message", ODD)
def test_odd_messages_change_nothing(kit: Kit, message: dict[str, Any]) -> None:
    phone = shown(kit)
    before = {**phone.widget.shown, "clock": 0}
    phone.widget.received(message)
    assert {**phone.widget.shown, "clock": 0} == before


def test_volume_and_sound_are_kept_in_python(kit: Kit) -> None:
    phone = shown(kit)
    assert press(phone, "volume", value=35)["volume"] == 35
    assert press(phone, "sound")["sound_word"] == "Sound off"
    assert shown(kit).widget.shown["volume"] == 35


# Where it is shown, and where not


def test_the_same_phone_shown_twice_is_one(kit: Kit) -> None:
    assert shown(kit) is shown(kit)
    assert len([thread for thread in threading.enumerate() if thread.name == "event stream"]) == 1


def test_a_saved_notebook_and_a_code_host_have_the_words(kit: Kit) -> None:
    phone = shown(kit)
    kit.wait_for(call(kit, {"action": "talk", "text": HOSTILE}))
    bundle = phone._repr_mimebundle_()
    assert bundle["text/plain"].startswith(f"Phone {ME}: answers by itself after 2 s. No call.\nThe call is over")
    assert HOSTILE in bundle["text/plain"]
    assert "<img src=x" not in bundle["text/html"]
    assert "&lt;img" in bundle["text/html"]
    assert "object at 0x" not in json.dumps(bundle)


def test_nothing_that_came_from_a_call_is_in_the_drawn_page(kit: Kit) -> None:
    phone = shown(kit)
    kit.wait_for(call(kit, {"action": "talk", "text": HOSTILE}))
    assert facts(phone)["lines"][0]["text"] == HOSTILE
    assert HOSTILE not in phone.widget.page


def test_after_stop_the_phone_says_what_to_do(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    phone, handle = shown(kit), handset(kit)
    kit.stop()
    assert phone.state == "off"
    cure = "Run kit = setup(), then kit.phone(…).show()."
    assert phone.widget.shown["note"] == f"The kit has been stopped, and with it the phone network. {cure}"
    assert cure in repr(phone)
    answers = sent(phone, monkeypatch)
    phone.widget.received({"do": "answer", "id": 3})
    assert answers == [{"done": 3}]
    with pytest.raises(KitError, match="The kit has been stopped") as error:
        handle.show()
    assert error.value.cure == cure
    with pytest.raises(NotReady, match="Run the first code cell"):
        kit.phone(ME)
    press(phone, "again")
    assert (kit.running, phone.state) == (True, "idle")
    assert phone.shown["note"].startswith("Started again.")
    kit.wait_for(call(kit))
    assert captions(phone) == ["Press one."]
    assert shown(kit) is phone


def test_where_time_stands_still_the_phone_offers_to_let_it_run(kit: Kit) -> None:
    phone = shown(kit)
    uuid = call(kit, music(kit))
    assert "still" in facts(phone)["flags"]
    assert phone.shown["note"] == "A call is under way. Time stands still between cells."
    press(phone, "time")
    assert "still" not in phone.shown["flags"]
    assert kit.network.clock()["pace"] == 1
    kit.wait_for(uuid, "answered")
    kit.vonage.hang_up(uuid)
    kit.wait_for(uuid, "over")
    assert facts(phone)["state"] == "idle"
    assert kit.network.clock()["pace"] == "stepped"


def test_calls_that_were_made_can_be_looked_at_after_a_stop(kit: Kit) -> None:
    uuid = call(kit)
    record = kit.wait_for(uuid)
    before = record.heard_wav()
    kit.stop()
    assert str(kit.call(uuid).player(folder="heard")) == str(record.player(folder="heard"))
    assert kit.call(uuid).heard_wav() == before
    with pytest.raises(KitError, match="There is no call"):
        kit._past[0].heard("nobody")
    kit.start()
    assert kit.call(uuid).heard_wav() == before
    kit.stop()
    again = helpers.setup()  # another kit
    assert again.wait_for(uuid).ladder().text == record.ladder().text
    with pytest.raises(KitError, match="run the cell that makes the call again"):
        again.call("0b0a6f6e-2f4c-4f0a-9d55-5c2f3c1b8a11")
    again.stop()


@pytest.mark.slow
def test_a_network_that_is_reset_leaves_an_idle_phone(kit: Kit) -> None:
    phone = shown(kit, manual=True)
    placed(kit, "ringing")
    assert facts(phone)["state"] == "ringing"
    reset = threading.Event()
    monitor: Callable[[], None] = phone.forget

    def told() -> None:
        monitor()
        reset.set()

    phone.forget = told  # type: ignore[method-assign]
    kit.network.reset()
    assert reset.wait(60)
    assert facts(phone)["state"] == "idle"
    assert kit.network.clock()["pace"] == "stepped"
    kit.wait_for(call(kit))
    facts(phone)
    assert len(phone.history) == 1


def test_numbers_are_shown_as_people_write_them() -> None:
    assert shown_number("447700900001") == "+44 7700 900001"
    assert shown_number("12015550123") == "+1 201-555-0123"
    assert shown_number("app:alice") == "app:alice"
    assert shown_number("000") == "000"


def test_in_live_mode_your_own_phone_rings() -> None:
    view = LivePhone(ME, [], other=False).show()  # type: ignore[arg-type]
    assert "is your own: it rings by itself" in repr(view)
    assert "kit.panel()" in view.bundle["text/html"]


def test_every_button_and_field_has_a_name() -> None:
    drawn = str(page())
    assert drawn.count("<button") == 25
    assert drawn.count("<input") == 3
    assert all(drawn.count(f'aria-label="{name}"') == 1 for name in ("Dial a number", "Say…", "Volume"))
    assert 'role="log" aria-live="polite" aria-label="Captions"' in drawn
    assert 'aria-label="star"' in drawn
    assert 'aria-label="hash"' in drawn
