"""The display of values in a notebook: machines as diagrams, results as tables.

Every value also has a plain text, for consoles. Names are always text, never markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import singledispatch
from html import escape
from itertools import islice
from pathlib import Path

from fsm.catalog import as_machine
from fsm.comparison import Comparison, describe_comparison, remarks
from fsm.drawing import draw
from fsm.drawing.model import Look
from fsm.engine import Replay
from fsm.engine.machine_result import MachineResult
from fsm.engine.unrecorded import NOT_RECORDED
from fsm.errors import MissingToolError, OutputError
from fsm.files import write_bytes
from fsm.machine import Machine
from fsm.presentation import Bundle, RichValue
from fsm.suites import Suite
from fsm.tables.checks.finding import CheckReport
from fsm.tables.write import transitions_grid
from fsm.text import quantity, shortened, visible

__all__ = ["Figure", "bundle", "figure"]

_WIDTH = 620
"""Width in points from which a diagram shrinks to its cell: that of cells in 1,100 pixels."""
_SIZE = re.compile(r'width="([\d.]+)pt" height="[\d.]+pt"')
_TESTS = 20
"""Maximum number of tests that are shown."""
_DIFFERENCES = 200
"""Maximum number of differences that are shown."""
_FINDINGS = 200
"""Maximum number of findings that are shown."""

Row = Sequence[str]


@dataclass(frozen=True)
class Figure(RichValue):
    """A diagram as a value, which notebooks show, and :meth:`write` writes to a file."""

    title: str
    """The title of the machine."""
    svg: str
    """The picture."""

    def write(self, path: Path | str) -> None:
        """Write the SVG file; raises :class:`fsm.errors.OutputError`, also for another suffix."""
        if Path(path).suffix.lower() not in ("", ".svg"):
            raise OutputError(
                f"{path}: a figure is written as SVG (.svg); fsm.draw makes png and pdf"
            )
        write_bytes(self.svg.encode(), Path(path))

    def __repr__(self) -> str:
        return f"<figure of {visible(self.title)}>"


def figure(machine: Machine | str, look: Look | None = None) -> Figure:
    """Return the diagram of a machine as a value that notebooks show and that can be written.

    ``machine`` is a machine or its name, ``look`` selects a part of it and an overlay.

    Raises what :func:`fsm.drawing.draw` raises.

    >>> figure("engagement")
    <figure of Recipient engagement>
    """
    machine = as_machine(machine)
    return Figure(machine.title, draw(machine, "svg", look))


@singledispatch
def bundle(value: object) -> Bundle:
    """Return the representations of a value, by media type."""
    return {"text/plain": repr(value)}


@bundle.register
def _(value: Figure) -> Bundle:
    return {"image/svg+xml": _fitted(value.svg), "text/plain": repr(value)}


@bundle.register
def _(machine: Machine) -> Bundle:
    """A diagram, or a table if Graphviz is not installed."""
    states, events = (
        quantity(len(x), noun) for x, noun in ((machine.states, "state"), (machine.events, "event"))
    )
    size = f"{states}, {events}"
    plain = {"text/plain": visible(f"{machine.name}: {machine.title} ({size})")}
    try:
        return {"image/svg+xml": _fitted(figure(machine).svg)} | plain
    except MissingToolError:
        grid = transitions_grid(machine)
        return {"text/html": _table(machine.title, grid.header, grid.rows)} | plain


def _fitted(svg: str) -> str:
    """Return a picture that is no wider than its cell; notebooks would cut it off, or scroll it.

    They show it as an image, whose size is that of its element, whatever its style says: without a
    width of its own a wide picture takes that of the cell.
    """
    size = _SIZE.search(svg)
    if size is None or float(size[1]) <= _WIDTH:
        return svg
    return _SIZE.sub('width="100%"', svg, count=1)


@bundle.register
def _(comparison: Comparison) -> Bundle:
    header = ("What", comparison.a, comparison.b, "Trace")
    total = len(comparison.differences) + len(comparison.effects)
    differences = comparison.differences[:_DIFFERENCES]
    effects = comparison.effects[: _DIFFERENCES - len(differences)]
    shown = replace(comparison, differences=differences, effects=effects)
    lines = describe_comparison(shown)
    if total > _DIFFERENCES:
        lines[1] += f" The first {_DIFFERENCES} of {total:,} differences."
    return {
        "text/html": _table(lines[1], header, _differences(shown))
        + "".join(f"<p>{_text(line)}</p>" for line in remarks(comparison)),
        "text/plain": "\n".join(visible(shortened(line)) for line in lines),
    }


@bundle.register
def _(replay: Replay) -> Bundle:
    title = (
        f"{quantity(replay.events, 'event')}, {quantity(replay.messages, 'message')}, "
        f"{replay.rejected:,} rejected"
    )
    rows = list(_counts(replay))
    header = ("", *replay.machines)
    checked = str(replay.crosscheck or "not compared with python-statemachine")
    return {
        "text/html": f"{_table(title, header, rows)}<p>{_text(checked)}</p>",
        "text/plain": f"{_lines(title, header, rows)}\n{visible(checked)}",
    }


@bundle.register
def _(report: CheckReport) -> Bundle:
    total = len(report.findings)
    counts = ((report.tables, "documented table"), (report.rows, "row"), (total, "finding"))
    title = ", ".join(quantity(count, noun) for count, noun in counts)
    rows = [
        (f"{f.file}:{f.line}:{f.column}", f.severity, f.code, f.message)
        for f in report.findings[:_FINDINGS]
    ]
    header = ("Where", "Severity", "Code", "Finding")
    more = f"; the first {_FINDINGS}" if total > _FINDINGS else ""
    return {
        "text/html": _table(title + more, header, rows),
        "text/plain": "\n".join((title, *(visible(str(f)) for f in report.findings[:_FINDINGS]))),
    }


@bundle.register
def _(suite: Suite) -> Bundle:
    size, method, name = suite.size, suite.method.name, suite.mealy.name
    counts = f"{quantity(size.tests, 'test')}, {quantity(size.symbols, 'input')}"
    title = f"{method} suite for {name}: {counts}"
    rows = [
        (str(number), ", ".join(test), ", ".join(suite.expected(test)))
        for number, test in enumerate(islice(suite.tests, _TESTS), 1)
    ]
    more = f"; the first {_TESTS}" if size.tests > _TESTS else ""
    html = _table(title + more, ("#", "Test", "Expected"), rows)
    return {
        "text/html": f"{html}<p>{_text(str(suite.guarantee))}</p>",
        "text/plain": visible(f"{title}\n{suite.guarantee}").replace("[U+000A]", "\n"),
    }


def _differences(comparison: Comparison) -> Iterable[Row]:
    for difference in comparison.differences:
        what = f"{difference.kind.value} of {difference.event or _pair(difference.states)}"
        yield what, *(side or "none" for side in difference.shows), _trace(difference.trace)
    for effect in comparison.effects:
        sides = zip(*((x.value, y.value) for _, x, y in effect.effects), strict=True)
        names = ", ".join(name for name, _, _ in effect.effects)
        what = f"effect of {effect.event} in {_pair(effect.states)}: {names}"
        yield what, *(", ".join(side) for side in sides), _trace(effect.trace)


def _pair(states: tuple[str, str]) -> str:
    return " | ".join(dict.fromkeys(states))


def _trace(trace: Sequence[str]) -> str:
    return shortened(", ".join(trace)) or "(at the start)"


def _counts(replay: Replay) -> Iterable[Row]:
    results = replay.machines.values()
    yield "messages to send", *(f"{result.to_send:,}" for result in results)
    yield "sent", *(NOT_RECORDED if r.unrecorded.sent_unknown else f"{r.sent:,}" for r in results)
    for name in dict.fromkeys(name for result in results for name in result.indicators):
        yield name, *(_share(result, name) for result in results)
    for status in dict.fromkeys(name for result in results for name in result.statuses):
        yield f"status {status}", *(_status(result, status) for result in results)


def _share(result: MachineResult, name: str) -> str:
    if name in result.unrecorded.indicators:
        return NOT_RECORDED
    share = result.indicators.get(name)
    if share is None or share.percent is None:
        return "-"
    return f"{share.count:,} ({share.percent:.2f} %)"


def _status(result: MachineResult, name: str) -> str:
    if name in result.unrecorded.statuses:
        return NOT_RECORDED
    count = result.statuses.get(name)
    return "-" if count is None else f"{count:,}"


def _lines(title: str, header: Row, rows: Iterable[Row]) -> str:
    table = (" | ".join(map(visible, row)) for row in (header, *rows))
    return "\n".join((title, *table))


def _table(title: str, header: Row, rows: Iterable[Row]) -> str:
    """Return an HTML table; the first cell of a row names it."""
    head = "".join(f'<th scope="col">{_text(cell)}</th>' for cell in header)
    body = "".join(
        f'<tr><th scope="row">{_text(first)}</th>'
        + "".join(f"<td>{_text(cell)}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in rows
    )
    return (
        f"<table><caption>{_text(title)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _text(text: str) -> str:
    return escape(visible(shortened(text)))
