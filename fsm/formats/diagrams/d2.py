"""State diagrams in D2 (https://d2lang.com), as ``fsm draw`` writes them and as people do.

A shape is a state, a container a state with states inside, a connection an arrow. A shape with an
empty label from which arrows lead is the initial mark; ``style.double-border`` marks final states,
a dashed container is a region, and equal arrows to regions of one state are a fork. Layouts, styles
and other settings are skipped.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from fsm.errors import MachineError
from fsm.files import read_text
from fsm.formats.assembly import MAX_BYTES, MAX_PARTS, refuse
from fsm.formats.diagrams.branches import fork_equal_arrows
from fsm.formats.diagrams.mealy_labels import is_marked, mealy_of
from fsm.formats.diagrams.reactions import add_reactions, is_reaction
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
from fsm.mealy import Mealy
from fsm.text import joined_lines

__all__ = ["parse_d2", "read_d2"]

_TOKEN = re.compile(
    r"""
      (?P<blank> [^\S\n]+ | \#[^\n]* | \\\n )
    | (?P<quoted> "(?:[^"\\]|\\.)*+" | '[^'\n]*' )
    | (?P<arrow> <?-+>?(?=[\s"'\w.]|$) )
    | (?P<mark> [{};:.\n] | \|)
    | (?P<word> (?:[^\s{};:."'\#\\<>|-]|\\.|-(?![->])|(?<=\S)['"])+ )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_SETTINGS = frozenset({
    "vars", "direction", "classes", "layers", "scenarios", "steps", "style", "grid-rows",
    "grid-columns", "grid-gap", "horizontal-gap", "vertical-gap", "near", "label", "shape", "icon",
    "width", "height", "tooltip", "link", "class", "constraint", "source-arrowhead",
    "target-arrowhead", "top", "left",
})  # fmt: skip
_HISTORY: dict[str, PseudoState] = {"H": "shallow", "H*": "deep"}


@dataclass
class _Shape:
    """A shape by its path, with what its map says."""

    path: tuple[str, ...]
    line: int
    label: str | None = None
    settings: dict[str, str] = field(default_factory=dict)


def read_d2(path: Path) -> Machine | Mealy:
    """Return the machine of a file; raises :class:`MachineError` with file and line."""
    text = read_text(path, MAX_BYTES, "a machine", MachineError)
    if is_marked(text):
        return mealy_of(_D2Reader(text, str(path)).diagram(), text)
    return parse_d2(text, str(path))


def parse_d2(text: str, name: str) -> Machine:
    """Return the machine that a text in D2 shows; ``name`` is the file in messages.

    Raises :class:`MachineError` with file and line for what is none.
    """
    diagram = _D2Reader(text, name).diagram()
    join_wrapped_labels(diagram, lines=False)  # fsm draw writes an event in each
    return machine_of(diagram)


class _D2Reader:
    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.tokens = self._tokens(text.replace("\r\n", "\n"))
        self.kind, self.text, self.line = next(self.tokens)
        self.quoted = False
        """Whether the last label was written in quotes."""
        self.shapes: dict[tuple[str, ...], _Shape] = {}
        self.ids: dict[tuple[str, ...], str] = {}
        """The last name of each path, where no other path ends so; else the whole path."""
        self.arrows: list[tuple[tuple[str, ...], tuple[str, ...], str, int]] = []

    # Tokens ----------------------------------------------------------------------------------

    def _tokens(self, text: str) -> Iterator[tuple[str, str, int]]:
        place, line = 0, 1
        while place < len(text):
            match = _TOKEN.match(text, place)
            if match is None:
                refuse(self.name, line, f"not understood: {text[place : place + 30]!r}")
            kind, found = match.lastgroup or "", match.group()
            if kind == "quoted":
                inner = found[1:-1]
                yield kind, _unescaped(inner) if found[0] == '"' else inner, line
            elif kind != "blank":
                yield kind, found, line
            line += found.count("\n")
            place = match.end()
        yield "end", "", line

    def _take(self) -> str:
        text = self.text
        self.kind, self.text, self.line = next(self.tokens)
        return text

    def _at(self, *marks: str) -> bool:
        return self.kind == "mark" and self.text in marks

    def _refuse(self, what: str) -> NoReturn:
        refuse(self.name, self.line, what)

    # Grammar ---------------------------------------------------------------------------------

    def _statements(self, around: tuple[str, ...], depth: int) -> None:
        if depth > MAX_DEPTH:
            self._refuse(f"more than {MAX_DEPTH} shapes in each other")
        while self.kind != "end" and not self._at("}"):
            if self._at("\n", ";"):
                self._take()
            else:
                self._statement(around, depth)

    def _statement(self, around: tuple[str, ...], depth: int) -> None:
        line = self.line
        path = self._path()
        if self.kind != "arrow":
            names = next((i for i, name in enumerate(path) if name in _SETTINGS), len(path))
            owner = (*around, *path[:names])
            if names < len(path):
                if owner:
                    self._known(owner, line)
                self._setting(owner, path[names:])
            else:
                self._shape(owner, line, depth)
            return
        ends, arrows = [path], []
        while self.kind == "arrow":
            arrows.append(self._take())
            ends.append(self._path())
        label = self._label()
        if self._at("{"):
            self._skip_map()
        for number, arrow in enumerate(arrows):
            pair = ((*around, *ends[number]), (*around, *ends[number + 1]))
            self._arrow(pair, arrow, label, line)

    def _arrow(
        self, ends: tuple[tuple[str, ...], tuple[str, ...]], arrow: str, label: str, line: int
    ) -> None:
        if (arrow[0] == "<") == (arrow[-1] == ">"):
            refuse(self.name, line, f"the connection {arrow} has no direction; write ->")
        if len(self.arrows) >= MAX_PARTS:
            refuse(self.name, line, f"more than {MAX_PARTS} arrows")
        for path in ends:
            self._known(path, line)
        source, target = ends if arrow[-1] == ">" else ends[::-1]
        self.arrows.append((source, target, label, line))

    def _path(self) -> tuple[str, ...]:
        """Take a path: names with points between them."""
        parts = [self._name()]
        while self._at("."):
            self._take()
            parts.append(self._name())
        return tuple(parts)

    def _name(self) -> str:
        if self.kind not in ("word", "quoted"):
            shown = "the end of the file" if self.kind == "end" else repr(self.text)
            self._refuse(f"a name is expected, not {shown}")
        words = [_unescaped(self.text) if self.kind == "word" else self.text]
        self._take()
        while self.kind == "word":
            words.append(_unescaped(self._take()))
        return " ".join(words)

    def _label(self) -> str:
        """Take the text behind a colon; empty where there is none."""
        if not self._at(":"):
            return ""
        self._take()
        if self._at("|"):
            self._refuse("a block of text is not read; write the label in quotes")
        words: list[str] = []
        self.quoted = self.kind == "quoted"
        while self.kind in ("word", "quoted", "arrow") or self._at(".", ":"):
            words.append(self._take())
        return joined_lines(" ".join(words))

    def _known(self, path: tuple[str, ...], line: int) -> _Shape:
        """Return a shape; those around it are shapes as well."""
        for size in range(1, len(path) + 1):
            if path[:size] not in self.shapes:
                if len(self.shapes) >= MAX_PARTS:
                    refuse(self.name, line, f"more than {MAX_PARTS} states")
                self.shapes[path[:size]] = _Shape(path[:size], line)
        if len(path) > MAX_DEPTH:
            refuse(self.name, line, f"more than {MAX_DEPTH} shapes in each other")
        return self.shapes[path]

    def _shape(self, path: tuple[str, ...], line: int, depth: int) -> None:
        shape = self._known(path, line)
        if self._at(":"):
            text = self._label()
            # An empty text in quotes is one: a shape without a name.
            shape.label = text if text or not self._at("{") or self.quoted else shape.label
        if self._at("{"):
            self._take()
            self._statements(path, depth + len(path))
            self._close()

    def _close(self) -> None:
        if not self._at("}"):
            self._refuse("'}' is expected")
        self._take()

    def _setting(self, around: tuple[str, ...], path: tuple[str, ...]) -> None:
        """Take a setting of the shape around; those in a map are called by their whole path."""
        value = self._label()
        settings = self.shapes[around].settings if around in self.shapes else {}
        settings[".".join(path)] = value
        if self._at("{"):
            self._take()
            self._map(settings, path, 0)
            self._close()

    def _map(self, settings: dict[str, str], path: tuple[str, ...], depth: int) -> None:
        if depth > MAX_DEPTH:
            self._refuse(f"more than {MAX_DEPTH} maps in each other")
        while self.kind != "end" and not self._at("}"):
            if self._at("\n", ";"):
                self._take()
                continue
            inner = (*path, *self._path())
            settings[".".join(inner)] = self._label()
            if self._at("{"):
                self._take()
                self._map(settings, inner, depth + 1)
                self._close()

    def _skip_map(self) -> None:
        self._take()
        self._map({}, (), 0)
        self._close()

    # The diagram -----------------------------------------------------------------------------

    def diagram(self) -> StateDiagram:
        """Read the text, and return what it shows."""
        self._statements((), 0)
        if self.kind != "end":
            self._refuse("'}' ends nothing")
        diagram = StateDiagram(self.name)
        inside = {path[:-1] for path in self.shapes}
        leaving = {source for source, *_ in self.arrows}
        entered = {target for _, target, *_ in self.arrows}
        names = Counter(path[-1] for path in self.shapes)
        self.ids = {p: p[-1] if names[p[-1]] == 1 else ".".join(p) for p in self.shapes} | {(): ""}
        starts = {
            path
            for path, shape in self.shapes.items()
            if shape.label == "" and path in leaving and path not in entered | inside
        }
        texts = {p for p, s in self.shapes.items() if s.settings.get("shape") == "text"} - leaving
        self._parts(diagram, inside, starts | (texts - entered))
        for source, target, label, line in self.arrows:
            if source in starts:
                box = self.ids[source[:-1]]
                diagram.starts.append(StarMark(self.ids[target], label, line, box))
            else:
                diagram.edge(DiagramEdge(self.ids[source], self.ids[target], label, line))
        fork_equal_arrows(diagram)
        return diagram

    def _parts(
        self, diagram: StateDiagram, inside: set[tuple[str, ...]], left_out: set[tuple[str, ...]]
    ) -> None:
        regions: dict[str, int] = {}
        for path, shape in self.shapes.items():
            if path in left_out:
                continue
            id_, box = self.ids[path], self.ids[path[:-1]]
            lines = (shape.label or path[-1]).split("\n")
            count = next((i for i, line in enumerate(lines) if i and is_reaction(line)), len(lines))
            title = " ".join(" ".join(lines[:count]).split()) or path[-1]
            region = 0
            if box and "stroke-dash" in _style(shape) and path in inside:
                region = regions[box] = regions.get(box, -1) + 1
            node = DiagramNode(title, box, shape.line, region)
            (diagram.boxes if path in inside else diagram.nodes)[id_] = node
            if shape.settings.get("shape") == "circle" and title in _HISTORY and box:
                node.kind = _HISTORY[title]
            if _style(shape).get("double-border") == "true":
                diagram.finals[id_] = shape.line
            add_reactions(diagram, id_, lines[count:], shape.line)


def _style(shape: _Shape) -> dict[str, str]:
    return {key.removeprefix("style."): value for key, value in shape.settings.items()}


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: {"n": "\n", "t": " "}.get(match[1], match[1]), text)
