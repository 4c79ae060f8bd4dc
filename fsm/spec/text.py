"""From a cell as written to the plain text it shows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser

__all__ = ["Markup", "fold", "items", "normalise", "pieces", "plain", "script"]

_CONTROL = re.compile(r"\[!(?:UICONTROL|DNL)\s+([^\]]*)\]")
_DRESS = re.compile(r"\\([!-/:-@\[-`{-~])|\*\*|(?<!\w)__|__(?!\w)|\*|`")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_BULLET = re.compile(r"\A[-\u2022\u2013\u00b7]\s+")
_BREAKING = frozenset({"li", "br", "p", "div", "ul", "ol"})
_BAR = re.compile(r"\\\|")


class Markup(HTMLParser):
    """A parser of HTML that knows the offset of each tag in the text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self._text = text
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def run(self) -> None:
        """Read the text."""
        self.feed(self._text)
        self.close()

    @property
    def before_tag(self) -> int:
        """The offset at which the present tag begins."""
        line, column = self.getpos()
        return self._starts[line - 1] + column

    @property
    def after_end_tag(self) -> int:
        """The offset behind the present end tag."""
        end = self._text.find(">", self.before_tag)
        return len(self._text) if end < 0 else end + 1

    @property
    def after_start_tag(self) -> int:
        """The offset behind the present start tag."""
        return self.before_tag + len(self.get_starttag_text() or "")


class _Breaks(Markup):
    """Finds the texts between the breaking tags of a cell."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.pieces: list[tuple[int, int]] = []
        self.start = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _BREAKING:
            self.cut(self.before_tag, self.after_start_tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _BREAKING:
            self.cut(self.before_tag, self.after_end_tag)

    def cut(self, before: int, after: int) -> None:
        self.pieces.append((self.start, before))
        self.start = after


class _Data(HTMLParser):
    """Collects what is not a tag."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def pieces(cell: str) -> Iterator[tuple[int, int]]:
    r"""Yield where the lines a reader sees begin and end: list items, or what breaks separate.

    A bar (``\|``) separates too.

    >>> [r"a <br> b \| c"[start:end] for start, end in pieces(r"a <br> b \| c")]
    ['a', 'b', 'c']
    """
    found = [(0, len(cell))]
    if "<" in cell:
        parser = _Breaks(cell)
        parser.run()
        found = [*parser.pieces, (parser.start, len(cell))]
    for first, last in found:
        begin = first
        for bar in [*_BAR.finditer(cell, first, last), None]:
            start, end = begin, bar.start() if bar else last
            piece = cell[start:end]
            start += len(piece) - len(piece.lstrip())
            if plain(piece):
                yield start, start + len(piece.strip())
            begin = bar.end() if bar else last


def items(cell: str) -> tuple[str, ...]:
    """Return the lines a reader sees: list items, or what line breaks separate.

    >>> items("<ul><li>No change in **[!UICONTROL Delivered]**</li><li>x</li></ul>")
    ('No change in Delivered', 'x')
    """
    return tuple(plain(cell[start:end]) for start, end in pieces(cell))


def plain(text: str) -> str:
    """Return the text without tags, markup, invisible characters and doubled spaces."""
    if "<" in text:
        parser = _Data()
        parser.feed(text)
        parser.close()
        shown = "".join(parser.texts)
    else:
        shown = unescape(text)
    bare = _DRESS.sub(lambda found: found[1] or "", _CONTROL.sub(r"\1", shown))
    return _seen(bare)


def _seen(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text.translate(_INVISIBLE)).split())


def normalise(text: str) -> str:
    """Return the form in which labels are compared: :func:`fold` of what a reader sees.

    >>> normalise("- **Delivered** percentage starts out at 0%.")
    'delivered percentage starts out at 0 %'
    """
    return fold(plain(text))


def fold(name: str) -> str:
    """Return the form in which names, which have no markup, are compared.

    Case, percent spacing, a bullet and a final stop are folded.
    """
    folded = _BULLET.sub("", _seen(name).casefold().replace("\u2019", "'"), count=1)
    return re.sub(r"\s*%", " %", folded).strip().rstrip(".:").rstrip()


def script(letter: str) -> str:
    """Return the script of a letter.

    >>> script("e"), script("\u0435")
    ('LATIN', 'CYRILLIC')
    """
    return unicodedata.name(letter, "UNKNOWN").partition(" ")[0]
