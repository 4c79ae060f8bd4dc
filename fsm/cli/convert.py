"""``fsm convert``: logs of other formats to a canonical one, or to those of process mining."""

from __future__ import annotations

from pathlib import Path

import click

from fsm.cli.options import Reading, reading_options, redaction_by, say
from fsm.cli.progress import Progress, megabytes
from fsm.cli.text import print_json
from fsm.cli.values import Columns
from fsm.logs.write.tables import write_frames

__all__ = ["command"]


@click.command("convert")
@reading_options
@click.argument("logs", nargs=-1)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Default: CSV on stdout.")
@click.option("--beside", type=click.Path(path_type=Path), help="Write what machines do not hear.")
@click.option(
    "--column", "columns", type=Columns(), multiple=True, help="The name a canonical column has."
)
@click.option("--json", "as_json", is_flag=True, help="Print what was read as JSON.")
def command(
    reading: Reading,
    logs: tuple[str, ...],
    output: Path | None,
    beside: Path | None,
    columns: tuple[tuple[str, str], ...],
    as_json: bool,
) -> None:
    """Convert LOGS to a canonical log, or to one of process mining, by the suffix of its name.

    \b
    .csv .jsonl .parquet   canonical, .csv.gz and .jsonl.gz packed
    .xes .xes.gz           XES (IEEE 1849), a trace for each message and recipient
    .jsonocel .ocel.json   OCEL 2.0 as JSON; objects are messages, recipients, deliveries
    .xmlocel .ocel.xml     OCEL 2.0 as XML
    .sqlite                OCEL 2.0 as an SQLite database

    The format of each file is told by its content; files may be compressed, rotated, named by
    patterns, and mixed. Every event keeps its native name, file and line, and the rule that
    mapped it. Complaints, exclusions and the like are written to --beside. Canonical logs are
    taken too; columns that are not of a converted log are left out. With --sql the rows of a
    query are a log. Texts stay as they are: the CSV is for programs, not for spreadsheets, which
    compute what begins with =.

    Memory grows with the number of messages only: for XES a million events are sorted at a time,
    and all of one message, if it has more.
    """
    from fsm.logs.open import convert_logs
    from fsm.logs.summary import as_dict
    from fsm.logs.write.process_mining import suffix_written, write_log

    query = reading.query(logs)
    written = suffix_written(output) if output or not as_json else ""
    with Progress("MB", megabytes(logs), 1 << 20) as progress:
        redaction = redaction_by(reading.pseudonymise)
        options = reading.options(progress, dict(columns), redaction)
        found = convert_logs(logs, reading.form, options, query, written)
    say(found.notes)
    if written:
        write_log(found, output)
    if beside:
        write_frames(found.frames(heard=False), beside)
    if as_json:
        print_json([as_dict(note) for note in found.notes])
