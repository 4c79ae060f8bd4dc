"""What is measured of pictures that Graphviz laid out, whoever wrote them."""

import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import NamedTuple

sys.path[:0] = [str(Path(__file__).parents[1])]

from placing import SVG, ambiguous, crossed, overlapping  # noqa: E402 - found by the path

__all__ = ["Figures", "figures_of", "texts_of"]


class Figures(NamedTuple):
    """Counts of what may be misread; ``None`` where the picture is not one of Graphviz."""

    labels: int | None
    titles: int | None
    texts: int | None
    area: float
    """Thousands of square points."""

    def __str__(self) -> str:
        counts = (self.labels, self.titles, self.texts)
        return " / ".join("-" if n is None else str(n) for n in counts) + f" / {self.area:.0f}"


def texts_of(svg: str) -> str:
    """Return what a reader can read in a picture, a line for each text."""
    root = ET.fromstring(svg)
    parts = [*root.iter(f"{SVG}text"), *root.iter(f"{SVG}foreignObject")]
    return "\n".join(" ".join("".join(part.itertext()).split()) for part in parts)


def figures_of(svg: str) -> Figures:
    """Return the figures of a picture."""
    root = ET.fromstring(svg)
    box = [float(n) for n in (root.get("viewBox") or "").split()]
    if root.find(f".//{SVG}g[@class='graph']") is None and "data-arrow" not in svg:
        return Figures(None, None, None, box[2] * box[3] * 0.75**2 / 1000)
    plain = svg if "data-arrow" in svg else with_labels_apart(root)
    counts = (len(ambiguous(plain)), len(crossed(plain)), len(overlapping(plain)))
    return Figures(*counts, box[2] * box[3] / 1000)


def with_labels_apart(root: ET.Element) -> str:
    """Return a picture of Graphviz in which the label of an arrow is a group of its own."""
    parents = {child: parent for parent in root.iter() for child in parent}
    for number, group in enumerate(list(root.iter(f"{SVG}g"))):
        kinds = (group.get("class") or "").split()
        if "edge" not in kinds:
            continue
        group.set("data-arrow", str(number))
        label = ET.Element(f"{SVG}g", {"class": "edge label", "data-arrow": str(number)})
        for text in list(group.iter(f"{SVG}text")):
            within = group if text in list(group) else parents[text]
            within.remove(text)
            if re.search(r"\w", "".join(text.itertext())):
                text.text = "".join(text.itertext()).strip()
                label.append(text)
        if len(label):
            parents[group].append(label)
    return ET.tostring(root, "unicode")
