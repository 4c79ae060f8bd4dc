"""What claims mean, by their definitions: plain loops over the history of one message."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fsm.machine import Machine

UNITS = {"s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000}


@dataclass(frozen=True)
class Entry:
    """A state or an event, when, and, of a state, the one before; the first state has none."""

    name: str
    time: int | None
    is_event: bool = False
    before: str = ""


@dataclass(frozen=True)
class History:
    """What a message goes through: a state, an event, a state, ...; and where it ends."""

    entries: list[Entry]
    state: str
    over: bool


def history(
    machine: Machine, rows: list[tuple[int, str]], validity: int | None, end: int
) -> History:
    """Run the events of one message, in order, with the end of its validity period."""
    deadline, rows = machine.deadline, list(rows)
    if deadline and validity is not None:
        starts = [time for time, event in rows if event == deadline.start]
        if starts and (due := starts[0] + validity) <= end:
            place = next((i for i, (time, _) in enumerate(rows) if time >= due), len(rows))
            rows.insert(place, (due, ""))
    state, over, entries = machine.initial, False, []
    for time, event in rows:
        over = over or not event
        for name, target in moves(machine, state, event, over):
            entries += [Entry(name, time, True), Entry(target, time, False, state)]
            state = target
    first = entries[0].time if entries else None
    return History([Entry(machine.initial, first), *entries], state, over)


def moves(machine: Machine, state: str, event: str, over: bool) -> Iterator[tuple[str, str]]:
    """Yield the steps of an event; the empty one is the end of the validity period."""
    if event:
        step = machine.step(state, event)
        if step is None:
            return
        yield event, step.target
        state = step.target
    deadline = machine.deadline
    if over and deadline and state == deadline.state:
        step = machine.step(state, deadline.event)
        if step and step.target != state:
            yield deadline.event, step.target


def is_one(entry: Entry, names: list[str], *, entered: bool = False) -> bool:
    return entry.name in names and not (entered and entry.before in names)


def most_to_come(
    machine: Machine, told: History, names: list[str], enough: int, *, entered: bool
) -> int:
    """Return how often names can still occur, ``enough`` for more."""
    reached = {(told.state, 0)}
    queue = list(reached)
    for state, count in queue:
        for event in machine.events:
            at, more = state, count
            for name, target in moves(machine, state, event, told.over):
                more += name in names
                more += is_one(Entry(target, 0, False, at), names, entered=entered)
                at = target
            if (found := (at, min(more, enough))) not in reached:
                reached.add(found)
                queue.append(found)
    return max(count for _, count in reached)


def verdict(machine: Machine, told: History, claim: str, end: int) -> str | None:
    """Return whether a message is ``held``, ``open`` or ``violated``; None: not applied to it."""
    if match := re.fullmatch(r"(never )?(.+) within (\d+)([smh]) of (.+)", claim):
        forbidden, what, number, unit, marker = match.groups()
        limit = int(number) * UNITS[unit]
        return _within(told.entries, bool(forbidden), names(what), limit, names(marker), end)
    if match := re.fullmatch(r"at (most|least) (\d+) (.+)", claim):
        kind, number, what = match.groups()
        return _number(machine, told, kind, int(number), names(what))
    kind, what, scope, marker = re.fullmatch(
        r"(\w+) (.+?)(?: (after|before) (.+))?", claim
    ).groups()
    return _pattern(machine, told, kind, names(what), scope, names(marker or ""))


def names(text: str) -> list[str]:
    return text.split(" or ")


def _within(
    entries: list[Entry], forbidden: bool, what: list[str], limit: int, marker: list[str], end: int
) -> str | None:
    marks = [(i, e) for i, e in enumerate(entries) if is_one(e, marker, entered=True)]
    if marker == ["start"]:
        marks = [(-1, entries[0])]
    marks = [(i, e) for i, e in marks if e.time is not None]
    found = set()
    for i, mark in marks:
        gaps = [
            e.time - mark.time
            for j, e in enumerate(entries)
            if e.name in what and e.time is not None
            if j > i or (j == i and not e.is_event and not forbidden)
        ]
        if forbidden:
            found.add("violated" if any(gap <= limit for gap in gaps) else "held")
        elif gaps:
            found.add("violated" if gaps[0] > limit else "held")
        else:
            found.add("violated" if end - mark.time > limit else "open")
    return next((v for v in ("violated", "open", "held") if v in found), None)


def _number(machine: Machine, told: History, kind: str, number: int, what: list[str]) -> str:
    count = sum(is_one(entry, what, entered=True) for entry in told.entries)
    if kind == "most":
        return "violated" if count > number else "held"
    more = most_to_come(machine, told, what, number, entered=True)
    if count >= number:
        return "held"
    return "open" if count + more >= number else "violated"


def _pattern(
    machine: Machine, told: History, kind: str, what: list[str], scope: str, marker: list[str]
) -> str | None:
    entries = told.entries
    places = [i for i, entry in enumerate(entries) if entry.name in marker]
    first = places[0] if places else len(entries)
    if scope == "after" and not places:
        return None
    if kind == "eventually":
        since = places if scope else [-1]
        owed = any(all(e.name not in what for e in entries[i + 1 :]) for i in since)
        if not owed:
            return "held"
        return "open" if most_to_come(machine, told, what, 1, entered=False) else "violated"
    for i, entry in enumerate(entries):
        in_force = (
            scope is None
            or (scope == "before" and i < first)
            or (scope == "after" and (i > first or (kind == "always" and i == first)))
        )
        is_wrong = entry.name in what if kind == "never" else entry.name not in what
        if in_force and is_wrong and (kind == "never" or not entry.is_event):
            return "violated"
    return "held"
