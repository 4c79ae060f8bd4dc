"""Machine files may begin with a byte order mark, as some editors write it."""

from pathlib import Path

import pytest

from fsm.catalog import load, load_bare
from fsm.formats.dot import read_dot
from fsm.formats.scxml import to_scxml

MARK = b"\xef\xbb\xbf"


@pytest.mark.parametrize("mark", [b"", MARK], ids=["without", "with"])
def test_a_dot_file(mark: bytes, tmp_path: Path) -> None:
    path = tmp_path / "m.dot"
    path.write_bytes(mark + b'digraph { a -> b [label="x/0"]; b -> a [label="x/1"] }')
    assert read_dot(path).states == ("a", "b")


@pytest.mark.parametrize("mark", [b"", MARK], ids=["without", "with"])
def test_an_scxml_file(mark: bytes, tmp_path: Path) -> None:
    path = tmp_path / "m.scxml"
    path.write_bytes(mark + to_scxml(load_bare("engagement")).encode())
    assert load(str(path)) == load_bare("engagement")
