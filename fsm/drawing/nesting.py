"""Where states and boxes of a picture are: which boxes are around them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile

from fsm.drawing.model import Arrow, Box, Picture
from fsm.text import plain_ids

__all__ = ["Nesting", "automatic_labels", "has_label", "ids_of"]


class Nesting:
    """The boxes around each state and each box of a picture, by their names."""

    def __init__(self, picture: Picture) -> None:
        self.is_declared = picture.is_declared
        self.boxes: dict[str, Box] = {box.name: box for box in picture.all_boxes}
        self._states: dict[str, tuple[str, ...]] = {node.name: () for node in picture.loose}
        self._around: dict[str, tuple[str, ...]] = {}
        for box in picture.boxes:
            self._add(box, ())

    def _add(self, box: Box, around: tuple[str, ...]) -> None:
        self._around[box.name] = around
        inside = (*around, box.name)
        self._states |= {node.name: inside for node in box.nodes}
        for inner in box.boxes:
            self._add(inner, inside)

    def state(self, name: str) -> str:
        """Return the state at which an arrow to a state or a box is drawn."""
        return name if name in self._states else self.boxes[name].first

    def around_state(self, name: str) -> tuple[str, ...]:
        """Return the boxes around a state, the outermost first."""
        return self._states[name]

    def crossed(self, arrows: Iterable[Arrow]) -> frozenset[str]:
        """Return the boxes with regions of which an arrow enters or leaves a single region."""
        crossed: set[str] = set()
        for arrow in arrows:
            inside, shared = self._chains(arrow)
            for chain in inside:
                crossed |= {box for box in chain[max(0, shared - 1) :] if self.boxes[box].parallel}
        return frozenset(crossed)

    def _chains(self, arrow: Arrow) -> tuple[tuple[tuple[str, ...], ...], int]:
        """Return the boxes around each end, and how many of them both have."""
        chains = (
            self._states[arrow.source] if arrow.from_box is None else self._around[arrow.from_box],
            self._states[arrow.target] if arrow.to_box is None else self._around[arrow.to_box],
        )
        pairs = zip(*chains, strict=False)
        return chains, sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))

    def box_of(self, name: str) -> str | None:
        """Return the box that a state, or a box, is directly in, if any."""
        around = self._states[name] if name in self._states else self._around[name]
        return around[-1] if around else None

    def around_box(self, name: str) -> tuple[str, ...]:
        """Return the boxes around a box, the outermost first."""
        return self._around[name]

    def is_bent(self, arrow: Arrow) -> bool:
        """Return whether an arrow is drawn through its label, which is a node.

        A layout measures an arrow from state to state, and cuts it at the border of a box: its
        label would be far from what is left. Between a box and what is in it, from a box to
        itself, or to several states, there is no single line at all.
        """
        borders = {arrow.from_box, arrow.to_box} - {None}
        if not self.is_declared or not (borders or arrow.forks):
            return False
        return has_label(arrow) or arrow.inner or bool(arrow.forks) or self._encloses(arrow)

    def _encloses(self, arrow: Arrow) -> bool:
        """Return whether an end of an arrow is the border of a box around the other end."""
        begin, end = self._states[arrow.source], self._states[arrow.target]
        return arrow.from_box in end or arrow.to_box in begin

    def arrows_in(self, arrows: Mapping[int, Arrow]) -> dict[str | None, list[int]]:
        """Return the numbers of arrows by the innermost box that is around both of their ends.

        An inner arrow is in the box in which it begins.
        """
        numbers: dict[str | None, list[int]] = {}
        for number, arrow in arrows.items():
            box = arrow.from_box if arrow.inner else self.around(arrow)
            numbers.setdefault(box, []).append(number)
        return numbers

    def inside(self, arrows: Iterable[Arrow]) -> dict[str | None, list[Arrow]]:
        """Return arrows by the innermost box that is around both of their ends.

        Boxes of statuses are around nothing but their states.
        """
        if not self.is_declared:
            return {None: list(arrows)}
        arrows_in: dict[str | None, list[Arrow]] = {}
        for arrow in arrows:
            arrows_in.setdefault(self.around(arrow), []).append(arrow)
        return arrows_in

    def around(self, arrow: Arrow) -> str | None:
        """Return the innermost box that is around both ends of an arrow; ``None`` is the picture.

        A border is at the end of an arrow, so its box is not around it.
        """
        chains, shared = self._chains(arrow)
        # A box whose border is an end is not around the arrow, even where the other end is inside.
        borders = (arrow.from_box, arrow.to_box)
        around = takewhile(lambda box: box not in borders, chains[0][:shared])
        return next(reversed(list(around)), None)


_AUTOMATIC = {"always": "always", "done": "when done"}


def automatic_labels(arrow: Arrow) -> tuple[str, ...]:
    """Return the labels of an arrow, with a word where it is taken without an event.

    The arrow from a history state to the state that it stands for at first has none.
    """
    word = _AUTOMATIC.get(arrow.automatic)
    labels = (_after_sign(arrow, word, label) for label in arrow.labels) if word else arrow.labels
    return tuple(filter(None, labels)) if arrow.automatic else arrow.labels


def _after_sign(arrow: Arrow, word: str, label: str) -> str:
    """Return a word and a label, the sign of the arrow's tone before both."""
    sign = arrow.tone.value
    if sign and label.split(" ", 1)[0] == sign:
        return f"{sign} {word} {label.removeprefix(sign).strip()}".strip()
    return f"{word} {label}".strip()


def has_label(arrow: Arrow) -> bool:
    """Return whether anything is written at an arrow."""
    return bool(automatic_labels(arrow) or arrow.effects)


def ids_of(picture: Picture, reserved: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return plain ids of the states, and of the boxes, of a picture."""
    states = [node.name for node in picture.nodes]
    boxes = [box.name for box in picture.all_boxes]
    if picture.is_declared:
        ids = plain_ids((*states, *boxes), reserved)
        return ids, ids
    ids = plain_ids(states, reserved)
    others = plain_ids((f"status {box}" for box in boxes), (*reserved, *ids.values()))
    return ids, {box: others[f"status {box}"] for box in boxes}
