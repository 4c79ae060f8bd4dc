"""Which method ``auto`` takes: from counts alone, and it says why."""

import json
from pathlib import Path

import numpy as np
import pytest

import fsm as api
from fsm.mealy import Mealy
from fsm.suites import choice, methods, suite
from fsm.suites.export import export_suite
from tests.command import Fsm
from tests.suites.test_suites import PARTIAL


def wide(states: int, inputs: int) -> Mealy:
    """Return a ring that all inputs but the first leave as it is; one state answers otherwise."""
    after = np.tile(np.arange(states)[:, None], (1, inputs))
    after[:, 0] = (np.arange(states) + 1) % states
    output = np.zeros((states, inputs), dtype=int)
    output[-1] = 1
    names = tuple(f"s{i}" for i in range(states)), tuple(f"i{x}" for x in range(inputs))
    return Mealy("wide", *names, ("0", "1"), after, output)


def test_a_small_machine_gets_the_smallest_suite() -> None:
    made = suite("engagement")
    assert made.method.name == "chain"
    assert "auto took chain: the smallest suites" in str(made.choice)
    assert list(made.words()) == list(suite("engagement", "chain").words())
    assert suite("engagement", "chain").choice is None


@pytest.mark.parametrize(("mealy", "taken"), [(wide(8, 3), "hsi"), (PARTIAL, "h")])
def test_too_many_steps(mealy: Mealy, taken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "MOST_STEPS", 10)
    made = suite(mealy)
    assert made.method.name == taken
    assert f"auto took {taken}: chain, whose suites are smaller, would take about" in str(
        made.choice
    )


def test_too_many_inputs() -> None:
    """The bound of chain is above the limit, the exact size of hsi is not."""
    mealy = wide(9, 4)
    sizes = {name: suite(mealy, name).estimate.most.symbols for name in ("chain", "hsi")}
    assert sizes["hsi"] < sizes["chain"]
    made = suite(mealy, max_symbols=sizes["hsi"])
    assert made.method.name == "hsi"
    assert f"may have up to {sizes['chain']:,} inputs" in str(made.choice)


def test_where_chain_ends_and_a_large_machine_has_a_suite() -> None:
    """States times states times inputs and depth decide, whatever the machine is like."""
    assert methods.chain_steps(suite(wide(9, 4)).spec) == 81 * (4 + 8)
    large = suite(wide(300, 3))
    assert methods.chain_steps(large.spec) > choice.MOST_STEPS
    assert (large.method.name, large.guarantee.states) == ("hsi", 300)


@pytest.mark.parametrize("form", ["md", "pytest", "json"])
def test_a_file_says_what_was_taken(form: str) -> None:
    chosen = suite("engagement")
    reason = str(chosen.choice)[len("auto ") :]
    assert reason[:20] in "".join(export_suite(chosen, form))
    assert reason[:20] not in "".join(export_suite(suite("engagement", "chain"), form))


def test_the_command_says_it_on_standard_error(fsm: Fsm, tmp_path: Path) -> None:
    path = tmp_path / "suite.json"
    assert fsm("suite", "engagement", "-o", path).err.startswith("auto took chain")
    assert json.loads(path.read_text())["choice"].startswith("auto took chain")
    assert fsm("suite", "engagement", "--method", "chain", "-o", path).err == ""
    assert json.loads(path.read_text())["choice"] is None


def test_the_name_is_a_method_everywhere() -> None:
    assert suite(api.load("engagement"), "auto").method.name == "chain"
    assert "auto" in choice.LISTED
