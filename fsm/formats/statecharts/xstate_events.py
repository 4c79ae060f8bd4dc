"""The events of an XState configuration: their names, wildcards, and what actions raise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fsm.formats.json_objects import JsonObject
from fsm.formats.statecharts.xstate_config import (
    ENTRY,
    EXIT,
    RAISE,
    ConfiguredState,
    ConfiguredTransition,
    actions_of,
    actors_of,
    after_transitions,
    invoked_transitions,
    on_transitions,
    parameters,
    transitions_of,
)
from fsm.formats.statecharts.xstate_tree import XStateTree
from fsm.text import shortened

__all__ = ["XStateEvents"]

_SELF = ("send", "xstate.send", "xstate.choose", "xstate.pure", "enqueueActions")
_DONE = ("xstate.done.state.", "done.state.")
_INVOKED = {
    "done.invoke.": "done.invoke.", "xstate.done.actor.": "done.invoke.",
    "error.platform.": "error.platform.", "xstate.error.actor.": "error.platform.",
}  # fmt: skip
_OF_ACTOR = {"onDone": "done.invoke.", "onError": "error.platform.", "onSnapshot": "snapshot."}


class XStateEvents:
    """Names the events of one document."""

    def __init__(self, tree: XStateTree) -> None:
        self.tree, self.source, self.parts = tree, tree.source, tree.parts
        self.actors = dict(self._actor_events())

    def _actor_events(self) -> Iterator[tuple[int, str]]:
        """Yield what names each invoked actor in its events, by the identity of its object."""
        unnamed: dict[str, int] = {}
        found: list[tuple[JsonObject, str, bool, int]] = []
        for i, state in enumerate(self.tree.states):
            for actor in actors_of(self.source, state.config):
                source = actor.get("src")
                given = actor.get("id")
                name = given or (source if isinstance(source, str) else state.key)
                if isinstance(source, dict) and not given:
                    name = source.get("type", state.key)
                if not given:
                    unnamed[str(name)] = unnamed.get(str(name), 0) + 1
                found.append((actor, str(name), bool(given), i))
        for actor, name, given, i in found:
            several = not given and unnamed[name] > 1
            number = self.tree.numbers.get(i)
            place = self.tree.states[i].key if number is None else self.parts.ids[number]
            yield actor.number, f"{name} in {place}" if several else name

    def _event(self, place: JsonObject, name: str) -> str:
        for prefix in _DONE:
            if name.startswith(prefix):
                number = self.tree.by_id(place, name[len(prefix) :], ".")
                return self.parts.done_event(self.tree.numbers[number])
        for prefix, short in _INVOKED.items():
            if name.startswith(prefix):
                return short + name[len(prefix) :]
        return name

    def after(self, number: int, delay: str) -> str:
        """Return the event that a state has been active for a delay."""
        return f"after {delay} in {self.parts.ids[self.tree.numbers[number]]}"

    def listened(self, i: int) -> Iterator[tuple[tuple[str, ...], ConfiguredTransition]]:
        """Yield the transitions of a state with their events, those of patterns left out."""
        source, config = self.source, self.tree.states[i].config
        for transition in transitions_of(source, config, config.get("always")):
            yield (), transition
        if i:
            for transition in transitions_of(source, config, config.get("onDone")):
                yield (self.parts.done_event(self.tree.numbers[i]),), transition
        for actor, kind, transition in invoked_transitions(source, config):
            yield (_OF_ACTOR[kind] + self.actors[actor.number],), transition
        for event, transition in on_transitions(source, config):
            if not event.endswith("*"):
                yield (self._event(transition.place, event),) if event else (), transition
        for delay, transition in after_transitions(source, config):
            yield (self.after(i, delay),), transition

    def timed(self, i: int) -> frozenset[str]:
        """Return the events of the delays of a state."""
        delayed = after_transitions(self.source, self.tree.states[i].config)
        return frozenset(self.after(i, delay) for delay, _ in delayed)

    def matched(self, patterns: set[str]) -> dict[str, tuple[str, ...]]:
        """Return the events that each pattern matches."""
        if not patterns:
            return {}
        parts = self.parts
        for part in parts.states if self.tree.version == 4 else ():
            if part.final and part.parent is not None:
                what = "in XState 4 a wildcard also stands for the end of this final state"
                parts.refuse(part.line, f"{what}; name the events instead of '*'")
        for i, state in enumerate(self.tree.states):
            for actor in actors_of(self.source, state.config):
                for prefix in ("done.invoke.", "error.platform."):
                    parts.event(prefix + self.actors[actor.number])
            number = self.tree.numbers.get(i)
            if number is not None and i and self._completes(number):
                parts.event(parts.done_event(number))
            for name in self._raised_anywhere(state):
                parts.event(name)
        known = parts.events
        # An event that the document does not name, by the longest pattern that matches it.
        others = {name: "*" if name == "*" else f"{name} (not named)" for name in patterns}
        for name in sorted(patterns):
            parts.event(others[name])
            what = f"{others[name]!r} is an event that the document does not name"
            parts.assume(0, f"{self.source.file}: {what}")
        return {
            pattern: (
                *(event for event in known if _matches(event, pattern)),
                *(others[n] for n in sorted(patterns) if _matches(n[:-1] + "x", pattern)),
            )
            for pattern in patterns
        }

    def _completes(self, number: int) -> bool:
        part = self.parts.states[number]
        return part.parallel or any(self.parts.states[child].final for child in part.children)

    def _raised_anywhere(self, state: ConfiguredState) -> Iterator[str]:
        for key in (*ENTRY, *EXIT):
            yield from self.actions(state.config, state.config.get(key))[0]
        listened = (t for _, t in self.listened(self.tree.states.index(state)))
        patterns = (t for _, t in on_transitions(self.source, state.config))
        for transition in (*listened, *patterns):
            yield from self.actions(transition.place, transition.members.get("actions"))[0]

    def actions(self, place: JsonObject, value: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the events that actions raise, and the names of all others."""
        raised, outputs = [], []
        for name, config in actions_of(self.source, place, value):
            if name in RAISE and config:
                raised.append(self._raised(config))
            elif name in _SELF and config:
                sent = config.get("to")
                if name not in ("send", "xstate.send") or sent is None:
                    what = f"the action {name!r} may send an event to the machine itself"
                    self.source.refuse(config, f"{what}; raise it, or leave the action out")
                outputs.append(name)
            else:
                given = parameters(config, ()) if config else ""
                outputs.append(f"{name}({shortened(given, 60)})" if given else name)
        return tuple(raised), tuple(outputs)

    def _raised(self, config: JsonObject) -> str:
        members = {**config, **(config.get("params") or {})}
        event = members.get("event")
        if isinstance(event, dict):
            event = event.get("type")
        if not isinstance(event, str):
            self.source.refuse(config, "which event is raised is not stated")
        if members.get("delay") not in (None, 0):
            what = f'{event!r} is raised after a delay; use "after"'
            self.source.refuse(config, what)
        return self._event(config, event)


def _matches(event: str, pattern: str) -> bool:
    if pattern == "*":
        return True
    return event == pattern[:-2] or event.startswith(pattern[:-1])
