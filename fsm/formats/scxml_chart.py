"""SCXML that other tools wrote, flattened like a statechart that is declared in Python.

A name in a condition is a guard, whose truth an input symbol states, whatever the document
computes; so actions are skipped. Elements that make one event cause another (``raise``, ``send``,
``invoke``), or that remember (``history``), cannot be in a table and are refused by name.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from pathlib import Path

from fsm.chart import Chart, ChartEdge, ChartNode
from fsm.flattening.configurations import flatten
from fsm.formats.assembly import refuse
from fsm.formats.xml import Element
from fsm.guard import ALWAYS, Guard, parse_guard
from fsm.machine import Machine
from fsm.text import shortened

__all__ = ["MAX_CELLS", "flatten_scxml"]

_STATES = ("state", "parallel", "final")
_SKIPPED = ("datamodel", "donedata", "initial", "onentry", "onexit", "script", "transition")
_REFUSED = ("cancel", "history", "invoke", "raise", "send")
_EVENT = re.compile(r"[^\s*.\[\]+,]+(\.[^\s*.\[\]+,]+)*")
_PLATFORM_EVENTS = ("done", "error")
_OPERATORS = {
    "&&": " and ", "||": " or ", "===": "==", "!==": "!=", "!": " not ", "true": "True",
    "false": "False",
}  # fmt: skip
_OPERATOR = re.compile(r"&&|\|\||[=!]==|!(?!=)|\b(?:true|false)\b")
_MAX_DEPTH = 50
_MAX_EVENT = 200
_MAX_CONDITION = 1_000
MAX_CELLS = 100_000
"""States times events; regions that multiply make a small document a large table."""


def flatten_scxml(root: Element, file: str) -> Machine:
    """Return the machine of a document's root.

    Raises :class:`fsm.errors.MachineError`, with file and line, for what cannot be a table.
    """
    name = root.get("name") or Path(file).stem
    return flatten(_Reader(file, root).chart(), name, MAX_CELLS)


class _Reader:
    """Reads the elements of a document as a chart; states are known by their number."""

    def __init__(self, file: str, root: Element) -> None:
        self.file, self.root = file, root
        self.elements: list[Element] = []
        self.parents: list[int | None] = []
        for element, parent in self._walk(root, None, 0):
            self.elements.append(element)
            self.parents.append(parent)
        self.ids: dict[str, int] = {}
        for i, element in enumerate(self.elements):
            self._name(element, i)
        self.children: list[list[int]] = [[] for _ in self.elements]
        for i, parent in enumerate(self.parents):
            if parent is not None:
                self.children[parent].append(i)

    def _walk(
        self, element: Element, place: int | None, depth: int
    ) -> Iterator[tuple[Element, int | None]]:
        if depth > _MAX_DEPTH:
            refuse(self.file, element.line, f"more than {_MAX_DEPTH} states in each other")
        for child in element.children:
            if child.tag in _STATES:
                number = len(self.elements)
                yield child, place
                yield from self._walk(child, number, depth + 1)
            elif " " not in child.tag:  # elements of other namespaces are for other programs
                self._skip(child)

    def _skip(self, element: Element) -> None:
        if element.tag not in (*_SKIPPED, *_REFUSED):
            refuse(self.file, element.line, f"<{element.tag}> is no part of a state in SCXML")
        inside = [element]
        for part in inside:
            if part.tag in _REFUSED:
                what = f"<{part.tag}> cannot be in a table; declare the whole move as transitions"
                refuse(self.file, part.line, what)
            inside += part.children

    def _name(self, element: Element, number: int) -> None:
        id_ = element.get("id", "")
        if not id_ or set(id_) & set("+[], \t\n"):
            refuse(self.file, element.line, f"<{element.tag}> needs a plain id")
        if id_ in self.ids:
            refuse(self.file, element.line, f"a second state with the id {shortened(id_)!r}")
        self.ids[id_] = number

    def chart(self) -> Chart:
        top = [i for i, parent in enumerate(self.parents) if parent is None]
        if not top:
            refuse(self.file, self.root.line, "no state; a machine has at least one")
        initial = self._initial(self.root, top)
        if len(initial) > 1 or initial[0] not in top:
            what = "the initial state of the document must be one of its outermost states"
            refuse(self.file, self.root.line, what)
        declared = [(i, t) for i, e in enumerate(self.elements) for t in e.all("transition")]
        descriptors = [self._descriptors(element) for _, element in declared]
        events = tuple(dict.fromkeys(event for names in descriptors for event in names))
        matched = _events_by_prefix(events)
        edges = [
            self._edge(i, element, names, matched)
            for (i, element), names in zip(declared, descriptors, strict=True)
        ]
        return Chart(
            class_name=f"{self.file}:{self.root.line}",
            title=self.root.get("name") or Path(self.file).stem,
            nodes=tuple(map(self._node, range(len(self.elements)))),
            edges=tuple(edges),
            initial=initial[0],
            events=tuple(event for event in events if not event.startswith("done.state.")),
            indicators=(),
            deadline=None,
            companion=None,
            atomic_update=False,
            rules="scxml",
        )

    def _node(self, number: int) -> ChartNode:
        element, children = self.elements[number], tuple(self.children[number])
        parallel, final = element.tag == "parallel", element.tag == "final"
        if final and (children or element.all("transition")):
            refuse(self.file, element.line, "a final state has neither states nor transitions")
        entry = children if parallel or not children else self._initial(element, list(children))
        outside = [i for i in entry if number not in self._ancestors(i)]
        if outside:
            refuse(self.file, element.line, "the initial state must be inside")
        id_ = element.attributes["id"]
        return ChartNode(id_, id_, self.parents[number], children, entry, parallel, final)

    def _ancestors(self, number: int) -> list[int]:
        ancestors, parent = [], self.parents[number]
        while parent is not None:
            ancestors.append(parent)
            parent = self.parents[parent]
        return ancestors

    def _initial(self, element: Element, children: list[int]) -> tuple[int, ...]:
        targets = element.get("initial")
        for inner in element.all("initial"):
            for transition in inner.all("transition"):
                targets = transition.get("target")
        if targets is None:
            return (children[0],)
        return self._targets(element, targets)

    def _targets(self, element: Element, text: str) -> tuple[int, ...]:
        unknown = [id_ for id_ in text.split() if id_ not in self.ids]
        if unknown or not text.split():
            refuse(self.file, element.line, f"no state {shortened(' '.join(unknown))!r}")
        return tuple(self.ids[id_] for id_ in text.split())

    def _descriptors(self, transition: Element) -> tuple[str, ...]:
        """Return the events of a transition as written: names, or beginnings of names."""
        names = tuple(name.removesuffix(".") for name in transition.get("event", "").split())
        for name in names:
            done = name.startswith("done.state.") and name[len("done.state.") :] in self.ids
            platform = name.partition(".")[0] in _PLATFORM_EVENTS and not done
            if len(name) > _MAX_EVENT:
                refuse(self.file, transition.line, f"event {name[:40]!r}... is a long name")
            if platform or not _EVENT.fullmatch(name):
                what = f"event {shortened(name)!r} also stands for others; name each of them"
                refuse(self.file, transition.line, what)
        return names

    def _edge(
        self, source: int, element: Element, names: tuple[str, ...], matched: dict[str, list[str]]
    ) -> ChartEdge:
        guard = self._guard(element)
        if not names and guard.names:
            what = "a transition without event may only depend on In('state')"
            refuse(self.file, element.line, what)
        events = tuple(dict.fromkeys(event for name in names for event in matched[name]))
        target = element.get("target")
        targets = () if target is None else self._targets(element, target)
        return ChartEdge(source, targets, events, element.get("type") == "internal", guard)

    def _guard(self, element: Element) -> Guard:
        condition = element.get("cond")
        if condition is None:
            return ALWAYS
        text = _OPERATOR.sub(lambda match: _OPERATORS[match[0]], condition).strip()
        where = f"{self.file}:{element.line}"
        if len(text) > _MAX_CONDITION:
            what = f"a condition of more than {_MAX_CONDITION:,} characters"
            refuse(self.file, element.line, what)
        try:
            with warnings.catch_warnings(action="ignore"):  # of Python's parser, on odd literals
                return parse_guard(text, where)
        except (MemoryError, RecursionError):
            refuse(self.file, element.line, "a condition that is nested too deeply")


def _events_by_prefix(events: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the events that a descriptor matches: "error" also matches "error.network"."""
    matched: dict[str, list[str]] = {}
    for event in events:
        parts = event.split(".")
        for size in range(1, len(parts) + 1):
            matched.setdefault(".".join(parts[:size]), []).append(event)
    return matched
