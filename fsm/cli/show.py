"""``fsm show``: a machine's transitions, or every cell of its table."""

from __future__ import annotations

import csv
import io
import warnings

import click

from fsm.cli.choice import ChoiceParam
from fsm.cli.help import Example, HelpCommand, option
from fsm.cli.text import print_json, printable
from fsm.cli.values import machine_argument
from fsm.documented_machines import load_documented
from fsm.errors import AssumptionWarning
from fsm.machine import Machine
from fsm.tables.write import Grid, markdown, matrix_grid, transitions_grid
from fsm.text import inert, visible

__all__ = ["command"]


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
@option("--json", "json_too", is_flag=True, help="Same as --format json.")
def command(machine: str, cells: bool, form: str, json_too: bool) -> None:
    """Show the transitions of MACHINE, with their effects on indicators and their sources.

    A source is the documented row, the prose or the decision behind a transition. With --matrix,
    each cell has the next state with its source, or - if the event is rejected. The timers of the
    machine stand beside the transitions that they make happen.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AssumptionWarning)  # all are listed below
        loaded = load_documented(machine)
    grid = matrix_grid(loaded) if cells else transitions_grid(loaded, cited=True)
    if json_too or form == "json":
        _print_json(loaded, grid, cells=cells)
    else:
        click.echo(_FORMS[form](grid), nl=False)
    if loaded.unreachable:
        click.echo(printable(f"unreachable: {', '.join(loaded.unreachable)}", 2000), err=True)
    timers = (f"timer: {timer}" for timer in loaded.timers)
    for line in (*timers, *loaded.ignored, *(f"assumed: {text}" for text in loaded.assumed)):
        click.echo(printable(line), err=True)


def _csv(grid: Grid) -> str:
    out = io.StringIO()
    rows = [[inert(visible(cell)) for cell in row] for row in (grid.header, *grid.rows)]
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _print_json(machine: Machine, grid: Grid, *, cells: bool) -> None:
    if cells:
        events = grid.header[2:]
        states: list[dict[str, object]] = [
            {"state": state, "status": status, "cells": dict(zip(events, row, strict=True))}
            for state, status, *row in grid.rows
        ]
        for row in states if machine.timers else ():
            row["timers"] = [str(t) for t in machine.timers if row["state"] in t.states]
        print_json(states, "show-matrix")
    else:
        keys = [word.casefold() for word in grid.header]
        print_json([dict(zip(keys, row, strict=True)) for row in grid.rows], "show")


_FORMS = {"md": markdown, "csv": _csv}
