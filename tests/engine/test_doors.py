"""The library and the commands make the same of a log: companions, duplicates, validity periods."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from fsm.catalog import load
from fsm.engine import replay
from fsm.engine.explanation import explain
from fsm.errors import MachineError
from fsm.formats.json_document import to_json
from fsm.machine import Machine
from tests.command import Fsm

START = datetime(2026, 5, 6, tzinfo=UTC)
MACHINE = load("with-feedback")


def log(*events: tuple[str, float], message: str = "m") -> pl.DataFrame:
    """Return the events of a message, each with its hour."""
    times = [START + timedelta(hours=hour) for _, hour in events]
    names = [event for event, _ in events]
    return pl.DataFrame({"message_id": [message] * len(names), "event": names, "timestamp": times})


# Companions ----------------------------------------------------------------------------------

READ = log(("relayed", 0), ("delivered", 1), ("opened", 2), ("clicked", 3))


def test_the_library_finds_companions_as_the_command_does(tmp_path: Path, fsm: Fsm) -> None:
    path = tmp_path / "log.parquet"
    READ.write_parquet(path)
    for source in (READ, path, [str(path)]):
        found = replay(source, MACHINE).as_dict()
        said = json.loads(fsm("replay", path, "--machine", "with-feedback", "--json").out)
        assert found == {
            key: value for key, value in said.items() if key not in ("schema", "crosscheck")
        }
        assert found["rejected"] == 0
    (story,) = explain(replay(path, MACHINE).log, "m", [MACHINE])
    assert [entry.changes[0].rejected for entry in story.entries] == [False] * 4


def test_a_machine_may_stay_without_its_companion() -> None:
    assert replay(READ, MACHINE, companions=None).rejected == 2


def test_a_companion_that_is_not_built_in_is_loaded_only_by_the_caller() -> None:
    machine = replace(MACHINE, companion="some.module:Opens")
    with pytest.raises(MachineError, match=r"companions=fsm\.load imports it"):
        replay(READ, machine)
    assert replay(READ, machine, companions=lambda _: load("engagement")).rejected == 0


def test_a_companion_from_a_file_shows_its_indicators_whatever_its_name_there(
    tmp_path: Path, fsm: Fsm
) -> None:
    READ.write_parquet(tmp_path / "log.parquet")
    opens = tmp_path / "opens.json"
    opens.write_text(to_json(replace(load("engagement"), name="of somebody else")))
    sending = tmp_path / "sending.json"
    sending.write_text(to_json(replace(MACHINE, companion=str(opens))))
    ran = fsm("replay", tmp_path / "log.parquet", "--machine", sending, "--json")
    (found,) = json.loads(ran.out)["machines"].values()
    beside = replay(READ, MACHINE).as_dict()["machines"]["with-feedback"]
    assert found["indicators"] == beside["indicators"]
    told = fsm("explain", tmp_path / "log.parquet", "--machine", opens, "--message", "m").out
    assert "Opened (Opens increases)  [" in told  # the sources came with the file
    bare = replace(load("engagement"), name="bare").with_origins({})
    opens.write_text(to_json(bare))
    told = fsm("explain", tmp_path / "log.parquet", "--machine", opens, "--message", "m").out
    assert "Opened (Opens increases)\n" in told
    opens.unlink()
    ran = fsm("replay", tmp_path / "log.parquet", "--machine", sending)
    assert f"{sending}:" in ran.err
    assert f"{opens}: No such file" in ran.err


# Duplicates ----------------------------------------------------------------------------------

TWICE = [("relayed", 0.0), ("relayed", 0.0), ("soft_bounce", 1.0), ("soft_bounce", 1.0)]


@pytest.mark.parametrize("dedupe", [True, False])
def test_explain_tells_what_replay_counts(tmp_path: Path, fsm: Fsm, dedupe: bool) -> None:
    path = tmp_path / "log.csv"
    path.write_text(
        "message_id,event,timestamp\n"
        + "".join(f"m,{event},2026-05-06T0{hour:.0f}:00:00Z\n" for event, hour in TWICE)
    )
    options = ["--dedupe"] if dedupe else []
    counts = json.loads(fsm("replay", path, *options, "--json").out)
    (story,) = json.loads(fsm("explain", path, "--message", "m", *options, "--json").out)
    text = fsm("explain", path, "--message", "m", *options).out
    assert len(story["entries"]) == counts["events"] == (2 if dedupe else 4)
    assert len(story["duplicates"]) == counts.get("duplicates", 0)
    told = f"\n2 duplicates dropped: {path}:3, {path}:5\n"
    assert (told in text) == dedupe
    assert story["duplicates"] == ([f"{path}:3", f"{path}:5"] if dedupe else [])


def test_duplicates_are_of_their_own_recipient(tmp_path: Path) -> None:
    both = pl.concat(
        [
            log(("relayed", 0), ("relayed", 0)).with_columns(recipient=pl.lit("a@example.org")),
            log(("relayed", 0)).with_columns(recipient=pl.lit("b@example.org")),
        ]
    )
    stories = explain(replay(both, MACHINE).log, "m", [MACHINE], dedupe=True)
    assert {story.recipient: len(story.duplicates) for story in stories} == {
        "a@example.org": 1,
        "b@example.org": 0,
    }


# Validity periods ----------------------------------------------------------------------------

Ask = Callable[[pl.DataFrame, Machine, timedelta, datetime], str]


def state_of_replay(
    source: pl.DataFrame, machine: Machine, validity: timedelta, as_of: datetime
) -> str:
    states = replay(source, machine, validity=validity, as_of=as_of).machines[machine.name].states
    return next(state for state, count in states.items() if count)


def state_of_explain(
    source: pl.DataFrame, machine: Machine, validity: timedelta, as_of: datetime
) -> str:
    read = replay(source, machine).log
    (story,) = explain(read, "m", [machine], validity=validity, as_of=as_of)
    return story.entries[-1].changes[0].after


PERIODS = {
    "a second start does not begin a period": ([0, 5], 4, 6, "retries_exhausted"),
    "nor one before the end": ([0, 3], 4, 4, "retries_exhausted"),
    "the period is not over before its end": ([0, 3], 4, 3.9, "retrying"),
    "many starts": ([0, 1, 2, 3, 5, 6], 4, 6, "retries_exhausted"),
}


@pytest.mark.parametrize("ask", [state_of_replay, state_of_explain])
@pytest.mark.parametrize("name", ["with-feedback", "without-feedback"])
@pytest.mark.parametrize("case", PERIODS)
def test_a_period_counts_from_the_first_start(case: str, name: str, ask: Ask) -> None:
    """The message is handed over once; what says so again is rejected and moves no deadline."""
    starts, hours, end, state = PERIODS[case]
    events = [("relayed", hour) for hour in starts]
    source = log(events[0], ("soft_bounce", 0.5), *(e for e in events[1:] if e[1] <= end))
    as_of = START + timedelta(hours=end)
    assert ask(source, load(name), timedelta(hours=hours), as_of) == state


def test_a_period_of_an_earlier_run_counts_from_the_first_start(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    days = [log(("relayed", 0), ("soft_bounce", 1)), log(("relayed", 3)), log(("noise", 5))]
    for number, day in enumerate(days):
        path = tmp_path / f"{number}.parquet"
        day.write_parquet(path)
        result = replay(path, MACHINE, validity=timedelta(hours=4), checkpoint=kept)
    assert result.machines["with-feedback"].states["retries_exhausted"] == 1
