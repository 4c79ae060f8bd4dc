"""The standard streams of the process: all are open, and what cannot be written is no traceback."""

from __future__ import annotations

import codecs
import errno
import json
import os
import sys
from io import TextIOWrapper

__all__ = ["close_streams", "is_output_fault", "open_streams"]

_ESCAPE = "fsm-escape"
_FAULTS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}


def open_streams() -> None:
    """Open the standard streams that are closed, and let none of them fail on a character.

    A stream that the shell has closed (``>&-``) leads to the null device, so that no other file
    takes its number.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            _discard(number)
            mode = "w" if number else "r"
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors=_ESCAPE)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """Return the escapes of characters that a stream cannot have; in JSON they mean the same."""
    assert isinstance(error, UnicodeEncodeError)  # noqa: S101
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error(_ESCAPE, _escaped)


def close_streams() -> str:
    """Write what is left in the standard streams; return why standard output takes no more.

    The text is empty where nothing is wrong. A reader that closes its pipe does not want the rest,
    so nothing is wrong then. A stream that takes no more leads to the null device, so that the
    interpreter finds nothing to complain about when it ends.
    """
    fault = ""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            _discard(stream.fileno())
            if stream is sys.stdout and not isinstance(error, BrokenPipeError):
                fault = error.strerror or str(error)
    return fault


def is_output_fault(error: OSError) -> bool:
    """Return whether an error is that of a stream that takes no more, such as on a full disk."""
    return error.filename is None and error.errno in _FAULTS


def _discard(number: int) -> None:
    """Let a descriptor lead to the null device."""
    null = os.open(os.devnull, os.O_RDWR)
    if null != number:
        os.dup2(null, number)
        os.close(null)
