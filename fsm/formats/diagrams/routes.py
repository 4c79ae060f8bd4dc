"""The ways of arrows through pseudo-states: from a state to the states that are entered.

An arrow to a choice, an entry or an exit point goes on by the arrows that leave it, an arrow to a
fork by all of them at once. Guards on the way are joined by ``and``. A machine has no values that
change on the way, so that it does not matter when a guard is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from typing import NamedTuple

from fsm.formats.assembly import refuse
from fsm.formats.diagrams.conditions import choice_guards, conjunction, drawn_guard, is_exhaustive
from fsm.formats.diagrams.labels import EventLabel, read_label
from fsm.formats.diagrams.state_diagram import MAX_DEPTH, DiagramEdge, DiagramNode, StateDiagram
from fsm.guard import ALWAYS, Formula, Guard, parse_guard
from fsm.text import plain_ids

__all__ = ["Route", "Routes"]

_MAX_ROUTES = 1_000
"""Ways of one arrow; choices behind choices multiply."""


_NONE = EventLabel("", "")
_ASKED_STATE = re.compile(r"(\bIn\s*\(\s*(['\"]))([^'\"]+)(?=\2\s*\))")
_ASKS_FOR_STATES = re.compile(r"\bIn\s*\(\s*['\"]")


class Route(NamedTuple):
    """One way of an arrow."""

    event: str
    guard: Guard
    targets: tuple[str, ...]
    line: int
    name: str
    """What the arrow leads to, for an arrow without an event: a choice, or a state."""
    is_else: bool = False
    """Whether the arrow counts only where no other one of the event does."""
    is_partial: bool = False
    """Whether a choice on the way may have no way on."""


class Routes:
    """Follows the arrows of a diagram."""

    def __init__(self, diagram: StateDiagram) -> None:
        self.diagram = diagram
        self.leaving: dict[str, list[DiagramEdge]] = {}
        for edge in diagram.edges:
            if self._is_passed(edge.source):
                self.leaving.setdefault(edge.source, []).append(edge)

    def of(self, edge: DiagramEdge) -> list[Route]:
        """Return the ways of an arrow from a state, those of its events one behind the other."""
        return [
            route
            for event, guard in read_label(edge.label) or [_NONE]
            for route in self._on(
                edge, event, self._asking(edge, guard) or drawn_guard(guard) if guard else ALWAYS
            )
        ]

    def _asking(self, edge: DiagramEdge, text: str) -> Guard | None:
        """Return a guard that asks for active states, as ``In('state')``; ``None`` for another."""
        if not _ASKS_FOR_STATES.search(text):
            return None
        known = {*self.diagram.nodes, *self.diagram.boxes}
        text = _ASKED_STATE.sub(lambda asked: _as_drawn(asked, known), text)
        guard = parse_guard(text, f"{self.diagram.name}:{edge.line}", opaque=True)
        for state in sorted(_asked(guard.formula) - known):
            what = f"the guard {text!r} asks for {state!r}; name a state of the diagram"
            refuse(self.diagram.name, edge.line, what)
        return guard

    def to(self, target: str, line: int) -> list[Route]:
        """Return the ways to a target, in the order in which they count."""
        return self._to(target, line, ())

    def unconditional(self, target: str, line: int, what: str) -> tuple[str, ...]:
        """Return what a target enters that is entered without an event."""
        routes = self.to(target, line)
        if len(routes) != 1 or routes[0].guard != ALWAYS or routes[0].event:
            why = f"{what} depends on a condition, which has no value before the first event"
            refuse(self.diagram.name, line, f"{why}; write an event on an arrow from a state")
        return routes[0].targets

    def _is_passed(self, id_: str) -> bool:
        node = self.diagram.nodes.get(id_)
        return node is not None and node.kind in ("choice", "point", "fork")

    def _to(self, target: str, line: int, passed: tuple[str, ...]) -> list[Route]:
        part = self.diagram.part(target)
        if not self._is_passed(target):
            if part.kind == "join":
                refuse(self.diagram.name, line, f"the join {target!r} is reached by no state")
            return [Route("", ALWAYS, (target,), line, part.title)]
        if target in passed or len(passed) > MAX_DEPTH:
            refuse(self.diagram.name, line, f"arrows go round from {target!r} without a state")
        leaving = self.leaving.get(target, [])
        if not leaving:
            refuse(self.diagram.name, part.line, f"no arrow leaves the {part.kind} {target!r}")
        passed = (*passed, target)
        if part.kind == "fork":
            return [self._fork(target, leaving, passed)]
        routes = list(self._branches(leaving, part, passed))
        if len(routes) > _MAX_ROUTES:
            refuse(self.diagram.name, part.line, f"more than {_MAX_ROUTES} ways from {target!r}")
        partial = not is_exhaustive([None if r.is_else else r.guard for r in routes])
        ordered = sorted(routes, key=lambda route: route.is_else)
        return [
            r._replace(
                name=part.title if part.kind == "choice" else r.name,
                is_else=False,
                is_partial=partial or r.is_partial,
            )
            for r in ordered
        ]

    def _branches(
        self, leaving: list[DiagramEdge], part: DiagramNode, passed: tuple[str, ...]
    ) -> Iterator[Route]:
        """Yield the ways of the arrows that leave a choice or a point."""
        labels = [(edge, label) for edge in leaving for label in read_label(edge.label) or [_NONE]]
        if part.kind == "choice":  # here a text without brackets is a condition as well
            labels = [(edge, _condition(label)) for edge, label in labels]
        guards = [
            self._asking(edge, label.guard) or guard
            for (edge, label), guard in zip(
                labels, choice_guards([label.guard for _, label in labels], part.title), strict=True
            )
        ]
        for (edge, label), guard in zip(labels, guards, strict=True):
            yield from self._on(edge, label.event, guard, passed)

    def _on(
        self, edge: DiagramEdge, event: str, guard: Guard | None, passed: tuple[str, ...] = ()
    ) -> Iterator[Route]:
        """Yield the ways of an arrow with an event and a guard."""
        for route in self._to(edge.target, edge.line, passed):
            if event and route.event:
                what = f"{event!r} leads to an arrow with the event {route.event!r}"
                refuse(self.diagram.name, edge.line, f"{what}; one event moves a machine")
            yield route._replace(
                event=event or route.event,
                guard=conjunction([guard or ALWAYS, route.guard]),
                is_else=guard is None,
            )

    def _fork(self, fork: str, leaving: list[DiagramEdge], passed: tuple[str, ...]) -> Route:
        """Return the one way through a fork, which enters the targets of all its arrows."""
        targets: list[str] = []
        for edge in leaving:
            routes = self._to(edge.target, edge.line, passed)
            if read_label(edge.label) or len(routes) > 1 or routes[0].guard != ALWAYS:
                what = f"an arrow of the fork {fork!r} has an event or a condition"
                refuse(self.diagram.name, edge.line, f"{what}; all of its arrows are taken at once")
            targets += routes[0].targets
        part = self.diagram.part(fork)
        return Route("", ALWAYS, tuple(dict.fromkeys(targets)), part.line, part.title)


def _condition(label: EventLabel) -> EventLabel:
    """Return the label of an arrow that leaves a choice, where a bare text is a condition."""
    if label.guard or not label.event:
        return label
    return EventLabel("", label.event.removeprefix("if ").removesuffix("?").strip())


def _as_drawn(asked: re.Match[str], known: Set[str]) -> str:
    """Return what asks for a state by the name that ``fsm draw`` gives it in a diagram.

    That is a plain one. Where several names have become the same, it has a number, and nothing
    tells which of them is asked for.
    """
    name = asked[3]
    plain = plain_ids([name])[name]
    is_one = plain in known and f"{plain}_2" not in known
    return f"{asked[1]}{plain}" if name not in known and is_one else asked[0]


def _asked(formula: Formula) -> set[str]:
    """Return the states that a formula asks for."""
    own = formula.names if formula.operator == "in" else ()
    return set(own).union(*map(_asked, formula.parts))
