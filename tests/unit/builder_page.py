"""For tests of the builder: its page as a browser would show it, and hands that use it as a person would."""

from __future__ import annotations

import json
from typing import Any

from bs4 import BeautifulSoup, Tag

from helpers.widgets.builder.builder import Builder

FIELDS = ("input", "select", "textarea")


def spoken(element: Tag) -> str:
    """The words in an element, without the signs that a screen reader passes over."""
    words = [one for one in element.find_all(string=True) if not one.find_parent(attrs={"aria-hidden": "true"})]
    return " ".join(" ".join(words).split())


def cells(page: str) -> list[list[str]]:
    """The tables of a page, cell by cell."""
    return [[cell.get_text() for cell in row(["td", "th"])] for row in BeautifulSoup(page, "html.parser")("tr")]


def tags(page: str) -> set[str]:
    return {element.name for element in BeautifulSoup(page, "html.parser")(True)}


class Hands:
    """Uses a builder through its page only. Elements are found by the name that a screen reader says."""

    def __init__(self, builder: Builder) -> None:
        self.builder, self.page = builder, builder.page
        nothing = BeautifulSoup("", "html.parser")
        self._seen: dict[str, tuple[str, BeautifulSoup]] = dict.fromkeys(("", *self.page.parts), ("", nothing))

    def soup(self, part: str = "") -> BeautifulSoup:
        """A part, or the whole page; taken apart once for each drawing."""
        html = self.page.parts[part] if part else "".join(self.page.parts.values())
        if html != self._seen[part][0]:
            self._seen[part] = html, BeautifulSoup(html, "html.parser")
        return self._seen[part][1]

    def text(self, part: str = "") -> str:
        """All words of a part, with single spaces."""
        return " ".join(self.soup(part).get_text(" ").split())

    def name_of(self, element: Tag) -> str:
        """The accessible name: of the label, or of what is written on it."""
        if element.get("aria-label"):
            return str(element["aria-label"])
        label = self.soup().find("label", attrs={"for": element.get("id", "?")}) or element.find_parent("label")
        if element.name in FIELDS:
            return spoken(label) if label else ""
        return spoken(element)

    def named(self, name: str, *tags: str, nth: int = 0) -> Tag:
        found = [one for one in self.soup().find_all(list(tags)) if self.name_of(one) == name]
        assert len(found) > nth, (name, sorted({self.name_of(one) for one in self.soup().find_all(list(tags))}))
        return found[nth]

    def field(self, name: str, nth: int = 0) -> Tag:
        return self.named(name, *FIELDS, nth=nth)

    def send(self, element: Tag, files: list[bytes] | None = None, **more: Any) -> None:
        message = {"do": element["data-do"], **json.loads(element.get("data-args") or "{}"), "view": "test", **more}
        self.page.handle(message, files or [])

    def press(self, name: str, nth: int = 0) -> None:
        """Click a button by its name, or by how its name begins."""
        buttons = [one for one in self.soup().find_all("button") if self.name_of(one).startswith(name)]
        exact = [one for one in buttons if self.name_of(one) == name] or buttons
        assert len(exact) > nth, (name, [self.name_of(one) for one in self.soup().find_all("button")])
        assert exact[nth].get("aria-disabled") != "true", f"{name} is off"
        self.send(exact[nth])

    def fill(self, name: str, value: Any, nth: int = 0, **more: Any) -> None:
        """Type into a field, tick a box, or choose from a menu by its words, and leave it."""
        field = self.field(name, nth)
        if field.name == "select":
            value = next(option["value"] for option in field.find_all("option") if option.get_text() == value)
        self.send(field, value=value, **more)

    def value(self, name: str, nth: int = 0) -> Any:
        """What a field shows."""
        field = self.field(name, nth)
        if field.name == "select":
            return next(option.get_text() for option in field.find_all("option") if option.has_attr("selected"))
        if field.get("type") == "checkbox":
            return field.has_attr("checked")
        return field.get_text()[1:] if field.name == "textarea" else field["value"]

    def open(self, index: int = 0) -> None:
        self.page.handle({"do": "toggle", "id": self.page.draft.ids[index]})

    def wait(self) -> None:
        """Until what runs beside the form is done."""
        for thread in self.page.workers:
            thread.join(60)
