"""The function ``check_claims``: what a log says about claims."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

import numpy as np

from fsm.arguments import as_several
from fsm.catalog import as_machine, built_in_companion
from fsm.conformance.claims.claim_counts import Contradiction
from fsm.conformance.claims.claim_notes import ClaimNotes
from fsm.conformance.claims.claim_observers import (
    ClaimObservers,
    claimed_events,
    read_log_claims,
    sum_of_claims,
)
from fsm.conformance.claims.claim_result import ClaimEvent, ClaimResult, Violation
from fsm.engine.replaying import replay, with_companions
from fsm.engine.result import Replay
from fsm.engine.source_rows import SourceRows
from fsm.errors import ArgumentError
from fsm.machine import Machine
from fsm.machine_parts import State, Transition

__all__ = ["check_claims", "claim_results", "observers_of"]


def check_claims(
    source: object,
    machine: Machine | str | None,
    claims: str | Iterable[str],
    *,
    companions: Callable[[str], Machine] | None = built_in_companion,
    validity: timedelta | None = None,
    as_of: datetime | None = None,
) -> tuple[ClaimResult, ...]:
    """Return, for each claim, how many messages of a log violate it, and the first of them.

    A claim is one of :func:`fsm.analysis.check_claim`, but for ``possibly``, or one about times:
    ``P within 3.5d of Q``, ``never P within 1h of Q``, where Q may be ``start``. It is about the
    events, states and statuses of ``machine`` and of its companion; without a machine about the
    events of the log alone. The other arguments are those of :func:`fsm.replay`.

    Raises :class:`fsm.errors.FsmError` for what is no claim, and for one that no log decides, and
    what :func:`fsm.replay` raises.

    >>> import fsm
    >>> log = next(fsm.simulate("with-feedback", messages=100, seed=1))
    >>> for result in check_claims(log, "with-feedback", ["never Sent after hard_bounced"]):
    ...     print(result.messages, result.violated)
    15 0
    """
    loaded = None if machine is None else as_machine(machine)
    observers = observers_of(loaded, claims, companions)
    if observers is None:
        raise ArgumentError("claims: there are none; name one, such as 'never P after Q'")
    result = replay(
        source,
        observers.machines[0],
        companions=companions,
        observers=observers,
        cross_check=False,
        validity=validity,
        as_of=as_of,
    )
    return claim_results(result, observers)


def observers_of(
    machine: Machine | None,
    claims: str | Iterable[str],
    companions: Callable[[str], Machine] | None,
) -> ClaimObservers | None:
    """Read claims about a machine and its companion, or about the events of a log alone.

    A log alone is run by a machine without a name, which accepts the events that the claims name in
    any order. ``None`` stands for no claims; then no companion is loaded.
    """
    texts: tuple[str, ...] = tuple(as_several("claims", claims, str))
    if not texts:
        return None
    if machine is not None:
        machines = with_companions([machine], companions)
        return ClaimObservers(machines, read_log_claims(machines, texts))
    read = read_log_claims([], texts)
    return ClaimObservers([_any_order(claimed_events(read))], read)


def _any_order(events: Sequence[str]) -> Machine:
    state = State("any", None, "any", ("any",))
    steps = tuple(Transition("any", event, "any", event) for event in events)
    return Machine("", "the log alone", (state,), tuple(events), steps, "any")


def claim_results(result: Replay, observers: ClaimObservers) -> tuple[ClaimResult, ...]:
    """Return the results of claims that were observed in a replay, with the texts of the log."""
    found = sum_of_claims(result.counts.buckets.observed, observers)
    read = ClaimNotes(result, observers.machines)
    rows = sorted(
        {row for part in found for contradiction in part.first for row in contradiction.rows}
    )
    texts = _Texts(result, rows)
    return tuple(
        ClaimResult(
            claim.text,
            part.applied,
            part.violated,
            part.owing,
            tuple(texts.violation(contradiction) for contradiction in part.first),
            read.absent(claim),
            tuple(read.notes(claim, vacuous=not (part.violated or part.owing))),
        )
        for claim, part in zip(observers.claims, found, strict=True)
    )


class _Texts:
    """The texts of some rows of a log."""

    def __init__(self, result: Replay, rows: Sequence[int]) -> None:
        source_rows = SourceRows(result.log, result.counts.encoder.firsts)
        frame = result.log.locate(source_rows.of(np.array(rows, np.intp)))
        self._by_row = dict(zip(rows, frame.iter_rows(named=True), strict=True))

    def violation(self, contradiction: Contradiction) -> Violation:
        """Return a contradiction with the texts of its rows."""
        texts = [self._by_row[row] for row in contradiction.rows]
        events = (
            ClaimEvent(text["event"], _rfc3339(text["timestamp"]), text["file"], text["line"])
            for text in texts
        )
        last = texts[-1]
        return Violation(
            last["message_id"], last.get("recipient"), contradiction.why, tuple(events)
        )


def _rfc3339(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")
