"""``fsm.conform``: which events it compares, and what it says of the others."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

import fsm
from fsm.conformance.message_alignment import align_message
from fsm.errors import LogError, MachineError
from fsm.machine import Machine, State, Transition

DAY = timedelta(days=1)


def log(**traces: str) -> pl.DataFrame:
    """Return a log of messages, each given by its events; an event a day."""
    rows = [
        (message, event, f"2026-01-{day:02}T00:00:00Z")
        for message, events in traces.items()
        for day, event in enumerate(events.split(", "), 1)
    ]
    return pl.DataFrame(rows, schema=["message_id", "event", "timestamp"], orient="row")


def guarded() -> Machine:
    """Return a machine in which a go leads to one of two states, by a guard."""
    states = [State(name, None, name, (name,), final=name != "a") for name in ("a", "b", "c")]
    transitions = [
        Transition("a", "go[ok]", "b", "go", "ok"),
        Transition("a", "go[not ok]", "c", "go", "not ok"),
        Transition("c", "stop", "c", "stop"),
    ]
    events = ("go[not ok]", "go[ok]", "stop")
    return Machine(
        "guarded",
        "",
        tuple(states),
        events,
        tuple(transitions),
        "a",
        guards={"go": ("ok",), "stop": ()},
    )


@pytest.mark.parametrize(
    ("trace", "cost"),
    {
        "plain, one way": ("go", 0),
        "plain, the other way": ("go, stop", 0),
        "its symbol": ("go[not ok], stop", 0),
        "a symbol that excludes it": ("go[ok], stop", 1),
        "twice": ("go, go, stop", 1),
    }.values(),
)
def test_an_event_that_depends_on_guards(trace: str, cost: int) -> None:
    result = fsm.conform(log(m=trace), guarded())
    assert result.repair is not None
    assert (result.repair.cost, dict(result.repair.outside)) == (cost, {})
    assert result.replay is not None
    assert list(result.replay.machines) == ["guarded"]
    (aligned,) = align_message(log(m=trace), "m", guarded())
    assert aligned.cost == cost


MAIL = log(
    seen="relayed, delivered, opened, clicked, opened",
    odd="relayed, boom, delivered, boom",
    alone="opened, boom",
)


def test_what_the_machine_does_not_have_is_counted_beside() -> None:
    """Opens and clicks belong to the companion: they do not make a mail unfit."""
    repair = fsm.conform(MAIL, "with-feedback").repair
    assert repair is not None
    assert (repair.fitting, repair.not_fitting, repair.without_events) == (2, 0, 1)
    assert dict(repair.outside) == {"boom": 3, "opened": 3, "clicked": 1}
    (aligned,) = align_message(MAIL, "alone", "with-feedback")
    assert (aligned.cost, {event.kind for event in aligned.events}) == (0, {"outside"})


def test_it_is_extra_where_that_is_wanted() -> None:
    repair = fsm.conform(MAIL, "with-feedback", outside="extra").repair
    assert repair is not None
    # The message that has nothing else needs one event of the machine as well.
    assert (repair.fitting, repair.not_fitting, repair.without_events) == (0, 3, 0)
    assert (repair.extra, repair.missing) == (7, 1)


def test_what_comes_too_late_is_not_counted_beside() -> None:
    repair = fsm.conform(MAIL, "with-feedback", as_of=datetime(2026, 1, 2, tzinfo=UTC)).repair
    assert repair is not None
    assert dict(repair.outside) == {"boom": 2, "opened": 1}


def test_the_end_of_a_validity_period_is_no_edit() -> None:
    """Without it the message is still retried at the end, which is no final state."""
    retried = log(
        m="relayed, soft_bounce", n="relayed, hard_bounce, opened, opened, opened, opened"
    )
    costs = {
        validity: fsm.conform(retried, "with-feedback", may_end="final", validity=validity).repair
        for validity in (None, 3 * DAY, 9 * DAY)
    }
    assert {validity: repair and repair.cost for validity, repair in costs.items()} == {
        None: 1,
        3 * DAY: 0,
        9 * DAY: 1,
    }
    for validity in (3 * DAY, DAY / 2):  # at its end, and with the first event after it
        (aligned,) = align_message(retried, "m", "with-feedback", validity=validity)
        assert [(event.kind, event.after) for event in aligned.events] == [
            ("accepted", "awaiting"),
            ("accepted", "retrying"),
            ("expiry", "retries_exhausted"),
        ]
    (ended,) = align_message(retried, "n", "with-feedback", may_end="final", validity=3 * DAY)
    assert "expiry" not in {event.kind for event in ended.events}


def test_a_log_of_other_events_is_refused() -> None:
    other = log(m="opened, clicked")
    with pytest.raises(LogError, match="nothing to compare: no event of this log is one of deliv"):
        fsm.conform(other, "delivery")


def test_a_machine_in_which_no_message_can_end_is_refused() -> None:
    machine = Machine("m", "", (State("a", None, "a", ("a",)),), ("go",), (), "a")
    with pytest.raises(MachineError, match="nothing leads out of the initial state 'a'"):
        fsm.conform(log(m="go"), machine)
    with pytest.raises(MachineError, match="no final state can be reached"):
        fsm.conform(log(m="go"), machine, may_end="final")
