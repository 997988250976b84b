"""Play: an NCCO is heard before it is dialled, with a person who follows instructions, and nothing is left behind."""

from __future__ import annotations

import io
import signal
import threading
import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, jsonify, request

from helpers.base.errors import KitError
from helpers.ncco import EXAMPLES, NccoError, TemplateError
from helpers.rehearsal import Rehearsal, play, sweep
from helpers.server.server import BackgroundServer
from tests.simulator.test_websocket import SocketServer
from tests.simulator.world import Learner, presses

JINGLE = {"action": "stream", "streamUrl": ["https://example.com/audio/jingle.mp3"]}
GREETING = {"action": "stream", "streamUrl": ["https://example.com/audio/greeting.mp3"]}  # 5.1 s
KEYS = {"action": "input", "type": ["dtmf"]}
WORDS = {"action": "input", "type": ["speech"]}
AWAY = "https://api.shop.test"
pytestmark = pytest.mark.usefixtures("in_a_folder_of_its_own")  # what is heard is written to the current folder


def told(rehearsal: Rehearsal, path: str) -> list[str]:
    """What the webhooks to addresses with this ending told."""
    return [sent.told for sent in rehearsal.webhooks if sent.url.endswith(path)]


def spans(rehearsal: Rehearsal) -> list[tuple[str, str, str | None]]:
    return [(span.action, span.state, span.why) for span in rehearsal.call.actions]


# --- sound -----------------------------------------------------------------------------------------------------------


def test_the_sound_of_the_kit_is_heard_under_any_address() -> None:
    rehearsal = play([JINGLE])
    assert rehearsal.seconds == pytest.approx(2.7, abs=0.05)
    assert rehearsal.captions == ["0.0–2.7 s jingle.mp3"]
    assert rehearsal.call.heard_samples().std() > 0.01
    assert rehearsal.notes == []
    assert rehearsal.ended == "Vonage ended the call after 2.7 s: every action is complete."


@pytest.mark.parametrize("rate", [8000, 16000])
def test_the_sound_is_a_wav_file(rate: int) -> None:
    rehearsal = play([JINGLE])
    with wave.open(io.BytesIO(rehearsal.wav(rate))) as sound:
        assert (sound.getframerate(), sound.getnchannels()) == (rate, 1)
        assert sound.getnframes() / rate == pytest.approx(rehearsal.seconds, abs=0.01)


def test_sounds_of_elsewhere_have_stand_ins() -> None:
    urls = [f"{AWAY}/a.mp3", f"{AWAY}/b.mp3", f"{AWAY}/a.mp3"]
    rehearsal = play([{"action": "stream", "streamUrl": [url]} for url in urls])
    assert rehearsal.captions == [
        "0.0–15.1 s a.mp3 (hold.mp3 stands in for it)",
        "15.1–17.8 s b.mp3 (jingle.mp3 stands in for it)",
        "17.8–32.9 s a.mp3 (hold.mp3 stands in for it)",
    ]
    assert rehearsal.notes == [
        f"{AWAY}/a.mp3 cannot be reached from here: hold.mp3 stands in for it.",
        f"{AWAY}/b.mp3 cannot be reached from here: jingle.mp3 stands in for it.",
    ]


def test_a_sound_that_no_telephone_can_use_is_played_with_a_warning() -> None:
    rehearsal = play([{"action": "stream", "streamUrl": ["https://example.com/unfit.wav"]}])
    assert rehearsal.captions
    assert any(note.startswith("unfit.wav: ") and "stay silent" in note for note in rehearsal.notes)


def test_sounds_of_this_machine_are_really_fetched(learner: Learner, second: bytes) -> None:
    rehearsal = play([{"action": "stream", "streamUrl": [learner.serve("own.wav", second)]}])
    assert rehearsal.captions == ["0.0–1.0 s own.wav"]
    assert [one.method for one in learner.at("/own.wav")] == ["GET"]


def test_a_sound_that_is_missing_on_this_machine_is_explained(learner: Learner) -> None:
    rehearsal = play([{"action": "stream", "streamUrl": [f"{learner.url}/gone.mp3"]}])
    assert rehearsal.captions == []
    [note] = rehearsal.notes
    assert note.startswith("Audio of stream cannot be played: the server answered HTTP 404.")
    assert str(learner.url) not in note, "the port differs from run to run"


