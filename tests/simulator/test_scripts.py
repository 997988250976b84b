"""Scripts of handsets: answering by script, waiting for words and sounds, speaking, playing, and wrong steps."""

from __future__ import annotations

from typing import Any

import pytest

from helpers.audio.files import Samples, decode
from helpers.calls.wording import words_of
from helpers.settings.project import sounds
from helpers.simulator.phones.hearing import REACTION
from tests.matching import match
from tests.simulator.world import PHONE, Json, World, about, hangs_up, says

OTHER = "447700900022"
LONG = {"action": "wait", "timeout": 60}
RATE = 16_000


def wait_for(**what: Any) -> Json:
    return {"do": "wait_for", **what}


def press(digits: str) -> Json:
    return {"do": "press", "digits": digits}


def talk(text: str, **options: Any) -> Json:
    return {"action": "talk", "text": text, **options}


def ask(**dtmf: Any) -> Json:
    return {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1, "timeOut": 3, **dtmf}}


def keys(world: World, call: str) -> list[tuple[str, float]]:
    return [(one["digit"], one["at"]) for one in world.trace(call, "key")]


def spoken_at(world: World, call: str, phrase: str, which: int = 0) -> float:
    """When a phrase has been said in the one talk of a call: words take as long as they have letters, and a space."""
    sound = world.trace(call, "sound", state="started")[which]
    before, _, _ = sound["text"].lower().partition(phrase)
    length = sum(len(word) + 1 for word in words_of(sound["text"]))
    said = sum(len(word) + 1 for word in words_of(before + phrase))
    return float(sound["at"] + sound["seconds"] * said / length)


def together(world: World) -> tuple[str, str]:
    """Connect our phone to the other one; returns both legs, four seconds after the first was answered."""
    call = world.answered_call(
        {"action": "connect", "from": world.number, "endpoint": [{"type": "phone", "number": OTHER}]}
    )
    world.advance(4)
    other = world.leg_to(OTHER)
    return call, other


# Answering


@pytest.mark.fidelity("script-answers")
def test_a_script_answers_and_what_follows_happens_in_the_call(world: World) -> None:
    world.phone(script=[{"do": "wait", "seconds": 3}, {"do": "wait", "seconds": 4}, {"do": "answer"},
                        {"do": "wait", "seconds": 1}, press("7")])  # fmt: skip
    call = world.answered_call(LONG)
    assert world.at(call, "answered") - world.at(call, "ringing") == pytest.approx(7)
    world.advance(2)
    assert keys(world, call) == [("7", pytest.approx(world.at(call, "answered") + 1))]
    [phone] = world.control("GET", "/phones").json()
    assert (phone["behaviour"], phone["after"]) == ("scripted", 7.0)


@pytest.mark.fidelity("script-answers")
def test_a_script_declines(world: World) -> None:
    world.phone(script=[{"do": "wait", "seconds": 1.5}, {"do": "decline"}])
    call = world.call()
    world.until(call, "rejected")
    assert [one["status"] for one in world.trace(call, "status")] == ["started", "ringing", "rejected"]
    assert world.at(call, "rejected") - world.at(call, "ringing") == pytest.approx(1.5)


def test_what_is_said_last_counts_behaviour_or_script(world: World) -> None:
    def now() -> tuple[str, float]:
        [phone] = world.control("GET", "/phones").json()
        return phone["behaviour"], phone["after"]

    world.phone(behaviour="busy")
    world.phone(script=[{"do": "wait", "seconds": 3}, {"do": "answer"}, {"do": "hang_up"}])
    assert now() == ("scripted", 3)
    world.phone(behaviour="busy")
    assert now() == ("busy", 0.5)
    world.phone(behaviour="scripted")
    assert now() == ("scripted", 3)
    world.phone(behaviour="answers", after=1)
    assert now() == ("answers", 1)
    call = world.ended_call(LONG)
    assert world.at(call, "answered") - world.at(call, "ringing") == about(1)
    assert world.trace(call, "status")[-1]["disconnected_by"] == "user"
    world.phone(behaviour="scripted")
    world.phone(script=[])
    assert now() == ("answers", 2)


