"""Rejected events: where they stand, in which state that was, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fsm.arrays import Index, Mask
from fsm.engine.bucket_counts import LATE
from fsm.engine.counts import Outcome
from fsm.engine.product_machine import each_machine
from fsm.engine.source_rows import Texts
from fsm.logs.log import Log
from fsm.logs.log_file import Proof

__all__ = ["Kind", "Kinds", "Rejections"]

UNKNOWN = "no machine knows this event"
OLDER = "late: older than what the checkpoint has seen of its message"
NOT_ACCEPTED = "not accepted in this state"

_NAMED = 100_000
"""Unknown events that are told apart by name; beyond that, only counted."""
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Kind:
    """Events that are rejected for one reason; ``examples`` are file, line and text of some."""

    event: str
    state: str
    """Empty where no machine knows the event."""
    machines: str
    reason: str
    count: int
    examples: tuple[Proof, ...]


@dataclass(frozen=True, slots=True)
class Kinds:
    """The most frequent kinds, how many there are, and the unknown events beyond those named."""

    first: tuple[Kind, ...]
    different: int
    unnamed: int


@dataclass(frozen=True)
class Rejections:
    """The rejected events of a log; rows and cells are those of an outcome."""

    log: Log
    outcome: Outcome
    texts: Texts

    def told(self, rows: Index, cells: NDArray[np.uint32]) -> pl.DataFrame:
        """Return events with ``file``, ``line``, their texts, ``state``, ``machine``, ``reason``.

        An event has a row for each state in which some of the machines reject it.
        """
        kinds, kind = np.unique(cells, axis=0, return_inverse=True)
        events = self.log.locate(self.texts.of(rows))
        return self._with_reasons(events, kinds, kind.ravel()).drop("kind")

    def kinds(self, most: int) -> Kinds:
        """Return the most frequent kinds of rejected events, each with up to three examples.

        Of events that no machine knows, the first 100,000 are told apart by their names.
        """
        rows, cells = self.outcome.rejected_rows, self.outcome.rejected_cells
        kinds, kind, counts = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
        kind, by_name = kind.ravel(), self._are_unknown(kinds)
        looked = [
            np.flatnonzero(kind == number)[: _NAMED if by_name[number] else _EXAMPLES]
            for number in range(len(kinds))
        ]
        at = np.sort(np.concatenate([np.zeros(0, np.intp), *looked]))
        told = self._with_reasons(self.texts.of(rows[at]), kinds, kind[at])
        counted = pl.DataFrame(
            {
                "kind": pl.Series(range(len(kinds)), dtype=pl.Int64),
                "whole": pl.Series(counts, dtype=pl.Int64),
                "by_name": pl.Series(by_name, dtype=pl.Boolean),
            }
        )
        what = ["event", "state", "machine", "reason"]
        found = (
            told.group_by("kind", *what, maintain_order=True)
            .agg(
                pl.len().cast(pl.Int64).alias("met"),
                pl.struct("file", "row").head(_EXAMPLES).alias("at"),
            )
            .join(counted, on="kind", maintain_order="left")
            .with_columns(pl.when("by_name").then("met").otherwise("whole").alias("count"))
            .group_by(what, maintain_order=True)
            .agg(pl.col("count").sum(), pl.col("at").explode())
        )
        found = found.sort("count", *what, descending=[True] + [False] * len(what))
        unnamed = sum(max(0, count - _NAMED) for count in counts[by_name].tolist())
        return Kinds(tuple(self._shown(found.head(most))), found.height, unnamed)

    def _shown(self, found: pl.DataFrame) -> Iterator[Kind]:
        places = found.select(pl.col("at").explode()).unnest("at")
        proofs = self.log.proofs(places)
        for row in found.iter_rows(named=True):
            first = sorted((place["file"], place["row"]) for place in row["at"])[:_EXAMPLES]
            yield Kind(
                row["event"],
                row["state"],
                row["machine"],
                row["reason"],
                row["count"],
                tuple(proofs[place] for place in first),
            )

    def _are_unknown(self, cells: NDArray[np.uint32]) -> Mask:
        team = self.outcome.teams[0]
        known = cells[:, 0] % team.table.width != team.alphabet.unknown
        mask: Mask = ~known & (cells[:, 0] != LATE)
        return mask

    def _with_reasons(
        self, events: pl.DataFrame, kinds: NDArray[np.uint32], kind: Index
    ) -> pl.DataFrame:
        """Add ``kind``, ``state``, ``machine`` and ``reason`` to events, given the kind of each."""
        verdicts = [self._verdicts(tuple(map(int, row))) for row in kinds]
        whys = pl.DataFrame(
            {
                "kind": pl.Series([i for i, vs in enumerate(verdicts) for _ in vs], dtype=pl.Int64),
                **{
                    name: pl.Series([v[at] for vs in verdicts for v in vs], dtype=pl.String)
                    for at, name in enumerate(("state", "machine", "reason"))
                },
            }
        )
        told = events.with_columns(pl.Series("kind", kind, pl.Int64)).join(
            whys, on="kind", how="left", maintain_order="left_right"
        )
        if not self._guarded_events:
            return told
        hint = pl.col("event").replace_strict(self._guarded_events, default=pl.col("reason"))
        unknown = pl.col("reason") == UNKNOWN
        return told.with_columns(pl.when(unknown).then(hint).otherwise("reason").alias("reason"))

    def _verdicts(self, cells: tuple[int, ...]) -> list[tuple[str, str, str]]:
        """Return (state, machines, reason) of a rejected event, given its cell in each team."""
        if cells[0] == LATE:
            return [("", "", OLDER)]
        by_state: dict[str, list[str]] = {}
        for team, cell in zip(self.outcome.teams, cells, strict=True):
            for number, machine in enumerate(team.machines):
                if team.rejected[number, cell]:
                    state = team.state_names(number)[cell // team.table.width]
                    by_state.setdefault(state, []).append(machine.name)
        told = [(state, ", ".join(names), NOT_ACCEPTED) for state, names in by_state.items()]
        return told or [("", "", UNKNOWN)]

    @cached_property
    def _guarded_events(self) -> dict[str, str]:
        """How the symbols of a plain event are written that depends on guards."""
        return {
            event: f"depends on guards; write for example {event}[{guards[0]}]"
            for _, _, machine in each_machine(self.outcome.teams)
            for event, guards in machine.guards.items()
            if guards
        }
