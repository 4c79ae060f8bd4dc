"""Amazon States Language (https://states-language.net) as control flow.

What can happen next in a state is an event of it: ``Pay succeeded``, ``Pay failed: States.Timeout``
(by the first ``Catch`` that names the error, ``other`` for one that none names), ``Pay retried``,
``Wait over``. A choice has one event for each rule, which stands for the first rule that holds.
The status is Running, Succeeded or Failed. Branches are regions; what a Map does with each item is
checked and not part of the table.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from fsm.formats.json_objects import JsonObject
from fsm.formats.statecharts.chart_parts import ChartParts, Located, refuse_unknown
from fsm.machine import Machine
from fsm.suggest import no_such
from fsm.text import quantity, shortened

__all__ = ["read_states_language"]

_MACHINE = (
    "Comment", "StartAt", "States", "TimeoutSeconds", "Version", "QueryLanguage",
    "ProcessorConfig", "Assign", "Output",
)  # fmt: skip
_TYPES = ("Task", "Pass", "Wait", "Choice", "Succeed", "Fail", "Parallel", "Map")
_COMMON = (
    "Type", "Comment", "Next", "End", "InputPath", "OutputPath", "ResultPath", "Parameters",
    "ResultSelector", "Result", "Arguments", "Output", "Assign", "QueryLanguage", "Resource",
    "Credentials", "Retry", "Catch", "TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds",
    "HeartbeatSecondsPath", "Seconds", "SecondsPath", "Timestamp", "TimestampPath", "Choices",
    "Default", "Error", "ErrorPath", "Cause", "CausePath", "Branches", "Iterator", "ItemProcessor",
    "ItemReader", "ItemSelector", "ItemBatcher", "ItemsPath", "Items", "MaxConcurrency",
    "MaxConcurrencyPath", "ResultWriter", "Label", "ToleratedFailureCount",
    "ToleratedFailureCountPath", "ToleratedFailurePercentage", "ToleratedFailurePercentagePath",
)  # fmt: skip
_ENDS = ("Succeed", "Fail")
_ALL = "States.ALL"
_FAILED = "States.TaskFailed"
_TIMEOUT = "States.Timeout"
_OTHER = "other"
_RULE_ENDS = ("Next", "Comment", "Assign", "Output")


def read_states_language(source: Located) -> Machine:
    """Return the machine of a document; raises :class:`fsm.errors.MachineError`."""
    return _StatesLanguage(source).machine()


class _Flow:
    """The states of a machine or of one branch, and where it ends."""

    def __init__(self, config: JsonObject, node: int, succeeded: int) -> None:
        self.config, self.node, self.succeeded = config, node, succeeded
        self.numbers: dict[str, int] = {}


class _StatesLanguage:
    def __init__(self, source: Located) -> None:
        self.source = source
        self.parts = ChartParts(source.file, source.line(source.root))
        self.seen: dict[str, JsonObject] = {}
        self.flows: dict[int, _Flow] = {}
        """The flow in which each parallel state stands."""

    def machine(self) -> Machine:
        source, root, parts = self.source, self.source.root, self.parts
        line = source.line(root)
        running = parts.state(line, "Running")
        failed = parts.state(line, "Failed", final=True)
        succeeded = parts.state(line, "Succeeded", final=True) if _ends(root) else failed
        whole = _Flow(root, running, succeeded)
        self.failed = failed
        flows = [whole]
        self._states(whole, flows)
        for flow in flows:
            start = flow.config.get("StartAt")
            if not isinstance(start, str) or start not in flow.numbers:
                source.refuse(flow.config, no_such("state to start at", str(start), flow.numbers))
            parts.states[flow.node].entry = (flow.numbers[start],)
        for flow in flows:
            for name, number in flow.numbers.items():
                self._edges(flow, name, number)
        seconds = root.get("TimeoutSeconds")
        if seconds is not None:
            event = "timed out"
            parts.edge(line, running, (failed,), (event,))
            parts.timer(running, event, self._seconds(root, seconds))
        comment = root.get("Comment")
        name = Path(source.file).name.partition(".")[0]
        title = comment if isinstance(comment, str) else name
        machine = parts.machine(name, title, running)
        # The ends of machine and branches are ours, and nobody misses one that is not reached. The
        # machine never stays in a failure inside of a branch.
        declared = tuple(
            state
            for state in machine.unreachable
            if state in self.seen and self.seen[state]["Type"] != "Fail"
        )
        return replace(machine, unreachable=declared)

    # States --------------------------------------------------------------------------------

    def _states(self, flow: _Flow, flows: list[_Flow]) -> None:
        source = self.source
        states = flow.config.get("States")
        refuse_unknown(source, flow.config, _MACHINE, "a machine of States Language")
        if not isinstance(states, JsonObject) or not states:
            source.refuse(flow.config, 'no "States"; a machine has at least one')
        for name, config in states.items():
            if not isinstance(config, JsonObject):
                source.refuse(states, f"the state {shortened(name)!r} must be an object")
            refuse_unknown(source, config, _COMMON, "a state of States Language")
            if config.get("Type") not in _TYPES:
                source.refuse(config, no_such("type of states", str(config.get("Type")), _TYPES))
            if name in self.seen:
                what = f"a second state {name!r}, which the language forbids; rename one of them"
                source.refuse(config, what)
            self.seen[name] = config
            kind = config["Type"]
            branches = config.get("Branches") if kind == "Parallel" else None
            several = isinstance(branches, list) and len(branches) > 1
            number = self._add(flow, name, config, parallel=several)
            flow.numbers[name] = number
            if kind == "Parallel":
                self._branches(flow, name, number, config, flows)
            elif kind == "Map":
                self._check_items(name, config)

    def _add(self, flow: _Flow, name: str, config: JsonObject, *, parallel: bool) -> int:
        """Add a state; what ends the whole machine has its status, what ends a branch is final."""
        kind, parts, line = config["Type"], self.parts, self.source.line(config)
        whole = flow.config is self.source.root
        if kind not in _ENDS or (kind == "Fail" and not whole):
            return parts.state(line, name, flow.node, parallel=parallel)
        number = parts.state(line, name, None if whole else flow.node, final=True)
        if whole:
            parts.states[number].title = "Succeeded" if kind == "Succeed" else "Failed"
        return number

    def _branches(
        self, flow: _Flow, name: str, number: int, config: JsonObject, flows: list[_Flow]
    ) -> None:
        branches = config.get("Branches")
        if not isinstance(branches, list) or not branches:
            self.source.refuse(config, f"{name!r} has no branches")
        self.flows[number] = flow
        for place, branch in enumerate(branches, 1):
            if not isinstance(branch, JsonObject):
                self.source.refuse(config, "a branch must be an object")
            line, region = self.source.line(branch), number
            if len(branches) > 1:
                region = self.parts.state(line, f"{name} branch {place}", number)
            done = self.parts.state(line, f"{name} branch {place} done", region, final=True)
            inner = _Flow(branch, region, done)
            flows.append(inner)
            self._states(inner, flows)

    def _check_items(self, name: str, config: JsonObject) -> None:
        items = config.get("ItemProcessor", config.get("Iterator"))
        if not isinstance(items, JsonObject) or not isinstance(items.get("States"), JsonObject):
            self.source.refuse(config, f"{name!r} has no states for its items")
        count = quantity(len(items["States"]), "state")
        what = f"what {name!r} does with each item ({count}) is not in the table"
        self.parts.assume(self.source.line(items), what)

    # Events ----------------------------------------------------------------------------------

    def _edges(self, flow: _Flow, name: str, number: int) -> None:
        config = self.seen[name]
        kind, line = config["Type"], self.source.line(config)
        if kind == "Choice":
            self._choices(flow, name, number, config)
        elif self.parts.states[number].final:
            return
        elif kind == "Fail":
            error = config.get("Error")
            self._fail(flow, number, line, "", error if isinstance(error, str) else "", None)
        elif kind == "Wait":
            event = f"{name} over"
            self.parts.edge(line, number, (self._next(flow, config),), (event,))
            if "Seconds" in config:
                self._wait(number, event, config)
        elif kind == "Parallel":
            done = self.parts.done_event(number)
            self.parts.edge(line, number, (self._next(flow, config),), (done,))
            self._retries(name, number, config)
        else:
            event = f"{name} passed" if kind == "Pass" else f"{name} succeeded"
            self.parts.edge(line, number, (self._next(flow, config),), (event,))
            if kind != "Pass":
                self._caught(flow, name, number, config)

    def _wait(self, number: int, event: str, config: JsonObject) -> None:
        seconds = config["Seconds"]
        if isinstance(seconds, str):  # an expression of JSONata
            line = self.source.line(config)
            self.parts.assume(line, f"{event!r} happens after a time that is computed")
        else:
            self.parts.timer(number, event, self._seconds(config, seconds))

    def _seconds(self, config: JsonObject, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
            self.source.refuse(config, f"{shortened(repr(value), 40)} is no number of seconds")
        return float(value)

    def _next(self, flow: _Flow, config: JsonObject) -> int:
        if config.get("End") is True:
            return flow.succeeded
        if "Next" not in config:
            what = 'the state goes nowhere: write "Next": STATE, or "End": true'
            self.source.refuse(config, what)
        return self._target(flow, config, config["Next"])

    def _target(self, flow: _Flow, place: JsonObject, name: Any) -> int:
        if not isinstance(name, str) or name not in flow.numbers:
            self.source.refuse(place, no_such("state", str(name), flow.numbers))
        return flow.numbers[name]

    # Choices -----------------------------------------------------------------------------------

    def _choices(self, flow: _Flow, name: str, number: int, config: JsonObject) -> None:
        rules = config.get("Choices")
        if not isinstance(rules, list) or not rules:
            self.source.refuse(config, f"{name!r} has no choices")
        seen: set[str] = set()
        for rule in rules:
            if not isinstance(rule, JsonObject):
                self.source.refuse(config, "a choice must be an object")
            event = f"{name}: {self._condition(rule)}"
            target = self._target(flow, rule, rule.get("Next"))
            line = self.source.line(rule)
            if event in seen:
                self.parts.assume(line, f"a second rule {event!r} never holds first; left out")
                continue
            seen.add(event)
            self.parts.edge(line, number, (target,), (event,))
        line = self.source.line(config)
        if "Default" in config:
            target = self._target(flow, config, config["Default"])
            self.parts.edge(line, number, (target,), (f"{name}: otherwise",))
        else:
            error = "States.NoChoiceMatched"
            self._fail(flow, number, line, f"{name} failed: {error}", error, None)

    def _condition(self, rule: JsonObject) -> str:
        if isinstance(rule.get("Condition"), str):
            text = rule["Condition"].strip()
            return shortened(text.removeprefix("{%").removesuffix("%}").strip(), 200)
        return shortened(self._comparison(rule, 0), 200)

    def _comparison(self, rule: Any, depth: int) -> str:
        if depth > 20 or not isinstance(rule, JsonObject):
            self.source.refuse(rule if isinstance(rule, JsonObject) else self.source.root,
                               "a choice that is no comparison")  # fmt: skip
        for operator in ("And", "Or"):
            if isinstance(rule.get(operator), list) and rule[operator]:
                parts = [self._comparison(each, depth + 1) for each in rule[operator]]
                return f" {operator.lower()} ".join(
                    f"({p})" if len(parts) > 1 else p for p in parts
                )
        if "Not" in rule:
            return f"not ({self._comparison(rule['Not'], depth + 1)})"
        operators = [key for key in rule if key not in ("Variable", *_RULE_ENDS)]
        if len(operators) != 1:
            self.source.refuse(rule, "a choice needs one comparison")
        (operator,) = operators
        value = json.dumps(rule[operator], ensure_ascii=False)
        return f"{rule.get('Variable', '')} {operator} {value}".strip()

    # Errors --------------------------------------------------------------------------------------

    def _caught(self, flow: _Flow, name: str, number: int, config: JsonObject) -> None:
        """Add what happens when the work of a state fails."""
        self._retries(name, number, config)
        if {"HeartbeatSeconds", "HeartbeatSecondsPath"} & config.keys():
            self.parts.assume(self.source.line(config), "HeartbeatSeconds is no timer: left out")
        caught = self._catchers(flow, config)
        line = self.source.line(config)
        named = self._named(line, caught)
        for error, target in named.items():
            self.parts.edge(line, number, (target,), (f"{name} failed: {error}",))
        timed = "TimeoutSeconds" in config and isinstance(config["TimeoutSeconds"], int | float)
        if timed:
            event = f"{name} failed: {_TIMEOUT}"
            if _TIMEOUT not in named:
                own = self._first(caught, _TIMEOUT)
                self._fail(flow, number, line, event, _TIMEOUT, own)
            self.parts.timer(number, event, self._seconds(config, config["TimeoutSeconds"]))
        is_timeout_open = (
            not timed and _TIMEOUT not in named and self._first(caught, _TIMEOUT) is None
        )
        if _OTHER in named:
            if is_timeout_open:
                self._fail(flow, number, line, f"{name} failed: {_TIMEOUT}", _TIMEOUT, None)
            return
        seen = {*named, _ALL} | ({_TIMEOUT} if timed else set())
        outer = [e for errors, _ in self._around(flow) for e in errors]
        for error in dict.fromkeys([*outer, _TIMEOUT] if _FAILED in outer else outer):
            if error not in seen:
                self._fail(flow, number, line, f"{name} failed: {error}", error, None)
        self._fail(flow, number, line, f"{name} failed: other", "", None)

    def _named(self, line: int, caught: Iterable[tuple[tuple[str, ...], int]]) -> dict[str, int]:
        """Return where each error leads, and all others, by the first catcher that matches it.

        ``States.TaskFailed`` matches every error but ``States.Timeout``.
        """
        named: dict[str, int] = {}
        is_whole = False
        for errors, target in caught:
            for error in errors:
                if is_whole or (_OTHER in named and error not in (_ALL, _TIMEOUT)):
                    if error not in named:
                        self.parts.assume(line, f"{error} is caught before by others; left out")
                elif error == _ALL:
                    is_whole = True
                    named.setdefault(_TIMEOUT if _OTHER in named else _OTHER, target)
                else:
                    named.setdefault(error, target)
            if _FAILED in errors:
                named.setdefault(_OTHER, target)
        return named

    def _fail(
        self, flow: _Flow, number: int, line: int, event: str, error: str, caught: int | None
    ) -> None:
        """Add a failure; one that its state does not catch fails what is around.

        Without an event the state fails as soon as it is entered.
        """
        if caught is None:
            caught = self._first(self._around(flow), error)
        events = (event,) if event else ()
        self.parts.edge(line, number, (self.failed if caught is None else caught,), events)

    def _around(self, flow: _Flow) -> list[tuple[tuple[str, ...], int]]:
        """Return the catchers of the parallel states around a branch, the inner ones first."""
        found = []
        node: int | None = flow.node
        while node is not None:
            parallel = next(
                (n for n in (node, self.parts.states[node].parent) if n in self.flows), None
            )
            if parallel is None:
                break
            flow = self.flows[parallel]
            found += self._catchers(flow, self.seen[self.parts.states[parallel].key])
            node = flow.node
        return found

    def _first(self, caught: Iterable[tuple[tuple[str, ...], int]], error: str) -> int | None:
        for errors, target in caught:
            if error in errors or _ALL in errors or (_FAILED in errors and error != _TIMEOUT):
                return target
        return None

    def _catchers(self, flow: _Flow, config: JsonObject) -> list[tuple[tuple[str, ...], int]]:
        found = []
        for catcher in self._rules(config, "Catch"):
            errors = self._errors(catcher)
            found.append((errors, self._target(flow, catcher, catcher.get("Next"))))
        return found

    def _retries(self, name: str, number: int, config: JsonObject) -> None:
        retries = self._rules(config, "Retry")
        again = [r for r in retries if r.get("MaxAttempts", 3) != 0]
        for each in again:
            self._errors(each)
        if again:
            line = self.source.line(again[0])
            target = (number,) if config["Type"] == "Parallel" else ()
            self.parts.edge(line, number, target, (f"{name} retried",))

    def _rules(self, config: JsonObject, name: str) -> list[JsonObject]:
        rules = config.get(name) or []
        if not isinstance(rules, list) or not all(isinstance(r, JsonObject) for r in rules):
            self.source.refuse(config, f'"{name}" must be a list of objects')
        return rules

    def _errors(self, rule: JsonObject) -> tuple[str, ...]:
        errors = rule.get("ErrorEquals")
        if (
            not isinstance(errors, list)
            or not errors
            or not all(isinstance(e, str) for e in errors)
        ):
            self.source.refuse(rule, '"ErrorEquals" must be a list of errors')
        return tuple(errors)


def _ends(config: JsonObject) -> bool:
    """Whether a state of a machine, and not of a branch, ends it."""
    states = config.get("States")
    each = states.values() if isinstance(states, dict) else ()
    return any(isinstance(state, dict) and state.get("End") is True for state in each)
