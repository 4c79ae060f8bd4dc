"""Documented rows are tests of their own."""

import pytest

from fsm.catalog import document

pytest_plugins = ["pytester"]
PAGE = document("with-feedback").read_text()
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


def test_a_page_that_cannot_be_read_is_one_line(pytester: pytest.Pytester) -> None:
    (pytester.path / "page.md").write_bytes(b"\xff")
    result = pytester.runpytest_inprocess("page.md")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*page.md:1: not UTF-8 text; save the file as UTF-8"])


# Nothing to check ----------------------------------------------------------------------------

OTHER = "# Prices\n\n| Plan | Price |\n|---|---|\n| Small | 3 |\n"


def test_pages_without_documented_tables_fail_once_in_a_run(run, pytester: pytest.Pytester) -> None:
    pytester.makefile(".md", first="# Text\n", second=OTHER)
    result = run(OTHER, "page.md", "first.md", "second.md")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*nothing to check: no documented table in 3 pages, 2 other*"])
    pytester.makefile(".md", third=PAGE)
    run(OTHER, "page.md", "first.md", "third.md").assert_outcomes(passed=19)


def test_pages_without_documented_tables_can_be_allowed(run, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nfsm_pages = *.md\nfsm_allow_none = true\n")
    run(OTHER).assert_outcomes()


@pytest.mark.parametrize("pattern", ["docs/*.md", "guide.rst", "/absolute/*.md"])
def test_a_pattern_that_names_no_page_is_refused(pytester: pytest.Pytester, pattern: str) -> None:
    pytester.makefile(".rst", guide="Guide")
    pytester.makeini(f"[pytest]\nfsm_pages = {pattern}\n")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *fsm_pages: '{pattern}'*"])
