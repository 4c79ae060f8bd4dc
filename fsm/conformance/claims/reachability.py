"""How often something can still occur, from each state of a product machine on."""

from __future__ import annotations

import numpy as np

from fsm.arrays import Index
from fsm.engine.product_machine import ProductMachine

__all__ = ["most_to_come"]


def most_to_come(product: ProductMachine, occurrences: Index, enough: int) -> Index:
    """Return, for each state, how often something can still occur at most, ``enough`` for more.

    ``occurrences`` says how often it occurs in each cell. Source: R. Bellman, On a Routing Problem,
    1958, for longest paths: a path that has more occurrences than all cells together goes round a
    loop, and can have any number.
    """
    width = product.table.width
    targets = product.table.follow.astype(np.intp).reshape(-1, width) // width
    gains = occurrences.reshape(-1, width)
    bound = min(enough, int(occurrences.sum()) + 1)
    most = np.zeros(len(targets), np.intp)
    while True:
        more = np.minimum((gains + most[targets]).max(axis=1), bound)
        if (more == most).all():
            return np.where(most >= bound, enough, most) if bound else most
        most = more
