"""State charts of state-machine-cat (https://state-machine-cat.js.org), as a state diagram.

What a state is follows from its name, as there, unless a ``type`` says it: ``initial``, ``final``,
``parallel``, ``history``, ``^`` for a choice, ``]`` for a fork, a join or a junction. A name that
is not declared is a state where an arrow mentions it. Notes and colours are skipped.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, NoReturn

from fsm.errors import MachineError
from fsm.files import read_text
from fsm.formats.assembly import MAX_BYTES, MAX_PARTS, refuse
from fsm.formats.diagrams.reactions import add_reactions
from fsm.formats.diagrams.state_diagram import (
    MAX_DEPTH,
    DiagramEdge,
    DiagramNode,
    PseudoState,
    StarMark,
    StateDiagram,
)
from fsm.formats.diagrams.to_machine import machine_of
from fsm.formats.diagrams.wrapping import join_wrapped_labels
from fsm.machine import Machine
from fsm.suggest import no_such

__all__ = ["parse_smcat", "read_smcat"]

_BLANK = re.compile(r"\s+|//[^\r\n]*|/\*.*?\*/", re.DOTALL)
_NOTE = re.compile(r"#[^\r\n]*")
_NAME = re.compile(r'"((?:\\"|[^"])*)"|[^;, "\t\n\r=\-><:{\[]+')
_RIGHT, _LEFT = re.compile(r"->|=>>|=>|>>|:>|--|=="), re.compile(r"<-|<<=|<=|<<|<:")
_ATTRIBUTE = re.compile(r'(\w+)(?:\s*=\s*("(?:\\"|[^"])*"|[^\s\]]+))?')
_ACTIVITIES = re.compile(r'"((?:\\"|[^"])*)"|[^,;{]+')
_LABEL = re.compile(r'"((?:\\"|[^"])*)"|[^;{]+')
_EXPRESSION = re.compile(
    r"(?P<event>[^\[/]*)(?P<guard>\[[^\]]*\])?[^/]*(?:/(?P<action>.*))?", re.DOTALL
)
_MOMENT = re.compile(r"(entry|exit|do|activity)\s*/\s*", re.IGNORECASE)
_TYPES = (
    "regular", "initial", "final", "parallel", "deephistory", "history", "choice", "forkjoin",
    "fork", "join", "junction", "terminate",
)  # fmt: skip
_BY_NAME = (
    ("initial", "initial"), ("final", "final"), ("parallel", "parallel"),
    ("deep.*history|history.*deep", "deephistory"), ("history", "history"), (r"^\^", "choice"),
    (r"^\]", "forkjoin"),
)  # fmt: skip
_PSEUDO: dict[str, PseudoState] = {
    "choice": "choice", "junction": "choice", "fork": "fork", "join": "join",
    "history": "shallow", "deephistory": "deep",
}  # fmt: skip
_LONGEST = 10_000


@dataclass(slots=True)
class _DrawnState:
    """A state as it is declared, with its activities, and what is inside of it."""

    name: str
    line: int
    type: str
    title: str = ""
    activities: str = ""
    inside: _Chart | None = None


class _DrawnArrow(NamedTuple):
    source: str
    target: str
    label: str
    line: int
    internal: bool


@dataclass(slots=True)
class _Chart:
    """States and arrows of one level."""

    states: dict[str, _DrawnState] = field(default_factory=dict)
    arrows: list[_DrawnArrow] = field(default_factory=list)


def read_smcat(path: Path) -> Machine:
    """Return the machine of a file; raises :class:`MachineError` with file and line."""
    return machine_of(parse_smcat(read_text(path, MAX_BYTES, "a machine", MachineError), str(path)))


def parse_smcat(text: str, name: str) -> StateDiagram:
    """Return what a text shows; ``name`` is the file that messages refer to.

    Raises :class:`MachineError` with file and line for what is not read.
    """
    reader = _Reader(text.removeprefix("\ufeff"), name)
    chart = reader.chart(0)
    if reader.place < len(reader.text):
        reader.refuse("a state or an arrow is expected")
    diagram = _Drawing(chart, name, reader.notes).diagram()
    join_wrapped_labels(diagram)
    return diagram


class _Reader:
    """Reads states and arrows, each with its line."""

    def __init__(self, text: str, name: str) -> None:
        self.text, self.name, self.place, self.notes, self.count = text, name, 0, 0, 0
        self._line, self._counted = 1, 0

    @property
    def line(self) -> int:
        """The line of the place."""
        self._line += self.text.count("\n", self._counted, self.place)
        self._counted = self.place
        return self._line

    def refuse(self, what: str) -> NoReturn:
        """Raise :class:`MachineError` for the place."""
        rest = self.text[self.place : self.place + 20].split("\n")[0]
        seen = f", not {rest!r}" if rest else ", not the end of the file"
        refuse(self.name, self.line, what + seen)

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Take what a pattern matches, and what is blank in front of it."""
        while match := _BLANK.match(self.text, self.place) or _NOTE.match(self.text, self.place):
            self.notes += match[0][0] == "#"
            self.place = match.end()
        if found := pattern.match(self.text, self.place):
            self.place = found.end()
        return found

    def accept(self, marks: str) -> str:
        """Take one of some marks, if it is next."""
        found = self.take(re.compile(f"[{re.escape(marks)}]"))
        return found[0] if found else ""

    def chart(self, depth: int) -> _Chart:
        """Read the states and arrows of one level."""
        chart = _Chart()
        if depth > MAX_DEPTH:
            self.refuse(f"more than {MAX_DEPTH} states in each other")
        while name := self._name():
            self.count += 1
            if self.count > MAX_PARTS:
                self.refuse(f"more than {MAX_PARTS} states and arrows")
            if right := self.take(_RIGHT) or self.take(_LEFT):
                is_left = right.re is _LEFT
                chart.arrows.append(self._arrow(name, is_left=is_left))
                continue
            state = chart.states[name] = self._state(name, depth)
            if not self.accept(",;"):
                self.refuse(f"',' or ';' is expected behind the state {state.name!r}")
        return chart

    def _name(self) -> str:
        found = self.take(_NAME) if not self._at_end() else None
        return _unquoted(found) if found else ""

    def _at_end(self) -> bool:
        self.take(re.compile(""))
        return self.text[self.place : self.place + 1] in ("", "}")

    def _arrow(self, source: str, *, is_left: bool) -> _DrawnArrow:
        line, target = self.line, self._name()
        if not target:
            self.refuse("a state is expected")
        attributes = self._attributes()
        found = self.take(_LABEL) if self.accept(":") else None
        label = _unquoted(found) if found else ""
        if not self.accept(";"):
            self.refuse("';' is expected behind an arrow")
        ends = (target, source) if is_left else (source, target)
        return _DrawnArrow(*ends, _label(label), line, attributes.get("type") == "internal")

    def _state(self, name: str, depth: int) -> _DrawnState:
        line, attributes = self.line, self._attributes()
        kind = attributes.get("type") or _type_of(name)
        if kind not in _TYPES:
            refuse(self.name, line, no_such("type of states", kind, _TYPES))
        state = _DrawnState(name, line, kind, attributes.get("label", ""))
        if self.accept(":"):
            found = self.take(_ACTIVITIES)
            state.activities = _unquoted(found) if found else ""
        if self.accept("{"):
            state.inside = self.chart(depth + 1)
            if not self.accept("}"):
                self.refuse("'}' is expected")
        return state

    def _attributes(self) -> dict[str, str]:
        found: dict[str, str] = {}
        if not self.accept("["):
            return found
        while not self.accept("]"):
            match = self.take(_ATTRIBUTE)
            if match is None:
                self.refuse("an attribute or ']' is expected")
            value = match[2] or ""
            found[match[1].lower()] = value.strip('"').replace('\\"', '"')
            self.accept(",")
        return found


