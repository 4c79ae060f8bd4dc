"""Settings of polars and numpy. They read them from the environment when they are imported."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

__all__ = ["set_environment_defaults"]

_THREADS = 4
"""More threads do not make a replay faster, and each of them needs memory for read-ahead."""

_DEFAULTS = {
    # fsm uses no linear algebra, and the threads of OpenBLAS are costly to start.
    "OPENBLAS_NUM_THREADS": "1",
    # Read-ahead of polars. Its own defaults can take as much memory as the file.
    "POLARS_ROW_GROUP_PREFETCH_SIZE": "1",
    "POLARS_CSV_CHUNK_PREFETCH_LIMIT": "1",
    "POLARS_CSV_CHUNK_SIZE": "500000",
    "POLARS_NDJSON_CHUNK_PREFETCH_LIMIT": "1",
    "POLARS_NDJSON_CHUNK_SIZE": "2000000",
    # The allocator of polars: one arena instead of four per processor, and free pages are returned.
    "_RJEM_MALLOC_CONF": "narenas:1,muzzy_decay_ms:0",
}


def set_environment_defaults(environment: MutableMapping[str, str] = os.environ) -> None:
    """Set the variables that are not set already.

    Only the command line does this: a library must not change the environment of its caller.
    """
    if (os.cpu_count() or 1) > _THREADS:
        environment.setdefault("POLARS_MAX_THREADS", str(_THREADS))
    for name, value in _DEFAULTS.items():
        environment.setdefault(name, value)
