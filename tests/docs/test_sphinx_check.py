"""``sphinx-build -b fsm-check``: what it checks, what it finds, and when it fails."""

from pathlib import Path

import pytest
from docutils.core import publish_doctree

from fsm.catalog import load
from fsm.drawing import draw
from fsm.tables.read.doctree import doctree_page
from tests.docs.sphinx_project import build, project

STEPS = (
    (
        "The message is handed over to the mail server",
        "Delivered starts at 0 %",
        "Bounces + errors starts at 0 %",
        "Pending",
    ),
    (
        "A hard bounce is reported",
        "Delivered: no change",
        "Bounces + errors increases",
        "Failed",
    ),
    (
        "A soft bounce is reported",
        "Delivered: no change",
        "Bounces + errors increases",
        "Failed",
    ),
    (
        "A retry after a soft bounce succeeds",
        "Delivered increases",
        "Bounces + errors decreases",
        "Sent",
    ),
    (
        "All retries after a soft bounce have failed",
        "Delivered: no change",
        "Bounces + errors: no change",
        "Failed",
    ),
)
TITLE = "With feedback service"


def markdown() -> str:
    rows = (f"| {step} | {first}<br>{second} | {status} |" for step, first, second, status in STEPS)
    head = "| Step | Indicators | Log status |\n|---|---|---|\n"
    return f"# Page\n\n**{TITLE}**\n\n{head}" + "\n".join(rows) + "\n"


def list_table() -> str:
    rows = (
        f"   * - {step}\n     - - {first}\n       - {second}\n     - {status}\n"
        for step, first, second, status in STEPS
    )
    head = "   * - Step\n     - Indicators\n     - Log status\n"
    table = f".. list-table:: {TITLE}\n   :header-rows: 1\n\n{head}{''.join(rows)}"
    return f"Page\n====\n\n{table}"


def grid_table() -> str:
    widths = (48, 36, 12)
    line = "+".join(["", *("-" * width for width in widths), ""])

    def row(*cells: str) -> str:
        padded = (f" {cell}".ljust(width) for cell, width in zip(cells, widths, strict=True))
        return f"|{'|'.join(padded)}|"

    lines = [line, row("Step", "Indicators", "Log status"), line.replace("-", "=")]
    for step, first, second, status in STEPS:
        lines += [row(step, f"| {first}", status), row("", f"| {second}", ""), line]
    return f"Page\n====\n\n{TITLE}\n\n" + "\n".join(lines) + "\n"


PAGES = {"index_md": markdown(), "index_rst": list_table(), "grid": grid_table()}


@pytest.mark.parametrize("page", PAGES)
def test_a_right_table_is_confirmed_and_a_wrong_one_found(page: str, tmp_path: Path) -> None:
    name = page if "_" in page else "index_rst"
    right = build(project(tmp_path, **{name: PAGES[page]}), "fsm-check")
    assert (right.status, right.warnings) == (0, [])
    wrong = PAGES[page].replace("Failed", "Sent  ", 1)
    found = build(project(tmp_path, **{name: wrong}), "fsm-check")
    assert found.status == 1
    [warning] = found.warnings
    at = next(n for n, line in enumerate(wrong.splitlines(), 1) if "A hard bounce" in line)
    lines = {at, at + 3} if "list-table" in wrong else {at}
    file = name.replace("_", ".")
    assert any(warning.startswith(f"{file}:{line}:") for line in lines)
    message = "error[wrong-status] status 'Sent' for 'hard_bounce' in awaiting"
    assert message in warning


