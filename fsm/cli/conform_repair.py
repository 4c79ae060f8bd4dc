"""``fsm conform``: the section on the least repair."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fsm.cli.text import format_table, percentage, print_line, print_text
from fsm.indicators import percent
from fsm.text import quantity, visible

if TYPE_CHECKING:
    from fsm.conformance import Conformance
    from fsm.conformance.least_repair import LeastRepair
    from fsm.unit import Unit

__all__ = ["print_repair"]


_SHOWN = 10
"""Edits that are shown."""


def print_repair(result: Conformance) -> None:
    """Print how many messages fit, and the least repair of the others."""
    repair, unit = result.repair, result.unit
    if repair is None:
        return
    whole = repair.fitting + repair.not_fitting
    fit, unfit = repair.fitting, repair.not_fitting
    rows = [
        (f"{unit.several} that fit", f"{fit:,}", percentage(percent(fit, whole))),
        (f"{unit.several} that do not fit", f"{unfit:,}", percentage(percent(unfit, whole))),
        ("least repair", f"{repair.cost:,}", ""),
        ("  missing events", f"{repair.missing:,}", ""),
        ("  extra events", f"{repair.extra:,}", ""),
        ("fitness", f"{repair.fitness:.4f}", ""),
    ]
    print_text(format_table(("", result.machine.name, ""), rows, right=(1, 2)))
    for line in _lines(repair, unit, result.outside):
        print_line(line)
    if repair.edits:
        _print_edits(repair)


def _lines(repair: LeastRepair, unit: Unit, outside: str) -> Iterator[str]:
    """Yield what the table does not say: what was left aside, and what is not known."""
    if repair.without_events:
        count = unit.count(repair.without_events)
        yield f"not compared, as they have no event of the machine: {count}"
    if repair.outside:
        counts = [f"{visible(event)} {count:,}" for event, count in repair.outside.items()]
        more = [f"{len(counts) - _SHOWN:,} more"] if len(counts) > _SHOWN else []
        what = "each extra" if outside == "extra" else "left alone"
        total = quantity(sum(repair.outside.values()), "event")
        shown = ", ".join([*counts[:_SHOWN], *more])
        yield f"{total} that the machine does not have, {what}: {shown}"
    if repair.bounded:
        least, most = repair.bounds
        yield (
            f"{unit.count(repair.bounded)} not repaired, because that is too much work: between "
            f"{least:,} and {most:,} more edits"
        )


def _print_edits(repair: LeastRepair) -> None:
    rows = [
        (
            f"{found.count:,}",
            found.edit.kind,
            found.edit.event or "(other)",
            found.edit.state,
            before,
        )
        for found in repair.edits[:_SHOWN]
        for before in [found.edit.before or "the end" if found.edit.kind == "missing" else ""]
    ]
    print_text("\n" + format_table(("edits", "", "event", "in state", "before"), rows, right=(0,)))
    if len(repair.edits) > _SHOWN:
        print_line(f"... and {len(repair.edits) - _SHOWN:,} more; --json has them all")
