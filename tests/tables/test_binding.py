"""Tables of any machine, bound by a TOML file."""

from pathlib import Path

import pytest
from statemachine import State, StateChart

import fsm
from fsm.errors import PageError
from fsm.machine import Machine
from fsm.tables.checks.finding import CheckReport
from fsm.tables.checks.pages import check_tables
from fsm.tables.read.page import parse_page
from fsm.tables.words.binding import read_binding
from fsm.tables.words.lexicon_files import load_lexicon


class Lift(StateChart):
    """A lift that has nothing to do with e-mail."""

    indicators = {"In use": ["Moving", "Boarding"]}

    class idle(State.Compound, name="Waiting"):
        parked = State(initial=True)

    class moving(State.Compound, name="Moving"):
        going_up = State()
        going_down = State()

    class boarding(State.Compound, name="Boarding"):
        doors_open = State()

    call = idle.parked.to(moving.going_up, cond="is_above") | idle.parked.to(
        moving.going_down, unless="is_above"
    )
    arrive = moving.going_up.to(boarding.doors_open) | moving.going_down.to(boarding.doors_open)
    close = boarding.doors_open.to(idle.parked)

    def is_above(self) -> bool:
        return True


BINDING = """
machine = "lifts:Lift"
title = "How a lift moves"
[columns]
from = "Before"
event = "What happens"
guard = "If"
to = "Afterwards"
status = "The display says"
[indicators]
"In use" = "In use"
[labels]
parked = ["at rest"]
call = ["somebody calls"]
"not is_above" = ["the caller is below"]
is_above = "the caller is above"
"""

PAGE = """# Lifts

How a lift moves:

| Before | What happens | If | Afterwards | The display says | In use |
|---|---|---|---|---|---|
| at rest | Somebody calls | the caller is **above** | going up | Moving | +1 |
| at rest | somebody calls | the caller is below | going down | Moving | increases |
| going up | arrive | | doors open | Boarding | 0 |
| going_down | arrive | - | doors open | Boarding | - |
| doors open | close | | at rest | Waiting | \u22121 |

| Before | Else |
|---|---|
| x | y |
"""


@pytest.fixture
def binding(tmp_path: Path) -> Path:
    path = tmp_path / "lift.toml"
    path.write_text(BINDING)
    return path


def check(page: str, *bindings: Path, machine: Machine | None = None) -> CheckReport:
    return check_tables(
        [parse_page(page, "lift.md")],
        load_lexicon(),
        lambda _: machine or fsm.compile_chart(Lift),
        [read_binding(path) for path in bindings],
    )


def findings(page: str, *bindings: Path, machine: Machine | None = None) -> list[str]:
    found = check(page, *bindings, machine=machine).findings
    return [f"{f.line}:{f.column} {f.code} {f.message}" for f in found]


def test_a_true_table_has_no_findings(binding: Path) -> None:
    report = check(PAGE, binding)
    assert (report.tables, report.rows, report.findings, report.other_tables) == (1, 5, (), 1)
    assert list(report.confirmed.values()) == [5]


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("| going up | Moving | +1", "| going down | Moving | +1",
         "7:56 wrong-transition state 'going down' for 'call [is_above]' in parked, the machine"),
        ("| Boarding | 0 |", "| Moving | 0 |",
         "9:38 wrong-status status 'Moving' for 'arrive' in going_up, the machine says 'Boarding'"),
        ("| Boarding | 0 |", "| Boarding | +1 |",
         "9:49 wrong-effect In use '+1' for 'arrive' in going_up, the machine says 'no"),
        ("| Boarding | 0 |", "| Boarding | perhaps |",
         "9:49 unknown-label unknown effect 'perhaps'"),
        ("| doors open | close |", "| doors open | shut |",
         "11:16 unknown-label unknown event 'shut'"),
        ("| doors open | close |", "| going up | close |",
         "11:14 wrong-transition the machine has no transition 'close' in going_up"),
        ("| doors open | close | | at rest | Waiting | \u22121 |\n", "",
         "5:3 missing-row no row for 'close' in doors_open"),
        ("| going_down | arrive | -", "| going up | arrive | -",
         "10:14 duplicate-row repeats row 3"),
        ("| Boarding | 0 |", "| Boarding | 0 | 1 |", "9:3 broken-row the row has 7 cells"),
    ],
    ids=["to", "status", "effect", "no effect", "event", "transition", "missing", "twice", "width"],
)  # fmt: skip
def test_every_kind_of_mistake_is_found(binding: Path, old: str, new: str, finding: str) -> None:
    assert old in PAGE
    assert any(found.startswith(finding) for found in findings(PAGE.replace(old, new), binding))


