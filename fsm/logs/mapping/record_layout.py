"""Where the records of a log stand, and where the fields of an event stand in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

__all__ = ["CONTAINERS", "FIELDS", "FieldSource", "RecordLayout", "TimeNotation"]

CONTAINERS = ("csv", "json", "lines", "pairs", "form", "xml")
"""What records stand in: JSON in any arrangement, fields of lines, posts of forms, and so on."""

FIELDS = (
    "message_id",
    "event",
    "time",
    "recipient",
    "event_id",
    "delivery_id",
    "code",
    "reply",
    "handed_over",
    "explanation",
    "relay",
)
"""The fields of an event."""


@dataclass(frozen=True)
class FieldSource:
    """A place of a field: a path, several whose values are joined, or a value that is given.

    A path is the name of a column or of a named group, or leads into nested values (``a.b.0``).
    One that begins with a dot leads into an entry of the list that has one for each recipient.
    """

    paths: tuple[str, ...] = ()
    value: str | None = None

    @property
    def of_entry(self) -> bool:
        """Whether it is in the entry of a recipient, not in the record."""
        return bool(self.paths) and self.paths[0].startswith(".")


@dataclass(frozen=True)
class TimeNotation:
    """How times are written; all is detected that is not given."""

    formats: tuple[str, ...] = ()
    unit: str | None = None
    """The unit of numbers: ``s``, ``ms``, ``us`` or ``ns``."""
    zone: str | None = None
    """The zone of times without one."""


@dataclass(frozen=True)
class RecordLayout:
    """How records are found in a file, and the fields of an event in a record."""

    container: str | None = None
    """One of :data:`CONTAINERS`; None where the content decides."""
    separator: str | None = None
    """What separates the fields of a line."""
    assign: str = "="
    """What stands between the name and the value of a pair."""
    columns: tuple[str, ...] = ()
    """The names of columns where no header has them."""
    header: str | None = None
    """A regular expression of the lines that name the columns; its group captures the names."""
    quote: str | None = '"'
    """The character around fields of CSV that hold separators; None where none does."""
    encoding: str | None = None
    comment: str | None = None
    """What lines begin with that are no records."""
    skip: str | None = None
    """A regular expression of lines that are no records."""
    pattern: str | None = None
    """The regular expression of a line; its named groups are the fields."""
    records: tuple[str, ...] = ()
    """Paths on which records stand in JSON; the names of elements in XML."""
    beside: tuple[str, ...] = ()
    """Keys that may stand beside the paths of records."""
    recognise: tuple[tuple[str, ...], ...] = ()
    """Sets of keys, one of which every record has."""
    loose: tuple[tuple[str, ...], ...] = ()
    """Such sets that many a record has: they count where nothing else fits."""
    fields: Mapping[str, tuple[FieldSource, ...]] = field(default_factory=dict)
    """The places of the fields of :data:`FIELDS`; the first counts that has a value."""
    detail: Mapping[str, tuple[FieldSource, ...]] = field(default_factory=dict)
    """By name of an event, the fields that follow it in its path."""
    message_id_ends: str | None = None
    """A regular expression of what is cut off the end of a message id."""
    each: tuple[str, ...] = ()
    """Paths of lists with an entry for each recipient; the first counts that has one."""
    each_pattern: str | None = None
    """Where such a list is a text: a regular expression, every match of which is an entry, with
    its named groups as fields."""
    recipient_separator: str | None = None
    """What stands between the recipients in a text that names several."""
    time: TimeNotation = TimeNotation()

    @property
    def is_posted(self) -> bool:
        """Whether its records are posted, and perhaps twice, not written one after the other."""
        return self.container not in ("csv", "lines", "pairs")

    def sources(self, name: str) -> tuple[FieldSource, ...]:
        """Return the places of a field."""
        return self.fields.get(name, ())

    def paths(self) -> Iterator[str]:
        """Yield every path in a record that is looked at, some of them repeatedly."""
        yield from self.each
        for sources in (*self.fields.values(), *self.detail.values()):
            for source in sources:
                if not source.of_entry:
                    yield from source.paths
