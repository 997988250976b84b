"""The teacher's board with thirty accounts that ring each other: ``python -m tests.bench.board 10 FOLDER``.

For so many minutes somebody clicks and types on it every few seconds. Then everybody is rung at once and answers, a
conference of all is held, all begin again, and the class ends. Pictures of each are kept in the folder.
"""

from __future__ import annotations

import itertools
import json
import random
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from helpers.accounts.classroom import Classroom, ClassroomError, join
from helpers.audio.files import decode
from helpers.base.errors import KitError
from helpers.server import BackgroundServer, create_app
from helpers.settings.project import audio
from tests.bench.classroom import Meter, exchange, in_words
from tests.browser.browsers import launching
from tests.matching import match

PEOPLE = """
Ada Ben Chloe Dan Élodie Farid Grace Hiro Inés Jürgen Kofi Leïla Mo Nadia Oksana Priya Quentin Rosa Søren Tariq Uma
Vera Wei Xenia Yusuf Zoë Maximilian-Alexander Bartholomew Anne-Sophie 王小明
"""
NAMES = PEOPLE.split()
RATE = 8000
SPEAKERS = {0: "greeting.mp3", 7: "jingle.mp3"}  # who plays what into the conference
TEXT = "Good morning, and welcome to the class."
# When the page took a click or a key up, and when something that it shows changed after that; in milliseconds.
WATCH = """() => {
  window.taken = []; window.shown = [];
  let since = 0;
  for (const kind of ["click", "keydown"]) addEventListener(kind, (event) => {
    window.taken.push(performance.now() - event.timeStamp);
    if (event.target.dataset.fault) since = event.timeStamp;
  }, true);
  const look = () => { if (since) window.shown.push(performance.now() - since); since = 0; };
  for (const one of document.querySelectorAll("[data-fault]"))
    new MutationObserver(look).observe(one, { attributeFilter: ["aria-pressed"] });
}"""


class Learner:
    """One of the class, with a web server of their own, who rings the others until told to stop."""

    def __init__(self, url: str, word: str, name: str) -> None:
        self._server = BackgroundServer().start()
        self.room = Classroom(*join(url, word, name), self._server, None)
        self._server.handle(create_app(answer=[{"action": "talk", "text": f"This is {name}."}]))
        self.room.connect()
        self.room.ready()
        self.room.phone.answers(after=1)
        self.calls = 0

    def ring_the_others(self, others: list[Learner], over: threading.Event) -> None:
        chance = random.Random(self.room.name)
        while not over.wait(chance.uniform(0, 6)):
            try:
                call = self.room.ring(chance.choice(others).room.phone.number)
                self.room.wait_for(call, "answered", timeout=30)
                self.room.phone.say("Hello, can you hear me?")
                over.wait(chance.uniform(3, 12))
                self.room.phone.hang_up()
                self.calls += 1
            except KitError:  # engaged, or a fault of the board's
                continue

    def answer(self) -> None:
        """Pick up as soon as it rings."""
        self.room.wait_for(self.call(), "ringing", timeout=30)
        self.room.phone.answer()

    def call(self, direction: str = "outbound") -> str:
        """The uuid of the leg to the public phone, of the only call there is; ``inbound``: of the one to here."""
        [leg] = [one["uuid"] for one in self.room.network.calls() if one["direction"] == direction]
        return str(leg)

    def heard(self) -> Any:
        """What was heard in it."""
        return decode(self.room.network.heard(self.call(), RATE), RATE)

    def close(self) -> None:
        self.room.close()
        self._server.stop()


