"""The guide to Sphinx and MkDocs: its files, built as it says."""

from pathlib import Path

from mkdocs.commands.build import build as build_mkdocs
from mkdocs.config import load_config

from tests.docs.sphinx_project import build
from tests.pages import code_blocks

GUIDE = Path(__file__).parents[2] / "fsm" / "guide" / "sphinx.md"
BLOCKS = code_blocks(GUIDE.read_text("utf-8"))


def write_files(directory: Path) -> None:
    for block in BLOCKS:
        if block.file:
            path = directory / block.file
            path.parent.mkdir(exist_ok=True)
            path.write_text(block.text, "utf-8")


def test_the_pages_for_sphinx(tmp_path: Path) -> None:
    write_files(tmp_path)
    ignored = {"exclude_patterns": ["_build", "docs"]}
    assert build(tmp_path, "text", **ignored).warnings == []
    checked = build(tmp_path, "fsm-check", **ignored)
    assert checked.status == 1
    [shown] = [block.text.strip() for block in BLOCKS if "WARNING" in block.text]
    [warning] = checked.warnings
    assert shown == warning


def test_the_page_for_mkdocs(tmp_path: Path) -> None:
    write_files(tmp_path)
    build_mkdocs(load_config(str(tmp_path / "mkdocs.yml")))
    page = (tmp_path / "site" / "index.html").read_text("utf-8")
    assert 'src="sending.svg"' in page
    assert "<td>Envoyés</td>" in page
