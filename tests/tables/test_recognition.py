"""Recognition of documented tables: by their full title, or by a known row."""

import pytest

from fsm.catalog import load
from fsm.tables.checks.finding import CheckReport
from fsm.tables.checks.pages import check_tables
from fsm.tables.read.page import parse_page
from fsm.tables.words.lexicon_files import languages, load_lexicon
from fsm.tables.write import decisions_grid, markdown, steps_grid, transitions_grid

LEXICONS = [load_lexicon(name) for name in languages()]


def check(text: str) -> CheckReport:
    return check_tables([parse_page(text, "page.md")], LEXICONS, load)


def codes(text: str) -> list[str]:
    return [f"{f.severity} {f.code}" for f in check(text).findings]


def table(*rows: str) -> str:
    head, *body = rows
    return "\n".join([head, "|---" * (head.count("|") - 1) + "|", *body]) + "\n"


TITLE = "**With feedback service**\n\n"
HEAD = "| Step | Indicators | Log status |"
FIRST = (
    "| The message is handed over to the mail server "
    "| Delivered starts at 0 %<br>Bounces + errors starts at 0 % | Pending |"
)
GRID = markdown(steps_grid(load("with-feedback"), load_lexicon()))

OTHER_TABLES = {
    "an installation": table("| Step | Status |", "| Unpack it | ready |"),
    "an installation below a word that is a title": "# Delivery\n\n"
    + table("| Step | Status |", "| Load the lorry | Sent |"),
    "orders, sections below a word that is a title": "# Quarantine\n\nSome text.\n\n## Orders\n\n"
    + table("| Step | Status |", "| Place an order | Valid |"),
    "messages of a protocol": "## Messages\n\n"
    + table("| From | Event | To |", "| server | ping | client |", "| client | pong | server |"),
    "one row that a machine has by chance": "## Print jobs\n\n"
    + table(
        "| From | Event | To |",
        "| sending | stop | stopped |",
        "| queued | print | printing |",
        "| printing | jam | waiting |",
    ),
    "a title that is only part of the text above": "**With feedback service, prices**\n\n"
    + table("| Plan | Price |", "| Small | 3 |"),
    "a list of decisions": "Where nothing is documented.\n\n"
    + markdown(decisions_grid(load("with-feedback"))),
    "a full title further above": "## With feedback service\n\nIt costs:\n\n"
    + table("| Plan | Price |", "| Small | 3 |"),
}


@pytest.mark.parametrize("name", OTHER_TABLES)
def test_tables_that_document_no_machine_are_counted(name: str) -> None:
    report = check(OTHER_TABLES[name])
    assert (report.tables, report.other_tables, report.findings) == (0, 1, ())


DOCUMENTED = {
    "by its full title, all headers foreign": (
        TITLE + table("| A | B | C |", "| x | y | z |"),
        ["error unknown-column"] * 3,
    ),
    "by its full title with a break": (
        "**With<br>feedback service**<sup>1</sup>\n\n" + GRID,
        [],
    ),
    "by its full title in a closed heading": ("## With feedback service ##\n\n" + GRID, []),
    "by one row": (
        "**Which?**\n\n" + table(HEAD, FIRST, "| Something | else | Sent |"),
        ["error unknown-title"],
    ),
    "by its rows, whatever the header of the steps says": (
        "**Which?**\n\n" + GRID.replace("Step in the sending process", "Stage"),
        ["error unknown-title", "warning renamed-column"],
    ),
    "by half of its rows, in a table of transitions": (
        "Which?\n\n"
        + table(
            "| From | Event | To |",
            "| unopened | opened | was_opened |",
            "| unopened | closed | was_closed |",
        ),
        ["error unknown-title"],
    ),
    "a list of decisions under the title of a whole table": (
        "**Transitions with feedback service**\n\n"
        + markdown(decisions_grid(load("with-feedback"))),
        ["error missing-row"] * 6,
    ),
    "without a row": (TITLE + table(HEAD), ["error missing-row"] * 5),
}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_documented_tables_are_checked_in_full_or_have_a_finding(name: str) -> None:
    text, expected = DOCUMENTED[name]
    report = check(text)
    assert (report.tables, report.other_tables) == (1, 0)
    assert codes(text) == expected


