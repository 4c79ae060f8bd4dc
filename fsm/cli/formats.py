"""``fsm formats``: the log formats that fsm reads, and what each native event means."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from fsm.cli.completion import complete_file, complete_format_name
from fsm.cli.file_params import INPUT
from fsm.cli.help import Example, HelpCommand, option
from fsm.cli.text import format_table, print_json, print_text
from fsm.cli.values import json_option
from fsm.errors import LogError
from fsm.logs.canonical_columns import CANONICAL, MINED
from fsm.logs.mapping.event_mapping import (
    MACHINE_EVENTS,
    Format,
    format_names,
    format_path,
    load_format,
)
from fsm.logs.mapping.mapping_file import read_mapping
from fsm.settings import find_settings
from fsm.suggest import no_such
from fsm.text import HIDDEN
from fsm.toml import read_toml

__all__ = ["command"]


@click.command(
    "formats",
    cls=HelpCommand,
    examples=[
        Example("All formats, and the mappings of the project", "fsm formats"),
        Example("What each event of Postfix and Amazon SES means", "fsm formats postfix ses"),
        Example("A mapping file to copy", "fsm formats mailersend --toml"),
    ],
)
@click.argument(
    "names",
    nargs=-1,
    metavar="[FORMAT]...",
    type=INPUT,
    shell_complete=complete_format_name,
    help="Names of formats, or mapping files, whose events are explained.",
)
@option(
    "--map",
    "maps",
    metavar="FILE",
    type=INPUT,
    multiple=True,
    shell_complete=complete_file,
    help="Also list the format that this mapping file describes; may be repeated.",
)
@option("--toml", "as_toml", is_flag=True, help="Print the mapping files of the formats whole.")
@json_option
def command(names: tuple[str, ...], maps: tuple[str, ...], as_toml: bool, as_json: bool) -> None:
    """List the log formats that fsm reads; with FORMAT, what the events of that format mean.

    For each native event: the event of the machines, whether it is final, whose fault it is, and
    what is doubtful about it; and the documentation that says so. Each format is a mapping file
    (--toml prints it), as those are that a project has of its own (mappings in its settings, or
    --map). fsm draft LOG begins one for another log.
    """
    if as_toml and as_json:
        raise click.UsageError("give --toml or --json, not both")
    own = _own_formats(maps)
    named = _named(names, own) if names else {**_built_in(), **own}
    if as_toml:
        print_text("\n".join(_file_text(path) for path in named).removesuffix("\n"))
        return
    formats = list(named.values())
    if as_json:
        print_json([_as_dict(form) for form in formats], "formats")
    elif names:
        print_text("\n\n".join(_meanings(form) for form in formats))
    else:
        rows = [
            (f.name, f.title, _container(f), str(len(f.meanings)), "yes" if f.relays else "no")
            for f in formats
        ]
        rows += [(name, f"Canonical log, {name.upper()}", name, "", "yes") for name in CANONICAL]
        rows += [(name, *facts, "", "yes") for name, facts in MINED.items()]
        header = ("format", "what it is", "container", "native events", "hand-overs")
        print_text(format_table(header, rows, right=(3,)))


def _built_in() -> dict[Path, Format]:
    return {format_path(name): load_format(name) for name in format_names()}


def _own_formats(maps: Iterable[str]) -> dict[Path, Format]:
    """Return the formats of the project and of the mapping files that are named, by their files."""
    settings = find_settings()
    paths = [*(settings.files("mappings") if settings else ()), *map(Path, maps)]
    return {
        path: read_mapping(path)
        for path in dict.fromkeys(paths)
        if read_toml(path, LogError).data.get("kind") != "labels"
    }


def _named(names: Iterable[str], own: dict[Path, Format]) -> dict[Path, Format]:
    """Return the formats of some names, or of mapping files; a usage error for no such name."""
    by_name = {form.name: path for path, form in own.items()}
    found: dict[Path, Format] = {}
    for name in names:
        if name in by_name:
            found[by_name[name]] = own[by_name[name]]
        elif name in format_names():
            found[format_path(name)] = load_format(name)
        elif Path(name).is_file():
            found[Path(name)] = read_mapping(Path(name))
        else:
            known = [*format_names(), *by_name]
            raise click.UsageError(no_such("format", name, known))
    return found


def _file_text(path: Path) -> str:
    text = path.read_text("utf-8", "replace").replace("\r\n", "\n")
    return "\n".join(HIDDEN.sub(" ", line) for line in text.split("\n"))


def _container(form: Format) -> str:
    """Return what the records of a format stand in; those of mail servers are lines."""
    if form.layout.container or form.family == "webhooks":
        return form.layout.container or "json"
    return {"mail": "mail", "snapshot": "csv, json", "powermta": "csv"}.get(form.family, "lines")


def _meanings(form: Format) -> str:
    rows = [
        (m.rule, m.event, _final(m.final), m.fault or "", m.doubt or m.note or "")
        for m in form.meanings.values()
    ]
    sources = "\n".join(f"  {source}" for source in form.sources)
    header = ("native event", "event", "final", "fault", "note")
    others = [event for event in MACHINE_EVENTS if event not in form.events]
    lacking = "" if form.is_own or not others else f"Not recorded: {', '.join(others)}\n"
    title = f"{form.name}: {form.title}" if form.title != form.name else form.name
    head = "\n".join(filter(None, (title, sources, lacking)))
    return f"{head}\n{format_table(header, rows)}"


def _final(final: bool | None) -> str:
    return {True: "yes", False: "no", None: ""}[final]


def _as_dict(form: Format) -> dict[str, object]:
    return {
        "name": form.name,
        "title": form.title,
        "container": _container(form),
        "unit": form.unit,
        "is_own": form.is_own,
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
