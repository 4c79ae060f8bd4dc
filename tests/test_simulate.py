"""Synthetic logs, and the files that results are written to."""

import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from math import sqrt
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from fsm.catalog import load_bare
from fsm.engine import replay
from fsm.errors import ArgumentError, MachineError, OutputError
from fsm.files import write_bytes
from fsm.logs.open import open_log
from fsm.logs.write.tables import SUFFIXES, write_frame, write_frames
from fsm.machine import Machine, State, Transition
from fsm.machines import NAMES
from fsm.simulation import BLOCK, START, simulate
from fsm.trace import run
from tests.depth import cases, samples

MANY = 20_000


def companion_of(machine: Machine) -> Machine | None:
    return load_bare(machine.companion) if machine.companion else None


def whole(name: str, messages: int, **options: object) -> pl.DataFrame:
    machine = load_bare(name)
    options.setdefault("companion", companion_of(machine))
    return pl.concat(simulate(machine, messages, **options))  # type: ignore[arg-type]


def in_order(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.sort("message_id", "seq")


@pytest.fixture(scope="module")
def newsletter() -> pl.DataFrame:
    return whole("with-feedback", MANY)


# Logs ----------------------------------------------------------------------------------------


def test_a_log_has_the_canonical_columns(newsletter: pl.DataFrame) -> None:
    assert newsletter.schema == {
        "message_id": pl.String,
        "delivery_id": pl.String,
        "event": pl.String,
        "timestamp": pl.Datetime("ms", "UTC"),
        "seq": pl.Int64,
    }
    assert newsletter["message_id"].n_unique() == MANY
    assert newsletter["timestamp"].min() == START


@pytest.mark.parametrize("suffix", cases(SUFFIXES))
@pytest.mark.parametrize("name", NAMES)
def test_every_machine_accepts_what_it_simulates(name: str, suffix: str, tmp_path: Path) -> None:
    machine = load_bare(name)
    path = tmp_path / f"log{suffix}"
    write_frames(simulate(machine, 500, companion=companion_of(machine)), path)
    log = open_log([path])
    result = replay(log, [machine], companions=load_bare)
    assert result.rejected == 0
    assert result.messages == log.frame["message_id"].n_unique()
    assert result.messages == 500 or name == "engagement"  # most messages are never opened
    keep = ["message_id", "delivery_id", "event", "timestamp", "seq"]
    simulated = whole(name, 500).with_columns(pl.col("timestamp").dt.cast_time_unit("us"))
    assert_frame_equal(log.frame.select(keep), simulated)


def test_the_proportions_are_those_of_the_real_log(
    newsletter: pl.DataFrame, tmp_path: Path
) -> None:
    write_frame(newsletter, tmp_path / "log.csv")
    result = replay(open_log([tmp_path / "log.csv"]), [load_bare("with-feedback")])
    states = result.machines["with-feedback"].states
    real = {"delivered": 7841, "hard_bounced": 1225, "retries_exhausted": 11, "retrying": 189}
    for state, count in real.items():
        share = count / 9266
        assert abs(states[state] / MANY - share) < 5 * sqrt(share * (1 - share) / MANY), state
    assert states["awaiting"] == states["to_send"] == 0


def test_retries_succeed_after_the_real_median(newsletter: pl.DataFrame) -> None:
    at = pl.col("timestamp")
    first = newsletter.filter(event="soft_bounce").group_by("message_id").agg(at.min())
    late = newsletter.filter(event="retry_succeeded").join(first, on="message_id", suffix="_first")
    minutes = late.select((at - pl.col("timestamp_first")).dt.total_seconds() / 60).to_series()
    assert minutes.median() == pytest.approx(37, rel=0.15)
    assert minutes.quantile(0.95) == pytest.approx(7.1 * 60, rel=0.25)


def test_only_received_messages_are_opened(newsletter: pl.DataFrame) -> None:
    got = set(
        newsletter.filter(pl.col("event").is_in(["delivered", "retry_succeeded"]))["message_id"]
    )
    seen = newsletter.filter(pl.col("event").is_in(["opened", "clicked"]))
    assert set(seen["message_id"]) <= got
    assert seen["message_id"].n_unique() / len(got) == pytest.approx(0.25, abs=0.02)
    clicked = seen.filter(event="clicked")["message_id"].n_unique()
    assert clicked / len(got) == pytest.approx(0.03, abs=0.01)


def test_both_feedback_modes_have_one_log(newsletter: pl.DataFrame) -> None:
    assert_frame_equal(whole("without-feedback", MANY), newsletter)


def test_without_its_companion_a_log_has_the_same_other_events(newsletter: pl.DataFrame) -> None:
    alone = whole("with-feedback", MANY, companion=None)
    assert_frame_equal(alone, newsletter.filter(~pl.col("event").is_in(["opened", "clicked"])))


def test_no_event_comes_before_its_predecessor(newsletter: pl.DataFrame) -> None:
    gaps = in_order(newsletter).select(
        gap=pl.col("timestamp").diff().over("message_id").dt.total_milliseconds(),
        step=pl.col("seq").diff().over("message_id"),
    )
    assert (gaps["gap"].drop_nulls() >= 0).all()
    assert (gaps["step"].drop_nulls() == 1).all()


def test_deliveries_share_the_messages_evenly() -> None:
    frame = whole("with-feedback", 1000, deliveries=3, companion=None)
    relayed = (
        frame.filter(event="relayed")
        .group_by("delivery_id")
        .agg(pl.len(), pl.col("timestamp").min())
        .sort("delivery_id")
    )
    assert relayed["delivery_id"].to_list() == ["d0001", "d0002", "d0003"]
    assert relayed["len"].to_list() == [334, 333, 333]
    days = [time.day - START.day for time in relayed["timestamp"]]
    assert days == [0, 1, 2]
    assert {time.time() for time in relayed["timestamp"]} == {START.time()}


def test_no_messages_are_an_empty_log() -> None:
    (frame,) = simulate(load_bare("with-feedback"), 0)
    assert frame.is_empty()
    assert frame.columns == ["message_id", "delivery_id", "event", "timestamp", "seq"]


@given(
    seed=st.integers(0, 2**70),
    messages=st.integers(1, 2 * BLOCK + 100),
    chunk=st.integers(1, 3 * BLOCK),
    deliveries=st.integers(1, 5),
)
def test_a_chunk_size_changes_nothing(
    seed: int, messages: int, chunk: int, deliveries: int
) -> None:
    options = {"seed": seed, "deliveries": deliveries}
    machine, companion = load_bare("with-feedback"), load_bare("engagement")
    chunks = list(
        simulate(machine, messages, companion=companion, chunk=chunk, **options)  # type: ignore[arg-type]
    )
    one = whole("with-feedback", messages, chunk=10 * BLOCK, **options)
    assert_frame_equal(in_order(pl.concat(chunks)), in_order(one))
    for frame in chunks:
        assert_frame_equal(frame, frame.sort("timestamp", "seq", maintain_order=True))


@given(seed=st.integers(0, 1000), fewer=st.integers(0, BLOCK + 10), more=st.integers(0, 100))
def test_more_messages_only_add_to_fewer(seed: int, fewer: int, more: int) -> None:
    small = whole("with-feedback", fewer, seed=seed)
    large = whole("with-feedback", fewer + more, seed=seed)
    last = f"m{fewer:09}"
    assert_frame_equal(in_order(small), in_order(large.filter(pl.col("message_id") <= last)))


def test_another_seed_is_another_log() -> None:
    one, two = whole("with-feedback", 100, seed=1), whole("with-feedback", 100, seed=2)
    assert not one.equals(two)


def test_another_start_moves_every_event() -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    moved = whole("with-feedback", 50, start=noon)
    shift = pl.col("timestamp") + (noon - START)
    assert_frame_equal(moved, whole("with-feedback", 50).with_columns(shift))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"messages": -1}, "messages: -1 is less than 0"),
        ({"seed": -1}, "seed: -1 is less than 0"),
        ({"deliveries": 0}, "deliveries: 0 is less than 1"),
        ({"chunk": 0}, "chunk: 0 is less than 1"),
        ({"start": datetime(2026, 1, 1)}, "start: 2026-01-01 00:00:00 has no time zone"),
    ],
    ids=["messages", "seed", "deliveries", "chunk", "start"],
)
def test_impossible_wishes_are_refused_at_once(options: dict[str, object], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        simulate(load_bare("with-feedback"), **{"messages": 1, **options})  # type: ignore[arg-type]


def test_rates_must_fit_their_machine() -> None:
    wrong = replace(
        load_bare("with-feedback"), transitions=load_bare("with-feedback").transitions[1:]
    )
    with pytest.raises(MachineError, match="with-feedback does not accept 'relayed' in to_send"):
        simulate(wrong, 1)


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    names = ("p", "q", "r", "s")[: draw(st.integers(1, 4))]
    states = tuple(State(n, draw(st.sampled_from((None, "Sent", "Off"))), n, (n,)) for n in names)
    cells = draw(
        st.dictionaries(
            st.tuples(st.sampled_from(names), st.sampled_from("xyz")), st.sampled_from(names)
        )
    )
    transitions = tuple(Transition(s, e, t, e) for (s, e), t in cells.items())
    events = tuple(sorted({event for _, event in cells}))
    return Machine("random", "Random", states, events, transitions, names[0])


@given(machines(), st.integers(0, 1000))
@settings(max_examples=samples(25))
def test_any_machine_accepts_what_it_simulates(machine: Machine, seed: int) -> None:
    messages = 50
    frame = pl.concat(simulate(machine, messages, seed=seed, companion=load_bare("engagement")))
    own = in_order(frame.filter(pl.col("event").is_in(machine.events)))
    begins = any(transition.source == machine.initial for transition in machine.transitions)
    assert own["message_id"].n_unique() == (messages if begins else 0)
    ends = {}
    for message, events in own.group_by("message_id", maintain_order=True).agg("event").rows():
        steps = run(machine, events)
        assert all(step.transition for step in steps)
        ends[message] = machine.status(steps[-1].after)
    others = frame.filter(~pl.col("event").is_in(machine.events))
    if begins:
        assert {ends[message] for message in others["message_id"]} <= {"Sent"}


# Files ---------------------------------------------------------------------------------------

ROWS = pl.DataFrame(
    {
        "name": ["plain", 'quo"ted, line\nbreak', None],
        "count": [1, 2, None],
        "at": [START, START.replace(microsecond=4500), None],
    }
)

AS_CSV = (
    "name,count,at\nplain,1,2026-01-05T09:00:00Z\n"
    '"quo""ted, line\nbreak",2,2026-01-05T09:00:00.004500Z\n,,\n'
)


def listing(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def broken(*before: pl.DataFrame, error: BaseException) -> Iterator[pl.DataFrame]:
    yield from before
    raise error


def test_csv_has_times_in_utc(tmp_path: Path) -> None:
    frame = ROWS.with_columns(pl.col("at").dt.convert_time_zone("Europe/Paris"))
    write_frame(frame, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == AS_CSV


def test_milliseconds_are_always_shown_where_a_column_counts_them(tmp_path: Path) -> None:
    write_frame(ROWS.select(pl.col("at").dt.cast_time_unit("ms")).head(1), tmp_path / "a.jsonl")
    assert (tmp_path / "a.jsonl").read_text() == '{"at":"2026-01-05T09:00:00.000Z"}\n'


def test_the_output_is_csv_on_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    for path in (None, "-", Path("-")):
        write_frame(ROWS, path)
        assert capfdbinary.readouterr().out.decode() == AS_CSV


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_frames_are_one_table_with_the_same_bytes(suffix: str, tmp_path: Path) -> None:
    frames = [ROWS, ROWS.clear(), ROWS.head(1)]
    for name in ("a", "b"):
        write_frames(frames, tmp_path / f"{name}{suffix}")
    data = (tmp_path / f"a{suffix}").read_bytes()
    assert data == (tmp_path / f"b{suffix}").read_bytes()
    readers = {"csv": pl.read_csv, "jsonl": pl.read_ndjson, "parquet": pl.read_parquet}
    back = readers[suffix.split(".")[1]](tmp_path / f"a{suffix}")
    assert back["name"].to_list() == [*ROWS["name"], "plain"]
    assert listing(tmp_path) == [f"a{suffix}", f"b{suffix}"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_table_may_be_empty(suffix: str, tmp_path: Path) -> None:
    write_frame(ROWS.clear(), tmp_path / f"a{suffix}")
    if suffix == ".csv":
        assert (tmp_path / "a.csv").read_text() == "name,count,at\n"
    if suffix == ".parquet":
        assert pl.read_parquet(tmp_path / "a.parquet").schema == ROWS.schema


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("error", [ValueError(), KeyboardInterrupt(), GeneratorExit()], ids=repr)
def test_a_failure_leaves_what_was_there(suffix: str, error: BaseException, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_text("before")
    with pytest.raises(type(error)):
        write_frames(broken(ROWS, error=error), path)
    assert path.read_text() == "before"
    assert listing(tmp_path) == [path.name]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_where_nothing_can_be_written_one_line_says_so(suffix: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / f"directory{suffix}").mkdir()
    missing = tmp_path / "missing"
    for place, reason in (
        (missing / f"a{suffix}", f"there is no folder '{missing}'; create it first"),
        (tmp_path / "file" / f"a{suffix}", "a part of this path is a file, not a directory"),
        (tmp_path / f"directory{suffix}", "a directory; name a file in it"),
        (tmp_path / f"{'a' * 300}{suffix}", "File name too long"),
    ):
        with pytest.raises(OutputError) as caught:
            write_frame(ROWS, place)
        assert str(caught.value) == f"{place}: {reason}"
    assert len(listing(tmp_path)) == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "full.csv").symlink_to("/dev/full")
    with pytest.raises(OutputError, match=r"full.csv: No space left on device$"):
        write_frame(ROWS, tmp_path / "full.csv")


def test_a_device_is_written_and_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "null.csv").symlink_to(os.devnull)
    write_frame(ROWS, tmp_path / "null.csv")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("before")
    (tmp_path / "link.csv").symlink_to("real.csv")
    write_frame(ROWS, tmp_path / "link.csv")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == AS_CSV


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
def test_permissions_are_those_of_any_new_file(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_bytes(b"x", tmp_path / "new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    (tmp_path / "new").chmod(0o604)
    write_bytes(b"y", tmp_path / "new")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o604


@pytest.mark.parametrize("name", ["a", "a.txt", "a.csv.zip", "a.parquet.gz"])
def test_another_suffix_is_refused_with_the_known_ones(name: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"\.csv, \.csv\.gz, \.jsonl, \.jsonl\.gz or \.parquet$"):
        write_frame(ROWS, tmp_path / name)
    assert not listing(tmp_path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_times_without_a_zone_are_refused(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="'at' have no zone"):
        write_frame(
            ROWS.with_columns(pl.col("at").dt.replace_time_zone(None)), tmp_path / f"a{suffix}"
        )
    assert not listing(tmp_path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_frames_are_no_table(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no table to write"):
        write_frames([], tmp_path / f"a{suffix}")
    assert not listing(tmp_path)
