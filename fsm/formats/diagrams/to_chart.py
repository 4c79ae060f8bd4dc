"""The chart that a nested state diagram shows, and the machine of all its configurations.

The rules are those of UML as far as SCXML has them. ``[*]`` inside of a state marks where it begins
and where it is complete; an arrow without an event from a state that can be complete is taken when
it is. Any other arrow without an event has the event ``to X``, as in flat diagrams. An arrow to
``[*]`` without an event makes a state inside of another one final, if no other arrow leaves it;
outside of all states it marks the state, which may still be left.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import chain, count
from pathlib import Path
from typing import NamedTuple

from fsm.chart import Chart, ChartEdge, ChartTimer
from fsm.epoch import read_duration
from fsm.flattening.configurations import flatten_begun
from fsm.formats.assembly import MAX_PARTS, refuse
from fsm.formats.diagrams.branches import forks_with_regions
from fsm.formats.diagrams.chart_nodes import ChartNodes
from fsm.formats.diagrams.conditions import conjunction
from fsm.formats.diagrams.joins import Joining, joinings
from fsm.formats.diagrams.labels import actions, plain_label, read_label
from fsm.formats.diagrams.reactions import raised_events
from fsm.formats.diagrams.routes import Route, Routes
from fsm.formats.diagrams.state_diagram import CLOCK, DiagramEdge, StarMark, StateDiagram
from fsm.guard import Formula, Guard
from fsm.machine import Machine, Origin

__all__ = ["nested_machine"]

MAX_CELLS = 100_000
"""States times events; regions that multiply make a small diagram a large table."""
_MAX_ARROWS = 20_000
_DONE = "done.state."
_ALWAYS = "always"
"""How ``fsm draw`` labels an arrow that is taken without an event."""
_WHEN_DONE = "when done"
"""How it labels an arrow that is taken once its state is complete."""
_COMPLETE = " is complete"
"""How the condition ends that a state is complete."""
_AFTER = re.compile(
    rf"{CLOCK}\s*(?P<name>\S.*?)??\s*\bafter (?P<delay>[\d.a-z ]+?)(?P<unstopped> unstopped)?"
)


def nested_machine(diagram: StateDiagram) -> Machine:
    """Return the machine of a nested diagram; raises :class:`MachineError` with file and line."""
    drawn = {*diagram.nodes, *diagram.boxes}
    reading = _Reading(diagram)
    stem = Path(diagram.name).stem
    machine = flatten_begun(reading.chart(), stem, MAX_CELLS)
    marked = reading.marked()
    states = tuple(
        replace(state, final=True) if marked & set(state.atoms) else state
        for state in machine.states
    )
    return replace(
        machine,
        states=states,
        unreachable=tuple(id_ for id_ in machine.unreachable if id_ in drawn),
    )


class _Step(NamedTuple):
    """One edge of the chart."""

    source: str
    route: Route
    outputs: tuple[str, ...] = ()
    internal: bool = False
    raised: tuple[str, ...] = ()


class _Reading:
    def __init__(self, diagram: StateDiagram) -> None:
        self.diagram = diagram
        if len(diagram.edges) > _MAX_ARROWS:
            what = f"more than {_MAX_ARROWS:,} arrows in a diagram that is not flat"
            refuse(diagram.name, diagram.edges[_MAX_ARROWS].line, what)
        _refuse_history_of_none(diagram)
        forks_with_regions(diagram)
        self._start_by_event()
        self.nodes = ChartNodes(diagram)
        self.accepting: list[str] = []
        """The states that are marked as final, and may still be left."""
        self.completing: dict[str, set[str]] = {}
        """What the arrows without an event from each state with states inside lead to."""
        for edge in diagram.edges:
            if edge.source in diagram.boxes and not read_label(edge.label):
                self.completing.setdefault(edge.source, set()).add(edge.target)
        self._take_ends()
        self.joinings: list[Joining] = joinings(diagram, self.nodes)
        self.routes = Routes(diagram)
        self.alternatives = self._alternatives()
        self.unstopped = frozenset(_unstopped_timers(diagram))
        self.timers: dict[tuple[str, str], tuple[int, bool]] = {}
        """The delays of timers in microseconds, by the state that starts them and their event, and
        whether leaving the state stops them."""

    def _start_by_event(self) -> None:
        """Begin in a state of its own, which an event leaves, where the start leads to a choice."""
        diagram = self.diagram
        for number, mark in enumerate(diagram.starts):
            if mark.box or diagram.part(mark.state).kind != "choice":
                continue
            taken = {*diagram.nodes, *diagram.boxes}
            names = chain(("start",), map("start {}".format, count(2)))
            name = next(name for name in names if name not in taken)
            diagram.node(name, mark.line)
            diagram.edge(DiagramEdge(name, mark.state, "start", mark.line))
            diagram.starts[number] = mark._replace(state=name, label="")
            what = f"line {mark.line}: a choice decides where it begins: the event 'start' is that"
            diagram.assumed.append(f"{what} it begins")

    # Ends ------------------------------------------------------------------------------------

    def _take_ends(self) -> None:
        """Turn the arrows to ``[*]`` into final states, marks, and arrows to states of the end."""
        diagram = self.diagram
        for id_ in diagram.finals:
            if diagram.part(id_).box:
                self.nodes.final.add(id_)
            else:
                self.accepting.append(id_)
        left = {edge.source for edge in diagram.edges if not edge.internal}
        left |= {mark.state for mark in diagram.ends if mark.label}
        for mark in diagram.ends:
            part = diagram.part(mark.state)
            if part.kind in ("shallow", "deep"):
                what = f"the history {mark.state!r} leads to [*], which is no state to resume"
                refuse(diagram.name, mark.line, what)
            if mark.label or part.kind or self._can_complete(mark.state):
                self._add_end(mark)
            elif not mark.box:
                self.accepting.append(mark.state)
            elif mark.state in left:
                self._add_end(mark, "other arrows leave it too")
            elif mark.state in diagram.boxes or part.box != mark.box:
                self._add_end(mark, "it has no end inside, or is inside of another state")
            elif self._is_left_at_once(mark):
                self._add_end(mark, f"{mark.box!r} would be left as soon as it is entered")
            else:
                self.nodes.final.add(mark.state)

    def _add_end(self, mark: StarMark, reason: str = "") -> None:
        end = self.nodes.end(mark)
        self.diagram.edge(DiagramEdge(mark.state, end, mark.label, mark.line))
        if reason:
            what = f"line {mark.line}: {mark.state!r} leads to [*] by an event 'to {end}'"
            self.diagram.assumed.append(f"{what}: {reason}")

    def _is_left_at_once(self, mark: StarMark) -> bool:
        """Whether a final state is entered first, in a state that is left when it is complete."""
        return len(self.completing.get(mark.box, ())) == 1 and self.nodes.is_first(mark)

    def _can_complete(self, id_: str) -> bool:
        return id_ in self.diagram.boxes and self.nodes.can_complete(id_)

    def marked(self) -> set[str]:
        """Return the atomic states of the states that are marked as final."""
        diagram = self.diagram
        accepting = set(self.accepting)
        if diagram.edges and not (diagram.starts or diagram.ends or diagram.finals):
            left = {edge.source for edge in diagram.edges if edge.source != edge.target}
            accepting = {i for i, n in diagram.nodes.items() if not n.box} - left
        return {id_ for id_ in diagram.nodes if accepting & {id_, *self.nodes.around(id_)}}

    # The chart -------------------------------------------------------------------------------

    def chart(self) -> Chart:
        """Return the chart."""
        diagram = self.diagram
        steps = self._steps()
        nodes = self.nodes.chart_nodes(self.routes)
        index = self.nodes.index
        edges = [self._edge(step, index) for step in steps]
        events = dict.fromkeys(event for edge in edges for event in edge.events)
        done = {f"{_DONE}{id_}" for id_ in diagram.boxes}
        stem = Path(diagram.name).stem
        return Chart(
            class_name=diagram.name,
            title=stem,
            nodes=nodes,
            edges=tuple(edges),
            initial=self.nodes.initial,
            events=tuple(event for event in events if event not in done),
            indicators=(),
            deadline=None,
            companion=None,
            atomic_update=False,
            rules="scxml",
            start=self.nodes.first,
            assumed=tuple(diagram.assumed),
            timers=tuple(
                ChartTimer(index[source], event, delay, stops)
                for (source, event), (delay, stops) in self.timers.items()
            ),
        )

    def _edge(self, step: _Step, index: dict[str, int]) -> ChartEdge:
        route = step.route
        origin = Origin(f"line {route.line}", "as drawn", self.diagram.name, route.line)
        return ChartEdge(
            source=index[step.source],
            targets=() if step.internal else tuple(index[target] for target in route.targets),
            events=(route.event,) if route.event else (),
            internal=step.internal,
            guard=route.guard,
            raised=step.raised,
            outputs=step.outputs,
            origin=origin,
        )

    def _steps(self) -> list[_Step]:
        """Return the steps of all states, in the order of the arrows, ``else`` behind the rest."""
        steps: list[_Step] = []
        for edge in self.diagram.edges:
            part = self.diagram.part(edge.source)
            if not part.kind:
                steps += self._of_edge(edge)
            elif part.kind in ("shallow", "deep") and edge.label:
                label = plain_label(edge.label)
                what = f"the arrow from the history {edge.source!r} has the label {label!r}"
                refuse(self.diagram.name, edge.line, f"{what}; where it leads depends on no event")
            if len(steps) > MAX_PARTS:
                refuse(self.diagram.name, edge.line, f"more than {MAX_PARTS} events on arrows")
        steps.sort(key=lambda step: step.route.is_else)
        for joining in self.joinings:
            for route in self.routes.of(joining.edge):
                guard = conjunction([joining.guard, route.guard])
                steps.append(_Step(joining.box, route._replace(guard=guard)))
        self._refuse_two_targets(steps)
        return list({self._key(step): step for step in reversed(steps)}.values())[::-1]

    def _key(self, step: _Step) -> tuple[object, ...]:
        """Return what is the same in two arrows of which one is enough."""
        route = step.route
        return step.source, route.event, route.guard.text, route.targets, step.internal, step.raised

    def _of_edge(self, edge: DiagramEdge) -> Iterator[_Step]:
        raised = tuple(raised_events(edge.label))
        outputs = tuple(a for a in actions(edge.label) if not raised)
        for route in self.routes.of(edge):
            event, guard = route.event or f"to {route.name}", route.guard
            if event == _ALWAYS:
                event = ""
            elif event.startswith(CLOCK):
                event = self._timer(edge, event)
            elif route.event in ("", _WHEN_DONE) and self._can_complete(edge.source):
                if edge.source in self.alternatives:
                    guard = conjunction([self._complete(edge.source), guard])
                else:
                    event = f"{_DONE}{edge.source}"
            if self._says_complete(edge.source, guard.text):
                guard = self._complete(edge.source)
            route = route._replace(event=event, guard=guard, line=edge.line)
            yield _Step(edge.source, route, outputs, edge.internal, raised)

    def _timer(self, edge: DiagramEdge, event: str) -> str:
        """Return the event of a timer, which the source starts."""
        match = _AFTER.fullmatch(event)
        bare = event.removeprefix(CLOCK).strip()
        if match is None and bare in self.unstopped:  # another state starts it
            return bare
        delay = read_duration(match["delay"]) if match else None
        if match is None or delay is None:
            what = f"{event!r} does not say after how long; write {CLOCK} NAME after 1 h 30 min"
            refuse(self.diagram.name, edge.line, what)
        name = match["name"] or f"after {match['delay']}"
        stops = match["unstopped"] is None
        self.timers[edge.source, name] = (delay // timedelta(microseconds=1), stops)
        return name

    def _alternatives(self) -> set[str]:
        """Return the states that several arrows without a label leave: one event is not enough."""
        found: dict[str, set[str]] = {}
        for edge in self.diagram.edges:
            if self._can_complete(edge.source) and not read_label(edge.label):
                found.setdefault(edge.source, set()).add(edge.target)
        several = {id_ for id_, targets in found.items() if len(targets) > 1}
        for id_ in sorted(several):
            what = f"several arrows without an event leave {id_!r}: each has its own, 'to STATE'"
            self.diagram.assumed.append(what)
        return several

    def _says_complete(self, box: str, guard: str) -> bool:
        """Whether a guard is that of a completion, as ``fsm draw`` writes it."""
        if not guard.endswith(_COMPLETE) or not self._can_complete(box):
            return False
        return guard.removesuffix(_COMPLETE) in (box, self.diagram.part(box).title)

    def _complete(self, box: str) -> Guard:
        """Return the condition that all regions of a state are in a final state."""
        ends: dict[int, list[Formula]] = {}
        for id_ in sorted(self.nodes.final):
            part = self.diagram.part(id_)
            if part.box == box:
                inside = Formula("in", (), frozenset({id_}))
                ends.setdefault(part.region, []).append(inside)
        regions = tuple(Formula("or", tuple(formulas)) for formulas in ends.values())
        return Guard(f"{box}{_COMPLETE}", Formula("and", regions))

    def _refuse_two_targets(self, steps: list[_Step]) -> None:
        """Refuse an arrow that never counts, or that counts only where a choice has no way on."""
        rows: dict[tuple[str, str], list[_Step]] = {}
        for step in steps:
            rows.setdefault((step.source, step.route.event), []).append(step)
        for (source, event), row in rows.items():
            first: dict[str, Route] = {}
            for route in (step.route for step in row if step.route.event):
                before = first.get("") or first.setdefault(route.guard.text, route)
                if before.targets != route.targets:
                    what = f"{event!r} leads from {source!r} to {' + '.join(route.targets)!r}, on "
                    what += f"line {before.line} to {' + '.join(before.targets)!r}"
                    refuse(
                        self.diagram.name, route.line, f"{what}; tell them apart by guards: "
                        "[condition]"
                    )  # fmt: skip
            partial = next((s.route for s in row if s.route.is_partial), None)
            if partial and row[-1].route.line != partial.line:
                what = f"the choice on the way of {event!r} from {source!r} (line {partial.line})"
                refuse(
                    self.diagram.name, row[-1].route.line,
                    f"{what} may have no way on, and this is another way; add [else] to the choice",
                )  # fmt: skip


def _unstopped_timers(diagram: StateDiagram) -> Iterator[str]:
    """Yield the events of the timers that go on when the state that starts them is left."""
    for edge in diagram.edges if any(CLOCK in edge.label for edge in diagram.edges) else ():
        for event, _ in read_label(edge.label):
            match = _AFTER.fullmatch(event)
            if match and match["unstopped"]:
                yield match["name"] or ""


def _refuse_history_of_none(diagram: StateDiagram) -> None:
    """Refuse a history beside which there is no state that it could resume."""
    parts = (*diagram.nodes.values(), *diagram.boxes.values())
    full = {part.box for part in parts if part.box and not part.kind}
    for id_, node in diagram.nodes.items():
        if node.kind in ("shallow", "deep") and node.box not in full:
            what = f"the history {id_!r} is not in a state with states inside"
            refuse(diagram.name, node.line, f"{what}; draw it in one")
