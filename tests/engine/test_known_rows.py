"""A log that a checkpoint knows is not executed again, in whatever file it comes; counts add up."""

import gzip
import json
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from fsm.catalog import load_bare
from fsm.engine import Replay, replay
from fsm.engine.checkpoint import checkpoint, earlier_runs
from fsm.engine.checkpoint.manifest import Manifest
from fsm.logs.open import open_log
from tests.command import Fsm
from tests.depth import cases, samples

MACHINES = [load_bare("with-feedback"), load_bare("without-feedback")]
HEADER = "message_id,event,timestamp"
START = datetime(2026, 3, 4, tzinfo=UTC)
LINES = [
    "a,relayed,2026-03-04T00:00:00Z",
    "a,soft_bounce,2026-03-04T00:00:00Z",
    "b,relayed,2026-03-04T00:00:00Z",
    "a,delivered,2026-03-04T00:00:00Z",
    "b,hard_bounce,2026-03-04T00:00:01Z",
    "a,soft_bounce,2026-03-04T00:00:01Z",
]
"""Events of one instant cannot be told from new ones by their times."""


def executed(path: Path | list[Path], kept: Path, **options: object) -> Replay:
    return replay(path, MACHINES, checkpoint=kept, **options)  # type: ignore[arg-type]


def write(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join([HEADER, *lines, ""]))
    return path


def counts(result: Replay) -> dict[str, object]:
    return {k: v for k, v in result.as_dict().items() if k not in ("notes", "balance", "files")}


# Copies --------------------------------------------------------------------------------------

Copy = Callable[[Path, Path], Path]


def packed(source: Path, place: Path) -> Path:
    (place / "log.csv.gz").write_bytes(gzip.compress(source.read_bytes()))
    return place / "log.csv.gz"


def packed_by_zstd(source: Path, place: Path) -> Path:
    data = zstandard.ZstdCompressor().compress(source.read_bytes())
    (place / "log.csv.zst").write_bytes(data)
    return place / "log.csv.zst"


def as_parquet(source: Path, place: Path) -> Path:
    open_log([source]).frame.drop("file", "row").write_parquet(place / "log.parquet")
    return place / "log.parquet"


def as_jsonl(source: Path, place: Path) -> Path:
    pl.read_csv(source).write_ndjson(place / "log.jsonl")
    return place / "log.jsonl"


def laid_out_anew(source: Path, place: Path) -> Path:
    table = pl.read_csv(source).select("timestamp", "event", "message_id")
    text = table.with_columns(pl.lit(None, pl.String).alias("recipient")).write_csv()
    (place / "log.csv").write_text(text.replace("Z", "+00:00").replace("\n", "\r\n"))
    return place / "log.csv"


def part(first: int, last: int) -> Copy:
    return lambda _, place: write(place / f"{first}-{last}.csv", LINES[first:last])


COPIES: dict[str, Copy] = {
    "renamed": lambda source, place: Path(shutil.copy(source, place / "other.csv")),
    "packed": packed,
    "packed by zstd": packed_by_zstd,
    "as Parquet": as_parquet,
    "as JSONL": as_jsonl,
    "other columns, zone and line ends": laid_out_anew,
    "its beginning": part(0, 3),
    "its first row": part(0, 1),
    "its end": part(4, 6),
    "its middle": part(1, 4),
    "nothing but a header": part(0, 0),
}


@pytest.mark.parametrize("copy", cases(COPIES))
def test_a_copy_is_left_out_and_said(tmp_path: Path, copy: str) -> None:
    log, kept, place = write(tmp_path / "day1.csv", LINES), tmp_path / "kept", tmp_path / "copies"
    place.mkdir()
    first = executed(log, kept)
    path = COPIES[copy](log, place)
    again = executed(path, kept)
    assert counts(again) == counts(first)
    rows = open_log([path]).frame.height
    if rows:
        said = f"{path}: its {rows} rows were executed before in {log}; left out now"
        assert again.as_dict()["notes"] == [said]
    assert again.notes == executed(path, kept).notes


