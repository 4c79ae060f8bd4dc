"""``python -m fsm.reference`` writes the pages of reference; ``--check`` tells which are stale."""

from __future__ import annotations

import sys

import click

from fsm.reference import stale_pages, write_pages


@click.command("python -m fsm.reference")
@click.option("--check", is_flag=True, help="Write nothing; exit with status 1 if a page is stale.")
def update_reference(check: bool) -> None:
    """Write the pages of reference in the guide, from the program as it is."""
    if not check:
        write_pages()
        return
    stale = stale_pages()
    for name in stale:
        click.echo(f"fsm/guide/reference/{name}: out of date; to update, run: make reference")
    sys.exit(1 if stale else 0)


if __name__ == "__main__":
    update_reference()
