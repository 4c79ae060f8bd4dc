"""``fsm compare``: two machines, and where they differ."""

from __future__ import annotations

import click

from fsm.catalog import load
from fsm.cli.options import print_json
from fsm.cli.text import shown
from fsm.compare import compare, describe

__all__ = ["command"]


@click.command("compare")
@click.argument("a")
@click.argument("b")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(a: str, b: str, as_json: bool) -> int:
    """Compare machine A with machine B; exit status 1 where they differ.

    Every difference comes with the shortest trace that shows it.
    """
    found = compare(load(a), load(b))
    if as_json:
        print_json(found.as_dict())
    else:
        for line in describe(found):
            click.echo(shown(line))
    return 0 if found.same else 1
