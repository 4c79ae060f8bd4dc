"""The machine of a state diagram that stands in a page, such as a fence of Mermaid in a README."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fsm.errors import PageError
from fsm.formats.diagrams.dialects import MERMAID, PLANTUML
from fsm.machine import Machine
from fsm.tables.read.page_parts import DocumentedDiagram, Page

__all__ = ["diagram_at", "diagram_machine", "state_diagrams"]

_LINE = re.compile(r"L(?P<line>[1-9]\d{0,8})")
_SHOWN = 10
"""So many diagrams are listed in a message."""


def state_diagrams(page: Page, section: str) -> list[DocumentedDiagram]:
    """Return the state diagrams that stand in a page, or in one of its sections.

    Files that the page links to are none of them: they have names of their own.
    """
    found = page.diagrams_of(page.section(section)) if section else page.diagrams
    return [diagram for diagram in found if not diagram.path and _is_of_states(diagram)]


def diagram_at(page: Page, name: str) -> DocumentedDiagram | None:
    """Return the state diagram at a line that is named as on GitHub: ``L12``.

    The line is any line of the diagram, or the one of its fence. ``None`` for any other name, and
    for that of a section. Raises :class:`PageError` where no diagram is at that line.
    """
    match = _LINE.fullmatch(name)
    if not match or any(name in section.ids for section in page.sections):
        return None
    line, diagrams = int(match["line"]), state_diagrams(page, "")
    for diagram in diagrams:
        first = diagram.source.line
        if first - 1 <= line <= first + diagram.source.text.count("\n"):
            return diagram
    there = f"; there are: {_listed(page, diagrams)}" if diagrams else ""
    raise PageError(f"{page.name}:{line}: no state diagram at this line{there}")


def diagram_machine(page: Page, where: str, diagrams: Sequence[DocumentedDiagram]) -> Machine:
    """Return the machine of the only one of several diagrams.

    Raises :class:`PageError` for several ones, and :class:`fsm.errors.MachineError` with the line
    of the page for what is not read.
    """
    if len(diagrams) > 1:
        listed = _listed(page, diagrams)
        raise PageError(f"{where}: {len(diagrams)} state diagrams; name one: {listed}")
    diagram = diagrams[0]
    text, line = diagram.source.text, diagram.source.line
    if diagram.kind == "dot":
        from fsm.formats.diagrams.dot import parse_labelled_dot

        found = parse_labelled_dot("\n" * (line - 1) + text, page.name)
    else:
        from fsm.formats.diagrams.texts import machine_of_text

        dialect = MERMAID if diagram.kind == "mermaid" else PLANTUML
        if dialect is PLANTUML and "@startuml" not in text:  # a fence needs no such line
            text, line = f"@startuml\n{text}", line - 1
        found = machine_of_text(text, page.name, dialect, line)
    return found if isinstance(found, Machine) else found.machine()


def _listed(page: Page, diagrams: Sequence[DocumentedDiagram]) -> str:
    ids = [diagram.section.id if diagram.section else "" for diagram in diagrams]
    names = [
        f"{page.name}#{id_}" if id_ and ids.count(id_) == 1 else f"{page.name}#L{d.source.line}"
        for id_, d in zip(ids, diagrams, strict=True)
    ]
    more = f", and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _is_of_states(diagram: DocumentedDiagram) -> bool:
    """Whether a diagram shows states, as far as its text says it; a graph of DOT may do so."""
    if diagram.kind == "dot":
        return "->" in diagram.source.text
    from fsm.formats.diagrams.lines import is_state_diagram

    return is_state_diagram(diagram.source.text, MERMAID if diagram.kind == "mermaid" else PLANTUML)
