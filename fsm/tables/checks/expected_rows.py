"""Rows as they should be: the words and separators of the page stay, only what is wrong changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fsm.machine import Effect, Machine, Transition
from fsm.tables.checks.statements import EffectClaim, Statement
from fsm.tables.read.cell_text import escaped_cell, normalise
from fsm.tables.recognition import DocumentedTable
from fsm.tables.words.lexicon import DocumentedStep, Lexicon

__all__ = ["ExpectedRows"]

_BREAK = "<br>"


@dataclass
class ExpectedRows:
    """Writes rows of one table as they should be, as Markdown that can replace the row.

    A new word is one that another row of the table uses, else the preferred one of the lexicon.
    """

    table: DocumentedTable
    machine: Machine
    lexicon: Lexicon
    statements: Sequence[Statement]
    statuses: dict[str, str] = field(default_factory=dict)
    """The cell of each status, as the table writes it."""
    effects: dict[tuple[str, Effect], str] = field(default_factory=dict)
    """The sentence of each effect, as the table writes it."""
    indicators: dict[str, str] = field(default_factory=dict)
    """The word for each indicator, as the table writes it."""

    styles: Counter[int] = field(default_factory=Counter)
    """How many sentences have the form that the lexicon lists first, second and so on."""

    def __post_init__(self) -> None:
        for statement in self.statements:
            self._note_words(statement)

    def row(self, step: DocumentedStep, statement: Statement | None = None) -> str:
        """Return the row of a step; empty where the lexicon lacks a word for it.

        ``statement`` is the row that the page has, whose right cells stay.
        """
        transition = step.transition(self.machine)
        width = len(self.table.table.header)
        if transition is None or (statement and statement.row.width != width):
            return ""
        cells = [cell.text for cell in statement.row.cells] if statement else [""] * width
        new = {
            "step": self._step(step, statement),
            "indicators": self._effects(transition, statement),
            "status": self._status(transition, statement),
        }
        for role, text in new.items():
            if role in self.table.columns:
                if text is None:
                    return ""
                cells[self.table.columns[role]] = text
        return f"| {' | '.join(' '.join(cell.split()) for cell in cells)} |"

    # Words of the table --------------------------------------------------------------------

    def _note_words(self, statement: Statement) -> None:
        """Note how the table writes what a row states in the language of the page."""
        text = self._text(statement, "status")
        if statement.status and self.lexicon.status(text) and not self.lexicon.tolerates(text):
            self.statuses.setdefault(statement.status, text)
        for claim in statement.effects or ():
            stated = self.lexicon.effect(claim.cell.text)
            if stated and not self.lexicon.tolerates(stated.word):
                pattern = normalise(claim.cell.text).replace(stated.word, "{indicator}", 1)
                patterns = self._patterns(claim.effect)
                self.styles.update([patterns.index(pattern)] if pattern in patterns else [])
                self.effects.setdefault((claim.indicator, claim.effect), claim.cell.text)
                if word := _word_in(claim):
                    self.indicators.setdefault(claim.indicator, word)

    def _text(self, statement: Statement | None, role: str) -> str:
        i = self.table.columns.get(role)
        return statement.row.cells[i].text if statement and i is not None else ""

    # Cells ---------------------------------------------------------------------------------

    def _step(self, step: DocumentedStep, statement: Statement | None) -> str | None:
        text = self._text(statement, "step")
        if self.lexicon.step(self.machine.name, text) == step:
            return text
        documented = dict(self.lexicon.documented.get(self.machine.name, ()))
        return escaped_cell(documented[step]) if step in documented else None

    def _status(self, transition: Transition, statement: Statement | None) -> str | None:
        status = self.machine.status(transition.target)
        text = self._text(statement, "status")
        if status is None or self.lexicon.status(text) == status:
            return text
        return self.statuses.get(status) or self._preferred("statuses", status)

    def _effects(self, transition: Transition, statement: Statement | None) -> str | None:
        expected = self.machine.effects(transition)
        claims = statement.effects if statement else None
        if claims is None or any(self.lexicon.effect(c.cell.text) is None for c in claims):
            claims = ()
        stated = [claim.indicator for claim in claims]
        if len(set(stated)) < len(stated) or not expected.keys() >= set(stated):
            claims = ()
        cell = self._text(statement, "indicators")
        right = {claim.indicator for claim in claims if claim.effect is expected[claim.indicator]}
        missing = [name for name in expected if name not in stated or not claims]
        sentences = {n: self._sentence(n, expected[n]) for n in expected if n not in right}
        if None in sentences.values():
            return None
        new = {name: text for name, text in sentences.items() if text}
        if not claims or (missing and "</" in cell):
            kept = {claim.indicator: claim.cell.text for claim in claims}
            return _BREAK.join((kept | new)[name] for name in expected)
        column = statement.row.cells[self.table.columns["indicators"]].column if statement else 1
        written = _with_sentences(cell, column, claims, new)
        return _separator(cell, column, claims).join([written, *(new[name] for name in missing)])

    def _sentence(self, indicator: str, effect: Effect) -> str | None:
        """Return the sentence of an effect, in the words of the table if it has them."""
        if text := self.effects.get((indicator, effect)):
            return text
        for candidate in self._adapted(indicator, effect):
            stated = self.lexicon.effect(candidate)
            if stated and (stated.indicator, stated.effect) == (indicator, effect):
                return candidate
        sentence = self._preferred("effects", effect.value)
        word = self._preferred("indicators", indicator)
        return sentence.replace("{indicator}", word) if sentence and word else None

    def _adapted(self, indicator: str, effect: Effect) -> Iterator[str]:
        """Yield sentences like those of the table: one with this effect, one in its usual form."""
        new = self.indicators.get(indicator) or self._preferred("indicators", indicator)
        for (other, its_effect), text in self.effects.items():
            old = self.indicators.get(other)
            if new and old and its_effect is effect:
                yield text.replace(old, new, 1)

        word = self.indicators.get(indicator)
        patterns = self._patterns(effect)
        if word and self.styles:
            (usual, _), *_ = self.styles.most_common(1)
            yield from (p.replace("{indicator}", word) for p in patterns[usual : usual + 1])

    def _patterns(self, effect: Effect) -> list[str]:
        return [pattern for pattern, its_effect in self.lexicon.effects if its_effect is effect]

    def _preferred(self, section: str, name: str) -> str | None:
        word = self.lexicon.preferred.get((section, name))
        return escaped_cell(word) if word else None


def _word_in(claim: EffectClaim) -> str:
    """Return the word for the indicator as a sentence writes it, empty where it is not found."""
    text = claim.cell.text
    start = text.casefold().find(claim.word)
    word = text[start : start + len(claim.word)] if start >= 0 else ""
    return word if normalise(word) == claim.word else ""


def _with_sentences(
    cell: str, column: int, claims: Iterable[EffectClaim], new: Mapping[str, str]
) -> str:
    """Return a cell with new sentences for some indicators."""
    parts, done = [], 0
    for claim in claims:
        start = claim.cell.column - column
        if claim.indicator in new:
            parts += [cell[done:start], new[claim.indicator]]
            done = start + len(claim.cell.text)
    return "".join([*parts, cell[done:]])


def _separator(cell: str, column: int, claims: Sequence[EffectClaim]) -> str:
    """Return what separates the first two sentences of a cell."""
    if len(claims) < 2:
        return _BREAK
    first, second = (claim.cell for claim in claims[:2])
    return cell[first.column - column + len(first.text) : second.column - column]
