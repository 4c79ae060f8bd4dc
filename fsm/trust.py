"""Who may name code that is run: the caller, never the content of a file.

Importing ``package.module:Class`` runs the module. Whoever starts a command or calls the library
may name one, and so may a binding or a lexicon that the caller names. A name in a page, in a
machine file, or in a configuration that was found and not named, is a :class:`NameInFile`:
:func:`fsm.catalog.load` looks it up among the built-in machines and the machine files, but imports
nothing for it. The guide ``fsm/guide/trust.md`` tells users the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from fsm.errors import MachineError

__all__ = ["NameInFile", "ShadowWarning", "guarded_loader"]

T = TypeVar("T")


class NameInFile(str):
    """The name of a machine that a file states, with its place, such as ``page.md:3``.

    It is equal to the plain text. A name such as ``package.module:Class`` may be loaded only if
    the caller allows it, see :func:`guarded_loader`.

    >>> NameInFile("shop:Order", "page.md:3").place
    'page.md:3'
    """

    __slots__ = ("place",)
    place: str

    def __new__(cls, name: str, place: str = "") -> NameInFile:
        """Make a name; the place is empty where the caller adds it to error messages."""
        value = super().__new__(cls, name)
        value.place = place
        return value

    @property
    def refusal(self) -> str:
        """The message that nothing was imported, and how to allow it."""
        from fsm.text import shortened

        begin = f"{self.place}: " if self.place else ""
        return (
            f"{begin}{shortened(str(self), 80)!r} is code that this file names, not you, so it was "
            "not imported; if you trust the file, give --allow-import (pytest, Sphinx: "
            "fsm_allow_import; MkDocs: allow_import)"
        )


class ShadowWarning(UserWarning):
    """A module of the working directory was not imported: an installed one has its name."""


def guarded_loader(load: Callable[[str], T], *, allow_import: bool) -> Callable[[str], T]:
    """Return a loader for names that files state; ``allow_import`` treats them as the caller's.

    Its errors begin with the place of the name.

    >>> guarded_loader(type, allow_import=True)(NameInFile("shop:Order"))
    <class 'str'>
    """

    def load_name(name: str) -> T:
        place = getattr(name, "place", "")
        try:
            return load(str(name) if allow_import else name)
        except MachineError as error:
            if not place or str(error).startswith(f"{place}: "):
                raise
            raise MachineError(f"{place}: {error}") from error

    return load_name
