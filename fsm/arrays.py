"""The types of numpy arrays that logs and the engine share."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Codes", "Index", "Keys", "Mask", "Times"]

Codes: TypeAlias = NDArray[Any]
"""Whole numbers, of the smallest unsigned type that holds them."""
Index: TypeAlias = NDArray[np.intp]
"""Positions in another array."""
Keys: TypeAlias = NDArray[np.uint64]
"""Hashes."""
Mask: TypeAlias = NDArray[np.bool_]
"""One truth value for each row."""
Times: TypeAlias = NDArray[np.int64]
"""Microseconds since 1970."""
