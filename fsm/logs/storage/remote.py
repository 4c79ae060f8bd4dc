"""Logs in object stores and on the web.

Object stores are read by polars with the credentials of the environment: Parquet where it lies,
text once, line by line, into a temporary file. What is on the web is fetched whole, see
:mod:`fsm.logs.storage.web`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from fsm.errors import LogError
from fsm.files import Cleanup, TemporaryFolder
from fsm.logs.storage.addresses import CREDENTIALS, name_of, scheme_of

__all__ = ["Fetched", "fetch", "refused", "scan_remote"]

_REASONS: Final = (
    (("invalid utf8", "invalid utf-8"), "not UTF-8 text"),
    (("404 not found", "nosuch"), "it is not there"),
    (("401 unauthorized", "403 forbidden", "accessdenied"), "access is refused"),
    (("not allowed",), "its endpoint is not https; AWS_ALLOW_HTTP=true allows that"),
    (("credential", "metadata endpoint", "missing region"), "there are no credentials for it"),
    (("connect", "dns", "lookup address", "timed out"), "its server cannot be reached"),
)
"""What is passed on of an error, by what polars says."""


def _is_web(url: str) -> bool:
    return scheme_of(url) in ("http", "https")


def scan_remote(url: str) -> tuple[pl.LazyFrame, Cleanup | None]:
    """Return the rows of Parquet, and what must be held as long as they are read."""
    from fsm.logs.storage.parquet_pages import check_parquet_pages

    keep, place = None, url
    with _no_errors(url):
        if _is_web(url):
            directory, keep = _temporary()
            fetched = _downloaded(url, directory)
            check_parquet_pages(fetched, name_of(url))
            place = str(fetched)
        frame = pl.scan_parquet(place, glob=keep is None)
        frame.collect_schema()
    return frame, keep


@dataclass(frozen=True)
class Fetched:
    """Text from elsewhere in a file, as long as ``keep`` is held."""

    path: Path
    name: str
    keep: Cleanup


def fetch(url: str) -> list[Fetched]:
    """Fetch text, unpacked where it is packed by gzip or zstd; a pattern names several objects.

    Only a part of it is held in memory. Raises :class:`fsm.errors.LogError`.
    """
    from fsm.logs.storage.record_length import check_records

    directory, keep = _temporary()
    places: dict[str, Path] = {}
    with _no_errors(url):
        packed = _downloaded(url, directory) if _is_web(url) else None
        if packed:
            check_records(packed, name_of(url), quotes=False)
        lines = pl.scan_lines(packed or url, glob=packed is None, include_file_paths="name")
        for batch in lines.collect_batches(maintain_order=True):
            for (name,), part in batch.group_by("name", maintain_order=True):
                path = places.setdefault(str(name), directory / str(len(places)))
                with path.open("ab") as file:
                    file.write(("\n".join(part["line"].to_list()) + "\n").encode())
        if packed:
            packed.unlink()
    if not places:
        raise LogError(f"{name_of(url)}: empty, or nothing has such a name")
    names = [url] if _is_web(url) else places
    return [Fetched(path, name_of(n), keep) for n, path in zip(names, places.values(), strict=True)]


def _temporary() -> tuple[Path, Cleanup]:
    directory = TemporaryFolder()
    return Path(directory.name), Cleanup(directory.cleanup)


def _downloaded(url: str, directory: Path) -> Path:
    """Return the file that an address of the web was fetched into, as it came."""
    from fsm.logs.storage.web import download

    path = directory / "fetched"
    download(url, name_of(url), path, name_of)
    return path


@contextmanager
def _no_errors(url: str) -> Iterator[None]:
    try:
        yield
    except (pl.exceptions.PolarsError, OSError) as error:
        raise refused(url, error) from None


def refused(url: str, error: Exception) -> LogError:
    """Say in one line what is wrong with a remote log."""
    name, low = name_of(url), str(error).replace(url, "").lower()
    if isinstance(error, OSError) and error.errno is not None:  # of this machine's disk
        return LogError(f"{name}: {error.strerror or error}, while it was fetched")
    why = next((why for said, why in _REASONS if any(text in low for text in said)), None)
    if why is None:
        return LogError(f"{name}: not readable; download it, and give the file")
    if "UTF-8" in why:
        return LogError(
            f"{name}: {why}, or not packed by gzip or zstd; download it, and give the file "
            "(Parquet: its name ends in .parquet, or give --format parquet)"
        )
    where = CREDENTIALS.get(scheme_of(url) or "", "")
    if where and ("refused" in why or "credentials" in why):
        return LogError(f"{name}: {why}; the environment holds them: {where}")
    return LogError(f"{name}: {why}")
