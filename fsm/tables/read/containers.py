"""Open the containers of MkDocs and MyST, whose content is Markdown, for a parser of CommonMark.

These are admonitions and tabs (``!!! note``, ``=== "Tab"``, the content indented by four), and
directives such as ``{note}`` between backticks or colons. Their marks become empty lines and their
content is moved to the left, so that every line keeps its number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import chain

__all__ = ["is_unread_table", "without_containers"]

_DIRECTIVE = re.compile(r"\{([\w:.-]+)\}")
_TABLES = ("list-table", "csv-table")
_DELIMITER_ROW = re.compile(r"\|?(?: *:?-+:? *\|)+ *(?::?-+:?)?")
"""The row below the header of a table in Markdown."""
_INDENT = 4
_ADMONITION = re.compile(r"( *)(?:!!!|\?\?\?\+?)[ \t]+\w.*|( *)===[!+]?[ \t]+[\"'].*")
_LIST_ITEM = re.compile(r"(?:[-*+]|\d{1,9}[.)])[ \t]")
_FENCE = re.compile(r"( *)(`{3,}|~{3,}|:{3,})[ \t]*(?:\{([\w:.-]+)\})?(.*)")
_OPTION = re.compile(r"\s*:[\w-]+:(?:\s.*)?|\s*---\s*")
_DIRECTIVES = frozenset({
    "admonition", "aside", "attention", "card", "caution", "danger", "deprecated", "details", "div",
    "dropdown", "error", "grid", "grid-item", "grid-item-card", "hint", "important", "margin",
    "note", "seealso", "sidebar", "tab-item", "tab-set", "table", "tip", "topic", "versionadded",
    "versionchanged", "warning",
})  # fmt: skip
"""Directives between backticks whose content is Markdown."""
_CODE = ("code", "eval-rst", "highlight", *_TABLES, "literal", "math", "mermaid", "parsed", "raw")
"""The beginnings of directives whose content is no Markdown."""


def without_containers(text: str) -> str:
    """Return a page in which the content of containers is at the level of the page.

    >>> without_containers('!!! note\\n\\n    | a |\\n\\nb').split("\\n")
    ['', '', '| a |', '', 'b']
    >>> without_containers(':::{note}\\n| a |\\n:::').split("\\n")
    ['', '| a |', '']
    """
    if not any(mark in text for mark in ("!!!", "???", "===", ":::", "{")):
        return text
    opener = _Opener(text.split("\n"))
    return "\n".join(map(opener.line, range(len(opener.lines))))


def is_unread_table(info: str, content: str) -> bool:
    """Return whether a fence is a table of Sphinx, or an unknown directive that seems to have one.

    >>> is_unread_table("{list-table}", ""), is_unread_table("{box}", "| a |\\n|---|")
    (True, True)
    >>> is_unread_table("{box}", "a | b"), is_unread_table("{code-block} md", "| a |\\n|---|")
    (False, False)
    """
    directive = _DIRECTIVE.match(info)
    if not directive:
        return False
    if directive[1] in _TABLES:
        return True
    if directive[1].startswith(_CODE):
        return False
    return any(_DELIMITER_ROW.fullmatch(line.strip()) for line in content.split("\n"))


@dataclass
class _Opener:
    lines: list[str]
    leads: list[int] = field(default_factory=list)
    """The indents of the open admonitions, the outermost first."""
    directives: list[str] = field(default_factory=list)
    """The fences of the open directives."""
    code: str = ""
    """The fence of the code block that is open, if one is."""
    is_in_list: bool = False
    has_options: bool = False
    """Whether the next lines may be options of a directive."""
    next_indents: list[int] = field(init=False)
    """The indent of the next line that is not empty, by line."""

    def __post_init__(self) -> None:
        self.next_indents = [0] * len(self.lines)
        for i in range(len(self.lines) - 2, -1, -1):
            below = _untabbed(self.lines[i + 1])
            self.next_indents[i] = _indent(below) if below.strip() else self.next_indents[i + 1]

    def line(self, number: int) -> str:
        """Return a line without its containers."""
        written = _untabbed(self.lines[number])
        line = self._moved(written) if self.leads else self.lines[number]
        if not line.strip():
            return line
        fence = _FENCE.fullmatch(line)
        if self.code:
            return self._code_line(line, fence)
        if self.has_options and _OPTION.fullmatch(line):
            return ""
        self.has_options = False
        if fence and (self.is_in_list or _indent(line) < _INDENT):
            return self._fence_line(line, fence)
        if _indent(line) == 0:
            self.is_in_list = _LIST_ITEM.match(line) is not None
        return self._content(number, line, _indent(written))

    def _moved(self, line: str) -> str:
        """Return a line moved to the left by its admonitions; those that end before it are left."""
        if not line.strip():
            return line
        for depth, lead in enumerate(self.leads):
            if _indent(line) < lead + _INDENT:
                del self.leads[depth:]
                self.code = ""
                break
            line = line[_INDENT:]
        return line

    def _code_line(self, line: str, fence: re.Match[str] | None) -> str:
        if fence and _closes(fence, self.code):
            is_colon, self.code = self.code[0] == ":", ""
            return "~" * 8 if is_colon else line
        return line

    def _fence_line(self, line: str, fence: re.Match[str]) -> str:
        """Return what stands for the line of a fence: nothing for that of a directive."""
        _, marks, name, rest = fence.groups()
        if self.directives and _closes(fence, self.directives[-1]):
            self.directives.pop()
            return ""
        is_colon = marks[0] == ":"
        if name in _DIRECTIVES or (is_colon and not (name or "").startswith(_CODE)):
            if name or rest.strip():
                self.directives.append(marks)
                self.has_options = bool(name)
            return ""
        self.code = marks
        return f"{'~' * 8}{{{name}}}" if is_colon else line

    def _content(self, number: int, line: str, indent: int) -> str:
        match = _ADMONITION.fullmatch(line)
        if not match:
            return line
        lead = len(next(chain(filter(None, match.groups()), [""])))
        is_code = lead >= _INDENT and not self.is_in_list
        if is_code or self.next_indents[number] < indent + _INDENT:
            return line
        self.leads.append(lead)
        return ""


def _untabbed(line: str) -> str:
    """Return a line with blanks for the tabs of its indent."""
    text = line.lstrip(" \t")
    return line[: len(line) - len(text)].replace("\t", " " * _INDENT) + text


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _closes(fence: re.Match[str], opened: str) -> bool:
    _, marks, name, rest = fence.groups()
    return not name and not rest.strip() and marks[0] == opened[0] and len(marks) >= len(opened)
