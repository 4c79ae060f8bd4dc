"""Addresses of logs in object stores and on the web, and their names in messages.

The part of an address after its ``?`` is never shown: signed addresses have their key there.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

from fsm.errors import LogError

__all__ = ["CREDENTIALS", "is_parquet", "is_remote", "local_path", "name_of", "scheme_of"]

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_AWS = "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION"
_GOOGLE = "GOOGLE_APPLICATIONCREDENTIALS"
_AZURE = "AZURE_STORAGE_ACCOUNT_NAME, AZURE_STORAGE_ACCOUNT_KEY"
CREDENTIALS: Final = {
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
"""Schemes that are read, and the environment variables of their credentials."""


def is_remote(path: str) -> bool:
    """Return whether a path is an address in an object store or on the web.

    Raises :class:`fsm.errors.LogError` for a scheme that is not read, and for a password.
    """
    if "://" not in path:
        return False
    scheme = scheme_of(path)
    if scheme is None or scheme == "file":
        return False
    if scheme not in CREDENTIALS:
        raise LogError(
            f"{name_of(path)}: {scheme}:// is not read; there are: "
            f"{', '.join(sorted(CREDENTIALS))}, file"
        )
    if scheme.startswith("http") and "@" in path.partition("://")[2].partition("/")[0]:
        raise LogError(f"{name_of(path)}: an address with a name or password in it; leave that out")
    return True


def scheme_of(path: str) -> str | None:
    """Return the scheme of an address in lower case; None for a path."""
    match = _SCHEME.match(path)
    return match[1].lower() if match else None


def local_path(path: str) -> str:
    """Return the path in a ``file://`` address, and any other path as it is.

    >>> local_path("file:///var/log/mail%201.log"), local_path("mail.log")
    ('/var/log/mail 1.log', 'mail.log')
    """
    if "://" not in path or scheme_of(path) != "file":
        return path
    return unquote(path.partition("://")[2].removeprefix("localhost"))


def is_parquet(path: str, log_format: str | None) -> bool:
    """Return whether a path names Parquet, by the given format or else by its suffix."""
    if log_format is not None:
        return log_format == "parquet"
    return name_of(path).lower().endswith((".parquet", ".pq"))


def name_of(url: str) -> str:
    """Return the name of an address in messages: without the parts that may be secret.

    >>> name_of("https://example.org/mail.csv?X-Amz-Signature=beef")
    'https://example.org/mail.csv'
    >>> name_of("https://reader:word@example.org/mail.csv"), name_of("s3://logs/2026/??.csv")
    ('https://example.org/mail.csv', 's3://logs/2026/??.csv')
    """
    scheme = scheme_of(url)
    if scheme is None:
        return url
    host, slash, rest = url.partition("://")[2].partition("/")
    if scheme in ("http", "https"):
        host, rest = host.partition("?")[0], re.split(r"[?#]", rest, maxsplit=1)[0]
    return (
        f"{scheme}://{host.rpartition('@')[2] if scheme.startswith('http') else host}{slash}{rest}"
    )
