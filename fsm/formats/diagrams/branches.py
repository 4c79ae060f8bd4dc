"""Forks whose branches are drawn without a state around them.

What lies between such a fork and its join is active together, so it is read as the regions of one
state, which is called like the fork.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from fsm.formats.assembly import refuse
from fsm.formats.diagrams.labels import plain_label, read_label
from fsm.formats.diagrams.scopes import Scope
from fsm.formats.diagrams.state_diagram import DiagramEdge, DiagramNode, StarMark, StateDiagram

__all__ = ["are_apart", "fork_equal_arrows", "forks_with_regions"]

_MAX_WORK = 5_000_000
"""Arrows times forks times forks: each fork is tried until those inside of it are read."""


def forks_with_regions(diagram: StateDiagram) -> None:
    """Put the branches of every fork into regions of one state.

    Raises :class:`fsm.errors.MachineError` for branches that meet elsewhere than in one join, or
    that arrows enter or leave.
    """
    forks = [id_ for id_, node in diagram.nodes.items() if node.kind == "fork"]
    if len(forks) ** 2 * len(diagram.edges) > _MAX_WORK:
        what = f"{len(forks)} forks are too many for {len(diagram.edges)} arrows"
        refuse(diagram.name, diagram.nodes[forks[-1]].line, what)
    pending = [fork for fork in forks if not _has_regions(diagram, fork)]
    joined: set[str] = set()
    while pending:
        settled = []
        for fork in pending:
            branches = _Branches(diagram, fork, joined)
            if not branches.inner_fork:
                branches.make_regions()
                joined |= branches.joins
                settled.append(fork)
        if not settled:
            line = diagram.nodes[pending[0]].line
            refuse(diagram.name, line, f"the forks {pending[0]!r} and others lead to each other")
        pending = [fork for fork in pending if fork not in settled]


def fork_equal_arrows(diagram: StateDiagram) -> None:
    """Put a fork on the way of arrows with one label from one state to regions of another one.

    So a language shows a fork that has no sign for it.
    """
    rows: dict[tuple[str, str], list[int]] = {}
    for number, edge in enumerate(diagram.edges):
        if read_label(edge.label) and not edge.internal:
            rows.setdefault((edge.source, edge.label), []).append(number)
    for (source, label), numbers in rows.items():
        targets = [diagram.edges[number].target for number in numbers]
        if len(targets) < 2 or not are_apart(diagram, targets):
            continue
        first, fork = diagram.edges[numbers[0]], f"fork {numbers[0]}"
        while fork in diagram.nodes or fork in diagram.boxes:
            fork += "_"
        part = diagram.part(source)
        diagram.node(fork, first.line, part.box, part.region).kind = "fork"
        legs = [diagram.edges[number]._replace(source=fork, label="") for number in numbers]
        diagram.edges.append(legs[0])
        diagram.edges[numbers[0]] = first._replace(target=fork)  # its place among the others counts
        for number, leg in zip(numbers[1:], legs[1:], strict=True):
            diagram.edges[number] = leg
        names = " and ".join(map(repr, targets))
        arrows = f"the arrows {plain_label(label)!r} from {source!r} to {names}"
        what = f"line {first.line}: {arrows} are one"
        diagram.assumed.append(f"{what}: they lead to regions of one state")


def _chain(diagram: StateDiagram, id_: str) -> list[Scope]:
    """Return the scopes around a state, the innermost first."""
    part = diagram.part(id_)
    scopes = [Scope(part.box, part.region)]
    while scopes[-1].box:
        box = diagram.boxes[scopes[-1].box]
        scopes.append(Scope(box.box, box.region))
    return scopes


def _has_regions(diagram: StateDiagram, fork: str) -> bool:
    """Whether the targets of a fork are in different regions of one state already."""
    return are_apart(diagram, [e.target for e in diagram.edges if e.source == fork])


def are_apart(diagram: StateDiagram, targets: Sequence[str]) -> bool:
    """Whether states are in different regions of one state; a single one always is."""
    chains = [_chain(diagram, target) for target in targets]
    around = [{scope.box for scope in chain} for chain in chains]
    for scope in chains[0] if chains else ():
        if scope.box and all(scope.box in boxes for boxes in around):
            regions = {s.region for chain in chains for s in chain if s.box == scope.box}
            return len(regions) == len(chains)
    return len(targets) == 1


class _Branches:
    """What a fork leads to, up to its join."""

    def __init__(self, diagram: StateDiagram, fork: str, joined: set[str]) -> None:
        self.diagram, self.fork = diagram, fork
        self.part = diagram.nodes[fork]
        self.scope = Scope(self.part.box, self.part.region)
        self.inner_fork = ""
        self.joins: set[str] = set()
        self.leaving: dict[str, list[DiagramEdge]] = {}
        for edge in diagram.edges:
            if source := self._lifted(edge.source):
                self.leaving.setdefault(source, []).append(edge)
        self.starts = list(dict.fromkeys(e.target for e in self.leaving.get(fork, ())))
        if not self.starts:
            refuse(diagram.name, self.part.line, f"no arrow leaves the fork {fork!r}")
        self.branches = [self._branch(start, joined) for start in self.starts]

    def _lifted(self, id_: str) -> str | None:
        """Return the state beside the fork that is, or is around, this one."""
        while id_:
            part = self.diagram.part(id_)
            if (part.box, part.region) == self.scope:
                return id_
            id_ = part.box
        return None

    def _branch(self, start: str, joined: set[str]) -> dict[str, DiagramEdge]:
        """Return the states and pseudo-states that are reached from a target of the fork."""
        first = self._lifted(start)
        if first is None:
            line = self.leaving[self.fork][0].line
            what = f"the fork {self.fork!r} leads to {start!r}, which is in no region beside others"
            refuse(self.diagram.name, line, what)
        reached = {first: self.leaving[self.fork][0]}  # each with an arrow that leads there
        queue = [first]
        for id_ in queue:
            part = self.diagram.part(id_)
            if part.kind == "fork" and id_ != self.fork:
                self.inner_fork = id_
            if part.kind == "join" and id_ not in joined:
                self.joins.add(id_)
                reached.pop(id_, None)
                continue
            for edge in self.leaving.get(id_, ()):
                target = self._lifted(edge.target)
                if target is None:
                    self._refuse(edge, f"leaves the branches of the fork {self.fork!r}")
                if target == self.fork:
                    self._refuse(reached[id_], f"leads back to the fork {self.fork!r}")
                if target not in reached:
                    reached[target] = edge
                    queue.append(target)
        return reached

    def _refuse(self, edge: DiagramEdge, what: str) -> NoReturn:
        arrow = f"the arrow from {edge.source!r} to {edge.target!r}"
        remedy = "draw the branches as regions of one state, parted by --"
        refuse(self.diagram.name, edge.line, f"{arrow} {what}; {remedy}")

    def make_regions(self) -> None:
        """Make the fork a state, and its branches the regions inside."""
        diagram, fork = self.diagram, self.fork
        members = self._members()
        self._check(members)
        del diagram.nodes[fork]
        diagram.boxes[fork] = DiagramNode(
            self.part.title, self.scope.box, self.part.line, self.scope.region
        )
        diagram.edges[:] = [edge for edge in diagram.edges if edge.source != fork]
        for id_, number in members.items():
            part = diagram.part(id_)
            part.box, part.region = fork, number
        for number, start in enumerate(self.starts):
            diagram.starts.append(StarMark(start, "", self.part.line, fork, number))
        diagram.assumed.append(f"the branches of the fork {fork!r} are regions of one state")

    def _members(self) -> dict[str, int]:
        """Return the number of the branch of each state."""
        members: dict[str, int] = {}
        for number, branch in enumerate(self.branches):
            for id_ in branch:
                if members.setdefault(id_, number) != number:
                    what = f"{id_!r} is in two branches of the fork {self.fork!r}, and is no join"
                    refuse(self.diagram.name, self.diagram.part(id_).line, what)
        return members

    def _check(self, members: dict[str, int]) -> None:
        """Refuse what enters the branches, or marks a state in one of them."""
        diagram, fork = self.diagram, self.fork
        if len(self.joins) > 1:
            names = " and ".join(map(repr, sorted(self.joins)))
            what = f"the fork {fork!r} leads to {names}; draw one join"
            refuse(diagram.name, self.part.line, what)
        for edge in diagram.edges:
            source, target = self._lifted(edge.source), self._lifted(edge.target)
            if target in members and source not in members and edge.source != fork:
                self._refuse(edge, f"enters the branches of the fork {fork!r}")
            if edge.source == fork and read_label(edge.label):
                self._refuse(edge, "has an event, and all arrows of a fork are taken at once")
        for mark in (*diagram.starts, *diagram.ends):
            if self._lifted(mark.state) in members and (mark.box, mark.region) == self.scope:
                what = f"[*] at {mark.state!r}, which is in a branch of the fork {fork!r}"
                refuse(diagram.name, mark.line, f"{what}; let the branches end in a join")
