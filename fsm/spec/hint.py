"""Suggest what a misspelt label was meant to be, and never its opposite.

Letters alone cannot tell meaning: "unsent" is closer to "sent" than to any other word. So only a
misspelling gets a hint: the same number of words, each spelt nearly as one of the known label
and begun with the same letter. Where labels of two meanings are about as close, there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from functools import lru_cache

from fsm.spec.text import normalise

__all__ = ["near"]

_SIMILAR = 0.75
"""How alike two spellings of one word are at least, from 0 to 1."""
_APART = 0.05
"""How much less alike the labels of other meanings are at least."""
_LONGEST = 200


def near(text: str, known: Mapping[str, object]) -> str:
    """Return a hint at the nearest known label, or nothing. ``known``: label to its meaning.

    >>> known = {"delivered increases": 1, "delivered decreases": 2, "sent": 3}
    >>> near("Delivered incraeses", known)
    "; did you mean 'delivered increases'?"
    >>> near("unsent", known), near("sent", known), near("Delivered not increases", known)
    ('', '', '')
    """
    return _near(normalise(text), tuple((label, repr(known[label])) for label in known))


@lru_cache(1024)
def _near(text: str, known: tuple[tuple[str, str], ...]) -> str:
    if len(text) > _LONGEST or any(label == text for label, _ in known):
        return ""
    closest: dict[str, tuple[float, str]] = {}
    for label, meaning in known:
        likeness = _likeness(text, label)
        if likeness > closest.get(meaning, (0.0, ""))[0]:
            closest[meaning] = likeness, label
    best = _ordered(closest.values())
    if not best or (len(best) > 1 and best[0][0] - best[1][0] < _APART):
        return ""
    return f"; did you mean {best[0][1]!r}?"


def _ordered(found: Iterable[tuple[float, str]]) -> list[tuple[float, str]]:
    return sorted(found, key=lambda entry: (-entry[0], entry[1]))


def _likeness(text: str, label: str) -> float:
    """Return how alike two texts are, 0 where one cannot be a misspelling of the other."""
    words, others = text.replace("_", " ").split(), label.replace("_", " ").split()
    if len(words) != len(others):
        return 0.0
    total = length = 0.0
    for word, other in zip(words, others, strict=True):
        ratio = 1.0 if word == other else _spelling(word, other)
        if ratio < _SIMILAR:
            return 0.0
        total += ratio * len(other)
        length += len(other)
    return total / length if length else 0.0


def _spelling(word: str, other: str) -> float:
    if word[0] != other[0] or not (word[0].isalnum() and other[-1].isalnum()):
        return 0.0
    return SequenceMatcher(None, word, other, autojunk=False).ratio()
