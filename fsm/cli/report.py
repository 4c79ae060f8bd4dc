"""``fsm report``: a page about a delivery."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path

import click

from fsm.catalog import load
from fsm.cli.help import Example, HelpCommand, option
from fsm.cli.memory import memory_option, warn_of_large_row_groups
from fsm.cli.options import (
    LogOptions,
    dedupe_option,
    to_send_option,
    warn_of_wrong_reading,
    with_log_options,
)
from fsm.cli.progress import Progress
from fsm.cli.shown_command import public_command
from fsm.cli.terminal import is_terminal, refuse_terminal
from fsm.cli.text import print_message, write_output
from fsm.cli.values import DurationParam, RangeParam, TimeParam, page_option, timeout_option
from fsm.documented_machines import load_documented
from fsm.text import quantity

__all__ = ["command"]


@click.command(
    "report",
    cls=HelpCommand,
    examples=[
        Example("A page about a delivery", "fsm report log.csv --validity 3.5d -o delivery.html"),
        Example(
            "A page that also says what does not fit the machine, and why",
            "fsm report log.csv --machine with-feedback --conform -o delivery.html",
        ),
        Example(
            "A page that names no recipient",
            "fsm report log.csv --pseudonymise key.txt -o delivery.html",
        ),
        Example(
            "A page about the messages since an instant",
            "fsm report log.csv --from 2026-01-05T00:00:00Z -o january.html",
        ),
    ],
)
@with_log_options
@option(
    "--from",
    "start",
    type=TimeParam(),
    group="Log",
    show_default="the beginning of the log",
    help="Use only messages whose first event is at this time (RFC 3339) or later.",
)
@option(
    "--to",
    "end",
    type=TimeParam(),
    group="Log",
    show_default="the end of the log",
    help="Use only messages whose first event is at this time or earlier. Their later events "
    "count, up to --as-of.",
)
@page_option
@to_send_option
@option(
    "--every",
    type=DurationParam(),
    group="Output",
    show_default="by the length of the log",
    help="Time between two points of a curve.",
)
@option(
    "--messages",
    type=RangeParam(0, 100_000),
    metavar="N",
    default=10_000,
    show_default="10,000",
    group="Output",
    help="Maximum number of messages with their histories in the page.",
)
@option(
    "--conform",
    is_flag=True,
    group="Output",
    help="Add what does not fit the machines: the least repair of the log, its causes, and a "
    "diagram.",
)
@dedupe_option
@memory_option
@timeout_option
def command(
    source: LogOptions,
    start: datetime | None,
    end: datetime | None,
    output: Path | None,
    to_send: int | None,
    every: timedelta | None,
    messages: int,
    conform: bool,
    dedupe: bool,
    memory: int | None,
    timeout: timedelta | None,
) -> None:
    """Get a page about the delivery logs LOGS, in one file that needs no network.

    The page has the dashboard of the delivery; each indicator over time under both feedback modes,
    and where they diverge and converge; how messages move through the states, and how long they
    stay; rejected events, and with --conform what does not fit and why; replies and reasons;
    messages by relay and by recipient domain; deliveries; and a search for messages with their
    histories. With --from and --to all of it is about the messages that began in that time. LOGS
    are as for fsm replay.
    """
    from fsm.engine import replay
    from fsm.logs.time_range import begun_within
    from fsm.reports import fitting_period_of_log, outside_sentence, report

    refuse_terminal("an HTML page", output)
    if start and end and end < start:
        raise click.UsageError("--to is before --from; exchange the two times")
    if start and source.as_of and source.as_of < start:
        raise click.UsageError("--as-of is before --from; give a later time as --as-of")
    log = source.read()
    if start or end:
        with Progress("selecting the messages of the time range"):
            log = begun_within(log, start, end)
        print_message(outside_sentence(log))
    if memory is not None:
        warn_of_large_row_groups(log)
    if every is None:
        with Progress("measuring the time that the log spans"):
            every = fitting_period_of_log(log, source.as_of)
    total = log.about() if is_terminal(sys.stderr) else None
    with Progress("replaying", "events", total) as progress:
        result = replay(
            log,
            source.machines(load_documented),
            companions=source.companions(load),
            to_send=to_send,
            validity=source.validity,
            as_of=source.as_of,
            every=every,
            statuses=True,
            detail=True,
            dedupe=dedupe,
            memory=memory,
            progress=progress,
        )
    if after := result.balance.events["after_as_of"]:
        print_message(f"{quantity(after, 'event')} after --as-of left out")
    warn_of_wrong_reading(result, source.reading.relayed)
    with Progress("drawing the page"):
        page = report(
            result,
            every=every,
            messages=messages,
            notes=log.conversions,
            conformance=conform,
            command=public_command(sys.argv[1:], source.redaction),
            timeout=timeout.total_seconds() if timeout else None,
            warn=print_message,
        )
    write_output(page.encode(), output)
