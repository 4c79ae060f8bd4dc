"""``fsm suite``: the conformance tests of a machine, with what they prove."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

import click

from fsm.catalog import load_specification
from fsm.cli.progress import Progress
from fsm.cli.text import format_table, percentage, print_json, printable
from fsm.files import replacing
from fsm.mealy import Observable
from fsm.suites import DEFAULT, MAX_SYMBOLS, METHODS, Suite, SuiteSize, suite
from fsm.suites.export import FORMATS, export_suite
from fsm.suites.mutants import LIMIT, Score, mutation_score
from fsm.suites.narrowing import narrowed
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
measured (tests/bench/suites.md), with up to two extra states, and it generates tests one by one,
however many there are. spyh is accepted as another name for it.""",
)
@click.argument("machine")
@click.option("--method", default=DEFAULT, show_default=True, help="A method listed below.")
@click.option(
    "--extra-states",
    type=int,
    default=0,
    help="How many more states the implementation may have than MACHINE (0).",
)
@click.option(
    "--observable",
    type=click.Choice(get_args(Observable)),
    default="status",
    show_default=True,
    help="What a test can see: the status, or only the answers to events (output).",
)
@click.option("--silent", is_flag=True, help="The implementation gives no sign of rejected events.")
@click.option("--to", metavar="STATE", help="Only tests that reach a state.")
@click.option(
    "--covering",
    metavar="ROW",
    help="Only tests of a row, decision or cell: 3, D4 or STATE:EVENT.",
)
@click.option("--seed", type=int, default=0, help="Seed of random tests and of samples of mutants.")
@click.option("--tests", type=int, default=100, show_default=True, help="Number of random tests.")
@click.option("--length", type=int, default=20, show_default=True, help="Length of random tests.")
@click.option(
    "--max-symbols",
    type=click.IntRange(min=1),
    default=MAX_SYMBOLS,
    show_default=True,
    help="Maximum number of inputs of all tests; estimated before tests are generated.",
)
@click.option("--summary", is_flag=True, help="Print only method, guarantee, size and CPU time.")
@click.option(
    "--mutation-score",
    "mutants",
    is_flag=True,
    help="Print how many faulty machines the suite detects.",
)
@click.option(
    "--mutants",
    "limit",
    type=int,
    default=LIMIT,
    help=f"Maximum number of mutants of each kind ({LIMIT}).",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--format", "form", type=click.Choice(tuple(FORMATS)), help="Default: by suffix, or md."
)
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
    """Generate the conformance tests of MACHINE.

    A complete suite proves conformance: an implementation that passes it is equivalent to MACHINE,
    provided that it has at most as many states as MACHINE, plus --extra-states.
    """
    _refuse_ineffective(_options_given(), method)
    before = time.process_time()
    source = load_specification(machine)
    made = suite(source, method, rejections=not silent, **options)
    made = narrowed(made, to=to, covering=covering)
    if mutants:
        with _progress(made) as progress:
            scores = mutation_score(made.with_progress(progress), limit)
        _print_scores(made, scores, as_json)
    elif summary:
        facts = made.facts() | _measured_size(made)._asdict()
        _print_summary(facts | {"seconds": round(time.process_time() - before, 3)}, as_json)
    else:
        suffix = output.suffix.lower() if output else ""
        chosen = "json" if as_json else form or _SUFFIXES.get(suffix, suffix[1:] or "md")
        with _progress(made) as progress:
            _write(export_suite(made.with_progress(progress), chosen), output)


def _options_given() -> set[str]:
    """Return the options that are on the command line."""
    context = click.get_current_context()
    written = click.core.ParameterSource.COMMANDLINE
    return {
        max(parameter.opts, key=len)
        for parameter in context.command.params
        if parameter.name and context.get_parameter_source(parameter.name) is written
    }


def _refuse_ineffective(given: set[str], method: str) -> None:
    """Refuse an option that another one makes ineffective, such as a file that is not written."""
    ineffective = {
        "--summary": given & {"--format", "--output", "--mutation-score"},
        "--mutation-score": given & {"--format", "--output"},
        "--json": given & {"--format"},
    }
    for option, others in ineffective.items():
        if option in given and others:
            raise click.UsageError(f"{min(others)} has no effect with {option}; leave one out")
    for option in sorted(given & {"--tests", "--length"}):
        if method != "random":
            raise click.UsageError(f"{option} is for --method random, not for {method}")
    if "--mutants" in given and "--mutation-score" not in given:
        raise click.UsageError("--mutants is for --mutation-score")


def _measured_size(made: Suite) -> SuiteSize:
    """Generate the suite once and count it."""
    with _progress(made) as progress:
        return made.with_progress(progress).size


def _progress(made: Suite) -> Progress:
    """Return the progress of generating tests, counted in inputs."""
    return Progress("inputs", made.estimate.most.symbols)


def _print_summary(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(facts, "suite-summary")
        return
    lines = facts | {key: f"{facts[key]:,}" for key in ("tests", "symbols")}
    lines["seconds"] = f"{facts['seconds']} (CPU)"
    for key, value in lines.items():
        click.echo(_paragraph(f"{key.replace('_', ' ') + ':':<14}", str(value)))


def _print_scores(made: Suite, scores: tuple[Score, ...], as_json: bool) -> None:
    if as_json:
        score = {"mutation_score": [score.as_dict() for score in scores]}
        print_json(made.facts() | made.size._asdict() | score, "suite-scores")
        return
    header = (
        "mutants",
        "made",
        "run",
        "equivalent",
        "killed",
        "rate",
        "a trace that kills a survivor",
    )
    rows = [
        (
            score.kind,
            f"{score.made:,}",
            f"{score.mutants + score.equivalent:,}",
            f"{score.equivalent:,}",
            f"{score.killed:,}",
            percentage(score.rate),
            ", ".join(score.survivors[0]) if score.survivors else "",
        )
        for score in scores
    ]
    click.echo(format_table(header, rows, right=range(1, 6)))
    click.echo(_paragraph("guarantee:    ", str(made.guarantee)))


def _paragraph(label: str, text: str) -> str:
    """Return a wrapped text with a hanging label."""
    return click.wrap_text(printable(text, 2000), 100, label, " " * len(label))


def _write(pieces: Iterable[str], output: Path | None) -> None:
    """Write a text piece by piece; a file is replaced only when it is complete.

    Standard output may be a terminal, so invisible characters are spelled out there. A file keeps
    them (formats other than CSV have escapes for them anyway).
    """
    if output is None or str(output) == "-":
        for piece in pieces:
            click.echo("\n".join(map(visible, piece.split("\n"))), nl=False)
        return
    with replacing(output) as file:
        for piece in pieces:
            file.write(piece.encode("utf-8", "backslashreplace"))
