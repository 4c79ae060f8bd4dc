"""Read a list of transitions, or of the states that may follow each state."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fsm.tables.declared.cells import (
    ARROW,
    Condition,
    EventText,
    condition_of,
    events_in_cell,
    quantifier_of,
    split_outside,
    state_of,
    visible_text,
    without_condition,
)
from fsm.tables.declared.forms import TableForm
from fsm.tables.declared.row_selection import ListRow, held_rows
from fsm.tables.declared.state_cells import NamedStates, StateCells
from fsm.tables.declared.statements import StatedRow, Statements
from fsm.tables.declared.words import TableWords
from fsm.tables.read.cell_text import normalise, plain
from fsm.tables.read.table import Cell, Row, Table

__all__ = ["ListReader"]

_LISTED = re.compile(r"\s*[,;\n\u3001\uff0c\uff1b\u30fb]\s*|\s+[/|&]\s+")


@dataclass(frozen=True, slots=True)
class _Target:
    """A state afterwards, with the guard or event that stands in its cell; ``None`` for itself."""

    state: str | None
    guard: Condition | None = None
    event: str = ""


class ListReader:
    """Reads the rows of one list into statements."""

    def __init__(
        self, table: Table, form: TableForm, words: TableWords, stated: Statements
    ) -> None:
        self.table = table
        self.form = form
        self.words = words
        self.stated = stated
        self.cells = StateCells(words, stated)
        self.above: NamedStates | None = None
        """The states of the row above, which an empty cell repeats."""
        self.alone: set[str] = set()
        """The forms of events that stand alone in a cell."""
        header = plain(table.header[form.columns["event"]].text) if "event" in form.columns else ""
        first, _, last = header.partition("/")
        self.with_actions = bool(first) and "action" in words.role_of(last.strip(" ()[]"))

    def read(self) -> None:
        """Read all rows."""
        every = (
            ListRow(number, row, self._by_role(row))
            for number, row in enumerate(self.table.rows, 1)
        )
        rows = list(held_rows(every, self.words, self.stated))
        self._learn(cells for _, _, cells in rows)
        for at, (number, row, cells) in enumerate(rows):
            if row.width > len(self.table.header):
                text = f"{row.width} cells under {len(self.table.header)} headers"
                self.stated.find(row.line, text)
                continue
            following = rows[at + 1][2] if at + 1 < len(rows) else {}
            self._read_row(number, row, cells, following)

    def _by_role(self, row: Row) -> dict[str, Cell]:
        """Return the cells of a row by role; a cell with both states is split into two."""
        cells = {role: row.cells[i] for role, i in self.form.columns.items() if i < row.width}
        if self.form.arrows is not None and self.form.arrows < row.width:
            cell = row.cells[self.form.arrows]
            arrow = next(ARROW.finditer(cell.text), None) if ARROW.search(cell.text) else None
            if arrow and arrow.start() == 0:
                arrow = next(ARROW.finditer(cell.text, arrow.end()), None)
            if arrow:
                cells["from"] = cell.slice(0, arrow.start())
                cells["to"] = cell.slice(arrow.end(), len(cell.text))
            else:
                self.stated.find(row.line, f"{plain(cell.text)!r}: no arrow between two states")
        return cells

    def _learn(self, rows: Iterator[Mapping[str, Cell]]) -> None:
        """Remember the states and events that stand alone in cells."""
        known = list(rows)
        sources, targets = (
            [cells[role] for cells in known if role in cells] for role in ("from", "to")
        )
        is_end = "event" not in self.form.columns
        self.cells.learn(
            sources,
            [c for c in targets if not (is_end and self._ends(visible_text(c)))],
            has_single_targets=self.form.name == "transitions",
        )
        for cells in known:
            if "event" in cells:
                text = visible_text(cells["event"])
                events = list(events_in_cell(cells["event"], self.words, lambda _: False))
                if [event.name for event in events] == [text]:
                    self.alone.add(normalise(text))

    def _knows_event(self, text: str) -> bool:
        return normalise(text) in self.alone and "[" not in text

    # Rows ----------------------------------------------------------------------------------

    def _read_row(
        self, number: int, row: Row, cells: Mapping[str, Cell], following: Mapping[str, Cell]
    ) -> None:
        texts = {role: visible_text(cell) for role, cell in cells.items()}
        if not any(texts.get(role) for role in ("from", "event", "to")):
            if any(plain(cell.text) for cell in row.cells):
                self.stated.find(row.line, f"row {number} names no state and no event")
            return
        if self._is_start(texts):
            self._read_start(number, row, cells, texts)
            return
        sources = self._sources(number, row, cells, texts)
        if sources is None:
            return
        self._read_marks(sources, texts, row)
        if self._is_end(texts):
            is_heading = (
                not texts.get("to") and not texts.get("event") and len(self.form.columns) > 2
            )
            repeats = "from" in following and not visible_text(following["from"])
            if not (is_heading and repeats):
                self._read_end(sources, row, texts)
            return
        self._read_transitions(number, row, cells, texts, sources)

    def _is_start(self, texts: Mapping[str, str]) -> bool:
        """Whether a row begins nowhere, so that it says how the machine starts."""
        start = texts.get("from", "")
        if not texts.get("to") or self.words.says("none", texts["to"]):
            return False
        if self.cells.knows(start) and start[:1] not in "[(":
            return self._has_no_event(texts) and self.words.says("start_place", start)
        return self.words.says("start_place", start) or self.words.says("none", start)

    def _has_no_event(self, texts: Mapping[str, str]) -> bool:
        text = texts.get("event", "")
        return "event" in texts and (not text or self.words.says("none", text))

    def _read_start(
        self, number: int, row: Row, cells: Mapping[str, Cell], texts: Mapping[str, str]
    ) -> None:
        names = [self.cells.name(_bare(t), row.line) for t in self.cells.texts(cells["to"])]
        for name in names:
            self.stated.initial.setdefault(name, row.line)
        if texts.get("event") and not self._has_no_event(texts):
            text = (
                f"row {number} says how it begins in {', '.join(names)}; "
                f"{texts['event']!r} is no event of the machine"
            )
            self.stated.assume(row.line, text)
        self._read_status(names, texts, row)
        self.above = None

    def _sources(
        self, number: int, row: Row, cells: Mapping[str, Cell], texts: Mapping[str, str]
    ) -> NamedStates | None:
        text = texts.get("from", "")
        if not text or self.words.says("ditto", text):
            if self.above is None:
                self.stated.find(row.line, f"row {number} does not name the state it starts from")
            elif not text:
                self.stated.assume(row.line, "an empty cell means the state of the row above")
            return self.above
        self.above = self.cells.sources(cells["from"])
        return self.above

    def _is_end(self, texts: Mapping[str, str]) -> bool:
        """Whether a row says that nothing follows."""
        to, event = texts.get("to", ""), texts.get("event", "")
        ends = self._ends(to)
        if "event" not in self.form.columns:
            return ends and not self.cells.knows(to)
        ended = not event or any(self.words.says(kind, event) for kind in ("none", "terminal"))
        return ends and ended

    def _ends(self, text: str) -> bool:
        """Whether a cell says that no state follows."""
        return not text or any(self.words.says(kind, text) for kind in ("none", "terminal"))

    def _read_end(self, sources: NamedStates, row: Row, texts: Mapping[str, str]) -> None:
        if sources.quantifier:
            self.stated.find(row.line, f"{texts.get('from', '')!r} names no state that ends")
        for state in sources.states:
            self.stated.final.setdefault(state, row.line)
            self.stated.ends.setdefault(state, row.line)

    def _read_marks(self, sources: NamedStates, texts: Mapping[str, str], row: Row) -> None:
        """Read the columns that say yes or no of the state in front."""
        for role in ("initial", "final"):
            text = texts.get(role, "")
            if not text or self.words.says("no", text) or self.words.says("none", text):
                continue
            if self.words.says("yes", text) or self.words.says(f"{role}_mark", text):
                for state in sources.states:
                    marks = self.stated.initial if role == "initial" else self.stated.final
                    marks.setdefault(state, row.line)
            else:
                self.stated.find(row.line, f"{text!r} does not say whether it is {role}")

    def _read_status(self, names: list[str], texts: Mapping[str, str], row: Row) -> None:
        if "status" in texts:
            text = texts["status"]
            status = None if not text or self.words.says("none", text) else text
            for name in names:
                self.stated.show(name, status, row.line)

    def _read_transitions(
        self,
        number: int,
        row: Row,
        cells: Mapping[str, Cell],
        texts: Mapping[str, str],
        sources: NamedStates,
    ) -> None:
        targets = self._targets(cells["to"], sources) if "to" in cells else []
        if not targets:
            says = texts.get("to", "")
            what = f"{says!r} names no state" if says else "no state afterwards is named"
            text = f"row {number}: {what}; write the state, or 'same' where it stays"
            self.stated.find(row.line, text)
            return
        events = self._events(number, row, cells, texts, targets)
        guard = condition_of(texts.get("guard", ""), self.words)
        reason = _reason(texts)
        named = [target.state for target in targets if target.state is not None]
        self._read_status(named or list(sources.states), texts, row)
        for event in events:
            for target in targets:
                if event.name and target.event and event.name != target.event:
                    continue
                whole = _joined(_joined(event.guard, guard), target.guard)
                name = self.stated.events.add(event.name, row.line)
                self.stated.rows.append(
                    StatedRow(
                        sources.states,
                        sources.quantifier,
                        sources.excluded,
                        name,
                        whole,
                        target.state,
                        number,
                        row.line,
                        reason,
                    )
                )

    def _events(
        self,
        number: int,
        row: Row,
        cells: Mapping[str, Cell],
        texts: Mapping[str, str],
        targets: list[_Target],
    ) -> list[EventText]:
        """Return the events of a row; of a list without events, ``to X`` for each target."""
        if "event" not in self.form.columns:
            to_states = dict.fromkeys(self._event_to(target, row) for target in targets)
            for at, target in enumerate(targets):
                targets[at] = _Target(target.state, target.guard, self._event_to(target, row))
            return [EventText(name) for name in to_states if name]
        text = texts.get("event", "")
        if not text:
            self.stated.find(row.line, f"row {number} names no event")
            return []
        if self.words.says("none", text):
            self.stated.assume(row.line, "a row without an event: the event is 'to' and the state")
            return [EventText(self._event_to(target, row)) for target in targets[:1]]
        if quantifier_of(text, self.words) and not self.stated.events.has(text):
            self.stated.find(row.line, f"{text!r} names no event; write each of them")
            return []
        events = list(
            events_in_cell(
                cells["event"], self.words, self._knows_event, with_actions=self.with_actions
            )
        )
        if len(events) > 1:
            names = ", ".join(repr(event.name) for event in events)
            self.stated.assume(row.line, f"{text!r} are several events: {names}")
        for event in events:
            if not event.name:
                self.stated.find(row.line, f"{text!r}: a guard without an event")
            if event.action:
                shown = f"{event.action!r} behind a slash is an action, no part of the machine"
                self.stated.assume(row.line, shown)
        return [event for event in events if event.name]

    def _event_to(self, target: _Target, row: Row) -> str:
        if target.event:
            return target.event
        if target.state is None:
            self.stated.find(row.line, "a state that stays needs an event")
            return ""
        return f"to {target.state}"

    # Targets -------------------------------------------------------------------------------

    def _targets(self, cell: Cell, sources: NamedStates) -> list[_Target]:
        text = visible_text(cell)
        kinds = ("none", "rejected", "unnamed")
        if any(self.words.says(kind, text) for kind in kinds) and not self.cells.knows(text):
            return []
        if quantifier_of(text, self.words) and not self.cells.knows(text):
            return []
        if self.form.name == "successors" and ARROW.search(text) and not self.cells.knows(text):
            return [self._with_event(part, cell) for part in split_outside(text, _LISTED)]
        targets = [self._target(part, cell, sources) for part in self.cells.texts(cell)]
        if self.form.name == "transitions" and len(targets) > 1:
            whole = state_of(text, self.words).name
            is_known = any(self.cells.knows(part) for part in self.cells.texts(cell))
            if not is_known and not self.cells.has_choice(text):
                return [_Target(self.stated.states.add(whole, cell.line))]
            if not all(target.guard for target in targets):
                names = " and ".join(repr(target.state) for target in targets)
                self.stated.find(cell.line, f"one event leads to {names}, and no guard decides")
        return targets

    def _with_event(self, text: str, cell: Cell) -> _Target:
        """Read an event with its target, ``pay -> paid``."""
        parts = [part for part in ARROW.split(text) if part]
        if len(parts) != 2:
            if len(parts) == 1 and text.strip() != parts[0]:
                return _Target(self.cells.name(parts[0], cell.line))
            self.stated.find(cell.line, f"{text!r}: write an event, an arrow and a state")
            return _Target(None)
        event, guard = without_condition(parts[0].strip("`: "), self.words)
        return _Target(self.cells.name(parts[1], cell.line), guard, event)

    def _target(self, text: str, cell: Cell, sources: NamedStates) -> _Target:
        text = _bare(text)
        found = state_of(text, self.words)
        if self.words.says("itself", text) and not self.cells.knows(text):
            return _Target(None)
        if found.loop:
            name = self.stated.states.get(found.name)
            if (name,) != sources.states:
                self.stated.find(cell.line, f"{text!r} stays, but the row starts elsewhere")
            return _Target(None)
        if self.words.says("terminal", text) and text == "[*]":
            self.stated.final.setdefault(self.stated.states.add(text, cell.line), cell.line)
            return _Target(text)
        guard = None
        if not self.cells.knows(found.name):
            name, guard = without_condition(text, self.words)
            if guard and (self.cells.knows(name) or "[" in text):
                found = state_of(name, self.words)
            elif self._has_known_beginning(found.name):
                self.stated.find(cell.line, f"{text!r} is not understood: a state and what else?")
                guard = None
            else:
                guard = None
        return _Target(self.cells.marked(found, cell.line), guard)

    def _has_known_beginning(self, text: str) -> bool:
        """Whether a known state begins a text, and something in brackets or words follows it."""
        head = re.split(r"\s*[(\[:]", text, maxsplit=1)[0]
        return head != text and self.cells.knows(head)


def _bare(text: str) -> str:
    """Return a target without an arrow in front."""
    return ARROW.sub("", text, count=1) if ARROW.match(text) else text


def _joined(one: Condition | None, other: Condition | None) -> Condition | None:
    if one is None or other is None:
        return one or other
    parts = dict.fromkeys((*one.parts, *other.parts))
    return Condition(tuple(parts), otherwise=one.otherwise or other.otherwise)


def _reason(texts: Mapping[str, str]) -> str:
    """Return the note of a row, which says why it is so."""
    return texts.get("note", "")
