"""Compare the rows of a steps table with what its machine does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

from fsm.machine import Effect, Machine, Transition
from fsm.tables.checks.expected_rows import ExpectedRows
from fsm.tables.checks.finding import Finding, Severity, finding_at
from fsm.tables.checks.statements import EffectClaim, Statement
from fsm.tables.read.cell_text import plain
from fsm.tables.read.table import Cell
from fsm.tables.recognition import DocumentedTable
from fsm.tables.words.lexicon import DocumentedStep, Lexicon
from fsm.tables.write import format_effect

__all__ = ["check_steps"]

_OF_LABELS = ("unknown-label", "wrong-script")
"""Findings of a label for which the right row is shown."""


def check_steps(
    file: str,
    table: DocumentedTable,
    machine: Machine,
    lexicon: Lexicon,
    statements: Sequence[Statement],
) -> Iterator[Finding]:
    """Yield what is wrong with the labels of rows, the rows that the machine contradicts, and those
    missing, repeated or out of order.

    Each row is a step; the machine runs along the shortest trace to it.
    """
    rows = ExpectedRows(table, machine, lexicon, statements)
    check = _StepCheck(file, table, machine, lexicon, rows)
    for statement in statements:
        yield from map(partial(check.with_reference, statement), statement.findings)
    yield from check.check(statements)


@dataclass
class _StepCheck:
    file: str
    table: DocumentedTable
    machine: Machine
    lexicon: Lexicon
    expected_rows: ExpectedRows
    first_rows: dict[DocumentedStep, Statement] = field(default_factory=dict)
    """The first row of each step, in the order of the page."""

    def check(self, statements: Sequence[Statement]) -> Iterator[Finding]:
        rows = [(s, s.step, list(self.row_faults(s, s.step))) for s in statements if s.step]
        confirmed = {step for _, step, faults in rows if not faults}
        for statement, step, faults in rows:
            actual = self.actual_step(statement, step, faults, confirmed)
            if actual:
                text = f"by its status and effects this is the row of {actual.event!r}"
                yield self.finding(statement, self.cell(statement), "wrong-step", text, actual)
            else:
                yield from faults
                if step in self.first_rows:
                    text = f"repeats row {self.first_rows[step].number}"
                    yield self.finding(statement, self.cell(statement), "duplicate-row", text)
            self.first_rows.setdefault(actual or step, statement)
        yield from self.misplaced_row()
        yield from self.missing_rows(len(statements) - len(rows))

    @cached_property
    def order(self) -> list[DocumentedStep]:
        """The steps in their documented order."""
        return [step for step, _ in self.lexicon.documented.get(self.machine.name, ())]

    # One row -------------------------------------------------------------------------------

    def actual_step(
        self,
        statement: Statement,
        step: DocumentedStep,
        faults: Sequence[Finding],
        confirmed: Iterable[DocumentedStep],
    ) -> DocumentedStep | None:
        """Return the step that a row describes where only its label is wrong, else ``None``.

        That is a step of no other row whose status and effects the row states without a fault. It
        is looked for where the row has several faults, or one fault and a step that an earlier row
        has already; otherwise one fault is reported as it is. ``confirmed`` are the steps of the
        rows without faults.
        """
        is_suspicious = len(faults) > 1 or (faults and step in self.first_rows)
        if not is_suspicious or statement.effects is None:
            return None
        taken = {step, *confirmed, *self.first_rows}
        free = (other for other in self.order if other not in taken)
        return next((other for other in free if not any(self.row_faults(statement, other))), None)

    def row_faults(self, statement: Statement, step: DocumentedStep) -> Iterator[Finding]:
        """Yield where a row differs from what the machine does at a step."""
        transition = step.transition(self.machine)
        if transition is None:
            text = f"the machine has no step {step.event!r}"
            yield self.finding(statement, self.cell(statement), "unknown-label", text, step)
            return
        yield from self.status_fault(statement, step, transition)
        if statement.effects is not None:
            for cell, code, text in self.effect_faults(statement.effects, transition):
                place = cell or self.cell(statement, "indicators")
                yield self.finding(statement, place, code, text, step)

    def status_fault(
        self, statement: Statement, step: DocumentedStep, transition: Transition
    ) -> Iterator[Finding]:
        expected = self.machine.status(transition.target)
        if statement.status and statement.status != expected:
            cell = self.cell(statement, "status")
            place = f"for {transition.label!r} in {transition.source}"
            says = f"the machine says {expected!r}"
            word = self.lexicon.preferred.get(("statuses", expected or ""), expected)
            says += f" ({word!r})" if word != expected else ""
            text = f"status {plain(cell.text)!r} {place}, {says}"
            yield self.finding(statement, cell, "wrong-status", text, step)

    def effect_faults(
        self, claims: Sequence[EffectClaim], transition: Transition
    ) -> Iterator[tuple[Cell | None, str, str]]:
        """Yield the faults in the effects of a row: cell (``None``: the whole cell), code, text."""
        expected = self.machine.effects(transition)
        place = f"for {transition.label!r} in {transition.source}"
        claims_on: dict[str, list[EffectClaim]] = {}
        for claim in claims:
            claims_on.setdefault(claim.indicator, []).append(claim)
        clear = {}  # effects on indicators of the machine, stated without contradiction
        for name, [claim, *others] in claims_on.items():
            effects = list(dict.fromkeys(c.effect.value for c in (claim, *others)))
            if name not in expected:
                yield claim.cell, "unknown-label", f"{self.machine.name} has no indicator {name!r}"
            elif len(effects) > 1:
                text = f"{name} both {' and '.join(effects)} {place}"
                says = f"the machine says {expected[name].value}"
                yield claim.cell, "contradiction", f"{text}, {says}"
            else:
                clear[name] = claim
        yield from self.wrong_effects(clear, expected, place)
        for name in expected:
            if name not in claims_on:
                yield None, "missing-effect", f"the effect on {name!r} is not stated"

    def wrong_effects(
        self, claims: Mapping[str, EffectClaim], expected: Mapping[str, Effect], place: str
    ) -> Iterator[tuple[Cell, str, str]]:
        """Yield each wrong effect; a single fault where the effects cannot happen together."""
        wrong = [claim for name, claim in claims.items() if claim.effect is not expected[name]]
        if wrong and not self.can_happen(claims):
            stated = "; ".join(format_effect(name, c.effect) for name, c in claims.items())
            actual = "; ".join(format_effect(name, effect) for name, effect in expected.items())
            text = f"{stated} {place}: no change of status does both; the machine says {actual}"
            yield wrong[0].cell, "conservation", text
            return
        for claim in wrong:
            says = f"the machine says {expected[claim.indicator].value}"
            text = f"{plain(claim.cell.text)!r} {place}, {says}"
            yield claim.cell, "wrong-effect", text

    def can_happen(self, claims: Mapping[str, EffectClaim]) -> bool:
        """Whether some change of status has these effects; the effects not stated are free."""
        return any(
            all(claim.effect is effects[name] for name, claim in claims.items())
            for effects in self.possible_effects
        )

    @cached_property
    def possible_effects(self) -> list[dict[str, Effect]]:
        """The effects on all indicators of each change from one status to another."""
        return [
            {i.name: i.effect(before, after) for i in self.machine.indicators}
            for before in (None, *self.machine.statuses)
            for after in self.machine.statuses
        ]

    # All rows ------------------------------------------------------------------------------

    def misplaced_row(self) -> Iterator[Finding]:
        """Yield the first row that is out of the documented order."""
        order = (step for step in self.order if step in self.first_rows)
        for expected, (step, statement) in zip(order, self.first_rows.items(), strict=False):
            if step != expected:
                text = f"{step.event!r} where the documented order has {expected.event!r}"
                cell = self.cell(statement)
                severity: Severity = "warning"
                if (rows := self.documented_rows(expected, step)) and rows[0] < rows[1]:
                    text += f" (rows {rows[1]} and {rows[0]} of the machine's own table)"
                    severity = "error"
                yield self.finding(statement, cell, "row-order", text, severity=severity)
                return

    def documented_rows(self, *steps: DocumentedStep) -> list[int]:
        """Return the rows of some steps in the table that comes with the machine, if all have one.

        The order of a lexicon's steps alone is no rule: its file may list them in any order.
        """
        transitions = (step.transition(self.machine) for step in steps)
        origins = (t.origin.label if t and t.origin else "" for t in transitions)
        matches = [re.fullmatch(r"row (\d+)", label) for label in origins]
        return [int(match[1]) for match in matches if match] if all(matches) else []

    def missing_rows(self, unread: int) -> Iterator[Finding]:
        """Yield the steps without a row, unless the unread rows may be theirs."""
        steps = set(self.lexicon.steps_of(self.machine.name).values())
        missing = sorted(steps - self.first_rows.keys(), key=lambda s: (s.event, s.source or ""))
        if len(missing) <= unread:
            return
        for step in missing:
            where = f" in {step.source}" if step.source else ""
            text = f"no row for the step {step.event!r}{where}"
            header = self.table.table.header[0]
            reference = self.expected_rows.row(step)
            name = self.machine.name
            yield finding_at(self.file, header, "missing-row", text, name, reference=reference)

    def finding(
        self,
        statement: Statement,
        cell: Cell,
        code: str,
        text: str,
        step: DocumentedStep | None = None,
        severity: Severity = "error",
    ) -> Finding:
        """Return a finding in a row, with the row of the step as it should be."""
        reference = self.expected_rows.row(step, statement) if step else ""
        row = self.machine.name, statement.number
        return finding_at(self.file, cell, code, text, *row, severity, reference)

    def with_reference(self, statement: Statement, finding: Finding) -> Finding:
        """Return a finding about a label with the row as it should be, where the step is known."""
        if finding.code not in _OF_LABELS or not statement.step:
            return finding
        return replace(finding, reference=self.expected_rows.row(statement.step, statement))

    def cell(self, statement: Statement, role: str = "step") -> Cell:
        return statement.row.cells[self.table.columns[role]]
