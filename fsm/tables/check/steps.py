"""Hold the rows of a steps table against what its machine does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache

from fsm.errors import PageError
from fsm.machine import Effect, Machine, Transition
from fsm.tables.check.finding import Finding, at
from fsm.tables.check.statements import Said, Statement
from fsm.tables.layout import Documented
from fsm.tables.read.table import Cell
from fsm.tables.words.lexicon import Lexicon, Step
from fsm.tables.write import documented

__all__ = ["check_steps"]


def check_steps(
    file: str,
    table: Documented,
    machine: Machine,
    lexicon: Lexicon,
    statements: Sequence[Statement],
) -> Iterator[Finding]:
    """Yield what the machine contradicts, and the rows that are missing, doubled or misplaced.

    Each row is a step; the machine runs along the shortest trace to it.
    """
    return _Steps(file, table, machine, lexicon).check(statements)


class _Steps:
    def __init__(self, file: str, table: Documented, machine: Machine, lexicon: Lexicon) -> None:
        self.file, self.table, self.machine, self.lexicon = file, table, machine, lexicon
        self.order = [step for step, _ in lexicon.documented.get(machine.name, ())]
        self.possible = {
            tuple(i.effect(before, after) for i in machine.indicators)
            for before in (None, *machine.statuses)
            for after in machine.statuses
        }

    def check(self, statements: Sequence[Statement]) -> Iterator[Finding]:
        read = [s for s in statements if s.step]
        faults = {s.number: list(self.differences(s, s.step)) for s in read if s.step}
        right = {s.step for s in read if s.step and not faults[s.number]}
        seen: dict[Step, Statement] = {}
        for statement in read:
            step = statement.step
            assert step  # noqa: S101 - as selected above
            wrong = faults[statement.number]
            doubled = step in seen
            other = self.mistaken(statement, wrong, doubled, right | seen.keys())
            if other:
                text = f"by its status and effects this is the row of {other.event!r}"
                yield self.find(statement, self.step_cell(statement), "wrong-step", text, other)
                step, doubled = other, False
            else:
                yield from wrong
            if doubled:
                text = f"repeats row {seen[step].number}"
                yield self.find(statement, self.step_cell(statement), "duplicate-row", text, step)
            seen.setdefault(step, statement)
        yield from self.misplaced(seen)
        yield from self.missing(seen, len(statements) - len(read))

    # One row -------------------------------------------------------------------------------

    def mistaken(
        self, statement: Statement, wrong: list[Finding], doubled: bool, taken: Iterable[Step]
    ) -> Step | None:
        """Return the step whose row this is, if only the label is wrong."""
        if not wrong or not (doubled or len(wrong) > 1) or statement.effects is None:
            return None
        free = [step for step in self.order if step not in taken and step != statement.step]
        return next((step for step in free if not list(self.differences(statement, step))), None)

    def differences(self, statement: Statement, step: Step) -> Iterator[Finding]:
        """Yield where a row differs from what the machine does at a step."""
        transition = _outcome(self.machine, step)
        if transition is None:
            text = f"the machine has no step {step.event!r}"
            yield self.find(statement, self.step_cell(statement), "unknown-label", text, step)
            return
        place = f"for {transition.label!r} in {transition.source}"
        expected = self.machine.status(transition.target)
        if statement.status and statement.status != expected:
            cell = statement.row.cells[self.table.columns["status"]]
            text = f"status {statement.status!r} {place}, the machine says {expected!r}"
            yield self.find(statement, cell, "wrong-status", text, step)
        if statement.effects is not None:
            for part, code, text in self.effects(statement.effects, transition, place):
                yield self.find(statement, part or self.effects_cell(statement), code, text, step)

    def effects(
        self, said: Sequence[Said], transition: Transition, place: str
    ) -> Iterator[tuple[Cell | None, str, str]]:
        """Yield what is wrong with the effects of a row: cell (``None``: all of it), code, text."""
        expected = self.machine.effects(transition)
        first = {s.indicator: s for s in reversed(said)}
        twofold = {s.indicator for s in said if s.effect is not first[s.indicator].effect}
        for name, stated in first.items():
            if name not in expected:
                yield stated.cell, "unknown-label", f"{name!r} is no indicator here"
            elif name in twofold:
                both = " and ".join(
                    dict.fromkeys(s.effect.value for s in said if s.indicator == name)
                )
                says = f"the machine says {expected[name].value}"
                yield stated.cell, "contradiction", f"{name} both {both} {place}, {says}"
        once = {n: s for n, s in first.items() if n in expected and n not in twofold}
        wrong = [s for s in once.values() if s.effect is not expected[s.indicator]]
        if wrong and not self.conserves(once):
            says = "; ".join(_told(n, effect) for n, effect in expected.items())
            told = "; ".join(_told(n, s.effect) for n, s in once.items())
            text = f"{told} {place}: no change of status does both; the machine says {says}"
            yield wrong[0].cell, "conservation", text
        else:
            for name, effect, part in wrong:
                says = f"the machine says {expected[name].value}"
                yield part, "wrong-effect", f"{name} {effect.value} {place}, {says}"
        for name in expected:
            if name not in first:
                yield None, "missing-effect", f"says nothing of {name!r}"

    def conserves(self, said: dict[str, Said]) -> bool:
        """Whether some change of status has these effects; what is not said may be anything."""
        names = [indicator.name for indicator in self.machine.indicators]
        told = [said[name].effect if name in said else None for name in names]
        return any(
            all(t is None or t is effect for t, effect in zip(told, effects, strict=True))
            for effects in self.possible
        )

    # All rows ------------------------------------------------------------------------------

    def misplaced(self, seen: dict[Step, Statement]) -> Iterator[Finding]:
        """Yield the first row that does not stand where the documented order has it."""
        order = [step for step in self.order if step in seen]
        for step, (found, statement) in zip(order, seen.items(), strict=False):
            if found != step:
                text = f"{found.event!r} where the documented order has {step.event!r}"
                cell = self.step_cell(statement)
                name, number = self.machine.name, statement.number
                yield at(self.file, cell, "row-order", text, name, number, "warning")
                return

    def missing(self, seen: dict[Step, Statement], unread: int) -> Iterator[Finding]:
        """Yield the steps without a row, unless rows that could not be read explain them."""
        steps = {
            step for (name, _), step in self.lexicon.steps.items() if name == self.machine.name
        }
        missing = sorted(steps - seen.keys(), key=lambda s: (s.event, s.source or ""))
        if len(missing) <= unread:
            return
        for step in missing:
            where = f" in {step.source}" if step.source else ""
            text = f"no row for the step {step.event!r}{where}"
            reference = self.reference.get(step, "")
            header = self.table.table.header[0]
            name = self.machine.name
            yield at(self.file, header, "missing-row", text, name, reference=reference)

    def find(self, statement: Statement, cell: Cell, code: str, text: str, step: Step) -> Finding:
        """Return a finding in a row, with the row as it should be."""
        reference = self.reference.get(step, "")
        name, number = self.machine.name, statement.number
        return at(self.file, cell, code, text, name, number, reference=reference)

    @cached_property
    def reference(self) -> dict[Step, str]:
        """The rows as they should be, in the words of the page."""
        try:
            rows = documented(self.machine, self.lexicon).rows
        except PageError:
            return {}
        texts = (" | ".join(cell.replace("\n", "; ") for cell in row) for row in rows)
        return dict(zip(self.order, texts, strict=True))

    def step_cell(self, statement: Statement) -> Cell:
        return statement.row.cells[self.table.columns["step"]]

    def effects_cell(self, statement: Statement) -> Cell:
        return statement.row.cells[self.table.columns["indicators"]]


@lru_cache(256)
def _outcome(machine: Machine, step: Step) -> Transition | None:
    """Return the transition that the shortest trace to a step ends with."""
    return machine.first_transition(step.event, step.source)


def _told(name: str, effect: Effect) -> str:
    return f"{name}: no change" if effect is Effect.NO_CHANGE else f"{name} {effect.value}"
