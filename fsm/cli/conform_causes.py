"""``fsm conform``: the section on causes, and the diagram of what does not fit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fsm.cli.diagram_files import DIAGRAM, write_diagram
from fsm.cli.help import option
from fsm.cli.text import print_line, print_text, printable
from fsm.text import quantity

if TYPE_CHECKING:
    from fsm.conformance import Conformance
    from fsm.conformance.cause_sentences import CauseSentences
    from fsm.conformance.causes import Cause

__all__ = ["check_drawing", "draw_option", "draw_repair", "print_causes"]

_SHOWN = 5
"""Causes that are shown."""

draw_option = option(
    "--draw",
    type=DIAGRAM,
    group="Output",
    help="Diagram of what is missing and extra in each state; its suffix says the format: "
    ".svg, .png, .pdf, .dot, .mmd, .puml or .d2.",
)


def check_drawing(output: Path | None, *, has_log: bool, message: str | None) -> None:
    """Refuse a diagram where there is nothing to draw, or no place for it."""
    if output is None:
        return
    if not has_log:
        raise click.UsageError("--draw shows what does not fit in a log: give LOGS")
    if message is not None:
        raise click.UsageError("--draw is of all messages: leave --message out")
    if str(output) == "-":
        raise click.UsageError("--draw needs a file, since results are on standard output")


def print_causes(result: Conformance) -> None:
    """Print why messages do not fit, the most frequent cause first, and what would end it."""
    if not result.causes:
        return
    from fsm.conformance.cause_sentences import CauseSentences

    sentences = CauseSentences(result.unit, _quoted)
    print_text(f"\nWhy {result.unit.several} do not fit, the most frequent cause first:")
    for number, cause in enumerate(result.causes[:_SHOWN], start=1):
        first, *lines = _lines(sentences, cause)
        print_line(f"{number}. {first}")
        for line in lines:
            print_line(f"   {line}")
    if len(result.causes) > _SHOWN:
        more = quantity(len(result.causes) - _SHOWN, "more cause")
        print_line(f"... and {more}; --json has them all")


def _lines(sentences: CauseSentences, cause: Cause) -> Iterator[str]:
    yield sentences.fault(cause)
    if examples := sentences.examples(cause.places):
        yield f"for example {examples}"
    if remedy := sentences.remedy(cause):
        yield f"remedy: {remedy}"


def _quoted(name: str) -> str:
    return f"'{printable(name)}'"


def draw_repair(result: Conformance, output: Path | None) -> None:
    """Write the diagram of the least repair, if it was asked for."""
    if output is None or result.replay is None:
        return
    from fsm.drawing.repair_marking import repair_overlay
    from fsm.reports.names import log_names

    name = ", ".join(log_names(result.replay.log))
    machine, overlay = repair_overlay(result.machine, result.causes, name, result.unit.several)
    write_diagram(machine, overlay, output)
