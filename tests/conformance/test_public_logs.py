"""Least repairs of public logs cost what alignments of other tools cost (``FSM_CORPUS``)."""

import os
from pathlib import Path

import pytest

import fsm

CORPUS = os.environ.get("FSM_CORPUS", "")
PROCESSES = Path(__file__).parents[1] / "bench" / "processes.md"
CASES = Path(CORPUS).parent / "cases" / "conformance"

pytestmark = [
    pytest.mark.skipif(not CORPUS, reason="FSM_CORPUS does not name a directory of public logs"),
    pytest.mark.filterwarnings("ignore::fsm.errors.AssumptionWarning"),
]


@pytest.mark.parametrize(
    ("log", "machine", "cost", "not_fitting"),
    [
        pytest.param("road-traffic-fines.xes.zip", CASES / "fines2.json", 699, 562, id="fines"),
        pytest.param("bpi-2013-incidents.xes.gz", CASES / "inc.json", 6327, 5582, id="incidents"),
        pytest.param(
            "road-traffic-fines.xes.zip",
            f"{PROCESSES}#road-traffic-fines",
            616,
            468,
            id="fines, table of the benchmark",
        ),
        pytest.param(
            "bpi-2013-incidents.xes.gz",
            f"{PROCESSES}#incidents",
            213,
            188,
            id="incidents, table of the benchmark",
        ),
        pytest.param(
            "bpi-2013-closed.xes.gz",
            f"{PROCESSES}#problems",
            92,
            72,
            id="problems, table of the benchmark",
        ),
    ],
)
def test_costs_are_those_of_other_tools(
    log: str, machine: Path | str, cost: int, not_fitting: int
) -> None:
    if isinstance(machine, Path) and not machine.exists():
        pytest.skip(f"{machine} is not there")
    found = fsm.conform(f"{CORPUS}/logs/process/{log}", str(machine), outside="extra").repair
    assert found is not None
    assert (found.cost, found.not_fitting) == (cost, not_fitting)
