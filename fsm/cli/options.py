"""Options that several commands share: the logs, how they are read, and the machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fsm.cli.completion import complete_column, complete_file, complete_machine
from fsm.cli.conversion_options import (
    ConversionOptions,
    redaction_for,
    with_conversion_options,
)
from fsm.cli.file_params import INPUT
from fsm.cli.help import option
from fsm.cli.progress import Progress, megabytes
from fsm.cli.text import print_message
from fsm.cli.values import ColumnParam, DurationParam, RangeParam, TimeParam
from fsm.machine import Machine
from fsm.text import quantity
from fsm.trust import guarded_loader

if TYPE_CHECKING:
    from fsm.engine.result import Replay
    from fsm.logs.log import Log
    from fsm.logs.mapping.redact import Redaction
    from fsm.logs.notes import Notes

__all__ = [
    "LogOptions",
    "allow_import_option",
    "column_option",
    "dedupe_option",
    "is_faultless",
    "logs_argument",
    "options_given",
    "print_messages",
    "print_notes",
    "strict_option",
    "to_send_option",
    "validity_option",
    "warn_of_wrong_reading",
    "with_log_options",
]

T = TypeVar("T")

_RARE = 0.01
"""Share of the messages whose missing hand-overs are no sign of a log that begins after them."""

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
    type=INPUT,
    shell_complete=complete_file,
    help="Files, patterns, - for standard input, or addresses: s3://, gs://, az://, https://.",
)
to_send_option = option(
    "--to-send",
    type=RangeParam(min=0),
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
    help="Validity period (3.5d, 36h, 90min), after which the retries of a message expire.",
)


def print_notes(notes: Iterable[Notes]) -> None:
    """Print on standard error how each file was read."""
    from fsm.logs.summary import summary_lines

    for note in notes:
        print_messages(summary_lines(note))


def print_messages(lines: Iterable[str]) -> None:
    """Print messages on standard error."""
    for line in lines:
        print_message(line)


def strict_option(fails_on: str) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Return the option ``--strict`` of a command; ``fails_on`` is what it fails on."""
    return option("--strict", is_flag=True, group="Exit status", help=fails_on)


def is_faultless(notes: Iterable[Notes], rejected: int = 0) -> bool:
    """Return whether everything was read and accepted; print what was not, for ``--strict``."""
    faults = sum((note.faults for note in notes), +Counter({"rejected event": rejected}))
    if faults:
        print_message(f"--strict: {', '.join(quantity(n, kind) for kind, n in faults.items())}")
    return not faults


def warn_of_wrong_reading(
    result: Replay, relayed: bool | None, undefined: Mapping[str, int] | None = None
) -> None:
    """Warn if the log seems to be read wrongly: no event is defined, or no hand-over is recorded.

    ``relayed`` is the choice of ``--assume-relayed``, if any; ``undefined`` are the counts of
    events that no machine defines, where they are known already.
    """
    from fsm.engine.undefined import undefined_event_lines

    print_messages(undefined_event_lines(result, undefined))
    if result.events and not result.defined:
        print_message(
            "no event of this log is defined in any machine; is the column right? "
            "--column event=NAME maps another one"
        )
    elif relayed is None and (missing := _missing_handovers(result)):
        if missing == result.messages and "relayed" in result.counts.unseen:
            what = "this log records no hand-over (relayed), so every first event was rejected"
        else:
            what = (
                f"{quantity(missing, 'message')} had a later event, but no hand-over (relayed), so "
                "that it was rejected: the log seems to begin after it"
            )
        print_message(f"{what}; --assume-relayed inserts the hand-overs")


def _missing_handovers(result: Replay) -> int:
    """Return how many messages at most wait for a hand-over although a later event came.

    None of a log where that is rare: these are other faults, and its rejected events show them.
    """
    machines = [machine for machine in result.counts.machines if machine.name in result.machines]
    if not all("relayed" in machine.events for machine in machines):
        return 0
    waiting = (result.machines[m.name].states[m.initial] for m in machines)
    missing = min(*waiting, result.counts.rejected_at_start)
    return missing if missing == result.messages or missing > 1 + _RARE * result.messages else 0


def options_given() -> set[str]:
    """Return the options that are on the command line."""
    context = click.get_current_context()
    written = click.core.ParameterSource.COMMANDLINE
    return {
        max(parameter.opts, key=len)
        for parameter in context.command.params
        if parameter.name and context.get_parameter_source(parameter.name) is written
    }


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

    def read(self, checkpoint: Path | None = None) -> Log:
        """Return the log, and print on standard error how each file was read.

        ``checkpoint`` keeps what is read of logs of other formats.
        """
        from fsm.logs.open import open_log

        query = self.reading.query(self.logs)
        size, hidden = megabytes(self.logs), "-" in self.logs
        with Progress("reading", "MB", size, 1 << 20, hidden=hidden) as progress:
            options = self.reading.options(progress, dict(self.columns), self.redaction)
            options = replace(options, checkpoint=checkpoint)
            log = open_log(self.logs, None, self.reading.form, options=options, query=query)
        print_notes(log.conversions)
        print_messages(log.notes)
        return log

    @property
    def has_log(self) -> bool:
        """Whether a log is named, as a file or as a query."""
        return bool(self.logs) or self.reading.sql is not None

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


_MACHINES_HELP = (
    "Machine that runs the log: a name, a file or package.module:Class; may be repeated."
)


def with_log_options(
    function: Callable[..., T],
    machine_help: str = _MACHINES_HELP,
    machine_default: str | bool = "with-feedback and without-feedback",
) -> Callable[..., T]:
    """Add the options of :class:`LogOptions` to a command, as its first argument.

    ``machine_help`` and ``machine_default`` are what the help page says of ``--machine``.
    """

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
            show_default=machine_default,
            help=machine_help,
            type=INPUT,
            shell_complete=complete_machine,
        ),
        logs_argument,
    ):
        command = decorate(command)
    return with_conversion_options(command)
