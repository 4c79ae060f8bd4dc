"""Turn cells as they are written into the plain text that a reader sees."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from html import unescape
from html.parser import HTMLParser

from fsm.text import visible

__all__ = [
    "OffsetParser",
    "cell_lines",
    "escaped_cell",
    "is_note_mark",
    "is_unspaced",
    "line_spans",
    "normalise",
    "normalise_name",
    "plain",
    "script_of",
]

_EMPHASIS = re.compile(r"(?<![\w\\])_(?![\s_])((?:[^_]|(?<=\w)_(?=\w)){1,200}?)(?<![\s\\])_(?!\w)")
"""A text between two underscores that are not inside words."""
_CONTROL_LINK = re.compile(r"\[!(?:UICONTROL|DNL)\s+([^\]]{0,300})\]")
_STYLE = re.compile(r"\\([!-/:-@\[-`{-~])|\*\*|(?<!\w)__|__(?!\w)|\*|`")
_LINK = re.compile(r"(?<![!\\])\[([^\[\]]{1,200})\]\([^()\s]{1,500}(?:\s+\"[^\"]{0,200}\")?\)")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_BULLET = re.compile(r"\A[-\u2022\u2013\u00b7]\s+")
_BREAKING = frozenset({"li", "br", "p", "div", "ul", "ol"})
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")
_SHORT = 200
"""Texts up to this length are cached, because each cell is looked up many times."""
_BAR = re.compile(r"\\\|")
_NOTE = re.compile(r"(?<!\\)\[\^[^\]\s]{1,100}\]")
_MARK = re.compile(r"[\s\[(]*(?:\d{1,3}|[a-z]|[*\u2020\u2021\u00a7]+)(?:\s*,\s*\d{1,3})*[\s\])]*")
_RAISED = re.compile(r"(?<=[^\W\d])[\u00b9\u00b2\u00b3\u2070\u2074-\u2079\u2020\u2021]+\s*\Z")
"""The mark of a note behind the last word: raised digits, daggers."""

_MARKUP = re.compile(r"[\\|*`\[\]]|(?<!\w)_+|_+(?!\w)")
"""What Markdown would not show as it is; underscores only at the edge of a word."""


class OffsetParser(HTMLParser):
    """A parser of HTML that knows the offset of each tag in the text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self._text = text
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def run(self) -> None:
        """Read the text."""
        self.feed(self._text)
        self.close()

    @property
    def before_tag(self) -> int:
        """The offset at which the current tag begins."""
        line, column = self.getpos()
        return self._starts[line - 1] + column

    @property
    def after_end_tag(self) -> int:
        """The offset behind the current end tag."""
        end = self._text.find(">", self.before_tag)
        return len(self._text) if end < 0 else end + 1

    @property
    def after_start_tag(self) -> int:
        """The offset behind the current start tag."""
        return self.before_tag + len(self.get_starttag_text() or "")


