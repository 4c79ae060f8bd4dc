"""The picture of a declaration: boxes in boxes, regions, history, and what happens inside a state.

A declared transition is one arrow, whatever number of cells of the table it makes; an arrow from or
to a state with states inside ends at the border of its box.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fsm.chart import ChartEdge
from fsm.drawing.arrows import Ends, Label, arrows_of
from fsm.drawing.declaration import TABLE_DRAWN, DrawnChart, OnlyTableError, declaration_of
from fsm.drawing.kinds import status_colours
from fsm.drawing.legend import counted_kinds
from fsm.drawing.lines import StateLines, edge_effect, stays, tone_of
from fsm.drawing.model import Arrow, Box, DrawnState, Look, Picture, direction_for
from fsm.drawing.overlay import Overlay, Tone
from fsm.drawing.tabular import decisions
from fsm.drawing.view import View
from fsm.machine import Machine, State, Transition
from fsm.text import quantity

__all__ = ["declared_picture"]

_HISTORY = {"shallow": "H", "deep": "H*"}
_BY_THEMSELVES = "Arrows that are taken without an event have no number"


def declared_picture(machine: Machine, view: View, look: Look) -> Picture:
    """Return the picture of the declaration of a machine, or of the part of it in ``view``.

    Raises :class:`OnlyTableError` where the declaration cannot show a mark of the overlay, and
    :class:`FsmError` for a state to collapse, or a state in the focus, that does not exist.
    """
    declaration = declaration_of(machine, view, look)
    labels = _Labels(machine, declaration, look)
    arrows = arrows_of(list(labels.all()), machine, look.overlay, look)
    drawing = _States(machine, declaration, look, labels.hidden)
    top = declaration.children(None)
    loose, boxes = drawing.contents(top)
    starts = [declaration.place[i] for i in declaration.starts if declaration.is_drawn(i)]
    return Picture(
        name=machine.name,
        title=look.wording.title(machine),
        direction=look.direction or direction_for(sum(len(declaration.leaves(i)) for i in top)),
        initial=declaration.names[declaration.first(starts[0])] if starts else None,
        initial_box=declaration.box_name(starts[0]) if starts else None,
        initial_forks=tuple(declaration.names[i] for i in dict.fromkeys(starts[1:])),
        loose=loose,
        boxes=boxes,
        arrows=arrows,
        legend=(*look.overlay.legend, *_legend(arrows)),
        language=look.wording.language,
        explained=look.legend,
        counted=counted_kinds(drawing.colours, look.wording),
        is_declared=True,
    )


def _legend(arrows: Sequence[Arrow]) -> tuple[str, ...]:
    """Return what numbers leave open."""
    by_themselves = any(arrow.automatic in ("always", "done") for arrow in arrows)
    return (_BY_THEMSELVES,) if by_themselves and any(arrow.weight for arrow in arrows) else ()


# States --------------------------------------------------------------------------------------


class _States:
    def __init__(
        self, machine: Machine, declaration: DrawnChart, look: Look, hidden: dict[int, int]
    ) -> None:
        self.machine, self.declaration, self.hidden = machine, declaration, hidden
        self.chart, self.words = declaration.chart, look.wording
        self.lines = StateLines(declaration, look.overlay)
        self.colours = status_colours(machine)
        self.statuses = {state.name: state.status for state in machine.states}

    def contents(self, nodes: Sequence[int]) -> tuple[tuple[DrawnState, ...], tuple[Box, ...]]:
        """Return some declared states, as states and as boxes."""
        is_box = self.declaration.is_box
        return (
            tuple(self._state(i) for i in nodes if not is_box(i)),
            tuple(self._box(i) for i in nodes if is_box(i)),
        )

    def _box(self, i: int) -> Box:
        declaration, node = self.declaration, self.chart.nodes[i]
        nodes, boxes = self.contents(declaration.children(i))
        entry = (declaration.place[e] for e in node.entry if declaration.is_drawn(e))
        is_marked = i in declaration.entered and not node.parallel
        status = self._status(i)
        return Box(
            name=declaration.names[i],
            label=self._title(i),
            nodes=nodes,
            colour=self._colour(status),
            boxes=boxes,
            parallel=node.parallel,
            initial=tuple(declaration.names[e] for e in entry) if is_marked else (),
            inside=(*self.lines.inside(i), *self._more(i)),
            marks=self.lines.marks(i),
            covers=declaration.covers[i],
            nameless=self._is_nameless(i),
        )

    def _is_nameless(self, i: int) -> bool:
        """Return whether a state is a region that was not named, and so has a number."""
        node, nodes = self.chart.nodes[i], self.chart.nodes
        if node.parent is None or not nodes[node.parent].parallel:
            return False
        around = nodes[node.parent]
        number = node.id.removeprefix(f"{around.id}.")
        return number.isdecimal() and node.title == f"{around.title} {number}"

    def _more(self, i: int) -> tuple[str, ...]:
        """Return how many arrows of a state lead to what is not drawn."""
        more = self.hidden.get(i, 0)
        return (quantity(more, "more arrow"),) if more else ()

    def _state(self, i: int) -> DrawnState:
        node, name, title = self.chart.nodes[i], self.declaration.names[i], self._title(i)
        status = self._status(i)
        colour = self._colour(status)
        if node.history:
            return DrawnState(
                name, _HISTORY[node.history], "", None, False, colour, (), (), history=node.history
            )
        inner = self._atoms_in(i)
        notes = [quantity(inner, "state")] if node.children else []
        return DrawnState(
            name=name,
            title=title,
            caption="" if node.children or name == title else name,
            status=None if status is None else self.words.status(status),
            final=node.final or self._ends(i),
            colour=colour,
            notes=(*notes, *self._more(i)),
            marks=self.lines.marks(i),
            inside=self.lines.inside(i),
            covers=self.declaration.covers[i],
        )

    def _ends(self, i: int) -> bool:
        """Return whether the machine has ended where a state that is in no other one is active."""
        covers = self.declaration.covers[i]
        is_outermost = self.chart.nodes[i].parent is None and bool(covers)
        return is_outermost and all(self.machine.state(name).final for name in covers)

    def _title(self, i: int) -> str:
        node = self.chart.nodes[i]
        return self.words.state(State(node.id, self._status(i), node.title, (node.id,)))

    def _status(self, i: int) -> str | None:
        """Return the status that is shown in a declared state."""
        covers = self.declaration.covers[i]
        top = self.chart.nodes[self.declaration.top(i)].title
        return self.statuses[covers[0]] if covers else top

    def _colour(self, status: str | None) -> str | None:
        return self.colours[status].colour if status in self.colours else None

    def _atoms_in(self, i: int) -> int:
        node = self.chart.nodes[i]
        return sum(map(self._atoms_in, node.children)) if node.children else not node.history


# Labels of arrows ----------------------------------------------------------------------------


class _Labels:
    """The labels of arrows; ``hidden`` counts the arrows of a state to what is not drawn."""

    def __init__(self, machine: Machine, declaration: DrawnChart, look: Look) -> None:
        self.machine, self.declaration = machine, declaration
        self.chart, self.overlay, self.words = declaration.chart, look.overlay, look.wording
        self.lines = StateLines(declaration, look.overlay)
        self.decided = decisions(machine)
        self.hidden: dict[int, int] = {}

    def all(self) -> Iterator[tuple[Label, Sequence[Transition]]]:
        """Yield every label with its cells, in declared order."""
        for number, edge in enumerate(self.chart.edges):
            if not stays(self.declaration, edge) and (ends := self._ends(edge)):
                yield from self._of_edge(number, edge, ends)
        for i, node in enumerate(self.chart.nodes):
            if node.history and node.entry and (ends := self._between(i, node.entry, False)):
                yield Label(ends, "", False, tone_of(self.overlay, ()), "default"), ()
        for t in self.declaration.machine.transitions:
            if not t.edges:
                yield from self._undeclared(t)

    def _of_edge(
        self, number: int, edge: ChartEdge, ends: Ends
    ) -> Iterator[tuple[Label, Sequence[Transition]]]:
        effect = edge_effect(edge)
        if not edge.events:
            text = f"{self.declaration.condition(number)}{effect}".strip()
            yield Label(ends, text, False, self._tone(number, ()), "always"), ()
        for event in self.declaration.events(number):
            cells = self.declaration.cells.get((number, event), [])
            done = event in _done_events(self.chart.nodes[edge.source].id)
            named = (
                ""
                if done
                else self.words.declared_event(
                    self.machine.name, cells, self.lines.event_text(event, edge.source)
                )
            )
            guard = self.declaration.condition(number, event)
            text = " ".join(filter(None, (named, guard, _partly(self.overlay, cells))))
            is_decision = bool(cells) and all(self._is_decision(t) for t in cells)
            tone = self._tone(number, cells)
            yield (
                Label(ends, f"{text}{effect}".strip(), is_decision, tone, "done" if done else ""),
                cells,
            )

    def _tone(self, number: int, cells: Sequence[Transition]) -> Tone:
        """Return the tone of a declared transition: that of a taken cell which it follows."""
        tone = tone_of(self.overlay, cells)
        if tone is Tone.FADED:
            marks = map(self.overlay.mark, self.declaration.followers.get(number, ()))
            return next((m.tone for m in marks if m.tone in (Tone.TAKEN, Tone.PLAIN)), tone)
        return tone

    def _is_decision(self, t: Transition) -> bool:
        return (t.source, t.target, t.label) in self.decided

    def _undeclared(self, t: Transition) -> Iterator[tuple[Label, Sequence[Transition]]]:
        """Yield the label of a transition that only the overlay adds, between single states.

        Raises :class:`OnlyTableError` for another one; loops of several active states are lines.
        """
        declaration = self.declaration
        states = [self.machine.state(name) for name in (t.source, t.target)]
        source, target = (declaration.atoms(state) for state in states)
        if len(source) == 1 == len(target):
            if ends := self._between(source[0], target, False):
                text = self.words.event(self.machine.name, t)
                yield Label(ends, text, self._is_decision(t), self.overlay.mark(t).tone), (t,)
        elif t.source != t.target:
            raise OnlyTableError(
                f"{TABLE_DRAWN}: the declaration has no transition {t.event!r} "
                f"from {t.source!r} to {t.target!r}"
            )

    def _ends(self, edge: ChartEdge) -> Ends | None:
        inside = all(self.chart.is_inside(t, edge.source) for t in edge.targets)
        return self._between(edge.source, edge.targets, edge.internal and inside)

    def _between(self, source: int, targets: Sequence[int], internal: bool) -> Ends | None:
        """Return the ends of an arrow; ``None`` if it is not drawn."""
        declaration = self.declaration
        begin = declaration.place[source]
        drawn = tuple(declaration.place[t] for t in targets if declaration.is_drawn(t))
        if not declaration.is_drawn(begin) or len(drawn) < len(targets):
            for end in (begin, *drawn):
                if declaration.is_drawn(end):
                    self.hidden[end] = self.hidden.get(end, 0) + 1
            return None
        ends = tuple(dict.fromkeys(drawn))
        if ends == (begin,) and begin in declaration.folded and begin != source:
            return None
        names, first = declaration.names, declaration.first(ends[0])
        leaves = [i for i in declaration.leaves(begin) if not self.chart.nodes[i].history]
        nearest = min(leaves or [begin], key=lambda leaf: abs(leaf - first))
        return Ends(
            source=names[nearest],
            target=names[first],
            from_box=declaration.box_name(begin),
            to_box=declaration.box_name(ends[0]),
            forks=tuple(names[end] for end in ends[1:]),
            inner=internal and declaration.is_box(begin),
        )


def _partly(overlay: Overlay, cells: Sequence[Transition]) -> str:
    """Return how many cells of a transition are marked as not run, where others were."""
    missing = sum(overlay.mark(t).tone is Tone.REJECTED for t in cells)
    is_part = 0 < missing < len(cells)
    return f"({Tone.REJECTED.value} {missing} of {len(cells)})" if is_part else ""


def _done_events(state: str) -> tuple[str, str]:
    """Return the names of the event that happens when a state is complete."""
    return f"done.state.{state}", f"done_state_{state}"
