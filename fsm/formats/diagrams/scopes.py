"""In which box a state of a diagram is that is mentioned in several places.

An arrow names both of its ends wherever it is written, so that a mention alone says little. A
declaration inside of a box says most, then a mark ``[*]``. Where mentions are all there is, the
language decides: Mermaid draws a state in the innermost box that mentions it, PlantUML in the first
one.
"""

from __future__ import annotations

from enum import IntEnum
from itertools import pairwise
from typing import NamedTuple

from fsm.formats.assembly import refuse
from fsm.formats.diagrams.state_diagram import StateDiagram

__all__ = ["TOP", "Mention", "Scope", "Scopes"]


class Scope(NamedTuple):
    """A region of a box; the empty box is the whole diagram."""

    box: str
    region: int


TOP = Scope("", 0)


class Mention(IntEnum):
    """What says that a state is in a scope, the strongest last."""

    NAMED = 0
    MARKED = 1
    DECLARED = 2


class Scopes:
    """The places where each state is mentioned."""

    def __init__(self, diagram: StateDiagram, innermost: bool) -> None:
        self.diagram, self.innermost = diagram, innermost
        self.found: dict[str, dict[Scope, tuple[Mention, int]]] = {}

    def add(self, id_: str, scope: Scope, evidence: Mention, line: int) -> None:
        """Note a mention."""
        scopes = self.found.setdefault(id_, {})
        before = scopes.get(scope)
        if before is None or before[0] < evidence:
            scopes[scope] = (evidence, line if before is None else before[1])

    def settle(self) -> list[str]:
        """Put every state into its box; return what was assumed.

        Raises :class:`fsm.errors.MachineError` for a state that is in two boxes.
        """
        assumed = []
        for id_, scopes in self.found.items():
            if id_ in self.diagram.boxes:
                continue  # is where its states are written
            node = self.diagram.nodes[id_]
            if node.kind:  # where it is written matters to nothing but its name
                node.box, node.region = max(scopes, key=lambda scope: scopes[scope][0])
                continue
            scope = self._scope(id_, scopes)
            node.box, node.region = scope
            if len(scopes) > 1 and scopes[scope][0] is Mention.NAMED:
                lines = " and ".join(str(line) for _, line in scopes.values())
                where = f"is inside of {scope.box!r}" if scope.box else "is in no other state"
                assumed.append(f"{id_!r} (lines {lines}) {where}, as it is drawn")
        return assumed

    def _scope(self, id_: str, scopes: dict[Scope, tuple[Mention, int]]) -> Scope:
        # Titles are often declared at the top: that does not say where a state is.
        if TOP in scopes and scopes[TOP][0] is Mention.DECLARED:
            scopes[TOP] = (Mention.NAMED, scopes[TOP][1])
        strongest = max(evidence for evidence, _ in scopes.values())
        likely = [scope for scope, (evidence, _) in scopes.items() if evidence is strongest]
        if strongest is Mention.NAMED and not self.innermost:
            return likely[0]
        ordered = sorted(likely, key=self._depth)
        for outer, inner in pairwise(ordered):
            if not self._is_inside(inner, outer):
                first, second = sorted((scopes[at][1], at.box) for at in (outer, inner))
                refuse(
                    self.diagram.name,
                    second[0],
                    f"{id_!r} is in {second[1]!r}, and in {first[1]!r} (line {first[0]}); a name "
                    "stands for one state: rename one of them, or write where it is: state "
                    f"{id_}",
                )
        return ordered[-1]

    def _depth(self, scope: Scope) -> int:
        return len(self._chain(scope))

    def _chain(self, scope: Scope) -> list[Scope]:
        """Return the scopes around a scope, nearest first."""
        chain = []
        while scope.box:
            box = self.diagram.boxes[scope.box]
            scope = Scope(box.box, box.region)
            chain.append(scope)
        return chain

    def _is_inside(self, scope: Scope, outer: Scope) -> bool:
        return outer in self._chain(scope)
