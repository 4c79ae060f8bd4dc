"""Claims on logs: what is found for all messages at once is what a loop finds for each."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.conformance import conform
from fsm.conformance.claims import ClaimResult, check_claims
from fsm.engine import buckets, product_machine
from fsm.errors import ArgumentError, FsmError, LogError
from fsm.machine import Machine
from fsm.machine_parts import Deadline, State, Transition
from tests.conformance.claim_oracle import history, verdict

START = datetime(2026, 1, 1, tzinfo=UTC)
EVENTS = ("x", "y", "z")
CLAIMS = (
    "never s1",
    "never x after y",
    "never x after x",
    "never s1 after s0",
    "never s0 after x or s1",
    "never y before x",
    "never s1 before x",
    "always s0",
    "always s0 or s2 after x",
    "always s1 after s1",
    "always s0 before x",
    "always s0 before s1",
    "eventually s1",
    "eventually y after x",
    "eventually s0 after x",
    "eventually x after x or s2",
    "at most 1 x",
    "at most 0 s0",
    "at most 2 x or s1",
    "at least 1 s1",
    "at least 2 y",
    "at least 3 s0 or x",
    "x within 2m of y",
    "x within 1m of x",
    "s1 within 2m of x",
    "y within 2m of s1",
    "s0 within 1m of s0 or s1",
    "y or s2 within 3m of start",
    "never x within 1m of y",
    "never x within 1m of x",
    "never s1 within 2m of x",
    "never s0 or y within 2m of s1",
    "never s2 within 3m of start",
    "never s1 within 2m of s1",
    "never s0 or s1 within 1m of s0",
)


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    """Machines of three states over x, y and z, some with a deadline; cells may reject."""
    cells = {
        (source, event): draw(st.sampled_from([None, "s0", "s1", "s2"]))
        for source in ("s0", "s1", "s2")
        for event in EVENTS
    }
    deadline = draw(st.sampled_from([None, Deadline("x", "z", "s1")]))
    if deadline:
        cells["s1", "z"] = cells["s1", "z"] or "s2"
    steps = tuple(Transition(s, e, t, e) for (s, e), t in cells.items() if t)
    states = tuple(State(name, name.upper(), name, (name,)) for name in ("s0", "s1", "s2"))
    return Machine("m", "m", states, EVENTS, steps, "s0", deadline=deadline)


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["m1", "m2", "m3"]), st.sampled_from([*EVENTS, "other"]), st.integers(0, 3)
    ),
    min_size=1,
    max_size=24,
)
"""Message, event, and minutes since the row before."""
VALIDITY = st.sampled_from([None, timedelta(minutes=2), timedelta(minutes=5)])


def frame_of(rows: list[tuple[str, str, int]]) -> pl.DataFrame:
    times, time = [], START
    for _, _, minutes in rows:
        time += timedelta(minutes=minutes)
        times.append(time)
    messages, events, _ = zip(*rows, strict=True)
    return pl.DataFrame({"message_id": messages, "event": events, "timestamp": times})


def counted(result: ClaimResult) -> tuple[str, int, int, int]:
    return result.claim, result.messages, result.violated, result.open


@given(machine=machines(), rows=ROWS, validity=VALIDITY)
def test_what_is_counted_is_what_each_history_says(
    machine: Machine, rows: list[tuple[str, str, int]], validity: timedelta | None
) -> None:
    frame = frame_of(rows)
    micro = frame["timestamp"].dt.epoch("us").to_list()
    by_message: dict[str, list[tuple[int, str]]] = {}
    for (message, event, _), time in zip(rows, micro, strict=True):
        by_message.setdefault(message, []).append((time, event))
    limit = None if validity is None else validity // timedelta(microseconds=1)
    told = {m: history(machine, rows, limit, micro[-1]) for m, rows in by_message.items()}
    for result in check_claims(frame, machine, CLAIMS, validity=validity):
        found = {m: verdict(machine, t, result.claim, micro[-1]) for m, t in told.items()}
        verdicts = list(found.values())
        assert counted(result) == (
            result.claim,
            sum(v is not None for v in verdicts),
            verdicts.count("violated"),
            verdicts.count("open"),
        )
        examples = [example.message for example in result.examples]
        assert sorted(examples) == sorted(m for m, v in found.items() if v == "violated")


def facts(results: tuple[ClaimResult, ...]) -> list[object]:
    """Return what results say, but for files and lines."""
    return [
        (
            counted(result),
            result.absent,
            [
                (e.message, e.why, [(v.event, v.timestamp) for v in e.events])
                for e in result.examples
            ],
        )
        for result in results
    ]


@given(machine=machines(), rows=ROWS, validity=VALIDITY, cuts=st.sets(st.integers(1, 20)))
def test_files_and_buckets_change_nothing(
    machine: Machine,
    rows: list[tuple[str, str, int]],
    validity: timedelta | None,
    cuts: set[int],
) -> None:
    # Rows of different files and of one instant have an order of their own: there are none here.
    frame = frame_of([(message, event, 1 + minutes) for message, event, minutes in rows])
    whole = check_claims(frame, machine, CLAIMS, validity=validity)
    places = sorted(cut for cut in {0, len(rows), *cuts} if cut <= len(rows))
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        paths = [Path(folder) / f"{number:02}.csv" for number in range(len(places) - 1)]
        for path, first, last in zip(paths, places, places[1:], strict=False):
            frame[first:last].write_csv(path)
        patch.setattr(buckets, "BUCKET", 2)
        apart = check_claims(paths, machine, CLAIMS, validity=validity)
        assert facts(apart) == facts(whole)
        for violation in (example for result in apart for example in result.examples):
            for event in violation.events:
                line = (Path(folder) / event.file).read_text().splitlines()[event.line - 1]
                assert line.startswith(f"{violation.message},{event.event},")


# A log of its own -------------------------------------------------------------------------------

LOG = """message_id,event,timestamp
m1,relayed,2026-01-01T00:00:00Z
m1,soft_bounce,2026-01-01T01:00:00Z
m1,soft_bounce,2026-01-01T02:00:00Z
m1,delivered,2026-01-01T03:00:00Z
m1,clicked,2026-01-01T03:20:00Z
m2,relayed,2026-01-01T04:00:00Z
m2,hard_bounce,2026-01-01T04:00:01Z
m2,relayed,2026-01-01T05:00:00Z
m3,relayed,2026-01-01T20:00:00Z
m3,soft_bounce,2026-01-02T00:00:00Z
m4,opened,2026-01-02T00:00:00Z
"""
"""The second hand-over of m2 is rejected; m4 was never handed over."""

FOUND = {
    "what a rejected event would be is no violation": ("at most 1 relayed", (4, 0, 0)),
    "a companion's event": ("clicked within 30m of event:delivered", (1, 0, 0)),
    "a companion's event, too late": ("clicked within 10m of event:delivered", (1, 1, 0)),
    "a companion's state before an event": ("never Clicked before event:delivered", (4, 0, 0)),
    "a status that is held counts": ("Sent within 1m of clicked", (1, 0, 0)),
    "a status is entered once": ("at most 1 Failed", (4, 0, 0)),
    "the deadline is the end of the log": ("event:delivered within 4h of relayed", (3, 1, 1)),
    "the log goes on after the deadline": ("event:delivered within 3h of relayed", (3, 2, 0)),
    "violated once, and owed once more": (
        "retry_succeeded within 3h of relayed or soft_bounce",
        (3, 3, 0),
    ),
    "the start is the first event that is accepted": ("Failed within 5h of start", (4, 0, 1)),
    "what can still come is owed": ("eventually Sent after relayed", (3, 1, 1)),
    "what cannot come any more is violated": ("at least 1 event:delivered", (4, 1, 2)),
    "a sum in every state": ("Pending + Sent + Failed = 1", (4, 0, 0)),
    "a sum that changes": ("Pending is constant", (4, 3, 0)),
    "the same time": ("event:delivered within 0s of soft_bounce", (2, 1, 1)),
    "several units": ("event:delivered within 2h 60 min of relayed", (3, 2, 0)),
    "no state follows itself": ("never Failed within 30m of Failed", (3, 0, 0)),
    "it applies to nothing": ("never Sent after retry_failed", (0, 0, 0)),
}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv"
    path.write_text(LOG)
    return path


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ClaimResult]:
    path = tmp_path_factory.mktemp("claims") / "log.csv"
    path.write_text(LOG)
    claims = [claim for claim, _ in FOUND.values()]
    return {result.claim: result for result in check_claims(path, "with-feedback", claims)}


@pytest.mark.parametrize(("claim", "counts"), FOUND.values(), ids=list(FOUND))
def test_what_is_found_in_a_log(
    results: dict[str, ClaimResult], claim: str, counts: tuple[int, int, int]
) -> None:
    assert counted(results[claim]) == (claim, *counts)


def test_the_events_concerned_are_named_with_their_lines(log: Path) -> None:
    (result,) = check_claims(log, "with-feedback", "never Sent after soft_bounce")
    (found,) = result.examples
    assert (found.message, found.why) == ("m1", "delivered leads to delivered")
    assert [(e.event, e.line) for e in found.events] == [("soft_bounce", 3), ("delivered", 5)]


def test_the_end_of_a_validity_period_has_no_line_and_is_told(log: Path) -> None:
    claim = "never retries_exhausted after soft_bounce"
    (result,) = check_claims(log, "with-feedback", claim, validity=timedelta(hours=3))
    assert [(e.message, e.why) for e in result.examples] == [
        ("m1", "the end of the validity period leads to retries_exhausted"),
        ("m3", "soft_bounce leads to retries_exhausted"),  # the period is over
    ]
    assert [e.line for e in result.examples[0].events] == [3, 4]


def test_an_event_after_the_period_is_two_steps_at_once(log: Path) -> None:
    claim = "at most 1 soft_bounce or retry_failed"
    (result,) = check_claims(log, "with-feedback", claim, validity=timedelta(hours=3))
    assert [(e.message, e.why) for e in result.examples] == [("m1", "3 in all"), ("m3", "2 in all")]


@pytest.mark.parametrize("size", [3, 7, 40], ids="{} rows in a file".format)
def test_the_first_violations_of_the_log_are_shown(tmp_path: Path, size: int) -> None:
    frame = frame_of([(f"m{number}", "x", 1) for number in range(40)])
    paths = [tmp_path / f"{first:02}.csv" for first in range(0, 40, size)]
    for number, path in enumerate(paths):
        frame[number * size : (number + 1) * size].write_csv(path)
    (result,) = check_claims(paths, None, "never x")
    assert result.violated == 40
    assert [e.message for e in result.examples] == ["m0", "m1", "m2", "m3", "m4"]


def test_a_plain_event_that_depends_on_guards_is_not_part_of_a_trace() -> None:
    states = tuple(State(name, name, name, (name,)) for name in ("shut", "opened"))
    steps = (
        Transition("shut", "open[a]", "opened", "open", "a"),
        Transition("opened", "close", "shut", "close"),
    )
    events = ("open[a]", "open[not a]", "close")
    door = Machine("door", "door", states, events, steps, "shut", guards={"open": ("a",)})
    log = frame_of([("m", "open", 0), ("m", "open[a]", 60), ("m", "close", 30)])
    result = conform(log, door, claims=["close within 45m of start", "at most 1 state:opened"])
    assert [(claim.violated, claim.open) for claim in result.claims or ()] == [(0, 0), (0, 0)]


OF_EVENTS = {
    "every event counts": ("at most 1 relayed", (4, 1, 0)),
    "an event after another": ("relayed within 1h of hard_bounce", (1, 0, 0)),
    "the start is the first event, whatever its name": ("clicked within 1h of start", (4, 3, 1)),
    "what has not come may come": ("eventually clicked", (4, 0, 3)),
    "a name that no event has": ("never sent", (4, 0, 0)),
}


@pytest.mark.parametrize(("claim", "counts"), OF_EVENTS.values(), ids=list(OF_EVENTS))
def test_a_log_alone_has_its_events(log: Path, claim: str, counts: tuple[int, int, int]) -> None:
    (result,) = check_claims(log, None, claim)
    assert counted(result) == (claim, *counts)
    assert result.absent == (("sent",) if "sent" in claim else ())


NOTED = {
    "start is an event of the log too": (
        "x within 1h of start",
        "'start' is the beginning of each trace here; what has that name is event:start",
    ),
    "the event start": ("x within 1h of event:start", None),
    "a misspelt subject": (
        "never Craete Fine after x",
        "the log has no event Craete Fine, so it applied to nothing; did you mean 'Create Fine'?",
    ),
    "one of several is there": ("never z or x", "the log has no event z$"),
    "what is owed is no nothing": ("eventually z", "the log has no event z$"),
    "a number takes no after": ("at most 1 x after start", "only never, always, eventually and"),
    "names joined by and": ("never x and start", "names are joined by 'or'"),
    "a time without of": ("never x within 1h of", "a time is written: P within 3.5d of Q"),
}


@pytest.mark.parametrize(("claim", "said"), NOTED.values(), ids=list(NOTED))
def test_how_a_claim_was_read_is_told(claim: str, said: str | None) -> None:
    log = frame_of([("m", "start", 0), ("m", "x", 5), ("m", "Create Fine", 5)])
    (result,) = check_claims(log, None, claim)
    assert len(result.notes) == (said is not None)
    if said:
        assert said in f"{result.notes[0]}$"
        assert list(result.notes) == result.as_dict()["notes"]


def test_a_state_or_event_named_start_is_told() -> None:
    machine = Machine(
        "m",
        "m",
        (State("start", "Start", "start", ("start",)),),
        ("x", "start"),
        (Transition("start", "x", "start", "x"), Transition("start", "start", "start", "start")),
        "start",
    )
    (result,) = check_claims(frame_of([("m", "x", 0)]), machine, "x within 1h of start")
    (note,) = result.notes
    assert note.endswith("what has that name is event:start or state:start")


@pytest.mark.parametrize(
    ("events", "said"),
    [(["x"], "never x after y: the log has no event y"), ([], "the log has no events")],
    ids=["no marker", "no event"],
)
def test_a_log_alone_to_which_no_claim_applies_is_refused(
    tmp_path: Path, events: list[str], said: str
) -> None:
    path = tmp_path / "log.csv"
    rows = [f"m,{event},2026-01-01T00:00:00Z" for event in events]
    path.write_text("\n".join(["message_id,event,timestamp", *rows, ""]))
    with pytest.raises(LogError, match="nothing to compare: ") as error:
        conform(path, None, claims=["never x after y"])
    assert said in str(error.value)


REFUSED = {
    "a number with after": ("at most 1 relayed after Sent", "take 'after' or 'before', once"),
    "an event and a state": (
        "never soft_bounce or delivered after delivered",
        "'never soft_bounce or event:delivered after event:delivered'",
    ),
    "exactly": ("exactly 1 relayed", "two claims: at most 1 relayed, at least 1 relayed; claims"),
    "an event of the log alone": ("never weighed", "without --machine: fsm conform LOG"),
    "possibly": ("possibly Sent", "a log shows what happened, not what can still happen"),
    "a time for always": ("always Sent within 1h of relayed", "always takes no time"),
    "no duration": ("Sent within soon of relayed", "'soon' is not a duration"),
    "no number": ("at most few relayed", "'few' is not a whole number"),
    "no name": ("at most 3 before", "a name is missing"),
    "an unknown name": ("Sent within 1h of relaid", "did you mean 'relayed'?"),
    "no claim": ("Sent soon", "'Sent soon' is no claim"),
}


@pytest.mark.parametrize(("claim", "said"), REFUSED.values(), ids=list(REFUSED))
def test_what_no_log_decides_is_refused_before_it_is_read(claim: str, said: str) -> None:
    with pytest.raises(FsmError) as error:
        check_claims("no such log.csv", "with-feedback", claim)
    assert said in str(error.value)


NO_CLAIMS = {
    "none": ((), "claims: there are none"),
    "no text": ([None], "claim: None is not a text"),
    "neither one nor several": (5, "claims: 5 is neither one value nor several"),
}


@pytest.mark.parametrize(("claims", "said"), NO_CLAIMS.values(), ids=list(NO_CLAIMS))
def test_what_are_no_claims_is_refused(claims: Any, said: str) -> None:
    with pytest.raises(ArgumentError) as error:
        check_claims("no such log.csv", "with-feedback", claims)
    assert said in str(error.value)


ALONE = {
    "a state": ("never state:delivered", "a log alone has no 'state:delivered'"),
    "a sum": ("Delivered <= 1", "a sum is over the states of a machine"),
    "exactly": ("exactly 1 delivered", "is no claim; write two claims"),
    "always": ("always delivered", "always is about states"),
}


@pytest.mark.parametrize(("claim", "said"), ALONE.values(), ids=list(ALONE))
def test_a_log_alone_has_no_states(claim: str, said: str) -> None:
    with pytest.raises(FsmError) as error:
        check_claims("no such log.csv", None, claim)
    assert said in str(error.value)


def test_machines_too_large_for_one_product_are_not_in_one_claim(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(product_machine, "MOST_CELLS", 1)
    (result,) = check_claims(log, "with-feedback", "at most 0 clicked")
    assert counted(result)[1:] == (4, 1, 0)
    with pytest.raises(FsmError, match="with-feedback and engagement are too large"):
        check_claims(log, "with-feedback", "never clicked before Sent")


def test_a_number_beyond_every_log_is_compared_at_once(log: Path) -> None:
    (most, least) = check_claims(
        log, "with-feedback", ["at most 999999999 relayed", "at least 999999999 soft_bounce"]
    )
    assert counted(most)[1:] == (4, 0, 0)
    assert counted(least)[1:] == (4, 2, 2)
