"""Tables of a page, each cell with its line and column."""

from pathlib import Path

import pytest

from fsm.errors import PageError
from fsm.tables.read.cell_text import cell_lines, normalise
from fsm.tables.read.page import parse_page, read_page

TEXT = """---
title: x | y
---
# Heading

<!-- | no | table |
|---|---| -->

**Title**

| A | B |
|---|---|
| one | two<br>three |
  | four | \\| five |
| only
"""


def test_cells_know_their_place() -> None:
    (table,) = parse_page(TEXT, "p.md").tables
    assert table.title == "Title"
    assert [(c.text, c.line, c.column) for c in table.header] == [("A", 11, 3), ("B", 11, 7)]
    cells = [[(c.text, c.line, c.column) for c in row.cells] for row in table.rows]
    assert cells[0] == [("one", 13, 3), ("two<br>three", 13, 9)]
    assert cells[1] == [("four", 14, 5), ("\\| five", 14, 12)]
    assert [row.width for row in table.rows] == [2, 2, 1]


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "p.md"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    assert read_page(path).tables == parse_page(TEXT, "p.md").tables


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"ok\n\xff\n", "p.md:2: not UTF-8"), (b"x" * (2 * 2**20 + 1), "larger than 2 MiB")],
    ids=["not text", "too large"],
)
def test_a_file_that_is_not_a_page_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "p.md"
    path.write_bytes(content)
    with pytest.raises(PageError, match=message):
        read_page(path)


def test_a_missing_page_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PageError, match=r"none\.md: No such file"):
        read_page(tmp_path / "none.md")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("plain", ("plain",)),
        ("<ul><li>a</li><li> b </li></ul>", ("a", "b")),
        ("a<br>b<br/>c", ("a", "b", "c")),
        ("**[!UICONTROL Bounces + errors]** percentage", ("Bounces + errors percentage",)),
        ("l&#39;indicateur&nbsp;x &amp; y", ("l'indicateur x & y",)),
        ("De\u200blivered\u00a0%", ("Delivered %",)),
        ("<script>alert(1)</script>", ("alert(1)",)),
    ],
)
def test_lines_of_a_cell(cell: str, expected: tuple[str, ...]) -> None:
    assert cell_lines(cell) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Starts at 0%.", "starts at 0 %"),
        ("Starts at 0\u00a0%", "starts at 0 %"),
        ("**SENT**", "sent"),
        ("l\u2019état", "l'état"),
        ("[Failed](#failed)", "failed"),
        ('[**Log** status](x.md "t")', "log status"),
        ("ok [is_scheduled]", "ok [is_scheduled]"),
    ],
)
def test_labels_are_compared_without_markup(text: str, expected: str) -> None:
    assert normalise(text) == expected
