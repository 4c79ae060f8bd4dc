"""A page in an unknown language: one finding, and a draft of a lexicon."""

from pathlib import Path

import pytest

from fsm.catalog import load
from fsm.errors import PageError
from fsm.tables.checks.pages import check_tables
from fsm.tables.read.page import parse_page
from fsm.tables.words.draft import draft_lexicon
from fsm.tables.words.lexicon_files import languages, lexicon_text, load_lexicon, read_lexicon
from fsm.tables.words.lexicon_merge import merge_draft
from fsm.tables.write import markdown, steps_grid

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


def test_several_words_for_one_status_are_marked() -> None:
    page = PAGE.replace("Verzonden", "Gestuurd", 1)
    text = draft_lexicon(parse_page(page, "nl.md"), MACHINES, load_lexicon())
    assert '"Sent" = ["Gestuurd", "Verzonden"]  # REVIEW: several words' in text.splitlines()


def test_the_word_for_an_indicator_is_found_without_markup() -> None:
    plain_words = PAGE.replace(D, "Bezorgd").replace(B, "Bounces + fouten")
    drafts = [
        draft_lexicon(parse_page(page, "nl.md"), MACHINES, load_lexicon())
        for page in (PAGE, plain_words)
    ]
    assert drafts[0] == drafts[1]
    no_common_word = plain_words.replace("Bezorgd", "Afgeleverd", 1)
    text = draft_lexicon(parse_page(no_common_word, "nl.md"), MACHINES, load_lexicon())
    assert "# REVIEW: put {indicator} for the word of 'Delivered' in 'Percentage Afgel" in text


FAULTS = {
    "a status that stands for two": (
        ("| Verzonden |", "| Mislukt |"),
        "'Mislukt' stands for 'Failed' (lines 6, 7, 9, 16, 19) and 'Sent' (line 8): a fault of",
    ),
    "a sentence with two effects": (
        (DOWN.format(B), UP.format(B)),
        "'Percentage {indicator} stijgt' stands for 'increases' (lines 6, 7, 8, 16, 19) and 'decr",
    ),
    "one effect of two": (
        (f"<li>{UP.format(B)}</li>", ""),
        "line 6 states 1 effect, not 2; they were not read",
    ),
    "a bar in a cell": (
        ("begint op 0%</li></ul> |", "begint op 0%</li></ul> | x |"),
        "line 5 has 4 cells under 3 headers; it",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "question"), FAULTS.values(), ids=FAULTS)
def test_a_fault_of_the_page_is_a_question_and_no_word(
    change: tuple[str, str], question: str
) -> None:
    old, new = change
    assert old in PAGE
    text = draft_lexicon(parse_page(PAGE.replace(old, new, 1), "nl.md"), MACHINES, load_lexicon())
    assert f"# REVIEW: {question}" in text
    assert '"Failed" = ["Mislukt"]' in text
    assert '"increases" = ["Percentage {indicator} stijgt"]' in text


def both_modes() -> str:
    """Return the table of five columns: without the service first."""
    header = (
        "Stap",
        *(f"{x}<br>{m} FBD" for m in ("zonder", "met") for x in ("Cijfers", "Status")),
    )
    rows = "".join(
        f"| {step} | "
        + " | ".join(
            f"<ul><li>{a.format(D)}</li><li>{b.format(B)}</li></ul> | {status}"
            for a, b, status in (without, with_)
        )
        + " |\n"
        for step, without, with_ in zip(STEPS, WITHOUT, WITH, strict=True)
    )
    return f"| {' | '.join(header)} |\n|---|---|---|---|---|\n{rows}"


def test_five_columns_whose_statuses_change_alike_are_another_table() -> None:
    same = "".join(f"| {i} | p<br>q | r{i} | p<br>q | s{i} |\\n" for i in range(5))
    page = f"| a | b c x | d e x | b c y | d e y |\\n|---|---|---|---|---|\\n{same}"
    assert check_tables([parse_page(page, "p.md")], [load_lexicon("en")], load).findings == ()


def test_a_table_of_five_columns_is_drafted_and_read(tmp_path: Path) -> None:
    page = parse_page(both_modes(), "nl.md")
    lexicons = [load_lexicon("en")]
    (finding,) = check_tables([page], lexicons, load).findings
    assert (finding.code, "this table looks documented" in finding.message) == (
        "unknown-language",
        True,
    )
    path = tmp_path / "nl.toml"
    path.write_text(draft_lexicon(page, MACHINES, load_lexicon()))
    report = check_tables([page], read_lexicon(path), load)
    assert (report.findings, report.confirmed) == (
        (),
        {"with-feedback": 5, "without-feedback": 5},
    )


def test_a_page_without_such_tables_is_refused() -> None:
    with pytest.raises(PageError, match="no two tables of 3 columns and the same 5 steps"):
        draft_lexicon(parse_page("# Nothing\n", "x.md"), MACHINES, load_lexicon())


# Into an existing lexicon --------------------------------------------------------------------

MINE = """# Ours, reviewed.
language = "nl"

[titles]
with-feedback = ["Met de dienst"]  # as the old pages have it

[statuses]
Pending = [
    "Wachtend",
    "In behandeling"  # both
]
"Sent" = ['Mislukt']

[[steps]]
machines = ["without-feedback", "with-feedback"]
event = "relayed"
labels = ["Overgedragen",]
"""


def test_words_are_added_to_a_lexicon_whose_lines_stay(tmp_path: Path) -> None:
    page = parse_page(PAGE, "nl.md")
    merged = merge_draft(MINE, "my.toml", page, MACHINES, load_lexicon())
    mark = "  # REVIEW: new, from nl.md"
    lines = merged.text.splitlines()
    assert (merged.added, merged.questions) == (18, 1)
    assert lines[:14] == [
        "# Ours, reviewed.",
        'language = "nl"',
        "",
        "[titles]",
        'with-feedback = ["Met de dienst",',
        f'    "Met de feedbackdienst",{mark}',
        "]  # as the old pages have it",
        f'"without-feedback" = ["Zonder de feedbackdienst"]{mark}',
        "",
        "[statuses]",
        "Pending = [",
        '    "Wachtend",',
        '    "In behandeling"  # both',
        "]",
    ]
    assert f'    "Verzonden",{mark}' in lines
    assert f'    "{STEPS[0]}",{mark}' in lines
    assert lines[-1] == "# REVIEW: 'Mislukt' stands for 'Failed' in nl.md, here for 'Sent'"
    again = merge_draft(merged.text, "my.toml", page, MACHINES, load_lexicon())
    assert (again.text, again.added, again.questions) == (merged.text, 0, 0)


@pytest.mark.parametrize("language", [name for name in languages() if name != "en"])
def test_the_words_of_a_shipped_lexicon_are_not_added_again(language: str) -> None:
    words = load_lexicon(language)
    text = "\n\n".join(
        f"**{words.preferred['titles', machine.name]}**\n\n" + markdown(steps_grid(machine, words))
        for machine in MACHINES
    )
    shipped = lexicon_text(language)
    merged = merge_draft(shipped, "x.toml", parse_page(text, "x.md"), MACHINES, load_lexicon())
    assert (merged.text, merged.added) == (shipped, 0)


def test_a_lexicon_of_another_form_is_refused() -> None:
    inline = 'language = "nl"\nstatuses = {Pending = ["Wachtend"]}\n'
    with pytest.raises(PageError, match=r"my\.toml:\d: no words can be added here; write \[statu"):
        merge_draft(inline, "my.toml", parse_page(PAGE, "nl.md"), MACHINES, load_lexicon())
