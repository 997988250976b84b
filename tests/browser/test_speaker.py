"""The phone's loudspeaker in a real browser: every sample that it plays is recorded and measured."""

from __future__ import annotations

import base64
import queue
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from helpers.audio.files import decode, encode_wav
from helpers.line.control_plane import ControlPlane
from helpers.server.server import BackgroundServer
from helpers.simulator import Simulator
from helpers.widgets.phone.live_sound import LiveSound
from tests.browser.lab import CHROMIUM_OPTIONS, find_chromium
from tests.browser.speaker_page import Samples, as_sent, coded, played, serving
from tests.simulator.conftest import make_keys
from tests.simulator.world import Learner, World

pytestmark = pytest.mark.browser

RATE = 16_000
RAMP = 0.005
Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """A tab with the Speaker's page; ``rate``: the context's, None: the Speaker's own."""
    with serving() as url:
        context = browser.new_context()

        def open_it(rate: int | None = None, script: str = "") -> Page:
            page = context.new_page()
            if script:
                page.add_init_script(script)
            page.goto(url)
            page.wait_for_function("window.ready")
            if not script:
                page.evaluate("(rate) => lab.open(rate).then(() => 0)", rate)
            return page

        yield open_it
        context.close()


def noise(seconds: float) -> Samples:
    """Nothing like itself, so that each sample has its place; loud at its ends, so that a bad seam shows."""
    return (0.5 * np.random.default_rng(3).uniform(-1, 1, round(seconds * RATE))).astype(np.float32)


def tone(seconds: float, hertz: float = 440.0) -> Samples:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def begin_of(heard: Samples) -> int:
    return int(np.flatnonzero(heard)[0])


def differences(heard: Samples, source: Samples, rate: int) -> Samples:
    """By how much what was played differs from its source, ramps left out. It is laid on at its first sample."""
    ramp = round(RAMP * rate) + 1
    window = source[ramp : ramp + 4000]
    begin = begin_of(heard) - ramp
    places = range(max(0, begin), begin + 3 * ramp)
    start = min(places, key=lambda at: float(abs(heard[at + ramp :][: len(window)] - window).max()))
    part = heard[start : start + len(source)]
    return abs(part - source)[ramp:-ramp]


@pytest.mark.parametrize("rate", [None, 48_000])
def test_pieces_and_loops_leave_no_seam(open_page: Open, rate: int | None) -> None:
    page, loop = open_page(rate), noise(0.73)
    most = page.evaluate(
        """async (text) => {
          const call = new lab.Call(lab.speaker);
          await call.send(lab.pcm(text), call.now, 5);
          await lab.wait(1500);
          return [call.most, call.sources, lab.speaker.waiting]; }""",
        coded(loop),
    )
    _, heard = played(page)
    whole = as_sent(np.tile(loop, 5))
    if rate:  # the browser draws a straight line between two samples
        whole = np.interp(np.arange(len(whole) * 3 - 2) / 3, np.arange(len(whole)), whole).astype(np.float32)
    wrong = differences(heard, whole, rate or RATE)
    print(f"{rate or RATE} Hz: largest difference {wrong.max():.1e} of full scale; most in hand {most[0]:.2f} s")
    assert wrong.max() < 1e-4
    assert most[0] < 1.5
    assert most[1] <= 8
    assert most[2] == 0