def test_music_without_end_stops_when_the_person_hangs_up() -> None:
    rehearsal = play([{**JINGLE, "loop": 0}], seconds=20)
    assert rehearsal.seconds == 20
    assert rehearsal.ended == "The person hung up after 20.0 s: 20 s are the most this rehearsal lasts."


def test_text_is_spoken_in_words() -> None:
    assert play([{"action": "talk", "text": "Hello there"}]).captions[0].endswith("“Hello there”")


def test_many_sounds_have_as_many_captions_as_anybody_reads() -> None:
    captions = play([JINGLE] * 25).captions
    assert len(captions) == 21
    assert captions[-1] == "and 5 more"


# --- the person ------------------------------------------------------------------------------------------------------


def test_keys_are_pressed_when_an_input_listens() -> None:
    rehearsal = play([GREETING, {**KEYS, "eventUrl": ["https://example.com/menu"]}], keys="1#")
    assert rehearsal.call.digits == "1#"
    assert told(rehearsal, "/menu") == ["input: 1#"]
    assert rehearsal.captions == ["0.0–5.1 s greeting.mp3"], "nothing is cut short without bargeIn"


def test_a_key_cuts_a_sound_short_that_may_be() -> None:
    rehearsal = play([{**GREETING, "bargeIn": True}, KEYS], keys="12")
    assert rehearsal.captions == ["0.0–2.0 s greeting.mp3"]
    assert spans(rehearsal)[0] == ("stream", "stopped", "key press")
    assert rehearsal.call.digits == "12"


def test_barge_in_holds_for_the_sounds_after_it_up_to_the_input() -> None:
    rehearsal = play([{**JINGLE, "bargeIn": True, "loop": 0}, GREETING, KEYS, GREETING, KEYS], keys="1")
    assert [span[1] for span in spans(rehearsal)][:2] == ["stopped", "skipped"]
    rehearsal = play([{"action": "wait", "timeout": 1}, {**KEYS, "dtmf": {"maxDigits": 1}}, GREETING, KEYS], keys="12")
    assert spans(rehearsal)[2] == ("stream", "finished", None), "nothing may cut it short"


def test_a_sound_is_heard_to_its_end_when_there_is_nothing_to_say_about_it() -> None:
    for ncco in ([{**GREETING, "bargeIn": True}, KEYS], [{**GREETING, "bargeIn": True}, WORDS]):
        assert play(ncco).captions == ["0.0–5.1 s greeting.mp3"]


def test_a_sound_that_is_over_before_the_person_reacts_is_not_cut_short() -> None:
    rehearsal = play([{"action": "talk", "text": "Yes?", "bargeIn": True}, KEYS], keys="5")
    assert spans(rehearsal)[0] == ("talk", "finished", None)
    assert rehearsal.call.digits == "5"


def test_each_input_takes_as_many_keys_as_it_wants() -> None:
    one, hash_ = {**KEYS, "dtmf": {"maxDigits": 1}}, {**KEYS, "dtmf": {"submitOnHash": True, "maxDigits": 10}}
    rehearsal = play([one, hash_, one], keys="142#9")
    assert [e["digits"] for e in rehearsal.call.entries("input")] == ["1", "42", "9"]


@pytest.mark.parametrize("patience", [0.5, 1, 10])
def test_the_person_is_in_time(patience: float) -> None:
    assert play([{**KEYS, "dtmf": {"timeOut": patience, "maxDigits": 2}}], keys="12").call.digits == "12"


def test_words_are_said_when_an_input_listens_for_them() -> None:
    rehearsal = play([WORDS, {**WORDS, "speech": {"language": "en-GB", "startTimeout": 1}}], says=("yes", "no"))
    assert [e["speech"] for e in rehearsal.call.entries("input")] == ["yes", "no"]
    assert play([WORDS], says="yes please").facts["words"] == "“yes please”"


def test_a_word_cuts_a_sound_short() -> None:
    rehearsal = play([{**GREETING, "bargeIn": True}, WORDS], says=["stop"])
    assert spans(rehearsal)[0] == ("stream", "stopped", "speech")
    assert rehearsal.facts["words"] == "“stop”"


