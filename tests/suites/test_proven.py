"""A reproduction is proven the shortest only where every shorter trace was run."""

import pytest

import fsm
from fsm.mealy import Mealy
from fsm.suites.execution.implementation import run_test
from fsm.suites.execution.reproduction import reproduce
from tests.suites.test_covered_cells import Wrong

MEALY = Mealy.of(fsm.load("with-feedback"))
LONG = ("relayed", "soft_bounce", "soft_bounce", "relayed", "retry_succeeded")
SHORT = ("soft_bounce", "retry_succeeded")


@pytest.mark.parametrize(("resets", "proven"), [(0, False), (5, False), (300, True)])
def test_what_was_not_run_is_not_proven(resets: int, proven: bool) -> None:
    """There is one trace of no event, and there are 6 of one; none of these fails."""
    system = WrongLater(MEALY, "retry_succeeded")
    found = reproduce(system, MEALY, run_test(system, MEALY, LONG), resets)
    assert found.proven is proven
    assert str(found).startswith("shortest " if proven else "short ")
    assert not found.run.agrees
    assert found.run.trace == SHORT or not proven


class WrongLater(Wrong):
    """Errs on its event once there was a soft bounce."""

    def reset(self) -> None:
        super().reset()
        self.waits = False

    def send(self, event: str) -> str | None:
        wrong = event == self.event and self.waits
        self.waits = self.waits or event == "soft_bounce"
        right = super(Wrong, self).send(event)
        return "?" if wrong else right
