"""What a page has: tables, texts, sections, diagrams, and notices of what could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, TypeAlias

from fsm.errors import PageError
from fsm.suggest import no_such
from fsm.tables.read.table import Cell, Section, Table

__all__ = ["DiagramKind", "DocumentedDiagram", "Notice", "Page", "ignore_notice"]

DiagramKind: TypeAlias = Literal["mermaid", "plantuml", "dot"]


class Notice(NamedTuple):
    """A part of a page that could not be read: its place, the code of the finding, the reason."""

    place: Cell
    code: str
    text: str


def ignore_notice(place: Cell) -> Notice:
    """Return the notice for a comment ``fsm:ignore`` without a table directly below it."""
    return Notice(place, "unused-ignore", "fsm:ignore without a table directly below it")


@dataclass(frozen=True, slots=True)
class DocumentedDiagram:
    """A diagram that stands in a page, or a file with a diagram that the page links to."""

    kind: DiagramKind
    source: Cell
    """The text of the diagram with the place of its first line; of a linked file, the link."""
    section: Section | None = None
    path: str = ""
    """The linked file as the page names it; empty for a diagram in the page.

    Nothing is opened when a page is parsed: see :func:`fsm.tables.read.diagrams.diagram_text`.
    """


@dataclass(frozen=True, slots=True, repr=False)
class Page:
    """A page: the name it is reported under, and its tables from top to bottom."""

    name: str
    tables: tuple[Table, ...]
    texts: tuple[Cell, ...] = ()
    """The lines of its paragraphs and headings."""
    lines: tuple[str, ...] = ()
    """The page as it is written."""
    ignored: int = 0
    """How many tables were left out because ``fsm:ignore`` is above them."""
    notices: tuple[Notice, ...] = ()
    generated: int = 0
    """How many blocks were left out because ``fsm docs`` writes them."""
    unread_tables: int = 0
    """How many directives of Sphinx are tables, or are not known and seem to have one: not read."""
    sections: tuple[Section, ...] = ()
    diagrams: tuple[DocumentedDiagram, ...] = ()

    def __repr__(self) -> str:
        return f"<Page {self.name!r}: {len(self.lines)} lines, {len(self.tables)} tables>"

    def with_unread_tables(self, count: int) -> Page:
        """Return the page, of which so many tables were not read."""
        return replace(self, unread_tables=count)

    def section(self, name: str) -> Section:
        """Return the section with this id; raises :class:`PageError` with the nearest ids."""
        named = {id_: section for section in reversed(self.sections) for id_ in section.ids}
        if name not in named:
            known = [section.id for section in self.sections if section.ids]
            raise PageError(f"{self.name}: {no_such('section', name, known)}")
        return named[name]

    def tables_of(self, section: Section) -> Sequence[Table]:
        """Return the tables of a section and of those inside it."""
        return [table for table in self.tables if section.has(table.line)]

    def diagrams_of(self, section: Section) -> Sequence[DocumentedDiagram]:
        """Return the diagrams of a section and of those inside it."""
        return [diagram for diagram in self.diagrams if section.has(diagram.source.line)]
