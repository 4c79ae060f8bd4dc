"""Types of values, which convert a text or end with a usage error, and options made with them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from typing import Any

import click

from fsm.arguments import LONGEST
from fsm.cli.completion import complete_machine
from fsm.cli.file_params import FILE, INPUT, OUTPUT, PAGE
from fsm.cli.help import option
from fsm.epoch import duration_fault, read_duration
from fsm.suggest import no_such

__all__ = [
    "ColumnParam",
    "DurationParam",
    "EventParam",
    "FormatParam",
    "RangeParam",
    "SizeParam",
    "TimeParam",
    "VariableParam",
    "ZoneParam",
    "json_option",
    "lexicons_option",
    "machine_argument",
    "output_option",
    "page_option",
    "timeout_option",
]

_BYTES = {"MB": 2**20, "GB": 2**30, "TB": 2**40}
_SIZE = re.compile(r"(\d{1,6}) ?([MGT]B)")


class RangeParam(click.IntRange):
    """A whole number within bounds."""

    name = "integer"


class DurationParam(click.ParamType[timedelta]):
    """A duration such as 3.5d, 36h, 90min or 45s."""

    name = "duration"
    longest = LONGEST

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Return the duration; a usage error for anything else."""
        if isinstance(value, timedelta):
            return value
        duration = read_duration(str(value))
        fault = duration_fault(str(value), self.longest, zero=False)
        if duration is None or fault:
            self.fail(
                f"{value!r} {fault}; "
                "write a number and w, d, h, min or s, such as 3.5d, 36h or 1h 30min",
                param,
                ctx,
            )
        return duration


class SizeParam(click.ParamType[int]):
    """An amount of memory such as 512MB or 2GB."""

    name = "size"

    def __init__(self, least: Callable[[], int] = int) -> None:
        self.least = least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the bytes; a usage error for anything else, and below the least size."""
        if isinstance(value, int):
            return value
        match = _SIZE.fullmatch(str(value).strip().upper())
        if not match:
            self.fail(f"{value!r} is not a size; write for example 512MB or 2GB", param, ctx)
        size = int(match[1]) * _BYTES[match[2]]
        least = self.least()
        if size < least:
            self.fail(f"{value} is too small; give {least // _BYTES['MB']}MB or more", param, ctx)
        return size


class TimeParam(click.ParamType[datetime]):
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
                self.fail(
                    f"{value!r} has no time zone; write it in UTC, with a final Z", param, ctx
                )
            return instant.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is not a time; write 2026-01-31T09:30:00Z", param, ctx)


class ColumnParam(click.ParamType[tuple[str, str]]):
    """The name of a column in a log, as CANONICAL=NAME."""

    name = "canonical=name"
    known = ("message_id", "event", "timestamp", "recipient", "delivery_id", "event_id", "seq")

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Return (canonical, name); a usage error for anything else."""
        if isinstance(value, tuple):
            return value
        canonical, equals, name = str(value).partition("=")
        if canonical not in self.known:
            self.fail(no_such("canonical column", canonical, self.known), param, ctx)
        if not equals or not name:
            self.fail(f"{value!r}; write CANONICAL=NAME, such as event=activity", param, ctx)
        return canonical, name


class EventParam(click.ParamType[tuple[str, str]]):
    """The event of a machine that a native event is, as NATIVE=EVENT."""

    name = "native=event"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Return (native, event); a usage error for anything else."""
        if isinstance(value, tuple):
            return value
        native, equals, event = str(value).rpartition("=")
        if not equals or not native.strip() or not event.strip():
            self.fail(f'{value!r}; write NATIVE=EVENT, such as "Sent back=returned"', param, ctx)
        return native.strip(), event.strip()


class ZoneParam(click.ParamType[tzinfo]):
    """A time zone of the IANA database."""

    name = "zone"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tzinfo:
        """Return the zone; a usage error for anything else."""
        if isinstance(value, tzinfo):
            return value
        if str(value).upper() in ("UTC", "Z"):
            return UTC
        from zoneinfo import ZoneInfo

        try:
            return ZoneInfo(str(value))
        except (ValueError, OSError, KeyError):
            self.fail(f"{value!r} is not a time zone; write for example Europe/Paris", param, ctx)


class VariableParam(click.ParamType[str]):
    """The name of an environment variable, as env:NAME."""

    name = "env:name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name. The error does not repeat the value: it may hold a password."""
        match = re.fullmatch(r"env:(\w+)", str(value))
        if not match:
            self.fail(
                "other users could see a URL on the command line; put it into an environment "
                "variable, and give its name: env:FSM_DATABASE_URL",
                param,
                ctx,
            )
        return match[1]


class FormatParam(click.ParamType[str]):
    """The name of a log format."""

    name = "format"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name; a usage error for anything else."""
        from fsm.logs.canonical_columns import CANONICAL, MINED
        from fsm.logs.mapping.event_mapping import format_names

        if value == "auto":
            return "auto"
        known = ("auto", *CANONICAL, *MINED, *format_names())
        if value not in known and str(value).endswith(".toml"):
            self.fail(f"{value!r} is no name of a format; give a mapping with --map", param, ctx)
        if value not in known:
            self.fail(no_such("format", str(value), known), param, ctx)
        return str(value)


json_option = option(
    "--json", "as_json", is_flag=True, group="Output", help="Print JSON, for programs."
)
lexicons_option = option(
    "--lexicon",
    "lexicons",
    multiple=True,
    type=FILE,
    group="Languages and tables",
    help="TOML file with the words of a language, or more words of a known one; may be repeated.",
)
machine_argument = click.argument(
    "machine",
    type=INPUT,
    shell_complete=complete_machine,
    help="Built-in name, machine file (.json, .yaml, .scxml, .dot, .mmd, .puml), page with a table "
    "(page.md, page.md#section), TOML file about one, or package.module:Class.",
)
_output = partial(
    option,
    "-o",
    "--output",
    group="Output",
    show_default="standard output",
    help="File to write.",
)
output_option = _output(type=OUTPUT)
page_option = _output(type=PAGE)
timeout_option = option(
    "--timeout",
    type=DurationParam(),
    group="Limits and safety",
    show_default="2min",
    help="Longest time for a diagram; what takes longer is an error.",
)