def test_a_script_with_an_answer_works_for_a_phone_that_dials_too(world: World) -> None:
    world.phone(script=[{"do": "wait", "seconds": 30}, {"do": "answer"}, {"do": "wait", "seconds": 1}, press("5")])
    world.take_calls(LONG)
    call = world.dial()
    world.until(call, "answered")
    world.advance(2)
    assert keys(world, call) == [("5", pytest.approx(world.at(call, "answered") + 1))]


# Waiting for words


@pytest.mark.fidelity("wait-for-words")
def test_a_person_presses_as_soon_as_the_words_have_been_said(world: World) -> None:
    world.phone(script=[wait_for(text="press ONE,"), press("1")])
    call = world.ended_call(talk("For sales, press one. For everything else, stay on the line, please."), LONG)
    assert keys(world, call) == [("1", pytest.approx(spoken_at(world, call, "press one") + REACTION, abs=0.001))]
    assert keys(world, call)[0][1] < world.one(call, "sound", state="stopped")["at"]


@pytest.mark.fidelity("wait-for-words")
def test_after_the_last_word_the_input_already_listens(world: World) -> None:
    world.phone(script=[wait_for(text="press one"), press("1")])
    call = world.ended_call(talk("Press one!"), ask())
    assert world.one(call, "input")["digits"] == "1"
    assert keys(world, call)[0][1] == pytest.approx(world.one(call, "sound", state="stopped")["at"] + REACTION)


@pytest.mark.fidelity("wait-for-words")
def test_words_of_ssml_of_a_rest_talk_and_of_another_person_count(world: World) -> None:
    world.phone(script=[wait_for(text="press two"), press("2")])
    call = world.ended_call(talk("<speak>Press <break time='200ms'/><emphasis>two</emphasis> now</speak>"), LONG)
    assert len(keys(world, call)) == 1
    world.phone(script=[wait_for(text="what's new"), press("3")])
    call = world.answered_call(LONG)
    world.advance(1)
    assert world.voice("PUT", f"/{call}/talk", {"text": "WHATS   new?"}).status_code == 200
    world.advance(5)
    assert [digit for digit, _ in keys(world, call)] == ["3"]
    world.use("hang_up")
    world.phone(script=[])
    world.phone(OTHER, script=[wait_for(text="are you there"), {"do": "say", "text": "Yes I am"}])
    call, other = together(world)
    world.use("say", text="Hello? Are you there?")
    world.advance(5)
    assert world.one(other, "said")["text"] == "Yes I am"
    asked = world.one(call, "said")
    assert world.one(other, "said")["at"] == pytest.approx(asked["at"] + asked["seconds"] + REACTION, abs=0.001)


@pytest.mark.fidelity("wait-for-words")
def test_words_that_were_cut_off_have_not_been_heard(world: World) -> None:
    world.phone(script=[wait_for(text="goodbye", timeout=20), press("9")])
    call = world.answered_call(
        talk("This is a long text, and at its very end it says goodbye", bargeIn=True), ask(), LONG
    )
    world.advance(0.5)
    world.use("press", digits="4")
    world.advance(25)
    answered = world.at(call, "answered")
    assert keys(world, call) == [("4", pytest.approx(answered + 0.5)), ("9", pytest.approx(answered + 20))]
    assert "goodbye" in world.one(call, "note")["text"]


@pytest.mark.fidelity("wait-for-since")
def test_what_was_heard_before_counts_until_the_person_does_something(world: World) -> None:
    world.phone(script=[{"do": "wait", "seconds": 20}, wait_for(text="welcome"), press("1"), wait_for(text="welcome"),
                        press("2")])  # fmt: skip
    call = world.answered_call(talk("Welcome"), LONG)
    world.advance(40)
    assert keys(world, call) == [("1", pytest.approx(world.at(call, "answered") + 20))]
    assert world.voice("PUT", f"/{call}/talk", {"text": "Welcome again"}).status_code == 200
    world.advance(5)
    assert [digit for digit, _ in keys(world, call)] == ["1", "2"]


