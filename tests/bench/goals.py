"""What the replay is to reach, and whether it did. Ratios are of CPU seconds in one run."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from engines import FSM_LEVELS
from engines_fsm import BOUNDED, WIDE
from figures import Figures

__all__ = ["GOALS", "Goal"]

SIZE, LARGE = 10**7, 10**8
COUNTS, SERIES, STATUS = FSM_LEVELS
FLOOR = 250
"""MB that a replay may need beside its bound."""
SPARK = ("spark sql, warm", "spark mapInArrow, warm")


@dataclass(frozen=True)
class Goal:
    """A limit, from above or (``at_least``) from below."""

    text: str
    limit: float
    unit: str
    measured: Callable[[Figures], float | None]
    at_least: bool = False

    def reached(self, figures: Figures) -> bool | None:
        """Whether it is reached; ``None`` where it was not measured."""
        value = self.measured(figures)
        if value is None:
            return None
        return value >= self.limit if self.at_least else value <= self.limit


def _bound(name: str) -> Callable[[Figures], float | None]:
    return lambda figures: figures.ratio(name, SIZE)


def _faster_than(*others: str) -> Callable[[Figures], float | None]:
    """How many times faster the final counts are than the fastest of the others."""
    return lambda figures: _least(figures.ratio(name, SIZE, COUNTS) for name in others)


def _growth(figures: Figures) -> float | None:
    """The CPU time for an event at 1e8 in that at 1e7, of the level where it grows most."""
    grown = []
    for name in FSM_LEVELS:
        small, large = figures.row(name, SIZE), figures.row(name, LARGE)
        if small and large:
            grown.append(small.speed / large.speed)
    return max(grown, default=None)


def _beside(size: int) -> Callable[[Figures], float | None]:
    """How many MB were needed beside the bound, where it was most."""

    def most(figures: Figures) -> float | None:
        rows = ((figures.row(name, size), bound) for name, bound in BOUNDED.items())
        return max(((row.peak - bound) / 2**20 for row, bound in rows if row), default=None)

    return most


def _two_cores(figures: Figures) -> float | None:
    one, two = figures.cores.get((1, 1)), figures.cores.get((2, 2))
    return one / two if one and two else None


def _small_log(figures: Figures) -> float | None:
    return next((cpu for name, cpu in figures.commands.items() if "replay" in name), None)


def _least(values: Iterable[float | None]) -> float | None:
    return min((value for value in values if value is not None), default=None)


GOALS = (
    Goal("final counts, against `polars group_by`", 0.8, "×", _bound(COUNTS)),
    Goal(
        "… on a log with every optional column",
        1.0,
        "×",
        lambda figures: figures.ratio(WIDE, SIZE, "polars group_by, every column"),
    ),
    Goal("the same, hourly series and ledger, against it", 1.0, "×", _bound(SERIES)),
    Goal("the same and the status file, against it", 1.5, "×", _bound(STATUS)),
    Goal("growth of an event's cost, 10 to 100 million", 1.1, "×", _growth),
    Goal("memory beside the bound, 10 million events", FLOOR, "MB", _beside(SIZE)),
    Goal("memory beside the bound, 100 million events", FLOOR, "MB", _beside(LARGE)),
    Goal("final counts, faster than the dict loop", 8, "×", _faster_than("dict loop"), True),
    Goal("… than the DuckDB query", 4, "×", _faster_than("duckdb sql"), True),
    Goal("… than Spark on this machine", 10, "×", _faster_than(*SPARK), True),
    Goal("… than python-statemachine", 1000, "×", _faster_than("python-statemachine"), True),
    Goal("`fsm replay` of a 1,000-line log, whole process", 0.5, "CPU s", _small_log),
    Goal("two cores, against one, wall time", 1.6, "×", _two_cores, True),
)