OTHERS = {
    "nothing": (
        "index_rst",
        "Nothing\n=======\n",
        ["ERROR: nothing to check: no documented table in 1 page [fsm.check]"],
    ),
    "another table": (
        "index_md",
        "# T\n\n| a | b |\n|---|---|\n| c | d |\n",
        ["ERROR: nothing to check: no documented table in 1 page [fsm.check]"],
    ),
    "only generated": (
        "index_rst",
        ".. fsm:table:: with-feedback\n",
        ["ERROR: nothing to check: no documented table in 1 page [fsm.check]"],
    ),
    "ignored": (
        "index_rst",
        list_table().replace(".. list-table", ".. fsm:ignore\n\n.. list-table"),
        ["ERROR: nothing to check: no documented table in 1 page [fsm.check]"],
    ),
    "stale block": (
        "index_md",
        "# T\n\n<!-- fsm:table with-feedback -->\n<!-- fsm:end -->\n",
        ["index.md:4: WARNING: error[stale-block] out of date; to update, run: fsm docs index.md"],
    ),
    "missing picture": (
        "index_md",
        (
            "# T\n\n<!-- fsm:diagram engagement file=x.svg -->\n\n"
            "![Recipient engagement](x.svg)\n\n<!-- fsm:end -->\n"
        ),
        [
            "index.md:5: WARNING: image file not readable: x.svg",
            "x.svg:1: WARNING: error[stale-block] missing; to update, run: fsm docs index.md",
        ],
    ),
    "block that cannot be written": (
        "index_md",
        "# T\n\n<!-- fsm:table nope -->\n<!-- fsm:end -->\n",
        ["index.md:3: WARNING: error[unwritten-block] nope: no such machine"],
    ),
}


@pytest.mark.parametrize("case", OTHERS)
def test_other_failures(case: str, tmp_path: Path) -> None:
    name, page, expected = OTHERS[case]
    built = build(project(tmp_path, **{name: page}), "fsm-check")
    assert built.status == 1
    for warning, begin in zip(built.warnings, expected, strict=True):
        assert warning.startswith(begin)


SPANS = """
With feedback service

+------+------+------+
| a    | b    | c    |
+======+======+======+
| 1    | 2           |
+------+------+------+
| | 3  | 4    | 5    |
| | x  |      |      |
+------+      +------+
| 6    |      | \\*7  |
+------+------+------+
"""


def test_a_cell_that_spans_others_is_in_each_of_them() -> None:
    page = doctree_page(publish_doctree(SPANS), "page.rst")
    [table] = page.tables
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    assert rows == [["1", "2", "2"], ["3<br>\nx", "4", "5"], ["6", "4", "\\*7"]]
    assert [row.line for row in table.rows] == [7, 9, 12]
    assert table.title == "With feedback service"


def test_a_binding_of_the_project_says_what_other_columns_are(tmp_path: Path) -> None:
    (tmp_path / "machine.json").write_text(draw(load("engagement"), "json"))
    (tmp_path / "binding.toml").write_text(
        'machine = "machine.json"\n[columns]\nfrom = "Before"\nevent = "What"\nto = "After"\n'
    )
    rows = ["Before,What,After"]
    rows += [f"{t.source},{t.event},{t.target}" for t in load("engagement").transitions]
    page = ".. csv-table::\n   :header-rows: 1\n\n" + "".join(f"   {row}\n" for row in rows)
    settings = {"fsm_bindings": ["binding.toml"]}
    right = build(project(tmp_path, index_rst=page), "fsm-check", **settings)
    assert (right.status, right.warnings) == (0, [])
    project(
        tmp_path,
        index_rst=page.replace("unopened,clicked,was_clicked", "unopened,clicked,unopened"),
    )
    wrong = build(tmp_path, "fsm-check", **settings)
    assert wrong.status == 1
    assert wrong.warnings[0].startswith("index.rst:1:1: WARNING: error[wrong-transition] ")


def test_a_lexicon_of_the_project_names_what_exists(tmp_path: Path) -> None:
    (tmp_path / "words.toml").write_text('language = "nl"\n[statuses]\nGone = ["weg"]\n')
    built = build(
        project(tmp_path, index_rst=list_table()), "fsm-check", fsm_lexicons=["words.toml"]
    )
    assert built.status == 1
    assert built.warnings[0].startswith("ERROR: words.toml:3: no status 'Gone'")
