"""Tables of any machine, bound by a TOML."""

from pathlib import Path

import pytest
from statemachine import State, StateChart

import fsm
from fsm.errors import PageError
from fsm.spec.binding import check_bound, read_binding
from fsm.spec.page import parse_page


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


def findings(page: str, binding: Path) -> list[str]:
    found = check_bound(parse_page(page, "lift.md"), read_binding(binding), fsm.compile_chart(Lift))
    return [f"{f.line}:{f.column} {f.code} {f.message}" for f in found[2]]


def test_a_true_table_has_no_findings(binding: Path) -> None:
    page = parse_page(PAGE, "lift.md")
    assert check_bound(page, read_binding(binding), fsm.compile_chart(Lift)) == (1, 5, [])


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("| going up | Moving | +1", "| going down | Moving | +1",
         "7:56 wrong-transition state 'going_down' for 'call [is_above]' in parked, the machine"),
        ("| Boarding | 0 |", "| Moving | 0 |",
         "9:38 wrong-status status 'Moving' for 'arrive' in going_up, the machine says 'Boarding'"),
        ("| Boarding | 0 |", "| Boarding | +1 |",
         "9:49 wrong-effect In use 'increases' for 'arrive' in going_up, the machine says 'no"),
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
        ("| Boarding | 0 |", "| Boarding | 0 | 1 |", "9:3 broken-row has 7 cells under 6 headers"),
    ],
    ids=["to", "status", "effect", "no effect", "event", "transition", "missing", "twice", "width"],
)  # fmt: skip
def test_what_is_wrong_is_found(binding: Path, old: str, new: str, finding: str) -> None:
    assert old in PAGE
    assert findings(PAGE.replace(old, new), binding)[0].startswith(finding)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("machine = ", "not readable as TOML"),
        ("x = 1", "no entry 'x'; there are: columns, indicators, labels, machine, title"),
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
