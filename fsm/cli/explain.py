"""``fsm explain``: one message's history."""

from __future__ import annotations

from dataclasses import asdict

import click

from fsm.catalog import load
from fsm.cli.options import LogOptions, log_options
from fsm.cli.text import counted, print_json, shown
from fsm.engine.explanation import Change, Entry, Story, explain
from fsm.text import columns, padded

__all__ = ["command"]

_PLACES_SHOWN = 5


@click.command("explain")
@log_options
@click.option(
    "--message", required=True, help="The message_id; with --pseudonymise also its pseudonym."
)
@click.option("--dedupe", is_flag=True, help="Drop events of equal message, name and time.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    source: LogOptions,
    message: str,
    dedupe: bool,
    as_json: bool,
) -> None:
    """Tell the history of one message of LOGS: each event, what it means, the line it stands on."""
    redaction = source.redaction
    stories = explain(
        source.read(),
        redaction.message(message) if redaction else message,
        source.machines(load),
        companions=source.companions(load),
        validity=source.validity,
        as_of=source.as_of,
        dedupe=dedupe,
    )
    if as_json:
        print_json([asdict(story) for story in stories])
        return
    click.echo("\n\n".join("\n".join(_story(story)) for story in stories))


def _story(story: Story) -> list[str]:
    to = f" to {story.recipient}" if story.recipient else ""
    lines = [shown(f"Message {story.message}{to}")]
    for entry in story.entries:
        lines += ["", *_entry(entry)]
    if story.duplicates:
        shown_places = ", ".join(story.duplicates[:_PLACES_SHOWN])
        more = ", ..." if len(story.duplicates) > _PLACES_SHOWN else ""
        dropped = f"{counted(len(story.duplicates), 'duplicate')} dropped: {shown_places}{more}"
        lines += ["", shown(dropped)]
    if story.not_recorded:
        lines += ["", f"Not recorded in this log: {', '.join(map(shown, story.not_recorded))}."]
    return lines


def _entry(entry: Entry) -> list[str]:
    when = entry.timestamp.replace(tzinfo=None).isoformat(" ", "seconds")
    lines = [shown(f"{when} UTC  {entry.event}")]
    reasons = list(dict.fromkeys(c.reason for c in entry.changes if c.reason))
    if not entry.place:
        reasons.insert(0, "The validity period ended; nothing is tried any more.")
    if not entry.changes:
        reasons.append("No machine knows this event. It was kept aside and changed nothing.")
    elif all(change.rejected for change in entry.changes):
        reasons.append(
            f"This does not fit a message that is {entry.changes[0].before}. "
            "It was kept aside and changed nothing."
        )
    lines += [f"    {shown(reason)}" for reason in reasons]
    width = max((columns(shown(change.machine)) for change in entry.changes), default=0)
    lines += [f"    {_change(change, width)}" for change in entry.changes]
    if entry.place:
        lines.append(f"    proof: {shown(entry.place)}: {shown(entry.quote, 160)}")
    return lines


def _change(change: Change, width: int) -> str:
    machine = padded(shown(change.machine), width)
    if change.rejected:
        return f"{machine}  {shown(f'rejected in {change.before}')}"
    status = change.status or "nothing shown yet"
    effects = f" ({'; '.join(change.effects)})" if change.effects else ""
    source = f"  [{change.source}]" if change.source else ""
    return f"{machine}  {shown(f'{status}{effects}{source}')}"
