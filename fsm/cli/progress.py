"""One line on a terminal that shows the progress of a long task; silent without a terminal."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

__all__ = ["Progress", "megabytes"]

_SECONDS = 0.2
_COMPRESSED = (".gz", ".bz2", ".xz", ".zst")


class Progress:
    """Shows done and total, rate and time left; the line disappears at the end."""

    def __init__(self, label: str, total: int | None, unit: int = 1) -> None:
        self._label, self._total, self._unit = label, total, unit
        self._began = self._shown = time.monotonic()
        self._width = 0

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._write("")

    def __call__(self, done: int) -> None:
        """Refresh the line, if enough time has passed."""
        now = time.monotonic()
        if now - self._shown >= _SECONDS and sys.stderr.isatty():
            self._shown = now
            seconds = now - self._began
            self._write(format_progress(self._label, done // self._unit, self._total, seconds))

    def _write(self, text: str) -> None:
        if self._width or text:
            sys.stderr.write("\r" + text.ljust(self._width) + ("" if text else "\r"))
            sys.stderr.flush()
        self._width = len(text)


def megabytes(paths: Iterable[str]) -> int | None:
    """Return the size of the files; None for files whose size is not that of their content."""
    named = [Path(path) for path in paths]
    files = [path for path in named if os.path.isfile(path)]  # noqa: PTH113 (takes long names)
    if not files or len(files) < len(named) or any(file.suffix in _COMPRESSED for file in files):
        return None
    return sum(file.stat().st_size for file in files) >> 20


def format_progress(label: str, done: int, total: int | None, seconds: float) -> str:
    """Return the line of progress.

    >>> format_progress("events", 3_000_000, 9_000_000, 0.5)
    '3,000,000 of about 9,000,000 events, 6,000,000 a second, 1 s left'
    >>> format_progress("events", 3_000_000, None, 0.5)
    '3,000,000 events, 6,000,000 a second'
    """
    rate = done / seconds if seconds > 0 else 0.0
    known = total is not None and total >= done
    of = f" of about {total:,}" if known else ""
    left = f", {(total - done) / rate:,.0f} s left" if known and total and rate else ""
    return f"{done:,}{of} {label}, {rate:,.0f} a second{left}"
