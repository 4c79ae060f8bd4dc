"""One line on a terminal that says what a command is doing; silent without a terminal."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from fsm.cli.terminal import is_terminal, terminal_width
from fsm.text import display_width, pad, visible

__all__ = ["Progress", "megabytes", "progress_hidden", "writing"]

_FIRST, _NEXT = 0.5, 0.2
"""Seconds before the line is shown, and between two updates of it."""
_COMPRESSED = (".gz", ".bz2", ".xz", ".zst")
_screen = threading.RLock()
_shown: list[str] = []
"""The line that is on the screen now, if any; written under the lock."""


class Progress:
    """Says what is being done; how much is done, and the rate, if it is called with a count.

    The line appears after half a second, and disappears at the end. A thread writes it, so that it
    moves on while a long step does not call.
    """

    def __init__(
        self,
        activity: str,
        unit: str = "",
        total: int | None = None,
        scale: int = 1,
        *,
        hidden: bool = False,
    ) -> None:
        self._activity, self._unit, self._total, self._scale = activity, unit, total, scale
        self._began = self._counted = time.monotonic()
        self._done, self._hidden = 0, hidden
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Progress:
        if is_terminal(sys.stderr) and not self._hidden:
            self._thread = threading.Thread(target=self._watch, daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._thread:
            self._ended.set()
            self._thread.join()
            with progress_hidden():
                pass

    def __call__(self, done: int) -> None:
        """Take the count of what is done."""
        self._done, self._counted = done // self._scale, time.monotonic()

    def show(self) -> None:
        """Write the line as it is now, cut to the width of the terminal."""
        now = time.monotonic()
        counted = self._counted - self._began
        line = format_progress(self._activity, now - self._began)
        if self._done:
            line = format_count(self._activity, self._unit, self._done, self._total, counted)
        with _screen:
            _write_line(line)

    def _watch(self) -> None:
        wait = _FIRST
        while not self._ended.wait(wait):
            try:
                self.show()
            except OSError:  # the terminal is gone
                return
            wait = _NEXT


@contextmanager
def progress_hidden() -> Iterator[None]:
    """Remove the line from the screen while something else is written."""
    with _screen:
        if _shown:
            _write_line("")
        yield


def writing(path: Path | None) -> Progress:
    """Return the progress of writing a file; a terminal that shows what is written needs none."""
    if path is None or str(path) == "-":
        return Progress("writing standard output", hidden=is_terminal(sys.stdout))
    return Progress(f"writing {visible(path.name)}")


def _write_line(text: str) -> None:
    before = _shown.pop() if _shown else ""
    line, room = text, (terminal_width(err=True) or 1) - 1
    while display_width(line) > room:
        line = line[:-1]
    sys.stderr.write(f"\r{pad(line, display_width(before))}" + ("" if line else "\r"))
    sys.stderr.flush()
    if line:
        _shown.append(line)


def megabytes(paths: Iterable[str]) -> int | None:
    """Return the size of the files; None for files whose size is not that of their content."""
    named = [Path(path) for path in paths]
    files = [path for path in named if os.path.isfile(path)]  # noqa: PTH113 (takes long names)
    if not files or len(files) < len(named) or any(file.suffix in _COMPRESSED for file in files):
        return None
    return sum(file.stat().st_size for file in files) >> 20


def format_progress(activity: str, seconds: float) -> str:
    """Return the line of a step without a count.

    >>> format_progress("drawing", 2.4)
    'drawing ... 2 s'
    """
    return f"{activity} ... {seconds:,.0f} s"


def format_count(activity: str, unit: str, done: int, total: int | None, seconds: float) -> str:
    """Return the line of a step with a count.

    >>> format_count("replaying", "events", 3_000_000, 9_000_000, 0.5)
    'replaying: 3,000,000 of about 9,000,000 events, 6,000,000 a second, 1 s left'
    >>> format_count("replaying", "events", 3_000_000, None, 0.5)
    'replaying: 3,000,000 events, 6,000,000 a second'
    """
    rate = done / seconds if seconds > 0 else 0.0
    known = total is not None and total >= done
    of = f" of about {total:,}" if known else ""
    left = f", {(total - done) / rate:,.0f} s left" if known and total and rate else ""
    return f"{activity}: {done:,}{of} {unit}, {rate:,.0f} a second{left}"
