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
from fsm.engine.distinct_traces import EXAMPLES, DistinctTraces, spans
from fsm.engine.timelines import EXPIRY

__all__ = ["CountedEdit", "LeastRepair", "repair_traces"]


@dataclass(frozen=True)
class CountedEdit:
    """One kind of edit: how often it is part of the least repair, and where."""

    edit: Edit
    """The state, the event, and whether it is extra or missing."""
    count: int
    """How many of the edits of all messages are of this kind."""
    messages: int
    """How many messages need it, once or more often."""
    alone: int
    """How many messages need no other kind of edit."""
    rows: tuple[int, ...]
    """Rows of the log where it is needed, of the messages that begin first, three at most: the
    extra event; the event before which one is missing; the last event, where one is missing at the
    end."""


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
            "edits": [
                {
                    **found.edit._asdict(),
                    "count": found.count,
                    "messages": found.messages,
                    "alone": found.alone,
                }
                for found in self.edits
            ],
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
    """What was found of an edit; ``rows`` by the rows with which its messages begin."""

    count: int = 0
    messages: int = 0
    alone: int = 0
    rows: dict[int, int] = field(default_factory=dict)


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
        self.ids: dict[Edit, int] = {}

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
        codes = traces.codes.take(spans(traces.offsets[these], lengths))
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
        owners, events = np.repeat(these, lengths), spans(traces.offsets[these], lengths)
        within = events - traces.offsets[owners]
        steps, final = self.alignments.align(cells.take(events), begins, lengths)
        numbers = self.alignments.edits_of_step.take(steps).astype(np.intp)
        (at,) = np.nonzero(numbers)
        states, which = np.unique(final, return_inverse=True)
        ends = np.array(list(map(self.alignments.edits_at_end, states.tolist())), np.intp)[which]
        (ended,) = np.nonzero(ends)
        owners = np.concatenate([owners[at], these[ended]])
        places = np.concatenate([within[at], lengths[ended] - 1])
        numbers = np.concatenate([numbers[at], ends[ended]])
        order = np.argsort(owners, kind="stable")
        self._count(traces, owners[order], places[order], numbers[order])

    def _count(self, traces: DistinctTraces, owners: Index, places: Index, numbers: Index) -> None:
        """Count edits, given the trace, the place and the number of each sequence of them."""
        sequences = self.alignments.edits
        sizes = np.array([len(edits) for edits in sequences])
        ids = np.array([self._id(edit) for edits in sequences for edit in edits], np.intp)
        each = np.repeat(np.arange(len(numbers)), sizes[numbers])
        found = ids[spans((np.cumsum(sizes) - sizes)[numbers], sizes[numbers])]
        counts = np.bincount(found, traces.counts[owners[each]], minlength=len(self.found))
        # Each edit of a trace once, with its first place.
        pairs, first = np.unique(owners[each] * len(self.found) + found, return_index=True)
        having, kind = pairs // max(1, len(self.found)), pairs % max(1, len(self.found))
        of_pair = traces.counts[having]
        alone = np.bincount(having, minlength=len(traces))[having] == 1
        messages = np.bincount(kind, of_pair, minlength=len(self.found))
        only = np.bincount(kind, of_pair * alone, minlength=len(self.found))
        examples = _first_places(kind, len(self.found))
        for number, edit in enumerate(self.found.values()):
            edit.count += int(counts[number])
            edit.messages += int(messages[number])
            edit.alone += int(only[number])
            for pair in examples[number][examples[number] >= 0].tolist():
                trace, place = int(having[pair]), int(places[each[first[pair]]])
                begins, rows = traces.rows_of(trace, 0), traces.rows_of(trace, place)
                # The end of a validity period has no row: the message's first one stands for it.
                edit.rows.update(
                    (b, b if r == EXPIRY else r) for b, r in zip(begins, rows, strict=True)
                )
            edit.rows = dict(sorted(edit.rows.items())[:EXAMPLES])

    def _id(self, edit: Edit) -> int:
        """Return the number of a kind of edit."""
        if edit not in self.ids:
            self.ids[edit] = len(self.ids)
            self.found[edit] = _Found()
        return self.ids[edit]

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
                CountedEdit(
                    edit, found.count, found.messages, found.alone, tuple(found.rows.values())
                )
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


def _first_places(keys: Index, count: int) -> Index:
    """Return the first places at which each key stands, -1 where there are no more."""
    firsts = np.full((count, EXAMPLES), -1)
    left = np.arange(len(keys))
    for column in range(EXAMPLES):
        firsts[keys[left][::-1], column] = left[::-1]  # backwards, so that the first one stays
        left = left[firsts[keys[left], column] != left]
    return firsts
