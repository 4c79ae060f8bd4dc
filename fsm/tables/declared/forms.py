"""Which form a table has that declares a machine, and what its columns are.

Lists of transitions and of successors are recognised by their headers; a matrix by its cells,
which name the states that stand in its first column, or in its header.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from fsm.errors import PageError
from fsm.suggest import no_such
from fsm.tables.declared.cells import ARROW, lines_of, state_of, visible_text
from fsm.tables.declared.words import TableWords
from fsm.tables.read.cell_text import normalise, plain
from fsm.tables.read.table import Table
from fsm.tables.words.binding import Binding

__all__ = ["FORMS", "FormName", "TableForm", "is_empty_word", "recognise_form"]

FormName: TypeAlias = Literal["transitions", "successors", "matrix", "transposed", "states"]
FORMS: tuple[FormName, ...] = ("transitions", "successors", "matrix", "transposed", "states")
"""Rows that are transitions; a state and its successors; states in rows and events in columns; the
transpose; states in rows and columns."""

_CORNER = re.compile(r"[\\/|\u2193\u2192]|\bvs\.?\b|\u00d7|\bx\b")
_ENOUGH = 0.5
"""At least half of the cells of a matrix name states, or the table is no matrix."""
_FREE = ("note", "action", "guard", "condition")


@dataclass(frozen=True)
class TableForm:
    """A form, its columns by role, and the columns that are not read."""

    name: FormName
    columns: Mapping[str, int]
    cells: tuple[int, ...] = ()
    """The columns of a matrix that stand for events or states."""
    unread: tuple[int, ...] = ()
    """Columns that say nothing about the machine as far as their headers are known."""
    arrows: int | None = None
    """The column whose cells have both states: ``draft -> sent``."""
    assumed: tuple[tuple[int, str], ...] = field(default=())
    """Columns whose role was assumed, and why."""


def recognise_form(table: Table, words: TableWords, binding: Binding | None) -> TableForm | None:
    """Return the form of a table, or ``None`` for a table that declares no machine.

    Raises :class:`PageError` for a column of the binding that the table does not have.
    """
    if not table.rows or len(table.header) < 2:
        return None
    roles = _Roles(table, words, binding)
    wanted = binding.form if binding else None
    if wanted not in (None, "steps", *FORMS):
        place = binding.place("", "form") if binding else ""
        raise PageError(f"{place}: {no_such('form', str(wanted), FORMS)}")
    if wanted == "steps":
        return None
    found = roles.as_list() if wanted in (None, "transitions", "successors") else None
    if found and not (wanted is None and found.name == "successors" and found.unread):
        return found
    # "State | next | stop" may be a matrix of events with names such as "next".
    return found if wanted in ("transitions", "successors") else roles.as_matrix(wanted) or found


@dataclass
class _Roles:
    table: Table
    words: TableWords
    binding: Binding | None
    bound: dict[str, int] = field(init=False)
    """The columns that a file names."""
    candidates: list[tuple[str, ...]] = field(init=False)
    """The roles of each column by its header."""

    def __post_init__(self) -> None:
        headers = [normalise(cell.text) for cell in self.table.header]
        self.bound = {}
        for role, header in (self.binding.columns if self.binding else {}).items():
            if normalise(header) in headers:
                self.bound[role] = headers.index(normalise(header))
        taken = set(self.bound.values())
        self.candidates = [
            () if i in taken else self.words.role_of(cell.text)
            for i, cell in enumerate(self.table.header)
        ]

    # Lists ---------------------------------------------------------------------------------

    def as_list(self) -> TableForm | None:
        """Return the form of a list of transitions or successors."""
        columns = dict(self.bound)
        arrows = None if {"from", "to"} & columns.keys() else self._arrows()
        free = [i for i in range(len(self.candidates)) if i not in columns.values() and i != arrows]
        if arrows is None and not self._take_states(columns, free):
            return None
        assumed = self._take_events(columns, free)
        self._take(columns, free, "guard", "guard", "condition")
        self._take(columns, free, "status", "status")
        for role in ("allowed", "initial", "final"):
            self._take_marks(columns, free, role)
        for role in ("action", "note"):
            self._take(columns, free, role, role)
        unread = tuple(i for i in free if not set(self.candidates[i]) & set(_FREE))
        name: FormName = "transitions" if "event" in columns else "successors"
        return TableForm(name, columns, (), unread, arrows, assumed)

    def _take(self, columns: dict[str, int], free: list[int], role: str, *kinds: str) -> None:
        """Give a role to the first free column whose header is of one of some kinds."""
        for kind in kinds:
            for i in free:
                if role not in columns and kind in self.candidates[i]:
                    columns[role] = i
                    free.remove(i)
                    return

    def _take_states(self, columns: dict[str, int], free: list[int]) -> bool:
        """Find the columns of the states before and after; return whether there are both."""
        if "to" not in columns:
            self._take(columns, free, "successors", "successors")
        self._take(columns, free, "from", "from")
        self._take(columns, free, "to", "to")
        self._take(columns, free, "from", "state")
        successors = columns.pop("successors", None)
        if "to" not in columns and successors is not None:
            columns["to"] = successors
        elif successors is not None:
            free.append(successors)
        return {"from", "to"} <= columns.keys()

    def _take_events(self, columns: dict[str, int], free: list[int]) -> tuple[tuple[int, str], ...]:
        """Find the column of the events; return it with the reason where that is assumed."""
        self._take(columns, free, "event", "event")
        if "event" in columns:
            return ()
        self._take(columns, free, "event", "action", "condition")
        if "event" not in columns:
            return ()
        header = plain(self.table.header[columns["event"]].text)
        return ((columns["event"], f"the column {header!r} names the events"),)

    def _take_marks(self, columns: dict[str, int], free: list[int], role: str) -> None:
        """Find a column that says yes or no of each state; an event may be named 'start'."""
        for i in list(free):
            if role not in columns and role in self.candidates[i] and self._are_marks(i, role):
                columns[role] = i
                free.remove(i)

    def _are_marks(self, column: int, role: str) -> bool:
        kinds = ["yes", "no", "none", *({f"{role}_mark"} & self.words.cells.keys())]
        texts = [visible_text(row.cells[column]) for row in self.table.rows if column < row.width]
        return all(not text or any(self.words.says(k, text) for k in kinds) for text in texts)

    def _arrows(self) -> int | None:
        """Return the column in which most cells are two states with an arrow between them."""
        for i in range(len(self.table.header)):
            if {"from", "to", "note", "action"} & set(self.candidates[i]):
                continue
            cells = [row.cells[i] for row in self.table.rows if i < row.width]
            arrows = [c for c in cells if len(list(filter(None, ARROW.split(plain(c.text))))) == 2]
            if cells and len(arrows) > len(cells) * _ENOUGH:
                others = {role for roles in self.candidates for role in roles}
                if not {"from", "to", "successors"} & others:
                    return i
        return None

    # Matrices ------------------------------------------------------------------------------

    def as_matrix(self, wanted: str | None) -> TableForm | None:
        """Return the form of a matrix, by what its cells name."""
        header = self.table.header
        corner = self.bound.get("from", 0)
        if not (self.candidates[corner] == () or {"state", "from", "event"} & self._corner_roles()):
            return None
        columns = {"from": corner}
        for i in range(1, min(4, len(header))):
            for role in ("status", "initial", "final"):
                fits = role in self.candidates[i] and role not in columns and i != corner
                if fits and (role == "status" or self._are_marks(i, role)):
                    columns[role] = i
        skipped = set(columns.values())
        unread = [
            i
            for i, roles in enumerate(self.candidates)
            if i not in skipped and set(roles) & {"note", "action"} and i in self._edges()
        ]
        cells = [i for i in range(len(header)) if i not in skipped and i not in unread]
        if len(cells) < 2:
            return None
        name = wanted or self._by_cells(corner, cells)
        if name not in ("matrix", "transposed", "states"):
            return None
        return TableForm(name, columns, tuple(cells), tuple(unread))  # type: ignore[arg-type]

    def _corner_roles(self) -> set[str]:
        text = plain(self.table.header[self.bound.get("from", 0)].text)
        parts = [text, *_CORNER.split(text)]
        return {role for part in parts for role in self.words.role_of(part.strip())}

    def _edges(self) -> set[int]:
        """Return the columns behind the last one that may be of a matrix."""
        last = len(self.table.header) - 1
        return {1, last, last - 1}

    def _by_cells(self, corner: int, cells: list[int]) -> str | None:
        names = {
            normalise(state_of(visible_text(row.cells[corner]), self.words).name)
            for row in self.table.rows
            if corner < row.width
        } - {""}
        heads = {
            normalise(state_of(visible_text(self.table.header[i]), self.words).name) for i in cells
        } - {""}
        texts = [text for i in cells for text in self._texts(i)]
        if len(names) < 2 or len(names & heads) >= max(2, len(heads) * _ENOUGH):
            return "states" if len(names & heads) > 1 else None
        in_rows = sum(self._names(text, names) for text in texts)
        in_heads = sum(self._names(text, heads) for text in texts)
        if not texts or max(in_rows, in_heads) < len(texts) * _ENOUGH:
            return None
        is_said = {"state", "from"} & self._corner_roles()
        if in_rows >= in_heads and not (is_said or all(self._names_any(i, names) for i in cells)):
            return None  # a list of transitions under headers that are not known
        return "matrix" if in_rows >= in_heads else "transposed"

    def _names_any(self, column: int, known: set[str]) -> bool:
        """Whether a cell of a column names one of some states, or no cell names anything."""
        texts = list(self._texts(column))
        return not texts or any(self._names(text, known) for text in texts)

    def _texts(self, column: int) -> Iterator[str]:
        """Yield what stands in a column, without cells that name nothing."""
        for row in self.table.rows:
            for cell in lines_of(row.cells[column]) if column < row.width else ():
                text = visible_text(cell)
                if not is_empty_word(text, self.words):
                    yield text

    def _names(self, text: str, known: set[str]) -> bool:
        """Whether a cell begins with a known name; what follows may be a guard or an action."""
        parts = [
            text,
            *re.split(r"\s*(?:[\[(/,;]|\bif\b|\bwhen\b|\bunless\b)", text, maxsplit=1)[:1],
        ]
        parts += [part for part in ARROW.split(text) if part]
        parts.append(state_of(text, self.words).name)
        return any(normalise(part) in known for part in parts) or self.words.says("itself", text)


def is_empty_word(text: str, words: TableWords) -> bool:
    """Whether a cell of a matrix names no state: empty, a dash, or a word for a refusal."""
    return not text or any(words.says(kind, text) for kind in ("none", "rejected", "ignored"))
