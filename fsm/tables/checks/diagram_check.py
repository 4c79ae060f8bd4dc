"""Check the state diagrams of a page against the machines that its tables document.

A diagram belongs to the documented table that is nearest: of its own section, else of the
narrowest section around both; of several such tables, to the one with which it shares most states.
Diagrams of other kinds, and those that share no states with a table, are counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fsm.machine import Machine, Transition
from fsm.tables.checks.diagram_reading import ReadDiagram, read_page_diagram
from fsm.tables.checks.diagram_steps import DiagramComparison, Discrepancy
from fsm.tables.checks.finding import Finding, Place
from fsm.tables.read.page_parts import DocumentedDiagram, Page
from fsm.tables.read.table import Table
from fsm.tables.words.binding import Binding
from fsm.tables.words.machine_names import MachineNames

__all__ = ["CheckedDiagrams", "DocumentedMachine", "check_diagrams", "declared_machines"]


@dataclass(frozen=True)
class DocumentedMachine:
    """A machine and the table of the page that documents it."""

    names: MachineNames
    table: Table

    @staticmethod
    def of(machine: Machine, table: Table) -> DocumentedMachine:
        """Return the machine of a table for which there is no binding."""
        return DocumentedMachine(MachineNames(machine, Binding(machine.name, {}, {}, {})), table)

    def line(self, page: Page, transition: Transition | None) -> int:
        """Return the line of the row about a transition; that of the header where none is found."""
        origin = transition.origin if transition else None
        if origin and origin.line and origin.file == page.name:
            return origin.line
        names = self.names
        for row in self.table.rows if transition else ():
            texts = [cell.text for cell in row.cells]
            states = {names.state(text) for text in texts}
            events = {names.binding.meaning(text, names.events) for text in texts}
            if transition and transition.source in states and events & _forms(transition):
                return row.line
        return self.table.line


def _forms(transition: Transition) -> set[str | None]:
    return {transition.event, transition.label, transition.trigger}


@dataclass(frozen=True)
class CheckedDiagrams:
    """How many state diagrams were compared with a table, how many were not, and the findings."""

    checked: int = 0
    others: int = 0
    findings: tuple[Finding, ...] = ()


def declared_machines(page: Page, tables: Sequence[Table]) -> Iterator[DocumentedMachine]:
    """Yield the machines that tables declare for which no machine is named."""
    # Imported where a page has a diagram, which few pages have.
    from fsm.tables.declared.tables import read_declared

    for table in tables:
        if machine := read_declared(page, table).machine:
            yield DocumentedMachine.of(machine, table)


def check_diagrams(page: Page, documented: Sequence[DocumentedMachine]) -> CheckedDiagrams:
    """Compare the state diagrams of a page with the tables of the same sections."""
    checked = 0
    findings: list[Finding] = []
    for diagram in page.diagrams:
        near = _nearest(page, diagram, documented)
        read = read_page_diagram(page, diagram) if near else None
        if read is None:
            continue
        if isinstance(read, Finding):
            findings.append(read)
            continue
        most, best = max(
            ((_shared(read, machine), -i) for i, machine in enumerate(near)), key=lambda x: x
        )
        if 2 * most >= len(read.diagram.nodes):
            checked += 1
            findings += _differences(page, read, near[-best])
    return CheckedDiagrams(checked, len(page.diagrams) - checked, tuple(findings))


def _nearest(
    page: Page, diagram: DocumentedDiagram, documented: Sequence[DocumentedMachine]
) -> list[DocumentedMachine]:
    """Return the machines of the narrowest section around the diagram that documents any."""
    around = [section for section in page.sections if section.has(diagram.source.line)]
    for section in sorted(around, key=lambda section: section.end - section.line):
        if near := [each for each in documented if section.has(each.table.line)]:
            return near
    return list(documented)


def _shared(read: ReadDiagram, documented: DocumentedMachine) -> int:
    """Return how many states of a diagram a machine has."""
    names = documented.names
    return sum(
        bool(names.state(node.title) or names.state(id_))
        for id_, node in read.diagram.nodes.items()
    )


def _differences(page: Page, read: ReadDiagram, documented: DocumentedMachine) -> Iterator[Finding]:
    for difference in DiagramComparison(read.diagram, documented.names).differences():
        yield _finding(page, read, documented, difference)


def _finding(
    page: Page, read: ReadDiagram, documented: DocumentedMachine, difference: Discrepancy
) -> Finding:
    """Return a finding in the diagram; of a row that the diagram lacks, in the table."""
    row = documented.line(page, difference.transition)
    drawn = Place(read.file, difference.line or read.line)
    stated = Place(page.name, row)
    in_table = difference.line is None
    place, other = (stated, drawn) if in_table else (drawn, stated)
    where = f"{other.file}:{other.line}" if other.file != place.file else f"line {other.line}"
    lines = page.lines if place.file == page.name else ()
    text = lines[place.line - 1] if 0 < place.line <= len(lines) else ""
    column = len(text) - len(text.lstrip()) + 1
    return Finding(
        place.file,
        place.line,
        column,
        difference.code,
        difference.text.format(where=where),
        documented.names.machine.name,
        None,
        end=len(text.rstrip()) + 1 if text.strip() else None,
        related=(other,),
    )
