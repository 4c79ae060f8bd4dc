"""Text that is safe to draw and print: unseen characters visible, widths right, ids plain."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Iterable, Sequence

__all__ = [
    "COMPUTED",
    "HIDDEN",
    "align_columns",
    "display_width",
    "first_names",
    "inert",
    "joinable_lines",
    "joined_lines",
    "json_text",
    "pad",
    "plain_ids",
    "quantity",
    "shortened",
    "visible",
    "with_visible_ends",
    "wrapped",
]

# A list, not a lookup by category: the Unicode tables of Python change, our output must not.
HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
COMPUTED = "^'*(?:[=@\t\r\uff1d\uff20]|[+\\-\uff0b\uff0d][\\w.,:@%-]*[^\\w.,:@%-])"
"""A pattern (for re and polars) of what a spreadsheet evaluates, also after an apostrophe."""
_LONGEST = 1000
_LONGEST_ID = 40
_JOINT = "\xa0"
_GOES_ON = re.compile(rf"\n({_JOINT}{{1,2}})(?={_JOINT}?\S)")
_COMPUTED = re.compile(COMPUTED)


def visible(text: str) -> str:
    r"""Return the text with each control, bidi mark and other invisible character spelled out.

    These include all characters that XML forbids, so every format can contain the result.

    >>> visible("a\nb\u202ec")
    'a[U+000A]b[U+202E]c'
    """
    return HIDDEN.sub(lambda match: f"[U+{ord(match[0]):04X}]", text)


def with_visible_ends(text: str) -> str:
    """Return a text in quotes where it begins or ends with a blank, which nobody would see.

    >>> with_visible_ends("Sent"), with_visible_ends("Sent ")
    ('Sent', "'Sent '")
    """
    return text if text == text.strip() else repr(text)


def json_text(
    value: object,
    *,
    indent: int | None = None,
    default: Callable[[object], object] | None = None,
) -> str:
    r"""Return a value as JSON, with invisible characters as escapes.

    >>> json_text({"name": "a\u202eb\x7f"})
    '{"name": "a\\u202eb\\u007f"}'
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=default)
    # Line ends of strings are escapes already; those that are left belong to the layout.
    return "\n".join(HIDDEN.sub(_json_escape, line) for line in text.split("\n"))


def _json_escape(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]


def shortened(text: str, longest: int = _LONGEST) -> str:
    """Return the text, or its beginning if it has more than 1,000 characters.

    Graphviz before version 10 reads no string beyond 16,384 characters, Mermaid no diagram
    beyond 50,000.
    """
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def inert(text: str) -> str:
    """Return the text for a cell of CSV, so that no spreadsheet evaluates it.

    Text that would be a formula is prefixed with an apostrophe, see
    https://owasp.org/www-community/attacks/CSV_Injection. Numbers, signs and ids stay as they
    are; two different texts stay different.

    >>> [inert(text) for text in ("=1+1", "-1+1", "-1", "-", "-Wx_9", "'=1")]
    ["'=1+1", "'-1+1", '-1', '-', '-Wx_9', "''=1"]
    """
    return f"'{text}" if _COMPUTED.match(text) else text


def quantity(count: int, noun: str) -> str:
    """Return a count with its noun in singular or plural.

    >>> quantity(1, "page"), quantity(2000, "page"), quantity(0, "delivery")
    ('1 page', '2,000 pages', '0 deliveries')
    """
    return f"1 {noun}" if count == 1 else f"{count:,} {plural(noun)}"


def plural(noun: str) -> str:
    """Return the plural of an English noun.

    >>> plural("page"), plural("delivery"), plural("process"), plural("basis")
    ('pages', 'deliveries', 'processes', 'bases')
    """
    if noun.endswith("sis"):
        return f"{noun[:-2]}es"
    if re.search(r"(?:s|x|z|ch|sh)$", noun):
        return f"{noun}es"
    return f"{re.sub(r'(?<=[^aeiou])y$', 'ie', noun)}s"


def first_names(names: Sequence[str]) -> str:
    """Return names as a list: up to five, or the first four and how many more there are.

    >>> first_names("abcde"), first_names("abcdef")
    ('a, b, c, d, e', 'a, b, c, d and 2 more')
    """
    more = f" and {len(names) - 4:,} more" if len(names) > 5 else ""
    return ", ".join(names[:4] if more else names) + more


def display_width(text: str) -> int:
    r"""Return how many columns a text takes on a terminal; a control character takes none.

    >>> [display_width(text) for text in ("plain", "e\u0301", "\u4e2d\u6587", "a\u200bb")]
    [5, 1, 4, 2]
    """
    if text.isascii() and text.isprintable():
        return len(text)
    from wcwidth import wcswidth, wcwidth  # most texts do without

    width = int(wcswidth(text))
    # wcswidth returns -1 for the whole text if it contains a single control character.
    return width if width >= 0 else sum(max(0, int(wcwidth(character))) for character in text)


def pad(text: str, width: int, *, right: bool = False) -> str:
    r"""Return the text with blanks up to a width; with ``right`` the blanks are before it.

    >>> pad("e\u0301", 3) == "e\u0301  ", pad("7", 3, right=True)
    (True, '  7')
    """
    blanks = " " * (width - display_width(text))
    return blanks + text if right else text + blanks


