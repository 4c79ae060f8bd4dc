"""``fsm gallery``: pages and pictures of all built-in machines."""

from __future__ import annotations

from pathlib import Path

import click

from fsm.cli.file_params import FILE
from fsm.cli.help import Example, HelpCommand, option
from fsm.cli.progress import Progress
from fsm.cli.text import printable

__all__ = ["command"]


@click.command(
    "gallery",
    cls=HelpCommand,
    examples=[
        Example("Write all pages and pictures", "fsm gallery diagrams"),
        Example("In CI: fail if one is out of date", "fsm gallery diagrams --check"),
    ],
)
@click.argument("directory", type=FILE, help="Directory of the gallery.")
@option(
    "--check",
    "only_check",
    is_flag=True,
    help="Write nothing; exit with status 1 if a file is out of date.",
)
def command(directory: Path, only_check: bool) -> int:
    """Write a page with pictures for each built-in machine, and a README with all, into DIRECTORY.

    The same machines give the same bytes, so that --check can tell what is out of date.
    """
    from fsm.gallery import stale_files, write_gallery

    if directory.is_file():
        raise click.UsageError(f"{directory}: a file; name a directory")
    if not only_check:
        with Progress("drawing the gallery"):
            written = list(write_gallery(directory))
        for path in written:
            click.echo(printable(f"wrote {path}"), err=True)
        return 0
    with Progress("drawing the gallery"):
        stale = stale_files(directory)
    for path in stale:
        click.echo(
            printable(f"{path}: out of date; to update, run: fsm gallery {directory}"), err=True
        )
    return 1 if stale else 0
