"""Messages of findings: what the page says, what the machine says, and the row as it should be."""

import pytest

from fsm.catalog import load
from fsm.tables.checks.finding import Finding
from fsm.tables.checks.pages import check_tables
from fsm.tables.read.page import parse_page
from tests.tables.test_causes import LEXICONS, WITH, WITHOUT, page

UP, DOWN, SAME = "is increased accordingly", "is decreased accordingly", "No change in"
Edit = tuple[int, str, str]

MESSAGES: dict[str, tuple[Edit, str]] = {
    # line, text and what is written instead; what the finding says
    "no change of status does both": (
        (WITH + 1, f"{SAME} Delivered percentage", f"Delivered percentage {UP}"),
        (
            "Bounces + errors increases; Delivered increases for 'hard_bounce' in awaiting: "
            "no change of status does both; the machine says Delivered: no change; "
            "Bounces + errors increases"
        ),
    ),
    "nor does it with what does not change": (
        (WITHOUT + 1, f"Delivered percentage {DOWN}", f"{SAME} Delivered percentage"),
        (
            "Bounces + errors increases; Delivered: no change for 'hard_bounce' in awaiting: "
            "no change of status does both; the machine says Delivered decreases; "
            "Bounces + errors increases"
        ),
    ),
    "two effects on one indicator": (
        (
            WITH + 1,
            f"{SAME} Delivered percentage",
            rf"Delivered percentage {DOWN} \| {SAME} Delivered percentage",
        ),
        (
            "Delivered both decreases and no change for 'hard_bounce' in awaiting, "
            "the machine says no change"
        ),
    ),
    "a wrong status": (
        (WITH + 2, "Failed", "Sent"),
        "status 'Sent' for 'soft_bounce' in awaiting, the machine says 'Failed'",
    ),
}


def checked(lines: list[str]) -> tuple[dict[str, int], list[Finding]]:
    report = check_tables([parse_page("\n".join(lines), "page.md")], LEXICONS, load)
    return dict(report.confirmed), list(report.findings)


def sorted_parts(message: str) -> list[str]:
    """Return a message without the order in which it names indicators."""
    return sorted(message.replace(" for '", "; for '").split("; "))


@pytest.mark.parametrize(("edit", "message"), MESSAGES.values(), ids=list(MESSAGES))
def test_the_message_of_a_finding(edit: Edit, message: str) -> None:
    line, old, new = edit
    lines = page()
    right = [cell.strip() for cell in lines[line].strip("|").split("|")]
    assert old in lines[line]
    lines[line] = lines[line].replace(old, new)
    confirmed, [found] = checked(lines)
    assert sorted_parts(found.message) == sorted_parts(message)
    assert found.line == line + 1
    assert sum(confirmed.values()) == 9
    reference = [cell.strip() for cell in found.reference.strip("|").split("|")]
    assert (reference[0], reference[-1]) == (right[0], right[-1])


def test_missing_rows_are_named_in_order_with_where_they_happen() -> None:
    lines = page()
    del lines[WITH + 1 : WITH + 5]
    confirmed, found = checked(lines)
    start = "no row for the step"
    assert [f.message for f in found] == [
        f"{start} 'hard_bounce'",
        f"{start} 'retry_failed' in retrying",
        f"{start} 'retry_succeeded'",
        f"{start} 'soft_bounce'",
    ]
    assert confirmed == {"with-feedback": 1, "without-feedback": 5}


def test_warnings_confirm_a_row_and_errors_do_not() -> None:
    lines = page()
    label = "Hard-bouncing messages get reported back from the Enhanced MTA"
    assert label in lines[WITH + 1]
    lines[WITH + 1] = lines[WITH + 1].replace(label, "A hard bounce is reported")
    lines[WITHOUT + 1] = lines[WITHOUT + 1].replace("Failed", "Pending")
    confirmed, found = checked(lines)
    assert [(f.code, f.severity) for f in found] == [
        ("inconsistent-label", "warning"),
        ("wrong-status", "error"),
    ]
    assert confirmed == {"with-feedback": 5, "without-feedback": 4}
