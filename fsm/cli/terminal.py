"""What a terminal shows: its width, colours where they are wanted, and no binary data."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from fsm.errors import OutputError

__all__ = [
    "COLOR_CHOICES",
    "Style",
    "choose_color",
    "has_color",
    "is_terminal",
    "refuse_terminal",
    "styled",
    "terminal_width",
]

COLOR_CHOICES = ("auto", "always", "never")
_NARROWEST, _USUAL = 20, 80
_chosen = "auto"


class Style(StrEnum):
    """The styles of texts, each as the parameters of its escape sequence."""

    ERROR = "1;31"
    WARNING = "33"
    GOOD = "32"
    STRONG = "1"
    FAINT = "2"


def choose_color(choice: str = "auto") -> None:
    """Use one of :data:`COLOR_CHOICES` for all streams of this process."""
    global _chosen
    _chosen = choice


def is_terminal(stream: IO[Any] | None) -> bool:
    """Return whether a stream is an open terminal."""
    return stream is not None and not stream.closed and stream.isatty()


def has_color(stream: IO[Any] | None, environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether text on a stream may be coloured.

    The option ``--color`` decides; then ``NO_COLOR`` and ``FORCE_COLOR``, if they are not empty
    (see https://no-color.org and https://force-color.org); then whether the stream is a terminal
    that is not ``dumb``.
    """
    if _chosen != "auto":
        return _chosen == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return is_terminal(stream) and environment.get("TERM") != "dumb"


def styled(text: str, style: Style, *, err: bool = False) -> str:
    """Return a text in a style, or as it is where its stream has no colours.

    The text must be free of control characters, see :func:`fsm.cli.text.printable`.
    """
    if not text or not has_color(sys.stderr if err else sys.stdout):
        return text
    return f"\x1b[{style}m{text}\x1b[0m"


def terminal_width(*, err: bool = False) -> int | None:
    """Return how many columns a standard stream has; None where it is not a terminal.

    ``COLUMNS`` wins, as for other programs.
    """
    stream = sys.stderr if err else sys.stdout
    if not is_terminal(stream):
        return None
    given = os.environ.get("COLUMNS", "")
    columns = int(given) if given.isascii() and given.isdigit() and len(given) < 6 else 0
    if not columns:
        try:
            columns = os.get_terminal_size(stream.fileno()).columns
        except OSError:
            columns = 0
    return max(columns or _USUAL, _NARROWEST)


def refuse_terminal(what: str, output: Path | None) -> None:
    """Refuse to show a document on a terminal; raises :class:`OutputError` with the remedy."""
    if (output is None or str(output) == "-") and is_terminal(sys.stdout):
        raise OutputError(
            f"{what} is not for a terminal; write it to a file with -o FILE, or redirect the output"
        )