ARRIVES = "| going up | arrive | | doors open | Boarding | 0 |"


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("| nowhere | jump | if so | up | Up | 9 |",
         ["3 unknown-label", "13 unknown-label", "20 unknown-label"]),
        ("| going up | arrive | | up | Up | 9 |",
         ["25 unknown-label", "30 unknown-label", "35 unknown-label"]),
        ("| going up | arrive | | at rest | Waiting | -1 |",
         ["25 wrong-transition", "35 wrong-status", "45 wrong-effect"]),
        ("| going up, going down | arrive | | at rest | Waiting | -1 |",
         ["37 wrong-transition", "47 wrong-status", "57 wrong-effect"]),
        ("| nowhere, somewhere | arrive | | doors open | Boarding | 0 |", ["3 unknown-label"]),
    ],
    ids=["where it begins", "where it leads", "known, but wrong", "in two states", "one cell"],
)  # fmt: skip
def test_every_wrong_cell_of_a_row_is_found_once(binding: Path, row: str, found: list[str]) -> None:
    assert ARRIVES in PAGE
    report = check(PAGE.replace(ARRIVES, row), binding)
    of_row = [f for f in report.findings if f.line == 9]
    assert [f"{f.column} {f.code}" for f in of_row] == found
    wrong = {f.row for f in report.findings if f.row}  # a row may repeat what this one says
    assert list(report.confirmed.values()) == [5 - len(wrong)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("machine = ", "not readable as TOML"),
        ("x = 1", "no entry 'x'; there are: kind, machine, page, title"),
        ("machine = 'a'", "needs machine = NAME, and .columns. with event = HEADER"),
        ("machine = 'a'\n[columns]\nevent = 'E'", "nothing to check; name a column to, status"),
        ("machine = 'a'\n[columns]\nwhen = 'E'", "no column 'when'; there are: from, event"),
        ("machine = 'a'\n[columns]\nevent = 1", "columns. has lines such as"),
        ("machine = 'a'\n[columns]\nevent='E'\nto='T'\n[labels]\na='x'\nb='x'", "'x' stands for"),
    ],
)
def test_bindings_that_cannot_be_read(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "b.toml"
    path.write_text(text)
    with pytest.raises(PageError, match=message):
        read_binding(path)


def test_without_a_column_of_states_the_shortest_trace_counts(tmp_path: Path) -> None:
    path = tmp_path / "b.toml"
    path.write_text("machine='m'\n[columns]\nevent='Event'\nstatus='Status'\n")
    page = "| Event | Status |\n|---|---|\n| arrive | Boarding |\n| close | Moving |\n"
    assert findings(page, path) == [
        "4:11 wrong-status status 'Moving' for 'close' in doors_open, the machine says 'Waiting'"
    ]
    deleted = page.replace("| arrive | Boarding |\n", "").replace("Moving", "Waiting")
    assert findings(deleted, path) == ["1:3 missing-row no row for 'arrive'"]


# Labels --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("call = [", "cal = [", r"lift\.toml:14: .* has no state, event, .* 'cal'; did you mean"),
        ("parked = [", "resting = [", r"lift\.toml:13: .* has no state, .* 'resting'$"),
        ('"In use" = "In', '"Used" = "In', r"lift\.toml:11: .* no indicator 'Used'; there are: In"),
        ('["at rest"]', '["at rest", "going up"]', r"lift\.toml:13: 'going up' is itself the name"),
        ('["at rest"]', "[]", r"lift\.toml:13: write parked = \"a word\" or"),
        ('["at rest"]', "[3]", r"lift\.toml:13: write parked = \"a word\" or"),
        ('["somebody calls"]', '["the caller is above"]', r"lift\.toml:\d+: 'the caller is above'"),
        ('status = "The display', 'status = "If"#', r"lift\.toml:9: the column 'If' cannot be"),
    ],
    ids=[
        "event", "state", "indicator", "another state", "no word", "a number", "two names",
        "one column twice",
    ],
)  # fmt: skip
def test_a_binding_that_contradicts_machine_or_itself_is_refused_with_its_line(
    binding: Path, old: str, new: str, message: str
) -> None:
    assert old in BINDING
    binding.write_text(BINDING.replace(old, new))
    with pytest.raises(PageError, match=message):
        check(PAGE, binding)


