"""A monitor folded like a machine: a table over the cells that the events of a log met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fsm.arrays import Codes, Index, Mask
from fsm.conformance.claims.claim_counts import ClaimCounts, Folded, first_contradictions
from fsm.conformance.claims.joint_steps import JointStep
from fsm.conformance.claims.monitors import Monitor, Signal, Standing, Value
from fsm.engine.fold import FoldedEvents, TransitionTable, fold_events

__all__ = ["MonitorCheck", "monitor_check"]


@dataclass(frozen=True, repr=False)
class MonitorCheck:
    """A monitor as a table. ``symbols`` has the column of each cell, 0 where nothing changes.

    ``standings`` are those of its values; ``hopeless`` are the states of the product in which what
    is owed can no longer happen.
    """

    product: int
    symbols: Codes
    table: TransitionTable
    start: int
    standings: Codes
    hopeless: Mask
    machines: Sequence[int]
    """The numbers of the machines whose states are shown."""

    def count(self, folded: Folded) -> ClaimCounts:
        """Fold the monitor over the messages of a bucket."""
        timelines = folded.timelines
        symbols = self.symbols.take(folded.cells)
        is_read = symbols != 0
        at = np.flatnonzero(is_read)
        read_before = np.append(0, np.cumsum(is_read))
        values = fold_events(
            self.table, symbols.take(at), read_before.take(timelines.offsets), self.start
        )
        ends = self.standings.take(values.final)
        owed = ends == Standing.OWED
        lost = np.flatnonzero(owed & self.hopeless.take(folded.folded.final))
        wrong = np.flatnonzero(ends == Standing.VIOLATED)
        messages, places = np.append(wrong, lost), np.zeros(0, np.intp)
        if len(messages):
            lost_places = self._lost_places(values, at, lost, folded)
            places = np.append(self._wrong_places(values, at, folded), lost_places)

        def describe(number: int) -> tuple[list[int], str]:
            return self._describe(folded, int(messages[number]), int(places[number]))

        return ClaimCounts(
            int(np.count_nonzero(ends != Standing.WAITING)),
            len(messages),
            int(np.count_nonzero(owed)) - len(lost),
            first_contradictions(folded, places, describe),
        )

    def _wrong_places(self, values: FoldedEvents, at: Index, folded: Folded) -> Index:
        """Return where each violated message is violated: a violation lasts from there on."""
        if self.standings[self.start] == Standing.VIOLATED:
            return folded.timelines.offsets
        return at[self._enters(self.table, self.standings == Standing.VIOLATED).take(values.cells)]

    def _lost_places(self, values: FoldedEvents, at: Index, lost: Index, folded: Folded) -> Index:
        """Return where what some messages owe can no longer happen, or is owed where it cannot."""
        if not len(lost):
            return lost
        places = folded.timelines.offsets.copy()
        table = folded.product.table
        for found in (
            np.flatnonzero(self._enters(table, self.hopeless).take(folded.cells)),
            at[self._enters(self.table, self.standings == Standing.OWED).take(values.cells)],
        ):
            # In order of place: of several ones of a message the last one stays.
            owners = folded.timelines.owners.take(found)
            places[owners] = np.maximum(places[owners], found)
        return places[lost]

    @staticmethod
    def _enters(table: TransitionTable, among: Mask) -> Mask:
        """Return the cells of a table that lead from outside some states into them."""
        before = np.arange(len(table.follow)) // table.width
        enters: Mask = among.take(table.follow // table.width) & ~among.take(before)
        return enters

    def _describe(self, folded: Folded, message: int, place: int) -> tuple[list[int], str]:
        """Return the places of the events concerned, and why they violate the claim."""
        first = int(folded.timelines.offsets[message])
        value, opening, width = self.start, None, self.table.width
        follow = self.table.follow.tolist()
        standing = self.standings[value]
        if standing == Standing.VIOLATED:
            return [first], "at the start"
        for at, symbol in enumerate(self.symbols[folded.cells[first : place + 1]].tolist(), first):
            value = follow[value * width + symbol] // width
            if self.standings[value] != standing:
                standing = self.standings[value]
                if standing == Standing.VIOLATED:
                    break
                opening = at
        concerned = [place] if opening is None or opening == place else [opening, place]
        event, state = folded.event_at(place), folded.state_after(place, self.machines)
        lost = "" if standing == Standing.VIOLATED else ", where it can no longer happen"
        return concerned, f"{event} leads to {state}{lost}" if state else event


def monitor_check(
    monitor: Monitor[Value, Signal],
    product: int,
    initial: JointStep,
    cells: Sequence[Sequence[JointStep]],
    hopeless: Mask,
    machines: Sequence[int],
) -> MonitorCheck:
    """Make the table of a monitor; ``cells`` are the steps of each cell of the product."""
    heard = [tuple(map(monitor.signal, steps)) for steps in cells]
    words = list(dict.fromkeys(heard))
    values = [monitor.start(initial)]
    numbers = {values[0]: 0}
    rows = []
    for value in values:  # grows while values are found
        row = []
        for word in words:
            target = value
            for signal in word:
                target = monitor.after(target, signal)
            if target not in numbers:
                numbers[target] = len(values)
                values.append(target)
            row.append(numbers[target])
        rows.append(row)
    table = np.array(rows)
    changing = (table != np.arange(len(rows))[:, None]).any(axis=0)
    # Column 0 stands for all words that change nothing; it is never read.
    columns = np.where(changing, np.cumsum(changing), 0)
    dense = np.hstack([np.arange(len(rows))[:, None], table[:, changing]])
    kind = np.min_scalar_type(dense.shape[1])
    number_of = dict(zip(words, columns.tolist(), strict=True))
    return MonitorCheck(
        product,
        np.array([number_of[word] for word in heard]).astype(kind),
        TransitionTable.of(dense.tolist(), dense.shape[1]),
        0,
        np.array([monitor.standing(value) for value in values], np.uint8),
        hopeless,
        machines,
    )
