"""Tables in the admonitions and tabs of MkDocs and in the directives of MyST."""

from textwrap import indent

import pytest

from fsm.catalog import load
from fsm.docs.blocks import find_blocks
from fsm.tables.checks.pages import check_tables
from fsm.tables.read.containers import without_containers
from fsm.tables.read.page import parse_page
from fsm.tables.words.lexicon_files import load_lexicon

TABLE = """\
**Engagement**

| Step | Indicators | Engagement |
|---|---|---|
| The recipient opens the message | Opens increases<br>Clicks: no change | Opened |
| The recipient clicks a link, the message was opened before | Opens: no change<br>Clicks increases | Clicked |
| The recipient clicks a link, no open was seen | Opens increases<br>Clicks increases | Clicked |
"""  # noqa: E501 - a table has long lines
IN = indent(TABLE, "    ")

READ = {
    "admonition": f"!!! note\n\n{IN}\nafter",
    "admonition with a title": f'??? tip "A title"\n{IN}',
    "admonition with tabs": f"!!! note\n\n{indent(TABLE, chr(9))}",
    "tab": f'=== "One"\n\n{IN}\n=== "Two"\n\n    text\n',
    "admonition in a tab": f'=== "One"\n\n    !!! note\n\n{indent(IN, "    ")}',
    "admonition in a list": f"1. item\n\n    !!! note\n\n{indent(IN, '    ')}",
    "after a code block in an admonition": f"!!! note\n\n    ```\n    code\n    ```\n\n{IN}",
    "directive": f"```{{note}}\n{TABLE}```\n",
    "directive with options": f"```{{admonition}} Title\n:class: tip\n\n{TABLE}```\nafter",
    "nested directives": f"````{{tip}}\n```{{note}}\n{TABLE}```\n````\n",
    "colons": f":::{{note}}\n{TABLE}:::\nafter",
    "colons of other tools": f"::: tip Title\n{TABLE}:::\n",
}
CODE = {
    "code": f"```\n!!! note\n\n{IN}```\n",
    "indented code": f"    !!! note\n\n{indent(IN, '    ')}",
    "directive of code": f"```{{code-block}} md\n{TABLE}```\n",
    "code between colons": f":::{{code-block}} md\n{TABLE}:::\n",
    "code in a directive": f"````{{note}}\n```\n{TABLE}```\n````\n",
}


def confirmed(text: str) -> tuple[int, tuple[str, ...]]:
    report = check_tables([parse_page(text, "page.md")], load_lexicon(), load)
    return sum(report.confirmed.values()), tuple(map(str, report.findings))


@pytest.mark.parametrize("text", READ.values(), ids=list(READ))
def test_a_table_in_a_container_is_checked(text: str) -> None:
    assert confirmed(text) == (3, ())


@pytest.mark.parametrize("text", CODE.values(), ids=list(CODE))
def test_code_is_not_checked(text: str) -> None:
    assert confirmed(text) == (0, ())


@pytest.mark.parametrize("text", [*READ.values(), *CODE.values()], ids=[*READ, *CODE])
def test_every_line_keeps_its_number(text: str) -> None:
    assert without_containers(text).count("\n") == text.count("\n")


def test_a_finding_in_a_container_has_its_place() -> None:
    text = READ["admonition"].replace("Opened |", "Clicked |")
    line = next(i for i, line in enumerate(text.split("\n"), 1) if "Clicked |" in line)
    _, (finding,) = confirmed(text)
    column = text.split("\n")[line - 1].index("Clicked") + 1
    assert finding.startswith(f"page.md:{line}:{column}: error[wrong-status]")


def test_tables_of_sphinx_in_other_files_are_counted() -> None:
    text = "```{list-table}\n* - a\n```\n\n:::{csv-table}\n:file: a.csv\n:::\n"
    page = parse_page(text, "page.md")
    assert (len(page.tables), page.unread_tables) == (1, 1)


TABLE = "| Step | Status |\n| :--- | --- |\n| a | b |"


@pytest.mark.parametrize(
    ("name", "content", "unread"),
    [
        ("my-box", TABLE, 1),
        ("my-box", TABLE.replace("| ", "").replace(" |", " | x"), 0),
        ("my-box", "a\n---\nb", 0),
        ("note", TABLE, 0),
        ("code-block", TABLE, 0),
        ("literalinclude", TABLE, 0),
    ],
)
def test_a_table_in_an_unknown_directive_is_counted(name: str, content: str, unread: int) -> None:
    page = parse_page(f"```{{{name}}}\n{content}\n```\n", "page.md")
    assert page.unread_tables == unread


def test_blocks_in_an_admonition_are_found() -> None:
    text = "!!! note\n\n    <!-- fsm:matrix engagement -->\n    <!-- fsm:end -->\n"
    assert [block.kind for block in find_blocks(text, "page.md")] == ["matrix"]
