"""``fsm convert``: logs of other formats to a canonical one."""

from __future__ import annotations

from pathlib import Path

import click

from fsm.cli.options import Reading, print_json, reading_options, say
from fsm.cli.progress import Progress, megabytes
from fsm.replay.output import write_frames

__all__ = ["command"]


@click.command("convert")
@reading_options
@click.argument("logs", nargs=-1)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Default: CSV on stdout.")
@click.option("--beside", type=click.Path(path_type=Path), help="Write what machines do not hear.")
@click.option("--json", "as_json", is_flag=True, help="Print what was read as JSON.")
def command(
    reading: Reading,
    logs: tuple[str, ...],
    output: Path | None,
    beside: Path | None,
    as_json: bool,
) -> None:
    """Convert LOGS to a canonical log: CSV, JSONL or Parquet by the suffix of its name.

    The format of each file is told by its content; files may be compressed, rotated, named by
    patterns, and mixed. Every event keeps its native name, file and line, and the rule that
    mapped it. Complaints, exclusions and the like are written to --beside. With --sql the rows
    of a query are a log. Texts stay as they are: the CSV is for programs, not for spreadsheets,
    which compute what begins with =.
    """
    from fsm.logs.read import convert_logs
    from fsm.logs.summary import as_dict

    query = reading.query(logs)
    with Progress("MB", megabytes(logs), 1 << 20) as progress:
        choices = reading.choices(progress)
        found = convert_logs(logs, reading.form, choices, reading.hide, query)
    say(found.notes)
    if output or not as_json:
        write_frames(found.frames(heard=True), output)
    if beside:
        write_frames(found.frames(heard=False), beside)
    if as_json:
        print_json([as_dict(note) for note in found.notes])
