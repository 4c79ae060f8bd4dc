"""A cell of an HTML table that spans rows or columns is in each of them."""

import pytest

from fsm.tables.read.html import read_html_table
from fsm.tables.read.table import Cell

TABLES = {  # the rows as written, and the rows that they are
    "two rows": (
        '<tr><td rowspan="2">x</td><td>1</td></tr><tr><td>2</td></tr>',
        ["x1", "x2"],
    ),
    "three rows": (
        '<tr><td rowspan="3">x</td><td>1</td></tr><tr><td>2</td></tr><tr><td>3</td></tr>',
        ["x1", "x2", "x3"],
    ),
    "four rows, last column": (
        (
            '<tr><td>1</td><td rowspan="4">x</td></tr><tr><td>2</td></tr><tr><td>3</td></tr>'
            "<tr><td>4</td></tr>"
        ),
        ["1x", "2x", "3x", "4x"],
    ),
    "no longer than it says": (
        '<tr><td rowspan="2">x</td><td>1</td></tr><tr><td>2</td></tr><tr><td>3</td><td>4</td></tr>',
        ["x1", "x2", "34"],
    ),
    "three rows and two columns": (
        (
            '<tr><td rowspan="3" colspan="2">x</td><td>1</td></tr><tr><td>2</td></tr>'
            "<tr><td>3</td></tr>"
        ),
        ["xx1", "xx2", "xx3"],
    ),
    "two cells, of three rows and of two": (
        (
            '<tr><td rowspan="3">x</td><td rowspan="2">y</td><td>1</td></tr><tr><td>2</td></tr>'
            "<tr><td>3</td><td>4</td></tr>"
        ),
        ["xy1", "xy2", "x34"],
    ),
}


@pytest.mark.parametrize(("rows", "expected"), TABLES.values(), ids=list(TABLES))
def test_cells_that_span_rows(rows: str, expected: list[str]) -> None:
    heads = "<tr>" + "".join(f"<th>{i}</th>" for i in range(len(expected[0]))) + "</tr>"
    table = read_html_table(Cell(f"<table>{heads}{rows}</table>", 1, 1))
    assert table is not None
    assert ["".join(cell.text for cell in row.cells) for row in table.rows] == expected


CAPTIONS = {  # what is written of a table; its caption
    "first in the table": ("<table><caption>Queue</caption><tr><td>a</td></tr></table>", ["Queue"]),
    "an end without a beginning": ("<table></caption><tr><td>a</td></tr></table>", []),
    "none": ("<table><tr><td>a</td></tr></table>", []),
    "a cell before any row": ("<table><caption>Q</caption><td>a</td></table>", ["Q"]),
}


@pytest.mark.parametrize(("text", "captions"), CAPTIONS.values(), ids=list(CAPTIONS))
def test_captions_and_first_cells_of_html_tables(text: str, captions: list[str]) -> None:
    table = read_html_table(Cell(text, 1, 1))
    assert table is not None
    assert [cell.text for cell in table.above] == captions
    assert [cell.text for cell in table.header] == ["a"]


SPANS = {"2": 2, "": 1, "0": 1, "x": 1, "²": 1, "-2": 1, "999": 50, "9" * 5000: 50}


@pytest.mark.parametrize(("written", "columns"), SPANS.items(), ids=lambda v: f"{v!r:.9}")
def test_spans_are_read_within_limits(written: str, columns: int) -> None:
    text = f'<table><tr><th>h</th></tr><tr><td colspan="{written}">a</td><td>b</td></tr></table>'
    table = read_html_table(Cell(text, 1, 1))
    assert table is not None
    assert [cell.text for cell in table.rows[0].cells] == ["a"] * columns + ["b"]
