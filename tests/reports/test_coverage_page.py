"""The page of what tests ran: figures, matrix, rows; names stay text; without scripts."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from accessibility import faults
from hypothesis import given, settings
from hypothesis import strategies as st

from fsm.conformance.covered_machines import (
    CoverableCell,
    CoveredSuite,
    DocumentedRow,
    group_by_machine,
)
from fsm.reports.coverage_page import MOST_DRAWN, render_coverage
from tests.depth import at_full_depth, samples

Visit = Callable[..., Any]
HOSTILE = '<img src=x onerror="alert(1)">\u202e</script>'
ROW = DocumentedRow("orders.md", 3, 1, "row 1 of orders.md:3", "The order is paid.")
CELLS = (
    CoverableCell("basket", "pay", "paid", "In progress", False, ROW, ("t::a[pay]", "t::a[x]")),
    CoverableCell("basket", "ship", "basket", "In progress", True, None, ("t::a[x]",)),
    CoverableCell("paid", "pay", "paid", "In progress", True),
    CoverableCell("paid", "ship", "shipped", "Finished", False, None, ("t::a[x]",), ("t::a[x]",)),
    CoverableCell("shipped", "pay", "basket", "In progress", False),
    CoverableCell("shipped", "ship", "shipped", "Finished", True),
)


def suite(
    cells: Iterable[CoverableCell] = CELLS,
    machine: str = "orders",
    function: str = "t::a",
    variant: str = "",
    failed: tuple[str, ...] = ("t::a[x]",),
) -> CoveredSuite:
    title = f"{machine} by chain"
    own = tuple(cells)
    return CoveredSuite(function, machine, variant, title, "all", False, 3, 2, failed, own)


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("coverage") / "cov.html"
    suites = [suite(), suite(machine="parcels", failed=())]
    path.write_text(render_coverage(group_by_machine(suites)), "utf-8")
    return path


def test_figures_are_those_of_the_cells() -> None:
    (machine,) = group_by_machine([suite()])
    expected = {"cells": (3, 6), "transitions": (2, 3), "rejections": (1, 3), "rows": (1, 1)}
    assert machine.counts == expected
    page = render_coverage([machine])
    for text in (
        "<dt>Transitions run</dt><dd>2 <small>of 3</small></dd>",
        "<dt>Rejections run</dt><dd>1 <small>of 3</small></dd>",
        "<dt>Documented rows run</dt><dd>1 <small>of 1</small></dd>",
        "<dt>Tests run</dt><dd>2 <small>of 3</small></dd>",
        'aria-label="basket, pay: transition, run by 2 tests">2</a>',
        'aria-label="paid, ship: transition, run by 1 test, 1 failed here">1</a>',
        'aria-label="paid, pay: rejection, run by 0 tests">0</a>',
    ):
        assert text in page
    assert page == render_coverage(group_by_machine([suite()]))
    assert page.count("<script>") == 1  # the colours


def test_a_row_was_run_where_all_of_its_cells_were() -> None:
    cells = [CoverableCell("a", e, "b", "", False, ROW, ("t",) * run) for run, e in enumerate("xy")]
    (machine,) = group_by_machine([suite(cells)])
    assert machine.counts["rows"] == (0, 1)
    assert "1 test; 1 of 2 cells run" in render_coverage([machine])


def test_suites_of_one_machine_are_counted_together_and_other_ones_apart() -> None:
    elsewhere = suite([CELLS[2]], function="t::b")
    other = suite([CoverableCell("paid", "pay", "basket", "", False)], function="t::c")
    machines = group_by_machine([suite(), elsewhere, suite(variant="(x=2)"), other])
    titles = [(machine.title, len(machine.suites)) for machine in machines]
    assert titles == [("orders", 2), ("orders", 1), ("orders (x=2)", 1)]


@settings(max_examples=samples(200))
@given(st.lists(st.sets(st.sampled_from("abc"), max_size=3), min_size=6, max_size=6))
def test_of_several_suites_a_cell_has_the_tests_of_all(tests: list[set[str]]) -> None:
    def part(name: str) -> CoveredSuite:
        own = [
            CoverableCell(c.state, c.event, c.target, c.shown, c.is_rejected, c.row, (name,) * run)
            for c, run in zip(CELLS, (name in found for found in tests), strict=True)
        ]
        return suite(own, function=name)

    (machine,) = group_by_machine(map(part, "cab"))
    assert [set(cell.tests) for cell in machine.cells] == tests
    assert machine.counts["cells"] == (sum(map(bool, tests)), 6)


def test_names_never_become_markup() -> None:
    row = DocumentedRow(HOSTILE, 1, 1, HOSTILE, HOSTILE)
    cells = [
        CoverableCell(HOSTILE, event, HOSTILE, HOSTILE, rejected, row, tests, tests)
        for event, tests, rejected in (
            (HOSTILE, (HOSTILE,), False),
            ("e", (), True),
            ("f", (), False),
        )
    ]
    whole = suite(cells, HOSTILE, HOSTILE, HOSTILE, (HOSTILE,))
    page = render_coverage(group_by_machine([whole, suite()]))
    assert "<img src" not in page
    assert "\u202e" not in page
    assert page.count("</script>") == 1


def test_no_suite_is_a_page_that_says_so() -> None:
    assert "No conformance test was run." in render_coverage([])


def test_of_a_large_machine_states_with_cells_not_run_are_drawn_first() -> None:
    states = [f"s{n}" for n in range(MOST_DRAWN + 50)]
    cells = [CoverableCell(s, "e", s, "", False, None, ("t",)) for s in states[:-1]]
    cells.append(CoverableCell(states[-1], "e", "s0", "", False))
    page = render_coverage(group_by_machine([suite(cells)]))
    assert "50 more states are not drawn" in page
    assert f">{states[-1]}<" in page
    assert f">{states[-2]}<" not in page


@at_full_depth
def test_a_cell_leads_to_its_tests_by_pointer_and_by_key(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    page.get_by_role("link", name="basket, pay: transition, run by 2 tests").first.click()
    target = page.locator(":target")
    assert "basket" in target.inner_text()
    assert "2 tests" in target.inner_text()
    page.get_by_role("link", name="shipped, pay: transition, run by 0 tests").first.press("Enter")
    shown = page.locator(":target").inner_text()
    assert " ".join(shown.split()) == "shipped pay to basket, shows In progress –"


@at_full_depth
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 768, 1280, 1920])
def test_the_page_fits_and_is_accessible(
    visit: Visit, page_file: Path, width: int, theme: str
) -> None:
    page = visit(page_file, width=width, theme=theme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert faults(page, impacts=None) == []
    missing = "[...document.links].filter(a => !document.getElementById(a.hash.slice(1))).length"
    assert page.evaluate(missing) == 0
