"""The phone of a lesson: what it tells the phone network, what it shows, and what is said in live mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from helpers.calls.arguments import ArgumentError, addressed
from helpers.line.control_plane import ControlPlane, ControlPlaneError
from helpers.phone import LivePhone, Phone, PhoneError
from helpers.simulator import Simulator

NUMBER = "447700900001"


@pytest.fixture(scope="module")
def network() -> Iterator[Simulator]:
    with Simulator(pace="stepped", seed=1) as simulator:
        yield simulator


@pytest.fixture
def control(network: Simulator) -> Iterator[ControlPlane]:
    control = ControlPlane(network.url, network.token)
    yield control
    control.reset()
    control.close()


@pytest.fixture
def phone(control: ControlPlane) -> Phone:
    return Phone(NUMBER, control)


def settings(control: ControlPlane) -> dict[str, Any]:
    [only] = control.phones()
    return only


def test_a_phone_can_be_an_answering_machine(phone: Phone, control: ControlPlane) -> None:
    assert repr(phone.voicemail("Nobody is in.", beep=False)) == f"Phone {NUMBER}: voicemail after 5 s, idle"
    assert settings(control)["greeting"] == "Nobody is in."
    assert settings(control)["beep"] is False
    phone.voicemail(after=1)
    assert (settings(control)["after"], settings(control)["beep"]) == (1, True)
    assert settings(control)["greeting"] == "Nobody is in."


def test_a_script_is_one_list_or_several_steps(phone: Phone, control: ControlPlane) -> None:
    steps = [{"do": "wait", "seconds": 3}, {"do": "answer"}, {"do": "wait_for", "text": "press one", "timeout": 9}]
    assert repr(phone.script(steps)) == f"Phone {NUMBER}: follows its script, idle"
    assert settings(control)["script"] == steps
    phone.script(*steps[::-1][:1])
    assert settings(control)["script"] == steps[2:]
    assert repr(phone) == f"Phone {NUMBER}: answers after 2 s, idle"
    phone.script([])
    assert settings(control)["script"] == []
    phone.script(steps).script()
    assert settings(control)["script"] == []


def test_a_phone_plays_a_sound_of_the_kit_or_a_web_address(phone: Phone, control: ControlPlane) -> None:
    phone.plays("jingle.mp3")
    assert settings(control)["script"] == [{"do": "play", "file": "jingle.mp3"}]
    phone.plays("http://127.0.0.1:5000/audio/x.mp3")
    assert settings(control)["script"] == [{"do": "play", "url": "http://127.0.0.1:5000/audio/x.mp3"}]
    with pytest.raises(ControlPlaneError, match="not in a call"):
        phone.play("jingle.mp3")


@pytest.mark.parametrize("address", ["app:alice", "sip:reception@sip.example.com", "vbc:1234"])
def test_other_addresses_are_phones_as_well(control: ControlPlane, address: str) -> None:
    phone = Phone(addressed(address), control).answers(after=7)
    assert repr(phone) == f"Phone {address}: answers after 7 s, idle"
    with pytest.raises(ControlPlaneError, match="is not in a call"):
        phone.hang_up()


def test_an_address_is_taken_in_every_form_that_can_be_meant() -> None:
    assert addressed(447700900001) == "447700900001"
    assert addressed("sip:a@example.com;transport=tls") == "sip:a@example.com"
    for wrong in ("44 7700", "user:alice", True, None, {}, 1.5, "sip:nobody"):
        with pytest.raises(ArgumentError, match="not a number a phone can have") as caught:
            addressed(wrong)
        assert "app:alice" in str(caught.value.cure)


def test_what_a_phone_dials_with_reaches_the_network(control: ControlPlane) -> None:
    desk = Phone("sip:reception@sip.example.com", control)
    leg = desk.dial("447700900500", headers={"X-Foo": "bar", "X-Nexmo-Y": "no"})
    control.advance(2)
    assert any("X-Nexmo-Y" in entry["text"] for entry in control.trace(leg) if entry["kind"] == "note")
    alice = Phone("app:alice", control)
    with pytest.raises(ControlPlaneError, match="There is no application"):
        alice.dial(application_id="none-such", custom_data={"a": 1})
    with pytest.raises(ArgumentError, match="not a number a phone can have"):
        alice.dial(custom_data={"a": 1})
    with pytest.raises(ControlPlaneError, match="cannot dial with headers"):
        alice.dial("447700900500", headers={"X-Foo": "bar"})


def test_wrong_settings_come_back_as_errors_with_a_cure(phone: Phone) -> None:
    wrong: list[Callable[[], object]] = [
        lambda: phone.script({"do": "dance"}), lambda: phone.script([{"do": "wait"}]),
        lambda: phone.script([5]), lambda: phone.script("press"),  # type: ignore[list-item, arg-type]
        lambda: phone.voicemail(greeting=" "), lambda: phone.voicemail(after=-1),
        lambda: phone.plays("nothing.mp3"), lambda: phone.plays(5),  # type: ignore[arg-type]
        lambda: phone.script({"do": "answer"}, {"do": "answer"}),
    ]  # fmt: skip
    for attempt in wrong:
        with pytest.raises(ControlPlaneError) as caught:
            attempt()
        assert caught.value.cure


# Live


def test_a_second_live_phone_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    LivePhone(NUMBER, [], other=True).answers().say("yes")  # type: ignore[arg-type]
    assert capsys.readouterr().out.splitlines() == [
        f"Phone {NUMBER}: When your phone rings, answer it.",
        f"Phone {NUMBER}: Say: yes",
    ]


def test_in_live_mode_a_person_is_told_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    phone = LivePhone(NUMBER, [])  # type: ignore[arg-type]
    assert phone.voicemail(greeting="Hello") is phone
    phone.script({"do": "press", "digits": "1"}).plays("jingle.mp3").play("hold.mp3").press("1#")
    assert capsys.readouterr().out.splitlines() == [
        "Let your voicemail answer.",
        "Follow the steps of the script on your phone.",
        "When your phone is answered, hold it to a loudspeaker that plays jingle.mp3.",
        "Hold your phone to a loudspeaker that plays hold.mp3.",
        "Press 1# on your phone.",
    ]
    with pytest.raises(AttributeError):
        phone.sing()


@pytest.mark.parametrize("more", [{"headers": {"X-Foo": "bar"}}, {"custom_data": {}}, {"number": None}])
def test_a_live_phone_cannot_do_what_only_the_simulator_can(more: dict[str, Any]) -> None:
    with pytest.raises(PhoneError, match="cannot dial with"):
        LivePhone(NUMBER, []).dial(**{"number": "447700900500", **more})  # type: ignore[arg-type]


def test_a_live_phone_waits_for_the_call_and_gives_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(LivePhone, "PATIENCE", 0.0)
    with pytest.raises(PhoneError, match="Nobody called") as caught:
        LivePhone(NUMBER, []).dial("447700900500")  # type: ignore[arg-type]
    assert "linked" in str(caught.value.cure)
    assert "dial +447700900500" in capsys.readouterr().out
