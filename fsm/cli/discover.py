"""``fsm discover``: the machine that a log shows."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fsm.cli.diagram_files import write_diagram
from fsm.cli.file_params import OUTPUT
from fsm.cli.help import Example, HelpCommand, option
from fsm.cli.options import LogOptions, dedupe_option, print_messages, with_log_options
from fsm.cli.progress import Progress
from fsm.cli.terminal import is_terminal
from fsm.cli.text import (
    format_table,
    percentage,
    print_json,
    print_line,
    print_message,
    print_text,
    write_output,
)
from fsm.cli.values import json_option
from fsm.documented_machines import load_documented
from fsm.indicators import percent
from fsm.text import quantity

if TYPE_CHECKING:
    from fsm.discovery import Discovery
    from fsm.discovery.result import Evidence, Unaccepted

__all__ = ["command"]

_MOST = 10
"""Differences, and events left out, that are listed."""
_RARE = 0.01
"""The share of its state below which a transition may be an error of the log."""


class _NoiseParam(click.FloatRange):
    """A share from 0 to 0.3, also written in percent."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the share; a usage error for anything else."""
        if isinstance(value, str) and value.rstrip().endswith("%"):
            try:
                value = float(value.rstrip()[:-1]) / 100
            except ValueError:
                self.fail(f"{value!r} is no share, such as 0.01 or 1%", param, ctx)
        return super().convert(value, param, ctx)


@click.command(
    "discover",
    cls=HelpCommand,
    examples=[
        Example(
            "The machine that a log shows, in a file",
            "fsm discover log.csv -o learnt.json",
        ),
        Example(
            "With the names of a documented machine, and what differs",
            "fsm discover log.csv --machine with-feedback --diagram difference.svg",
        ),
        Example(
            "A log in which about two events of a hundred are wrong",
            "fsm discover log.csv --noise 0.02",
        ),
    ],
)
@partial(
    with_log_options,
    machine_help="A documented machine as reference, if there is one: a name, a file or "
    "package.module:Class.",
    machine_default=False,
)
@option(
    "--noise",
    type=_NoiseParam(0, 0.3),
    metavar="SHARE",
    default=0.0,
    group="Machines",
    help="Share of the events that are wrong (lost, doubled, swapped), such as 0.01 or 1%; "
    "transitions that at most three times this share of the visits of their state took are left "
    "out.",
)
@dedupe_option
@option(
    "-o",
    "--output",
    type=OUTPUT,
    group="Output",
    help="JSON file for the learnt machine, with the evidence of each transition.",
)
@option(
    "--diagram",
    type=OUTPUT,
    group="Output",
    help="Draw the learnt machine into this file, and its differences from --machine; the suffix "
    "is the format.",
)
@json_option
def command(
    source: LogOptions,
    noise: float,
    dedupe: bool,
    output: Path | None,
    diagram: Path | None,
    as_json: bool,
) -> int:
    """Learn the machine that the logs LOGS show, with how many messages stand behind each part.

    The machine says what messages did, no more: states are told apart by the events that follow
    them, as far as the number of messages makes that certain. With --machine, states have the names
    and statuses of the corresponding states of a documented machine, and are split where it tells
    them apart, which is said; the differences are listed; no transition is taken from it.

    The exit status is 1 if messages do what --machine does not accept.
    """
    from fsm.discovery import discover

    if len(set(source.names)) > 1:
        raise click.UsageError("--machine is given more than once: name one machine as reference")
    if source.validity is not None:
        print_message("--validity has no effect: only what the log records is learnt, no expiry")
    reference = source.machines(load_documented)[0] if source.names else None
    log = source.read()
    total = log.about() if is_terminal(sys.stderr) else None
    with Progress("learning", "events", total) as progress:
        result = discover(
            log,
            reference,
            noise=noise,
            name=output.stem if output and str(output) != "-" else "learnt",
            companions=source.companions(load_documented),
            as_of=source.as_of,
            dedupe=dedupe,
            progress=progress,
        )
    print_messages(result.notes)
    if output:
        from fsm.formats.json_document import to_json

        write_output(to_json(result.machine).encode(), output)
    if diagram:
        from fsm.drawing.evidence import evidence_overlay

        write_diagram(*evidence_overlay(result), diagram)
    if as_json:
        print_json(result.as_dict(), "discover")
    elif str(output) != "-":
        _print(result)
    return 1 if result.reference and result.reference.contradictions else 0


def _print(result: Discovery) -> None:
    machine, unit = result.machine, result.unit
    states = quantity(len(machine.states), "state")
    transitions = quantity(len(machine.transitions), "transition")
    learnt_from = f"{unit.count(result.messages)} and {quantity(result.events, 'event')}"
    print_line(f"{machine.name}: {states}, {transitions}, learnt from {learnt_from}")
    if result.beside:
        companion = result.reference and result.reference.machine.companion
        whose = (
            f"of the companion {companion}, or without a name" if companion else "without a name"
        )
        print_line(f"left aside: {quantity(result.beside, 'event')} {whose}")
    click.echo("")
    header = ("from", "event", "to", unit.several, "times", "of the state")
    rows = [
        (
            item.source,
            item.event,
            item.target,
            f"{item.messages:,}",
            f"{item.times:,}",
            _share(item),
        )
        for item in result.evidence
    ]
    print_text(format_table(header, rows, right=(3, 4, 5)))
    _print_left_out(result)
    _print_rare(result)
    _print_reference(result)


def _share(item: Evidence) -> str:
    """Return a share with two decimals, which is never written as none."""
    share = percentage(percent(item.times, item.visits))
    return "< 0.01 %" if share == percentage(0) else share


def _print_rare(result: Discovery) -> None:
    """Say how errors of the log are left out, where many transitions may be such."""
    rare = sum(item.share < _RARE for item in result.evidence)
    if not result.noise and rare * 4 > len(result.evidence):
        click.echo("")
        print_line(
            f"{quantity(rare, 'transition')} below 1 % of the visits of the state: if these may "
            "be errors of the log, --noise 0.01 leaves them out and lists them"
        )


def _print_left_out(result: Discovery) -> None:
    if result.left_out:
        rest = result.messages - result.accepted
        click.echo(f"\nLeft out, in {result.unit.count(rest)}:")
        _print_list(_unaccepted(result, result.left_out))


def _print_reference(result: Discovery) -> None:
    if result.reference is None:
        return
    name = result.reference.machine.name
    click.echo("")
    if result.reference.contradictions:
        print_line(f"The log shows what {name} does not accept:")
        _print_list(_unaccepted(result, result.reference.contradictions))
    else:
        print_line(f"{name} accepts everything in the log.")
    if result.reference.never_travelled:
        print_line(f"Transitions of {name} that the log never shows:")
        _print_list(f"{t.event} in {t.source}" for t in result.reference.never_travelled)


def _unaccepted(result: Discovery, items: Iterable[Unaccepted]) -> Iterator[str]:
    for item in items:
        yield f"{item.event} in {item.state}: {result.unit.count(item.messages)}"


def _print_list(lines: Iterable[str]) -> None:
    """Print the first lines, and how many more there are."""
    listed = list(lines)
    for line in listed[:_MOST]:
        print_line(f"  {line}")
    if len(listed) > _MOST:
        click.echo(f"  ... and {len(listed) - _MOST:,} more; --json lists all")
