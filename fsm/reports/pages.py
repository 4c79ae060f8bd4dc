"""The page, put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from fsm.drawing.graphviz import Renderer
from fsm.drawing.marking import traffic
from fsm.drawing.model import Look
from fsm.engine.result import Replay
from fsm.errors import MissingToolError
from fsm.logs.notes import Notes
from fsm.page import assemble, diagram, part
from fsm.page.palette import RANKS
from fsm.reports.blocks import chart_block, message_block
from fsm.reports.content import content
from fsm.reports.figures import MESSAGES, Figures, figures
from fsm.reports.sentences import period
from fsm.text import COMPUTED, shortened, visible

__all__ = ["report"]

_HERE = "fsm.reports"
_SCRIPTS = ("charts", "tables", "messages")


def report(
    replay: Replay,
    *,
    every: timedelta | None = None,
    messages: int = MESSAGES,
    notes: Sequence[Notes] = (),
    command: str = "",
    renderer: Renderer | None = None,
    timeout: float | None = None,
    say: Callable[[str], None] | None = None,
) -> str:
    """Return the report of a replay as a page, an HTML text; it needs no network.

    ``replay`` is what :func:`fsm.replay` returns; its log is read again. ``every`` is the period of
    the curves (default: one that fits), ``messages`` the number of messages whose histories the
    page has at most, ``notes`` what was made of logs of other formats, ``command`` what the footer
    says made it. The other arguments are those of :func:`fsm.page.diagrams.diagram`; without
    Graphviz the page has no diagram, and says so.

    Raises :class:`fsm.errors.LogError` for a log without events, and for one of which a
    checkpoint holds a part.

    >>> import fsm
    >>> log = next(fsm.simulate("with-feedback", messages=100, seed=1))
    >>> page = report(fsm.replay(log))
    >>> page.startswith("<!doctype html>")
    True
    """
    found = figures(replay, every, messages)
    drawings = _drawings(found, renderer=renderer, timeout=timeout, say=say)
    shown = content(found, notes)
    return assemble(
        f"Delivery report: {', '.join(found.names)}",
        _filled("page.html", **shown, drawings=drawings),
        subtitle=found.subtitle,
        footer=_footer(found, command),
        styles=[_uplot("uPlot.min.css"), _paints(), part(_HERE, "page.css")],
        scripts=[_chart_library(), part("fsm.page", "elements.js"), *_scripts()],
        data={
            "charts-data": chart_block(found),
            "messages-data": message_block(found),
            "tables-data": {"computed": COMPUTED},
        },
    )


def _drawings(found: Figures, **options: Any) -> list[dict[str, object]]:
    """Draw each machine with the traffic of the log."""
    drawn = []
    for side in found.sides:
        cells = found.traffic_of(side.machine)
        look = Look(effects=False, overlay=traffic(side.machine, cells, found.names[0]))
        try:
            svg = diagram(side.machine, look, **options).svg
        except MissingToolError:
            return []
        drawn.append({"side": side, "svg": Markup(svg)})  # noqa: S704 - drawn, and escaped there
    return drawn


def _filled(name: str, **values: object) -> str:
    """Return a template with values, which are text unless they are marked as HTML."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=_plain, trim_blocks=True
    )
    return environment.from_string(part(_HERE, name)).render(values)


def _plain(value: object) -> object:
    """Whatever is written into the page is visible, and of a bounded length."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(shortened(value))
    return value


def _footer(found: Figures, command: str) -> str:
    made = f"Made with <code>{escape(visible(shortened(command)))}</code> " if command else "Made "
    names = ", ".join(f"<code>{escape(visible(shortened(name)))}</code>" for name in found.names)
    return (
        f"<p>{made}from {names}. Indicators are in percent of {found.to_send:,} messages to send; "
        f"times are UTC; curves by {period(found.every)}.</p>"
        "<p>Charts by uPlot (MIT licence).</p>"
    )


def _chart_library() -> str:
    return f"/* {_uplot('LICENSE').strip()} */\n{_uplot('uPlot.iife.min.js')}"


def _uplot(name: str) -> str:
    return part(_HERE, f"uplot/{name}")


def _paints() -> str:
    """Return the classes of parts that are painted as a status."""
    return "".join(f".line-{rank}{{--part:var(--line-{rank})}}" for rank in range(RANKS))


def _scripts() -> list[str]:
    return [part(_HERE, f"{name}.js") for name in _SCRIPTS]
