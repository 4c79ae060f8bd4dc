"""Diagrams in the pages of Sphinx: an SVG element, an image, or a table of transitions.

Browsers get an SVG element, whose colours follow the theme of the page; EPUB and LaTeX an image;
other builders, and all where nothing can be drawn, the transitions as a table.
"""

from __future__ import annotations

from hashlib import sha256
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from docutils import nodes
from sphinx.util import logging

from fsm.docs.contents import DiagramContent
from fsm.drawing import draw
from fsm.errors import FsmError
from fsm.page.diagrams import draw_for_page
from fsm.sphinx.page_assets import dark_style
from fsm.text import visible

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator
    from sphinx.writers.latex import LaTeXTranslator

__all__ = ["add_diagram", "fsm_diagram"]

_LOG = logging.getLogger(__name__)
_SMALLEST = 0.6
"""The part of its size to which a diagram shrinks on a small screen before it is scrolled."""
_NARROW = 340
"""The width in pixels of the text on a small screen."""
_PATIENCE = 60.0
"""Seconds for a layout: nobody waits for it, so it need not depend on a busy machine."""
_SVG = "{http://www.w3.org/2000/svg}"
_PIXELS = 96 / 72
"""Pixels in a point."""


class fsm_diagram(nodes.container):  # noqa: N801 - visitors have the name of the class
    """A machine to be drawn; its child is the table for builders that show no pictures."""


def add_diagram(app: Sphinx) -> None:
    """Add the node of diagrams."""
    app.add_node(
        fsm_diagram,
        html=(_visit_html, _depart_html),
        latex=(_visit_latex, _depart_latex),
    )


def _visit_html(translator: HTML5Translator, node: fsm_diagram) -> None:
    try:
        svg = _drawn(node)
    except FsmError as error:
        _warn(str(error), node)
        translator.visit_container(node)  # the table
        return
    is_page = translator.builder.name != "epub"
    translator.body.append(_element(svg, node) if is_page else _image(svg, node, translator))
    raise nodes.SkipNode


def _depart_html(translator: HTML5Translator, node: fsm_diagram) -> None:
    translator.depart_container(node)


def _drawn(node: fsm_diagram) -> ElementTree.Element:
    """Return the diagram as an SVG element with its alternative text; raises :class:`FsmError`."""
    made: DiagramContent = node["content"]
    page = draw_for_page(
        made.machine, made.look, timeout=_PATIENCE, warn=lambda text: _warn(text, node)
    )
    svg = ElementTree.fromstring(page.svg)  # noqa: S314 - written by us
    svg.set("aria-label", visible(node["alt"]))
    for title in svg.iterfind("{*}title"):
        title.text = visible(node["alt"])
    if colours := [c.lower() for c in made.machine.colours.values() if c.startswith("#")]:
        style = ElementTree.SubElement(svg, f"{_SVG}style")
        style.text = dark_style(colours)
    return svg


def _element(svg: ElementTree.Element, node: fsm_diagram) -> str:
    """Return an element that shrinks with the page; on a small screen, a large one scrolls."""
    for paper in svg.iterfind("{*}g/{*}polygon"):
        paper.set("fill", "none")  # the page is the paper
    attributes = {"class": " ".join(node["classes"])}
    if node["ids"]:
        attributes["id"] = node["ids"][0]
    width = node["width"]
    if width and not width.removesuffix("px").isdigit():
        svg.set("style", f"width:{width}")
    else:
        drawn = float(svg.get("width", "0").removesuffix("pt")) * _PIXELS
        pixels = int(width.removesuffix("px") or drawn)
        smallest = int(pixels * _SMALLEST)
        svg.set("style", f"width:{pixels}px;--fsm-smallest:{smallest}px")
        if smallest > _NARROW:
            attributes |= {"tabindex": "0", "role": "group", "aria-label": visible(node["alt"])}
    begin = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
    return f"<div{begin}>{_text(svg)}</div>\n"


def _image(svg: ElementTree.Element, node: fsm_diagram, translator: HTML5Translator) -> str:
    """Write an image file, and return the element that shows it."""
    builder = translator.builder
    name = _write(_text(svg).encode(), Path(builder.outdir, builder.imagedir), "svg")
    width = f' width="{escape(node["width"])}"' if node["width"] else ""
    source = escape(f"{builder.imgpath}/{name}")
    return f'<img src="{source}" alt="{escape(node["alt"])}" class="fsm-diagram"{width} />\n'


def _visit_latex(translator: LaTeXTranslator, node: fsm_diagram) -> None:
    made: DiagramContent = node["content"]
    try:
        image = draw(
            made.machine,
            "pdf",
            made.look,
            timeout=_PATIENCE,
            warn=lambda text: _warn(text, node),
        )
    except FsmError as error:
        _warn(str(error), node)
        translator.visit_container(node)  # the table
        return
    name = _write(image, Path(translator.builder.outdir), "pdf")
    width = translator.latex_image_length(node["width"]) if node["width"] else None
    options = f"[width={width}]" if width else ""
    translator.body.append(f"\n\\noindent\\sphinxincludegraphics{options}{{{{{name[:-4]}}}.pdf}}\n")
    raise nodes.SkipNode


def _depart_latex(translator: LaTeXTranslator, node: fsm_diagram) -> None:
    translator.depart_container(node)


def _write(image: bytes, directory: Path, suffix: str) -> str:
    """Write an image under a name that its content determines, and return the name."""
    name = f"fsm-{sha256(image).hexdigest()[:20]}.{suffix}"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / name).write_bytes(image)
    return name


def _text(svg: ElementTree.Element) -> str:
    return ElementTree.tostring(svg, encoding="unicode")


def _warn(message: str, node: fsm_diagram) -> None:
    _LOG.warning(message, location=node, type="fsm", subtype="diagram")