@pytest.mark.fidelity("wait-for-since")
@pytest.mark.parametrize("deed", [press("1"), {"do": "say", "text": "Hello"}, {"do": "play", "file": "jingle.wav"}])
def test_what_was_heard_before_the_person_did_something_does_not_count(world: World, deed: Json) -> None:
    world.phone(script=[{"do": "wait", "seconds": 10}, deed, wait_for(text="welcome", timeout=20), press("2")])
    call = world.ended_call(talk("Welcome"), LONG)
    assert "welcome" in world.one(call, "note")["text"]
    assert keys(world, call)[-1][1] > world.at(call, "answered") + 29.999


@pytest.mark.fidelity("wait-for-since")
def test_each_wait_takes_the_next_time_the_words_come(world: World) -> None:
    world.phone(script=[wait_for(text="again"), wait_for(text="again"), wait_for(text="again"), press("1")])
    call = world.answered_call(talk("Once more again", loop=0), LONG)
    world.advance(30)
    sound = world.one(call, "sound", state="started")
    assert keys(world, call) == [("1", pytest.approx(sound["at"] + 3 * sound["seconds"] + REACTION, abs=0.001))]


def test_words_without_spaces_are_found(world: World) -> None:
    assert words_of("请按一号键。Press 1, DON'T wait") == [*"请按一号键", "press", "1", "dont", "wait"]
    world.phone(script=[wait_for(text="按一"), press("1")])
    call = world.ended_call(talk("请按一号键", language="cmn-CN"), LONG)
    assert [digit for digit, _ in keys(world, call)] == ["1"]


@pytest.mark.fidelity("wait-for-timeout")
@pytest.mark.parametrize(
    "what", [{"text": "press one"}, {"sound": "greeting.mp3"}, {"text": "on"}, {"text": "one press"}], ids=str
)
def test_after_its_timeout_the_script_goes_on_and_the_record_says_so(world: World, what: Json) -> None:
    world.phone(script=[wait_for(**what, timeout=7), press("0")])
    call = world.ended_call(talk("Press two or one."), LONG)
    assert keys(world, call) == [("0", pytest.approx(world.at(call, "answered") + 7))]
    note = world.one(call, "note")["text"]
    assert "did not hear" in note
    assert str(next(iter(what.values()))) in note
    assert "7 s" in note


def test_without_a_timeout_the_person_waits_as_long_as_the_call_lasts(world: World) -> None:
    world.phone(script=[wait_for(text="never"), press("0")])
    call = world.ended_call(LONG)
    assert keys(world, call) == []
    assert world.lasted(call) == pytest.approx(60)


# Waiting for a sound


@pytest.mark.fidelity("wait-for-sound")
@pytest.mark.parametrize(("state", "after"), [("started", 0.0), ("finished", 2.0), (None, 2.0)])
def test_a_person_waits_for_a_file_to_begin_or_to_be_over(
    world: World, second: bytes, state: str | None, after: float
) -> None:
    world.phone(script=[wait_for(sound="a b.wav", **({"state": state} if state else {})), press("1")])
    url = world.learner.serve("a b.wav", second).replace(" ", "%20")
    call = world.ended_call({"action": "wait", "timeout": 2}, {"action": "stream", "streamUrl": [url], "loop": 2}, LONG)
    sound = world.one(call, "sound", state="started")
    assert keys(world, call) == [("1", pytest.approx(sound["at"] + after + REACTION))]


@pytest.mark.fidelity("wait-for-sound")
def test_a_file_that_is_stopped_is_over(world: World, second: bytes) -> None:
    world.phone(script=[wait_for(sound="noise.wav"), press("1")])
    url = world.learner.serve("noise.wav", second)
    call = world.answered_call(LONG)
    assert world.voice("PUT", f"/{call}/stream", {"stream_url": [url], "loop": 0}).status_code == 200
    world.advance(9)
    assert keys(world, call) == []
    assert world.voice("DELETE", f"/{call}/stream").status_code == 200
    world.advance(1)
    stopped = world.one(call, "sound", state="stopped")["at"]
    assert keys(world, call) == [("1", pytest.approx(stopped + REACTION))]


# Speaking and playing


