"""The function ``conform``: where a machine and what it is compared with disagree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from fsm.arguments import check_choice
from fsm.catalog import as_machine, built_in_companion
from fsm.conformance.causes import Cause
from fsm.conformance.conformance import Conformance
from fsm.conformance.least_repair import repair_traces
from fsm.conformance.log_causes import causes_in_log
from fsm.conformance.repair_model import model_repairs, plain_events
from fsm.engine.replaying import replay
from fsm.engine.result import Replay
from fsm.engine.undefined import undefined_events
from fsm.errors import FsmError, LogError
from fsm.machine import Machine, State, Transition

if TYPE_CHECKING:
    from fsm.conformance.claims.claim_observers import ClaimObservers
    from fsm.conformance.claims.claim_result import ClaimResult
    from fsm.suites.execution.implementation import Implementation

__all__ = ["MAY_END", "OUTSIDE", "conform", "with_plain_events"]

MAY_END = ("any", "all", "final")
"""Where messages may end: in any state but the initial one, in all, or in final ones."""

_NOTES = 3
"""Notes on claims in a message."""

OUTSIDE = ("beside", "extra")
"""What events are that the machine does not have: counted beside, or extra as in process mining."""


def conform(
    source: object,
    machine: Machine | str | None,
    *,
    page: str | None = None,
    implementation: Implementation | str | None = None,
    tests: str | Path | None = None,
    cells: bool | None = None,
    name: str = "",
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
    """Return how far a machine, a log and other sources agree.

    ``source`` is a log, or ``None`` for none. Of a log, the result tells how many messages fit, and
    the least repair of the others.

    The least repair is the smallest number of events to leave out (*extra*) or to add (*missing*)
    so that every message is a trace of the machine. A message may end in any state but the initial
    one, with ``may_end="all"`` there too, with ``"final"`` in final states only. Events that the
    machine does not have, such as those of its companion, are counted beside and not repaired; with
    ``outside="extra"`` each is extra, as is the convention of process mining. Ends of validity
    periods cost nothing, and an event that depends on guards may happen under any of their values.
    Messages without any event of the machine are not judged.

    With ``page``, ``implementation`` or ``tests``, or with ``cells``, the result has the verdict on
    each cell (state and event) of the machine: what every source says about it; see
    :mod:`fsm.conformance.cells`. ``page`` is a page with documented tables, ``implementation`` an
    adapter or the name of its class, ``package.module:Class``, which is imported and run, ``tests``
    a file that ``pytest --fsm-cov-file`` wrote. ``name`` is the name by which ``machine`` was
    loaded, where it is given as a value: it tells whether the machine was made from the page.

    ``claims`` are texts such as ``"never Sent after Failed"`` or ``"Sent within 3.5d of
    relayed"``, checked on every message in the same pass; see
    :func:`fsm.conformance.claims.check_claims`. Without a machine (``None``) only claims are
    checked, about the events of the log.

    The other arguments are those of :func:`fsm.replay`.

    Raises :class:`fsm.errors.MachineError` for a machine in which no message can end,
    :class:`fsm.errors.LogError` where no event of the log is one of the machine, or no claim about
    a log alone applies to any message,
    :class:`fsm.errors.FsmError` where there is nothing to compare with, and for a source that
    cannot be read, and what ``replay`` raises.

    >>> import fsm
    >>> log = next(fsm.simulate("with-feedback", messages=100, seed=1))
    >>> conform(log, "with-feedback").repair.cost
    0
    """
    check_choice("may_end", may_end, MAY_END)
    check_choice("outside", outside, OUTSIDE)
    run = partial(
        replay,
        source,
        companions=companions,
        validity=validity,
        as_of=as_of,
        dedupe=dedupe,
        memory=memory,
        workers=workers,
        progress=progress,
        mapping=mapping,
        events=events,
    )
    if machine is None:
        return _claims_alone(run, source, _observers_of(None, claims, companions))
    name = machine if isinstance(machine, str) else name or machine.name
    machine = as_machine(machine)
    observers = _observers_of(machine, claims, companions)
    if source is None and page is None and implementation is None:
        raise FsmError("nothing to compare with: give a log, a page or an implementation")
    if source is None and observers is not None:
        raise FsmError("claims are about the messages of a log: give one")
    result = repair = model = compared = checked = None
    if source is not None:
        machines = with_plain_events(machine)
        result = run(machines, traces=True, observers=observers)
        checked = _results_of_claims(result, observers) if observers else None
        remodel = partial(
            model_repairs,
            alphabet=result.counts.products[0].codes,
            may_end=may_end,
            outside=outside,
        )
        model = remodel(machine)
        repair = repair_traces(model, result.distinct_traces)
        if not repair.fitting + repair.not_fitting:
            raise LogError(
                f"nothing to compare: no event of this log is one of {machine.name}; is the "
                "machine the right one? --event NATIVE=EVENT names an event of the log as the "
                "machine does"
            )
        repair = replace(repair, outside=_named(repair.outside, result))
        result = _without(result, machines[1:])
    if cells or not (page is None and implementation is None and tests is None):
        # Imported here: a log alone needs no pages, tests and implementations.
        from fsm.conformance.cell_sources import compare_sources

        compared = compare_sources(
            machine,
            name=name,
            replay=result,
            page=page,
            implementation=implementation,
            tests=tests,
        )
    causes: tuple[Cause, ...] = ()
    if result is not None and repair is not None and model is not None:
        causes = causes_in_log(result, repair, model, remodel, compared)
    return Conformance(
        machine,
        result,
        repair,
        compared,
        causes,
        may_end=may_end,
        outside=outside,
        claims=checked,
    )


def _observers_of(
    machine: Machine | None,
    claims: str | Iterable[str],
    companions: Callable[[str], Machine] | None,
) -> ClaimObservers | None:
    if claims == ():
        return None
    # Imported here, as below: most logs are asked no claims.
    from fsm.conformance.claims.claim_checking import observers_of

    return observers_of(machine, claims, companions)


def _results_of_claims(result: Replay, observers: ClaimObservers) -> tuple[ClaimResult, ...]:
    from fsm.conformance.claims.claim_checking import claim_results

    return claim_results(result, observers)


def _claims_alone(
    run: Callable[..., Replay], source: object, observers: ClaimObservers | None
) -> Conformance:
    """Check claims about the events of a log, without a machine."""
    if source is None or observers is None:
        raise FsmError("nothing to compare with: give a machine, or a log and claims")
    result = run(observers.machines, observers=observers, cross_check=False)
    checked = _results_of_claims(result, observers)
    found = Conformance(observers.machines[0], result, claims=checked)
    if not any(claim.messages for claim in checked):
        notes = (f"{claim.claim}: {note}" for claim in checked for note in claim.notes)
        why = "; ".join(islice(notes, _NOTES)) if result.counts.chunks else "the log has no events"
        several = f"the claims apply to no {found.unit.name}"
        raise LogError(f"nothing to compare: {'; '.join(filter(None, (several, why)))}")
    return found


def with_plain_events(machine: Machine) -> list[Machine]:
    """Return a machine, and one that knows the plain names of events that depend on guards."""
    events = [event for event in plain_events(machine) if event not in machine.alphabet]
    if not events:
        return [machine]
    state = State("any", None, "any", ("any",))
    loops = tuple(Transition("any", event, "any", event) for event in events)
    name = f"{machine.name} without guards"
    title = "the events that depend on guards"
    plain = Machine(name, title, (state,), tuple(events), loops, "any", unit=machine.unit)
    return [machine, plain]


def _without(result: Replay, observer: Sequence[Machine]) -> Replay:
    """Return the replay without the result of the machine that only lends names."""
    names = {machine.name for machine in observer}
    checked = result.crosscheck
    if checked is not None:
        classless = tuple(name for name in checked.without_class if name not in names)
        checked = replace(checked, without_class=classless)
    kept = {name: found for name, found in result.machines.items() if name not in names}
    return replace(result, machines=kept, crosscheck=checked)


def _named(outside: Mapping[str, int], result: Replay) -> dict[str, int]:
    """Add the names of events that no machine has, which the log is read for once more."""
    named = {name: count for name, count in outside.items() if name}
    if outside.get(""):
        named |= undefined_events(result)
    return dict(sorted(named.items(), key=lambda item: (-item[1], item[0])))
