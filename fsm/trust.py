"""Whose word it takes to run code: the caller's, never that of a file's content.

Importing ``package.module:Class`` runs the module. Whoever starts a command or calls the library
may name one, and so may a binding or a lexicon which that caller names. What the content of a
page or of a machine file says, or a configuration that was found and not named, is a
:class:`NameInFile`: :func:`fsm.catalog.load` looks it up among the built-in machines and the
machine files, but imports nothing for it. The guide ``fsm/guide/trust.md`` tells users the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from fsm.errors import MachineError

__all__ = ["NameInFile", "ShadowWarning", "guarded_loader"]

T = TypeVar("T")


class NameInFile(str):
    """The name of a machine as a file states it, with its place, such as ``page.md:3``.

    It is equal to the plain text. Where the name is ``package.module:Class``, it may be loaded
    only after a caller has allowed it, see :func:`guarded_loader`.

    >>> NameInFile("shop:Order", "page.md:3").place
    'page.md:3'
    """

    __slots__ = ("place",)
    place: str

    def __new__(cls, name: str, place: str = "") -> NameInFile:
        """Make a name; the place is empty where the caller adds it to what goes wrong."""
        made = super().__new__(cls, name)
        made.place = place
        return made

    @property
    def refusal(self) -> str:
        """Say that nothing was imported, and what allows it."""
        from fsm.text import shortened

        begin = f"{self.place}: " if self.place else ""
        return (
            f"{begin}{shortened(str(self), 80)!r} is code that this file names, not you, so it was "
            "not imported; if you trust the file, give --allow-import (pytest: fsm_allow_import = "
            "true)"
        )


class ShadowWarning(UserWarning):
    """A module of the working directory was not imported: an installed one has its name."""


def guarded_loader(load: Callable[[str], T], *, allow_import: bool) -> Callable[[str], T]:
    """Return the loader for names that files state: with permission, as if the caller named them.

    What cannot be loaded is refused with the place where its name stands.

    >>> guarded_loader(type, allow_import=True)(NameInFile("shop:Order"))
    <class 'str'>
    """

    def named(name: str) -> T:
        place = getattr(name, "place", "")
        try:
            return load(str(name) if allow_import else name)
        except MachineError as error:
            if not place or str(error).startswith(f"{place}: "):
                raise
            raise MachineError(f"{place}: {error}") from error

    return named
