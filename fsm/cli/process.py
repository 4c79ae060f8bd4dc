"""The process of one command line: its errors, its streams and its exit status."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from fsm.cli.streams import close_streams, is_output_fault, open_streams
from fsm.cli.terminal import choose_color, has_color
from fsm.errors import AssumptionWarning, CloseWarning, FsmError
from fsm.trust import ShadowWarning

__all__ = ["exit_status_of"]

_LONGEST_ERROR = 1000


def exit_status_of(command: click.Command) -> int:
    """Run a command with the arguments of the process, and return its exit status.

    Every error is one line on standard error, without a traceback.
    """
    open_streams()
    choose_color()
    sys.unraisablehook = _print_unraisable
    try:
        status = _status(command)
    except BrokenPipeError:  # of standard output, or of standard error while an error is printed
        status = 0
    fault = close_streams()
    return _print_error(f"standard output: {fault}") if fault and status < 2 else status


def _status(command: click.Command) -> int:
    try:
        with _short_warnings(), _own_streams():
            color = has_color(sys.stdout)
            return command.main(standalone_mode=False, color=color) or 0
    except FsmError as error:
        return _print_error(str(error))
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "fsm"
        return _print_error(f"{_usage_message(error)} (see: {path} --help)")
    except click.ClickException as error:
        return _print_error(error.format_message())
    except (click.Abort, KeyboardInterrupt):
        return _print_error("interrupted", 130)
    except BrokenPipeError:
        raise
    except BaseException as error:
        if isinstance(error, OSError) and is_output_fault(error):
            return _print_error(f"standard output: {error.strerror}")
        known = isinstance(error, Exception) or _is_panic(error)
        if not known or os.environ.get("FSM_TRACEBACK"):
            raise
        return _print_error(
            f"internal error: {type(error).__name__}: {error} (FSM_TRACEBACK=1 shows where)"
        )


def _usage_message(error: click.UsageError) -> str:
    """Return the message of a usage error; a misspelt name with the nearest known ones."""
    from fsm.suggest import remedy, suggestion

    group = error.ctx.command if error.ctx else None
    if isinstance(error, click.NoSuchCommand) and error.ctx and isinstance(group, click.Group):
        known = group.list_commands(error.ctx)
        return f"No such command {error.command_name[:80]!r}; {remedy(error.command_name, known)}"
    if isinstance(error, click.NoSuchOption) and error.ctx:
        params = error.ctx.command.get_params(error.ctx)
        options = [name for param in params for name in (*param.opts, *param.secondary_opts)]
        question = suggestion(error.option_name, (name for name in options if name[:1] == "-"))
        return "; ".join(filter(None, (f"No such option {error.option_name[:80]!r}", question)))
    return error.format_message()


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
def _own_streams() -> Iterator[None]:
    """Undo what click does when a pipe is closed: it wraps the streams, and exits with status 1."""
    streams = sys.stdout, sys.stderr
    try:
        yield
    except SystemExit:
        if sys.stdout is not streams[0]:
            raise BrokenPipeError from None
        raise
    finally:
        sys.stdout, sys.stderr = streams


@contextmanager
def _short_warnings() -> Iterator[None]:
    """Print our warnings in one line each."""

    def show(message: Warning | str, category: type[Warning], *place: Any, **rest: Any) -> None:
        if issubclass(category, ShadowWarning | AssumptionWarning | CloseWarning):
            _print_error(str(message))
        else:
            original(message, category, *place, **rest)

    with warnings.catch_warnings():
        original = warnings.showwarning
        warnings.showwarning = show
        warnings.simplefilter("always", ShadowWarning)
        warnings.simplefilter("once", AssumptionWarning)
        yield


def _print_error(message: str, status: int = 2) -> int:
    from fsm.cli.text import print_error

    print_error(message, _LONGEST_ERROR)
    return status
