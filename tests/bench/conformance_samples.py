"""What ``conformance.py`` measures: tasks, and what each tool found and took."""

from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

__all__ = ["CONFORM", "R4PM", "REPLAY", "TOKENS", "Sample", "Task"]

CONFORM, REPLAY = "fsm conform", "fsm replay"
R4PM, TOKENS = "r4pm, alignments", "PM4Py, token-based replay"


@dataclass(frozen=True)
class Task:
    """A log in one form and a machine, in the files that the tools read."""

    log: str
    form: str
    file: Path
    machine: Path
    net: Path
    events: int
    size: int

    @property
    def title(self) -> str:
        """What it is called."""
        return f"{self.log}, {self.form}"


@dataclass
class Sample:
    """What a tool found in a task, and what its runs took: CPU seconds, and bytes."""

    found: dict[str, int] = field(default_factory=dict)
    cpu: list[float] = field(default_factory=list)
    peak: list[float] = field(default_factory=list)
    stopped: bool = False
    """Whether it was stopped, because it needed too long; it is not run again."""

    @property
    def seconds(self) -> float:
        """The median of the CPU seconds."""
        return median(self.cpu)

    @property
    def size(self) -> float:
        """The median of the peak memory."""
        return median(self.peak)

    @property
    def cost(self) -> int | None:
        """The edits; ``None`` of a tool that counts none."""
        found = self.found
        return found["extra"] + found["missing"] if "extra" in found else None