@pytest.mark.fidelity("say-lasts")
def test_a_person_speaks_a_sentence_to_its_end_before_going_on(world: World) -> None:
    world.phone(script=[*says("I would like to speak to somebody.", 3),
                        {"do": "say", "text": "Auf Wiederhören", "language": "de-DE"}, {"do": "hang_up"}])  # fmt: skip
    world.phone(OTHER, after=0)
    call, other = together(world)
    world.until(call)
    first, second = world.trace(call, "said")
    assert second["at"] == pytest.approx(first["at"] + first["seconds"], abs=0.001)
    assert world.at(call, "completed") == pytest.approx(second["at"] + second["seconds"], abs=0.001)
    assert len(world.heard(other)) / 8000 == pytest.approx(world.at(call, "completed") - world.at(other, "answered"))
    from helpers.simulator.sound.speech import speak

    for said, language in ((first, "en-US"), (second, "de-DE")):
        found = match(world.heard(other, RATE), speak(said["text"], language=language), RATE)
        assert found.score > 0.85  # the line is narrowband
        assert found.offset == pytest.approx(said["at"] - world.at(other, "answered"), abs=0.02)


@pytest.mark.fidelity("play-into-phone")
def test_the_other_hears_what_a_person_plays_into_the_phone(world: World, second: bytes, noise: Samples) -> None:
    url = world.learner.serve("noise.wav", second)
    world.phone(script=[{"do": "wait", "seconds": 3}, {"do": "play", "url": url}, {"do": "play", "file": "jingle.wav"},
                        press("1")])  # fmt: skip
    world.phone(OTHER, after=0, script=[wait_for(sound="jingle.wav"), {"do": "say", "text": "Nice"}])
    call, other = together(world)
    world.advance(15)
    first, then = world.trace(call, "said")
    assert (first["url"], then["url"]) == (url, "jingle.wav")
    heard, answered = world.heard(other, RATE), world.at(other, "answered")
    jingle = decode((sounds() / "jingle.wav").read_bytes(), RATE)
    for samples, one in ((noise, first), (jingle, then)):
        found = match(heard, samples, RATE)
        assert found.score > 0.9
        assert found.offset == pytest.approx(one["at"] - answered, abs=0.02)
    over = then["at"] + then["seconds"]
    assert keys(world, call) == [("1", pytest.approx(over, abs=0.001))]
    assert world.one(other, "said")["at"] == pytest.approx(over + REACTION, abs=0.001)


@pytest.mark.fidelity("play-into-phone")
def test_a_sound_that_cannot_be_played_is_the_persons_own_trouble(world: World) -> None:
    world.phone(script=[{"do": "play", "url": world.learner.url + "/none.mp3"}, press("1")])
    call = world.ended_call(LONG)
    assert "HTTP 404" in world.one(call, "note")["text"]
    assert [digit for digit, _ in keys(world, call)] == ["1"]
    assert world.trace(call, "error") == []
    assert "error" not in world.learner.statuses()


def test_speaking_and_playing_right_now(world: World) -> None:
    world.phone(OTHER, after=0)
    call, other = together(world)
    world.use("say", text="Guten Tag", language="de-DE")
    world.use("play", file="jingle.mp3")
    world.advance(5)
    assert [one["text"] for one in world.trace(call, "said")] == ["Guten Tag", None]
    assert match(world.heard(other, RATE), decode((sounds() / "jingle.wav").read_bytes(), RATE), RATE).score > 0.5


@pytest.mark.fidelity("keys-apart")
def test_two_press_steps_keep_their_distance(world: World) -> None:
    world.phone(script=[press("12"), press("3"), press("4")])
    call = world.ended_call(LONG)
    first = world.at(call, "answered")
    assert keys(world, call) == [(d, pytest.approx(first + i * 0.2)) for i, d in enumerate("1234")]


def test_two_people_in_one_call_follow_their_own_scripts(world: World) -> None:
    world.phone(script=[*says("Ping", 4), wait_for(text="pong"), press("1")])
    world.phone(OTHER, after=0, script=[wait_for(text="ping"), {"do": "say", "text": "Pong"}, *hangs_up(1)])
    call, other = together(world)
    world.advance(10)
    assert [one["text"] for one in world.trace(call, "said")] == ["Ping"]
    assert [one["text"] for one in world.trace(other, "said")] == ["Pong"]
    pong = world.one(other, "said")
    assert keys(world, call) == [("1", pytest.approx(pong["at"] + pong["seconds"] + REACTION, abs=0.001))]
    assert world.at(other, "completed") == pytest.approx(pong["at"] + pong["seconds"] + 1, abs=0.001)


