"""``fsm machines``: the built-in machines."""

from __future__ import annotations

import click

from fsm.catalog import load
from fsm.cli.text import format_table, print_json
from fsm.machines import NAMES

__all__ = ["command"]


@click.command("machines")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> None:
    """List the built-in machines."""
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
    click.echo(
        format_table(("name", "what it is", "states", "events", "transitions"), rows, (2, 3, 4))
    )