def test_keys_go_before_words_where_both_are_wanted() -> None:
    both = {"action": "input", "type": ["dtmf", "speech"], "dtmf": {"maxDigits": 1}}
    rehearsal = play([both, both], keys="1", says=["two"])
    assert [(e["digits"], e["speech"]) for e in rehearsal.call.entries("input")] == [("1", None), (None, "two")]


def test_a_message_is_left_and_ended_by_its_key() -> None:
    record = {"action": "record", "endOnKey": "#", "beepStart": True, "eventUrl": ["https://example.com/rec"]}
    rehearsal = play([record, JINGLE], keys="#", says=["Please call back."])
    assert told(rehearsal, "/rec") == ["recording"]
    [made] = rehearsal.call.entries("recording", state="finished")
    assert made["why"] == "the key # was pressed"
    assert rehearsal.call.entries("said")[0]["text"] == "Please call back."


def test_an_asynchronous_input_gets_every_key_by_itself() -> None:
    later = {**KEYS, "mode": "asynchronous", "eventUrl": ["https://example.com/keys"]}
    assert told(play([later, GREETING], keys="123"), "/keys") == ["input: 1", "input: 2", "input: 3"]
    kept = play([later, KEYS], keys="123")
    assert kept.facts["digits"] == "123", "a later input that waits for keys gets them"


def test_what_nobody_listened_for_is_noted() -> None:
    assert play([JINGLE], keys="12", says=["hello"]).notes == [
        "Nothing listened for the keys 12, so they were not pressed.",
        "Nothing listened for “hello”, so it was not said.",
    ]


def test_a_script_says_everything() -> None:
    steps: list[dict[str, Any]] = [*presses("7", 1), {"do": "hang_up"}]
    rehearsal = play([{**JINGLE, "loop": 0}], script=steps)
    assert rehearsal.ended == "The person hung up after 1.0 s."
    assert [e["digit"] for e in rehearsal.call.entries("key")] == ["7"]
    assert play([{**JINGLE, "loop": 0}], script={"do": "hang_up"}).seconds == 0


def test_a_call_that_is_declined_has_no_sound(tmp_path: Path) -> None:
    rehearsal = play([JINGLE], script=[{"do": "decline"}])
    assert rehearsal.ended == "Nobody answered: the person declined the call (rejected)."
    assert (rehearsal.seconds, rehearsal.captions) == (0, [])
    assert "Heard" not in repr(rehearsal)
    assert list(tmp_path.iterdir()) == []
    assert "Nobody answered" in str(rehearsal.player())


@pytest.mark.parametrize(
    ("options", "message", "cure"),
    [
        ({"keys": "1a"}, "'1a' is nothing a keypad can send.", "Use 0-9, * and #, for example '1#'."),
        ({"keys": 1}, "1 is nothing a keypad can send.", "Use 0-9, * and #, for example '1#'."),
        ({"says": ["  "]}, "lacks its text", "Add 'text'"),
        ({"says": 5}, "5 is nothing to say.", 'Give a text for each input that listens: says=["yes"].'),
        ({"script": [{"do": "dance"}]}, "A script cannot do {'do': 'dance'}.", "Steps are {'do': 'answer'}"),
        ({"script": "press 1"}, "A script is a list of steps, not 'press 1'.", "Put square brackets around the step."),
        ({"script": [], "keys": "1"}, "There are two plans for the person.", "Give keys and says, or a script"),
        ({"direction": "in"}, "A call has no direction 'in'.", 'Use "outbound"'),
        ({"seconds": 0}, "A rehearsal cannot last 0 seconds.", "Use a number above 0, 7200 at most."),
        ({"seconds": "9"}, "A rehearsal cannot last '9' seconds.", "Use a number above 0, 7200 at most."),
        ({"seconds": float("nan")}, "A rehearsal cannot last nan seconds.", "Use a number above 0, 7200 at most."),
    ],
)
def test_instructions_that_nobody_could_follow(options: dict[str, Any], message: str, cure: str) -> None:
    with pytest.raises(KitError) as failed:
        play([JINGLE], **options)
    assert message in failed.value.message
    assert failed.value.cure.startswith(cure)


# --- what is given ---------------------------------------------------------------------------------------------------