def test_an_unpacked_log_is_known(tmp_path: Path) -> None:
    log, kept = write(tmp_path / "log.csv", LINES), tmp_path / "kept"
    first = executed(packed(log, tmp_path), kept)
    assert counts(executed(log, kept)) == counts(first)


def test_a_copy_in_the_same_run_is_known(tmp_path: Path) -> None:
    log = write(tmp_path / "log.csv", LINES)
    both = executed([log, packed(log, tmp_path)], tmp_path / "both")
    assert counts(both) == counts(executed(log, tmp_path / "one"))


@pytest.mark.parametrize("cut", cases([1, 3, 5]))
@pytest.mark.parametrize("later", ["packed", "as Parquet", "as JSONL"])
def test_a_log_that_has_grown_goes_on_in_another_form(tmp_path: Path, later: str, cut: int) -> None:
    kept, place = tmp_path / "kept", tmp_path / "place"
    place.mkdir()
    executed(write(tmp_path / "log.csv", LINES[:cut]), kept)
    whole = write(tmp_path / "whole.csv", LINES)
    result = executed(COPIES[later](whole, place), kept)
    assert counts(result) == counts(executed(whole, tmp_path / "one"))
    assert f"its first {cut} rows were executed before" in result.notes[0]
    assert [row["line"] for row in result.rejections.iter_rows(named=True)] in ([6], [7])


def test_a_rotation_that_splits_an_executed_log(tmp_path: Path) -> None:
    kept, whole = tmp_path / "kept", write(tmp_path / "whole.csv", LINES)
    executed(write(tmp_path / "log.csv", LINES[:5]), kept)
    older = write(tmp_path / "log.csv.1", LINES[:3])
    newer = write(tmp_path / "log.csv", LINES[3:])
    result = executed([older, newer], kept)
    assert counts(result) == counts(executed(whole, tmp_path / "one"))
    assert [note.partition(": ")[2].partition(" executed")[0] for note in result.notes] == [
        "its 3 rows were",
        "its first 2 rows were",
    ]


def test_a_log_that_only_begins_alike_is_executed_and_said(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    executed(write(tmp_path / "log.csv", LINES), kept)
    other = write(tmp_path / "other.csv", [*LINES[:2], "c,relayed,2026-03-04T00:00:09Z"])
    result = executed(other, kept)
    assert result.messages == 3
    assert "its first 2 rows are as in" in result.notes[0]


@pytest.mark.parametrize("sample", [1 << 16, 2], ids=["all looked for", "a sample first"])
def test_rows_in_another_order_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sample: int
) -> None:
    monkeypatch.setattr("fsm.engine.checkpoint.known_rows._SAMPLE", sample)
    monkeypatch.setattr("fsm.engine.checkpoint.known_rows._TOGETHER", 4)
    kept = tmp_path / "kept"
    executed(write(tmp_path / "begin.csv", LINES[:2]), kept)
    before = counts(executed(write(tmp_path / "end.csv", LINES[2:]), kept))
    result = executed(write(tmp_path / "sorted.csv", sorted(LINES)), kept)
    assert counts(result) == before
    assert "sorted.csv: its 6 rows were executed before, in another order" in result.notes[0]


@pytest.mark.parametrize(
    ("lines", "known"),
    [
        ([LINES[0], LINES[2], *LINES[3:]], "4 of 5"),
        ([LINES[0], *LINES[3:], "c,relayed,2026-03-04T00:00:09Z"], "3 of 5"),
        (["c,relayed,2026-03-04T00:00:09Z", LINES[5]], "1 of 2"),
    ],
    ids=["what was executed at its end", "among new rows", "a row alone"],
)
def test_rows_that_are_executed_again_are_said(
    tmp_path: Path, lines: list[str], known: str
) -> None:
    kept = tmp_path / "kept"
    executed(write(tmp_path / "end.csv", LINES[2:]), kept)
    result = executed(write(tmp_path / "whole.csv", lines), kept)
    assert f"whole.csv: {known} rows looked for were executed before" in result.notes[0]
    assert result.events == result.accepted + result.rejected == len(LINES[2:]) + len(lines)


