"""``fsm draw``: a machine as a diagram, or as a document for another tool."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fsm.catalog import load, load_bare
from fsm.cli.options import allow_import as import_option
from fsm.cli.options import pseudonymise_option, redaction_by, say, say_lines
from fsm.cli.text import shown
from fsm.cli.values import Columns, Duration
from fsm.drawing import FORMATS, draw
from fsm.drawing.marking import changes, coverage, path, split_trace, traffic
from fsm.drawing.model import DIRECTIONS, Look
from fsm.drawing.overlay import NO_OVERLAY, Overlay
from fsm.files import write_bytes
from fsm.machine import Machine
from fsm.trust import naming

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
_READABLE = "Readable: --focus STATE, --collapse STATUS, or a longer --timeout"
_ENGINES = ("dot", "neato", "fdp", "sfdp", "circo", "twopi")


@click.command("draw")
@click.argument("machine")
@click.option("--format", "form", type=click.Choice(FORMATS), help="Default: by suffix, or dot.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Default: standard output.")
@click.option("--direction", type=click.Choice(DIRECTIONS), help="Default: by the machine's size.")
@click.option("--engine", type=click.Choice(_ENGINES), default="dot", help="Graphviz's layout.")
@click.option(
    "--group-by", type=click.Choice(("status", "none")), default="status", help="Boxes, or none."
)
@click.option("--stack", is_flag=True, help="One arrow for all events between two states.")
@click.option("--focus", metavar="STATE[:RADIUS]", help="Only what is so many arrows away (1).")
@click.option("--collapse", metavar="STATUS", multiple=True, help="Its states as one; or: all.")
@click.option("--timeout", type=Duration(), help="Then a simpler layout is made (default: 4s).")
@click.option("--counts", metavar="LOG", multiple=True, help="Overlay: the traffic of a log.")
@click.option("--column", "columns", type=Columns(), multiple=True, help="Of that log: its name.")
@pseudonymise_option
@click.option("--validity", type=Duration(), help="Of that log's delivery: retries end with it.")
@click.option("--coverage", "suite", metavar="SUITE", help="Overlay: what a suite runs; see below.")
@click.option("--diff", metavar="OTHER", help="Overlay: what MACHINE changes in another machine.")
@click.option("--path", "trace", metavar="TRACE", help='Overlay: a trace, "event, event".')
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
    allow_import: bool,
) -> None:
    """Draw MACHINE: statuses as boxes around their states, decisions dashed.

    dot, mermaid, plantuml, d2, svg, png and pdf are diagrams; scxml, json and xstate hold the
    whole machine, and the first two of them are a MACHINE wherever one is taken.

    SUITE is a method of fsm suite, such as tour, or a file that fsm suite wrote as JSON.
    """
    suffix = output.suffix.lower() if output else ""
    loaded, overlay = load(machine), NO_OVERLAY
    if sum(map(bool, (counts, suite, diff is not None, trace is not None))) > 1:
        raise click.UsageError(
            "--counts, --coverage, --diff and --path are laid over one at a time"
        )
    if counts:
        companions = naming(load_bare, allow_import=allow_import)
        redaction = redaction_by(pseudonymise, lambda: _team(loaded, companions))
        log = _opened(counts, dict(columns), redaction)
        names = ", ".join(_file_name(name, redaction) for name in counts)
        overlay = _traffic(loaded, log, names, validity, companions)
    elif suite:
        overlay = _coverage(loaded, suite)
    elif diff is not None:
        loaded, overlay = changes(loaded, load(diff))
    elif trace is not None:
        overlay = path(loaded, split_trace(trace))
    look = Look(
        direction=direction,
        group=group_by == "status",
        focus=_focus(loaded, focus) if focus else None,
        collapse=loaded.statuses if collapse == ("all",) else collapse,
        stacked=stack,
        overlay=overlay,
    )
    picture = draw(
        loaded,
        form or _SUFFIXES.get(suffix, suffix[1:] or "dot"),
        look,
        engine=engine,
        timeout=timeout.total_seconds() if timeout else None,
        say=lambda text: click.echo(shown(f"fsm: {text}. {_READABLE}"), err=True),
    )
    data = picture if isinstance(picture, bytes) else picture.encode()
    if output and str(output) != "-":
        write_bytes(data, output)
    else:
        click.echo(data, nl=False)


def _focus(machine: Machine, text: str) -> tuple[str, int]:
    """Return a state and a radius, 1 where there is none."""
    state, _, radius = text.rpartition(":")
    if radius.isascii() and radius.isdigit() and len(radius) < 6 and state:
        return state, int(radius)
    return machine.state(text).name, 1


def _coverage(machine: Machine, name: str) -> Overlay:
    """Return what the suite of a method, or of a file, runs."""
    from fsm.suites import suite
    from fsm.suites.export import read_tests

    path = Path(name)
    if path.suffix.lower() == ".json":
        return coverage(machine, read_tests(path), path.name)
    return coverage(machine, suite(machine, name).tests, f"the suite by {name}")


def _team(machine: Machine, companions: Callable[[str], Machine]) -> list[Machine]:
    """Return the machine and its companions."""
    from fsm.engine.replaying import with_companions

    return with_companions([machine], companions)


def _opened(names: tuple[str, ...], columns: dict[str, str], redaction: Redaction | None) -> Log:
    """Open logs, of any format."""
    from fsm.logs.open import open_log
    from fsm.logs.reading import ReadingOptions

    log = open_log(names, columns, options=ReadingOptions(redaction=redaction))
    say(log.conversions)
    say_lines(log.notes)
    return log


def _file_name(path: str, redaction: Redaction | None) -> str:
    """Return what the picture calls a log: its name without folders, addresses and secrets."""
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
    """Return the traffic of a log; those who draw nothing else need not load the engine."""
    from fsm.engine import replay

    result = replay(log, [machine], companions=companions, validity=validity)
    cells = result.traffic.select("machine", "state", "event", "target", "count")
    met = [row[1:] for row in cells.iter_rows() if row[0] == machine.name]
    return traffic(machine, met, names, result.rejected)