def test_a_table_without_any_text_above_it_lacks_a_title() -> None:
    (found,) = check(GRID).findings
    assert found.message == (
        "no title above the table names its machine; its rows are those of with-feedback"
    )
    (found,) = check(markdown(transitions_grid(load("with-feedback")))).findings
    assert found.message == "no title above the table names its machine"


# Columns -------------------------------------------------------------------------------------

WRONG = GRID.replace("is increased accordingly | Failed", "is decreased accordingly | Sent", 1)
assert WRONG != GRID


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("KPI summary", "Indicaters"),
        ("Sending logs status", "State in the log"),
        ("Step in the sending process", "What happens"),
        ("Sending logs status", ""),
    ],
)
def test_a_renamed_column_is_a_warning_and_fully_checked(old: str, new: str) -> None:
    text = TITLE + GRID.replace(old, new, 1)
    assert codes(text) == ["warning renamed-column"]
    assert check(text).confirmed == {"with-feedback": 5}
    wrong = codes(TITLE + WRONG.replace(old, new, 1))
    assert wrong == ["warning renamed-column", "error wrong-effect", "error wrong-status"]


UNREAD = {
    "a column of unknown words": (
        GRID.replace("Sending logs status", "Colour").replace("| Pending |", "| red |"),
        {"Sent": "green", "Failed": "grey"},
        "unknown-column",
    ),
    "no column of statuses": (
        "\n".join(f"{line.rstrip(' |').rpartition('|')[0]}|" for line in GRID.splitlines()),
        {},
        "missing-column",
    ),
    "no column of effects": (
        "\n".join(
            "|".join(cells[:2] + cells[3:]) for cells in (x.split("|") for x in GRID.splitlines())
        ),
        {},
        "missing-column",
    ),
    "a second column of statuses": (
        "\n".join(f"{line} Sent |" for line in GRID.splitlines())
        .replace("status | Sent |", "status | Log status |")
        .replace("--- | Sent |", "--- | --- |"),
        {},
        "unknown-column",
    ),
    "one column more": (
        "\n".join(f"{line} x |" for line in GRID.splitlines())
        .replace("status | x |", "status | Deliveries |")
        .replace("--- | x |", "--- | --- |"),
        {},
        "unknown-column",
    ),
}


@pytest.mark.parametrize("name", UNREAD)
def test_a_column_that_is_not_read_is_an_error(name: str) -> None:
    text, words, code = UNREAD[name]
    for old, new in words.items():
        text = text.replace(f"| {old} |", f"| {new} |")
    report = check(TITLE + text)
    assert f"error {code}" in codes(TITLE + text)
    assert report.confirmed == {}


def test_a_header_that_names_a_mode_in_other_words_is_no_column_of_a_machine() -> None:
    lines = [f"{line} see below |" for line in GRID.splitlines()]
    lines[0] = lines[0].replace("see below", "Prices with feedback service")
    lines[1] = lines[1].replace("see below", "---")
    assert codes(TITLE + "\n".join(lines)) == ["error unknown-column"]


def test_notes_are_free_text() -> None:
    lines = [f"{line} see below |" for line in GRID.splitlines()]
    lines[0] = lines[0].replace("see below", "Notes")
    lines[1] = lines[1].replace("see below", "---")
    assert codes(TITLE + "\n".join(lines)) == []


def test_transitions_under_other_headers_are_checked() -> None:
    rows = ("| unopened | opened | was_clicked |", "| unopened | clicked | was_clicked |")
    text = "**Transitions of engagement**\n\n" + table("| Now | Event | Then |", *rows)
    found = codes(text)
    assert found.count("warning renamed-column") == 2
    assert "error wrong-transition" in found


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("column", range(3))
def test_every_changed_header_is_found_in_every_language(language: str, column: int) -> None:
    words = load_lexicon(language)
    grid = markdown(steps_grid(load("with-feedback"), words)).splitlines()
    cells = grid[0].split("|")
    cells[column + 1] = " ?? "
    title = f"**{words.preferred['titles', 'with-feedback']}**\n\n"
    text = title + "\n".join(["|".join(cells), *grid[1:]])
    assert codes(text) == ["warning renamed-column"]
    sent, failed = (f"| {words.preferred['statuses', name]} |" for name in ("Sent", "Failed"))
    assert "error wrong-status" in codes(text.replace(failed, sent, 1))


