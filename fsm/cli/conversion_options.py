"""How logs of other formats are read, and what is redacted: the options of every such command."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, tzinfo
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fsm.cli.completion import complete_file, complete_format, complete_policy, complete_zone
from fsm.cli.file_params import INPUT
from fsm.cli.help import option
from fsm.cli.values import EventParam, FormatParam, RangeParam, TimeParam, VariableParam, ZoneParam
from fsm.errors import FsmError
from fsm.machine import Machine

if TYPE_CHECKING:
    from fsm.logs.mapping.policy import Policy
    from fsm.logs.mapping.redact import Redaction
    from fsm.logs.reading import ReadingOptions
    from fsm.logs.storage.query import Query

__all__ = [
    "ConversionOptions",
    "event_option",
    "map_option",
    "pseudonymise_option",
    "redaction_for",
    "with_conversion_options",
]

T = TypeVar("T")

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
    maps: tuple[str, ...]
    events: tuple[tuple[str, str], ...]
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
        from fsm.logs.mapping.own_mappings import project_mappings, with_mappings
        from fsm.logs.reading import ReadingOptions

        options = ReadingOptions(
            columns=columns or {},
            zone=self.zone,
            year=self.year,
            policy=_policy(self.policy),
            relayed=self.relayed,
            redaction=redaction,
            labels=self.labels,
            feedback=self.feedback,
            exported=self.exported,
            project=project_mappings(),
            progress=progress,
        )
        named = [native for native, _ in self.events]
        if twice := next((name for name in named if named.count(name) > 1), None):
            raise click.UsageError(f"--event names {twice!r} twice; an event is of one kind")
        options = with_mappings(options, self.maps, dict(self.events))
        if options.labels:
            from fsm.logs.snapshots.labels import load_labels

            load_labels(options.labels)  # a wrong file is reported even if no log needs it
        return options

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
        type=INPUT,
        shell_complete=complete_file,
        group="Limits and safety",
        help="Replace recipients and ids by keyed hashes and replies by their codes, and quote no "
        "line of a log. KEY is a file with the secret, or env:NAME, an environment variable.",
    )(command)


map_option = option(
    "--map",
    "maps",
    metavar="FILE",
    type=INPUT,
    multiple=True,
    shell_complete=complete_file,
    group="Other log formats",
    help="Mapping file that says how the records of a log are read and what its events mean; "
    "may be repeated.",
)
event_option = option(
    "--event",
    "events",
    type=EventParam(),
    multiple=True,
    group="Other log formats",
    help='Event of a machine that an event of the log is, such as "Create Fine=create_fine"; '
    "may be repeated.",
)
_OPTIONS: tuple[Callable[..., Any], ...] = (
    option(
        "--format",
        "log_format",
        type=FormatParam(),
        shell_complete=complete_format,
        default="auto",
        group="Other log formats",
        help="Format of the logs, as fsm formats lists them; auto detects it from the content.",
    ),
    map_option,
    event_option,
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
        "--year",
        type=RangeParam(1970, 9998),
        metavar="YEAR",
        group="Other log formats",
        show_default="from the time of the file",
        help="Year of the first line, for a syslog without years.",
    ),
    option(
        "--policy",
        metavar="POLICY",
        type=INPUT,
        shell_complete=complete_policy,
        default="source",
        group="Other log formats",
        help="Which final failures are hard bounces: source (as the log says), address, "
        "refusal, or a TOML file with rules.",
    ),
    option(
        "--assume-relayed/--no-assume-relayed",
        "relayed",
        default=None,
        group="Other log formats",
        show_default="except in canonical logs",
        help="Insert the hand-over of each message that the log does not record.",
    ),
    pseudonymise_option,
    option(
        "--labels",
        metavar="FILE",
        type=INPUT,
        shell_complete=complete_file,
        group="Status exports",
        help="TOML file with the names of columns and statuses in the exports.",
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
        "--exported",
        type=TimeParam(),
        multiple=True,
        group="Status exports",
        help="Time of an export. Give it once for each export, in the same order.",
    ),
    option(
        "--sql",
        metavar="QUERY",
        group="Databases",
        help="Read the rows of this query instead of files. The database is only read.",
    ),
    option(
        "--sql-url",
        type=VariableParam(),
        default="env:FSM_DATABASE_URL",
        group="Databases",
        help="Environment variable that holds the URL of the database.",
    ),
)
"""The options of :class:`ConversionOptions`, in the order of the help page."""


def with_conversion_options(function: Callable[..., T]) -> Callable[..., T]:
    """Add the options of :class:`ConversionOptions` to a command, as its argument ``reading``."""

    @wraps(function)
    def command(*args: Any, **arguments: Any) -> T:
        reading = {field.name: arguments.pop(field.name) for field in fields(ConversionOptions)}
        return function(*args, reading=ConversionOptions(**reading), **arguments)

    decorated: Callable[..., T] = command
    for decorate in reversed(_OPTIONS):
        decorated = decorate(decorated)
    return decorated
