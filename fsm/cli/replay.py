"""``fsm replay``: run a log."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fsm.catalog import load_bare
from fsm.cli.file_params import FILE, OUTPUT
from fsm.cli.help import Example, HelpCommand, option
from fsm.cli.memory import memory_option, warn_of_large_row_groups
from fsm.cli.options import (
    LogOptions,
    dedupe_option,
    is_faultless,
    print_messages,
    strict_option,
    to_send_option,
    warn_of_wrong_reading,
    with_log_options,
)
from fsm.cli.progress import Progress, writing
from fsm.cli.terminal import is_terminal
from fsm.cli.text import (
    format_table,
    percentage,
    print_crosscheck,
    print_json,
    print_message,
    print_text,
)
from fsm.cli.values import DurationParam, json_option
from fsm.text import quantity

if TYPE_CHECKING:
    from fsm.engine import Replay

__all__ = ["command"]

_REJECTIONS_SHOWN = 10


@click.command(
    "replay",
    cls=HelpCommand,
    examples=[
        Example(
            "Statuses and indicators of a log in both feedback modes",
            "fsm replay log.csv --validity 3.5d",
        ),
        Example(
            "The log of a mail server, with the status of each message in a file",
            "fsm replay mail.log --year 2026 --status statuses.csv",
        ),
        Example(
            "A log that names a column differently", "fsm replay other.csv --column event=Type"
        ),
        Example(
            "Logs in an object store, as JSON", 'fsm replay "s3://mail/2026-01-*.csv.gz" --json'
        ),
    ],
)
@with_log_options
@to_send_option
@option("--status", type=OUTPUT, group="Output", help="File for the final status of each message.")
@option("--series", type=OUTPUT, group="Output", help="File for the indicators over time.")
@option(
    "--every",
    type=DurationParam(),
    default="1h",
    group="Output",
    help="Time between two rows of --series.",
)
@option("--rejected", type=OUTPUT, group="Output", help="File for every rejected event.")
@dedupe_option
@option(
    "--crosscheck/--no-crosscheck",
    "--oracle/--no-oracle",
    default=True,
    group="Machines",
    help="Compare the tables of the machines with their classes, event by event.",
)
@memory_option
@option(
    "--checkpoint",
    type=FILE,
    metavar="DIRECTORY",
    group="Output",
    help="Continue the replay that this directory holds, and save the new one there.",
)
@strict_option(
    "Exit with status 1 if an event was rejected (not accepted in the state of its message, or not "
    "defined in any machine), if a record was not readable or its event not known, or if a file "
    "could not be read."
)
@json_option
def command(
    source: LogOptions,
    to_send: int | None,
    every: timedelta,
    status: Path | None,
    series: Path | None,
    rejected: Path | None,
    dedupe: bool,
    crosscheck: bool,
    memory: int | None,
    checkpoint: Path | None,
    strict: bool,
    as_json: bool,
) -> int:
    """Get the statuses, indicators and rejected events of the logs LOGS.

    LOGS are canonical logs, or logs of any format that fsm formats lists. Each message is run
    through the machines, event by event.

    A canonical log (CSV, JSONL or Parquet) has one row for each event of a message: message_id,
    event and timestamp (RFC 3339), and optionally recipient, delivery_id, event_id and seq. Files
    are written as CSV, JSONL or Parquet, by their suffix; in CSV, text that a spreadsheet would
    evaluate, such as =1+1, is prefixed with an apostrophe.
    """
    from fsm.engine import replay
    from fsm.logs.write.tables import suffix_of, write_frame, write_frames

    for path in filter(None, (status, series, rejected)):
        if str(path) != "-":
            suffix_of(path)
    log = source.read(checkpoint)
    if memory is not None:
        warn_of_large_row_groups(log)
    total = log.about() if is_terminal(sys.stderr) else None
    with Progress("replaying", "events", total) as progress:
        result = replay(
            log,
            source.machines(load_bare),
            companions=source.companions(load_bare),
            to_send=to_send,
            validity=source.validity,
            as_of=source.as_of,
            every=every if series or checkpoint else None,
            statuses=status is not None,
            dedupe=dedupe,
            cross_check=crosscheck,
            memory=memory,
            checkpoint=checkpoint,
            progress=progress,
        )
    print_messages(note for note in result.notes if note not in log.notes)
    if status:
        with writing(status):
            write_frames(result.status_frames(), status, inert=True)
    if series:
        with writing(series):
            write_frame(result.series(every), series, inert=True)
    if rejected:
        with writing(rejected):
            write_frame(result.rejections, rejected, inert=True)
    warn_of_wrong_reading(result, source.reading.relayed)
    if as_json:
        checked = result.crosscheck
        compared = {"crosscheck": checked and checked.as_dict()}
        print_json(result.as_dict() | compared, "replay")
    else:
        _print(result)
        _print_unrecorded(result)
        print_crosscheck(result.crosscheck)
    return 1 if strict and not is_faultless(log.conversions, result.rejected) else 0


def _print(result: Replay) -> None:
    after = result.balance.events["after_as_of"]
    click.echo(
        f"{quantity(result.events, 'event')}, {result.unit.count(result.messages)}, "
        f"{result.rejected:,} rejected"
        + (f" ({result.late:,} of them late)" if result.late else "")
        + (f", {result.accepted:,} accepted" if result.rejected else "")
        + (f", {quantity(result.duplicates, 'duplicate')} dropped" if result.duplicates else "")
        + (f", {after:,} after --as-of left out" if after else "")
        + "\n"
    )
    names = list(result.machines)
    header = ["", *(part for name in names for part in (name, ""))]
    right = range(1, len(header))
    rows = _counts(result, result.unit.all, "to_send")
    rows += _sent(result) if result.unit.is_mail else []
    rows += _section(result, "indicator", "indicators", percent=True)
    rows += _section(result, "status", "statuses", percent=True)
    rows += _section(result, "state", "states", percent=False)
    if result.validity is not None:
        rows += _counts(result, "validity period over", "expired")
    rows += _fired(result)
    print_text(format_table(header, rows, right))
    if result.rejected:
        _print_rejections(result)


def _counts(result: Replay, label: str, attribute: str) -> list[list[str]]:
    row = [label]
    for machine in result.machines.values():
        row += [f"{getattr(machine, attribute):,}", ""]  # the second column is for percentages
    return [row]


def _sent(result: Replay) -> list[list[str]]:
    from fsm.engine.unrecorded import NOT_RECORDED

    (row,) = _counts(result, "sent", "sent")
    for place, machine in enumerate(result.machines.values()):
        if machine.unrecorded.sent_unknown:
            row[1 + 2 * place] = NOT_RECORDED
    return [row]


def _fired(result: Replay) -> list[list[str]]:
    """Return how often each timer fired."""
    machines = result.machines.values()
    rows = []
    for text in dict.fromkeys(timer for machine in machines for timer in machine.timers):
        row = [f"timer {text}"]
        for machine in machines:
            row += [f"{machine.timers[text]:,}" if text in machine.timers else "-", ""]
        rows.append(row)
    return rows


def _section(result: Replay, kind: str, attribute: str, *, percent: bool) -> list[list[str]]:
    from fsm.engine.unrecorded import NOT_RECORDED
    from fsm.indicators import Share
    from fsm.indicators import percent as share_of

    tables = {name: getattr(m, attribute) for name, m in result.machines.items()}
    labels = list(dict.fromkeys(label for values in tables.values() for label in values))
    rows = []
    for label in labels:
        row = [f"{kind} {label}"]
        for name, values in tables.items():
            value = values.get(label)
            if value is None:
                row += ["-", ""]
                continue
            if label in getattr(result.machines[name].unrecorded, attribute):
                row += [NOT_RECORDED, ""]
                continue
            count = value.count if isinstance(value, Share) else value
            whole = result.machines[name].to_send
            row += [f"{count:,}", percentage(share_of(count, whole)) if percent else ""]
        rows.append(row)
    return rows


def _print_rejections(result: Replay) -> None:
    from fsm.logs.canonical_columns import place_of

    first = result.first_rejections(_REJECTIONS_SHOWN)
    rows = [
        (
            place_of(row["file"], row["line"]),
            row["message_id"],
            row["event"],
            row["state"] or "-",
            row["reason"],
        )
        for row in first.iter_rows(named=True)
    ]
    click.echo(f"\nRejected events ({result.rejected:,}):")
    print_text(format_table(("where", result.unit.name, "event", "state", "why"), rows))
    more = result.rejected - _REJECTIONS_SHOWN
    if more > 0:
        click.echo(f"... and {more:,} more; --rejected FILE writes them all")


def _print_unrecorded(result: Replay) -> None:
    """Print which indicators the log does not record, and which are 0 without any event."""
    for names, reason in result.not_recorded:
        print_message(f"not recorded: {', '.join(names)}; {reason}", 1000)
    if result.without_events:
        print_message(
            f"no event of this log counts for {', '.join(result.without_events)}: "
            "there was none, or none was recorded",
            1000,
        )
