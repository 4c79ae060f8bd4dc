"""How many messages have a cause, however often each of them has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from fsm.arrays import Index
from fsm.conformance.alignment import CauseKey, Edit

__all__ = ["messages_by_cause"]


def messages_by_cause(
    counts: Index, met: Iterable[tuple[Index, Index, Callable[[int], Sequence[Edit]]]]
) -> Counter[CauseKey]:
    """Return the number of messages of each cause.

    ``counts`` is how many messages have each trace. ``met`` are traces, what each of them met, as
    numbers, and what returns the edits that such a number stands for.
    """
    causes: dict[CauseKey, int] = {}
    traces, numbers = [np.zeros(0, np.intp)], [np.zeros(0, np.intp)]
    for owners, kinds, edits_of in met:
        order = np.argsort(kinds, kind="stable")
        found, starts = np.unique(kinds[order], return_index=True)
        for kind, those in zip(found.tolist(), np.split(owners[order], starts[1:]), strict=False):
            for cause in dict.fromkeys(edit.cause for edit in edits_of(kind)):
                traces.append(those)
                numbers.append(np.full(len(those), causes.setdefault(cause, len(causes))))
    width = max(1, len(causes))
    pairs = np.unique(np.concatenate(traces) * width + np.concatenate(numbers))
    sums = np.bincount(pairs % width, counts[pairs // width], minlength=width)
    return Counter({cause: int(sums[number]) for cause, number in causes.items()})
