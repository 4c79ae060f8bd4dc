"""``fsm draw``: a machine as a diagram."""

from __future__ import annotations

from pathlib import Path

import click

from fsm.catalog import load
from fsm.draw import FORMATS, draw
from fsm.draw.picture import DIRECTIONS, Look
from fsm.files import write_bytes

__all__ = ["command"]

_SUFFIXES = {".gv": "dot", ".mmd": "mermaid", ".puml": "plantuml"}


@click.command("draw")
@click.argument("machine")
@click.option("--format", "form", type=click.Choice(FORMATS), help="Default: by suffix, or dot.")
@click.option("--direction", type=click.Choice(DIRECTIONS), help="Default: by the machine's size.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Default: standard output.")
def command(machine: str, form: str | None, direction: str | None, output: Path | None) -> None:
    """Draw MACHINE: statuses as boxes around their states, decisions dashed."""
    suffix = output.suffix.lower() if output else ""
    chosen = form or _SUFFIXES.get(suffix, suffix[1:] or "dot")
    picture = draw(load(machine), chosen, Look(direction))
    data = picture if isinstance(picture, bytes) else picture.encode()
    if output and str(output) != "-":
        write_bytes(data, output)
    else:
        click.echo(data, nl=False)
