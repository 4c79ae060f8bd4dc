"""What native events mean: the mapping tables in the folders of the readers.

A table is the section ``[events]`` of a mapping file (:mod:`fsm.logs.mapping.mapping_file`), from
native paths to meanings. A path without a row takes that of its longest prefix:
``failed/permanent/old``, then ``failed/permanent``, then ``failed``, then ``*``. After the first
part of a path ``*`` stands for any one part: ``failed/*/old``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path

from fsm.errors import LogError
from fsm.logs.mapping.record_layout import RecordLayout
from fsm.suggest import no_such

__all__ = [
    "DELIVERY_EVENTS",
    "EXCLUDED",
    "MACHINE_EVENTS",
    "NOTHING",
    "SIDE_EVENTS",
    "STOPPED",
    "Format",
    "Meaning",
    "format_names",
    "format_path",
    "is_plain",
    "load_format",
]

DELIVERY_EVENTS = (
    "relayed",
    "delivered",
    "soft_bounce",
    "hard_bounce",
    "retry_succeeded",
    "retry_failed",
)
"""Events of a message that was handed over; others need no hand-over before them."""
MACHINE_EVENTS = (*DELIVERY_EVENTS, "opened", "clicked")
"""Events that the built-in machines use."""

STOPPED = "stopped"
"""Nobody will deliver the message. Where it was handed over this is a final failure, as
:data:`FAILED` is; what was not handed over is excluded; what was settled before stays so."""

EXCLUDED = "excluded"
"""A message that nobody handed over, nor will."""

SIDE_EVENTS = (
    EXCLUDED,
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
_FOLDERS = (_LOGS / "servers", _LOGS / "providers", _LOGS / "snapshots")
_EVERY_OTHER = "*"
_OWN_NAME = "its own name"
"""The rule of events that are taken as they stand: a name may be private, a rule is not."""
_BEGINS = 'kind = "mapping"'


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
    """A format that can be read: how its records are found, and what its events mean."""

    name: str
    title: str
    sources: tuple[str, ...]
    """Where the meanings are documented."""
    family: str
    """The reader of its records."""
    layout: RecordLayout
    """Where the records and their fields stand."""
    meanings: Mapping[str, Meaning]
    """What native events mean, by their path."""
    unit: str | None = None
    """What one message is called in results."""
    answered: tuple[str, ...] = ()
    """The native events whose record names the host that answered; none stands for all."""
    ordered: bool = False
    """Whether events come in the order in which they happened."""
    keeps_names: bool = False
    """Whether native events that have no meaning here are events of machines as they stand."""
    is_own: bool = False
    """Whether a user described it."""
    told_relays: bool | None = None
    """Whether it records that a message was handed over, where its file says so."""
    _known: dict[str, Meaning | None] = field(default_factory=dict)

    @property
    def of_mail(self) -> bool:
        """Whether its messages are mails, which are handed over before they are delivered."""
        if self.told_relays is not None:
            return True
        events = {meaning.event for meaning in self.meanings.values()}
        mail_events = {*MACHINE_EVENTS, *SIDE_EVENTS, FAILED, NOTHING}
        return self.unit is None and bool(events) and events <= mail_events

    @property
    def relays(self) -> bool:
        """Whether it records that a message was handed over."""
        if self.told_relays is not None:
            return self.told_relays
        return any(meaning.event == "relayed" for meaning in self.meanings.values())

    @cached_property
    def events(self) -> frozenset[str]:
        """The machines' events that it records: those in its table."""
        events = {meaning.event for meaning in self.meanings.values()}
        if FAILED in events or STOPPED in events:
            events |= {"hard_bounce", "retry_failed"}
        if self.relays and self.told_relays is not None:
            events.add("relayed")
        return frozenset(events) - {*SIDE_EVENTS, FAILED, NOTHING}

    def meaning(self, native: str) -> Meaning | None:
        """Return what a native event means; None where the table has no row for it.

        Where no path fits exactly, letter case and blanks do not matter.
        """
        native = native[:_LONGEST]
        if native not in self._known:
            if len(self._known) > 10_000:
                self._known.clear()
            self._known[native] = self._look_up(native)
        return self._known[native]

    def _look_up(self, native: str) -> Meaning | None:
        path = native
        while path:
            found = self.meanings.get(path) or self._folded.get(_fold(path)) or self._any(path)
            if found is not None:
                return found
            path = path.rpartition("/")[0]
        other = Meaning(_OWN_NAME, native) if self.keeps_names and native else None
        return self.meanings.get(_EVERY_OTHER, other)

    def with_meanings(self, meanings: Mapping[str, Meaning]) -> Format:
        """Return this format with other meanings of some native events."""
        return replace(self, meanings={**self.meanings, **meanings}, _known={})

    @cached_property
    def _folded(self) -> Mapping[str, Meaning]:
        return {_fold(path): meaning for path, meaning in reversed([*self.meanings.items()])}

    def _any(self, path: str) -> Meaning | None:
        """Return the meaning of a path of which some parts may be anything."""
        parts = _fold(path).split("/")
        for row, meaning in self._patterns:
            if len(row) == len(parts) and all(
                own in (part, _EVERY_OTHER) for own, part in zip(row, parts, strict=True)
            ):
                return meaning
        return None

    @cached_property
    def _patterns(self) -> Sequence[tuple[Sequence[str], Meaning]]:
        rows = [(path.split("/"), meaning) for path, meaning in self._folded.items()]
        return [(parts, meaning) for parts, meaning in rows if _EVERY_OTHER in parts[1:]]


def is_plain(meaning: Meaning) -> bool:
    """Return whether a meaning is the name of a machine's event, and nothing else."""
    apart = (*SIDE_EVENTS, NOTHING, FAILED, STOPPED)
    is_named = meaning.rule != _EVERY_OTHER and meaning.event not in apart
    return is_named and not (meaning.fault or meaning.doubt)


def _fold(path: str) -> str:
    return " ".join(path.split()).casefold()


@cache
def format_names() -> tuple[str, ...]:
    """Return the names of all formats that have a table."""
    tables = (table for folder in _FOLDERS for table in folder.glob("*.toml"))
    return tuple(sorted(t.stem for t in tables if t.read_text("utf-8").startswith(_BEGINS)))


@cache
def load_format(name: str) -> Format:
    """Return a format by its name; raises :class:`LogError` for one that is not known."""
    from fsm.logs.mapping.mapping_file import read_mapping

    if name not in format_names():
        raise LogError(no_such("format", name, format_names()))
    return read_mapping(format_path(name), name)


def format_path(name: str) -> Path:
    """Return the mapping file of a format of the package."""
    return next(path for folder in _FOLDERS if (path := folder / f"{name}.toml").exists())
