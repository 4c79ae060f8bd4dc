"""A machine as a DOT text, for Graphviz."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape as escape_html
from typing import NamedTuple

from graphviz import Digraph, escape, nohtml

from fsm.draw.picture import Arrow, Box, arrows, boxes, check_direction, loose_states
from fsm.machine import Machine, State
from fsm.text import identifiers, shortened, visible, wrapped

__all__ = ["FONT", "GREY", "MONOSPACE", "to_dot"]

FONT = "Helvetica,Arial,sans-serif"
MONOSPACE = "Menlo,Consolas,monospace"
GREY = "#5f6b76"
_INK = "#1f2933"
_LINE = "#52606d"


class _Paint(NamedTuple):
    fill: str
    border: str


# Borders after Okabe and Ito (https://jfly.uni-koeln.de/color/), told apart by colour-blind
# readers; fills light enough for dark text. Taken in turn by the rank of the status.
_PAINTS = (
    _Paint("#e3eff9", "#0072b2"),
    _Paint("#fdeade", "#d55e00"),
    _Paint("#eff1f3", "#7b8794"),
    _Paint("#fdf5d3", "#b58a00"),
    _Paint("#dff3ec", "#009e73"),
    _Paint("#f7e8f1", "#b0588d"),
)
_UNPAINTED = _Paint("#ffffff", _LINE)


def to_dot(machine: Machine, *, direction: str = "LR", html: bool = True) -> str:
    """Return the diagram of a machine in DOT, the same text for the same machine.

    Statuses are boxes around their states. An arrow that leaves a box is taken by each of its
    states; a dashed one is our own decision, its reason is in the tooltip. With ``html=False``
    the labels are plain text in one size, for a Graphviz that cannot read HTML-like labels.

    Raises :class:`fsm.errors.FsmError` for a direction other than LR, TB, RL and BT.
    """
    check_direction(direction)
    return _Drawing(machine, html).source(direction)


class _Drawing:
    def __init__(self, machine: Machine, html: bool) -> None:
        self.machine = machine
        self.html = html
        # Without the HTML-like labels, the renderer knows the widths of one font at a time.
        self.font = FONT if html else FONT.partition(",")[0]
        # "start" is the dot that points at the initial state, the rest are words of DOT.
        words = ("start", "node", "edge", "graph", "digraph", "subgraph", "strict")
        self.ids = identifiers((s.name for s in machine.states), reserved=words)
        clusters = identifiers(f"cluster_{status}" for status in machine.statuses)
        self.clusters = {s: clusters[f"cluster_{s}"] for s in machine.statuses}

    def source(self, direction: str) -> str:
        graph = Digraph(identifiers([self.machine.name])[self.machine.name])
        self._defaults(graph, direction)
        graph.node("start", "", shape="circle", style="filled", width="0.14", fillcolor=_INK)
        loose = loose_states(self.machine)
        painted = {state.name: box.rank for box in boxes(self.machine) for state in box.states}
        for state in loose:
            rank = painted.get(state.name)
            self._state(graph, state, _UNPAINTED if rank is None else _paint(rank))
        for box in boxes(self.machine):
            if box.states[0] not in loose:
                self._box(graph, box)
        graph.edge("start", self.ids[self.machine.initial])
        for arrow in arrows(self.machine):
            self._arrow(graph, arrow)
        return str(graph.source)

    def _defaults(self, graph: Digraph, direction: str) -> None:
        graph.attr(
            "graph",
            rankdir=direction,
            compound="true",
            newrank="true",
            bgcolor="white",
            fontname=self.font,
            fontsize="13",
            nodesep="0.35",
            ranksep="0.55",
            pad="0.15",
        )
        graph.attr(
            "node",
            shape="box",
            style="rounded,filled",
            fontname=self.font,
            fontsize="13",
            fontcolor=_INK,
            color=_LINE,
            margin="0.18,0.09",
            penwidth="1.3",
        )
        graph.attr(
            "edge",
            fontname=self.font,
            fontsize="11",
            fontcolor=_INK,
            color=_LINE,
            arrowsize="0.75",
        )

    def _box(self, graph: Digraph, box: Box) -> None:
        paint = _paint(box.rank)
        with graph.subgraph(name=self.clusters[box.status]) as cluster:
            cluster.attr(
                label=self._label(tuple(map(_spaced, wrapped(box.status, 30))), (), bold=True),
                style="rounded,filled",
                color=paint.border,
                fillcolor=paint.fill,
                fontcolor=paint.border,
                labeljust="l",
                penwidth="1.3",
                margin="14",
                tooltip=_plain(shortened(box.status)),
            )
            for state in box.states:
                self._state(cluster, state, _Paint("#ffffff", paint.border))

    def _state(self, graph: Digraph, state: State, paint: _Paint) -> None:
        title = state.title or state.name
        notes = wrapped(state.name, 28) if state.name != title else ()
        status = f", status {shortened(state.status)}" if state.status is not None else ""
        graph.node(
            self.ids[state.name],
            self._label(wrapped(title, 24), notes, mono=True),
            color=paint.border,
            fillcolor=paint.fill,
            tooltip=_plain(f"{shortened(title)}{status}{', final' if state.final else ''}"),
            **({"peripheries": "2"} if state.final else {}),
            **_note_count(notes),
        )

    def _arrow(self, graph: Digraph, arrow: Arrow) -> None:
        events = tuple(_spaced(line) for label in arrow.labels for line in wrapped(label, 32))
        notes = tuple(_spaced(line) for effect in arrow.effects for line in wrapped(effect, 36))
        attributes = {"label": self._label(events, notes)}
        if arrow.is_decision:
            attributes["style"] = "dashed"
        if arrow.origins:
            attributes["tooltip"] = _plain_lines(map(shortened, arrow.origins))
        if arrow.status is not None:
            attributes["ltail"] = self.clusters[arrow.status]
        ends = self.ids[arrow.source], self.ids[arrow.target]
        graph.edge(*ends, **attributes, **_note_count(notes))

    def _label(
        self, lines: tuple[str, ...], notes: tuple[str, ...], mono: bool = False, bold: bool = False
    ) -> str:
        if not self.html:
            return _plain_lines(lines + notes)
        text = "<BR/>".join(map(_markup, lines))
        text = f"<B>{text}</B>" if bold else text
        face = f' FACE="{MONOSPACE}"' if mono else ""
        for note in notes:
            text += f'<BR/><FONT POINT-SIZE="9.5" COLOR="{GREY}"{face}>{_markup(note)}</FONT>'
        return f"<{text}>"


def _spaced(line: str) -> str:
    """Keep a label off what Graphviz draws along the edge of the text, as its own arrow."""
    return f"\xa0{line}\xa0"


def _note_count(notes: tuple[str, ...]) -> dict[str, str]:
    """Return the class that tells the SVG how many of the last lines are small."""
    return {"class": f"notes{len(notes)}"} if notes else {}


def _paint(rank: int) -> _Paint:
    return _PAINTS[rank % len(_PAINTS)]


def _markup(line: str) -> str:
    """Return the line for an HTML-like label, where nothing may be empty."""
    return escape_html(line) or "&#160;"


def _plain_lines(lines: Iterable[str]) -> str:
    """Return the lines as a text that Graphviz shows literally, one under the other."""
    text: str = nohtml("\\n".join(map(_plain, lines)))
    return text


def _plain(text: str) -> str:
    """Return the text as Graphviz shows it literally: no escape, no entity, no HTML-like label."""
    literal: str = nohtml(escape(visible(text)).replace("&", "&amp;"))
    return literal
