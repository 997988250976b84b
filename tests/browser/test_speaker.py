"""The phone's loudspeaker in a real browser: every sample that it plays is recorded and measured."""

from __future__ import annotations

import numpy as np
import pytest

from helpers.audio.files import encode_wav
from tests.browser.browsers import Launch
from tests.browser.speaker_page import (
    RAMP,
    RATE,
    OpenSpeaker,
    Samples,
    as_sent,
    coded,
    from_a_call,
    played,
    serving,
    starts_and_cuts,
    tone,
)  # fmt: skip

pytestmark = pytest.mark.browser


def noise(seconds: float) -> Samples:
    """Nothing like itself, so that each sample has its place; loud at its ends, so that a bad seam shows."""
    return (0.5 * np.random.default_rng(3).uniform(-1, 1, round(seconds * RATE))).astype(np.float32)


def differences(heard: Samples, source: Samples, rate: int) -> Samples:
    """By how much what was played differs from its source, ramps left out. It is laid on at its first sample."""
    ramp = round(RAMP * rate) + 1
    window = source[ramp : ramp + 4000]
    begin = int(np.flatnonzero(heard)[0]) - ramp
    places = range(max(0, begin), begin + 3 * ramp)
    start = min(places, key=lambda at: float(abs(heard[at + ramp :][: len(window)] - window).max()))
    part = heard[start : start + len(source)]
    return abs(part - source)[ramp:-ramp]


@pytest.mark.parametrize("rate", [None, 48_000])
def test_pieces_and_loops_leave_no_seam(open_page: OpenSpeaker, rate: int | None) -> None:
    page, loop = open_page(rate), noise(0.73)
    most, sources = page.evaluate(
        """async (text) => {
          lab.together();
          const call = new lab.Call(lab.speaker);
          await call.send(lab.pcm(text), call.soon, 5);
          await lab.over();
          return [call.most, call.sources]; }""",
        coded(loop),
    )
    _, heard = played(page)
    whole = as_sent(np.tile(loop, 5))
    if rate:  # the browser draws a straight line between two samples
        whole = np.interp(np.arange(len(whole) * 3 - 2) / 3, np.arange(len(whole)), whole).astype(np.float32)
    wrong = differences(heard, whole, rate or RATE)
    print(f"{rate or RATE} Hz: largest difference {wrong.max():.1e} of full scale; in hand {most:.2f} s in {sources}")
    assert wrong.max() < 1e-4
    assert most < 1.5, "a second ahead, a piece, and what the sound lags behind at most"
    assert sources <= 15, "of 19: seven or eight in hand; as many may just have been played"


def test_a_buffer_is_full_when_it_is_set(open_page: OpenSpeaker) -> None:
    """Firefox takes the samples over at that moment: what is copied in later is silent there. Chromium plays both."""
    page, music = open_page(), noise(1)
    taken = page.evaluate(
        """async (text) => {
          const { get, set } = Object.getOwnPropertyDescriptor(AudioBufferSourceNode.prototype, "buffer"), taken = [];
          Object.defineProperty(AudioBufferSourceNode.prototype, "buffer", { get, set(buffer) {
            if (buffer) taken.push(...buffer.getChannelData(0));
            set.call(this, buffer);
          } });
          const call = new lab.Call(lab.speaker);
          await call.send(lab.pcm(text), call.soon);
          return taken; }""",
        coded(music),
    )
    assert np.array_equal(np.array(taken, np.float32), as_sent(music))


def test_messages_that_come_unevenly_are_not_heard(open_page: OpenSpeaker) -> None:
    """Up to 60 ms late each, and once a page that is busy for 0.6 s, as a browser is."""
    page, music = open_page(), noise(4)
    page.evaluate(
        """async (text) => {
          lab.together();
          let dice = 1;
          const late = () => (dice = (dice * 16807) % 2147483647) % 60 / 1000 + 0.001;
          const call = new lab.Call(lab.speaker, { late });
          setTimeout(() => { const end = Date.now() + 600; while (Date.now() < end); }, 1500);
          await call.send(lab.pcm(text), call.soon);
          await lab.over(); }""",
        coded(music),
    )
    assert differences(played(page)[1], as_sent(music), RATE).max() < 1e-4


def test_each_sound_starts_and_is_cut_without_a_click(open_page: OpenSpeaker) -> None:
    """How soon after it was sent is measured by ``make bench``."""
    page = open_page()
    starts, cuts, heard = starts_and_cuts(page, 5, 0.1)
    assert len(starts) == len(cuts) == 5
    steps = abs(np.diff(heard))
    steepest = 0.5 * 2 * np.pi * 440 / RATE + 0.5 / (RAMP * RATE)  # the tone itself, and the ramp
    assert steps.max() < steepest * 1.01


