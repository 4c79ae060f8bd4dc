"""The assembly of the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from fsm.arguments import check_count, check_duration
from fsm.drawing.graphviz import Renderer
from fsm.drawing.marking import traffic_overlay
from fsm.drawing.model import Look
from fsm.engine.result import Replay
from fsm.epoch import MICROSECOND, exact_duration
from fsm.errors import FsmError, MissingToolError
from fsm.logs.notes import Notes
from fsm.page import assemble_page, draw_for_page, read_asset
from fsm.reports.blocks import chart_data, message_data
from fsm.reports.figures import MESSAGES, Figures, compute_figures
from fsm.reports.misfits import misfits_of
from fsm.reports.sections import charted_indicators, quoted, section_values
from fsm.text import COMPUTED, quantity, shortened, visible

__all__ = ["report"]

_HERE = "fsm.reports"
_SCRIPTS = ("charts", "tables", "messages")


def report(
    replay: Replay,
    *,
    every: timedelta | None = None,
    messages: int = MESSAGES,
    notes: Sequence[Notes] = (),
    conformance: bool = False,
    command: str = "",
    renderer: Renderer | None = None,
    timeout: float | None = None,
    warn: Callable[[str], None] | None = None,
) -> str:
    """Return the report of a replay as a page, an HTML text that needs no network.

    ``replay`` is what :func:`fsm.replay` returns; its log is read again. ``every`` is the period of
    the curves (default: it depends on the log), ``messages`` the maximum number of messages with
    their histories, ``notes`` how logs of other formats were read, ``conformance`` whether the page
    has a section on what does not fit the machines (:func:`fsm.conform`; the log is read once more
    for each), ``command`` the command line for the footer. The other arguments are those of
    :func:`fsm.draw`. Without Graphviz the page has a note in place of diagrams.

    Raises :class:`fsm.errors.LogError` for a log without events, and for one of which a
    checkpoint holds a part.

    >>> import fsm
    >>> log = next(fsm.simulate("with-feedback", messages=100, seed=1))
    >>> report(fsm.replay(log)).startswith("<!doctype html>")
    True
    """
    if not isinstance(replay, Replay):
        raise FsmError("a report is made of a replay: fsm.report(fsm.replay(log))")
    check_duration("every", every)
    check_count("messages", messages)
    figures = compute_figures(replay, every, messages)
    looks: dict[str, Any] = {"renderer": renderer, "timeout": timeout, "warn": warn}
    drawings = _drawings(figures, **looks)
    misfits = list(misfits_of(figures, **looks)) if conformance else []
    values = section_values(figures, notes)
    return assemble_page(
        f"{'Delivery report' if figures.unit.is_mail else 'Report'}: {', '.join(figures.names)}",
        _rendered("page.html", **values, drawings=drawings, misfits=misfits),
        subtitle=figures.subtitle,
        footer=_footer(figures, command),
        styles=[_uplot("uPlot.min.css"), read_asset(_HERE, "page.css")],
        scripts=[_chart_library(), read_asset("fsm.page", "elements.js"), *_scripts()],
        data={
            "charts-data": chart_data(figures),
            "messages-data": message_data(figures),
            "tables-data": {"computed": COMPUTED},
        },
        colours=[colour for side in figures.sides for colour in side.machine.colours.values()],
    )


def _drawings(figures: Figures, **options: Any) -> list[dict[str, object]]:
    """Draw each machine with the event counts of the log."""
    drawings = []
    for side in figures.sides:
        cells = figures.traffic_of(side.machine)
        look = Look(effects=False, overlay=traffic_overlay(side.machine, cells, figures.names[0]))
        try:
            svg = draw_for_page(side.machine, look, **options).svg
        except MissingToolError:
            return []
        drawings.append({"side": side, "svg": Markup(svg)})  # noqa: S704 - escaped when drawn
    return drawings


def _rendered(name: str, **values: object) -> str:
    """Return a template with its values. Values are text unless they are marked as HTML."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=_bounded, trim_blocks=True
    )
    environment.globals |= {"quantity": quantity, "capital": _capital, "quoted": quoted}
    return environment.from_string(read_asset(_HERE, name)).render(values)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _bounded(value: object) -> object:
    """Return a value without invisible characters, and of a limited length."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(shortened(value))
    return value


def _footer(figures: Figures, command: str) -> str:
    made = f"Made with <code>{escape(visible(shortened(command)))}</code> " if command else "Made "
    names = ", ".join(f"<code>{escape(visible(shortened(name)))}</code>" for name in figures.names)
    return (
        f"<p>{made}from {names}. {_shares(figures)}; times are UTC{_steps(figures)}.</p>"
        "<p>Charts by uPlot (MIT licence).</p>"
    )


def _shares(figures: Figures) -> str:
    to_send = " to send" if figures.unit.is_mail else ""
    what = "Indicators are percentages" if charted_indicators(figures) else "Percentages are"
    return f"{what} of {escape(figures.unit.count(figures.to_send))}{to_send}"


def _steps(figures: Figures) -> str:
    every = exact_duration(figures.every // MICROSECOND)
    return f"; curves in steps of {every}" if charted_indicators(figures) else ""


def _chart_library() -> str:
    return f"/* {_uplot('LICENSE').strip()} */\n{_uplot('uPlot.iife.min.js')}"


def _uplot(name: str) -> str:
    return read_asset(_HERE, f"uplot/{name}")


def _scripts() -> list[str]:
    return [read_asset(_HERE, f"{name}.js") for name in _SCRIPTS]
