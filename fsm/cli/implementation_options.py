"""IMPLEMENTATION, and how long its answers may take."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from fsm.cli.help import option
from fsm.cli.values import DurationParam

__all__ = [
    "answer_timeout_option",
    "check_order",
    "implementation_argument",
    "seconds_of",
    "settle_option",
]

implementation_argument = click.argument(
    "implementation",
    help="package.module:name, a class or function that returns an adapter: an object with "
    "reset(), send(event) and observe(); http://HOST/, a server; or cmd:PROGRAM ARGUMENTS, a "
    "program (fsm guide implementations). It is imported, asked or started.",
)
answer_timeout_option = option(
    "--timeout",
    type=DurationParam(),
    metavar="DURATION",
    default="10s",
    group="Implementation",
    help="How long an answer may take, such as 0.5s or 10s; the first one of a program at least "
    "15 s.",
)
settle_option = option(
    "--settle",
    type=DurationParam(),
    metavar="DURATION",
    group="Implementation",
    help="How long what is shown may take to become right after an event.",
)


def check_order(machine: str, implementation: str, usage: str) -> None:
    """Refuse a machine in the place of the implementation, and the implementation in its place."""
    if ":" in machine and ":" not in implementation and not Path(machine).exists():
        raise click.UsageError(
            f"{machine} is no machine, and {implementation} no implementation: the order is {usage}"
        )


def seconds_of(duration: timedelta | None) -> float:
    """Return a duration in seconds, 0 for none."""
    return duration.total_seconds() if duration else 0.0