def test_a_template_is_filled_in_first() -> None:
    template = [{"action": "talk", "text": "Hello {{msg.payload}}"}]
    assert play(template, variables={"msg": {"payload": "Ada"}}).captions[0].endswith("“Hello Ada”")
    with pytest.raises(TemplateError, match=r"names {{msg.payload}}, which is not among the variables"):
        play(template, variables={})


@pytest.mark.parametrize("wrong", [[], "[", {}, 5, [{"action": "stream"}], [{"action": "sing"}]])
def test_an_ncco_with_errors_is_not_played(wrong: Any) -> None:
    with pytest.raises(NccoError):
        play(wrong)


# --- webhooks --------------------------------------------------------------------------------------------------------


def test_webhooks_to_elsewhere_are_collected_under_their_own_address() -> None:
    rehearsal = play([{**KEYS, "eventUrl": [f"{AWAY}/menu"], "eventMethod": "GET"}, JINGLE], keys="1")
    [sent] = [one for one in rehearsal.webhooks if one.url == f"{AWAY}/menu"]
    assert (sent.method, sent.status, sent.reply, sent.stand_in) == ("GET", 200, "", True)
    assert sent.body["dtmf"]["digits"] == "1"
    assert sent.meaning == "The caller finished typing or speaking."
    assert str(sent) == f"6.1 s  GET {AWAY}/menu  input: 1 → 200"
    host = AWAY.removeprefix("https://")
    assert rehearsal.notes == [
        f"{host} cannot be reached from here: its webhooks are collected, and answered with 200 and nothing."
    ]


def test_a_call_tells_of_its_states() -> None:
    sent = play([JINGLE]).webhooks
    assert [one.told for one in sent] == ["started", "ringing", "answered", "completed"]
    assert {one.url for one in sent} == {"https://example.com/event"}
    assert [one.at for one in sent][:3] == [0.1, 0.1, 2.1]


def test_an_inbound_call_asks_for_the_ncco() -> None:
    rehearsal = play([JINGLE], direction="inbound")
    [asked] = [one for one in rehearsal.webhooks if one.kind == "answer"]
    assert (asked.method, asked.url, asked.answer) == ("GET", "https://example.com/answer", "200 stream")
    assert rehearsal.call.direction == "inbound"
    assert rehearsal.captions == ["0.0–2.7 s jingle.mp3"]


def test_the_server_on_this_machine_is_asked_and_its_ncco_played(learner: Learner) -> None:
    menu = learner.on("/menu", [{"action": "talk", "text": "You pressed one."}, {**KEYS, "dtmf": {"maxDigits": 1}}])
    rehearsal = play([{**KEYS, "dtmf": {"maxDigits": 1}, "eventUrl": [menu]}, GREETING], keys="12")
    assert learner.payloads("/menu")[0]["dtmf"]["digits"] == "1"
    assert rehearsal.call.digits == "12"
    assert rehearsal.captions[0].endswith("“You pressed one.”")
    [sent] = [one for one in rehearsal.webhooks if one.url == menu]
    assert (sent.place, sent.answer, sent.stand_in) == ("your server, /menu", "200 talk, input", False)


def test_what_is_wrong_with_a_reply_is_told(learner: Learner) -> None:
    def broken() -> Any:
        return "no", 500

    rehearsal = play([{**KEYS, "eventUrl": [learner.on("/menu", broken)]}], keys="1")
    [sent] = [one for one in rehearsal.webhooks if one.url.endswith("/menu")]
    assert (sent.status, sent.trouble) == (500, "Your route raised an error (500).")
    assert "✗ 500" in repr(rehearsal)
    assert rehearsal.notes == ["The input webhook failed: HTTP 500. The call goes on with the old NCCO."]


def test_the_server_of_nobody_is_told() -> None:
    with BackgroundServer() as server:
        url = f"{server.url}/notify"
    rehearsal = play([{"action": "notify", "payload": {"a": 1}, "eventUrl": [url]}])
    sent = [one for one in rehearsal.webhooks if one.url == url]
    assert [one.told for one in sent] == ['notify: {"a": 1}', 'notify: {"a": 1} (2nd attempt)']
    assert {(one.answer, one.trouble) for one in sent} == {("no reply", "Nothing listens at your webhook's address.")}


