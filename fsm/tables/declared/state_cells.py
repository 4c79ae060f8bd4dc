"""Read the cells that name states, with the names that other cells of the table have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from fsm.tables.declared.cells import (
    Quantifier,
    StateText,
    lines_of,
    quantifier_of,
    split_outside,
    state_of,
    visible_text,
    without_condition,
)
from fsm.tables.declared.statements import Statements
from fsm.tables.declared.words import TableWords
from fsm.tables.read.table import Cell

__all__ = ["NamedStates", "StateCells"]

_STRONG = re.compile(r"\s*[,;\n\u3001\uff0c\uff1b\u30fb]\s*|\s+[/|&+]\s+")
_LISTED = re.compile(r"[,;\n\u3001\uff0c\uff1b\u30fb]|\s[/|]\s")
"""Separators of a list; a name may hold the others of :data:`_STRONG`."""
_TIGHT = re.compile(r"\s*[/|&]\s*")


@dataclass(frozen=True, slots=True)
class NamedStates:
    """The states that a cell names, or what it says instead of naming them."""

    states: tuple[str, ...] = ()
    quantifier: Quantifier | None = None
    excluded: tuple[str, ...] = ()


class StateCells:
    """Reads the cells of one table; names that stand alone in a cell are known beforehand."""

    def __init__(self, words: TableWords, stated: Statements) -> None:
        self.words = words
        self.stated = stated
        self.alone: set[str] = set()
        """The forms of names that stand alone in a cell."""
        joined = "|".join(re.escape(word) for word in words.cells["or"])
        self._or = re.compile(rf"\s+(?:{joined})\s+", re.IGNORECASE)
        self._lead = re.compile(rf"\A(?:{joined})\s+", re.IGNORECASE)

    def learn(
        self, sources: Iterable[Cell], targets: Sequence[Cell], *, has_single_targets: bool = False
    ) -> None:
        """Remember the names that stand alone in cells, so that lists can be told from names.

        A word such as "same" is a name only where a row starts from it. With
        ``has_single_targets`` each target is one state: "Sent, not paid" is a name, unless all of
        its parts are states themselves.
        """
        starts = list(self._names_alone(sources, "none"))
        ends = self._names_alone(targets, "none", "itself", "unnamed")
        form = self.stated.states.form
        self.alone |= {form(text) for text in (*starts, *ends) if not self._or.search(text)}
        for text in filter(self._or.search, starts):
            # "new or paid" is a list where "new" and "paid" are names.
            if not all(map(self.knows, self._or.split(text))):
                self.alone.add(form(text))
        for cell in targets if has_single_targets else ():
            text = state_of(visible_text(cell), self.words).name
            parts = self._split(text)
            has_guard = any(without_condition(part, self.words)[1] for part in (text, *parts))
            if len(parts) > 1 and not has_guard and not all(map(self.knows, parts)):
                self.alone.add(form(text))

    def _names_alone(self, cells: Iterable[Cell], *others: str) -> Iterator[str]:
        """Yield the lines of cells that are no list; ``others`` are kinds of words left out."""
        for cell in cells:
            for line in lines_of(cell):
                text = state_of(visible_text(line), self.words).name
                is_list = len(self._split(text)) > 1 or quantifier_of(text, self.words)
                if text and not is_list and not any(self.words.says(x, text) for x in others):
                    yield text

    def has_choice(self, text: str) -> bool:
        """Whether a text names one state or another: "paid or refused"."""
        return bool(self._or.search(text)) and not self.knows(text)

    def knows(self, text: str) -> bool:
        """Whether a text is the name of a state that stands alone in some cell."""
        return self.stated.states.form(text) in self.alone

    def _split(self, text: str) -> list[str]:
        return split_outside(text, _STRONG)

    def texts(self, cell: Cell) -> list[str]:
        """Return the texts of a cell that name one state each; marks are left in."""
        whole = visible_text(cell)
        if self.knows(state_of(whole, self.words).name):
            return [whole]
        return [text for line in lines_of(cell) for text in self.texts_of(visible_text(line))]

    def texts_of(self, text: str) -> list[str]:
        """Return the parts of a text that name one state each."""
        if self.knows(state_of(text, self.words).name):
            return [text]
        lead = re.match(r"(?:either|one of|any of|both|all of)\s+", text, re.IGNORECASE)
        texts = []
        parts = self._split(text[lead.end() :] if lead else text)
        if len(parts) > 1 and not (lead or _LISTED.search(text) or any(map(self.knows, parts))):
            parts = [text]  # "Research & development"
        for part in parts:
            bare = self._lead.sub("", part)
            part = part if self.knows(part) else bare
            weak = split_outside(part, self._or)
            tight = split_outside(part, _TIGHT)
            names = [state_of(each, self.words).name for each in weak]
            if len(weak) > 1 and not self.knows(part):
                are_words = all(" " not in name for name in names)
                texts += weak if are_words or any(map(self.knows, names)) else [part]
            elif len(tight) > 1 and not self.knows(part) and all(map(self.knows, tight)):
                texts += tight
            else:
                texts.append(part)
        return texts

    def sources(self, cell: Cell) -> NamedStates:
        """Return the states that a row starts from."""
        text = visible_text(cell)
        if not self.knows(text) and (found := quantifier_of(text, self.words)):
            excluded = [self.name(part, cell.line) for part in self._excluded(found)]
            return NamedStates((), found, tuple(excluded))
        names = [self.name(text, cell.line) for text in self.texts(cell)]
        return NamedStates(tuple(dict.fromkeys(names)))

    def _excluded(self, found: Quantifier) -> list[str]:
        return self.texts_of(found.excluded) if found.excluded else []

    def name(self, text: str, line: int, *, is_target: bool = False) -> str:
        """Return the state that a text names, and note its marks."""
        return self.marked(state_of(text, self.words), line, is_target=is_target)

    def marked(self, text: StateText, line: int, *, is_target: bool = False) -> str:
        """Return the state of a name with marks; an arrow before a target is no mark."""
        name = self.stated.states.add(text.name, line)
        if text.initial and not is_target:
            self.stated.initial.setdefault(name, line)
        if text.final:
            self.stated.final.setdefault(name, line)
        if text.star:
            self.stated.starred.setdefault(name, line)
        return name
