"""A file is compared with the rows that were executed: which place counts, where several fit."""

import numpy as np
import pytest

from fsm.engine.checkpoint import known_rows
from fsm.engine.checkpoint.known_rows import DigestFile, KnownRows, Match


def digests(values: str) -> DigestFile:
    """Return a file with one digest for each letter."""
    made = DigestFile()
    made.append(np.array([ord(value) for value in values], np.uint64))
    return made


# Files that were executed, by their names, one run after the other, and a file that comes now.
MATCHES = {
    "the same": ("a=xyz", "xyz", Match(3, True, True, "a")),
    "its beginning": ("a=xyz", "xy", Match(2, True, False, "a")),
    "its end": ("a=xyz", "yz", Match(2, True, True, "a")),
    "one row of it": ("a=xyz", "y", Match(1, True, False, "a")),
    "it has grown": ("a=xyz", "xyzw", Match(3, False, True, "a")),
    "it goes on in another way": ("a=xyz", "xyw", Match(2, False, False, "a")),
    "nothing in common": ("a=xyz", "wxyz", None),
    "no rows": ("a=xyz", "", None),
    "nothing was executed": ("", "xyz", None),
    "two files joined": ("a=xy b=zw", "xyzw", Match(4, True, True, "a")),
    "two files of one run joined": ("a=xy,b=zw", "xyzw", Match(4, True, True, "a")),
    "from within one file into the next": ("a=xy b=zw", "yz", Match(2, True, False, "a")),
    "two files joined, and more": ("a=xy b=zw", "xyzwv", Match(4, False, True, "a")),
    "the second file has grown": ("a=xy,b=zw", "zwv", Match(2, False, True, "b")),
    "a file of one row has grown": ("a=x b=yz", "xw", Match(1, False, True, "a")),
    "one row like the last of a file": ("a=yx b=z", "xw", Match(1, False, False, "a")),
    "two rows like the last of a file": ("a=yxz b=v", "xzw", Match(2, False, True, "a")),
    "whole before grown": ("a=xy b=xyz", "xyz", Match(3, True, True, "b")),
    "grown before longer": ("a=xy b=xyzv", "xyzw", Match(2, False, True, "a")),
    "the longer of two that have grown": ("a=xy b=xyz", "xyzw", Match(3, False, True, "b")),
    "the longer of two others": ("a=xyv b=xyzv", "xyzw", Match(3, False, False, "b")),
    "the first of two alike": ("a=xyz b=xyz", "xyz", Match(3, True, True, "a")),
    "a file without rows between": ("a=xy,b=,c=zw", "xyz", Match(3, True, False, "a")),
    "behind a file without rows": ("a=,b=xy", "xyz", Match(2, False, True, "b")),
}


@pytest.mark.parametrize("block", [2, 1 << 17])
@pytest.mark.parametrize(("executed", "own", "match"), MATCHES.values(), ids=MATCHES)
def test_where_a_file_fits(
    monkeypatch: pytest.MonkeyPatch, block: int, executed: str, own: str, match: Match | None
) -> None:
    monkeypatch.setattr(known_rows, "_BLOCK", block)
    known = KnownRows()
    for run in executed.split():
        files = [file.split("=") for file in run.split(",")]
        rows = [(name, len(values)) for name, values in files]
        known.add(digests("".join(values for _, values in files)), rows)
    assert known.match(digests(own)) == match


@pytest.mark.parametrize("rows", range(6))
@pytest.mark.parametrize("first", range(6))
def test_tables_have_every_row_from_the_first_on(
    monkeypatch: pytest.MonkeyPatch, rows: int, first: int
) -> None:
    monkeypatch.setattr(known_rows, "_BLOCK", 2)
    made = digests("uvwxyz"[:rows])
    found = [value for frame in made.frames(first) for value in frame["digest"].to_list()]
    assert found == [ord(value) for value in "uvwxyz"[first:rows]]
