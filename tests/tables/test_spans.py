"""Cells of HTML tables that span rows and columns, against a grid filled cell by cell."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsm.tables.read.html import html_tables, read_html_table
from tests.depth import samples

Written = list[list[tuple[str, int, int]]]
"""Rows of (text, rows spanned, columns spanned)."""


def html(rows: Written) -> str:
    lines = []
    for row in rows:
        cells = (f'<td rowspan="{down}" colspan="{right}">{text}</td>' for text, down, right in row)
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return "<table>\n" + "\n".join(lines) + "\n</table>"


def grid(rows: Written) -> list[list[str]]:
    """Fill a grid as browsers do: each cell takes the first free place of its row."""
    places: dict[tuple[int, int], str] = {}
    for number, row in enumerate(rows):
        column = 0
        for text, down, right in row:
            while (number, column) in places:
                column += 1
            for i in range(down):
                for j in range(right):
                    places[number + i, column + j] = text
    found = []
    for number in range(len(rows)):
        row = []
        while (number, len(row)) in places:
            row.append(places[number, len(row)])
        found.append(row)
    return found


def read(rows: Written) -> list[list[str]]:
    (whole,) = html_tables(html(rows))
    table = read_html_table(whole)
    assert table
    return [[c.text for c in table.header], *([c.text for c in row.cells] for row in table.rows)]


HEAD = [("h1", 1, 1), ("h2", 1, 1), ("h3", 1, 1)]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(
            [[("a", 3, 1), ("b", 1, 1)], [("c", 1, 1)], [("d", 1, 1)], [("e", 1, 1), ("f", 1, 1)]],
            [["a", "b"], ["a", "c"], ["a", "d"], ["e", "f"]],
            id="three rows, first column",
        ),
        pytest.param(
            [[("a", 1, 1), ("b", 3, 1)], [("c", 1, 1)], [("d", 1, 1)], [("e", 1, 1), ("f", 1, 1)]],
            [["a", "b"], ["c", "b"], ["d", "b"], ["e", "f"]],
            id="three rows, last column",
        ),
        pytest.param(
            [[("a", 4, 1), ("b", 3, 1), ("c", 2, 1)], [], [("d", 1, 1)], [("e", 1, 2)]],
            [["a", "b", "c"], ["a", "b", "c"], ["a", "b", "d"], ["a", "e", "e"]],
            id="four, three and two rows",
        ),
        pytest.param(
            [[("a", 3, 2), ("b", 1, 1)], [("c", 1, 1)], [("d", 1, 1)]],
            [["a", "a", "b"], ["a", "a", "c"], ["a", "a", "d"]],
            id="three rows and two columns",
        ),
        pytest.param(
            [[("a", 3, 1)], [("b", 3, 1)], [("c", 3, 1)], [("d", 1, 1)]],
            [["a"], ["a", "b"], ["a", "b", "c"], ["d", "b", "c"]],
            id="steps of three rows",
        ),
        pytest.param(
            [[("a", 1, 1), ("b", 1, 1), ("c", 2, 1)], [("d", 2, 1)], [("e", 1, 1), ("f", 1, 1)]],
            [["a", "b", "c"], ["d"], ["d", "e", "f"]],
            id="beyond the end of a short row",
        ),
    ],
)
def test_a_cell_is_in_every_row_it_spans(rows: Written, expected: list[list[str]]) -> None:
    assert read([HEAD, *rows]) == [["h1", "h2", "h3"], *expected]
    assert grid(rows) == expected


SPANS = st.tuples(st.integers(1, 4), st.sampled_from([1, 1, 2]))
ROWS = st.lists(st.lists(SPANS, min_size=1, max_size=3), min_size=1, max_size=5)


def overlapping(rows: Written) -> bool:
    """Whether two cells want one place, which browsers do not agree on."""
    wanted = 0
    places = set()
    for number, row in enumerate(rows):
        column = 0
        for _, down, right in row:
            while (number, column) in places:
                column += 1
            wanted += down * right
            places |= {(number + i, column + j) for i in range(down) for j in range(right)}
    return len(places) < wanted


@given(ROWS)
@settings(max_examples=samples(200, 15))
def test_spans_fill_a_grid(spans: list[list[tuple[int, int]]]) -> None:
    rows: Written = [
        [(f"{number}-{place}", *span) for place, span in enumerate(row)]
        for number, row in enumerate(spans)
    ]
    if not overlapping(rows):
        assert read([HEAD, *rows])[1:] == grid(rows)
