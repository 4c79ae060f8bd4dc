"""The states of a nested diagram as nodes of a chart."""

from __future__ import annotations

from dataclasses import replace

from fsm.chart import ChartNode
from fsm.formats.assembly import refuse
from fsm.formats.diagrams.routes import Routes
from fsm.formats.diagrams.scopes import TOP, Scope
from fsm.formats.diagrams.state_diagram import DiagramNode, StarMark, StateDiagram

__all__ = ["ChartNodes"]


class ChartNodes:
    """Numbers the states of a diagram, in the order in which they are drawn."""

    def __init__(self, diagram: StateDiagram) -> None:
        self.diagram = diagram
        self.final: set[str] = set()
        """The final states inside of others, and those that arrows to ``[*]`` lead to."""
        self.ends: dict[Scope, str] = {}
        self.index: dict[str, int] = {}
        self.initial = 0
        self.start = ""
        """A state that is left at once, where the first states are inside of others."""
        self.first: tuple[str, ...] = ()
        """The states that are entered first."""
        self.complete = {Scope(mark.box, mark.region) for mark in diagram.ends}
        """The scopes that have an end."""
        self._nodes: list[ChartNode] = []
        self._scopes: dict[int, Scope] = {}
        """The scope whose states are the children of a node."""
        self._inside: dict[Scope, list[str]] = {}
        self._histories: dict[str, list[str]] = {}
        self._entered: dict[Scope, set[str]] = {}

    # Names -----------------------------------------------------------------------------------

    def fresh(self, id_: str) -> str:
        """Return an id that no state has."""
        while id_ in self.diagram.nodes or id_ in self.diagram.boxes or id_ in self.index:
            id_ += "_"
        return id_

    def end(self, mark: StarMark) -> str:
        """Return the final state that an arrow to ``[*]`` leads to."""
        scope = Scope(mark.box, mark.region)
        if scope not in self.ends:
            end = self.fresh(f"{mark.box}.end" if mark.box else "end")
            self.diagram.node(end, mark.line, *scope)
            self.ends[scope] = end
            self.final.add(end)
        return self.ends[scope]

    # Structure -------------------------------------------------------------------------------

    def around(self, id_: str) -> list[str]:
        """Return the boxes around a state, nearest first."""
        boxes = []
        box = self.diagram.part(id_).box
        while box:
            boxes.append(box)
            box = self.diagram.boxes[box].box
        return boxes

    def can_complete(self, box: str) -> bool:
        """Whether all regions of a box have an end."""
        regions = {part.region for part in self._parts() if part.box == box}
        return all(Scope(box, region) in self.complete for region in regions)

    def lifted(self, id_: str, scope: Scope) -> str | None:
        """Return the state directly in a scope that is, or is around, this one."""
        for inner in (id_, *self.around(id_)):
            part = self.diagram.part(inner)
            if (part.box, part.region) == scope:
                return inner
        return None

    def _parts(self) -> tuple[DiagramNode, ...]:
        return (*self.diagram.nodes.values(), *self.diagram.boxes.values())

    # Nodes -----------------------------------------------------------------------------------

    def chart_nodes(self, routes: Routes) -> tuple[ChartNode, ...]:
        """Return the nodes, and number them; what is entered first is known from then on."""
        if not any(not node.kind for node in self.diagram.nodes.values()):
            refuse(self.diagram.name, 1, "no state is drawn: there is no machine in it")
        inside: dict[Scope, list[str]] = {}
        histories: dict[str, list[str]] = {}
        parts = {**self.diagram.nodes, **self.diagram.boxes}
        for id_, part in sorted(parts.items(), key=lambda item: item[1].line):
            if part.kind in ("shallow", "deep"):
                histories.setdefault(part.box, []).append(id_)
            elif not part.kind:
                inside.setdefault(Scope(part.box, part.region), []).append(id_)
        self._inside, self._histories = inside, histories
        self._entered = self._entered_states()
        self._number(TOP, None)
        self._set_entries(routes)
        self._set_initial(routes)
        return tuple(self._nodes)

    def _number(self, scope: Scope, parent: int | None) -> tuple[int, ...]:
        """Add the states of a scope, and those inside of them; return their numbers."""
        return tuple(self._add(id_, parent) for id_ in self._inside.get(scope, ()))

    def _add(self, id_: str, parent: int | None) -> int:
        part = self.diagram.part(id_)
        number = self._append(id_, part.title, parent, final=id_ in self.final)
        if id_ not in self.diagram.boxes:
            return number
        histories = [self._append(h, h, number, history=self.diagram.nodes[h].kind)
                     for h in self._histories.get(id_, ())]  # fmt: skip
        regions = sorted(scope.region for scope in self._inside if scope.box == id_)
        if not regions:
            refuse(self.diagram.name, part.line, f"{id_!r} has no state inside")
        if len(regions) == 1:
            children = self._number(Scope(id_, regions[0]), number)
            self._scopes[number] = Scope(id_, regions[0])
        else:
            children = tuple(self._region(Scope(id_, region), number) for region in regions)
        self._nodes[number] = replace(
            self._nodes[number], children=(*histories, *children), parallel=len(regions) > 1
        )
        return number

    def _region(self, scope: Scope, parent: int) -> int:
        """Add a region; one that is nothing but a state with states inside is that state."""
        states = self._inside[scope]
        if len(states) == 1 and states[0] in self.diagram.boxes and scope not in self.complete:
            return self._add(states[0], parent)
        id_ = self.fresh(f"{scope.box}.{scope.region + 1}")
        title = f"{self.diagram.part(scope.box).title} {scope.region + 1}"
        number = self._append(id_, title, parent)
        self._nodes[number] = replace(self._nodes[number], children=self._number(scope, number))
        self._scopes[number] = scope
        return number

    def _append(
        self, id_: str, title: str, parent: int | None, *, final: bool = False, history: str = ""
    ) -> int:
        self.index[id_] = len(self._nodes)
        self._nodes.append(ChartNode(id_, title, parent, (), (), False, final, history))
        return len(self._nodes) - 1

    # What is entered -------------------------------------------------------------------------

    def _entered_states(self) -> dict[Scope, set[str]]:
        """Return the states in each scope that an arrow from another state of it leads to."""
        entered: dict[Scope, set[str]] = {}
        for edge in self.diagram.edges:
            above = {}
            for id_ in (edge.source, *self.around(edge.source)):
                part = self.diagram.part(id_)
                above[Scope(part.box, part.region)] = id_
            for id_ in (edge.target, *self.around(edge.target)):
                part = self.diagram.part(id_)
                scope = Scope(part.box, part.region)
                if scope in above:
                    if above[scope] != id_:
                        entered.setdefault(scope, set()).add(id_)
                    break
        return entered

    def _set_entries(self, routes: Routes) -> None:
        for number, node in enumerate(self._nodes):
            if node.parallel:
                entry = tuple(c for c in node.children if not self._nodes[c].history)
            elif number in self._scopes:
                entry = self._entry(self._scopes[number], routes)
            else:
                continue
            self._nodes[number] = replace(self._nodes[number], entry=entry)
        for id_ in (id_ for ids in self._histories.values() for id_ in ids):
            number, parent = self.index[id_], self.index[self.diagram.nodes[id_].box]
            edges = [edge for edge in self.diagram.edges if edge.source == id_]
            targets = [t for e in edges for t in routes.unconditional(e.target, e.line, id_)]
            entry = tuple(self.index[t] for t in targets) or self._nodes[parent].entry
            self._nodes[number] = replace(self._nodes[number], entry=entry)

    def _set_initial(self, routes: Routes) -> None:
        first = self._entry(TOP, routes)
        if len(first) == 1 and self._nodes[first[0]].parent is None:
            self.initial = first[0]
            return
        self.first = tuple(self._nodes[number].id for number in first)
        self.start = self.fresh("start")
        self.initial = self._append(self.start, "start", None)

    def _entry(self, scope: Scope, routes: Routes) -> tuple[int, ...]:
        """Return what is entered first in a scope."""
        marks = [m for m in self.diagram.starts if (m.box, m.region) == scope]
        where = f" in {scope.box!r}" if scope.box else ""
        states = list(dict.fromkeys(mark.state for mark in marks))
        if len(states) > 1:
            (first, line), (second, other) = ((m.state, m.line) for m in (marks[0], next(
                m for m in marks if m.state != marks[0].state)))  # fmt: skip
            what = f"{second!r} is initial{where}, and so is {first!r} (line {line})"
            refuse(self.diagram.name, other, what)
        if not states:
            return (self.index[self._unmarked(scope, where)],)
        targets = routes.unconditional(states[0], marks[0].line, f"what is initial{where}")
        for target in targets:
            if scope.box and scope.box not in self.around(target):
                what = f"{target!r} is initial{where}, and is not inside of it"
                refuse(self.diagram.name, marks[0].line, what)
        return tuple(self.index[target] for target in targets)

    def _unmarked(self, scope: Scope, where: str) -> str:
        """Return the initial state where none is marked: the one that no arrow leads to."""
        states = [s for s in self._inside[scope] if s not in self.final] or self._inside[scope]
        entered = self._entered.get(scope, set())
        likely = [id_ for id_ in states if id_ not in entered]
        if len(likely) > 1 and self._is_entered(scope):
            names = ", ".join(map(repr, likely[:4]))
            what = f"which state is initial{where}, {names}? mark it with [*] --> STATE"
            refuse(self.diagram.name, self.diagram.part(likely[1]).line, what)
        initial = likely[0] if likely else states[0]
        if len(states) > 1 and scope.box and self._is_entered(scope):
            why = "no arrow leads there" if likely else "it is drawn first"
            self.diagram.assumed.append(f"{initial!r} is initial{where}: {why}")
        return initial

    def _is_entered(self, scope: Scope) -> bool:
        """Whether something enters a scope without saying which of its states."""
        box = scope.box
        if not box or len({s.region for s in self._inside if s.box == box}) > 1:
            return True
        diagram, parent = self.diagram, self._nodes[self.index[box]].parent
        around = self._nodes[parent].entry if parent is not None else ()
        return (
            any(edge.target == box for edge in diagram.edges)
            or any(mark.state == box for mark in diagram.starts)
            or self.index[box] in around
            or (parent is None and not diagram.starts)
        )
