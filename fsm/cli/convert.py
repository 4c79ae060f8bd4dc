"""``fsm convert``: logs of any format to a canonical log, or to a process mining log."""

from __future__ import annotations

from pathlib import Path

import click

from fsm.cli.conversion_options import ConversionOptions, redaction_for, with_conversion_options
from fsm.cli.file_params import OUTPUT
from fsm.cli.help import Example, HelpCommand, option
from fsm.cli.options import (
    column_option,
    is_faultless,
    logs_argument,
    print_notes,
    strict_option,
)
from fsm.cli.progress import Progress, megabytes, writing
from fsm.cli.text import print_json, print_message
from fsm.cli.values import json_option

__all__ = ["command"]


@click.command(
    "convert",
    cls=HelpCommand,
    tables={
        "Suffixes of OUTPUT": [
            (".csv .jsonl .parquet", "Canonical log; .csv.gz and .jsonl.gz are compressed."),
            (".xes .xes.gz", "XES (IEEE 1849), a trace for each message and recipient."),
            (".jsonocel .ocel.json", "OCEL 2.0 as JSON: messages, recipients, deliveries."),
            (".xmlocel .ocel.xml", "OCEL 2.0 as XML."),
            (".sqlite", "OCEL 2.0 as an SQLite database."),
        ]
    },
    examples=[
        Example(
            "A canonical log from the log of a mail server",
            "fsm convert mail.log --year 2026 -o canonical.csv",
        ),
        Example("A log for process mining tools", "fsm convert log.csv -o log.xes"),
    ],
)
@with_conversion_options
@logs_argument
@option(
    "-o",
    "--output",
    type=OUTPUT,
    group="Output",
    show_default="CSV on standard output",
    help="File to write; its suffix decides the format.",
)
@option(
    "--beside",
    type=OUTPUT,
    group="Output",
    help="File for events that no machine uses, such as complaints and exclusions.",
)
@column_option
@strict_option(
    "Exit with status 1 if a record was not readable or its event not known, or if a file could "
    "not be read."
)
@json_option
def command(
    reading: ConversionOptions,
    logs: tuple[str, ...],
    output: Path | None,
    beside: Path | None,
    columns: tuple[tuple[str, str], ...],
    strict: bool,
    as_json: bool,
) -> int:
    """Get one canonical log, or a log for process mining, from LOGS of any format.

    The format of each file is detected from its content. Files may be compressed, rotated, named
    by patterns, and of different formats. Every event keeps its native name, its file and line,
    and the rule that mapped it. LOGS may also be canonical logs; columns that a converted log does
    not have are left out. Texts are written unchanged: the CSV is for programs, not for
    spreadsheets, which evaluate cells that begin with =.

    Memory grows only with the number of messages. For XES, a million events are sorted at a time,
    or all events of one message if it has more.
    """
    from fsm.logs.open import convert_logs
    from fsm.logs.summary import as_dict
    from fsm.logs.write.process_mining import suffix_written, write_log
    from fsm.logs.write.tables import suffix_of, write_frames

    if beside and str(beside) != "-":
        suffix_of(beside)
    query = reading.query(logs)
    written = suffix_written(output) if output or not as_json else ""
    size, hidden = megabytes(logs), "-" in logs
    with Progress("reading", "MB", size, 1 << 20, hidden=hidden) as progress:
        redaction = redaction_for(reading.pseudonymise)
        options = reading.options(progress, dict(columns), redaction)
        conversion = convert_logs(logs, reading.form, options, query, written)
    print_notes(conversion.notes)
    if written:
        with writing(output):
            write_log(conversion, output)
    if beside:
        with writing(beside):
            write_frames(conversion.frames(machine_events=False), beside)
    if as_json:
        print_json([as_dict(note) for note in conversion.notes], "convert")
    events = sum(note.events + note.side_events.total for note in conversion.notes)
    if not events and any(note.lines for note in conversion.notes):
        print_message("no event found; is the format right? See: fsm formats")
    return 1 if strict and not is_faultless(conversion.notes) else 0
