"""State diagrams that are written line by line: Mermaid and PlantUML.

Comments, notes, directions and styles are skipped. A state with states inside is a box, if nothing
enters it; what needs nesting, concurrency, history or choices is refused by name and line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from fsm.errors import MachineError
from fsm.files import read_text
from fsm.formats.assembly import MAX_BYTES, refuse
from fsm.formats.diagrams.dialects import MERMAID, PLANTUML, DiagramDialect
from fsm.formats.diagrams.state_diagram import DiagramEdge, DiagramNode, StateDiagram
from fsm.formats.diagrams.to_machine import machine_of
from fsm.machine import Machine
from fsm.text import shortened

__all__ = ["is_state_diagram", "parse_diagram", "read_diagram"]

_START = "[*]"
_WORD = r"[^\s:{}\"<>\-\[\]]+"
_PSEUDO_STATE = r"\[\*\]|\[\[\w+\]\]|[\w.+]+\[H\*?\]|\[H\*?\]"
_NAME = rf"(?:{_PSEUDO_STATE}|\"[^\"]*\"|{_WORD}(?:-{_WORD})*)"
_END = re.compile(_NAME)
_LOOKS = r"(?:\s*(?:##?[\w\[\],;:.|/\\-]+|<<[^<>]*>>))*"
_TAIL = re.compile(rf"{_LOOKS}\s*(?::(?P<label>.*))?", re.DOTALL)
_STATE = re.compile(
    rf"state\s+(?:\"(?P<title>[^\"]*)\"\s+as\s+(?P<id>{_NAME})"
    rf"|(?P<id2>{_NAME})\s+as\s+(?:\"(?P<title2>[^\"]*)\"|(?P<alias>{_NAME}))"
    rf"|(?P<only>{_NAME}))(?P<looks>{_LOOKS})\s*(?::(?P<text>[^{{}}]*))?(?P<open>\{{)?\s*(?P<close>\}})?",
    re.IGNORECASE,
)
_CLASS = re.compile(r":::\s*[\w,-]+")
_DESCRIPTION = re.compile(rf"(?P<id>{_NAME}){_LOOKS}\s*:(?P<text>.*)", re.DOTALL)
_STEREOTYPE = re.compile(r"<<\s*(\w+)")
_PSEUDO = {
    "fork": "a fork", "join": "a join", "choice": "a choice", "history": "a history state",
    "entrypoint": "an entry point", "exitpoint": "an exit point", "inputpin": "an input pin",
    "outputpin": "an output pin", "expansioninput": "an expansion input",
    "expansionoutput": "an expansion output", "start": "a start by stereotype",
    "end": "an end by stereotype", "sdlreceive": "an SDL symbol",
}  # fmt: skip
_SIGN_OF_STATES = re.compile(r"^[ \t]*state\s|\[\*\]", re.IGNORECASE | re.MULTILINE)
_LATER = "is not read yet; flat diagrams are"


def read_diagram(path: Path | str) -> Machine:
    """Return the machine of a file with a Mermaid or PlantUML state diagram.

    Raises :class:`MachineError` with file and line for what is none, or is not flat.
    """
    text = read_text(Path(path), MAX_BYTES, "a machine", MachineError)
    is_mermaid = Path(path).suffix.lower() in (".mmd", ".mermaid")
    return machine_of(parse_diagram(text, str(path), MERMAID if is_mermaid else PLANTUML))


def is_state_diagram(text: str, dialect: DiagramDialect) -> bool:
    """Whether a text is a state diagram, and not one of another kind."""
    if dialect is MERMAID:
        return next((True for _ in _after_begin(text, dialect)), False)
    # Diagrams of PlantUML do not say what they are.
    return bool(_SIGN_OF_STATES.search(text))


def parse_diagram(
    text: str, name: str, dialect: DiagramDialect, first_line: int = 1
) -> StateDiagram:
    """Return what a text in a dialect shows; ``name`` is the file that messages refer to.

    Raises :class:`MachineError` with file and line for what is not read.
    """
    return _LineReader(name, dialect).read(text, first_line)


def _after_begin(text: str, dialect: DiagramDialect) -> Iterator[tuple[int, str]]:
    """Yield the line that begins the diagram and those behind it, numbered from 0."""
    numbered = enumerate(text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n"))
    in_front = False
    for number, line in numbered:
        bare = dialect.comment.sub("", line).strip()
        if bare == "---" and dialect is MERMAID:
            in_front = not in_front
        elif dialect.begin.fullmatch(bare) and not in_front:
            yield number, bare
            yield from numbered
            return
        elif bare and not in_front and dialect is MERMAID:
            return  # a diagram of another kind


class _LineReader:
    def __init__(self, name: str, dialect: DiagramDialect) -> None:
        self.dialect = dialect
        self.diagram = StateDiagram(name)
        self.line = 0
        self.box = ""
        self.titled: set[str] = set()

    def read(self, text: str, first_line: int) -> StateDiagram:
        """Read all lines."""
        lines = _after_begin(text, self.dialect)
        begin = next(lines, None)
        if begin is None:
            expected = "stateDiagram-v2" if self.dialect is MERMAID else "@startuml"
            name = self.dialect.name
            refuse(
                self.diagram.name, first_line, f"no {name} state diagram: {expected!r} is expected"
            )
        skipped_to: re.Pattern[str] | None = None
        for number, written in lines:
            self.line = first_line + number
            if skipped_to:
                skipped_to = None if skipped_to.fullmatch(written.strip()) else skipped_to
                continue
            line = self.dialect.comment.sub("", written).strip()
            if self.dialect.end.fullmatch(line):
                self._refuse_more(lines, first_line)
                break
            skipped_to = next((e for b, e in self.dialect.blocks if b.fullmatch(line)), None)
            if line and not skipped_to and not self.dialect.skipped.fullmatch(line):
                self._statement(line)
        if skipped_to or self.box:
            what = (
                f"the state {self.box!r}" if self.box else "a part that is skipped, such as a note,"
            )
            self._refuse(f"{what} does not end")
        self._flatten()
        return self.diagram

    def _refuse_more(self, lines: Iterator[tuple[int, str]], first_line: int) -> None:
        for number, line in lines:
            if self.dialect.begin.fullmatch(line.strip()):
                self.line = first_line + number
                self._refuse("a second diagram; a file has one machine")

    def _refuse(self, what: str) -> None:
        refuse(self.diagram.name, self.line, what)

    # Statements ------------------------------------------------------------------------------

    def _statement(self, line: str) -> None:
        if line == "}":
            if not self.box:
                self._refuse("'}' ends nothing")
            self.box = ""
        elif line in ("--", "||"):
            self._refuse(f"concurrency ({line}) {_LATER}")
        elif match := _STATE.fullmatch(_CLASS.sub("", line)):
            self._state(match)
        elif not self._edge(line):
            self._other(line)

    def _state(self, match: re.Match[str]) -> None:
        stereotype = _STEREOTYPE.search(match["looks"] or "")
        if stereotype and (what := _PSEUDO.get(stereotype[1].lower())):
            self._refuse(f"{what} {_LATER}")
        title = match["title"] if match["title"] is not None else match["title2"]
        id_ = match["alias"] or match["id"] or match["id2"] or match["only"]
        title = match["id2"] if match["alias"] else title
        quoted = id_.startswith('"')
        name = self._id(id_)
        if name == _START:
            self._refuse("[*] is no name of a state")
        if match["open"] and not match["close"]:
            self._open(name, title)
            return
        node = self.diagram.node(name, self.line, self.box)
        node.box = self.box or node.box
        if title is not None or quoted:
            self._title(name, title if title is not None else id_.strip('"'))
        elif match["text"]:
            self._describe(name, match["text"])

    def _open(self, name: str, title: str | None) -> None:
        if self.box:
            self._refuse(
                f"{name!r} is inside of {self.box!r} and has states inside; deeper nesting {_LATER}"
            )
        if name in self.diagram.boxes:
            self._refuse(f"{name!r} has states inside a second time")
        shown = self._line(title) if title is not None else name
        self.diagram.boxes[name] = DiagramNode(shown, "", self.line)
        self.box = name

    def _edge(self, line: str) -> bool:
        """Read an arrow; return whether the line is one."""
        line = _CLASS.sub("", line)
        source = _END.match(line)
        arrow = source and self.dialect.arrow.match(line, _blank_end(line, source.end()))
        if not source or not arrow:
            return False
        target = _END.match(line, _blank_end(line, arrow.end()))
        tail = target and _TAIL.fullmatch(line, target.end())
        if not target or not tail or (arrow[0][0] == "<") == (arrow[0][-1] == ">"):
            return False
        ends = [self._id(source[0]), self._id(target[0])]
        if arrow[0][0] == "<":
            ends.reverse()
        label = self.dialect.text((tail["label"] or "").strip())
        self._connect(ends[0], ends[1], label)
        return True

    def _connect(self, source: str, target: str, label: str) -> None:
        if _START in (source, target) and self.box:
            self._refuse(f"[*] inside of {self.box!r}: nesting {_LATER}")
        if source == target == _START:
            self._refuse("an arrow from [*] to [*] shows no state")
        if source == _START:
            self._node(target)
            self.diagram.initial.setdefault(target, self.line)
        elif target == _START:
            if label:
                self._refuse(
                    f"the arrow to [*] has the label {label!r}: give the end a state of its own"
                )
            self._node(source)
            self.diagram.final.setdefault(source, self.line)
        else:
            self._node(source)
            self._node(target)
            self.diagram.edge(DiagramEdge(source, target, label, self.line))

    def _other(self, line: str) -> None:
        match = _DESCRIPTION.fullmatch(_CLASS.sub("", line))
        if match:
            name = self._id(match["id"])
            self._node(name)
            self._describe(name, match["text"])
        elif self.dialect is MERMAID and _END.fullmatch(_CLASS.sub("", line)):
            self._node(self._id(_CLASS.sub("", line)))
        elif line.startswith("!"):
            self._refuse(f"{shortened(line, 60)!r}: the preprocessor of PlantUML is not run")
        else:
            self._refuse(f"not understood: {shortened(line, 60)!r}")

    # Names -----------------------------------------------------------------------------------

    def _id(self, written: str) -> str:
        """Return a name without quotes; what is no plain state is refused."""
        if written.endswith(("[H]", "[H*]")):
            self._refuse(f"history ({written}) {_LATER}")
        if written.startswith("[["):
            self._refuse(f"{written} {_LATER}")
        return self._line(written[1:-1]) if written.startswith('"') else written

    def _node(self, name: str) -> None:
        if name not in self.diagram.boxes:
            self.diagram.node(name, self.line, self.box)

    def _line(self, written: str) -> str:
        return self.dialect.text(written).replace("\n", " ")

    def _title(self, name: str, written: str) -> None:
        self.titled.add(name)
        owner = self.diagram.boxes.get(name) or self.diagram.node(name, self.line, self.box)
        owner.title = self._line(written) or name

    def _describe(self, name: str, written: str) -> None:
        """Take a description: the title in Mermaid, if it is the first; a remark in PlantUML."""
        if self.dialect.titles_by_colon and name not in self.titled:
            self._title(name, written.strip())

    def _flatten(self) -> None:
        """Make boxes without states inside plain states, and forget the mentions of the others."""
        diagram = self.diagram
        full = {node.box for node in diagram.nodes.values()}
        for name, box in list(diagram.boxes.items()):
            if name not in full:
                del diagram.boxes[name]
                diagram.node(name, box.line).title = box.title
            elif name in diagram.nodes:
                del diagram.nodes[name]
            marked = [marks[name] for marks in (diagram.initial, diagram.final) if name in marks]
            if marked and name in diagram.boxes:
                what = f"[*] at {name!r}, which has states inside: nesting {_LATER}"
                refuse(diagram.name, marked[0], what)


def _blank_end(line: str, place: int) -> int:
    """Return the place behind the blanks at a place."""
    while place < len(line) and line[place].isspace():
        place += 1
    return place
