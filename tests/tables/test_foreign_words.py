"""Words of another language: a few are a finding each, many are one finding."""

import pytest

from fsm.catalog import load
from fsm.tables.checks.pages import check_tables
from fsm.tables.read.page import parse_page
from fsm.tables.words.lexicon_files import languages, load_lexicon
from fsm.tables.write import markdown, steps_grid

LEXICONS = [load_lexicon(name) for name in languages()]


def page(foreign: int) -> str:
    """Return the two English tables; so many rows of the first have their French step."""
    lines: list[str] = []
    for mode in ("with-feedback", "without-feedback"):
        rows, other = (
            markdown(steps_grid(load(mode), load_lexicon(language))).splitlines()
            for language in ("en", "fr")
        )
        for row in range(2, 2 + foreign if mode == "with-feedback" else 2):
            rows[row] = "|".join(["", other[row].split("|")[1], *rows[row].split("|")[2:]])
        lines += [f"**{load_lexicon('en').preferred['titles', mode]}**", "", *rows, ""]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("foreign", "endings"),
    [(0, []), (1, [""]), (2, ["", ""]), (3, ["; so are 2 more words of the table"])],
    ids="{} words".format,
)
def test_words_of_another_language(foreign: int, endings: list[str]) -> None:
    found = check_tables([parse_page(page(foreign), "page.md")], LEXICONS, load).findings
    assert {finding.code for finding in found} <= {"wrong-language"}
    rests = [finding.message.partition("; ")[1:] for finding in found]
    ends = ["".join(rest) if "more words" in rest[1] else "" for rest in rests]
    assert ends == endings
    assert [finding.line for finding in found] == list(range(5, 5 + len(endings)))
