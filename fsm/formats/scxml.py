"""A machine as SCXML (https://www.w3.org/TR/scxml/), and back.

Whatever SCXML can express is written in SCXML, so that its interpreters run the machine: a status
is a compound state, an input symbol an event with a condition on the data model. The rest
(statuses of single states, exact names, origins, indicators) is written in a namespace of ours:
interpreters skip it, and :func:`read_scxml` reads it back without loss. A document without that
namespace was written by another tool, and is flattened: see :mod:`fsm.formats.scxml_chart`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import quoteattr

from fsm.errors import MachineError
from fsm.files import read_bytes
from fsm.formats.assembly import MAX_BYTES, Assembly, refuse
from fsm.formats.scxml_chart import flatten_scxml
from fsm.formats.xml import Element, parse_xml
from fsm.machine import Deadline, Indicator, Machine, Origin, State, Timer, Transition
from fsm.machine_parts import refinements
from fsm.text import HIDDEN, plain_ids, shortened
from fsm.trust import NameInFile

__all__ = ["NAMESPACE", "VERSION", "parse_scxml", "read_scxml", "to_scxml"]

SCXML = "http://www.w3.org/2005/07/scxml"
NAMESPACE = "urn:delivery-fsm:machine"
VERSION = "1"
"""Of the attributes in our namespace; a reader refuses another one."""

# Names that python-statemachine reserves in conditions.
_RESERVED = ("event", "event_data", "machine", "model", "source", "state", "target", "transition")
_ESCAPE = re.compile(r"\\(?:(\\)|u\{(10[0-9A-F]{4}|[0-9A-F]{1,5})\})")
_BAR = "|"
"""Ends every text of a list in an attribute."""


# Writing -------------------------------------------------------------------------------------


def to_scxml(machine: Machine) -> str:
    """Return the SCXML document of a machine: the same text for the same machine.

    Adjacent states of one status are put into a compound state. A guard is an entry of the data
    model, 0 until somebody sets it.
    """
    return "\n".join(_Writer(machine).lines()) + "\n"


class _Writer:
    """Writes the document of one machine; knows the ids that stand for its names."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.states = plain_ids(state.name for state in machine.states)
        statuses = (f"status {status}" for status in machine.statuses)
        self.statuses = plain_ids(statuses, reserved=self.states.values())
        refined = refinements(machine.guards, machine.events)
        self.inputs = {event: refined.get(event, (event, {})) for event in machine.events}
        self.events = plain_ids(event for event, _ in self.inputs.values())
        guards = dict.fromkeys(name for _, held in self.inputs.values() for name in held)
        self.guards = plain_ids(guards, reserved=_RESERVED)
        self.leaving: dict[str, list[Transition]] = {}
        for transition in machine.transitions:
            self.leaving.setdefault(transition.source, []).append(transition)
        # SCXML puts transitions into their states; another order is written as numbers.
        in_order = [t for s in machine.states for t in self.leaving.get(s.name, [])]
        is_ordered = in_order == list(machine.transitions)
        self.places = {} if is_ordered else {t: i for i, t in enumerate(machine.transitions)}

    def lines(self) -> Iterator[str]:
        machine = self.machine
        yield '<?xml version="1.0" encoding="UTF-8"?>'
        root = {
            "xmlns": SCXML,
            "xmlns:fsm": NAMESPACE,
            "version": "1.0",
            "datamodel": "ecmascript",
            "name": plain_ids([machine.name])[machine.name],
            "initial": self.states[machine.initial],
            "fsm:version": VERSION,
            "fsm:machine": _escaped(machine.name),
            "fsm:title": _escaped(machine.title),
        }
        if machine.unit is not None:
            root["fsm:unit"] = _escaped(machine.unit)
        if machine.companion is not None:
            root["fsm:companion"] = _escaped(machine.companion)
        if machine.unreachable:
            root["fsm:unreachable"] = _joined(machine.unreachable)
        if machine.ignored:
            root["fsm:ignored"] = _joined(machine.ignored)
        if machine.assumed:
            root["fsm:assumed"] = _joined(machine.assumed)
        yield _tag("scxml", root, open_=True)
        yield from self._data()
        for status, states in self._groups():
            if status is None:
                yield from self._flat(states, "  ")
            else:
                yield from self._compound(status, states)
        yield "</scxml>"

    def _data(self) -> Iterator[str]:
        if self.guards:
            yield "  <datamodel>"
            for guard in self.guards.values():
                yield "    " + _tag("data", {"id": guard, "expr": "0"})
            yield "  </datamodel>"
        for event in self.machine.events:
            yield "  " + _tag("fsm:event", {"symbol": _escaped(event)})
        for event, guards in self.machine.guards.items():
            facts = {"symbol": _escaped(event), "guards": _joined(guards)}
            yield "  " + _tag("fsm:depends", facts)
        for indicator in self.machine.indicators:
            statuses = _joined(sorted(indicator.statuses))
            facts = {"title": _escaped(indicator.name), "statuses": statuses}
            yield "  " + _tag("fsm:indicator", facts)
        for status, colour in self.machine.colours.items():
            yield "  " + _tag(
                "fsm:colour", {"status": _escaped(status), "colour": _escaped(colour)}
            )
        deadline = self.machine.deadline
        if deadline:
            facts = {"start": deadline.start, "symbol": deadline.event, "place": deadline.state}
            yield "  " + _tag("fsm:deadline", {k: _escaped(v) for k, v in facts.items()})
        yield from self._timers()

    def _timers(self) -> Iterator[str]:
        for timer in self.machine.timers:
            facts = {
                "symbol": _escaped(timer.event),
                "after": timer.after,
                "places": _joined(timer.states),
            }
            if timer.restarts:
                facts["restarts"] = _joined([name for cell in timer.restarts for name in cell])
            if not timer.stops:
                facts["stops"] = "false"
            if timer.scope:
                facts["scope"] = _escaped(timer.scope)
            yield "  " + _tag("fsm:timer", facts)

    def _groups(self) -> Iterator[tuple[str | None, tuple[State, ...]]]:
        """Yield groups of adjacent states, with their status where a compound can stand for it.

        There is one compound for a status, so none where its states are apart.
        """
        machine = self.machine
        groups = [(s, tuple(group)) for s, group in groupby(machine.states, lambda s: s.status)]
        times = Counter(status for status, _ in groups)
        is_flat = all(len(states) == 1 for _, states in groups)
        for status, states in groups:
            yield (None if is_flat or times[status] > 1 else status), states

    def _compound(self, status: str, states: tuple[State, ...]) -> Iterator[str]:
        facts = {
            "id": self.statuses[f"status {status}"],
            "initial": self.states[states[0].name],
            "fsm:status": _escaped(status),
        }
        yield "  " + _tag("state", facts, open_=True)
        for state in states:
            yield from self._state(state, {}, "    ")
        yield "  </state>"

    def _flat(self, states: tuple[State, ...], indent: str) -> Iterator[str]:
        for state in states:
            status = {} if state.status is None else {"fsm:status": _escaped(state.status)}
            yield from self._state(state, status, indent)

    def _state(self, state: State, status: dict[str, str], indent: str) -> Iterator[str]:
        facts = {"id": self.states[state.name]} | status
        facts |= _unless(facts["id"], "fsm:state", state.name)
        facts |= _unless(state.name, "fsm:title", state.title)
        if state.atoms != (state.name,):
            facts["fsm:atoms"] = _joined(state.atoms)
        leaving = self.leaving.get(state.name, [])
        if state.final:
            facts["fsm:final"] = "true"
        tag = "final" if state.final and not leaving else "state"
        yield indent + _tag(tag, facts, open_=bool(leaving))
        for transition in leaving:
            yield f"{indent}  {self._transition(transition)}"
        if leaving:
            yield f"{indent}</{tag}>"

    def _transition(self, transition: Transition) -> str:
        event, valuation = self.inputs[transition.event]
        facts = {"event": self.events[event]}
        if valuation:
            # Comparisons, since negation is "!" in ECMAScript and "not" in Python.
            facts["cond"] = " && ".join(
                f"{self.guards[name]} {'!=' if truth else '=='} 0"
                for name, truth in valuation.items()
            )
        facts["target"] = self.states[transition.target]
        facts |= _unless(facts["event"], "fsm:symbol", transition.event)
        facts |= _unless(transition.event, "fsm:trigger", transition.trigger)
        facts |= _unless("", "fsm:guard", transition.guard)
        if transition.origin:
            facts["fsm:source"] = _escaped(transition.origin.label)
            facts["fsm:reason"] = _escaped(transition.origin.reason)
        if transition in self.places:
            facts["fsm:place"] = str(self.places[transition])
        return _tag("transition", facts)


