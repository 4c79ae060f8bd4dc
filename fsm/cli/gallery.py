"""``fsm gallery``: pages and pictures of all built-in machines."""

from __future__ import annotations

from pathlib import Path

import click

from fsm.cli.progress import Progress
from fsm.cli.text import printable

__all__ = ["command"]


@click.command("gallery")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option(
    "--check", "only_check", is_flag=True, help="Write nothing; exit 1 if a file is out of date."
)
def command(directory: Path, only_check: bool) -> int:
    """Write the gallery into DIRECTORY: a page for each machine, and a README with all of them."""
    from fsm.gallery import stale_files, write_gallery

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