def test_the_written_word_is_not_suggested(binding: Path) -> None:
    page = PAGE.replace("| arrive | | doors", "| at rest | | doors")
    assert "9:14 unknown-label unknown event 'at rest'" in findings(page, binding)


# Headers -------------------------------------------------------------------------------------


def test_breaks_and_notes_in_cells_change_nothing(binding: Path) -> None:
    page = PAGE.replace("What happens", "What<br>happens<sup>1</sup>").replace(
        "| arrive | |", "| arrive[^2] | |"
    )
    assert page.count("<br>") == 1
    assert findings(page.replace("| close |", "| close\u00b9 |"), binding) == []


def test_a_binding_reads_headers_with_breaks(binding: Path) -> None:
    binding.write_text(BINDING.replace('"What happens"', '"What<br>happens"'))
    assert findings(PAGE, binding) == []


def test_a_renamed_header_below_the_title_is_a_warning_and_checked(binding: Path) -> None:
    page = PAGE.replace("| Afterwards |", "| Then |")
    (found,) = check(page, binding).findings
    assert (found.code, found.severity, found.line) == ("renamed-column", "warning", 5)
    wrong = page.replace("| going up | Moving | +1", "| going down | Moving | +1")
    assert [f.code for f in check(wrong, binding).findings] == [
        "renamed-column",
        "wrong-transition",
    ]


def test_a_missing_column_below_the_title_is_an_error(binding: Path) -> None:
    lines = [line.split("|") for line in PAGE.split("\n")]
    page = "\n".join("|".join(cells[:4] + cells[5:]) if len(cells) > 5 else "|".join(cells)
                     for cells in lines)  # fmt: skip
    report = check(page, binding)
    assert [f.code for f in report.findings] == ["missing-column"]
    assert (report.tables, report.confirmed) == (1, {})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("How a lift moves:", "How it moves:"),
        ("How a lift moves:", "# How a lift moves, and why"),
        ("| What happens |", "| Why |"),
    ],
)
def test_a_binding_that_fits_no_table_is_an_error(binding: Path, old: str, new: str) -> None:
    binding.write_text(
        BINDING.replace('title = "How a lift moves"', "") if "Why" in new else BINDING
    )
    report = check(PAGE.replace(old, new), binding)
    (found,) = report.findings
    assert (found.code, found.severity, found.file) == ("unused-binding", "error", str(binding))
    assert (report.tables, report.other_tables) == (0, 2)


def test_a_binding_without_a_title_fits_by_all_its_headers(binding: Path) -> None:
    """A table that has only some of them is checked, but it is not what the binding names."""
    binding.write_text(BINDING.replace('title = "How a lift moves"', ""))
    report = check(PAGE.replace("| Afterwards |", "| Then |"), binding)
    assert [f.code for f in report.findings] == ["renamed-column", "unused-binding"]
    assert "fits no table in full: none has all of the columns" in report.findings[1].message
    assert report.tables == 1


