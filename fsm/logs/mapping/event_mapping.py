"""What native events mean: the mapping tables in the folders of the readers.

A table is a TOML file with the facts of a format and a section ``[map]`` from native paths to
meanings. A path without a row takes that of its longest prefix: ``failed/permanent/old``, then
``failed/permanent``, then ``failed``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from fsm.errors import LogError
from fsm.suggest import no_such

__all__ = [
    "MACHINE_EVENTS",
    "NOTHING",
    "SIDE_EVENTS",
    "STOPPED",
    "Format",
    "Meaning",
    "format_names",
    "load_format",
]

MACHINE_EVENTS = (
    "relayed",
    "delivered",
    "soft_bounce",
    "hard_bounce",
    "retry_succeeded",
    "retry_failed",
    "opened",
    "clicked",
)
"""Events that the built-in machines use."""

STOPPED = "stopped"
"""Nobody will deliver the message. Where it was handed over this is a final failure, as
:data:`FAILED` is; what was not handed over is excluded; what was settled before stays so."""

SIDE_EVENTS = (
    "excluded",
    STOPPED,
    "complained",
    "unsubscribed",
    "resubscribed",
    "machine_opened",
    "auto_replied",
    "unknown",
)
"""Events that no machine uses, such as complaints; they are kept apart."""

_FINAL = ("delivered", "hard_bounce", "retry_succeeded", "retry_failed")

FAILED = "failed"
"""A final failure; its code decides whether it is a hard bounce or a last failed retry."""

NOTHING = "nothing"
"""A known record that is no event of a message."""

FAULTS = (
    "address",
    "mailbox_full",
    "policy",
    "content",
    "network",
    "sender",
    "expired",
    "unknown",
)

_LONGEST = 200
"""Characters of a path that are compared; those of the tables are far shorter."""

_LOGS = Path(__file__).parent.parent
_FOLDERS = (_LOGS / "servers", _LOGS / "webhooks", _LOGS / "snapshots")


@dataclass(frozen=True)
class Meaning:
    """What a native event means. ``rule`` is the path of its row in the table."""

    rule: str
    event: str
    fault: str | None = None
    doubt: str | None = None
    """Why the meaning is not certain."""
    note: str | None = None

    @property
    def final(self) -> bool | None:
        """Whether the sender will not try again; None for what is no attempt."""
        if self.event in (*_FINAL, FAILED, STOPPED):
            return True
        return False if self.event in ("relayed", "soft_bounce") else None


@dataclass(frozen=True, eq=False)
class Format:
    """A format that can be read: its facts, and what its events mean."""

    name: str
    title: str
    sources: tuple[str, ...]
    """Where the meanings are documented."""
    family: str
    relays: bool
    """Whether it records that a message was handed over."""
    ordered: bool
    """Whether events come in the order in which they happened."""
    record: Mapping[str, object]
    """The paths of the fields, for formats whose records are read by a table."""
    meanings: Mapping[str, Meaning]
    _known: dict[str, Meaning | None] = field(default_factory=dict)

    @cached_property
    def events(self) -> frozenset[str]:
        """The machines' events that it records: those in its table."""
        events = {meaning.event for meaning in self.meanings.values()}
        if FAILED in events or STOPPED in events:
            events |= {"hard_bounce", "retry_failed"}
        if self.relays:
            events.add("relayed")
        return frozenset(events) & frozenset(MACHINE_EVENTS)

    def meaning(self, native: str) -> Meaning | None:
        """Return what a native event means; None where the table has no row for it."""
        native = native[:_LONGEST]
        if native not in self._known:
            if len(self._known) > 10_000:
                self._known.clear()
            self._known[native] = self._look_up(native)
        return self._known[native]

    def _look_up(self, native: str) -> Meaning | None:
        for path in (native, native.lower()):
            while path and path not in self.meanings:
                path = path.rpartition("/")[0]
            if path:
                return self.meanings[path]
        return None


@cache
def format_names() -> tuple[str, ...]:
    """Return the names of all formats that have a table."""
    tables = (table for folder in _FOLDERS for table in folder.glob("*.toml"))
    return tuple(sorted(t.stem for t in tables if "[map]" in t.read_text(encoding="utf-8")))


@cache
def load_format(name: str) -> Format:
    """Return a format by its name; raises :class:`LogError` for one that is not known."""
    if name not in format_names():
        raise LogError(no_such("format", name, format_names()))
    path = next(p for folder in _FOLDERS if (p := folder / f"{name}.toml").exists())
    body = tomllib.loads(path.read_text(encoding="utf-8"))
    return Format(
        name,
        title=body["title"],
        sources=tuple(body["sources"]),
        family=body["family"],
        relays=body["relays"],
        ordered=body["ordered"],
        record=body.get("record", {}),
        meanings={path: _meaning(path, row) for path, row in body["map"].items()},
    )


def _meaning(path: str, row: str | Mapping[str, str]) -> Meaning:
    facts = {"event": row} if isinstance(row, str) else dict(row)
    return Meaning(rule=path, **facts)
