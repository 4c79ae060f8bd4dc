"""``fsm show``: a machine's transitions, or every cell of its table."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fsm.cli.choice import ChoiceParam
from fsm.cli.completion import complete_file
from fsm.cli.file_params import INPUT
from fsm.cli.help import Example, HelpCommand, option
from fsm.cli.text import print_json, printable
from fsm.cli.values import machine_argument
from fsm.documented_machines import load_documented
from fsm.errors import AssumptionWarning
from fsm.machine import Machine
from fsm.tables.write import header_of_matrix, markdown_lines, rows_of_matrix, transitions_grid
from fsm.text import inert, quantity, visible

if TYPE_CHECKING:
    from fsm.conformance.covered_cells import CoveredCells

__all__ = ["command"]

Row = tuple[str, ...]


@click.command(
    "show",
    cls=HelpCommand,
    examples=[
        Example("The transitions as a Markdown table", "fsm show with-feedback"),
        Example(
            "Every cell, with rejected events, for a spreadsheet",
            "fsm show with-feedback --matrix --format csv",
        ),
    ],
)
@machine_argument
@option("--matrix", "cells", is_flag=True, help="Show every cell instead: each state and event.")
@option(
    "--format",
    "form",
    type=ChoiceParam(("md", "csv", "json")),
    default="md",
    help="Format of the table.",
)
@option(
    "--coverage",
    type=INPUT,
    shell_complete=complete_file,
    metavar="FILE",
    help="With --matrix, tell how many tests ran each cell: the file of pytest --fsm-cov-file.",
)
@option("--json", "json_too", is_flag=True, help="Same as --format json.")
def command(machine: str, cells: bool, form: str, coverage: str | None, json_too: bool) -> None:
    """Show the transitions of MACHINE, with their effects on indicators and their sources.

    A source is the documented row, the prose or the decision behind a transition. With --matrix,
    each cell has the next state with its source, or - if the event is rejected. The timers of the
    machine stand beside the transitions that they make happen.
    """
    if coverage is not None and not cells:
        raise click.UsageError("--coverage is about cells; add --matrix")
    as_json = json_too or form == "json"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AssumptionWarning)  # all are listed below
        loaded = load_documented(machine)
    tested = None
    if coverage is not None:
        from fsm.conformance.covered_cells import read_coverage

        tested = read_coverage(Path(coverage), loaded)
    header: Row
    rows: Iterable[Row]
    if cells:
        header, rows = header_of_matrix(loaded), rows_of_matrix(loaded)
        if tested and not as_json:
            rows = _with_tests(header, rows, tested)
    else:
        grid = transitions_grid(loaded, cited=True)
        header, rows = grid.header, grid.rows
    if as_json:
        _print_json(loaded, header, rows, tested, cells=cells)
    else:
        for line in _FORMS[form](header, rows):
            click.echo(line, nl=False)
    if loaded.unreachable:
        click.echo(printable(f"unreachable: {', '.join(loaded.unreachable)}", 2000), err=True)
    for line in (
        *_timer_lines(loaded),
        *loaded.ignored,
        *(f"assumed: {text}" for text in loaded.assumed),
        *((tested.summary(loaded), *tested.notes) if tested else ()),
    ):
        click.echo(printable(line), err=True)


def _timer_lines(machine: Machine) -> Iterator[str]:
    """Yield the timers; of one whose event is accepted nowhere that it may fire, this as well."""
    sources: dict[str, set[str]] = {}
    for transition in machine.transitions:
        for event in (transition.event, transition.trigger):
            sources.setdefault(event, set()).add(transition.source)
    for timer in machine.timers:
        accepting = sources.get(timer.event, set())
        happens = not accepting.isdisjoint(timer.states) if timer.stops else accepting
        why = f"; it does nothing, because {timer.event} is not accepted there"
        yield f"timer: {timer}{'' if happens else why}"


def _with_tests(header: Row, rows: Iterable[Row], tested: CoveredCells) -> Iterator[Row]:
    """Yield the rows of the matrix, with the number of tests in each cell."""
    for state, status, *cells in rows:
        found = (tested.tests(state, event) for event in header[2:])
        texts = (quantity(cell.count, "test") if cell else "not run" for cell in found)
        said = ("rejected" if cell == "-" else cell for cell in cells)
        yield (state, status, *(f"{c}: {text}" for c, text in zip(said, texts, strict=True)))


def _csv_lines(header: Row, rows: Iterable[Row]) -> Iterator[str]:
    for row in chain((header,), rows):
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerow([inert(visible(cell)) for cell in row])
        yield out.getvalue()


def _print_json(
    machine: Machine,
    header: Row,
    rows: Iterable[Row],
    tested: CoveredCells | None,
    *,
    cells: bool,
) -> None:
    if cells:
        events = header[2:]
        timers = [(str(timer), frozenset(timer.states)) for timer in machine.timers]
        states = (
            {"state": state, "status": status, "cells": dict(zip(events, row, strict=True))}
            | ({"timers": [text for text, runs in timers if state in runs]} if timers else {})
            | ({"tests": _test_counts(state, events, tested)} if tested else {})
            for state, status, *row in rows
        )
        print_json(states, "show-matrix")
    else:
        keys = [word.casefold() for word in header]
        print_json((dict(zip(keys, row, strict=True)) for row in rows), "show")


def _test_counts(state: str, events: Row, tested: CoveredCells) -> dict[str, int]:
    found = {event: tested.tests(state, event) for event in events}
    return {event: cell.count if cell else 0 for event, cell in found.items()}


_FORMS = {"md": markdown_lines, "csv": _csv_lines}
