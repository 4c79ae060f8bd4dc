"""How a table of a page is to be read: a small TOML file says what its columns are.

With ``machine`` it binds the table to a machine, which the table must agree with::

    kind = "table"
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
change. With ``page`` instead of ``machine`` the table itself declares the machine::

    kind = "table"
    page = "parcels.md#life"        # relative to the folder of this file
    initial = "ordered"             # where the table does not mark it
    final = ["arrived"]

    [spellings]                     # words that look alike: the state or event that each one means
    canceled = "cancelled"

    [follows]                       # of a table of steps: after which rows a row may happen
    4 = [3]

    [colours]                       # of statuses: good, bad, open, not yet, or a colour
    arrived = "good"

    [[transitions]]                 # what the table leaves out, each with its reason
    from = "ordered"
    event = "cancel"
    to = "cancelled"
    source = "prose"
    reason = "Said in the paragraph below the table."

An entry whose value is ``"?"`` is a question nobody has answered yet; it stops whoever reads the
file. A row may start from several states: ``a / b``, ``a, b``, ``a or b``, ``any`` (all but the
final ones), ``any except a``. :mod:`fsm.tables.checks.bound_check` tells how rows are checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fsm.errors import PageError
from fsm.file_kinds import misplaced_toml
from fsm.questions import refuse_unanswered
from fsm.status_kinds import colour_fault
from fsm.suggest import no_such
from fsm.tables.read.cell_text import normalise
from fsm.toml import Toml, read_toml

__all__ = ["ROLES", "AddedTransition", "Binding", "read_binding"]

ROLES = ("from", "event", "guard", "to", "status")
_ENTRIES = (
    "kind", "machine", "page", "title", "form", "initial", "final", "distinct", "follows",
    "spellings", "columns", "indicators", "labels", "transitions", "deadline",
    "colours",
)  # fmt: skip
_ADDED = ("from", "event", "guard", "to", "source", "reason")


@dataclass(frozen=True, slots=True)
class AddedTransition:
    """A transition that the table leaves out, and why it is there."""

    start: str
    event: str
    target: str
    label: str
    """``prose``, or a decision such as ``D1``."""
    reason: str
    guard: str = ""
    line: int = 0


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
    spellings: Mapping[str, str] = field(default_factory=dict)
    """Of words that look like another one, normalised: the name that each of them means."""
    distinct: tuple[tuple[str, ...], ...] = ()
    """Names that look alike and are different names."""
    follows: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    """Of a table of steps: the rows after which a row may happen, by number; 0 is the start."""
    transitions: tuple[AddedTransition, ...] = ()
    """What the table leaves out, added by hand."""
    deadline: tuple[str, str, str] | None = None
    """The event from which a period is counted, the event at its end, the state it ends in."""
    colours: Mapping[str, str] = field(default_factory=dict)
    """The colours of statuses, see :attr:`fsm.machine.Machine.colours`."""
    toml: Toml | None = field(default=None, repr=False, compare=False)
    """The file it was read from."""

    @property
    def name(self) -> str:
        """The name of its file, or of its machine."""
        return self.toml.name if self.toml else f"the binding of {self.machine or self.page}"

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
    if wrong := misplaced_toml(data, "table"):
        raise PageError(f"{path}: {wrong}")
    _refuse_unknown(toml, "", "entry", data, _ENTRIES)
    refuse_unanswered(toml, PageError)
    columns = _headers(toml, "columns")
    _refuse_unknown(toml, "columns", "column", columns, ROLES)
    indicators = _headers(toml, "indicators")
    texts = {name: _text(toml, name) for name in ("machine", "page", "title", "form", "initial")}
    if not (texts["page"] or (texts["machine"] and "event" in columns)):
        needs = 'machine = NAME, and [columns] with event = HEADER; or page = "page.md"'
        raise PageError(f"{path}: needs {needs}")
    if texts["machine"] and not ({"to", "status"} & columns.keys() or indicators):
        raise PageError(f"{path}: nothing to check; name a column to, status, or an indicator")
    _refuse_shared_headers(toml, {**columns, **indicators})
    return Binding(
        texts["machine"] or "",
        columns,
        indicators,
        _labels(toml),
        texts["title"],
        page=texts["page"],
        form=texts["form"],
        initial=texts["initial"],
        final=_names(toml, "final") if "final" in data else None,
        spellings=_spellings(toml),
        distinct=_distinct(toml),
        follows=_follows(toml),
        transitions=tuple(_added(toml)),
        deadline=_deadline(toml),
        colours=_colours(toml),
        toml=toml,
    )


def _text(toml: Toml, name: str) -> str | None:
    value = toml.data.get(name)
    if value is None or (isinstance(value, str) and (normalise(value) or name == "initial")):
        return value
    what = "title is the text above the table" if name == "title" else f'write {name} = "a text"'
    raise PageError(f"{toml.name}:{toml.line('', name)}: {what}")


def _names(toml: Toml, name: str) -> tuple[str, ...]:
    value = toml.data[name]
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise PageError(f'{toml.name}:{toml.line("", name)}: write {name} = ["a name", "another"]')
    return tuple(value)


def _spellings(toml: Toml) -> dict[str, str]:
    entries = toml.data.get("spellings", {})
    if not isinstance(entries, dict) or not all(isinstance(v, str) for v in entries.values()):
        place = f"{toml.name}:{toml.line('spellings')}"
        raise PageError(f'{place}: [spellings] has lines such as canceled = "cancelled"')
    return {normalise(word): name for word, name in entries.items()}


def _distinct(toml: Toml) -> tuple[tuple[str, ...], ...]:
    """Return the names that look alike and are different: one list of names, or several."""
    value = toml.data.get("distinct", [])
    groups = [value] if (value and not isinstance(value, list)) or _are_texts(value) else value
    if not all(_are_texts(group) and len(group) > 1 for group in groups):
        place = f"{toml.name}:{toml.line('', 'distinct')}"
        raise PageError(f'{place}: write distinct = ["a name", "another"], or a list of such lists')
    return tuple(map(tuple, groups))


def _deadline(toml: Toml) -> tuple[str, str, str] | None:
    entries = toml.data.get("deadline")
    if entries is None:
        return None
    if not (
        isinstance(entries, dict)
        and sorted(entries) == ["event", "start", "state"]
        and _are_texts(list(entries.values()))
    ):
        place = f"{toml.name}:{toml.line('', 'deadline')}"
        raise PageError(f"{place}: write [deadline] with start, event and state")
    return entries["start"], entries["event"], entries["state"]


def _colours(toml: Toml) -> dict[str, str]:
    colours = toml.data.get("colours", {})
    place = f"{toml.name}:{toml.line('', 'colours')}"
    if not isinstance(colours, dict):
        raise PageError(f'{place}: write [colours], and status = "good"')
    if colours and toml.data.get("machine"):
        raise PageError(f"{place}: colours are for a table that declares a machine; leave them out")
    for status, colour in colours.items():
        if fault := colour_fault(colour):
            raise PageError(f"{toml.name}:{toml.line('colours', status)}: {fault}")
    return colours


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, str) for each in value)


def _follows(toml: Toml) -> dict[int, tuple[int, ...]]:
    """Return the rows before each row, by their numbers."""
    entries = toml.data.get("follows", {})
    if not isinstance(entries, dict):
        raise PageError(f"{toml.name}:{toml.line('', 'follows')}: write [follows], and 4 = [3]")
    rows: dict[int, tuple[int, ...]] = {}
    for name, value in entries.items():
        before = value if isinstance(value, list) else [value]
        is_row = name.isascii() and name.isdigit()
        if not (is_row and before and all(type(row) is int and row >= 0 for row in before)):
            place = f"{toml.name}:{toml.line('follows', name)}"
            raise PageError(f"{place}: write numbers of rows, 4 = [3]; 0 is the start")
        rows[int(name)] = tuple(sorted(set(before)))
    return rows


def _added(toml: Toml) -> Iterator[AddedTransition]:
    entries = toml.data.get("transitions", [])
    is_list = isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)
    for entry in entries if is_list else [{}]:
        texts = {name: entry.get(name, "") for name in _ADDED}
        line = toml.line("transitions", *(str(t) for t in (texts["reason"], texts["event"]) if t))
        is_text = all(isinstance(text, str) for text in texts.values())
        needed = [texts[name] for name in _ADDED if name != "guard"]
        if not is_text or not all(needed) or not entry.keys() <= set(_ADDED):
            raise PageError(
                f"{toml.name}:{line}: write [[transitions]] with from, event, to, "
                'source = "prose" or "D1", reason, and perhaps guard'
            )
        start, event, guard, target, label, reason = texts.values()
        yield AddedTransition(start, event, target, label, reason, guard, line)


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
