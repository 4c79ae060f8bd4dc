"""Claims asked of a log, in the pass of a replay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

import numpy as np

from fsm.analysis.claim_names import Names
from fsm.analysis.claim_text import (
    START,
    CountClaim,
    NamesByMachine,
    PatternClaim,
    WithinClaim,
    claim_words,
    read_claim,
)
from fsm.analysis.invariant import Invariant, read_invariant, refuse_no_sum
from fsm.conformance.claims.automaton import monitor_check
from fsm.conformance.claims.claim_counts import ClaimCheck, ClaimCounts, Folded
from fsm.conformance.claims.joint_steps import cell_steps, initial_states
from fsm.conformance.claims.monitors import ConstantMonitor, PatternMonitor
from fsm.conformance.claims.numbers import NumberCheck
from fsm.conformance.claims.occurrences import OccurrenceTable
from fsm.conformance.claims.reachability import most_to_come
from fsm.conformance.claims.windows import WindowCheck
from fsm.engine.bucket_counts import FoldedBucket
from fsm.engine.buckets import Bucket
from fsm.engine.options import Observer
from fsm.engine.product_machine import ProductMachine, find_machine
from fsm.epoch import MICROSECOND
from fsm.errors import FsmError
from fsm.machine import Machine

__all__ = ["ClaimObservers", "LogClaim", "read_log_claims"]

LogClaim = PatternClaim | CountClaim | WithinClaim | Invariant


def read_log_claims(machines: Sequence[Machine], claims: Iterable[str]) -> tuple[LogClaim, ...]:
    """Read claims that a log can be compared with.

    ``machines`` are a machine and its companions; without any, every name in a claim is that of an
    event. Raises :class:`fsm.errors.FsmError` for what is no claim, and for one that no log can
    decide.
    """
    return tuple(_read(machines, claim_words(claim)) for claim in claims)


def _read(machines: Sequence[Machine], text: str) -> LogClaim:
    claim = read_claim(machines, text)
    if isinstance(claim, PatternClaim) and claim.kind == "possibly":
        raise FsmError(
            f"{text!r}: a log shows what happened, not what can still happen; prove it with "
            "fsm analyse MACHINE --claim CLAIM, or claim of the log: eventually P after Q"
        )
    if claim is not None:
        return claim
    if not machines:
        refuse_no_sum(text)
        raise FsmError(f"{text!r}: a sum is over the states of a machine; name one with --machine")
    return read_invariant(machines[0], text)


def claimed_events(claims: Sequence[LogClaim]) -> list[str]:
    """Return the events that claims name, or that a word of theirs may mean, sorted."""
    named = {event for claim in claims for event in named_events(claim)}
    return sorted(named | ({START} if any(map(is_from_start, claims)) else set()))


def is_from_start(claim: LogClaim) -> bool:
    """Return whether a claim has ``of start``: the beginning of each trace."""
    return isinstance(claim, WithinClaim) and claim.marker is None


def parts_of(claim: LogClaim) -> tuple[NamesByMachine, ...]:
    """Return what a claim is about, and its marker where it has one."""
    if isinstance(claim, Invariant):
        return ()
    marker = None if isinstance(claim, CountClaim) else claim.marker
    return (claim.what,) if marker is None else (claim.what, marker)


def named_events(claim: LogClaim) -> set[str]:
    """Return the events that a claim names."""
    return {event for part in parts_of(claim) for names in part for event in names.events}


@dataclass(frozen=True)
class ClaimObservers:
    """Claims as questions to a log. ``machines`` are those that the claims were read for."""

    machines: Sequence[Machine]
    claims: Sequence[LogClaim]

    @property
    def need_times(self) -> bool:
        """Whether a claim is about times."""
        return any(isinstance(claim, WithinClaim) for claim in self.claims)

    def of(self, products: Sequence[ProductMachine]) -> Sequence[Observer]:
        """Return one observer for all claims; raises :class:`fsm.errors.FsmError`.

        Machines that are too large together to be one product cannot be in one claim.
        """
        tables: dict[int, _Tables] = {}
        checks = []
        for claim in self.claims:
            at = self._product(claim, products)
            if at not in tables:
                tables[at] = _Tables(products, at, self.machines)
            checks.append(tables[at].check(claim))
        return [partial(_observed, checks=checks)]

    def _product(self, claim: LogClaim, products: Sequence[ProductMachine]) -> int:
        """Return the number of the product that has the machines of a claim."""
        numbers = _machines_in(claim)
        found = {find_machine(products, self.machines[number].name)[0] for number in numbers}
        if len(found) > 1:
            names = " and ".join(self.machines[number].name for number in sorted(numbers))
            raise FsmError(f"{claim.text!r}: {names} are too large to be in one claim")
        return found.pop() if found else 0


def sum_of_claims(
    observed: Iterable[tuple[object, ...]], observers: ClaimObservers
) -> list[ClaimCounts]:
    """Return what was found of each claim in all buckets, from what the observers returned."""
    buckets = [cast("tuple[ClaimCounts, ...]", counts) for (counts,) in observed]
    numbers = range(len(observers.claims))
    return [ClaimCounts.sum(counts[number] for counts in buckets) for number in numbers]


def _observed(
    bucket: Bucket, folded_bucket: FoldedBucket, checks: Sequence[ClaimCheck]
) -> tuple[ClaimCounts, ...]:
    folded: dict[int, Folded] = {}
    for check in checks:
        if check.product not in folded:
            folded[check.product] = Folded(bucket, folded_bucket, check.product)
    return tuple(check.count(folded[check.product]) for check in checks)


def _machines_in(claim: LogClaim) -> set[int]:
    if isinstance(claim, Invariant):
        return {0}
    parts = (numbered for part in parts_of(claim) for numbered in enumerate(part))
    return {number for number, names in parts if names.events or names.states}


class _Tables:
    """What checks of claims know of one product machine."""

    def __init__(
        self, products: Sequence[ProductMachine], at: int, machines: Sequence[Machine]
    ) -> None:
        self.at, self.product = at, products[at]
        numbers = {machine.name: number for number, machine in enumerate(machines)}
        self.numbers = [numbers.get(machine.name) for machine in self.product.machines]
        """The number, among the machines of claims, of each machine of the product; None for a
        machine that no claim knows."""
        self.known = len(machines)
        counted = [at for at, number in enumerate(self.numbers) if number is not None]
        self.initial, self.cells = initial_states(self.product), cell_steps(self.product, counted)

    def check(self, claim: LogClaim) -> ClaimCheck:
        """Make a claim ready for the cells of the product."""
        match claim:
            case PatternClaim():
                return self._pattern(claim)
            case CountClaim():
                what = self._occurrences(claim.what)
                to_come = most_to_come(self.product, what.per_cell, claim.number)
                return NumberCheck(
                    self.at, what, claim.number, claim.most, to_come, self._shown(claim)
                )
            case WithinClaim():
                return WindowCheck(
                    self.at,
                    self._occurrences(
                        claim.what, held=True, level=claim.forbidden and claim.marker is not None
                    ),
                    self._occurrences(claim.marker),
                    claim.limit // MICROSECOND,
                    claim.forbidden,
                )
            case Invariant():
                return self._invariant(claim)

    def _pattern(self, claim: PatternClaim) -> ClaimCheck:
        what = self._subject(claim.what)
        marker = None if claim.marker is None else self._subject(claim.marker)
        hopeless = np.zeros(len(self.product.states), np.bool_)
        if claim.kind == "eventually":
            comes = [any(s.takes(what) or s.holds(what) for s in steps) for steps in self.cells]
            hopeless = most_to_come(self.product, np.array(comes, np.intp), 1) == 0
        monitor = PatternMonitor(claim._replace(what=what, marker=marker))
        return monitor_check(
            monitor, self.at, self.initial, self.cells, hopeless, self._shown(claim)
        )

    def _invariant(self, claim: Invariant) -> ClaimCheck:
        number = self.numbers.index(0)
        if claim.allows is None:
            monitor = ConstantMonitor(number, claim.values)
            never = np.zeros(len(self.product.states), np.bool_)
            return monitor_check(
                monitor, self.at, self.initial, self.cells, never, self._shown(claim)
            )
        wrong = frozenset(s for s, value in claim.values.items() if not claim.allows(value))
        others = [Names()] * (self.known - 1)
        names = (Names(states=wrong), *others)
        return self._pattern(PatternClaim(claim.text, "never", names, None, until=False))

    def _shown(self, claim: LogClaim) -> list[int]:
        """Return which machines of the product a claim is about, by their numbers there.

        Of a machine without a name, which stands for a log alone, no state is shown.
        """
        numbers = (self.numbers.index(number) for number in _machines_in(claim))
        return sorted(number for number in numbers if self.product.machines[number].name)

    def _subject(self, subject: NamesByMachine) -> NamesByMachine:
        """Return a subject of the machines of the product only."""
        return tuple(Names() if at is None else subject[at] for at in self.numbers)

    def _occurrences(
        self, subject: NamesByMachine | None, *, held: bool = False, level: bool = False
    ) -> OccurrenceTable:
        own = None if subject is None else self._subject(subject)
        return OccurrenceTable.of(own, self.initial, self.cells, held=held, level=level)
