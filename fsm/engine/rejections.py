"""Rejected events: where they stand, in which state the message was, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fsm.arrays import Index, Mask
from fsm.engine.bucket_counts import LATE
from fsm.engine.counts import Counts
from fsm.engine.source_rows import SourceRows
from fsm.logs.log import Log
from fsm.logs.log_file import Proof

__all__ = ["OLDER", "RejectionKind", "RejectionKinds", "Rejections"]

UNKNOWN = "event not defined in any machine"
OLDER = "late: older than what the checkpoint has seen of its message"
NOT_ACCEPTED = "not accepted in this state"

_NAMED = 100_000
"""Unknown events, and late ones, that are separated by name; beyond that, only counted."""
_EXAMPLES = 3
_REASON = ["event", "state", "machine", "reason"]


@dataclass(frozen=True, slots=True)
class RejectionKind:
    """Events that are rejected for one reason."""

    event: str
    """The event."""
    state: str
    """Where the messages were; empty where no machine defines the event."""
    machines: str
    """The names of the machines that agree on it."""
    reason: str
    """Why it is rejected."""
    count: int
    """How many events are of this kind."""
    examples: tuple[Proof, ...]
    """File, line and text of some of them."""


@dataclass(frozen=True, slots=True)
class RejectionKinds:
    """The most frequent kinds of rejected events."""

    first: tuple[RejectionKind, ...]
    """The most frequent kinds."""
    different: int
    """The number of all kinds."""
    unnamed: int
    """Unknown and late events that no kind counts: beyond the first 100,000 of each they are not
    read, so no name is known."""


@dataclass(frozen=True, repr=False)
class Rejections:
    """The rejected events of a log."""

    log: Log
    counts: Counts
    source_rows: SourceRows

    def table(self, most: int | None = None) -> pl.DataFrame:
        """Return the first events with ``file``, ``line``, their texts, and why they are rejected.

        An event has a row for each state in which some of the machines reject it.
        """
        rows = self.counts.buckets.rejected_rows[:most]
        cells = self.counts.buckets.rejected_cells[:most]
        distinct_cells, kind_of_event = np.unique(cells, axis=0, return_inverse=True)
        events = self.log.locate(self.source_rows.of(rows))
        return self._with_reasons(events, distinct_cells, kind_of_event.ravel()).drop("kind")

    def kinds(self, most: int) -> RejectionKinds:
        """Return the most frequent kinds of rejected events, each with up to three examples.

        Of events that no machine defines, and of late events, the first 100,000 are separated by
        their names.
        """
        rows, cells = self.counts.buckets.rejected_rows, self.counts.buckets.rejected_cells
        # Events with the same cell in every product are of one kind: they share state and reason.
        distinct_cells, kind_of_event, counts = np.unique(
            cells, axis=0, return_inverse=True, return_counts=True
        )
        kind_of_event, any_name = kind_of_event.ravel(), self._have_any_name(distinct_cells)
        at = _sample(kind_of_event, any_name)
        events = self._with_reasons(
            self.source_rows.of(rows[at]), distinct_cells, kind_of_event[at]
        )
        counted = _counted(events, counts, any_name)
        unnamed = sum(max(0, count - _NAMED) for count in counts[any_name].tolist())
        return RejectionKinds(tuple(self._examples(counted.head(most))), counted.height, unnamed)

    def _examples(self, counted: pl.DataFrame) -> Iterator[RejectionKind]:
        places = counted.select(pl.col("at").explode()).unnest("at")
        proofs = self.log.proofs(places)
        for row in counted.iter_rows(named=True):
            first = sorted((place["file"], place["row"]) for place in row["at"])[:_EXAMPLES]
            yield RejectionKind(
                row["event"],
                row["state"],
                row["machine"],
                row["reason"],
                row["count"],
                tuple(proofs[place] for place in first),
            )

    def _have_any_name(self, cells: NDArray[np.uint32]) -> Mask:
        """Return the kinds whose events may differ in their names: unknown and late events."""
        product = self.counts.products[0]
        is_unknown = cells[:, 0] % product.table.width == product.codes.unknown
        mask: Mask = is_unknown | (cells[:, 0] == LATE)
        return mask

    def _with_reasons(
        self, events: pl.DataFrame, distinct_cells: NDArray[np.uint32], kind_of_event: Index
    ) -> pl.DataFrame:
        """Add ``kind``, ``state``, ``machine`` and ``reason`` to events.

        A kind is a row of ``distinct_cells``; ``kind_of_event`` has the number of each event's row.
        """
        verdicts = [
            (number, *verdict)
            for number, cells in enumerate(distinct_cells.tolist())
            for verdict in self._verdicts(cells)
        ]
        columns = ("kind", "state", "machine", "reason")
        schema = dict.fromkeys(columns, pl.String) | {"kind": pl.Int64}
        reasons = pl.DataFrame(verdicts, schema=schema, orient="row")
        explained = events.with_columns(pl.Series("kind", kind_of_event, pl.Int64)).join(
            reasons, on="kind", how="left", maintain_order="left_right"
        )
        if not self._guarded_events:
            return explained
        hint = pl.col("event").replace_strict(self._guarded_events, default=pl.col("reason"))
        unknown = pl.col("reason") == UNKNOWN
        return explained.with_columns(
            pl.when(unknown).then(hint).otherwise("reason").alias("reason")
        )

    def _verdicts(self, cells: list[int]) -> list[tuple[str, str, str]]:
        """Return (state, machines, reason) of a rejected event, given its cell in each product."""
        if cells[0] == LATE:
            return [("", "", OLDER)]
        by_state: dict[str, list[str]] = {}
        for product, cell in zip(self.counts.products, cells, strict=True):
            for number, machine in enumerate(product.machines):
                if product.rejected[number, cell]:
                    state = product.state_names(number)[cell // product.table.width]
                    by_state.setdefault(state, []).append(machine.name)
        verdicts = [(state, ", ".join(names), NOT_ACCEPTED) for state, names in by_state.items()]
        return verdicts or [("", "", UNKNOWN)]

    @cached_property
    def _guarded_events(self) -> dict[str, str]:
        """How the symbols of a plain event are written that depends on guards."""
        return {
            event: f"depends on guards; write for example {event}[{guards[0]}]"
            for machine in self.counts.machines
            for event, guards in machine.guards.items()
            if guards
        }


def _sample(kind_of_event: Index, any_name: Mask) -> Index:
    """Return which rows are read: those to be separated by name, and some of each other kind."""
    most = [_NAMED if several else _EXAMPLES for several in any_name]
    parts = [np.flatnonzero(kind_of_event == number)[:count] for number, count in enumerate(most)]
    return np.sort(np.concatenate([np.zeros(0, np.intp), *parts]))


def _counted(events: pl.DataFrame, counts: Index, any_name: Mask) -> pl.DataFrame:
    """Count the events by event, state, machine and reason, the most frequent first.

    ``events`` are a sample. Of a kind that machines define a few events were read, all with one
    name: the total is that of the kind, from ``counts``. Unknown and late events can have any name,
    so the total of a name is the number of events read. Column ``at`` has the places of examples.
    """
    kinds = pl.DataFrame(
        {
            "kind": pl.Series(range(len(counts)), dtype=pl.Int64),
            "total": pl.Series(counts, dtype=pl.Int64),
            "any_name": pl.Series(any_name, dtype=pl.Boolean),
        }
    )
    by_kind = events.group_by("kind", *_REASON, maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("read"),
        pl.struct("file", "row").head(_EXAMPLES).alias("at"),
    )
    return (
        by_kind.join(kinds, on="kind", maintain_order="left")
        .with_columns(pl.when("any_name").then("read").otherwise("total").alias("count"))
        .group_by(_REASON, maintain_order=True)
        .agg(pl.col("count").sum(), pl.col("at").explode())
        .sort("count", *_REASON, descending=[True] + [False] * len(_REASON))
    )
