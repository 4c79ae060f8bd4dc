"""Comments of a page are distinguished from code, so that examples in code have no effect."""

import pytest

from fsm.docs.blocks import rewrite_blocks
from fsm.errors import PageError
from fsm.tables.read.comments import find_comments
from fsm.tables.read.page import parse_page

BEGIN, END = "<!-- fsm:x -->", "<!-- fsm:end -->"
BLOCK = f"{BEGIN}\n{END}\n"
TABLE = "| a | b |\n|---|---|\n| 1 | 2 |\n"


def lines(prefix: str, text: str = BLOCK) -> str:
    return "".join(f"{prefix}{line}\n" for line in text.splitlines())


def written(text: str) -> str:
    return rewrite_blocks(text, "page.md", lambda _: "NEW")


EXAMPLES = {
    "a fence": f"```\n{BLOCK}```\n",
    "a fence of tildes": f"~~~ md\n{BLOCK}~~~\n",
    "a fence without an end": f"```\n{BLOCK}",
    "a longer fence around another": f"````\n```\n{BLOCK}```\n````\n",
    "a fence in a list": f"1. So:\n\n{lines('    ', f'```md{chr(10)}{BLOCK}```')}\n2. Next\n",
    "a fence in a list in a list": f"- - ```\n{lines('    ', f'{BLOCK}```')}",
    "a fence in a quote": lines("> ", f"~~~\n{BLOCK}~~~"),
    "a fence in a quote in a list in a quote": f"> - > ```\n{lines('>   > ', f'{BLOCK}```')}",
    "an indented block": f"Text.\n\n{lines('    ')}",
    "a block indented by a tab": lines("\t"),
    "an indented block in a list": f"- Text.\n\n{lines('      ')}",
    "pre": f"<pre>\n{BLOCK}</pre>\n",
    "pre with empty lines": f"<PRE class='x'>\n\n{BLOCK}\n</PRE>\n",
    "pre in another element": f"<div><pre>\n\n{BLOCK}\n</pre></div>\n",
    "code on several lines": f"<p><code>\n\n{BLOCK}\n</code></p>\n",
    "a script": f"<script>\n{BLOCK}</script>\n",
    "backticks": f"Write ``{BEGIN}`` and `{END}`.\n",
    "a comment": f"<!-- Like this:\n{BEGIN}\n",
    "front matter": f"---\nx: |\n{lines('  ')}---\n",
    "an escaped comment": f"\\{BEGIN} and \\{END}\n",
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_in_code_stays_and_hides_nothing(name: str) -> None:
    text = EXAMPLES[name]
    assert written(text) == text
    if "without an end" not in name:
        both = f"{text}\n\nText.\n\n{BLOCK}"
        assert written(both).startswith(text)
        assert written(both).endswith(f"{BEGIN}\n\nNEW\n\n{END}\n")


MARKUP = {
    "a comment in backticks": "Comments begin with `<!--`.\n",
    "a comment in a fence": "```html\n<!-- open\n```\n",
    "a comment in an indented block": "Text.\n\n    <!-- open\n",
    "an escaped comment": "\\<!-- is how comments begin.\n",
    "an open comment in a sentence": "They begin with <!-- as you know.\n",
    "a table in backticks": "HTML has `<table>` for that.\n",
    "a table in a fence in a list": "- So:\n\n  ```html\n  <table>\n  ```\n",
    "a table in an indented block": "Text.\n\n    <table>\n",
    "a request in a fence": f"```\n{BEGIN}\n```\n",
    "a request that has no end": f"{BEGIN}\n",
    "an ended comment": "<!-- one --> <!-- two\nlines -->\n",
    "an empty comment": "<!-->\n",
}


@pytest.mark.parametrize("count", range(6))
@pytest.mark.parametrize(
    ("before", "behind", "escaped", "plain"),
    [
        ("Text ", "<!-- c -->", 0, 1),
        ("# Text ", "<!-- c -->", 0, 1),
        ("", "`<!-- c -->`", 1, 0),
        ("- ", "<code><!-- c --></code>", 1, 0),
        ("`x", "` <!-- c -->", 1, 1),
        ("<div>", "<!-- c -->", 1, 1),
    ],
    ids=["text", "heading", "backticks", "element", "end of backticks", "HTML"],
)
def test_every_second_backslash_escapes(
    before: str, behind: str, escaped: int, plain: int, count: int
) -> None:
    """A backslash makes the next one text; within backticks and in HTML it means nothing."""
    found = find_comments(f"{before}{chr(92) * count}{behind}\n", "p.md").comments
    assert len(found) == (escaped if count % 2 else plain)


@pytest.mark.parametrize("name", MARKUP)
@pytest.mark.parametrize("after", ["", f"\nText.\n\n{BLOCK}"], ids=["alone", "and a block"])
def test_a_comment_that_only_looks_open_hides_no_table(name: str, after: str) -> None:
    html = "<table><tr><th>x</th></tr><tr><td>y</td></tr></table>\n"
    page = parse_page(f"{MARKUP[name]}\n{TABLE}\n{html}{after}", "p.md")
    assert [table.header[0].text for table in page.tables] == ["a", "x"]
    assert page.notices == ()


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (f"Text.\n\n<!-- open\n\n{TABLE}", "open-comment", 3),
        (f"{TABLE}\n<table>\n<tr><td>x\n", "open-table", 5),
    ],
)
def test_an_open_comment_or_table_is_a_finding(text: str, code: str, line: int) -> None:
    (notice,) = parse_page(text, "p.md").notices
    assert (notice.code, notice.place.line) == (code, line)


def test_comments_do_not_nest() -> None:
    text = f"<!-- outer\n{BEGIN}\n{END}\n-->\n"
    with pytest.raises(PageError, match=r"page\.md:3: fsm:end without a block before it"):
        written(text)
    (first, second) = find_comments(text, "p.md").comments
    assert (first.line, second.line, second.is_alone) == (1, 3, True)


@pytest.mark.parametrize(
    "text", [f"- {BEGIN}\n  {END}\n", f"see {BEGIN}\n", f"| {BEGIN} |\n|---|\n"]
)
def test_a_request_beside_other_text_is_refused(text: str) -> None:
    with pytest.raises(PageError, match=r"page\.md:1: fsm:x needs a line of its own"):
        written(text)


@pytest.mark.parametrize(("depth", "refused"), [(25, False), (29, True), (40, True)])
def test_blocks_nested_too_deeply_are_refused(depth: int, refused: bool) -> None:
    text = "".join(f"{'  ' * i}- x\n" for i in range(depth)) + "\n"
    text += lines("  " * depth, f"```\n{BLOCK}```")
    if refused:
        with pytest.raises(PageError, match=r"^page\.md: lists or quotes nested deeper than 60 "):
            written(text)
    else:
        assert written(text) == text


def test_a_block_that_would_become_code_is_refused() -> None:
    text = f"Text\n{lines('    ')}"
    with pytest.raises(PageError, match=r"page\.md:2: the content of this block would be code"):
        written(text)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "\n"])
def test_everything_else_stays(ending: str, last: str) -> None:
    text = f"# T\n\n{BEGIN}\nold\n{END}\n\n| a |\n|---|{last}".replace("\n", ending)
    new = f"# T\n\n{BEGIN}\n\nNEW\n\n{END}\n\n| a |\n|---|{last}".replace("\n", ending)
    assert written(text) == new
