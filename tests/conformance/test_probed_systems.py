"""Systems that exit, print, raise, die or are unsteady: none is blamed for what it did not do."""

import itertools
import sys
from pathlib import Path

import numpy as np
import pytest

from fsm.conformance.cells import compare_cells
from fsm.conformance.conforming import conform
from fsm.conformance.probing import probe
from fsm.mealy import NOTHING, Mealy
from tests.command import Fsm
from tests.conformance.orders import System, as_machine, as_page


class Exiting(System):
    def send(self, event: str) -> str | None:
        if event == "cancel":
            sys.exit(0)
        return super().send(event)


class Raising(System):
    def send(self, event: str) -> str | None:
        if (self.state, event) not in self.after:
            raise LookupError(event)
        return super().send(event)


class Dying(System):
    resets = 0

    def reset(self) -> None:
        self.resets += 1
        if self.resets > 5:
            raise ConnectionError("server gone")
        super().reset()


class Unsteady(System):
    """Rejects every third event."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = itertools.count(1)

    def send(self, event: str) -> str | None:
        return "rejected" if next(self.sent) % 3 == 0 else super().send(event)


@pytest.mark.parametrize(
    ("system", "note"),
    {
        "raises where it rejects": (
            Raising(),
            "raises LookupError in 29 cells where the machine rejects: if that is how it rejects",
        ),
        "cannot be reset any more": (
            Dying(),
            "not every cell was run, reset() failed: ConnectionError: server gone",
        ),
        "is unsteady": (Unsteady(), "not judged: the same events did not lead to the same twice"),
    }.values(),
    ids=["raises where it rejects", "cannot be reset any more", "is unsteady"],
)
def test_what_is_odd_about_a_system_is_said(system: System, note: str) -> None:
    probed = probe(system, as_machine(), "system")
    assert any(note in said for said in probed.notes), probed.notes
    if not isinstance(system, Raising):
        assert compare_cells(as_machine(), implementation=probed).disagreements == ()


def test_a_system_that_exits_fails_in_that_cell_and_the_rest_is_judged() -> None:
    probed = probe(Exiting(), as_machine(), "system")
    assert probed.runs["paid", "cancel"].vote.text == "fails: SystemExit: 0"
    assert probed.runs["shipped", "return"].vote.text == "accepts, shows Closed"


def test_what_a_system_prints_does_not_get_into_the_results(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Printing(System):
        def send(self, event: str) -> str | None:
            sys.stdout.write(f"sending {event}\n")
            return super().send(event)

    probe(Printing(), as_machine(), "system")
    captured = capsys.readouterr()
    assert (captured.out, "sending pay" in captured.err) == ("", True)


def test_what_the_machine_alone_says_does_not_tell_where_an_implementation_is(
    tmp_path: Path,
) -> None:
    """Its wrong row would tell two states of one status apart."""
    after = {
        ("s0", "a"): "s1",
        ("s0", "b"): "s2",
        ("s1", "a"): "s0",
        ("s2", "a"): "s3",
        ("s3", "a"): "s2",
    }
    status = {"s0": "New", "s1": "Open", "s2": "Busy", "s3": "Busy"}
    result = conform(
        None,
        as_machine(after | {("s2", "b"): "s3"}, status),
        page=str(as_page(tmp_path / "page.md", after, status)),
        implementation=System(after, status.get, "s0"),
    )
    assert result.cells is not None
    (cell,) = result.cells.disagreements
    assert (cell.state, cell.event, cell.verdict) == ("s2", "b", "machine differs")


@pytest.mark.parametrize("option", ["--page", "--implementation", "--tests", "--html"])
def test_sources_of_cells_are_refused_beside_one_message(fsm: Fsm, option: str) -> None:
    machine = ("--machine", "with-feedback", "--message", "m1")
    result = fsm("conform", *machine, option, __file__ if option != "--html" else "x.html")
    assert (result.status, result.out) == (2, "")
    assert f"use {option} without it" in result.err


class Answering:
    """A system that shows nothing but its outputs, and is silent where a cell has none."""

    def __init__(self, mealy: Mealy) -> None:
        self.mealy = mealy

    def reset(self) -> None:
        self.state = self.mealy.initial

    def send(self, event: str) -> str | None:
        cell = self.state, self.mealy.inputs.index(event)
        self.state = int(self.mealy.next[cell])
        output = self.mealy.outputs[self.mealy.output[cell]]
        return None if output == NOTHING else output


def connection_setup(after_reset: int) -> Mealy:
    """A handshake, from whose third state a second SYN leads to this state."""
    after = np.array([[1, 0, 0], [1, 2, 0], [after_reset, 2, 0]])
    output = np.array([[1, 2, 0], [1, 0, 3], [2, 0, 3]])
    outputs = (NOTHING, "SYN+ACK", "RST", "ACK")
    return Mealy("handshake", ("s0", "s1", "s2"), ("SYN", "ACK", "FIN"), outputs, after, output)


def test_silence_is_an_output_of_a_system_that_gives_outputs() -> None:
    """So the cell that leads to a wrong state is found, and none that answers otherwise agrees."""
    machine = connection_setup(1).machine()
    right, wrong = (
        compare_cells(machine, implementation=probe(Answering(connection_setup(n)), machine))
        for n in (1, 0)
    )
    assert not right.disagreements
    (found,) = wrong.disagreements
    assert (found.state, found.event) == ("s2", "SYN")
    for cell in wrong.cells:
        step = machine.step(cell.state, cell.event)
        if cell.kind == "agree" and cell.run and step:
            assert cell.run.answer == f"shows {machine.status(step.target)}"
