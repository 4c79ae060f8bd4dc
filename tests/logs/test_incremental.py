"""Logs of other formats with a checkpoint: any number of runs gives what one run gives."""

import gzip
import sqlite3
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsm.engine import replay
from fsm.engine.result import Replay
from fsm.errors import CheckpointError, LogError
from fsm.logs.open import open_log
from fsm.logs.reading import ReadingOptions
from fsm.logs.storage.query import Query
from tests.command import Fsm
from tests.depth import samples
from tests.logs.any_bytes import SAMPLES
from tests.logs.test_ledger import GOOD, mailgun

POSTFIX = "\n".join(text for name, text in SAMPLES.items() if name.startswith("postfix: "))
JOINED = {"postfix": POSTFIX, "exim": SAMPLES["exim"], "sendmail": SAMPLES["sendmail"]}
"""Logs whose lines belong together."""


def executed(source: object, directory: Path | None = None) -> Replay:
    return replay(source, cross_check=False, checkpoint=directory)


def facts(result: Replay) -> tuple[object, ...]:
    """Everything but where rows stand, and what is said of the files."""
    own = ("notes", "files")
    rejections = result.rejections.drop("file", "line")
    return (
        {key: value for key, value in result.as_dict().items() if key not in own},
        sorted(result.statuses.rows(), key=repr),
        sorted(rejections.rows(), key=repr),
    )