def _type_of(name: str) -> str:
    """Return what the name of a state says about it."""
    return next((kind for pattern, kind in _BY_NAME if re.search(pattern, name)), "regular")


def _unquoted(found: re.Match[str]) -> str:
    text = found[0] if found[1] is None else found[1].replace('\\"', '"')
    return text.strip()[:_LONGEST]


def _label(written: str) -> str:
    """Return a label as other diagrams have it: ``event [guard] / action``, an event a line."""
    found = _EXPRESSION.match(written)
    if found is None:
        return ""
    guard, action = (" ".join((found[part] or "").split()) for part in ("guard", "action"))
    behind = " ".join(filter(None, (guard, f"/ {action}" if action else "")))
    lines = [" ".join(line.split()) for line in found["event"].split("\n")]
    # A guard is that of all lines, which are one text then.
    event = (" " if behind else "\n").join(filter(None, lines))
    return f"{event} {behind}".strip()


class _Drawing:
    """Turns states and arrows into a diagram."""

    def __init__(self, chart: _Chart, name: str, notes: int) -> None:
        self.chart = chart
        self.result = StateDiagram(name, start_mark="initial => STATE;")
        self.result.skipped = Counter(note=notes) if notes else Counter()
        self.types: dict[str, str] = {}
        self.boxes: dict[str, str] = {}
        """The box in which each name is."""

    def diagram(self) -> StateDiagram:
        """Return the diagram."""
        charts = list(self._charts(self.chart, ""))
        placed = [(arrow, box) for chart, box in charts for arrow in chart.arrows]
        self._place_all(charts)
        self._tell_forks([arrow for arrow, _ in placed])
        for chart, box in charts:
            self._draw(chart, box)
        self._add_undeclared(placed)
        self._number_regions()
        begun = {
            box
            for arrow, box in placed
            if self._begins(arrow) and self.boxes[arrow.source] == box
        }  # fmt: skip
        for arrow, box in sorted(placed, key=lambda each: each[0].line):
            # A second arrow of one start belongs to the state inside of which it is written.
            own = self.boxes[arrow.source]
            self._add(arrow, box if self._begins(arrow) and own in begun else own)
        return self.result

    def _place_all(self, charts: list[tuple[_Chart, str]]) -> None:
        """Find the box of each name; one that is not declared is where an arrow mentions it."""
        for chart, box in charts:
            for state in chart.states.values():
                self._place(state.name, state.type, box, state.line)
        for chart, box in reversed(charts):
            for arrow in chart.arrows:
                for name in (arrow.source, arrow.target):
                    if name not in self.types:
                        self._place(name, _type_of(name), box, arrow.line)

    def _add_undeclared(self, placed: list[tuple[_DrawnArrow, str]]) -> None:
        """Add the states that are not declared, and say what is no state."""
        lines: dict[str, int] = {}
        for arrow, _ in placed:
            for name in (arrow.source, arrow.target):
                lines.setdefault(name, arrow.line)
        for name, kind in self.types.items():
            if name not in self.result.boxes and kind not in ("initial", "final"):
                node = self.result.node(name, lines.get(name, 1), self.boxes[name])
                node.kind = _PSEUDO.get(kind, node.kind)

    def _begins(self, arrow: _DrawnArrow) -> bool:
        """Whether an arrow comes from a start."""
        return self.types[arrow.source] == "initial" and arrow.source not in self.result.boxes

    def _charts(self, chart: _Chart, box: str) -> Iterator[tuple[_Chart, str]]:
        yield chart, box
        for state in chart.states.values():
            if state.inside:
                yield from self._charts(state.inside, state.name)

    def _place(self, name: str, kind: str, box: str, line: int) -> None:
        if name in self.types and self.boxes[name] != box:
            what = f"a second state {name!r}; names are those of the whole chart"
            refuse(self.result.name, line, what)
        self.types[name], self.boxes[name] = kind, box

    def _tell_forks(self, arrows: list[_DrawnArrow]) -> None:
        """Tell forks, joins and junctions apart by their arrows."""
        entering = Counter(arrow.target for arrow in arrows)
        leaving = Counter(arrow.source for arrow in arrows)
        for name, kind in self.types.items():
            if kind == "forkjoin":
                into, out = entering[name], leaving[name]
                fork = into <= 1 < out
                self.types[name] = "fork" if fork else "join" if out <= 1 < into else "junction"

    def _draw(self, chart: _Chart, box: str) -> None:
        diagram = self.result
        for state in chart.states.values():
            title = " ".join(state.title.split()) or state.name
            if state.inside:
                diagram.boxes[state.name] = DiagramNode(title, box, state.line)
            elif state.type in ("initial", "final"):
                continue
            else:
                diagram.node(state.name, state.line, box).title = title
            if state.type == "terminate":
                diagram.finals[state.name] = state.line
            lines = [_MOMENT.sub(r"\1 / ", line.strip()) for line in state.activities.split("\n")]
            add_reactions(diagram, state.name, list(filter(None, lines)), state.line)

    def _number_regions(self) -> None:
        """Make each state inside of a parallel one a region."""
        diagram = self.result
        regions: Counter[str] = Counter()
        for name, kind in self.types.items():
            box = self.boxes[name]
            if self.types.get(box) == "parallel" and kind not in ("initial", "final", *_PSEUDO):
                diagram.part(name).region = regions[box]
                regions[box] += 1

    def _add(self, arrow: _DrawnArrow, box: str) -> None:
        """Add an arrow; ``box`` is where it starts if it comes from a start."""
        diagram, kinds = self.result, self.types
        begins = self._begins(arrow)
        ends = kinds[arrow.target] == "final" and arrow.target not in diagram.boxes
        if begins and ends:
            refuse(diagram.name, arrow.line, "an arrow from the start to the end shows no state")
        if begins:
            diagram.starts.append(StarMark(arrow.target, arrow.label, arrow.line, box))
        elif ends:
            around = self.boxes[arrow.target]
            diagram.ends.append(StarMark(arrow.source, arrow.label, arrow.line, around))
        elif kinds[arrow.source] == "final" or kinds[arrow.target] == "initial":
            what = f"the arrow from {arrow.source!r} to {arrow.target!r}"
            refuse(diagram.name, arrow.line, f"{what} enters a start, or leaves an end")
        else:
            internal = arrow.internal and arrow.source == arrow.target
            diagram.edge(DiagramEdge(arrow.source, arrow.target, arrow.label, arrow.line, internal))
