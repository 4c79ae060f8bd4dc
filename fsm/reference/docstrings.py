"""Docstrings as Markdown: roles become code or links, examples become blocks."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping

from fsm.reference.markdown_parts import code_block, marked_up, unwrapped

__all__ = ["first_sentence", "markdown_of"]

_SPAN = re.compile(r":(?P<role>\w+):`(?P<target>[^`]+)`|``(?P<code>.+?)``")
_WHOLE_NAMES = ("data", "mod")
"""Roles whose target is shown with its module: it has no description on the page."""


def markdown_of(docstring: str, links: Mapping[str, str], statement: str = "") -> str:
    """Return a docstring as Markdown; ``links`` are the targets of names, such as ``Machine``.

    An example that calls the name which ``statement`` imports begins with the statement.

    >>> print(markdown_of("See :class:`fsm.Machine`, ``a``.", {"Machine": "#class-machine"}))
    See [`Machine`](#class-machine), `a`.
    """
    paragraphs = re.split(r"\n{2,}", inspect.cleandoc(docstring))
    return "\n\n".join(_paragraph(text, links, statement) for text in paragraphs)


def first_sentence(docstring: str, links: Mapping[str, str]) -> str:
    """Return the first paragraph of a docstring in one line of Markdown."""
    first, _, _ = inspect.cleandoc(docstring).partition("\n\n")
    return _inline(unwrapped(first), links)


def _paragraph(text: str, links: Mapping[str, str], statement: str) -> str:
    if text.startswith(">>>"):
        called = re.search(rf"(?<![.\w]){statement.rpartition(' ')[2]}\(", text)
        begin = f">>> {statement}\n" if statement and called else ""
        return code_block("python", begin + text).rstrip()
    return _inline(text, links)


def _inline(text: str, links: Mapping[str, str]) -> str:
    """Return text outside of examples."""
    return marked_up(text, _SPAN, lambda match: _span(match, links))


def _span(match: re.Match[str], links: Mapping[str, str]) -> str:
    if match["code"]:
        return f"`{match['code']}`"
    target = match["target"].lstrip("~")
    name = target.rpartition(".")[2]
    shown = target if match["role"] in _WHOLE_NAMES else name
    code = f"`{shown}()`" if match["role"] in ("func", "meth") else f"`{shown}`"
    return f"[{code}]({links[name]})" if name in links else code
