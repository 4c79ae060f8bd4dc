"""Least repairs of public logs cost what the alignments of other tools cost."""

from pathlib import Path

import pytest

import fsm
from tests.depth import at_full_depth

FINES, INCIDENTS = "road-traffic-fines.xes.zip", "bpi-2013-incidents.xes.gz"
PROCESSES = Path(__file__).parents[1] / "bench" / "processes.md"


@pytest.mark.parametrize(
    ("log", "machine", "cost", "not_fitting"),
    [
        pytest.param(FINES, "fines2.json", 699, 562, id="fines"),
        pytest.param(INCIDENTS, "inc.json", 6327, 5582, id="incidents"),
    ],
)
def test_machines_of_the_corpus(
    corpus: Path, log: str, machine: str, cost: int, not_fitting: int
) -> None:
    path = corpus.parent / "cases" / "conformance" / machine
    if not path.exists():
        pytest.skip(f"no {machine} beside the corpus")
    check_repair(corpus, log, str(path), cost, not_fitting)


@pytest.mark.filterwarnings("ignore::fsm.errors.AssumptionWarning")
@pytest.mark.parametrize(
    ("log", "section", "cost", "not_fitting"),
    [
        pytest.param(
            FINES,
            "road-traffic-fines",
            616,
            468,
            marks=at_full_depth,
            id="fines",
        ),
        pytest.param(INCIDENTS, "incidents", 213, 188, id="incidents"),
        pytest.param("bpi-2013-closed.xes.gz", "problems", 92, 72, id="problems"),
    ],
)
def test_tables_of_the_benchmark(
    corpus: Path, log: str, section: str, cost: int, not_fitting: int
) -> None:
    check_repair(corpus, log, f"{PROCESSES}#{section}", cost, not_fitting)


def check_repair(corpus: Path, log: str, machine: str, cost: int, not_fitting: int) -> None:
    repair = fsm.conform(str(corpus / "logs" / "process" / log), machine, outside="extra").repair
    assert repair is not None
    assert (repair.cost, repair.not_fitting) == (cost, not_fitting)


@pytest.mark.filterwarnings("ignore::fsm.errors.AssumptionWarning")
@pytest.mark.parametrize("section", ["road-traffic-fines", "incidents", "problems"])
def test_tables_of_the_benchmark_are_machines(section: str) -> None:
    assert fsm.load(f"{PROCESSES}#{section}").transitions
