"""All that decides how files are read, as digests: another of them reads another log."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from fsm.errors import CheckpointError
from fsm.logs.reading import ReadingOptions

__all__ = ["check_rules", "rules_of"]

_LOGS = Path(__file__).parent.parent
_READERS = ("servers", "records", "providers", "mapping", "process", "snapshots")
"""Folders of readers and of the tables of formats."""


def rules_of(options: ReadingOptions) -> dict[str, str]:
    """Return digests of the readers, of policy and mappings, and of the other options."""
    return {
        "readers": _digest_of_readers(),
        "policy": _digest(options.policy and sorted(options.policy.events.items())),
        "mapping": _digest(_mappings(options)),
        "--tz": str(options.zone),
        "--year": str(options.year),
        "--assume-relayed": str(options.relayed),
        "--column": _digest(sorted(options.columns.items())),
    }


def check_rules(directory: Path, begun: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Raise :class:`CheckpointError` where a log would be read by other rules than before."""
    other = [name for name in now if begun.get(name) != now[name]]
    if other:
        raise CheckpointError(
            f"{directory}: was begun with another {', another '.join(other)}; its rows are not "
            "what would be read now: give all files again with a new directory, "
            f"fsm replay LOG... --checkpoint {directory}-new"
        )


def _mappings(options: ReadingOptions) -> list[object]:
    """Return what own mappings and renamed events say, as far as there are any."""
    forms = [*getattr(options, "mappings", ()), *getattr(options, "project", ())]
    said = [(form.name, form.layout, sorted(form.meanings.items())) for form in forms]
    return [said, sorted(getattr(options, "events", {}).items())]


@cache
def _digest_of_readers() -> str:
    paths = (path for folder in _READERS for path in sorted((_LOGS / folder).glob("*.*")))
    contents = [path.read_bytes() for path in paths if path.suffix in (".py", ".toml")]
    return hashlib.blake2b(b"\0".join(contents), digest_size=16).hexdigest()


def _digest(value: object) -> str:
    return hashlib.blake2b(repr(value).encode(), digest_size=16).hexdigest()
