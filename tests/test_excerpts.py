"""The excerpt of a line under a finding: the cell is in it, and underlined."""

from itertools import product

import pytest

from fsm.cli.findings import format_finding
from fsm.cli.text import format_json, format_table, percentage, printable
from fsm.tables.checks.finding import Finding
from fsm.text import quantity

LETTERS = "".join(map(chr, range(0x100, 0x100 + 200)))  # each once, and of one column
WIDEST = 88


def finding(line: int, column: int, end: int | None) -> Finding:
    return Finding("page.md", line, column, "wrong-status", "message", "m", 3, end=end or 0)


PLACES = [
    (length, column, size)
    for length, column, size in product((10, 87, 88, 89, 200), (1, 5, 20, 21, 22, 80), (1, 5, 30))
    if column + size - 1 <= length
]


@pytest.mark.parametrize(("length", "column", "size"), PLACES, ids=lambda value: str(value))
def test_the_cell_is_underlined(length: int, column: int, size: int) -> None:
    text = LETTERS[:length]
    lines = list(format_finding(finding(2, column, column + size), ("", text, "")))
    assert lines[0].startswith("page.md:2:")
    excerpt, marks = lines[2].removeprefix("2 | "), lines[3].removeprefix("  | ")
    assert (lines[1], len(marks) - len(marks.lstrip()), marks.strip()) == (
        "  |",
        excerpt.index(text[column - 1 : column - 1 + size]),
        "^" * size,
    )
    inner = excerpt.removeprefix("...").removesuffix("...")
    assert inner in text
    assert len(inner) == min(length, WIDEST)
    assert excerpt.startswith("...") == (not text.startswith(inner))
    assert excerpt.endswith("...") == (not text.endswith(inner))
    assert lines[4:] == ["  = row 3 of m"]


@pytest.mark.parametrize("line", [0, 4, 99])
def test_a_place_outside_the_page_has_no_excerpt(line: int) -> None:
    assert len(list(format_finding(finding(line, 1, None), ("a", "b", "c")))) == 1


TABLES = {
    "words and numbers": (
        [("a", "9"), ("bbb", "1,000")],
        ["name  count", "----  -----", "a         9", "bbb   1,000"],
    ),
    "no rows": ([], ["name  count", "----  -----"]),
    "empty cells": ([("", ""), ("x", "")], ["name  count", "----  -----", "", "x"]),
}


@pytest.mark.parametrize(("rows", "lines"), TABLES.values(), ids=list(TABLES))
def test_tables_are_aligned(rows: list[tuple[str, str]], lines: list[str]) -> None:
    assert format_table(("name", "count"), rows, right=[1]).split("\n") == lines


def test_texts_of_commands() -> None:
    assert [quantity(n, "row") for n in (0, 1, 2, 1000)] == [
        "0 rows",
        "1 row",
        "2 rows",
        "1,000 rows",
    ]
    assert [percentage(value) for value in (None, 0.0, 33.333, 100)] == [
        "-",
        "0.00 %",
        "33.33 %",
        "100.00 %",
    ]
    assert printable("x" * 400) == "x" * 400
    assert printable("x" * 401) == "x" * 400 + "..."
    assert printable("a\u202eb\x1b\u2028") == "a\\u202eb\\x1b\\u2028"
    with pytest.raises(TypeError, match="object has no JSON form"):
        format_json(object())
