"""An implementation that is a program: requests on its standard input, replies on its output."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, cast

from fsm.errors import FsmError
from fsm.implementations.call_failures import CallError, HangError
from fsm.implementations.connection import Settling
from fsm.implementations.protocol import LONGEST_LINE
from fsm.implementations.spoken import SpokenConnection
from fsm.text import shortened, visible

__all__ = ["ProcessConnection"]

_START = 15.0
"""Seconds that a program has at least for its first reply."""
_GRACE = 1.0
"""Seconds that a program has to end by itself after bye."""
_LAST_LINES = 3
_LONGEST_QUOTE = 300


class ProcessConnection(SpokenConnection):
    """A program that is started, and started anew where it ended or hung.

    No shell runs it. ``shows_errors`` passes on what it prints as errors. Raises :class:`FsmError`
    where it cannot be started.
    """

    def __init__(
        self,
        words: Sequence[str],
        name: str,
        *,
        timeout: float,
        settling: Settling = SpokenConnection.settling,
        shows_errors: bool = False,
    ) -> None:
        super().__init__(name, timeout, settling)
        self._words, self._shows_errors = words, shows_errors
        self._read = b""
        """What was read beyond the last reply."""
        self._start()
        try:
            self.begin()
        except BaseException:
            self._kill()
            raise

    def exchange(self, line: bytes, do: str) -> bytes:
        """Write a request and read a line; what the program prints without one is refused."""
        is_first = do == "hello"
        limit = max(self.timeout, _START) if is_first else self.timeout
        end = time.monotonic() + limit
        if not is_first:  # before the first one, what it prints is read as the reply, and quoted
            self._check_silence(do)
        with suppress(BrokenPipeError):  # then its output ends, too
            self._write(line, limit, end)
        while b"\n" not in self._read:
            if len(self._read) > LONGEST_LINE:
                self._kill()
                raise CallError(f"the reply to {do} is longer than {LONGEST_LINE:,} bytes")
            if not self._is_ready(self._out, end):
                self._kill()
                raise HangError(limit)
            chunk = os.read(self._out.fileno(), 65_536)
            if not chunk:
                raise CallError(self._ending())
            self._read += chunk
        reply, _, self._read = self._read.partition(b"\n")
        return reply

    def restart(self) -> None:
        """Start the program anew."""
        self._kill()
        self._start()

    def close(self) -> None:
        """Say bye, and end the program."""
        try:
            try:
                super().close()
            except HangError:
                raise
            except CallError:
                if self._process.poll() is None:
                    raise  # many programs end without a last reply, but this one said something
            self._in.close()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_GRACE)
        except OSError:
            pass
        finally:
            self._kill()

    def _start(self) -> None:
        try:
            self._process = subprocess.Popen(  # noqa: S603
                self._words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,  # what it starts ends with it
            )
        except OSError as error:
            raise FsmError(f"{self.name}: cannot be started: {error.strerror or error}") from None
        streams = self._process.stdin, self._process.stdout, self._process.stderr
        self._in, self._out, errors = cast("tuple[IO[bytes], IO[bytes], IO[bytes]]", streams)
        os.set_blocking(self._in.fileno(), False)
        self._read = b""
        self._said: deque[str] = deque(maxlen=_LAST_LINES)
        self._listener = threading.Thread(
            target=_keep_last_lines, args=(errors, self._said, self._shows_errors), daemon=True
        )
        self._listener.start()

    def _check_silence(self, do: str) -> None:
        """Refuse a program that has ended, or printed something that nobody asked for."""
        if self._process.poll() is not None:
            raise CallError(self._ending())
        if not self._read and self._is_ready(self._out, 0):
            self._read = os.read(self._out.fileno(), 65_536)
            if not self._read:
                raise CallError(self._ending())
        if self._read:
            printed = shortened(visible(self._read.decode("utf-8", "replace").strip()), 120)
            self._kill()
            raise CallError(f"it printed without a request, before {do}: {printed}")

    def _write(self, line: bytes, limit: float, end: float) -> None:
        """Write a request; raises BrokenPipeError where nobody reads it any more."""
        while line:
            try:
                line = line[os.write(self._in.fileno(), line) :]
            except BlockingIOError:
                if not self._is_ready(self._in, end, writing=True):
                    self._kill()
                    raise HangError(limit) from None

    @staticmethod
    def _is_ready(stream: IO[bytes], end: float, *, writing: bool = False) -> bool:
        left = max(0.0, end - time.monotonic())
        poll = select.poll()
        poll.register(stream, select.POLLOUT if writing else select.POLLIN)
        return bool(poll.poll(left * 1000))

    def _ending(self) -> str:
        """Return how the program ended, with the last lines that it printed as errors."""
        try:
            status = self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._kill()
            return self._with_last_lines("the program closed its output")
        self._kill()
        if status >= 0:
            return self._with_last_lines(f"the program ended with exit status {status}")
        with suppress(ValueError):
            return self._with_last_lines(f"the program was ended by {signal.Signals(-status).name}")
        return self._with_last_lines(f"the program was ended by signal {-status}")

    def _with_last_lines(self, text: str) -> str:
        self._listener.join(_GRACE)
        last = shortened(visible(" / ".join(self._said)), _LONGEST_QUOTE)
        return f"{text}: {last}" if last else text

    def _kill(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        with suppress(OSError):
            self._in.close()
        self._out.close()
        self._read = b""


def _keep_last_lines(stream: IO[bytes], lines: deque[str], shows: bool) -> None:
    """Read what a program prints as errors, keep its last lines, and pass them on."""
    with stream:
        for line in iter(lambda: stream.readline(4096), b""):
            if shows:
                sys.stderr.write(line.decode("utf-8", "replace"))
            if text := line.decode("utf-8", "replace").strip():
                lines.append(text)
