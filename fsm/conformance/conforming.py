"""The function ``conform``: where a machine and what it is compared with disagree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from fsm.arguments import check_choice
from fsm.catalog import as_machine, built_in_companion
from fsm.conformance.cell_sources import compare_sources
from fsm.conformance.conformance import Conformance
from fsm.conformance.least_repair import repair_traces
from fsm.conformance.repair_model import repair_model
from fsm.engine.replaying import replay
from fsm.errors import FsmError
from fsm.machine import Machine
from fsm.suites.execution.implementation import Implementation

__all__ = ["MAY_END", "OUTSIDE", "conform"]

MAY_END = ("any", "final")
"""Where messages may end: after any event, or in final states only."""

OUTSIDE = ("beside", "extra")
"""What events are that the machine does not have: counted beside, or extra as in process mining."""


def conform(
    source: object,
    machine: Machine | str,
    *,
    page: str | None = None,
    implementation: Implementation | str | None = None,
    tests: str | Path | None = None,
    cells: bool | None = None,
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
    """Compare a machine with a log and other sources, and return how far they disagree.

    ``source`` is a log, or ``None`` for none. With ``page``, ``implementation`` or ``tests``, or
    with ``cells``, the result has the verdict on each cell (state and event) of the machine: what
    every source says about it; see :mod:`fsm.conformance.cells`. ``page`` is a page with documented
    tables, ``implementation`` an adapter or the name of its class, ``package.module:Class``, which
    is imported and run, ``tests`` a file that ``pytest --fsm-cov-file`` wrote.

    Raises what :func:`fsm.engine.replay` raises for the log, the machine and the arguments, and
    :class:`fsm.errors.FsmError` where there is nothing to compare the machine with, and for a
    source that cannot be read.

    >>> import fsm
    >>> log = next(fsm.simulate("with-feedback", messages=100, seed=1))
    >>> conform(log, "with-feedback").repair.cost
    0
    """
    check_choice("may_end", may_end, MAY_END)
    check_choice("outside", outside, OUTSIDE)
    name = machine if isinstance(machine, str) else machine.name
    machine = as_machine(machine)
    if source is None and page is None and implementation is None:
        raise FsmError("nothing to compare with: give a log, a page or an implementation")
    result = repair = compared = None
    if source is not None:
        result = replay(
            source,
            machine,
            companions=companions,
            validity=validity,
            as_of=as_of,
            traces=True,
            dedupe=dedupe,
            memory=memory,
            workers=workers,
            progress=progress,
            mapping=mapping,
            events=events,
        )
        model = repair_model(
            machine,
            result.counts.products[0].codes,
            may_end=may_end,
            outside=outside,
            deadlines=validity is not None,
        )
        repair = repair_traces(model, result.distinct_traces)
    if cells or not (page is None and implementation is None and tests is None):
        compared = compare_sources(
            machine,
            name=name,
            replay=result,
            page=page,
            implementation=implementation,
            tests=tests,
        )
    return Conformance(machine, result, repair, compared)
