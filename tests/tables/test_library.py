"""Checking pages from Python: what the arguments may be, and how large values are shown."""

import textwrap
from pathlib import Path

import pytest

from fsm.catalog import machine_page
from fsm.checking import check
from fsm.errors import PageError
from fsm.machine import Machine, State, Transition
from fsm.tables.read.page import parse_page, read_page
from fsm.tables.words.lexicon_files import load_lexicon

PAGE = machine_page("engagement")
TEXT = PAGE.read_text()
ONE_EVENT = Machine(
    "one",
    "One event",
    (State("here", "", "Here", ("here",)), State("there", "", "There", ("there",))),
    ("go",),
    (Transition("here", "go", "there", "go"),),
    "here",
)


@pytest.mark.parametrize(
    "pages",
    [PAGE, str(PAGE), [PAGE], iter([str(PAGE)]), read_page(PAGE), [read_page(PAGE)]],
    ids=["a path", "a name", "paths", "names, once", "a page", "pages"],
)
def test_pages_are_paths_or_values(pages: object) -> None:
    report = check(pages)  # type: ignore[arg-type]
    assert (report.pages, report.tables, report.findings) == (1, 2, ())


def test_files_of_words_are_added_to_the_languages_that_ship(tmp_path: Path) -> None:
    words = tmp_path / "en.toml"
    words.write_text('language = "en"\n[statuses]\nOpened = ["Seen"]\n')
    page = parse_page(TEXT.replace("| Opened |", "| Seen |"), "page.md")
    assert check(page).findings
    assert check(page, lexicons=[words]).findings == ()
    assert check(page, lexicons=[str(words)]).findings == ()


def test_lexicons_given_as_values_are_the_only_ones() -> None:
    report = check(PAGE, lexicons=[load_lexicon("ja")])
    assert (report.tables, report.other_tables) == (0, 2)


def test_bindings_are_files_and_machines_are_loaded_by_their_names(tmp_path: Path) -> None:
    binding = tmp_path / "b.toml"
    binding.write_text(
        textwrap.dedent(
            """
            machine = "mine"
            [columns]
            event = "Event"
            to = "Then"
            """
        )
    )
    page = parse_page("| Event | Then |\n|---|---|\n| go | there |\n", "page.md")
    names = []

    def load(name: str) -> Machine:
        names.append(name)
        return ONE_EVENT

    report = check(page, bindings=[binding], load=load)
    assert (report.tables, report.findings, names) == (1, (), ["mine"])


def test_a_page_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PageError, match=r"none\.md: "):
        check(tmp_path / "none.md")


def test_large_values_are_shown_in_one_short_line() -> None:
    values = (parse_page(TEXT, "page.md"), load_lexicon("fr"), check(PAGE))
    for value in values:
        assert repr(value).startswith(f"<{type(value).__name__}")
        assert len(repr(value)) < 100
        assert "\n" not in repr(value)
    assert repr(values[0]) == f"<Page 'page.md': {len(values[0].lines)} lines, 2 tables>"
