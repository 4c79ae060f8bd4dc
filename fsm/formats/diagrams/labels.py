"""The labels of arrows in state diagrams: ``event [guard] / action``.

Each line of a label is an event of its own, and so are events between commas or an ``or``; a comma
without a blank parts single words only. :mod:`fsm.formats.diagrams.wrapping` finds the labels that
are one text nevertheless. A line that begins with a bracket or a slash goes on with
the line before it. What ``fsm draw`` adds to a
label is left out: the effects on indicators, and the number of a decision behind an event.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = [
    "EventLabel",
    "actions",
    "event_lines",
    "kept_together",
    "plain_label",
    "read_label",
]  # fmt: skip


class EventLabel(NamedTuple):
    """An event and its guard; the event is empty where the label has none."""

    event: str
    guard: str


# A slash belongs to a name ("GET /orders", "n/a") unless blanks or a guard are in front of it.
_ACTION = re.compile(r"(?:^|(?<=[\s\]]))/(?:\s.*|(?=\w+\().*|$)|(?<=\])/.*", re.DOTALL)
_INNER = r"(?:[^\[\]]|\[[^\[\]]*\])*"
"""What is in brackets, which may have brackets inside: ``[items[0] > 1]``."""
_GUARD = re.compile(rf"([^\[\]]*)\[({_INNER})\]\s*")
_IF = re.compile(r"(.*?)\s+if\s+(.+)", re.IGNORECASE | re.DOTALL)
_EFFECT = re.compile(r".* (?:[↑↓]|starts at (?:0|100) %)")
_DECISION = re.compile(r"\s\(D\d+\)$")
_SEPARATOR = re.compile(r"\s*,(?:\s+or)?\s+|\s+or\s+")
_COMMA = re.compile(r",")
_LAST_GUARD = re.compile(rf"\s*\[{_INNER}\]$")
_BRACKETS = re.compile(rf"\[{_INNER}\]|\([^()]*\)")
_JOINER = "\u2060"
"""A word joiner, which Unicode has to say that nothing is parted here; it is not shown."""


def read_label(label: str) -> list[EventLabel]:
    """Return the events of a label, each with its guard; none for an empty label.

    >>> read_label("push, kick [shut] / beep()")
    [EventLabel(event='push', guard='shut'), EventLabel(event='kick', guard='shut')]
    >>> read_label("pay if in stock"), read_label("[paid]")
    ([EventLabel(event='pay', guard='in stock')], [EventLabel(event='', guard='paid')])
    """
    events = [event for line in event_lines(label) for event in _events(line)]
    return list(dict.fromkeys(events))


def actions(label: str) -> list[str]:
    """Return the actions of a label, which are behind a slash.

    >>> actions("push [shut] / beep()"), actions("GET /orders")
    (['beep()'], [])
    """
    found = (_ACTION.search(line) for line in event_lines(label))
    return [match[0].removeprefix("/").strip() for match in found if match]


def kept_together(label: str) -> str:
    """Return a label whose commas and ``or`` part no events.

    >>> read_label(kept_together("batch, date reached [ok]"))
    [EventLabel(event='batch, date reached', guard='ok')]
    """
    return _SEPARATOR.sub(_joined_separator, plain_label(label))


def _joined_separator(match: re.Match[str]) -> str:
    return f"{match[0].rstrip().replace(',', f',{_JOINER}')}{_JOINER} "


def plain_label(label: str) -> str:
    """Return a label without the marks of :func:`kept_together`."""
    return label.replace(_JOINER, "")


def event_lines(label: str) -> Iterator[str]:
    """Yield the lines of a label; a guard that is wrapped stays in one line."""
    joined: list[str] = []
    for written in label.split("\n"):
        line = _DECISION.sub("", " ".join(written.split()))
        if not line or _EFFECT.fullmatch(line):
            continue
        line = line.removesuffix(",") or line
        goes_on = line[0] in "[/" or (
            joined and (joined[-1].endswith(" /") or joined[-1].count("[") > joined[-1].count("]"))
        )
        if joined and goes_on:
            joined[-1] = f"{joined[-1]} {line}"
        else:
            joined.append(line)
    yield from joined


def _events(line: str) -> Iterator[EventLabel]:
    text = _ACTION.sub("", line, count=1).strip()
    if not text:
        return
    labels = [_event(part) for part in _split(text)]
    # "a, b [g]": the guard at the end is that of all events.
    shared = labels[-1].guard if not any(label.guard for label in labels[:-1]) else ""
    for label in labels:
        yield EventLabel(label.event, label.guard or shared)


def _split(text: str) -> list[str]:
    """Return the texts between separators that are in no brackets."""
    found = []
    for part in _parts(text, _SEPARATOR):
        is_words = " " not in _LAST_GUARD.sub("", part)
        found += _parts(part, _COMMA) if is_words else [part]
    return found


def _parts(text: str, separator: re.Pattern[str]) -> list[str]:
    shielded = _BRACKETS.sub(lambda match: "x" * len(match[0]), text)
    parts, start = [], 0
    for match in separator.finditer(shielded):
        parts.append(text[start : match.start()])
        start = match.end()
    return [part for part in (*parts, text[start:]) if part] or [text]


def _event(text: str) -> EventLabel:
    text = plain_label(text)
    match = _GUARD.fullmatch(text) or _IF.fullmatch(text)
    if match is None:
        return EventLabel(text, "")
    return EventLabel(match[1].strip(), match[2].strip())
