"""``fsm compare``: the differences between two machines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from fsm.catalog import load_specification
from fsm.cli.completion import complete_machine
from fsm.cli.draw import command as draw
from fsm.cli.file_params import INPUT, OUTPUT
from fsm.cli.help import Example, HelpCommand, option
from fsm.cli.progress import Progress
from fsm.cli.text import print_json, print_line, print_message
from fsm.cli.values import json_option
from fsm.comparison import Comparison, compare, comparison_lines
from fsm.formats import DRAWN
from fsm.machine import Machine
from fsm.text import quantity

__all__ = ["command", "value_for_json"]


@click.command(
    "compare",
    cls=HelpCommand,
    examples=[
        Example("What the feedback service changes", "fsm compare with-feedback without-feedback"),
        Example(
            "Two versions of a machine, with a diagram of the changes",
            "fsm compare old.json new.json -o changes.svg",
        ),
    ],
)
@click.argument(
    "a",
    type=INPUT,
    shell_complete=complete_machine,
    help="Built-in name, machine file (.json, .yaml, .scxml, .dot, .mmd, .puml), page with a table "
    "(page.md, page.md#section), TOML file about one, or package.module:Class.",
)
@click.argument(
    "b",
    type=INPUT,
    shell_complete=complete_machine,
    help="The machine to compare it with.",
)
@json_option
@option(
    "-o",
    "--output",
    type=OUTPUT,
    help="Draw what B adds to A, removes and changes into this file; its suffix is the format.",
)
@click.pass_context
def command(context: click.Context, a: str, b: str, as_json: bool, output: Path | None) -> int:
    """Show every difference between the machines A and B, each with the shortest trace to it.

    Compares statuses, final states, accepted events and effects. If an event depends on guards in
    one machine only, it is compared under every valuation of the guards. States that no common
    trace reaches are listed. fsm draw B --diff A has more options for the diagram.

    The exit status is 1 if the machines differ.
    """
    with Progress("comparing"):
        comparison = compare(a, b)
    if not comparison.by_answers:
        for name in (a, b):
            _print_number_of_states(name)
    if comparison.a == comparison.b:  # two versions: the arguments tell which is which
        comparison = replace(comparison, a=a, b=b)
    if output:
        context.invoke(draw, machine=b, diff=a, output=output)
    if as_json:
        print_json(value_for_json(comparison), "compare")
    else:
        for line in comparison_lines(comparison):
            print_line(line)
    return 0 if comparison.same else 1


def _print_number_of_states(name: str) -> None:
    """Say why a Mealy machine of a file has more states here, if it has."""
    if Path(name).suffix.lower() not in DRAWN:
        return
    found = load_specification(name)
    if isinstance(found, Machine):
        return
    compared = len(found.machine().states)
    if len(found.states) < compared:
        print_message(
            f"{name}: a Mealy machine of {quantity(len(found.states), 'state')}, compared as "
            f"{compared:,}: a state that is entered with several outputs is one for each of them"
        )


def value_for_json(comparison: Comparison) -> dict[str, object]:
    """Return what :meth:`Comparison.as_dict` does; what has long traces is made one by one."""
    settlement = comparison.settlement
    empty = replace(settlement, pairs=()) if settlement else None
    value = replace(comparison, differences=(), effects=(), settlement=empty).as_dict()
    value["same"] = comparison.same
    value["differences"] = (difference.as_dict() for difference in comparison.differences)
    value["effects"] = (effect.as_dict() for effect in comparison.effects)
    if settlement:
        value["settlement"]["settled"] = settlement.as_dicts()
    return value
