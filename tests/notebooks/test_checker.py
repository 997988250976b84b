"""The checker passes a fit lesson and refuses each way in which one can be unfit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from tests.notebooks import checker
from tests.notebooks.leaks import leaks, real_numbers

Lesson = Callable[..., Path]

# Put together here, so that no file of the project holds anything that looks like a key.
PEM = "-----BEGIN " + "PRIVATE KEY-----\n" + "MIIEvQIBADANBgkqhkiG9w0BAQ" * 3
JWT = ".".join(["eyJhbGciOiJSUzI1NiJ9", "eyJpYXQiOjE3OTUzMzQ0MDB9", "c2lnbmF0dXJlLi4u"])
HOME = "/" + "home/ada/kit/audio/x.mp3"


def code(notebook: NotebookNode) -> NotebookNode:
    return notebook.cells[2]


def prints(text: str) -> Callable[[NotebookNode], None]:
    def spoil(notebook: NotebookNode) -> None:
        code(notebook).outputs = [new_output("stream", name="stdout", text=text)]

    return spoil


def runs(source: str) -> Callable[[NotebookNode], None]:
    return lambda notebook: code(notebook).update(source=source)


def says(text: str) -> Callable[[NotebookNode], None]:
    return lambda notebook: notebook.cells[1].update(source=text)


def shows(**data: str) -> Callable[[NotebookNode], None]:
    def spoil(notebook: NotebookNode) -> None:
        named = {kind.replace("_", "/"): value for kind, value in data.items()}
        code(notebook).outputs = [new_output("display_data", data=named)]

    return spoil


def opens_with(old: str, new: str) -> Callable[[NotebookNode], None]:
    def spoil(notebook: NotebookNode) -> None:
        for cell in notebook.cells:
            cell.source = cell.source.replace(old, new)

    return spoil


def test_a_fit_lesson_passes(lesson: Lesson) -> None:
    assert checker.check_notebook(lesson()) == []


UNFIT = {
    "a cell that was not run": (lambda nb: code(nb).update(execution_count=None), "1 code cells were not run"),
    "cells run out of order": (lambda nb: code(nb).update(execution_count=7), "not run once from top to bottom"),
    "no kernel": (lambda nb: nb.metadata.pop("kernelspec"), "names no kernel python3"),
    "another kernel": (lambda nb: nb.metadata.kernelspec.update(name="ir"), "names no kernel python3"),
    "widget state": (lambda nb: nb.metadata.update(widgets={"state": {}}), "holds the state of widgets"),
    "too few cells": (lambda nb: nb.cells.pop(1), "has 19 cells"),
    "too many cells": (lambda nb: nb.cells.extend(new_markdown_cell("More.") for _ in range(46)), "has 66 cells"),
    "an empty code cell": (lambda nb: nb.cells.append(new_code_cell("")), "is empty"),
    "a long code cell": (runs("\n".join(f"a{n} = {n}" for n in range(11))), "has 11 lines of code"),
    "a long line": (runs(f"a = {'x' * 85!r}"), "has a line of 91 characters"),
    "an assert": (runs("assert call"), "a lesson is not a test"),
    "a formula": (runs("print(20 * log10(rms))"), "a beginner cannot read aloud"),
    "a kit that is stopped": (runs("kit.stop()"), "kit.stop() takes the phone from the reader"),
    "another end": (lambda nb: nb.cells[-2].update(source="print()"), "does not end with kit.put_back()"),
    "a summary in another place": (
        opens_with("## What you'll need", "## Summary\n\n## What you'll need"),
        "in another order",
    ),
    "input()": (runs("name = input('Who? ')"), "input() waits for a person"),
    "getpass()": (runs("secret = getpass()"), "getpass() waits for a person"),
    "clear_output()": (runs("clear_output()"), "clear_output() cannot be compared"),
    "a closing semicolon": (runs("plot();\n"), "a closing semicolon hides nothing"),
    "with Output()": (runs("with Output():\n    pass"), "cannot be compared: use Output.append_stdout"),
    "no title": (opens_with("# Make a test\n", "Make a test\n"), "has 0 headings of the first level"),
    "two titles": (says("# Another title"), "has 2 headings of the first level"),
    "a missing heading": (opens_with("## Check yourself", "## Test yourself"), "has no heading “Check yourself”"),
    "a large output": (prints("x" * 33_000), "output of 32 KB: at most 32 KB"),
    "a large picture": (shows(image_png="x" * 40_000, text_plain="A wave."), "output of 39 KB"),
    "a picture without words": (shows(image_png="abcd"), "picture without words"),
    "a figure without words": (shows(image_png="abcd", text_plain="<Figure size 640x480>"), "picture without words"),
    "a private key": (prints(PEM), "holds a private key"),
    "a private key in one line": (runs(f"key = {PEM!r}"), "holds a private key"),
    "a token": (prints(JWT), "holds a JSON Web Token"),
    "a token in HTML": (shows(text_html=f"<b>{JWT}</b>", text_plain="token"), "holds a JSON Web Token"),
    "a secret": (runs("api_secret = 'a1B2c3D4e5F6g7H8'"), "holds an API secret"),
    "a login": (prints("Authorization: Basic " + "YWJjZDEyMzQ6YTFCMmMzRDQ="), "holds a login"),
    "a folder of one machine": (prints(HOME), "names a folder of one machine"),
    "a Windows folder": (runs(r"path = 'C:\Users\ada'"), "names a folder of one machine"),
    "a coloured traceback": (
        lambda nb: code(nb).update(
            outputs=[new_output("error", ename="E", evalue="e", traceback=[f"\x1b[32m{HOME}\x1b[39m:1"])]
        ),
        "names a folder of one machine",
    ),
    "a real number": (says("Call 447911123456."), "may be somebody's (447911123456)"),
    "a live tunnel": (runs("url = 'https://1a2b-3c4d.ngrok-free.app'"), "names a live tunnel"),
    "a live host": (prints("GET https://internal.acme.io/answer"), "prints a live host name (internal.acme.io)"),
    "a link to no file": (says("[next](05-nowhere.ipynb)"), "broken link 05-nowhere.ipynb: no such file"),
    "a link to no heading": (says("[up](#Nowhere)"), "broken link #Nowhere: no heading"),
    "a link to no heading elsewhere": (says("[up](04-make-a-test.ipynb#Nowhere)"), "no heading with this name"),
    "an HTML link to no file": (says('<a href="../audio/none.mp3">hear</a>'), "broken link ../audio/none.mp3"),
    "a reference to no file": (says("See [it][1].\n\n[1]: missing.md"), "broken link missing.md"),
    "a picture in Markdown without alt text": (says("![](https://example.com/a.png)"), "has no alt text"),
    "a picture in HTML without alt text": (says("<img src='https://example.com/a.png' alt=''>"), "has no alt text"),
}


@pytest.mark.parametrize(("spoil", "problem"), UNFIT.values(), ids=UNFIT.keys())
def test_an_unfit_lesson_is_refused(lesson: Lesson, spoil: Callable[[NotebookNode], None], problem: str) -> None:
    found = checker.check_notebook(lesson(spoil))
    assert any(problem in line for line in found), found


def test_a_lesson_must_be_named_by_number_and_words(lesson: Lesson) -> None:
    assert "not named like" in checker.check_notebook(lesson(name="Untitled1.ipynb"))[0]


FIT = {
    "fictional numbers": says("From 447700900001 447700900999 to +1 202 555 0123 or 07700 900123."),
    "other digits": prints("1795334400 2026-11-22 08:16:58 0.1234567890123 Content-Length: 1234567890\n"),
    "ids": prints("CON-aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee 12345678-1234-4234-8234-123456789012\n"),
    "masked secrets": prints("api_secret='a1B2…' Authorization: Bearer eyJ…\n-----BEGIN PRIVATE KEY-----\n…"),
    "a secret's name": runs("secret = kit.settings.api_secret; token = token_of_application_1"),
    "a link to the file itself": says("[here](04-make-a-test.ipynb#What-you'll-do) [site](https://docs.python.org)"),
    "a link in code": says("`[x](nowhere.md)`\n\n```\n[x](nowhere.md) <img src='x'>\n# no title\n```"),
    "a picture with words": shows(image_png="abcd", text_plain="0.0 s ringing, 2.0 s answered"),
    "documented hosts": prints("https://api.nexmo.com/v1/calls http://127.0.0.1:PORT/event https://example.com/a"),
    "no host yet": prints("https://YOUR_URL/audio/music.mp3"),
    "a placeholder tunnel": says("`https://your-name.ngrok.app`"),
    "a picture with alt text": says("![a ladder](https://example.com/a.png) <img src='https://a.example/b' alt='b'>"),
}


@pytest.mark.parametrize("change", FIT.values(), ids=FIT.keys())
def test_a_false_alarm_is_not_raised(lesson: Lesson, change: Callable[[NotebookNode], None]) -> None:
    assert checker.check_notebook(lesson(change)) == []


@pytest.mark.parametrize(
    "number", ["447911123456", "+44 7911 123456", "07911 123456", "(212) 736-5000", "4915112345678"]
)
def test_real_numbers_are_found(number: str) -> None:
    assert real_numbers(f"call {number}, please") == [number]


def test_markdown_may_link_to_any_site_but_an_output_may_not_print_it() -> None:
    assert list(leaks("see https://docs.python.org/3/", output=False)) == []
    assert len(list(leaks("see https://docs.python.org/3/", output=True))) == 1


def test_command_line(lesson: Lesson, capsys: pytest.CaptureFixture[str]) -> None:
    assert checker.main([str(lesson())]) == 0
    assert checker.main([str(lesson(prints(JWT)))]) == 1
    assert capsys.readouterr().out.splitlines()[:2] == ["04-make-a-test.ipynb: fit", "04-make-a-test.ipynb: 1 problems"]
