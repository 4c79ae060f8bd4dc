"""``fsm suite``: the conformance tests of a machine, with what they prove."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from fsm.cli.choice import ChoiceParam
from fsm.cli.help import Example, HelpCommand, option
from fsm.cli.options import options_given
from fsm.cli.progress import Progress, progress_hidden
from fsm.cli.suite_options import (
    binding_option,
    complete_option,
    covering_option,
    extra_states_option,
    max_symbols_option,
    method_option,
    observable_option,
    print_choice,
    silent_option,
    to_option,
)
from fsm.cli.terminal import terminal_width
from fsm.cli.text import format_table, percentage, print_json, print_text, printable
from fsm.cli.values import (
    json_option,
    machine_argument,
    output_option,
)
from fsm.documented_machines import documented_specification, settings_for
from fsm.files import replacing
from fsm.suites import Suite, SuiteSize, suite
from fsm.suites.choice import LISTED
from fsm.suites.export import FORMATS, export_suite
from fsm.suites.mutants import LIMIT, Score, mutation_score
from fsm.suites.narrowing import narrowed
from fsm.text import visible

__all__ = ["command"]

_WIDTH = 100
_SUFFIXES = {".py": "pytest", ".markdown": "md"}


@click.command(
    "suite",
    cls=HelpCommand,
    tables={"Methods": list(LISTED.items())},
    epilog="""auto decides from the numbers of states, inputs and extra states and from the
estimated size, so that a machine has the same suite everywhere; standard error and the files say
what it took and why. Of all complete methods chain has the fewest inputs on every machine we
measured (tests/bench/suites.md), with up to two extra states; spyh is another name for it. What
that costs: w, wp and hsi also detect every wrong machine, however many states it has, each of whose
states is reached by a word of the state cover and at most --extra-states further inputs; chain, h,
observable and counting do not, beyond the number of states that they name.""",
    examples=[
        Example("A pytest module", "fsm suite with-feedback -o tests/test_log.py"),
        Example(
            "What a larger suite would prove, and its size",
            "fsm suite with-feedback --extra-states 1 --summary",
        ),
        Example("Only the tests of documented row 3", "fsm suite with-feedback --covering 3"),
        Example("Missing cells are rejected events", "fsm suite model.dot --complete reject"),
    ],
)
@machine_argument
@method_option
@extra_states_option(default=0)
@observable_option
@silent_option
@complete_option
@to_option
@covering_option
@binding_option
@option(
    "--seed",
    type=int,
    metavar="N",
    default=0,
    group="Random tests",
    help="Seed of random tests and of samples of mutants.",
)
@option(
    "--tests",
    type=int,
    metavar="N",
    default=100,
    group="Random tests",
    help="Number of random tests.",
)
@option(
    "--length",
    type=int,
    metavar="N",
    default=20,
    group="Random tests",
    help="Length of random tests, in inputs.",
)
@max_symbols_option
@option(
    "--summary",
    is_flag=True,
    group="Output",
    help="Print only method, guarantee, size and CPU time.",
)
@option(
    "--mutation-score",
    "mutants",
    is_flag=True,
    group="Output",
    help="Print how many faulty machines the suite detects.",
)
@option(
    "--mutants",
    "limit",
    type=int,
    metavar="N",
    default=LIMIT,
    group="Output",
    help="Maximum number of faulty machines of each kind for --mutation-score.",
)
@json_option
@option(
    "--format",
    "form",
    type=ChoiceParam(tuple(FORMATS)),
    group="Output",
    show_default="by the suffix of the output, or md",
    help="Format of the tests.",
)
@output_option
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
    bindings: tuple[Path, ...],
    **options: Any,
) -> None:
    """Get tests that show whether an implementation conforms to MACHINE, and what they prove.

    A complete suite proves conformance: an implementation that passes it is equivalent to MACHINE,
    provided that it has at most as many states as MACHINE, plus --extra-states.
    """
    _refuse_ineffective(options_given(), method)
    before = time.process_time()
    source = documented_specification(machine, bindings, settings_for(machine))
    with Progress("choosing the tests"):
        made = suite(source, method, rejections=not silent, **options)
    made = narrowed(made, to=to, covering=covering)
    if mutants:
        with _progress(made) as progress:
            scores = mutation_score(made.with_progress(progress), limit)
        print_choice(made)
        _print_scores(made, scores, as_json)
    elif summary:
        facts = made.facts() | _measured_size(made)._asdict()
        _print_summary(facts | {"seconds": round(time.process_time() - before, 3)}, as_json)
    else:
        suffix = output.suffix.lower() if output else ""
        chosen = "json" if as_json else form or _SUFFIXES.get(suffix, suffix[1:] or "md")
        with _progress(made) as progress:
            pieces = export_suite(made.with_progress(progress), chosen)
            print_choice(made)
            _write(pieces, output)


def _refuse_ineffective(given: set[str], method: str) -> None:
    """Refuse an option that another one makes ineffective, such as a file that is not written."""
    ineffective = {
        "--summary": given & {"--format", "--output", "--mutation-score"},
        "--mutation-score": given & {"--format", "--output"},
        "--json": given & {"--format"},
    }
    for one, others in ineffective.items():
        if one in given and others:
            raise click.UsageError(f"{min(others)} has no effect with {one}; leave one out")
    for one in sorted(given & {"--tests", "--length"}):
        if method != "random":
            raise click.UsageError(f"{one} is for --method random, not for {method}")
    if "--mutants" in given and "--mutation-score" not in given:
        raise click.UsageError("--mutants is for --mutation-score")


def _measured_size(made: Suite) -> SuiteSize:
    """Generate the suite once and count it."""
    with _progress(made) as progress:
        return made.with_progress(progress).size


def _progress(made: Suite) -> Progress:
    """Return the progress of generating tests, counted in inputs."""
    return Progress("generating", "inputs", made.estimate.most.symbols)


def _print_summary(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(facts, "suite-summary")
        return
    given = {key: value for key, value in facts.items() if value is not None}
    lines = given | {key: f"{facts[key]:,}" for key in ("tests", "symbols")}
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
    print_text(format_table(header, rows, right=range(1, 6)))
    print_text(_paragraph("guarantee:    ", str(made.guarantee)))


def _paragraph(label: str, text: str) -> str:
    """Return a wrapped text with a hanging label."""
    width = min(terminal_width() or _WIDTH, _WIDTH)
    return click.wrap_text(printable(text, 2000), width, label, " " * len(label))


def _write(pieces: Iterable[str], output: Path | None) -> None:
    """Write a text piece by piece; a file is replaced only when it is complete.

    Standard output may be a terminal, so invisible characters are spelled out there. A file keeps
    them (formats other than CSV have escapes for them anyway).
    """
    if output is None or str(output) == "-":
        for text in _in_blocks(pieces):
            with progress_hidden():
                click.echo(_visible_lines(text), nl=False)
        return
    with replacing(output) as file:
        for text in _in_blocks(pieces):
            file.write(text.encode("utf-8", "backslashreplace"))


def _in_blocks(pieces: Iterable[str]) -> Iterator[str]:
    """Yield the same text in pieces of about 64 KiB."""
    block, size = [], 0
    for piece in pieces:
        block.append(piece)
        size += len(piece)
        if size >= 1 << 16:
            yield "".join(block)
            block, size = [], 0
    yield "".join(block)


def _visible_lines(text: str) -> str:
    """Return a text with invisible characters spelled out, except the ends of lines."""
    lines = text.split("\n")
    if text.isascii() and all(map(str.isprintable, lines)):
        return text
    return "\n".join(map(visible, lines))
