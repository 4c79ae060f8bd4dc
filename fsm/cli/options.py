"""Options that several commands share: which logs, how they are read, by which machines."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta, tzinfo
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fsm.cli.progress import Progress, megabytes
from fsm.cli.values import Columns, Duration, Format, Instant, Variable, Zone
from fsm.errors import FsmError
from fsm.machine import Machine
from fsm.trust import naming

if TYPE_CHECKING:
    from fsm.logs.log import Log
    from fsm.logs.mapping.policy import Policy
    from fsm.logs.mapping.redact import Redaction
    from fsm.logs.notes import Notes
    from fsm.logs.reading import ReadingOptions
    from fsm.logs.storage.query import Query

__all__ = [
    "LogOptions",
    "Reading",
    "allow_import",
    "log_options",
    "pseudonymise_option",
    "reading_options",
    "redaction_by",
    "say",
    "say_lines",
]

T = TypeVar("T")

allow_import = click.option(
    "--allow-import",
    is_flag=True,
    help="Import package.module:Class where a file names it, too; importing runs it.",
)
_EXPECTED = (
    FsmError,
    click.ClickException,
    click.Abort,
    click.exceptions.Exit,
    BrokenPipeError,
    KeyboardInterrupt,
    SystemExit,
)
"""What is told as it is."""


@dataclass(frozen=True)
class Reading:
    """How logs of other formats are read."""

    log_format: str
    zone: tzinfo
    year: int | None
    policy: str
    relayed: bool | None
    pseudonymise: str | None
    labels: str | None
    feedback: bool | None
    exported: tuple[datetime, ...]
    sql: str | None
    sql_url: str

    @property
    def form(self) -> str | None:
        """The format, or None to tell it by content."""
        return None if self.log_format == "auto" else self.log_format

    def options(
        self,
        progress: Callable[[int], object],
        columns: Mapping[str, str] | None = None,
        redaction: Redaction | None = None,
    ) -> ReadingOptions:
        """Return what the readers are told, and whom they tell how many bytes they have read.

        ``columns`` are names in canonical logs.
        """
        from fsm.logs.reading import ReadingOptions

        if self.labels:
            from fsm.logs.snapshots.labels import load_labels

            load_labels(self.labels)  # also where no log needs them: a wrong file is said
        return ReadingOptions(
            columns=columns or {},
            zone=self.zone,
            year=self.year,
            policy=_policy(self.policy),
            relayed=self.relayed,
            redaction=redaction,
            labels=self.labels,
            feedback=self.feedback,
            exported=self.exported,
            progress=progress,
        )

    def query(self, logs: Sequence[str]) -> Query | None:
        """Return the query that is a log; a usage error where there are neither."""
        if self.sql is not None:
            from fsm.logs.storage.query import Query

            return Query(self.sql, self.sql_url, self.pseudonymise is not None)
        if not logs:
            raise click.UsageError("Missing argument 'LOGS...'; give files, or --sql")
        return None


def _policy(name: str) -> Policy | None:
    """Return the policy of a name; None for that of the log, which needs no table."""
    if name == "source":
        return None
    from fsm.logs.mapping.policy import load_policy

    return load_policy(name)


def redaction_by(
    key: str | None, machines: Callable[[], Iterable[Machine]] | None = None
) -> Redaction | None:
    """Return what ``--pseudonymise KEY`` redacts logs by; ``None`` without the option.

    ``machines`` makes those that execute the log: the names of their events stay.
    """
    if key is None:
        return None
    from fsm.logs.mapping.pseudonym import load_key
    from fsm.logs.mapping.redact import Redaction

    secret = load_key(key)
    known = machines and {event for machine in machines() for event in machine.events}
    return Redaction(secret, known)


def say(notes: Iterable[Notes]) -> None:
    """Say on standard error what was made of each file."""
    from fsm.cli.text import shown
    from fsm.logs.summary import summary_lines

    for note in notes:
        for line in summary_lines(note):
            click.echo(f"fsm: {shown(line)}", err=True)


def pseudonymise_option(function: Callable[..., T]) -> Callable[..., T]:
    """Give a command ``--pseudonymise``; what Python says of an unexpected error is not shown then.

    Errors of Python, polars and databases may quote what they fail on.
    """

    @wraps(function)
    def command(**given: Any) -> T:
        try:
            return function(**given)
        except _EXPECTED:
            raise
        except BaseException as error:  # a panic of Rust is no Exception
            if given["pseudonymise"] is None or os.environ.get("FSM_TRACEBACK"):
                raise
            raise FsmError(
                f"internal error: {type(error).__name__}; what it says is not shown with "
                "--pseudonymise (FSM_TRACEBACK=1 shows it)"
            ) from None

    return click.option(
        "--pseudonymise",
        metavar="KEY",
        help="Replace recipients and ids by keyed hashes, replies by their codes, and show no "
        "line of a log; the key is in a file, or in env:NAME.",
    )(command)


def say_lines(lines: Iterable[str]) -> None:
    """Say on standard error what was assumed, a line for each."""
    from fsm.cli.text import shown

    for line in lines:
        click.echo(f"fsm: {shown(line)}", err=True)


def reading_options(function: Callable[..., T]) -> Callable[..., T]:
    """Give a command the options of :class:`Reading`, as its argument ``reading``."""

    @wraps(function)
    def command(*args: Any, **given: Any) -> T:
        own = {field.name: given.pop(field.name) for field in fields(Reading)}
        return function(*args, reading=Reading(**own), **given)

    decorated: Callable[..., T] = command
    for option in (
        click.option(
            "--sql-url",
            type=Variable(),
            default="env:FSM_DATABASE_URL",
            show_default=True,
            help="Where the URL of the database is: env:NAME.",
        ),
        click.option(
            "--sql", metavar="QUERY", help="Read the rows of a query, which cannot write."
        ),
        click.option(
            "--exported",
            type=Instant(),
            multiple=True,
            help="When an export of statuses was made; once for each, in their order.",
        ),
        click.option(
            "--feedback/--no-feedback",
            "feedback",
            default=None,
            help="Whether the service was on when statuses were exported. Default: they tell.",
        ),
        click.option(
            "--labels",
            metavar="FILE",
            help="What exports call their columns and statuses: a TOML file.",
        ),
        pseudonymise_option,
        click.option(
            "--assume-relayed/--no-assume-relayed",
            "relayed",
            default=None,
            help="Put in hand-overs that are not recorded. Default: for formats that have none.",
        ),
        click.option(
            "--policy",
            default="source",
            show_default=True,
            help="How final failures are counted by their fault: source, address, refusal or FILE.",
        ),
        click.option("--year", type=click.IntRange(1970, 9998), help="Of a syslog's first line."),
        click.option(
            "--tz", "zone", type=Zone(), default="UTC", help="Zone of times without one: UTC."
        ),
        click.option(
            "--format",
            "log_format",
            type=Format(),
            default="auto",
            show_default=True,
            help="Of the logs, by its name (see: fsm formats).",
        ),
    ):
        decorated = option(decorated)
    return decorated


@dataclass(frozen=True)
class LogOptions:
    """What every command that reads logs takes."""

    logs: tuple[str, ...]
    names: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    validity: timedelta | None
    as_of: datetime | None
    allow_import: bool
    reading: Reading

    def read(self) -> Log:
        """Open the logs, and say on standard error what was made of those of other formats."""
        from fsm.logs.open import open_log

        query = self.reading.query(self.logs)
        with Progress("MB", megabytes(self.logs), 1 << 20) as progress:
            options = self.reading.options(progress, dict(self.columns), self.redaction)
            log = open_log(self.logs, None, self.reading.form, options=options, query=query)
        say(log.conversions)
        say_lines(log.notes)
        return log

    @cached_property
    def redaction(self) -> Redaction | None:
        """What ``--pseudonymise`` redacts the logs by."""
        from fsm.catalog import load_bare
        from fsm.engine.replaying import with_companions

        def team() -> list[Machine]:
            return with_companions(self.machines(load_bare), self.companions(load_bare))

        return redaction_by(self.reading.pseudonymise, team)

    def machines(self, load: Callable[[str], Machine]) -> list[Machine]:
        """Return the machines, each once; by default both feedback modes."""
        names = self.names or ("with-feedback", "without-feedback")
        return [load(name) for name in dict.fromkeys(names)]

    def companions(self, load: Callable[[str], Machine]) -> Callable[[str], Machine]:
        """Return the loader of the machines that machine files name as their companions."""
        return naming(load, allow_import=self.allow_import)


def log_options(function: Callable[..., T]) -> Callable[..., T]:
    """Give a command the options of :class:`LogOptions`, as its first argument."""

    @wraps(function)
    def command(**given: Any) -> T:
        own = {field.name: given.pop(field.name) for field in fields(LogOptions)}
        return function(LogOptions(**own), **given)

    for option in (
        allow_import,
        click.option("--as-of", type=Instant(), help="Read the log only up to this time (UTC)."),
        click.option("--validity", type=Duration(), help="Validity period; retries end with it."),
        click.option(
            "--column", "columns", type=Columns(), multiple=True, help="The name a column has."
        ),
        click.option("--machine", "names", multiple=True, help="Default: both feedback modes."),
        click.argument("logs", nargs=-1),
    ):
        command = option(command)
    return reading_options(command)
