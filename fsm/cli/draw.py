"""``fsm draw``: a machine as a diagram, or in the format of another tool."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fsm.catalog import load, load_bare
from fsm.cli.choice import ChoiceParam
from fsm.cli.completion import (
    complete_event,
    complete_file,
    complete_language,
    complete_machine,
    complete_state,
    complete_status,
    complete_suite,
    complete_trace,
)
from fsm.cli.conversion_options import (
    event_option,
    map_option,
    pseudonymise_option,
    redaction_for,
)
from fsm.cli.diagram_files import (
    diagram_format,
    drawn_machine,
    other_format,
    suite_overlay,
    wording_in,
)
from fsm.cli.file_params import INPUT
from fsm.cli.help import Example, HelpCommand, option
from fsm.cli.options import allow_import_option as import_option
from fsm.cli.options import column_option, print_messages, print_notes, validity_option
from fsm.cli.progress import Progress, megabytes
from fsm.cli.terminal import is_terminal, refuse_terminal
from fsm.cli.text import print_message, write_output
from fsm.cli.values import (
    lexicons_option,
    machine_argument,
    output_option,
    timeout_option,
)
from fsm.drawing import DOCUMENTS, FORMATS, draw
from fsm.drawing.declaration import TABLE_DRAWN
from fsm.drawing.marking import (
    diff_overlay,
    path_overlay,
    split_trace,
    symbols_of,
    traffic_overlay,
    unknown_events,
)
from fsm.drawing.model import DIRECTIONS, Look
from fsm.drawing.overlay import NO_OVERLAY, Overlay
from fsm.drawing.view import parse_focus
from fsm.drawing.wording import Wording, untranslated
from fsm.drawing.xstate import LEFT_OUT
from fsm.machine import Machine
from fsm.trust import guarded_loader

if TYPE_CHECKING:
    from fsm.logs.log import Log
    from fsm.logs.mapping.redact import Redaction

__all__ = ["command"]

_PART = "For a part, use --focus STATE"
_EACH = "--whole draws each state"
_BINARY = ("png", "pdf")
_ENGINES = ("dot", "neato", "fdp", "sfdp", "circo", "twopi")


@click.command(
    "draw",
    cls=HelpCommand,
    examples=[
        Example("A picture for a page", "fsm draw with-feedback -o machine.svg"),
        Example("A diagram in Mermaid, for Markdown", "fsm draw delivery --format mermaid"),
        Example(
            "How often each arrow was taken in a log",
            "fsm draw with-feedback --counts log.csv -o counts.svg",
        ),
    ],
)
@machine_argument
@output_option
@option(
    "--format",
    "form",
    type=ChoiceParam(FORMATS),
    metavar="FORMAT",
    group="Output",
    show_default="by the suffix of the output, or dot",
    help=f"One of: {', '.join(FORMATS)}.",
)
@option(
    "--direction",
    type=ChoiceParam(DIRECTIONS),
    group="Layout",
    show_default="by the number of states",
    help="Where arrows lead: LR from left to right, TB from top to bottom, or reverse.",
)
@option(
    "--engine",
    type=ChoiceParam(_ENGINES),
    default="dot",
    metavar="ENGINE",
    group="Layout",
    help=f"Layout engine of Graphviz, one of: {', '.join(_ENGINES)}.",
)
@option(
    "--group-by",
    type=ChoiceParam(("status", "none")),
    default="status",
    group="Layout",
    help="Draw a box around the states of a status, or none.",
)
@option(
    "--stack",
    is_flag=True,
    group="Layout",
    help="Draw one arrow for all events between two states.",
)
@option(
    "--focus",
    metavar="STATE[:RADIUS]",
    shell_complete=complete_state,
    group="Layout",
    help="Draw only this state and those at most RADIUS arrows away, 1 if not given.",
)
@option(
    "--collapse",
    metavar="STATUS",
    shell_complete=complete_status,
    multiple=True,
    group="Layout",
    help="Draw the states of this status, or in this state, as one; all: of each status; "
    "regions: of each region; may be repeated.",
)
@option(
    "--only",
    metavar="STATUS",
    shell_complete=complete_status,
    multiple=True,
    group="Layout",
    help="Draw only the states of this status; may be repeated.",
)
@option(
    "--hide",
    metavar="EVENT",
    shell_complete=complete_event,
    multiple=True,
    group="Layout",
    help="Leave out the arrows of this event; may be repeated.",
)
@option(
    "--flat",
    is_flag=True,
    group="Layout",
    help="Draw the table: a state for each combination of states that are active together.",
)
@option(
    "--no-legend",
    is_flag=True,
    group="Layout",
    help="Leave out what colours and lines mean.",
)
@option(
    "--whole",
    is_flag=True,
    group="Layout",
    help="Draw each state of a large machine, not an overview of groups.",
)
@timeout_option
@option(
    "--counts",
    type=INPUT,
    shell_complete=complete_file,
    metavar="LOG",
    multiple=True,
    group="Overlays",
    help="Show how often each arrow was taken in a log; may be repeated.",
)
@option(
    "--coverage",
    "suite",
    metavar="SUITE",
    type=INPUT,
    shell_complete=complete_suite,
    group="Overlays",
    help="Show which cells tests cover: a method of fsm suite, such as tour, or a JSON file "
    "written by fsm suite or by pytest --fsm-cov-file.",
)
@option(
    "--diff",
    type=INPUT,
    shell_complete=complete_machine,
    metavar="OTHER",
    group="Overlays",
    help="Show what MACHINE adds to the machine OTHER, removes and changes.",
)
@option(
    "--path",
    "trace",
    metavar="TRACE",
    shell_complete=complete_trace,
    group="Overlays",
    help='Show a trace, as events with commas: "relayed, soft_bounce".',
)
@column_option
@map_option
@event_option
@validity_option
@pseudonymise_option
@option(
    "--lang",
    metavar="LANG",
    shell_complete=complete_language,
    group="Languages and tables",
    show_default="the words of the machine",
    help="Language of the words in the diagram: de, en, es, fr, it, ja, ko, nl, pt-br, sv, "
    "zh-hans, zh-hant or that of a --lexicon.",
)
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
    only: tuple[str, ...],
    hide: tuple[str, ...],
    flat: bool,
    no_legend: bool,
    whole: bool,
    timeout: timedelta | None,
    counts: tuple[str, ...],
    columns: tuple[tuple[str, str], ...],
    maps: tuple[str, ...],
    events: tuple[tuple[str, str], ...],
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

    A colour is a kind of status: good, bad, open or not yet, as the indicators or the author of
    the machine say; the legend tells which is which.

    A machine with states inside states, regions or history is drawn as it is declared; --flat
    draws its table.

    dot, mermaid, plantuml, d2, svg, png and pdf are diagrams. scxml, json and xstate hold the
    whole machine, xstate its timers only where it is written as it was declared, in states inside
    of states or with timers; these files can be used as MACHINE. One overlay can be shown at a
    time; the options of logs are for the log of --counts.
    """
    if form in _BINARY:
        refuse_terminal(f"a {form.upper()} picture", output)
    overlays = sum(map(bool, (counts, suite, diff is not None, trace is not None)))
    if overlays > 1:
        raise click.UsageError("--counts, --coverage, --diff and --path: use one at a time")
    form = form or diagram_format(output)
    if note := other_format(output, form):
        print_message(note)
    loaded = drawn_machine(machine, as_table=flat or form in DOCUMENTS, has_marks=overlays > 0)
    overlay, wording = NO_OVERLAY, wording_in(lang, lexicons)
    if note := untranslated(loaded, wording):
        print_message(note)
    if counts:
        companions = guarded_loader(load_bare, allow_import=allow_import)
        redaction = redaction_for(pseudonymise, lambda: _with_companions(loaded, companions))
        log = _open(counts, dict(columns), redaction, mapping=maps, events=dict(events))
        names = ", ".join(_file_name(name, redaction) for name in counts)
        overlay = _traffic(loaded, log, names, validity, companions, wording)
    elif suite:
        overlay = suite_overlay(loaded, suite)
    elif diff is not None:
        loaded, overlay = diff_overlay(loaded, load(diff))
    elif trace is not None:
        overlay = path_overlay(loaded, _events(loaded, trace))
    look = Look(
        direction=direction,
        group=group_by == "status",
        focus=parse_focus(loaded, focus) if focus else None,
        collapse=collapse,
        only=only,
        hide=hide,
        flat=flat,
        legend=not no_legend,
        stacked=stack,
        whole=whole,
        overlay=overlay,
        wording=wording,
    )
    with Progress("drawing"):
        picture = draw(
            loaded,
            form,
            look,
            engine=engine,
            timeout=timeout.total_seconds() if timeout else None,
            warn=partial(_tell, is_whole=whole),
        )
    data = picture if isinstance(picture, bytes) else picture.encode()
    write_output(data, output)


