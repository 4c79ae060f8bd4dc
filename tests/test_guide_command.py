"""``fsm guide``: topics are found by their names, and shown as a terminal or a pipe needs them."""

import os
from pathlib import Path

import click
import pytest

from fsm.errors import FsmError
from fsm.guide import Topic, find_topic, guide_topics
from fsm.guide.terminal import style_guide
from tests.command import Fsm
from tests.depth import DEEP, cases
from tests.pages import code_blocks
from tests.terminal import in_terminal

PAGE = """# Pages

<!-- shown to nobody -->
See [the
tests](testing.md#more), [a file](../../diagrams/x.svg), [the web](https://a.example),
[below](#more) and `[no link]`.

<!-- file: page.md -->
```markdown
<!-- fsm:table m --> [as it is](x.md)
```
"""
TOPICS = [Topic(name, Path()) for name in ("start", "testing", "trust", "reference/command-line")]


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("start", "start"),
        ("s", "start"),
        ("tr", "trust"),
        ("reference/command-line", "reference/command-line"),
        ("command-line", "reference/command-line"),
        ("reference/", "reference/command-line"),
        ("com", "reference/command-line"),
    ],
)
def test_a_topic_is_found_by_the_beginning_of_its_name(name: str, topic: str) -> None:
    assert find_topic(name, TOPICS).name == topic


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("t", "'t' may be testing, trust; give more of the name"),
        ("trsut", "no guide 'trsut'; did you mean 'trust'?"),
        ("comand-line", "did you mean 'command-line'?"),
        ("xylophone", "there are: start, testing, trust, command-line"),
        ("", "there are: start"),
    ],
)
def test_an_unknown_topic_gets_a_hint(name: str, message: str) -> None:
    with pytest.raises(FsmError, match=message.replace("?", r"\?")):
        find_topic(name, TOPICS)


def test_every_guide_is_listed_with_its_title(fsm: Fsm) -> None:
    listed = fsm("guide").out
    assert [t for t in guide_topics() if f"{t.name} " not in listed or t.title not in listed] == []
    assert all(len(line) <= 80 for line in listed.splitlines())


def test_a_pipe_gets_the_bytes_of_the_page(fsm: Fsm) -> None:
    for topic in guide_topics():
        assert fsm("guide", topic.name).out == topic.text


def test_a_terminal_shows_no_comments_and_links_as_commands() -> None:
    shown = click.unstyle(style_guide(PAGE, "", 200))
    assert [line.strip() for line in shown.splitlines() if line.strip()] == [
        "Pages",
        "See the tests (fsm guide testing), a file (diagrams/x.svg in the repository), the web",
        "(https://a.example), below and [no link].",
        "page.md",
        "<!-- fsm:table m --> [as it is](x.md)",
    ]


@pytest.mark.parametrize(
    ("folder", "target", "shown"),
    [
        ("", "testing.md#more", "x (fsm guide testing)"),
        ("", "reference/api.md", "x (fsm guide reference/api)"),
        ("reference", "../testing.md", "x (fsm guide testing)"),
        ("reference", "json.md", "x (fsm guide reference/json)"),
        ("", "index.md", "x (fsm guide)"),
        ("", "../README.md", "x (fsm/README.md in the repository)"),
        ("reference", "../../../diagrams/README.md", "x (diagrams/README.md in the repository)"),
    ],
)
def test_a_link_is_shown_as_what_a_reader_can_type(folder: str, target: str, shown: str) -> None:
    page = style_guide(f"[x]({target})", folder, 80)
    assert click.unstyle(page).strip() == shown


@pytest.mark.parametrize("width", [40, 80] if DEEP else [60])
def test_prose_and_tables_fit_the_width_and_code_stays_as_it_is(width: int) -> None:
    for topic in cases(guide_topics()):
        code = {
            f"  {line}".rstrip() for b in code_blocks(topic.text) for line in b.text.split("\n")
        }
        shown = click.unstyle(style_guide(topic.text, "", width)).split("\n")
        assert [line for line in shown if len(line) > width and line not in code] == [], topic.name
        assert code <= {*shown, ""}, topic.name


def test_on_a_terminal_a_long_guide_goes_through_the_pager(tmp_path: Path) -> None:
    pager = tmp_path / "less"
    pager.write_text('#!/bin/sh\necho "less $LESS"\nhead -n 1\n')
    pager.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    title = "\x1b[1;4mWhat is trusted\x1b[0m\n"
    for height, expected in (("5", f"less -R\n{title}"), ("5000", title)):
        variables = {"PATH": path, "PAGER": "", "LESS": "", "LINES": height, "COLUMNS": "80"}
        shown = in_terminal("guide", "trust", keyboard=True, env=variables)
        assert shown.status == 0
        assert shown.out.startswith(expected)
