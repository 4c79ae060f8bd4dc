"""Where the texts of a picture lie."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import combinations

__all__ = ["overlapping"]

SVG = "{http://www.w3.org/2000/svg}"


def overlapping(svg: str) -> list[tuple[str, str]]:
    """Return the texts that lie on each other."""
    return [
        (a[0], b[0])
        for a, b in combinations(placed(svg), 2)
        if a[1] < b[2] and b[1] < a[2] and a[3] < b[4] and b[3] < a[4]
    ]


def placed(svg: str) -> Iterator[tuple[str, float, float, float, float]]:
    """Yield each text with a cautious box: a character is at least 0.45 of its size wide."""
    for text in ET.fromstring(svg).iter(f"{SVG}text"):
        x, y, size = (float(text.get(key) or 0) for key in ("x", "y", "font-size"))
        half = len(text.text or "") * size * 0.45 / 2
        yield text.text or "", x - half, x + half, y - size * 0.8, y
