"""Missing cells of a Mealy machine say nothing of an implementation, and are named."""

import json
from pathlib import Path

import pytest

from fsm.catalog import load
from fsm.comparison import compare
from tests.command import Fsm

EDGES = 'a -> b [label="x / 1"]; a -> a [label="y / 0"]; b -> a [label="x / 0"];'
WHOLE = EDGES + 'b -> a [label="y / 7"];'
SYSTEM = '''
class System:
    """Does what the whole machine does."""

    def reset(self):
        self.state = "a"

    def send(self, event):
        after = {("a", "x"): "b1", ("a", "y"): "a0", ("b", "x"): "a0", ("b", "y"): "a7"}
        self.state, output = after[self.state, event]
        return output
'''


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    Path("partial.dot").write_text(f"digraph {{ {EDGES} }}")
    Path("whole.dot").write_text(f"digraph {{ {WHOLE} }}")
    Path("open_system.py").write_text(SYSTEM)


@pytest.mark.usefixtures("files")
@pytest.mark.filterwarnings("ignore:partial.dot")
def test_a_comparison_tells_them_from_rejected_events() -> None:
    partial, whole = load("partial.dot"), load("whole.dot")
    assert partial.open_cells == (("b", "y"),)
    assert not whole.open_cells
    for pair, shows in (
        ((partial, whole), ("missing", "accepted")),
        ((whole, partial), ("accepted", "missing")),
    ):
        compared = compare(*pair)
        assert compared.skeleton is None
        found = [(d.event, d.states, d.shows) for d in compared.differences if d.event]
        assert found == [("y", ("b", "b"), shows)]
    assert compare(partial, partial).same


COMMANDS = {
    "learn": "learn open_system:System partial.dot",
    "test": "test partial.dot open_system:System",
    "conform": "conform --machine partial.dot --implementation open_system:System",
}


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("command", COMMANDS)
def test_commands_find_no_difference_in_them(fsm: Fsm, command: str) -> None:
    ran = fsm(*COMMANDS[command].split(), "--json")
    assert ran.status == 0
    found = json.loads(ran.out)
    if command == "learn":
        assert found["assumed"] == ["what the machine leaves open is not compared: y in b"]
    elif command == "conform":
        (cell,) = (c for c in found["cells"] if (c["state"], c["event"]) == ("b", "y"))
        assert list(cell["votes"]) == ["implementation"]


@pytest.mark.usefixtures("files")
def test_a_comparison_tells_why_a_mealy_machine_has_more_states(fsm: Fsm) -> None:
    ran = fsm("compare", "whole.dot", "whole.dot")
    assert "whole.dot: a Mealy machine of 2 states, compared as 4: a state that is" in ran.err
