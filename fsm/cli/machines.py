"""``fsm machines``: the built-in machines."""

from __future__ import annotations

import click

from fsm.catalog import load
from fsm.cli.help import Example, HelpCommand
from fsm.cli.text import format_table, print_json, print_text
from fsm.cli.values import json_option
from fsm.machines import NAMES

__all__ = ["command"]


@click.command(
    "machines",
    cls=HelpCommand,
    examples=[
        Example("Names and sizes of all machines", "fsm machines"),
        Example("The same, with every state and event, for a program", "fsm machines --json"),
    ],
)
@json_option
def command(as_json: bool) -> None:
    """List the built-in machines, with their numbers of states, events and transitions.

    Every command that takes a MACHINE takes these names.
    """
    loaded = [load(name) for name in NAMES]
    if as_json:
        facts = [
            {
                "name": m.name,
                "title": m.title,
                "states": [s.name for s in m.states],
                "events": list(m.events),
                "transitions": len(m.transitions),
                "indicators": [i.name for i in m.indicators],
            }
            for m in loaded
        ]
        print_json(facts, "machines")
        return
    rows = [
        (m.name, m.title, str(len(m.states)), str(len(m.events)), str(len(m.transitions)))
        for m in loaded
    ]
    print_text(
        format_table(("name", "what it is", "states", "events", "transitions"), rows, (2, 3, 4))
    )
