"""The benchmark of the replay: ``make bench``, or ``python tests/bench/replay.py --help``.

Every engine runs in a process of its own, one after the other, round after round, on logs made
by ``logs.py``. Engines that find different things are an error: exit status 1. A complete run
writes ``replay.md`` and ``replay.svg``; one with ``--only`` just prints its tables.
"""

import argparse
import sys
from pathlib import Path
from statistics import median

from commands import measure_commands
from engine import Engine, Facts, WrongResultError, agree
from engines import CORE_COUNTING, ENGINES, FSM_LEVELS, REFERENCE, TABLED
from figures import Figures, Samples
from logs import log_of
from measure import Measurement, NotRunError, in_fresh_process, warm
from report import report

HERE = Path(__file__).parent
LARGE = 10**8
GROWING = (*FSM_LEVELS, REFERENCE, "polars decode")
"""What runs on the largest log, beside the engines of bounded memory."""
CORES = ((1, 1), (2, 1), (2, 2))
"""(cores, workers)"""


class Benchmark:
    """Measures, and holds the engines' findings against each other."""

    def __init__(self, runs: int) -> None:
        self.runs = runs
        self.figures = Figures()
        self.failed: list[str] = []

    def size(self, events: int, engines: list[Engine]) -> None:
        """Measure engines on a log, interleaved; each round begins with another one."""
        samples: dict[str, Samples] = {}
        facts: Facts = {"events": events}
        for number in range(1, self.runs + 1):
            first = (number - 1) * len(engines) // self.runs
            for engine in (*engines[first:], *engines[:first]):
                if number > engine.most_runs or engine.name in self.figures.not_run:
                    continue
                say(f"{events:.0e} events, round {number} of {self.runs}: {engine.name}")
                measured = self._measure(engine, events)
                if measured:
                    self._keep(engine, events, measured, samples)
                    self._check(engine, measured.facts, facts)
        self.figures.rows[events] = {name: taken.row(name) for name, taken in samples.items()}

    def cores(self, events: int) -> None:
        """Measure the final counts on one and two cores."""
        walls: dict[tuple[int, int], list[float]] = {setting: [] for setting in CORES}
        for number in range(1, self.runs + 1):
            for cores, workers in CORES:
                engine = CORE_COUNTING[workers - 1]
                say(f"{cores} cores, round {number} of {self.runs}: {engine.name}")
                measured = self._measure(engine, events, cores)
                if measured:
                    walls[cores, workers].append(measured.laps[0].wall)
        self.figures.cores = {setting: median(taken) for setting, taken in walls.items() if taken}
        self.figures.cores_size = events

    def _measure(self, engine: Engine, events: int, cores: int | None = None) -> Measurement | None:
        log = log_of(events, engine.form)
        warm(log)
        try:
            return in_fresh_process(engine, log, cores)
        except NotRunError as error:
            self.figures.not_run[engine.name] = str(error)
            say(f"    not run: {error}")
            if not error.missing:
                self.failed.append(f"{engine.name}: {error}")
            return None

    def _keep(
        self, engine: Engine, events: int, measured: Measurement, samples: dict[str, Samples]
    ) -> None:
        for name, lap in zip(engine.rows, measured.laps, strict=True):
            say(f"    {lap.cpu:.3f} CPU s, {lap.wall:.3f} s, {measured.peak / 1e6:.0f} MB  {name}")
            counted = measured.facts["events"] if engine.sliced else events
            taken = samples.setdefault(name, Samples(counted))
            taken.laps.append(lap)
            taken.peaks.append(measured.peak)

    def _check(self, engine: Engine, found: Facts, known: Facts) -> None:
        if engine.sliced:
            return
        try:
            agree(engine.name, found, known)
        except WrongResultError as error:
            say(f"    WRONG: {error}")
            self.figures.wrong.append(str(error))
            self.failed.append(str(error))


def engines_for(events: int, only: list[str]) -> list[Engine]:
    """Return the engines that run on a log of this size."""
    chosen = [engine for engine in TABLED if engine.largest >= events]
    if events >= LARGE:
        chosen = [e for e in chosen if e.name in GROWING or "memory" in e.name]
    return [engine for engine in chosen if not only or engine.name in only]


def say(text: str) -> None:
    """Talk on stderr; stdout is for the tables."""
    print(text, file=sys.stderr, flush=True)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--sizes", default="1e6,1e7", help="events, separated by commas")
    parser.add_argument("--runs", type=int, default=5, help="rounds; slow engines run fewer")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", choices=[*ENGINES])
    parser.add_argument(
        "--memory", action="store_true", help="also 1e8 events: growth and peak memory, one round"
    )
    parser.add_argument("--output", type=Path, default=HERE, help="the directory of the report")
    return parser.parse_args()


def main() -> int:
    """Measure, print, write the report."""
    chosen = options()
    sizes = sorted({int(float(size)) for size in chosen.sizes.split(",")})
    benchmark = Benchmark(chosen.runs)
    for events in sizes:
        benchmark.size(events, engines_for(events, chosen.only))
    if not chosen.only:
        benchmark.cores(max((s for s in sizes if s < LARGE), default=sizes[0]))
        benchmark.figures.commands, benchmark.figures.lines = measure_commands(9)
    if chosen.memory and LARGE not in sizes:
        benchmark.runs = 1
        benchmark.size(LARGE, engines_for(LARGE, chosen.only))
    text = report(benchmark.figures)
    print(text)
    if not chosen.only:
        write(benchmark.figures, text, chosen.output)
    for failure in benchmark.failed:
        say(f"failed: {failure}")
    return 1 if benchmark.failed else 0


def write(figures: Figures, text: str, directory: Path) -> None:
    """Write the report, and the picture where matplotlib is installed."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "replay.md").write_text(text)
    try:
        from plot import draw
    except ImportError as error:
        say(f"no picture: {error}")
        return
    draw(figures, directory / "replay.svg")


if __name__ == "__main__":
    sys.exit(main())
