"""Documented rows are tests of their own."""

from pathlib import Path

import pytest

from fsm.catalog import load, machine_page
from fsm.formats.json_document import to_json
from tests.depth import cases

pytest_plugins = ["pytester"]
CHART = """
from statemachine import State, StateChart

class Order(StateChart):
    a = State(initial=True)
    b = State(final=True)
    go = a.to(b)
"""
PAGE = machine_page("with-feedback").read_text()
WRONG = PAGE.replace(
    "| A hard bounce is reported | Delivered: no change<br>Bounces + errors increases | Failed |",
    "| A hard bounce is reported | Delivered: no change<br>Bounces + errors increases | Sent |",
)


@pytest.fixture
def run(pytester: pytest.Pytester):
    def run(page: str, *args: str) -> pytest.RunResult:
        pytester.makefile(".md", page=page)
        return pytester.runpytest_inprocess("-p", "no:cacheprovider", *args)

    return run


def test_each_row_is_a_test(run) -> None:
    result = run(PAGE, "-v", "page.md")
    result.assert_outcomes(passed=19)
    result.stdout.fnmatch_lines(["page.md::with-feedback::row 3 soft bounce PASSED*"])


def test_every_suffix_of_a_page_is_collected(pytester: pytest.Pytester) -> None:
    page = pytester.makefile(".mdx", page=PAGE)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", page)
    result.assert_outcomes(passed=19)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "--fsm-pages", "*.mdx")
    result.assert_outcomes(passed=19)


def test_a_wrong_row_fails_with_its_cell_underlined(run) -> None:
    assert WRONG != PAGE
    result = run(WRONG, "page.md")
    result.assert_outcomes(passed=18, failed=1)
    result.stdout.fnmatch_lines(["*row 2 hard bounce*", "*error?wrong-status?*", "*^^^^*"])
    assert "Traceback" not in result.stdout.str()


def test_a_wrong_transition_fails_its_row(run) -> None:
    wrong = PAGE.replace(
        "| awaiting | soft_bounce | retrying |", "| awaiting | soft_bounce | delivered |"
    )
    assert wrong != PAGE
    run(wrong, "page.md").assert_outcomes(passed=17, failed=2)  # and one transition has no row


def test_pages_are_collected_where_they_are_named(run, pytester: pytest.Pytester) -> None:
    run(PAGE).assert_outcomes()
    run(PAGE, "--fsm-pages", "*.md").assert_outcomes(passed=19)
    pytester.makeini("[pytest]\nfsm_pages = *.md\n")
    run(PAGE).assert_outcomes(passed=19)


def test_pages_of_every_suffix_are_collected_once(pytester: pytest.Pytester) -> None:
    (pytester.path / "docs").mkdir()
    for name in ("A.MD", "b.markdown", "docs/c.Markdown", "docs/d.md"):
        (pytester.path / name).write_text(PAGE)
    (pytester.path / "e.txt").write_text(PAGE)  # named, but no Markdown
    (pytester.path / "f.md").write_text(WRONG)  # not named
    pytester.makeini("[pytest]\nfsm_pages = A.* b.* docs/* docs/d.md e.*d e.txt\n")
    refused = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    refused.stderr.fnmatch_lines(["ERROR: *fsm_pages: 'e.[*]d' names no page*"])
    pytester.makeini("[pytest]\nfsm_pages = A.* b.* docs/* docs/d.md\n")
    pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=4 * 19)


def test_a_page_that_cannot_be_read_is_one_line(pytester: pytest.Pytester) -> None:
    (pytester.path / "page.md").write_bytes(b"\xff")
    result = pytester.runpytest_inprocess("page.md")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*page.md:1: not UTF-8 text; save the file as UTF-8"])


NAMING = "# Orders\n<!-- fsm:matrix engagement -->\n<!-- fsm:end -->\n\n{blocks}"
BLOCKS = """<!-- fsm:matrix page_orders:Order -->
<!-- fsm:end -->
<!-- fsm:changes page_orders:Order clicks.json -->
<!-- fsm:end -->
"""


@pytest.fixture
def naming(pytester: pytest.Pytester) -> Path:
    """A page that names a class and a machine file; the mark that importing the class leaves."""
    mark = pytester.path / "page_orders ran"
    (pytester.path / "page_orders.py").write_text(f"open({str(mark)!r}, 'w').close()\n{CHART}")
    (pytester.path / "clicks.json").write_text(to_json(load("engagement")))
    pytester.makefile(".md", page=NAMING.format(blocks=BLOCKS))
    return mark


def test_what_a_page_names_is_not_imported(naming: Path, pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-v", "page.md")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "page.md::machine page_orders:Order FAILED*",
            "page.md::machine clicks.json PASSED*",
            "*page.md:5: 'page_orders:Order' is code that this file names, not you, so it was not*",
        ]
    )
    assert "pytest, Sphinx: fsm_allow_import" in result.stdout.str()
    assert "Traceback" not in result.stdout.str()
    assert not naming.exists()


def test_what_a_page_names_is_imported_with_the_setting(
    naming: Path, pytester: pytest.Pytester
) -> None:
    pytester.makeini("[pytest]\nfsm_allow_import = true\n")
    pytester.runpytest_inprocess("-p", "no:cacheprovider", "page.md").assert_outcomes(passed=2)
    assert naming.exists()


def test_a_block_without_an_end_is_one_line(pytester: pytest.Pytester) -> None:
    pytester.makefile(".md", page="<!-- fsm:matrix engagement -->\n")
    result = pytester.runpytest_inprocess("page.md")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*page.md:1: the block has no end; write <!-- fsm:end -->*"])


# Nothing to check ----------------------------------------------------------------------------

OTHER = "# Prices\n\n| Plan | Price |\n|---|---|\n| Small | 3 |\n"


def test_pages_without_documented_tables_fail_once_in_a_run(run, pytester: pytest.Pytester) -> None:
    pytester.makefile(".md", first="# Text\n", second=OTHER)
    result = run(OTHER, "page.md", "first.md", "second.md")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*nothing to check: no documented table in 3 pages and 2 other*"])
    pytester.makefile(".md", third=PAGE)
    run(OTHER, "page.md", "first.md", "third.md").assert_outcomes(passed=19)


def test_pages_without_documented_tables_can_be_allowed(run, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nfsm_pages = *.md\nfsm_allow_none = true\n")
    run(OTHER).assert_outcomes()


@pytest.mark.parametrize("pattern", cases(["docs/*.md", "guide.org", "/absolute/*.md"]))
def test_a_pattern_that_names_no_page_is_refused(pytester: pytest.Pytester, pattern: str) -> None:
    pytester.makefile(".org", guide="Guide")
    pytester.makeini(f"[pytest]\nfsm_pages = {pattern}\n")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *fsm_pages: '{pattern}'*"])
