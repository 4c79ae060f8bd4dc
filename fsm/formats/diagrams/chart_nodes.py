"""The states of a nested diagram as nodes of a chart."""

from __future__ import annotations

from dataclasses import replace

from fsm.chart import ChartNode
from fsm.formats.assembly import refuse
from fsm.formats.diagrams.branches import are_apart
from fsm.formats.diagrams.routes import Routes
from fsm.formats.diagrams.scopes import TOP, Scope
from fsm.formats.diagrams.state_diagram import DiagramEdge, StarMark, StateDiagram

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
        self.first: tuple[int, ...] = ()
        """The states that are entered first, where they are inside of others."""
        self.complete = {Scope(mark.box, mark.region) for mark in diagram.ends}
        for id_ in diagram.finals:
            part = diagram.part(id_)
            self.complete.add(Scope(part.box, part.region))
        """The scopes that have an end."""
        self._completable: dict[str, bool] = {}
        self._regions: dict[str, dict[int, list[str]]] = {}
        for id_, part in (*diagram.nodes.items(), *diagram.boxes.items()):
            if not part.kind:
                self._regions.setdefault(part.box, {}).setdefault(part.region, []).append(id_)
        self._starts: dict[Scope, list[StarMark]] = {}
        for mark in diagram.starts:
            self._starts.setdefault(Scope(mark.box, mark.region), []).append(mark)
        self._nodes: list[ChartNode] = []
        self._scopes: dict[int, Scope] = {}
        """The scope whose states are the children of a node."""
        self._inside: dict[Scope, list[str]] = {}
        self._histories: dict[str, list[str]] = {}
        self._entered: dict[Scope, set[str]] = {}
        self._defaults: set[Scope] = set()

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

    def is_first(self, mark: StarMark) -> bool:
        """Whether the state that a mark is at is the one that is entered first beside it."""
        first = {start.state for start in self._starts.get(Scope(mark.box, mark.region), ())}
        if not first:
            first = set(self._regions[mark.box][mark.region])
        return first == {mark.state}

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
        if box not in self._completable:
            regions = self._regions.get(box, {})
            self._completable[box] = all(
                Scope(box, region) in self.complete
                or (
                    len(states) == 1
                    and states[0] in self.diagram.boxes
                    and len(regions) > 1
                    and self.can_complete(states[0])
                )
                for region, states in regions.items()
            )
        return self._completable[box]

    def lifted(self, id_: str, scope: Scope) -> str | None:
        """Return the state directly in a scope that is, or is around, this one."""
        for inner in (id_, *self.around(id_)):
            part = self.diagram.part(inner)
            if (part.box, part.region) == scope:
                return inner
        return None

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
        self._defaults = self._default_scopes()
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
        for history in self._histories.get(id_, ()):
            kind = self.diagram.nodes[history].kind
            self._append(history, history, number, history=kind)
        regions = sorted(scope.region for scope in self._inside if scope.box == id_)
        if not regions:
            refuse(self.diagram.name, part.line, f"{id_!r} has no state inside")
        if len(regions) == 1:
            children = self._number(Scope(id_, regions[0]), number)
            self._scopes[number] = Scope(id_, regions[0])
        else:
            children = tuple(self._region(Scope(id_, region), number) for region in regions)
        self._nodes[number] = replace(
            self._nodes[number], children=children, parallel=len(regions) > 1
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
        raised = (
            tuple(raised.get(id_, ()))
            for raised in (self.diagram.raised, self.diagram.raised_on_exit)
        )
        self._nodes.append(ChartNode(id_, title, parent, (), (), False, final, history, *raised))
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
                entry = node.children
            elif number in self._scopes:
                entry = self._entry(self._scopes[number], routes)
            else:
                continue
            self._nodes[number] = replace(self._nodes[number], entry=entry)
        leaving: dict[str, list[DiagramEdge]] = {}
        for edge in self.diagram.edges:
            leaving.setdefault(edge.source, []).append(edge)
        for id_ in (id_ for ids in self._histories.values() for id_ in ids):
            number, parent = self.index[id_], self.index[self.diagram.nodes[id_].box]
            edges = leaving.get(id_, ())
            targets = [t for e in edges for t in routes.unconditional(e.target, e.line, id_)]
            entry = tuple(self.index[t] for t in targets) or self._nodes[parent].entry
            self._nodes[number] = replace(self._nodes[number], entry=entry)

    def _set_initial(self, routes: Routes) -> None:
        first = self._entry(TOP, routes)
        if len(first) == 1 and self._nodes[first[0]].parent is None:
            self.initial = first[0]
            return
        self.first = first
        outermost = [self._nodes[first[0]].id, *self.around(self._nodes[first[0]].id)][-1]
        self.initial = self.index[outermost]

    def _entry(self, scope: Scope, routes: Routes) -> tuple[int, ...]:
        """Return what is entered first in a scope."""
        marks = self._starts.get(scope, [])
        where = f" in {scope.box!r}" if scope.box else ""
        states = list(dict.fromkeys(mark.state for mark in marks))
        if len(states) > 1 and not are_apart(self.diagram, states):
            (first, line), (second, other) = ((m.state, m.line) for m in (marks[0], next(
                m for m in marks if m.state != marks[0].state)))  # fmt: skip
            what = f"{second!r} is initial{where}, and so is {first!r} (line {line})"
            refuse(self.diagram.name, other, what)
        if not states:
            return (self.index[self._unmarked(scope, where)],)
        targets = tuple(
            target
            for state in states
            for target in routes.unconditional(state, marks[0].line, f"what is initial{where}")
        )
        for target in targets:
            if scope.box and scope.box not in self.around(target):
                what = f"{target!r} is initial{where}, and is not inside of it"
                refuse(self.diagram.name, marks[0].line, what)
        return tuple(self.index[target] for target in targets)

    def _unmarked(self, scope: Scope, where: str) -> str:
        """Return the initial state where none is marked: the one that no arrow leads to."""
        states, likely = self._inside[scope], self._likely(scope)
        if len(likely) > 1 and scope in self._defaults:
            names = ", ".join(map(repr, likely[:4]))
            mark = self.diagram.start_mark
            what = f"which state is initial{where}, {names}? mark it with {mark}"
            refuse(self.diagram.name, self.diagram.part(likely[1]).line, what)
        initial = likely[0]
        if len(states) > 1 and scope in self._defaults:
            entered = initial in self._entered.get(scope, ())
            why = "it is drawn first" if entered else "no arrow leads there"
            self.diagram.assumed.append(f"{initial!r} is initial{where}: {why}")
        return initial

    def _likely(self, scope: Scope) -> list[str]:
        """Return the states of a scope that no other state of it leads to, else its first one."""
        states = [s for s in self._inside[scope] if s not in self.final] or self._inside[scope]
        entered = self._entered.get(scope, set())
        return [id_ for id_ in states if id_ not in entered] or states[:1]

    def _default_scopes(self) -> set[Scope]:
        """Return the scopes that are entered without a word about which of their states is."""
        regions: dict[str, list[Scope]] = {}
        for scope in self._inside:
            regions.setdefault(scope.box, []).append(scope)
        found: set[Scope] = set()
        queue, resumed = self._targets()
        scopes = [TOP]
        while queue or scopes:
            while scopes:
                scope = scopes.pop()
                if scope not in found:
                    found.add(scope)
                    marked = [mark.state for mark in self._starts.get(scope, ())]
                    states = marked or self._likely(scope)[:1]
                    queue += [(state, scope.box) for state in states]
            state, outermost = queue.pop() if queue else ("", "")
            queue += [(target, "") for target in resumed.pop(state, ())]
            if state in self.diagram.boxes:
                scopes += regions.get(state, ())
            for inner in [state, *self.around(state)] if state else ():
                part = self.diagram.part(inner)
                if part.box == outermost:
                    break  # what is around is active already
                scopes += [s for s in regions[part.box] if s.region != part.region]
        return found

    def _targets(self) -> tuple[list[tuple[str, str]], dict[str, list[str]]]:
        """Return what arrows lead to, and what those from each history state lead to."""
        resumed: dict[str, list[str]] = {id_: [] for ids in self._histories.values() for id_ in ids}
        queue = []
        for edge in self.diagram.edges:
            if edge.source in resumed:
                resumed[edge.source].append(edge.target)
            elif not edge.internal:
                queue.append((edge.target, ""))
        return queue, resumed
