"""The event panel in real JupyterLab: real requests come in, are read, opened, filtered and sent."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.builder_form import write
from tests.browser.lab import NotebookPage
from tests.browser.panel_page import Panel, status

pytestmark = pytest.mark.browser

EVIL = '<img src=x onerror="window.hurt = 1">'


@pytest.fixture
def panel(staged: NotebookPage) -> Panel:
    return Panel(staged)


def test_what_comes_is_shown_in_words_and_opened(panel: Panel) -> None:
    expect(panel.root).to_contain_text("No events yet")
    panel.post(status("started"))
    panel.post(status("answered", timestamp="2026-02-02T10:00:02.000Z"))
    panel.post(status("busy", 2), "/evnt")
    expect(panel.lines).to_have_count(3)
    expect(panel.lines.nth(1)).to_contain_text("✓ answered")
    expect(panel.lines.nth(1)).to_contain_text("Somebody picked up.")
    expect(panel.lines.nth(1)).to_contain_text("2.0 s")
    expect(panel.lines.nth(2)).to_contain_text("✗ 404")
    expect(panel.lines.nth(2)).to_contain_text("Did you mean /event?")
    expect(panel.root.locator(".evp-group")).to_have_count(2)
    expect(panel.root.locator(".evp-counts")).to_contain_text("3 events")
    panel.lines.nth(0).click()
    more = panel.root.locator(".evp-more")
    expect(more).to_contain_text("POST /event HTTP/1.1")
    expect(more).to_contain_text('"conversation_uuid": "CON-1"')
    expect(more).to_contain_text("HTTP/1.1 200 OK (")
    # A reader of the screen hears the newest in words.
    expect(panel.root.locator("[role=status].kit-unseen")).not_to_be_empty()


def test_hostile_texts_are_texts(panel: Panel) -> None:
    facts = {"uuid": EVIL, "conversation_uuid": EVIL, "from": EVIL, "to": EVIL, "direction": EVIL, "reason": EVIL}
    panel.post(status(EVIL, **facts))
    panel.post({"uuid": EVIL, "reason": EVIL}, f"/{EVIL}")
    expect(panel.lines).to_have_count(2)
    for line in panel.lines.all():
        line.click()
    expect(panel.root.locator(".evp-more").first).to_contain_text("onerror=")
    panel.page.get_by_role("button", name="Send an event…").click()
    panel.root.get_by_label("Of call").select_option(index=1)
    expect(panel.root.locator("textarea")).to_have_value(re.compile(r'"uuid": "<img src=x'))
    assert panel.page.evaluate("window.hurt") is None
    assert panel.root.locator("img, script").count() == 0


def test_keyboard_only_and_no_key_reaches_jupyterlab(panel: Panel) -> None:
    for name in ("started", "ringing", "answered"):
        panel.post(status(name))
    expect(panel.lines).to_have_count(3)
    page = panel.page
    panel.root.get_by_label("Filter by text").focus()
    for _ in range(8):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('[data-open]')"):
            break
    assert page.evaluate("document.activeElement.closest('.evp-line').dataset.n") == "3", "the newest line"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(panel.root.locator(".evp-more")).to_have_count(1)
    expect(panel.lines.nth(1).get_by_role("button")).to_have_attribute("aria-expanded", "true")
    for key in "00ddiihjkm":
        page.keyboard.press(key)
    expect(page.locator(".jp-Dialog")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(panel.root.locator(".evp-more")).to_have_count(0)
    assert page.evaluate("document.activeElement.closest('.evp-line').dataset.n") == "2"
    assert len(panel.notebook.cells()) == 3
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(panel.lines.first).to_be_hidden()


def test_filter_and_reload(panel: Panel) -> None:
    for number in range(3):
        panel.post(status("started", number))
        panel.post(status("busy", number))
    expect(panel.lines).to_have_count(6)
    panel.root.get_by_label("Filter by text").fill("engaged")
    expect(panel.lines).to_have_count(3)
    expect(panel.root).to_contain_text("3 shown by the filter, of 6")
    panel.root.get_by_label("Filter by call").select_option("2")
    expect(panel.lines).to_have_count(1)
    panel.root.get_by_role("button", name="Clear").click()
    expect(panel.lines).to_have_count(6)
    panel.reload()
    panel.post(status("completed", 1))
    expect(panel.lines).to_have_count(7)


def test_send(panel: Panel) -> None:
    root = panel.root
    root.get_by_role("button", name="Send an event…").click()
    root.get_by_label("Ready-made").select_option("input")
    expect(root.get_by_label("What is in it (JSON)")).to_have_value(re.compile('"dtmf"'))
    root.get_by_role("button", name="Send", exact=True).click()
    expect(root.locator(".evp-said")).to_contain_text("Sent POST /event: 200 OK")
    expect(panel.lines).to_have_count(1)
    expect(root).to_contain_text("made up")
    write(root.get_by_label("What is in it (JSON)"), "{")
    root.get_by_role("button", name="Send", exact=True).click()
    expect(root.locator(".evp-said")).to_contain_text("The body is not JSON (line 1).")


def test_a_call_from_which_nothing_arrives_has_a_heading_that_says_why(panel: Panel) -> None:
    expect_call = "panel._book.expect('leg', 'CON-1', '1 → 2', lambda: 'The tunnel is off.')"
    panel.notebook.ask(f"panel._touched.add({expect_call}), panel._pace.wake()")
    heading = panel.root.locator(".evp-group")
    expect(heading).to_contain_text("The tunnel is off.")
    expect(heading).to_contain_text("1 → 2")
    expect(panel.lines).to_have_count(0)


def test_kernel_restart_says_what_to_do(panel: Panel) -> None:
    panel.post(status("busy"))
    expect(panel.lines).to_have_count(1)
    panel.page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    expect(panel.root).to_contain_text("run the cell again")
    panel.root.get_by_label("Filter by text").fill("of another call")
    expect(panel.root).to_contain_text("Not filtered: no kernel answers")
    expect(panel.lines).to_have_count(1)


def test_kit_stop_says_what_to_do(panel: Panel) -> None:
    panel.notebook.run_cell(2, "kit.stop()")
    expect(panel.root).to_contain_text("The kit is stopped. To go on: kit = setup()")
    expect(panel.root).to_contain_text("■ closed")


def test_a_closed_panel_that_is_gone_leaves_its_table(panel: Panel) -> None:
    panel.post(status("busy"))
    expect(panel.lines).to_have_count(1)
    # IPython keeps what a cell has shown: in Out, in _ and, a second time, among its hidden names.
    forget = "shell = get_ipython(); shell.displayhook.flush(); shell.user_ns_hidden.clear(); del panel"
    code = f"import gc, weakref; kept = weakref.ref(panel); kit.stop(); {forget}; gc.collect(); print(kept())"
    assert panel.notebook.ask(code) == "None"
    panel.reload()
    expect(panel.lines).to_have_count(1)
    expect(panel.root).to_contain_text("The kit is stopped. To go on: kit = setup()")


def test_flood(panel: Panel) -> None:
    """2,000 events, as fast as the machine can: none is lost, and keys are taken between the lines."""
    pressed = panel.flood(2000, 5000)
    expect(panel.root.locator(".evp-counts")).to_contain_text("2,000 events")
    expect(panel.root.get_by_label("Filter by text")).to_have_value("")
    expect(panel.lines).to_have_count(200)
    expect(panel.root).to_contain_text("The last 200 of 2,000")
    keys, most = panel.page.evaluate("[window.keys, window.most]")
    assert len(keys) == pressed
    # 24 in one go, and beside them what has come meanwhile, which is as many as 12.
    assert 0 < most <= 36, "a page that draws all 200 at once takes no key for a while"
    expect(panel.notebook.start(2)).to_contain_text("python has 2000")
