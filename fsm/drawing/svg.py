"""A picture as a self-contained SVG element, made from the output of Graphviz."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from math import dist

from fsm.drawing.dot import LABEL
from fsm.drawing.geometry import Point, points_of
from fsm.drawing.label_places import place_labels
from fsm.drawing.legend import GAP, LegendEntry, legend_entries, legend_lines
from fsm.drawing.model import Picture
from fsm.drawing.overlay import Tone
from fsm.drawing.paints import FONT, GREY, MONOSPACE, TONES, dark_rules, paint_of
from fsm.drawing.wording import CLOCK, IMAGE_CLOCK
from fsm.errors import OutputError
from fsm.text import visible

__all__ = ["final_drawing", "interactive_svg", "standalone_svg"]

_SVG = "http://www.w3.org/2000/svg"
_G, _TEXT, _TSPAN, _TITLE, _A, _PATH, _POLYGON = (
    f"{{{_SVG}}}{tag}" for tag in ("g", "text", "tspan", "title", "a", "path", "polygon")
)
_XLINK_TITLE = "{http://www.w3.org/1999/xlink}title"
_RIM = {
    "stroke": "white",
    "stroke-width": "3",
    "stroke-opacity": "0.8",
    "stroke-linejoin": "round",
    "paint-order": "stroke",
}


def standalone_svg(svg: bytes, picture: Picture) -> str:
    """Return the output of Graphviz as an SVG element that is valid in HTML.

    It has a title and describes its states and transitions in words, for readers who cannot see it;
    its colours follow the light or dark theme of the system. ``data-state`` of a state is its
    position in ``picture.nodes``; ``data-arrow`` of an arrow, and of its label, is the position in
    ``picture.arrows``.

    Raises :class:`OutputError` for the output of another program.
    """
    root = final_drawing(svg, picture)
    _describe(root, picture)
    root.set("style", "max-width:100%;height:auto")
    dark = ET.Element(f"{{{_SVG}}}style")
    colours = [node.colour for node in picture.nodes if node.colour and node.colour[0] == "#"]
    dark.text = f"@media screen and (prefers-color-scheme:dark){{{dark_rules('svg.fsm', colours)}}}"
    root.insert(2, dark)
    return _text(root)


def interactive_svg(svg: bytes, picture: Picture) -> str:
    """Return the output of Graphviz as an SVG element for the style and script of a page.

    It is that of :func:`standalone_svg` without rules for colours: the page has those for the dark
    theme.

    Raises :class:`OutputError` for the output of another program.
    """
    root = final_drawing(svg, picture)
    _describe(root, picture)
    return _text(root)


def final_drawing(svg: bytes, picture: Picture) -> ET.Element:
    """Return the output of Graphviz as it is seen: with its labels and its legend in their places.

    Raises :class:`OutputError` for the output of another program.
    """
    ET.register_namespace("", _SVG)
    root = ET.fromstring(svg)  # noqa: S314 - from Graphviz
    _restyle(root, picture)
    return root


def _text(root: ET.Element) -> str:
    return ET.tostring(root, encoding="unicode") + "\n"


def _restyle(root: ET.Element, picture: Picture) -> None:
    """Remove what only Graphviz needs, make notes small, draw states and labels above lines."""
    graph = root.find(f"{_G}[@class='graph']")
    if graph is None:
        raise OutputError("Graphviz: the picture holds no graph; is another program named dot?")
    _drop_title(graph)
    del graph.attrib["id"]
    _paint_legend(graph, legend_lines(picture))
    _join(graph)
    states, labels = list[ET.Element](), list[ET.Element]()
    for group in graph.findall(_G):
        part, _, number = group.attrib.pop("id", "").partition(" ")
        if part in ("state", "arrow", "box"):
            group.set(f"data-{part}", number)
        kind, *words = group.get("class", "").split(" ")
        kind = "edge" if LABEL in words else kind
        group.set("class", kind)
        _flatten_links(group)
        texts = group.findall(_TEXT)
        for text in texts:
            text.text = (text.text or "").strip("\xa0")
            text.set("font-family", FONT)
        _set_last(texts, words, mono=kind == "node")
        if kind == "node":
            states.append(group)
        elif texts:
            labels.append(_lifted(group, texts, group.findall(_POLYGON) if LABEL in words else []))
        if LABEL in words or kind == "node":
            graph.remove(group)
    graph.extend((*states, *labels))
    place_labels(root, graph)


def _paint_legend(graph: ET.Element, lines: list[tuple[LegendEntry, ...]]) -> None:
    """Make the last lines of the graph's label small, with their signs in their colours."""
    if not lines:
        return
    for text, entries in zip(graph.findall(_TEXT)[-len(lines) :], lines, strict=True):
        text.set("font-size", "11.00")
        text.set("fill", GREY)
        text.text, last = "", None
        for place, entry in enumerate(entries):
            words = GAP if place else ""
            if entry.sign:
                last = _follow(text, last, words)
                last = ET.SubElement(text, _TSPAN, {"fill": paint_of(entry.colour).border})
                last.text, words = entry.sign, "\xa0"
            last = _follow(text, last, words + entry.in_words.replace(CLOCK, IMAGE_CLOCK))


def _follow(text: ET.Element, last: ET.Element | None, words: str) -> ET.Element | None:
    """Add words to a text, behind its last part if it has one; return that."""
    if last is None:
        text.text = f"{text.text or ''}{words}"
    else:
        last.tail = f"{last.tail or ''}{words}"
    return last


