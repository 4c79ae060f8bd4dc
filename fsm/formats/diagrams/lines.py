"""State diagrams that are written line by line: Mermaid and PlantUML.

Comments, directions and styles are skipped, notes and remarks as well; these are counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NoReturn

from fsm.formats.assembly import refuse
from fsm.formats.diagrams.dialects import MERMAID, DiagramDialect
from fsm.formats.diagrams.mealy_labels import is_marked
from fsm.formats.diagrams.reactions import add_reactions, is_reaction
from fsm.formats.diagrams.scopes import TOP, Mention, Scope, Scopes
from fsm.formats.diagrams.state_diagram import (
    MAX_DEPTH,
    DiagramEdge,
    DiagramNode,
    PseudoState,
    StarMark,
    StateDiagram,
)
from fsm.formats.diagrams.wrapping import join_wrapped_labels, label_received_events
from fsm.text import shortened

__all__ = ["is_state_diagram", "parse_diagram"]

_LONGEST_LINE = 100_000
_START = "[*]"
_WORD = r"[^\s:{}\"<>\-\[\]]+"
_PSEUDO_STATE = r"\[\*\]|\[\[\w+\]\]|[\w.+]+\[H\*?\]|\[H\*?\]"
_NAME = rf"(?:{_PSEUDO_STATE}|\"[^\"]*\"|{_WORD}(?:-{_WORD})*)"
_END = re.compile(_NAME)
_LOOKS = r"(?:\s*(?:##?[\w\[\],;:.|/\\-]+|<<[^<>]*>>|(?<=\s)\[\[(?:[^\]]|\](?!\]))*\]\]))*"
_TAIL = re.compile(rf"(?P<looks>{_LOOKS})\s*(?::(?P<label>.*))?", re.DOTALL)
_STATE = re.compile(
    rf"state\s+(?:\"(?P<title>[^\"]*)\"\s+as\s+(?P<id>{_NAME})"
    rf"|(?P<id2>{_NAME})\s+as\s+(?:\"(?P<title2>[^\"]*)\"|(?P<alias>{_NAME}))"
    rf"|(?P<only>{_NAME}))(?P<looks>{_LOOKS})\s*(?::(?P<text>[^{{}}]*))?(?P<open>\{{)?\s*(?P<close>\}})?",
    re.IGNORECASE,
)
_CLASS = re.compile(r":::\s*[\w,-]+")
_DESCRIPTION = re.compile(rf"(?P<id>{_NAME}){_LOOKS}\s*:(?P<text>.*)", re.DOTALL)
_HISTORY = re.compile(r"(?P<box>[^\[\]]*)\[H(?P<deep>\*?)\]")
_STEREOTYPE = re.compile(r"<<\s*(?P<name>\w+\*?)|\[\[(?P<old>\w+)\]\]")
_REGION = re.compile(r"<<\s*region\s*>>", re.IGNORECASE)
_PSEUDO: dict[str, PseudoState] = {
    "fork": "fork", "join": "join", "choice": "choice", "junction": "choice",
    "entrypoint": "point", "exitpoint": "point", "inputpin": "point", "outputpin": "point",
    "expansioninput": "point", "expansionoutput": "point", "sdlreceive": "receive",
    "start": "start", "end": "end",
    "history": "shallow", "history*": "deep",
}  # fmt: skip
_NOTE = re.compile(r"note\s+(?:left|right)\s+of\s+(?P<id>\S+)\s*:(?P<text>.*)", re.IGNORECASE)
_SIGN_OF_STATES = re.compile(r"^[ \t]*state\s|\[\*\]", re.IGNORECASE | re.MULTILINE)
_PARTS = re.compile(r"(?:[#&]#?\w{1,31};|[^;])+")


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
    diagram = _LineReader(name, dialect).read(text, first_line)
    if not is_marked(text):
        join_wrapped_labels(diagram)
    label_received_events(diagram)
    return diagram


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
        self.open: list[Scope] = [TOP]
        """The boxes around the line, the outermost first."""
        self.scopes = Scopes(self.diagram, innermost=dialect is MERMAID)
        self.titled: set[str] = set()
        self.parted: set[str] = set()
        """The states of which a region has begun."""

    @property
    def scope(self) -> Scope:
        return self.open[-1]

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
            if len(written) > _LONGEST_LINE:
                self._refuse(f"a line of more than {_LONGEST_LINE:,} characters")
            if skipped_to:
                skipped_to = None if skipped_to.fullmatch(written.strip()) else skipped_to
                continue
            line = self.dialect.comment.sub("", written).strip()
            if self.dialect.end.fullmatch(line):
                self._refuse_more(lines, first_line)
                break
            skipped_to = next((e for b, e in self.dialect.blocks if b.fullmatch(line)), None)
            if match := self.dialect.history.fullmatch(line):
                self._histories(match)
            elif skipped_to or self.dialect.skipped.fullmatch(line):
                self._skip(line)
            else:
                self._statements(line)
        if skipped_to or self.scope.box:
            what = f"the state {self.scope.box!r}"
            what = "a part that is skipped, such as a note," if skipped_to else what
            self._refuse(f"{what} does not end")
        self._settle()
        return self.diagram

    def _skip(self, line: str) -> None:
        """Count a note; read one that says what happens inside of a state with states inside."""
        if line[:4].lower() != "note":
            return
        match = _NOTE.fullmatch(line)
        lines = self.dialect.text(match["text"].strip()).split("\n") if match else []
        if match and match["id"] in self.diagram.boxes and all(map(is_reaction, lines)):
            add_reactions(self.diagram, match["id"], lines, self.line)
        else:
            self.diagram.skipped["note"] += 1

    def _statements(self, line: str) -> None:
        for part in _PARTS.findall(line) if self.dialect is MERMAID else [line]:
            if part.strip():
                self._statement(part.strip())

    def _histories(self, match: re.Match[str]) -> None:
        """Take states of a class that says history for history states."""
        for name in re.split(r"[\s,]+", match["ids"].strip()):
            self._node(name, Mention.NAMED)
            if name in self.diagram.nodes:
                self.diagram.nodes[name].kind = "deep" if match["deep"] else "shallow"

    def _refuse_more(self, lines: Iterator[tuple[int, str]], first_line: int) -> None:
        for number, line in lines:
            if self.dialect.begin.fullmatch(line.strip()):
                self.line = first_line + number
                self._refuse("a second diagram; a file has one machine")

    def _refuse(self, what: str) -> NoReturn:
        refuse(self.diagram.name, self.line, what)

    # Statements ------------------------------------------------------------------------------

    def _statement(self, line: str) -> None:
        if line == "}":
            if not self.scope.box:
                self._refuse("'}' ends nothing")
            self.open.pop()
        elif line in ("--", "||"):
            if not self.scope.box:
                self._refuse(f"{line!r} parts the regions of a state; write it inside of a state")
            self.open[-1] = self.scope._replace(region=self.scope.region + 1)
        elif match := _STATE.fullmatch(_CLASS.sub("", line)):
            self._state(match)
        elif not self._edge(line):
            self._other(line)

    def _state(self, match: re.Match[str]) -> None:
        title = match["title"] if match["title"] is not None else match["title2"]
        id_ = match["alias"] or match["id"] or match["id2"] or match["only"]
        title = match["id2"] if match["alias"] else title
        quoted = id_.startswith('"')
        name = self._id(id_)
        if name == _START:
            self._refuse("[*] is no name of a state")
        if _REGION.search(match["looks"]):
            self._begin_region()
        if match["open"] and not match["close"]:
            self._open(name, title if title is not None or not quoted else id_[1:-1])
            return
        self._node(name, Mention.DECLARED)
        self._stereotype(name, match["looks"])
        if title is not None or quoted:
            self._title(name, title if title is not None else id_.strip('"'))
        elif match["text"]:
            self._describe(name, match["text"])

    def _begin_region(self) -> None:
        """Begin another region for a state that is a whole one, as ``fsm draw`` writes it."""
        if self.scope.box in self.parted:
            self.open[-1] = self.scope._replace(region=self.scope.region + 1)
        self.parted.add(self.scope.box)

    def _stereotype(self, name: str, looks: str) -> None:
        """Take what a stereotype says about a state; those without a meaning here are looks."""
        match = _STEREOTYPE.search(looks)
        stereotype = (match["name"] or match["old"]) if match else ""
        if kind := _PSEUDO.get(stereotype.lower()):
            if name in self.diagram.boxes:
                self._refuse(f"{name!r} is <<{stereotype}>> and has states inside")
            self.diagram.nodes[name].kind = kind

    def _open(self, name: str, title: str | None) -> None:
        boxes = self.diagram.boxes
        if len(self.open) > MAX_DEPTH:
            self._refuse(f"more than {MAX_DEPTH} states in each other")
        if name in boxes:
            self._refuse(f"{name!r} has states inside a second time (line {boxes[name].line})")
        before = self.diagram.nodes.get(name)
        shown = before.title if before and name in self.titled else name
        if title is not None:
            shown = self._line(title)
            self.titled.add(name)
        line = before.line if before else self.line
        boxes[name] = DiagramNode(shown, self.scope.box, line, self.scope.region)
        self.open.append(Scope(name, 0))

    def _edge(self, line: str) -> bool:
        """Read an arrow; return whether the line is one."""
        line = _CLASS.sub("", line)
        source = _END.match(line)
        arrow = source and self.dialect.arrow.match(line, _blank_end(line, source.end()))
        if not source or not arrow:
            return False
        target = _END.match(line, _blank_end(line, arrow.end()))
        tail = target and _TAIL.fullmatch(line, target.end())
        if target and "hidden" in arrow[0]:
            return True  # it is not drawn, and only moves its ends apart
        if not target or not tail or (arrow[0][0] == "<") == (arrow[0][-1] == ">"):
            return False
        ends = [self._id(source[0]), self._id(target[0])]
        for name in ends:
            if name != _START:
                self._node(name, Mention.MARKED if _START in ends else Mention.NAMED)
        if ends[1] != _START:
            self._stereotype(ends[1], tail["looks"])
        if arrow[0][0] == "<":
            ends.reverse()
        self._connect(ends[0], ends[1], self.dialect.text((tail["label"] or "").strip()))
        return True

    def _connect(self, source: str, target: str, label: str) -> None:
        if source == target == _START:
            self._refuse("an arrow from [*] to [*] shows no state")
        if source == _START:
            self.diagram.starts.append(StarMark(target, label, self.line, *self.scope))
        elif target == _START:
            self.diagram.ends.append(StarMark(source, label, self.line, *self.scope))
        else:
            self.diagram.edge(DiagramEdge(source, target, label, self.line))

    def _other(self, line: str) -> None:
        match = _DESCRIPTION.fullmatch(_CLASS.sub("", line))
        if match:
            name = self._id(match["id"])
            self._node(name, Mention.DECLARED)
            self._describe(name, match["text"])
        elif self.dialect is MERMAID and _END.fullmatch(_CLASS.sub("", line)):
            self._node(self._id(_CLASS.sub("", line)), Mention.DECLARED)
        elif line.startswith("!"):
            self._refuse(f"{shortened(line, 60)!r}: the preprocessor of PlantUML is not run")
        else:
            self._refuse(f"not understood: {shortened(line, 60)!r}")

    # Names -----------------------------------------------------------------------------------

    def _id(self, written: str) -> str:
        """Return a name without quotes; a history state has its box in its name."""
        if match := _HISTORY.fullmatch(written):
            box = match["box"].removesuffix(".") or self.scope.box
            if not box:
                self._refuse(f"{written} outside of a state; write STATE{written}")
            name = f"{box}[H{match['deep']}]"
            if name not in self.diagram.nodes:
                node = self.diagram.node(name, self.line, box)
                node.kind = "deep" if match["deep"] else "shallow"
            return name
        if written.startswith("[["):
            self._refuse(f"{written} is no name of a state")
        return self._line(written[1:-1]) if written.startswith('"') else written

    def _node(self, name: str, evidence: Mention) -> None:
        if name not in self.diagram.boxes:
            self.diagram.node(name, self.line, *self.scope)
            if not _HISTORY.fullmatch(name):
                self.scopes.add(name, self.scope, evidence, self.line)

    def _line(self, written: str) -> str:
        return self.dialect.text(written).replace("\n", " ")

    def _title(self, name: str, written: str) -> None:
        self.titled.add(name)
        self.diagram.part(name).title = self._line(written) or name

    def _describe(self, name: str, written: str) -> None:
        """Take a description: the title in Mermaid, if it is the first; a remark in PlantUML."""
        if self.dialect.titles_by_colon and name not in self.titled:
            self._title(name, written.strip())
        else:
            lines = self.dialect.text(written.strip()).split("\n")
            add_reactions(self.diagram, name, lines, self.line)

    def _settle(self) -> None:
        """Make boxes without states inside plain states, and put every state into its box."""
        diagram = self.diagram
        for name in diagram.boxes:
            diagram.nodes.pop(name, None)
        self.diagram.assumed += self.scopes.settle()
        self._take_marks()
        parts = (*diagram.nodes.values(), *diagram.boxes.values())
        full = {part.box for part in parts} | {mark.box for mark in diagram.starts + diagram.ends}
        for name in list(diagram.boxes):
            if name not in full:
                diagram.nodes[name] = diagram.boxes.pop(name)
        for name, node in diagram.nodes.items():
            if node.kind in ("shallow", "deep") and node.box not in diagram.boxes:
                what = f"the history {name} of a state that has no states inside"
                refuse(diagram.name, node.line, what)

    def _take_marks(self) -> None:
        """Read arrows from a ``<<start>>`` and to an ``<<end>>`` as those from and to ``[*]``."""
        diagram = self.diagram
        for id_, node in diagram.nodes.items():
            if node.kind == "end" and id_ in self.titled:  # it has a name, and so is a state
                node.kind = ""
                diagram.finals.setdefault(id_, node.line)
        marks = {id_: diagram.nodes.pop(id_) for id_, node in list(diagram.nodes.items())
                 if node.kind in ("start", "end")}  # fmt: skip
        edges, diagram.edges = diagram.edges if marks else [], [] if marks else diagram.edges
        for edge in edges:
            source, target = marks.get(edge.source), marks.get(edge.target)
            if source and source.kind == "start" and not target:
                place = source.box, source.region
                diagram.starts.append(StarMark(edge.target, edge.label, edge.line, *place))
            elif target and target.kind == "end" and not source:
                place = target.box, target.region
                diagram.ends.append(StarMark(edge.source, edge.label, edge.line, *place))
            elif source or target:
                what = f"the arrow from {edge.source!r} to {edge.target!r}"
                refuse(diagram.name, edge.line, f"{what} enters a start, or leaves an end")
            else:
                diagram.edges.append(edge)


def _blank_end(line: str, place: int) -> int:
    """Return the place behind the blanks at a place."""
    while place < len(line) and line[place].isspace():
        place += 1
    return place
