"""The names that a table uses: one name for each spelling, and names that look alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

from fsm.questions import Question
from fsm.tables.read.cell_text import normalise_name
from fsm.tables.words.binding import Binding

__all__ = ["NameTable"]

_MOST = 400
"""So many names are compared with one another; larger tables are not searched for misspellings."""
_LONG, _SHORT = 10, 5
_JOINTS = re.compile(r"[\s_\-.]+")
_NO_LETTERS = re.compile(r"[^\d]+")


@dataclass
class NameTable:
    """The names of one kind in the order in which the table has them first."""

    kind: str
    file: str
    binding: Binding | None
    shown: dict[str, str] = field(default_factory=dict)
    """The first spelling of each name, by its form."""
    lines: dict[str, int] = field(default_factory=dict)
    """The line of the first use, by form."""

    def add(self, text: str, line: int) -> str:
        """Return the name that a text stands for, which is new or known."""
        form = self.form(text)
        self.lines.setdefault(form, line)
        label = self._meaning(normalise_name(text))
        return self.shown.setdefault(form, label if label and label != text else text)

    def form(self, text: str) -> str:
        """Return the form in which a text is compared; labels of a file are one name."""
        form = normalise_name(text)
        label = self._meaning(form)
        return normalise_name(label) if label else form

    def _meaning(self, form: str) -> str | None:
        """Return the name that a file gives a text: by its labels, or as another spelling."""
        if self.binding is None:
            return None
        return self.binding.labels.get(form) or self.binding.spellings.get(form)

    def has(self, text: str) -> bool:
        """Whether a text is a name that is known already."""
        return self.form(text) in self.shown

    def get(self, text: str) -> str | None:
        """Return the name that a text stands for, or ``None``."""
        return self.shown.get(self.form(text))

    def lookalikes(self) -> Iterator[Question]:
        """Yield a question for each pair of names that differ in a letter or a joint only."""
        groups = self.binding.distinct if self.binding else ()
        settled = self.binding.spellings if self.binding else {}
        distinct = [{self.form(name) for name in group} for group in groups]
        for one, other in combinations(list(self.shown)[:_MOST], 2):
            if {one, other} & settled.keys() or any({one, other} <= group for group in distinct):
                continue
            if not _are_alike(one, other):
                continue
            first, second = self.shown[one], self.shown[other]
            text = (
                f"which {self.kind} is {second!r}: {first!r} of line {self.lines[one]}, or another "
                "one?"
            )
            place = f"{self.file}:{self.lines[other]}"
            yield Question(f"spellings.{second}", text, (first, second), place)


def _are_alike(one: str, other: str) -> bool:
    """Whether two names are probably one that is spelt in two ways."""
    if _JOINTS.sub("", one) == _JOINTS.sub("", other):
        return True
    length = min(len(one), len(other))
    if length < _SHORT or abs(len(one) - len(other)) > 1 or one[0] != other[0]:
        return False
    if _NO_LETTERS.sub("", one) != _NO_LETTERS.sub("", other):
        return False
    return _distance(one, other) <= (2 if length >= _LONG and len(one) == len(other) else 1)


def _distance(one: str, other: str) -> int:
    """Return how many letters must change, with swapped neighbours as one change."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        last, row = row, [i]
        for j, b in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if before and i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before = last
    return row[-1]
