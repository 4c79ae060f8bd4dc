"""``fsm formats``: the log formats that fsm reads, and what each native event means."""

from __future__ import annotations

import click

from fsm.cli.completion import complete_format_name
from fsm.cli.help import Example, HelpCommand
from fsm.cli.text import format_table, print_json, print_text
from fsm.cli.values import json_option
from fsm.logs.canonical_columns import CANONICAL, MINED
from fsm.logs.mapping.event_mapping import MACHINE_EVENTS, Format, format_names, load_format
from fsm.suggest import no_such

__all__ = ["command"]


@click.command(
    "formats",
    cls=HelpCommand,
    examples=[
        Example("All formats", "fsm formats"),
        Example("What each event of Postfix and Amazon SES means", "fsm formats postfix ses"),
    ],
)
@click.argument(
    "names",
    nargs=-1,
    metavar="[FORMAT]...",
    shell_complete=complete_format_name,
    help="Names of formats, whose events are explained.",
)
@json_option
def command(names: tuple[str, ...], as_json: bool) -> None:
    """List the log formats that fsm reads; with FORMAT, what the events of that format mean.

    For each native event: the event of the machines, whether it is final, whose fault it is, and
    what is doubtful about it; and the documentation that says so.
    """
    unknown = [name for name in names if name not in format_names()]
    if unknown:
        raise click.UsageError(no_such("format", unknown[0], format_names()))
    formats = [load_format(name) for name in names or format_names()]
    if as_json:
        print_json([_as_dict(form) for form in formats], "formats")
    elif names:
        print_text("\n\n".join(_meanings(form) for form in formats))
    else:
        rows = [
            (f.name, f.title, str(len(f.meanings)), "yes" if f.relays else "no") for f in formats
        ]
        rows += [(name, f"Canonical log, {name.upper()}", "", "yes") for name in CANONICAL]
        rows += [(name, title, "", "yes") for name, title in MINED.items()]
        header = ("format", "what it is", "native events", "hand-overs")
        print_text(format_table(header, rows, right=(2,)))


def _meanings(form: Format) -> str:
    rows = [
        (m.rule, m.event, _final(m.final), m.fault or "", m.doubt or m.note or "")
        for m in form.meanings.values()
    ]
    sources = "\n".join(f"  {source}" for source in form.sources)
    header = ("native event", "event", "final", "fault", "note")
    others = [event for event in MACHINE_EVENTS if event not in form.events]
    lacking = f"Not recorded: {', '.join(others)}\n" if others else ""
    return f"{form.name}: {form.title}\n{sources}\n{lacking}\n{format_table(header, rows)}"


def _final(final: bool | None) -> str:
    return {True: "yes", False: "no", None: ""}[final]


def _as_dict(form: Format) -> dict[str, object]:
    return {
        "name": form.name,
        "title": form.title,
        "sources": list(form.sources),
        "records_hand_overs": form.relays,
        "records": [event for event in MACHINE_EVENTS if event in form.events],
        "events": {
            m.rule: {
                "event": m.event,
                "final": m.final,
                "fault": m.fault,
                "doubt": m.doubt,
                "note": m.note,
            }
            for m in form.meanings.values()
        },
    }
