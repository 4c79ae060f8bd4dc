"""What happens inside of a state: the lines ``event [guard] / action`` in its box.

``entry`` and ``exit`` are no events but the moments at which actions are taken. Of actions,
``raise EVENT`` matters to a machine: the event happens at once, by itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from fsm.formats.diagrams.labels import actions
from fsm.formats.diagrams.state_diagram import DiagramEdge, StateDiagram

__all__ = ["add_reactions", "is_reaction", "raised_events"]

_REACTION = re.compile(r"(?P<event>[^/\[\]]*[^/\[\]\s])\s*(?P<guard>\[[^\[\]]*\])?\s+/(?:\s.*)?")
_ENTRY = frozenset({"entry", "enter", "onentry"})
_EXIT = frozenset({"exit", "leave", "onexit"})
_RAISE = re.compile(r"raise\s+(\S+)")


def is_reaction(line: str) -> bool:
    """Whether a line says what happens inside of a state, and is no remark.

    >>> is_reaction("tick [on] / count"), is_reaction("entry / beep"), is_reaction("a remark")
    (True, True, False)
    """
    return len(line) < 1_000 and _REACTION.fullmatch(" ".join(line.split())) is not None


def add_reactions(diagram: StateDiagram, id_: str, lines: Sequence[str], number: int) -> None:
    """Add what the lines in the box of a state say; count those that are not read."""
    for line in lines:
        text = " ".join(line.split())
        match = _REACTION.fullmatch(text) if is_reaction(text) else None
        event = match["event"].casefold() if match else ""
        if event in _ENTRY:
            diagram.raised.setdefault(id_, []).extend(raised_events(text))
        elif event in _EXIT:
            diagram.raised_on_exit.setdefault(id_, []).extend(raised_events(text))
        if match is None or event in {*_ENTRY, *_EXIT, "do"}:
            diagram.skipped["remark"] += 1
        else:
            diagram.edge(DiagramEdge(id_, id_, text, number, internal=True))
            diagram.assumed.append(f"line {number}: {text!r} happens inside of {id_!r}")


def raised_events(label: str) -> list[str]:
    """Return the events that the actions of a label raise.

    >>> raised_events("go / beep, raise done")
    ['done']
    """
    parts = [part.strip() for action in actions(label) for part in action.split(",")]
    return [match[1] for part in parts if (match := _RAISE.fullmatch(part))]
