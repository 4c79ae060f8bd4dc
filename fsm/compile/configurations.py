"""Walk every reachable configuration of a chart, event by event, into a :class:`Machine`."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from fsm.compile.chart import Chart, ChartEdge
from fsm.compile.guard import symbol, valuations
from fsm.compile.stepper import Configuration, Macrostep, Stepper
from fsm.errors import MachineError
from fsm.machine import Machine, State, Transition

__all__ = ["flatten"]

MAX_STATES = 100_000


def flatten(chart: Chart, name: str | None = None, most: int | None = None) -> Machine:
    """Return the machine of all configurations a chart can reach.

    Raises :class:`MachineError` where the chart cannot be compiled exactly, has more than
    100,000 states, or, where ``most`` is given, more than so many cells.
    """
    return _Explorer(chart, most).machine(name or chart.class_name)


class _Explorer:
    def __init__(self, chart: Chart, most: int | None = None) -> None:
        self.chart = chart
        self.most = most
        self.stepper = Stepper(chart)

    def machine(self, name: str) -> Machine:
        chart = self.chart
        symbols = {
            event: [
                (symbol(event, v), v)
                for v in valuations(self.stepper.guards(event), self._at(event))
            ]
            for event in chart.events
        }
        width = sum(map(len, symbols.values()))
        start = self.stepper.start()
        steps: dict[Configuration, dict[str, tuple[str, Macrostep]]] = {}
        queue = deque([start])
        while queue:
            configuration = queue.popleft()
            if configuration in steps:
                continue
            row = steps[configuration] = {}
            if len(steps) > MAX_STATES:
                raise MachineError(f"{chart.class_name}: more than {MAX_STATES:,} states")
            if self.most and len(steps) * width > self.most:
                raise MachineError(f"{chart.class_name}: more than {self.most:,} cells")
            for event, refined in symbols.items():
                for text, valuation in refined:
                    step = self.stepper.macrostep(configuration, event, valuation)
                    if step:
                        row[text] = (event, step)
                        queue.append(step.after)
        return self._assemble(name, start, steps, symbols)

    def _assemble(
        self,
        name: str,
        start: Configuration,
        steps: dict[Configuration, dict[str, tuple[str, Macrostep]]],
        symbols: dict[str, list[tuple[str, dict[str, bool]]]],
    ) -> Machine:
        chart = self.chart
        ordered = sorted(steps, key=lambda c: (self._atoms(c), c.ended))
        states = {c: self._state(c, start) for c in ordered}
        self._check_names(states)
        self._check_indicators(states)
        self._check_deadline({(states[c].name, text) for c in ordered for text in steps[c]})
        reached = {atom for c in ordered for atom in self._atoms(c)}
        transitions = tuple(
            Transition(
                source=states[c].name,
                event=text,
                target=states[step.after].name,
                trigger=event,
                guard=" and ".join(dict.fromkeys(e.guard.text for e in step.fired if e.guard.text)),
            )
            for c in ordered
            for text, (event, step) in steps[c].items()
        )
        return Machine(
            name=name,
            title=chart.title,
            states=tuple(states.values()),
            events=tuple(text for refined in symbols.values() for text, _ in refined),
            transitions=transitions,
            initial=states[start].name,
            indicators=chart.indicators,
            deadline=chart.deadline,
            companion=chart.companion,
            guards={event: tuple(sorted(self.stepper.guards(event))) for event in chart.events},
            unreachable=tuple(
                node.id for i, node in enumerate(chart.nodes) if node.is_atomic and i not in reached
            ),
            ignored=tuple(self._ignored(states)),
        )

    def _ignored(self, states: dict[Configuration, State]) -> Iterator[str]:
        """Yield the declared transitions that fire nowhere, or not where they could, and why.

        python-statemachine ends the machine once all regions of an outermost parallel state are
        complete, and from then on ignores the transitions that leave it.
        """
        reached = frozenset[int]().union(*(c.active for c in states))
        complete: dict[int, list[Configuration]] = {}
        for configuration in states:
            for node in configuration.active if configuration.ended else ():
                complete.setdefault(node, []).append(configuration)
        for edge in self.chart.edges:
            ended = [states[c].name for c in complete.get(edge.source, ()) if self._could(edge, c)]
            end = f"in {_some(ended)}, where all regions are complete: the machine has ended"
            if id(edge) not in self.stepper.taken:
                why = (
                    f"it is ignored {end}" if ended else "others come first, or no guard allows it"
                )
                why = why if edge.source in reached else "no trace reaches its source"
                yield f"{self._declared(edge)} never fires: {why}"
            elif ended:
                yield f"{self._declared(edge)} is ignored {end}"

    def _could(self, edge: ChartEdge, ended: Configuration) -> bool:
        """Whether an edge would fire in a configuration, had the machine not ended there."""
        ids = frozenset(self.chart.nodes[i].id for i in ended.active)
        return any(
            edge.guard.test(valuation, ids)
            for event in edge.events
            if event in self.chart.events
            for valuation in valuations(self.stepper.guards(event), self._at(event))
        )

    def _declared(self, edge: ChartEdge) -> str:
        """Name an edge as it is declared."""
        nodes = self.chart.nodes
        event = " ".join(edge.events) or "no event"
        guard = f" [{edge.guard.text}]" if edge.guard.text else ""
        targets = " + ".join(nodes[i].id for i in edge.targets) or "itself"
        return f"{nodes[edge.source].id} --{event}{guard}--> {targets}"

    def _atoms(self, configuration: Configuration) -> tuple[int, ...]:
        return tuple(sorted(i for i in configuration.active if self.chart.nodes[i].is_atomic))

    def _state(self, configuration: Configuration, start: Configuration) -> State:
        """Name a configuration. Its status is the top-level state.

        Where states are grouped into statuses, an initial state that stands alone has none:
        nothing is shown before the first event.
        """
        nodes = self.chart.nodes
        atoms = [nodes[i] for i in self._atoms(configuration)]
        top = nodes[min(configuration.active)]
        grouped = any(node.parent is None and node.children for node in nodes)
        untouched = grouped and top.is_atomic and configuration == start
        return State(
            name="+".join(a.id for a in atoms),
            status=None if untouched else top.title,
            title=" + ".join(a.title for a in atoms),
            atoms=tuple(a.id for a in atoms),
            final=configuration.ended or (self.chart.parallel_ends and all(a.final for a in atoms)),
        )

    def _check_names(self, states: dict[Configuration, State]) -> None:
        ended = {s.name: c.ended for c, s in states.items()}
        for configuration, state in states.items():
            if ended[state.name] != configuration.ended:
                raise MachineError(
                    f"{self.chart.class_name}: state {state.name!r} ends the machine or not, "
                    "depending on which of its regions was complete first"
                )

    def _check_indicators(self, states: dict[Configuration, State]) -> None:
        chart = self.chart
        statuses = {s.status for s in states.values() if s.status is not None}
        for indicator in chart.indicators:
            for status in sorted(indicator.statuses - statuses):
                raise MachineError(
                    f"{chart.class_name}: indicator {indicator.name!r} counts the status "
                    f"{status!r}; there are: {', '.join(sorted(statuses))}"
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


def _some(names: list[str]) -> str:
    """Return some of many names, the first ones."""
    more = f" and {len(names) - 4} more" if len(names) > 5 else ""
    return ", ".join(names[:4] if more else names) + more
