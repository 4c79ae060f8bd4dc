"""The sections of a page, by the ids that links to them use."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

from fsm.tables.read.cell_text import plain
from fsm.tables.read.table import Section, SourceText, Table

__all__ = [
    "Anchor",
    "Heading",
    "enclosing",
    "html_anchors",
    "sections_of",
    "split_page_name",
    "tables_in_sections",
]

_NO_SLUG = re.compile(r"[^\w\- ]")
_NO_NAME = re.compile(r"[^a-z0-9]+")
_ELEMENT = re.compile(r"<([a-z][a-z0-9]*)\b[^<>]{0,500}?\s(?:id|name)\s*=\s*", re.IGNORECASE)
_VALUE = re.compile(r"\"([^\"\n]{1,200})\"|'([^'\n]{1,200})'|([^\s\"'<>]{1,200})")
_LABEL = re.compile(r"^[ \t]{0,3}\(([^()\n]{1,200})\)=[ \t]*$", re.MULTILINE)
_FIELDS = frozenset({"input", "meta", "param", "button", "select", "textarea", "form", "iframe"})
"""Elements whose name is no target of a link."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: its text as written, its place and level, and the ids that the page gives it."""

    text: str
    line: int
    level: int
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Anchor:
    """An id in a page; ``next_line`` is that of the next text, which may be a heading."""

    id: str
    line: int
    next_line: int
    end: int = 0
    """The line behind the table that it names, 0 if it names no table alone."""


def split_page_name(name: str) -> tuple[str, str]:
    """Return the path of ``page.md#section`` and the id of the section, which may be empty.

    A file whose name really has ``#`` is that file.

    >>> split_page_name("docs/orders.md#life-cycle"), split_page_name("orders.md")
    (('docs/orders.md', 'life-cycle'), ('orders.md', ''))
    """
    path, mark, section = name.rpartition("#")
    return (path, unquote(section)) if mark and path and not _exists(name) else (name, "")


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False


def sections_of(
    headings: Iterable[Heading], anchors: Sequence[Anchor], last_line: int
) -> tuple[Section, ...]:
    """Return the sections of a page in order; ``last_line`` is the number of its lines.

    A heading has the ids that the page gives it, the one that GitHub makes of its text, and the
    one that Sphinx makes. An anchor above or in a heading is an id of it.
    """
    ordered = sorted(headings, key=lambda heading: heading.line)
    lines = {heading.line for heading in ordered}
    given: dict[int, list[str]] = {}
    free: list[Anchor] = []
    for anchor in anchors:
        line = next((n for n in (anchor.line, anchor.next_line) if n in lines), None)
        if line is None:
            free.append(anchor)
        else:
            given.setdefault(line, []).append(anchor.id)
    found = [*_heading_sections(ordered, given, last_line)]
    found += _anchor_sections(free, found, last_line)
    return tuple(sorted(found, key=lambda section: (section.line, section.level)))


def _heading_sections(
    headings: Sequence[Heading], given: dict[int, list[str]], last_line: int
) -> Iterator[Section]:
    ends = [last_line + 1] * len(headings)
    waiting: list[int] = []
    for i, heading in enumerate(headings):
        while waiting and headings[waiting[-1]].level >= heading.level:
            ends[waiting.pop()] = heading.line
        waiting.append(i)
    counts: Counter[str] = Counter()
    for heading, end in zip(headings, ends, strict=True):
        written, explicit = _without_attributes(heading.text)
        text = plain(written)
        stated = [*explicit, *given.get(heading.line, ()), *heading.ids]
        slug = _NO_SLUG.sub("", text.lower()).replace(" ", "-")
        made = [_counted(slug, counts)] if slug else []
        made += filter(None, [_sphinx_id(text)])
        ids = dict.fromkeys([*stated, *made])
        yield Section(tuple(ids), text, heading.line, end, heading.level)


