"""What tells the texts of Mermaid and PlantUML apart; :mod:`fsm.formats.diagrams.lines` reads both.

Sources: https://mermaid.js.org/syntax/stateDiagram.html, https://plantuml.com/state-diagram.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from fsm.text import joined_lines

__all__ = ["MERMAID", "PLANTUML", "DiagramDialect"]


@dataclass(frozen=True)
class DiagramDialect:
    """A language of state diagrams."""

    name: str
    begin: re.Pattern[str]
    """The line that begins a state diagram."""
    end: re.Pattern[str]
    """The line that ends it."""
    arrow: re.Pattern[str]
    comment: re.Pattern[str]
    """A comment, removed from a line."""
    skipped: re.Pattern[str]
    """A line of looks, without a meaning for the machine."""
    blocks: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]
    """First and last lines of parts of several lines that are skipped."""
    history: re.Pattern[str]
    """A line that says which states are history states."""
    entity: re.Pattern[str]
    """A character that is written by its number or name."""
    line_break: re.Pattern[str]
    mark_up: re.Pattern[str]
    """StarMark-up inside texts, which is removed."""
    titles_by_colon: bool
    """Whether ``x : text`` is the title of a state; else it is a remark in its box."""

    def text(self, written: str) -> str:
        """Return a text as a reader sees it, with its line breaks.

        >>> MERMAID.text("a #34;quoted#34;<br/> word")
        'a "quoted"\\nword'
        >>> PLANTUML.text("a<U+0024>b")
        'a$b'
        """
        bare = self.mark_up.sub("", self.line_break.sub("\n", written))
        shown = joined_lines(self.entity.sub(_character, bare))
        return "\n".join(filter(None, (" ".join(line.split()) for line in shown.split("\n"))))


def _character(match: re.Match[str]) -> str:
    number, name = match["number"], match["name"]
    if match.re.groupindex.get("hex") and match["hex"]:
        return unescape(f"&#x{match['hex']};")
    return unescape(f"&#{number};" if number else f"&{name};")


_BREAK = re.compile(r"<br\s*/?>|\\n", re.IGNORECASE)
_NOTE_OF = r"note\s+(?:left|right|top|bottom)\s+of\s+[^\s:]+"

MERMAID = DiagramDialect(
    name="Mermaid",
    begin=re.compile(r"stateDiagram(?:-v2)?\s*;?"),
    end=re.compile(r"(?!)"),
    arrow=re.compile(r"-->"),
    comment=re.compile(r"(?:^|\s)%%.*"),
    skipped=re.compile(
        r"(?:direction\s|classDef\s|class\s|style\s|linkStyle\s|click\s|accTitle\s*:|accDescr\s*:"
        r"|hide\s+empty\s|scale\s|title\b|" + _NOTE_OF + r"\s*:).*",
        re.IGNORECASE,
    ),
    blocks=(
        (re.compile(_NOTE_OF, re.IGNORECASE), re.compile(r"end\s*note", re.IGNORECASE)),
        (re.compile(r"accDescr\s*\{", re.IGNORECASE), re.compile(r".*\}")),
    ),
    history=re.compile(
        r"class\s+(?P<ids>[\w,\s]+?)\s+(?:(?P<deep>deephistory)|history)", re.IGNORECASE
    ),
    entity=re.compile(r"[#&]#?(?:(?P<number>\d{1,7})|(?P<name>[A-Za-z]\w{1,30}));"),
    line_break=_BREAK,
    mark_up=re.compile(r"</?(?:b|i|u|em|strong|code|small|span)\b[^<>]{0,200}>", re.IGNORECASE),
    titles_by_colon=True,
)

PLANTUML = DiagramDialect(
    name="PlantUML",
    begin=re.compile(r"@startuml\b.*"),
    end=re.compile(r"@enduml\b.*"),
    arrow=re.compile(
        r"<?-+(?:\[[^\[\]]{0,200}\])?(?:up|down|left|right|le|ri|do|u|d|l|r)?"
        r"(?:\[[^\[\]]{0,200}\])?-*>?"
    ),
    comment=re.compile(r"^\s*'.*|/'.{0,500}?'/"),
    skipped=re.compile(
        r"(?:hide\b|show\b|skinparam\s|scale\s|title\s|caption\s|header\s|footer\s|legend\s+.*\S"
        r"|left\s+to\s+right\s+direction|top\s+to\s+bottom\s+direction|!theme\s|!pragma\s"
        r"|mainframe\s|autonumber|allow_?mixing|" + _NOTE_OF + r"\s*:"
        r"|note\s+\"[^\"]*\"\s+as\s|note\s+(?:left|right|top|bottom|on\s+link)\s*:).*",
        re.IGNORECASE,
    ),
    blocks=(
        (
            re.compile(r"note\b[^:\"]*", re.IGNORECASE),
            re.compile(r"end\s*note", re.IGNORECASE),
        ),
        (re.compile(r"(?:skinparam\b|json\s).*\{", re.IGNORECASE), re.compile(r"\}")),
        (re.compile(r"<style>", re.IGNORECASE), re.compile(r"</style>", re.IGNORECASE)),
        (
            re.compile(r"(?:(?:left|right|center)\s+)?(?:title|legend|header|footer)"
                       r"(?:\s+(?:left|right|center|top|bottom))*", re.IGNORECASE),
            re.compile(r"end\s*(?:title|legend|header|footer)", re.IGNORECASE),
        ),
        (re.compile(r"/'.*"), re.compile(r".*'/")),
    ),
    history=re.compile(r"(?!)"),
    entity=re.compile(
        r"&#(?P<number>\d{1,7});|&(?P<name>[A-Za-z]\w{1,30});|<U\+(?P<hex>[0-9A-Fa-f]{1,6})>"
    ),
    line_break=_BREAK,
    mark_up=re.compile(r"</?(?:color|size|b|i|u|font)\b(?!\+)[^<>]{0,200}>", re.IGNORECASE),
    titles_by_colon=False,
)  # fmt: skip