# --- other people ----------------------------------------------------------------------------------------------------


def test_phones_that_are_connected_answer_and_hang_up() -> None:
    connect = {"action": "connect", "endpoint": [{"type": "phone", "number": "447700900002"}], "from": "447700900000"}
    rehearsal = play([connect, JINGLE])
    assert "447700900002: “Hello, you are through.”" in rehearsal.captions[0]
    assert rehearsal.captions[-1].endswith("jingle.mp3")
    assert "started, 447700900002" in told(rehearsal, "/event")
    assert rehearsal.notes == [
        "447700900000 is taken as a number that you rent: with a foreign one the call would not connect.",
        "447700900002 is a phone of the rehearsal: it answers, says “Hello, you are through.” and hangs up 10 s later.",
    ]


@pytest.mark.parametrize(
    ("endpoint", "options"),
    [
        ({"type": "app", "user": "alice"}, {}),
        ({"type": "sip", "uri": "sip:alice@example.com"}, {}),
        ({"type": "vbc", "extension": "1234"}, {}),
        ({"type": "phone", "number": "447700900002"}, {"randomFromNumber": True}),
    ],
)
def test_other_endpoints_answer_too_and_a_random_number_calls(endpoint: Any, options: Any) -> None:
    assert "you are through" in play([{"action": "connect", "endpoint": [endpoint], **options}]).captions[0]


def test_a_webhook_that_must_reply_with_an_ncco_says_so() -> None:
    whisper = {"url": "https://example.com/whisper"}
    endpoint = {"type": "phone", "number": "447700900002", "onAnswer": whisper}
    rehearsal = play([{"action": "connect", "endpoint": [endpoint]}])
    assert rehearsal.notes[0].startswith("example.com cannot be reached from here: its webhooks are collected")
    assert told(rehearsal, "/whisper") == ["asks: answer, 447700900002"]
    assert any(note.startswith("Failed to retrieve the NCCO: empty reply.") for note in rehearsal.notes)


def test_a_websocket_elsewhere_fails_and_it_is_said_why() -> None:
    uri = "wss://socket.shop.test/audio"
    endpoint = {"type": "websocket", "uri": uri, "content-type": "audio/l16;rate=16000"}
    rehearsal = play([{"action": "connect", "endpoint": [endpoint]}, JINGLE])
    assert rehearsal.captions[-1].endswith("jingle.mp3")
    [note] = rehearsal.notes
    assert note == f"{uri} was not reached: no route: the simulated network reaches this machine only (failed)."


def test_a_websocket_on_this_machine_is_really_called(socket: SocketServer) -> None:
    socket.hang_up_after = 10
    uri = f"ws://127.0.0.1:{socket.port}/audio"
    endpoint = {"type": "websocket", "uri": uri, "content-type": "audio/l16;rate=16000"}
    rehearsal = play([{"action": "connect", "endpoint": [endpoint]}])
    assert socket.texts[0]["event"] == "websocket:connected"
    assert str(socket.port) not in repr(rehearsal)


def test_alone_in_a_conversation() -> None:
    rehearsal = play([{"action": "conversation", "name": "room"}], seconds=10)
    assert rehearsal.seconds == 10
    assert rehearsal.notes == ["447700900011 is alone in the conversation “room”: others join it by the same name."]
    music = {"action": "conversation", "name": "room", "startOnEnter": False}
    waiting = play([{**music, "musicOnHoldUrl": ["https://example.com/hold.mp3"]}], seconds=10)
    assert waiting.captions == ["0.0–10.0 s hold hold.mp3"]


def test_a_transfer_to_nowhere_is_explained() -> None:
    nowhere = "CON-aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"
    rehearsal = play([{"action": "transfer", "conversationId": nowhere}, JINGLE])
    assert rehearsal.notes[0].startswith(f"There is no conversation {nowhere}. Use the conversation_uuid")
    assert rehearsal.captions == ["0.0–2.7 s jingle.mp3"]


# --- nothing else is touched -----------------------------------------------------------------------------------------

RATE = "audio/l16;rate=16000"


