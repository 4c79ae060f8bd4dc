"""CPU seconds of whole processes: ``python tests/bench/startup.py [LOG]``.

Medians of several runs, user and system time of the child, interpreter included. An empty
interpreter is measured in the same run, for machines differ and are noisy.
"""

import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

RUNS = 9
CLI = "from fsm.cli import main; main()"


def seconds(arguments: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        log = str(Path(directory) / "log.csv")
        simulate = ["-c", CLI, "simulate", "with-feedback", "--messages", "330", "-o", log]
        subprocess.run([sys.executable, *simulate], check=True)
        lines = Path(log).read_text().count("\n")
        jobs = {
            "an empty interpreter": ["-c", ""],
            "import fsm": ["-c", "import fsm"],
            "fsm --help": ["-c", CLI, "--help"],
            f"fsm replay, {lines} lines": [
                "-c",
                CLI,
                "replay",
                sys.argv[1] if sys.argv[1:] else log,
            ],
            "import numpy, polars, statemachine": ["-c", "import numpy, polars, statemachine"],
        }
        times: dict[str, list[float]] = {name: [] for name in jobs}
        for _ in range(RUNS):
            for name, arguments in jobs.items():
                times[name].append(seconds(arguments))
        for name, values in times.items():
            print(f"{name:40} {statistics.median(values):.3f} CPU-s (min {min(values):.3f})")


if __name__ == "__main__":
    main()
