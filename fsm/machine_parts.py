"""The parts of a :class:`fsm.machine.Machine`: states, transitions, indicators, timers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum

from fsm.epoch import MICROSECOND, exact_duration
from fsm.errors import MachineError
from fsm.text import first_names

__all__ = [
    "Deadline",
    "Effect",
    "Indicator",
    "Origin",
    "Outcome",
    "State",
    "Timer",
    "Transition",
    "refinements",
    "symbol",
]

MAX_GUARDS = 6
"""An event of at most so many guards has a symbol for every valuation of them, with more guards one
for each case that some state tells apart."""


class Outcome(Enum):
    """What an event does in a state, a cell of the table."""

    MOVE = "move"
    """The event leads to another state."""
    STAY = "stay"
    """The event is accepted, and the state stays the same."""
    REJECT = "reject"
    """The event is rejected, and changes nothing."""


class Effect(Enum):
    """What a transition does to an indicator; derived from the two statuses, never declared."""

    STARTS_AT_0 = "starts at 0 %"
    """The first status is not counted."""
    STARTS_AT_100 = "starts at 100 %"
    """The first status is counted."""
    INCREASES = "increases"
    """Only the status afterwards is counted."""
    DECREASES = "decreases"
    """Only the status before is counted."""
    NO_CHANGE = "no change"
    """Both statuses are counted, or neither is."""


@dataclass(frozen=True, slots=True, repr=False)
class State:
    """One configuration of the machine: the atomic states that are active together.

    ``status`` is ``None`` where nothing is shown yet (a message that was not handed over).
    """

    name: str
    """The id: of nested states, the path."""
    status: str | None
    """What is shown in it."""
    title: str
    """Its name for people."""
    atoms: tuple[str, ...]
    """The atomic states that are active together."""
    final: bool = False
    """Whether it is final."""

    def __repr__(self) -> str:
        final = ", final" if self.final else ""
        return f"State({self.name!r}, {self.status!r}{final})"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a transition comes from: ``row 3``, ``prose`` or a decision ``D4``, and the reason."""

    label: str
    """``row 3``, ``prose`` or ``D4``."""
    reason: str
    """Why it is so, in one sentence."""
    file: str = ""
    """The page with the documented row; empty where it is not known."""
    line: int = 0
    """The line of the row, from 1; 0 where it is not known."""

    @property
    def is_decision(self) -> bool:
        """Whether this is a decision of ours, because the documentation is silent."""
        return self.label.startswith("D") and self.label[1:].isdigit()

    @property
    def citation(self) -> str:
        """The label with its place, where that is known: ``row 3 of orders.md:5``."""
        if not self.file:
            return self.label
        if self.label == f"line {self.line}":
            return f"{self.file}:{self.line}"
        return f"{self.label} of {self.file}:{self.line}" if self.line else self.label

    def as_dict(self) -> dict[str, object]:
        """Return the origin for JSON."""
        return {"source": self.label, "text": self.reason, "file": self.file, "line": self.line}

    @property
    def row(self) -> int | None:
        """The number of the documented row, or ``None``."""
        kind, _, number = self.label.partition(" ")
        return int(number) if kind == "row" and number.isdigit() else None


@dataclass(frozen=True, slots=True, repr=False)
class Transition:
    """One accepted cell of the table: ``event`` in ``source`` leads to ``target``.

    ``event`` is an input symbol: an event name, refined by the guards it depends on
    (``confirm[can_start]``). ``trigger`` is the plain event name and ``guard`` the condition
    as declared.
    """

    source: str
    """The state in which the event happens."""
    event: str
    """The input symbol, with its guards."""
    target: str
    """The state to which it leads."""
    trigger: str
    """The event, without guards."""
    guard: str = ""
    """The condition as declared; empty where there is none."""
    origin: Origin | None = None
    """Where it is documented; ``None`` where that is not known."""
    edges: tuple[int, ...] = field(default=(), compare=False)
    """The declared transitions that it takes, by their places in the edges of the chart."""
    followed: tuple[int, ...] = field(default=(), compare=False)
    """The declared transitions that follow by themselves, in the same way: those without an event,
    at the completion of a state, or at an event that is raised."""

    def __repr__(self) -> str:
        return f"Transition({self.source!r}, {self.event!r}, {self.target!r})"

    @property
    def label(self) -> str:
        """The event as people write it: ``confirm [can_start]``."""
        return f"{self.trigger} [{self.guard}]" if self.guard else self.trigger

    @property
    def outcome(self) -> Outcome:
        """``MOVE``, or ``STAY`` where the target is the source."""
        return Outcome.STAY if self.source == self.target else Outcome.MOVE


