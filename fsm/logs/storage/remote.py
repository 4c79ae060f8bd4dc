"""Logs in object stores and on the web.

Object stores are read by polars with the credentials of the environment: Parquet where it lies,
text once, line by line, into a temporary file. What is on the web is fetched whole, see
:mod:`fsm.logs.storage.web`. No part of an address after its ``?`` is ever shown: signed addresses
carry their key there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import polars as pl

from fsm.errors import LogError
from fsm.files import Holder, TemporaryFolder

__all__ = [
    "Fetched",
    "fetch",
    "is_parquet",
    "is_remote",
    "local_path",
    "name_of",
    "refused",
    "scan_remote",
]

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_AWS = "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION"
_GOOGLE = "GOOGLE_APPLICATION_CREDENTIALS"
_AZURE = "AZURE_STORAGE_ACCOUNT_NAME, AZURE_STORAGE_ACCOUNT_KEY"
_CREDENTIALS: Final = {
    "s3": _AWS,
    "s3a": _AWS,
    "gs": _GOOGLE,
    "gcs": _GOOGLE,
    "az": _AZURE,
    "azure": _AZURE,
    "abfs": _AZURE,
    "abfss": _AZURE,
    "http": "",
    "https": "",
}
"""Schemes that are read, and the variables that their credentials are in."""
_REASONS: Final = (
    (("invalid utf8", "invalid utf-8"), "not UTF-8 text"),
    (("404 not found", "nosuch"), "it is not there"),
    (("401 unauthorized", "403 forbidden", "accessdenied"), "access is refused"),
    (("not allowed",), "its endpoint is not https; AWS_ALLOW_HTTP=true allows that"),
    (("credential", "metadata endpoint", "missing region"), "there are no credentials for it"),
    (("connect", "dns", "lookup address", "timed out"), "its server cannot be reached"),
)
"""What is passed on of an error, by what polars says."""


def is_remote(path: str) -> bool:
    """Return whether a path names something in an object store or on the web.

    Raises :class:`fsm.errors.LogError` for a scheme that is not read, and for a password.
    """
    scheme = _scheme(path)
    if scheme is None or scheme == "file":
        return False
    if scheme not in _CREDENTIALS:
        raise LogError(
            f"{name_of(path)}: {scheme}:// is not read; there are: "
            f"{', '.join(sorted(_CREDENTIALS))}, file"
        )
    if scheme.startswith("http") and "@" in path.partition("://")[2].partition("/")[0]:
        raise LogError(f"{name_of(path)}: an address with a name or password in it; leave that out")
    return True


def _scheme(path: str) -> str | None:
    found = _SCHEME.match(path)
    return found[1].lower() if found else None


def local_path(path: str) -> str:
    """Return the path of a file that is named by ``file://``, and any other as it is.

    >>> local_path("file:///var/log/mail%201.log"), local_path("mail.log")
    ('/var/log/mail 1.log', 'mail.log')
    """
    if _scheme(path) != "file":
        return path
    return unquote(path.partition("://")[2].removeprefix("localhost"))


def is_parquet(path: str, log_format: str | None) -> bool:
    """Return whether a path names Parquet: as given, else by its suffix."""
    if log_format is not None:
        return log_format == "parquet"
    return name_of(path).lower().endswith((".parquet", ".pq"))


def name_of(url: str) -> str:
    """Return what an address is called in messages: without what may be a secret in it.

    >>> name_of("https://example.org/mail.csv?X-Amz-Signature=beef")
    'https://example.org/mail.csv'
    >>> name_of("https://reader:word@example.org/mail.csv"), name_of("s3://logs/2026/??.csv")
    ('https://example.org/mail.csv', 's3://logs/2026/??.csv')
    """
    scheme = _scheme(url)
    if scheme is None:
        return url
    host, slash, rest = url.partition("://")[2].partition("/")
    if scheme in ("http", "https"):
        host, rest = host.partition("?")[0], re.split(r"[?#]", rest, maxsplit=1)[0]
    return (
        f"{scheme}://{host.rpartition('@')[2] if scheme.startswith('http') else host}{slash}{rest}"
    )


def _is_web(url: str) -> bool:
    return _scheme(url) in ("http", "https")


def scan_remote(url: str) -> tuple[pl.LazyFrame, Holder | None]:
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
    keep: Holder


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


def _temporary() -> tuple[Path, Holder]:
    directory = TemporaryFolder()
    return Path(directory.name), Holder(directory.cleanup)


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
    where = _CREDENTIALS.get(_scheme(url) or "", "")
    if where and ("refused" in why or "credentials" in why):
        return LogError(f"{name}: {why}; the environment holds them: {where}")
    return LogError(f"{name}: {why}")
