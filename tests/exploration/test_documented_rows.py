"""The exploration page shows the documented row that a transition comes from."""

from pathlib import Path

import pytest

import fsm
from fsm.catalog import load
from fsm.drawing.pictures import picture_of
from fsm.exploration.facts import event_numbers, machine_data

PAGES = Path(fsm.__file__).parent / "machines"


@pytest.mark.parametrize("name", ["with-feedback", "without-feedback"])
def test_each_source_has_its_own_row(name: str) -> None:
    machine = load(name)
    shown = machine_data(machine, picture_of(machine), event_numbers([machine]))
    rows = {source["label"]: source["row"] for source in shown["sources"]}
    page = (PAGES / f"{name.replace('-', '_')}.md").read_text()
    table = page.partition("|---|---|---|\n")[2].partition("\n\n")[0].splitlines()
    steps = [line.split("|")[1].strip() for line in table]
    assert {f"row {n}": step for n, step in enumerate(steps, 1)} == {
        label: row[0] for label, row in rows.items() if row
    }
    assert all(row == [] for label, row in rows.items() if label.startswith("D"))
