"""The types of numpy arrays that logs and the engine share."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Codes", "Index", "Keys", "Mask", "smallest"]

Codes: TypeAlias = NDArray[Any]
"""Whole numbers, of the smallest unsigned type that holds them."""
Index: TypeAlias = NDArray[np.intp]
"""Positions in another array."""
Keys: TypeAlias = NDArray[np.uint64]
"""Hashes."""
Mask: TypeAlias = NDArray[np.bool_]
"""Which rows are meant."""


def smallest(largest: int) -> np.dtype[Any]:
    """Return the smallest unsigned type that holds a number.

    >>> smallest(255), smallest(256)
    (dtype('uint8'), dtype('uint16'))
    """
    return np.min_scalar_type(largest)
