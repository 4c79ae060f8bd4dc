"""Bind any table of a page to any machine: a small TOML says what its columns are.

::

    machine = "shop.parcels:Parcel"
    title = "Life of a parcel"      # of the tables that are meant; without it, all that fit

    [columns]                       # role = "header"; one of event, and of to or status, is needed
    from = "Before"
    event = "What happens"
    guard = "If"
    to = "Afterwards"
    status = "Shown as"

    [indicators]                    # indicator = "header"
    Arrived = "Arrived"

    [labels]                        # a state, event, guard, status or effect = its words there
    on_the_way = ["in the van"]

States, events and guards are known by their names, states by their titles too; an indicator's
cell states an effect (``increases``), ``+1``, ``-1``, or ``0``, nothing or a dash for no change.
A row may start from several states: ``a / b``, ``a, b``, ``a or b``, ``any`` (but the final
ones), ``any except a``. How rows are checked: :mod:`fsm.tables.check.bound`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fsm.errors import PageError
from fsm.machine import Effect, Machine
from fsm.tables.read.cell_text import normalise, normalise_name
from fsm.tables.words.spelling import spelling_hint
from fsm.toml import Toml, read_toml

__all__ = ["ROLES", "Binding", "Names", "read_binding"]

ROLES = ("from", "event", "guard", "to", "status")
_ENTRIES = ("columns", "indicators", "labels", "machine", "title")


@dataclass(frozen=True)
class Binding:
    """What the columns of a table are: ``columns`` by role, ``indicators`` by name.

    ``labels`` are the further words for what has a name, normalised.
    """

    machine: str
    columns: Mapping[str, str]
    indicators: Mapping[str, str]
    labels: Mapping[str, str]
    title: str | None = None
    toml: Toml | None = field(default=None, repr=False, compare=False)
    """The file it was read from."""

    @property
    def name(self) -> str:
        """The name of its file, or of its machine."""
        return self.toml.name if self.toml else f"the binding of {self.machine}"

    def place(self, section: str, *texts: str) -> str:
        """Return file and line of a word of the binding."""
        return f"{self.name}:{self.toml.line(section, *texts)}" if self.toml else self.name

    def named(self, text: str, names: Mapping[str, str]) -> str | None:
        """Return what a text stands for, by the labels and by names (normalised to name)."""
        word = normalise(text)
        found = self.labels.get(word)
        return found if found in names.values() else names.get(word)


class Names:
    """The names of a machine by kind, each by the forms in which a table may write it.

    ``labels`` are further words; one that is itself the name of something else of the same kind
    is refused, as is one for a name that the machine does not have.
    """

    def __init__(self, machine: Machine, binding: Binding) -> None:
        titles = {normalise_name(state.title): state.name for state in machine.states}
        self.states = titles | _by_name(state.name for state in machine.states)
        forms = {form: None for t in machine.transitions for form in (t.event, t.label, t.trigger)}
        self.events = _by_name(forms)
        self.guards = _by_name(t.guard for t in machine.transitions)
        self.statuses = _by_name(machine.statuses)
        self.effects = _by_name(effect.value for effect in Effect)
        self.machine, self.binding = machine, binding
        self._check_labels()
        self._check_indicators()

    def close(self, text: str, names: Mapping[str, str]) -> str:
        """Return a hint at the nearest name or label of a kind."""
        known = set(names.values())
        labels = {word: name for word, name in self.binding.labels.items() if name in known}
        return spelling_hint(text, {**names, **labels})

    def _check_labels(self) -> None:
        kinds = (self.states, self.events, self.guards, self.statuses, self.effects)
        every = {form: name for names in reversed(kinds) for form, name in names.items()}
        for word, name in self.binding.labels.items():
            of_kind = [names for names in kinds if name in names.values()]
            place = self.binding.place("labels", name)
            if not of_kind:
                hint = spelling_hint(name, every)
                raise PageError(
                    f"{place}: {self.machine.name} has no state, event, guard, status or effect "
                    f"{name!r}{hint}"
                )
            if all(names.get(word, name) != name for names in of_kind):
                raise PageError(f"{place}: {word!r} is itself the name of something else")

    def _check_indicators(self) -> None:
        known = {indicator.name: indicator.name for indicator in self.machine.indicators}
        for name in self.binding.indicators:
            if name not in known:
                place = self.binding.place("indicators", name)
                listed = ", ".join(known) or "none"
                raise PageError(
                    f"{place}: {self.machine.name} has no indicator {name!r}; there are: {listed}"
                )


def _by_name(names: Iterable[str]) -> dict[str, str]:
    return {normalise_name(form): name for name in names for form in (name.replace("_", " "), name)}


def read_binding(path: Path) -> Binding:
    """Read a binding; raises :class:`PageError` naming the file, the line and the fault."""
    toml = read_toml(path, PageError)
    data = toml.data
    unknown = sorted(data.keys() - set(_ENTRIES))
    if unknown:
        place = f"{path}:{toml.line('', unknown[0])}"
        raise PageError(f"{place}: no entry {unknown[0]!r}; there are: {', '.join(_ENTRIES)}")
    columns = _texts(toml, "columns")
    strange = sorted(columns.keys() - set(ROLES))
    if strange:
        place = f"{path}:{toml.line('columns', strange[0])}"
        raise PageError(f"{place}: no column {strange[0]!r}; there are: {', '.join(ROLES)}")
    if not isinstance(data.get("machine"), str) or "event" not in columns:
        raise PageError(f"{path}: needs machine = NAME, and [columns] with event = HEADER")
    if not ({"to", "status"} & columns.keys() or data.get("indicators")):
        raise PageError(f"{path}: nothing to check; name a column to, status, or an indicator")
    title = data.get("title")
    if title is not None and not (isinstance(title, str) and normalise(title)):
        raise PageError(f"{path}:{toml.line('', 'title')}: title is the text above the table")
    indicators = _texts(toml, "indicators")
    _refuse_shared_headers(toml, {**columns, **indicators})
    return Binding(data["machine"], columns, indicators, _labels(toml), title, toml)


def _texts(toml: Toml, section: str) -> dict[str, str]:
    entries = toml.data.get(section, {})
    if not isinstance(entries, dict) or not all(isinstance(v, str) for v in entries.values()):
        place = f"{toml.name}:{toml.line(section)}"
        raise PageError(f'{place}: [{section}] has lines such as event = "Header"')
    return entries


def _refuse_shared_headers(toml: Toml, columns: Mapping[str, str]) -> None:
    seen: dict[str, str] = {}
    for role, header in columns.items():
        other = seen.setdefault(normalise(header), role)
        if other != role:
            place = f"{toml.name}:{toml.line('', header)}"
            raise PageError(f"{place}: the column {header!r} is {other} and {role}; it is one")


def _labels(toml: Toml) -> dict[str, str]:
    entries = toml.data.get("labels", {})
    if not isinstance(entries, dict):
        place = f"{toml.name}:{toml.line('', 'labels')}"
        raise PageError(f'{place}: [labels] has lines such as open = ["is open", "opened"]')
    labels: dict[str, str] = {}
    for name, given in entries.items():
        words = given if isinstance(given, list) else [given]
        if not words or not all(isinstance(word, str) for word in words):
            place = f"{toml.name}:{toml.line('labels', name)}"
            raise PageError(f'{place}: write {name} = "a word" or ["a word", "another word"]')
        for word in words:
            if labels.setdefault(normalise(word), name) != name:
                place = f"{toml.name}:{toml.line('labels', word)}"
                raise PageError(f"{place}: {word!r} stands for two names")
    return labels
