"""``fsm report``: a delivery as a page to look at."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fsm.catalog import load
from fsm.cli.memory import memory_option, say_what_exceeds
from fsm.cli.options import LogOptions, log_options
from fsm.cli.progress import Progress
from fsm.cli.text import shown
from fsm.cli.values import Duration
from fsm.files import write_bytes

if TYPE_CHECKING:
    from fsm.logs.mapping.redact import Redaction

__all__ = ["command"]


@click.command("report")
@log_options
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Default: standard output.")
@click.option("--to-send", type=click.IntRange(min=0), help="Messages to send, the denominator.")
@click.option("--every", type=Duration(), help="Period of the curves (default: one that fits).")
@click.option(
    "--messages",
    type=click.IntRange(0, 100_000),
    default=10_000,
    show_default=True,
    help="Messages whose histories the page has, at most.",
)
@click.option("--dedupe", is_flag=True, help="Drop events of equal message, name and time.")
@memory_option
@click.option("--timeout", type=Duration(), help="For a diagram (default: 4s).")
def command(
    source: LogOptions,
    output: Path | None,
    to_send: int | None,
    every: timedelta | None,
    messages: int,
    dedupe: bool,
    memory: int | None,
    timeout: timedelta | None,
) -> None:
    """Write a report of the delivery logs LOGS: one page, which needs no network.

    The panel of the delivery, each indicator over time under both feedback modes (where they part
    and where they meet), the way through the states, time in them, rejected events, deliveries,
    and a search for single messages with their histories. LOGS are as for fsm replay.
    """
    from fsm.engine import replay
    from fsm.reports import fitting_period_of, report

    log = source.read()
    if memory is not None:
        say_what_exceeds(log)
    every = every or fitting_period_of(log, source.as_of)
    with Progress("events", log.about() if sys.stderr.isatty() else None) as progress:
        result = replay(
            log,
            source.machines(load),
            companions=source.companions(load),
            to_send=to_send,
            validity=source.validity,
            as_of=source.as_of,
            every=every,
            detail=True,
            dedupe=dedupe,
            memory=memory,
            progress=progress,
        )
        page = report(
            result,
            every=every,
            messages=messages,
            notes=log.conversions,
            command=_told(sys.argv[1:], source.redaction),
            timeout=timeout.total_seconds() if timeout else None,
            say=lambda text: click.echo(shown(f"fsm: {text} (or a longer --timeout)"), err=True),
        )
    if output and str(output) != "-":
        write_bytes(page.encode(), output)
    else:
        click.echo(page.encode(), nl=False)


def _told(words: Sequence[str], redaction: Redaction | None = None) -> str:
    """Return the command as the page tells it: without its output, absolute paths and secrets.

    Where recipients are pseudonyms, a query is left out, and addresses in names are replaced.
    """
    from fsm.logs.storage.addresses import name_of

    kept = []
    given = iter(words)
    for word in given:
        if word in ("-o", "--output"):
            next(given, None)
        elif redaction and (word == "--sql" or word.startswith("--sql=")):
            kept += ["--sql", "QUERY"]
            if word == "--sql":
                next(given, None)
        elif not word.startswith(("-o", "--output=")):
            told = Path(word).name if Path(word).is_absolute() else name_of(word)
            kept.append(redaction.file_name(told) if redaction else told)
    return shlex.join(("fsm", *kept))
