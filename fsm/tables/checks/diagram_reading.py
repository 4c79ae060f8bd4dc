"""The state diagrams of a page, read from the page or from a file that it links to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fsm.errors import FsmError, MachineError
from fsm.formats.diagrams.dialects import MERMAID, PLANTUML
from fsm.formats.diagrams.state_diagram import StateDiagram
from fsm.tables.checks.finding import Finding, finding_at
from fsm.tables.read.diagrams import diagram_text
from fsm.tables.read.page_parts import DocumentedDiagram, Page

__all__ = ["ReadDiagram", "read_page_diagram"]


@dataclass(frozen=True)
class ReadDiagram:
    """A state diagram, the file it stands in, and the line where it begins."""

    diagram: StateDiagram
    file: str
    line: int


def read_page_diagram(page: Page, documented: DocumentedDiagram) -> ReadDiagram | Finding | None:
    """Return a diagram of a page; ``None`` where it is no state diagram.

    What cannot be read, such as nested states, is a finding: a warning with its line.
    """
    try:
        text = diagram_text(page.name, documented)
    except FsmError as error:
        return _unread(page, documented, str(error))
    file = str(Path(page.name).parent / documented.path) if documented.path else page.name
    line = 1 if documented.path else documented.source.line
    try:
        diagram = _parse(documented, text, file, line)
        if diagram is not None:
            diagram.without_boxes()
    except MachineError as error:
        return _unread(page, documented, str(error))
    return ReadDiagram(diagram, file, line) if diagram is not None and diagram.nodes else None


def _parse(documented: DocumentedDiagram, text: str, file: str, line: int) -> StateDiagram | None:
    # Imported where a page has a diagram, which few pages have.
    if documented.kind == "dot":
        from fsm.formats.diagrams.dot import parse_dot_diagram

        return parse_dot_diagram(text, file, line)
    from fsm.formats.diagrams.lines import is_state_diagram, parse_diagram

    dialect = MERMAID if documented.kind == "mermaid" else PLANTUML
    if not is_state_diagram(text, dialect):
        return None
    if dialect is PLANTUML and "@startuml" not in text:  # a fence needs no such line
        return parse_diagram(f"@startuml\n{text}", file, dialect, line - 1)
    return parse_diagram(text, file, dialect, line)


def _unread(page: Page, documented: DocumentedDiagram, text: str) -> Finding:
    place = documented.source.slice(0, len(documented.source.text.partition("\n")[0]))
    prefix = f"{page.name}:"
    number, _, rest = text.removeprefix(prefix).partition(": ")
    if text.startswith(prefix) and number.isdigit():
        line, message = int(number), rest
    else:
        line, message = place.line, text
    finding = finding_at(
        page.name, place, "diagram-unread", f"the diagram is not compared: {message}",
        severity="warning",
    )  # fmt: skip
    if line == finding.line:
        return finding
    return Finding(page.name, line, 1, finding.code, finding.message, "", None, finding.severity)
