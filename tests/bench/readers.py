"""What reading other people's logs costs: ``python tests/bench/readers.py [--runs 5]``.

Every format is read in a process of its own, from the file to canonical rows, and beside it the
least that any reader must do is done with the same file: its lines are split, and JSON is parsed
with ``json.loads``, ``orjson.loads`` and ``polars.scan_ndjson``. Rounds are interleaved. Seconds
are CPU seconds on one core, medians; the clock starts when the first lines have been read once,
for imports are not meant. The report is ``readers.md`` beside this file.
"""

import argparse
import gc
import json
import os
import platform
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from mail_logs import FORMATS, write_log
from measure import warm
from provider_logs import PROVIDERS

HERE = Path(__file__)
GOALS = {"postfix": 150_000, **dict.fromkeys(PROVIDERS, 200_000)}
"""Lines, or events, a CPU second."""
HEAD = 3000
"""Lines that are read before the clock starts."""
PLAIN = ("split", "json.loads", "orjson.loads", "scan_ndjson")


@dataclass(frozen=True)
class Taken:
    """One process: its CPU seconds, what it found, and its peak memory in bytes."""

    seconds: float
    found: int
    peak: int


# The measured process ------------------------------------------------------------------------


def read(path: Path) -> int:
    """Return how many rows a log becomes."""
    from fsm.logs.conversion import convert_files
    from fsm.logs.detect import recognise
    from fsm.logs.notes import Notes
    from fsm.logs.reading import ReadingOptions
    from fsm.logs.storage.files import find_files

    notes: list[Notes] = []
    rows = sum(
        f.height
        for f in convert_files(
            [recognise(file) for file in find_files([str(path)])], ReadingOptions(), notes
        )
    )
    for note in notes:
        if note.rejected.total or note.unmapped.total:
            raise SystemExit(f"{path.name}: {note.rejected} {note.unmapped}")
    return rows


def split(path: Path) -> int:
    """Return how many fields its lines have."""
    with path.open(encoding="utf-8") as file:
        return sum(len(line.split()) for line in file)


def parse(path: Path) -> int:
    """Return how many records the json module finds."""
    with path.open("rb") as file:
        return sum(isinstance(json.loads(line), dict) for line in file)


def parse_fast(path: Path) -> int:
    """Return how many records orjson finds."""
    import orjson

    with path.open("rb") as file:
        return sum(isinstance(orjson.loads(line), dict) for line in file)


def scan(path: Path) -> int:
    """Return how many records polars finds, all their fields read."""
    import polars as pl

    return pl.scan_ndjson(path).collect().height


JOBS: dict[str, Callable[[Path], int]] = {
    "fsm": read,
    "split": split,
    "json.loads": parse,
    "orjson.loads": parse_fast,
    "scan_ndjson": scan,
}


def measure(job: str, path: Path) -> None:
    """Do one job in this process and print what it took."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    gc.set_threshold(100_000)  # as the command line does
    with TemporaryDirectory() as directory, path.open("rb") as file:
        head = Path(directory) / path.name
        head.write_bytes(b"".join(islice(file, HEAD)))
        JOBS[job](head)
    began = time.process_time()
    found = JOBS[job](path)
    seconds = time.process_time() - began
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
    print(json.dumps([seconds, found, peak]))


# The harness ---------------------------------------------------------------------------------


def run(job: str, path: Path) -> Taken:
    """Do one job in a fresh process."""
    command = [sys.executable, __file__, "--job", job, "--log", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return Taken(*json.loads(done.stdout))


def jobs_of(name: str) -> list[str]:
    return ["fsm", *(PLAIN if name in PROVIDERS else PLAIN[:1])]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=float, default=1e5)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=FORMATS, default=[*FORMATS])
    parser.add_argument("--job", choices=JOBS)
    parser.add_argument("--log", type=Path)
    given = parser.parse_args()
    if given.job:
        measure(given.job, given.log)
        return
    logs = {name: write_log(name, int(given.messages)) for name in given.only}
    taken: dict[tuple[str, str], list[Taken]] = defaultdict(list)
    for number in range(1, given.runs + 1):
        for name, log in logs.items():
            warm(log)
            for job in jobs_of(name):
                taken[name, job].append(run(job, log))
                print(f"round {number}: {name}, {job}: {taken[name, job][-1]}", file=sys.stderr)
    text = report(logs, taken, given.runs)
    print(text)
    if given.only == [*FORMATS]:
        HERE.with_suffix(".md").write_text(text)


def report(logs: dict[str, Path], taken: dict[tuple[str, str], list[Taken]], runs: int) -> str:
    rows = []
    for name, log in logs.items():
        with log.open("rb") as file:
            lines = sum(1 for _ in file)
        own = taken[name, "fsm"]
        seconds = {job: median(t.seconds for t in taken[name, job]) for job in jobs_of(name)}
        rate = lines / seconds["fsm"]
        goal = GOALS.get(name)
        reached = "" if goal is None else "yes" if rate >= goal else "**no**"
        plain = [f"{lines / seconds[job]:,.0f}" if job in seconds else "" for job in PLAIN]
        cells = [
            name,
            f"{lines:,}",
            f"{log.stat().st_size / lines:,.0f}",
            f"{own[0].found:,}",
            f"{seconds['fsm']:.2f}",
            f"{rate:,.0f}",
            f"{goal:,}" if goal else "",
            reached,
            *plain,
            f"{median(t.peak for t in own) / 1e6:,.0f}",
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join([*_head(runs), *rows, ""])


def _head(runs: int) -> list[str]:
    return [
        "# Reading logs, measured",
        "",
        "<!-- written by `python tests/bench/readers.py`; do not edit -->",
        "",
        (
            f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores. "
            f"CPU seconds on one core, without imports, medians of {runs} runs of a process "
            "each, interleaved, files in the cache. *fsm* reads the file and makes canonical rows "
            "(event, fault, rule, file and line of each). Rates are lines a CPU second; a line of "
            "a provider is an event. *split* only reads lines and splits them at blanks; the "
            "others only parse the JSON. The logs are from `mail_logs.py`. The machine was shared: "
            "compare within a row."
        ),
        "",
        (
            "| Format | Lines | Bytes a line | Rows | CPU s | fsm, lines/s | Goal | Reached "
            "| split | json.loads | orjson.loads | scan_ndjson | Peak MB |"
        ),
        "| --- |" + " ---: |" * 6 + " --- |" + " ---: |" * 5,
    ]


if __name__ == "__main__":
    main()
