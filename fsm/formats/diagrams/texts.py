"""The machine of a text in Mermaid or PlantUML, which may be a file with several diagrams."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from fsm.errors import MachineError
from fsm.files import read_text
from fsm.formats.assembly import MAX_BYTES, refuse
from fsm.formats.diagrams.dialects import MERMAID, PLANTUML, DiagramDialect
from fsm.formats.diagrams.lines import is_state_diagram, parse_diagram
from fsm.formats.diagrams.mealy_labels import is_marked, mealy_of
from fsm.formats.diagrams.to_machine import machine_of
from fsm.machine import Machine
from fsm.mealy import Mealy
from fsm.suggest import no_such
from fsm.text import quantity

__all__ = ["machine_of_text", "read_diagram"]

_BEGIN = re.compile(r"^[ \t]*@startuml\b[ \t]*(?P<name>[^\s(]*).*$", re.MULTILINE)
_SHOWN = 10
"""So many diagrams are listed in a message."""


@dataclass(frozen=True)
class _Block:
    """One of several diagrams of a file: its name, or ``L12`` for its line."""

    name: str
    line: int
    text: str


def read_diagram(path: Path | str, part: str = "") -> Machine | Mealy:
    """Return the machine of a file with a Mermaid or PlantUML state diagram.

    ``part`` is one of several diagrams of PlantUML: the name behind ``@startuml``, or ``L12`` for
    the line where it begins. Raises :class:`MachineError` with file and line for what is none.
    """
    text = read_text(Path(path), MAX_BYTES, "a machine", MachineError)
    if Path(path).suffix.lower() in (".mmd", ".mermaid"):
        return machine_of_text(text, str(path), MERMAID)
    block = _chosen(text, str(path), part)
    found = machine_of_text(block.text, str(path), PLANTUML, block.line)
    others = 0 if part else len(_BEGIN.findall(text)) - 1
    if others <= 0 or not isinstance(found, Machine):
        return found
    what = f"the only state diagram; {quantity(others, 'other diagram')} in the file"
    return replace(found, assumed=(*found.assumed, f"{path}:{block.line}: {what}"))


def machine_of_text(
    text: str, name: str, dialect: DiagramDialect, first_line: int = 1
) -> Machine | Mealy:
    """Return the machine that a text in a dialect shows.

    ``name`` and ``first_line`` are the file that messages refer to, and the line in it where the
    text begins. Raises :class:`MachineError` for what is not read.
    """
    diagram = parse_diagram(text, name, dialect, first_line)
    return mealy_of(diagram, text) if is_marked(text) else machine_of(diagram)


def _chosen(text: str, file: str, part: str) -> _Block:
    """Return the only state diagram, or the one that is named; raises :class:`MachineError`."""
    begins = list(_BEGIN.finditer(text))
    ends = [match.start() for match in begins[1:]]
    blocks = [
        _Block(match["name"], text.count("\n", 0, match.start()) + 1, text[match.start() : end])
        for match, end in zip(begins, [*ends, len(text)], strict=True)
    ]
    if len(blocks) > 1:
        blocks = [b for b in blocks if is_state_diagram(b.text, PLANTUML)] or blocks
    if part:
        named = {name: block for block in blocks for name in (f"L{block.line}", block.name)}
        if part not in named:
            refuse(file, 1, no_such("diagram", part, filter(None, named)))
        return named[part]
    if len(blocks) > 1:
        names = [block.name for block in blocks]
        listed = [
            f"{file}#{b.name if b.name and names.count(b.name) == 1 else f'L{b.line}'}"
            for b in blocks
        ]
        more = f", and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
        found = f"{len(blocks)} state diagrams; name one: {', '.join(listed[:_SHOWN])}{more}"
        refuse(file, blocks[1].line, found)
    return blocks[0] if len(begins) > 1 else _Block("", 1, text)
