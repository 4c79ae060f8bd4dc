"""The colours of pictures, for the light and the dark theme."""

from __future__ import annotations

from typing import NamedTuple

from fsm.drawing.overlay import Tone

__all__ = [
    "FONT",
    "GREY",
    "INK",
    "LINE",
    "MONOSPACE",
    "PAINTS",
    "TONES",
    "Paint",
    "dark_colors",
    "dark_rules",
    "paint_of",
]

FONT = "Helvetica,Arial,sans-serif"
MONOSPACE = "Menlo,Consolas,monospace"
GREY = "#5f6b76"
INK = "#1f2933"
LINE = "#52606d"


class Paint(NamedTuple):
    """The colours of one status."""

    fill: str
    border: str
    text: str


# Borders are the colours of Okabe and Ito (https://jfly.uni-koeln.de/color/). Yellow and purple are
# darker, so that readers with colour blindness can tell them from vermilion and grey. Fills are
# light enough for dark text, and texts dark enough for fills. The rank of a status is the index.
PAINTS = (
    Paint("#e3eff9", "#0072b2", "#005a8e"),
    Paint("#fdeade", "#d55e00", "#a34700"),
    Paint("#eff1f3", "#7b8794", "#5f6b76"),
    Paint("#fdf5d3", "#6f5500", "#574400"),
    Paint("#dff3ec", "#009e73", "#00795a"),
    Paint("#f7e8f1", "#8a3b82", "#6f2a6b"),
)
_UNPAINTED = Paint("#ffffff", LINE, INK)

# The colour of a tone, and the style of its arrows: colour is never the only difference.
TONES = {
    Tone.PLAIN: (LINE, ""),
    Tone.FADED: ("#a9b4be", ""),
    Tone.ADDED: ("#00795a", "bold"),
    Tone.REMOVED: ("#b3432b", "dotted"),
    Tone.CHANGED: ("#574400", "bold"),
    Tone.REJECTED: ("#c1121f", ""),
    Tone.TAKEN: ("#005f96", "bold"),
    Tone.MISSING: ("#005f96", "dotted"),
    Tone.EXTRA: ("#b3432b", "bold"),
}


def paint_of(rank: int | None) -> Paint:
    """Return the colours for the rank of a status; ``None`` stands for no status."""
    return _UNPAINTED if rank is None else PAINTS[rank % len(PAINTS)]


# Dark mode -----------------------------------------------------------------------------------


def dark_rules(selector: str) -> str:
    """Return the CSS rules that replace the colours of a picture by dark ones, below a selector.

    The light colours stay in the attributes, so that a program without CSS shows the light picture.
    """
    rules = []
    for light, dark in dark_colors().items():
        for attribute in ("fill", "stroke"):
            rules.append(f'{selector} [{attribute}="{light}"]{{{attribute}:{dark}}}')
    return "".join(rules)


def dark_colors() -> dict[str, str]:
    """Return the dark colour for each light colour."""
    papers = {"white": "#0f161d", "#ffffff": "#18222c"}
    inks = {INK: "#e6edf3", LINE: "#9fb0c0", GREY: "#9fb0c0"}
    tones = {TONES[tone][0]: color for tone, color in _DARK_TONES.items()}
    pairs = zip(PAINTS, _DARK_PAINTS, strict=True)
    status = {
        light: dark
        for paint, (fill, line) in pairs
        for light, dark in zip(paint, (fill, line, line), strict=True)
    }
    return papers | inks | tones | status


_DARK_PAINTS = (
    ("#12283a", "#56b4e9"),
    ("#3a2013", "#ff9d5c"),
    ("#222a32", "#9fb0c0"),
    ("#332c0e", "#e0b83c"),
    ("#0e2f26", "#3ccfa0"),
    ("#351f2e", "#ffc4ea"),
)
_DARK_TONES = {
    Tone.FADED: "#56626e",
    Tone.ADDED: "#3ccfa0",
    Tone.REMOVED: "#ff9d7a",
    Tone.CHANGED: "#e0b83c",
    Tone.REJECTED: "#ff7b80",
    Tone.TAKEN: "#56b4e9",
    Tone.MISSING: "#56b4e9",
    Tone.EXTRA: "#ff9d7a",
}
