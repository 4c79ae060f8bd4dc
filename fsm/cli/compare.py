"""``fsm compare``: the differences between two machines."""

from __future__ import annotations

from pathlib import Path

import click

from fsm.catalog import load
from fsm.cli.draw import command as draw
from fsm.cli.text import print_json, printable
from fsm.comparison import compare, describe_comparison

__all__ = ["command"]


@click.command("compare")
@click.argument("a")
@click.argument("b")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Draw the differences; the suffix is the format.",
)
@click.pass_context
def command(context: click.Context, a: str, b: str, as_json: bool, output: Path | None) -> int:
    """Compare machine A with machine B; exit status 1 if they differ.

    Compares statuses, final states, accepted events and effects; every difference comes with the
    shortest trace that shows it. If an event depends on guards in one machine only, it is compared
    under every valuation of the guards. States that no common trace reaches are listed. The
    drawing shows what B adds to A, removes and changes; fsm draw B --diff A has more options.
    """
    comparison = compare(load(a), load(b))
    if output:
        context.invoke(draw, machine=b, diff=a, output=output)
    if as_json:
        print_json(comparison.as_dict(), "compare")
    else:
        for line in describe_comparison(comparison):
            click.echo(printable(line))
    return 0 if comparison.same else 1
