"""Where parallel states of the library ``transitions`` follow rules of their own.

An arrow into one region leaves the others inactive, and of two regions that an event leaves, the
last one counts. UML and SCXML say otherwise, and so do the machines made here: both are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fsm.formats.assembly import refuse
from fsm.formats.diagrams.labels import read_label
from fsm.formats.diagrams.scopes import Scope
from fsm.formats.diagrams.state_diagram import StateDiagram

__all__ = ["refuse_own_rules"]


def refuse_own_rules(diagram: StateDiagram, parallel: Sequence[str]) -> None:
    """Raise :class:`fsm.errors.MachineError` for an arrow that the library treats differently."""
    boxes = set(parallel)
    regions: dict[tuple[str, str], dict[int, int]] = {}
    """The regions of a parallel state in which an arrow has an event, with its line."""
    leaving: list[tuple[str, str]] = []
    for edge in diagram.edges:
        source, target = (
            [scope for scope in _around(diagram, end) if scope.box in boxes]
            for end in (edge.source, edge.target)
        )
        for box, _ in (scope for scope in target if scope not in source):
            what = f"the arrow from {edge.source!r} to {edge.target!r} enters one region of {box!r}"
            why = "only, and the library leaves the others inactive"
            refuse(diagram.name, edge.line, f"{what} {why}; draw it to {box!r}")
        for scope in source:
            for event in {label.event for label in read_label(edge.label)}:
                regions.setdefault((scope.box, event), {}).setdefault(scope.region, edge.line)
                leaving += [(scope.box, event)] if scope not in target else []
    for box, event in leaving:
        lines = sorted(regions[box, event].values())
        if len(lines) > 1:
            what = f"{event!r} leaves {box!r} from one region, and another one has it (line"
            why = f"{what} {lines[0]}): the library takes both, one after the other"
            refuse(diagram.name, lines[1], f"{why}; draw one of them")


def _around(diagram: StateDiagram, id_: str) -> Iterator[Scope]:
    """Yield the regions around a state, the innermost first."""
    part = diagram.part(id_)
    while part.box:
        yield Scope(part.box, part.region)
        part = diagram.boxes[part.box]
