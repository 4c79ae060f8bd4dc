"""Suggest what a misspelt label was meant to be, and never its opposite.

Letters alone cannot tell meaning: "unsent" is closer to "sent" than to any other word. So only a
misspelling gets a hint: the same number of words, each spelt nearly as one of the known label
and begun with the same letter. Where a label of another meaning is about as close, there is none;
nor in scripts that write no blanks, where one character makes another word.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher
from functools import lru_cache

from fsm.tables.read.cell_text import is_unspaced, normalise

__all__ = ["spelling_hint"]

_SIMILAR = 0.75
"""How alike two spellings of one word are at least, from 0 to 1."""
_APART = 0.05
"""How much less alike the labels of other meanings are at least."""
_LONGEST = 200


def spelling_hint(text: str, known: Mapping[str, object]) -> str:
    """Return a hint at the nearest known label, or nothing. ``known``: label to its meaning.

    >>> known = {"delivered increases": 1, "delivered decreases": 2, "sent": 3}
    >>> spelling_hint("Delivered incraeses", known)
    "; did you mean 'delivered increases'?"
    >>> [spelling_hint(text, known) for text in ("unsent", "sent", "Delivered not increases")]
    ['', '', '']
    """
    return _near(normalise(text), tuple((label, repr(known[label])) for label in known))


@lru_cache(1024)
def _near(text: str, known: tuple[tuple[str, str], ...]) -> str:
    words = _words(text)
    if len(text) > _LONGEST or is_unspaced(text) or any(_words(x) == words for x, _ in known):
        return ""
    likely = [(_likeness(words, _words(label)), label, meaning) for label, meaning in known]
    likely.sort(key=lambda entry: (-entry[0], entry[1]))
    best = next((e for e in likely if e[0] and _begins_alike(words, _words(e[1]))), None)
    if best is None:
        return ""
    rivals = (likeness for likeness, _, meaning in likely if meaning != best[2])
    return f"; did you mean {best[1]!r}?" if best[0] - max(rivals, default=0.0) >= _APART else ""


def _words(text: str) -> list[str]:
    return text.replace("_", " ").split()


def _likeness(words: list[str], others: list[str]) -> float:
    """Return how alike two texts are, 0 where one cannot be a misspelling of the other."""
    if len(words) != len(others):
        return 0.0
    ratios = [_spelling(*pair) for pair in zip(words, others, strict=True)]
    if not ratios or min(ratios) < _SIMILAR:
        return 0.0
    lengths = [len(other) for other in others]
    return sum(r * n for r, n in zip(ratios, lengths, strict=True)) / sum(lengths)


def _spelling(word: str, other: str) -> float:
    return 1.0 if word == other else SequenceMatcher(None, word, other, autojunk=False).ratio()


def _begins_alike(words: list[str], others: list[str]) -> bool:
    return all(word[0] == other[0] for word, other in zip(words, others, strict=True))
