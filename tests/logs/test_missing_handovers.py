"""Hand-overs that a log does not record: before which row, when, in which order, how many."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsm.logs.mapping.missing_handovers import (
    NATIVE,
    AddedHandovers,
    find_missing_handovers,
    with_handovers,
)
from fsm.logs.mapping.to_canonical import READ_SCHEMA
from tests.command import Fsm
from tests.depth import samples

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
Row: TypeAlias = tuple[str, str, int]
"""Message and recipient (``1a``; ``1`` has none), event, minutes after the start."""


def log_of(rows: Sequence[Row], *, of_mail: bool = True, file: str = "log") -> pl.DataFrame:
    columns = {
        "message_id": [who[0] for who, _, _ in rows],
        "recipient": [who[1:] or None for who, _, _ in rows],
        "event": [event for _, event, _ in rows],
        "timestamp": [START + timedelta(minutes=minute) for _, _, minute in rows],
        "event_id": [f"e{number}" for number in range(len(rows))],
        "reply": ["550 no"] * len(rows),
        "seq": [3] * len(rows),
        "of_mail": [of_mail] * len(rows),
        "native": ["native"] * len(rows),
        "file": [file] * len(rows),
        "line": range(1, len(rows) + 1),
    }
    given = pl.DataFrame(columns, schema={name: READ_SCHEMA[name] for name in columns})
    return given.select(
        pl.col(name) if name in columns else pl.lit(None, kind).alias(name)
        for name, kind in READ_SCHEMA.items()
    )


def completed(frames: Sequence[pl.DataFrame], wanted: bool | None = None) -> pl.DataFrame:
    missing = find_missing_handovers(pl.concat(frames).lazy(), wanted)
    return pl.concat(list(with_handovers(frames, missing, AddedHandovers())))


def shown(frame: pl.DataFrame) -> list[str]:
    """Each row as its message, event and minute; a hand-over that was added has a plus sign."""
    return [
        f"{'+' if row['native'] == NATIVE else ''}{row['message_id']}{row['recipient'] or ''} "
        f"{row['event']} {(row['timestamp'] - START) // timedelta(minutes=1)}"
        for row in frame.iter_rows(named=True)
    ]


PLACES: dict[str, tuple[list[Row], list[str]]] = {
    "directly before the first row of its message": (
        [("1a", "delivered", 0), ("2a", "delivered", 1), ("1a", "hard_bounce", 2)],
        ["+1a relayed 0", "1a delivered 0", "+2a relayed 1", "2a delivered 1", "1a hard_bounce 2"],
    ),
    "one for each recipient": (
        [("1a", "delivered", 0), ("1b", "delivered", 0), ("1", "delivered", 0)],
        [
            f"{sign}{who} {event} 0"
            for who in ("1a", "1b", "1")
            for sign, event in (("+", "relayed"), ("", "delivered"))
        ],
    ),
    "at the time of the earliest event, wherever that stands": (
        [("1a", "hard_bounce", 9), ("1a", "soft_bounce", 4)],
        ["+1a relayed 4", "1a hard_bounce 9", "1a soft_bounce 4"],
    ),
    "before the first event on the way, not before an opening": (
        [("1a", "opened", 0), ("1a", "delivered", 1)],
        ["1a opened 0", "+1a relayed 1", "1a delivered 1"],
    ),
    "none where one is recorded, even later": (
        [("1a", "delivered", 0), ("2a", "delivered", 0), ("1a", "relayed", 5)],
        ["1a delivered 0", "+2a relayed 0", "2a delivered 0", "1a relayed 5"],
    ),
    "none for what is only opened or excluded": (
        [("1a", "opened", 0), ("2a", "excluded", 1)],
        ["1a opened 0", "2a excluded 1"],
    ),
}


@pytest.mark.parametrize("case", PLACES)
def test_places(case: str) -> None:
    rows, expected = PLACES[case]
    assert shown(completed([log_of(rows)])) == expected


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["1a", "1b", "2a", "3"]),
        st.sampled_from(["relayed", "delivered", "soft_bounce", "hard_bounce", "opened"]),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=samples(150, 6))
@given(ROWS, st.lists(st.integers(0, 12), max_size=3))
def test_any_split_of_the_rows_has_the_same_hand_overs(rows: list[Row], cuts: list[int]) -> None:
    log = log_of(rows)
    ends = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    parts = [log.slice(a, b - a) for a, b in pairwise(ends)]
    whole = completed([log])
    assert completed(parts).equals(whole)
    # The rows of the log are all there, in their order, and each hand-over precedes its message.
    assert whole.filter(pl.col("native") != NATIVE).equals(log)
    for number, row in enumerate(whole.iter_rows(named=True)):
        if row["native"] == NATIVE:
            after = whole.row(number + 1, named=True)
            assert [after[n] for n in ("message_id", "recipient", "file", "line")] == [
                row[n] for n in ("message_id", "recipient", "file", "line")
            ]


def test_a_hand_over_has_nothing_of_the_row_it_stands_before() -> None:
    found = completed([log_of([("1a", "hard_bounce", 0)])]).row(0, named=True)
    assert {name: found[name] for name in ("event_id", "reply", "code", "fault")} == dict.fromkeys(
        ("event_id", "reply", "code", "fault")
    )
    assert (found["seq"], found["final"], found["line"]) == (-1, False, 1)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [(None, ["a.eml"]), (True, ["a.eml", "b.csv"]), (False, [])],
    ids=["logs of mails", "all", "none"],
)
def test_for_which_formats_they_are_added(wanted: bool | None, expected: list[str]) -> None:
    """A canonical log records what it records; they are counted by their files."""
    frames = [
        log_of([("1a", "hard_bounce", 0)], file="a.eml"),
        log_of([("2a", "delivered", 1)], of_mail=False, file="b.csv"),
    ]
    missing = find_missing_handovers(pl.concat(frames).lazy(), wanted)
    added = AddedHandovers()
    list(with_handovers(frames, missing, added))
    assert added.counts == Counter(expected)


TOLD = {
    "by the first event": ([3, None], 3),
    "by a later event": ([None, 2], 2),
    "by both, the earlier one": ([4, 3], 3),
    "by none": ([None, None], 5),
    "after the first event": ([9, None], 5),
}


@pytest.mark.parametrize(("minutes", "expected"), TOLD.values(), ids=TOLD)
def test_the_time_is_the_one_that_a_record_tells(minutes: list[int | None], expected: int) -> None:
    log = log_of([("1a", "soft_bounce", 5), ("1a", "delivered", 7)])
    times = [None if m is None else START + timedelta(minutes=m) for m in minutes]
    log = log.with_columns(pl.Series("handed_over", times, READ_SCHEMA["handed_over"]))
    found = completed([log]).row(0, named=True)
    assert (found["timestamp"] - START) == timedelta(minutes=expected)
    assert ("at the time that the record" in found["doubt"]) == (expected < 5)


CANONICAL = "message_id,event,timestamp\nm1,delivered,2026-01-05T08:20:00Z\n"
RECORDED = "m1,relayed,2026-01-05T08:19:00Z\n"
HINT = "this log records no hand-over (relayed), so every first event was rejected; "


@pytest.mark.parametrize(
    ("text", "options", "is_hinted"),
    [
        (CANONICAL, [], True),
        (CANONICAL, ["--assume-relayed"], False),
        (CANONICAL, ["--no-assume-relayed"], False),
        (CANONICAL + RECORDED, [], False),
        (CANONICAL, ["--machine", "engagement"], False),
    ],
    ids=["no hand-over", "assumed", "not assumed", "recorded", "another machine"],
)
def test_the_option_is_named_where_it_helps(
    text: str, options: list[str], is_hinted: bool, tmp_path: Path, fsm: Fsm
) -> None:
    log = tmp_path / "log.csv"
    log.write_text(text)
    result = fsm("replay", log, *options)
    assert result.status == 0
    assert (f"{HINT}--assume-relayed inserts the hand-overs" in result.err) == is_hinted


def test_a_canonical_log_gets_hand_overs_on_request(tmp_path: Path, fsm: Fsm) -> None:
    (tmp_path / "log.csv").write_text(CANONICAL)
    result = fsm("replay", tmp_path / "log.csv", "--assume-relayed")
    assert "2 events, 1 message, 0 rejected" in result.out
    assert "1 hand-over inserted" in result.err


def test_a_hand_over_may_stand_in_a_canonical_log(tmp_path: Path, fsm: Fsm) -> None:
    """The list of what was sent is one's own, the deliveries are the provider's."""
    (tmp_path / "sent.csv").write_text(
        "message_id,recipient,event,timestamp\nm1,a@x.example,relayed,2026-01-05T08:00:00Z\n"
    )
    (tmp_path / "ses.jsonl").write_text(
        '{"notificationType":"Delivery","mail":{"messageId":"m1","destination":["a@x.example"]},'
        '"delivery":{"timestamp":"2026-01-05T08:20:00Z","recipients":["a@x.example"]}}'
    )
    result = fsm("replay", tmp_path / "sent.csv", tmp_path / "ses.jsonl")
    assert "2 events, 1 message, 0 rejected" in result.out
    assert "inserted" not in result.err
