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


def test_a_changed_cell_changes_the_machine_or_is_found(tmp_path: Path) -> None:
    text = "| From | Event | To |\n|---|---|---|\n| a1 | go | b1 |\n| b1 | back | a1 |\n"
    page = tmp_path / "page.md"
    page.write_text(text)
    before = fsm.load(str(page))
    for old, new in (("go", "stay"), ("| b1 |\n", "| |\n"), ("back", "b[ok]"), ("a1 |\n", "c |\n")):
        page.write_text(text.replace(old, new))
        try:
            assert fsm.load(str(page)) != before
        except PageError as error:
            assert f"{page}:" in str(error)
