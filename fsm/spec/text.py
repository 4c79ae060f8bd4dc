"""From a cell as written to the plain text it shows."""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from html.parser import HTMLParser

__all__ = ["items", "normalise", "plain"]

_CONTROL = re.compile(r"\[!(?:UICONTROL|DNL)\s+([^\]]*)\]")
_EMPHASIS = re.compile(r"(\*\*|__|\*|`)")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_BREAKING = frozenset({"li", "br", "p", "div", "ul", "ol"})


class _Items(HTMLParser):
    """Collects the texts between the breaking tags of a cell."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = [""]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _BREAKING:
            self.parts.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BREAKING:
            self.parts.append("")

    def handle_data(self, data: str) -> None:
        self.parts[-1] += data


def items(cell: str) -> tuple[str, ...]:
    """Return the lines a reader sees: list items, or what line breaks separate.

    >>> items("<ul><li>No change in **[!UICONTROL Delivered]**</li><li>x</li></ul>")
    ('No change in Delivered', 'x')
    """
    parser = _Items()
    parser.feed(_CONTROL.sub(r"\1", cell))
    parser.close()
    texts = (plain(part) for part in parser.parts)
    return tuple(text for text in texts if text)


def plain(text: str) -> str:
    """Return the text without markup, invisible characters and doubled spaces."""
    text = unescape(_EMPHASIS.sub("", _CONTROL.sub(r"\1", text))).translate(_INVISIBLE)
    return " ".join(unicodedata.normalize("NFKC", text).split())


def normalise(text: str) -> str:
    """Return the form in which labels are compared: case, percent spacing, final stop folded.

    >>> normalise("**Delivered** percentage starts out at 0%.")
    'delivered percentage starts out at 0 %'
    """
    folded = plain(text).casefold().replace("\u2019", "'")
    return re.sub(r"\s*%", " %", folded).strip().rstrip(".:").rstrip()
