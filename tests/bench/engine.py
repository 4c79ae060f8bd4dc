"""What an engine is: something that turns a log into the final states of its messages."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

__all__ = ["PLACE", "ROOT", "Engine", "Facts", "WrongResultError", "agree"]

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "build" / "bench"
"""Where logs and spilled columns go; nothing of it is committed."""

Facts: TypeAlias = dict[str, Any]
"""What an engine found, by name. Facts of one name are the same with every engine."""


class WrongResultError(Exception):
    """An engine that found something else than another one."""


@dataclass(frozen=True)
class Engine:
    """One row of the tables, or one for each of its laps.

    ``modules`` are imported before the clock starts, and ``start`` makes what is needed once;
    ``run`` is measured; ``facts`` says what it found.
    """

    name: str
    modules: tuple[str, ...]
    run: Callable[[Path, Any], Any]
    facts: Callable[[Any], Facts]
    start: Callable[[], Any] = lambda: None
    stop: Callable[[Any], None] = lambda _session: None
    laps: tuple[str, ...] = ("",)
    """What to add to the name for each execution in the same process."""
    form: str = "parquet"
    largest: int = 10**8
    most_runs: int = 99
    sliced: bool = False
    """Executes the first events only, and is reported per event."""

    @property
    def rows(self) -> tuple[str, ...]:
        """The names of its rows."""
        return tuple(f"{self.name}{lap}" for lap in self.laps)


def agree(name: str, facts: Facts, known: Facts) -> None:
    """Add what an engine found to what is known; raises :class:`WrongResultError`."""
    for fact, value in facts.items():
        if known.setdefault(fact, value) != value:
            raise WrongResultError(f"{name}: {fact} {value}, elsewhere {known[fact]}")
