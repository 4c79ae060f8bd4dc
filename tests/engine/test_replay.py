"""What a replay counts, whatever the order, the format and the number of files."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.catalog import load_bare
from fsm.engine import Replay, replay
from fsm.errors import LogError, MachineError
from fsm.indicators import delivered_rate
from fsm.logs.open import open_log
from fsm.trace import run

MODES = ("with-feedback", "without-feedback")


def replayed(*paths: Path, modes: tuple[str, ...] = MODES, **options: object) -> Replay:
    columns = options.pop("columns", {})
    log = open_log(paths, columns)  # type: ignore[arg-type]
    machines = [load_bare(name) for name in modes]
    return replay(log, machines, companions=load_bare, **options)  # type: ignore[arg-type]


def counts(result: Replay) -> dict[str, object]:
    return {
        "events": result.events,
        "messages": result.messages,
        "rejected": result.rejected,
        **result.machines,
    }


# A real log --------------------------------------------------------------------------------

REAL = {"message_id": "case_id", "event": "activity"}


@pytest.fixture
def newsletter(corpus: Path) -> Path:
    return corpus / "logs/newsletter-2013.csv.gz"


def test_the_real_log(newsletter: Path) -> None:
    result = replayed(newsletter, columns=REAL)
    assert (result.events, result.messages, result.rejected) == (26_362, 9_266, 0)
    with_feedback, without = result.machines.values()
    assert with_feedback.statuses == {"Pending": 0, "Sent": 7_841, "Failed": 1_425}
    assert without.statuses == {"Sent": 8_030, "Failed": 1_236}
    for machine in (with_feedback, without):
        reached = {state: n for state, n in machine.states.items() if n}
        assert reached == {
            "delivered": 7_841,
            "hard_bounced": 1_225,
            "retrying": 189,
            "retries_exhausted": 11,
        }
    assert with_feedback.indicators["Delivered"].percent == 84.62
    assert delivered_rate(with_feedback.indicators) == 84.62


@pytest.mark.parametrize(
    "form", ["shuffled", "three files", "parquet", "jsonl.gz", "jsonl.zst", "csv.zst"]
)
def test_the_real_log_in_any_order_and_form(newsletter: Path, tmp_path: Path, form: str) -> None:
    expected = counts(replayed(newsletter, columns=REAL))
    frame = pl.read_csv(newsletter, infer_schema=False)
    mixed = frame.sample(fraction=1, shuffle=True, seed=7)
    paths = [tmp_path / f"log.{form}"]
    if form == "parquet":
        times = mixed.with_columns(pl.col("timestamp").str.to_datetime("%+"))
        times.write_parquet(paths[0])
    elif form == "jsonl.gz":
        paths[0].write_bytes(gzip.compress(mixed.write_ndjson().encode()))
    elif form == "jsonl.zst":
        mixed.lazy().sink_ndjson(paths[0], compression="zstd")
    elif form == "csv.zst":
        mixed.lazy().sink_csv(paths[0], compression="zstd")
    elif form == "three files":
        paths = [tmp_path / f"{i}.csv" for i in (2, 0, 1)]
        for i, path in enumerate(paths):
            mixed[i::3].write_csv(path)
    else:
        mixed.write_csv(paths[0])
    assert counts(replayed(*paths, columns=REAL)) == expected


# Counting ----------------------------------------------------------------------------------


def test_a_small_log(sample: Path) -> None:
    result = replayed(sample)
    assert (result.events, result.messages, result.rejected) == (8, 3, 0)
    machine = result.machines["with-feedback"]
    assert machine.statuses == {"Pending": 0, "Sent": 2, "Failed": 1}
    shares = {name: (s.count, s.percent) for name, s in machine.indicators.items()}
    assert shares == {
        "Delivered": (2, 66.67),
        "Bounces + errors": (1, 33.33),
        "Opens": (1, 33.33),
        "Clicks": (0, 0.0),
    }


def test_messages_to_send_are_the_denominator(sample: Path) -> None:
    machine = replayed(sample, to_send=8).machines["with-feedback"]
    assert machine.indicators["Delivered"].percent == 25.0
    with pytest.raises(LogError, match="2 messages to send, but the log has 3"):
        replayed(sample, to_send=2)


def test_the_same_machine_twice_is_refused(sample: Path) -> None:
    with pytest.raises(MachineError, match="given twice"):
        replayed(sample, modes=("with-feedback", "with-feedback"))


def write(path: Path, *rows: str, header: str = "message_id,event,timestamp") -> Path:
    path.write_text("\n".join([header, *rows, ""]))
    return path


def test_rejections_are_kept_with_their_place_and_change_nothing(tmp_path: Path) -> None:
    log = write(
        tmp_path / "log.csv",
        '"m\n1",relayed,2026-01-01T00:00:00Z',
        '"m\n1",relayed,2026-01-01T00:00:01Z',
        "m2,delivered,2026-01-01T00:00:02Z",
        "m2,explode,2026-01-01T00:00:03Z",
    )
    result = replayed(log)
    assert (result.events, result.rejected) == (4, 3)
    rows = result.rejections.select("line", "message_id", "event", "state", "machine", "reason")
    both = "with-feedback, without-feedback"
    assert rows.rows() == [
        (4, "m\n1", "relayed", "awaiting", both, "not accepted in this state"),
        (6, "m2", "delivered", "to_send", both, "not accepted in this state"),
        (7, "m2", "explode", "", "", "event not defined in any machine"),
    ]
    assert set(result.rejections["file"]) == {str(log)}
    assert result.machines["with-feedback"].states["awaiting"] == 1


def test_an_event_that_depends_on_guards_says_how_it_is_written(tmp_path: Path) -> None:
    log = write(tmp_path / "log.csv", "d,confirm,2026-01-01T00:00:00Z")
    reasons = replayed(log, modes=("delivery",)).rejections["reason"].to_list()
    assert reasons == ["depends on guards; write for example confirm[can_start]"]


def test_ties_keep_seq_then_file_order(tmp_path: Path) -> None:
    at = "2026-01-01T00:00:00Z"
    header = "message_id,event,timestamp,seq"
    by_seq = write(tmp_path / "a.csv", f"m,delivered,{at},10", f"m,relayed,{at},9", header=header)
    by_file = write(tmp_path / "b.csv", f"m,relayed,{at},", f"m,delivered,{at},", header=header)
    for path in (by_seq, by_file):
        assert replayed(path).machines["with-feedback"].states["delivered"] == 1


def test_a_message_is_an_id_and_a_recipient(tmp_path: Path) -> None:
    log = write(
        tmp_path / "log.csv",
        "m,a@example.org,relayed,2026-01-01T00:00:00Z",
        "m,b@example.org,relayed,2026-01-01T00:00:00Z",
        "m,b@example.org,hard_bounce,2026-01-01T00:00:01Z",
        header="message_id,recipient,event,timestamp",
    )
    result = replayed(log)
    assert result.messages == 2
    assert result.machines["with-feedback"].statuses == {"Pending": 1, "Sent": 0, "Failed": 1}


# Validity period ---------------------------------------------------------------------------

DEFERRED = (
    "m,relayed,2026-01-01T00:00:00Z",
    "m,soft_bounce,2026-01-01T01:00:00Z",
    "m,retry_succeeded,2026-01-02T00:00:00Z",
    "n,relayed,2026-01-01T00:00:00Z",
    "n,soft_bounce,2026-01-01T01:00:00Z",
    "o,relayed,2026-01-01T00:00:00Z",
)


@pytest.mark.parametrize(
    ("validity", "as_of", "delivered", "exhausted", "retrying", "rejected"),
    [
        (None, None, 1, 0, 1, 0),
        ("2d", None, 1, 0, 1, 0),
        ("1d", None, 0, 2, 0, 1),
        ("23h", None, 0, 2, 0, 1),
        ("1h", None, 0, 2, 0, 1),
        ("23h", "2026-01-01T22:59:59+00:00", 0, 0, 2, 0),
        ("23h", "2026-01-01T23:00:00+00:00", 0, 2, 0, 0),
        ("2d", "2026-01-03T00:00:00+00:00", 1, 1, 0, 0),
    ],
)
def test_retries_end_with_the_validity_period(
    tmp_path: Path,
    validity: str | None,
    as_of: str | None,
    delivered: int,
    exhausted: int,
    retrying: int,
    rejected: int,
) -> None:
    units = {"d": "days", "h": "hours"}
    period = timedelta(**{units[validity[-1]]: int(validity[:-1])}) if validity else None
    end = datetime.fromisoformat(as_of) if as_of else None
    result = replayed(write(tmp_path / "log.csv", *DEFERRED), validity=period, as_of=end)
    states = result.machines["with-feedback"].states
    found = (states["delivered"], states["retries_exhausted"], states["retrying"])
    assert found == (delivered, exhausted, retrying)
    assert states["awaiting"] == 1
    assert result.rejected == rejected
    assert result.machines["with-feedback"].expired == exhausted


# Tables ------------------------------------------------------------------------------------


def test_the_status_table_has_one_row_per_message(sample: Path) -> None:
    frame = replayed(sample).statuses
    columns = ["message_id", "last_event", "events", "with-feedback.state", "with-feedback.status"]
    assert frame.select(columns).rows() == [
        ("m1", "retry_succeeded", 3, "delivered", "Sent"),
        ("m2", "opened", 3, "delivered", "Sent"),
        ("m3", "hard_bounce", 2, "hard_bounced", "Failed"),
    ]


def test_the_series_shows_where_the_modes_part_and_meet(sample: Path) -> None:
    frame = replayed(sample).series(timedelta(minutes=30))
    shown = frame.filter(indicator="Delivered").select("machine", "until", "count")
    at = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    later = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
    assert shown.rows() == [
        ("with-feedback", at, 1),
        ("with-feedback", later, 2),
        ("without-feedback", at, 2),
        ("without-feedback", later, 2),
    ]


def test_the_series_is_per_delivery(tmp_path: Path) -> None:
    log = write(
        tmp_path / "log.csv",
        "a,d1,relayed,2026-01-01T00:00:00Z",
        "b,d2,relayed,2026-01-01T00:00:00Z",
        "c,d2,relayed,2026-01-01T00:00:00Z",
        "c,d2,hard_bounce,2026-01-01T00:10:00Z",
        header="message_id,delivery_id,event,timestamp",
    )
    frame = replayed(log, modes=("without-feedback",)).series()
    shown = frame.filter(indicator="Delivered").select("delivery_id", "count", "percent")
    assert shown.rows() == [("d1", 1, 100.0), ("d2", 1, 50.0)]


# Laws --------------------------------------------------------------------------------------

EVENTS = st.sampled_from([*load_bare("with-feedback").events, "opened", "clicked", "noise"])
LOGS = st.lists(st.tuples(st.sampled_from("abc"), EVENTS), min_size=1, max_size=40)


def frame_of(rows: list[tuple[str, str]]) -> pl.DataFrame:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return pl.DataFrame(
        {
            "file": pl.Series([0] * len(rows), dtype=pl.UInt32),
            "row": pl.Series(range(len(rows)), dtype=pl.UInt64),
            "message_id": [message for message, _ in rows],
            "event": [event for _, event in rows],
            "timestamp": [start + timedelta(seconds=i) for i in range(len(rows))],
        }
    ).with_columns(pl.col("timestamp").cast(pl.Datetime("us", "UTC")))


def executed(frame: pl.DataFrame) -> Replay:
    machines = [load_bare(name) for name in MODES]
    return replay(frame, machines, companions=load_bare)


@given(LOGS)
def test_each_message_ends_where_its_trace_ends(rows: list[tuple[str, str]]) -> None:
    states = executed(frame_of(rows)).statuses
    for name in MODES:
        machine = load_bare(name)
        for message, state in states.select("message_id", f"{name}.state").rows():
            trace = [event for m, event in rows if m == message]
            assert state == run(machine, trace)[-1].after


@given(LOGS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows: list[tuple[str, str]], random: object) -> None:
    frame = frame_of(rows)
    order = list(range(len(rows)))
    random.shuffle(order)  # type: ignore[attr-defined]
    assert counts(executed(frame[order])) == counts(executed(frame))


@given(LOGS)
def test_every_message_with_a_status_is_counted_once(rows: list[tuple[str, str]]) -> None:
    result = executed(frame_of(rows))
    for machine in result.machines.values():
        shares = machine.indicators
        pending = machine.statuses.get("Pending", 0)
        counted = shares["Delivered"].count + shares["Bounces + errors"].count + pending
        assert counted == machine.sent == result.messages - machine.states["to_send"]


def test_results_can_be_written_as_json(sample: Path) -> None:
    rows = json.loads(replayed(sample).statuses.write_json())
    assert [row["message_id"] for row in rows] == ["m1", "m2", "m3"]


def test_a_result_is_shown_in_one_short_line(tmp_path: Path) -> None:
    log = write(tmp_path / "log.csv", "m1,relayed,2026-01-01T00:00:00Z")
    shown = repr(replayed(log))
    assert shown.startswith("<Replay of ")
    assert shown.endswith(": 1 event, 1 message, 0 rejected; with-feedback, without-feedback>")
