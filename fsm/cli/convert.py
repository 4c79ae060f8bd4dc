"""``fsm convert``: logs of any format to a canonical log, or to a process mining log."""

from __future__ import annotations

from pathlib import Path

import click

from fsm.cli.options import ConversionOptions, print_notes, redaction_for, with_conversion_options
from fsm.cli.progress import Progress, megabytes
from fsm.cli.text import print_json, print_message
from fsm.cli.values import ColumnParam
from fsm.logs.write.tables import write_frames

__all__ = ["command"]


@click.command("convert")
@with_conversion_options
@click.argument("logs", nargs=-1)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Default: CSV on stdout.")
@click.option(
    "--beside", type=click.Path(path_type=Path), help="Write events that no machine uses."
)
@click.option(
    "--column",
    "columns",
    type=ColumnParam(),
    multiple=True,
    help="The name of a column in a canonical log.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a summary of each file as JSON.")
def command(
    reading: ConversionOptions,
    logs: tuple[str, ...],
    output: Path | None,
    beside: Path | None,
    columns: tuple[tuple[str, str], ...],
    as_json: bool,
) -> None:
    """Convert LOGS to a canonical log or a process mining log; the suffix of OUTPUT decides.

    \b
    .csv .jsonl .parquet   canonical, .csv.gz and .jsonl.gz compressed
    .xes .xes.gz           XES (IEEE 1849), a trace for each message and recipient
    .jsonocel .ocel.json   OCEL 2.0 as JSON; objects are messages, recipients, deliveries
    .xmlocel .ocel.xml     OCEL 2.0 as XML
    .sqlite                OCEL 2.0 as an SQLite database

    The format of each file is detected from its content. Files may be compressed, rotated, named
    by patterns, and of different formats. Every event keeps its native name, its file and line,
    and the rule that mapped it. Complaints, exclusions and other events that no machine uses are
    written to --beside. LOGS may also be canonical logs; columns that a converted log does not
    have are left out. With --sql, the rows of a query are the log. Texts are written unchanged:
    the CSV is for programs, not for spreadsheets, which evaluate cells that begin with =.

    Memory grows only with the number of messages. For XES, a million events are sorted at a time,
    or all events of one message if it has more.
    """
    from fsm.logs.open import convert_logs
    from fsm.logs.summary import as_dict
    from fsm.logs.write.process_mining import suffix_written, write_log

    query = reading.query(logs)
    written = suffix_written(output) if output or not as_json else ""
    with Progress("MB", megabytes(logs), 1 << 20) as progress:
        redaction = redaction_for(reading.pseudonymise)
        options = reading.options(progress, dict(columns), redaction)
        conversion = convert_logs(logs, reading.form, options, query, written)
    print_notes(conversion.notes)
    if written:
        write_log(conversion, output)
    if beside:
        write_frames(conversion.frames(machine_events=False), beside)
    if as_json:
        print_json([as_dict(note) for note in conversion.notes], "convert")
    events = sum(note.events + note.side_events.total for note in conversion.notes)
    if not events and any(note.lines for note in conversion.notes):
        print_message("no event found; is the format right? See: fsm formats")
