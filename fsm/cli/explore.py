"""``fsm explore``: a page to step through a machine."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import click

from fsm.cli.completion import complete_machine
from fsm.cli.diagram_files import drawn_machine
from fsm.cli.file_params import INPUT
from fsm.cli.help import Example, HelpCommand
from fsm.cli.progress import Progress
from fsm.cli.shown_command import public_command
from fsm.cli.terminal import refuse_terminal
from fsm.cli.text import print_message, write_output
from fsm.cli.values import page_option, timeout_option

__all__ = ["command"]

_BOTH = ("with-feedback", "without-feedback")


@click.command(
    "explore",
    cls=HelpCommand,
    examples=[
        Example("Both feedback modes, side by side", "fsm explore -o sending-log.html"),
        Example("One machine", "fsm explore quarantine -o quarantine.html"),
    ],
)
@click.argument(
    "machines",
    metavar="[MACHINE [OTHER]]",
    nargs=-1,
    type=INPUT,
    shell_complete=complete_machine,
    help="One machine, or two to step through side by side: built-in names, machine files (.json, "
    ".yaml, .scxml, .dot, .mmd, .puml), pages with a table, or package.module:Class.",
)
@page_option
@timeout_option
def command(machines: tuple[str, ...], output: Path | None, timeout: timedelta | None) -> None:
    """Get a page to step through MACHINE event by event; with OTHER, through both at once.

    The default is both feedback modes. The page is one file and needs no network. It shows the
    diagram, what each event changes, the documented row or decision behind it, and the table of
    every state and event. The address of the page contains the trace, so you can share it as a
    link.
    """
    if len(machines) > 2:
        raise click.UsageError("name one machine, or two to step through side by side")
    refuse_terminal("an HTML page", output)
    from fsm.exploration import explore

    with Progress("drawing the page"):
        page = explore(
            [drawn_machine(n, as_table=True, has_marks=True) for n in machines or _BOTH],
            command=public_command(sys.argv[1:]),
            timeout=timeout.total_seconds() if timeout else None,
            warn=print_message,
        )
    write_output(page.encode(), output)