# Steps that make no sense


WRONG: list[tuple[Any, str]] = [
    ([{"do": "answer"}, {"do": "answer"}], "once"),
    ([{"do": "answer"}, {"do": "decline"}], "once"),
    ([{"do": "decline"}, press("1")], "last step"),
    ([press("1"), {"do": "answer"}], "while it rings"),
    ([wait_for(text="x"), {"do": "answer"}], "while it rings"),
    ([{"do": "answer", "after": 2}], "cannot do"),
    ([{"do": "dance"}], "Steps are"),
    ([{"do": "wait"}], "'seconds': 2"),
    ([{"do": "press"}], "'digits': '1#'"),
    ([{"do": "say", "text": "  "}], "'text': 'yes'"),
    ([{"do": "say", "text": "a" * 1501}], "1500"),
    ([{"do": "say", "text": "hello", "language": "klingon"}], "en-GB"),
    ([{"do": "say", "text": "hello", "language": ["de-DE"]}], "en-GB"),
    ([{"do": "play"}], "one of them only"),
    ([{"do": "play", "url": "http://127.0.0.1/a.mp3", "file": "jingle.wav"}], "one of them only"),
    ([{"do": "play", "url": "jingle.wav"}], "http://"),
    ([{"do": "play", "url": None}], "http://"),
    ([{"do": "play", "url": "https://https://example.com/a.mp3"}], "twice"),
    ([{"do": "play", "file": "nothing.mp3"}], "greeting.mp3"),
    ([{"do": "play", "file": "../pyproject.toml"}], "greeting.mp3"),
    ([{"do": "play", "file": 5}], "greeting.mp3"),
    ([wait_for()], "one of them only"),
    ([wait_for(text="a", sound="b.mp3")], "one of them only"),
    ([wait_for(text="...")], "no word"),
    ([wait_for(text=5)], "no word"),
    ([wait_for(sound="http://127.0.0.1/")], "last part"),
    ([wait_for(sound=5)], "last part"),
    ([wait_for(sound="a.mp3", state="paused")], "'started' or 'finished'"),
    ([wait_for(text="a", state="started")], "'started' or 'finished'"),
    ([wait_for(text="a", timeout=-1)], "timeout"),
    ([wait_for(text="a", timeout="10")], "timeout"),
]


@pytest.mark.parametrize(("script", "says"), WRONG, ids=[str(case[0])[:60] for case in WRONG])
def test_a_step_that_makes_no_sense_says_what_to_do(world: World, script: Any, says: str) -> None:
    reply = world.control("PUT", f"/phones/{PHONE}", {"script": script})
    assert reply.status_code == 400, reply.text
    assert says in " ".join(reply.json().values())


@pytest.mark.parametrize(
    ("settings", "says"),
    [({"behaviour": "busy", "script": [{"do": "answer"}]}, "already says"),
     ({"after": 3, "script": [{"do": "answer"}]}, "already says"),
     ({"behaviour": "scripted"}, "'do': 'answer'"), ({"behaviour": "scripted", "script": [press("1")]}, "'answer'")],
    ids=str,
)  # fmt: skip
def test_behaviour_and_script_that_contradict_each_other(world: World, settings: Json, says: str) -> None:
    reply = world.control("PUT", f"/phones/{PHONE}", settings)
    assert reply.status_code == 400
    assert says in " ".join(reply.json().values())


def test_saying_and_playing_nothing_sensible_is_refused(world: World) -> None:
    world.answered_call(LONG)
    for what, body in (("say", {}), ("say", {"text": 5}), ("say", {"text": "a", "level": 1}), ("play", {}),
                       ("play", {"file": "x"})):  # fmt: skip
        reply = world.control("POST", f"/phones/{PHONE}/{what}", body)
        assert reply.status_code == 400, reply.text
        assert set(reply.json()) == {"error", "cure"}