def _unless(known: str, key: str, value: str) -> dict[str, str]:
    return {} if value == known else {key: _escaped(value)}


def _tag(name: str, attributes: Mapping[str, str], open_: bool = False) -> str:
    facts = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{name}{facts}>" if open_ else f"<{name}{facts}/>"


def _escaped(text: str) -> str:
    r"""Escape characters that XML forbids or that are invisible: ``\u{202E}``."""
    return HIDDEN.sub(lambda match: f"\\u{{{ord(match[0]):X}}}", text.replace("\\", r"\\"))


def _joined(texts: Iterable[str]) -> str:
    """Return each text with a bar behind it."""
    return "".join(_escaped(text).replace(_BAR, r"\u{7C}") + _BAR for text in texts)


# Reading -------------------------------------------------------------------------------------


def read_scxml(path: Path) -> Machine:
    """Return the machine of a document; raises :class:`MachineError` with file and line."""
    return parse_scxml(read_bytes(path, MAX_BYTES, "a machine", MachineError), str(path))


def parse_scxml(content: bytes, file: str = "machine.scxml") -> Machine:
    """Return the machine of a document's content; raises :class:`MachineError` with its line.

    >>> from fsm.catalog import load
    >>> parse_scxml(to_scxml(load("quarantine")).encode()) == load("quarantine")
    True
    """
    root = parse_xml(content, file, {SCXML: "", NAMESPACE: "fsm:"})
    if root.tag != "scxml":
        refuse(file, root.line, f"not SCXML: the document begins with <{root.tag}>")
    version = root.get("fsm:version")
    if version is None:
        return flatten_scxml(root, file)
    if version != VERSION:
        refuse(file, root.line, f'fsm:version="{shortened(version)}" is not known')
    return _Reader(file, root).machine()