@pytest.mark.parametrize("first", ["mail", "any"])
def test_what_any_run_can_record_is_recorded(tmp_path: Path, first: str) -> None:
    """A log of a mail server knows no opens; one that may hold them stays executed."""
    rows = pl.read_csv("\n".join([HEADER, *LINES[:1]]).encode())
    converted = {"format": "postfix", "native": "queued", "rule": "queued"}
    rows.with_columns(pl.lit(v).alias(k) for k, v in converted.items()).write_csv(
        tmp_path / "mail.csv"
    )
    write(tmp_path / "any.csv", LINES[2:3])
    logs = {name: open_log([str(tmp_path / f"{name}.csv")]) for name in ("mail", "any")}
    second = "any" if first == "mail" else "mail"
    lacking = []
    for name in (first, second, first):
        result = replay(logs[name], MACHINES, companions=load_bare, checkpoint=tmp_path / "kept")
        lacking.append(any(result.not_recorded))
    assert lacking == [first == "mail", False, False]


def test_the_command_says_it_and_json_holds_it(tmp_path: Path, fsm: Fsm) -> None:
    log, kept = write(tmp_path / "log.csv", LINES), tmp_path / "kept"
    assert fsm("replay", log, "--checkpoint", kept).status == 0
    copy = packed(log, tmp_path)
    result = fsm("replay", copy, "--checkpoint", kept, "--json")
    said = f"{copy}: its 6 rows were executed before in {log}; left out now"
    assert f"fsm: {said}\n" in result.err
    assert json.loads(result.out)["notes"] == [said]


def test_rows_hashed_by_another_version_are_not_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, kept = write(tmp_path / "log.csv", LINES), tmp_path / "kept"
    executed(log, kept)
    for module in (checkpoint, earlier_runs):
        monkeypatch.setattr(module, "hashing", lambda: "another")
    result = executed(log, kept)
    assert "so that its rows cannot be compared" in result.notes[0]
    assert result.events == len(LINES)
    for module in (checkpoint, earlier_runs):
        monkeypatch.setattr(module, "hashing", lambda: "a third")
    more = write(tmp_path / "more.csv", ["c,relayed,2026-03-05T00:00:00Z", *LINES[:1]])
    assert executed(more, kept).events == len(LINES) + 2
    again = executed(packed(more, tmp_path), kept)
    assert again.notes == (
        f"{tmp_path}/log.csv.gz: its 2 rows were executed before in {more}; left out now",
    )


def test_a_checkpoint_of_version_1_goes_on(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    executed(write(tmp_path / "log.csv", LINES[:3]), kept)
    late = write(tmp_path / "late.csv", ["a,delivered,2026-03-03T00:00:00Z"])
    now = executed(late, kept)
    _to_version_1(kept)
    again = executed(write(tmp_path / "more.csv", LINES[4:5]), kept)
    assert again.events == now.events + 1
    assert again.late == 1


def _to_version_1(kept: Path) -> None:
    """Write the manifest as version 1 did: no digests of rows, late events are no events."""
    path = kept / "manifest.json"
    found = Manifest.read(kept)
    assert found is not None
    body = json.loads(path.read_text())["body"]
    body["totals"]["events"] -= body["totals"]["late"]
    body["parts"] = [part for part in body["parts"] if not part["name"].startswith("rows")]
    for file in body["absorbed"]:
        del file["kept"]
    del body["hashing"]
    from fsm.engine.checkpoint.manifest import _digest

    path.write_text(json.dumps({"version": 1, "digest": _digest(body), "body": body}))
    for rows in kept.glob("rows-*"):
        rows.unlink()


# Counts --------------------------------------------------------------------------------------

EVENTS = st.sampled_from(["relayed", "delivered", "soft_bounce", "opened", "noise"])
ROWS = st.lists(st.tuples(st.sampled_from("abc"), EVENTS, st.integers(0, 3)), max_size=14)


@settings(max_examples=samples(40, 3))
@given(ROWS, st.lists(st.integers(0, 14), max_size=2), st.booleans())
def test_counts_add_up(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str, int]],
    cuts: list[int],
    dedupe: bool,
) -> None:
    place = tmp_path_factory.mktemp("sums")
    lines = [
        f"{m},{e},{START + timedelta(seconds=s):%Y-%m-%dT%H:%M:%SZ},{n}"
        for n, (m, e, s) in enumerate(rows)
    ]
    read = 0
    for number, (first, last) in enumerate(pairwise(sorted([0, *cuts, len(rows)]))):
        path = place / f"{number}.csv"
        path.write_text("\n".join([f"{HEADER},seq", *lines[first:last], ""]))
        result = executed(path, place / "kept", dedupe=dedupe)
        read += len(lines[first:last])
        found = result.as_dict()
        assert result.events == result.accepted + result.rejected
        assert result.events + (result.duplicates or 0) == read
        assert 0 <= (result.late or 0) <= result.rejected == result.rejections.height
        assert found["accepted"] == result.accepted
        alone = replay(path, MACHINES, dedupe=dedupe)
        assert alone.events + (alone.duplicates or 0) == len(lines[first:last])
        assert alone.events == alone.accepted + alone.rejected


