"""``fsm conform``: where a machine and a log disagree."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fsm.cli.choice import ChoiceParam
from fsm.cli.conform_causes import check_drawing, draw_option, draw_repair, print_causes
from fsm.cli.conform_cells import (
    CellOptions,
    print_cell_notes,
    print_cells,
    with_cell_options,
    write_cells,
)
from fsm.cli.conform_claims import (
    CLAIM_TABLE,
    claim_option,
    print_claims,
    refuse_options_of_machines,
)
from fsm.cli.conform_message import print_alignments
from fsm.cli.conform_repair import print_repair
from fsm.cli.help import Example, HelpCommand, option
from fsm.cli.options import (
    LogOptions,
    dedupe_option,
    options_given,
    print_messages,
    warn_of_wrong_reading,
    with_log_options,
)
from fsm.cli.progress import Progress
from fsm.cli.shown_command import public_command
from fsm.cli.terminal import is_terminal
from fsm.cli.text import print_crosscheck, print_json
from fsm.cli.values import json_option
from fsm.documented_machines import load_documented
from fsm.unit import unit_of

if TYPE_CHECKING:
    from fsm.conformance import Conformance
    from fsm.logs.log import Log
    from fsm.machine import Machine

__all__ = ["command"]


@click.command(
    "conform",
    cls=HelpCommand,
    tables={"Claims": CLAIM_TABLE},
    examples=[
        Example(
            "How far a log is from a machine",
            "fsm conform log.csv --machine with-feedback",
        ),
        Example(
            "A picture of what is missing and what is extra",
            "fsm conform log.csv --machine with-feedback --draw repair.svg",
        ),
        Example(
            "The least repair of one message, event by event, as JSON",
            "fsm conform log.csv --machine with-feedback --message m1 --json",
        ),
        Example(
            "Where a machine and an implementation disagree, cell by cell",
            "fsm conform --machine new.json --implementation my_system:MySystem",
        ),
        Example(
            "What is claimed of every message, with the first ones that contradict it",
            'fsm conform log.csv --machine with-feedback --claim "at most 3 Failed"',
        ),
        Example(
            "A claim about the events of a log alone",
            'fsm conform log.csv --claim "delivered within 3.5d of relayed"',
        ),
    ],
)
@partial(
    with_log_options,
    machine_help="The machine to compare with: a name, a file or package.module:Class.",
    machine_default=False,
)
@option(
    "--may-end",
    type=ChoiceParam(["any", "all", "final"]),
    default="any",
    group="Machines",
    help="Where a message may end: in any state but the initial one, in all, or in final ones.",
)
@option(
    "--outside",
    type=ChoiceParam(["beside", "extra"]),
    default="beside",
    group="Machines",
    help="What events are that the machine does not have: counted beside, or extra events.",
)
@option(
    "--message",
    metavar="ID",
    group="Message",
    help="Show the least repair of this message only, event by event.",
)
@draw_option
@claim_option
@with_cell_options
@dedupe_option
@json_option
def command(
    source: LogOptions,
    others: CellOptions,
    may_end: str,
    outside: str,
    message: str | None,
    draw: Path | None,
    claims: tuple[str, ...],
    dedupe: bool,
    as_json: bool,
) -> int:
    """Compare a machine with the logs LOGS, its documentation, an implementation and tests.

    The least repair is the smallest number of events to leave out (extra) or to add (missing), so
    that every message is a trace of the machine. Events that the machine does not have are counted
    beside, not repaired.

    Of several least repairs, the one that keeps most of the log as it was recorded is taken. Its
    edits are grouped into causes; for the most frequent ones, the change of the machine that would
    end each is tried on the log.

    With --page, --implementation or --tests, every source says what it knows about each cell of the
    machine, a state and an event; cells on which sources disagree come first. One source is named
    where all others, at least two, agree. A log may be left out then.

    With --claim, the messages are also compared with what is claimed of them.

    The guide is fsm guide conformance. The exit status is 1 if something does not fit, a claim is
    violated, or sources disagree.
    """
    from fsm.conformance import conform

    redaction = source.redaction if message is not None else None
    if message is not None and claims:
        raise click.UsageError("--message shows one repair; check claims without it")
    for name in ("--page", "--implementation", "--tests", "--html"):
        if message is not None and name in options_given():
            raise click.UsageError(f"--message shows one repair; use {name} without it")
    alone = bool(claims) and not (source.names or others.has_sources)
    machine = None if alone else _only_machine(source)
    if alone:
        refuse_options_of_machines(options_given())
    if not (source.has_log or others.has_sources):
        raise click.UsageError("nothing to compare with: give LOGS, --page or --implementation")
    check_drawing(draw, has_log=source.has_log, message=message)
    log = source.read() if source.has_log else None
    options: dict[str, Any] = {
        "may_end": may_end,
        "outside": outside,
        "companions": source.companions(load_documented),
        "validity": source.validity,
        "as_of": source.as_of,
        "dedupe": dedupe,
    }
    if message is not None and machine is not None:
        if log is None:
            raise click.UsageError("--message is shown of a log: give LOGS")
        wanted = redaction.message(message) if redaction else message
        return _show_message(log, machine, wanted, options, as_json=as_json)
    total = log.about() if log is not None and is_terminal(sys.stderr) else None
    with Progress("comparing", "events", total) as progress:
        result = conform(
            log,
            machine,
            claims=claims,
            name=source.names[0] if source.names else "",
            progress=progress,
            **others.arguments,
            **options,
        )
    _print_notes(result, source.reading.relayed)
    if as_json:
        print_json(result.as_dict(), "conform")
    else:
        _print(result)
    draw_repair(result, draw)
    write_cells(result, others.html, public_command(sys.argv[1:], source.redaction))
    return 0 if result.agrees else 1


def _show_message(
    log: Log, machine: Machine, message: str, options: Mapping[str, Any], *, as_json: bool
) -> int:
    """Print the least repair of one message; return the exit status."""
    from fsm.conformance.message_alignment import align_message

    with Progress("looking for the message"):
        alignments = align_message(log, message, machine, **options)
    if as_json:
        shown = [alignment.as_dict() for alignment in alignments]
        print_json({"machine": machine.name, "alignments": shown}, "conform-message")
    else:
        print_alignments(alignments, unit_of([machine], log.unit))
    return 1 if any(alignment.cost for alignment in alignments) else 0


def _only_machine(source: LogOptions) -> Machine:
    """Return the machine that is named; refuse none, and several."""
    if len(set(source.names)) != 1:
        wrong = "is given more than once" if source.names else "is missing"
        raise click.UsageError(f"--machine {wrong}: name the one machine to compare the log with")
    (machine,) = source.machines(load_documented)
    return machine


def _print_notes(result: Conformance, relayed: bool | None) -> None:
    """Print what was assumed, and what seems to be read wrongly."""
    replay = result.replay
    if replay is not None and result.repair is not None:
        known = {event for machine in replay.counts.machines for event in machine.events}
        outside = result.repair.outside.items()
        undefined = {event: count for event, count in outside if event not in known}
        print_messages(note for note in replay.notes if note not in replay.log.notes)
        warn_of_wrong_reading(replay, relayed, undefined)
        print_crosscheck(replay.crosscheck)
    print_cell_notes(result)


def _print(result: Conformance) -> None:
    """Print the sections of what was asked for."""
    print_repair(result)
    print_causes(result)
    print_claims(result)
    print_cells(result)
