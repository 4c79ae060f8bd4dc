"""A file that is written anew is the same file to everybody else."""

import stat
from pathlib import Path

import pytest

from fsm.files import write_bytes


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755], ids=oct)
def test_permissions_stay(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")
    path.chmod(mode)
    write_bytes(b"new", path)
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", mode)