def _tell(text: str, *, is_whole: bool) -> None:
    """Print what the drawing says about itself, and what to do where it is large."""
    is_large = not text.startswith((TABLE_DRAWN, LEFT_OUT))
    hint = _PART if is_whole else f"{_PART}; {_EACH}"
    print_message(f"{text}. {hint}" if is_large else text)


def _events(machine: Machine, trace: str) -> tuple[str, ...]:
    """Return the symbols of a trace, and warn of one that the machine does not know."""
    events = tuple(symbols_of(machine, split_trace(trace)))
    if not events:
        raise click.UsageError('--path is empty; write "event, event"')
    for note in unknown_events(machine, events):
        print_message(note, 1000)
    return events


def _with_companions(machine: Machine, companions: Callable[[str], Machine]) -> list[Machine]:
    """Return the machine and its companions."""
    from fsm.engine.replaying import with_companions

    return with_companions([machine], companions)


def _open(
    names: tuple[str, ...], columns: dict[str, str], redaction: Redaction | None, **mapped: Any
) -> Log:
    """Open logs of any format; ``mapped`` are the mapping files and names of events."""
    from fsm.logs.mapping.own_mappings import project_mappings
    from fsm.logs.open import open_log
    from fsm.logs.reading import ReadingOptions

    with Progress("reading", "MB", megabytes(names), 1 << 20) as progress:
        options = ReadingOptions(redaction=redaction, project=project_mappings(), progress=progress)
        log = open_log(names, columns, options=options, **mapped)
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
    wording: Wording,
) -> Overlay:
    """Return the event counts of a log."""
    from fsm.engine import replay  # heavy, and only needed here

    total = log.about() if is_terminal(sys.stderr) else None
    with Progress("replaying", "events", total) as progress:
        result = replay(log, [machine], companions=companions, validity=validity, progress=progress)
    cells = result.traffic.select("machine", "state", "event", "target", "count")
    counts = [row[1:] for row in cells.iter_rows() if row[0] == machine.name]
    return traffic_overlay(machine, counts, names, result.rejected, wording)
