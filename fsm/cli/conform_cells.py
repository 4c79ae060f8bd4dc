"""``fsm conform``: the other sources, and the section on the cells of the machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from fsm.cli.file_params import FILE, INPUT, PAGE
from fsm.cli.help import option
from fsm.cli.implementation_options import (
    answer_timeout_option,
    seconds_of,
    settle_option,
)
from fsm.cli.options import print_messages
from fsm.cli.text import format_table, print_text, write_output
from fsm.text import quantity

if TYPE_CHECKING:
    from fsm.conformance import Conformance
    from fsm.conformance.cells import CellComparison, ComparedCell
    from fsm.implementations import Connection

__all__ = ["CellOptions", "print_cell_notes", "print_cells", "with_cell_options", "write_cells"]

T = TypeVar("T")

_SHOWN = 40
"""Cells with disagreements that are listed; JSON and the page have all of them."""


@dataclass(frozen=True)
class CellOptions:
    """The sources beside the log, and the page of the cells."""

    page: str | None
    implementation: str | None
    timeout: timedelta
    settle: timedelta | None
    tests: Path | None
    html: Path | None

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of :func:`fsm.conform`."""
        return {
            "page": self.page,
            "implementation": self._connected,
            "tests": self.tests,
            "cells": self.html is not None,
        }

    @property
    def _connected(self) -> Connection | None:
        """The connection to the implementation, which is closed with the comparison."""
        if self.implementation is None:
            return None
        from fsm.implementations import connect

        return connect(
            self.implementation,
            timeout=seconds_of(self.timeout),
            settle=seconds_of(self.settle),
        )

    @property
    def has_sources(self) -> bool:
        """Whether a source is named that says something about the machine."""
        return self.page is not None or self.implementation is not None


def with_cell_options(function: Callable[..., T]) -> Callable[..., T]:
    """Add the options of :class:`CellOptions` to a command, as its argument ``others``."""

    @wraps(function)
    def command(*positional: Any, **arguments: Any) -> T:
        options = {field.name: arguments.pop(field.name) for field in fields(CellOptions)}
        return function(*positional, others=CellOptions(**options), **arguments)

    decorated = command
    for decorate in (
        option(
            "-o",
            "--html",
            type=PAGE,
            group="Output",
            help="HTML page of all cells, with the evidence for each.",
        ),
        option(
            "--tests",
            type=FILE,
            group="Other sources",
            help="Which tests ran which cells: the file of pytest --fsm-cov-file.",
        ),
        option(
            "--implementation",
            metavar="IMPLEMENTATION",
            group="Other sources",
            help="An implementation to run: package.module:name of an adapter, http://HOST/, or "
            "cmd:PROGRAM ARGUMENTS (fsm guide implementations).",
        ),
        answer_timeout_option,
        settle_option,
        option(
            "--page",
            type=INPUT,
            group="Other sources",
            help="Page with the documented table of the machine (page.md, page.md#section), or "
            "the TOML file that binds it to the machine.",
        ),
    ):
        decorated = decorate(decorated)
    return decorated


def print_cells(result: Conformance) -> None:
    """Print the cells on which sources disagree, and how many do not."""
    cells = result.cells
    if cells is None:
        return
    if result.repair is not None:
        print_text("")
    from fsm.conformance.votes import LOG

    counts, has_log = cells.counts, LOG in cells.sources
    if cells.disagreements:
        print_text(f"Cells on which sources disagree ({counts['disagree']:,}):")
        header = ("state", "event", "verdict", *_columns(cells), *([LOG] * has_log))
        rows = [_row(cells, cell) for cell in cells.disagreements[:_SHOWN]]
        print_text(format_table(header, rows, [len(header) - 1] if has_log else ()))
        more = counts["disagree"] - _SHOWN
        if more > 0:
            print_text(f"... and {more:,} more; --json and --html have them all")
        print_text("")
        print_text("\n".join(_evidence(cells.disagreements[:_SHOWN])) + "\n")
    print_text(format_table(("", "cells"), list(_summary(cells)), [1]))


def _columns(cells: CellComparison) -> list[str]:
    """Return the sources that have a column of their own."""
    from fsm.conformance.cells import JOINT
    from fsm.conformance.votes import LOG, SOURCES

    used = {vote.source for cell in cells.disagreements for vote in cell.votes}
    return [s for s in (JOINT, *SOURCES) if s in used and s != LOG]


def _row(cells: CellComparison, cell: ComparedCell) -> list[str]:
    from fsm.conformance.votes import LOG

    votes = {vote.source: vote.text for vote in cell.votes}
    said = [votes.get(source, "-") for source in _columns(cells)]
    return [
        cell.state,
        cell.event,
        cell.verdict,
        *said,
        *([f"{cell.count:,}"] * (LOG in cells.sources)),
    ]


def _evidence(shown: tuple[ComparedCell, ...]) -> Iterator[str]:
    """Yield where the sources of each cell say what they say."""
    from fsm.cli.text import printable

    for cell in shown:
        parts = [origin.citation for origin in cell.origins]
        parts += [f"log {cell.place}"] if cell.place else []
        if cell.run:
            parts.append(f"run {', '.join(cell.run.trace)}: {cell.run.answer}")
        if cell.tests:
            parts.append(quantity(cell.tests.count, "test"))
        yield printable(f"{cell.state}, {cell.event}: {'; '.join(parts) or 'no evidence'}", 600)


def _summary(cells: CellComparison) -> Iterator[tuple[str, str]]:
    labels = {
        "cells": "state and event",
        "disagree": "sources disagree",
        "agree": "sources agree",
        "alone": "one source alone",
        "accepted": "accepted by some source",
        "unseen": "  never seen in the log",
        "untested": "  run by no test",
    }
    for name, label in labels.items():
        if name in cells.counts:
            yield label, f"{cells.counts[name]:,}"


def print_cell_notes(result: Conformance) -> None:
    """Print on standard error what was assumed, and what was not compared."""
    if result.cells is not None:
        print_messages(result.cells.notes)


def write_cells(result: Conformance, output: Path | None, command: str) -> None:
    """Write the page of the cells, if it was asked for."""
    if output is not None and result.cells is not None:
        from fsm.reports.cell_page import render_cells

        write_output(render_cells(result.cells, command=command).encode(), output)
