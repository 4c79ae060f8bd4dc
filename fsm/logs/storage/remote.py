"""Logs in object stores and on the web.

polars reads object stores with the credentials of the environment: Parquet in place, text once,
line by line, into a temporary file. Files on the web are downloaded, see
:mod:`fsm.logs.storage.web`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import polars as pl

from fsm.errors import LogError
from fsm.files import Cleanup, held_folder
from fsm.logs.storage.addresses import CREDENTIALS, name_of, scheme_of
from fsm.logs.storage.stored_file import StoredFile

__all__ = ["fetch", "refused", "scan_remote"]

_REASONS: Final = (
    (("invalid utf8", "invalid utf-8"), "not UTF-8 text"),
    (("404 not found", "nosuch"), "it is not there"),
    (("401 unauthorized", "403 forbidden", "accessdenied"), "access is refused"),
    (("not allowed",), "its endpoint is not https; AWS_ALLOW_HTTP=true allows that"),
    (("credential", "metadata endpoint", "missing region"), "there are no credentials for it"),
    (("connect", "dns", "lookup address", "timed out"), "its server cannot be reached"),
)
"""What is reported of an error, by words in the message of polars, which may quote secrets."""


def _is_web(url: str) -> bool:
    return scheme_of(url) in ("http", "https")


def scan_remote(url: str) -> tuple[pl.LazyFrame, Cleanup | None]:
    """Return the rows of Parquet, and what must be held as long as they are read.

    Raises :class:`fsm.errors.LogError`.
    """
    from fsm.logs.storage.parquet_pages import check_parquet_pages

    keep, source = None, url
    with _remote_errors(url):
        if _is_web(url):
            directory, keep = held_folder()
            fetched = _downloaded(url, directory)
            check_parquet_pages(fetched, name_of(url))
            source = str(fetched)
        frame = pl.scan_parquet(source, glob=keep is None)
        frame.collect_schema()
    return frame, keep


def fetch(url: str) -> list[StoredFile]:
    """Fetch text, and unpack it if it is packed by gzip or zstd; a pattern names several objects.

    Memory does not grow with the text. Raises :class:`fsm.errors.LogError`.
    """
    from fsm.logs.storage.record_length import check_records

    directory, keep = held_folder()
    copies: dict[str, Path] = {}
    with _remote_errors(url):
        packed = _downloaded(url, directory) if _is_web(url) else None
        if packed:
            check_records(packed, name_of(url), quotes=False)
        lines = pl.scan_lines(packed or url, glob=packed is None, include_file_paths="name")
        for batch in lines.collect_batches(maintain_order=True):
            for (name,), part in batch.group_by("name", maintain_order=True):
                path = copies.setdefault(str(name), directory / str(len(copies)))
                with path.open("ab") as file:
                    file.write(("\n".join(part["line"].to_list()) + "\n").encode())
        if packed:
            packed.unlink()
    if not copies:
        raise LogError(f"{name_of(url)}: empty, or nothing has such a name")
    names = [url] if _is_web(url) else copies
    return [
        StoredFile(path, name_of(name), keep=keep)
        for name, path in zip(names, copies.values(), strict=True)
    ]


def _downloaded(url: str, directory: Path) -> Path:
    """Download an address of the web; return the file, which may be packed."""
    from fsm.logs.storage.web import download

    path = directory / "fetched"
    download(url, name_of(url), path, name_of)
    return path


@contextmanager
def _remote_errors(url: str) -> Iterator[None]:
    try:
        yield
    except (pl.exceptions.PolarsError, OSError) as error:
        raise refused(url, error) from None


def refused(url: str, error: Exception) -> LogError:
    """Return what is wrong with a remote log, in one line."""
    name, low = name_of(url), str(error).replace(url, "").lower()
    if isinstance(error, OSError) and error.errno is not None:  # an error of the local disk
        return LogError(f"{name}: {error.strerror or error}, while it was fetched")
    reason = next((why for words, why in _REASONS if any(word in low for word in words)), None)
    if reason is None:
        return LogError(f"{name}: not readable; download it, and give the file")
    if "UTF-8" in reason:
        return LogError(
            f"{name}: {reason}, or not packed by gzip or zstd; download it, and give the file "
            "(Parquet: its name ends in .parquet, or give --format parquet)"
        )
    variables = CREDENTIALS.get(scheme_of(url) or "", "")
    if variables and ("refused" in reason or "credentials" in reason):
        return LogError(f"{name}: {reason}; the environment holds them: {variables}")
    return LogError(f"{name}: {reason}")
