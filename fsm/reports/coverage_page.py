"""The page of what tests ran of machines: for each a matrix of states and events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from fsm.conformance.covered_machines import (
    CoverableCell,
    CoveredMachine,
    CoveredSuite,
    DocumentedRow,
)
from fsm.page import assemble_page, fill_template, read_asset
from fsm.text import first_names, quantity, shortened, visible

__all__ = ["MOST_DRAWN", "render_coverage"]

MOST_DRAWN = 4_000
"""So many cells of a machine are drawn at most: states with cells that were not run come first."""
_LISTED = 100
"""So many failed tests are listed at most."""
_NAMED = 10
"""So many tests of a cell are named at most."""
_HERE = "fsm.reports"
_LABELS = {
    "transitions": "Transitions run",
    "rejections": "Rejections run",
    "rows": "Documented rows run",
}

_LEGEND = {
    "agree": ("12", "transition, run by 12 tests"),
    "rejected": ("12", "rejection, run by 12 tests"),
    "untried": ("0", "transition, not run"),
    "untried rejects": ("0", "rejection, not run"),
    "disagree": ("✗ 12", "run by 12 tests, of which some failed here"),
}


def render_coverage(machines: Sequence[CoveredMachine]) -> str:
    """Return the coverage of machines as a page, an HTML text that needs no network."""
    sections = [_section(machine, f"m{number}") for number, machine in enumerate(machines, 1)]
    names = list(dict.fromkeys(machine.name for machine in machines))
    return assemble_page(
        "Coverage of conformance tests",
        fill_template(
            read_asset(_HERE, "coverage_page.html"),
            overview=_overview(machines) if len(machines) > 1 else "",
            sections="\n".join(sections) or '<p class="card">No conformance test was run.</p>',
        ),
        subtitle=first_names(names) if names else "",
        footer="<p>Made with <code>pytest --fsm-cov-html</code></p>",
        styles=[read_asset("fsm.page", "matrix.css"), read_asset(_HERE, "coverage_page.css")],
    )


# All machines --------------------------------------------------------------------------------


def _overview(machines: Sequence[CoveredMachine]) -> str:
    """Return a table with a row for each machine."""
    rows = "\n".join(
        f'<tr><th scope="row"><a href="#m{number}">{_text(machine.title)}</a></th>'
        + "".join(_share_cell(*counts) for counts in _figures(machine).values())
        + f"{_failed_cell(_failed(machine))}</tr>"
        for number, machine in enumerate(machines, 1)
    )
    names = ("Machine", *_figures(machines[0]), "Tests failed")
    header = "".join(
        f'<th scope="col"{_NUMBER if place else ""}>{name}</th>' for place, name in enumerate(names)
    )
    return (
        '<section class="card" aria-labelledby="machines-title">'
        '<h2 id="machines-title">Machines</h2>'
        f"{_scroll('Table of machines', f'<thead><tr>{header}</tr></thead>', rows)}"
        "</section>"
    )


_NUMBER = ' class="number"'


def _share_cell(run: int, whole: int) -> str:
    kind = "number" if run == whole else "number left"
    return f'<td class="{kind}">{run:,} of {whole:,}</td>' if whole else f"<td{_NUMBER}>–</td>"


def _failed_cell(count: int) -> str:
    return f'<td class="number{" failed" if count else ""}">{count:,}</td>'


def _figures(machine: CoveredMachine) -> dict[str, tuple[int, int]]:
    """Return how many were run of how many, by label."""
    done = sum(suite.done for suite in machine.suites)
    planned = sum(suite.planned for suite in machine.suites)
    counts = {label: machine.counts[name] for name, label in _LABELS.items()}
    return counts | {"Tests run": (done, planned)}


def _failed(machine: CoveredMachine) -> int:
    return sum(len(suite.failed) for suite in machine.suites)


# One machine ---------------------------------------------------------------------------------


def _section(machine: CoveredMachine, key: str) -> str:
    drawn = _Drawn(machine, key)
    return fill_template(
        read_asset(_HERE, "coverage_machine.html"),
        key=key,
        title=_text(machine.title),
        suites="\n".join(map(_suite, machine.suites)),
        tiles="\n".join(_tiles(machine)),
        not_run=drawn.not_run(),
        failures=_failures(machine),
        notes="".join(f'<p class="note">{_text(note)}</p>' for note in drawn.notes),
        legend=drawn.legend(),
        matrix=drawn.matrix(),
        rows=drawn.rows(),
        cells=drawn.cells(),
    )


def _suite(suite: CoveredSuite) -> str:
    kind = "failed" if suite.failed else "left" if suite.done < suite.planned else "quiet"
    count = f"{suite.done:,} of {suite.planned:,} tests run"
    return (
        f"<li><strong>{_text(suite.title)}</strong> <code>{_name(suite.function)}</code><br>"
        f'{count}; <span class="{kind}">{_text(suite.verdict)}</span></li>'
    )


def _tiles(machine: CoveredMachine) -> Iterator[str]:
    for label, (run, whole) in _figures(machine).items():
        if whole:
            kind = "good" if run == whole else "left"
            figure = f"{run:,} <small>of {whole:,}</small>"
            yield f'<div class="tile {kind}"><dt>{label}</dt><dd>{figure}</dd></div>'
    if count := _failed(machine):
        yield f'<div class="tile bad"><dt>Tests failed</dt><dd>{count:,}</dd></div>'


def _failures(machine: CoveredMachine) -> str:
    failed = [name for suite in machine.suites for name in suite.failed]
    if not failed:
        return ""
    items = "".join(f"<li><code>{_name(name)}</code></li>" for name in failed[:_LISTED])
    more = f"<li>and {len(failed) - _LISTED:,} more</li>" if len(failed) > _LISTED else ""
    return f'<h3>Tests that failed</h3><ul class="names failures">{items}{more}</ul>'


class _Drawn:
    """The cells of a machine that the page has, by their places in its matrix."""

    def __init__(self, machine: CoveredMachine, key: str) -> None:
        self.machine, self.key = machine, key
        self.events = list(dict.fromkeys(cell.event for cell in machine.cells))
        every = list(dict.fromkeys(cell.state for cell in machine.cells))
        urgent = {cell.state for cell in machine.cells if not cell.tests or cell.failed}
        most = max(1, MOST_DRAWN // max(1, len(self.events)))
        kept = set(sorted(every, key=lambda state: state not in urgent)[:most])
        self.states = [state for state in every if state in kept]
        self.left_out = len(every) - len(self.states)
        states = {state: s for s, state in enumerate(self.states)}
        events = {event: x for x, event in enumerate(self.events)}
        self.places = {
            (states[cell.state], events[cell.event]): cell
            for cell in machine.cells
            if cell.state in states
        }
        self.ids = {
            (cell.state, cell.event): f"{key}-{s}-{x}" for (s, x), cell in self.places.items()
        }
        functions = {suite.function for suite in machine.suites}
        self.only = functions.pop() if len(functions) == 1 else ""

    @property
    def notes(self) -> list[str]:
        if not self.left_out:
            return []
        return [f"{quantity(self.left_out, 'more state')} are not drawn; --fsm-cov-file has them"]

    # What is left

    def not_run(self) -> str:
        """Return tables of the cells that no test ran: transitions, and rejections by state."""
        left = {place: cell for place, cell in self.places.items() if not cell.tests}
        if not self.machine.not_run:
            return '<p class="done">Every cell was run.</p>'
        return "".join(
            (
                self._transitions({p: c for p, c in left.items() if not c.is_rejected}),
                self._rejections({p: c for p, c in left.items() if c.is_rejected}),
            )
        )

    def _transitions(self, left: dict[tuple[int, int], CoverableCell]) -> str:
        if not left:
            return ""
        rows = "".join(
            f'<tr id="{self.key}-{s}-{x}"><th scope="row"><code>{_name(cell.state)}</code></th>'
            f"<td><code>{_name(cell.event)}</code></td><td>{_text(cell.specified)}</td>"
            f"<td>{_cited(cell.row)}</td></tr>"
            for (s, x), cell in left.items()
        )
        header = _header("State", "Event", "Specified", "Documented in")
        table = _scroll(f"Transitions of {self.machine.title} not run", header, rows)
        return f"<h3>Transitions not run</h3>{table}"

    def _rejections(self, left: dict[tuple[int, int], CoverableCell]) -> str:
        if not left:
            return ""
        states: dict[int, list[str]] = {}
        for (s, x), cell in left.items():
            name = f'<code id="{self.key}-{s}-{x}">{_name(cell.event)}</code>'
            states.setdefault(s, []).append(name)
        rows = "".join(
            f'<tr><th scope="row"><code>{_name(self.states[s])}</code></th>'
            f'<td class="events">{", ".join(events)}</td></tr>'
            for s, events in states.items()
        )
        header = _header("State", "Rejected events")
        table = _scroll(f"Rejections of {self.machine.title} not run", header, rows)
        return f"<h3>Rejections not run</h3>{table}"

    def _link(self, cell: CoverableCell) -> str:
        event = f"<code>{_name(cell.event)}</code>"
        place = self.ids.get((cell.state, cell.event))
        return f'<a href="#{place}">{event}</a>' if place else event

    # The matrix

    def matrix(self) -> str:
        """Return the matrix: a link to its tests in each cell."""
        names = "".join(
            f'<th scope="col" title="{_name(event)}"><span>{_name(event)}</span></th>'
            for event in self.events
        )
        rows = "\n".join(
            f'<tr><th scope="row" title="{_name(state)}">{_name(state)}</th>'
            + "".join(self._cell(s, x) for x in range(len(self.events)))
            + "</tr>"
            for s, state in enumerate(self.states)
        )
        return (
            f'<caption class="unseen">How many tests ran each cell of {_text(self.machine.title)}'
            f'</caption><thead><tr><th scope="col">State</th>{names}</tr></thead>'
            f"<tbody>{rows}</tbody>"
        )

    def _cell(self, s: int, x: int) -> str:
        cell = self.places.get((s, x))
        if cell is None:
            return '<td class="none"><span class="unseen">not specified</span></td>'
        kind = "rejection" if cell.is_rejected else "transition"
        count = len(cell.tests)
        run = f"run by {quantity(count, 'test')}"
        if _short_count(count) != f"{count:,}":  # a name has the text that is seen
            run += f", shown as {_short_count(count)}"
        failed = f", {len(cell.failed):,} failed here" if cell.failed else ""
        label = f"{_name(cell.state)}, {_name(cell.event)}: {kind}, {run}{failed}"
        return (
            f'<td><a class="{_class_of(cell)}" href="#{self.key}-{s}-{x}" aria-label="{label}">'
            f"{_short_count(count)}</a></td>"
        )

    # Rows and tests

    def legend(self) -> str:
        """Return the meanings of the colours that the matrix has."""
        used = {_class_of(cell) for cell in self.places.values()}
        return "".join(
            f'<li><span class="cell-key {kind}">{sign}</span>{meaning}</li>'
            for kind, (sign, meaning) in _LEGEND.items()
            if kind in used
        )

    def rows(self) -> str:
        """Return the table of documented rows."""
        if not self.machine.rows:
            return ""
        rows = "".join(self._row(*each) for each in self.machine.rows.items())
        header = _header("Row", "Cells", "Run by")
        table = _scroll(f"Rows of {self.machine.title}", header, rows)
        return f"<h3>Documented rows</h3>{table}"

    def _row(self, row: DocumentedRow, cells: Sequence[CoverableCell]) -> str:
        links = ", ".join(
            f"<span><code>{_name(cell.state)}</code> × {self._link(cell)}</span>" for cell in cells
        )
        run = sum(bool(cell.tests) for cell in cells)
        tests = {test for cell in cells for test in cell.tests}
        text = quantity(len(tests), "test")
        if run < len(cells):
            text = f"{text}; {run:,} of {len(cells):,} cells run" if run else "not run"
        kind = "" if run == len(cells) else ' class="left"'
        said = f'<br><span class="note">{_text(row.text)}</span>' if row.text else ""
        return (
            f'<tr><th scope="row">{_text(row.citation)}{said}</th><td>{links}</td>'
            f"<td{kind}>{text}</td></tr>"
        )

    def cells(self) -> str:
        """Return the table of the cells that were run, with their tests."""
        rows = "\n".join(
            f'<tr id="{self.key}-{s}-{x}"><th scope="row"><code>{_name(cell.state)}</code></th>'
            f"<td><code>{_name(cell.event)}</code></td><td>{_text(cell.specified)}</td>"
            f"<td>{_cited(cell.row)}</td><td>{self._tests(cell)}</td></tr>"
            for (s, x), cell in self.places.items()
            if cell.tests
        )
        if not rows:
            return '<p class="note">No cell was run.</p>'
        header = _header("State", "Event", "Specified", "Documented in", "Run by")
        return _scroll(f"Cells of {self.machine.title} that were run", header, rows)

    def _tests(self, cell: CoverableCell) -> str:
        count = quantity(len(cell.tests), "test")
        tests = f"<details><summary>{count}</summary>{self._list(cell.tests)}</details>"
        if not cell.failed:
            return tests
        count = quantity(len(cell.failed), "test")
        return f'<span class="failed">{count} failed here</span>{self._list(cell.failed)}{tests}'

    def _list(self, tests: Sequence[str]) -> str:
        items = "".join(f"<li><code>{_name(self._short(t))}</code></li>" for t in tests[:_NAMED])
        more = f"<li>and {len(tests) - _NAMED:,} more</li>" if len(tests) > _NAMED else ""
        return f'<ul class="names">{items}{more}</ul>'

    def _short(self, test: str) -> str:
        """Return the name of a test without that of the only function."""
        own = test.removeprefix(self.only) if self.only else test
        return own if own == test else own.removeprefix("::").strip("[]") or test


def _class_of(cell: CoverableCell) -> str:
    if cell.failed:
        return "disagree"
    if not cell.tests:
        return "untried rejects" if cell.is_rejected else "untried"
    return "rejected" if cell.is_rejected else "agree"


def _short_count(count: int) -> str:
    return f"{count}" if count < 1_000 else f"{count // 1_000}k"


def _header(*names: str) -> str:
    columns = "".join(f'<th scope="col">{name}</th>' for name in names)
    return f"<thead><tr>{columns}</tr></thead>"


def _scroll(label: str, header: str, rows: str) -> str:
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{_text(label)}">'
        f"<table>{header}<tbody>{rows}</tbody></table></div>"
    )


def _cited(row: DocumentedRow | None) -> str:
    return _text(row.citation) if row else '<span class="quiet">–</span>'


def _name(text: str) -> str:
    return _text(text) or "(no name)"


def _text(text: str) -> str:
    return escape(visible(shortened(text)))
