"""The configuration of an XState machine, version 4 or 5, as JSON.

Guards are known by their names, and what is invoked ends with the events ``done.invoke.ID`` and
``error.platform.ID``. A delayed transition has an event of its own, ``after 1000 in STATE``. A
wildcard stands for every event of the document that it matches; ``*`` is also an event, for all
events that the document does not name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from fsm.formats.assembly import refuse
from fsm.formats.json_objects import JsonObject
from fsm.formats.statecharts.chart_parts import ChartParts, Located, all_of
from fsm.formats.statecharts.xstate_config import (
    ConfiguredState,
    ConfiguredTransition,
    actions_of,
    actors_of,
    after_transitions,
    invoked_transitions,
    on_transitions,
    parameters,
    read_states,
    transitions_of,
    version_of,
)
from fsm.formats.statecharts.xstate_guards import XStateGuards
from fsm.machine import Machine
from fsm.suggest import no_such
from fsm.text import shortened

__all__ = ["read_xstate"]

_TYPES = ("atomic", "compound", "parallel", "final", "history")
_RAISE = ("raise", "xstate.raise")
_SELF = ("send", "xstate.send", "xstate.choose", "xstate.pure", "enqueueActions")
_DONE = ("xstate.done.state.", "done.state.")
_INVOKED = {
    "done.invoke.": "done.invoke.", "xstate.done.actor.": "done.invoke.",
    "error.platform.": "error.platform.", "xstate.error.actor.": "error.platform.",
}  # fmt: skip
_OF_ACTOR = {"onDone": "done.invoke.", "onError": "error.platform.", "onSnapshot": "snapshot."}
_OWN_META = {"name", "status", "final"}


def read_xstate(source: Located) -> Machine:
    """Return the machine of a configuration; raises :class:`fsm.errors.MachineError`."""
    return _XState(source).machine()


class _XState:
    def __init__(self, source: Located) -> None:
        self.source = source
        self.states = read_states(source)
        self.version = version_of(source, self.states)
        self.parts = ChartParts(source.file, source.line(source.root))
        self.keeps_root = self._keeps_root()
        self.numbers: dict[int, int] = {}
        """The number in the chart of each state of the configuration."""
        for i, state in enumerate(self.states):
            if i or self.keeps_root:
                self.numbers[i] = self._add(i, state)
        self.ids = {state.id: i for i, state in enumerate(self.states)}
        if len(self.ids) < len(self.states):
            self._refuse_equal_ids()
        self.guards = XStateGuards(source, self.parts, self._guard_targets)
        self.actors = dict(self._actor_events())

    # States --------------------------------------------------------------------------------

    def _type(self, state: ConfiguredState) -> str:
        config = state.config
        kind = config.get("type")
        if config.get("parallel") is True:
            kind = "parallel"
        if kind is None and "history" in config and config["history"] is not False:
            kind = "history"
        if kind is None:
            kind = "compound" if state.children else "atomic"
        if kind not in _TYPES:
            self.source.refuse(config, f"{no_such('type', str(kind), _TYPES)}")
        if state.children and kind not in ("compound", "parallel"):
            self.source.refuse(config, f"a state of the type {kind!r} has no states inside")
        if not state.children and kind in ("compound", "parallel"):
            self.source.refuse(config, f"a state of the type {kind!r} needs states inside")
        return str(kind)

    def _keeps_root(self) -> bool:
        """Whether the whole is a state of the chart: where something happens in it as a whole."""
        root = self.states[0]
        if not root.children:
            self.source.refuse(root.config, "no states; a machine has at least one")
        whole = ("after", "always", "entry", "exit", "onEntry", "onExit")
        raised = any(
            name in _RAISE
            for key in ("entry", "exit", "onEntry", "onExit")
            for name, _ in actions_of(self.source, root.config, root.config.get(key))
        )
        timed = any(root.config.get(key) for key in whole[:2])
        inside = [self._type(self.states[i]) for i in root.children.values()]
        whole = self._type(root) == "parallel" or inside == ["parallel"]
        return whole or timed or raised or "history" in inside

    def _add(self, number: int, state: ConfiguredState) -> int:
        config, kind = state.config, self._type(state)
        parent = None if state.parent is None else self.numbers.get(state.parent)
        root_ends = self.keeps_root and self._type(self.states[0]) == "compound"
        if root_ends and state.parent == 0 and kind == "final":
            parent = None  # a final state of the machine itself ends it
        history = ""
        if kind == "history":
            history = "deep" if config.get("history") == "deep" else "shallow"
        return self.parts.state(
            self.source.line(config),
            state.key,
            parent,
            parallel=kind == "parallel",
            final=kind == "final",
            history=history,
        )

    def _refuse_equal_ids(self) -> None:
        seen: set[str] = set()
        for state in self.states:
            if state.id in seen:
                self.source.refuse(state.config, f"a second state with the id {state.id!r}")
            seen.add(state.id)

    def _initial(self, number: int) -> int:
        """Return the child with which a state begins."""
        state = self.states[number]
        given = state.config.get("initial")
        if isinstance(given, JsonObject):
            given = given.get("target")
        if isinstance(given, list) and len(given) == 1:
            (given,) = given
        if given is None:
            self.source.refuse(state.config, f"{shortened(state.key)!r} has no initial state")
        name = str(given).removeprefix(".")
        if name not in state.children:
            self.source.refuse(state.config, no_such("state", name, state.children))
        return state.children[name]

    # Names of targets ------------------------------------------------------------------------

    def _resolve(self, number: int, place: JsonObject, target: str) -> int:
        """Return the state that a target names, seen from a state."""
        state = self.states[number]
        delimiter = str(self.source.root.get("delimiter", "."))
        if target.startswith("#"):
            return self._by_id(place, target[1:], delimiter)
        if target.startswith(delimiter):
            return self._walk(place, number, target.removeprefix(delimiter), delimiter)
        if state.parent is None:
            what = f"the target {target!r} of the machine itself; write {delimiter + target!r}"
            self.source.refuse(place, what)
        return self._walk(place, state.parent, target, delimiter)

    def _by_id(self, place: JsonObject, name: str, delimiter: str) -> int:
        if name in self.ids:
            return self.ids[name]
        parts = name.split(delimiter)
        for size in range(len(parts) - 1, 0, -1):
            head = delimiter.join(parts[:size])
            if head in self.ids:
                rest = delimiter.join(parts[size:])
                return self._walk(place, self.ids[head], rest, delimiter)
        self.source.refuse(place, no_such("id", name, self.ids))

    def _walk(self, place: JsonObject, number: int, path: str, delimiter: str) -> int:
        for key in path.split(delimiter):
            children = self.states[number].children
            if key not in children:
                self.source.refuse(place, no_such("state", key, children))
            number = children[key]
        return number

    def _guard_targets(self, number: int, place: JsonObject, value: str, *, old: bool) -> int:
        """Return the state about which a condition asks; ``old`` is the ``in`` of version 4."""
        if value.startswith("#"):
            return self.numbers[self._by_id(place, value[1:], ".")]
        base = number
        for _ in range(2 if old else len(self.states[number].path)):
            base = self.states[base].parent or 0
        return self.numbers[self._walk(place, base if old else 0, value, ".")]

    # Events ----------------------------------------------------------------------------------

    def _actor_events(self) -> Iterator[tuple[int, str]]:
        """Yield what names each invoked actor in its events, by the identity of its object."""
        unnamed: dict[str, int] = {}
        found = []
        for i, state in enumerate(self.states):
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
            state = self.parts.ids[self.numbers[i]] if i in self.numbers else self.states[i].key
            yield actor.number, f"{name} in {state}" if several else name

    def _event(self, place: JsonObject, name: str) -> str:
        for prefix in _DONE:
            if name.startswith(prefix):
                number = self._by_id(place, name[len(prefix) :], ".")
                return self.parts.done_event(self.numbers[number])
        for prefix, short in _INVOKED.items():
            if name.startswith(prefix):
                return short + name[len(prefix) :]
        return name

    def _after(self, number: int, delay: str) -> str:
        return f"after {delay} in {self.parts.ids[self.numbers[number]]}"

    # Transitions -------------------------------------------------------------------------------

    def _add_edges(self) -> None:
        numbers = range(len(self.states))
        exact = [list(self._listened(i)) for i in numbers]
        for row in exact:
            for events, _ in row:
                for event in events:
                    self.parts.event(event)
        wild = [
            [(name, t) for name, t in on_transitions(self.source, s.config) if name.endswith("*")]
            for s in self.states
        ]
        matched = self._matched({name for row in wild for name, _ in row})
        for i in (*numbers[1:], 0):  # what the machine itself does comes after its states
            timed = self._timed(i) if self.version == 4 else frozenset()
            for events, transition in exact[i]:
                if timed.isdisjoint(events):
                    self._edge(i, events, transition)
            # The longest pattern comes first, and among equals the one that is written first.
            for name, transition in sorted(wild[i], key=lambda each: -len(each[0])):
                self._edge(i, matched[name], transition)
            for events, transition in exact[i]:  # in XState 4 a wildcard comes before "after"
                if not timed.isdisjoint(events):
                    self._edge(i, events, transition)
            self._add_timers(i, self.states[i])

    def _listened(self, i: int) -> Iterator[tuple[tuple[str, ...], ConfiguredTransition]]:
        """Yield the transitions of a state with their events, those of patterns left out."""
        source, config = self.source, self.states[i].config
        for transition in transitions_of(source, config, config.get("always")):
            yield (), transition
        if i:
            for transition in transitions_of(source, config, config.get("onDone")):
                yield (self.parts.done_event(self.numbers[i]),), transition
        for actor, kind, transition in invoked_transitions(source, config):
            yield (_OF_ACTOR[kind] + self.actors[actor.number],), transition
        for event, transition in on_transitions(source, config):
            if not event.endswith("*"):
                yield (self._event(transition.place, event),) if event else (), transition
        for delay, transition in after_transitions(source, config):
            yield (self._after(i, delay),), transition

    def _add_timers(self, number: int, state: ConfiguredState) -> None:
        delays = dict.fromkeys(d for d, _ in after_transitions(self.source, state.config))
        for delay in delays:
            event = self._after(number, delay)
            try:
                seconds = float(delay) / 1000
            except ValueError:
                line = self.source.line(state.config)
                self.parts.assume(line, f"{event!r} happens after a delay that has only a name")
                continue
            if not 0 <= seconds < 1e9:
                self.source.refuse(state.config, f"a delay of {delay} ms")
            self.parts.timer(self.numbers[number], event, seconds)

    def _timed(self, i: int) -> frozenset[str]:
        delayed = after_transitions(self.source, self.states[i].config)
        return frozenset(self._after(i, delay) for delay, _ in delayed)

    def _matched(self, patterns: set[str]) -> dict[str, tuple[str, ...]]:
        """Return the events that each pattern matches."""
        if not patterns:
            return {}
        parts = self.parts
        for part in parts.states if self.version == 4 else ():
            if part.final and part.parent is not None:
                what = "in XState 4 a wildcard also stands for the end of this final state"
                refuse(self.source.file, part.line, f"{what}; name the events instead of '*'")
        for i, state in enumerate(self.states):
            for actor in actors_of(self.source, state.config):
                for prefix in ("done.invoke.", "error.platform."):
                    parts.event(prefix + self.actors[actor.number])
            number = self.numbers.get(i)
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
        for key in ("entry", "exit", "onEntry", "onExit"):
            yield from self._actions(state.config, state.config.get(key))[0]
        for _, transition in self._listened(self.states.index(state)):
            yield from self._actions(transition.place, transition.members.get("actions"))[0]

    def _edge(self, number: int, events: Iterable[str], transition: ConfiguredTransition) -> None:
        place, members = transition.place, transition.members
        guard = self.guards.read(number, place, members)
        raised, outputs = self._actions(place, members.get("actions"))
        targets = [self._resolve(number, place, target) for target in transition.targets]
        line = self.source.line(place)
        of_root = number == 0 and not self.keeps_root
        # A transition of the machine itself is one of each of its states, after their own.
        own = self.states[0].children.values() if of_root else (number,)
        if 0 in targets and not self.keeps_root:
            self.source.refuse(place, "the machine itself is the target; name a state")
        ends = tuple(self.numbers[target] for target in targets)
        for source in (self.numbers[i] for i in own):
            if self.parts.states[source].final or self.parts.states[source].history:
                continue
            internal, actual = (False, ends) if of_root else self._reach(source, ends, transition)
            if self.version == 4 and internal and any(self.parts.states[t].final for t in actual):
                # XState 4 does not enter a final state again, so it is not complete once more.
                there = all_of([self.parts.active(actual), *([guard] if guard.text else [])])
                self.parts.edge(line, source, (), events, there, raised=raised, outputs=outputs)
            self.parts.edge(
                line, source, actual, events, guard,
                internal=internal, raised=raised, outputs=outputs,
            )  # fmt: skip
            if ends:
                self._refuse_crossing(None if of_root else source, ends, internal, transition)

    def _reach(
        self, source: int, targets: tuple[int, ...], transition: ConfiguredTransition
    ) -> tuple[bool, tuple[int, ...]]:
        """Return whether the source stays active, and the targets that do the same in a chart."""
        if not targets or not self._stays(source, targets, transition):
            return False, targets
        part = self.parts.states[source]
        if targets == (source,):
            if not part.children:
                return True, ()
            return (False, targets) if part.parallel else (True, self._entry(source))
        if source in targets:
            self.source.refuse(transition.place, "a state and one inside it are both targets")
        return True, targets

    def _stays(
        self, source: int, targets: tuple[int, ...], transition: ConfiguredTransition
    ) -> bool:
        """Whether a transition does not leave its source."""
        members = transition.members
        inside = all(self.parts.is_inside(t, source) for t in targets)
        if self.version == 4:
            relative = all(name.startswith(".") for name in transition.targets)
            return bool(members.get("internal", relative)) and inside
        return not members.get("reenter") and (inside or targets == (source,))

    def _entry(self, number: int) -> tuple[int, ...]:
        return self.parts.states[number].entry

    def _actions(self, place: JsonObject, value: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the events that actions raise, and the names of all others."""
        raised, outputs = [], []
        for name, config in actions_of(self.source, place, value):
            if name in _RAISE and config:
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

    def _refuse_crossing(
        self,
        source: int | None,
        targets: tuple[int, ...],
        internal: bool,
        transition: ConfiguredTransition,
    ) -> None:
        """Refuse a transition between regions where XState does not do what a chart does.

        ``source`` is ``None`` for a transition of the machine itself.
        """
        parts = self.parts
        if source is None:
            shared = None
        else:
            shared = source if internal else parts.common_ancestor((source, *targets))
        if self.version == 4:
            for around in {a for target in targets for a in parts.ancestors(target)}:
                within = source is None or parts.is_inside(around, source) or around == source
                if parts.states[around].parallel and (within or around == shared):
                    what = "XState 4 leaves the other regions of"
                    named = f"{what} {parts.states[around].key!r} as they are if they are active"
                    self.source.refuse(transition.place, f"{named}, which a chart cannot say")
        elif shared is not None and parts.states[shared].parallel:
            part = parts.states[shared]
            history = any(each.history and each.parent == shared for each in parts.states)
            if part.raised or part.raised_on_exit or history:
                what = f"leads to another region of {part.key!r}, which XState does not leave"
                self.source.refuse(transition.place, f"{what}; its entry cannot be repeated")

    # The whole -----------------------------------------------------------------------------------

    def machine(self) -> Machine:
        parts, states = self.parts, self.states
        for i, number in self.numbers.items():
            self._fill(i, number)
        self._add_edges()
        self._note_version()
        root = states[0]
        initial = self.numbers[0 if self.keeps_root else self._initial(0)]
        name = str(root.config.get("id") or Path(self.source.file).stem)
        title = root.config.get("description")
        machine = parts.machine(name, title if isinstance(title, str) else name, initial, "xstate")
        return self._with_own_names(machine)

    def _fill(self, i: int, number: int) -> None:
        """Add what entering and leaving a state does."""
        state, part = self.states[i], self.parts.states[number]
        config = state.config
        if part.history:
            names = transitions_of(self.source, config, config.get("target"))
            targets = tuple(
                self.numbers[self._resolve(i, config, t)] for each in names for t in each.targets
            )
            above = part.parent
            if not targets and above is not None:
                whole = self.parts.states[above].parallel
                parent = state.parent or 0
                initial = () if whole else (self.numbers[self._initial(parent)],)
                targets = initial or tuple(self.parts.states[above].children)
            part.entry = targets
        elif state.children and not part.parallel:
            part.entry = (self.numbers[self._initial(i)],)
        entry = [self._actions(config, config.get(key)) for key in ("entry", "onEntry")]
        exit_ = [self._actions(config, config.get(key)) for key in ("exit", "onExit")]
        part.raised = tuple(name for raised, _ in entry for name in raised)
        part.raised_on_exit = tuple(name for raised, _ in exit_ for name in raised)
        self.parts.skip("action", sum(len(outputs) for _, outputs in (*entry, *exit_)))

    def _note_version(self) -> None:
        regions = any(part.parallel for part in self.parts.states)
        if self.version is None and regions:
            what = "nothing tells the version of XState; read as version 5"
            self.parts.assume(self.source.line(self.source.root), what)

    def _with_own_names(self, machine: Machine) -> Machine:
        """Give states back the names that ``fsm draw`` keeps in ``meta``."""
        own = {}
        for i, number in self.numbers.items():
            meta = self.states[i].config.get("meta")
            if isinstance(meta, dict) and set(meta) == _OWN_META:
                own[self.parts.ids[number]] = (self.states[i].config, meta)
        if set(own) != {state.name for state in machine.states}:
            return machine
        names = {id_: str(meta["name"]) for id_, (_, meta) in own.items()}
        states = [
            replace(
                state,
                name=names[state.name],
                atoms=(names[state.name],),
                status=own[state.name][1]["status"],
                title=str(own[state.name][0].get("description", state.title)),
                final=own[state.name][1]["final"] is True,
            )
            for state in machine.states
        ]
        return replace(
            machine,
            states=tuple(states),
            initial=names[machine.initial],
            transitions=tuple(
                replace(t, source=names[t.source], target=names[t.target])
                for t in machine.transitions
            ),
        )


def _matches(event: str, pattern: str) -> bool:
    if pattern == "*":
        return True
    return event == pattern[:-2] or event.startswith(pattern[:-1])
