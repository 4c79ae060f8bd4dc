"""The row as it should be: pasted, it removes its finding; it keeps the words of the page."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsm.catalog import load
from fsm.tables.checks.finding import Finding
from fsm.tables.checks.pages import check_tables
from fsm.tables.read.page import parse_page
from fsm.tables.words.lexicon_files import languages, load_lexicon
from fsm.tables.write import markdown, steps_grid
from tests.depth import samples

LEXICONS = [load_lexicon(language) for language in languages()]
SHORT = """\
**With feedback service**

| No. | Step | Indicators | Log status |
|---|---|---|---|
| 1 | The message is handed over to the mail server | Delivered starts at 0 %; **Bounces + errors** starts at 0 % | Pending |
| 2 | A hard bounce is reported | Delivered: no change<br>**Bounces + errors** increases | Failed |
| 3 | A soft bounce is reported | Delivered: no change<br>**Bounces + errors** increases | Failed |
| 4 | A retry after a soft bounce succeeds | Delivered increases; **Bounces + errors** decreases | _Sent_ |
| 5 | All retries after a soft bounce have failed | Delivered: no change<br>**Bounces + errors**: no change | Failed |
"""  # noqa: E501 - a table has long lines


def findings(page: str) -> tuple[Finding, ...]:
    return check_tables([parse_page(page, "page.md")], LEXICONS, load).findings


UP, DOWN = "**Bounces + errors** increases", "**Bounces + errors** decreases"
SAME = "**Bounces + errors**: no change"
EDITS = {
    # what is right, what is written instead, what the row as it should be has there
    "status": ("_Sent_", "Failed", "Sent"),
    "misspelt status": ("change | Failed |", "change | Failde |", "change | Failed |"),
    "effect that no other row has": (
        DOWN, UP, "Bounces + errors decreases"
    ),
    "effect in the words of another": (SAME, UP, "Bounces + errors: no change"),
    "missing effect": (f"<br>{UP}", "", f"<br>{UP}"),
    "two effects on one indicator": (f"increases; {DOWN}", "increases; Delivered: no change",
        "increases<br>Bounces + errors decreases"),
}  # fmt: skip


def test_a_semicolon_separates_effects_and_underscores_are_emphasis() -> None:
    assert findings(SHORT) == ()


@pytest.mark.parametrize("edit", EDITS.values(), ids=list(EDITS))
def test_only_what_is_wrong_changes(edit: tuple[str, str, str]) -> None:
    right, wrong, expected = edit
    page = SHORT.replace(right, wrong, 1)
    found = findings(page)[0]
    before = SHORT.split("\n")[found.line - 1]
    assert found.reference == before.replace(right, expected, 1)


def test_a_repeated_row_is_to_be_removed_not_corrected() -> None:
    row = SHORT.split("\n")[5]
    (found,) = findings(SHORT + row)
    assert (found.code, found.reference) == ("duplicate-row", "")


def pasted(page: str, found: Finding) -> str:
    lines = page.split("\n")
    lines[found.line - 1] = found.reference
    return "\n".join(lines)


@given(data=st.data())
@settings(max_examples=samples(200, 25), deadline=None)
def test_a_pasted_row_removes_its_finding(data: st.DataObject) -> None:
    lexicon = data.draw(st.sampled_from(LEXICONS))
    machine = load(data.draw(st.sampled_from(["with-feedback", "without-feedback"])))
    grid = steps_grid(machine, lexicon)
    title = lexicon.preferred["titles", machine.name]
    lines = f"**{title}**\n\n{markdown(grid)}".split("\n")
    row = data.draw(st.integers(0, len(grid.rows) - 1))
    other = data.draw(st.integers(0, len(grid.rows) - 1))
    column = data.draw(st.integers(1, 2))
    cells = lines[row + 4].split(" | ")
    cells[column] = lines[other + 4].split(" | ")[column]
    if data.draw(st.booleans()):
        cells[1] = cells[1].replace("<br>", "; ")
    lines[row + 4] = " | ".join(cells)
    page = "\n".join(lines)
    for found in findings(page):
        if found.reference and found.row:
            after = findings(pasted(page, found))
            assert (found.code, found.line) not in {(f.code, f.line) for f in after}
