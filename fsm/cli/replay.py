"""``fsm replay``: execute a delivery log."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import click

from fsm.catalog import load_bare
from fsm.cli.memory import memory_option, say_what_exceeds
from fsm.cli.options import LogOptions, log_options, say_lines
from fsm.cli.progress import Progress
from fsm.cli.text import counted, number, percentage, print_crosscheck, print_json, table
from fsm.cli.values import Duration
from fsm.engine import Replay, replay
from fsm.engine.unrecorded import NOT_RECORDED
from fsm.logs.canonical_columns import place_of
from fsm.logs.write.tables import write_frame, write_frames

__all__ = ["command"]

_REJECTIONS_SHOWN = 10


@click.command("replay")
@log_options
@click.option("--to-send", type=click.IntRange(min=0), help="Messages to send, the denominator.")
@click.option("--every", type=Duration(), default="1h", show_default=True, help="For --series.")
@click.option("--status", type=click.Path(path_type=Path), help="Write one row per message.")
@click.option("--series", type=click.Path(path_type=Path), help="Write the indicators over time.")
@click.option("--rejected", type=click.Path(path_type=Path), help="Write every rejected event.")
@click.option("--dedupe", is_flag=True, help="Drop events of equal message, name and time.")
@click.option(
    "--crosscheck/--no-crosscheck",
    "--oracle/--no-oracle",
    default=True,
    help="Compare the tables with the real classes.",
)
@memory_option
@click.option("--checkpoint", type=click.Path(path_type=Path), help="Go on from what it holds.")
@click.option("--strict", is_flag=True, help="Exit status 1 when an event was rejected.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
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
    """Execute the delivery logs LOGS: canonical ones, or of any format that fsm formats lists.

    LOGS are files, patterns, - for standard input, or addresses: s3://, gs://, az://, https://.

    A canonical log (CSV, JSONL or Parquet) has one row per event of one message: message_id,
    event and timestamp (RFC 3339), and optionally recipient, delivery_id, event_id and seq. Map
    other names with --column. The files written are CSV, JSONL or Parquet by their suffix; in CSV
    an apostrophe stands before a text that a spreadsheet would compute, such as =1+1.
    """
    log = source.read()
    if memory is not None:
        say_what_exceeds(log)
    with Progress("events", log.about() if sys.stderr.isatty() else None) as progress:
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
    say_lines(note for note in result.notes if note not in log.notes)
    if status:
        write_frames(result.status_frames(), status, inert=True)
    if series:
        write_frame(result.series(every), series, inert=True)
    if rejected:
        write_frame(result.rejections, rejected, inert=True)
    if result.events and not result.defined:
        click.echo(
            "fsm: no machine knows any event of this log; is the column right? "
            "--column event=NAME maps another one",
            err=True,
        )
    if as_json:
        checked = result.crosscheck
        print_json(result.as_dict() | {"crosscheck": checked.as_dict() if checked else None})
    else:
        _print(result)
        _print_unknown(result)
        print_crosscheck(result.crosscheck)
    return 1 if strict and result.rejected else 0


def _print(result: Replay) -> None:
    click.echo(
        f"{counted(result.events, 'event')}, {counted(result.messages, 'message')}, "
        f"{number(result.rejected)} rejected"
        + (f" ({number(result.late)} of them late)" if result.late else "")
        + (f", {number(result.accepted)} accepted" if result.rejected else "")
        + (f", {counted(result.duplicates, 'duplicate')} dropped" if result.duplicates else "")
        + "\n"
    )
    names = list(result.machines)
    header = ["", *(part for name in names for part in (name, ""))]
    right = range(1, len(header))
    rows = _counts(result, "messages to send", "to_send") + _sent(result)
    rows += _section(result, "indicator", "indicators", percent=True)
    rows += _section(result, "status", "statuses", percent=True)
    rows += _section(result, "state", "states", percent=False)
    if result.validity is not None:
        rows += _counts(result, "validity period over", "expired")
    click.echo(table(header, rows, right))
    if result.rejected:
        _print_rejections(result)


def _counts(result: Replay, label: str, attribute: str) -> list[list[str]]:
    row = [label]
    for machine in result.machines.values():
        row += [number(getattr(machine, attribute)), ""]
    return [row]


def _sent(result: Replay) -> list[list[str]]:
    (row,) = _counts(result, "sent", "sent")
    for place, machine in enumerate(result.machines.values()):
        if machine.unrecorded.sent:
            row[1 + 2 * place] = NOT_RECORDED
    return [row]


def _section(result: Replay, kind: str, attribute: str, *, percent: bool) -> list[list[str]]:
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
            row += [number(count), percentage(share_of(count, whole)) if percent else ""]
        rows.append(row)
    return rows


def _print_rejections(result: Replay) -> None:
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
    click.echo(f"\nRejected events ({number(result.rejected)}):")
    click.echo(table(("where", "message", "event", "state", "why"), rows))
    more = result.rejected - _REJECTIONS_SHOWN
    if more > 0:
        click.echo(f"... and {number(more)} more; --rejected FILE writes them all")


def _print_unknown(result: Replay) -> None:
    """Say which indicators are not recorded, or 0 without any event for them."""
    for names, reason in result.not_recorded:
        click.echo(f"fsm: not recorded: {', '.join(names)}; {reason}", err=True)
    if result.without_events:
        click.echo(
            f"fsm: no event of this log counts for {', '.join(result.without_events)}: "
            "there was none, or none was recorded",
            err=True,
        )
