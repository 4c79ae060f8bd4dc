"""What is written and read back is the same machine, whatever it is called."""

from collections.abc import Callable

import pytest
from hypothesis import given
from random_machines import machines

from fsm.catalog import load
from fsm.formats import json_document, scxml
from fsm.machine import Machine
from fsm.machines import NAMES


def through_json(machine: Machine) -> Machine:
    return json_document.parse_document(json_document.to_json(machine).encode().decode())


def through_scxml(machine: Machine) -> Machine:
    return scxml.parse_scxml(scxml.to_scxml(machine).encode())


WAYS = pytest.mark.parametrize("way", [through_json, through_scxml])


@WAYS
@pytest.mark.parametrize("name", NAMES)
def test_built_in(name: str, way: Callable[[Machine], Machine]) -> None:
    assert way(load(name)) == load(name)


@WAYS
@given(machine=machines())
def test_any_machine(machine: Machine, way: Callable[[Machine], Machine]) -> None:
    assert way(machine) == machine


@pytest.mark.parametrize("suffix", [".json", ".scxml"])
def test_a_file_is_a_machine_wherever_one_is_taken(tmp_path, suffix: str) -> None:
    path = tmp_path / f"m{suffix}"
    write = {".json": json_document.to_json, ".scxml": scxml.to_scxml}[suffix]
    path.write_text(write(load("quarantine")))
    assert load(str(path)) == load("quarantine")
