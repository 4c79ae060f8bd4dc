"""A command line in a terminal: standard output and standard error are two pseudo-terminals."""

import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from contextlib import suppress
from fcntl import ioctl
from threading import Thread
from typing import IO

from tests.command import Result

FSM = (sys.executable, "-c", "from fsm.cli import main; main()")
STYLE = re.compile(r"\x1b\[[\d;]*m")
_UNSET = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")


def environment(**changes: str) -> dict[str, str]:
    """Return the environment of a plain terminal with some changes."""
    kept = {name: value for name, value in os.environ.items() if name not in _UNSET}
    return kept | {"TERM": "xterm"} | changes


def in_terminal(
    *words: object,
    columns: int = 80,
    err: bool = True,
    keyboard: bool = False,
    env: Mapping[str, str] | None = None,
) -> Result:
    """Run the command line in a terminal of some width, and read what it shows while it runs.

    Without ``err`` that stream is a pipe; with ``keyboard`` standard input is the terminal, too.
    """
    out_end, out = _terminal(columns)
    err_end, error = _terminal(columns) if err else os.pipe()
    with subprocess.Popen(
        [*FSM, *map(str, words)],
        stdin=out if keyboard else subprocess.DEVNULL,
        stdout=out,
        stderr=error,
        env=environment(**(env or {})),
    ) as process:
        os.close(out)
        os.close(error)
        texts: list[str] = ["", ""]
        threads = [
            Thread(target=_read, args=(end, texts, place))
            for place, end in enumerate((out_end, err_end))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return Result(process.returncode, *texts)


def with_streams(
    *words: object, out: int | IO[bytes] | None = subprocess.PIPE, close: str = "", **env: str
) -> Result:
    """Run the command line with a standard output, or with streams that a shell closes."""
    line = f'exec "$@" {close}'
    done = subprocess.run(
        ["sh", "-c", line, "sh", *FSM, *map(str, words)],
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.PIPE,
        env=environment(**env),
        check=False,
    )
    return Result(done.returncode, (done.stdout or b"").decode(), done.stderr.decode())


def _terminal(columns: int) -> tuple[int, int]:
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    return ours, theirs


def _read(end: int, texts: list[str], place: int) -> None:
    parts = []
    with suppress(OSError):  # a terminal whose other end is closed
        while part := os.read(end, 1 << 16):
            parts.append(part)
    os.close(end)
    texts[place] = b"".join(parts).decode().replace("\r\n", "\n")
