"""The configuration of an XState machine, version 4 or 5, as JSON.

Guards are known by their names, and what is invoked ends with the events ``done.invoke.ID`` and
``error.platform.ID``. A delayed transition has an event of its own, ``after 1000 in STATE``. A
wildcard stands for every event of the document that it matches; ``*`` is also an event, for all
events that the document does not name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from fsm.errors import MachineError
from fsm.formats.json_objects import JsonObject
from fsm.formats.statecharts.chart_parts import Located, all_hold
from fsm.formats.statecharts.xstate_config import (
    ENTRY,
    EXIT,
    ConfiguredState,
    ConfiguredTransition,
    after_transitions,
    on_transitions,
    transitions_of,
)
from fsm.formats.statecharts.xstate_events import XStateEvents
from fsm.formats.statecharts.xstate_guards import XStateGuards
from fsm.formats.statecharts.xstate_tree import XStateTree
from fsm.machine import Machine, State, symbol

__all__ = ["read_xstate"]

_OWN_META = {"name", "status", "final"}


def read_xstate(source: Located) -> Machine:
    """Return the machine of a configuration; raises :class:`fsm.errors.MachineError`."""
    return _XState(source).machine()


class _XState:
    def __init__(self, source: Located) -> None:
        self.source = source
        self.tree = tree = XStateTree(source)
        self.states, self.numbers, self.version = tree.states, tree.numbers, tree.version
        self.keeps_root, self.parts = tree.keeps_root, tree.parts
        self.events = XStateEvents(tree)
        self.guards = XStateGuards(source, self.parts, tree.asked_state)

    # Transitions -------------------------------------------------------------------------------

    def _add_edges(self) -> None:
        numbers = range(len(self.states))
        exact = [list(self.events.listened(i)) for i in numbers]
        for row in exact:
            for events, _ in row:
                for event in events:
                    self.parts.event(event)
        wild = [
            [(name, t) for name, t in on_transitions(self.source, s.config) if name.endswith("*")]
            for s in self.states
        ]
        matched = self.events.matched({name for row in wild for name, _ in row})
        for i in (*numbers[1:], 0):  # what the machine itself does comes after its states
            timed = self.events.timed(i) if self.version == 4 else frozenset()
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

    def _add_timers(self, number: int, state: ConfiguredState) -> None:
        delays = dict.fromkeys(d for d, _ in after_transitions(self.source, state.config))
        for delay in delays:
            event = self.events.after(number, delay)
            try:
                seconds = float(delay) / 1000
            except ValueError:
                line = self.source.line(state.config)
                self.parts.assume(line, f"{event!r} happens after a delay that has only a name")
                continue
            if not 0 <= seconds < 1e9:
                self.source.refuse(state.config, f"a delay of {delay} ms")
            self.parts.timer(self.numbers[number], event, seconds)

    def _edge(self, number: int, events: Iterable[str], transition: ConfiguredTransition) -> None:
        place, members = transition.place, transition.members
        guard = self.guards.read(number, place, members)
        raised, outputs = self.events.actions(place, members.get("actions"))
        targets = [self.tree.resolve(number, place, target) for target in transition.targets]
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
                there = all_hold([self.parts.active(actual), *([guard] if guard.text else [])])
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
            # What a history state stands for may be the source itself, or inside of it.
            history = any(self.parts.states[target].history for target in targets)
            return history and not transition.members.get("reenter"), targets
        part = self.parts.states[source]
        if targets == (source,):
            return True, tuple(part.children) if part.parallel else part.entry
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
            self._refuse_present_history(source, targets, transition)
            for around in {a for target in targets for a in parts.ancestors(target)}:
                within = source is None or parts.is_inside(around, source) or around == source
                if parts.states[around].parallel and (within or around == shared):
                    what = "XState 4 leaves the other regions of"
                    named = f"{what} {parts.states[around].key!r} as they are if they are active"
                    self.source.refuse(transition.place, f"{named}, which a chart cannot say")

    def _refuse_present_history(
        self, source: int | None, targets: tuple[int, ...], transition: ConfiguredTransition
    ) -> None:
        """Refuse a way from inside a state to its history, which XState 4 takes for the present."""
        parts = self.parts
        for part in (parts.states[target] for target in targets):
            above = part.parent
            inside = source is None or above is None or above in (source, *parts.ancestors(source))
            if part.history and inside:
                what = f"leads to the history {part.key!r} of an active state, which XState 4 takes"
                self.source.refuse(transition.place, f"{what} for the present; name the states")

    def _refuse_leaving_regions(self) -> None:
        """Refuse an event that leaves a parallel state and that two of its regions have.

        XState 4 follows both, and is then in states that exclude each other.
        """
        parts = self.parts
        regions: dict[tuple[str, int], set[int]] = {}
        leaving: dict[tuple[str, int], int] = {}
        for edge in parts.edges:
            for parallel, region in parts.regions(edge.source).items() if edge.targets else ():
                inside = all(parts.is_inside(target, parallel) for target in edge.targets)
                for event in edge.events or ("",):
                    regions.setdefault((event, parallel), set()).add(region)
                    if not inside:
                        leaving[event, parallel] = edge.origin.line if edge.origin else 0
        for (event, parallel), line in leaving.items():
            if len(regions[event, parallel]) > 1:
                what = f"{event or 'always'!r} leaves {parts.states[parallel].key!r} in one region"
                parts.refuse(line, f"{what}, and XState 4 follows it in another one as well")

    # The whole -----------------------------------------------------------------------------------

    def machine(self) -> Machine:
        parts, states = self.parts, self.states
        for i, number in self.numbers.items():
            self._fill(i, number)
        self._add_edges()
        if self.version == 4:
            self._refuse_leaving_regions()
        self._note_version()
        root = states[0]
        initial = self.numbers[0 if self.keeps_root else self.tree.initial(0)]
        name = str(root.config.get("id") or Path(self.source.file).stem)
        title = root.config.get("description")
        machine = parts.machine(name, title if isinstance(title, str) else name, initial, "xstate")
        return self._with_own_names(machine)

    def _fill(self, i: int, number: int) -> None:
        """Add what entering and leaving a state does."""
        state, part = self.states[i], self.parts.states[number]
        config = state.config
        meta = config.get("meta")
        if isinstance(meta, dict) and isinstance(meta.get("title"), str):
            part.title = meta["title"]  # as fsm draw writes it
        if part.history:
            names = transitions_of(self.source, config, config.get("target"))
            targets = tuple(
                self.numbers[self.tree.resolve(i, config, t)]
                for each in names
                for t in each.targets
            )
            above = part.parent
            if not targets and above is not None:
                whole = self.parts.states[above].parallel
                parent = state.parent or 0
                initial = () if whole else (self.numbers[self.tree.initial(parent)],)
                targets = initial or tuple(self.parts.states[above].children)
            part.entry = targets
        elif part.parallel:
            self._refuse_odd_regions(i, number)
        elif state.children:
            part.entry = (self.numbers[self.tree.initial(i)],)
        entry = [self.events.actions(config, config.get(key)) for key in ENTRY]
        exit_ = [self.events.actions(config, config.get(key)) for key in EXIT]
        part.raised = tuple(name for raised, _ in entry for name in raised)
        part.raised_on_exit = tuple(name for raised, _ in exit_ for name in raised)
        self.parts.skip("action", sum(len(outputs) for _, outputs in (*entry, *exit_)))

    def _refuse_odd_regions(self, i: int, number: int) -> None:
        """Refuse regions whose end a chart announces otherwise than XState."""
        parts = self.parts
        heard = self.states[i].config.get("onDone") is not None or i == 0
        for region in (parts.states[child] for child in parts.states[number].children):
            if region.final or (region.parallel and heard):
                what = f"the region {region.key!r} ends with its parallel state at once"
                parts.refuse(region.line, f"{what}; put it into a state of its own")

    def _note_version(self) -> None:
        differs = any(part.parallel or part.history for part in self.parts.states)
        configs = [state.config for state in self.states]
        if any(config.get("after") for config in configs):  # a wildcard comes first in version 4
            names = (n for c in configs for n, _ in on_transitions(self.source, c))
            differs |= any(name.endswith("*") for name in names)
        if self.version is None and differs:
            what = "nothing tells the version of XState; read as version 5"
            self.parts.assume(self.source.line(self.source.root), what)

    def _with_own_names(self, machine: Machine) -> Machine:
        """Give states and events back the names that ``fsm draw`` keeps in ``meta``."""
        own: dict[str, tuple[JsonObject, dict[str, Any]]] = {}
        for i, number in self.numbers.items():
            config = self.states[i].config
            meta = config.get("meta")
            if isinstance(meta, dict) and set(meta) == _OWN_META:
                own[self.parts.ids[number]] = config, meta
        if not own.keys() >= {state.name for state in machine.states}:
            return machine
        names = {id_: str(meta["name"]) for id_, (_, meta) in own.items()}
        symbols = {event: event for event in machine.events} | self._own_symbols()
        states = [_own_state(state, *own[state.name]) for state in machine.states]
        steps = [
            replace(
                t,
                source=names[t.source],
                event=symbols[t.event],
                target=names[t.target],
                trigger=symbols.get(t.trigger, t.trigger),
            )
            for t in machine.transitions
        ]
        try:
            return replace(
                machine,
                states=tuple(states),
                events=tuple(symbols[event] for event in machine.events),
                initial=names[machine.initial],
                transitions=tuple(steps),
                guards={} if symbols.keys() != set(symbols.values()) else machine.guards,
                chart=None,
            )
        except MachineError:  # a document that only looks like one of ours
            return machine

    def _own_symbols(self) -> dict[str, str]:
        """Return the input symbols that a machine had before it was written, by those now."""
        symbols = {}
        for state in self.states:
            for event, transition in on_transitions(self.source, state.config):
                meta, guard = (transition.members.get(name) for name in ("meta", "guard"))
                params = guard.get("params") if isinstance(guard, dict) else None
                if isinstance(meta, dict) and isinstance(meta.get("symbol"), str):
                    held = params if isinstance(params, dict) else {}
                    symbols[symbol(event, held)] = meta["symbol"]
        return symbols


def _own_state(state: State, config: JsonObject, meta: dict[str, Any]) -> State:
    """Return a state as it was before ``fsm draw`` wrote it."""
    name, status = str(meta["name"]), meta["status"]
    return replace(
        state,
        name=name,
        atoms=(name,),
        status=status if isinstance(status, str) else None,
        title=str(config.get("description", state.title)),
        final=meta["final"] is True,
    )
