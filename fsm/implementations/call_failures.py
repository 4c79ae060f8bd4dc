"""What an implementation does instead of answering: it fails, hangs, ends, or says what is no text.

Each of these is an answer, too: a test shows it in the place of one.
"""

from __future__ import annotations

from fsm.epoch import SECOND, exact_duration
from fsm.text import shortened, visible

__all__ = ["CALL_FAILURES", "CallError", "HangError", "as_text", "failure_text"]

_LONGEST = 200


class CallError(Exception):
    """A call of an implementation that gave no answer; the message says what happened."""


class HangError(CallError):
    """No answer came in time; the implementation must be started anew."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no answer within {exact_duration(round(seconds * SECOND))}")


CALL_FAILURES = (Exception, SystemExit)
"""What a call of an implementation may raise; ``sys.exit()`` of its code does not end ours."""


def failure_text(error: BaseException) -> str:
    """Return what happened in a call, as a test shows it: on one line.

    >>> failure_text(ValueError("no such order\\n  at line 3\\n")), failure_text(HangError(2))
    ('ValueError: no such order / at line 3', 'no answer within 2 s')
    """
    text = " / ".join(line.strip() for line in str(error).splitlines() if line.strip())
    if isinstance(error, CallError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def as_text(value: object, call: str) -> str | None:
    """Return an answer, which is a text that is not empty, or ``None``.

    Raises :class:`CallError` for anything else: it would be the same as no text by chance.

    >>> as_text("Sent", "observe()"), as_text(None, "observe()")
    ('Sent', None)
    >>> as_text("", "observe()")
    Traceback (most recent call last):
    fsm.implementations.call_failures.CallError: observe() gave an empty text, not None
    >>> as_text(5, "send()")
    Traceback (most recent call last):
    fsm.implementations.call_failures.CallError: send() gave 5, of type int, which is no text
    """
    if value is None:
        return None
    if not isinstance(value, str):
        shown = shortened(visible(repr(value)), _LONGEST)
        raise CallError(f"{call} gave {shown}, of type {type(value).__name__}, which is no text")
    if not value:
        raise CallError(f"{call} gave an empty text, not None")
    return str.__str__(value)  # of an enumeration of texts, the text
