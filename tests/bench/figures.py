"""The figures of one run of the benchmark: medians, by engine and size."""

import os
import platform
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

from engines import REFERENCE
from measure import Lap

__all__ = ["Figures", "Row", "Samples", "machine", "versions"]

PACKAGES = (
    "numpy",
    "polars",
    "python-statemachine",
    "duckdb",
    "pyarrow",
    "pyspark",
)


@dataclass
class Samples:
    """What the runs of one row took."""

    events: int
    laps: list[Lap] = field(default_factory=list)
    peaks: list[int] = field(default_factory=list)

    def row(self, name: str) -> "Row":
        """Return the medians."""
        return Row(
            name,
            self.events,
            cpu=median(lap.cpu for lap in self.laps),
            wall=median(lap.wall for lap in self.laps),
            peak=int(median(self.peaks)),
            runs=len(self.laps),
        )


@dataclass(frozen=True)
class Row:
    """One engine on one log: seconds, and bytes."""

    name: str
    events: int
    cpu: float
    wall: float
    peak: int
    runs: int

    @property
    def speed(self) -> float:
        """Events per CPU second."""
        return self.events / self.cpu


@dataclass
class Figures:
    """Everything a run measured."""

    rows: dict[int, dict[str, Row]] = field(default_factory=dict)
    """By the size of the log, then by name."""
    not_run: dict[str, str] = field(default_factory=dict)
    """Why an engine could not run."""
    wrong: list[str] = field(default_factory=list)
    """What engines found that others did not."""
    cores: dict[tuple[int, int], float] = field(default_factory=dict)
    """Wall seconds by (cores, workers)."""
    cores_size: int = 0
    commands: dict[str, float] = field(default_factory=dict)
    """CPU seconds of whole processes."""
    lines: int = 0
    """Of the log of the command line."""

    def row(self, name: str, size: int) -> Row | None:
        """Return a row, where it was measured."""
        return self.rows.get(size, {}).get(name)

    def ratio(self, name: str, size: int, to: str = REFERENCE) -> float | None:
        """Return the CPU time for an event, in that of another row."""
        mine, other = self.row(name, size), self.row(to, size)
        return other.speed / mine.speed if mine and other else None


def machine() -> str:
    """Return the processor, the cores and the memory, without a name of the host."""
    model = _first("/proc/cpuinfo", "model name") or platform.machine()
    kilobytes = int((_first("/proc/meminfo", "MemTotal") or "0").split()[0])
    return f"{model}, {os.cpu_count()} cores, {kilobytes / 1e6:.0f} GB, {platform.system()}"


def _first(path: str, key: str) -> str | None:
    for line in Path(path).read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return None


def versions() -> str:
    """Return the versions of what was measured."""
    found = [f"Python {platform.python_version()}"]
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)
