"""The least repair of a log: the fewest insertions and deletions that make its messages fit.

For each distinct trace: its cost by :mod:`fsm.conformance.cost_vectors`, and where it does not
fit, its alignment by :mod:`fsm.conformance.alignment`. Traces come in parts, so that the memory is
bounded however many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from fsm.arrays import Codes, Index
from fsm.conformance.alignment import Alignments, Edit
from fsm.conformance.cost_vectors import MOST_VECTORS, CostVectors, Detail
from fsm.conformance.repair_model import RepairModel
from fsm.engine.distinct_traces import EXAMPLES, DistinctTraces

__all__ = ["CountedEdit", "LeastRepair", "repair_traces"]


@dataclass(frozen=True)
class CountedEdit:
    """One kind of edit: how often it is part of the least repair, and where."""

    edit: Edit
    """The state, the event, and whether it is extra or missing."""
    count: int
    """How many of the edits of all messages are of this kind."""
    rows: tuple[int, ...]
    """Rows of the log where it is needed first: the extra event; the event before which one is
    missing; the last event, where one is missing at the end."""


@dataclass(frozen=True)
class LeastRepair:
    """What is extra and what is missing in a log, so that every message fits the machine."""

    fitting: int
    """Messages that are traces of the machine as they are."""
    not_fitting: int
    """Messages that must be repaired."""
    without_events: int
    """Messages without any event of the machine; they are not judged."""
    extra: int
    """Events that are too many."""
    missing: int
    """Events that are missing."""
    most: int
    """The cost if all events were too many and a shortest trace were put in their place."""
    outside: Mapping[str, int]
    """Events that the machine does not have, with how often they occur; by an empty name those
    whose names were not looked for."""
    edits: tuple[CountedEdit, ...]
    """The edits, the most frequent first."""
    bounded: int = 0
    """Messages that are not repaired, since the work on them was too much; of ``not_fitting``."""
    bounds: tuple[int, int] = (0, 0)
    """The least and the most that they add to the cost."""
    distinct: int = 0
    """The distinct traces that were looked at."""

    @property
    def cost(self) -> int:
        """The number of repairs: extra and missing events."""
        return self.extra + self.missing

    @property
    def fitness(self) -> float:
        """1 where every message fits, 0 where no event could stay."""
        return 1 - self.cost / self.most if self.most else 1.0

    def as_dict(self) -> dict[str, object]:
        """Return the counts for JSON."""
        return {
            "messages": {
                "fitting": self.fitting,
                "not_fitting": self.not_fitting,
                "without_events": self.without_events,
            },
            "cost": self.cost,
            "extra": self.extra,
            "missing": self.missing,
            "fitness": round(self.fitness, 6),
            "outside": dict(self.outside),
            "edits": [{**found.edit._asdict(), "count": found.count} for found in self.edits],
            "bounded": {
                "messages": self.bounded,
                "least": self.bounds[0],
                "most": self.bounds[1],
            },
        }


def repair_traces(
    model: RepairModel, parts: Iterable[DistinctTraces], most_vectors: int = MOST_VECTORS
) -> LeastRepair:
    """Return the least repair of the traces of a log."""
    repairs = _Repairs(model, most_vectors)
    for part in parts:
        repairs.add(part)
    return repairs.result()


@dataclass
class _Found:
    count: int = 0
    rows: list[int] = field(default_factory=list)


class _Repairs:
    """What was found in the parts so far."""

    def __init__(self, model: RepairModel, most_vectors: int) -> None:
        self.model = model
        self.vectors = CostVectors(model, most_vectors)
        self.coarse: dict[Detail, CostVectors] = {}
        self.alignments = Alignments(self.vectors)
        self.counts = dict.fromkeys(
            ("fitting", "not_fitting", "without_events", "most", "bounded", "distinct"), 0
        )
        self.bounds = np.zeros(2, np.int64)
        self.outside = np.zeros(model.alphabet.unknown + 1, np.int64)
        self.found: dict[Edit, _Found] = {}

    def add(self, traces: DistinctTraces) -> None:
        """Repair the traces of one part."""
        codes, offsets, lengths = traces.codes, traces.offsets, traces.lengths
        counts = traces.counts
        self._note_outside(codes, np.repeat(counts, lengths))
        events = _sums(self.model.may_be_extra.take(codes), offsets, lengths)
        cells, first = self.vectors.fold(codes, offsets, lengths)
        costs = self.vectors.costs(cells, offsets, lengths, first)
        judged = events > 0
        most = events + self.model.shortest
        (refused,) = np.nonzero(judged & (costs < 0))
        if len(refused):
            least, highest = self._bounds(traces, refused, most[refused])
            # The upper bound is 0 only where a trace fits.
            costs[refused] = np.where(highest == 0, 0, costs[refused])
            self.bounds += counts[refused] @ least, counts[refused] @ highest
        fits, bounded = judged & (costs == 0), judged & (costs < 0)
        for name, which, values in (
            ("fitting", fits, counts),
            ("not_fitting", judged & ~fits, counts),
            ("without_events", ~judged, counts),
            ("most", judged & ~bounded, most * counts),
            ("bounded", bounded, counts),
        ):
            self.counts[name] += int(values[which].sum())
        self.counts["distinct"] += len(traces)
        self._align(traces, cells, np.flatnonzero(judged & (costs > 0)))

    def _bounds(self, traces: DistinctTraces, these: Index, most: Index) -> tuple[Index, Index]:
        """Return lower and upper bounds of the costs of traces; ``most`` is always one."""
        lengths = traces.lengths[these]
        begins = np.cumsum(lengths) - lengths
        within = np.arange(int(lengths.sum())) - np.repeat(begins, lengths)
        codes = traces.codes.take(np.repeat(traces.offsets[these], lengths) + within)
        found = []
        for detail in (Detail.LOWER, Detail.UPPER):
            if detail not in self.coarse:
                self.coarse[detail] = CostVectors(self.model, detail=detail)
            vectors = self.coarse[detail]
            cells, first = vectors.fold(codes, begins, lengths)
            found.append(vectors.costs(cells, begins, lengths, first))
        lower, upper = found
        return np.maximum(lower, 0), np.where(upper < 0, most, np.minimum(upper, most))

    def _note_outside(self, codes: Codes, counts: Index) -> None:
        """Count the events that the machine does not have."""
        met = np.bincount(codes, counts, minlength=self.model.alphabet.width)
        self.outside += met[: len(self.outside)].astype(np.int64)

    def _align(self, traces: DistinctTraces, cells: Index, these: Index) -> None:
        """Align the traces that do not fit, and count their edits."""
        lengths = traces.lengths[these]
        begins = np.cumsum(lengths) - lengths
        within = np.arange(int(lengths.sum())) - np.repeat(begins, lengths)
        owners = np.repeat(these, lengths)
        steps, final = self.alignments.align(
            cells.take(traces.offsets[owners] + within), begins, lengths
        )
        edits = self.alignments.edits_of_step.take(steps).astype(np.intp)
        (at,) = np.nonzero(edits)
        for number, places, count in _grouped(edits[at], at, traces.counts[owners[at]]):
            rows = _rows(traces, owners[places].tolist(), within[places].tolist())
            for edit in self.alignments.edits[number]:
                self._note(edit, count, rows)
        for state, places, count in _grouped(final, np.arange(len(these)), traces.counts[these]):
            last = these[places].tolist()
            for edit in self.alignments.at_end(state):
                self._note(edit, count, _rows(traces, last, (traces.lengths[last] - 1).tolist()))

    def _note(self, edit: Edit, count: int, rows: list[int]) -> None:
        found = self.found.setdefault(edit, _Found())
        found.count += count
        found.rows = sorted({*found.rows, *rows})[:EXAMPLES]

    def result(self) -> LeastRepair:
        """Return the least repair of all parts."""
        kinds = dict.fromkeys(("extra", "missing"), 0)
        for edit, found in self.found.items():
            kinds[edit.kind] += found.count
        names = [*self.model.alphabet.events, ""]
        outside = {
            names[code]: count
            for code, count in enumerate(self.outside.tolist())
            if count and code not in self.model.inside
        }
        return LeastRepair(
            **self.counts,
            **kinds,
            outside=outside,
            edits=tuple(
                CountedEdit(edit, found.count, tuple(found.rows))
                for edit, found in sorted(
                    self.found.items(), key=lambda item: (-item[1].count, item[0])
                )
            ),
            bounds=(int(self.bounds[0]), int(self.bounds[1])),
        )


def _sums(values: Codes, offsets: Index, lengths: Index) -> Index:
    """Return the sum of the values of each trace."""
    sums = np.zeros(len(offsets), np.intp)
    some = np.flatnonzero(lengths)
    if len(some):
        sums[some] = np.add.reduceat(values, offsets[some], dtype=np.intp)
    return sums


def _grouped(keys: Index, places: Index, counts: Index) -> Iterable[tuple[int, Index, int]]:
    """Yield each key with the first places that have it, and the sum of the counts."""
    sums = np.bincount(keys, counts)
    (found,) = np.nonzero(sums)
    firsts = np.full((len(sums), EXAMPLES), -1)
    left = np.arange(len(keys))
    for column in range(EXAMPLES):
        firsts[keys[left][::-1], column] = left[::-1]  # backwards, so that the first one stays
        left = left[firsts[keys[left], column] != left]
    for key in found.tolist():
        first = firsts[key]
        yield key, places[first[first >= 0]], int(sums[key])


def _rows(traces: DistinctTraces, these: list[int], places: list[int]) -> list[int]:
    """Return the first rows of events of traces."""
    rows = [row for pair in zip(these, places, strict=True) for row in traces.rows_of(*pair)]
    return sorted(rows)[:EXAMPLES]
