"""Indicators: what they count, and of how many messages."""

import pytest

from fsm.catalog import load_bare
from fsm.indicators import Share, delivered_rate, percent, shares, status_counts


@pytest.mark.parametrize(
    ("count", "whole", "share"),
    [(0, 3, 0.0), (1, 3, 33.33), (2, 3, 66.67), (3, 3, 100.0), (1, 16, 6.25), (0, 0, None)],
)
def test_percentages(count: int, whole: int, share: float | None) -> None:
    assert percent(count, whole) == share


def test_states_are_counted_by_their_status() -> None:
    machine = load_bare("with-feedback")
    states = {"to_send": 7, "awaiting": 5, "delivered": 3, "hard_bounced": 2, "retrying": 1}
    counts = status_counts(machine, states)
    assert counts == {"Pending": 5, "Sent": 3, "Failed": 3}
    found = shares(machine, counts, 20)
    assert found == {"Delivered": Share(3, 15.0), "Bounces + errors": Share(3, 15.0)}
    assert delivered_rate(found) == 50.0
    assert delivered_rate(dict.fromkeys(found, Share(0, 0.0))) is None
