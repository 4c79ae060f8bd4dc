"""The check confirms correct tables and finds every changed status and effect at its place."""

import re
from pathlib import Path

import pytest

from fsm.catalog import load, machine_page
from fsm.machines import NAMES
from fsm.tables.checks.finding import CheckReport
from fsm.tables.checks.pages import check_tables
from fsm.tables.read.page import parse_page
from fsm.tables.words.lexicon_files import load_lexicon


def check(text: str) -> CheckReport:
    return check_tables([parse_page(text, "page.md")], load_lexicon(), load)


def changed(text: str, line: int, old: str, new: str) -> str:
    """The page with one text replaced once, on the line with this number."""
    lines = text.split("\n")
    assert old in lines[line - 1], lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    return "\n".join(lines)


@pytest.mark.parametrize("name", NAMES)
def test_our_own_pages_are_confirmed(name: str) -> None:
    report = check(machine_page(name).read_text())
    assert report.findings == ()
    assert report.tables == 2
    assert report.confirmed == {name: report.rows}


def test_the_published_page_is_confirmed_as_it_is(corpus: Path) -> None:
    report = check((corpus / "pages/en/confirming-the-send.md").read_text())
    assert report.findings == ()
    assert report.confirmed == {"with-feedback": 5, "without-feedback": 5}


PAGE = machine_page("with-feedback").read_text()
FIRST = next(i for i, s in enumerate(PAGE.split("\n"), 1) if s.startswith("| The message is"))

MISTAKES = {
    "a wrong status": (2, "Failed", "Sent", "wrong-status"),
    "an unknown status": (2, "Failed", "Lost", "unknown-label"),
    "a wrong effect": (1, "Delivered: no change", "Delivered decreases", "wrong-effect"),
    "an impossible effect": (1, "Delivered: no change", "Delivered increases", "conservation"),
    "two effects": (1, "Delivered: no", "Delivered increases<br>Delivered: no", "contradiction"),
    "an effect left out": (3, "Delivered increases<br>", "", "missing-effect"),
    "an effect in other words": (0, "starts at 0 %", "begins at nothing", "unknown-label"),
    "an indicator of another machine": (3, "Delivered", "Opens", "unknown-label"),
    "an unknown step": (4, "All retries", "Most retries", "unknown-label"),
    "a bar inside a cell": (4, "no change<br>", "no | change<br>", "broken-row"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found_at_its_place(mistake: str) -> None:
    row, old, new, code = MISTAKES[mistake]
    report = check(changed(PAGE, FIRST + row, old, new))
    found = [f for f in report.findings if f.code == code]
    assert found, report.findings
    assert (found[0].file, found[0].line, found[0].row) == ("page.md", FIRST + row, row + 1)
    assert found[0].machine == "with-feedback"
    assert found[0].column >= 1


STATUSES = {"Pending", "Sent", "Failed"}
EFFECTS = {
    r"(starts out at) 0%": r"\1 100%",
    r"(starts out at) 100%": r"\1 0%",
    r"is increased (accordingly)": r"is decreased \1",
    r"is decreased (accordingly)": r"is increased \1",
    r"No change in (\S+ Delivered\]\*\*\s+percentage)": r"\1 is increased accordingly",
    r"No change in (\S+ Bounces \+ errors\]\*\*\s+percentage)": r"\1 is increased accordingly",
}


def test_each_changed_cell_of_the_published_page_fails(corpus: Path) -> None:
    text = (corpus / "pages/en/confirming-the-send.md").read_text()
    lines = text.split("\n")
    heading = next(i for i, s in enumerate(lines, 1) if "{#changes-introduced-by-efs}" in s)
    rows = [
        i
        for i, s in enumerate(lines, 1)
        if i > heading and s.startswith("|") and s.strip("| \n").endswith(tuple(STATUSES))
    ]
    assert len(rows) == 10
    count = 0
    for line in rows:
        body = lines[line - 1]
        status = body.rstrip("| ").rsplit("|", 1)[1].strip()
        mutants = {body.replace(f"| {status} |", f"| {other} |") for other in STATUSES - {status}}
        mutants |= {re.sub(old, new, body, count=1) for old, new in EFFECTS.items()} - {body}
        for mutant in mutants:
            lines[line - 1] = mutant
            findings = check("\n".join(lines)).findings
            assert [(f.file, f.line) for f in findings] == [("page.md", line)], mutant
            count += 1
        lines[line - 1] = body
    assert count == 39


def test_a_break_inside_a_sentence_is_a_blank() -> None:
    wrapped = changed(PAGE, FIRST + 1, "Delivered: no change", "Delivered:<br>no change")
    wrapped = changed(wrapped, FIRST + 1, "A hard bounce", "A hard<br/>bounce")
    assert check(wrapped).findings == ()
    wrong = changed(wrapped, FIRST + 1, "no change", "increases")
    assert {f.line for f in check(wrong).findings} == {FIRST + 1}


def test_rows_that_repeat_or_miss_a_step_are_found() -> None:
    lines = PAGE.split("\n")
    repeated = "\n".join([*lines[:FIRST], lines[FIRST - 1], *lines[FIRST:]])
    assert [f.code for f in check(repeated).findings] == ["duplicate-row"]
    missing = "\n".join([*lines[: FIRST - 1], *lines[FIRST:]])
    assert [f.code for f in check(missing).findings] == ["missing-row"]


def test_a_title_that_names_no_machine_is_found() -> None:
    report = check(PAGE.replace("**With feedback service**", "**Feedback service**"))
    assert [f.code for f in report.findings] == ["unknown-title"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (
            "| awaiting | soft_bounce | retrying |",
            "| awaiting | soft_bounce | delivered |",
            "wrong",
        ),
        ("| awaiting | soft_bounce | retrying |", "| awaiting | relayed | retrying |", "wrong"),
    ],
)
def test_a_wrong_transition_is_found(old: str, new: str, code: str) -> None:
    findings = check(PAGE.replace(old, new)).findings
    assert {f.code for f in findings} == {f"{code}-transition", "missing-row"}


@pytest.mark.parametrize(
    ("sources", "codes"),
    [
        ("awaiting / delivered", ["missing-row"]),
        ("awaiting, delivered or retrying", []),
        ("awaiting<br>delivered<br>retrying", []),
        ("any except to_send", []),
        ("any", ["wrong-transition"]),  # in to_send; the final states are left out
        ("awaiting / delivred / retrying", ["missing-row", "wrong-transition"]),
    ],
)
def test_a_transition_may_start_in_several_states(sources: str, codes: list[str]) -> None:
    rows = [line for line in PAGE.split("\n") if "| hard_bounce | hard_bounced |" in line]
    assert len(rows) == 3
    one = f"| {sources} | hard_bounce | hard_bounced | prose | x |"
    lines = [one if line == rows[0] else line for line in PAGE.split("\n")]
    page = "\n".join(line for line in lines if line not in rows)
    assert sorted(f.code for f in check(page).findings) == codes


def test_a_transition_without_its_target_is_found() -> None:
    findings = check(
        PAGE.replace("| awaiting | soft_bounce | retrying |", "| awaiting | x | |")
    ).findings
    assert [f.code for f in findings] == ["missing-row", "broken-row"]
    assert PAGE.split("\n")[findings[1].line - 1].startswith("| awaiting | soft_bounce")


def test_other_tables_and_pages_without_tables_are_left_alone() -> None:
    report = check("# Page\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nText.\n")
    assert (report.pages, report.tables, report.findings) == (1, 0, ())
