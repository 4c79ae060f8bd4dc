"""What the README and the guides show is what a reader gets: every block is run and compared.

``python -m tests.test_guides [NAME...]`` writes the present output into the pages.
"""

import contextlib
import re
import sys
import tempfile
from pathlib import Path

import pytest

from tests.depth import DEEP
from tests.pages import code_blocks, headings, links, rerun

ROOT = Path(__file__).parent.parent
GUIDES = ROOT / "fsm" / "guide"
PAGES = [ROOT / "README.md", *sorted(GUIDES.glob("*.md"))]
NAMES = [page.stem for page in PAGES]
every_page = pytest.mark.parametrize("page", PAGES, ids=NAMES)
NOT_RUN = {"sh", "sql", "yaml", "toml", "python", "markdown", "text", "rst", "json", "html", "ini"}
"""Languages whose blocks may stand without being run, with a reason above them."""


FIRST_READ = {"README", "start", "python"}
"""The pages that are run at any depth; the others at full depth."""


@pytest.mark.parametrize(
    "page", [page for page in PAGES if DEEP or page.stem in FIRST_READ], ids=lambda page: page.stem
)
def test_every_block_shows_what_is_printed(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = page.read_text("utf-8")
    assert text == rerun(text)


@every_page
def test_no_block_escapes(page: Path) -> None:
    for block in code_blocks(page.read_text("utf-8")):
        place = f"{page.name}:{block.line}: "
        if block.reason:
            assert block.language in NOT_RUN, f"{place}{block.language!r} has to be run"
        else:
            assert block.file or block.run, f"{place}neither run nor written to a file"


@every_page
def test_the_reader_sees_the_name_of_each_file(page: Path) -> None:
    """The mark above a block is a comment, which a browser does not show."""
    shown = re.sub("<!-- file: .* -->", "", page.read_text("utf-8"))
    files = {block.file for block in code_blocks(page.read_text("utf-8")) if block.file}
    assert [file for file in sorted(files) if file not in shown] == []


@every_page
def test_no_program_fails_within(page: Path) -> None:
    text = page.read_text("utf-8")
    assert "internal error" not in text
    assert str(ROOT) not in text
    assert "/tmp/" not in text
    raised = re.findall(r"\nTraceback .*\n    \.\.\.\n(\w+(?:\.\w+)*)", text)
    assert [name for name in raised if not name.startswith("fsm.errors.")] == []


@every_page
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in links(page.read_text("utf-8")):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        linked = page.parent / path if path else page
        assert linked.exists(), target
        if anchor:
            assert anchor in headings(linked.read_text("utf-8")), target


@every_page
def test_a_guide_says_what_comes_next(page: Path) -> None:
    last = page.read_text("utf-8").rpartition("\n## ")[2].partition("\n")[0]
    assert last == "Next" or page.stem in ("README", "index", "glossary")


def test_the_index_has_every_guide() -> None:
    linked = links((GUIDES / "index.md").read_text("utf-8"))
    assert [page.name for page in PAGES[1:] if page.name not in [*linked, "index.md"]] == []


PAGE = """
Here is `toy.py`:

<!-- file: toy.py -->
```python
print("one")
```

```console
$ python toy.py
{shell}$ cat toy.py
print("one")
$ fsm show nothing
{error}```

```python
>>> for word in ["two", "three"]:
...     print(word)
{python}```

<!-- not run: it needs root -->
```sh
rm -r /
```
"""
RIGHT = {"shell": "one\n", "python": "two\nthree\n"}


def test_running_a_page_writes_what_its_blocks_print_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    right = rerun(PAGE.format_map(dict.fromkeys(("shell", "error", "python"), "")))
    error = right.partition("$ fsm show nothing\n")[2].partition("```")[0]
    assert error.startswith("fsm: ")
    assert right == PAGE.format_map(RIGHT | {"error": error})
    assert rerun(right) == right
    assert rerun(PAGE.format_map(RIGHT | {"error": error, "python": "four\n"})) == right


def write(names: list[str]) -> None:
    for page in PAGES:
        if names and page.stem not in names:
            continue
        text = page.read_text("utf-8")
        with tempfile.TemporaryDirectory() as directory, contextlib.chdir(directory):
            new = rerun(text)
        if new != text:
            page.write_text(new, "utf-8")
            sys.stdout.write(f"{page.relative_to(ROOT)} written\n")


if __name__ == "__main__":
    write(sys.argv[1:])
