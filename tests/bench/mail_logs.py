"""Logs of mail servers and providers to measure with: ``python tests/bench/mail_logs.py NAME 1e5``.

All tell the same story: handed over, deferred and tried again, delivered, refused. Each format
tells it as its program does. Same size, same bytes.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from engine import PLACE
from provider_logs import PROVIDERS
from server_logs import SERVERS
from story import steps

__all__ = ["FORMATS", "lines", "write_log"]

VERSION = 1
"""Part of the file names; count it up whenever another log would be written."""

FORMATS = (*SERVERS, *PROVIDERS)


def lines(name: str, messages: int) -> Iterator[str]:
    """Yield the lines of a log of a format about this many messages."""
    if name in SERVERS:
        yield from SERVERS[name](steps(messages))
        return
    for step in steps(messages):
        record = PROVIDERS[name](step)
        if record is not None:
            yield json.dumps(record, separators=(",", ":"))


def write_log(name: str, messages: int) -> Path:
    """Return the log of a format about this many messages, written first where there is none."""
    path = PLACE / "readers" / f"{name}-{messages:g}-v{VERSION}.log"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        with unfinished.open("w") as file:
            file.writelines(f"{line}\n" for line in lines(name, messages))
        unfinished.rename(path)
    return path


if __name__ == "__main__":
    for size in sys.argv[2:]:
        print(write_log(sys.argv[1], int(float(size))))
