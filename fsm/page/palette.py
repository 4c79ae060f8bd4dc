"""The colours of statuses and diagrams as CSS, for the light and the dark theme."""

from __future__ import annotations

from collections.abc import Iterable

from fsm.drawing.paints import COLOURS, colour_class, dark_colors, dark_paint_of, paint_of

__all__ = ["palette_css"]


def palette_css(colours: Iterable[str] = ()) -> str:
    """Return the rules of diagrams, and a class for each colour of a status.

    The class ``colour-good`` (see :func:`fsm.drawing.paints.colour_class`) is for a badge, and
    gives what is inside the variable ``--part`` as the colour of lines. ``colours`` are those that
    machines have besides the usual ones.
    """
    chosen = dict.fromkeys(colour.lower() for colour in colours)
    added = [colour for colour in chosen if colour.startswith("#")]
    classes = []
    for colour in (*COLOURS, *added):
        light, dark = paint_of(colour), dark_paint_of(colour)
        fill, line, text = map(_pair, light[:3], dark[:3])
        classes.append(f".{colour_class(colour)}{{background:{fill};color:{text};--part:{line}}}")
    shapes = (
        f'svg.fsm [{attribute}="{light}"]{{{attribute}:{_pair(light, other)}}}'
        for light, other in dark_colors(added).items()
        for attribute in ("fill", "stroke")
    )
    return "\n".join((*classes, *shapes))


def _pair(light: str, dark: str) -> str:
    return f"light-dark({light},{dark})"
