"""How values show themselves: pictures and tables in notebooks, text in format strings.

A value cannot import the rooms that draw it or write its tables: these are built on the values.
So ``fsm/__init__.py``, which runs before any other module of the package, registers the two
functions that do it; they import those rooms on first use.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Bundle", "RichValue", "formatted", "register"]

Bundle = dict[str, str]
"""What a value looks like, by media type."""


class RichValue:
    """A value that notebooks show as a picture or a table."""

    __slots__ = ()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:  # noqa: ARG002
        return _bundle(self)

    def _repr_svg_(self) -> str | None:
        return _bundle(self).get("image/svg+xml")


def formatted(value: object, spec: str) -> str:
    """Return a value in a text format; raises :class:`ValueError`, which lists the formats."""
    return _text(value, spec)


def register(*, bundle: Callable[[object], Bundle], text: Callable[[object, str], str]) -> None:
    """Set what makes the bundle of a value, and its text in a format."""
    global _bundle, _text
    _bundle, _text = bundle, text


def _plain_bundle(value: object) -> Bundle:
    return {"text/plain": repr(value)}


_bundle: Callable[[object], Bundle] = _plain_bundle
_text: Callable[[object, str], str] = format
