"""Names of functions that are conditions of an object."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from fsm.errors import MachineError

__all__ = ["FunctionNames", "name_of_function"]


def name_of_function(function: Any) -> str:
    """Return the name of a function, or of its class; that of a lambda is the one of its line."""
    inner = getattr(function, "func", function)
    name = str(getattr(inner, "__name__", "") or type(inner).__name__)
    if name == "<lambda>" and isinstance(inner, FunctionType):
        return f"lambda_{inner.__code__.co_firstlineno}"
    return name


class FunctionNames:
    """The conditions that were read so far, by their names."""

    def __init__(self) -> None:
        self._known: dict[str, object] = {}

    def of(self, condition: Any, where: str) -> str:
        """Return the name of a condition, which may be its name already.

        Raises :class:`fsm.errors.MachineError` with ``where`` for a second one with this name.
        """
        name = condition if isinstance(condition, str) else name_of_function(condition)
        if self._known.setdefault(name, condition) != condition:
            what = f"two different conditions have the name {name!r}; rename one"
            raise MachineError(f"{where}: {what}")
        return name
