"""What fsm writes of a machine is read back as the machine."""

import warnings
from pathlib import Path

import pytest

import fsm
from fsm.errors import PageError
from fsm.machines import NAMES
from fsm.tables.write import Grid, markdown, matrix_grid, transitions_grid

WRITERS = {"transitions": transitions_grid, "matrix": matrix_grid}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("name", NAMES)
def test_a_written_table_is_read_back(name: str, writer: str, tmp_path: Path) -> None:
    machine = fsm.load(name)
    grid: Grid = WRITERS[writer](machine)
    page = tmp_path / "page.md"
    page.write_text(markdown(grid))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        again = fsm.load(str(page))
    assert again.initial == machine.initial
    assert {(t.source, t.event, t.target) for t in again.transitions} == {
        (t.source, t.event, t.target) for t in machine.transitions
    }
    shown = {t.target for t in machine.transitions} if writer == "transitions" else None
    assert {s.name: s.status for s in again.states if shown is None or s.name in shown} == {
        s.name: s.status for s in machine.states if shown is None or s.name in shown
    }


CHANGES = {"event": ("go", "stay"), "guard": ("back", "b[ok]"), "target": ("a1 |\n", "c |\n")}
LIST = "| From | Event | To |\n|---|---|---|\n| a1 | go | b1 |\n| b1 | back | a1 |\n"


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_cell_changes_the_machine(change: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(LIST)
    before = fsm.load(str(page))
    page.write_text(LIST.replace(*CHANGES[change]))
    assert fsm.load(str(page)) != before


def test_an_emptied_cell_is_found_in_its_line(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(LIST.replace("| b1 |\n", "| |\n"))
    with pytest.raises(PageError, match=r"page\.md:3: row 1: no state afterwards is named"):
        fsm.load(str(page))
