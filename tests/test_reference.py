"""The pages of reference in the guide are fresh, complete, and right as they stand."""

import doctest
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import fsm
from fsm.cli import command_group
from fsm.reference import DIRECTORY, stale_pages, write_pages
from fsm.reference.__main__ import update_reference
from fsm.reference.api_page import SUBJECTS
from tests.pages import headings

PAGES = sorted(DIRECTORY.glob("*.md"))
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def test_the_pages_are_fresh() -> None:
    assert stale_pages() == [], "to update, run: make reference"


def test_a_page_that_was_edited_or_left_over_is_stale(tmp_path: Path) -> None:
    write_pages(tmp_path)
    assert stale_pages(tmp_path) == []
    (tmp_path / "json.md").write_text("edited")
    (tmp_path / "old.md").write_text("left over")
    (tmp_path / "api.md").unlink()
    assert stale_pages(tmp_path) == ["api.md", "json.md", "old.md"]


def test_the_check_names_stale_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    right = CliRunner().invoke(update_reference, ["--check"])
    assert (right.exit_code, right.output) == (0, "")
    monkeypatch.setattr("fsm.reference.__main__.stale_pages", lambda: ["api.md"])
    stale = CliRunner().invoke(update_reference, ["--check"])
    assert stale.exit_code == 1
    assert stale.output == (
        "fsm/guide/reference/api.md: out of date; to update, run: make reference\n"
    )


@every_page
def test_every_link_leads_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        if "://" not in target:
            linked = (page.parent / path).resolve() if path else page
            assert linked.exists(), target
            assert not anchor or anchor in headings(linked.read_text("utf-8")), target


@every_page
def test_nothing_is_hidden_from_the_reader(page: Path) -> None:
    """HTML outside of code would not be shown; a heading that occurs twice has two anchors."""
    text = page.read_text("utf-8").partition("-->")[2]
    prose = re.sub(r"```.*?```|`` .*? ``|`[^`]*`", "", text, flags=re.DOTALL)
    assert re.findall(r"(?<!\\)<\w*|0x[0-9a-f]{6}| object at ", prose) == []
    assert len(headings(text)) == len(set(headings(text)))


def test_every_public_name_is_in_the_reference_once() -> None:
    names = [name for subject in SUBJECTS for name in (*subject.functions, *subject.types)]
    assert sorted([*names, "FsmError"]) == sorted(fsm.__all__)


def test_every_attribute_has_a_meaning() -> None:
    text = (DIRECTORY / "api.md").read_text("utf-8")
    assert re.findall(r"^\| `.*\| +\|$", text, re.MULTILINE) == []


def test_the_examples_of_the_library_run_as_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader pastes one into an empty session."""
    text = (DIRECTORY / "api.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(>>> .*?)```", text, re.DOTALL)
    runner, parser = doctest.DocTestRunner(), doctest.DocTestParser()
    for number, block in enumerate(blocks):
        runner.run(parser.get_doctest(block, {}, f"block {number}", "api.md", 0))
    assert len(blocks) > 15
    assert runner.summarize().failed == 0


def test_every_option_is_in_the_reference() -> None:
    text = (DIRECTORY / "command-line.md").read_text("utf-8")
    parts = re.split(r"^## fsm (\w+)$", text, flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    context = click.Context(command_group)
    assert sorted(sections) == sorted(command_group.list_commands(context))
    for name, section in sections.items():
        command = command_group.get_command(context, name)
        assert command
        options = (param for param in command.params if isinstance(param, click.Option))
        spelt = {spelling for option in options for spelling in option.opts}
        assert spelt <= set(re.findall(r"(?<![\w-])--?\w[\w-]*", section)), name
