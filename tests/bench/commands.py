"""What a command costs as a whole process, interpreter and imports included."""

import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from startup import CLI, seconds

__all__ = ["measure_commands"]

MESSAGES = 350


def measure_commands(runs: int) -> tuple[dict[str, float], int]:
    """Return the median CPU seconds by command, and the lines of the log, header included."""
    with TemporaryDirectory() as directory:
        log = str(Path(directory) / "log.csv")
        simulate = ["simulate", "with-feedback", "--messages", str(MESSAGES), "--seed", "1"]
        subprocess.run([sys.executable, "-c", CLI, *simulate, "-o", log], check=True)
        lines = Path(log).read_text().count("\n")
        commands = {
            "`fsm replay LOG`": ["-c", CLI, "replay", log],
            "`import numpy, polars, statemachine`": ["-c", "import numpy, polars, statemachine"],
            "an empty interpreter": ["-c", ""],
        }
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(runs):
            for name, arguments in commands.items():
                taken[name].append(seconds(arguments))
    return {name: median(values) for name, values in taken.items()}, lines
