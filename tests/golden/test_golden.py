"""What each command of ``fsm`` prints and writes, compared with golden files.

``FSM_UPDATE_GOLDEN=1 python -m pytest tests/golden`` writes the golden files anew; the difference
that git shows is then what users will see.
"""

import importlib.util
import os
import re
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.command import Fsm
from tests.depth import DEEP
from tests.depth import cases as a_part_of
from tests.golden.cases import EXPECTED, Case, cases, outcome

UPDATE = os.environ.get("FSM_UPDATE_GOLDEN") == "1"
RIGHT, WRONG = cases("commands.toml"), cases("errors.toml")
RUN = [*RIGHT, *WRONG] if UPDATE else a_part_of([*RIGHT, *WRONG])


@pytest.mark.parametrize("case", RUN, ids=lambda case: case.id)
def test_outputs(
    case: Case,
    fsm: Fsm,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    for need in case.needs:
        if not (shutil.which("dot") if need == "dot" else importlib.util.find_spec(need)):
            pytest.skip(f"{need} is not installed")
    if case.command == "gallery" and not DEEP:
        request.getfixturevalue("gallery_drawn_once")
    found = outcome(case, fsm, tmp_path, monkeypatch)
    if UPDATE:
        case.expected.parent.mkdir(parents=True, exist_ok=True)
        case.expected.write_bytes(found.encode())
    assert found == case.expected.read_bytes().decode()


def test_errors_alone_end_with_exit_status_2() -> None:
    for case in (*RIGHT, *WRONG):
        ends = re.findall(r"^exit status (\d+)$", case.expected.read_text("utf-8"), re.MULTILINE)
        assert set(ends) <= ({"2"} if case in WRONG else {"0", "1"}), case.id
        assert len(ends) == len(case.run), case.id


def test_each_golden_file_belongs_to_a_case() -> None:
    stored = {path for path in EXPECTED.rglob("*") if path.is_file()}
    if UPDATE:
        for path in stored - {case.expected for case in (*RIGHT, *WRONG)}:
            path.unlink()
        return
    assert stored == {case.expected for case in (*RIGHT, *WRONG)}


def test_no_golden_file_has_a_path_of_this_machine() -> None:
    places = {
        str(Path(place).resolve()) for place in (Path.home(), Path.cwd(), tempfile.gettempdir())
    }
    for path in EXPECTED.rglob("*.txt"):
        text = path.read_bytes().decode()
        assert not [place for place in places if f"{place}/" in text], path
