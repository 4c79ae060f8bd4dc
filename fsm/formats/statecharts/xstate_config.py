"""The configuration of an XState machine as plain values: states, transitions, actions, guards.

Versions 4 and 5 write some things differently: see https://stately.ai/docs/migration. What only one
of them knows tells which one a document is for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from fsm.formats.json_objects import JsonObject
from fsm.formats.statecharts.chart_parts import Located, refuse_unknown
from fsm.text import shortened

__all__ = [
    "ENTRY",
    "EXIT",
    "RAISE",
    "ConfiguredState",
    "ConfiguredTransition",
    "actions_of",
    "actors_of",
    "after_transitions",
    "invoked_transitions",
    "on_transitions",
    "parameters",
    "read_states",
    "transitions_of",
    "xstate_version",
]

ENTRY = ("entry", "onEntry")
"""The members for actions of entering a state, those of older versions included."""
EXIT = ("exit", "onExit")
"""The same for leaving it."""
RAISE = ("raise", "xstate.raise")
"""The types of actions that raise an event."""

_STATE = (
    "id", "key", "type", "parallel", "initial", "states", "on", "always", "after", "onDone",
    "entry", "exit", "onEntry", "onExit", "invoke", "activities", "history", "target", "tags",
    "meta", "description", "output", "data", "order",
)  # fmt: skip
_ROOT = (
    *_STATE, "version", "context", "schema", "schemas", "types", "tsTypes", "delimiter", "strict",
    "predictableActionArguments", "preserveActionOrder", "$schema", "scxml",
)  # fmt: skip
_TRANSITION = (
    "target", "guard", "cond", "actions", "reenter", "internal", "in", "description", "meta",
    "delay", "event",
)  # fmt: skip
_INVOKE = (
    "id", "src", "input", "data", "onDone", "onError", "onSnapshot", "autoForward", "forward",
    "systemId", "type", "description", "meta",
)  # fmt: skip
_INDEX = re.compile(r"0|[1-9]\d{0,9}")
_ONLY_IN_4 = ("cond", "internal", "in")
_ONLY_IN_5 = ("guard", "reenter")


@dataclass(slots=True)
class ConfiguredState:
    """A state of the configuration; states are known by their number, the root is 0."""

    config: JsonObject
    key: str
    parent: int | None
    path: tuple[str, ...]
    id: str
    children: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConfiguredTransition:
    """One transition as written; without a target it stays."""

    place: JsonObject
    """The object whose line it has."""
    targets: tuple[str, ...]
    members: dict[str, Any]


def read_states(source: Located) -> list[ConfiguredState]:
    """Return all states, each before the states inside it; raises for a member that is unknown."""
    root = source.root
    name = root.get("id", root.get("key", "(machine)"))
    states: list[ConfiguredState] = []

    def add(config: Any, key: str, parent: int | None, path: tuple[str, ...]) -> None:
        place = states[parent].config if parent is not None else root
        if not isinstance(config, JsonObject):
            source.refuse(place, f"the state {shortened(key)!r} must be an object")
        if "transitions" in config:
            what = 'the "machine.definition", which leaves out "always"; write the configuration'
            source.refuse(config, f"{what}: JSON.stringify(machine.config)")
        refuse_unknown(source, config, _ROOT if parent is None else _STATE, "a state of XState")
        if len(path) > 50:
            source.refuse(config, "more than 50 states in each other")
        number = len(states)
        default = ".".join((str(name), *path))
        given = config.get("id")
        states.append(ConfiguredState(config, key, parent, path, str(given or default)))
        if parent is not None:
            states[parent].children[key] = number
        inner = config.get("states") or {}
        if not isinstance(inner, dict):
            source.refuse(config, '"states" must be an object')
        for child in js_order(inner):
            add(inner[child], child, number, (*path, child))

    add(root, str(name), None, ())
    return states


def js_order(members: dict[str, Any]) -> list[str]:
    """Return the members in the order of JavaScript, which puts whole numbers first."""
    numbers = sorted((key for key in members if _INDEX.fullmatch(key)), key=int)
    return [*numbers, *(key for key in members if not _INDEX.fullmatch(key))]


def xstate_version(source: Located, states: list[ConfiguredState]) -> int | None:
    """Return the version of XState for which a document is; ``None`` where nothing shows it."""
    found: dict[int, tuple[JsonObject, str]] = {}
    for state in states:
        for only, version in (("activities", 4), ("onEntry", 4), ("onExit", 4), ("parallel", 4)):
            if only in state.config:
                found.setdefault(version, (state.config, only))
        for transition in _every_transition(source, state):
            for names, version in ((_ONLY_IN_4, 4), (_ONLY_IN_5, 5)):
                for name in names:
                    if name in transition.members:
                        found.setdefault(version, (transition.place, name))
        if "" in (state.config.get("on") or {}):
            found.setdefault(4, (state.config, "''"))
    if len(found) > 1:
        (place, later), (_, other) = found[5], found[4]
        what = f"{later!r} is of XState 5, but {other!r} (line"
        source.refuse(place, f"{what} {source.line(found[4][0])}) of XState 4; write one version")
    return next(iter(found), None)


def _every_transition(source: Located, state: ConfiguredState) -> Iterator[ConfiguredTransition]:
    config = state.config
    for _, transition in on_transitions(source, config):
        yield transition
    for name in ("always", "onDone"):
        yield from transitions_of(source, config, config.get(name))
    for _, transition in after_transitions(source, config):
        yield transition
    for _, _, transition in invoked_transitions(source, config):
        yield transition


def on_transitions(
    source: Located, config: JsonObject
) -> Iterator[tuple[str, ConfiguredTransition]]:
    """Yield the event, as written, of each transition of ``on``."""
    on = config.get("on") or {}
    if isinstance(on, list):  # a list whose items name their event
        for item in transitions_of(source, config, on):
            event = item.members.get("event")
            if not isinstance(event, str):
                source.refuse(item.place, 'a transition in the list "on" must name its "event"')
            yield event, item
        return
    if not isinstance(on, dict):
        source.refuse(config, '"on" must be an object')
    for event in js_order(on):
        if on[event] is None:  # a forbidden transition: the event is taken and does nothing
            yield event, ConfiguredTransition(config, (), {})
        for transition in transitions_of(source, config, on[event]):
            yield event, transition


def after_transitions(
    source: Located, config: JsonObject
) -> Iterator[tuple[str, ConfiguredTransition]]:
    """Yield the delay, as written, of each delayed transition."""
    after = config.get("after") or {}
    if isinstance(after, list):
        for item in transitions_of(source, config, after):
            delay = item.members.get("delay")
            if isinstance(delay, bool) or not isinstance(delay, str | int | float):
                source.refuse(item.place, 'a transition in the list "after" must name its "delay"')
            yield str(delay), item
        return
    if not isinstance(after, dict):
        source.refuse(config, '"after" must be an object')
    for delay in js_order(after):
        for transition in transitions_of(source, config, after[delay]):
            yield delay, transition


def invoked_transitions(
    source: Located, config: JsonObject
) -> Iterator[tuple[JsonObject, str, ConfiguredTransition]]:
    """Yield the invoked actor, ``onDone`` or its like, and the transition."""
    for actor in actors_of(source, config):
        for name in ("onDone", "onError", "onSnapshot"):
            for transition in transitions_of(source, actor, actor.get(name)):
                yield actor, name, transition


def actors_of(source: Located, config: JsonObject) -> list[JsonObject]:
    """Return what a state invokes."""
    invoked = config.get("invoke") or []
    actors = []
    for actor in invoked if isinstance(invoked, list) else [invoked]:
        given = actor
        if isinstance(actor, str):
            given = JsonObject(src=actor)
            given.number = config.number
        if not isinstance(given, JsonObject):
            source.refuse(config, "what is invoked must be an object or a name")
        refuse_unknown(source, given, _INVOKE, '"invoke"')
        actors.append(given)
    return actors


def transitions_of(source: Located, place: JsonObject, value: Any) -> list[ConfiguredTransition]:
    """Return the transitions that a value stands for: a target, an object, a list of them."""
    found = []
    for item in value if isinstance(value, list) else [] if value is None else [value]:
        if isinstance(item, str):
            found.append(ConfiguredTransition(place, _targets(source, place, item), {}))
        elif isinstance(item, JsonObject):
            refuse_unknown(source, item, _TRANSITION, "a transition of XState")
            targets = _targets(source, item, item.get("target"))
            found.append(ConfiguredTransition(item, targets, item))
        else:
            what = f"{shortened(repr(item))} is no transition"
            source.refuse(place, f"{what}: write a target, an object, or a list of them")
    return found


def _targets(source: Located, place: JsonObject, value: Any) -> tuple[str, ...]:
    targets = value if isinstance(value, list) else [] if value in (None, "") else [value]
    if not all(isinstance(target, str) for target in targets):
        source.refuse(place, "a target must be a text")
    return tuple(targets)


def actions_of(
    source: Located, place: JsonObject, value: Any
) -> Iterator[tuple[str, JsonObject | None]]:
    """Yield the name of each action, and the object that configures it."""
    for item in value if isinstance(value, list) else [] if value is None else [value]:
        if isinstance(item, str):
            yield item, None
        elif isinstance(item, JsonObject) and isinstance(item.get("type"), str):
            yield item["type"], item
        else:
            source.refuse(place, "an action must be a name, or an object with a type")


def parameters(value: JsonObject, without: tuple[str, ...]) -> str:
    """Return the parameters of a guard or an action as text, empty where it has none."""
    given = {key: item for key, item in value.items() if key not in ("type", *without)}
    params = given.pop("params", None)
    if isinstance(params, dict):
        given |= params
    elif params is not None:
        given["params"] = params
    return ", ".join(f"{key}: {json.dumps(item, sort_keys=True)}" for key, item in given.items())
