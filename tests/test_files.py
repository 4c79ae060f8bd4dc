"""Files are written whole or not at all."""

from contextlib import suppress
from pathlib import Path

import pytest

from fsm.errors import OutputError
from fsm.files import replacing, write_bytes


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")
    with suppress(KeyboardInterrupt), replacing(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_keeps_pointing_where_it_points(tmp_path: Path) -> None:
    path, link = tmp_path / "real", tmp_path / "link"
    path.write_text("old")
    link.symlink_to(path)
    write_bytes(b"new", link)
    assert (path.read_text(), link.is_symlink()) == ("new", True)


@pytest.mark.parametrize("name", ["none/out.csv", "."])
def test_what_cannot_be_written_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match=r"there is no folder|a directory; name a file in it"):
        write_bytes(b"", tmp_path / name)


def test_devices_are_written_and_not_replaced() -> None:
    write_bytes(b"gone", Path("/dev/null"))
    assert Path("/dev/null").is_char_device()
