"""What stands in each row of an exported suite: what is so after its step."""

import csv
import io

import fsm
from fsm.suites import suite
from fsm.suites.export import export_suite


def test_csv_shows_what_is_so_after_each_step() -> None:
    machine = fsm.load("with-feedback")
    rows = list(csv.DictReader(io.StringIO("".join(export_suite(suite(machine), "csv")))))
    assert len({row["shown"] for row in rows}) == 4
    for row in rows:
        assert row["shown"] == (machine.status(row["next_state"]) or "-")
    steps = [int(row["step"]) for row in rows if row["test"] == "1"]
    assert steps == list(range(1, len(steps) + 1))
