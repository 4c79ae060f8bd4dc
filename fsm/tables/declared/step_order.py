"""Which row of a table of steps may follow which, as effects and statuses imply it.

Each row leads to a state of its own, whose status is shown in the row; state 0 is the start. An
indicator counts the messages whose status is in a set that the table does not state. ``increases``
says that the status before is not in the set and the status afterwards is; ``no change`` that both
are, or neither. So the effects narrow the sets, the sets narrow which rows may come before a row,
and these narrow the sets again, until nothing changes.

Tables of the same steps, such as those of two modes of a product, have the same order of rows:
what one of them rules out is ruled out for all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fsm.machine import Effect
from fsm.questions import Remark

__all__ = ["START", "StepOrder", "StepRow", "StepTable"]

START = 0
"""The number of the state before the first row."""
_STARTS = {Effect.STARTS_AT_0: False, Effect.STARTS_AT_100: True}
_CHANGES = {Effect.INCREASES: True, Effect.DECREASES: False}


@dataclass(frozen=True, slots=True)
class StepRow:
    """One row: what happens, and what is shown afterwards."""

    number: int
    line: int
    event: str
    effects: Mapping[str, Effect]
    """The stated effects by indicator."""
    status: str
    guard: str = ""
    label: str = ""
    """The row's own text for what happens."""

    @property
    def starts(self) -> bool:
        """Whether it states the first values of indicators, so nothing comes before it."""
        return any(effect in _STARTS for effect in self.effects.values())


@dataclass(frozen=True, slots=True)
class StepTable:
    """The rows of a table of steps, as it shows one machine."""

    title: str
    file: str
    line: int
    steps: tuple[StepRow, ...]
    initial: str | None = None
    """What is shown before the first row; ``None`` where that is not known."""

    @property
    def signature(self) -> tuple[tuple[str, str], ...]:
        """The events in their order: tables that share it share the order of their rows."""
        return tuple((step.event, step.guard) for step in self.steps)

    @property
    def begins(self) -> bool:
        """Whether a row states the first values, so that nothing is shown before it."""
        return any(step.starts for step in self.steps)

    def status(self, number: int) -> str:
        """Return what is shown after a row; a text no cell has where that is not known."""
        return self.steps[number - 1].status if number else self.initial or "\0"

    def place(self, number: int) -> str:
        """Return file and line of a row."""
        return f"{self.file}:{self.steps[number - 1].line}"


@dataclass
class StepOrder:
    """The rows that may come before each row of tables with the same steps.

    ``follows`` are answers of the user: the rows before a row. :meth:`solve` fills the rest.
    """

    tables: Sequence[StepTable]
    follows: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    before: dict[int, set[int]] = field(default_factory=dict)
    """The rows that may come before each row."""
    findings: list[Remark] = field(default_factory=list)
    counted: dict[tuple[int, str, str], bool] = field(default_factory=dict)
    """By table, indicator and status: whether the indicator counts messages of this status."""

    def solve(self) -> StepOrder:
        """Narrow the sets and the rows until nothing changes."""
        numbers = [step.number for step in self.tables[0].steps]
        begins = any(table.begins for table in self.tables)
        for number in numbers:
            if any(table.steps[number - 1].starts for table in self.tables):
                self.before[number] = {START}
            else:
                self.before[number] = {*numbers, *(() if begins else (START,))} - {number}
            if number in self.follows:
                self.before[number] = set(self.follows[number])
        size = None
        while size != (size := (len(self.counted), sum(map(len, self.before.values())))):
            for at, table in enumerate(self.tables):
                for step in table.steps:
                    self._count(at, step)
            self._narrow()
        self._refuse_none()
        return self

    # Sets ----------------------------------------------------------------------------------

    def _count(self, at: int, step: StepRow) -> None:
        """Learn from the effects of a row which statuses are counted."""
        table = self.tables[at]
        sources = {table.status(i) for i in self.before[step.number]}
        for indicator, effect in step.effects.items():
            if effect in _STARTS:
                self._learn(at, indicator, step.status, step, counted=_STARTS[effect])
            elif effect in _CHANGES:
                self._learn(at, indicator, step.status, step, counted=_CHANGES[effect])
                if len(sources) == 1:
                    (source,) = sources
                    self._learn(at, indicator, source, step, counted=not _CHANGES[effect])
            elif len(sources) == 1:
                (source,) = sources
                known = self.counted.get((at, indicator, step.status))
                if known is not None:
                    self._learn(at, indicator, source, step, counted=known)
                known = self.counted.get((at, indicator, source))
                if known is not None:
                    self._learn(at, indicator, step.status, step, counted=known)

    def _learn(self, at: int, indicator: str, status: str, step: StepRow, *, counted: bool) -> None:
        table = self.tables[at]
        if self.counted.setdefault((at, indicator, status), counted) != counted:
            shown = repr(status) if status != "\0" else "the start"
            text = (
                f"{indicator!r} {step.effects[indicator].value}, which other rows contradict: "
                f"by them {shown} is {'not ' if counted else ''}counted in it"
            )
            remark = Remark(table.place(step.number), text)
            if remark not in self.findings:
                self.findings.append(remark)

    # Rows ----------------------------------------------------------------------------------

    def _narrow(self) -> None:
        """Leave out the rows that cannot come before a row."""
        for number, rows in self.before.items():
            fitting = {i for i in rows if self._fits(i, number)}
            taken = set(self._taken(number))
            if number not in self.follows:
                self.before[number] = (fitting - taken) or fitting
            elif fitting != rows:
                wrong = ", ".join(map(str, sorted(rows - fitting)))
                text = f"row {number} cannot follow {wrong}: effects and statuses rule it out"
                remark = Remark(self.tables[0].place(number), text)
                if remark not in self.findings:
                    self.findings.append(remark)

    def _fits(self, source: int, number: int) -> bool:
        return all(self._fits_in(at, table, source, number) for at, table in enumerate(self.tables))

    def _fits_in(self, at: int, table: StepTable, source: int, number: int) -> bool:
        """Whether the effects of a row hold when another one came before it."""
        step = table.steps[number - 1]
        status = table.status(source)
        for indicator, effect in step.effects.items():
            before = self.counted.get((at, indicator, status))
            after = self.counted.get((at, indicator, step.status))
            if effect in _STARTS:
                if source != START:
                    return False
            elif effect in _CHANGES:
                if status == step.status or before is _CHANGES[effect]:
                    return False
            elif None not in (before, after) and before != after:
                return False
        return True

    def _taken(self, number: int) -> Iterator[int]:
        """Yield the rows after which the same event is another row for certain."""
        step = self.tables[0].steps[number - 1]
        for other in self.tables[0].steps:
            is_same = (other.event, other.guard) == (step.event, step.guard)
            rows = self.before[other.number]
            if is_same and other.number != number and len(rows) == 1:
                yield from rows

    def _refuse_none(self) -> None:
        for number, rows in self.before.items():
            if not rows and not self.findings:
                text = f"row {number} can follow no row: no status before it has these effects"
                self.findings.append(Remark(self.tables[0].place(number), text))

    @property
    def open(self) -> dict[int, list[int]]:
        """The rows that several rows may come before, without an answer."""
        return {
            number: sorted(rows)
            for number, rows in self.before.items()
            if len(rows) > 1 and number not in self.follows
        }
