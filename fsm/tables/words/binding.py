"""Bind any table of a page to any machine: a small TOML file says what its columns are.

::

    machine = "shop.parcels:Parcel"
    title = "Life of a parcel"      # of the bound tables; without it, every table that fits

    [columns]                       # role = "header"; needs event, and to or status or indicators
    from = "Before"
    event = "What happens"
    guard = "If"
    to = "Afterwards"
    status = "Shown as"

    [indicators]                    # indicator = "header"
    Arrived = "Arrived"

    [labels]                        # state, event, guard, status or effect = its words in the table
    on_the_way = ["in the van"]

States, events and guards are known by their names, states by their titles too. The cell of an
indicator states an effect (``increases``), ``+1``, ``-1``, or ``0``, nothing or a dash for no
change. A row may start from several states: ``a / b``, ``a, b``, ``a or b``, ``any`` (all but the
final ones), ``any except a``. :mod:`fsm.tables.checks.bound_check` tells how rows are checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fsm.errors import PageError
from fsm.file_kinds import misplaced_toml
from fsm.suggest import no_such
from fsm.tables.read.cell_text import normalise
from fsm.toml import Toml, read_toml

__all__ = ["ROLES", "Binding", "read_binding"]

ROLES = ("from", "event", "guard", "to", "status")
_ENTRIES = ("columns", "indicators", "labels", "machine", "title")


@dataclass(frozen=True)
class Binding:
    """The headers of a table's columns: ``columns`` by role, ``indicators`` by name.

    ``labels`` maps further words, normalised, to the names they stand for.
    """

    machine: str
    """The machine that the table documents; empty where the table itself declares it."""
    columns: Mapping[str, str]
    indicators: Mapping[str, str]
    labels: Mapping[str, str]
    title: str | None = None
    page: str | None = None
    """The page of the table, perhaps with ``#section``, relative to the folder of the file."""
    form: str | None = None
    """The form of the table, where its header and cells do not show it."""
    initial: str | None = None
    """The initial state, where the table does not mark it."""
    final: tuple[str, ...] | None = None
    """The final states; ``None`` where the table shows them."""
    distinct: tuple[tuple[str, ...], ...] = ()
    """Names that look alike and are different names."""
    follows: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    """Of a table of steps: the rows after which a row may happen, by number; 0 is the start."""
    toml: Toml | None = field(default=None, repr=False, compare=False)
    """The file it was read from."""

    @property
    def name(self) -> str:
        """The name of its file, or of its machine."""
        return self.toml.name if self.toml else f"the binding of {self.machine}"

    def place(self, section: str, *texts: str) -> str:
        """Return file and line of a word of the binding."""
        return f"{self.name}:{self.toml.line(section, *texts)}" if self.toml else self.name

    def meaning(self, text: str, names: Mapping[str, str]) -> str | None:
        """Return the name that a text stands for, as a label or as one of the forms of ``names``.

        ``names`` maps normalised forms to names.
        """
        form = normalise(text)
        name = self.labels.get(form)
        return name if name in names.values() else names.get(form)


def read_binding(path: Path) -> Binding:
    """Read a binding; raises :class:`PageError` with the file, the line and the fault."""
    toml = read_toml(path, PageError)
    data = toml.data
    if wrong := misplaced_toml(data, "binding"):
        raise PageError(f"{path}: {wrong}")
    _refuse_unknown(toml, "", "entry", data, _ENTRIES)
    columns = _headers(toml, "columns")
    _refuse_unknown(toml, "columns", "column", columns, ROLES)
    indicators = _headers(toml, "indicators")
    if not isinstance(data.get("machine"), str) or "event" not in columns:
        raise PageError(f"{path}: needs machine = NAME, and [columns] with event = HEADER")
    if not ({"to", "status"} & columns.keys() or indicators):
        raise PageError(f"{path}: nothing to check; name a column to, status, or an indicator")
    title = data.get("title")
    if title is not None and not (isinstance(title, str) and normalise(title)):
        raise PageError(f"{path}:{toml.line('', 'title')}: title is the text above the table")
    _refuse_shared_headers(toml, {**columns, **indicators})
    return Binding(data["machine"], columns, indicators, _labels(toml), title, toml=toml)


def _refuse_unknown(
    toml: Toml, section: str, kind: str, entries: Mapping[str, object], known: tuple[str, ...]
) -> None:
    unknown = sorted(entries.keys() - set(known))
    if unknown:
        place = f"{toml.name}:{toml.line(section, unknown[0])}"
        raise PageError(f"{place}: {no_such(kind, unknown[0], known)}")


def _headers(toml: Toml, section: str) -> dict[str, str]:
    entries = toml.data.get(section, {})
    if not isinstance(entries, dict) or not all(isinstance(v, str) for v in entries.values()):
        place = f"{toml.name}:{toml.line(section)}"
        raise PageError(f'{place}: [{section}] has lines such as event = "Header"')
    return entries


def _refuse_shared_headers(toml: Toml, columns: Mapping[str, str]) -> None:
    roles: dict[str, str] = {}
    for role, header in columns.items():
        first = roles.setdefault(normalise(header), role)
        if first != role:
            place = f"{toml.name}:{toml.line('', header)}"
            raise PageError(f"{place}: the column {header!r} cannot be both {first} and {role}")


def _labels(toml: Toml) -> dict[str, str]:
    entries = toml.data.get("labels", {})
    if not isinstance(entries, dict):
        place = f"{toml.name}:{toml.line('', 'labels')}"
        raise PageError(f'{place}: [labels] has lines such as open = ["is open", "opened"]')
    names: dict[str, str] = {}
    for name, value in entries.items():
        labels = value if isinstance(value, list) else [value]
        if not labels or not all(isinstance(label, str) for label in labels):
            place = f"{toml.name}:{toml.line('labels', name)}"
            raise PageError(f'{place}: write {name} = "a word" or ["a word", "another word"]')
        for label in labels:
            if names.setdefault(normalise(label), name) != name:
                place = f"{toml.name}:{toml.line('labels', label)}"
                raise PageError(f"{place}: {label!r} stands for two names")
    return names
