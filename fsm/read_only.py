"""Mappings that cannot be changed, for values that are shared."""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

__all__ = ["ReadOnlyDict", "Unchangeable", "hold_mappings"]

K = TypeVar("K")
V = TypeVar("V")


class Unchangeable:
    """A mapping whose methods that would change it refuse to."""

    __slots__ = ()

    def _refuse(self, *_args: Any, **_named: Any) -> NoReturn:
        raise TypeError("this mapping cannot be changed; change a copy of it, dict(...)")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse


class ReadOnlyDict(Unchangeable, dict[K, V]):
    """A dictionary that cannot be changed; it can be compared, pickled and written as JSON.

    >>> ages = ReadOnlyDict({"a": 1})
    >>> ages == {"a": 1}, dict(ages) | {"b": 2}
    (True, {'a': 1, 'b': 2})
    >>> ages["b"] = 2
    Traceback (most recent call last):
    TypeError: this mapping cannot be changed; change a copy of it, dict(...)
    """

    __slots__ = ()

    def __reduce__(self) -> tuple[type, tuple[dict[K, V]]]:
        return type(self), (dict(self),)


def hold_mappings(value: object, *names: str) -> None:
    """Replace mappings of a frozen value, which is just being made, by read-only copies.

    What cannot be changed stays as it is.
    """
    for name in names:
        mapping = getattr(value, name)
        if not isinstance(mapping, Unchangeable):
            object.__setattr__(value, name, ReadOnlyDict(mapping))