@settings(max_examples=samples(40, 2))
@given(data=st.data())
def test_any_cuts_of_a_growing_or_rotated_log_give_the_result_of_the_whole(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    place = tmp_path_factory.mktemp("cuts")
    text = JOINED[data.draw(st.sampled_from(sorted(JOINED)))]
    lines = [f"{line}\n" for line in text.split("\n") if line]
    last = len(lines) - 2  # the last line alone is of no known format
    cuts = data.draw(st.lists(st.integers(1, last), max_size=4, unique=True))
    (whole := place / "whole.log").write_text("".join(lines))
    expected = facts(executed(whole))
    log, rotated = place / "mail.log", list[Path]()
    for number, (first, last) in enumerate(pairwise([0, *sorted(cuts), len(lines)])):
        with log.open("a") as file:
            file.write("".join(lines[first:last]))
        if data.draw(st.booleans()):
            rotated.append(place / f"mail.log.{number}.gz")
            rotated[-1].write_bytes(gzip.compress(log.read_bytes()))
            log.unlink()
        present = [path for path in (log, *rotated) if path.exists()]
        result = executed(present, place / "kept")
    assert facts(result) == expected
    assert facts(executed(present, place / "kept")) == expected


OTHERS = {
    "a provider": ("a.jsonl", GOOD, mailgun(event="complained", id="e3") + "\n"),
    "a mail box": ("a.mbox", SAMPLES["mbox"], SAMPLES["mbox"].replace("y.example", "z.example")),
    "PowerMTA": ("a.csv", SAMPLES["powermta"], SAMPLES["powermta"].split("\n", 1)[1]),
}
"""Logs whose records stand alone: a name, what is in it first, and what follows."""


@pytest.mark.parametrize(("name", "first", "more"), OTHERS.values(), ids=OTHERS)
def test_a_log_that_has_grown_is_read_anew(
    name: str, first: str, more: str, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    (path := tmp_path / name).write_text(first)
    executed(path, kept)
    path.write_text(first + more)
    grown = executed(path, kept)
    assert facts(grown) == facts(executed(path))
    moved = path.rename(path.with_suffix(".1"))
    (path := tmp_path / name).write_text(mailgun(id="n", recipient="n@x.example"))
    both = executed([path, moved], kept)
    assert facts(both) == facts(executed([moved, path]))
    assert f"{moved}: read before as {path}; left out now" in both.notes
    assert facts(executed(path, kept)) == facts(both)  # what is not given again stays


def test_a_folder_of_mails_grows(tmp_path: Path) -> None:
    mails = [text for name, text in SAMPLES.items() if name.startswith("mail: ")]
    folder, kept = tmp_path / "Maildir" / "new", tmp_path / "kept"
    for part in ("cur", "new", "tmp"):
        (tmp_path / "Maildir" / part).mkdir(parents=True)
    for number, text in enumerate(mails[:4]):
        (folder / f"{number}").write_text(text)
        result = executed(tmp_path / "Maildir", kept)
    assert facts(result) == facts(executed(tmp_path / "Maildir"))


def test_a_line_that_is_not_complete_counts_when_it_is(tmp_path: Path) -> None:
    kept, text = tmp_path / "kept", SAMPLES["exim"]
    (path := tmp_path / "main.log").write_text(text[:-20])
    executed(path, kept)
    path.write_text(text)
    assert facts(executed(path, kept)) == facts(executed(path))


def test_rows_of_a_query_count_once_in_any_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "mail.db"
    rows = [("a", "relayed", 1), ("a", "soft_bounce", 2), ("a", "soft_bounce", 2)]
    with sqlite3.connect(database) as connection:
        connection.execute("create table log (message_id, event, timestamp)")
        insert = "insert into log values (?, ?, ?)"
        times = [(m, e, f"2026-01-05T09:00:0{second}Z") for m, e, second in rows]
        connection.executemany(insert, times[:1])
    monkeypatch.setenv("FSM_DATABASE_URL", f"sqlite:///{database}")
    query = Query("select * from log order by timestamp desc")

    def queried() -> Replay:
        options = ReadingOptions(checkpoint=tmp_path / "kept")
        log = open_log((), options=options, query=query)
        return replay(log, cross_check=False, checkpoint=tmp_path / "kept")

    assert queried().events == 1
    with sqlite3.connect(database) as connection:
        connection.executemany(insert, times[1:])
    result = queried()
    assert (result.events, "query: 1 row read before; left out now" in result.notes) == (
        3,
        True,
    )
    assert queried().events == 3


def test_other_rules_are_refused_with_the_command_that_begins_anew(
    fsm: Fsm, tmp_path: Path
) -> None:
    (path := tmp_path / "a.jsonl").write_text(GOOD)
    assert fsm("replay", path, "--checkpoint", tmp_path / "kept").status == 0
    for options, other in ((["--policy", "address"], "policy"), (["--tz", "Asia/Tokyo"], "--tz")):
        result = fsm("replay", path, "--checkpoint", tmp_path / "kept", *options)
        assert (result.status, f"was begun with another {other}" in result.err) == (2, True)
        assert "fsm replay LOG... --checkpoint" in result.err


def test_what_cannot_be_continued_is_refused(fsm: Fsm, tmp_path: Path) -> None:
    (path := tmp_path / "a.jsonl").write_text(GOOD)
    (canonical := tmp_path / "a.csv").write_text("message_id,event,timestamp\n")
    (key := tmp_path / "key").write_text("k" * 40)
    (export := tmp_path / "b.csv").write_text(
        "Email;Log status;timestamp\na@x;Sent;2026-01-05T09:00:00Z\n"
    )
    fsm("replay", canonical, "--checkpoint", tmp_path / "canonical")
    begun = fsm("replay", path, "--checkpoint", tmp_path / "canonical")
    assert (begun.status, "was begun with canonical logs" in begun.err) == (2, True)
    secret = fsm("replay", path, "--checkpoint", tmp_path / "kept", "--pseudonymise", key)
    assert (secret.status, "kept in clear" in secret.err) == (2, True)
    (wide := tmp_path / "wide.log").write_text(SAMPLES["exim"], "utf-16")
    utf_16 = fsm("replay", wide, "--checkpoint", tmp_path / "kept")
    assert (utf_16.status, "save it as UTF-8" in utf_16.err) == (2, True)
    status = fsm("replay", export, "--checkpoint", tmp_path / "kept")
    assert (status.status, "exports of statuses" in status.err) == (2, True)


def test_a_run_that_fails_leaves_the_checkpoint_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept"
    (path := tmp_path / "a.jsonl").write_text(GOOD)
    executed(path, kept)
    before = {file.name: file.read_bytes() for file in kept.iterdir()}
    path.write_text(GOOD + mailgun(id="n", recipient="n@x.example"))
    with monkeypatch.context() as patch:
        patch.setattr("fsm.logs.incremental.incremental_run.IncrementalRun.commit", _fails)
        with pytest.raises(LogError, match="the disk is full"):
            executed(path, kept)
    assert {name: (kept / name).read_bytes() for name in before} == before
    assert facts(executed(path, kept)) == facts(executed(path))
    assert len(list(kept.glob("read-*"))) == 2  # the new rows, and those of the run before


def _fails(_: object) -> None:
    raise LogError("the disk is full")


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    (path := tmp_path / "a.jsonl").write_text(GOOD)
    executed(path, kept)
    (part,) = kept.glob("read-*")
    part.write_bytes(part.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match="damaged or missing"):
        executed(path, kept)
