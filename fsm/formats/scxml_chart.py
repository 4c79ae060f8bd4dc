"""SCXML that other tools wrote, flattened by the rules of W3C.

A condition is a guard, or a formula over guards, whose truth an input symbol states, whatever the
document computes; so actions are skipped. Events that they raise and send are a part of the table
(:mod:`fsm.formats.scxml_content`). An ``<invoke>`` runs another machine, and is refused.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path

from fsm.chart import Chart, ChartEdge, ChartNode, ChartTimer
from fsm.errors import MachineError
from fsm.flattening.configurations import flatten
from fsm.formats.assembly import refuse
from fsm.formats.scxml_branches import Way, ways_through
from fsm.formats.scxml_content import (
    ExecutableContent,
    content_of,
    refuse_failures,
    refuse_talking,
    refuse_unknown_names,
    refuse_unsent,
)
from fsm.formats.scxml_data import decided_at_start, unchanged_data
from fsm.formats.scxml_events import HeardEvents, is_raised_by_completion
from fsm.formats.xml import Element
from fsm.guard import ALWAYS, Guard, parse_guard
from fsm.machine import Machine
from fsm.text import quantity, shortened

__all__ = ["MAX_CELLS", "flatten_scxml"]

_STATES = ("state", "parallel", "final", "history")
_CONTENT = ("onentry", "onexit", "transition", "initial")
_SKIPPED = ("datamodel", "donedata", "script")
_EVENT = re.compile(r"[^\s*.\[\]+,]+(\.[^\s*.\[\]+,]+)*|\*")
_OPERATORS = {
    "&&": " and ", "||": " or ", "===": "==", "!==": "!=", "!": " not ", "true": "True",
    "false": "False",
}  # fmt: skip
_OPERATOR = re.compile(r"&&|\|\||[=!]==|!(?!=)|\b(?:true|false)\b")
_WORD = re.compile(r"[^\W\d]\w*")
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
    reader = _Reader(file, root)
    machine = flatten(reader.chart(), name, MAX_CELLS)
    unread = reader.unread()
    return replace(machine, ignored=(*machine.ignored, unread)) if unread else machine


@dataclass(frozen=True, slots=True)
class _Declared:
    """One way through a transition of a state."""

    source: int
    element: Element
    way: Way

    @property
    def content(self) -> Element:
        """The actions on this way."""
        return replace(self.element, children=list(self.way.content))


class _Reader:
    """Reads the elements of a document as a chart; states are known by their number."""

    def __init__(self, file: str, root: Element) -> None:
        self.file, self.root = file, root
        self.elements: list[Element] = []
        self.invoked: list[Element] = []
        self.parents: list[int | None] = []
        for element, parent in self._walk(root, None, 0):
            self.elements.append(element)
            self.parents.append(parent)
        self.ids: dict[str, int] = {}
        self.contents: list[ExecutableContent] = []
        self.handlers: dict[int, tuple[ExecutableContent, ExecutableContent]] = {}
        taken = {element.get("id") for element in self.elements}
        for i, element in enumerate(self.elements):
            self._name(element, i, taken)
        self.children: dict[int | None, list[int]] = {}
        for i, parent in enumerate(self.parents):
            if self.elements[i].tag != "history":
                self.children.setdefault(parent, []).append(i)
        self.names = {number: id_ for id_, number in self.ids.items()}

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
        if element.tag == "invoke":
            self.invoked.append(element)
        elif element.tag not in (*_SKIPPED, *_CONTENT):
            refuse(self.file, element.line, f"<{element.tag}> is no part of a state in SCXML")

    def _name(self, element: Element, number: int, taken: Set[str | None]) -> None:
        id_ = element.get("id") or self._free_id(element.tag, number, taken)
        if set(id_) & set("+[]@, \t\n"):
            refuse(self.file, element.line, f"<{element.tag}> needs a plain id")
        if id_ in self.ids:
            refuse(self.file, element.line, f"a second state with the id {shortened(id_)!r}")
        self.ids[id_] = number

    def _free_id(self, tag: str, number: int, taken: Set[str | None]) -> str:
        while (id_ := f"{tag}_{number + 1}") in taken:
            number += 1
        return id_

    def chart(self) -> Chart:
        if not self._states_of(None):
            refuse(self.file, self.root.line, "no state; a machine has at least one")
        start = self._initial(self.root, self._states_of(None))
        outermost = {[i, *self._ancestors(i)][-1] for i in start}
        if len(outermost) > 1:
            what = "the initial states of the document are in different outermost states"
            refuse(self.file, self.root.line, what)
        (initial,) = outermost
        declared = [
            _Declared(i, transition, way)
            for i, element in enumerate(self.elements)
            if element.tag != "history"
            for transition in element.all("transition")
            for way in ways_through(self.file, transition)
        ]
        descriptors = [self._descriptors(each.element) for each in declared]
        refuse_unsent(self.file, self.root)
        refuse_unknown_names(self.file, self.root, descriptors)
        for element in self.invoked:
            refuse_talking(self.file, element, descriptors)
        contents = [content_of(self.file, [each.content]) for each in declared]
        self.contents += contents
        nodes = tuple(map(self._node, range(len(self.elements))))
        names = dict.fromkeys(name for row in descriptors for name in row)
        alphabet = tuple(name for name in names if not is_raised_by_completion(name))
        emitted = [event for c in self.contents for event in (*c.raised, *c.sent)]
        done = [f"done.state.{node.id}" for node in nodes if node.children]
        delayed = [send.event for c in self.contents for send in c.delayed]
        known = tuple(dict.fromkeys((*alphabet, *done, *emitted, *delayed)))
        heard = HeardEvents(known)
        matched = {name for row in descriptors for name in heard.by(row)}
        # A delayed event comes by itself, also where transitions name only its beginning.
        alphabet = tuple(dict.fromkeys((*alphabet, *(e for e in delayed if e in matched))))
        timers = tuple(self._timers())
        edges = [
            self._edge(each, heard.by(row) or row, content)
            for each, row, content in zip(declared, descriptors, contents, strict=True)
        ]
        return Chart(
            class_name=f"{self.file}:{self.root.line}",
            title=self.root.get("name") or Path(self.file).stem,
            nodes=nodes,
            edges=tuple(edges),
            initial=initial,
            events=alphabet,
            indicators=(),
            deadline=None,
            companion=None,
            atomic_update=False,
            rules="scxml",
            timers=timers,
            start=() if start == (initial,) else start,
            known=tuple(self._known_at_start(declared, edges, {*done, *emitted})),
            assumed=tuple(
                dict.fromkeys(
                    (
                        *self._assumed(alphabet, timers),
                        *self._changing(edges, {*done, *emitted}),
                        *_branching(declared),
                    )
                )
            ),
        )

    def unread(self) -> str:
        """Return what of the actions of the document is not in the machine; empty for nothing."""
        unread = [*self.root.all("script"), *(e for c in self.contents for e in c.unread)]
        counts = Counter({id(element): element.tag for element in unread}.values())
        found = ", ".join(quantity(count, tag) for tag, count in sorted(counts.items()))
        return f"not read: {found}" if found else ""

    def _changing(self, edges: Sequence[ChartEdge], internal: Set[str]) -> Iterator[str]:
        """Yield a warning where a step may change what it asks for later."""
        later = [e for e in edges if not e.events or not internal.isdisjoint(e.events)]
        read = {w for e in later for name in e.guard.names for w in _WORD.findall(name)}
        parts = [self.root]
        for part in parts:
            parts += part.children
        assigned = {part.get("location", "").strip() for part in parts if part.tag == "assign"}
        if changing := sorted(assigned & read):
            yield (
                f"a step may assign {', '.join(changing)} before it asks for it: "
                "a guard has one value in a whole step here, so some rows may never happen, "
                "and others be missing"
            )

    def _known_at_start(
        self,
        declared: Sequence[_Declared],
        edges: Sequence[ChartEdge],
        internal: Set[str],
    ) -> Iterator[tuple[str, bool]]:
        """Yield the guards that data decide at the start, as no event has changed these yet."""
        late = [
            each.element
            for each, edge in zip(declared, edges, strict=True)
            if edge.events and internal.isdisjoint(edge.events)
        ]
        names = sorted({name for edge in edges for name in edge.guard.names})
        return decided_at_start(names, unchanged_data(self.root, late))

    def _states_of(self, parent: int | None) -> list[int]:
        """Return the children of a state that can be active."""
        return self.children.get(parent, [])

    def _node(self, number: int) -> ChartNode:
        element, children = self.elements[number], tuple(self._states_of(number))
        parallel, final = element.tag == "parallel", element.tag == "final"
        if final and (children or element.all("transition")):
            refuse(self.file, element.line, "a final state has neither states nor transitions")
        history = ""
        if element.tag == "history":
            history = "deep" if element.get("type") == "deep" else "shallow"
            entry = self._default(element)
        else:
            entry = children if parallel or not children else self._initial(element, children)
        inside = self.parents[number] if history else number
        if any(inside is not None and inside not in self._ancestors(i) for i in entry):
            refuse(self.file, element.line, "the initial state must be inside")
        entering, leaving = (
            content_of(self.file, element.all(tag)) for tag in ("onentry", "onexit")
        )
        self.contents += [entering, leaving]
        self.handlers[number] = entering, leaving
        id_ = self.names[number]
        return ChartNode(
            id_,
            id_,
            self.parents[number],
            children,
            entry,
            parallel,
            final,
            history,
            raised=entering.raised,
            raised_on_exit=leaving.raised,
            sent=entering.sent,
            sent_on_exit=leaving.sent,
        )

    def _default(self, history: Element) -> tuple[int, ...]:
        """Return the states that a history state enters as long as it remembers nothing."""
        transitions = history.all("transition")
        if len(transitions) != 1:
            what = "a history state needs one transition, to its default"
            refuse(self.file, history.line, what)
        return self._quiet_targets(transitions[0])

    def _quiet_targets(self, transition: Element) -> tuple[int, ...]:
        """Return the targets of a transition that may not raise events."""
        if not content_of(self.file, [transition]).is_silent:
            what = "an event of an initial or default transition; raise it on entry of the target"
            refuse(self.file, transition.line, what)
        return self._targets(transition, transition.get("target", ""))

    def _timers(self) -> Iterator[ChartTimer]:
        """Yield the delayed events that entering a state sends.

        Nothing may cancel one of them but leaving the state: else it is no timer.
        """
        cancels = Counter(id_ for content in self.contents for id_ in set(content.cancelled))
        for number, (entering, leaving) in self.handlers.items():
            for send in entering.delayed:
                stops = send.id is not None and send.id in leaving.cancelled
                if send.id is None or cancels[send.id] == stops:
                    yield ChartTimer(number, send.event, send.delay, stops)

    def _assumed(self, alphabet: tuple[str, ...], timers: tuple[ChartTimer, ...]) -> Iterator[str]:
        """Yield what the table does not say of its document."""
        in_time = {(t.event, t.delay) for t in timers}
        if any(content.may_stop for content in self.contents):
            yield "no action fails: an event that comes after one in the same block always comes"
        for content in self.contents:
            yield from content.elsewhere
            for send in content.delayed:
                if (send.event, send.delay) not in in_time:
                    yield f"line {send.line}: when {send.event} comes is not in the machine"
        for name in alphabet:
            if name == "*":
                yield "* stands for every event that no other transition names"

    def _ancestors(self, number: int) -> list[int]:
        ancestors, parent = [], self.parents[number]
        while parent is not None:
            ancestors.append(parent)
            parent = self.parents[parent]
        return ancestors

    def _initial(self, element: Element, children: Sequence[int]) -> tuple[int, ...]:
        targets = element.get("initial")
        for inner in element.all("initial"):
            for transition in inner.all("transition"):
                return self._quiet_targets(transition)
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
        written = transition.get("event", "").split()
        names = tuple(name.removesuffix(".*").rstrip(".") for name in written)
        for name in names:
            if len(name) > _MAX_EVENT:
                refuse(self.file, transition.line, f"event {name[:40]!r}... is a long name")
            if not _EVENT.fullmatch(name):
                what = f"event {shortened(name)!r} is not a plain name"
                refuse(self.file, transition.line, what)
            if name.partition(".")[0] == "error":
                refuse_failures(self.file, self.root, transition)
        return names

    def _edge(
        self, declared: _Declared, events: tuple[str, ...], content: ExecutableContent
    ) -> ChartEdge:
        element = declared.element
        target, guard = element.get("target"), self._guard(element)
        for head, holds in declared.way.conditions:
            condition = self._guard(head)
            guard = guard & (condition if holds else condition.negated())
        return ChartEdge(
            declared.source,
            () if target is None else self._targets(element, target),
            events,
            element.get("type") == "internal",
            guard,
            raised=content.raised,
            sent=content.sent,
        )

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
                return parse_guard(text, where, opaque=True)
        except (MemoryError, RecursionError):
            refuse(self.file, element.line, "a condition that is nested too deeply")
        except MachineError:
            if _ASKS_FOR_STATES.search(text):
                raise
            return Guard.named(" ".join(condition.split()))  # an expression of its own language


def _branching(declared: Iterable[_Declared]) -> Iterator[str]:
    for head in (head for each in declared for head, _ in each.way.conditions):
        if head.tag == "if":
            yield f"line {head.line}: <if> is decided by guards, which have one value in a step"


_ASKS_FOR_STATES = re.compile(r"\bIn\s*\(", re.IGNORECASE)
