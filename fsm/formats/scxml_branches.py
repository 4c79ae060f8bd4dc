"""The ways through the ``<if>`` elements of an SCXML transition.

A transition whose ``<if>`` raises events does as several transitions do, one for each way, which
have the conditions of that way as guards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from fsm.formats.assembly import refuse
from fsm.formats.xml import Element

__all__ = ["CAUSES_EVENTS", "Way", "ways_through"]

CAUSES_EVENTS = ("raise", "send", "cancel", "invoke")
"""The elements that cause events, or take them back."""
_MAX_WAYS = 32
_ASKS_FOR_STATES = re.compile(r"\bIn\s*\(", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Way:
    """One way through the content of a transition."""

    conditions: tuple[tuple[Element, bool], ...]
    """The elements whose conditions decide, and whether each of them holds."""
    content: tuple[Element, ...]
    """The actions on this way, those of the ``<if>`` elements among them."""

    def after(self, other: Way) -> Way:
        """Return the way that goes on from another one."""
        return Way(other.conditions + self.conditions, other.content + self.content)


_NOTHING = Way((), ())


def ways_through(file: str, transition: Element) -> list[Way]:
    """Return the ways through a transition: one, unless an ``<if>`` in it causes events.

    Raises :class:`fsm.errors.MachineError`, with file and line, for more than 32 ways, and for a
    condition on states that the transition may have left before it is asked.
    """
    ways = _ways(file, transition.children)
    for element, _ in (condition for way in ways for condition in way.conditions):
        if "target" in transition and _ASKS_FOR_STATES.search(element.get("cond", "")):
            what = f"<{element.tag}> asks for states that the transition may have left"
            refuse(file, element.line, f"{what}; write a transition for each case")
    return ways


def _ways(file: str, content: Iterable[Element], depth: int = 0) -> list[Way]:
    ways = [_NOTHING]
    for element in content:
        is_branch = element.tag == "if" and _causes_events(element)
        # Each <if> inside another one is one more way at least.
        steps = [Way((), (element,))] if not is_branch else []
        if is_branch and depth < _MAX_WAYS:
            steps = list(islice(_branches(file, element, depth), _MAX_WAYS + 1))
        ways = [step.after(way) for way in ways for step in steps]
        if not 0 < len(ways) <= _MAX_WAYS:
            what = f"<{element.tag}>: more than {_MAX_WAYS} ways through its transition"
            refuse(file, element.line, f"{what}; write a transition for each case")
    return ways


def _branches(file: str, choice: Element, depth: int) -> Iterator[Way]:
    """Yield the ways through an ``<if>``."""
    before: tuple[tuple[Element, bool], ...] = ()
    for head, content in _parts(choice):
        holds = () if head.tag == "else" else ((head, True),)
        for way in _ways(file, content, depth + 1):
            yield way.after(Way(before + holds, ()))
        if head.tag == "else":
            return
        before += ((head, False),)
    yield Way(before, ())


def _parts(choice: Element) -> list[tuple[Element, list[Element]]]:
    """Return each head (``<if>``, ``<elseif>``, ``<else>``) with the actions behind it."""
    parts: list[tuple[Element, list[Element]]] = [(choice, [])]
    for element in choice.children:
        if element.tag in ("elseif", "else"):
            parts.append((element, []))
        else:
            parts[-1][1].append(element)
    return parts


def _causes_events(choice: Element) -> bool:
    """Whether an ``<if>`` has an element that causes events, also in an ``<if>`` inside."""
    parts = [choice]
    for part in parts:
        if part.tag in CAUSES_EVENTS:
            return True
        if part.tag == "if":
            parts += part.children
    return False
