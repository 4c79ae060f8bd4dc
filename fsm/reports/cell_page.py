"""The page of the cells of a machine: a matrix of verdicts that opens the evidence of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from fsm.conformance.cells import JOINT, CellComparison, ComparedCell
from fsm.conformance.votes import DOCUMENT, LOG, SOURCES
from fsm.page import assemble_page, fill_template, read_asset
from fsm.text import quantity, shortened, visible

__all__ = ["MOST_CELLS", "render_cells"]

MOST_CELLS = 20_000
"""So many cells are drawn at most: states with disagreements come first, the rest is counted."""
_LISTED = 200
_HERE = "fsm.reports"
_ACCEPTED = '<li><span class="cell-key agree">✓</span>agree: accepted</li>'
_AGREED = (
    '<li><span class="cell-key agree">12</span>agree: accepted, seen 12 times</li>\n'
    '<li><span class="cell-key agree">0</span>agree: accepted, never seen</li>'
)
_Place = tuple[int, int]


def render_cells(cells: CellComparison, *, command: str = "") -> str:
    """Return the verdicts on cells as a page, an HTML text that needs no network.

    ``command`` is the command line for the footer.
    """
    drawn = _Drawn(cells)
    return assemble_page(
        f"Conformance: {cells.machine.title or cells.machine.name}",
        fill_template(
            read_asset(_HERE, "cell_page.html"),
            tiles="\n".join(_tiles(cells)),
            sources="".join(f'<span class="badge">{_text(s)}</span>' for s in _sources(cells)),
            notes=_notes([*cells.notes, *drawn.notes]),
            disagreements=_disagreements(cells, drawn),
            accepted=_AGREED if LOG in cells.sources else _ACCEPTED,
            emphases="\n".join(_emphases(cells)),
        ),
        subtitle=cells.machine.name,
        footer=f"<p>Made with <code>{_text(command)}</code></p>" if command else "",
        styles=[read_asset("fsm.page", "matrix.css"), read_asset(_HERE, "cell_page.css")],
        scripts=[read_asset("fsm.page", "elements.js"), read_asset(_HERE, "cell_page.js")],
        data={"cells-data": drawn.data()},
    )


class _Drawn:
    """The cells of the matrix, by their places in it."""

    def __init__(self, cells: CellComparison) -> None:
        self.cells = cells
        self.events = list(dict.fromkeys(cell.event for cell in cells.cells))
        every = list(dict.fromkeys(cell.state for cell in cells.cells))
        most = max(1, MOST_CELLS // max(1, len(self.events)))
        differing = {cell.state for cell in cells.disagreements}
        kept = sorted(every, key=lambda state: state not in differing)[:most]
        self.states = [state for state in every if state in set(kept)]
        self.left_out = len(every) - len(self.states)
        rows = {state: s for s, state in enumerate(self.states)}
        columns = {event: x for x, event in enumerate(self.events)}
        self.places: dict[tuple[str, str], _Place] = {
            (cell.state, cell.event): (rows[cell.state], columns[cell.event])
            for cell in cells.cells
            if cell.state in rows
        }

    @property
    def notes(self) -> list[str]:
        if not self.left_out:
            return []
        count = quantity(self.left_out, "state")
        return [f"{count} without disagreements are not drawn; --json has more"]

    def data(self) -> dict[str, Any]:
        """Return the matrix for the script."""
        table: list[list[Any]] = [[None] * len(self.events) for _ in self.states]
        for cell in self.cells.cells:
            if place := self.places.get((cell.state, cell.event)):
                table[place[0]][place[1]] = _data_of(cell)
        return {
            "states": [_bounded(name) for name in self.states],
            "events": [_bounded(name) for name in self.events],
            "sources": {kind: _bounded(name) for kind, name in self.cells.sources.items()},
            "page": DOCUMENT in self.cells.sources or JOINT in self.cells.sources,
            "log": LOG in self.cells.sources,
            "tests": self.cells.has_tests,
            "cells": table,
        }


def _data_of(cell: ComparedCell) -> dict[str, Any]:
    tests = cell.tests
    return {
        "kind": cell.kind,
        "verdict": _bounded(cell.verdict),
        "odd": cell.judgement.odd_one_out,
        "accepted": cell.is_accepted,
        "votes": {vote.source: _bounded(vote.text) for vote in cell.votes},
        "rows": [[_bounded(o.citation), visible(shortened(o.reason))] for o in cell.origins],
        "count": cell.count,
        "place": visible(shortened(cell.place)),
        "run": cell.run and [[*map(_bounded, cell.run.trace)], _bounded(cell.run.answer)],
        "tests": [tests.count, [*map(_bounded, tests.tests)]] if tests else [0, []],
    }


def _tiles(cells: CellComparison) -> Iterator[str]:
    counts = cells.counts
    bad = "bad" if counts["disagree"] else "good"
    labels = {
        "disagree": "Sources disagree",
        "agree": "Sources agree",
        "alone": "One source alone",
        "unseen": "Accepted, never seen in the log",
        "untested": "Accepted, run by no test",
    }
    for name, label in labels.items():
        if name in counts:
            kind = f"tile {bad}" if name == "disagree" else "tile"
            yield f'<div class="{kind}"><dt>{label}</dt><dd>{counts[name]:,}</dd></div>'


def _sources(cells: CellComparison) -> list[str]:
    named = [f"{kind} {name}".strip() for kind, name in cells.sources.items()]
    return [*named, "tests"] if cells.has_tests else named


def _notes(notes: Sequence[str]) -> str:
    items = "".join(f'<li class="note">{_text(note)}</li>' for note in notes)
    return f'<ul class="notes">{items}</ul>' if items else ""


def _emphases(cells: CellComparison) -> Iterator[str]:
    for name, label in (("unseen", "Not seen"), ("untested", "Not tested")):
        if name in cells.counts:
            yield (
                f'<label><input type="radio" name="emphasis" value="{name}">'
                f"<span>{label}</span></label>"
            )


def _disagreements(cells: CellComparison, drawn: _Drawn) -> str:
    """Return the table of the cells on which sources disagree."""
    if not cells.disagreements:
        return ""
    used = {vote.source for cell in cells.disagreements for vote in cell.votes}
    columns = [source for source in (JOINT, *SOURCES) if source in used]
    header = "".join(
        f'<th scope="col">{_text(name[:1].upper() + name[1:])}</th>'
        for name in ("state", "event", "verdict", *columns)
    )
    rows = "\n".join(_row(cell, columns, drawn) for cell in cells.disagreements[:_LISTED])
    more = len(cells.disagreements) - _LISTED
    rest = f'<p class="note">and {more:,} more in the matrix below</p>' if more > 0 else ""
    return (
        '<section class="card" aria-labelledby="differing-title">'
        '<h2 id="differing-title">Where sources disagree</h2>'
        '<div class="scroll" tabindex="0" role="region" aria-label="Table of disagreements">'
        f'<table class="differing"><thead><tr>{header}</tr></thead><tbody>{rows}</tbody></table>'
        f"</div>{rest}</section>"
    )


def _row(cell: ComparedCell, columns: Sequence[str], drawn: _Drawn) -> str:
    votes = {vote.source: vote.text for vote in cell.votes}
    if LOG in votes:
        votes[LOG] = f"seen {quantity(cell.count, 'time')}"
    place = drawn.places.get((cell.state, cell.event))
    event = f"<code>{_text(cell.event)}</code>"
    if place:
        event = f'<button type="button" data-cell="{place[0]}-{place[1]}">{event}</button>'
    said = "".join(
        f"<td{_odd(cell, source)}>{_text(votes.get(source, '–'))}</td>" for source in columns
    )
    return (
        f'<tr><th scope="row"><code>{_text(cell.state)}</code></th><td>{event}</td>'
        f"<td>{_text(cell.verdict)}</td>{said}</tr>"
    )


def _odd(cell: ComparedCell, source: str) -> str:
    return ' class="odd"' if cell.judgement.odd_one_out == source else ""


def _bounded(text: str) -> str:
    return visible(shortened(text)) or "(no name)"


def _text(text: str) -> str:
    return escape(visible(shortened(text)))
