"""How logs of other formats are read: facts that are not in their files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fsm.logs.mapping.event_mapping import Format, Meaning
    from fsm.logs.mapping.policy import Policy
    from fsm.logs.mapping.redact import Redaction

__all__ = ["ReadingOptions"]


@dataclass(frozen=True)
class ReadingOptions:
    """What a reader needs and cannot find in a file: zone, year, policy, redaction and so on."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """The names of canonical columns in a canonical log, where they differ."""
    zone: tzinfo = UTC
    """The zone of times without one."""
    year: int | None = None
    """The year of the first line of a syslog; None: inferred."""
    policy: Policy | None = None
    """How final failures are counted by their fault; None: as the log has them."""
    relayed: bool | None = None
    """Whether hand-overs that are not recorded are added; None: but to canonical logs."""
    redaction: Redaction | None = None
    """Removes addresses and names from everything that is read."""
    labels: str | None = None
    """A file with the names that exports of statuses give their columns and statuses."""
    feedback: bool | None = None
    """Whether the feedback service was on when exports were made; None: inferred from rows."""
    exported: tuple[datetime, ...] = ()
    """When exports were made, in the order of their files."""
    checkpoint: Path | None = None
    """The directory that keeps what earlier runs read; see :mod:`fsm.logs.incremental`."""
    mappings: tuple[Format, ...] = ()
    """Formats that the user describes and names; they win over what the content shows."""
    project: tuple[Format, ...] = ()
    """Formats of the project, which are recognised beside those of the package."""
    events: Mapping[str, Meaning] = field(default_factory=dict)
    """What native events mean, in place of what their format says."""
    named_events: tuple[str, ...] = ()
    """Those of them that the user names one by one: it is said where a log has none of a name."""
    progress: Callable[[int], object] = lambda _: None
    """Called now and then with the number of bytes read so far."""

    @cached_property
    def renamed(self) -> Mapping[str, str]:
        """The events by native names, where they are names and nothing else; else none."""
        from fsm.logs.mapping.event_mapping import is_plain

        if not all(is_plain(meaning) for meaning in self.events.values()):
            return {}
        return {native: meaning.event for native, meaning in self.events.items()}
