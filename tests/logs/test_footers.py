"""Footers of Parquet files: whatever their fields hold, the rows of each group are found."""

from pathlib import Path

import pytest

from fsm.logs.storage.row_groups import row_group_sizes

STRUCT = b"\x16\x08\x00"  # its first field, a whole number
FIELDS = {
    "nothing": b"",
    "true": b"\x11",
    "false": b"\x12",
    "a byte": b"\x13\x45",
    "a short number": b"\x14\x80\x01",
    "a number": b"\x15\xff\xff\xff\x0f",
    "a long number": b"\x16" + b"\xff" * 9 + b"\x01",
    "a double": b"\x17" + b"\x39" * 8,
    "text": b"\x18\x03\x39\x1c\x00",
    "a long text": b"\x18\xac\x02" + b"\x39" * 300,
    "a struct": b"\x1c" + STRUCT,
    "structs in one another": b"\x1c" * 15 + b"\x00" * 15,
    "a list of numbers": b"\x19\x25\x80\x01\x02",
    "a list of texts": b"\x19\x28\x01a\x00",
    "a list of structs": b"\x19\x2c" + STRUCT * 2,
    "a list of truths": b"\x19\x31\x01\x02\x01",
    "a list of falsehoods": b"\x19\x22\x02\x01",
    "an empty list": b"\x19\x0c",
    "a list of fourteen": b"\x19\xe3" + b"\x39" * 14,
    "a list of fifteen": b"\x19\xf3\x0f" + b"\x39" * 15,
    "a list of 200": b"\x19\xf3\xc8\x01" + b"\x39" * 200,
    "a list of lists": b"\x19\x29\x21\x01\x02\x15\x07",
    "a set": b"\x1a\x23\x39\x39",
}
"""The first field of a footer, which is none of those that are read."""
REFUSED = {
    "a map": b"\x1b\x01\x33\x39\x39",
    "a type that there is not": b"\x1d",
    "structs too deep in one another": b"\x1c" * 18 + b"\x00" * 18,
    "a number beyond 64 bits": b"\x16" + b"\xff" * 10 + b"\x01",
    "a text beyond the end": b"\x18\xff\x7f",
}


def found(tmp_path: Path, footer: bytes) -> list[int] | None:
    path = tmp_path / "log.parquet"
    path.write_bytes(b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1")
    return row_group_sizes(path)


def groups(first: bytes, rows: list[bytes]) -> bytes:
    """Write a footer: one field, then (number 4) a list of groups of so many rows (number 3)."""
    head = b"\x39" if first else b"\x49"
    listed = b"".join(b"\x36" + number + b"\x00" for number in rows)
    return first + head + bytes([len(rows) << 4 | 12]) + listed + b"\x00"


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)
def test_a_field_is_passed_over(tmp_path: Path, field: bytes) -> None:
    assert found(tmp_path, groups(field, [b"\x06", b"\x80\x02"])) == [3, 128]


def test_structs_as_deep_in_one_another_as_may_be(tmp_path: Path) -> None:
    assert found(tmp_path, groups(b"\x1c" * 17 + b"\x00" * 17, [b"\x06"])) == [3]


@pytest.mark.parametrize("field", REFUSED.values(), ids=REFUSED)
def test_what_is_not_understood_is_left_to_polars(tmp_path: Path, field: bytes) -> None:
    assert found(tmp_path, groups(field, [b"\x06"])) is None


@pytest.mark.parametrize("field", [field for name, field in FIELDS.items() if name != "nothing"])
def test_a_field_within_a_group_is_passed_over(tmp_path: Path, field: bytes) -> None:
    group = field + b"\x26\x06\x00"  # then number 3
    assert found(tmp_path, b"\x49\x1c" + group + b"\x00") == [3]


@pytest.mark.parametrize(
    "footer",
    [b"", b"\x00", groups(b"", [b"\x01"]), b"\x49\x1c\x00\x00", groups(b"", [b"\x06"])[:-3]],
    ids=["empty", "no groups", "a group of -1 rows", "a group without rows", "cut short"],
)
def test_a_footer_without_rows_of_groups(tmp_path: Path, footer: bytes) -> None:
    assert found(tmp_path, footer) is None


def test_a_footer_as_long_as_the_file_allows(tmp_path: Path) -> None:
    footer = groups(b"", [b"\x06"])
    path = tmp_path / "log.parquet"
    path.write_bytes(footer + len(footer).to_bytes(4, "little") + b"PAR1")
    assert row_group_sizes(path) == [3]
    path.write_bytes(footer + (len(footer) + 1).to_bytes(4, "little") + b"PAR1")
    assert row_group_sizes(path) is None
