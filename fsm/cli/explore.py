"""``fsm explore``: a machine as a page to step through."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from fsm.catalog import load
from fsm.cli.text import shown
from fsm.cli.values import Duration
from fsm.files import write_bytes

__all__ = ["command"]

_BOTH = ("with-feedback", "without-feedback")


@click.command("explore")
@click.argument("machines", metavar="[MACHINE [OTHER]]", nargs=-1)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Default: standard output.")
@click.option("--timeout", type=Duration(), help="Then a simpler layout is made (default: 4s).")
def command(machines: tuple[str, ...], output: Path | None, timeout: timedelta | None) -> None:
    """Write a page to step through MACHINE, event by event; with OTHER, through both at once.

    By default both feedback modes. The page is one file and needs no network: the diagram, what
    each event changes, the documented row or decision behind it, and the table of every state
    and event. The trace stands in the page's address, so a link shows a colleague the same.
    """
    if len(machines) > 2:
        raise click.UsageError("name one machine, or two to step side by side")
    from fsm.exploration import explore

    page = explore(
        [load(name) for name in machines or _BOTH],
        timeout=timeout.total_seconds() if timeout else None,
        say=lambda text: click.echo(shown(f"fsm: {text} (or a longer --timeout)"), err=True),
    )
    if output and str(output) != "-":
        write_bytes(page.encode(), output)
    else:
        click.echo(page.encode(), nl=False)
