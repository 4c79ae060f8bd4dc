"""Laws of declared tables: what is written is read back; no changed cell goes unnoticed."""

import tempfile
import tomllib
import warnings
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from hypothesis import assume, given, settings
from hypothesis import strategies as st

import fsm
from fsm.errors import AssumptionWarning, FsmError
from fsm.machine import Machine
from fsm.tables.declared.words import table_words
from tests.depth import samples

STATES = ["new", "in work", "Paid", "état", "fertig", "完了", "shipped_2", "on hold"]
EVENTS = ["pay", "goods arrive", "Stop!", "zahlt", "届く"]
Arrows = Mapping[tuple[str, str], str]


def headers(role: str) -> list[str]:
    """Return the headers in all languages that stand for one role only."""
    data = tomllib.loads(files("fsm.tables.declared").joinpath("words.toml").read_text("utf-8"))
    return [word for word in data["columns"][role] if table_words().role_of(word) == (role,)]


@st.composite
def machines(draw: st.DrawFn) -> tuple[str, Arrows]:
    """Return an initial state and arrows; every other state has an arrow too."""
    states = draw(st.lists(st.sampled_from(STATES), min_size=2, max_size=5, unique=True))
    events = draw(st.lists(st.sampled_from(EVENTS), min_size=1, max_size=4, unique=True))
    cells = [(state, event) for state in states for event in events]
    chosen = draw(st.lists(st.sampled_from(cells), min_size=1, unique=True))
    arrows = {cell: draw(st.sampled_from(states)) for cell in chosen}
    initial = chosen[0][0]
    return initial, arrows


def page_of(rows: list[list[str]]) -> str:
    rows = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def as_list(initial: str, arrows: Arrows, head: tuple[str, str, str], order: list[int]) -> str:
    rows = [list(head)]
    for (state, event), target in arrows.items():
        is_first = state == initial and len(rows) == 1
        rows.append([f"{state} (initial)" if is_first else state, event, target])
    return page_of([[row[i] for i in order] for row in rows])


def as_matrix(initial: str, arrows: Arrows, *, is_transposed: bool) -> str:
    states = list(dict.fromkeys([initial, *(s for s, _ in arrows), *arrows.values()]))
    events = list(dict.fromkeys(event for _, event in arrows))
    marked = [f"{state} (initial)" if state == initial else state for state in states]
    rows = [["State", *events]]
    rows += [[marked[i], *(arrows.get((s, e), "-") for e in events)] for i, s in enumerate(states)]
    if is_transposed:
        rows = [list(column) for column in zip(*rows, strict=True)]
        rows[0][0] = "Event"
    return page_of(rows)


def read(text: str) -> Machine:
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", AssumptionWarning)
        path = Path(folder) / "page.md"
        path.write_text(text)
        return fsm.load(str(path))


def arrows_of(machine: Machine) -> dict[tuple[str, str], str]:
    return {(t.source, t.event): t.target for t in machine.transitions}


@settings(max_examples=samples(400, 30))
@given(
    machine=machines(),
    head=st.tuples(*(st.sampled_from(headers(role)) for role in ("from", "event", "to"))),
    order=st.permutations(range(3)),
)
def test_a_list_in_any_language_and_order_is_read_back(
    machine: tuple[str, Arrows], head: tuple[str, str, str], order: list[int]
) -> None:
    initial, arrows = machine
    found = read(as_list(initial, arrows, head, order))
    assert (found.initial, arrows_of(found)) == (initial, arrows)
    left = {state for state, _ in arrows}
    assert {s.name for s in found.states if s.final} == set(arrows.values()) - left


@settings(max_examples=samples(400, 30))
@given(machine=machines(), is_transposed=st.booleans())
def test_a_matrix_is_read_back(machine: tuple[str, Arrows], *, is_transposed: bool) -> None:
    initial, arrows = machine
    states = {initial, *(s for s, _ in arrows), *arrows.values()}
    assume(len(states) > 1)
    assume(len({event for _, event in arrows}) > 1)
    found = read(as_matrix(initial, arrows, is_transposed=is_transposed))
    assert (found.initial, arrows_of(found)) == (initial, arrows)


@settings(max_examples=samples(400, 30))
@given(machine=machines(), data=st.data())
def test_a_changed_cell_changes_the_machine_or_is_found(
    machine: tuple[str, Arrows], data: st.DataObject
) -> None:
    initial, arrows = machine
    page = as_list(initial, arrows, ("From", "Event", "To"), [0, 1, 2])
    before = read(page)
    lines = page.splitlines()
    number = data.draw(st.integers(2, len(lines) - 1))
    column = data.draw(st.integers(0, 2))
    cells = [cell.strip() for cell in lines[number].strip("|").split("|")]
    cells[column] = data.draw(st.sampled_from(["", "?", "something else", "TBD", "~~x~~"]))
    lines[number] = f"| {' | '.join(cells)} |"
    refusal, after = "", before
    try:
        after = read("\n".join(lines))
    except FsmError as error:
        refusal = str(error)
    if refusal:
        assert "page.md:" in refusal
        return
    is_same = (after.initial, arrows_of(after)) == (before.initial, arrows_of(before))
    is_said = len(after.assumed) > len(before.assumed)  # an empty cell repeats the state above
    assert not is_same or is_said, lines[number]
