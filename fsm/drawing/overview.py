"""An overview of a large picture: groups of states, and how many arrows lead between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from fsm.drawing.model import Arrow, Box, DrawnState, Picture
from fsm.drawing.overlay import Tone
from fsm.text import quantity

__all__ = ["MARKS_LEFT_OUT", "has_marks", "overview_of"]

MARKS_LEFT_OUT = "An overview shows no marks on states and arrows"
"""What readers of an overview under an overlay are told."""

_MOST_GROUPS = 30
_FEWEST_GROUPS = 4
"""Fewer statuses than this tell too little about a large machine."""
_NAMED = 2
"""As many declared states of a group are named."""
_SEED = 1
_LOWEST = 1e-3
"""The resolution at which groups are no longer merged."""
_MOST_ARROWS = 2
"""As many arrows for each group are drawn, those that stand for most."""


def overview_of(picture: Picture) -> Picture:
    """Return a picture of groups of states.

    A group holds the states of a status or, where there are too few or too many statuses, states
    that have more arrows between each other than to others (the method of Louvain); states that
    are declared in one state stay together. It is called like its status, like the declared states
    in it, or like the state in it with the most arrows.
    """
    nodes = picture.nodes
    arrows = Counter((arrow.source, arrow.target) for arrow in picture.arrows)
    status = {node.name: node.status or "" for node in nodes}
    by_status = _FEWEST_GROUPS <= len(set(status.values())) <= _MOST_GROUPS
    boxes = _outermost(picture)
    groups = _by_status(status) if by_status else _communities(boxes, arrows)
    group_of = {name: number for number, names in enumerate(groups) for name in names}
    degree: Counter[str] = Counter()
    for (source, target), count in arrows.items():
        degree[source] += count
        degree[target] += count
    known = {node.name: node for node in nodes}
    drawn = [
        _group([known[name] for name in names], degree, by_status, [boxes[name] for name in names])
        for names in groups
    ]
    merged, left_out, between = _arrows(picture.arrows, group_of, drawn)
    return replace(
        picture,
        direction="TB",
        initial=None if picture.initial is None else drawn[group_of[picture.initial]].name,
        initial_box=None,
        loose=tuple(drawn),
        boxes=(),
        arrows=merged,
        legend=tuple(_legend(picture, len(drawn), left_out, between)),
        is_declared=False,
    )


def _legend(picture: Picture, groups: int, left_out: int, between: int) -> Iterable[str]:
    states, arrows = quantity(len(picture.nodes), "state"), quantity(len(picture.arrows), "arrow")
    yield f"Overview: {states} in {quantity(groups, 'group')}; a number counts arrows between them"
    left = {"between other groups": left_out, "inside of groups": len(picture.arrows) - between}
    undrawn = " and ".join(f"{count:,} {where}" for where, count in left.items() if count)
    if undrawn:
        yield f"Of {arrows}, {between - left_out:,} are counted; not drawn: {undrawn}"
    if has_marks(picture):
        yield MARKS_LEFT_OUT


def has_marks(picture: Picture) -> bool:
    """Return whether an overlay marks something in a picture."""
    parts: list[DrawnState | Box] = [*picture.nodes, *picture.all_boxes]
    return any(part.marks for part in parts) or any(
        arrow.weight or arrow.tone is not Tone.PLAIN for arrow in picture.arrows
    )


def _outermost(picture: Picture) -> dict[str, Box | None]:
    """Return the outermost declared state around each state, if these tell enough."""
    around: dict[str, Box | None] = dict.fromkeys((node.name for node in picture.nodes), None)
    if picture.is_declared and len(picture.boxes) >= _FEWEST_GROUPS:
        around |= {node.name: box for box in picture.boxes for node in box.all_nodes}
    return around


def _by_status(status: Mapping[str, str]) -> list[list[str]]:
    groups: dict[str, list[str]] = {}
    for name, shown in status.items():
        groups.setdefault(shown, []).append(name)
    return list(groups.values())


def _communities(
    boxes: Mapping[str, Box | None], arrows: Mapping[tuple[str, str], int]
) -> list[list[str]]:
    """Return groups of states, in the order of their first state; no box is in two of them."""
    import networkx as nx

    names = [*boxes]
    place = {name: number for number, name in enumerate(names)}
    together: dict[str | int, list[int]] = {}
    for number, box in enumerate(boxes.values()):
        together.setdefault(number if box is None else box.name, []).append(number)
    groups, resolution = list(together.values()), 1.0
    while len(groups) > _MOST_GROUPS:
        group_of = {number: i for i, group in enumerate(groups) for number in group}
        weights: Counter[tuple[int, int]] = Counter()
        for (source, target), count in arrows.items():
            ends = sorted((group_of[place[source]], group_of[place[target]]))
            weights[ends[0], ends[1]] += count
        graph = nx.Graph()
        graph.add_nodes_from(range(len(groups)))
        graph.add_weighted_edges_from((*ends, count) for ends, count in weights.items())
        found = nx.community.louvain_communities(graph, seed=_SEED, resolution=resolution)
        merged = sorted(sorted(n for i in part for n in groups[i]) for part in found)
        is_joined = any(source != target for source, target in weights)
        if len(merged) == len(groups) and is_joined and resolution > _LOWEST:
            resolution /= 1.2  # the lower, the larger the groups
            continue
        if len(merged) == len(groups):  # nothing holds them together: the smallest ones are one
            largest = sorted(merged, key=lambda group: (-len(group), group))
            rest = sorted(n for group in largest[_MOST_GROUPS - 1 :] for n in group)
            merged = sorted([*largest[: _MOST_GROUPS - 1], rest])
        groups = merged
    return [[names[number] for number in group] for group in groups]


def _group(
    nodes: list[DrawnState], degree: Mapping[str, int], by_status: bool, boxes: list[Box | None]
) -> DrawnState:
    """Return a group as a state, called like its status or the boxes in it, or like one state."""
    first = max(nodes, key=lambda node: degree.get(node.name, 0))
    if len(nodes) == 1:
        return first
    statuses = {node.status for node in nodes}
    colours = {node.colour for node in nodes}
    status = first.status if len(statuses) == 1 else None
    title = status if by_status and status else _name_of(boxes) or f"{first.title} …"
    return DrawnState(
        name=first.name,
        title=title,
        caption="",
        status=status,
        final=False,
        colour=first.colour if len(colours) == 1 else None,
        notes=(quantity(len(nodes), "state"),),
        marks=(),
        covers=tuple(name for node in nodes for name in node.covers),
    )


def _name_of(boxes: list[Box | None]) -> str:
    """Return the labels of the boxes in a group, the first ones of many; empty without any."""
    labels = list({box.name: box.label for box in boxes if box is not None}.values())
    more = " …" if labels and (labels[_NAMED:] or None in boxes) else ""
    return f"{', '.join(labels[:_NAMED])}{more}"


def _arrows(
    arrows: Iterable[Arrow], group_of: Mapping[str, int], drawn: list[DrawnState]
) -> tuple[tuple[Arrow, ...], int, int]:
    """Return an arrow for all arrows from one group to another, how many are left out, and of what.

    Each group keeps the arrow to it that stands for most.
    """
    together: dict[tuple[int, int], list[Arrow]] = {}
    for arrow in arrows:
        ends = group_of[arrow.source], group_of[arrow.target]
        if ends[0] != ends[1]:
            together.setdefault(ends, []).append(arrow)
    by_size = sorted(together, key=lambda ends: (-len(together[ends]), ends))
    most_to = {target: (source, target) for source, target in reversed(by_size)}
    ordered = list(dict.fromkeys((*most_to.values(), *by_size)))
    chosen = ordered[: max(len(most_to), _MOST_ARROWS * len(drawn))]
    between = sum(map(len, together.values()))
    left_out = between - sum(len(together[ends]) for ends in chosen)
    merged = tuple(_merged(together[ends], drawn, ends) for ends in sorted(chosen))
    return merged, left_out, between


def _merged(arrows: list[Arrow], drawn: list[DrawnState], ends: tuple[int, int]) -> Arrow:
    different = {arrow.labels for arrow in arrows}
    labels = arrows[0].labels if len(different) == 1 else ()
    if len(arrows) > 1:
        labels = (" ".join((f"{len(arrows):,}", ", ".join(labels))).strip(),)
    return Arrow(
        source=drawn[ends[0]].name,
        target=drawn[ends[1]].name,
        from_box=None,
        labels=labels,
        effects=(),
        is_decision=False,
        origins=(),
        cells=tuple(cell for arrow in arrows for cell in arrow.cells),
    )
