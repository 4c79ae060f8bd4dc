"""What does not fit together in the parts of a machine.

Each function yields faults as half sentences, which :class:`fsm.machine.Machine` joins into one
message. Machines are made by hand, too, so values of a wrong type are faults and no crashes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from itertools import product
from typing import TypeVar

from fsm.epoch import exact_duration
from fsm.errors import MachineError
from fsm.machine_parts import (
    MAX_GUARDS,
    Deadline,
    Indicator,
    Origin,
    State,
    Timer,
    Transition,
    refinements,
    symbol,
)
from fsm.status_kinds import colour_fault
from fsm.suggest import no_such

__all__ = [
    "as_tuple",
    "check_trace",
    "colour_faults",
    "deadline_faults",
    "duplicates",
    "guard_faults",
    "indicator_faults",
    "origin_faults",
    "state_faults",
    "timer_fault",
    "timer_faults",
    "transition_faults",
    "unit_faults",
]

T = TypeVar("T")

_LONGEST_UNIT = 40
"""Characters of the name of one message."""
_LONGEST_DELAY = 36_525 * 24 * 3600 * 1_000_000
"""A timer runs a hundred years at most."""


def as_tuple(values: object, kind: type[T], where: str) -> tuple[T, ...]:
    """Return a sequence of values of one type; raises :class:`MachineError`, which says where."""
    if isinstance(values, str):
        raise MachineError(f"{where} is one text; write a sequence: ({values!r},)")
    if isinstance(values, Set):
        raise MachineError(f"{where} is a set, which has no order; write a sequence")
    if not isinstance(values, Iterable):
        raise MachineError(f"{where} is {values!r}, not a sequence")
    items = tuple(values)
    for item in items:
        if not isinstance(item, kind):
            raise MachineError(f"{where} holds {item!r}, which is no {kind.__name__}")
    return items


def check_trace(machine: str, trace: object) -> None:
    """Refuse a trace that is one text, or no sequence; raises :class:`MachineError`."""
    if isinstance(trace, (str, bytes)):
        raise MachineError(f"{machine}: the trace {trace!r} is one text; write [{trace!r}]")
    if not isinstance(trace, Iterable):
        raise MachineError(f"{machine}: the trace is {trace!r}; write a sequence of events")


def duplicates(kind: str, names: Sequence[str]) -> Iterator[str]:
    """Yield the names that stand twice."""
    if len(set(names)) < len(names):
        seen: set[str] = set()
        for name in names:
            if name in seen:
                yield f"two {kind}s are named {name!r}"
            seen.add(name)


def state_faults(states: Iterable[State]) -> Iterator[str]:
    """Yield states whose names are no texts, or whose atoms are one text."""
    for state in states:
        name: object = state.name
        status: object = state.status
        atoms: object = state.atoms
        if isinstance(atoms, str):
            yield f"state {name!r}: its atoms are one text; write a sequence: ({atoms!r},)"
        if not (isinstance(name, str) and isinstance(status, str | None)):
            yield f"state {name!r} shows {status!r}; a name and a status are texts"


def transition_faults(
    transitions: Iterable[Transition], states: Set[str], events: Set[str]
) -> Iterator[str]:
    """Yield transitions of unknown states or events, and second ones of a cell."""
    cells: set[tuple[str, str]] = set()
    for t in transitions:
        cell = t.source, t.event
        if cell in cells or not (t.source in states and t.target in states and t.event in events):
            where = f"the transition {t.source!r} --{t.event}--> {t.target!r}"
            yield from (f"{where}: no state {s!r}" for s in (t.source, t.target) if s not in states)
            if t.event not in events:
                yield f"{where}: no event {t.event!r}"
            if cell in cells:
                yield f"{where}: the second one of its state and event; a cell has one target"
        cells.add(cell)


def indicator_faults(indicators: Iterable[Indicator], statuses: Set[str | None]) -> Iterator[str]:
    """Yield indicators of statuses that no state has."""
    for indicator in indicators:
        given: object = indicator.statuses
        if not isinstance(given, Set):
            what = "one text" if isinstance(given, str) else f"a {type(given).__name__}"
            yield f"indicator {indicator.name!r}: its statuses are {what}; write a set of them"
            continue
        for status in sorted(indicator.statuses - statuses, key=str):
            yield f"indicator {indicator.name!r} counts the status {status!r}, which no state has"


def colour_faults(colours: Mapping[str, str], statuses: Collection[str]) -> Iterator[str]:
    """Yield colours that are none, and those of statuses that no state has."""
    for status, colour in colours.items():
        if status not in statuses:
            yield f"colours: {no_such('status', str(status), statuses)}"
        elif fault := colour_fault(colour):
            yield f"the colour of {status!r}: {fault}"


def unit_faults(unit: object) -> Iterator[str]:
    """Yield what is wrong with the name of a message."""
    is_name = isinstance(unit, str) and unit.isprintable() and unit == unit.strip() != ""
    if unit is not None and not (is_name and len(str(unit)) <= _LONGEST_UNIT):
        yield f"unit is {unit!r}; write the name of one message in a few letters: 'parcel'"


def origin_faults(
    origins: Mapping[tuple[str, str, str], Origin], transitions: Iterable[Transition]
) -> Iterator[str]:
    """Yield origins of transitions that do not exist, and values that are no origins."""
    given: object = origins
    if not isinstance(given, Mapping):
        yield f"origins is {given!r}; write a mapping of (from, event [guard], to) to an Origin"
        return
    known = {(t.source, t.label, t.target) for t in transitions}
    for key, origin in origins.items():
        if key not in known:
            yield f"no transition {key!r} for an origin; a key is (from, event [guard], to)"
        value: object = origin
        if not isinstance(value, Origin):
            yield f"the origin of {key!r} is {value!r}; write Origin('row 3', 'why')"


def deadline_faults(
    deadline: Deadline | None, cells: Collection[tuple[str, str]], events: Set[str]
) -> Iterator[str]:
    """Yield why a deadline cannot start or end."""
    if deadline is None:
        return
    if deadline.start not in events:
        yield f"the deadline starts with {deadline.start!r}, which is no event"
    if (deadline.state, deadline.event) not in cells:
        yield f"the deadline's event {deadline.event!r} is not accepted in {deadline.state!r}"


def timer_fault(timer: Timer) -> str:
    """Return what is wrong with a timer itself, whatever its machine; empty for nothing."""
    event: object = timer.event
    delay: object = timer.delay
    named: object = timer.states
    what = f"the timer of {event!r}"
    if not isinstance(event, str):
        return f"{what}: name its event"
    if isinstance(delay, int) and delay > _LONGEST_DELAY:
        return f"{what} runs {exact_duration(delay)}; write a hundred years at most"
    if not isinstance(delay, int) or delay < 0:
        of = f"or Timer.of({event!r}, timedelta(minutes=30), 'state')"
        return f"{what} runs {delay!r}; write whole microseconds, 0 to a hundred years, {of}"
    if not isinstance(named, tuple | list) or not (named or timer.restarts):
        return f"{what} has the states {named!r}; name them in a tuple"
    if not all(isinstance(name, str) for name in named):
        return f"{what} has the states {named!r}; name them by their ids"
    if timer.since:
        return (
            f"{what} is counted since {timer.since!r}: declare deadline = Deadline(...), and give "
            "its length as the validity period"
        )
    return ""


def timer_faults(
    timers: Iterable[Timer], states: Set[str], cells: Collection[tuple[str, str]], events: Set[str]
) -> Iterator[str]:
    """Yield timers of unknown events or states, and those that are given twice.

    ``events`` are the input symbols and the events that are refined by guards.
    """
    texts = []
    for timer in timers:
        if fault := timer_fault(timer):
            yield fault
            continue
        texts.append(str(timer))
        if timer.event not in events:
            yield f"the timer {str(timer)!r}: no event {timer.event!r}"
        for name in timer.states:
            if name not in states:
                yield f"the timer {str(timer)!r}: no state {name!r}"
        for state, event in timer.restarts:
            if (state, event) not in cells:
                yield f"the timer {str(timer)!r} restarts in {state!r} on {event!r}, no transition"
    yield from (
        f"two timers are {text!r}" for text in dict.fromkeys(texts) if texts.count(text) > 1
    )


def guard_faults(guards: Mapping[str, Sequence[str]], events: Set[str]) -> Iterator[str]:
    """Yield events that are not refined by their guards.

    There is a symbol for each valuation of them; of more than six guards, for some.
    """
    for event, names in guards.items():
        if isinstance(names, str):
            yield f"the guards of {event!r} are one text; write a sequence: ({names!r},)"
            continue
        if len(names) > MAX_GUARDS:
            if not refinements({event: names}, events):
                yield f"event {event!r} depends on {', '.join(names)}, but has no symbol for them"
            continue
        for truths in product((True, False), repeat=len(names)):
            text = symbol(event, dict(zip(names, truths, strict=True)))
            if text not in events:
                depends = f" depends on {', '.join(names)}, but" if names else ""
                yield f"event {event!r}{depends} has no symbol {text!r}"
                break