@dataclass(frozen=True, slots=True)
class Indicator:
    """How many messages have a status of a set, in percent of the messages to send."""

    name: str
    """Its name, such as ``Delivered``."""
    statuses: frozenset[str]
    """The statuses that it counts."""

    def counts(self, status: str | None) -> bool:
        """Whether a message of this status is counted."""
        return status in self.statuses

    def effect(self, before: str | None, after: str | None) -> Effect:
        """Return the effect of a change of status on this indicator.

        >>> Indicator("Delivered", frozenset({"Sent"})).effect("Pending", "Sent")
        <Effect.INCREASES: 'increases'>
        """
        if before is None and after is not None:
            return Effect.STARTS_AT_100 if self.counts(after) else Effect.STARTS_AT_0
        change = self.counts(after) - self.counts(before)
        return {1: Effect.INCREASES, -1: Effect.DECREASES, 0: Effect.NO_CHANGE}[change]


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of the validity period: ``event`` happens in ``state``, counted from ``start``."""

    start: str
    """The event from which the period is counted."""
    event: str
    """The event that happens at its end."""
    state: str
    """The state in which it happens."""

    def timer(self, validity: int) -> Timer:
        """Return the timer that it is where the validity period lasts so many microseconds."""
        return Timer(self.event, validity, (self.state,), stops=False, since=self.start)


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer: ``event`` happens by itself, ``delay`` after one of ``states`` was entered.

    A step from one of the states to another of them lets the timer run on, unless it is among
    ``restarts``. A timer that is still running and starts again is put back; one that nothing
    stops runs once for each start.

    That of a deadline is counted ``since`` the first event of a name instead, whatever the state,
    and nothing stops or restarts it. At its end its event happens in its states, and from then on
    wherever one of them is entered.

    >>> from datetime import timedelta
    >>> from fsm.machine import Timer
    >>> print(Timer.of("expire", timedelta(minutes=30), "waiting"))
    expire after 30 min in waiting
    """

    event: str
    """The event that happens."""
    delay: int
    """After how many microseconds."""
    states: tuple[str, ...]
    """The states whose entry from any other state starts it."""
    restarts: tuple[tuple[str, str], ...] = ()
    """The cells (state, event) that start it as well; of one that stops, where they lead to its
    states."""
    stops: bool = True
    """Whether leaving its states stops it."""
    scope: str = ""
    """What it was declared in, for people; empty where the states say it."""
    since: str = ""
    """The event from which a deadline is counted; empty for the timers of a machine."""

    @classmethod
    def of(cls, event: str, delay: timedelta, *states: str) -> Timer:
        """Return a timer that runs in some states; in a class, in one of it.

        Raises :class:`MachineError` where the delay is no :class:`datetime.timedelta`.
        """
        if not isinstance(delay, timedelta):
            raise MachineError(
                f"the timer of {event!r} runs {delay!r}; write timedelta(minutes=30), or "
                "timedelta(seconds=5)"
            )
        return cls(event, delay // MICROSECOND, states)

    @property
    def after(self) -> str:
        """The delay as people write it: ``30 min``."""
        return exact_duration(self.delay)

    def __str__(self) -> str:
        where = self.scope or first_names(self.states)
        name = "" if self.event.startswith("after ") else f"{self.event} "
        return f"{name}after {self.after} {'in' if self.stops else 'from'} {where}"


def symbol(event: str, valuation: Mapping[str, bool]) -> str:
    """Name an input symbol.

    >>> symbol("confirm", {"can_start": False})
    'confirm[not can_start]'
    """
    if not valuation:
        return event
    parts = [name if truth else f"not {name}" for name, truth in sorted(valuation.items())]
    return f"{event}[{', '.join(parts)}]"


def refinements(
    guards: Mapping[str, Sequence[str]], events: Iterable[str]
) -> dict[str, tuple[str, dict[str, bool]]]:
    """Return the plain event, and the truth of each guard, behind every refined symbol.

    ``guards`` are the guards of each event, ``events`` the symbols of a machine.

    >>> refinements({"ok": ("ready",)}, ["ok[not ready]", "stop"])
    {'ok[not ready]': ('ok', {'ready': False})}
    """
    refined = {}
    for text in events:
        name = next((n for n in _before_brackets(text) if guards.get(n)), None)
        valuation = None if name is None else _valuation(text[len(name) :], sorted(guards[name]))
        if name is not None and valuation is not None:
            refined[text] = name, valuation
    return refined


def _before_brackets(text: str) -> Iterable[str]:
    return (text[:i] for i, character in enumerate(text) if character == "[")


def _valuation(text: str, names: Sequence[str]) -> dict[str, bool] | None:
    """Read ``[ready, not paid]``; ``None`` where it does not name these guards in order."""
    valuation, place = {}, 1
    for name in names:
        valuation[name] = text.startswith(name, place)
        form = name if valuation[name] else f"not {name}"
        end = ", " if len(valuation) < len(names) else "]"
        if not text.startswith(form + end, place):
            return None
        place += len(form) + len(end)
    return valuation if place == len(text) else None