class _Reader:
    """Reads a document that :func:`to_scxml` wrote."""

    def __init__(self, file: str, root: Element) -> None:
        self.file, self.root = file, root
        self.parts = Assembly(file)
        self.ids: dict[str, str] = {}

    def machine(self) -> Machine:
        root, parts = self.root, self.parts
        states = list(self._states())
        for element, state in states:
            parts.state(element.line, state)
            id_ = element.attributes["id"]
            if id_ in self.ids:
                refuse(self.file, element.line, f"a second state with the id {shortened(id_)!r}")
            self.ids[id_] = state.name
        for element in root.all("fsm:event"):
            parts.event(element.line, self._text(element, "symbol"))
        exits = [(t, state) for element, state in states for t in element.all("transition")]
        for transition, state in sorted(exits, key=lambda pair: self._order(pair[0])):
            parts.transition(transition.line, self._transition(transition, state))
        name = self._text(root, "fsm:machine")
        return parts.machine(
            name=name,
            title=self._optional(root, "fsm:title", name),
            initial=parts.initial(root.line, self._place(root, "initial")),
            indicators=tuple(map(self._indicator, root.all("fsm:indicator"))),
            colours=dict(map(self._colour, root.all("fsm:colour"))),
            deadline=next(map(self._deadline, root.all("fsm:deadline")), None),
            companion=self._companion(root) if "fsm:companion" in root else None,
            guards=dict(map(self._depends, root.all("fsm:depends"))),
            unreachable=self._texts(root, "fsm:unreachable", ()),
            ignored=self._texts(root, "fsm:ignored", ()),
            assumed=self._texts(root, "fsm:assumed", ()),
            unit=self._text(root, "fsm:unit") if "fsm:unit" in root else None,
            timers=tuple(map(self._timer, root.all("fsm:timer"))),
        )

    def _companion(self, root: Element) -> str:
        """Return the name of a machine, which nobody has allowed to be imported."""
        return NameInFile(self._text(root, "fsm:companion"), f"{self.file}:{root.line}")

    def _states(self) -> Iterator[tuple[Element, State]]:
        for element in self.root.all("state", "final"):
            inner = element.all("state", "final")
            status = element.get("fsm:status")
            shown_status = None if status is None else _unescaped(status)
            for state in inner or [element]:
                yield state, self._state(state, shown_status)

    def _state(self, element: Element, status: str | None) -> State:
        name = self._optional(element, "fsm:state", self._text(element, "id"))
        return State(
            name=name,
            status=status,
            title=self._optional(element, "fsm:title", name),
            atoms=self._texts(element, "fsm:atoms", (name,)),
            final=element.get("fsm:final") == "true" or element.tag == "final",
        )

    def _order(self, element: Element) -> int:
        place = element.get("fsm:place", "0")
        if not (place.isascii() and place.isdigit() and len(place) < 9):
            refuse(self.file, element.line, "fsm:place must be a whole number")
        return int(place)

    def _transition(self, element: Element, state: State) -> Transition:
        event = self._optional(element, "fsm:symbol", self._text(element, "event"))
        label = element.get("fsm:source")
        reason = self._optional(element, "fsm:reason", "")
        return Transition(
            source=state.name,
            event=event,
            target=self._place(element, "target"),
            trigger=self._optional(element, "fsm:trigger", event),
            guard=self._optional(element, "fsm:guard", ""),
            origin=None if label is None else Origin(_unescaped(label), reason),
        )

    def _indicator(self, element: Element) -> Indicator:
        statuses = frozenset(self._texts(element, "statuses"))
        indicator = Indicator(self._text(element, "title"), statuses)
        return self.parts.indicator(element.line, indicator)

    def _colour(self, element: Element) -> tuple[str, str]:
        status, colour = self._text(element, "status"), self._text(element, "colour")
        self.parts.colours(element.line, {status: colour})
        return status, colour

    def _deadline(self, element: Element) -> Deadline:
        start, event, state = (self._text(element, k) for k in ("start", "symbol", "place"))
        return self.parts.deadline(element.line, Deadline(start, event, state))

    def _timer(self, element: Element) -> Timer:
        cells = self._texts(element, "restarts", ())
        if len(cells) % 2:
            refuse(self.file, element.line, "restarts has states and events in pairs")
        return self.parts.timer(
            element.line,
            self._text(element, "symbol"),
            self._text(element, "after"),
            self._texts(element, "places"),
            restarts=tuple(zip(cells[::2], cells[1::2], strict=True)),
            stops=element.get("stops") != "false",
            scope=self._optional(element, "scope", ""),
        )

    def _depends(self, element: Element) -> tuple[str, tuple[str, ...]]:
        event = self._text(element, "symbol")
        return event, self.parts.guards(element.line, event, self._texts(element, "guards"))

    def _place(self, element: Element, key: str) -> str:
        id_ = self._text(element, key)
        return self.ids.get(id_, id_)

    def _optional(self, element: Element, key: str, default: str) -> str:
        text = element.get(key)
        return default if text is None else _unescaped(text)

    def _text(self, element: Element, key: str) -> str:
        text = element.get(key)
        if text is None:
            refuse(self.file, element.line, f"<{element.tag}> without {key}")
        return _unescaped(text)

    def _texts(
        self, element: Element, key: str, default: tuple[str, ...] | None = None
    ) -> tuple[str, ...]:
        if default is not None and key not in element:
            return default
        text = element.get(key)
        if text is None:
            refuse(self.file, element.line, f"<{element.tag}> without {key}")
        return tuple(_unescaped(part) for part in text.split(_BAR)[:-1])


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: match[1] or chr(int(match[2], 16)), text)
