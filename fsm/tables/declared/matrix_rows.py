"""Read a matrix: states and events, or states and states."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fsm.tables.declared.cells import (
    Condition,
    EventText,
    events_in_cell,
    lines_of,
    split_outside,
    state_of,
    visible_text,
    without_condition,
)
from fsm.tables.declared.forms import TableForm
from fsm.tables.declared.state_cells import StateCells
from fsm.tables.declared.statements import StatedRow, Statements
from fsm.tables.declared.words import TableWords
from fsm.tables.read.table import Cell, Row, Table

__all__ = ["MatrixReader"]

_ARROW = re.compile(r"\A(?:-+>|=+>|\u2192|\u27f6|\u21d2|\u2794|\u279c)\s*")
_PARTS = re.compile(r"\s*[;\n]\s*|\s+/\s+|\s*,\s+|\s+\|\s+")


class MatrixReader:
    """Reads the cells of one matrix into statements."""

    def __init__(
        self, table: Table, form: TableForm, words: TableWords, stated: Statements
    ) -> None:
        self.table = table
        self.form = form
        self.words = words
        self.stated = stated
        self.cells = StateCells(words, stated)
        self.kinds: dict[str, int] = {}
        """The kinds of words for a refusal that stand in cells, with a line of each."""

    def read(self) -> None:
        """Read all cells."""
        corner = self.form.columns["from"]
        heads = [self.table.header[i] for i in self.form.cells]
        sides = [row.cells[corner] for row in self.table.rows if corner < row.width]
        if self.form.name == "matrix":
            self.cells.learn(sides, ())
        else:
            self.cells.learn([*heads, *(sides if self.form.name == "states" else ())], ())
        names = [self._head(cell) for cell in (sides if self.form.name == "matrix" else heads)]
        if self.form.name == "states":
            self._all_squares(heads, sides)
            return
        for number, row in enumerate(self.table.rows, 1):
            self._read_row(number, row, names)
        self._say_conventions()

    def _head(self, cell: Cell) -> str:
        """Return the state of a row or column, and note its marks."""
        return self.cells.name(visible_text(cell), cell.line)

    def _own_head(self, cell: Cell) -> Cell:
        """Return the header of a column without one above it that only says "Event"."""
        *above, last = lines_of(cell)
        return last if above and all(self.words.role_of(x.text) for x in above) else cell

    def _read_row(self, number: int, row: Row, names: list[str]) -> None:
        if row.width > len(self.table.header):
            text = f"{row.width} cells under {len(self.table.header)} headers"
            self.stated.find(row.line, text)
            return
        corner = row.cells[self.form.columns["from"]]
        if not visible_text(corner):
            self.stated.find(row.line, f"row {number} has no name")
            return
        if self.form.name == "matrix":
            state = self._head(corner)
            self._read_marks(state, row)
        for at, column in enumerate(self.form.cells):
            if column >= row.width:
                continue
            is_matrix = self.form.name == "matrix"
            source = state if is_matrix else names[at]
            head = self._own_head(self.table.header[column]) if is_matrix else corner
            self._read_cell(source, head, row.cells[column], number, row)

    def _read_marks(self, state: str, row: Row) -> None:
        """Read the columns of a status and of marks."""
        texts = {
            role: visible_text(row.cells[i])
            for role, i in self.form.columns.items()
            if i < row.width and role != "from"
        }
        if "status" in texts:
            text = texts["status"]
            status = None if not text or self.words.says("none", text) else text
            self.stated.show(state, status, row.line)
        for role in ("initial", "final"):
            text = texts.get(role, "")
            if not text or self.words.says("no", text) or self.words.says("none", text):
                continue
            if self.words.says("yes", text) or self.words.says(f"{role}_mark", text):
                marks = self.stated.initial if role == "initial" else self.stated.final
                marks.setdefault(state, row.line)
            else:
                self.stated.find(row.line, f"{text!r} does not say whether it is {role}")

    # Cells of states and events ------------------------------------------------------------

    def _read_cell(self, source: str, head: Cell, cell: Cell, number: int, row: Row) -> None:
        events = list(events_in_cell(head, self.words, self._is_event))
        for event in events:
            if event.name:
                self.stated.events.add(event.name, head.line)
        targets = list(self._targets(cell, source))
        if len(targets) > 1 and not all(guard for _, guard in targets):
            names = " and ".join(repr(target or source) for target, _ in targets)
            self.stated.find(cell.line, f"one event leads to {names}, and no guard decides")
            return
        for target, of_cell in targets:
            for event in events:
                guard = event.guard or of_cell
                reason = ""
                name = self.stated.events.add(event.name, head.line)
                self.stated.rows.append(
                    StatedRow((source,), None, (), name, guard, target, number, row.line, reason)
                )

    def _is_event(self, text: str) -> bool:
        return "[" not in text

    def _targets(self, cell: Cell, source: str) -> Iterator[tuple[str | None, Condition | None]]:
        """Yield the states that a cell leads to, ``None`` for itself, each with its guard."""
        for line in lines_of(cell):
            text = visible_text(line)
            if self._is_refusal(text, line):
                continue
            if self.cells.knows(state_of(_ARROW.sub("", text), self.words).name):
                yield from self._target(text, line, source)
                continue
            parts = split_outside(text, _PARTS)
            if len(parts) > 1 and not any(map(self._is_target, parts[1:])):
                shown = f"{text[len(parts[0]) :].strip(' /,;')!r} behind a state is an action"
                self.stated.assume(line.line, f"{shown}, no part of the machine")
                parts = parts[:1]
            for part in parts:
                if not self._is_refusal(part, line):
                    yield from self._target(part, line, source)

    def _is_target(self, text: str) -> bool:
        name, _ = without_condition(_ARROW.sub("", text), self.words)
        return self.cells.knows(state_of(name, self.words).name) or self.words.says("itself", name)

    def _is_refusal(self, text: str, cell: Cell) -> bool:
        """Whether a cell says that the event is rejected, and note in which words."""
        if self.cells.knows(text):
            return False
        kind = "none" if not text else ""
        for each in ("none", "rejected"):
            if self.words.says(each, text):
                kind = each
        if kind:
            self.kinds.setdefault(text, cell.line)
        return bool(kind)

    def _target(
        self, text: str, cell: Cell, source: str
    ) -> Iterator[tuple[str | None, Condition | None]]:
        text = _ARROW.sub("", text)
        found = state_of(text, self.words)
        if self.cells.knows(found.name):
            name = self.cells.marked(found, cell.line, is_target=True)
            yield (None if found.loop else name), None
            return
        bare, guard = without_condition(text, self.words)
        if guard is None:
            bare = text
        if self.words.says("itself", bare):
            yield None, guard
        elif self.words.says("ignored", bare):
            self.stated.assume(cell.line, f"{bare!r}: the event is accepted, and the state stays")
            yield None, guard
        elif self.cells.knows(bare):
            yield self.cells.name(bare, cell.line, is_target=True), guard
        else:
            yield from self._unknown(bare, cell, guard, source)

    def _unknown(
        self, text: str, cell: Cell, guard: Condition | None, source: str
    ) -> Iterator[tuple[str | None, Condition | None]]:
        """Ask about a name without a row of its own; a file may say that it is a final state."""
        from fsm.suggest import suggestion

        final = self.stated.binding.final if self.stated.binding else None
        form = self.stated.states.form(text)
        if form in map(self.stated.states.form, final or ()):
            yield self.stated.states.add(text, cell.line), guard
            return
        known = [self.stated.states.shown[form] for form in self.stated.states.shown]
        if near := suggestion(text, known):
            self.stated.find(cell.line, f"{text!r} in the row of {source!r} is no state; {near}")
            return
        question = f"{text!r} is in no row of its own; is it a final state?"
        self.stated.ask("final", question, (text,), cell.line)

    def _say_conventions(self) -> None:
        """Say what cells without a state mean where a table has several words for it."""
        if len(self.kinds) > 1:
            texts = ", ".join(repr(text) for text in sorted(self.kinds))
            self.stated.assume(min(self.kinds.values()), f"{texts}: the event is rejected")

    # States and states ---------------------------------------------------------------------

    def _all_squares(self, heads: list[Cell], sides: list[Cell]) -> None:
        """Read a matrix of states and states, whose cells have events or ticks."""
        for cell in (*sides, *heads):
            self._head(cell)
        columns = self.form.cells
        texts = {
            visible_text(row.cells[i]).casefold()
            for row in self.table.rows
            for i in columns
            if i < row.width and row.cells[i].text
        }
        texts = {text for text in texts if text and not self.words.says("none", text)}
        is_cross = len(texts) == 1
        for number, row in enumerate(self.table.rows, 1):
            corner = row.cells[self.form.columns["from"]]
            source = self._head(corner)
            self._read_marks(source, row)
            for i in columns:
                if i < row.width:
                    target = self._head(self.table.header[i])
                    for event in self._square(row.cells[i], target, is_cross=is_cross):
                        reason = ""
                        name = self.stated.events.add(event.name, row.line)
                        self.stated.rows.append(
                            StatedRow(
                                (source,), None, (), name, event.guard, target, number, row.line,
                                reason,
                            )
                        )  # fmt: skip
        self.stated.assume(self.table.line, "the rows are the states before, the columns after")

    def _square(self, cell: Cell, target: str, *, is_cross: bool) -> Iterator[EventText]:
        text = visible_text(cell)
        if not text or self.words.says("none", text):
            return
        if self.words.says("yes", text) and (is_cross or not self.words.says("rejected", text)):
            yield EventText(f"to {target}")
        elif not (self.words.says("no", text) or self.words.says("rejected", text)):
            yield from events_in_cell(cell, self.words, lambda _: False)
