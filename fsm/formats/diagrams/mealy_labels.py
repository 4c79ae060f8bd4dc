"""Mealy machines in state diagrams: labels ``inputs / output``, under a comment that says so.

Without the comment, what stands behind a slash is an action of the author, and is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from fsm.formats.assembly import refuse
from fsm.formats.diagrams.state_diagram import DiagramEdge, StateDiagram
from fsm.formats.dot import MAX_CELLS
from fsm.machine import Machine
from fsm.mealy import Mealy
from fsm.text import visible

__all__ = ["as_written", "is_marked", "mark_of", "mealy_of"]

_MARK = "Mealy machine: inputs / output"
_SHOWN = f"{_MARK}; each state shows its name"
_LABEL = re.compile(r"(?P<inputs>.+?) /(?: (?P<output>.*))?")
_LONGEST = 200
_SIGNS = ("%%", "'", "#", "//")
"""How comments begin in Mermaid, PlantUML, D2 and DOT."""


def mark_of(sketch: Machine) -> str | None:
    """Return the comment that marks the diagram of a Mealy machine.

    The sketch has its states, with what they show as status, its inputs as events, and its labels
    as transitions. ``None`` stands for one with names that labels cannot hold.
    """
    if any(", " in name or " / " in f" {name} " for name in sketch.events):
        return None
    outputs = (t.event.partition(" / ")[2] for t in sketch.transitions)
    shown = [state.status for state in sketch.states]
    names = [state.name for state in sketch.states]
    texts = (*names, *sketch.events, *outputs, *(text for text in shown if text is not None))
    if not all(map(_is_plain, texts)):
        return None
    return _SHOWN if shown == names else _MARK


def _is_plain(name: str) -> bool:
    return name == " ".join(name.split()) == visible(name) and 0 < len(name) <= _LONGEST


def as_written(text: str, mark: str, sign: str) -> str:
    """Return the text of a diagram with the mark behind its first line."""
    first, _, rest = text.partition("\n")
    return f"{first}\n{sign} {mark}\n{rest}"


def is_marked(text: str) -> bool:
    """Whether the text of a diagram is marked as that of a Mealy machine."""
    return _marked(text, _MARK) or _marked(text, _SHOWN)


def _marked(text: str, mark: str) -> bool:
    signs = "|".join(map(re.escape, _SIGNS))
    return (
        re.search(rf"^[ \t]*(?:{signs}) {re.escape(mark)}[ \t]*\r?$", text, re.MULTILINE)
        is not None
    )


def mealy_of(diagram: StateDiagram, text: str) -> Mealy:
    """Return the Mealy machine of a marked diagram.

    A state is called like its title, and shows the box around it. Raises
    :class:`fsm.errors.MachineError` with file and line for labels that are not ``inputs / output``,
    two arrows of one input, no or two initial states, and states inside states.
    """
    titles = [node.title for node in diagram.nodes.values()]
    states = {id_: number for number, id_ in enumerate(diagram.nodes)}
    for number, (id_, node) in enumerate(diagram.nodes.items()):
        if node.kind or (node.box and diagram.boxes[node.box].box):
            refuse(diagram.name, node.line, f"{id_!r}: a Mealy machine has no states in states")
        if node.title in titles[:number]:
            refuse(diagram.name, node.line, f"two states are called {node.title!r}")
    cells: dict[tuple[int, str], tuple[int, str, int]] = {}
    for edge in diagram.edges:
        for source, input_name, output in _steps(diagram, edge):
            cell = states[edge.target], output, edge.line
            first = cells.setdefault((states[source], input_name), cell)
            if first[:2] != cell[:2]:
                what = f"{input_name!r} leads on from {source!r} on line {first[2]} already"
                refuse(diagram.name, edge.line, f"{what}; a Mealy machine is deterministic")
    inputs = list(dict.fromkeys(name for _, name in cells))
    outputs = list(dict.fromkeys(output for _, output, _ in cells.values()))
    if len(states) * len(inputs) > MAX_CELLS:
        refuse(diagram.name, 1, f"{len(states)} states x {len(inputs)} inputs are too many cells")
    targets = np.full((len(states), len(inputs)), -1, dtype=np.int32)
    written = targets.copy()
    columns = {name: column for column, name in enumerate(inputs)}
    rows = {name: row for row, name in enumerate(outputs)}
    for (number, name), (target, output, _) in cells.items():
        place = number, columns[name]
        targets[place], written[place] = target, rows[output]
    return Mealy(
        Path(diagram.name).stem,
        tuple(titles),
        tuple(inputs),
        tuple(outputs),
        targets,
        written,
        initial=states[_initial(diagram)],
        shown=tuple(titles) if _marked(text, _SHOWN) else _shown(diagram),
    )


def _steps(diagram: StateDiagram, edge: DiagramEdge) -> Iterator[tuple[str, str, str]]:
    """Yield the source, the input and the output of each step that an arrow shows."""
    sources = [edge.source]
    if edge.source in diagram.boxes:
        sources = [id_ for id_, node in diagram.nodes.items() if node.box == edge.source]
    if edge.target not in diagram.nodes:
        refuse(diagram.name, edge.line, "a Mealy machine has no states in states")
    for line in filter(None, map(str.strip, edge.label.split("\n"))):
        match = _LABEL.fullmatch(line)
        if match is None:
            refuse(diagram.name, edge.line, f"label {line!r}: 'inputs / output' is expected")
        for name in match["inputs"].split(", "):
            yield from ((source, name, match["output"] or "") for source in sources)


def _initial(diagram: StateDiagram) -> str:
    initial = [*diagram.initial.items()]
    if len(initial) != 1:
        line = initial[1][1] if initial else 1
        what = f"{len(initial)} initial states, one is expected"
        refuse(diagram.name, line, f"{what}; mark it with {diagram.start_mark}")
    return initial[0][0]


def _shown(diagram: StateDiagram) -> tuple[str, ...] | None:
    """Return what the states show: the titles of their boxes."""
    if not diagram.boxes:
        return None
    for id_, node in diagram.nodes.items():
        if not node.box:
            refuse(diagram.name, node.line, f"{id_!r} is in no box, others are")
    return tuple(diagram.boxes[node.box].title for node in diagram.nodes.values())
