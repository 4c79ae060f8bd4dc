"""The colours of statuses and diagrams as CSS, for the light and the dark theme."""

from __future__ import annotations

from fsm.drawing.paints import PAINTS, dark_colors

__all__ = ["RANKS", "palette_css"]

RANKS = len(PAINTS)
"""The number of colours; the CSS class of a status of rank ``n`` is ``rank-{n % RANKS}``."""


def palette_css() -> str:
    """Return the rules of ``--fill-n``, ``--line-n``, ``--text-n``, ``.rank-n`` and diagrams."""
    dark = dark_colors()
    tokens, ranks = [], []
    for rank, paint in enumerate(PAINTS):
        tokens += [
            f"--{role}-{rank}:{_pair(light, dark[light])}"
            for role, light in zip(("fill", "line", "text"), paint, strict=True)
        ]
        ranks.append(f".rank-{rank}{{background:var(--fill-{rank});color:var(--text-{rank})}}")
    shapes = (
        f'svg.fsm [{attribute}="{light}"]{{{attribute}:{_pair(light, other)}}}'
        for light, other in dark.items()
        for attribute in ("fill", "stroke")
    )
    return "\n".join((f":root{{{';'.join(tokens)}}}", *ranks, *shapes))


def _pair(light: str, dark: str) -> str:
    return f"light-dark({light},{dark})"
