"""The page of the cells: the matrix, its evidence, by pointer and by keys; names stay text."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from accessibility import faults

from fsm.conformance.cells import CellComparison, compare_cells
from fsm.conformance.conforming import conform
from fsm.conformance.documents import declared_cells
from fsm.reports.cell_page import MOST_CELLS, render_cells
from tests.conformance.orders import AFTER, TRACES, System, as_log, as_machine, as_page

Visit = Callable[..., Any]
HOSTILE = '<img src=x onerror="alert(1)">\u202e</script>'


def compared(folder: Path) -> CellComparison:
    page = as_page(folder / "orders.md", AFTER | {("paid", "ship"): "delivered"})
    result = conform(
        as_log((*TRACES, ("pay", "cancel", "ship"))),
        as_machine(),
        page=str(page),
        implementation=System(),
    )
    assert result.cells is not None
    return result.cells


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cells")
    path = folder / "cells.html"
    path.write_text(render_cells(compared(folder), command="fsm conform"), "utf-8")
    return path


def test_the_same_comparison_gives_the_same_page(tmp_path: Path) -> None:
    cells = compared(tmp_path)
    page = render_cells(cells)
    assert page == render_cells(cells)
    assert "document differs" in page
    assert len(page) < 100_000


def test_names_never_become_markup(tmp_path: Path) -> None:
    machine = as_machine({("new", HOSTILE): HOSTILE}, {"new": None, HOSTILE: HOSTILE})
    result = conform(None, machine, implementation=System({}, str))
    assert result.cells is not None
    page = render_cells(result.cells, command=HOSTILE)
    assert "<img src" not in page
    assert "\u202e" not in page
    assert page.count("</script>") == 4  # theme, data, and two scripts


def test_of_a_large_machine_states_that_differ_are_drawn_first() -> None:
    events = [f"e{n}" for n in range(100)]
    states = [f"s{n}" for n in range(MOST_CELLS // 100 + 50)]
    chain = {(a, "e0"): b for a, b in pairwise(states)}
    machine = as_machine(chain, dict.fromkeys(states), events)
    other = as_machine(chain | {(states[-1], "e1"): "s0"}, dict.fromkeys(states), events)
    cells = compare_cells(machine, document=declared_cells("page.md", other, machine))
    page = render_cells(cells)
    assert "50 states without disagreements are not drawn" in page
    assert f'"{states[-1]}"' in page
    assert f'"{states[-2]}"' not in page


def test_a_cell_opens_its_evidence(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    evidence = page.locator("#evidence")
    assert "Document differs" in evidence.inner_text()  # the first one with a disagreement
    page.get_by_role("button", name="shipped, return: agree, seen 1 time").click()
    text = evidence.inner_text()
    assert "row 5 of" in text
    assert "pay, ship, return" in text
    assert "seen 1 time" in text
    page.get_by_role("button", name="ship", exact=True).first.click()
    assert "document differs" in evidence.inner_text().lower()


def test_arrow_keys_move_and_enter_opens(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    page.locator('[data-s="0"][data-x="0"]').focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    heading = page.locator("#evidence h3").inner_text()
    assert heading.split() == ["paid", "×", "ship"]
    assert page.locator("#heat button[tabindex='0']").count() == 1
    page.keyboard.press("Home")
    assert page.evaluate("document.activeElement.dataset.x") == "0"


def test_cells_are_emphasised(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    page.get_by_role("radio", name="Disagree").check()
    assert page.locator("#heat .meant").count() == 2


@pytest.mark.parametrize("width", [375, 1280])
def test_the_page_fits_and_is_accessible(visit: Visit, page_file: Path, width: int) -> None:
    page = visit(page_file)
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert faults(page, impacts=None) == []
