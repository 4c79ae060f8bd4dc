"""Statecharts of sismic (https://sismic.readthedocs.io) in YAML.

Conditions are code of Python, of which nothing is run: ``and``, ``or``, ``not`` and ``active`` are
understood, and the rest is known by its text. ``after(SECONDS)`` on a transition without event is
a timer. Events that an action always sends are raised; an action that may send one is refused.
Contracts are skipped.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeGuard

from fsm.formats.json_objects import JsonObject
from fsm.formats.statecharts.chart_parts import (
    ChartParts,
    Located,
    all_hold,
    any_holds,
    refuse_unknown,
)
from fsm.formats.statecharts.number_conditions import (
    NumberCondition,
    excluded_conditions,
    read_number_condition,
)
from fsm.guard import ALWAYS, Guard
from fsm.machine import Machine
from fsm.suggest import no_such
from fsm.text import shortened

__all__ = ["read_sismic"]

_CHART = ("name", "description", "preamble", "root state")
_STATE = (
    "name", "type", "on entry", "on exit", "transitions", "contract", "initial",
    "parallel states", "states", "memory",
)  # fmt: skip
_TRANSITION = ("target", "event", "guard", "action", "contract", "priority")
_TYPES = ("final", "shallow history", "deep history")
_TIMED = frozenset({"after", "idle", "sent", "received"})
_PRIORITIES = {"low": -1, "high": 1, None: 0}
_LONGEST = 4_000


@dataclass(frozen=True, slots=True)
class _Arrow:
    """A transition; the event of a timer stands for its delay."""

    line: int
    event: str
    source: int
    target: int | None
    guard: Guard
    raised: tuple[str, ...]
    outputs: tuple[str, ...]
    priority: int


def read_sismic(source: Located) -> Machine:
    """Return the machine of a statechart; raises :class:`fsm.errors.MachineError`."""
    return _Sismic(source).machine()


class _Sismic:
    def __init__(self, source: Located) -> None:
        self.source = source
        chart = source.root["statechart"]
        if not isinstance(chart, JsonObject) or not isinstance(chart.get("root state"), JsonObject):
            source.refuse(source.root, 'a statechart needs a "root state"')
        refuse_unknown(source, chart, _CHART, "a statechart of sismic")
        self.chart, self.root = chart, chart["root state"]
        self.parts = ChartParts(source.file, source.line(chart))
        self.configs: dict[int, JsonObject] = {}
        self.names: dict[str, int] = {}
        self.contracts = 0
        self.excluded = self._excluded()
        self.open: set[int] = set()
        """The states around others of which none is initial."""

    def machine(self) -> Machine:
        parts, root = self.parts, self.root
        inner = self._list(root, "states")
        sends = any(self._sent(root, root.get(name))[0] for name in ("on entry", "on exit"))
        whole = bool(root.get("parallel states")) or sends
        whole |= any("history" in str(s.get("type")) for s in inner)
        whole |= any(not t.get("event") for t in self._list(root, "transitions"))
        if whole or not inner:
            self._state(root, None)
            initial = 0
        else:
            refuse_unknown(self.source, root, _STATE, "a state of sismic")
            for state in self._list(root, "states"):
                self._state(state, None)
            initial = self._child(root, str(root.get("initial", "")), None)
        for number, config in self.configs.items():
            self._fill(number, config)
        self._refuse_open(initial)
        arrows = [a for n, config in self.configs.items() for a in self._arrows(n, config)]
        if not whole:
            self._count_contracts(root)
            # A transition of the root is one of each of its states, after their own.
            tops = [
                n for n, part in enumerate(parts.states) if part.parent is None and not part.final
            ]
            arrows += [arrow for top in tops for arrow in self._arrows(top, root)]
        parts.refuse_regions(arrows, "sismic")
        self._refuse_twice(arrows)
        for arrow in sorted(arrows, key=lambda each: -each.priority):
            targets, internal = parts.within_region(arrow)
            events = (arrow.event,) if arrow.event else ()
            parts.edge(
                arrow.line, arrow.source, targets, events, arrow.guard,
                internal=internal, raised=arrow.raised, outputs=arrow.outputs,
            )  # fmt: skip
        parts.skip("contract", self.contracts)
        name = str(self.chart.get("name") or "statechart")
        return parts.machine(name, name, initial, "xstate", looks_first=True)

    # States --------------------------------------------------------------------------------

    def _list(self, place: JsonObject, name: str) -> list[Any]:
        value = place.get(name) or []
        if not isinstance(value, list) or not all(isinstance(v, JsonObject) for v in value):
            self.source.refuse(place, f"{name!r} must be a list of objects")
        return value

    def _state(self, config: JsonObject, parent: int | None) -> None:
        refuse_unknown(self.source, config, _STATE, "a state of sismic")
        name, kind = config.get("name"), config.get("type")
        if not isinstance(name, str | int | float) or isinstance(name, bool):
            self.source.refuse(config, "a state without a name")
        key = str(name)
        if key in self.names:
            self.source.refuse(config, f"a second state {key!r}")
        if kind is not None and kind not in _TYPES:
            self.source.refuse(config, no_such("type of states", str(kind), _TYPES))
        if config.get("states") and config.get("parallel states"):
            self.source.refuse(config, "both 'states' and 'parallel states'; write one of them")
        number = self.parts.state(
            self.source.line(config),
            key,
            parent,
            parallel=bool(config.get("parallel states")),
            final=kind == "final",
            history=str(kind).partition(" ")[0] if "history" in str(kind) else "",
        )
        self.names[key] = number
        self.configs[number] = config
        for inner in ("states", "parallel states"):
            for child in self._list(config, inner):
                self._state(child, number)

    def _child(self, place: JsonObject, name: str, parent: int | None) -> int:
        number = self.names.get(name)
        if number is None or self.parts.states[number].parent != parent:
            names = [p.key for p in self.parts.states if p.parent == parent and not p.history]
            if not name:
                member = "memory" if "history" in str(place.get("type")) else "initial"
                what = f"no {member} state; write {member}: {(names or ['NAME'])[0]}"
                self.source.refuse(place, what)
            self.source.refuse(place, no_such("initial state", name, names))
        return number

    def _fill(self, number: int, config: JsonObject) -> None:
        part = self.parts.states[number]
        if part.history:
            memory = str(config.get("memory") or "")
            around = self.root if part.parent is None else self.configs[part.parent]
            if not memory and around.get("initial"):
                memory = str(around["initial"])
                what = f"{part.key!r} leads to {memory!r} as long as it remembers nothing"
                self.parts.assume(part.line, f"{what}; sismic fails")
            part.entry = (self._child(config, memory, part.parent),)
        elif part.children and not part.parallel:
            name = str(config.get("initial") or "")
            if not name:
                self.open.add(number)
                name = next((self.parts.states[i].key for i in part.children), "")
            part.entry = (self._child(config, name, number),)
        part.raised, entered = self._sent(config, config.get("on entry"))
        part.raised_on_exit, left = self._sent(config, config.get("on exit"))
        self.parts.skip("action", len(entered) + len(left))
        self._count_contracts(config)

    def _refuse_open(self, initial: int) -> None:
        """Refuse a state without an initial one inside, unless only what is inside is entered."""
        states = self.parts.states
        entered = {initial} | {
            inner for n, part in enumerate(states) if n not in self.open for inner in part.entry
        }
        entered |= {n for n, p in enumerate(states) if p.parent in self._parallel()}
        configs = (self.root, *self.configs.values())
        targets = {str(t.get("target")) for c in configs for t in self._list(c, "transitions")}
        for number in sorted(self.open):
            if number in entered or states[number].key in targets:
                self._child(self.configs[number], "", number)

    def _parallel(self) -> set[int]:
        """Return the parallel states."""
        return {n for n, part in enumerate(self.parts.states) if part.parallel}

    def _count_contracts(self, config: JsonObject) -> None:
        for each in (config, *self._list(config, "transitions")):
            self.contracts += len(self._list(each, "contract"))

    # Transitions -----------------------------------------------------------------------------

    def _arrows(self, number: int, config: JsonObject) -> list[_Arrow]:
        found = []
        for place in self._list(config, "transitions"):
            refuse_unknown(self.source, place, _TRANSITION, "a transition of sismic")
            target = place.get("target")
            if target is not None and str(target) not in self.names:
                self.source.refuse(place, no_such("state", str(target), self.names))
            event, text = place.get("event"), str(place.get("guard") or "").strip()
            guard = ALWAYS
            if not event and (timed := self._timed(place, text)):
                event = self._waited(number, place, timed)
            elif text:
                guard = self._condition(number, place, self._parsed(place, text, "eval").body)
            raised, outputs = self._sent(place, place.get("action"))
            priority = place.get("priority")
            weight = priority if isinstance(priority, int) else _PRIORITIES.get(priority)
            if weight is None:
                self.source.refuse(place, no_such("priority", str(priority), ("low", "high")))
            found.append(
                _Arrow(
                    self.source.line(place),
                    str(event).strip() if event else "",
                    number,
                    None if target is None else self.names[str(target)],
                    guard,
                    raised,
                    outputs,
                    weight,
                )
            )
        return found

    def _refuse_twice(self, arrows: list[_Arrow]) -> None:
        """Refuse two transitions of which sismic takes none, and note where guards decide."""
        seen: dict[tuple[int, str, int], _Arrow] = {}
        for arrow in arrows:
            before = seen.setdefault((arrow.source, arrow.event, arrow.priority), arrow)
            if before is arrow:
                continue
            name = arrow.event or "no event"
            if not before.guard.text or not arrow.guard.text or before.guard == arrow.guard:
                what = f"{name!r} has another transition on line {before.line}, and sismic fails"
                self.parts.refuse(arrow.line, f"{what} where both may be taken")
            what = f"where the guards of two transitions on {name!r} hold, the first is taken"
            self.parts.assume(before.line, f"{what}; sismic fails")

    def _timed(self, place: JsonObject, text: str) -> ast.expr | None:
        """Return a condition that asks for the past, such as ``after(3)``."""
        if not text:
            return None
        tree: ast.expr = self._parsed(place, text, "eval").body
        return tree if _asks_for_the_past(tree) else None

    def _waited(self, number: int, place: JsonObject, tree: ast.expr) -> str:
        """Return the event that a condition begins to hold; a plain delay is a timer."""
        state = self.parts.ids[number]
        seconds = _seconds(tree)
        if seconds is not None:
            event = f"after {seconds:g} s in {state}"
            self.parts.timer(number, event, seconds)
            return event
        event = f"{ast.unparse(tree)} in {state}"
        self.parts.assume(
            self.source.line(place), f"the event {event!r} is that this begins to hold"
        )
        return event

    def _condition(self, number: int, place: JsonObject, node: ast.expr) -> Guard:
        match node:
            case ast.BoolOp(op=op, values=values):
                join = all_hold if isinstance(op, ast.And) else any_holds
                return join(self._condition(number, place, value) for value in values)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self._condition(number, place, operand).negated()
            case ast.Call(func=ast.Name(id="active"), args=[ast.Constant(value=str(name))]):
                if name not in self.names:
                    self.source.refuse(place, no_such("state", name, self.names))
                return self.parts.active([self.names[name]])
        text = ast.unparse(node)
        if first := self.excluded.get(text):
            what = f"{text!r} does not hold where {' or '.join(map(repr, first))} does"
            self.parts.assume(self.source.line(place), what)
            others = any_holds(map(Guard.named, first))
            return Guard(text, all_hold([Guard.named(text), others.negated()]).formula)
        # Each state counts its own time.
        return Guard.named(
            f"{text} in {self.parts.ids[number]}" if _asks_for_the_past(node) else text
        )

    def _excluded(self) -> dict[str, list[str]]:
        """Return the conditions of eventless transitions that exclude each other.

        What these transitions change themselves, or entering and leaving states does, may be other
        when the next one is asked.
        """
        asked: list[NumberCondition] = []
        changed: set[str] = set()
        for config in _configs(self.root):
            quiet = [t for t in self._list(config, "transitions") if not t.get("event")]
            for place in quiet:
                if text := str(place.get("guard") or "").strip():
                    nodes = ast.walk(self._parsed(place, text, "eval").body)
                    asked += filter(None, map(read_number_condition, filter(_is_expression, nodes)))
            actions = [(place, place.get("action")) for place in quiet]
            if config is not self.root:
                actions += [(config, config.get(name)) for name in ("on entry", "on exit")]
            for place, code in actions:
                tree = self._parsed(place, str(code or "").strip(), "exec")
                changed |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        return excluded_conditions(each for each in asked if not each.names & changed)

    def _sent(self, place: JsonObject, code: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the events that an action always sends, and the rest of it as text."""
        if code is None or not str(code).strip():
            return (), ()
        tree = self._parsed(place, str(code).strip(), "exec")
        raised, outputs = [], []
        for statement in tree.body:
            name = self._always_sent(place, statement)
            if name is not None:
                raised.append(name)
                continue
            if any(isinstance(n, ast.Name) and n.id == "send" for n in ast.walk(statement)):
                what = "an action that may send an event; write the condition as a guard"
                self.source.refuse(place, what)
            outputs.append(shortened(" ".join(ast.unparse(statement).split()), 80))
        return tuple(raised), tuple(outputs)

    def _always_sent(self, place: JsonObject, statement: ast.stmt) -> str | None:
        """Return the event of ``send('name')`` or ``send(Event('name'))``."""
        match statement:
            case ast.Expr(value=ast.Call(func=ast.Name(id="send"), args=[sent], keywords=more)):
                if any(keyword.arg in ("delay", None) for keyword in more):
                    self.source.refuse(place, "an event is sent after a delay; write after(...)")
                match sent:
                    case ast.Constant(value=str(name)):
                        return name
                    case ast.Call(
                        func=ast.Name(id="Event"), args=[ast.Constant(value=str(name)), *_]
                    ):
                        return name
        return None

    def _parsed(self, place: JsonObject, text: str, mode: str) -> Any:
        if len(text) > _LONGEST:
            self.source.refuse(place, f"more than {_LONGEST:,} characters of code")
        try:
            with warnings.catch_warnings(action="ignore"):  # of Python's parser, on odd literals
                return ast.parse(text, mode=mode)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            self.source.refuse(place, f"{shortened(text, 60)!r} is no code of Python")


def _configs(config: JsonObject) -> Iterator[JsonObject]:
    """Yield a state and all states inside of it."""
    waiting: list[Any] = [config]
    while waiting:
        match waiting.pop():
            case JsonObject() as state:
                yield state
                for name in ("states", "parallel states"):
                    inside = state.get(name)
                    waiting += reversed(inside) if isinstance(inside, list) else ()


def _is_expression(node: ast.AST) -> TypeGuard[ast.expr]:
    return isinstance(node, ast.expr)


def _asks_for_the_past(node: ast.expr) -> bool:
    return any(isinstance(n, ast.Name) and n.id in _TIMED for n in ast.walk(node))


def _seconds(node: ast.expr) -> float | None:
    """Return the delay of ``after(SECONDS)``; ``None`` for any other condition."""
    match node:
        case ast.Call(func=ast.Name(id="after"), args=[ast.Constant(value=value)], keywords=[]):
            if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9:
                return float(value)
    return None