def test_the_summary_adds_up(tmp_path: Path, fsm: Fsm) -> None:
    kept = tmp_path / "kept"
    fsm("replay", write(tmp_path / "log.csv", LINES), "--checkpoint", kept)
    late = ["a,opened,2026-03-03T00:00:00Z", "b,noise,2026-03-04T00:00:05Z"]
    result = fsm("replay", write(tmp_path / "late.csv", late), "--checkpoint", kept)
    said = "8 events, 2 messages, 3 rejected (1 of them late), 5 accepted\n"
    assert result.out.startswith(said)


# Size ----------------------------------------------------------------------------------------


RUNS = samples(12, 7)


def test_a_checkpoint_compacts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many runs there were: few files, and no row of a message is kept for ever."""
    monkeypatch.setattr(checkpoint, "MOST_PARTS", 3)
    kept, rows, most = tmp_path / "kept", [], 0
    for number in range(RUNS):
        time = f"{START + timedelta(minutes=number):%Y-%m-%dT%H:%M:%SZ}"
        lines = [f"a,soft_bounce,{time}", f"m{number},relayed,{time}", f"m{number},noise,{time}"]
        rows += lines
        result = executed(write(tmp_path / f"{number}.csv", lines), kept)
        manifest = Manifest.read(kept)
        assert manifest is not None
        most = max(most, *Counter(part.kind for part in manifest.parts).values())
        # Five kinds; what was replaced stays for one more run.
        assert len(list(kept.glob("*.parquet"))) <= 5 * 3 * 2
    assert most == 3
    known = sum(part.rows for part in manifest.parts if part.kind == "messages")
    assert known <= 2 * result.messages
    whole = executed(write(tmp_path / "whole.csv", rows), tmp_path / "one")
    assert counts(result) == counts(whole)
    assert result.rejections.drop("file", "line").equals(whole.rejections.drop("file", "line"))
    again = executed(tmp_path / "whole.csv", kept)
    assert counts(again) == counts(result)
    assert f"its {3 * RUNS} rows were executed before" in again.notes[0]


# Full disks ----------------------------------------------------------------------------------


def test_what_a_first_run_left_on_a_full_disk_goes_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, kept = write(tmp_path / "log.csv", LINES), tmp_path / "kept"
    executed(log, kept)
    begun = Manifest(Manifest.read(kept).settings)  # type: ignore[union-attr]
    begun.write(kept)  # as after a run that was killed when its tables were there
    left = {path.name for path in kept.glob("*.parquet")}
    assert left
    real = Manifest.write
    met = []

    def writing(self: Manifest, directory: Path) -> None:
        met.append({path.name for path in directory.glob("*.parquet")})
        real(self, directory)

    monkeypatch.setattr(Manifest, "write", writing)
    assert executed(log, kept).events == len(LINES)
    assert met[0] == set()


def test_a_run_that_fails_takes_its_tables_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, kept = write(tmp_path / "log.csv", LINES), tmp_path / "kept"

    def full(path: Path, _: int) -> None:
        if path.name.startswith("rejections"):
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "synced", full)
        with pytest.raises((OSError, AttributeError)):
            executed(log, kept)
    assert not list(kept.glob("*.parquet"))
    assert executed(log, kept).events == len(LINES)
