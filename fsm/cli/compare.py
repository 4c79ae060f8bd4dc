"""``fsm compare``: two machines, and where they differ."""

from __future__ import annotations

from pathlib import Path

import click

from fsm.catalog import load
from fsm.cli.draw import command as draw
from fsm.cli.text import print_json, shown
from fsm.comparison import compare, describe_comparison

__all__ = ["command"]


@click.command("compare")
@click.argument("a")
@click.argument("b")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A drawing, by its suffix.")
@click.pass_context
def command(context: click.Context, a: str, b: str, as_json: bool, output: Path | None) -> int:
    """Compare machine A with machine B; exit status 1 where they differ.

    Every difference comes with the shortest trace that shows it: statuses, final states, accepted
    events, effects. An event that depends on guards in one machine only is compared under every
    valuation of them. States that no trace of both leads to are named. The drawing shows what B
    adds to A, takes away and changes; fsm draw B --diff A has more options for it.
    """
    found = compare(load(a), load(b))
    if output:
        context.invoke(draw, machine=b, diff=a, output=output)
    if as_json:
        print_json(found.as_dict())
    else:
        for line in describe_comparison(found):
            click.echo(shown(line))
    return 0 if found.same else 1
