"""A page in an unknown language: one finding, and a draft of a lexicon."""

from pathlib import Path

import pytest

from fsm.catalog import load
from fsm.errors import PageError
from fsm.tables.checks.pages import check_tables
from fsm.tables.read.page import parse_page
from fsm.tables.words.draft import draft_lexicon
from fsm.tables.words.lexicon_files import languages, load_lexicon, read_lexicon

MACHINES = [load(name) for name in ("with-feedback", "without-feedback")]
STEPS = (
    "Het bericht is overgedragen",
    "Een harde bounce wordt gemeld",
    "Een zachte bounce wordt gemeld",
    "Nieuwe pogingen slagen",
    "Nieuwe pogingen mislukken",
)
D, B = "**[!UICONTROL Bezorgd]**", "**[!UICONTROL Bounces + fouten]**"
SAME = "Geen wijziging in {}"
FROM_0, FROM_100 = "Percentage {} begint op 0%", "Percentage {} begint op 100%"
UP, DOWN = "Percentage {} stijgt", "Percentage {} daalt"
WITH = (
    (FROM_0, FROM_0, "In behandeling"),
    (SAME, UP, "Mislukt"),
    (SAME, UP, "Mislukt"),
    (UP, DOWN, "Verzonden"),
    (SAME, SAME, "Mislukt"),
)
WITHOUT = (
    (FROM_100, FROM_0, "Verzonden"),
    (DOWN, UP, "Mislukt"),
    (SAME, SAME, "Verzonden"),
    (SAME, SAME, "Verzonden"),
    (DOWN, UP, "Mislukt"),
)


def table(title: str, cells: tuple[tuple[str, str, str], ...]) -> str:
    rows = "".join(
        f"| {step} | <ul><li>{a.format(D)}</li><li>{b.format(B)}</li></ul> | {status} |\n"
        for step, (a, b, status) in zip(STEPS, cells, strict=True)
    )
    return f"**{title}**\n\n| Stap | Samenvatting | Logstatus |\n|---|---|---|\n{rows}\n"


PAGE = table("Met de feedbackdienst", WITH) + table("Zonder de feedbackdienst", WITHOUT)


def test_an_unknown_language_is_one_finding() -> None:
    lexicons = [load_lexicon(name) for name in languages()]
    (finding,) = check_tables([parse_page(PAGE, "nl.md")], lexicons, load).findings
    assert (finding.code, finding.line, finding.severity) == ("unknown-language", 3, "error")
    assert finding.message.endswith("fsm draft nl.md --kind lexicon")


def test_a_draft_reads_the_page_it_was_made_from(tmp_path: Path) -> None:
    path = tmp_path / "nl.toml"
    text = draft_lexicon(parse_page(PAGE, "nl.md"), MACHINES, load_lexicon())
    assert text.count("REVIEW") == 1  # the code of the language
    path.write_text(text)
    report = check_tables([parse_page(PAGE, "nl.md")], read_lexicon(path), load)
    assert report.findings == ()
    assert report.confirmed == {"with-feedback": 5, "without-feedback": 5}
    wrong = PAGE.replace(f"{UP.format(D)}", f"{DOWN.format(D)}", 1)
    (finding,) = check_tables([parse_page(wrong, "nl.md")], read_lexicon(path), load).findings
    assert finding.code == "conservation"


def test_words_that_the_positions_leave_open_are_marked() -> None:
    page = PAGE.replace("**[!UICONTROL Bezorgd]**", "Bezorgd").replace("Verzonden", "Gestuurd", 1)
    text = draft_lexicon(parse_page(page, "nl.md"), MACHINES, load_lexicon())
    marked = [line for line in text.splitlines() if "REVIEW: " in line]
    assert any(line.startswith('"Sent" = ["Gestuurd", "Verzonden"]') for line in marked)
    assert any("put {indicator} for its name" in line for line in marked)


def test_a_page_without_such_tables_is_refused() -> None:
    with pytest.raises(PageError, match="no two tables of 3 columns and the same 5 steps"):
        draft_lexicon(parse_page("# Nothing\n", "x.md"), MACHINES, load_lexicon())
