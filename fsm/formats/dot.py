"""Mealy machines in DOT, as tools for model learning publish them.

An edge is a transition, its label ``input/output``; each line of a label, and each row of an HTML
label, is a transition. The only edge without a label leads to the initial state; where there is no
such edge, the initial state is the source of the first transition (the convention of the Radboud
automata benchmarks, https://automata.cs.ru.nl). What a state shows at any time, such as a status,
is the attribute ``shows`` of its node, which fsm writes. Attributes of looks are skipped.

>>> mealy = parse_dot('digraph { a -> b [label="x/0"]; b -> a [label=<x/1<br/>y/0>] }', "m.dot")
>>> mealy.run(["x", "y"]), mealy.missing
(('0', '0'), (('a', 'y'),))
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fsm.errors import MachineError
from fsm.files import read_text
from fsm.formats.dot_edges import DotEdge, DotNode, parse_parts
from fsm.formats.dot_tokens import Token
from fsm.mealy import Mealy

__all__ = ["MAX_BYTES", "MAX_CELLS", "label_lines", "mealy_to_dot", "parse_dot", "read_dot"]

MAX_BYTES = 1 << 28
"""The largest file that is read."""

MAX_CELLS = 20_000_000
"""The largest table, states times inputs: 160 MB."""

_FINDINGS = 20  # a file that is wrong throughout need not fill the screen
_TAG_BREAK = re.compile(r"<\s*(?:br|/tr)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class _Cell(NamedTuple):
    source: str
    input: str
    target: str
    output: str
    line: int


def read_dot(path: Path | str) -> Mealy:
    """Read a file; raises :class:`MachineError` with file and line where it is no Mealy machine."""
    text = read_text(Path(path), MAX_BYTES, "a machine", MachineError)
    return parse_dot(text, str(path))


def parse_dot(text: str, name: str) -> Mealy:
    """Return the machine of a DOT text; ``name`` is the file that messages refer to.

    States, inputs and outputs are in the order of their first transition, the initial state
    first. Raises :class:`MachineError`, with all findings at once, for labels that are not
    ``input/output``, for two initial states and for a cell with two different transitions.
    """
    findings: list[str] = []
    cells: list[_Cell] = []
    unlabelled: list[DotEdge] = []
    shows: dict[str, str] = {}
    for part in parse_parts(text, name):
        if isinstance(part, DotNode):
            if "shows" in part.attributes:
                shows[part.name] = " ".join(label_lines(part.attributes["shows"]))
        elif isinstance(part, DotEdge):
            if part.label is None:
                unlabelled.append(part)
            else:
                cells += _cells(part, part.label, findings)
    initial = _initial(unlabelled, cells, findings)
    table = _unambiguous(cells, findings)
    if findings:
        rest = len(findings) - _FINDINGS
        more = [f"and {rest} more"] if rest > 0 else []
        raise MachineError(f"{name}:{'; '.join([*findings[:_FINDINGS], *more])}")
    if initial is None:
        raise MachineError(f"{name}: no edge has a label: there is no machine in it")
    return _dense(table, initial, shows, name)


def mealy_to_dot(mealy: Mealy) -> str:
    """Return a machine as DOT, which :func:`parse_dot` reads as the same machine.

    Raises :class:`MachineError` for names that DOT and a label ``input / output`` cannot hold.
    States without transitions that no transition leads to are left out.
    """
    shown = mealy.shown or ()
    for name in (*mealy.states, *mealy.inputs, *mealy.outputs, *shown):
        if name != " ".join(name.split()) or (name in mealy.inputs and " / " in f"{name} "):
            raise MachineError(f"{mealy.name}: a DOT label cannot hold the name {name!r}")
    for name in mealy.states:
        if "\\" in name or not name:
            raise MachineError(f"{mealy.name}: DOT cannot hold a state called {name!r}")
    lines = ["digraph machine {", '  "" [shape=none, label=""]']
    lines.append(f'  "" -> {_id(mealy.states[mealy.initial])}')
    for state, text in zip(mealy.states, shown, strict=False):
        lines.append(f"  {_id(state)} [shows={_label(text)}]")
    for s, row in enumerate(mealy.next.tolist()):
        for x, t in enumerate(row):
            if t >= 0:
                label = f"{mealy.inputs[x]} / {mealy.outputs[int(mealy.output[s, x])]}"
                ends = f"{_id(mealy.states[s])} -> {_id(mealy.states[t])}"
                lines.append(f"  {ends} [label={_label(label)}]")
    return "\n".join([*lines, "}"]) + "\n"


def _id(name: str) -> str:
    quoted = name.replace('"', '\\"')
    return f'"{quoted}"'


def _label(text: str) -> str:
    return _id(text.replace("\\", "\\\\"))


def _cells(edge: DotEdge, label: Token, findings: list[str]) -> Iterator[_Cell]:
    lines = label_lines(label)
    if not lines:
        findings.append(f"{label.line}: the label is empty, 'input/output' is expected")
    for line in lines:
        # With blanks around it, the slash is no part of an input or output that has one itself.
        separator = " / " if " / " in line else "/"
        input_name, found, output_name = (part.strip() for part in line.partition(separator))
        if not found or not input_name:
            findings.append(f"{label.line}: label {line!r}: 'input/output' is expected")
            continue
        yield _Cell(edge.source, input_name, edge.target, output_name, label.line)


def label_lines(label: Token) -> list[str]:
    """Return the lines that a reader sees in a label, without blank ones."""
    if label.kind == "html":
        flat = " ".join(label.text.split())
        # Graphviz shows two backslashes as one here as well.
        text = unescape(_TAG.sub("", _TAG_BREAK.sub("\n", flat))).replace(r"\\", "\\")
    else:
        # \n, \l and \r end a line that is centred, to the left or to the right.
        text = _ESCAPE.sub(lambda match: "\n" if match[1] in "nlr" else match[1], label.text)
    return [line.strip() for line in text.split("\n") if line.strip()]


def _initial(unlabelled: list[DotEdge], cells: list[_Cell], findings: list[str]) -> str | None:
    """Return the state the arrow without a label points at, else the first source."""
    states = {cell.source for cell in cells} | {cell.target for cell in cells}
    arrows = [edge for edge in unlabelled if edge.source not in states]
    for edge in unlabelled:
        if edge.source in states:
            findings.append(f"{edge.line}: {edge.source!r} -> {edge.target!r} has no label")
    for edge in arrows[1:]:
        if edge.target != arrows[0].target:
            first = f"{arrows[0].target!r} (line {arrows[0].line})"
            findings.append(f"{edge.line}: {edge.target!r} is initial, and so is {first}")
    if arrows:
        return arrows[0].target
    return cells[0].source if cells else None


def _unambiguous(cells: list[_Cell], findings: list[str]) -> dict[tuple[str, str], _Cell]:
    """Return the cells by state and input; two equal ones are one."""
    table: dict[tuple[str, str], _Cell] = {}
    for cell in cells:
        first = table.setdefault((cell.source, cell.input), cell)
        if (first.target, first.output) != (cell.target, cell.output):
            findings.append(
                f"{cell.line}: {cell.input!r} in {cell.source!r} gives {cell.output!r} and "
                f"{cell.target!r}, on line {first.line} it gives {first.output!r} and "
                f"{first.target!r}; a Mealy machine is deterministic"
            )
    return table


def _dense(
    table: dict[tuple[str, str], _Cell], initial: str, shows: dict[str, str], name: str
) -> Mealy:
    cells = table.values()
    states = list(dict.fromkeys((initial, *(s for c in cells for s in (c.source, c.target)))))
    inputs = list(dict.fromkeys(cell.input for cell in cells))
    outputs = list(dict.fromkeys(cell.output for cell in cells))
    if len(states) * len(inputs) > MAX_CELLS:
        size = f"{len(states)} states x {len(inputs)} inputs"
        raise MachineError(f"{name}: {size} are more than {MAX_CELLS} cells")
    s, x, y = ({n: i for i, n in enumerate(names)} for names in (states, inputs, outputs))
    targets = np.full((len(states), len(inputs)), -1, dtype=np.int32)
    output = targets.copy()
    for cell in cells:
        place = s[cell.source], x[cell.input]
        targets[place], output[place] = s[cell.target], y[cell.output]
    if silent := [state for state in states if shows and state not in shows]:
        raise MachineError(f"{name}: the state {silent[0]!r} has no attribute shows, others have")
    return Mealy(
        Path(name).stem,
        tuple(states),
        tuple(inputs),
        tuple(outputs),
        targets,
        output,
        shown=tuple(shows[state] for state in states) if shows else None,
    )
