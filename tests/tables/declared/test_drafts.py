"""``fsm draft`` of tables that are no steps: what is certain, and a question for each doubt."""

from dataclasses import replace
from pathlib import Path

import pytest

import fsm as library
from fsm.catalog import load
from fsm.errors import PageError
from fsm.tables.declared.draft import TableDraft, answered, draft_table
from fsm.tables.declared.reading import readings_of
from fsm.tables.read.page import parse_page, read_page
from fsm.tables.words.binding import Binding
from tests.command import Fsm
from tests.tables.declared.test_pages import PAGES

NO_ANSWERS = Binding("", {}, {}, {})
HEAD = "| From | Event | To |\n|---|---|---|\n"


def draft_of(text: str, answers: Binding = NO_ANSWERS) -> TableDraft:
    page = parse_page(text, "page.md")
    return draft_table(page, readings_of(page, load, answers), "", answers)


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if "answers" not in page])
def test_a_draft_without_questions_gives_the_machine_of_the_page(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"page.{PAGES[name].get('format', 'md')}"
    path.write_text(PAGES[name]["page"])
    page = read_page(path)
    draft = draft_table(page, readings_of(page, load), "", NO_ANSWERS)
    assert draft.questions == ()
    (tmp_path / "page.toml").write_text(draft.toml(path.name))
    drafted, direct = library.load(str(tmp_path / "page.toml")), library.load(str(path))
    assert replace(drafted, name="", assumed=()) == replace(direct, name="", assumed=())


ALIKE = f"{HEAD}| open | cancel | Cancelled |\n| open | pay | paid |\n| canceled | undo | open |\n"
UNKNOWN = "| One | Two | Three |\n|---|---|---|\n| a | x | p |\n| a | y | q |\n"
DOUBTS = {
    "two spellings": (ALIKE, [("initial", "open"), ("spellings.canceled", "Cancelled")]),
    "the initial state": (f"{HEAD}| b | go | c |\n| a | come | b |\n| c | end | b |\n",
                          [("initial", "a")]),
    "columns": (UNKNOWN,
                [("columns.event", "Two"), ("columns.from", "One"), ("columns.to", "Three")]),
    "a state without a row": ("| State | go | on |\n|---|---|---|\n| a | b | - |\n| b | a | c |\n",
                              [("final", "c")]),
}  # fmt: skip


@pytest.mark.parametrize("name", DOUBTS)
def test_a_doubt_is_a_question_and_its_answer_ends_it(name: str, tmp_path: Path) -> None:
    text, expected = DOUBTS[name]
    (tmp_path / "page.md").write_text(text)
    answers, draft = NO_ANSWERS, draft_of(text)
    assert sorted(question.key for question in draft.questions) == [key for key, _ in expected]
    for key, choice in expected:
        open_questions = {q.key: q for q in draft_of(text, answers).questions}
        if key in open_questions:
            result = answered(answers, open_questions[key], choice)
            assert isinstance(result, Binding)
            answers = result
    file = tmp_path / "page.toml"
    file.write_text(draft.toml("page.md"))
    with pytest.raises(PageError, match=r"is not answered"):
        library.load(str(file))
    file.write_text(draft_of(text, answers).toml("page.md"))
    assert '"?"' not in file.read_text()
    assert library.load(str(file)).transitions


def test_a_word_that_is_another_state_stays_one(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(ALIKE)
    (tmp_path / "page.toml").write_text(
        'kind = "table"\npage = "page.md"\ninitial = "open"\n[spellings]\ncanceled = "canceled"\n'
    )
    states = {state.name for state in library.load(str(tmp_path / "page.toml")).states}
    assert states == {"open", "Cancelled", "paid", "canceled"}


def test_columns_are_proposed_by_their_cells() -> None:
    draft = draft_of("| Alt | Was | Neu |\n|---|---|---|\n| a | los | b |\n| b | fort | a |\n")
    assert draft.columns == {"from": "Alt", "event": "Was", "to": "Neu"}
    assert "cells have the same names" in draft.assumed[0].text


def test_what_is_no_choice_is_refused() -> None:
    (question,) = (q for q in draft_of(ALIKE).questions if q.key.startswith("spellings"))
    assert answered(NO_ANSWERS, question, "paid") == "give one of the choices"


def test_a_file_with_answers_is_not_overwritten(tmp_path: Path, fsm: Fsm) -> None:
    (tmp_path / "page.md").write_text(ALIKE)
    file = tmp_path / "page.toml"
    assert fsm("draft", tmp_path / "page.md", "-o", file).status == 0
    answered_file = file.read_text().replace('initial = "?"', 'initial = "open"')
    file.write_text(answered_file)
    result = fsm("draft", tmp_path / "page.md", "-o", file)
    assert (result.status, file.read_text()) == (2, answered_file)
    assert "exists and may hold answers" in result.err
