"""The format of a diagram, by the name of its file."""

from __future__ import annotations

from pathlib import Path

from fsm.cli.file_params import OutputFile

__all__ = ["DIAGRAM", "diagram_format"]

_FORMATS = {
    ".d2": "d2",
    ".dot": "dot",
    ".gv": "dot",
    ".md": "mermaid",
    ".mmd": "mermaid",
    ".pdf": "pdf",
    ".plantuml": "plantuml",
    ".png": "png",
    ".puml": "plantuml",
    ".svg": "svg",
}
DIAGRAM = OutputFile(*_FORMATS)
"""A diagram that is written."""


def diagram_format(path: Path | None) -> str:
    """Return the format of a file: of a diagram or a document, by its suffix; ``dot`` without one.

    >>> diagram_format(Path("a.puml")), diagram_format(Path("a.scxml")), diagram_format(Path("-"))
    ('plantuml', 'scxml', 'dot')
    """
    suffix = path.suffix.lower() if path else ""
    return _FORMATS.get(suffix, suffix[1:] or "dot")
