"""The errors this toolkit raises; each message says what, where and what to do."""

from __future__ import annotations

__all__ = [
    "ArgumentError",
    "AssumptionWarning",
    "CheckpointError",
    "CloseWarning",
    "FsmError",
    "LogError",
    "MachineError",
    "MissingToolError",
    "OutputError",
    "PageError",
]


class FsmError(Exception):
    """A mistake in the input or in its use; the command line prints one line and exits with 2."""


class ArgumentError(FsmError):
    """An argument of a function that is of a wrong type, or out of its range."""


class MachineError(FsmError):
    """A machine that cannot be found, read or compiled exactly."""


class LogError(FsmError):
    """A log that cannot be read as a delivery log."""


class CheckpointError(FsmError):
    """A checkpoint that cannot be continued."""


class PageError(FsmError):
    """A page, table or lexicon that cannot be read."""


class OutputError(FsmError):
    """A result that could not be written."""


class MissingToolError(FsmError):
    """An optional tool that is not installed; the message names how to get it."""


class AssumptionWarning(UserWarning):
    """A table was read by conventions that it does not state; ``fsm show`` lists them."""


class CloseWarning(UserWarning):
    """An implementation failed when its connection was closed; the results stand."""
