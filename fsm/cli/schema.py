"""``fsm schema``: the JSON schemas of outputs and of the files that users write."""

from __future__ import annotations

import click

from fsm.cli.completion import complete_schema
from fsm.cli.help import Example, HelpCommand
from fsm.cli.text import format_table
from fsm.schemas import INPUTS, OUTPUTS, load_schema, schema_text
from fsm.suggest import no_such

__all__ = ["command"]


@click.command(
    "schema",
    cls=HelpCommand,
    examples=[
        Example("All schemas, with their versions", "fsm schema"),
        Example("A file that an editor completes lexicons with", "fsm schema lexicon"),
    ],
)
@click.argument("name", required=False, shell_complete=complete_schema, help="Name of a schema.")
def command(name: str | None) -> None:
    """Print the JSON schema NAME; without NAME, list the schemas.

    There is one for each command with --json, and one for each kind of file that you write: the
    machine, the settings, and the TOML files of --lexicon, --binding, --labels and --policy. An
    editor checks and completes such a TOML file if its first line names the schema, such as
    #:schema ./lexicon.schema.json.
    """
    shapes = OUTPUTS | INPUTS
    if name is None:
        rows = [
            (each, str(shape.version), load_schema(each)["title"], shape.place)
            for each, shape in shapes.items()
        ]
        click.echo(format_table(("schema", "version", "what it is", "where"), rows, right=(1,)))
    elif name in shapes:
        click.echo(schema_text(name), nl=False)
    else:
        raise click.UsageError(no_such("schema", name, shapes))
