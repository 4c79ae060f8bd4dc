"""Flatten a chart: every configuration that it can reach is a state of a :class:`Machine`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from fsm.chart import Chart, ChartEdge
from fsm.errors import MachineError
from fsm.flattening.cases import Decision, decide, meant, possible_steps, refined
from fsm.flattening.start import GuardAtStartError, started_by_event
from fsm.flattening.stepper import Configuration, Macrostep, OrderNeededError, Stepper
from fsm.flattening.timers import passed_at_start, timers_of, unheard_timers
from fsm.flattening.variants import VariantNames, representatives
from fsm.graph import breadth_first
from fsm.guard import MAX_GUARDS, Valuation, symbol, valuations
from fsm.machine import Machine, State, Transition
from fsm.suggest import remedy
from fsm.text import first_names

__all__ = ["flatten", "flatten_begun"]

MAX_STATES = 100_000


def flatten(chart: Chart, name: str | None = None, max_cells: int | None = None) -> Machine:
    """Return the machine of all configurations that a chart can reach.

    Raises :class:`MachineError` where the chart cannot be compiled exactly, or has more than
    100,000 states or ``max_cells`` cells.
    """
    return _Flattening(chart, max_cells).machine(name or chart.class_name)


def flatten_begun(chart: Chart, name: str, max_cells: int) -> Machine:
    """Return the same machine; where guards decide at the start, an event begins it.

    See :func:`fsm.flattening.start.started_by_event`.
    """
    try:
        return flatten(chart, name, max_cells)
    except GuardAtStartError:
        return flatten(started_by_event(chart), name, max_cells)


_Row: TypeAlias = dict[str, tuple[str, Macrostep]]
"""The event, and the step it makes, of every symbol that a configuration accepts."""


class _Flattening:
    def __init__(self, chart: Chart, max_cells: int | None) -> None:
        self.chart = chart
        self.max_cells = max_cells
        self.is_grouped = any(node.parent is None and node.children for node in chart.nodes)
        try:
            self._explore(Stepper(chart))
        except OrderNeededError:
            self._explore(Stepper(chart, ordered=True))

    def _explore(self, stepper: Stepper) -> None:
        """Compute what every reachable configuration does, the nearest ones first."""
        self.stepper = stepper
        decisions: dict[Configuration, list[Decision]] = {}

        def successors(configuration: Configuration) -> Iterator[Configuration]:
            row = decisions[configuration] = [
                self._decision(configuration, event) for event in self.chart.events
            ]
            self._check_size(len(decisions), len(self.chart.events))
            return (step.after for decision in row for step in possible_steps(decision))

        start = stepper.start()
        breadth_first([start], successors)
        self.symbols = {
            event: [
                (symbol(event, valuation), valuation)
                for valuation in refined((row[i] for row in decisions.values()), self._at(event))
            ]
            for i, event in enumerate(self.chart.events)
        }
        self._check_size(len(decisions), sum(map(len, self.symbols.values())))
        cells = {
            configuration: [
                meant(decision, valuation)
                for decision, refinement in zip(row, self.symbols.values(), strict=True)
                for _, valuation in refinement
            ]
            for configuration, row in decisions.items()
        }
        self.same = representatives(cells)
        self.start = self.same[start]
        columns = [(text, event) for event, pairs in self.symbols.items() for text, _ in pairs]
        self.rows: dict[Configuration, _Row] = {
            configuration: {
                text: (event, step)
                for (text, event), step in zip(columns, cells[configuration], strict=True)
                if step
            }
            for configuration in cells
            if self.same[configuration] is configuration
        }

    def _decision(self, configuration: Configuration, event: str) -> Decision:
        def step(valuation: Valuation) -> Macrostep | None:
            return self.stepper.macrostep(configuration, event, valuation)

        return decide(step, self._at(event))

    def machine(self, name: str) -> Machine:
        chart, rows = self.chart, self.rows
        # In the order of the declaration, so that it does not matter how a state was reached.
        ordered = sorted(rows, key=lambda c: (self._atoms(c), c.ended, c.memory, c.order))
        variants = VariantNames(chart, ordered, self._atoms)
        states = {c: self._state(c, *variants.of(c)) for c in ordered}
        self._check_indicators(states)
        self._check_deadline({(states[c].name, text) for c in ordered for text in rows[c]})
        reached = {atom for c in ordered for atom in self._atoms(c)}
        numbers = {id(edge): i for i, edge in enumerate(chart.edges)}
        transitions = [
            Transition(
                source=states[c].name,
                event=text,
                target=states[self.same[step.after]].name,
                trigger=event,
                guard=_condition(step.fired),
                origin=next((e.origin for e in step.fired if e.origin), None),
                edges=tuple(sorted(numbers[id(e)] for e in step.fired)),
                followed=tuple(sorted(numbers[id(e)] for e in step.followed)),
            )
            for c in ordered
            for text, (event, step) in rows[c].items()
        ]
        taken = [step for c in ordered for _, step in rows[c].values()]
        held = {text: valuation for pairs in self.symbols.values() for text, valuation in pairs}
        initial = states[self.start].name
        passed = passed_at_start(chart, self.stepper.entered_at_start, self.start)
        steps = (
            (c, text, replace(step, after=self.same[step.after]))
            for c in ordered
            for text, (_, step) in rows[c].items()
        )
        timers = tuple(timers_of(chart, states, steps, start=self.start, passed=passed))
        return Machine(
            name=name,
            title=chart.title,
            states=tuple(states.values()),
            events=tuple(text for refined in self.symbols.values() for text, _ in refined),
            transitions=tuple(_told_apart(transitions, taken, held)),
            initial=initial,
            indicators=chart.indicators,
            deadline=chart.deadline,
            companion=chart.companion,
            unit=chart.unit,
            colours=dict(chart.colours),
            guards={event: tuple(pairs[0][1]) for event, pairs in self.symbols.items()},
            unreachable=tuple(
                node.id for i, node in enumerate(chart.nodes) if node.is_atomic and i not in reached
            ),
            ignored=(
                *self._ignored(states),
                *self._unheard(),
                *unheard_timers(chart),
            ),
            assumed=(*chart.assumed, *self._assumed()),
            timers=timers,
            chart=chart,
        )

    def _check_size(self, states: int, columns: int) -> None:
        name = self.chart.class_name
        if states > MAX_STATES:
            raise MachineError(f"{name}: more than {MAX_STATES:,} states")
        if self.max_cells and states * columns > self.max_cells:
            raise MachineError(f"{name}: more than {self.max_cells:,} cells")

    def _assumed(self) -> Iterator[str]:
        """Yield what is taken for granted where the chart leaves it open."""
        names = self.stepper.unset_at_start
        if names:
            verb = "hold" if len(names) > 1 else "holds"
            yield f"before the first event {' and '.join(names)} never {verb}"
        if any(edge.guard.names for edge in self.chart.edges if not edge.events):
            yield (
                "an eventless transition with a guard is taken with an event: "
                "a guard that changes between two events is noticed with the second one"
            )

    def _unheard(self) -> Iterator[str]:
        """Yield the events that are raised or sent, and that no transition has."""
        emitted: dict[str, str] = {}
        nodes = self.chart.nodes
        for node in nodes:
            for event in (*node.raised, *node.sent, *node.raised_on_exit, *node.sent_on_exit):
                emitted.setdefault(event, node.id)
        for edge in self.chart.edges:
            for event in (*edge.raised, *edge.sent, *edge.raised_after, *edge.sent_after):
                emitted.setdefault(event, nodes[edge.source].id)
        for event, place in emitted.items():
            if event not in self.stepper.heard:
                yield f"the event {event} of {place} does nothing: no transition has it"

    def _ignored(self, states: dict[Configuration, State]) -> Iterator[str]:
        """Yield the declared transitions that fire nowhere, or not where they could, and why.

        python-statemachine ends the machine once all regions of an outermost parallel state are
        complete, and from then on ignores the transitions that leave it.
        """
        reached = frozenset[int]().union(*(c.active for c in states))
        ended_in: dict[int, list[Configuration]] = {}
        for configuration in states:
            for node in configuration.active if configuration.ended else ():
                ended_in.setdefault(node, []).append(configuration)
        for edge in self.chart.edges:
            ends = ended_in.get(edge.source, ())
            names = [states[c].name for c in ends if self._would_fire(edge, c)]
            ended = first_names(names)
            where = f"in {ended}, where all regions are complete: the machine has ended"
            if id(edge) in self.stepper.taken:
                if names:
                    yield f"{self._declared(edge)} is ignored {where}"
            elif edge.source not in reached:
                yield f"{self._declared(edge)} never fires: no trace reaches its source"
            else:
                why = "others come first, or no guard allows it"
                why = f"it is ignored {where}" if names else why
                yield f"{self._declared(edge)} never fires: {why}"

    def _would_fire(self, edge: ChartEdge, ended: Configuration) -> bool:
        """Whether an edge would fire in a configuration if the machine had not ended there."""
        ids = frozenset(self.chart.nodes[i].id for i in ended.active)
        is_heard = any(event in self.chart.events for event in edge.events)
        names = edge.guard.names
        return is_heard and (
            len(names) > MAX_GUARDS
            or any(edge.guard.test(v, ids) for v in valuations(names, self.chart.class_name))
        )

    def _declared(self, edge: ChartEdge) -> str:
        """Describe an edge as it is declared."""
        nodes = self.chart.nodes
        event = " ".join(edge.events) or "no event"
        guard = f" [{edge.guard.text}]" if edge.guard.text else ""
        targets = " + ".join(nodes[i].id for i in edge.targets) or "itself"
        return f"{nodes[edge.source].id} --{event}{guard}--> {targets}"

    def _atoms(self, configuration: Configuration) -> tuple[int, ...]:
        return tuple(sorted(i for i in configuration.active if self.chart.nodes[i].is_atomic))

    def _state(self, configuration: Configuration, variant: str, remark: str) -> State:
        """Return the state of a configuration. Its status is the top-level state.

        Where states are grouped into statuses, an initial state outside all groups has none:
        nothing is shown before the first event. What it remembers makes no other state of it.
        """
        nodes = self.chart.nodes
        atoms = [nodes[i] for i in self._atoms(configuration)]
        top = nodes[min(configuration.active)]
        shows_nothing = (
            self.is_grouped and top.is_atomic and configuration.active == self.start.active
        )
        return State(
            name="+".join(a.id for a in atoms) + variant,
            status=None if shows_nothing else top.title,
            title=" + ".join(a.title for a in atoms) + remark,
            atoms=tuple(a.id for a in atoms),
            final=configuration.ended or (self.chart.parallel_ends and all(a.final for a in atoms)),
        )

    def _check_indicators(self, states: dict[Configuration, State]) -> None:
        chart = self.chart
        statuses = {s.status for s in states.values() if s.status is not None}
        for indicator in chart.indicators:
            for status in sorted(indicator.statuses - statuses):
                raise MachineError(
                    f"{chart.class_name}: indicator {indicator.name!r} counts the status "
                    f"{status!r}; {remedy(status, sorted(statuses))}"
                )

    def _check_deadline(self, cells: set[tuple[str, str]]) -> None:
        deadline = self.chart.deadline
        if deadline is None:
            return
        if deadline.start not in {event for _, event in cells}:
            raise MachineError(
                f"{self.chart.class_name}: the deadline starts with {deadline.start!r}, which is "
                "no event of the machine, or depends on guards"
            )
        if (deadline.state, deadline.event) not in cells:
            raise MachineError(
                f"{self.chart.class_name}: the deadline's event {deadline.event!r} is not accepted "
                f"in state {deadline.state!r}, or depends on guards"
            )

    def _at(self, event: str) -> str:
        return f"{self.chart.class_name}: event {event!r}"


def _condition(edges: Iterable[ChartEdge]) -> str:
    """Return the conditions of edges as one text, each of them once."""
    texts = (text for edge in edges for text in (edge.validator.text, edge.guard.text))
    found = list(dict.fromkeys(filter(None, texts)))
    return " and ".join(f"({t})" if len(found) > 1 and " or " in t else t for t in found)


def _told_apart(
    transitions: Sequence[Transition], steps: Sequence[Macrostep], held: Mapping[str, Valuation]
) -> Iterator[Transition]:
    """Yield transitions; where a label leads to two states, it says which guards hold instead.

    A guard that is asked later, when a state is complete or by a transition without event, is none
    of the transition that the event takes first. One that is asked before it is, where the event
    has the transition only then.
    """
    targets: dict[tuple[str, str], set[str]] = {}
    for t in transitions:
        targets.setdefault((t.source, t.label), set()).add(t.target)
    pairs = list(zip(transitions, steps, strict=True))
    at_once = {(t.source, t.label) for t, step in pairs if not step.preceded}
    for t, step in pairs:
        if len(targets[t.source, t.label]) > 1:
            names = (n if truth else f"not {n}" for n, truth in sorted(held[t.event].items()))
            yield replace(t, guard=" and ".join(names))
        elif (t.source, t.label) not in at_once:
            yield replace(t, guard=_condition((*step.preceded, *step.fired)))
        else:
            yield t
