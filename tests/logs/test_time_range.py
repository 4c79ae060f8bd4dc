"""The part of a log whose messages began in a time range: whole messages, in their places."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsm.engine import replay
from fsm.engine.explanation import explain
from fsm.errors import ArgumentError, LogError
from fsm.logs.open import open_log
from fsm.logs.reading import ReadingOptions
from fsm.logs.time_range import begun_within
from tests.command import Fsm
from tests.depth import samples

BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
VALIDITY = timedelta(minutes=3)
EVENTS = ("relayed", "delivered", "soft_bounce", "hard_bounce")
ROWS = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(EVENTS), st.integers(0, 9)), min_size=1
)


def frame_of(rows: list[tuple[int, str, int]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "message_id": [f"m{message}" for message, _, _ in rows],
            "event": [event for _, event, _ in rows],
            "timestamp": [BEGIN + timedelta(minutes=minute) for _, _, minute in rows],
        }
    )


@given(ROWS, st.integers(0, 9), st.integers(0, 9))
@settings(max_examples=samples(200, 8))
def test_the_part_is_what_a_log_of_these_messages_alone_gives(
    rows: list[tuple[int, str, int]], first: int, last: int
) -> None:
    frame = frame_of(rows)
    start, end = (BEGIN + timedelta(minutes=m) for m in sorted((first, last)))
    begins = {m: min(t for n, _, t in rows if n == m) for m, _, _ in rows}
    kept = [f"m{m}" for m, t in begins.items() if start <= BEGIN + timedelta(minutes=t) <= end]
    alone = frame.filter(pl.col("message_id").is_in(kept))
    if alone.is_empty():
        with pytest.raises(LogError, match="no message began from"):
            begun_within(open_log(frame), start, end)
        return
    part = begun_within(open_log(frame), start, end)
    assert part.outside
    assert part.outside.messages == len(begins) - len(kept)
    assert part.outside.events == frame.height - alone.height
    # The part is read up to the end of the whole log: its timers fire up to then.
    until = BEGIN + timedelta(minutes=max(minute for _, _, minute in rows))
    results = [
        replay(part, statuses=True, validity=VALIDITY),
        replay(alone, statuses=True, validity=VALIDITY, as_of=until),
    ]
    assert results[0].machines == results[1].machines
    assert (
        results[0]
        .statuses.drop("last_timestamp")
        .equals(results[1].statuses.drop("last_timestamp"))
    )
    assert results[0].events == alone.height
    assert results[0].rejected == results[1].rejected


LINES = """message_id,event,timestamp
m1,relayed,2026-03-02T09:00:00Z
m2,relayed,2026-03-02T09:01:00Z

m1,delivered,2026-03-02T09:02:00Z
m2,soft_bounce,2026-03-02T09:03:00Z
m2,opened,2026-03-02T09:04:00Z
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv"
    path.write_text(LINES)
    return path


def test_events_keep_their_lines_and_texts(log: Path) -> None:
    part = begun_within(open_log([log]), BEGIN + timedelta(seconds=1))
    (story,) = explain(part, "m2")
    assert [(entry.place.rpartition(":")[2], entry.quote) for entry in story.entries][:2] == [
        ("3", "m2,relayed,2026-03-02T09:01:00Z"),
        ("6", "m2,soft_bounce,2026-03-02T09:03:00Z"),
    ]


def test_both_ends_are_within(log: Path) -> None:
    opened, minute = open_log([log]), timedelta(minutes=1)
    for start, end, messages in (
        (BEGIN, BEGIN, {"m1"}),
        (BEGIN + minute, None, {"m2"}),
        (None, BEGIN + minute, {"m1", "m2"}),
        (None, BEGIN, {"m1"}),
    ):
        part = begun_within(opened, start, end)
        assert set(part.frame["message_id"]) == messages
    assert begun_within(opened) is opened


def test_the_end_is_not_before_the_start(log: Path) -> None:
    with pytest.raises(ArgumentError, match="is before the start"):
        begun_within(open_log([log]), BEGIN, BEGIN - timedelta(seconds=1))


def test_converted_logs_keep_places_relays_and_replies(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    told = (
        "mx postfix/smtp[7]: A{0}: to=<u@y.example>, relay=mx{0}.y.example[192.0.2.1]:25, delay=0"
    )
    text = f"Jan  5 09:0{{0}}:00 {told}, dsn=5.1.1, status=bounced (550 no {{0}})\n"
    path.write_text("".join(text.format(number) for number in range(5)))
    opened = open_log([str(path)], options=ReadingOptions(year=2026))
    part = begun_within(opened, datetime(2026, 1, 5, 9, 3, tzinfo=UTC))
    rows = part.files[0].raw().drop_nulls("relay").collect()
    assert rows["relay"].to_list() == ["mx3.y.example", "mx4.y.example"]
    assert rows["reply"].to_list() == ["550 no 3", "550 no 4"]
    places = part.locate(part.frame)
    assert set(places["line"]) == {4, 5}
    balance = replay(part).balance.events
    assert balance["outside_range"] == 6
    assert balance["accepted"] == 4


def test_a_report_says_what_is_outside(log: Path, tmp_path: Path, fsm: Fsm) -> None:
    page = tmp_path / "page.html"
    done = fsm("report", log, "--from", "2026-03-02T09:00:30Z", "-o", page)
    assert done.status == 0
    said = "Only messages that began from 2 March 2026, 09:00:30 UTC; left out: 1 message with 2 events"
    assert said in done.err
    assert f"{said}." in page.read_text()
    limits = ("--to", "2026-03-02T09:00:30Z", "--as-of", "2026-03-02T09:00:30Z")
    limited = fsm("report", log, *limits, "-o", page).err
    assert "Only messages that began up to 2 March 2026, 09:00:30 UTC; left out" in limited
    assert "1 event after --as-of left out" in limited


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--from", "2027-01-01T00:00:00Z"), "no message began from 2027-01-01T00:00:00Z"),
        (("--to", "2025-01-01T00:00:00Z"), "the first one of the log did at 2026-03-02T09:00:00Z"),
        (("--from", "2026-03-03T00:00:00Z", "--to", "2026-03-02T00:00:00Z"), "--to is before"),
        (
            ("--from", "2026-03-02T09:00:30Z", "--as-of", "2026-03-02T09:00:00Z"),
            "--as-of is before --from",
        ),
        (("--from", "yesterday"), "'yesterday' is not a time"),
    ],
    ids=["after the log", "before the log", "exchanged", "read up to before", "no time"],
)
def test_ranges_without_a_message_are_refused(
    options: tuple[str, ...], said: str, log: Path, tmp_path: Path, fsm: Fsm
) -> None:
    page = tmp_path / "page.html"
    done = fsm("report", log, *options, "-o", page)
    assert done.status == 2
    assert said in done.err
    assert not page.exists()