def test_a_cut_in_the_past_or_the_future(open_page: OpenSpeaker) -> None:
    """What is cut from a later moment plays until then; what should have ended long ago ends now."""
    page = open_page()
    page.evaluate(
        """async (text) => {
          const call = new lab.Call(lab.speaker), at = call.soon;
          call.send(lab.pcm(text), at);
          await lab.wait(300);
          call.cut(at + 0.9);
          await lab.over();
          const again = call.soon;
          call.send(lab.pcm(text), again);
          await lab.until(() => lab.speaker.level > 0.3);
          call.cut(again - 5);
          await lab.over(); }""",
        coded(tone(3)),
    )
    _, heard = played(page)
    loud = np.flatnonzero(heard)
    edge = int(np.flatnonzero(np.diff(loud) > RATE // 10)[0])
    assert (loud[edge] - loud[0]) / RATE == pytest.approx(0.9 + RAMP, abs=0.02)
    assert (loud[-1] - loud[edge + 1]) / RATE < 2, "it plays to its end, which is after 3 s"


def test_the_same_sound_sent_anew_goes_on_unharmed(open_page: OpenSpeaker) -> None:
    """Somebody else came into the call, or a key was pressed elsewhere: the music must not stumble.

    It is cut at a moment that is still to come, by the loudspeaker's clock. One that is over by the time a late page
    has read the message cannot be mended without a trace: by then some of what was taken back has been played.
    """
    page, music = open_page(), noise(3)
    page.evaluate(
        """async (text) => {
          lab.together();
          const call = new lab.Call(lab.speaker), whole = lab.pcm(text), at = call.soon;
          call.send(whole, at);
          for (let n = 0; n < 2; n++) {
            await lab.wait(700);
            const first = Math.round((call.soon - at) * 16000);
            call.cut(at + first / 16000);
            call.send(whole.slice(first), at + first / 16000);
          }
          await lab.over(); }""",
        coded(music),
    )
    wrong = differences(played(page)[1], as_sent(music), RATE)
    print(f"largest difference where a cut was mended: {wrong.max():.1e} of full scale")
    assert wrong.max() < 0.03  # one fades out as the other fades in, give or take a sample


def test_one_sound_gives_way_to_another_without_a_click(open_page: OpenSpeaker) -> None:
    page = open_page()
    page.evaluate(
        """async ([one, other]) => {
          const call = new lab.Call(lab.speaker);
          call.send(lab.pcm(one), call.soon);
          await lab.wait(803);
          const at = call.soon;
          call.cut(at);
          await call.send(lab.pcm(other), at);
          await lab.over(); }""",
        [coded(tone(3)), coded(tone(1, 700))],
    )
    heard = played(page)[1]
    loud = np.flatnonzero(heard)
    assert np.diff(loud).max() < 0.02 * RATE  # no gap
    assert abs(np.diff(heard)).max() < 0.5 * 2 * np.pi * 1140 / RATE + 1 / (RAMP * RATE)


def test_volume_and_level(open_page: OpenSpeaker) -> None:
    page = open_page()
    levels = page.evaluate(
        """async (text) => {
          const call = new lab.Call(lab.speaker), levels = [lab.speaker.level];
          call.send(lab.pcm(text), call.now);
          await lab.until(() => lab.speaker.level > 0.35);
          for (const volume of [1, 0.25, 0, 0.5]) {
            lab.speaker.volume = volume;
            await lab.play(0.5);
            levels.push(lab.speaker.level);
          }
          const kept = [];
          for (const strange of [7, -1, "x", NaN]) { lab.speaker.volume = strange; kept.push(lab.speaker.volume); }
          return [levels, kept]; }""",
        coded(tone(6)),
    )
    assert levels[0] == pytest.approx([0, 0.3535, 0.0884, 0, 0.1768], abs=0.003)
    assert levels[1] == [1, 0, 0, 0]
    assert abs(np.diff(played(page)[1])).max() < 0.5 * 2 * np.pi * 440 / RATE * 1.3


def test_stop_forgets_and_what_comes_later_plays(open_page: OpenSpeaker) -> None:
    page = open_page()
    waiting = page.evaluate(
        """async (text) => {
          const call = new lab.Call(lab.speaker), waiting = [];
          call.send(lab.pcm(text), call.now);
          await lab.until(() => lab.speaker.level > 0.3);
          call.turn++;
          waiting.push(lab.speaker.waiting);
          lab.speaker.stop();
          await lab.play(0.3);
          waiting.push(lab.speaker.waiting, lab.speaker.level);
          call.send(lab.pcm(text), call.now);
          await lab.until(() => lab.speaker.level > 0.3);
          call.turn++;
          lab.speaker.close();
          lab.speaker.close();
          await lab.context.close();
          lab.speaker.chunk({ at: 1, now: 1, rate: 16000 }, new ArrayBuffer(8));
          lab.speaker.cut({ cut: 1, now: 1 });
          lab.speaker.stop();
          waiting.push(lab.speaker.trouble, await lab.speaker.resume());
          return waiting; }""",
        coded(tone(4)),
    )
    assert waiting[0] > 0
    assert waiting[1:3] == [0, 0]
    assert "show the phone again" in waiting[3]
    assert waiting[4] is False


def test_ten_minutes_that_come_too_late_or_too_early_are_not_kept(open_page: OpenSpeaker) -> None:
    page = open_page()
    kept = page.evaluate(
        """async (text) => {
          const call = new lab.Call(lab.speaker), piece = lab.pcm(text), kept = [];
          call.say("chunk", { at: call.now, rate: 16000 }, piece.slice());
          for (let n = 0; n < 3000; n++) call.say("chunk", { at: call.now - 700 + n / 5, rate: 16000 }, piece.slice());
          kept.push(lab.speaker._runs.length);
          await lab.over();
          kept.push(lab.speaker.waiting);
          await lab.context.suspend();
          await lab.until(() => !lab.speaker._awake);
          for (let n = 0; n < 3000; n++) call.say("chunk", { at: call.now + n / 5, rate: 16000 }, piece.slice());
          kept.push(lab.speaker.waiting);
          return kept; }""",
        coded(noise(0.2)),
    )
    assert kept[:2] == [1, 0]
    assert kept[2] <= 2.01


def test_a_browser_that_waits_for_a_click(launch: Launch) -> None:
    """It says so, keeps no more than 2 s, and after the click is where the call is."""
    strict = launch(False)
    music = noise(10)
    # In the page itself, and it speaks first: whatever Playwright asks a page counts as a click.
    script = f"""
      await lab.open();
      const call = new lab.Call(lab.speaker);
      const before = [lab.context.state, lab.speaker.trouble];
      call.send(lab.pcm("{coded(music)}"), call.now);
      await lab.wait(4000);
      before.push(lab.speaker.waiting, lab.speaker.level);
      document.onclick = async () => {{
        const allowed = await lab.speaker.resume();
        const then = [call.now - 100, lab.context.currentTime];
        await lab.play(1.5);
        lab.told = [...before, allowed, lab.speaker.trouble, ...then];
      }};
      console.log("Now");"""
    try:
        with serving(script) as url:
            page = strict.new_page()
            with page.expect_console_message(lambda message: message.text == "Now"):
                page.goto(f"{url}?alone")
            page.mouse.click(20, 20)
            page.wait_for_function("lab.told")
            told = page.evaluate("lab.told")
            changes = page.evaluate("lab.changes")
            first, heard = played(page)
    finally:
        strict.close()
    assert told[0] == "suspended"
    assert "click" in told[1]
    assert 1.5 < told[2] <= 2.01
    assert told[3] == 0
    assert told[4:6] == [True, ""]
    assert changes >= 1
    # Which moment of the music is played a second after the click?
    at, begun = told[6:]
    place = round((begun + 1) * RATE) - first
    window, source = heard[place : place + 2000], as_sent(music)
    found = int(np.correlate(source, window, "valid").argmax())
    assert abs(source[found : found + 2000] - window).max() < 1e-4
    print(f"after the click it plays {1000 * (at + 1 - found / RATE):.0f} ms behind the call")
    assert abs(at + 1 - found / RATE) < 1  # it has waited for longer, and nothing of that is played


def test_a_browser_without_web_audio(open_page: OpenSpeaker) -> None:
    page = open_page(script="delete window.AudioContext; delete window.webkitAudioContext;")
    told = page.evaluate(
        """async () => {
          const speaker = new lab.Speaker(lab.Speaker.context());
          speaker.chunk({ at: 1, now: 1, rate: 16000 }, new ArrayBuffer(8));
          speaker.cut({ cut: 1, now: 1 });
          speaker.stop();
          speaker.volume = 0.5;
          const allowed = await speaker.resume();
          speaker.close();
          return [speaker.context, allowed, speaker.level, speaker.waiting, speaker.volume, speaker.trouble]; }"""
    )
    assert told[:5] == [None, False, 0, 0, 0.5]
    assert "no Web Audio" in told[5]
    assert "kit.call(…).player()" in told[5]


def test_from_the_call_to_the_loudspeaker(open_page: OpenSpeaker) -> None:
    """A call in the simulator, LiveSound, a page: what is played is what was heard, not before its cue, not on and on.

    How soon after it is measured by ``make bench``.
    """
    page = open_page()
    starts, left, sent = from_a_call(page, encode_wav(noise(0.9), RATE))
    print(f"starts {1000 * starts:.0f} ms after the cue, told to stop it plays {1000 * left:.0f} ms more")
    assert starts > -0.01
    assert left < 0.11, "twice the lead and a ramp; a second was in hand"
    heard, source = np.trim_zeros(played(page)[1]), np.trim_zeros(sent)
    # A page that is late begins in the middle. From there on a second is whole; later a busy page may have to catch up.
    ramp, length = round(RAMP * RATE) + 1, RATE
    window = heard[ramp : ramp + 2000]
    late = int(np.correlate(source[: 2 * RATE], window, "valid").argmax()) - ramp
    assert abs(heard[:length] - source[late : late + length])[ramp:].max() < 1e-3
