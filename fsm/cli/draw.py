"""``fsm draw``: a machine as a diagram, or in the format of another tool."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fsm.catalog import load, load_bare
from fsm.cli.options import allow_import_option as import_option
from fsm.cli.options import print_messages, print_notes, pseudonymise_option, redaction_for
from fsm.cli.text import print_message, write_output
from fsm.cli.values import ColumnParam, DurationParam, lexicons_option, timeout_option
from fsm.drawing import FORMATS, draw
from fsm.drawing.marking import (
    coverage_overlay,
    diff_overlay,
    path_overlay,
    split_trace,
    traffic_overlay,
)
from fsm.drawing.model import DIRECTIONS, Look
from fsm.drawing.overlay import NO_OVERLAY, Overlay
from fsm.drawing.view import parse_focus
from fsm.drawing.wording import AS_DECLARED, Wording, untranslated
from fsm.machine import Machine
from fsm.suggest import no_such
from fsm.trust import guarded_loader

if TYPE_CHECKING:
    from fsm.logs.log import Log
    from fsm.logs.mapping.redact import Redaction

__all__ = ["command"]

_SUFFIXES = {
    ".gv": "dot",
    ".md": "mermaid",
    ".mmd": "mermaid",
    ".plantuml": "plantuml",
    ".puml": "plantuml",
}
_HINT = "For a readable diagram, use --focus STATE, --collapse STATUS or a longer --timeout"
_ENGINES = ("dot", "neato", "fdp", "sfdp", "circo", "twopi")


@click.command("draw")
@click.argument("machine")
@click.option("--format", "form", type=click.Choice(FORMATS), help="Default: by suffix, or dot.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Default: standard output.")
@click.option(
    "--direction", type=click.Choice(DIRECTIONS), help="Default: depends on the number of states."
)
@click.option(
    "--engine", type=click.Choice(_ENGINES), default="dot", help="Layout engine of Graphviz."
)
@click.option(
    "--group-by",
    type=click.Choice(("status", "none")),
    default="status",
    help="Draw a box around the states of a status, or none.",
)
@click.option("--stack", is_flag=True, help="Draw one arrow for all events between two states.")
@click.option(
    "--focus", metavar="STATE[:RADIUS]", help="Draw only states at most RADIUS arrows away (1)."
)
@click.option(
    "--collapse",
    metavar="STATUS",
    multiple=True,
    help="Draw the states of a status as one; or: all.",
)
@timeout_option
@click.option("--counts", metavar="LOG", multiple=True, help="Overlay: event counts of a log.")
@click.option(
    "--column", "columns", type=ColumnParam(), multiple=True, help="Column name in that log."
)
@pseudonymise_option
@click.option(
    "--validity",
    type=DurationParam(),
    help="Validity period of that log, after which retries expire.",
)
@click.option(
    "--coverage",
    "suite",
    metavar="SUITE",
    help="Overlay: the cells that a suite covers; see below.",
)
@click.option("--diff", metavar="OTHER", help="Overlay: the changes from OTHER to MACHINE.")
@click.option("--path", "trace", metavar="TRACE", help='Overlay: a trace, "event, event".')
@click.option("--lang", metavar="LANG", help="Write the words of a language, such as fr.")
@lexicons_option
@import_option
def command(
    machine: str,
    form: str | None,
    output: Path | None,
    direction: str | None,
    engine: str,
    group_by: str,
    stack: bool,
    focus: str | None,
    collapse: tuple[str, ...],
    timeout: timedelta | None,
    counts: tuple[str, ...],
    columns: tuple[tuple[str, str], ...],
    pseudonymise: str | None,
    validity: timedelta | None,
    suite: str | None,
    diff: str | None,
    trace: str | None,
    lang: str | None,
    lexicons: tuple[Path, ...],
    allow_import: bool,
) -> None:
    """Draw MACHINE: statuses are boxes around their states, decisions are dashed arrows.

    dot, mermaid, plantuml, d2, svg, png and pdf are diagrams. scxml, json and xstate hold the
    whole machine; scxml and json files can be used as MACHINE.

    SUITE is a method of fsm suite, such as tour, or a JSON file written by fsm suite.
    """
    suffix = output.suffix.lower() if output else ""
    loaded, overlay, wording = load(machine), NO_OVERLAY, _wording(lang, lexicons)
    if note := untranslated(loaded, wording):
        print_message(note)
    if sum(map(bool, (counts, suite, diff is not None, trace is not None))) > 1:
        raise click.UsageError("--counts, --coverage, --diff and --path: use one at a time")
    if counts:
        companions = guarded_loader(load_bare, allow_import=allow_import)
        redaction = redaction_for(pseudonymise, lambda: _with_companions(loaded, companions))
        log = _open(counts, dict(columns), redaction)
        names = ", ".join(_file_name(name, redaction) for name in counts)
        overlay = _traffic(loaded, log, names, validity, companions)
    elif suite:
        overlay = _coverage(loaded, suite)
    elif diff is not None:
        loaded, overlay = diff_overlay(loaded, load(diff))
    elif trace is not None:
        overlay = path_overlay(loaded, split_trace(trace))
    look = Look(
        direction=direction,
        group=group_by == "status",
        focus=parse_focus(loaded, focus) if focus else None,
        collapse=loaded.statuses if collapse == ("all",) else collapse,
        stacked=stack,
        overlay=overlay,
        wording=wording,
    )
    picture = draw(
        loaded,
        form or _SUFFIXES.get(suffix, suffix[1:] or "dot"),
        look,
        engine=engine,
        timeout=timeout.total_seconds() if timeout else None,
        warn=lambda text: print_message(f"{text}. {_HINT}"),
    )
    data = picture if isinstance(picture, bytes) else picture.encode()
    write_output(data, output)


def _wording(lang: str | None, lexicons: tuple[Path, ...]) -> Wording:
    if lang is None:
        if lexicons:
            raise click.UsageError("--lexicon: name its language with --lang")
        return AS_DECLARED
    from fsm.tables.words.lexicon_files import combined_lexicons

    by_language = {lexicon.language: lexicon for lexicon in combined_lexicons(lexicons)}
    if lang not in by_language:
        raise click.UsageError(no_such("language", lang, by_language))
    return Wording(by_language[lang])


def _coverage(machine: Machine, name: str) -> Overlay:
    """Return the coverage of a suite, given by its method or as a file."""
    from fsm.suites import suite
    from fsm.suites.export import read_tests

    path = Path(name)
    if path.suffix.lower() == ".json":
        return coverage_overlay(machine, read_tests(path), path.name)
    return coverage_overlay(machine, suite(machine, name).tests, f"the suite by {name}")


def _with_companions(machine: Machine, companions: Callable[[str], Machine]) -> list[Machine]:
    """Return the machine and its companions."""
    from fsm.engine.replaying import with_companions

    return with_companions([machine], companions)


def _open(names: tuple[str, ...], columns: dict[str, str], redaction: Redaction | None) -> Log:
    """Open logs of any format."""
    from fsm.logs.open import open_log
    from fsm.logs.reading import ReadingOptions

    log = open_log(names, columns, options=ReadingOptions(redaction=redaction))
    print_notes(log.conversions)
    print_messages(log.notes)
    return log


def _file_name(path: str, redaction: Redaction | None) -> str:
    """Return the name of a log in the diagram: without folders, addresses and secrets."""
    from fsm.logs.storage.addresses import name_of

    name = Path(name_of(path)).name
    return redaction.file_name(name) if redaction else name


def _traffic(
    machine: Machine,
    log: Log,
    names: str,
    validity: timedelta | None,
    companions: Callable[[str], Machine],
) -> Overlay:
    """Return the event counts of a log."""
    from fsm.engine import replay  # heavy, and only needed here

    result = replay(log, [machine], companions=companions, validity=validity)
    cells = result.traffic.select("machine", "state", "event", "target", "count")
    counts = [row[1:] for row in cells.iter_rows() if row[0] == machine.name]
    return traffic_overlay(machine, counts, names, result.rejected)
