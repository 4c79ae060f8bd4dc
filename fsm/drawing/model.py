"""What a diagram shows, independent of its format: states, boxes around them, and arrows.

:mod:`fsm.drawing.pictures` makes the picture of a machine: of its declaration, with states inside
states, or of its table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fsm.drawing.overlay import NO_OVERLAY, Mark, Overlay, Tone
from fsm.drawing.wording import AS_DECLARED, Wording

__all__ = [
    "DIRECTIONS",
    "Arrow",
    "Box",
    "DrawnState",
    "Look",
    "Picture",
    "direction_for",
]

DIRECTIONS = ("LR", "TB", "RL", "BT")
_FEW = 4


@dataclass(frozen=True)
class Look:
    """How a machine is drawn, independent of the format."""

    direction: str | None = None
    """LR, TB, RL or BT; the default depends on the number of states."""
    group: bool = True
    """Whether there is a box around the states of a status."""
    focus: tuple[str, int] | None = None
    """A state, and the maximum distance in transitions of states that are drawn."""
    collapse: str | Sequence[str] = ()
    """The statuses, or the declared states with states inside, that are drawn as one state."""
    hide: str | Sequence[str] = ()
    """The events that are not drawn."""
    only: str | Sequence[str] = ()
    """The statuses whose states are drawn; none stands for all."""
    flat: bool = False
    """Whether the table is drawn, with a state for each configuration, not the declaration."""
    stacked: bool = False
    """Whether all events between two states share one arrow, decisions included."""
    effects: bool = True
    """Whether arrows show their effects on indicators, or the details of the overlay."""
    overlay: Overlay = NO_OVERLAY
    """Marks on the drawing: traffic, coverage, differences or a trace."""
    whole: bool = False
    """Whether a large machine is drawn state by state, not as an overview, however long it takes.
    """
    legend: bool = True
    """Whether a legend tells what colours and lines mean; what an overlay tells is drawn anyway."""
    wording: Wording = AS_DECLARED
    """The language of the drawing."""


@dataclass(frozen=True, slots=True)
class DrawnState:
    """A state in the picture; ``notes`` and ``marks`` are under its title.

    ``status`` is the label of its status, ``colour`` the name of its colour, see
    :func:`fsm.drawing.paints.paint_of`. ``caption`` is the id of the state if it differs from the
    title.
    """

    name: str
    title: str
    caption: str
    status: str | None
    final: bool
    colour: str | None
    notes: tuple[str, ...]
    marks: tuple[Mark, ...]
    inside: tuple[str, ...] = ()
    """What happens without leaving it, in lines: ``event [guard] / output``, ``entry / output``."""
    history: str = ""
    """``shallow`` or ``deep`` for a history state, which is a small circle."""
    covers: tuple[str, ...] = ()
    """The states of the machine in which it is active; of a picture of the table, itself."""


@dataclass(frozen=True, slots=True)
class Box:
    """The box around the states of a status, or around the states inside a declared state.

    ``colour`` is the name of its colour; ``None`` stands for none.
    """

    name: str
    """No other box and no state of the picture has this name."""
    label: str
    nodes: tuple[DrawnState, ...]
    colour: str | None
    boxes: tuple[Box, ...] = ()
    """The boxes inside."""
    parallel: bool = False
    """Whether all that is inside is active together: each state and each box is a region."""
    initial: tuple[str, ...] = ()
    """Where an arrow leads that ends at the box: names of states or of boxes; empty if none does.
    """
    inside: tuple[str, ...] = ()
    """What happens without leaving it, see :class:`DrawnState`."""
    marks: tuple[Mark, ...] = ()
    covers: tuple[str, ...] = ()
    """The states of the machine in which it is active."""
    nameless: bool = False
    """Whether it is a region whose label is only the number that the reader of a file gave it."""

    @property
    def parts(self) -> tuple[DrawnState | Box, ...]:
        """The states and the boxes directly in it."""
        return (*self.nodes, *self.boxes)

    @property
    def all_nodes(self) -> Iterator[DrawnState]:
        """The states in it and in its boxes."""
        yield from self.nodes
        for box in self.boxes:
            yield from box.all_nodes

    @property
    def all_boxes(self) -> Iterator[Box]:
        """The box and those inside, outer ones first."""
        yield self
        for box in self.boxes:
            yield from box.all_boxes

    @property
    def first(self) -> str:
        """The state to which an arrow is drawn that ends at the box."""
        nodes = {node.name for node in self.all_nodes}
        boxes = {box.name: box for inner in self.boxes for box in inner.all_boxes}
        for name in self.initial:
            if name in nodes:
                return name
            if name in boxes:
                return boxes[name].first
        return next(node.name for node in self.all_nodes)


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow from a state, or from a box, to a state or a box.

    ``source`` and ``target`` are always states. With a ``from_box`` the arrow begins at the border
    of this box, and ``source`` is the state in it that is nearest to the target; with a ``to_box``
    it ends at the border of that box. ``share`` is the weight as a share, from 0 to 1, of the
    largest weight of an arrow.
    """

    source: str
    target: str
    from_box: str | None
    labels: tuple[str, ...]
    effects: tuple[str, ...]
    is_decision: bool
    origins: tuple[str, ...]
    tone: Tone = Tone.PLAIN
    weight: int = 0
    share: float = 0.0
    cells: tuple[tuple[str, str], ...] = ()
    """The transitions that this arrow draws: state and event of each."""
    to_box: str | None = None
    forks: tuple[str, ...] = ()
    """The states and boxes to which it leads besides, in other regions."""
    inner: bool = False
    """Whether it begins inside the border of ``from_box``, which is not left."""
    automatic: str = ""
    """``always`` for an arrow that is taken without an event, ``done`` for one that is taken when
    its source is complete; its labels are conditions."""

    @property
    def begin(self) -> str:
        """The name of the state or the box where it begins."""
        return self.source if self.from_box is None else self.from_box

    @property
    def end(self) -> str:
        """The name of the state or the box where it ends."""
        return self.target if self.to_box is None else self.to_box


@dataclass(frozen=True)
class Picture:
    """What is drawn, the same in every format."""

    name: str
    title: str
    direction: str
    initial: str | None
    """``None`` if the initial state is not in the picture."""
    loose: tuple[DrawnState, ...]
    """The states outside of boxes."""
    boxes: tuple[Box, ...]
    """The boxes that are in no other one."""
    arrows: tuple[Arrow, ...]
    legend: tuple[str, ...] = ()
    language: str | None = None
    """The language of its words, if a lexicon says it."""
    initial_box: str | None = None
    """The box at whose border the initial arrow ends, if it does not end at the initial state."""
    initial_forks: tuple[str, ...] = ()
    """The states and boxes of other regions in which it starts besides."""
    is_declared: bool = False
    """Whether it shows the declaration of the machine, not its table."""
    explained: bool = True
    """Whether a legend tells what its colours and lines mean."""
    counted: tuple[tuple[str, str], ...] = ()
    """The indicators that tell the kind of a status: the name of the colour, and the indicator."""
    notes: tuple[str, ...] = ()
    """What readers of the picture must be told, in sentences."""

    @property
    def nodes(self) -> tuple[DrawnState, ...]:
        """All states, those outside of boxes first."""
        return (*self.loose, *(node for box in self.boxes for node in box.all_nodes))

    @property
    def all_boxes(self) -> tuple[Box, ...]:
        """All boxes, outer ones before those inside."""
        return tuple(inner for box in self.boxes for inner in box.all_boxes)


def direction_for(states: int) -> str:
    """Return the direction that suits a page: left to right for few states."""
    return "LR" if states <= _FEW else "TB"
