"""Assemble a chart from the states, transitions and timers of a document, each with its line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NoReturn, Protocol

from fsm.chart import Chart, ChartEdge, ChartNode, ChartTimer
from fsm.errors import MachineError
from fsm.flattening.configurations import flatten_begun
from fsm.formats.assembly import MAX_PARTS, refuse
from fsm.formats.json_objects import JsonObject
from fsm.guard import ALWAYS, Formula, Guard
from fsm.machine import Machine, Origin
from fsm.suggest import suggestion
from fsm.text import quantity, shortened

__all__ = [
    "MAX_CELLS",
    "ChartParts",
    "Located",
    "RegionStep",
    "StatePart",
    "all_hold",
    "any_holds",
    "refuse_unknown",
]

MAX_CELLS = 100_000
"""States times events; regions that multiply make a small document a large table."""
_MAX_DEPTH = 50


class Located(Protocol):
    """A document of nested objects that knows the line of each."""

    file: str
    root: JsonObject

    def line(self, member: JsonObject) -> int:
        """Return the line where an object begins."""

    def refuse(self, member: JsonObject, what: str) -> NoReturn:
        """Raise :class:`fsm.errors.MachineError` for an object."""


@dataclass(slots=True)
class StatePart:
    """A state as a document declares it; states are known by their number."""

    line: int
    key: str
    parent: int | None
    parallel: bool = False
    final: bool = False
    history: str = ""
    children: list[int] = field(default_factory=list)
    entry: tuple[int, ...] = ()
    raised: tuple[str, ...] = ()
    raised_on_exit: tuple[str, ...] = ()
    title: str = ""


class RegionStep(Protocol):
    """A transition of one source to at most one target, by its event."""

    @property
    def line(self) -> int:
        """The line where it stands."""

    @property
    def event(self) -> str:
        """The event, empty where it has none."""

    @property
    def source(self) -> int:
        """The state that it leaves."""

    @property
    def target(self) -> int | None:
        """The state to which it leads; ``None`` where it stays."""


class ChartParts:
    """Takes all states first, then what enters them, their transitions and timers."""

    def __init__(self, file: str, line: int = 1) -> None:
        self.file, self.line = file, line
        self.states: list[StatePart] = []
        self.edges: list[ChartEdge] = []
        self._timers: list[ChartTimer] = []
        self._events: dict[str, None] = {}
        self._skipped: Counter[str] = Counter()
        self._assumed: dict[str, None] = {}

    def refuse(self, line: int, what: str) -> NoReturn:
        """Raise :class:`fsm.errors.MachineError` for a line; an object of Python has none (0)."""
        if line:
            refuse(self.file, line, what)
        raise MachineError(f"{self.file}: {what}")

    # States --------------------------------------------------------------------------------

    def state(
        self,
        line: int,
        key: str,
        parent: int | None = None,
        *,
        parallel: bool = False,
        final: bool = False,
        history: str = "",
    ) -> int:
        """Add a state and return its number."""
        if not key:
            self.refuse(line, "a state without a name")
        if len(self.states) == MAX_PARTS:
            self.refuse(line, f"more than {MAX_PARTS:,} states")
        number = len(self.states)
        self.states.append(StatePart(line, key, parent, parallel, final, history))
        if parent is not None:
            if not history:
                self.states[parent].children.append(number)
            if len(self.ancestors(number)) > _MAX_DEPTH:
                self.refuse(line, f"more than {_MAX_DEPTH} states in each other")
        return number

    def ancestors(self, number: int) -> list[int]:
        """Return the states around a state, the nearest first."""
        found, parent = [], self.states[number].parent
        while parent is not None:
            found.append(parent)
            parent = self.states[parent].parent
        return found

    def is_inside(self, number: int, ancestor: int) -> bool:
        """Whether a state is in another one, and not that one itself."""
        return ancestor in self.ancestors(number)

    def common_ancestor(self, numbers: Iterable[int]) -> int | None:
        """Return the innermost state around all of some states; ``None`` is the document."""
        first, *others = dict.fromkeys(numbers)
        around = [set(self.ancestors(number)) for number in others]
        for ancestor in self.ancestors(first):
            if all(ancestor in each for each in around):
                return ancestor
        return None

    def regions(self, number: int) -> dict[int, int]:
        """Return the region in which a state is, of each parallel state around it."""
        around = [number, *self.ancestors(number)]
        pairs = zip(around[1:], around, strict=False)
        return {outer: inner for outer, inner in pairs if self.states[outer].parallel}

    def refuse_regions(self, steps: Iterable[RegionStep], program: str) -> None:
        """Refuse transitions of regions by which a program leaves its parallel state in part.

        Those are one into a region from outside of it, and one that leaves the parallel state on an
        event that another region has as well.
        """
        leaving: dict[tuple[str, int], RegionStep] = {}
        inside: dict[tuple[str, int], set[int]] = {}
        for step in steps:
            regions = self.regions(step.source)
            for parallel, region in regions.items():
                inside.setdefault((step.event, parallel), set()).add(region)
            if step.target is None:
                continue
            entered = self.regions(step.target)
            for parallel, region in entered.items():
                if regions.get(parallel) != region:
                    what = f"leads into one region of {self.states[parallel].key!r}, which leaves"
                    self.refuse(step.line, f"{what} {program} without the others; lead to it")
            for parallel in regions.keys() - entered.keys():
                leaving[step.event, parallel] = step
        for (event, parallel), step in leaving.items():
            if len(inside[event, parallel]) > 1:
                named = f"{event!r} leaves {self.states[parallel].key!r} in one region"
                self.refuse(step.line, f"{named}, and {program} follows it in another one as well")

    def within_region(self, step: RegionStep) -> tuple[tuple[int, ...], bool]:
        """Return the targets, and whether the source stays, where only a region begins again."""
        if step.target is None:
            return (), True
        part = self.states[step.target]
        if part.parent is None or not self.states[part.parent].parallel:
            return (step.target,), False
        if part.parallel:
            self.refuse(step.line, f"enters {part.key!r} again, a region with regions inside")
        if not part.children:
            return (), True
        # A target of its own would leave the other regions as well.
        return part.entry, step.source == step.target

    @cached_property
    def ids(self) -> list[str]:
        """The id of each state: its name, with those of the states around it where it needs them.

        To be asked for when all states are there.
        """
        paths = []
        for number, part in enumerate(self.states):
            around = (self.states[i].key for i in reversed(self.ancestors(number)))
            paths.append((*around, part.key))
        ids = [""] * len(paths)
        open_, size = set(range(len(paths))), 1
        while open_:
            names = {i: ".".join(paths[i][-size:]) for i in open_}
            counts = Counter(names.values()) + Counter(filter(None, ids))
            for i, name in names.items():
                if counts[name] == 1 or len(paths[i]) <= size:
                    ids[i] = name
            open_ = {i for i in open_ if not ids[i]}
            size += 1
        return ids

    def done_event(self, number: int) -> str:
        """Return the event that a state is complete."""
        return f"done.state.{self.ids[number]}"

    def active(self, numbers: Iterable[int]) -> Guard:
        """Return the condition that some states are active."""
        names = [self.ids[number] for number in numbers]
        text = " and ".join(f"In({name!r})" for name in names)
        return Guard(text, Formula("in", (), frozenset(names)))

    # Transitions ---------------------------------------------------------------------------

    def edge(
        self,
        line: int,
        source: int,
        targets: Iterable[int],
        events: Iterable[str],
        guard: Guard = ALWAYS,
        *,
        internal: bool = False,
        raised: Iterable[str] = (),
        outputs: Iterable[str] = (),
    ) -> None:
        """Add a transition; without events it is taken as soon as its guard holds."""
        if len(self.edges) == MAX_PARTS:
            self.refuse(line, f"more than {MAX_PARTS:,} transitions")
        names, actions = tuple(dict.fromkeys(events)), tuple(outputs)
        self._events |= dict.fromkeys(names)
        self._skipped["action"] += len(actions)
        origin = Origin(f"line {line}", "as declared", self.file, line) if line else None
        self.edges.append(
            ChartEdge(
                source,
                tuple(targets),
                names,
                internal,
                guard,
                raised=tuple(raised),
                outputs=actions,
                origin=origin,
            )
        )

    def timer(self, number: int, event: str, delay: float) -> None:
        """Let an event happen by itself a delay, in seconds, after a state was entered."""
        self._timers.append(ChartTimer(number, event, round(delay * 1_000_000)))

    def event(self, name: str) -> None:
        """Add an event, which keeps its place among the events."""
        self._events[name] = None

    @property
    def events(self) -> tuple[str, ...]:
        """The events so far, in their order."""
        return tuple(self._events)

    # What is said of it ---------------------------------------------------------------------

    def skip(self, what: str, count: int = 1) -> None:
        """Count something that a table does not have, such as an action."""
        self._skipped[what] += count

    def assume(self, line: int, what: str) -> None:
        """Note what the document does not state itself."""
        self._assumed[f"{self.file}:{line}: {what}" if line else what] = None

    # The whole ------------------------------------------------------------------------------

    def machine(
        self,
        name: str,
        title: str,
        initial: int,
        rules: str = "scxml",
        *,
        looks_first: bool = False,
    ) -> Machine:
        """Return the machine that begins in a state, which may be inside another one.

        Raises :class:`fsm.errors.MachineError` for what is no table."""
        for number, part in enumerate(self.states):
            if part.history and number in self._entered(number):
                self.refuse(part.line, f"the history {part.key!r} leads to itself; name its target")
        chart = Chart(
            class_name=f"{self.file}:{self.line}" if self.line else self.file,
            title=title,
            nodes=tuple(map(self._node, range(len(self.states)))),
            edges=tuple(sorted(self.edges, key=lambda edge: edge.source)),
            initial=(initial, *self.ancestors(initial))[-1],
            start=() if self.states[initial].parent is None else (initial,),
            events=tuple(e for e in self._events if not e.startswith("done.state.")),
            indicators=(),
            deadline=None,
            companion=None,
            atomic_update=False,
            rules=rules,
            timers=tuple(self._timers),
            looks_first=looks_first,
        )
        machine = flatten_begun(chart, name, MAX_CELLS)
        return replace(
            machine,
            ignored=(*machine.ignored, *self._unread()),
            assumed=(*machine.assumed, *self._assumed),
        )

    def _entered(self, number: int) -> set[int]:
        """Return the states that are entered by default with a state."""
        found: set[int] = set()
        queue = [number]
        for state in queue:
            part = self.states[state]
            entered = part.children if part.parallel else part.entry
            queue += [inner for inner in entered if inner not in found]
            found.update(entered)
        return found

    def _node(self, number: int) -> ChartNode:
        part = self.states[number]
        entry = tuple(part.children) if part.parallel else part.entry
        return ChartNode(
            self.ids[number],
            part.title or part.key,
            part.parent,
            tuple(part.children),
            entry,
            part.parallel,
            part.final,
            part.history,
            part.raised,
            part.raised_on_exit,
        )

    def _unread(self) -> Iterator[str]:
        """Yield, in one line, what of the document a table does not have."""
        skipped = [quantity(count, what) for what, count in sorted(self._skipped.items()) if count]
        if skipped:
            yield f"not read: {', '.join(skipped)}"


def all_hold(guards: Iterable[Guard]) -> Guard:
    """Return the condition that all of some conditions hold."""
    return _joined("and", tuple(guards))


def any_holds(guards: Iterable[Guard]) -> Guard:
    """Return the condition that one of some conditions holds."""
    return _joined("or", tuple(guards))


def _joined(operator: str, guards: tuple[Guard, ...]) -> Guard:
    if len(guards) == 1:
        return guards[0]
    if not guards:
        return ALWAYS
    text = f" {operator} ".join(
        f"({guard.text})" if len(guard.formula.parts) > 1 else guard.text for guard in guards
    )
    return Guard(text, Formula(operator, tuple(guard.formula for guard in guards)))


def refuse_unknown(
    source: Located, member: JsonObject, known: Mapping[str, Any] | Iterable[str], what: str
) -> None:
    """Refuse a member of an object that is not known there."""
    names = set(known)
    for name in member:
        if name not in names:
            hint = suggestion(name, sorted(names))
            source.refuse(
                member, f"{what} has no member {shortened(name)!r}{f'; {hint}' if hint else ''}"
            )
