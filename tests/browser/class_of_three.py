"""Three learners in three JupyterLabs: ``python -m tests.browser.class_of_three FOLDER`` keeps screenshots there.

A presses Dial, B's phone rings in B's notebook, B answers, both hear each other; C is called into the conference.
Not in the suite: it takes three servers and three kernels.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect

from helpers.simulator.classroom.exchange import Exchange
from tests.browser.browsers import launching
from tests.browser.ear import TAP
from tests.browser.lab import Desk, Lab, NotebookPage, write_notebook
from tests.browser.phone_page import PhonePage

JOIN = """from helpers import setup
from helpers.server import create_app
kit = setup()
room = kit.join({url!r}, {word!r}, name={name!r})
room.ready()
room"""
SHOW = "room.phone.show(manual=True)"
# Ada's number is the conference; who is called in hears the same room.
CONFERENCE = """WEEKLY = [{"action": "conversation", "name": "weekly"}]
kit.serve(create_app(answer=WEEKLY))
application = room.vonage.get_application(room.vonage.settings.application_id)
hooks = {f"{what}_url": {"address": f"{room.url}/{what}"} for what in ("answer", "event")}
application["capabilities"]["voice"]["webhooks"] = hooks
told = room.vonage.replace_application(application["id"], application)"""
CALL_IN = "room.vonage.create_call(to=room.member('Cleo').phone, from_=room.number, ncco=WEEKLY)"


class Learner:
    """A JupyterLab, a tab, a notebook with a public phone in it."""

    def __init__(self, name: str, browser: object, folder: Path, exchange: Exchange) -> None:
        self.name, self.lab = name, Lab(folder / name).start()
        self._desk = Desk(browser, self.lab, TAP)  # type: ignore[arg-type]
        join = JOIN.format(url=exchange.url, word=exchange.accounts.word, name=name)
        cells = write_notebook(folder / f"{name}.ipynb", join, SHOW, "room")
        self.notebook: NotebookPage = self._desk.open(cells)
        self.phone = PhonePage(self.notebook)
        self.page: Page = self.notebook.page

    def hears(self, name: str, words: str) -> None:
        """The caption is there, and the loudspeaker has sounded."""
        expect(self.phone.phone).to_contain_text(words)
        self.page.wait_for_function("() => window.tap.blocks.length > 0")
        print(f"{self.name} hears {name}: {words}", flush=True)

    def picture(self, folder: Path, what: str) -> None:
        self.page.screenshot(path=folder / f"{what}-{self.name}.png")

    def close(self) -> None:
        self._desk.clear()
        self.lab.stop()


def main(pictures: Path) -> None:
    pictures.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="three-") as name, Exchange() as exchange,
        launching("chromium", Path(name)) as launch,
    ):  # fmt: skip
        browser, folder = launch(True), Path(name)
        learners = [Learner(one, browser, folder, exchange) for one in ("Ada", "Ben", "Cleo")]
        try:
            _ring(*learners, pictures)
        finally:
            for one in learners:
                one.close()
            browser.close()


def _ring(ada: Learner, ben: Learner, cleo: Learner, pictures: Path) -> None:
    ada.phone.phone.get_by_label("Dial a number").fill("447700900101")
    ada.phone.button("Dial").click()
    ben.phone.is_("ringing")
    print("Ben's phone rings in his notebook", flush=True)
    ben.picture(pictures, "1-rings")
    ben.phone.button("Answer").click()
    for one in (ada, ben):
        one.phone.is_("in call")
    ada.notebook.ask("room.phone.say('Hello Ben, can you hear me?', 'en-GB')")
    ben.hears("Ada", "can you hear me")
    ben.notebook.ask("room.phone.say('Yes Ada, very well.', 'en-GB')")
    ada.hears("Ben", "very well")
    for one in (ada, ben):
        one.picture(pictures, "2-both")
    ada.phone.hang_up()
    ada.notebook.ask(CONFERENCE)
    number = ada.notebook.ask("print(room.number)")
    for one in (ada, ben):
        one.notebook.ask(f"room.ring({number!r})")
        one.phone.is_("in call")
    ada.notebook.ask(CALL_IN)
    cleo.phone.is_("ringing")
    cleo.picture(pictures, "3-called-in")
    cleo.phone.button("Answer").click()
    cleo.phone.is_("in call")
    cleo.notebook.ask("room.phone.say('Hello everybody, this is Cleo.', 'en-GB')")
    for one in (ada, ben):
        one.hears("Cleo", "this is Cleo")
        one.picture(pictures, "4-conference")
    ada.phone.hang_up()
    for theme in ("Light", "Dark"):
        ada.page.evaluate(
            f"window.jupyterapp.commands.execute('apputils:change-theme', {{theme: 'JupyterLab {theme}'}})"
        )
        ada.notebook.run_cell(2, "room")
        ada.page.wait_for_timeout(1500)
        ada.picture(pictures, f"5-table-{theme.lower()}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