class Board:
    """The page, at the size of a beamer."""

    def __init__(self, browser: Browser, told: dict[str, str], pictures: Path) -> None:
        self._pictures = pictures
        self.page: Page = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
        self.page.goto(told["board"])
        self.page.keyboard.type(told["board code"].split()[0])
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_text(told["word"])).to_be_visible()
        self._cdp = self.page.context.new_cdp_session(self.page)
        self._bytes = 0
        self._cdp.on("Network.dataReceived", self._count)
        for domain in ("Network", "Performance"):
            self._cdp.send(f"{domain}.enable")  # type: ignore[arg-type]

    def _count(self, event: dict[str, Any]) -> None:
        self._bytes += event["dataLength"]

    def cpu(self) -> float:
        """Seconds that the page's process has worked."""
        return next(float(one["value"]) for one in self._cdp.send("Performance.getMetrics")["metrics"]
                    if one["name"] == "ProcessTime")  # fmt: skip

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()

    def picture(self, what: str) -> None:
        """Beamer and phone, light and dark."""
        for width, height in ((1920, 1080), (390, 844)):
            self.page.set_viewport_size({"width": width, "height": height})
            for scheme in ("light", "dark"):
                self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                self.page.screenshot(path=self._pictures / f"{what}-{width}-{scheme}.png")
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size({"width": 1920, "height": 1080})

    def use(self, seconds: float) -> None:
        """Choose somebody, switch a fault on and off, write a letter, again and again. Prints what it cost."""
        self.page.evaluate(WATCH)
        self._bytes, cpu, begun = 0, self.cpu(), time.monotonic()
        for name in itertools.cycle(NAMES):
            if time.monotonic() - begun > seconds:
                break
            self.page.get_by_label("For").select_option(name)
            for _ in ("on", "off"):
                self.press("Busy lines")
                self.page.get_by_label("The phones say").press_sequentially("a")
                self.page.wait_for_timeout(3000)
        self.page.get_by_label("For").select_option("everybody")
        self.page.get_by_label("The phones say").fill(TEXT)
        took = time.monotonic() - begun
        taken, shown = ([one / 1000 for one in self.page.evaluate(f"window.{what}")] for what in ("taken", "shown"))
        print(f"the page, {took / 60:.1f} minutes: {100 * (self.cpu() - cpu) / took:.1f} % of a core, "
              f"{self._bytes / took / 1000:.1f} kB/s")  # fmt: skip
        print(f"  {len(taken)} clicks and keys are taken up after {in_words(taken)}")
        print(f"  {len(shown)} faults are seen on the page after {in_words(shown)}", flush=True)


def main(minutes: float = 5, folder: str = "") -> int:
    with (
        tempfile.TemporaryDirectory(prefix="class-") as name, exchange(Path(name) / "accounts") as (told, process),
        launching("chromium", Path(name)) as launch, ThreadPoolExecutor(len(NAMES)) as pool,
    ):  # fmt: skip
        pictures = Path(folder or name)
        pictures.mkdir(parents=True, exist_ok=True)
        class_ = list(pool.map(lambda one: Learner(told["address"], told["word"], one), NAMES))
        try:
            board = Board(launch(True), told, pictures)
            expect(board.page.locator("#here")).to_have_text(str(len(class_)))
            over, meter = threading.Event(), Meter(process)
            ringing = [pool.submit(one.ring_the_others, class_, over) for one in class_]
            board.use(60 * minutes)
            board.picture("busy")
            over.set()
            for one in ringing:
                one.result()
            print(f"the exchange, {sum(one.calls for one in class_)} calls: {meter}", flush=True)
            wrong = _ring(board, class_, pool) + _confer(board, class_, pool) + _begin_again(board, class_, pool)
            return wrong + _end(board, class_, Path(name) / "accounts")
        finally:
            for one in class_:
                one.close()


def _call(board: Board, class_: list[Learner], pool: ThreadPoolExecutor, button: str) -> None:
    """Ring everybody, who all answer."""
    for one in class_:
        one.room.network.reset()
        one.room.phone.manual()
    begun = time.monotonic()
    board.press(button)
    everybody = board.page.locator("#cards").get_by_text("it rings")
    expect(everybody).to_have_count(len(class_))
    rang = time.monotonic() - begun
    list(pool.map(Learner.answer, class_))
    expect(board.page.locator("#call")).to_have_text(f"{len(class_)} of {len(class_)} in the call")
    print(
        f"{button}: all ring after {rang:.1f} s, all have answered after {time.monotonic() - begun:.1f} s", flush=True
    )


