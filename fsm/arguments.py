"""Arguments of functions, checked before any work is done with them.

Each function raises :class:`fsm.errors.ArgumentError` with the name of the argument, its value and
what to write instead. ``None`` stands for an argument that was not given, and is accepted.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from numbers import Integral
from typing import TypeVar, cast

from fsm.errors import ArgumentError
from fsm.suggest import no_such

__all__ = [
    "LONGEST",
    "as_several",
    "check_call",
    "check_choice",
    "check_count",
    "check_duration",
    "check_flags",
    "check_time",
]

T = TypeVar("T")

LONGEST = timedelta(days=36_525)
"""The longest duration: a century."""


def check_duration(name: str, value: object, *, optional: bool = True) -> None:
    """Refuse what is no duration, and one that is not longer than nothing or over a century.

    >>> check_duration("validity", timedelta(days=7))
    """
    if value is None and optional:
        return
    if not isinstance(value, timedelta):
        raise ArgumentError(
            f"{name}: {_shown(value)} is not a duration; write for example timedelta(days=7)"
        )
    if not timedelta(0) < value <= LONGEST:
        raise ArgumentError(
            f"{name}: {value} is not a duration of more than 0 and up to {LONGEST.days:,} days"
        )


def check_time(name: str, value: object) -> None:
    """Refuse what is no time, and a time without a zone."""
    if value is None:
        return
    if not isinstance(value, datetime):
        raise ArgumentError(
            f"{name}: {_shown(value)} is not a time; "
            "write for example datetime(2026, 1, 31, 9, 30, tzinfo=UTC)"
        )
    if value.utcoffset() is None:
        raise ArgumentError(f"{name}: {value} has no time zone; give it in UTC, with tzinfo=UTC")


def check_count(name: str, value: object, least: int | None = 0) -> None:
    """Refuse what is no whole number, and one below ``least`` (None: any will do).

    >>> check_count("workers", 2, least=1)
    """
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise ArgumentError(f"{name}: {_shown(value)} is not a whole number")
    if least is not None and int(value) < least:
        raise ArgumentError(f"{name}: {value} is less than {least}")


def check_flags(**flags: object) -> None:
    """Refuse flags, given by their names, that are neither True nor False.

    A text such as ``"no"`` would count as true.
    """
    for name, value in flags.items():
        if not isinstance(value, bool):
            raise ArgumentError(f"{name}: {_shown(value)} is neither True nor False")


def check_choice(name: str, value: object, choices: Iterable[str]) -> None:
    """Refuse what is none of the choices."""
    known = tuple(choices)
    if not isinstance(value, str):
        raise ArgumentError(f"{name}: {_shown(value)} is not a text; there are: {', '.join(known)}")
    if value not in known:
        raise ArgumentError(no_such(name, value, known))


def check_call(name: str, value: object, example: str) -> None:
    """Refuse what cannot be called; ``example`` is what can be given."""
    if value is not None and not callable(value):
        raise ArgumentError(f"{name}: {_shown(value)} cannot be called; give {example}")


def as_several(name: str, given: T | Iterable[T], *kinds: type) -> Iterable[T]:
    """Return one value of the kinds as a sequence, and several as they are.

    So a text, which is one value, is not read letter by letter.

    >>> as_several("pages", "a.md", str), as_several("pages", ["a.md", "b.md"], str)
    (['a.md'], ['a.md', 'b.md'])
    """
    if isinstance(given, kinds):
        return [cast("T", given)]
    if not isinstance(given, Iterable):
        raise ArgumentError(f"{name}: {_shown(given)} is neither one value nor several")
    return cast("Iterable[T]", given)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
