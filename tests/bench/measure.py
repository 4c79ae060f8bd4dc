"""One engine in a process of its own: ``python tests/bench/measure.py ENGINE LOG [CORES]``.

The clocks start after the imports and after what an engine starts once (a Spark session). CPU
seconds are user and system time, of all threads and of all processes of the session; peak memory
is the sum of their high-water marks (``VmHWM``). The harness checks the engine's findings, which
are worked out after the clocks have stopped.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path

from engine import ROOT, Engine, Facts

__all__ = ["Lap", "Measurement", "NotRunError", "in_fresh_process", "warm"]

TICK = os.sysconf("SC_CLK_TCK")
PIECE = 1 << 24


class NotRunError(Exception):
    """An engine that could not run, and why; ``missing`` where it is just not installed."""

    def __init__(self, reason: str, *, missing: bool) -> None:
        super().__init__(reason)
        self.missing = missing


@dataclass(frozen=True)
class Lap:
    """What one execution took."""

    cpu: float
    wall: float


@dataclass(frozen=True)
class Measurement:
    """One process: its executions, its peak memory in bytes, and what it found."""

    laps: tuple[Lap, ...]
    peak: int
    facts: Facts


# The harness's side --------------------------------------------------------------------------


def in_fresh_process(engine: Engine, log: Path, cores: int | None = None) -> Measurement:
    """Measure an engine on a log; raises :class:`NotRunError`."""
    arguments = [__file__, engine.name, str(log), *([str(cores)] if cores else [])]
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, start_new_session=True
    )
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        raise NotRunError(_without_paths(_last_line(done.stderr)), missing=False)
    answer = json.loads(lines[-1])
    if "missing" in answer:
        raise NotRunError(_without_paths(answer["missing"]), missing=True)
    laps = tuple(Lap(**lap) for lap in answer["laps"])
    return Measurement(laps, answer["peak"], answer["facts"])


def warm(log: Path) -> None:
    """Bring a log into the file cache."""
    with log.open("rb") as file:
        while file.read(PIECE):
            pass


def _last_line(text: str) -> str:
    return next((line for line in reversed(text.splitlines()) if line.strip()), "no message")


def _without_paths(text: str) -> str:
    return text.replace(f"{ROOT}/", "")


# The engine's side ---------------------------------------------------------------------------


def measure(engine: Engine, log: Path) -> Measurement:
    """Run an engine in this process."""
    for module in engine.modules:
        import_module(module)
    session = engine.start()
    laps = []
    for _ in engine.laps:
        cpu, wall = _cpu_seconds(), time.perf_counter()
        found = engine.run(log, session)
        laps.append(Lap(_cpu_seconds() - cpu, time.perf_counter() - wall))
    peak = _peak_memory()
    engine.stop(session)
    return Measurement(tuple(laps), peak, engine.facts(found))


def _cpu_seconds() -> float:
    """Return the CPU seconds of this process, its ended children, and the rest of its session."""
    own = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    exact = sum(used.ru_utime + used.ru_stime for used in own)
    others = (sum(map(int, _stat(pid)[11:15])) for pid in _others())
    return exact + sum(others) / TICK


def _peak_memory() -> int:
    return sum(_high_water(pid) for pid in [os.getpid(), *_others()])


def _high_water(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def _others() -> Iterator[int]:
    """Yield the other living processes of this session."""
    session = str(os.getsid(0))
    for place in Path("/proc").iterdir():
        if place.name.isdigit() and int(place.name) != os.getpid():
            stat = _stat(int(place.name))
            if stat[3] == session:
                yield int(place.name)


def _stat(pid: int) -> list[str]:
    """Return the fields of a process after its name, all ``0`` when it has just ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ["0"] * 50


def main() -> None:
    name, log, *cores = sys.argv[1:]
    if cores:  # before any import that counts the processors
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(cores[0])])
    from engines import ENGINES

    if name.startswith("fsm"):  # as the command does, before polars is imported
        from fsm.cli.environment import set_environment_defaults

        set_environment_defaults()
    try:
        answer = asdict(measure(ENGINES[name], Path(log)))
    except ImportError as error:
        answer = {"missing": str(error)}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
