"""One cause is one finding, at the place where the page must be corrected."""

import pytest

from fsm.catalog import load
from fsm.tables.checks.finding import Finding
from fsm.tables.checks.pages import check_tables
from fsm.tables.read.page import parse_page
from fsm.tables.words.lexicon_files import languages, load_lexicon
from fsm.tables.write import markdown, steps_grid

LEXICONS = [load_lexicon(name) for name in languages()]


def table(mode: str, language: str = "en") -> list[str]:
    words = load_lexicon(language)
    title = words.preferred["titles", mode]
    return [f"**{title}**", "", *markdown(steps_grid(load(mode), words)).splitlines(), ""]


def page(language: str = "en") -> list[str]:
    return [*table("with-feedback", language), *table("without-feedback", language)]


def findings(lines: list[str]) -> tuple[Finding, ...]:
    return check_tables([parse_page("\n".join(lines), "page.md")], LEXICONS, load).findings


WITH, WITHOUT = 4, 14  # where the rows of the two tables begin, counted from 0
DECREASED = "Delivered percentage is decreased accordingly"

CAUSES = {
    "a label copied from a row nearby": (
        {WITH + 3: ("retries are successful", "retries fail")},
        [("wrong-step", WITH + 3)],
    ),
    "two labels exchanged": (
        {
            WITH + 3: ("retries are successful", "retries fail"),
            WITH + 4: ("retries fail", "retries are successful"),
        },
        [("wrong-step", WITH + 3), ("wrong-step", WITH + 4)],
    ),
    "two effects joined": (
        {
            WITH + 1: (
                "No change in Delivered percentage",
                rf"{DECREASED} \| No change in Delivered percentage",
            )
        },
        [("contradiction", WITH + 1)],
    ),
    "more delivered and more bounced": (
        {
            WITH + 1: (
                "No change in Delivered percentage",
                DECREASED.replace("decreased", "increased"),
            )
        },
        [("conservation", WITH + 1)],
    ),
    "an effect of another step": (
        {WITH + 1: ("No change in Delivered percentage", DECREASED)},
        [("wrong-effect", WITH + 1)],
    ),
    "an unknown step": (
        {WITH + 2: ("Soft-bouncing messages get", "Some messages never get")},
        [("unknown-label", WITH + 2)],
    ),
    "a bar inside a cell": (
        {WITH + 2: ("messages get", "messages | get")},
        [("broken-row", WITH + 2)],
    ),
    "an untranslated status": ({WITH: ("Pending", "En attente")}, [("wrong-language", WITH)]),
    "a letter that only looks right": (
        {WITHOUT: ("Sent", "S\u0435nt")},
        [("wrong-script", WITHOUT)],
    ),
    "a title that lost its with": ({0: ("With Email", "Email")}, [("lost-mode", 0)]),
    "a title that lost its without": ({10: ("Without", "With")}, [("lost-mode", 10)]),
    "a title in other words": (
        {10: ("Without Email Feedback Service", "Otherwise")},
        [("unknown-title", 10)],
    ),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_one_cause_is_one_finding(cause: str) -> None:
    changes, expected = CAUSES[cause]
    lines = page()
    for i, (old, new) in changes.items():
        assert old in lines[i], lines[i]
        lines[i] = lines[i].replace(old, new, 1)
    assert [(f.code, f.line) for f in findings(lines)] == [(code, i + 1) for code, i in expected]


def test_a_second_table_of_a_mode_is_one_finding() -> None:
    lines = [*table("with-feedback"), *table("with-feedback")]
    assert [(f.code, f.line) for f in findings(lines)] == [("duplicate-table", 11)]


def test_a_table_in_another_language_is_one_finding() -> None:
    lines = [*table("with-feedback", "fr"), *table("without-feedback", "fr")]
    lines[WITHOUT : WITHOUT + 5] = page("en")[WITHOUT : WITHOUT + 5]
    (finding,) = findings(lines)
    assert (finding.code, finding.line) == ("wrong-language", WITHOUT + 1)
    assert finding.message.endswith("so are 19 more words of the table")


def test_two_words_for_one_thing_in_one_page_are_a_warning() -> None:
    lines = page()
    usual = "Delivered percentage is increased accordingly"
    assert usual in lines[WITH + 3]
    lines[WITH + 3] = lines[WITH + 3].replace(usual, "Delivered increases")
    (finding,) = findings(lines)
    assert "'... increases' here, " in finding.message
    assert (finding.code, finding.line, finding.severity) == (
        "inconsistent-label",
        WITH + 4,
        "warning",
    )


@pytest.mark.parametrize("language", languages())
def test_the_row_as_it_should_be_is_shown_in_the_words_of_the_page(language: str) -> None:
    lines = page(language)
    right = load_lexicon(language).preferred["statuses", "Failed"]
    wrong = load_lexicon(language).preferred["statuses", "Pending"]
    assert lines[WITH + 1].endswith(f"| {right} |")
    lines[WITH + 1] = lines[WITH + 1].replace(f"| {right} |", f"| {wrong} |")
    (finding,) = findings(lines)
    assert finding.reference.endswith(f"| {right} |")
