"""The action conversation: several legs in one room, who hears whom, moderator, hold music, and moving there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from helpers.audio.files import Samples, level_gain
from helpers.calls.tracks import Tracks
from tests.matching import match
from tests.simulator.ear import RATE, heard, loudness, record, spoken
from tests.simulator.world import Json, World, hangs_up, says

GREETING = {"action": "talk", "text": "You are the first. Somebody else will come soon."}
ANN, BOB, EVE = "447700900011", "447700900012", "447700900013"


def join(**options: Any) -> Json:
    return {"action": "conversation", "name": "board", **options}


def invite(world: World, number: str, *script: Json, **options: Any) -> str:
    """A call that brings a phone into the conversation; it answers two seconds after now."""
    world.phone(number, behaviour="answers", after=2, script=list(script))
    return world.call(join(**options), to=[{"type": "phone", "number": number}])


def party(world: World, scripts: dict[str, list[Json]], **options: Json) -> dict[str, str]:
    """Everybody together, at the same moment; returns the legs by number."""
    legs = {
        number: invite(world, number, *script, **options.get(f"n{number}", {})) for number, script in scripts.items()
    }
    world.advance(3)
    return legs


THREE = {
    ANN: says("Good morning, this is Ann speaking.", 2.0),
    BOB: says("Hello everybody, Bob is here as well.", 6.0),
    EVE: says("Eve says that it is raining in London.", 10.0),
}
WINDOWS = {ANN: (2.0, 5.8), BOB: (6.0, 9.8), EVE: (10.0, 13.8)}
WORDS = {number: script[1]["text"] for number, script in THREE.items()}


def hears(world: World, ear: str, speaker: str) -> bool:
    """True if what ``speaker`` said is in what the leg ``ear`` heard then; False if there was silence."""
    samples = heard(world, ear, *WINDOWS[speaker])
    if loudness(samples) < 1e-4:
        return False
    found = match(samples, spoken(WORDS[speaker]), RATE)
    assert found.score > 0.99
    assert abs(found.offset) <= 0.02
    return True


def who_hears_whom(world: World, legs: dict[str, str]) -> dict[str, str]:
    """For each leg the initials of those it heard."""
    names = {ANN: "A", BOB: "B", EVE: "E"}
    return {
        names[ear]: "".join(names[speaker] for speaker in legs if speaker != ear and hears(world, legs[ear], speaker))
        for ear in legs
    }


@pytest.mark.fidelity("conversation-together", "sound-mix")
def test_three_people_hear_each_other_and_not_themselves(world: World) -> None:
    legs = party(world, THREE)
    world.advance(15)
    assert who_hears_whom(world, legs) == {"A": "BE", "B": "AE", "E": "AB"}
    for number, leg in legs.items():
        assert loudness(heard(world, leg, *WINDOWS[number])) < 1e-4  # nobody hears himself


@pytest.mark.fidelity("call-mute", "call-earmuff", "sound-mix")
def test_one_muted_and_one_earmuffed_leg_have_the_right_mixture(world: World) -> None:
    legs = party(world, THREE)
    assert world.voice("PUT", f"/{legs[ANN]}", {"action": "mute"}).status_code == 204
    assert world.voice("PUT", f"/{legs[BOB]}", {"action": "earmuff"}).status_code == 204
    world.advance(15)
    assert who_hears_whom(world, legs) == {"A": "BE", "B": "", "E": "B"}


@pytest.mark.fidelity("call-mute", "call-earmuff")
def test_unmute_and_unearmuff_take_it_back_from_that_moment_on(world: World) -> None:
    legs = party(world, THREE)
    world.voice("PUT", f"/{legs[EVE]}", {"action": "mute"})
    world.voice("PUT", f"/{legs[ANN]}", {"action": "earmuff"})
    world.advance(8)  # seven seconds after the answer: Bob has been speaking for a second
    assert world.voice("PUT", f"/{legs[EVE]}", {"action": "unmute"}).status_code == 204
    assert world.voice("PUT", f"/{legs[ANN]}", {"action": "unearmuff"}).status_code == 204
    world.advance(9)
    assert hears(world, legs[ANN], EVE)
    now = 8.9  # 3 + 8 - 2 (the phones' answer) - 0.1 (set-up)
    assert loudness(heard(world, legs[ANN], 6.0, now - 0.02)) < 1e-4
    assert [one["action"] for one in world.trace(legs[ANN], "control")] == ["earmuff", "unearmuff"]


@pytest.mark.fidelity("conversation-can-speak", "conversation-can-hear")
def test_can_speak_and_can_hear_name_legs(world: World) -> None:
    ann = invite(world, ANN, *THREE[ANN])
    bob = invite(world, BOB, *THREE[BOB], canHear=[ann])
    eve = invite(world, EVE, *THREE[EVE], canSpeak=[bob])
    world.advance(18)
    legs = {ANN: ann, BOB: bob, EVE: eve}
    # Bob may hear Ann only; Eve may be heard by Bob only, who does not listen to her.
    assert who_hears_whom(world, legs) == {"A": "B", "B": "A", "E": "AB"}


@pytest.mark.fidelity("conversation-mute", "conversation-can-speak", "conversation-can-hear")
def test_mute_and_empty_lists_mean_nobody(world: World) -> None:
    legs = party(world, THREE, **{f"n{ANN}": {"mute": True}, f"n{BOB}": {"canSpeak": []}, f"n{EVE}": {"canHear": []}})
    world.advance(15)
    assert who_hears_whom(world, legs) == {"A": "E", "B": "E", "E": ""}


@pytest.mark.fidelity("conversation-start-on-enter", "conversation-hold-music")
def test_hold_music_until_the_moderator_comes(world: World, second: bytes, noise: Samples) -> None:
    music = world.learner.serve("hold.wav", second)
    options = {"startOnEnter": False, "musicOnHoldUrl": [music]}
    legs = party(world, {ANN: THREE[ANN], BOB: THREE[BOB]}, **{f"n{ANN}": options, f"n{BOB}": options})
    world.advance(2)
    moderator = invite(world, EVE)
    world.advance(12)
    joined = world.at(moderator, "answered") - world.at(legs[ANN], "answered")
    waiting, later = heard(world, legs[ANN], 0, joined), heard(world, legs[ANN], joined, 10)
    assert match(waiting, np.tile(noise, 5)[: len(waiting)], RATE).score > 0.99  # looped without a gap
    assert match(later, noise, RATE).score < 0.2
    # Ann spoke before the conversation started: Bob did not hear it. Bob spoke when it had.
    assert match(heard(world, legs[BOB], 2, 5), spoken(WORDS[ANN]), RATE).score < 0.2
    assert hears(world, legs[ANN], BOB)
    states = [one["state"] for one in world.trace(moderator, "conversation")]
    assert states == ["joined", "started"]


@pytest.mark.fidelity("conversation-end-on-exit")
def test_the_conversation_ends_for_all_when_the_moderator_hangs_up(world: World) -> None:
    legs = party(world, {ANN: [], BOB: []})
    moderator = invite(world, EVE, *hangs_up(3), endOnExit=True)
    world.until(moderator)
    world.advance(0.1)
    for leg in legs.values():
        assert world.at(leg, "completed") == pytest.approx(world.at(moderator, "completed"))
        assert world.one(leg, "status", status="completed")["disconnected_by"] == "platform"


@pytest.mark.fidelity("conversation-together")
def test_without_end_on_exit_the_others_stay_together(world: World) -> None:
    legs = party(world, {ANN: THREE[ANN], BOB: THREE[BOB]})
    eve = invite(world, EVE, {"do": "hang_up"})
    world.until(eve)
    world.advance(15)
    assert world.trace(legs[ANN], "status")[-1]["status"] == "answered"
    assert hears(world, legs[ANN], BOB)


@pytest.mark.fidelity("conversation-transfer-event")
def test_entering_a_named_conversation_is_a_transfer(world: World) -> None:
    legs = party(world, {ANN: [], BOB: []})
    events = [one for one in world.learner.payloads() if one.get("type") == "transfer"]
    assert [list(one) for one in events] == [
        ["conversation_uuid_from", "type", "uuid", "conversation_uuid_to", "timestamp"]
    ] * 2
    assert {one["uuid"] for one in events} == set(legs.values())
    assert len({one["conversation_uuid_to"] for one in events}) == 1
    assert len({one["conversation_uuid_from"] for one in events}) == 2
    shown = world.voice("GET", f"/{legs[ANN]}").json()
    assert shown["conversation_uuid"] == events[0]["conversation_uuid_to"]


@pytest.mark.fidelity("conversation-scope")
def test_a_name_belongs_to_one_application(world: World) -> None:
    ann = invite(world, ANN)
    world.advance(3)
    ours, world.app = world.app, world.application()
    bob = invite(world, BOB)
    world.advance(3)
    there = world.voice("GET", f"/{bob}").json()["conversation_uuid"]
    world.app = ours
    assert world.voice("GET", f"/{ann}").json()["conversation_uuid"] != there


@pytest.mark.fidelity("conversation-lives-on")
def test_a_name_keeps_its_conversation_when_all_have_left(world: World) -> None:
    first = invite(world, ANN, *hangs_up(1))
    world.until(first)
    again = invite(world, BOB)
    world.advance(3)
    rooms = [world.one(leg, "transfer")["to_conversation"] for leg in (first, again)]
    assert rooms[0] == rooms[1]


def test_a_record_tells_of_the_last_time_somebody_met_there(world: World) -> None:
    world.until(invite(world, ANN, *hangs_up(1)))
    world.advance(60)
    world.phone(BOB, behaviour="answers", after=2, script=hangs_up(30))
    bob = world.call(GREETING, join(), to=[{"type": "phone", "number": BOB}])
    world.advance(6)
    eve = invite(world, EVE, *THREE[EVE])
    world.until(bob)
    room = world.one(bob, "transfer")["to_conversation"]
    call = record(world, room)
    assert call.legs == [bob, eve]
    # Bob heard the greeting before he came in: his sound begins then, and the pictures when he came.
    tracks = Tracks(call, bob)
    greeting = world.one(bob, "sound", state="started")
    greeted = greeting["ends"] - greeting["at"]
    assert call.start == pytest.approx(world.at(bob, "answered") + greeted)
    assert tracks.answered == pytest.approx(-greeted)
    assert [(one.action, one.start) for one in call.actions if one.leg == bob] == [("conversation", call.start)]
    spoken_at = call.since_start(world.one(eve, "said")["at"])
    assert [(one.start, one.label.split(":")[0]) for one in tracks.voices] == [(spoken_at, EVE)]
    assert tracks.quiet[0] == pytest.approx((0, spoken_at), abs=0.1)


@pytest.mark.fidelity("conversation-full")
def test_the_room_is_full_at_its_limit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helpers.simulator.legs.joining.MOST_MEMBERS", 2)
    party(world, {ANN: [], BOB: []})
    eve = invite(world, EVE)
    world.until(eve)
    assert world.actions(eve)[-1] == ("conversation", "skipped")
    assert "full" in world.one(eve, "error")["reason"]


@pytest.mark.fidelity("transfer-action")
def test_the_action_transfer_moves_the_call_into_a_conversation(world: World) -> None:
    ann = invite(world, ANN, *THREE[ANN])
    world.advance(3)
    room = world.voice("GET", f"/{ann}").json()["conversation_uuid"]
    world.phone(BOB, behaviour="answers", after=2, script=says(WORDS[BOB], 2.0))
    bob = world.call(
        {"action": "transfer", "conversationId": room}, {"action": "talk", "text": "never"},
        to=[{"type": "phone", "number": BOB}],
    )  # fmt: skip
    world.advance(10)
    assert world.actions(bob) == [("transfer", "started")]
    assert match(world.heard(ann, RATE), spoken(WORDS[BOB]), RATE).score > 0.99
    assert world.one(bob, "transfer")["to_conversation"] == room
    world.use("hang_up", BOB)
    assert world.trace(ann, "status")[-1]["status"] == "answered"


@pytest.mark.fidelity("transfer-action-unknown")
def test_a_conversation_that_is_not_there_is_an_error(world: World) -> None:
    call = world.ended_call({"action": "transfer", "conversationId": "CON-none"})
    assert world.actions(call)[-1] == ("transfer", "skipped")
    assert "CON-none" in world.one(call, "error")["reason"]


@pytest.mark.fidelity("sound-mix", "sound-level")
def test_two_who_speak_at_once_are_added_up(world: World) -> None:
    legs = party(world, {ANN: says(WORDS[ANN], 2.0), BOB: says(WORDS[BOB], 2.0), EVE: []})
    world.advance(8)
    ann, bob = spoken(WORDS[ANN]), spoken(WORDS[BOB])
    both = np.zeros(max(len(ann), len(bob)), dtype=np.float32)
    both[: len(ann)] += ann
    both[: len(bob)] += bob
    samples = heard(world, legs[EVE], 2.0, 6.0)
    assert match(samples, both, RATE).score > 0.995
    begin = round(match(samples, both, RATE).offset * RATE)
    level = loudness(samples[max(begin, 0) : max(begin, 0) + len(both)]) / loudness(both)
    assert abs(20 * np.log10(level)) < 0.2
    assert level_gain(0) == 1


@pytest.mark.fidelity("conversation-ttl")
def test_a_name_is_forgotten_when_nobody_was_there_for_so_many_hours(world: World) -> None:
    world.app = world.application(conversations_ttl=1)
    rooms = []
    for hours in (0, 0.9, 1.1):
        world.advance(hours * 3600)
        leg = invite(world, ANN, *hangs_up(1))
        world.until(leg)
        rooms.append(world.one(leg, "transfer")["to_conversation"])
    assert rooms[0] == rooms[1] != rooms[2]


@pytest.mark.fidelity("conversation-end-on-exit")
def test_a_moderator_who_is_transferred_away_does_not_end_it(world: World) -> None:
    legs = party(world, {ANN: THREE[ANN], BOB: THREE[BOB]})
    moderator = invite(world, EVE, endOnExit=True)
    world.advance(3)
    away = {"type": "ncco", "ncco": [{"action": "wait", "timeout": 1}]}
    assert world.voice("PUT", f"/{moderator}", {"action": "transfer", "destination": away}).status_code == 204
    world.until(moderator)
    world.advance(8)
    assert {world.trace(leg, "status")[-1]["status"] for leg in legs.values()} == {"answered"}
    assert hears(world, legs[ANN], BOB)
    states = [one["state"] for one in world.trace(moderator, "conversation")]
    assert states == ["joined", "left"]
