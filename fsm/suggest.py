"""What a misspelt name may stand for: the nearest known names, and a list of all."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

__all__ = ["did_you_mean", "nearest", "no_such", "remedy", "suggestion"]

_MOST_NAMES = 100_000
_LONGEST = 80
_LIKENESS = 0.7
_LEAD = 0.15
_LISTED = 24


def nearest(name: str, known: Iterable[str], most: int = 3) -> list[str]:
    """Return the known names that resemble a name, the nearest first.

    Upper and lower case are equal. Names that resemble it much less than the nearest one are left
    out. Names may be hostile: only the beginning of each, and a limited number of them, is read.

    >>> nearest("with-fedback", ["without-feedback", "with-feedback", "delivery"])
    ['with-feedback', 'without-feedback']
    >>> nearest("PENDING", ["Pending", "Spending", "Sent"]), nearest("x", ["abc"])
    (['Pending', 'Spending'], [])
    """
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(name[:_LONGEST].casefold())
    found = []
    for place, candidate in enumerate(dict.fromkeys(islice(known, _MOST_NAMES))):
        matcher.set_seq1(candidate[:_LONGEST].casefold())
        # The two quick ratios are upper bounds, which spare most names the slow one.
        if matcher.real_quick_ratio() >= _LIKENESS and matcher.quick_ratio() >= _LIKENESS:
            likeness = matcher.ratio()
            if likeness >= _LIKENESS and candidate:
                found.append((-likeness, place, candidate))
    found.sort()
    return [text for likeness, _, text in found[:most] if likeness <= found[0][0] + _LEAD]


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return a question for the nearest known names, or an empty text where none is near.

    >>> suggestion("pausd", ["paused", "pause", "running"]), suggestion("x", ["paused"])
    ("did you mean 'paused' or 'pause'?", '')
    """
    return did_you_mean(nearest(name, known))


def did_you_mean(names: Iterable[str]) -> str:
    """Return a question for some names, or an empty text where there is none.

    >>> did_you_mean(["m1"]), did_you_mean(["m1", "m2", "m3"])
    ("did you mean 'm1'?", "did you mean 'm1', 'm2' or 'm3'?")
    """
    *others, last = [_quoted(text) for text in names] or [""]
    return f"did you mean {', '.join(others)}{' or ' * bool(others)}{last}?" if last else ""


def remedy(name: str, known: Iterable[str], see: str = "") -> str:
    """Return what to write instead of a name: the nearest known ones, and a list of all.

    ``see`` is a command that lists them where they are many.

    >>> remedy("retying", ["awaiting", "retrying"])
    "did you mean 'retrying'? There are: awaiting, retrying"
    >>> remedy("x", ["awaiting", "retrying"]), remedy("x", [])
    ('there are: awaiting, retrying', 'there are: none')
    >>> remedy("r77", [f"s{n}" for n in range(77)], see="fsm show ring.json")
    'see all 77: fsm show ring.json'
    """
    names = list(dict.fromkeys(islice(known, _MOST_NAMES)))
    question, rest = suggestion(name, names), _all(names, see)
    return f"{question} {rest[0].upper()}{rest[1:]}" if question else rest


def no_such(kind: str, name: str, known: Iterable[str], see: str = "") -> str:
    """Return the message that there is no such name, with its :func:`remedy`.

    >>> no_such("format", "gmail", ["mail", "exim"])
    "no format 'gmail'; did you mean 'mail'? There are: mail, exim"
    """
    return f"no {kind} {_quoted(name)}; {remedy(name, known, see)}"


def _all(names: list[str], see: str) -> str:
    if see and len(names) > _LISTED:
        return f"see all {len(names):,}: {see}"
    more = [f"... ({len(names):,} in all)"] if len(names) > _LISTED else []
    return f"there are: {', '.join([*map(_shortened, names[:_LISTED]), *more]) or 'none'}"


def _quoted(name: str) -> str:
    return repr(_shortened(name))


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
