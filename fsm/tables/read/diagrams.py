"""Find the diagrams of a page: in fences, in HTML, and in files that it links to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from fsm.errors import PageError
from fsm.files import read_text
from fsm.tables.read.bounds import MAX_BYTES
from fsm.tables.read.page_parts import DiagramKind, DocumentedDiagram
from fsm.tables.read.sections import enclosing
from fsm.tables.read.table import Cell, Section, SourceText

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = [
    "diagram_in_code", "diagram_kind", "diagram_text", "fenced_diagrams", "html_diagrams",
    "linked_diagrams", "placed_diagrams",
]  # fmt: skip

_LANGUAGES: dict[str, DiagramKind] = {
    "mermaid": "mermaid", "mmd": "mermaid",
    "plantuml": "plantuml", "puml": "plantuml", "uml": "plantuml",
    "dot": "dot", "graphviz": "dot", "gv": "dot", "digraph": "dot",
}  # fmt: skip
_SUFFIXES: dict[str, DiagramKind] = {
    "mmd": "mermaid", "mermaid": "mermaid",
    "puml": "plantuml", "plantuml": "plantuml", "pu": "plantuml", "wsd": "plantuml",
    "dot": "dot", "gv": "dot",
}  # fmt: skip
_WORD = re.compile(r"\s*\{?\s*\.?([\w-]+)")
_OPTION = re.compile(r"\s*:[\w-]+:(?:\s.*)?")
_ELEMENT = re.compile(
    r"<(pre|div|code)\b[^<>]{0,300}?\bclass\s*=\s*[\"']?[^<>\"']{0,100}?"
    r"\b(mermaid|plantuml|graphviz)\b[^<>]{0,300}>",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"(?:\]\(\s*<?|\b(?:src|href|data)\s*=\s*[\"']?|\]:[ \t]*<?|\b(?:image|link|xref)::?)"
    rf"([^\s()<>\"'\[\]`]{{1,300}}\.({'|'.join(_SUFFIXES)}))(?![\w.])",
    re.IGNORECASE,
)
_DIAGRAM_FILE = "a diagram"


def diagram_kind(language: str) -> DiagramKind | None:
    """Return the kind of diagram that a language of code is, ``None`` for any other code.

    >>> diagram_kind("{mermaid}"), diagram_kind("puml"), diagram_kind("python")
    ('mermaid', 'plantuml', None)
    """
    word = _WORD.match(language)
    return _LANGUAGES.get(word[1].lower()) if word else None


def diagram_in_code(language: str, source: Cell) -> DocumentedDiagram | None:
    """Return the diagram that a block of code is, ``None`` for other code."""
    kind = diagram_kind(language)
    if kind is None and source.text.lstrip().startswith("@startuml"):
        kind = "plantuml"
    return DocumentedDiagram(kind, source) if kind else None


def fenced_diagrams(tokens: Sequence[Token], lines: Sequence[str]) -> Iterator[DocumentedDiagram]:
    """Yield the diagrams that stand in the fences of a Markdown page."""
    for token in tokens:
        if token.type != "fence" or not token.map:
            continue
        opening = lines[token.map[0]] if token.map[0] < len(lines) else ""
        column = len(opening) - len(opening.lstrip("> \t")) + 1
        source = Cell(token.content, token.map[0] + 2, column)
        if token.info.lstrip().startswith("{"):
            source = _without_options(source)
            argument = token.info.partition("}")[2].strip()
            if (kind := diagram_kind(token.info)) and argument and not source.text.strip():
                place = Cell(argument, token.map[0] + 1, opening.find(argument) + 1)
                yield DocumentedDiagram(kind, place, path=argument)
                continue
        if diagram := diagram_in_code(token.info, source):
            yield diagram


def _without_options(source: Cell) -> Cell:
    """Return the content of a directive without its options."""
    lines = source.text.split("\n")
    first = 0
    if lines[0].strip() == "---":
        first = next((i + 1 for i, line in enumerate(lines) if i and line.strip() == "---"), 0)
    while first < len(lines) - 1 and (_OPTION.fullmatch(lines[first]) or not lines[first].strip()):
        first += 1
    return Cell("\n".join(lines[first:]), source.line + first, source.column)


def html_diagrams(text: str) -> Iterator[DocumentedDiagram]:
    """Yield the diagrams in HTML elements whose class names their language."""
    if "class" not in text or not any(word in text for word in ("mermaid", "plantuml", "graphviz")):
        return
    lower, source = text.lower(), SourceText(text)
    done = 0
    for match in _ELEMENT.finditer(text):
        if match.start() < done:
            continue
        end = lower.find(f"</{match[1].lower()}", match.end())
        done = len(text) if end < 0 else end
        inner = text[match.end() : done]
        start = match.end() + len(inner) - len(inner.lstrip())
        kind = _LANGUAGES[match[2].lower()]
        if inner.strip():
            cell = source.cell(start, done)
            yield DocumentedDiagram(kind, replace(cell, text=unescape(cell.text)))


def linked_diagrams(text: str) -> Iterator[DocumentedDiagram]:
    """Yield the files of diagrams that a text links to; nothing is opened."""
    if not any(f".{suffix}" in text for suffix in _SUFFIXES):
        return
    seen, source = set(), SourceText(text)
    for match in _LINK.finditer(text):
        path = unquote(unescape(match[1]))
        before = text[
            max(0, text.rfind("\n", 0, match.start()), match.start() - 500) : match.start()
        ]
        if "://" in path or path in seen or before.count("`") % 2:  # a link in code is none
            continue
        seen.add(path)
        yield DocumentedDiagram(_SUFFIXES[match[2].lower()], source.cell(*match.span(1)), path=path)


def placed_diagrams(
    diagrams: Iterator[DocumentedDiagram], sections: Sequence[Section]
) -> tuple[DocumentedDiagram, ...]:
    """Return diagrams in the order of the page, each with its section."""
    ordered = sorted(diagrams, key=lambda diagram: (diagram.source.line, diagram.source.column))
    around = enclosing(sections, [diagram.source.line for diagram in ordered])
    return tuple(replace(d, section=s) for d, s in zip(ordered, around, strict=True))


def diagram_text(page_name: str, diagram: DocumentedDiagram) -> str:
    """Return the text of a diagram; a linked file is read.

    Raises :class:`PageError` for a file that is not in the folder of the page, or below it, and
    for one that cannot be read.
    """
    if not diagram.path:
        return diagram.source.text
    place = f"{page_name}:{diagram.source.line}"
    folder = Path(page_name).parent
    try:
        path = folder / diagram.path
        is_inside = path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError) as error:
        raise PageError(f"{place}: {diagram.path}: cannot be read: {error}") from error
    if not is_inside:
        raise PageError(f"{place}: {diagram.path}: not read: outside the folder of the page")
    return read_text(path, MAX_BYTES, _DIAGRAM_FILE, PageError)