def align_columns(
    rows: Sequence[Sequence[str]], right: Iterable[int] = (), *, header: bool = False
) -> list[str]:
    """Return a line for each row, in which the cells of a column start at the same place.

    The columns numbered in ``right`` end at the same place instead. With ``header`` the first row
    is underlined. Raises :class:`ValueError` if rows differ in length.

    >>> align_columns([("a", "9", "x"), ("longer", "10", "y")], right=[1])
    ['a        9  x', 'longer  10  y']
    """
    widths = [max(map(display_width, column)) for column in zip(*rows, strict=True)]
    flush_right = set(right)
    lines = [
        "  ".join(
            pad(cell, width, right=column in flush_right)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    if header:
        lines.insert(1, "  ".join("-" * width for width in widths))
    return lines


def wrapped(
    text: str,
    width: int,
    *,
    further: str = "",
    longest: int = _LONGEST,
    at_underscores: bool = False,
) -> tuple[str, ...]:
    r"""Return the text in lines of at most ``width`` columns; a wide character takes two.

    A word that is longer than a line is broken, if ``at_underscores`` after one where that leaves
    no short line. ``further`` begins each line but the first. See :func:`shortened` for texts
    beyond ``longest`` characters.

    >>> wrapped("Waiting for the date", 12), wrapped("\u4e2d\u6587\u4e2d", 4)
    (('Waiting for', 'the date'), ('\u4e2d\u6587', '\u4e2d'))
    """
    shown = visible(shortened(text, longest))
    if shown.isascii():
        wrapper = _AtUnderscores if at_underscores else textwrap.TextWrapper
        lines = wrapper(width, break_on_hyphens=False, subsequent_indent=further).wrap(shown)
    else:
        from wcwidth import wrap

        lines = wrap(shown, width, break_on_hyphens=False, subsequent_indent=further)
    return tuple(lines) or ("",)


class _AtUnderscores(textwrap.TextWrapper):
    """Breaks a word that is longer than a line after an underscore, if one is near the end."""

    def _handle_long_word(
        self, reversed_chunks: list[str], cur_line: list[str], cur_len: int, width: int
    ) -> None:
        word, space = reversed_chunks[-1], width - cur_len
        place = word.rfind("_", 0, max(space, 0)) + 1
        if place <= width // 2:
            super()._handle_long_word(reversed_chunks, cur_line, cur_len, width)
            return
        cur_line.append(word[:place])
        reversed_chunks[-1] = word[place:]


def joinable_lines(text: str, width: int) -> tuple[str, ...]:
    r"""Return the lines of :func:`wrapped`, so that a reader of the text can join them again.

    A line that goes on begins with a no-break space; with two of them where a word was broken.

    >>> joinable_lines("Waiting for the date", 12), joinable_lines("unbreakable", 6)
    (('Waiting for', '\xa0the date'), ('unbrea', '\xa0\xa0kable'))
    >>> joinable_lines("the_name_goes_on", 15)
    ('the_name_goes_', '\xa0\xa0on')
    """
    shown, place = visible(shortened(text)), 0
    lines: list[str] = []
    for line in wrapped(text, width, at_underscores=True):
        start = shown.find(line, place)
        mark = "" if not lines else 2 * _JOINT if start == place else _JOINT
        lines.append(f"{mark}{line}")
        place = max(start, place) + len(line)
    return tuple(lines)


def joined_lines(text: str) -> str:
    r"""Return a text in which lines of :func:`joinable_lines` are joined again.

    >>> joined_lines("Waiting for\n\xa0the date\nunbrea\n\xa0\xa0kable")
    'Waiting for the date\nunbreakable'
    """
    return _GOES_ON.sub(lambda match: " " if match[1] == _JOINT else "", text)


def plain_ids(names: Iterable[str], reserved: Iterable[str] = ()) -> dict[str, str]:
    """Return a unique plain id for each name: the name itself if it is plain, else one close to it.

    >>> plain_ids(["to_send", "a+b", "a b", "end"], reserved=["end"])
    {'to_send': 'to_send', 'a+b': 'a_b', 'a b': 'a_b_2', 'end': 'end_2'}
    """
    ordered = list(dict.fromkeys(names))
    taken = {word.lower() for word in reserved}
    ids: dict[str, str] = {}
    # Plain names come first, so that other names never change their ids.
    for name in sorted(ordered, key=lambda name: _plain(name) != name):
        ids[name] = _unused(_plain(name), taken)
        taken.add(ids[name].lower())
    return {name: ids[name] for name in ordered}


def _plain(name: str) -> str:
    plain = re.sub(r"\W+", "_", name, flags=re.ASCII)[:_LONGEST_ID].strip("_")
    return plain if re.match(r"[A-Za-z]", plain) else f"s_{plain}".rstrip("_")


def _unused(plain: str, taken: set[str]) -> str:
    number, candidate = 1, plain
    while candidate.lower() in taken:
        number += 1
        candidate = f"{plain}_{number}"
    return candidate
