"""A machine that was declared as a statechart, as the nested configuration of XState that it is.

States inside of others, regions, history, timers as ``after`` and what is taken without an event
stay as they are declared. XState follows rules of its own, and a configuration cannot say
everything; so the configuration is read again, and counts only where it is the same machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fsm.chart import Chart, ChartEdge, ChartNode
from fsm.errors import MachineError
from fsm.flattening.start import without_start_event
from fsm.formats.json_objects import LocatedJson
from fsm.formats.statecharts.xstate import read_xstate
from fsm.guard import ALWAYS, Formula
from fsm.machine import Machine
from fsm.machine_parts import refinements
from fsm.text import json_text, plain_ids

__all__ = ["chart_config"]

_DONE = "done.state."
_OTHERS = " (not named)"
_PATTERN = f".*{_OTHERS}"
"""How the event ends that stands for all those that a pattern matches and no other one names."""
_INVOKED = {"done.invoke.": "onDone", "error.platform.": "onError"}


class _NotWrittenError(Exception):
    """The chart has something that a configuration cannot say."""


def chart_config(machine: Machine) -> dict[str, Any] | None:
    """Return the nested configuration of a machine; ``None`` where there is none that is the same.

    A machine without a chart has none, and a chart without states inside of others and without
    timers needs none.
    """
    chart = machine.chart and without_start_event(machine.chart)
    if chart is None or not (chart.rules == "xstate" or _has_shape(chart)):
        return None
    try:
        written = _ChartWriter(machine, chart)
        configs = list(written.configs())
    except _NotWrittenError:
        return None
    return next((c for c in configs if _is_same(c, machine, written.renamed)), None)


def _has_shape(chart: Chart) -> bool:
    """Whether a chart has more than one level of states, regions, history or timers."""
    deep = any(len(chart.ancestors[i]) > 1 for i in range(len(chart.nodes)))
    return deep or bool(chart.timers) or any(n.parallel or n.history for n in chart.nodes)


def _is_same(config: dict[str, Any], machine: Machine, renamed: dict[str, str]) -> bool:
    """Whether a configuration is read as a machine, some events of which have another name."""
    try:
        again = read_xstate(LocatedJson(json_text(config), "xstate.json"))
    except MachineError:
        return False
    return _facts(again, {}) == _facts(machine, renamed)


def _facts(machine: Machine, renamed: dict[str, str]) -> object:
    symbols = refinements(machine.guards, machine.events)

    def named(text: str) -> object:
        event, held = symbols.get(text, (text, {}))
        return renamed.get(event, event), frozenset(held.items())

    reached = {state for state, _ in machine.shortest_traces()}
    steps = {
        (t.source, named(t.event), t.target) for t in machine.transitions if t.source in reached
    }
    states = {(s.name, s.status, s.title, s.final) for s in machine.states if s.name in reached}
    timers = {
        (named(t.event), t.delay, frozenset(t.states),
         frozenset((state, named(event)) for state, event in t.restarts))
        for t in machine.timers
    }  # fmt: skip
    return machine.initial, states, steps, timers


@dataclass(slots=True)
class _Facts:
    """What a state does, by the members of a configuration."""

    on: dict[str, list[Any]]
    after: dict[str, list[Any]]
    invoke: dict[str, dict[str, Any]]
    always: list[Any]
    done: list[Any]


class _ChartWriter:
    def __init__(self, machine: Machine, chart: Chart) -> None:
        self.machine, self.chart = machine, chart
        self.ids = plain_ids(node.id for node in chart.nodes)
        self.renamed: dict[str, str] = {}
        self.delays: dict[tuple[int, str], str] = {}
        for timer in chart.timers:
            if timer.delay % 1000 or not timer.stops:
                raise _NotWrittenError
            delay, id_ = str(timer.delay // 1000), chart.nodes[timer.node].id
            self.delays[timer.node, timer.event] = delay
            if self.renamed.setdefault(timer.event, name := f"after {delay} in {id_}") != name:
                raise _NotWrittenError

    def configs(self) -> Iterator[dict[str, Any]]:
        """Yield the configurations that may be the same machine, the simplest first."""
        chart, machine = self.chart, self.machine
        tops = [i for i, node in enumerate(chart.nodes) if node.parent is None]
        if len(tops) == 1 and chart.nodes[tops[0]].children:
            yield {**self._state(tops[0]), "description": machine.title}
        yield {
            "id": plain_ids([machine.name], reserved=self.ids.values())[machine.name],
            "description": machine.title,
            "initial": self._key(chart.initial),
            "states": {self._key(i): self._state(i) for i in tops},
        }

    def _key(self, number: int) -> str:
        """Return the name of a state inside of the one around it."""
        node = self.chart.nodes[number]
        around = "" if node.parent is None else f"{self.chart.nodes[node.parent].id}."
        key = node.id.removeprefix(around)
        if "." in key:
            raise _NotWrittenError
        return key

    def _state(self, number: int) -> dict[str, Any]:
        node = self.chart.nodes[number]
        if node.sent or node.sent_on_exit:
            raise _NotWrittenError
        config: dict[str, Any] = {"id": self.ids[node.id]}
        if node.title != self._key(number):
            config["meta"] = {"title": node.title}
        if node.history:
            targets = [f"#{self.ids[self.chart.nodes[i].id]}" for i in node.entry]
            return config | {"type": "history", "history": node.history, "target": targets}
        if node.final:
            config["type"] = "final"
        if node.raised:
            config["entry"] = [_raise(event) for event in node.raised]
        if node.raised_on_exit:
            config["exit"] = [_raise(event) for event in node.raised_on_exit]
        return config | self._inside(number, node) | self._leaving(number)

    def _inside(self, number: int, node: ChartNode) -> dict[str, Any]:
        """Return what is inside of a state."""
        if not node.children:
            return {}
        chart = self.chart
        inside = [i for i, inner in enumerate(chart.nodes) if inner.parent == number]
        states = {self._key(i): self._state(i) for i in inside}
        if node.parallel:
            return {"type": "parallel", "states": states}
        if len(node.entry) != 1 or chart.nodes[node.entry[0]].parent != number:
            raise _NotWrittenError
        return {"initial": self._key(node.entry[0]), "states": states}

    def _leaving(self, number: int) -> dict[str, Any]:
        """Return the transitions of a state."""
        found = _Facts({}, {}, {}, [], [])
        for edge in self.chart.outgoing[number]:
            transition = self._transition(edge)
            patterns = [e for e in edge.events if e == "*" or e.endswith(_PATTERN)]
            for event in (e.removesuffix(_OTHERS) for e in patterns or edge.events):
                self._add(found, number, event, transition)
            if not edge.events:
                found.always.append(transition)
        members = {
            "always": found.always, "onDone": found.done, "invoke": list(found.invoke.values()),
            "on": found.on, "after": found.after,
        }  # fmt: skip
        return {name: value for name, value in members.items() if value}

    def _add(self, found: _Facts, number: int, event: str, transition: dict[str, Any]) -> None:
        if event.startswith(_DONE):
            if event != f"{_DONE}{self.chart.nodes[number].id}":
                raise _NotWrittenError
            found.done.append(transition)
        elif event in self.renamed:
            if (number, event) not in self.delays:
                raise _NotWrittenError
            found.after.setdefault(self.delays[number, event], []).append(transition)
        elif prefix := next(filter(event.startswith, _INVOKED), ""):
            actor = event.removeprefix(prefix)
            invoked = found.invoke.setdefault(actor, {"src": actor, "id": actor})
            invoked.setdefault(_INVOKED[prefix], []).append(transition)
        else:
            found.on.setdefault(event, []).append(transition)

    def _transition(self, edge: ChartEdge) -> dict[str, Any]:
        chart = self.chart
        if edge.sent or edge.sent_after or edge.raised_after or edge.validator != ALWAYS:
            raise _NotWrittenError
        facts: dict[str, Any] = {}
        targets = [f"#{self.ids[chart.nodes[i].id]}" for i in edge.targets]
        if targets:
            facts["target"] = targets[0] if len(targets) == 1 else targets
        inside = all(i == edge.source or chart.is_inside(i, edge.source) for i in edge.targets)
        if targets and inside and not edge.internal:
            facts["reenter"] = True
        if edge.guard.text:
            facts["guard"] = self._guard(edge.guard.formula)
        actions = [*edge.outputs, *map(_raise, edge.raised)]
        return facts | ({"actions": actions} if actions else {})

    def _guard(self, formula: Formula) -> Any:
        literals = dict(_literals(formula))
        if None not in literals and literals:
            name, truth = next(iter(literals.items()))
            alone = len(literals) == 1 and truth
            return name if alone else {"type": "is", "params": literals}
        if formula.operator == "in":
            asked = [
                {"type": "stateIn", "params": {"stateValue": f"#{self.ids[name]}"}}
                for name in sorted(formula.names)
            ]
            return asked[0] if len(asked) == 1 else {"type": "and", "guards": asked}
        if formula.operator == "name":
            raise _NotWrittenError
        return {"type": formula.operator, "guards": [self._guard(part) for part in formula.parts]}


def _literals(formula: Formula) -> Iterator[tuple[str | None, bool]]:
    """Yield the truth of each named guard that a formula asks for; ``None`` if it is no such."""
    match formula:
        case Formula("name", _, names):
            yield from ((name, True) for name in names)
        case Formula("not", (Formula("name", _, names),)):
            yield from ((name, False) for name in names)
        case Formula("and", parts):
            for part in parts:
                yield from _literals(part)
        case _:
            yield None, True


def _raise(event: str) -> dict[str, str]:
    return {"type": "xstate.raise", "event": event}
