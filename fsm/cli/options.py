"""Options and their values that several commands share."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fsm.machine import Machine

if TYPE_CHECKING:
    from fsm.replay.source import Log

__all__ = [
    "Columns",
    "Duration",
    "Instant",
    "LogOptions",
    "Size",
    "as_json",
    "log_options",
    "print_json",
]

T = TypeVar("T")

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_BYTES = {"MB": 2**20, "GB": 2**30, "TB": 2**40}
_SIZE = re.compile(r"(\d{1,6}) ?([MGT]B)")
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)([smhdw])")


class Duration(click.ParamType[timedelta]):
    """A duration such as 3.5d, 36h, 90m or 45s."""

    name = "duration"
    longest = timedelta(days=36_525)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Return the duration; a usage error for anything else."""
        if isinstance(value, timedelta):
            return value
        match = _DURATION.fullmatch(str(value).strip())
        try:
            duration = timedelta(**{_UNITS[match[2]]: float(match[1])}) if match else timedelta(0)
        except OverflowError:
            duration = timedelta(0)
        if not timedelta(0) < duration <= self.longest:
            self.fail(
                f"{value!r} is not a duration up to {self.longest.days:,} days; "
                "write for example 3.5d, 36h or 90m",
                param,
                ctx,
            )
        return duration


class Size(click.ParamType[int]):
    """An amount of memory such as 512MB or 2GB."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the bytes; a usage error for anything else."""
        if isinstance(value, int):
            return value
        match = _SIZE.fullmatch(str(value).strip().upper())
        if not match:
            self.fail(f"{value!r} is not a size; write for example 512MB or 2GB", param, ctx)
        return int(match[1]) * _BYTES[match[2]]


class Instant(click.ParamType[datetime]):
    """A time with its zone, RFC 3339."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the time; a usage error for anything else."""
        if isinstance(value, datetime):
            return value
        try:
            instant = datetime.fromisoformat(str(value))
            if instant.tzinfo is None:
                self.fail(f"{value!r} has no zone; write it in UTC with a final Z", param, ctx)
            return instant.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is not a time; write 2026-01-31T09:30:00Z", param, ctx)


class Columns(click.ParamType[tuple[str, str]]):
    """A column of the log, CANONICAL=NAME."""

    name = "canonical=name"
    known = ("message_id", "event", "timestamp", "recipient", "delivery_id", "event_id", "seq")

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Return (canonical, name); a usage error for anything else."""
        if isinstance(value, tuple):
            return value
        canonical, equals, name = str(value).partition("=")
        if not equals or not name or canonical not in self.known:
            self.fail(
                f"{value!r}; write CANONICAL=NAME, where CANONICAL is one of "
                f"{', '.join(self.known)}",
                param,
                ctx,
            )
        return canonical, name


@dataclass(frozen=True)
class LogOptions:
    """What every command that reads logs takes."""

    logs: tuple[str, ...]
    names: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    log_format: str | None
    validity: timedelta | None
    as_of: datetime | None

    def read(self) -> Log:
        """Read the logs."""
        from fsm.replay.source import read_log

        return read_log(self.logs, dict(self.columns), self.log_format)

    def machines(self, load: Callable[[str], Machine]) -> list[Machine]:
        """Return the machines, each once; by default both feedback modes."""
        names = self.names or ("with-feedback", "without-feedback")
        return [load(name) for name in dict.fromkeys(names)]


def log_options(function: Callable[..., T]) -> Callable[..., T]:
    """Give a command the options of :class:`LogOptions`, as its first argument."""
    from fsm.replay.source import FORMATS

    @wraps(function)
    def command(**given: Any) -> T:
        own = {field.name: given.pop(field.name) for field in fields(LogOptions)}
        return function(LogOptions(**own), **given)

    for option in (
        click.option("--as-of", type=Instant(), help="Read the log only up to this time (UTC)."),
        click.option("--validity", type=Duration(), help="Validity period; retries end with it."),
        click.option(
            "--format", "log_format", type=click.Choice(FORMATS), help="Default: by content."
        ),
        click.option(
            "--column", "columns", type=Columns(), multiple=True, help="The name a column has."
        ),
        click.option("--machine", "names", multiple=True, help="Default: both feedback modes."),
        click.argument("logs", nargs=-1, required=True),
    ):
        command = option(command)
    return command


def as_json(value: object) -> str:
    """Return a value as JSON, the same bytes for the same value."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=_plain)


def _plain(value: object) -> str:
    """Write times as RFC 3339 in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(value).__name__} has no JSON form")


def print_json(value: object) -> None:
    """Print a value as JSON on standard output."""
    click.echo(as_json(value))
