"""Write files whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fsm.errors import OutputError

__all__ = ["replacing", "write_bytes"]


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path that takes the place of ``path`` when the block ends well.

    On any exception the temporary file is removed and ``path`` stays as it was. What is no
    regular file (a pipe, ``/dev/stdout``) is written directly. Raises :class:`OutputError`.
    """
    direct = path.exists() and not path.is_file()
    if path.is_dir():
        raise OutputError(f"{path}: a directory; name a file")
    target = path.resolve()  # a link keeps pointing where it points
    temporary = path if direct else target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        if not direct:
            temporary.replace(target)
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror or error}") from error
    finally:
        if not direct:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def write_bytes(data: bytes, path: Path) -> None:
    """Write a file whole or not at all; raises :class:`OutputError`."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)
