"""A guide as a terminal shows it: styled, with prose and tables that fit its width."""

from __future__ import annotations

import io
import posixpath
import re

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import CodeBlock, Heading, Markdown
from rich.syntax import Syntax
from rich.text import Text
from rich.theme import Theme

__all__ = ["style_guide"]

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_FILE = re.compile(r"<!-- file: (\S+) -->")
_COMMENT = re.compile(r"<!--.*-->")
_LINK = re.compile(r"!?\[([^\]]+)\]\(([^)\s]+)\)")
_PLACE = "fsm/guide"
"""Where the guides are in the repository."""
_WIDEST = 100
"""Longer lines of prose are tiring to read."""
_THEME = Theme({"markdown.code": "bold", "markdown.h2": "bold underline", "markdown.h3": "bold"})


def style_guide(text: str, folder: str, width: int) -> str:
    """Return a Markdown page with the escape sequences of a terminal.

    ``folder`` is that of the page within the guides: links to other guides are shown as commands.
    """
    buffer = io.StringIO()
    console = Console(
        file=buffer,
        force_terminal=True,
        width=min(width, _WIDEST),
        color_system="standard",
        legacy_windows=False,
        theme=_THEME,
        _environ={},
    )
    console.print(_Page(_visible(text, folder), hyperlinks=False), crop=False)
    lines = (line.rstrip(" ") for line in buffer.getvalue().strip("\n").split("\n"))
    return "\n".join([*lines, ""])


class _Left(Heading):
    """A heading on the left, without a frame."""

    LEVEL_ALIGN = dict.fromkeys(Heading.LEVEL_ALIGN, "left")


class _Code(CodeBlock):
    """Code with an indent, in the colours of the terminal.

    Its lines are not wrapped, so that they can be copied: the terminal shows them as it would show
    those of the command.
    """

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lexer = "text" if self.lexer_name == "console" else self.lexer_name
        syntax = Syntax("", lexer, theme="ansi_dark", background_color="default")
        code = syntax.highlight(str(self.text))
        code.rstrip()
        for line in code.split():
            yield Text.assemble("  ", line, no_wrap=True, overflow="ignore")


class _Page(Markdown):
    """A Markdown page in our look."""

    elements = {**Markdown.elements, "heading_open": _Left, "fence": _Code}  # noqa: RUF012


def _visible(text: str, folder: str) -> str:
    """Return a page without comments, with the names of files, and with links as commands."""
    parts: list[str] = []
    prose: list[str] = []
    fence = ""

    def end_prose() -> None:
        parts.append(_LINK.sub(lambda link: _command(link, folder), "\n".join(prose)))
        prose.clear()

    for line in text.splitlines():
        begins = _FENCE.match(line)
        if fence:
            fence = "" if begins and begins[1].startswith(fence) else fence
            parts.append(line)
        elif begins:
            end_prose()
            fence = begins[1]
            parts.append(line)
        elif file := _FILE.fullmatch(line):
            prose += [f"*{file[1]}*", ""]
        elif not _COMMENT.fullmatch(line):
            prose.append(line)
    end_prose()
    return "\n".join(parts)


def _command(link: re.Match[str], folder: str) -> str:
    """Return a link to a guide as the command that shows it, another one with its address."""
    label, target = link.groups()
    path = target.partition("#")[0]
    if "://" in target:
        return f"{label} ({target})"
    if not path:
        return label
    place = posixpath.normpath(posixpath.join(_PLACE, folder, path))
    if not place.startswith(f"{_PLACE}/") or not place.endswith(".md"):
        return f"{label} (`{place}` in the repository)"
    topic = place.removeprefix(f"{_PLACE}/").removesuffix(".md")
    return f"{label} (`fsm guide{'' if topic == 'index' else f' {topic}'}`)"