def test_bound_tables_and_tables_of_known_languages_are_checked_together(
    tmp_path: Path, binding: Path
) -> None:
    other = tmp_path / "other.toml"
    other.write_text("machine='x'\n[columns]\nevent='E'\nstatus='S'\n")
    page = f"{PAGE}\n| E | S |\n|---|---|\n| arrive | Boarding |\n| close | Waiting |\n"
    page += "\n| Step | Status |\n|---|---|\n| A hard bounce is reported | Sent |\n"
    report = check(page, binding, other)
    assert (report.tables, report.other_tables) == (3, 1)
    assert [f.code for f in report.findings] == ["unknown-title"]


def test_a_table_that_two_bindings_fit_is_an_error(tmp_path: Path, binding: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(BINDING)
    report = check(PAGE, binding, other)
    assert [f.code for f in report.findings] == ["two-bindings"]
    assert (report.tables, report.other_tables, report.confirmed) == (0, 2, {})


# Several states ------------------------------------------------------------------------------


class Order(StateChart):
    """An order that can be given up until it is packed."""

    noted = State(initial=True)
    paid = State()
    packed = State()
    shipped = State(final=True)
    dropped = State(final=True)

    pay = noted.to(paid)
    pack = paid.to(packed)
    ship = packed.to(shipped)
    give_up = noted.to(dropped) | paid.to(dropped)
    inspect = noted.to(noted) | paid.to(paid) | packed.to(packed)


ORDER = "machine = 'x'\n[columns]\nfrom = 'In'\nevent = 'On'\nto = 'To'\n"
ROWS = ["| noted | pay | paid |", "| paid | pack | packed |", "| packed | ship | shipped |"]


def order(tmp_path: Path, *rows: str) -> list[str]:
    path = tmp_path / "order.toml"
    path.write_text(ORDER)
    page = "\n".join(["| In | On | To |", "|---|---|---|", *ROWS, *rows])
    return findings(page, path, machine=fsm.compile_chart(Order))


@pytest.mark.parametrize(
    ("give_up", "inspect"),
    [
        ("noted / paid", "any"),
        ("noted, paid", "any state"),
        ("noted or paid", "**Any**"),
        ("noted and `paid`", "all states"),
        ("noted<br>paid", "every state"),
        ("<ul><li>paid</li><li>noted</li></ul>", "\\*"),
        ("any except packed", "any"),
        ("any (except packed)", "any except shipped"),
        ("Any state but packed[^1]", "any"),
        ("all states except for packed, shipped", "noted; paid; packed"),
        ("either noted or paid", "any of noted, paid, packed"),
        ("* except packed", "*"),
        ("any (not packed)", "any non-final state"),
        ("noted, or paid", "noted, paid, and packed"),
        ("any except packed", "any but the final ones"),
    ],
)
def test_a_row_holds_in_each_of_its_states(tmp_path: Path, give_up: str, inspect: str) -> None:
    rows = f"| {give_up} | give up | dropped |", f"| {inspect} | inspect | itself |"
    assert order(tmp_path, *rows) == []


def test_a_row_that_fails_in_one_of_its_states_is_wrong(tmp_path: Path) -> None:
    found = order(tmp_path, "| any | give up | dropped |", "| any | inspect | noted |")
    first, second = found
    assert first == "6:9 wrong-transition the machine has no transition 'give_up' in packed"
    assert second.startswith("7:19 wrong-transition state 'noted' for 'inspect' in paid, the mach")
    assert second.endswith("; and in 1 more state")


@pytest.mark.parametrize(
    "cell", ["noted / payed", "any except payed", "any other", "noted, x, paid"]
)
def test_an_unknown_state_in_a_list_is_reported(tmp_path: Path, cell: str) -> None:
    found = order(tmp_path, f"| {cell} | give up | dropped |", "| any | inspect | itself |")
    assert "6:3 unknown-label unknown state" in "".join(found)
    assert "missing-row" not in "".join(found)


def test_a_general_row_beside_a_special_one_is_not_a_duplicate(tmp_path: Path) -> None:
    rows = ["| noted, paid | give up | dropped |", "| paid | inspect | paid |"]
    assert order(tmp_path, *rows, "| any | inspect | itself |") == []
    found = order(tmp_path, *rows, "| any | inspect | itself |", "| noted | inspect | noted |")
    assert found == ["9:11 duplicate-row repeats row 6"]
