"""The MkDocs plugin and hook: blocks are filled while a site is built."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config

from fsm.catalog import load
from fsm.docs.pages import PageWriter
from fsm.tables.words.lexicon_files import load_lexicon

END = "<!-- fsm:end -->\n"
DIAGRAM = f"<!-- fsm:diagram engagement file=picture.svg -->\n{END}"
FRENCH = f"<!-- fsm:table with-feedback lang=fr -->\n{END}"
Site = Callable[..., tuple[Path, list[str]]]


@pytest.fixture
def site(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Site:
    """Build a site of one page, and return its directory and the warnings."""

    def make(page: str, plugin: str = "plugins: [fsm]") -> tuple[Path, list[str]]:
        (tmp_path / "docs").mkdir(exist_ok=True)
        (tmp_path / "docs" / "index.md").write_text(page)
        file = tmp_path / "mkdocs.yml"
        file.write_text(f"site_name: Sample\n{plugin}\n")
        config = load_config(str(file))
        caplog.clear()
        with caplog.at_level(logging.WARNING, "mkdocs"):
            build(config)
        return tmp_path / "site", [record.getMessage() for record in caplog.records]

    return make


HOOK = "hooks: [hook.py]"


@pytest.mark.parametrize("plugin", ["plugins: [fsm]", HOOK], ids=["plugin", "hook"])
def test_blocks_are_filled(plugin: str, site: Site, tmp_path: Path) -> None:
    (tmp_path / "hook.py").write_text("from fsm.mkdocs import on_page_markdown\n")
    built, warnings = site(f"---\ntitle: Hello\n---\n\n{FRENCH}\n{DIAGRAM}", plugin)
    assert warnings == []
    page = (built / "index.html").read_text("utf-8")
    assert "<td>En attente</td>" in page
    assert '<img alt="Recipient engagement" src="picture.svg" />' in page
    assert (built / "picture.svg").read_text("utf-8").startswith("<svg ")
    assert not (tmp_path / "docs" / "picture.svg").exists()


WARNINGS = {
    "stale": (
        f"# T\n\n<!-- fsm:matrix engagement -->\n\nold\n\n{END}",
        ["fsm: index.md:3: the block is out of date; to update, run: fsm docs docs/index.md"],
    ),
    "below front matter": (
        f"---\ntitle: T\n---\n\n\n<!-- fsm:matrix engagement -->\n\nold\n\n{END}",
        ["fsm: index.md:6: the block is out of date; to update, run: fsm docs docs/index.md"],
    ),
    "unknown machine": (
        f"# T\n\n<!-- fsm:matrix nope -->\n{END}",
        ["fsm: index.md:3: nope: no such machine"],
    ),
    "code": (
        f"<!-- fsm:matrix shop:Order -->\n{END}",
        ["fsm: index.md:1: 'shop:Order' is code that this file names"],
    ),
    "words": (
        f"<!-- fsm:mermaid quarantine lang=fr -->\n{END}",
        ["fsm: index.md:1: the lexicon 'fr' lacks "],
    ),
}


@pytest.mark.parametrize("case", WARNINGS)
def test_what_is_wrong_is_a_warning(case: str, site: Site) -> None:
    page, expected = WARNINGS[case]
    _, warnings = site(page)
    for warning, begin in zip(warnings, expected, strict=True):
        assert warning.startswith(begin)


def test_an_old_picture_is_a_warning_and_a_page_of_fsm_docs_is_none(
    site: Site, tmp_path: Path
) -> None:
    (tmp_path / "docs").mkdir()
    page = tmp_path / "docs" / "page.md"
    page.write_text(DIAGRAM)
    written = dict(PageWriter(load, {"en": load_lexicon()}).files(page))
    text = written[page].decode()
    page.unlink()
    picture = tmp_path / "docs" / "picture.svg"
    picture.write_bytes(written[picture])
    assert site(text)[1] == []
    picture.write_text("<svg/>")
    built, warnings = site(text)
    update = "to update, run: fsm docs docs/index.md"
    assert warnings == [f"fsm: picture.svg: the picture is out of date; {update}"]
    assert (built / "picture.svg").read_bytes() == written[picture]


def test_settings_of_the_plugin(site: Site, tmp_path: Path) -> None:
    words = '[titles]\nengagement = ["Wat de ontvanger doet"]\n[events]\nopened = ["gelezen"]\n'
    (tmp_path / "words.toml").write_text(f'language = "nl"\n{words}')
    plugin = "plugins:\n  - fsm:\n      allow_import: true\n      lexicons: [words.toml]"
    name = "fsm.machines.engagement:Engagement"
    page = f"<!-- fsm:mermaid engagement lang=nl -->\n{END}\n<!-- fsm:matrix {name} -->\n{END}"
    built, warnings = site(page, plugin)
    [note] = warnings
    assert "the lexicon 'nl' lacks" in note
    shown = (built / "index.html").read_text("utf-8")
    assert "gelezen" in shown
    assert "<td>unopened</td>" in shown
