"""Turn text in AsciiDoc into the text that a reader sees."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape

from fsm.tables.read.cell_text import is_note_mark
from fsm.tables.read.shown_cells import ShownLine

__all__ = ["shown_asciidoc", "shown_lines"]

_MACRO = re.compile(
    r"(?:(?P<note>footnote(?:ref)?|indexterm2?):[\w-]{0,100}|pass:[a-z,]{0,20}"
    r"|(?:link|xref|mailto|image|icon|kbd|btn|menu|anchor|stem|latexmath):[^\s\[\]]{0,500}"
    r"|\b(?:https?|ftp)://[^\s\[\]<>]{1,500})\[(?P<text>[^\[\]\n]{0,500})\]"
)
_REFERENCE = re.compile(r"<<(?P<id>[^<>,\n]{1,200})(?:,(?P<text>[^<>\n]{1,300}))?>>")
_ANCHOR = re.compile(r"\[\[[^\[\]\n]{1,200}\]\]|\(\(\([^()\n]{1,200}\)\)\)")
_ATTRIBUTE = re.compile(r"(?<!\\)\{([\w-]{1,100})\}")
_RAISED = re.compile(r"(?<!\\)\^([^\s^]{1,100})\^")
_LITERAL = re.compile(
    r"`\+(?P<a>[^`\n]{1,500}?)\+`|(?<!\w)\+(?P<b>[^\s+](?:[^+\n]{0,500}[^\s+])?)\+(?!\w)"
)
_ROLE = re.compile(r"\[[.#][\w.#% -]{1,100}\](?=[#*_`])")
_DOUBLED = re.compile(r"(\*\*|__|``|##)(?=\S)([^\n]{1,500}?\S|\S)\1")
_SINGLE = re.compile(
    r"(?<![\w\\*_`#])([*_`#~])(?=[^\s*_`#~]|[*_`#])([^\n]{0,500}?[^\s\\])\1(?![\w*_`#])"
)
_ESCAPE = re.compile(r"\\(?=[*_`#^~{\[<|])")
_BUILT_IN = {
    "empty": "", "blank": "", "sp": " ", "nbsp": "\u00a0", "zwsp": "\u200b", "wj": "\u2060",
    "apos": "'", "quot": '"', "lsquo": "\u2018", "rsquo": "\u2019", "ldquo": "\u201c",
    "rdquo": "\u201d", "plus": "+", "vbar": "|", "pipe": "|", "asterisk": "*", "caret": "^",
    "startsb": "[", "endsb": "]", "backslash": "\\", "backtick": "`", "tilde": "~", "amp": "&",
    "lt": "<", "gt": ">", "brvbar": "\u00a6", "cpp": "C++", "deg": "\u00b0",
}  # fmt: skip
_ITEM = re.compile(r"\s*(?:\*{1,5}|-|\.{1,5}|\d{1,4}\.)\s+(?=\S)")
_BREAK = re.compile(r"(?:\A|\s)\+\s*\Z")
_KEPT = "\ue000"
"""Stands for a literal text while the marks around it are read; no page has this character."""


def shown_asciidoc(text: str, attributes: Mapping[str, str]) -> str:
    r"""Return a text without the marks of AsciiDoc.

    >>> shown_asciidoc(r"*Sent* to `a_b` footnote:[x] link:u[there], {who} \*", {"who": "us"})
    'Sent to a_b  there, us *'
    """
    literals: list[str] = []

    def keep(match: re.Match[str]) -> str:
        literals.append(next(text for text in match.groups() if text is not None))
        return _KEPT

    shown = text.replace(_KEPT, "")
    if "+" in shown:
        shown = _LITERAL.sub(keep, shown)
    if "{" in shown:
        known = {**_BUILT_IN, **attributes}
        shown = _ATTRIBUTE.sub(lambda match: known.get(match[1].lower(), match[0]), shown)
    if "[" in shown:
        shown = _MACRO.sub(_shown_macro, _ANCHOR.sub("", _ROLE.sub("", shown)))
    if "<<" in shown:
        shown = _REFERENCE.sub(lambda match: match["text"] or match["id"].lstrip("#"), shown)
    if "^" in shown:
        shown = _RAISED.sub(lambda match: "" if is_note_mark(match[1]) else match[1], shown)
    for _ in range(3):  # marks inside marks
        shown = _SINGLE.sub(r"\2", _DOUBLED.sub(r"\2", shown))
    shown = unescape(_ESCAPE.sub("", shown))
    for literal in literals:
        shown = shown.replace(_KEPT, literal, 1)
    return shown


def _shown_macro(match: re.Match[str]) -> str:
    if match["note"]:
        return "" if match["note"].startswith("footnote") else match["text"]
    return match["text"].partition(",")[0].removesuffix("^") if match["text"] else ""


def shown_lines(
    lines: list[tuple[str, int, int]], attributes: Mapping[str, str], *, has_lists: bool = True
) -> Iterator[ShownLine]:
    """Yield the lines of a cell as a reader sees them.

    ``lines`` are the written ones, each with its place. A new one begins behind an empty line,
    behind a ``+`` at the end, and with an item of a list.
    """
    is_new = True
    for written, line, column in lines:
        item = _ITEM.match(written) if has_lists else None
        text = written[item.end() :] if item else written
        start = column + (item.end() if item else 0)
        has_break = _BREAK.search(text)
        shown = " ".join(shown_asciidoc(_BREAK.sub("", text), attributes).split())
        if shown:
            indent = len(text) - len(text.lstrip())
            yield ShownLine(shown, line, start + indent, is_new or item is not None)
        is_new = bool(has_break) or not written.strip() or (is_new and not shown)
