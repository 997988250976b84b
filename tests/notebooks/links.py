"""Links and pictures of a Markdown text: do local targets exist, does every picture say what it shows?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import nbformat

CODE = r"(?ms)^(`{3,}|~{3,}).*?^\1|`[^`\n]+`"
MARKDOWN = r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(\s*<?([^)\s>]+)>?(?:\s+[\"'][^)]*[\"'])?\s*\)"
REFERENCE = r"(?m)^\s{0,3}\[[^\]]+\]:\s*<?(\S+?)>?\s*$"
HTML_TARGET = r"<(?:a|img|audio|source|video)\b[^>]*?\b(?:href|src)=[\"']([^\"']+)[\"']"
HTML_IMAGE = r"<img\b[^>]*>"
HEADING = r"(?m)^#{1,6}\s+(.+?)\s*#*\s*$"


def prose(text: str) -> str:
    """The text without its code: what looks like a link there is not one."""
    return re.sub(CODE, "", text)


def problems(text: str, page: Path, own_text: str | None = None) -> Iterator[str]:
    """What is wrong with the links and pictures of a ``text`` that stands in the file ``page``."""
    text = prose(text)
    targets = [match[3] for match in re.finditer(MARKDOWN, text)]
    targets += re.findall(REFERENCE, text) + re.findall(HTML_TARGET, text)
    for target in targets:
        if not re.match(r"[a-z][a-z0-9+.-]*:|//", target, re.I) and (reason := _broken(target, page, own_text)):
            yield f"broken link {target}: {reason}"
    for match in re.finditer(MARKDOWN, text):
        if match[1] and not match[2].strip():
            yield f"picture {match[3]} has no alt text: say in words what it shows"
    for tag in re.findall(HTML_IMAGE, text):
        if not re.search(r"""\balt=(?:"\s*[^"\s]|'\s*[^'\s])""", tag):
            yield f"picture {tag[:60]} has no alt text: say in words what it shows"


def _broken(target: str, page: Path, own_text: str | None) -> str | None:
    name, _, anchor = unquote(target).partition("#")
    file = (page.parent / name).resolve() if name else page
    if name and not file.exists():
        return "no such file"
    if anchor and (not name or file.suffix in (".ipynb", ".md")):
        text = own_text if not name and own_text is not None else markdown_of(file)
        if anchor not in anchors(text):
            return f"no heading with this name in {file.name}"
    return None


def markdown_of(file: Path) -> str:
    """All Markdown of a notebook or Markdown file."""
    if file.suffix != ".ipynb":
        return file.read_text("utf-8")
    cells = nbformat.read(file, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def headings(text: str) -> list[str]:
    """Headings as a reader sees them, with their marks (``## What you'll do``) kept in front."""
    without_code = re.sub(r"(?ms)^(`{3,}|~{3,}).*?^\1", "", text)
    return [match[0].strip() for match in re.finditer(HEADING, without_code)]


def anchors(text: str) -> set[str]:
    """Names a link may end in: JupyterLab's (spaces become hyphens), a code host's (lower case too), and set ones."""
    names = set(re.findall(r"<\w+[^>]*\b(?:id|name)=[\"']([^\"']+)[\"']", text))
    for heading in headings(text):
        words = re.sub(r"[`*]", "", heading.lstrip("#").strip())
        names |= {words.replace(" ", "-"), re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")}
    return names
