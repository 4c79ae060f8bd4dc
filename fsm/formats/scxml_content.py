"""What entering, leaving and transitions of an SCXML document raise and send.

Only events for the machine itself matter here: other actions change data, whose meaning is in the
guards. An event in an ``<if>`` or a ``<foreach>`` comes or not, and is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fsm.formats.assembly import refuse
from fsm.formats.scxml_branches import CAUSES_EVENTS
from fsm.formats.xml import Element
from fsm.text import shortened

__all__ = [
    "DelayedSend",
    "ExecutableContent",
    "content_of",
    "refuse_failures",
    "refuse_talking",
    "refuse_unknown_names",
    "refuse_unsent",
]

_FALLIBLE = ("assign", "data", "foreach", "if", "log", "param", "script", "content")
_EXPRESSIONS = ("expr", "cond", "location", "array", "src", "item", "index")
_LITERAL = re.compile(r"'[^'\\]*'|\"[^\"\\]*\"|-?\d+(\.\d+)?|true|false|null|")
_BEGUN = re.compile(r"""(['"])([^\s*.\[\]+,'"\\]+\.)\1\s*\+""")
"""An expression that puts something behind the first part of a name."""
_UNKNOWN_REST = "…"
"""Stands for the rest of a name of which only the first part is known."""
_PROCESSORS = (None, "scxml", "http://www.w3.org/TR/scxml/#SCXMLEventProcessor")
_DELAY = re.compile(r"(\d{0,9}\.?\d{1,9})(ms|s|m|h|d)?")
_UNITS = {"ms": 1_000, "s": 10**6, "m": 60 * 10**6, "h": 3_600 * 10**6, "d": 86_400 * 10**6}
_EVENT = re.compile(r"[^\s*.\[\]+,]+(\.[^\s*.\[\]+,]+)*")


@dataclass(frozen=True, slots=True)
class DelayedSend:
    """An event that the machine sends to itself for later."""

    event: str
    delay: int
    """Microseconds."""
    id: str | None
    """By which it can be cancelled."""
    line: int


@dataclass(frozen=True, slots=True)
class ExecutableContent:
    """The events of some executable content, in their order."""

    raised: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()
    delayed: tuple[DelayedSend, ...] = ()
    cancelled: tuple[str, ...] = ()
    """The ids of the delayed events that it cancels."""
    elsewhere: tuple[str, ...] = ()
    """What it sends to others, and delays without a unit, for the reader."""
    unread: tuple[Element, ...] = ()
    """Its other actions."""
    may_stop: bool = False
    """Whether an action before one of the events may fail, so that the event is left out."""

    @property
    def is_silent(self) -> bool:
        """Whether it does nothing to the machine itself."""
        return not (self.raised or self.sent or self.delayed or self.cancelled)


def content_of(file: str, blocks: Sequence[Element]) -> ExecutableContent:
    """Return what elements such as ``<onentry>`` and ``<transition>`` raise and send.

    Raises :class:`fsm.errors.MachineError`, with file and line, for what cannot be known.
    """
    raised: list[str] = []
    sent: list[str] = []
    delayed: list[DelayedSend] = []
    cancelled: list[str] = []
    elsewhere: list[str] = []
    unread: list[Element] = []
    for part in (part for block in blocks for part in block.children):
        if part.tag == "raise":
            raised.append(_event(file, part))
        elif part.tag == "cancel":
            cancelled.append(_text(file, part, "sendid"))
        elif part.tag == "send":
            part = _computed(file, part)
            target = part.get("target")
            if part.get("type") not in _PROCESSORS or target not in (None, "", "#_internal"):
                name = part.get("event") or "an event"
                elsewhere.append(f"line {part.line}: {shortened(name)} is sent to others")
            elif target == "#_internal":
                raised.append(_event(file, part))
            elif delay := _delay(file, part):
                delayed.append(DelayedSend(_event(file, part), delay, part.get("id"), part.line))
                if (text := part.get("delay", "").strip())[-1:].isdigit():
                    elsewhere.append(f"line {part.line}: delay {text} has no unit: it is seconds")
            else:
                sent.append(_event(file, part))
        else:
            _refuse_conditional(file, part)
            unread.append(part)
    return ExecutableContent(
        tuple(raised), tuple(sent), tuple(delayed), tuple(cancelled), tuple(elsewhere),
        tuple(unread), any(map(_may_stop, blocks)),
    )  # fmt: skip


def _may_stop(block: Element) -> bool:
    """Whether an action before one that causes or cancels an event may fail."""
    may_fail = False
    for part in block.children:
        if may_fail and part.tag in CAUSES_EVENTS:
            return True
        may_fail |= _computes(part)
    return False


def _event(file: str, element: Element) -> str:
    name = _text(file, element, "event")
    if not _EVENT.fullmatch(name):
        refuse(file, element.line, f"event {shortened(name)!r} is not a plain name")
    return name


def _text(file: str, element: Element, key: str) -> str:
    text = element.get(key)
    if not text:
        refuse(file, element.line, f"<{element.tag}> needs a plain {key}: it must be known here")
    return text


def _computed(file: str, send: Element) -> Element:
    """Return a ``<send>`` with plain values in place of expressions that are only a text.

    Of ``'submit.' + name`` the first part is known; see :func:`refuse_unknown_names`.
    """
    attributes = dict(send.attributes)
    for key in ("event", "delay", "target", "type"):
        text = attributes.pop(f"{key}expr", "''").strip()
        if key == "event" and (begun := _BEGUN.match(text)):
            text = f"'{begun[2]}{_UNKNOWN_REST}'"
        is_text = text[:1] in ("'", '"') and _LITERAL.fullmatch(text)
        if not is_text:
            what = f"<send> with {key}expr: what it computes is not known; write a plain value"
            refuse(file, send.line, what)
        if text[1:-1]:
            attributes[key] = text[1:-1]
    return Element(send.tag, send.line, attributes, send.children)


def _delay(file: str, send: Element) -> int:
    text = (send.get("delay") or "0").strip()
    match = _DELAY.fullmatch(text)
    if not match:
        refuse(file, send.line, f"delay {shortened(text)!r} is no time; write for example 1.5s")
    return round(float(match[1]) * _UNITS[match[2] or "s"])


def _refuse_conditional(file: str, element: Element) -> None:
    """Refuse an event that only some branch or round of an element causes."""
    inside = [element]
    for part in inside:
        if part.tag in CAUSES_EVENTS:
            what = (
                f"<{part.tag}> inside <{element.tag}> comes or not"
                if part is not element
                else (f"<{part.tag}> runs another machine")
            )
            refuse(file, part.line, f"{what}; write a transition for each case")
        inside += part.children


def refuse_failures(file: str, root: Element, transition: Element) -> None:
    """Refuse a transition on an error where something in the document may fail, or may not.

    What fails raises ``error.execution``, and what is sent to others ``error.communication``.
    """
    inside = [root]
    for part in inside:
        to_others = part.tag == "send" and {"target", "type", "namelist", "idlocation"} & set(
            part.attributes
        )
        if _computes(part) or to_others:
            what = (
                f"<{part.tag}> in line {part.line} may fail or not, and {transition.get('event')}"
            )
            refuse(file, transition.line, f"{what} tells which; leave out one of them")
        inside += part.children


def _computes(element: Element) -> bool:
    """Whether an element may fail; a text or a number cannot."""
    given = [v for k, v in element.attributes.items() if k in _EXPRESSIONS]
    if element.tag not in _FALLIBLE or (element.tag == "log" and not given):
        return False
    return not given or not all(_LITERAL.fullmatch(text.strip()) for text in given)


def refuse_unsent(file: str, root: Element) -> None:
    """Refuse a ``<send>`` to the machine itself with data that the document does not declare.

    It fails, and the event is never sent.
    """
    parts = [root]
    for part in parts:
        parts += part.children
    declared = {part.get("id") for part in parts if part.tag == "data"}
    for part in parts:
        if part.tag == "send" and part.get("target") in (None, "", "#_internal"):
            names = [*part.get("namelist", "").split(), *part.get("idlocation", "").split()]
            for name in names:
                if name not in declared:
                    what = f"<send> names {shortened(name)!r}, which no <data> declares"
                    refuse(file, part.line, f"{what}, so that its event may never come; declare it")


def refuse_unknown_names(file: str, root: Element, heard: Iterable[tuple[str, ...]]) -> None:
    """Refuse events of which only the first part is known where transitions hear such events."""
    first = {name.partition(".")[0] for row in heard for name in row}
    parts = [root]
    for part in parts:
        parts += part.children
        begun = _BEGUN.match(part.get("eventexpr", "").strip()) if part.tag == "send" else None
        if begun and first & {"*", begun[2].rstrip(".")}:
            what = f"<send> with eventexpr: which event begins with {begun[2]!r} is not known"
            refuse(file, part.line, f"{what}; write a plain value")


def refuse_talking(file: str, invoke: Element, heard: Iterable[tuple[str, ...]]) -> None:
    """Refuse another machine that is run in a state, unless it cannot be noticed.

    Its events come when it likes. A machine that stands in the document, that sends nothing, and
    whose end no transition hears, does nothing to this one.
    """
    names = {name.partition(".")[0] for row in heard for name in row}
    parts = [invoke]
    for part in parts:
        parts += part.children
    sends = any(part.tag in ("send", "invoke") and part is not invoke for part in parts)
    if not invoke.all("content") or sends or names & {"*", "done", "error"}:
        what = "<invoke> runs another machine; leave it out, and name its events as transitions"
        refuse(file, invoke.line, what)
