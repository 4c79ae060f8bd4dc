"""One line on a terminal that says how far a long work is; nothing where there is no terminal."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

__all__ = ["Progress", "megabytes"]

_SECONDS = 0.2
_PACKED = (".gz", ".bz2", ".xz", ".zst")


class Progress:
    """Shows done and total, rate and time left; the line is gone when the work is done."""

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
        """Show the line anew, if enough time has passed."""
        now = time.monotonic()
        if now - self._shown >= _SECONDS and sys.stderr.isatty():
            self._shown = now
            seconds = now - self._began
            self._write(describe(self._label, done // self._unit, self._total, seconds))

    def _write(self, text: str) -> None:
        if self._width or text:
            sys.stderr.write("\r" + text.ljust(self._width) + ("" if text else "\r"))
            sys.stderr.flush()
        self._width = len(text)


def megabytes(paths: Iterable[str]) -> int | None:
    """Return how much there is to read; None where it cannot be told without reading."""
    places = [Path(path) for path in paths]
    files = [place for place in places if os.path.isfile(place)]  # noqa: PTH113 (takes long names)
    if not files or len(files) < len(places) or any(file.suffix in _PACKED for file in files):
        return None
    return sum(place.stat().st_size for place in places) >> 20


def describe(label: str, done: int, total: int | None, seconds: float) -> str:
    """Return the line.

    >>> describe("events", 3_000_000, 9_000_000, 0.5)
    '3,000,000 of about 9,000,000 events, 6,000,000 a second, 1 s left'
    >>> describe("events", 3_000_000, None, 0.5)
    '3,000,000 events, 6,000,000 a second'
    """
    rate = done / seconds if seconds > 0 else 0.0
    known = total is not None and total >= done
    of = f" of about {total:,}" if known else ""
    left = f", {(total - done) / rate:,.0f} s left" if known and total and rate else ""
    return f"{done:,}{of} {label}, {rate:,.0f} a second{left}"
