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

from fsm.cli.environment import set_up
from fsm.errors import FsmError
from fsm.trust import ShadowWarning
from fsm.version import VERSION

__all__ = ["cli", "main"]

_COMMANDS = {
    "machines": "List the built-in machines.",
    "show": "Show a machine's transitions, or every cell of its table.",
    "check": "Check documented tables against their machines.",
    "docs": "Write tables and diagrams into Markdown pages, and keep them fresh.",
    "draw": "Draw a machine.",
    "convert": "Convert logs of mail servers, providers and bounce mails.",
    "formats": "List the formats that are read, and what their events mean.",
    "explore": "Write a page to step through a machine, or through two side by side.",
    "replay": "Execute a delivery log: statuses, indicators, rejections.",
    "report": "Write a delivery as a page: panel, curves, states, messages.",
    "explain": "Tell one message's history, with the log lines that prove it.",
    "simulate": "Write a synthetic log from a machine.",
    "compare": "Compare two machines, with the shortest trace for each difference.",
    "analyse": "Tell the facts of a machine, and whether claims about it hold.",
    "suite": "Make the conformance tests of a machine, with what they prove.",
    "learn": "Learn what an implementation does, and compare it with a machine.",
    "gallery": "Write the pages and pictures of all built-in machines.",
}


class _Commands(click.Group):
    """A group that knows its commands by name and imports one only to run it."""

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
def cli() -> None:
    """Documented delivery tables as executable state machines.

    MACHINE is a built-in name (see: fsm machines), a .json, .scxml or .dot file, or
    package.module:Class, a python-statemachine class of an installed module or of one in the
    working directory; it is imported, which runs it. Data goes to standard output, everything else
    to standard error; - is standard input or output.

    Exit status: 0 done, 1 differs, stale or rejected, 2 wrong use or input.
    """


def main() -> None:
    """Run the command line; no traceback reaches the user."""
    gc.set_threshold(100_000)  # imports make many objects, and hardly any garbage
    set_up()
    sys.unraisablehook = _say_unraisable
    try:
        with _shadows_told():
            status = cli.main(standalone_mode=False)
    except FsmError as error:
        status = _complain(str(error))
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        status = 2
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "fsm"
        status = _complain(f"{error.format_message()} (see: {path} --help)")
    except click.ClickException as error:
        status = _complain(error.format_message())
    except (click.Abort, KeyboardInterrupt):
        status = _complain("interrupted", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except BaseException as error:
        known = isinstance(error, Exception) or _is_panic(error)
        if not known or os.environ.get("FSM_TRACEBACK"):
            raise
        status = _complain(
            f"internal error: {type(error).__name__}: {error} (FSM_TRACEBACK=1 shows where)"
        )
    sys.exit(status or 0)


def _is_panic(error: BaseException) -> bool:
    """Return whether polars failed inside; what it raises then is no subclass of Exception."""
    if "polars" not in sys.modules:
        return False
    from polars.exceptions import PanicException

    return isinstance(error, PanicException)


def _say_unraisable(ignored: sys.UnraisableHookArgs) -> None:
    """Say what cannot be raised, but not that an interrupt also met what it ended."""
    if not issubclass(ignored.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(ignored)


@contextmanager
def _shadows_told() -> Iterator[None]:
    """Say in one line that a module of the working directory was not taken."""

    def tell(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
        if issubclass(category, ShadowWarning):
            _complain(str(message))
        else:
            before(message, category, *place, **more)

    with warnings.catch_warnings():
        before = warnings.showwarning
        warnings.showwarning = tell
        warnings.simplefilter("always", ShadowWarning)
        yield


def _complain(message: str, status: int = 2) -> int:
    from fsm.cli.text import shown

    click.echo(f"fsm: {shown(message)}", err=True)
    return status
