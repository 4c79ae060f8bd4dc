"""Options that several commands share: the logs, how they are read, and the machines."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta, tzinfo
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fsm.cli.completion import (
    complete_column,
    complete_file,
    complete_format,
    complete_machine,
    complete_policy,
    complete_zone,
)
from fsm.cli.help import option
from fsm.cli.progress import Progress, megabytes
from fsm.cli.text import print_message
from fsm.cli.values import (
    ColumnParam,
    DurationParam,
    FormatParam,
    TimeParam,
    VariableParam,
    ZoneParam,
)
from fsm.errors import FsmError
from fsm.machine import Machine
from fsm.trust import guarded_loader

if TYPE_CHECKING:
    from fsm.engine.result import Replay
    from fsm.logs.log import Log
    from fsm.logs.mapping.policy import Policy
    from fsm.logs.mapping.redact import Redaction
    from fsm.logs.notes import Notes
    from fsm.logs.reading import ReadingOptions
    from fsm.logs.storage.query import Query

__all__ = [
    "ConversionOptions",
    "LogOptions",
    "allow_import_option",
    "column_option",
    "dedupe_option",
    "logs_argument",
    "print_messages",
    "print_notes",
    "pseudonymise_option",
    "redaction_for",
    "to_send_option",
    "validity_option",
    "warn_of_undefined_events",
    "with_conversion_options",
    "with_log_options",
]

T = TypeVar("T")

allow_import_option = option(
    "--allow-import",
    is_flag=True,
    group="Limits and safety",
    help="Also import package.module:Class where a file names it. Importing a module runs its "
    "code.",
)
dedupe_option = option(
    "--dedupe",
    is_flag=True,
    group="Log",
    help="Drop events with the message, name and time of an earlier one.",
)
column_option = option(
    "--column",
    "columns",
    type=ColumnParam(),
    shell_complete=complete_column,
    multiple=True,
    group="Log",
    help="Name of a column in a canonical log, such as event=Type; may be repeated.",
)
logs_argument = click.argument(
    "logs",
    nargs=-1,
    shell_complete=complete_file,
    help="Files, patterns, - for standard input, or addresses: s3://, gs://, az://, https://.",
)
to_send_option = option(
    "--to-send",
    type=click.IntRange(min=0),
    metavar="N",
    group="Output",
    show_default="those in the log",
    help="Number of messages to send, of which the indicators are percentages.",
)
validity_option = option(
    "--validity",
    type=DurationParam(),
    group="Log",
    show_default="retries do not expire",
    help="Validity period, such as 3.5d, 36h or 90m, after which the retries of a message expire.",
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
"""Errors whose messages are ours, or that carry no text: they quote nothing of a log."""


@dataclass(frozen=True)
class ConversionOptions:
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
        """The format, or None to detect it from the content."""
        return None if self.log_format == "auto" else self.log_format

    def options(
        self,
        progress: Callable[[int], object],
        columns: Mapping[str, str] | None = None,
        redaction: Redaction | None = None,
    ) -> ReadingOptions:
        """Return the options of the readers; they call ``progress`` with the bytes read so far.

        ``columns`` are names of columns in canonical logs.
        """
        from fsm.logs.reading import ReadingOptions

        if self.labels:
            from fsm.logs.snapshots.labels import load_labels

            load_labels(self.labels)  # a wrong file is reported even if no log needs it
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
        """Return the query of ``--sql``, if any; a usage error without query and logs."""
        if self.sql is not None:
            from fsm.logs.storage.query import Query

            return Query(self.sql, self.sql_url, self.pseudonymise is not None)
        if not logs:
            raise click.UsageError("Missing argument 'LOGS...'; give files, or --sql")
        return None


def _policy(name: str) -> Policy | None:
    """Return a policy; None for that of the log, which needs no table."""
    if name == "source":
        return None
    from fsm.logs.mapping.policy import load_policy

    return load_policy(name)


def redaction_for(
    key: str | None, machines: Callable[[], Iterable[Machine]] | None = None
) -> Redaction | None:
    """Return the redaction of ``--pseudonymise KEY``; ``None`` without the option.

    ``machines`` loads the machines that run the log: the names of their events are not redacted.
    """
    if key is None:
        return None
    from fsm.logs.mapping.pseudonym import load_key
    from fsm.logs.mapping.redact import Redaction

    secret = load_key(key)
    known = machines and {event for machine in machines() for event in machine.events}
    return Redaction(secret, known)


def print_notes(notes: Iterable[Notes]) -> None:
    """Print on standard error how each file was read."""
    from fsm.logs.summary import summary_lines

    for note in notes:
        print_messages(summary_lines(note))


def pseudonymise_option(function: Callable[..., T]) -> Callable[..., T]:
    """Add ``--pseudonymise`` to a command; with it, messages of unexpected errors are hidden.

    Errors of Python, polars and databases may quote the text of a log.
    """

    @wraps(function)
    def command(**arguments: Any) -> T:
        try:
            return function(**arguments)
        except _EXPECTED:
            raise
        except BaseException as error:  # a panic of Rust is no Exception
            if arguments["pseudonymise"] is None or os.environ.get("FSM_TRACEBACK"):
                raise
            raise FsmError(
                f"internal error: {type(error).__name__}; its message is hidden because of "
                "--pseudonymise (FSM_TRACEBACK=1 shows it)"
            ) from None

    return option(
        "--pseudonymise",
        metavar="KEY",
        shell_complete=complete_file,
        group="Limits and safety",
        help="Replace recipients and ids by keyed hashes and replies by their codes, and quote no "
        "line of a log. KEY is a file with the secret, or env:NAME, an environment variable.",
    )(command)


def print_messages(lines: Iterable[str]) -> None:
    """Print messages on standard error."""
    for line in lines:
        print_message(line)


def warn_of_undefined_events(result: Replay) -> None:
    """Warn if no event of the log is defined in any machine: the wrong column may be mapped."""
    if result.events and not result.defined:
        print_message(
            "no event of this log is defined in any machine; is the column right? "
            "--column event=NAME maps another one"
        )


def with_conversion_options(function: Callable[..., T]) -> Callable[..., T]:
    """Add the options of :class:`ConversionOptions` to a command, as its argument ``reading``."""

    @wraps(function)
    def command(*args: Any, **arguments: Any) -> T:
        reading = {field.name: arguments.pop(field.name) for field in fields(ConversionOptions)}
        return function(*args, reading=ConversionOptions(**reading), **arguments)

    decorated: Callable[..., T] = command
    for decorate in (
        option(
            "--sql-url",
            type=VariableParam(),
            default="env:FSM_DATABASE_URL",
            group="Databases",
            help="Environment variable that holds the URL of the database.",
        ),
        option(
            "--sql",
            metavar="QUERY",
            group="Databases",
            help="Read the rows of this query instead of files. The database is only read.",
        ),
        option(
            "--exported",
            type=TimeParam(),
            multiple=True,
            group="Status exports",
            help="Time of an export. Give it once for each export, in the same order.",
        ),
        option(
            "--feedback/--no-feedback",
            "feedback",
            default=None,
            group="Status exports",
            show_default="detected",
            help="Whether the feedback service was on at the time of the exports.",
        ),
        option(
            "--labels",
            metavar="FILE",
            shell_complete=complete_file,
            group="Status exports",
            help="TOML file with the names of columns and statuses in the exports.",
        ),
        pseudonymise_option,
        option(
            "--assume-relayed/--no-assume-relayed",
            "relayed",
            default=None,
            group="Other log formats",
            show_default="if the format records none",
            help="Insert the hand-over of each message that the log does not record.",
        ),
        option(
            "--policy",
            metavar="POLICY",
            shell_complete=complete_policy,
            default="source",
            group="Other log formats",
            help="Which final failures are hard bounces: source (as the log says), address, "
            "refusal, or a TOML file with rules.",
        ),
        option(
            "--year",
            type=click.IntRange(1970, 9998),
            metavar="YEAR",
            group="Other log formats",
            show_default="from the time of the file",
            help="Year of the first line, for a syslog without years.",
        ),
        option(
            "--tz",
            "zone",
            type=ZoneParam(),
            shell_complete=complete_zone,
            default="UTC",
            group="Other log formats",
            help="Time zone of times that state none, such as Europe/Paris.",
        ),
        option(
            "--format",
            "log_format",
            type=FormatParam(),
            shell_complete=complete_format,
            default="auto",
            group="Other log formats",
            help="Format of the logs, as fsm formats lists them; auto detects it from the content.",
        ),
    ):
        decorated = decorate(decorated)
    return decorated


@dataclass(frozen=True)
class LogOptions:
    """The options of every command that reads logs."""

    logs: tuple[str, ...]
    names: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    validity: timedelta | None
    as_of: datetime | None
    allow_import: bool
    reading: ConversionOptions

    def read(self) -> Log:
        """Return the log, and print on standard error how each file was read."""
        from fsm.logs.open import open_log

        query = self.reading.query(self.logs)
        with Progress("MB", megabytes(self.logs), 1 << 20) as progress:
            options = self.reading.options(progress, dict(self.columns), self.redaction)
            log = open_log(self.logs, None, self.reading.form, options=options, query=query)
        print_notes(log.conversions)
        print_messages(log.notes)
        return log

    @cached_property
    def redaction(self) -> Redaction | None:
        """The redaction of ``--pseudonymise``."""
        from fsm.catalog import load_bare
        from fsm.engine.replaying import with_companions

        def machines() -> list[Machine]:
            return with_companions(self.machines(load_bare), self.companions(load_bare))

        return redaction_for(self.reading.pseudonymise, machines)

    def machines(self, load: Callable[[str], Machine]) -> list[Machine]:
        """Return the machines, each once; the default is both feedback modes."""
        names = self.names or ("with-feedback", "without-feedback")
        return [load(name) for name in dict.fromkeys(names)]

    def companions(self, load: Callable[[str], Machine]) -> Callable[[str], Machine]:
        """Return the loader of companions, which machine files name."""
        return guarded_loader(load, allow_import=self.allow_import)


def with_log_options(function: Callable[..., T]) -> Callable[..., T]:
    """Add the options of :class:`LogOptions` to a command, as its first argument."""

    @wraps(function)
    def command(**arguments: Any) -> T:
        options = {field.name: arguments.pop(field.name) for field in fields(LogOptions)}
        return function(LogOptions(**options), **arguments)

    for decorate in (
        allow_import_option,
        option(
            "--as-of",
            type=TimeParam(),
            group="Log",
            show_default="the end of the log",
            help="Use only events up to this time (RFC 3339), such as 2026-01-31T09:30:00Z.",
        ),
        validity_option,
        column_option,
        option(
            "--machine",
            "names",
            metavar="MACHINE",
            multiple=True,
            group="Machines",
            show_default="with-feedback and without-feedback",
            help="Machine that runs the log: a name, a file or package.module:Class; may be "
            "repeated.",
            shell_complete=complete_machine,
        ),
        logs_argument,
    ):
        command = decorate(command)
    return with_conversion_options(command)
