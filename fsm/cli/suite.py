"""``fsm suite``: the conformance tests of a machine, with what they prove."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

import click

from fsm.catalog import load_specification
from fsm.cli.progress import Progress
from fsm.cli.text import number, percentage, print_json, shown, table
from fsm.files import replacing
from fsm.mealy import Observable
from fsm.suites import DEFAULT, MAX_SYMBOLS, METHODS, Suite, SuiteSize, suite
from fsm.suites.export import FORMATS, export_suite
from fsm.suites.goal import narrowed
from fsm.suites.mutants import LIMIT, Score, mutation_score
from fsm.text import visible

__all__ = ["command"]

_SUFFIXES = {".py": "pytest", ".markdown": "md"}
_METHODS = "\n".join(f"  {method.name:<10}  {method.summary}" for method in METHODS.values())


@click.command(
    "suite",
    epilog=f"""\b
Methods:
{_METHODS}

The default is {DEFAULT}: of all complete methods it has the fewest inputs on every machine we
measured (tests/bench/suites.md), with up to two extra states, and it makes tests one by one
however many there are. spyh is taken as its name, too.""",
)
@click.argument("machine")
@click.option("--method", default=DEFAULT, show_default=True, help="One of those below.")
@click.option(
    "--extra-states",
    type=int,
    default=0,
    help="How many states more the implementation may have than MACHINE (0).",
)
@click.option(
    "--observable",
    type=click.Choice(get_args(Observable)),
    default="status",
    show_default=True,
    help="What the implementation shows; output: nothing but answers to events.",
)
@click.option("--silent", is_flag=True, help="It does not tell that an event is rejected.")
@click.option("--to", metavar="STATE", help="Only the tests that reach a state.")
@click.option(
    "--covering",
    metavar="ROW",
    help="Only those of 3, D4 or STATE:EVENT.",
)
@click.option("--seed", type=int, default=0, help="Of random tests, and of samples of mutants.")
@click.option("--tests", type=int, default=100, show_default=True, help="Of random: how many.")
@click.option("--length", type=int, default=20, show_default=True, help="Of random: how long.")
@click.option(
    "--max-symbols",
    type=click.IntRange(min=1),
    default=MAX_SYMBOLS,
    show_default=True,
    help="Inputs of all tests together, at most; estimated before a test is made.",
)
@click.option("--summary", is_flag=True, help="Method, guarantee, size and CPU seconds alone.")
@click.option("--mutation-score", "mutants", is_flag=True, help="What wrong machines it kills.")
@click.option("--mutants", "limit", type=int, default=LIMIT, help=f"Of each kind ({LIMIT}).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--format", "form", type=click.Choice(tuple(FORMATS)), help="By suffix, or md.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Default: standard output.")
def command(
    machine: str,
    method: str,
    to: str | None,
    covering: str | None,
    summary: bool,
    mutants: bool,
    limit: int,
    as_json: bool,
    form: str | None,
    output: Path | None,
    silent: bool,
    **options: Any,
) -> None:
    """Make the conformance tests of MACHINE.

    A complete suite proves an implementation right: one that passes it is equivalent to MACHINE,
    if it has at most as many states, or so many --extra-states more.
    """
    _refuse_idle(_given(), method)
    before = time.process_time()
    source = load_specification(machine)
    made = suite(source, method, rejections=not silent, **options)
    made = narrowed(made, to=to, covering=covering)
    if mutants:
        with _progress(made) as progress:
            scores = mutation_score(made.with_progress(progress), limit)
        _print_scores(made, scores, as_json)
    elif summary:
        facts = made.facts() | _counted(made)._asdict()
        _print_summary(facts | {"seconds": round(time.process_time() - before, 3)}, as_json)
    else:
        suffix = output.suffix.lower() if output else ""
        chosen = "json" if as_json else form or _SUFFIXES.get(suffix, suffix[1:] or "md")
        with _progress(made) as progress:
            _write(export_suite(made.with_progress(progress), chosen), output)


def _given() -> set[str]:
    """Return the options that stand on the command line."""
    context = click.get_current_context()
    written = click.core.ParameterSource.COMMANDLINE
    return {
        max(parameter.opts, key=len)
        for parameter in context.command.params
        if parameter.name and context.get_parameter_source(parameter.name) is written
    }


def _refuse_idle(given: set[str], method: str) -> None:
    """Refuse an option that would do nothing beside the others, such as a file not written."""
    idle = {
        "--summary": given & {"--format", "--output", "--mutation-score"},
        "--mutation-score": given & {"--format", "--output"},
        "--json": given & {"--format"},
    }
    for option, others in idle.items():
        if option in given and others:
            raise click.UsageError(f"{min(others)} does nothing beside {option}; leave one out")
    for option in sorted(given & {"--tests", "--length"}):
        if method != "random":
            raise click.UsageError(f"{option} is for --method random, not for {method}")
    if "--mutants" in given and "--mutation-score" not in given:
        raise click.UsageError("--mutants is for --mutation-score")


def _counted(made: Suite) -> SuiteSize:
    """Make the suite once and count it."""
    with _progress(made) as progress:
        return made.with_progress(progress).size


def _progress(made: Suite) -> Progress:
    """Return what shows how many inputs have been put into tests."""
    return Progress("inputs", made.estimate.most.symbols)


def _print_summary(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(facts)
        return
    said = facts | {key: number(facts[key]) for key in ("tests", "symbols")}
    said["seconds"] = f"{facts['seconds']} (CPU)"
    for key, value in said.items():
        click.echo(_paragraph(f"{key.replace('_', ' ') + ':':<14}", str(value)))


def _print_scores(made: Suite, scores: tuple[Score, ...], as_json: bool) -> None:
    if as_json:
        found = [score.as_dict() for score in scores]
        print_json(made.facts() | made.size._asdict() | {"mutation_score": found})
        return
    header = (
        "mutants",
        "made",
        "run",
        "equivalent",
        "killed",
        "rate",
        "a trace that kills one more",
    )
    rows = [
        (
            score.kind,
            number(score.made),
            number(score.mutants + score.equivalent),
            number(score.equivalent),
            number(score.killed),
            percentage(score.rate),
            ", ".join(score.survivors[0]) if score.survivors else "",
        )
        for score in scores
    ]
    click.echo(table(header, rows, right=range(1, 6)))
    click.echo(_paragraph("guarantee:    ", str(made.guarantee)))


def _paragraph(label: str, text: str) -> str:
    """Return a text that hangs from its label."""
    return click.wrap_text(shown(text, 2000), 100, label, " " * len(label))


def _write(pieces: Iterable[str], output: Path | None) -> None:
    """Write a text piece by piece, whole or not at all.

    Standard output may be a terminal, so unseen characters are spelled out there; a file holds
    them as they are (other formats than CSV have escapes for them anyway).
    """
    if output is None or str(output) == "-":
        for piece in pieces:
            click.echo("\n".join(map(visible, piece.split("\n"))), nl=False)
        return
    with replacing(output) as file:
        for piece in pieces:
            file.write(piece.encode("utf-8", "backslashreplace"))
