"""The command line. Each command is a module, imported when it is called."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

from fsm.cli.environment import set_environment_defaults
from fsm.errors import FsmError
from fsm.trust import ShadowWarning
from fsm.version import VERSION

__all__ = ["command_group", "main"]

_COMMANDS = {
    "machines": "List the built-in machines.",
    "show": "Show a machine's transitions, or every cell of its table.",
    "check": "Check documented tables against their machines.",
    "docs": "Write tables and diagrams into Markdown pages, and keep them up to date.",
    "draw": "Draw a machine.",
    "convert": "Convert logs of mail servers, providers and bounce mails.",
    "formats": "List the log formats that fsm reads, and what their events mean.",
    "explore": "Write a page to step through a machine, or through two side by side.",
    "replay": "Run a delivery log: statuses, indicators, rejections.",
    "report": "Write a page about a delivery: dashboard, curves, states, messages.",
    "explain": "Show the history of one message, with the log lines that prove it.",
    "simulate": "Write a synthetic log from a machine.",
    "compare": "Compare two machines, with the shortest trace for each difference.",
    "analyse": "Analyse a machine, and check whether claims about it hold.",
    "suite": "Generate the conformance tests of a machine, with what they prove.",
    "learn": "Learn what an implementation does, and compare it with a machine.",
    "schema": "Print the JSON schema of an output, or of a file that you write.",
    "gallery": "Write the pages and pictures of all built-in machines.",
    "guide": "Show the guides: from the first table to tests, logs and the library.",
}

_LONGEST_ERROR = 1000


class _Commands(click.Group):
    """The group of all commands. A command is imported only when it is run: startup stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        command = import_module(f"fsm.cli.{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="fsm")
def command_group() -> None:
    """Documented delivery tables as executable state machines.

    MACHINE is a built-in name (see: fsm machines), a .json, .scxml or .dot file, or
    package.module:Class, a python-statemachine class of an installed module or of a module in the
    working directory. Importing the module runs its code. Data goes to standard output, messages
    to standard error; - is standard input or output.

    Exit status: 0 success, 1 differences, out of date or rejected, 2 wrong usage or input.
    """


def main() -> None:
    """Run the command line; no traceback reaches the user."""
    gc.set_threshold(100_000)  # imports make many objects, and hardly any garbage
    set_environment_defaults()
    sys.unraisablehook = _print_unraisable
    try:
        with _short_shadow_warnings():
            status = command_group.main(standalone_mode=False)
    except FsmError as error:
        status = _print_error(str(error))
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        status = 2
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "fsm"
        status = _print_error(f"{error.format_message()} (see: {path} --help)")
    except click.ClickException as error:
        status = _print_error(error.format_message())
    except (click.Abort, KeyboardInterrupt):
        status = _print_error("interrupted", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except BaseException as error:
        known = isinstance(error, Exception) or _is_panic(error)
        if not known or os.environ.get("FSM_TRACEBACK"):
            raise
        status = _print_error(
            f"internal error: {type(error).__name__}: {error} (FSM_TRACEBACK=1 shows where)"
        )
    sys.exit(status or 0)


def _is_panic(error: BaseException) -> bool:
    """Return whether polars panicked. Its PanicException is not a subclass of Exception."""
    if "polars" not in sys.modules:
        return False
    from polars.exceptions import PanicException

    return isinstance(error, PanicException)


def _print_unraisable(ignored: sys.UnraisableHookArgs) -> None:
    """Print errors that cannot be raised, except those that an interrupt caused on its way."""
    if not issubclass(ignored.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(ignored)


@contextmanager
def _short_shadow_warnings() -> Iterator[None]:
    """Print in one line that a module of the working directory was not imported."""

    def show(message: Warning | str, category: type[Warning], *place: Any, **rest: Any) -> None:
        if issubclass(category, ShadowWarning):
            _print_error(str(message))
        else:
            original(message, category, *place, **rest)

    with warnings.catch_warnings():
        original = warnings.showwarning
        warnings.showwarning = show
        warnings.simplefilter("always", ShadowWarning)
        yield


def _print_error(message: str, status: int = 2) -> int:
    from fsm.cli.text import print_message

    print_message(message, _LONGEST_ERROR)
    return status