def _ring(board: Board, class_: list[Learner], pool: ThreadPoolExecutor) -> int:
    _call(board, class_, pool, "Ring everybody")
    board.picture("ring")
    expect(board.page.locator("#call")).to_have_text("", timeout=60_000)
    right = sum(TEXT in str(one.room.call(one.call("inbound")).ladder()) for one in class_)
    print(f"  {right} of {len(class_)} heard the text", flush=True)
    return len(class_) - right


def _confer(board: Board, class_: list[Learner], pool: ThreadPoolExecutor) -> int:
    """By ear: whoever does not play hears both sounds, who plays hears the other's only."""
    _call(board, class_, pool, "Conference")
    time.sleep(4)  # the text is over, and all are in the room
    for at, sound in SPEAKERS.items():
        class_[at].room.phone.play(sound)
        time.sleep(6)
    board.picture("conference")
    board.press("Hang up")
    expect(board.page.locator("#call")).to_have_text("")
    sounds = {at: decode((audio() / sound).read_bytes(), RATE)[: 5 * RATE] for at, sound in SPEAKERS.items()}
    heard = list(pool.map(Learner.heard, class_))
    scores = {(at, who): match(heard[who], sounds[at], RATE).score for at in sounds for who in range(len(class_))}
    others = [score for (at, who), score in scores.items() if at != who]
    own = [score for (at, who), score in scores.items() if at == who]
    right = sum(score > 0.7 for score in others)
    print(f"  {right} of {len(others)} times one was heard by another ({min(others):.2f} at least), "
          f"oneself: {max(own):.2f} at most", flush=True)  # fmt: skip
    return len(others) - right


def _begin_again(board: Board, class_: list[Learner], pool: ThreadPoolExecutor) -> int:
    board.press("Begin again: everybody")
    board.page.get_by_role("dialog").get_by_role("button", name="Begin again").click()
    expect(board.page.get_by_role("status")).to_contain_text("Begun again")
    left = sum(len(one.room.network.calls()) + len(one.room.member(one.room.name).numbers) for one in class_)
    ready = sum("ready" in told for told in pool.map(lambda one: one.room.ready(), class_))
    print(f"all begin again: {left} calls and numbers are left; {ready} of {len(class_)} are ready once more")
    return left + len(class_) - ready


def _end(board: Board, class_: list[Learner], folder: Path) -> int:
    before = _with_a_name(folder)
    board.press("End of class")
    board.page.get_by_role("dialog").get_by_role("button", name="End of class").click()
    expect(board.page.get_by_role("main")).to_contain_text(f"Accounts deleted: {len(class_)}")
    board.picture("over")
    after, good = _with_a_name(folder), sum(_is_known(one) for one in class_)
    print(f"files with a name: {before} before the end, {after} after it; tokens that are good: {good}", flush=True)
    return after + good


def _with_a_name(folder: Path) -> int:
    """How many files hold a name, as it is or as JSON may write it, in text or file name. (Mo is too short to tell.)"""
    names = [bytes(way, "utf-8") for name in NAMES if name != "Mo" for way in (name, json.dumps(name)[1:-1])]
    texts = [bytes(file) + file.read_bytes() for file in folder.rglob("*") if file.is_file()]
    return sum(any(name in text for name in names) for text in texts)


def _is_known(one: Learner) -> bool:
    try:
        return bool(one.room.members)
    except ClassroomError:
        return False


if __name__ == "__main__":
    sys.exit(main(*[float(one) for one in sys.argv[1:2]], *sys.argv[2:3]))
