"""The function ``conform``: where a machine and what it is compared with disagree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from fsm.arguments import check_choice
from fsm.catalog import as_machine, built_in_companion
from fsm.conformance.claims.claim_checking import claim_results, observers_of
from fsm.conformance.conformance import Conformance
from fsm.conformance.least_repair import repair_traces
from fsm.conformance.repair_model import repair_model
from fsm.engine.replaying import replay
from fsm.errors import ArgumentError
from fsm.machine import Machine

__all__ = ["MAY_END", "OUTSIDE", "conform"]

MAY_END = ("any", "final")
"""Where messages may end: after any event, or in final states only."""

OUTSIDE = ("beside", "extra")
"""What events are that the machine does not have: counted beside, or extra as in process mining."""


def conform(
    source: object,
    machine: Machine | str | None,
    *,
    claims: str | Iterable[str] = (),
    may_end: str = "any",
    outside: str = "beside",
    companions: Callable[[str], Machine] | None = built_in_companion,
    validity: timedelta | None = None,
    as_of: datetime | None = None,
    dedupe: bool = False,
    memory: int | None = None,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
    mapping: str | Path | Iterable[str | Path] = (),
    events: Mapping[str, str] | None = None,
) -> Conformance:
    """Compare a log with a machine, and return how far they disagree.

    ``claims`` are texts such as ``"never Sent after Failed"`` or ``"delivered within 3.5d of
    relayed"``, checked on every message in the same pass; see
    :mod:`fsm.conformance.claims.claim_checking`. Without a machine (``None``) only claims are
    checked, about the events of the log.

    Raises what :func:`fsm.engine.replay` raises for the log, the machine and the arguments.

    >>> import fsm
    >>> log = next(fsm.simulate("with-feedback", messages=100, seed=1))
    >>> conform(log, "with-feedback").repair.cost
    0
    """
    check_choice("may_end", may_end, MAY_END)
    check_choice("outside", outside, OUTSIDE)
    loaded = None if machine is None else as_machine(machine)
    observers = observers_of(loaded, claims, companions)
    if loaded is None and not observers.claims:
        raise ArgumentError("machine: None; without a machine, claims are needed to be checked")
    result = replay(
        source,
        loaded or observers.machines[0],
        companions=companions,
        observers=observers,
        validity=validity,
        as_of=as_of,
        traces=loaded is not None,
        cross_check=loaded is not None,
        dedupe=dedupe,
        memory=memory,
        workers=workers,
        progress=progress,
        mapping=mapping,
        events=events,
    )
    checked = claim_results(result, observers) if observers.claims else None
    if loaded is None:
        return Conformance(observers.machines[0], result, claims=checked)
    model = repair_model(
        loaded,
        result.counts.products[0].codes,
        may_end=may_end,
        outside=outside,
        deadlines=validity is not None,
    )
    repair = repair_traces(model, result.distinct_traces)
    return Conformance(loaded, result, repair, claims=checked)
