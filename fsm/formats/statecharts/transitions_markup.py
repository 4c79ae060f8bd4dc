"""Markup of the library ``transitions`` (https://github.com/pytransitions/transitions).

Conditions are known by their names. A state whose children have no initial one is active by itself,
as in the library. Regions are read where the library does with them what a chart does; a
transition into a region from outside of it leaves the library in half of its parallel state, and
is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsm.formats.json_objects import JsonObject
from fsm.formats.statecharts.chart_parts import ChartParts, Located, all_hold, refuse_unknown
from fsm.guard import Guard
from fsm.machine import Machine
from fsm.suggest import no_such
from fsm.text import shortened

__all__ = ["read_markup"]

_CALLBACKS = (
    "before_state_change", "after_state_change", "prepare_event", "finalize_event", "on_exception",
    "on_final",
)  # fmt: skip
_MACHINE = (
    "name", "states", "transitions", "initial", "models", "model", "send_event",
    "auto_transitions", "ordered_transitions", "ignore_invalid_triggers", "queued",
    "model_attribute", "model_override", "separator", *_CALLBACKS,
)  # fmt: skip
_STATE_CALLBACKS = ("on_enter", "on_exit", "on_final")
_STATE = (
    "name", "children", "states", "initial", "parallel", "transitions", "final", "label", "tags",
    "accepted", "ignore_invalid_triggers", "timeout", "on_timeout", "remap", "queued",
    "send_event", "auto_transitions", *_STATE_CALLBACKS, *_CALLBACKS,
)  # fmt: skip
_TRANSITION_CALLBACKS = ("prepare", "before", "after")
_TRANSITION = (
    "trigger", "source", "dest", "conditions", "unless", "label", *_TRANSITION_CALLBACKS
)  # fmt: skip
_ORDER = ("trigger", "source", "dest", "conditions", "unless", "before", "after", "prepare")


@dataclass(frozen=True, slots=True)
class _Step:
    """A transition of one source, with the scope in which it is declared."""

    line: int
    event: str
    source: int
    target: int | None
    guard: Guard
    outputs: tuple[str, ...]
    scope: int | None


def read_markup(source: Located, name: str | None = None) -> Machine:
    """Return the machine of a markup; raises :class:`fsm.errors.MachineError`."""
    return _Markup(source).machine(name)


class _Markup:
    def __init__(self, source: Located) -> None:
        self.source, self.root = source, source.root
        refuse_unknown(source, self.root, _MACHINE, "the markup of transitions")
        self.separator = str(self.root.get("separator", "_"))
        self.line = source.line(self.root)
        self.parts = ChartParts(source.file, self.line)
        self.names: dict[str, int] = {}
        self.configs: dict[int, JsonObject] = {}
        self.steps: list[_Step] = []

    def machine(self, name: str | None) -> Machine:
        parts, root = self.parts, self.root
        states = self._list(root, "states")
        initial = root.get("initial", "initial")
        for state in states:
            self._state(root, state, None)
        if initial == "initial" and "initial" not in self.names:
            self._state(root, "initial", None)
        for number, config in list(self.configs.items()):
            self._enter(number, config)
        self._read_transitions(states)
        start = self._start(initial)
        self._read_timeouts(start)
        self._refuse_scopes()
        parts.refuse_regions(self.steps, "the library")
        for step in self.steps:
            self._edge(step)
        self._mark_final()
        self._notes()
        given = root.get("name") or None
        title = name or given or Path(self.source.file).stem
        return parts.machine(str(title), str(given or title), start, "xstate")

    def _read_transitions(self, states: list[Any]) -> None:
        for place, transition in self._scoped(self.root):
            self._transition(place, transition, None)
        for number, config in self.configs.items():
            for place, transition in self._scoped(config):
                self._transition(place, transition, number)
        if self.root.get("ordered_transitions"):
            self._ordered(states)

    def _start(self, initial: Any) -> int:
        """Return the state in which the machine begins."""
        if not isinstance(initial, str):
            self.source.refuse(
                self.root, "several initial states at the top; put them into one state"
            )
        start = self._named(self.root, initial, None)
        if self.parts.regions(start):
            what = f"the initial state {initial!r} is in one region; begin in the state around it"
            self.source.refuse(self.root, what)
        return start

    # States --------------------------------------------------------------------------------

    def _list(self, place: JsonObject, name: str) -> list[Any]:
        value = place.get(name) or []
        if not isinstance(value, list):
            self.source.refuse(place, f'"{name}" must be a list')
        return value

    def _state(self, place: JsonObject, value: Any, parent: int | None) -> None:
        config = value if isinstance(value, JsonObject) else None
        key = value if config is None else config.get("name")
        if not isinstance(key, str | int):
            self.source.refuse(config or place, "a state must be a name, or an object with a name")
        if config is not None:
            refuse_unknown(self.source, config, _STATE, "a state of transitions")
            if config.get("remap"):
                self.source.refuse(config, "'remap' is not read; leave it out")
        prefix = "" if parent is None else self.parts.states[parent].key + self.separator
        full = prefix + str(key)
        number = self.parts.state(self.source.line(config or place), full, parent)
        if full in self.names:
            self.source.refuse(config or place, f"a second state {full!r}")
        self.names[full] = number
        if config is None:
            return
        self.configs[number] = config
        inner = [name for name in ("children", "states", "parallel") if config.get(name)]
        if len(inner) > 1:
            self.source.refuse(config, f"both {inner[0]!r} and {inner[1]!r}; write one of them")
        for name in inner:
            children = config[name]
            for child in children if isinstance(children, list) else [children]:
                self._state(config, child, number)

    def _enter(self, number: int, config: JsonObject) -> None:
        """Say which states are entered with a state."""
        part = self.parts.states[number]
        self._skip_callbacks(config, (*_STATE_CALLBACKS, *_CALLBACKS))
        if not part.children:
            return
        initial = config.get("initial")
        wanted = initial if isinstance(initial, list) else [initial] if initial else []
        children = {self.parts.states[child].key for child in part.children}
        entered = {part.key + self.separator + str(name) for name in wanted}
        if config.get("parallel") and not initial:
            entered = children
        if len(entered) > 1 and entered != children:
            what = "some of the children are active together, and others not"
            self.source.refuse(config, f"{what}; put those into a state of their own")
        if len(entered) > 1 or config.get("parallel"):
            part.parallel = True
            if len(children) == 1:
                part.parallel = False
                part.entry = tuple(part.children)
            return
        for full in entered:
            part.entry = (self._inner(config, number, full),)
        if not entered:
            alone = self.parts.state(part.line, part.key, number)
            part.title, part.key = part.key, f"in {part.key}"
            part.entry = (alone,)

    def _inner(self, place: JsonObject, number: int, full: str) -> int:
        found = self.names.get(full)
        if found is None or self.parts.states[found].parent != number:
            names = [self.parts.states[child].key for child in self.parts.states[number].children]
            self.source.refuse(place, no_such("initial state", full, names))
        return found

    # Transitions -----------------------------------------------------------------------------

    def _scoped(self, config: JsonObject) -> Iterator[tuple[JsonObject, dict[str, Any]]]:
        for item in self._list(config, "transitions"):
            if isinstance(item, list):
                if len(item) < 3 or len(item) > len(_ORDER):
                    self.source.refuse(config, "a transition needs trigger, source and dest")
                yield config, dict(zip(_ORDER, item, strict=False))
            elif isinstance(item, JsonObject):
                refuse_unknown(self.source, item, _TRANSITION, "a transition of transitions")
                yield item, item
            else:
                self.source.refuse(config, "a transition must be an object or a list")

    def _transition(self, place: JsonObject, members: dict[str, Any], scope: int | None) -> None:
        trigger, dest = members.get("trigger"), members.get("dest")
        if not isinstance(trigger, str) or not trigger:
            self.source.refuse(place, "a transition must name its trigger")
        given = members.get("source")
        if given == "*":
            sources = self._everywhere(scope, whole=dest == "=")
        else:
            names = given if isinstance(given, list) else [given]
            sources = [self._named(place, name, scope) for name in names]
        guard = all_hold(
            [
                *(Guard.named(name) for name in self._names(place, members, "conditions")),
                *(Guard.named(name).negated() for name in self._names(place, members, "unless")),
            ]
        )
        outputs = tuple(
            name for kind in _TRANSITION_CALLBACKS for name in self._names(place, members, kind)
        )
        line = self.source.line(place)
        for source in sources:
            target = source if dest == "=" else None
            if dest not in ("=", None):
                target = self._named(place, dest, scope)
            self.steps.append(_Step(line, trigger, source, target, guard, outputs, scope))

    def _read_timeouts(self, start: int) -> None:
        """Read the timeouts of states as timers of the event that they call."""
        triggers = {step.event for step in self.steps}
        for number, config in self.configs.items():
            seconds, place = config.get("timeout") or 0, self.source.line(config)
            called = self._names(config, config, "on_timeout")
            events = [n for n in called if n in triggers or n.removeprefix("to_") in self.names]
            self.parts.skip("action", len(called) - len(events))
            is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
            if not is_number or not 0 <= seconds < 1e9:
                self.source.refuse(
                    config, f"{shortened(repr(seconds), 40)} is no number of seconds"
                )
            if not seconds:
                continue
            key = self.parts.states[number].key
            if len(events) != 1:
                many = "several events" if events else "no event of the machine"
                self.source.refuse(config, f"the timeout of {key!r} calls {many}; name one trigger")
            (event,) = events
            if event not in triggers:
                target = self.names[event.removeprefix("to_")]
                step = _Step(place, event, number, target, all_hold([]), (), None)
                self.steps.append(step)
            self.parts.timer(number, event, float(seconds))
            if number in (start, *self.parts.ancestors(start)):
                what = f"the timeout of {key!r} begins with the machine"
                self.parts.assume(place, f"{what}; in the library only when the state is entered")

    def _everywhere(self, scope: int | None, *, whole: bool) -> list[int]:
        states = self.parts.states
        named = self.names.values()
        if whole and scope is None:
            return list(named)
        return [number for number in named if states[number].parent == scope]

    def _named(self, place: JsonObject, name: Any, scope: int | None) -> int:
        if not isinstance(name, str | int):
            self.source.refuse(place, f"{shortened(repr(name), 60)} is no name of a state")
        prefix = ""
        if scope is not None:
            part = self.parts.states[scope]
            prefix = (part.title or part.key) + self.separator
        full = prefix + str(name)
        if full not in self.names:
            self.source.refuse(place, no_such("state", full, self.names))
        return self.names[full]

    def _names(self, place: JsonObject, members: dict[str, Any], kind: str) -> list[str]:
        value = members.get(kind) or []
        names = value if isinstance(value, list) else [value]
        if not all(isinstance(name, str) and name for name in names):
            self.source.refuse(place, f'"{kind}" must be a name, or a list of names')
        return names

    def _ordered(self, states: list[Any]) -> None:
        """Add the transitions ``next_state`` through all states in their order."""
        ring = self._everywhere(None, whole=False)
        if len(ring) < 2 or len(states) < 2:
            self.source.refuse(self.root, "ordered transitions need two states")
        for source, target in zip(ring, (*ring[1:], ring[0]), strict=True):
            step = _Step(self.line, "next_state", source, target, all_hold([]), (), None)
            self.steps.append(step)

    # What the library does otherwise ----------------------------------------------------------

    def _refuse_scopes(self) -> None:
        """Refuse a trigger of a state and of one around it where the outer states come first."""
        parts = self.parts
        for step in self.steps:
            for other in self.steps:
                inner = other.scope
                if step.event != other.event or inner is None or inner == step.scope:
                    continue
                around = step.scope is None or parts.is_inside(inner, step.scope)
                if around and parts.is_inside(step.source, inner):
                    what = f"{step.event!r} is declared here and inside of"
                    key = parts.states[inner].key
                    parts.refuse(step.line, f"{what} {key!r}, which comes first; declare it once")

    # The whole ---------------------------------------------------------------------------------

    def _edge(self, step: _Step) -> None:
        targets, internal = self.parts.within_region(step)
        self.parts.edge(
            step.line, step.source, targets, (step.event,), step.guard,
            internal=internal, outputs=step.outputs,
        )  # fmt: skip

    def _mark_final(self) -> None:
        """Mark final states that nothing leaves; the library does not stop in the others."""
        left = {step.source for step in self.steps}
        for number, config in self.configs.items():
            part = self.parts.states[number]
            if config.get("final") and part.parent is None and not part.children:
                part.final = number not in left
                if not part.final:
                    what = f"{part.key!r} is final and has transitions; it does not end the machine"
                    self.parts.assume(part.line, what)

    def _notes(self) -> None:
        self._skip_callbacks(self.root, _CALLBACKS)
        if self.root.get("auto_transitions", True):
            what = "the transitions to_STATE, which the library adds to every state, are left out"
            self.parts.assume(self.line, what)
        if self.root.get("ignore_invalid_triggers"):
            what = "a trigger that a state does not have is rejected; the library ignores it"
            self.parts.assume(self.line, what)

    def _skip_callbacks(self, config: JsonObject, names: tuple[str, ...]) -> None:
        for name in names:
            value = config.get(name) or []
            self.parts.skip("action", len(value) if isinstance(value, list) else 1)
