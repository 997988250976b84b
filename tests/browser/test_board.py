"""The teacher's board in a browser: signing in, keyboard, what is shown live, begin again, the end of the class."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from helpers.simulator.classroom.accounts import code_of
from helpers.simulator.classroom.exchange import Exchange
from tests.browser.browsers import PATIENCE

pytestmark = pytest.mark.browser

NAMES = ("Ada", "<b>Ben</b>")
# Every pair of a text's colour and the nearest one behind it whose contrast is below 4.5:1 (WCAG 1.4.3).
FAINT = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgb = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (colour) => colour.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const behind = (one) => {
    for (; one; one = one.parentElement) {
      const colour = rgb(getComputedStyle(one).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const shown = [...document.querySelectorAll("body *")].filter((one) => one.checkVisibility()
    && [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
  return shown.flatMap((one) => {
    const [a, b] = [light(rgb(getComputedStyle(one).color)), light(behind(one))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    return ratio < 4.5 ? [`${one.textContent.trim()}: ${ratio.toFixed(2)}`] : [];
  });
}"""


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    with Exchange() as exchange:
        yield exchange


@pytest.fixture
def page(browser: Browser, exchange: Exchange) -> Iterator[Page]:
    """The board as it is opened, on a beamer."""
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(f"{exchange.url}/class/board")
    yield page
    context.close()


def joined(exchange: Exchange, name: str) -> dict[str, str]:
    told = requests.post(f"{exchange.url}/class/join", json={"word": exchange.accounts.word, "name": name}).json()
    return {"Authorization": f"Bearer {told['token']}"}


def test_the_board_from_the_code_to_the_end_of_the_class(page: Page, exchange: Exchange) -> None:
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("This is not the code")
    page.keyboard.type(code_of(exchange.token))  # the field has the focus
    page.keyboard.press("Enter")
    expect(page.get_by_text(exchange.accounts.word)).to_be_visible()
    assert page.url == f"{exchange.url}/class/board" and page.evaluate("document.cookie") == ""

    # Whoever joins is there at once, whatever the name is made of.
    tokens = [joined(exchange, name) for name in NAMES]
    cards = page.get_by_role("list", name="Who is here").get_by_role("listitem")
    expect(cards).to_have_count(2)
    expect(cards.nth(1)).to_contain_text("<b>Ben</b>")
    expect(cards.nth(1)).to_contain_text("447700900101")
    expect(page.get_by_role("log")).to_contain_text("Ada joined")

    # A fault for one, chosen by keyboard; it strikes, and the board says so in words.
    page.get_by_role("button", name="<b>Ben</b>", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Ring <b>Ben</b>")).to_be_enabled()
    busy = page.get_by_role("button", name="Busy lines")
    busy.focus()
    page.keyboard.press("Space")
    expect(busy).to_have_attribute("aria-pressed", "true")
    page.get_by_label("For").select_option("everybody")
    expect(busy).to_have_attribute("aria-pressed", "mixed")
    dial = f"{exchange.url}/simulator/phones/447700900100/dial"
    requests.post(dial, json={"to": "447700900101"}, headers=tokens[0])
    expect(cards.nth(0)).to_contain_text("The line is engaged.")
    expect(page.get_by_role("log")).to_contain_text("Ada: The line is engaged.")
    busy.click()
    expect(busy).to_have_attribute("aria-pressed", "true")
    busy.click()
    expect(busy).to_have_attribute("aria-pressed", "false")

    # Everybody is rung, and hung up.
    page.get_by_role("button", name="Ring everybody").click()
    expect(page.get_by_role("status")).to_have_text("Everybody's phone rings.")
    expect(cards.nth(0)).to_contain_text("it rings")
    requests.post(dial.replace("dial", "answer"), headers=tokens[0])
    expect(page.get_by_text("1 of 2 in the call")).to_be_visible()
    page.get_by_role("button", name="Hang up").click()
    expect(cards.nth(0)).to_contain_text("a call is over")

    # It is readable and nothing is cut off, whatever the screen.
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert page.evaluate(FAINT) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

    # What cannot be taken back is asked first; Escape means no.
    page.get_by_role("button", name="End of class").click()
    expect(page.get_by_role("dialog")).to_contain_text("All accounts are deleted")
    page.keyboard.press("Escape")
    expect(cards).to_have_count(2)
    page.get_by_role("button", name="End of class").click()
    page.get_by_role("dialog").get_by_role("button", name="End of class").click()
    expect(page.get_by_role("main")).to_contain_text("Accounts deleted: 2")
    expect(cards).to_have_count(0)
    assert not exchange.accounts.members and faults == []
