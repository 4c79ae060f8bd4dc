"""The picture of the report: speed by engine, and what a larger log costs."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from engines import FSM_LEVELS, REFERENCE
from figures import Figures, Row
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from report import speed

__all__ = ["draw"]

INK, FAINT, RULE = "#1a1a1a", "#5c5c5c", "#dddddd"
OURS, BOUND, OTHERS = "#0072b2", "#d55e00", "#999999"
"""Of the palette of Okabe and Ito, which every kind of colour vision tells apart."""
SIZE = 10**7
"""The log whose speeds are drawn, where it was measured."""

GROWING = {
    "fsm counts": ("#0072b2", "o", "-"),
    "fsm series": ("#56b4e9", "s", "-"),
    "fsm status": ("#009e73", "^", "-"),
    "fsm statuses, memory 200 MB": ("#cc79a7", "v", "--"),
    REFERENCE: (BOUND, "D", ":"),
}
BACKED = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.edgecolor": RULE,
    "axes.labelcolor": FAINT,
    "text.color": INK,
    "xtick.color": FAINT,
    "ytick.color": INK,
    "svg.fonttype": "path",
    "svg.hashsalt": "fsm",
    "path.simplify": False,
}
REMARK = "counting the\nevents by message"
LABEL_GAP = 0.085
"""Between the labels of lines, as a part of the height of the axes."""
TIED, LABELLED = 1.03, 1.06
"""Where the ties of labels become level, and where the labels begin, right of the axes."""


def draw(figures: Figures, path: Path) -> None:
    """Write the picture; the same figures give the same bytes."""
    sizes = sorted(figures.rows)
    shown = SIZE if SIZE in sizes else sizes[-1]
    with mpl.rc_context(STYLE):
        rows = sorted(figures.rows[shown].values(), key=lambda row: row.speed)
        picture = Figure(figsize=(12, 1.3 + 0.27 * max(len(rows), 14)), facecolor="white")
        bars, cpu, peak = _panels(picture)
        _speeds(bars, rows, shown)
        _growth(cpu, figures, "CPU seconds", lambda row: row.cpu, _seconds, (1.0,))
        _growth(peak, figures, "Peak memory", lambda row: row.peak, _bytes, (1.0, 2.0, 5.0))
        cpu.tick_params(labelbottom=False)
        peak.set_xlabel("events in the log")
        picture.savefig(path, format=path.suffix[1:], metadata=_no_date(path))


def _panels(picture: Figure) -> tuple[Axes, Axes, Axes]:
    grid = picture.add_gridspec(
        2, 2, width_ratios=(1.3, 1), left=0.185, right=0.785, top=0.93, bottom=0.09, wspace=0.33
    )
    grid.update(hspace=0.25)
    upper = picture.add_subplot(grid[0, 1])
    lower = picture.add_subplot(grid[1, 1], sharex=upper)
    return picture.add_subplot(grid[:, 0]), upper, lower


def _no_date(path: Path) -> dict[str, None]:
    return {"Date": None} if path.suffix == ".svg" else {}


# Speeds --------------------------------------------------------------------------------------


def _speeds(axes: Axes, rows: Sequence[Row], size: int) -> None:
    """Draw a bar for each engine, the fastest on top."""
    values = [row.speed for row in rows]
    places = range(len(rows))
    least = 10 ** (len(str(int(min(values)))) - 1) / 2
    axes.barh(places, values, left=0, height=0.68, color=[_colour(row.name) for row in rows])
    axes.set_xscale("log")
    axes.set_xlim(least, max(values) * 6)
    axes.set_yticks(places, [row.name for row in rows])
    for place, row in zip(places, rows, strict=True):
        bold = "bold" if row.name in FSM_LEVELS else "normal"
        axes.text(row.speed * 1.08, place, speed(row.speed), va="center", weight=bold, bbox=BACKED)
    _title(axes, f"Events per CPU second, log of {size:,} events")
    _plain(axes)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=RULE, linewidth=0.6)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _rounded(value)))
    _mark_reference(axes, rows)


def _mark_reference(axes: Axes, rows: Sequence[Row]) -> None:
    for row in rows:
        if row.name == REFERENCE:
            axes.axvline(row.speed, color=BOUND, linewidth=1, linestyle=":", zorder=0.5)
            axes.text(
                row.speed * 1.08, 0, REMARK, fontsize=8, color=FAINT, va="center", bbox=BACKED
            )


def _colour(name: str) -> str:
    if name.startswith("fsm"):
        return OURS
    return BOUND if name.startswith("polars") else OTHERS


# Growth --------------------------------------------------------------------------------------


def _growth(
    axes: Axes,
    figures: Figures,
    title: str,
    value: Callable[[Row], float],
    shown: Callable[[float], str],
    steps: tuple[float, ...],
) -> None:
    """Draw a line for each level, with its last value at its end."""
    sizes = sorted(figures.rows)
    ends = []
    for name, (colour, marker, line) in GROWING.items():
        points = [(s, value(row)) for s in sizes if (row := figures.row(name, s))]
        if points:
            xs, ys = zip(*points, strict=True)
            axes.plot(xs, ys, color=colour, marker=marker, linestyle=line, markersize=5)
            ends.append((ys[-1], f"{shown(ys[-1])}   {name}", colour, xs[-1]))
    axes.set_xscale("log")
    axes.set_yscale("log")
    _title(axes, title)
    _plain(axes)
    axes.grid(color=RULE, linewidth=0.6)
    axes.set_xticks(sizes, [_rounded(size) for size in sizes])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(sizes[0] / 1.3, sizes[-1] * 1.3)
    axes.yaxis.set_major_locator(LogLocator(subs=steps))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda height, _: shown(height)))
    axes.yaxis.set_minor_locator(NullLocator())
    _label_ends(axes, ends)


def _label_ends(axes: Axes, ends: Iterable[tuple[float, str, str, float]]) -> None:
    """Write the labels right of the axes, apart from each other, each tied to its line."""
    ordered = sorted(ends)
    within = axes.transData - axes.transAxes
    points = [within.transform((at, height)) for height, _, _, at in ordered]
    places = _spread([float(y) for _, y in points])
    for (x, y), place, (_, text, colour, _) in zip(points, places, ordered, strict=True):
        tie = ((x + 0.025, TIED, LABELLED - 0.01), (y, place, place))
        axes.plot(*tie, color=colour, linewidth=0.8, transform=axes.transAxes, clip_on=False)
        axes.text(LABELLED, place, text, va="center", fontsize=8, transform=axes.transAxes)


def _spread(heights: Sequence[float]) -> list[float]:
    """Move ascending heights apart, as little as possible, and keep their middle.

    >>> _spread([0.5, 0.5])
    [0.4575, 0.5425]
    """
    groups: list[list[float]] = []
    for height in heights:
        groups.append([height])
        while len(groups) > 1 and _top(groups[-2]) + LABEL_GAP > _bottom(groups[-1]):
            last = groups.pop()
            groups[-1] += last
    return [_bottom(group) + i * LABEL_GAP for group in groups for i in range(len(group))]


def _bottom(group: list[float]) -> float:
    return sum(group) / len(group) - (len(group) - 1) * LABEL_GAP / 2


def _top(group: list[float]) -> float:
    return _bottom(group) + (len(group) - 1) * LABEL_GAP


# Looks ---------------------------------------------------------------------------------------


def _title(axes: Axes, text: str) -> None:
    axes.set_title(text, loc="left", fontsize=10, weight="bold", color=INK, pad=8)


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_axisbelow(True)
    axes.tick_params(which="both", length=0)


def _seconds(value: float) -> str:
    return f"{value:.2g} s" if value < 10 else f"{value:.0f} s"


def _bytes(value: float) -> str:
    return f"{value / 1e9:.2g} GB" if value >= 1e9 else f"{value / 1e6:.0f} MB"


def _rounded(value: float) -> str:
    for unit, sign in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= unit:
            return f"{value / unit:g}{sign}"
    return f"{value:g}"
