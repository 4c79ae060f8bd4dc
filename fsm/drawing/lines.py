"""The lines inside a drawn state: what happens without leaving it, its timers, and marks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from fsm.chart import ChartEdge, ChartTimer
from fsm.drawing.declaration import TABLE_DRAWN, DrawnChart, OnlyTableError
from fsm.drawing.overlay import Mark, Overlay, Tone, prevailing_tone
from fsm.drawing.wording import CLOCK, after_text
from fsm.machine import State, Transition

__all__ = ["StateLines", "edge_effect", "tone_of"]

_MOST = 5
"""Marks of a box that are listed; the others are counted."""
_UNNAMED = re.compile(r"(?:xstate\.)?(?:after|delay)(?:[.(_ ]|$)")
"""How a tool names the event of a timer where its author gave it no name."""


class StateLines:
    """The lines of every drawn state of a declaration, with the marks of an overlay."""

    def __init__(self, declaration: DrawnChart, overlay: Overlay) -> None:
        self.declaration, self.chart, self.overlay = declaration, declaration.chart, overlay
        self.edges: dict[int, list[tuple[int, ChartEdge]]] = {}
        for number, edge in enumerate(self.chart.edges):
            self.edges.setdefault(edge.source, []).append((number, edge))
        self.timers: dict[str, list[ChartTimer]] = {}
        for timer in self.chart.timers:
            self.timers.setdefault(timer.event, []).append(timer)
        self._placed = self._marks()

    # What happens inside -----------------------------------------------------------------------

    def inside(self, node: int) -> tuple[str, ...]:
        """Return what happens without leaving a state, and its timers."""
        return tuple(self._inside(node))

    def _inside(self, node: int) -> Iterator[str]:
        declared = self.chart.nodes[node]
        if entry := effect_text((), declared.raised, declared.sent):
            yield f"entry{entry}"
        if leave := effect_text((), declared.raised_on_exit, declared.sent_on_exit):
            yield f"exit{leave}"
        for number, edge in self.edges.get(node, ()):
            if stays(self.declaration, edge):
                yield from self._internal(number, edge)
        for timer in self.chart.timers:
            if timer.node == node and not self._has_exit(timer):
                yield f"{CLOCK} {timer.event} {after_text(timer)}"

    def _internal(self, number: int, edge: ChartEdge) -> Iterator[str]:
        events = self.declaration.events(number)
        if not events and edge.events:
            return
        groups: dict[str, list[str]] = {}
        for event in events or ("",):
            guard = self.declaration.condition_inside(number, event)
            groups.setdefault(guard, []).extend([event] if event else [])
        for guard, together in groups.items():
            yield self._line(number, edge, guard, together)

    def _line(self, number: int, edge: ChartEdge, guard: str, events: Sequence[str]) -> str:
        cells = [t for event in events for t in self.declaration.cells.get((number, event), ())]
        tone, weight = tone_of(self.overlay, cells), sum(self.overlay.mark(t).weight for t in cells)
        names = ", ".join(self.event_text(node_event, edge.source) for node_event in events)
        sign = "" if tone is Tone.FADED else tone.value
        text = " ".join(filter(None, (sign, names or "always", guard)))
        effect = edge_effect(edge) or " /"
        return f"{text}{effect}{f' {weight:,}' if weight else ''}"

    def _has_exit(self, timer: ChartTimer) -> bool:
        edges = self.edges.get(timer.node, ())
        return any(timer.event in edge.events for _, edge in edges)

    def event_text(self, event: str, source: int) -> str:
        """Return an event of a declared transition, with a clock where a timer may be its cause.

        The delay is told where the source starts the timer.
        """
        timers = [timer for timer in self.timers.get(event, ()) if timer.node == source]
        if not timers:
            goes_on = any(not timer.stops for timer in self.timers.get(event, ()))
            return f"{CLOCK} {event}" if goes_on and not _UNNAMED.match(event) else event
        name = "" if _UNNAMED.match(event) else f"{event} "
        return f"{CLOCK} {name}{after_text(timers[0])}"

    # Marks -------------------------------------------------------------------------------------

    def marks(self, node: int) -> tuple[Mark, ...]:
        """Return the marked lines of a drawn state."""
        marks = list(dict.fromkeys(self._placed.get(node, ())))
        more = len(marks) - _MOST
        if more > 1 and self.declaration.is_box(node):
            marks[_MOST:] = [Mark(marks[-1].tone, f"{more:,} more")]
        return tuple(marks)

    def _marks(self) -> dict[int, list[Mark]]:
        declaration = self.declaration
        placed: dict[int, list[Mark]] = {}
        extra = self._extra_loops()
        for state in declaration.machine.states:
            marks = (*self.overlay.lines.get(state.name, ()), *extra.get(state.name, ()))
            if not marks:
                continue
            nodes = {declaration.place[atom] for atom in declaration.atoms(state)}
            around = self._around(nodes)
            for mark in marks:
                if mark.tone is Tone.TAKEN:  # where a path ends, every active state says so
                    for node in nodes:
                        placed.setdefault(node, []).append(mark)
                else:
                    placed.setdefault(around, []).append(self._named(mark, state, around))
        return placed

    def _named(self, mark: Mark, state: State, node: int) -> Mark:
        """Return a mark with the name of its state, where the drawn one stands for several."""
        if len(self.declaration.covers[node]) == 1:
            return mark
        return Mark(mark.tone, f"{state.name}: {mark.note}", mark.weight, mark.details)

    def _around(self, nodes: set[int]) -> int:
        """Return the innermost drawn state that some states are in, or the one that they are."""
        if len(nodes) == 1:
            return next(iter(nodes))
        chains = [(*reversed(self.chart.ancestors[node]), node) for node in nodes]
        shared = [row[0] for row in zip(*chains, strict=False) if len(set(row)) == 1]
        if not shared:
            raise OnlyTableError(f"{TABLE_DRAWN}: a mark belongs to states in different boxes")
        innermost: int = shared[-1]
        return self.declaration.place[innermost]

    def _extra_loops(self) -> dict[str, list[Mark]]:
        """Return loops that are not declared, of states with several active ones, as marks."""
        loops: dict[str, list[Mark]] = {}
        several = {s.name for s in self.declaration.machine.states if len(s.atoms) > 1}
        for t in self.declaration.machine.transitions:
            if not t.edges and t.source == t.target and t.source in several:
                mark = self.overlay.mark(t)
                note = " ".join(filter(None, (t.label, f"{mark.weight:,}" if mark.weight else "")))
                loops.setdefault(t.source, []).append(Mark(mark.tone, note))
        return loops


def stays(declaration: DrawnChart, edge: ChartEdge) -> bool:
    """Return whether a declared transition does not leave its source, which is drawn whole."""
    node = declaration.chart.nodes[edge.source]
    return not edge.targets or (edge.internal and edge.targets == (edge.source,) and node.is_atomic)


def tone_of(overlay: Overlay, cells: Sequence[Transition]) -> Tone:
    """Return the tone of a declared transition, from those of its cells.

    Raises :class:`OnlyTableError` where they say different things.
    """
    if not cells:
        return overlay.other.tone if overlay.other.tone is Tone.FADED else Tone.PLAIN
    tone = prevailing_tone(overlay.mark(t).tone for t in cells)
    if tone is None:
        kinds = Counter(overlay.mark(t).tone.name.lower() for t in cells)
        raise OnlyTableError(
            f"{TABLE_DRAWN}: of {cells[0].label!r}, which is declared once, some cells are "
            f"{' and some '.join(sorted(kinds))}"
        )
    return tone


def edge_effect(edge: ChartEdge) -> str:
    """Return what a declared transition does, after a slash."""
    raised, sent = (*edge.raised, *edge.raised_after), (*edge.sent, *edge.sent_after)
    return effect_text(edge.outputs, raised, sent)


def effect_text(outputs: Sequence[str], raised: Sequence[str], sent: Sequence[str]) -> str:
    """Return actions, and the events that are raised and sent, after a slash.

    >>> effect_text(("beep",), ("ready",), ())
    ' / beep, raise ready'
    """
    raises, sends = (f"raise {event}" for event in raised), (f"send {event}" for event in sent)
    effects = (*outputs, *raises, *sends)
    return f" / {', '.join(effects)}" if effects else ""