def _join(graph: ET.Element) -> None:
    """Make one arrow of the lines to a label and from it, which runs below the label."""
    grounds: dict[str, ET.Element] = {}
    lines: dict[str, list[ET.Element]] = {}
    for group in graph.findall(_G):
        number, (kind, *words) = group.get("id", ""), group.get("class", "").split(" ")
        if LABEL in words:
            grounds[number] = next(group.iter(_POLYGON))
        elif kind == "edge":
            lines.setdefault(number, []).append(group)
    for number, ground in grounds.items():
        xs, ys = zip(*points_of(ground.get("points", "")), strict=True)
        middle = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
        heads = [line for line in lines[number] if line.find(f".//{_POLYGON}") is not None]
        tails = [line for line in lines[number] if line not in heads]
        start = "".join(_from(path, middle, to=True) for tail in tails for path in _paths(tail))
        for tail in tails if heads else ():
            graph.remove(tail)
        for head in heads:
            for path in _paths(head):
                path.set("d", f"{start or f'M{_xy(middle)}'}{_from(path, middle)}")
                start = ""


def _paths(group: ET.Element) -> list[ET.Element]:
    return list(group.iter(_PATH))


def _from(path: ET.Element, middle: Point, *, to: bool = False) -> str:
    """Return a path of Graphviz as one that leads from the middle of a label, or to it."""
    points = points_of(path.get("d", ""))
    is_away = dist(points[0], middle) <= dist(points[-1], middle)
    start, *curve = map(_xy, points if is_away != to else points[::-1])
    if to:
        return f"M{start}C{' '.join(curve)}L{_xy(middle)}"
    return f"L{start}C{' '.join(curve)}"


def _xy(point: Point) -> str:
    return f"{point[0]:g},{point[1]:g}"


def _set_last(texts: list[ET.Element], words: list[str], *, mono: bool) -> None:
    """Style the last lines as the class says: notes small, marks in their tone."""
    tones = [Tone[word.removeprefix("mark_")] for word in words if word.startswith("mark_")]
    notes = sum(int(word.removeprefix("notes")) for word in words if word.startswith("notes"))
    end = len(texts) - len(tones)
    for text in texts[end - notes : end]:
        _shrink(text, mono=mono)
    for text, tone in zip(texts[end:], tones, strict=True):
        text.set("font-size", "11.00")
        text.set("fill", TONES[tone][0])


def _lifted(group: ET.Element, texts: list[ET.Element], ground: list[ET.Element]) -> ET.Element:
    """Move the label of an arrow or a box into a group that is drawn last, with a light outline."""
    label = ET.Element(_G, group.attrib | {"class": f"{group.get('class')} label"})
    label.extend(group.findall(_TITLE))
    for text in texts:
        group.remove(text)
        if group.get("class") == "cluster":
            text.set("font-weight", "bold")
        text.attrib |= _RIM
    label.extend(ground)
    label.extend(texts)
    return label


def _shrink(text: ET.Element, *, mono: bool) -> None:
    text.set("font-size", "9.5")
    text.set("fill", GREY)
    if mono:
        text.set("font-family", MONOSPACE)


def _flatten_links(group: ET.Element) -> None:
    """Replace the links with which Graphviz adds tooltips by SVG titles."""
    for child in list(group):
        link = child.find(_A) if child.tag.endswith("}g") else None
        if link is None:
            continue
        title, tooltip = group.find(_TITLE), link.get(_XLINK_TITLE)
        if title is not None and tooltip:
            title.text = tooltip
        place = list(group).index(child)
        group.remove(child)
        for offset, shape in enumerate(link):
            group.insert(place + offset, shape)


def _drop_title(group: ET.Element) -> None:
    title = group.find(_TITLE)
    if title is not None:
        group.remove(title)


def _describe(root: ET.Element, picture: Picture) -> None:
    title = visible(picture.title)
    root.set("role", "img")
    root.set("aria-label", title)
    root.set("class", "fsm")
    if picture.language:
        root.set("lang", picture.language)
    parts = (("title", title), ("desc", _in_words(picture)))
    for place, (tag, text) in enumerate(parts):
        element = ET.Element(f"{{{_SVG}}}{tag}")
        element.text = text
        root.insert(place, element)


def _in_words(picture: Picture) -> str:
    """Return the arrows as sentences; in another language, with signs instead of English words."""
    if picture.language not in (None, "en"):
        begins, from_status, to, ends = "● → {}.", "{}", "→", "{} → ◎."
    else:
        begins, from_status, to, ends = "Starts in {}.", "any state of {}", "to", "Ends in {}."
    name = {node.name: node.title for node in picture.nodes}
    label = {box.name: box.label for box in picture.all_boxes}
    words = [begins.format(name[picture.initial])] if picture.initial is not None else []
    for arrow in picture.arrows:
        status = arrow.from_box
        source = name[arrow.source] if status is None else from_status.format(label[status])
        effects = f" ({', '.join(arrow.effects)})" if arrow.effects else ""
        words.append(f"{source}: {', '.join(arrow.labels)} {to} {name[arrow.target]}{effects}.")
    for node in picture.nodes:
        words += [f"{node.title}: {', '.join(mark.text for mark in node.marks)}."] * bool(
            node.marks
        )
    finals = [node.title for node in picture.nodes if node.final]
    words += [ends.format(", ".join(finals))] if finals else []
    explained = "; ".join(entry.in_words for entry in legend_entries(picture))
    words += [*picture.legend, f"{explained}."] if explained else picture.legend
    return visible(" ".join(words))
