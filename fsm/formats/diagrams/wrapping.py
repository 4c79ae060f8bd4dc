"""Labels of arrows where they are not what is written at the arrow.

A label in several lines is one event that is wrapped, or an event in each line.

Nothing in a diagram tells the two apart. Lines are events of their own where each of them is one
word, or the whole label of another arrow, or where all but the last one end with a comma; else the
lines are one text. Texts between commas, or before and behind an ``or``, are events of their own
where each is one word, or one of them is the whole label of another arrow: "pay, cancel" are two
events, and so is "pay, time is up" where another arrow says "pay"; "batch, date reached" is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from fsm.formats.diagrams.labels import event_lines, kept_together, plain_label, read_label
from fsm.formats.diagrams.state_diagram import StateDiagram
from fsm.text import quantity

__all__ = ["join_wrapped_labels", "label_received_events"]

_WORD = re.compile(r"[^\s(]+(?:\s*\([^()]*\))?")


def join_wrapped_labels(diagram: StateDiagram, *, lines: bool = True) -> None:
    """Keep each label together that is one text, and note how many labels these are.

    Without ``lines`` each line is an event, and only commas are looked at.
    """
    marks = (diagram.starts, diagram.ends)
    labels = [edge.label for edge in diagram.edges]
    labels += [mark.label for each in marks for mark in each]
    joined = _joined(labels) if lines else {}
    undivided = _undivided([joined.get(label, label) for label in labels])
    for found, what in ((joined, "the lines of"), (undivided, "the parts between commas of")):
        if found:
            first = plain_label(next(iter(found.values())))
            count = quantity(len(found), "label")
            diagram.assumed.append(f"{what} {count} are one text each, as in {first!r}")
    new = {label: undivided.get(text, text) for label, text in joined.items()}
    new = undivided | new
    diagram.edges[:] = [e._replace(label=new.get(e.label, e.label)) for e in diagram.edges]
    for each in marks:
        each[:] = [m._replace(label=new.get(m.label, m.label)) for m in each]


def label_received_events(diagram: StateDiagram) -> None:
    """Put the events that are drawn as symbols on the way of an arrow onto the arrow."""
    received = {id_: node for id_, node in diagram.nodes.items() if node.kind == "receive"}
    for node in received.values():
        node.kind = "point"
    for number, edge in enumerate(diagram.edges if received else ()):
        if edge.source in received:
            label = " ".join(filter(None, (received[edge.source].title, edge.label)))
            diagram.edges[number] = edge._replace(label=label)


def _joined(labels: Iterable[str]) -> dict[str, str]:
    """Return the labels of which the lines are one text, each with that text."""
    lines = {label: list(event_lines(label)) for label in labels if "\n" in label}
    wrapped = {label: found for label, found in lines.items() if len(found) > 1}
    if not wrapped:
        return {}
    alone = (label for label in labels if label not in wrapped)
    whole = {event for label in alone for event, _ in read_label(label)}
    return {
        label: " ".join(found)
        for label, found in wrapped.items()
        if not (_is_list(label, len(found)) or all(_is_event(line, whole) for line in found))
    }


def _undivided(labels: Sequence[str]) -> dict[str, str]:
    """Return the labels that have lines whose commas part no events, with those kept together."""
    lines = dict.fromkeys(line for label in labels for line in label.split("\n"))
    events = {line: [event for event, _ in read_label(line)] for line in lines}
    whole = {found[0] for found in events.values() if len(found) == 1}
    kept = {
        line: kept_together(line)
        for line, found in events.items()
        if len(found) > 1
        and not all(_WORD.fullmatch(event) for event in found)
        and whole.isdisjoint(found)
    }
    new = {label: "\n".join(kept.get(line, line) for line in label.split("\n")) for label in labels}
    return {label: text for label, text in new.items() if text != label}


def _is_list(label: str, events: int) -> bool:
    """Whether a comma ends each line of events but the last one, as ``fsm draw`` writes them."""
    return sum(line.rstrip().endswith(",") for line in label.split("\n")) == events - 1


def _is_event(line: str, whole: set[str]) -> bool:
    """Whether a line is an event by itself."""
    return all(_WORD.fullmatch(event) or event in whole for event, _ in read_label(line))