@pytest.mark.parametrize("mode", ["live", "simulated"])
def test_nothing_is_dialled_and_no_account_is_touched(
    mode: str, connections: list[Any], learner: Learner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOICE_MODE", mode)
    monkeypatch.setenv("SIMULATOR_STATE", str(tmp_path / "account.json"))
    endpoint = {"type": "phone", "number": "447700900002"}
    ncco = [
        {"action": "stream", "streamUrl": [f"{AWAY}/x.mp3"]},
        {"action": "notify", "payload": {}, "eventUrl": [f"{AWAY}/notify"]},
        {"action": "notify", "payload": {}, "eventUrl": [learner.on("/notify", ("", 204))]},
        {"action": "connect", "endpoint": [endpoint]},
        {"action": "connect", "endpoint": [{"type": "websocket", "uri": "wss://example.com/x", "content-type": RATE}]},
    ]
    repr(play(ncco))
    assert set(connections) == {"127.0.0.1"}, "the learner's own server, and nobody else"
    assert [path.name for path in tmp_path.iterdir()] == ["heard"]


def test_two_at_once_do_not_meet() -> None:
    nccos = [[{**KEYS, "dtmf": {"maxDigits": n}}, {"action": "conversation", "name": "room"}] for n in range(1, 7)]
    with ThreadPoolExecutor(3) as pool:
        played = list(pool.map(lambda ncco: play(ncco, keys="123456", seconds=30), nccos))
    assert [one.call.digits for one in played] == ["1", "12", "123", "1234", "12345", "123456"]
    assert all(any("is alone in the conversation" in note for note in one.notes) for one in played)


def test_a_cell_that_is_interrupted_ends_the_rehearsal(learner: Learner) -> None:
    asked, release = threading.Event(), threading.Event()

    def stuck() -> Any:
        asked.set()
        release.wait(60)
        return "", 200

    main = threading.main_thread().ident
    assert main is not None

    def interrupt() -> None:
        if asked.wait(60):
            signal.pthread_kill(main, signal.SIGINT)

    notify = {"action": "notify", "payload": {}, "eventUrl": [learner.on("/stuck", stuck)]}
    stopping = threading.Thread(target=interrupt)
    stopping.start()
    # As in a kernel. A program that was begun in the background of a shell ignores this signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            play([notify])
    finally:
        signal.signal(signal.SIGINT, before)
        release.set()
        stopping.join()
    assert not [thread for thread in threading.enumerate() if thread.name == "rehearsal"]


# --- to look at ------------------------------------------------------------------------------------------------------


def test_the_same_rehearsal_reads_the_same_on_every_port(learner: Learner) -> None:
    def once() -> str:
        with BackgroundServer(learner.app) as server:
            learner.on("/menu", [JINGLE])
            learner.on("/gone", ("", 404))
            ncco = [{**KEYS, "dtmf": {"maxDigits": 1}, "eventUrl": [f"{server.url}/menu"]}]
            gone = {"action": "stream", "streamUrl": [f"{server.url}/gone.mp3"]}
            return repr(play([gone, *ncco], keys="1"))

    first = once()
    assert first == once()
    assert "your server, /menu" in first


def test_a_rehearsal_in_words(tmp_path: Path) -> None:
    shown = repr(play([{**JINGLE, "bargeIn": True}, {**KEYS, "eventUrl": [f"{AWAY}/menu"]}], keys="1", name="menu"))
    assert shown.splitlines() == [
        "Rehearsal: stream → input, outbound",
        "Vonage ended the call after 5.0 s: every action is complete.",
        "Heard: 5.0 s of sound in heard/menu.wav",
        "  0.0–2.0 s jingle.mp3",
        "Webhooks (none of them leaves this machine):",
        "    s  request                          tells      reply  in words",
        "  0.1  POST https://example.com/event   started    200    The call was created.",
        "  0.1  POST https://example.com/event   ringing    200    The phone that is called rings.",
        "  2.1  POST https://example.com/event   answered   200    Somebody picked up.",
        "  7.1  POST https://api.shop.test/menu  input: 1   200    The caller finished typing or speaking.",
        "  7.1  POST https://example.com/event   completed  200    The call is over.",
        "Notes:",
        "  api.shop.test cannot be reached from here: its webhooks are collected, and answered with 200 and nothing.",
    ]
    assert (tmp_path / "heard" / "menu.wav").stat().st_size == pytest.approx(5 * 16000, rel=0.02)


def test_a_rehearsal_in_a_notebook() -> None:
    ncco = [{"action": "talk", "text": "<script>alert(1)</script> & more"}]
    rehearsal = play(ncco, folder="sounds")
    bundle, _ = rehearsal._repr_mimebundle_()
    html = bundle["text/html"]
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in html
    assert 'src="sounds/talk-' in html
    assert "<caption" in html
    assert bundle["text/plain"] == repr(rehearsal)


def test_timeline_ladder_and_player_after_the_network_is_gone() -> None:
    rehearsal = play([JINGLE])
    assert "jingle.mp3" in str(rehearsal.timeline())
    assert rehearsal.timeline().svg().startswith("<svg")
    assert "hangs up" in str(rehearsal.call.ladder())
    assert "jingle.mp3" in str(rehearsal.player())
    assert rehearsal.call.statuses == ["started", "ringing", "answered", "completed"]


def test_each_rehearsal_has_a_file_of_its_own_and_the_same_again() -> None:
    names = [play([JINGLE]).name, play([JINGLE]).name, play([JINGLE], seconds=1).name, play([KEYS], keys="1").name]
    assert names[0] == names[1]
    assert len(set(names)) == 3


# --- what follows a key or a word -------------------------------------------------------------------------------------

MENU = EXAMPLES["menu-with-voicemail"]


@pytest.mark.parametrize(
    ("person", "heard"),
    [
        ({"keys": "1"}, "We are open"),
        ({"keys": "2"}, "Please speak after"),
        ({"says": "A message, please."}, "Please speak after"),
        ({"keys": "7"}, "I have not understood"),
        ({"says": "massage"}, "I have not understood"),
        ({}, "I have not understood"),
    ],
)
def test_a_key_or_a_word_is_followed_by_the_reply_of_its_name(person: dict[str, str], heard: str) -> None:
    rehearsal = play(MENU.ncco, replies=MENU.replies, **person)
    assert heard in rehearsal.captions[1]
    assert {sent.trouble for sent in rehearsal.webhooks} == {""} and rehearsal.notes == []


def test_your_own_app_is_asked_whatever_host_the_ncco_names(learner_app: Flask) -> None:
    ncco = [{**KEYS, "dtmf": {"maxDigits": 1}, "eventUrl": [f"{AWAY}/menu?from=here"]}, GREETING]
    rehearsal = play(ncco, keys="2", replies=learner_app)
    assert rehearsal.captions == ["1.0–3.7 s jingle.mp3"], "its own address leads to itself, for sounds too"
    (asked,) = [sent for sent in rehearsal.webhooks if sent.url.startswith(AWAY)]
    assert (asked.answer, asked.stand_in) == ("200 stream", False)
    other = play(ncco, keys="3", replies=learner_app)
    assert other.captions == ["1.0–6.1 s greeting.mp3"]
    assert other.notes[1:] == ["Your app: POST /menu raised KeyError: '3'."]


@pytest.mark.parametrize(
    ("replies", "said"),
    [
        ({"press one": [JINGLE]}, "'press one' is nothing to press or to say"),
        ({"1": []}, "The reply to 1 has 1 error"),
        ([JINGLE], "does not name replies.*Write "),
        (lambda: "", "single route"),
    ],
)
def test_a_reply_that_nothing_leads_to_is_refused(replies: Any, said: str) -> None:
    with pytest.raises(KitError, match=said):
        play(MENU.ncco, replies=replies)


def test_a_sweep_has_replies_too() -> None:
    view = sweep(MENU.ncco, "1.dtmf.timeOut", [1, 2], keys="1", replies=MENU.replies)
    assert view.text.count("We are open") == 1, "the same in all"


@pytest.fixture
def learner_app() -> Flask:
    app = Flask("menu")

    @app.post("/menu")
    def menu() -> Response:
        assert request.args["from"] == "here"
        sound = {"2": "audio/jingle.mp3"}[request.get_json()["dtmf"]["digits"]]
        return jsonify([{"action": "stream", "streamUrl": [request.url_root + sound]}])

    @app.post("/event")
    def event() -> str:
        return ""

    return app
