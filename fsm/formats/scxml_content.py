"""What entering, leaving and transitions of an SCXML document raise and send.

Only events for the machine itself matter here: other actions change data, whose meaning is in the
guards. An event in an ``<if>`` or a ``<foreach>`` comes or not, and is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from fsm.formats.assembly import refuse
from fsm.formats.xml import Element
from fsm.text import shortened

__all__ = ["Content", "DelayedSend", "content_of"]

_CONDITIONAL = ("raise", "send", "cancel", "invoke")
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
class Content:
    """The events of some executable content, in their order."""

    raised: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()
    delayed: tuple[DelayedSend, ...] = ()
    cancelled: tuple[str, ...] = ()
    """The ids of the delayed events that it cancels."""
    elsewhere: tuple[str, ...] = ()
    """What it sends to others, for the reader."""

    @property
    def is_silent(self) -> bool:
        """Whether it does nothing to the machine itself."""
        return not (self.raised or self.sent or self.delayed or self.cancelled)


def content_of(file: str, blocks: Iterable[Element]) -> Content:
    """Return what elements such as ``<onentry>`` and ``<transition>`` raise and send.

    Raises :class:`fsm.errors.MachineError`, with file and line, for what cannot be known.
    """
    raised: list[str] = []
    sent: list[str] = []
    delayed: list[DelayedSend] = []
    cancelled: list[str] = []
    elsewhere: list[str] = []
    for part in (part for block in blocks for part in block.children):
        if part.tag == "raise":
            raised.append(_event(file, part))
        elif part.tag == "cancel":
            cancelled.append(_text(file, part, "sendid"))
        elif part.tag == "send":
            target = part.get("target")
            _refuse_computed(file, part)
            if part.get("type") not in _PROCESSORS or target not in (None, "", "#_internal"):
                name = part.get("event") or "an event"
                elsewhere.append(f"line {part.line}: {shortened(name)} is sent to others")
            elif target == "#_internal":
                raised.append(_event(file, part))
            elif delay := _delay(file, part):
                delayed.append(DelayedSend(_event(file, part), delay, part.get("id"), part.line))
            else:
                sent.append(_event(file, part))
        else:
            _refuse_conditional(file, part)
    return Content(tuple(raised), tuple(sent), tuple(delayed), tuple(cancelled), tuple(elsewhere))


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


def _refuse_computed(file: str, send: Element) -> None:
    for key in ("eventexpr", "delayexpr", "targetexpr", "typeexpr"):
        if key in send:
            what = f"<send> with {key}: what it computes is not known; write a plain value"
            refuse(file, send.line, what)


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
        if part.tag in _CONDITIONAL:
            what = (
                f"<{part.tag}> inside <{element.tag}> comes or not"
                if part is not element
                else (f"<{part.tag}> runs another machine")
            )
            refuse(file, part.line, f"{what}; write a transition for each case")
        inside += part.children
