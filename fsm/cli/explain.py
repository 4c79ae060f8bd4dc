"""``fsm explain``: the history of one message."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from fsm.catalog import load
from fsm.cli.help import Example, HelpCommand, option
from fsm.cli.options import LogOptions, dedupe_option, with_log_options
from fsm.cli.progress import Progress
from fsm.cli.tables import hanging
from fsm.cli.terminal import terminal_width
from fsm.cli.text import format_times, print_json, print_text, printable
from fsm.cli.values import json_option
from fsm.documented_machines import load_documented
from fsm.text import align_columns, quantity
from fsm.unit import Unit, unit_of

if TYPE_CHECKING:
    from fsm.engine.explanation import Change, Entry, Story

__all__ = ["command"]

_DUPLICATES_SHOWN = 5
_LONGEST_QUOTE = 4000
"""Characters of a line of the log; those of mail servers and providers are shorter."""


@click.command(
    "explain",
    cls=HelpCommand,
    examples=[
        Example("The history of a message in both modes", "fsm explain log.csv --message m1"),
        Example(
            "The same for the log of a mail server, as JSON",
            "fsm explain mail.log --year 2026 --message A1B2C3D4 --json",
        ),
    ],
)
@with_log_options
@option(
    "--message",
    required=True,
    metavar="ID",
    group="Message",
    help="The message_id; with --pseudonymise, the pseudonym works too.",
)
@dedupe_option
@json_option
def command(
    source: LogOptions,
    message: str,
    dedupe: bool,
    as_json: bool,
) -> None:
    """Show the history of one message of LOGS: each event, its meaning, and its line in the log.

    For every event: the status and the indicators that it changed in each machine, or why it was
    rejected, and the line of the log that proves it.
    """
    from fsm.engine.explanation import explain

    redaction = source.redaction
    log = source.read()
    machines = source.machines(load_documented)
    with Progress("looking for the message"):
        stories = explain(
            log,
            redaction.message(message) if redaction else message,
            machines,
            companions=source.companions(load),
            validity=source.validity,
            as_of=source.as_of,
            dedupe=dedupe,
        )
    if as_json:
        print_json([asdict(story) for story in stories], "explain")
        return
    width = terminal_width()
    unit = unit_of(machines, log.unit)
    lines = ["\n".join(hanging(line, width) for line in _story(story, unit)) for story in stories]
    print_text("\n\n".join(lines))


def _story(story: Story, unit: Unit) -> list[str]:
    to = f" to {story.recipient}" if story.recipient else ""
    lines = [printable(f"{unit.title} {story.message}{to}")]
    times = format_times([entry.timestamp for entry in story.entries])
    for entry, time in zip(story.entries, times, strict=True):
        lines += ["", *_entry(entry, time)]
    if story.duplicates:
        places = ", ".join(story.duplicates[:_DUPLICATES_SHOWN])
        more = ", ..." if len(story.duplicates) > _DUPLICATES_SHOWN else ""
        dropped = f"{quantity(len(story.duplicates), 'duplicate')} dropped: {places}{more}"
        lines += ["", printable(dropped)]
    if story.not_recorded:
        lines += ["", f"Not recorded in this log: {', '.join(map(printable, story.not_recorded))}."]
    return lines


def _entry(entry: Entry, time: str) -> list[str]:
    lines = [printable(f"{time} UTC  {entry.event}")]
    reasons = list(dict.fromkeys(c.reason for c in entry.changes if c.reason))
    if entry.timer:
        reasons.insert(0, f"The timer fired: {entry.timer}.")
    elif not entry.place:
        reasons.insert(0, "The validity period ended; there are no more retries.")
    if not entry.changes:
        reasons.append("This event is not defined in any machine. It changed nothing.")
    elif all(change.rejected for change in entry.changes):
        reasons.append(
            f"Rejected: not accepted in state {entry.changes[0].before}. It changed nothing."
        )
    lines += [f"    {printable(reason)}" for reason in reasons]
    changes = [(printable(change.machine), _effects(change)) for change in entry.changes]
    lines += [f"    {line}" for line in align_columns(changes)]
    if entry.rule:
        lines.append(f"    rule: {printable(entry.rule)}")
    if entry.doubt:
        lines.append(f"    doubtful: {printable(entry.doubt)}")
    if entry.place:
        lines.append(f"    proof: {printable(entry.place)}: {_quoted(entry.quote)}")
    return lines


def _quoted(line: str) -> str:
    """Return a line of the log; a very long one is cut, with how much of it is left out."""
    left_out = len(line) - _LONGEST_QUOTE
    return printable(line, _LONGEST_QUOTE) + (
        f" (cut: {quantity(left_out, 'more character')})" if left_out > 0 else ""
    )


def _effects(change: Change) -> str:
    if change.rejected:
        return printable(f"rejected in {change.before}")
    status = change.status or "no status yet"
    effects = f" ({'; '.join(change.effects)})" if change.effects else ""
    source = f"  [{change.source}]" if change.source else ""
    return printable(f"{status}{effects}{source}")