def test_swapped_headers_are_one_finding_and_the_rows_are_read() -> None:
    words = load_lexicon()
    grid = markdown(steps_grid(load("with-feedback"), words)).splitlines()
    _, step, indicators, status, _ = grid[0].split("|")
    grid[0] = f"|{status}|{indicators}|{step}|"
    text = f"**{words.preferred['titles', 'with-feedback']}**\n\n" + "\n".join(grid)
    assert codes(text) == ["error swapped-headers"]
    wrong = text.replace("| Failed |", "| Sent |", 1)
    assert codes(wrong) == ["error swapped-headers", "error wrong-status"]


def written_transitions(name: str) -> str:
    title = load_lexicon().preferred["titles", name].replace("Email Feedback", "feedback")
    return f"**{title}**\n\n{markdown(transitions_grid(load(name)))}"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("", "", None),
        ("| Failed |", "| Sent |", "wrong-status"),
        ("| Failed |", "| Fialed |", "unknown-label"),
        ("Bounces + errors increases |", "Bounces + errors decreases |", "wrong-effect"),
        ("Bounces + errors increases |", "Bounces + errors goes up |", "unknown-label"),
        ("; Bounces + errors increases |", " |", "missing-effect"),
        ("| Status |", "| State |", "unknown-column"),
    ],
)
def test_status_and_effects_of_transitions_are_checked(old: str, new: str, code: str) -> None:
    text = written_transitions("with-feedback")
    assert old in text
    found = {finding.code for finding in check(text.replace(old, new, 1)).findings}
    assert (code in found) if code else not found


HALVES = "| Step | Log status, {} | Indicators, {} | {} |"


def test_a_column_of_a_machine_that_is_not_recognised_is_an_error() -> None:
    a, b = (steps_grid(load(m), load_lexicon()) for m in ("with-feedback", "without-feedback"))
    rows = [
        f"| {x[0]} | {x[2]} | {x[1]} | {y[2]} | {y[1]} |".replace("\n", "<br>")
        for x, y in zip(a.rows, b.rows, strict=True)
    ]
    one, other = "with feedback service", "without feedback service"
    head = HALVES.format(one, one, f"Log status, {other} | Indicators, {other}")
    assert codes(table(head, *rows)) == []
    bracketed = head.replace(f", {one}", f" ({one})").replace(f", {other}", f" ({other})")
    assert bracketed.count("(") == 4
    assert codes(table(bracketed, *rows)) == []
    lost = head.replace(f"Log status, {other} | Indicators, {other}", "Log status | Indicators, no")
    assert set(codes(table(lost, *rows))) == {"error unknown-column"}
    spelt = head.replace(f"Log status, {other}", f"Log state, {other}")
    assert codes(table(spelt, *rows)) == ["warning renamed-column"]


# Leaving out ---------------------------------------------------------------------------------


def test_a_table_is_left_out_on_request() -> None:
    for between in ("\n", "\n\n", "\n \n\n"):
        report = check(TITLE + f"<!-- fsm:ignore -->{between}" + WRONG)
        assert (report.tables, report.other_tables, report.ignored_tables) == (0, 0, 1)
        assert report.findings == ()


def test_a_request_that_leaves_out_no_table_is_a_finding() -> None:
    text = "<!-- fsm:ignore -->\n\n" + TITLE + GRID
    assert codes(text) == ["error unused-ignore"]
    assert check(text).tables == 1


def test_generated_blocks_are_counted_and_not_checked() -> None:
    block = f"<!-- fsm:table with-feedback -->\n{TITLE}{WRONG}<!-- fsm:end -->\n"
    report = check(block + block)
    assert (report.tables, report.other_tables, report.generated_blocks) == (0, 0, 2)


@pytest.mark.parametrize(
    "title",
    [
        "## With feedback service {#name}",
        "## With feedback service ## {#a-b}  ",
        "# With feedback {#",
    ],
)
def test_an_anchor_behind_a_heading_is_not_part_of_it(title: str) -> None:
    expected = [] if title.rstrip().endswith("}") else ["error lost-mode"]
    assert codes(f"{title}\n\n{GRID}") == expected


def test_an_html_table_is_left_out_by_the_line_it_begins_in() -> None:
    report = check(
        "<!-- fsm:ignore: old -->\n<table>\n<tr><th>A</th></tr><tr><td>b</td></tr></table>"
    )
    assert (report.ignored_tables, report.findings) == (1, ())
