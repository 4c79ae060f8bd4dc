"""Who disagrees about which cell: seeded disagreements are found where they are, and no others."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fsm
from fsm.conformance.cells import CellComparison, compare_cells
from fsm.conformance.conforming import conform
from fsm.conformance.documents import declared_cells
from fsm.conformance.probing import probe
from fsm.conformance.sightings import see_cells
from fsm.conformance.votes import Vote, judge
from tests.conformance.orders import (
    AFTER,
    STATUS,
    TRACES,
    System,
    as_log,
    as_machine,
    as_page,
)
from tests.depth import samples

Cell = tuple[str, str]
EVENTS = tuple(dict.fromkeys(event for _, event in AFTER))


def found(cells: CellComparison | None) -> dict[Cell, str | None]:
    """Return the cells with disagreements, each with the odd one out."""
    assert cells is not None
    return {(c.state, c.event): c.judgement.odd_one_out for c in cells.disagreements}


def without(cell: Cell) -> dict[Cell, str]:
    return {key: target for key, target in AFTER.items() if key != cell}


class Raising(System):
    def send(self, event: str) -> str | None:
        if (self.state, event) == ("shipped", "return"):
            raise ValueError("no returns")
        return super().send(event)


class Seed(NamedTuple):
    """A disagreement in one source: what is given instead, and where it is."""

    name: str
    cell: Cell
    odd: str
    page: Mapping[Cell, str] = AFTER
    page_status: Mapping[str, str | None] = STATUS
    system: Callable[[], System] = System
    more: tuple[tuple[str, ...], ...] = ()


SEEDS = [
    Seed(
        "page: wrong target",
        ("paid", "ship"),
        "document",
        page=AFTER | {("paid", "ship"): "delivered"},
    ),
    Seed(
        "page: row missing",
        ("shipped", "return"),
        "document",
        page=without(("shipped", "return")),
    ),
    Seed(
        "page: row too many",
        ("new", "cancel"),
        "document",
        page=AFTER | {("new", "cancel"): "cancelled"},
    ),
    Seed(
        "page: wrong status",
        ("new", "pay"),
        "document",
        page_status=STATUS | {"paid": "Closed"},
    ),
    Seed(
        "implementation: wrong target",
        ("paid", "cancel"),
        "implementation",
        system=lambda: System(AFTER | {("paid", "cancel"): "shipped"}),
    ),
    Seed(
        "implementation: transition missing",
        ("delivered", "return"),
        "implementation",
        system=lambda: System(without(("delivered", "return"))),
    ),
    Seed(
        "implementation: transition too many",
        ("cancelled", "pay"),
        "implementation",
        system=lambda: System(AFTER | {("cancelled", "pay"): "paid"}),
    ),
    Seed("implementation: fails", ("shipped", "return"), "implementation", system=Raising),
    Seed(
        "log: event after the end",
        ("cancelled", "ship"),
        "log",
        more=(("pay", "cancel", "ship", "deliver"),),
    ),
    Seed("log: event missing", ("new", "ship"), "log", more=(("ship", "deliver"),)),
    Seed("log: event twice", ("paid", "pay"), "log", more=(("pay", "pay", "ship"),)),
    Seed("log: events swapped", ("paid", "deliver"), "log", more=(("pay", "deliver", "ship"),)),
]


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.name)
def test_a_seeded_disagreement_is_found_where_it_is(seed: Seed, tmp_path: Path) -> None:
    result = conform(
        as_log((*TRACES, *seed.more)),
        as_machine(),
        page=str(as_page(tmp_path / "orders.md", seed.page, seed.page_status)),
        implementation=seed.system(),
    )
    assert found(result.cells) == {seed.cell: seed.odd}
    assert not result.agrees


def test_sources_that_agree_are_not_blamed(tmp_path: Path) -> None:
    page = as_page(tmp_path / "orders.md")
    result = conform(as_log(), as_machine(), page=str(page), implementation=System())
    assert result.agrees
    assert result.cells is not None
    assert result.cells.counts == {
        "cells": 36,
        "disagree": 0,
        "agree": 36,
        "alone": 0,
        "accepted": 7,
        "unseen": 0,
    }
    assert result.cells.notes == (
        f"{page}:3: new shows no status: no row tells it",
        f"{page}: assumed to have a row for each transition; a cell without one is rejected",
    )


def test_of_two_sources_none_is_blamed(tmp_path: Path) -> None:
    page = as_page(tmp_path / "orders.md", without(("paid", "cancel")))
    result = conform(None, as_machine(), page=str(page))
    (cell,) = result.cells.disagreements if result.cells else ()
    assert cell.judgement.odd_one_out is None
    assert cell.verdict == "document and machine disagree"


def test_a_machine_made_from_the_page_has_one_vote_with_it(tmp_path: Path) -> None:
    page = str(as_page(tmp_path / "orders.md", without(("delivered", "return"))))
    with pytest.warns(fsm.errors.AssumptionWarning):
        machine = fsm.load(page)
    result = conform(None, machine, page=page, implementation=System())
    (cell,) = result.cells.disagreements if result.cells else ()
    assert (cell.state, cell.event) == ("delivered", "return")
    assert cell.verdict == "documented machine and implementation disagree"


@pytest.mark.parametrize("changed", ["page", "machine"])
def test_a_machine_that_cites_its_page_is_compared_with_what_stands_there_now(
    tmp_path: Path, changed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, file = tmp_path / "orders.md", tmp_path / "orders.json"
    after = AFTER | {("paid", "cancel"): "returned"}
    as_page(page, after if changed == "machine" else AFTER)
    monkeypatch.chdir(tmp_path)
    with pytest.warns(fsm.errors.AssumptionWarning):
        file.write_text(fsm.draw("orders.md", "json"), "utf-8")
    monkeypatch.chdir(Path(tmp_path.anchor))
    with pytest.raises(fsm.FsmError, match="nothing to compare"):
        conform(None, str(file), page=str(page))
    as_page(page, AFTER if changed == "machine" else after)
    result = conform(None, str(file), page=str(page), implementation=System())
    # Both states show the same, so nobody is named.
    assert found(result.cells)["paid", "cancel"] is None


def test_a_machine_is_not_compared_with_its_own_page(tmp_path: Path) -> None:
    page = str(as_page(tmp_path / "orders.md"))
    with (
        pytest.warns(fsm.errors.AssumptionWarning),
        pytest.raises(fsm.FsmError, match="nothing to compare"),
    ):
        conform(None, page, page=page)


def test_nothing_to_compare_with_is_an_error() -> None:
    with pytest.raises(fsm.FsmError, match="give a log, a page or an implementation"):
        conform(None, "with-feedback")


def test_a_built_in_page_agrees_with_its_machine_and_cites_rows() -> None:
    page = str(fsm.catalog.machine_page("with-feedback"))
    log = next(fsm.simulate("with-feedback", messages=100, seed=1))
    result = conform(log, "with-feedback", page=page)
    assert result.agrees
    assert result.cells is not None
    labels = {o.label for cell in result.cells.cells for o in cell.origins}
    assert labels == {"prose", "D2", "D3", "D4", "D5", "D6", *(f"row {n}" for n in range(1, 6))}


def test_the_evidence_names_row_line_and_run(tmp_path: Path) -> None:
    page = as_page(tmp_path / "orders.md")
    log = tmp_path / "log.csv"
    as_log().write_csv(log)
    result = conform(log, as_machine(), page=str(page), implementation=System())
    assert result.cells is not None
    cell = next(c for c in result.cells.cells if (c.state, c.event) == ("shipped", "return"))
    assert cell.origins[0].citation == f"row 5 of {page}:9"
    assert cell.origins[0].reason == "shipped | return | returned | Closed"
    assert (cell.count, cell.place) == (1, f"{log}:10")
    assert cell.run is not None
    assert cell.run.trace == ("pay", "ship", "return")


def test_a_wrong_state_of_the_right_status_is_found_by_what_follows() -> None:
    """Two ways lead to ``delivered``; one of them ends in ``shipped``, which shows the same."""
    after = AFTER | {("paid", "collect"): "delivered"}
    wrong = System(after | {("paid", "collect"): "shipped"})
    probed = probe(wrong, as_machine(after))
    cells = compare_cells(as_machine(after), implementation=probed)
    assert [(c.state, c.event) for c in cells.disagreements] == [("paid", "collect")]
    assert probed.runs["paid", "collect"].vote.targets == {"shipped"}


def test_an_implementation_without_a_sign_of_rejections_is_not_blamed() -> None:
    class Silent(System):
        def send(self, event: str) -> str | None:
            super().send(event)
            return None

    probed = probe(Silent(), as_machine(), "silent")
    assert compare_cells(as_machine(), implementation=probed).disagreements == ()
    assert "no sign of rejected events" in probed.notes[0]


def test_an_implementation_that_forgets_to_reset_is_not_judged() -> None:
    class Forgetful(System):
        resets = 0

        def reset(self) -> None:
            self.resets += 1
            if self.resets % 5:
                super().reset()

    probed = probe(Forgetful(shows=str), as_machine(), "forgetful")
    assert "not judged: the same events did not lead to the same twice" in probed.notes[0]


@pytest.mark.parametrize(
    ("system", "message"),
    [
        (System(initial="paid"), "shows 'Open' after a reset, and orders begins with '-'"),
        (System(shows=lambda _: "?"), "shows '?' after a reset"),
    ],
    ids=["another state", "another status"],
)
def test_an_implementation_that_begins_otherwise_is_refused(system: System, message: str) -> None:
    with pytest.raises(fsm.FsmError, match=f"^system: {re.escape(message)}"):
        probe(system, as_machine(), "system")


def test_after_the_bound_cells_are_not_run_and_that_is_said() -> None:
    probed = probe(System(), as_machine(), "system", most=20)
    assert probed.events <= 20
    assert "not every cell was run" in probed.notes[-1]


def test_the_state_after_a_misfit_says_nothing() -> None:
    result = conform(as_log([("pay", "pay", "cancel")]), as_machine(), cells=True)
    assert result.cells is not None
    assert {(c.state, c.event) for c in result.cells.cells if c.count} == {
        ("new", "pay"),
        ("paid", "pay"),
    }
    assert result.cells.notes[-1].startswith("1 event of the log not used")


@pytest.mark.parametrize(
    ("validity", "cell"),
    [(None, ("retrying", "delivered")), (timedelta(hours=1), ("retries_exhausted", "delivered"))],
    ids=["no period", "after its end"],
)
def test_the_end_of_a_validity_period_moves_a_message(
    validity: timedelta | None, cell: Cell
) -> None:
    log = pl.DataFrame(
        {
            "message_id": "m",
            "event": ["relayed", "soft_bounce", "delivered"],
            "timestamp": [f"2026-01-01T{hour:02}:00:00Z" for hour in (1, 1, 3)],
        }
    )
    result = conform(log, "with-feedback", validity=validity, cells=True)
    assert result.cells is not None
    assert cell in {(c.state, c.event) for c in result.cells.cells if c.count}
    assert bool(result.cells.disagreements) == (validity is not None)


def test_plain_names_of_guarded_events_are_not_blamed() -> None:
    log = next(fsm.simulate("delivery", messages=60, seed=2))
    plain = log.with_columns(pl.col("event").str.replace(r"\[.*\]$", ""))
    assert (plain["event"] != log["event"]).any()
    result = conform(plain, "delivery", cells=True)
    assert found(result.cells) == {}
    assert result.cells is not None
    assert "guards leave open" in result.cells.notes[-1]


def test_a_matrix_is_a_page_as_well(tmp_path: Path) -> None:
    page = tmp_path / "matrix.md"
    rows = [f"| {s} | {' | '.join(AFTER.get((s, e), '-') for e in EVENTS)} |" for s in STATUS]
    wrong = rows[1].replace("cancelled", "-")
    head = [f"| State | {' | '.join(EVENTS)} |", "|---|" + "---|" * len(EVENTS)]
    page.write_text("\n".join(["# Orders", "", *head, rows[0], wrong, *rows[2:], ""]), "utf-8")
    result = conform(None, as_machine(), page=str(page), implementation=System())
    assert found(result.cells) == {("paid", "cancel"): "document"}


def test_marks_and_spellings_of_a_page_are_understood(tmp_path: Path) -> None:
    page = as_page(tmp_path / "orders.md")
    text = page.read_text("utf-8").replace("| new | pay |", "| New (initial) | Pay |")
    page.write_text(text.replace("| paid | ship |", "| **Paid** | `ship` |"), "utf-8")
    result = conform(None, as_machine(), page=str(page), implementation=System())
    assert found(result.cells) == {}
    assert result.cells is not None
    assert result.cells.counts["agree"] == 36
    page.write_text(
        page.read_text("utf-8").replace("shipped | Sent |", "shipped | Open |"), "utf-8"
    )
    result = conform(None, as_machine(), page=str(page), implementation=System())
    assert found(result.cells) == {("paid", "ship"): "document"}


ACCEPTS = Vote.accepts("log")
A, B = Vote.goes_to("document", "a"), Vote.goes_to("machine", "b")


@pytest.mark.parametrize(
    ("votes", "odd", "parties"),
    [
        ([], None, ()),
        ([A], None, ()),
        ([A, ACCEPTS], None, ()),
        ([A, B], None, ("document", "machine")),
        ([A, B, ACCEPTS], None, ("document", "machine")),
        ([A, B, Vote.goes_to("implementation", "b")], "document", ("document", "machine")),
        ([A, Vote.rejects_it("machine"), ACCEPTS], "machine", ("document", "machine", "log")),
        ([A, Vote.fails("machine", "fails")], None, ("document", "machine")),
        (
            [Vote.shows("document", "Sent"), Vote.goes_to("machine", "a", "Failed")],
            None,
            ("document", "machine"),
        ),
    ],
    ids=lambda value: str(value)[:24] if isinstance(value, str) else None,
)
def test_votes_are_judged(votes: list[Vote], odd: str | None, parties: tuple[str, ...]) -> None:
    judgement = judge(votes)
    assert judgement.odd_one_out == odd
    assert set(parties) <= set(judgement.parties)
    assert judgement.agrees == (not parties)


def test_two_against_two_are_named_as_camps(tmp_path: Path) -> None:
    after = AFTER | {("cancelled", "ship"): "shipped"}
    result = conform(
        as_log([("pay", "cancel", "ship")]),
        as_machine(),
        page=str(as_page(tmp_path / "orders.md")),
        implementation=System(after),
    )
    (cell,) = result.cells.disagreements if result.cells else ()
    assert cell.verdict == "document and machine against implementation and log"


# Laws ---------------------------------------------------------------------------------------


class Truth(NamedTuple):
    """A machine all of whose states can be reached, and a cell of it."""

    after: dict[Cell, str]
    status: dict[str, str | None]
    events: list[str]
    cell: Cell
    other: str | None
    """What the cell does in the source that is wrong."""


@st.composite
def truths(draw: st.DrawFn) -> Truth:
    states = [f"s{n}" for n in range(draw(st.integers(2, 5)))]
    events = [f"e{n}" for n in range(draw(st.integers(2, 4)))]
    after: dict[Cell, str] = {}
    for n, state in enumerate(states[1:], 1):
        free = [(s, e) for s in states[:n] for e in events if (s, e) not in after]
        after[draw(st.sampled_from(free))] = state
    for cell in [(s, e) for s in states for e in events]:
        if cell not in after and draw(st.booleans()):
            after[cell] = draw(st.sampled_from(states))
    status = {state: draw(st.sampled_from(["Open", "Sent", "Closed"])) for state in states}
    cell = draw(st.sampled_from([(s, e) for s in states for e in events]))
    others = [t for t in (*states, None) if t != after.get(cell)]
    return Truth(after, dict(status), events, cell, draw(st.sampled_from(others)))


def wrong(truth: Truth) -> dict[Cell, str]:
    rest = {key: target for key, target in truth.after.items() if key != truth.cell}
    return rest if truth.other is None else rest | {truth.cell: truth.other}


def compared(truth: Truth, wrong_source: str | None, shows: Callable[[str], Any]) -> CellComparison:
    """Compare all sources, of which one may be wrong."""

    def of(source: str) -> dict[Cell, str]:
        return wrong(truth) if source == wrong_source else truth.after

    def machine_of(source: str) -> fsm.Machine:
        return as_machine(of(source), truth.status, truth.events)

    machine = machine_of("machine")
    log = next(fsm.simulate(as_machine(truth.after, truth.status, truth.events), 40, seed=1))
    traces = fsm.replay(log, machine, cross_check=False, traces=True).distinct_traces
    system = System(of("implementation"), shows, next(iter(truth.status)))
    document = declared_cells("page.md", machine_of("document"), machine)
    disputed = compare_cells(machine, document=document).disputed
    return compare_cells(
        machine,
        document=document,
        implementation=probe(system, machine, "system", disputed=disputed),
        see=lambda believed: see_cells(traces, machine, believed),
    )


@settings(max_examples=samples(300, 5), deadline=None)
@given(truths(), st.sampled_from(["state", "status"]))
def test_sources_of_one_truth_agree(truth: Truth, shown: str) -> None:
    shows = truth.status.get if shown == "status" else str
    assert found(compared(truth, None, shows)) == {}


@settings(max_examples=samples(300, 5), deadline=None)
@given(truths(), st.sampled_from(["document", "machine", "implementation"]))
def test_one_cell_that_differs_in_one_source_is_found_and_no_other(
    truth: Truth, source: str
) -> None:
    assert found(compared(truth, source, str)) == {truth.cell: source}


@settings(max_examples=samples(300, 5), deadline=None)
@given(truths())
def test_an_implementation_that_shows_statuses_is_the_only_one_that_is_blamed(truth: Truth) -> None:
    blamed = found(compared(truth, "implementation", truth.status.get))
    assert set(blamed.values()) <= {"implementation"}


@settings(max_examples=samples(300, 5), deadline=None)
@given(truths(), st.sampled_from(["document", "machine"]))
def test_an_implementation_as_the_truth_is_never_blamed_by_its_statuses(
    truth: Truth, source: str
) -> None:
    blamed = found(compared(truth, source, truth.status.get))
    assert set(blamed) <= {truth.cell}
    assert "implementation" not in blamed.values()