def _without_attributes(text: str) -> tuple[str, list[str]]:
    """Return a heading without ``{#id}`` at its end, and the ids that stand there."""
    before, mark, attributes = text.rstrip().rpartition("{")
    if not mark or attributes.find("}") != len(attributes) - 1:
        return text, []
    words = (word.lstrip(":") for word in attributes[:-1].split())
    ids = [word[1:] for word in words if word.startswith("#") and len(word) > 1]
    return (before, ids) if ids else (text, [])


def _counted(slug: str, counts: Counter[str]) -> str:
    """Return an id, with a number if the page has the same one above."""
    counts[slug] += 1
    return slug if counts[slug] == 1 else f"{slug}-{counts[slug] - 1}"


def _sphinx_id(text: str) -> str:
    """Return the id that docutils makes of a title, empty if it is made of no Latin letters."""
    latin = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"\A[-0-9]+|-+\Z", "", _NO_NAME.sub("-", latin))


def _anchor_sections(
    anchors: Sequence[Anchor], found: Sequence[Section], last_line: int
) -> Iterator[Section]:
    """Yield the sections of anchors that belong to no heading: up to the next one, or a table."""
    starts = sorted({*(section.line for section in found), *(anchor.line for anchor in anchors)})
    following = dict(pairwise([*starts, last_line + 1]))
    around = enclosing(found, [anchor.line for anchor in anchors])
    for anchor, parent in zip(anchors, around, strict=True):
        level = parent.level + 1 if parent else 1
        end = anchor.end or following[anchor.line]
        yield Section((anchor.id,), parent.title if parent else "", anchor.line, end, level)


def enclosing(sections: Sequence[Section], lines: Sequence[int]) -> list[Section | None]:
    """Return the innermost section of each line; sections and lines are in order."""
    found: list[Section | None] = []
    opened: list[Section] = []
    number = 0
    for line in lines:
        while number < len(sections) and sections[number].line <= line:
            opened.append(sections[number])
            number += 1
        while opened and opened[-1].end <= line:
            opened.pop()
        found.append(opened[-1] if opened else None)
    return found


def html_anchors(text: str, tables: dict[int, int]) -> list[Anchor]:
    """Return the ids of HTML elements and the labels of MyST in a text, in order.

    ``tables`` has the line behind each table, by the line that the table begins in.
    """
    found = [(m.start(), m[1]) for m in _LABEL.finditer(text)] if ")=" in text else []
    if "<" in text and ("id" in text or "name" in text):
        for match in _ELEMENT.finditer(text):
            value = _VALUE.match(text, match.end())
            if value and match[1].lower() not in _FIELDS:
                found.append((match.start(), next(filter(None, value.groups()))))
    return list(_with_lines(sorted(found), text, tables)) if found else []


def _with_lines(
    found: Sequence[tuple[int, str]], text: str, tables: dict[int, int]
) -> Iterator[Anchor]:
    lines = text.split("\n")
    nexts = _next_texts(lines)
    source = SourceText(text)
    for offset, name in found:
        line = source.line(offset)
        below = nexts[line]
        yield Anchor(name, line, below, tables.get(line) or tables.get(below, 0))


def _next_texts(lines: Sequence[str]) -> list[int]:
    """Return, by number, the next line with a text that is not only an anchor."""
    nexts = [0] * (len(lines) + 1)
    for number in range(len(lines) - 1, 0, -1):
        text = lines[number].strip("> \t")
        is_anchor = _LABEL.fullmatch(text) or (text.startswith("<") and not plain(text[:1000]))
        is_bare = not text or (is_anchor and "<table" not in text.lower())
        nexts[number] = nexts[number + 1] if is_bare else number + 1
    return nexts


def tables_in_sections(tables: Sequence[Table], sections: Sequence[Section]) -> tuple[Table, ...]:
    """Return tables, each with the innermost section that it stands in."""
    around = enclosing(sections, [table.line for table in tables])
    return tuple(replace(t, section=s) for t, s in zip(tables, around, strict=True))
