"""The style and the script of HTML pages with diagrams and tables."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from fsm.drawing.paints import dark_rules

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["add_assets", "dark_style"]

_STYLE, _SCRIPT = "fsm.css", "fsm.js"
_LAYOUT = """\
.fsm-diagram { overflow-x: auto; margin: 1em 0; }
.fsm-diagram svg { display: block; height: auto; max-width: 100%; }
@media screen and (max-width: 480px) {
  .fsm-diagram svg { min-width: var(--fsm-smallest, 0); }
}
.fsm-diagram.align-center svg { margin-inline: auto; }
.fsm-diagram.align-right svg { margin-left: auto; }
table.fsm-table :is(td, th) { text-align: start; vertical-align: top; }
table:is(.fsm-table-decisions, .fsm-table-transitions) td:last-child { min-width: 12rem; }
table.fsm-table-table td { min-width: 7rem; }
table.fsm-table .line-block { margin: 0; }
table.fsm-table .line-block .line { margin: 0.25rem; }
.fsm-sort { all: unset; display: block; position: relative; margin: 0.25rem; cursor: pointer; }
.fsm-sort { padding-inline-end: 1em; }
.fsm-sort::after { position: absolute; inset-inline-end: 0; }
.fsm-sort:hover { text-decoration: underline; }
.fsm-sort:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
[aria-sort="ascending"] .fsm-sort::after { content: "▴"; }
[aria-sort="descending"] .fsm-sort::after { content: "▾"; }
"""


def add_assets(app: Sphinx) -> None:
    """Add the style and the script to the pages."""
    app.add_css_file(_STYLE)
    app.add_js_file(_SCRIPT)
    app.connect("builder-inited", _write_assets)


def _write_assets(app: Sphinx) -> None:
    if app.builder.format == "html":
        directory = Path(app.outdir, "_static")
        directory.mkdir(parents=True, exist_ok=True)
        (directory / _STYLE).write_text(_style(), "utf-8")
        script = files("fsm.sphinx").joinpath(_SCRIPT).read_text("utf-8")
        (directory / _SCRIPT).write_text(script, "utf-8")


def _style() -> str:
    """Return the style of diagrams and tables."""
    return f"{_LAYOUT}{dark_style()}"


def dark_style(colours: Iterable[str] = ()) -> str:
    """Return the style of dark colours where the page is dark, also for those of a machine."""
    dark = dark_rules('[data-theme="dark"] svg.fsm', colours)
    by_system = dark_rules('[data-theme="auto"] svg.fsm', colours)
    return (
        f"@media screen{{{dark}}}\n@media screen and (prefers-color-scheme:dark){{{by_system}}}\n"
    )
