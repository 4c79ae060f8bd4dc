"""Pages that name states, guards and tables otherwise than the machine: no false disagreement."""

from pathlib import Path

import polars as pl
import pytest

from fsm.conformance.conforming import conform
from fsm.errors import PageError
from fsm.machine import Machine, State, Transition
from tests.conformance.orders import as_machine

HEAD = "| From | Event | To |\n|---|---|---|\n"
OWN = ("a | go [in stock] | b", "a | go [not in_stock] | c", "b | stop | c")


def machine() -> Machine:
    """Return a machine in which a go is accepted under a guard only where it begins."""
    states = (("a", "Open"), ("b", "On its way"), ("c", "Closed"))
    return Machine(
        "orders",
        "",
        tuple(State(name, shown, name, (name,), final=name == "c") for name, shown in states),
        ("go[in_stock]", "go[not in_stock]", "stop"),
        (
            Transition("a", "go[in_stock]", "b", "go", "in_stock"),
            Transition("a", "go[not in_stock]", "c", "go", "not in_stock"),
            Transition("b", "stop", "c", "stop"),
        ),
        "a",
        guards={"go": ("in_stock",), "stop": ()},
    )


def table(*rows: str) -> str:
    return HEAD + "".join(f"| {row} |\n" for row in rows) + "\n"


@pytest.mark.parametrize(
    ("text", "cells", "note"),
    {
        "guards in another spelling": (table(*OWN), set(), ""),
        "statuses for states": (
            table(
                "Open | go [in_stock] | On its way",
                "Open | go [not in_stock] | Closed",
                "On its way | stop | Closed",
            ),
            set(),
            "On its way is read as the state b, the only one with this status",
        ),
        "another table": (
            table(*OWN) + "# Carts\n\n" + table("cart | pay | paid", "paid | ship | sent"),
            set(),
            "left aside: none of its states is known",
        ),
        "guards that the machine lacks": (
            table("a | go [sunny] | b", "a | go [not sunny] | c", OWN[2]),
            set(),
            "2 cells left open by guards that the machine does not have",
        ),
        "a wrong target under a guard": (
            table(OWN[0], "a | go [not in stock] | a", OWN[2]),
            {("a", "go[not in_stock]")},
            "",
        ),
        "rows that contradict each other": (
            table(*OWN, "b | stop | a"),
            {("b", "stop")},
            "",
        ),
    }.values(),
    ids=lambda value: value if isinstance(value, str) and "|" not in value else None,
)
def test_names_of_a_page(tmp_path: Path, text: str, cells: set[tuple[str, str]], note: str) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Orders\n\n" + text, "utf-8")
    result = conform(None, machine(), page=str(page)).cells
    assert result is not None
    assert {(cell.state, cell.event) for cell in result.disagreements} == cells
    assert any(note in said for said in result.notes)


def test_a_table_without_events_says_nothing_about_cells(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("| State | Next states |\n|---|---|\n| a | b, c |\n| b | c |\n", "utf-8")
    with pytest.raises(PageError, match="which states follow each other, not by which events"):
        conform(None, machine(), page=str(page))


def test_a_plain_event_that_every_guard_rejects_is_seen_in_a_log() -> None:
    log = pl.DataFrame(
        {
            "message_id": "m",
            "event": ["go[in_stock]", "stop", "go"],
            "timestamp": [f"2026-01-0{day}T00:00:00Z" for day in (1, 2, 3)],
        }
    )
    result = conform(log, machine(), cells=True).cells
    assert result is not None
    assert [(cell.state, cell.event) for cell in result.disagreements] == [("c", "go[in_stock]")]


@pytest.mark.parametrize("last", ["On-hold | re sume | open", "on_hold | re-sume | open"])
def test_a_state_in_two_spellings_is_the_one_of_the_machine(tmp_path: Path, last: str) -> None:
    after = {("open", "hold"): "on_hold", ("open", "note"): "open", ("on_hold", "re_sume"): "open"}
    page = tmp_path / "page.md"
    page.write_text(table("open | hold | on hold", " | note | same", last), "utf-8")
    ticket = as_machine(after, dict.fromkeys(("open", "on_hold")))
    result = conform(None, ticket, page=str(page)).cells
    assert result is not None
    assert result.disagreements == ()
