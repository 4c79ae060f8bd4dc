"""How the libraries below are set up: by the environment, before any of them is imported."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

__all__ = ["set_up"]

_THREADS = 4
"""More do not make a replay faster, and each reads rows ahead."""

_DEFAULTS = {
    # No linear algebra here, and its threads are costly to start.
    "OPENBLAS_NUM_THREADS": "1",
    # How much polars reads ahead. Its own values suit queries that take as much memory as the file.
    "POLARS_ROW_GROUP_PREFETCH_SIZE": "1",
    "POLARS_CSV_CHUNK_PREFETCH_LIMIT": "1",
    "POLARS_CSV_CHUNK_SIZE": "500000",
    "POLARS_NDJSON_CHUNK_PREFETCH_LIMIT": "1",
    "POLARS_NDJSON_CHUNK_SIZE": "2000000",
    # The allocator of polars: one arena instead of four a processor, and free pages given back.
    "_RJEM_MALLOC_CONF": "narenas:1,muzzy_decay_ms:0",
}


def set_up(environment: MutableMapping[str, str] = os.environ) -> None:
    """Set what is not set already. Only a command does: a library leaves its callers alone."""
    if (os.cpu_count() or 1) > _THREADS:
        environment.setdefault("POLARS_MAX_THREADS", str(_THREADS))
    for name, value in _DEFAULTS.items():
        environment.setdefault(name, value)
