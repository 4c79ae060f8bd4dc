"""The format of a machine file is detected from its suffix, in any letter case."""

from pathlib import Path

import pytest

from fsm.catalog import load, load_bare, load_specification
from fsm.errors import MachineError
from fsm.formats.scxml import to_scxml
from fsm.mealy import Mealy

MACHINE = load_bare("engagement")


@pytest.mark.parametrize("suffix", [".scxml", ".SCXML", ".Scxml"])
def test_capitals_in_a_suffix(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"m{suffix}"
    path.write_text(to_scxml(MACHINE))
    assert load(str(path)) == load_bare(str(path)) == MACHINE


@pytest.mark.parametrize("suffix", [".dot", ".DOT"])
def test_a_dot_file_is_a_specification_as_it_stands(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"m{suffix}"
    path.write_text('digraph { a -> b [label="x/0"]; b -> a [label="x/1"] }')
    assert isinstance(load_specification(str(path)), Mealy)


@pytest.mark.parametrize("name", ["m.txt", "engagment", "m"])
def test_other_names_are_no_machines(name: str) -> None:
    with pytest.raises(MachineError, match=f"^{name}: no such machine"):
        load(name)
