"""Mappings that a user names or a project has: formats, names of columns, meanings of events.

A mapping file with nothing but ``[fields]`` names the columns of canonical logs; one with nothing
but ``[events]`` gives events of logs of any format other meanings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from fsm.errors import ArgumentError, LogError
from fsm.logs.canonical_columns import NEEDED, OPTIONAL
from fsm.logs.mapping.event_mapping import Format, Meaning
from fsm.logs.mapping.mapping_file import read_mapping
from fsm.logs.mapping.record_layout import FIELDS, FieldSource, RecordLayout
from fsm.logs.reading import ReadingOptions
from fsm.settings import ProjectSettings, find_settings
from fsm.toml import read_toml

__all__ = [
    "GivenMappings",
    "canonical_format",
    "named_mappings",
    "project_mappings",
    "with_mappings",
]

_TIME = "timestamp"


@dataclass(frozen=True)
class GivenMappings:
    """What mapping files say together."""

    formats: tuple[Format, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    """The names of canonical columns in canonical logs."""
    events: Mapping[str, Meaning] = field(default_factory=dict)
    """Meanings of native events in logs of any format."""
    labels: str | None = None
    """A file with the labels of exports of statuses."""


def named_mappings(paths: Iterable[str]) -> GivenMappings:
    """Return what mapping files say that a user names; a file of labels is one of them.

    Raises :class:`fsm.errors.LogError` with file and line.
    """
    formats: list[Format] = []
    columns: dict[str, str] = {}
    events: dict[str, Meaning] = {}
    labels: list[str] = []
    for path in dict.fromkeys(paths):
        data = read_toml(Path(path), LogError).data
        if data.get("kind") == "labels":
            labels.append(path)
            continue
        form = read_mapping(Path(path))
        given = data.keys() & {"read", "fields", "time", "events"}
        names = _columns(form) if given == {"fields"} else None
        if given == {"events"}:
            events |= form.meanings
        elif names is not None:
            columns |= names
        else:
            formats.append(form)
    if len(labels) > 1:
        raise LogError(f"{labels[1]}: labels are given already, by {labels[0]}; name one file")
    return GivenMappings(_named_apart(formats), columns, events, *labels)


def with_mappings(
    options: ReadingOptions,
    mapping: str | Path | Iterable[str | Path],
    events: Mapping[str, str],
) -> ReadingOptions:
    """Return options with what mapping files say, and with meanings of native events.

    Raises :class:`fsm.errors.LogError` with file and line, and :class:`fsm.errors.ArgumentError`.
    """
    if not isinstance(events, Mapping) or not all(isinstance(e, str) for e in events.values()):
        raise ArgumentError(
            f"events: {events!r} maps no names; write for example {{'Create Fine': 'create_fine'}}"
        )
    paths = [mapping] if isinstance(mapping, str | Path) else mapping
    if not isinstance(paths, Iterable) or not all(isinstance(path, str | Path) for path in paths):
        raise ArgumentError(f"mapping: {mapping!r} is not the path of a mapping file, or several")
    given = named_mappings(map(str, paths))
    meanings = {native: Meaning(native, event) for native, event in events.items()}
    return replace(
        options,
        columns={**given.columns, **options.columns},
        mappings=(*options.mappings, *given.formats),
        events={**options.events, **given.events, **meanings},
        named_events=(*options.named_events, *events),
        labels=options.labels or given.labels,
    )


def _columns(form: Format) -> dict[str, str] | None:
    """Return the names of canonical columns; None where fields are more than such names."""
    layout, names = form.layout, {}
    for name, sources in layout.fields.items():
        column = _TIME if name == "time" else name
        if column not in (*NEEDED, *OPTIONAL) or len(sources) != 1 or len(sources[0].paths) != 1:
            return None
        names[column] = sources[0].paths[0]
    if layout.detail or layout.message_id_ends or layout.recipient_separator:
        return None
    return {column: name for column, name in names.items() if column != name}


def _named_apart(formats: Iterable[Format]) -> tuple[Format, ...]:
    """Return formats; the files of two of them may have one name."""
    found = tuple(formats)
    names = [form.name for form in found]
    if len(set(names)) < len(names):
        raise LogError(
            f"two mappings are named {next(n for n in names if names.count(n) > 1)}; rename a file"
        )
    return found


def canonical_format(columns: Mapping[str, str]) -> Format:
    """Return canonical logs as a format, whose events can get any meaning."""
    names = {"time": _TIME} | {name: name for name in (*NEEDED, *OPTIONAL) if name in FIELDS}
    fields = {
        name: (FieldSource((columns.get(column, column),)),) for name, column in names.items()
    }
    return Format(
        "canonical", "Canonical log", (), "canonical", RecordLayout(fields=fields), {},
        keeps_names=True, is_own=True,
    )  # fmt: skip


def project_mappings(settings: ProjectSettings | None = None) -> tuple[Format, ...]:
    """Return the mappings of a project, by default of that of the working directory.

    Raises :class:`fsm.errors.FsmError` with file and line.
    """
    settings = settings or find_settings()
    if settings is None:
        return ()
    return named_mappings(map(str, settings.files("mappings"))).formats
