"""Suggest the label that a misspelt text was meant to be, but never its opposite.

Letters alone cannot tell meaning: "unsent" is closer to "sent" than to any other word. So only a
misspelling gets a hint: the same number of words as the label, each spelt nearly like the label's
word and with the same first letter. There is no hint if a label of another meaning is about as
close, nor in scripts without blanks, where one character makes another word.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from difflib import SequenceMatcher
from functools import lru_cache

from fsm.tables.read.cell_text import is_unspaced, normalise

__all__ = ["spelling_hint"]

_MIN_LIKENESS = 0.75
"""The least likeness of two spellings of one word, from 0 to 1."""
_MIN_LEAD = 0.05
"""How much more alike the best label must be than those of other meanings."""
_MAX_LENGTH = 200


def spelling_hint(text: str, known: Mapping[str, object]) -> str:
    """Return a hint at the nearest known label, or nothing. ``known``: label to its meaning.

    >>> known = {"delivered increases": 1, "delivered decreases": 2, "sent": 3}
    >>> spelling_hint("Delivered incraeses", known)
    "; did you mean 'delivered increases'?"
    >>> [spelling_hint(text, known) for text in ("unsent", "sent", "Delivered not increases")]
    ['', '', '']
    """
    return _hint(normalise(text), tuple((label, repr(known[label])) for label in known))


@lru_cache(1024)
def _hint(text: str, known: tuple[tuple[str, str], ...]) -> str:
    words = _words(text)
    if len(text) > _MAX_LENGTH or is_unspaced(text) or any(_words(x) == words for x, _ in known):
        return ""
    ranked = [(_likeness(words, _words(label)), label, meaning) for label, meaning in known]
    ranked.sort(key=lambda entry: (-entry[0], entry[1]))
    similar = (entry for entry in ranked if entry[0])
    best = next((e for e in similar if _have_same_initials(words, _words(e[1]))), None)
    if best is None:
        return ""
    likeness, label, meaning = best
    runner_up = max((other for other, _, its in ranked if its != meaning), default=0.0)
    return f"; did you mean {label!r}?" if likeness - runner_up >= _MIN_LEAD else ""


def _words(text: str) -> list[str]:
    return text.replace("_", " ").split()


def _likeness(words: list[str], others: list[str]) -> float:
    """Return how alike two texts are, 0 where one cannot be a misspelling of the other."""
    if len(words) != len(others):
        return 0.0
    pairs = zip(map(_unaccented, words), map(_unaccented, others), strict=True)
    ratios = [_word_likeness(*pair) for pair in pairs]
    if not ratios or min(ratios) < _MIN_LIKENESS:
        return 0.0
    lengths = [len(other) for other in others]
    return sum(r * n for r, n in zip(ratios, lengths, strict=True)) / sum(lengths)


def _word_likeness(word: str, other: str) -> float:
    return 1.0 if word == other else SequenceMatcher(None, word, other, autojunk=False).ratio()


def _have_same_initials(words: list[str], others: list[str]) -> bool:
    pairs = zip(words, others, strict=True)
    return all(_unaccented(word)[0] == _unaccented(other)[0] for word, other in pairs)


def _unaccented(word: str) -> str:
    """Return a word without the accents of its letters: a missing accent is a misspelling."""
    if word.isascii():
        return word
    letters = unicodedata.normalize("NFD", word)
    return "".join(c for c in letters if not unicodedata.combining(c)) or word