class _BreakFinder(OffsetParser):
    """Finds the texts between the tags of a cell that break lines."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.spans: list[tuple[int, int]] = []
        self.start = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _BREAKING:
            self.cut(self.before_tag, self.after_start_tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _BREAKING:
            self.cut(self.before_tag, self.after_end_tag)

    def cut(self, before: int, after: int) -> None:
        self.spans.append((self.start, before))
        self.start = after


class _TextCollector(HTMLParser):
    """Collects the text without tags; breaks become blanks, raised marks of notes are left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self.raised = -1
        """The number of the text with which a raised text begins, -1 outside of one."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag == "sup":
            self.raised = len(self.texts)
        elif tag in _BREAKING:
            self.texts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "sup" and self.raised >= 0:
            if is_note_mark("".join(self.texts[self.raised :])):
                del self.texts[self.raised :]
            self.raised = -1
        elif tag in _BREAKING:
            self.texts.append(" ")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def is_note_mark(raised: str) -> bool:
    """Whether a raised text is only the mark of a note, such as ``1`` or ``[a]``."""
    return _MARK.fullmatch(raised) is not None


def line_spans(cell: str) -> Iterator[tuple[int, int]]:
    r"""Yield the offsets of the lines that a reader sees: list items, or texts between breaks.

    A bar (``\|``) separates lines, too.

    >>> [r"a <br> b \| c"[start:end] for start, end in line_spans(r"a <br> b \| c")]
    ['a', 'b', 'c']
    """
    spans = [(0, len(cell))]
    if "<" in cell:
        finder = _BreakFinder(cell)
        finder.run()
        spans = [*finder.spans, (finder.start, len(cell))]
    for first, last in spans:
        bars = [bar.span() for bar in _BAR.finditer(cell, first, last)]
        starts = [first, *(end for _, end in bars)]
        ends = [*(start for start, _ in bars), last]
        for start, end in zip(starts, ends, strict=True):
            line = cell[start:end]
            if plain(line):
                indent = len(line) - len(line.lstrip())
                yield start + indent, start + indent + len(line.strip())


def cell_lines(cell: str) -> tuple[str, ...]:
    """Return the lines that a reader sees: list items, or texts between line breaks.

    >>> cell_lines("<ul><li>No change in **[!UICONTROL Delivered]**</li><li>x</li></ul>")
    ('No change in Delivered', 'x')
    """
    return tuple(plain(cell[start:end]) for start, end in line_spans(cell))


def plain(text: str) -> str:
    """Return the text without tags, markup, marks of notes, unseen characters, repeated blanks.

    >>> plain("Log<br>**status**<sup>1</sup> [^2]")
    'Log status'
    """
    return _plain_of_short(text) if len(text) <= _SHORT else _plain(text)


@lru_cache(8192)
def _plain_of_short(text: str) -> str:
    return _plain(text)


def _plain(text: str) -> str:
    if "<" in text:
        parser = _TextCollector()
        parser.feed(text)
        parser.close()
        visible = "".join(parser.texts)
    else:
        visible = unescape(text)
    named = _LINK.sub(r"\1", _NOTE.sub("", _CONTROL_LINK.sub(r"\1", visible)))
    emphasised = _EMPHASIS.sub(r"\1", named) if "_" in named else named
    bare = _STYLE.sub(lambda match: match[1] or "", emphasised)
    return _collapsed(_RAISED.sub("", bare))


def _collapsed(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text.translate(_INVISIBLE)).split())


def escaped_cell(text: str) -> str:
    """Return Markdown for a table cell that shows a text exactly; line feeds become ``<br>``."""
    lines = (visible(" ".join(line.split())) for line in text.split("\n"))
    flat = "<br>".join(line.replace("&", "&amp;").replace("<", "&lt;") for line in lines)
    return _MARKUP.sub(lambda match: "".join(f"\\{c}" for c in match[0]), flat)


def normalise(text: str) -> str:
    """Return the form in which labels are compared: that of a name, without markup.

    >>> normalise("- **Delivered** percentage starts out at 0%.")
    'delivered percentage starts out at 0 %'
    """
    return _normalise_short(text) if len(text) <= _SHORT else normalise_name(_plain(text))


@lru_cache(8192)
def _normalise_short(text: str) -> str:
    return normalise_name(_plain(text))


def normalise_name(name: str) -> str:
    """Return the form in which names, which have no markup, are compared.

    It has no upper case, no bullet, no final stop and no mark of a note.
    """
    form = _BULLET.sub(
        "", _collapsed(_RAISED.sub("", name)).casefold().replace("\u2019", "'"), count=1
    )
    return re.sub(r"\s*%", " %", form).strip().rstrip(".:").rstrip()


def script_of(letter: str) -> str:
    """Return the script of a letter, the first word of its Unicode name.

    >>> script_of("e"), script_of("\u0435")
    ('LATIN', 'CYRILLIC')
    """
    return unicodedata.name(letter, "UNKNOWN").partition(" ")[0]


def is_unspaced(text: str) -> bool:
    """Whether a text has letters of a script without blanks between words.

    >>> is_unspaced("Sent"), is_unspaced("\u914d\u4fe1")
    (False, True)
    """
    return not text.isascii() and any(script_of(c).startswith(_UNSPACED) for c in text)