def test_a_buffer_is_full_when_it_is_set(open_page: Open) -> None:
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
          await call.send(lab.pcm(text), call.now);
          while (taken.length < 16000) await lab.wait(10); // a context that has just begun makes pieces wait
          return taken; }""",
        coded(music),
    )
    assert np.array_equal(np.array(taken, np.float32), as_sent(music))


def test_messages_that_come_unevenly_are_not_heard(open_page: Open) -> None:
    """Up to 60 ms late each, and once a page that is busy for 0.6 s, as a browser is."""
    page, music = open_page(), noise(4)
    least = page.evaluate(
        """async (text) => {
          let dice = 1;
          const late = () => (dice = (dice * 16807) % 2147483647) % 60 / 1000 + 0.001;
          const call = new lab.Call(lab.speaker, { late });
          setTimeout(() => { const end = performance.now() + 600; while (performance.now() < end); }, 1500);
          await call.send(lab.pcm(text), call.now);
          await lab.wait(1500);
          return call.least; }""",
        coded(music),
    )
    wrong = differences(played(page)[1], as_sent(music), RATE)
    print(f"at the least {least:.2f} s were in hand")
    assert wrong.max() < 1e-4


def test_it_starts_soon_and_is_cut_soon_without_a_click(open_page: Open) -> None:
    page = open_page()
    starts, cuts = page.evaluate(
        """async (text) => {
          const call = new lab.Call(lab.speaker), starts = [], cuts = [];
          for (let n = 0; n < 5; n++) {
            starts.push(lab.context.currentTime);
            call.send(lab.pcm(text), call.now);
            await lab.wait(700 + 37 * n);
            cuts.push(lab.context.currentTime);
            call.cut(call.now);
            await lab.wait(400);
          }
          return [starts, cuts]; }""",
        coded(tone(3)),
    )
    first, heard = played(page)
    loud = np.flatnonzero(heard)
    edges = np.flatnonzero(np.diff(loud) > RATE // 5)
    began = (np.concatenate([loud[:1], loud[edges + 1]]) + first) / RATE
    ended = (np.concatenate([loud[edges], loud[-1:]]) + first) / RATE
    assert len(began) == len(ended) == 5
    print("starts after", np.round(1000 * (began - starts)), "ms; cut after", np.round(1000 * (ended - cuts)), "ms")
    assert (began - starts).max() < 0.3
    assert (ended - cuts).max() < 0.15
    steps = abs(np.diff(heard))
    steepest = 0.5 * 2 * np.pi * 440 / RATE + 0.5 / (RAMP * RATE)  # the tone itself, and the ramp
    assert steps.max() < steepest * 1.01


def test_a_cut_in_the_past_or_the_future(open_page: Open) -> None:
    """What is cut from a later moment plays until then; what should have ended long ago ends now."""
    page = open_page()
    asked = page.evaluate(
        """async (text) => {
          const call = new lab.Call(lab.speaker), at = call.now;
          call.send(lab.pcm(text), at);
          await lab.wait(300);
          call.cut(at + 0.9);
          await lab.wait(900);
          const again = call.now, begun = lab.context.currentTime;
          call.send(lab.pcm(text), again);
          await lab.wait(500);
          call.cut(again - 5);
          const cut = lab.context.currentTime;
          await lab.wait(500);
          return [begun, cut]; }""",
        coded(tone(3)),
    )
    first, heard = played(page)
    loud = np.flatnonzero(heard)
    edge = int(np.flatnonzero(np.diff(loud) > RATE // 10)[0])
    assert (loud[edge] - loud[0]) / RATE == pytest.approx(0.9 + RAMP, abs=0.02)
    assert (loud[-1] + first) / RATE - asked[1] < 0.05


def test_the_same_sound_sent_anew_goes_on_unharmed(open_page: Open) -> None:
    """Somebody else came into the call, or a key was pressed elsewhere: the music must not stumble."""
    page, music = open_page(), noise(3)
    page.evaluate(
        """async (text) => {
          const call = new lab.Call(lab.speaker), whole = lab.pcm(text), at = call.now;
          call.send(whole, at);
          for (const [after, cut] of [[700, 0.71], [600, 1.31]]) {
            await lab.wait(after);
            const first = Math.round(cut * 16000);
            call.cut(at + first / 16000);
            call.send(whole.slice(first), at + first / 16000);
          }
          await lab.wait(2600); }""",
        coded(music),
    )
    wrong = differences(played(page)[1], as_sent(music), RATE)
    print(f"largest difference where a cut was mended: {wrong.max():.1e} of full scale")
    assert wrong.max() < 0.03  # one fades out as the other fades in, give or take a sample


def test_one_sound_gives_way_to_another_without_a_click(open_page: Open) -> None:
    page = open_page()
    page.evaluate(
        """async ([one, other]) => {
          const call = new lab.Call(lab.speaker);
          call.send(lab.pcm(one), call.now);
          await lab.wait(803);
          const at = call.now;
          call.cut(at);
          await call.send(lab.pcm(other), at);
          await lab.wait(1500); }""",
        [coded(tone(3)), coded(tone(1, 700))],
    )
    heard = played(page)[1]
    loud = np.flatnonzero(heard)
    assert np.diff(loud).max() < 0.02 * RATE  # no gap
    assert abs(np.diff(heard)).max() < 0.5 * 2 * np.pi * 1140 / RATE + 1 / (RAMP * RATE)


def test_volume_and_level(open_page: Open) -> None:
    page = open_page()
    levels = page.evaluate(
        """async (text) => {
          const call = new lab.Call(lab.speaker), levels = [lab.speaker.level];
          call.send(lab.pcm(text), call.now);
          for (const volume of [1, 0.25, 0, 0.5]) {
            lab.speaker.volume = volume;
            await lab.wait(700);
            levels.push(lab.speaker.level);
          }
          const kept = [];
          for (const strange of [7, -1, "x", NaN]) { lab.speaker.volume = strange; kept.push(lab.speaker.volume); }
          return [levels, kept]; }""",
        coded(tone(4)),
    )
    assert levels[0] == pytest.approx([0, 0.3535, 0.0884, 0, 0.1768], abs=0.003)
    assert levels[1] == [1, 0, 0, 0]
    assert abs(np.diff(played(page)[1])).max() < 0.5 * 2 * np.pi * 440 / RATE * 1.3


def test_stop_forgets_and_what_comes_later_plays(open_page: Open) -> None:
    page = open_page()
    waiting = page.evaluate(
        """async (text) => {
          const call = new lab.Call(lab.speaker), waiting = [];
          call.send(lab.pcm(text), call.now);
          await lab.wait(500);
          call.turn++;
          waiting.push(lab.speaker.waiting);
          lab.speaker.stop();
          await lab.wait(300);
          waiting.push(lab.speaker.waiting, lab.speaker.level);
          call.send(lab.pcm(text), call.now);
          await lab.wait(500);
          waiting.push(lab.speaker.level);
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
    assert 0.3 < waiting[0] < 1.2
    assert waiting[1:3] == [0, 0]
    assert waiting[3] > 0.3
    assert "show the phone again" in waiting[4]
    assert waiting[5] is False


def test_ten_minutes_that_come_too_late_or_too_early_are_not_kept(open_page: Open) -> None:
    page = open_page()
    kept = page.evaluate(
        """async (text) => {
          const call = new lab.Call(lab.speaker), piece = lab.pcm(text), kept = [];
          call.say("chunk", { at: call.now, rate: 16000 }, piece.slice());
          for (let n = 0; n < 3000; n++) call.say("chunk", { at: call.now - 700 + n / 5, rate: 16000 }, piece.slice());
          await lab.wait(500);
          kept.push(lab.speaker.waiting, lab.speaker._runs.length);
          await lab.context.suspend();
          for (let n = 0; n < 3000; n++) call.say("chunk", { at: call.now + n / 5, rate: 16000 }, piece.slice());
          kept.push(lab.speaker.waiting);
          return kept; }""",
        coded(noise(0.2)),
    )
    assert kept[:2] == [0, 0]
    assert kept[2] <= 2.01


def test_a_browser_that_waits_for_a_click(browser: Browser) -> None:
    """It says so, keeps no more than 2 s, and after the click is where the call is."""
    options = [option for option in CHROMIUM_OPTIONS if "autoplay" not in option]
    options.append("--autoplay-policy=document-user-activation-required")
    strict = browser.browser_type.launch(executable_path=find_chromium(), args=options)
    music = noise(10)
    # In the page itself: what Playwright evaluates counts as a click.
    script = f"""
      await lab.open();
      const call = new lab.Call(lab.speaker), button = document.querySelector("button");
      const before = [lab.context.state, lab.speaker.trouble];
      call.send(lab.pcm("{coded(music)}"), call.now);
      await lab.wait(4000);
      before.push(lab.speaker.waiting, lab.speaker.level);
      button.onclick = async () => {{
        const allowed = await lab.speaker.resume();
        lab.told = [...before, allowed, lab.speaker.trouble, call.now - 100, lab.context.currentTime];
      }};
      button.textContent = "Now";"""
    try:
        with serving(script) as url:
            page = strict.new_page()
            page.goto(f"{url}?alone")
            page.get_by_role("button", name="Now").click()
            page.wait_for_function("lab.told")
            page.wait_for_timeout(2000)
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
    assert abs(at + 1 - found / RATE) < 0.3


def test_a_browser_without_web_audio(open_page: Open) -> None:
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


def test_from_the_call_to_the_loudspeaker(open_page: Open) -> None:
    """A call in the simulator, LiveSound, a page: what is played is what was heard, in step, and ends in time."""
    page = open_page()
    waiting: queue.SimpleQueue[tuple[float, dict[str, Any], list[bytes]]] = queue.SimpleQueue()
    with BackgroundServer() as server, Simulator(pace=1, seed=1) as network:
        learner = Learner(server.url)
        server.handle(learner.app)
        world, control = World(network, learner, make_keys()), ControlPlane(network.url, network.token)
        url = learner.serve("music.wav", encode_wav(noise(0.9), RATE))
        world.phone(after=0.3, script=[{"do": "wait", "seconds": 3}, {"do": "press", "digits": "1"}])
        call = world.call(
            {"action": "stream", "streamUrl": [url], "loop": 0, "bargeIn": True},
            {"action": "input", "type": ["dtmf"], "dtmf": {"timeOut": 1, "maxDigits": 1}},
        )
        sound = LiveSound(control, call, lambda message, buffers: waiting.put((time.monotonic(), message, buffers)))
        sound.start()
        marks: dict[str, float] = {}  # in the page's time
        while "end" not in marks:
            _, message, buffers = waiting.get(timeout=10)
            kind = next(name for name in ("at", "cut", "end") if name in message)
            now = page.evaluate(
                """([message, text]) => {
                  if (text) lab.speaker.chunk(message, lab.pcm(text).buffer);
                  else if ("cut" in message) lab.speaker.cut(message);
                  return lab.context.currentTime; }""",
                [message, base64.b64encode(b"".join(buffers)).decode()],
            )
            if kind not in marks:  # when the call was there, in the page's time: messages take next to no time here
                marks[kind] = now - (message["now"] - message.get(kind, 0))
        page.wait_for_timeout(500)
        sound.stop()
        heard_there = decode(control.heard(call, RATE), RATE)
        control.close()
        world.http.close()
    first, heard = played(page)
    loud = np.flatnonzero(heard)
    starts, stops = (loud[0] + first) / RATE - marks["at"], (loud[-1] + first) / RATE - marks["cut"]
    print(f"starts {1000 * starts:.0f} ms after the cue, stops {1000 * stops:.0f} ms after the stop")
    assert -0.01 < starts < 0.3
    assert stops < 0.15
    source = heard_there[np.flatnonzero(heard_there)[0] :]
    length = round(2 * RATE)
    assert differences(heard, source[:length], RATE).max() < 1e-3
