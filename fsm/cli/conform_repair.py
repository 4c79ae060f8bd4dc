"""``fsm conform``: the section on the least repair."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsm.cli.text import format_table, percentage, print_text
from fsm.indicators import percent

if TYPE_CHECKING:
    from fsm.conformance import Conformance

__all__ = ["print_repair"]


def print_repair(result: Conformance) -> None:
    """Print how many messages fit, and the least repair of the others."""
    repair, unit = result.repair, result.unit
    if repair is None:
        return
    whole = repair.fitting + repair.not_fitting
    rows = [
        (f"{unit.several} that fit", f"{repair.fitting:,}", _share(repair.fitting, whole)),
        (
            f"{unit.several} that do not",
            f"{repair.not_fitting:,}",
            _share(repair.not_fitting, whole),
        ),
        ("least repair", f"{repair.cost:,}", ""),
        ("  extra events", f"{repair.extra:,}", ""),
        ("  missing events", f"{repair.missing:,}", ""),
        ("fitness", f"{repair.fitness:.4f}", ""),
    ]
    print_text(format_table(("", result.machine.name, ""), rows, right=(1, 2)))


def _share(count: int, whole: int) -> str:
    return percentage(percent(count, whole))
