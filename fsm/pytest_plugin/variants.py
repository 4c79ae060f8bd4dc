"""The variants of a test function: the values of its parameters besides the case, as texts.

A value that is no text, number, class or function has no words that say which it is: it is called
by its number in the order of collection, which is the same in every process. So is one whose words
another value has as well, such as two classes of one name.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from fsm.text import shortened

__all__ = ["Variants"]

_LONGEST = 60


class Variants:
    """The values of parameters that were collected, by test function and name."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], dict[Hashable, int]] = {}
        self._words: dict[tuple[str, str, str], set[Hashable]] = {}

    def note(self, function: str, parameters: Mapping[str, object]) -> None:
        """Number values that were not seen before."""
        for name, value in parameters.items():
            known = self._values.setdefault((function, name), {})
            known.setdefault(_identity(value), len(known) + 1)
            self._words.setdefault((function, name, _words(value)), set()).add(_identity(value))

    def text(self, function: str, parameters: Mapping[str, object]) -> str:
        """Return the parameters with their values, or with which ones they are."""
        self.note(function, parameters)
        texts = []
        for name, value in sorted(parameters.items()):
            words = _words(value)
            if not words or len(self._words[function, name, words]) > 1:
                number = self._values[function, name][_identity(value)]
                words = f"{words} #{number}".lstrip()
            texts.append(f"{name}={words}")
        return f"({', '.join(texts)})" if texts else ""


def _identity(value: object) -> Hashable:
    """Return what only this value has: texts and numbers may be equal, other values are themselves.

    Values are compared by their types as well, since 1 and True are equal.
    """
    kind = type(value)
    return (kind, value) if kind in (str, int, float, bool) else (None, id(value))


def _words(value: object) -> str:
    """Return the words for a value, an empty text without any."""
    if isinstance(value, str | int | float):
        return shortened(str(value), _LONGEST) or "''"
    return shortened(str(getattr(value, "__name__", "")), _LONGEST)
