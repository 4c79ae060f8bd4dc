"""Object-centric logs: which objects are the messages, and the three forms say the same."""

import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock
from xml.sax.saxutils import quoteattr

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.errors import LogError
from fsm.logs.detect import recognise
from fsm.logs.mapping.to_canonical import SCHEMA
from fsm.logs.notes import Notes
from fsm.logs.process.object_events import ocel_rows
from fsm.logs.reading import ReadingOptions
from fsm.logs.storage.stored_file import StoredFile
from fsm.logs.write.process_mining import EVENT_LOGS
from tests.command import Fsm
from tests.logs.test_xes import logs

FORMS = ("json", "xml", "sqlite")
OBJECTS = {"o1": "order", "o2": "order", "i1": "item"}
EVENTS = (
    ("e1", "place", "2026-02-02T09:00:00Z", ("o1",)),
    ("e2", "ship it", "2026-02-03T10:00:00+01:00", ("o1", "o2", "o1")),
    ("e3", "pack", "2026-02-03T09:00:00Z", ("i1",)),
    ("e4", "audit", "2026-02-04T09:00:00Z", ()),
)


def as_json(path: Path) -> None:
    """The members in another order than usual, and without line breaks."""
    events = [
        {"id": i, "type": t, "time": w, "relationships": [{"objectId": o} for o in os]}
        for i, t, w, os in EVENTS
    ]
    objects = [{"id": name, "type": kind, "attributes": []} for name, kind in OBJECTS.items()]
    path.write_text(json.dumps({"events": events, "objects": objects, "eventTypes": []}))


def as_xml(path: Path) -> None:
    objects = "".join(f'<object id="{n}" type="{kind}"/>' for n, kind in OBJECTS.items())
    events = "".join(
        f"<event id={quoteattr(i)} type={quoteattr(t)} time={quoteattr(w)}><attributes/><objects>"
        + "".join(f'<relationship object-id="{o}" qualifier=""/>' for o in os)
        + "</objects></event>\n"
        for i, t, w, os in EVENTS
    )
    path.write_text(f"<log>\n<objects>{objects}</objects>\n<events>\n{events}</events></log>")


def as_sqlite(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        for table in ("event", "object"):
            database.execute(f"CREATE TABLE {table}_map_type (ocel_type, ocel_type_map)")
            database.execute(f"CREATE TABLE {table} (ocel_id, ocel_type)")
        database.execute(
            "CREATE TABLE event_object (ocel_event_id, ocel_object_id, ocel_qualifier)"
        )
        for number, kind in enumerate({t for _, t, _, _ in EVENTS}):
            database.execute("INSERT INTO event_map_type VALUES (?, ?)", (kind, f"t{number}"))
            database.execute(f"CREATE TABLE event_t{number} (ocel_id, ocel_time)")
            for i, t, when, _ in EVENTS:
                if t == kind:
                    database.execute(f"INSERT INTO event_t{number} VALUES (?, ?)", (i, when))
        database.executemany("INSERT INTO event VALUES (?, ?)", [(i, t) for i, t, _, _ in EVENTS])
        database.executemany("INSERT INTO object VALUES (?, ?)", OBJECTS.items())
        pairs = [(i, o, n) for i, _, _, os in EVENTS for n, o in enumerate(os)]
        database.executemany("INSERT INTO event_object VALUES (?, ?, ?)", pairs)
        database.commit()


WRITERS = {"json": as_json, "xml": as_xml, "sqlite": as_sqlite}


def read(path: Path, **columns: str) -> tuple[pl.DataFrame, Notes]:
    notes = Notes(path.name)
    stored = StoredFile(path, path.name)
    assert recognise(stored).format == "ocel"
    parts = list(ocel_rows(stored, ReadingOptions(columns=columns), notes))
    notes.records.check(path.name)
    return pl.concat(parts), notes


@pytest.mark.parametrize("form", FORMS)
def test_an_event_counts_for_each_message_it_is_of(form: str, tmp_path: Path) -> None:
    path = tmp_path / form
    WRITERS[form](path)
    rows, notes = read(path, message_id="order")
    assert rows.select("message_id", "event", pl.col("timestamp").dt.day()).rows() == [
        ("o1", "place", 2), ("o1", "ship it", 3), ("o2", "ship it", 3),
    ]  # fmt: skip
    assert notes.passed.counts == {"event of no order": 2}
    assert notes.assumed["shared"].startswith("1 event of several messages")
    assert notes.unit == "order"


@pytest.mark.parametrize("form", FORMS)
def test_several_types_ask_which_one_is_the_message(form: str, tmp_path: Path) -> None:
    WRITERS[form](tmp_path / form)
    with pytest.raises(
        LogError, match=r"objects of 2 types: order \(2\), item \(1\); name the one"
    ):
        read(tmp_path / form)
    with pytest.raises(LogError, match="no type of objects 'ordre'; did you mean 'order'"):
        read(tmp_path / form, message_id="ordre")
    with pytest.raises(LogError, match="--column event has no meaning for OCEL"):
        read(tmp_path / form, event="x")


@given(logs, st.sampled_from([".jsonocel", ".xmlocel", ".sqlite"]))
def test_what_is_written_as_ocel_is_read_back(events: list[dict[str, object]], suffix: str) -> None:
    rows = pl.DataFrame(events, schema=SCHEMA, orient="row")
    EVENT_LOGS[suffix](rows.lazy(), file := io.BytesIO())
    kept = [name for name in SCHEMA if name not in ("file", "line")]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "log"
        path.write_bytes(file.getvalue())
        back, _ = read(path)
    assert back.select(kept).rows() == rows.select(kept).rows()


LACKING = {
    "no time": ({"id": "e", "type": "t", "relationships": [{"objectId": "o"}]}, "rejected"),
    "no type": ({"id": "e", "time": "2026-01-01T00:00:00Z"}, "rejected"),
    "no object": ({"id": "e", "type": "t", "time": "2026-01-01T00:00:00Z"}, "passed"),
    "no record": (7, "rejected"),
}


@pytest.mark.parametrize("name", LACKING)
def test_what_lacks_something_is_counted(name: str, tmp_path: Path) -> None:
    event, counted = LACKING[name]
    good = {"type": "t", "time": "2026-01-01T00:00:00Z", "relationships": [{"objectId": "o"}]}
    log = {"objectTypes": [], "objects": [{"id": "o", "type": "x"}], "events": [good, event]}
    (tmp_path / "log.json").write_text(json.dumps(log))
    rows, notes = read(tmp_path / "log.json")
    assert rows["message_id"].to_list() == ["o"]
    assert getattr(notes, counted).total == 1


@pytest.mark.parametrize("form", ["json", "xml"])
def test_events_of_one_id_keep_it_so_that_replays_drop_duplicates(
    form: str, tmp_path: Path
) -> None:
    with mock.patch(f"{__name__}.EVENTS", (*EVENTS, EVENTS[0])):
        WRITERS[form](tmp_path / "log")
    rows, _ = read(tmp_path / "log", message_id="order")
    assert rows["event_id"].to_list() == ["e1", "e2", "e2", "e1"]


REFUSED = {
    "no JSON": ('{"eventTypes": [],\n"events": [{]}', ":2: not JSON"),
    "a document cut short": ('{"eventTypes": [],\n"events": [', ":2: not JSON"),
    "more after the end": ('{"eventTypes": []}\n{}', ":2: not JSON: more after the end"),
    "deep nesting": ('{"eventTypes": [],\n"x": ' + "[" * 100_000, ":2: not JSON: values too deep"),
    "no objects": ('{"eventTypes": []}', "no event is related to an object"),
    "OCEL 1.0": ('<log><global scope="log"/><events></events></log>', "OCEL 1.0; save the log as"),
    "a document type": ("<!DOCTYPE log><log><events/></log>", "a document type declaration"),
    "Latin-1": ('{"eventTypes": [],\n"é": 1}', ":2: not UTF-8 text"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_ocel_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    text, reason = REFUSED[name]
    (tmp_path / "log").write_text(text, "latin-1")
    with pytest.raises(LogError) as refused:
        read(tmp_path / "log")
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


HOSTILE_TABLES = {
    "a view": "CREATE VIEW event AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x FROM n) "
    "SELECT x AS ocel_id, x AS ocel_type FROM n",
    "a virtual table": "CREATE VIRTUAL TABLE event USING fts5(ocel_id, ocel_type)",
}


@pytest.mark.parametrize("name", HOSTILE_TABLES)
def test_only_plain_tables_are_read(name: str, tmp_path: Path) -> None:
    as_sqlite(tmp_path / "log")
    with closing(sqlite3.connect(tmp_path / "log")) as database:
        database.execute("DROP TABLE event")
        database.execute(HOSTILE_TABLES[name])
        database.commit()
    with pytest.raises(LogError, match="an SQLite database without the table event"):
        read(tmp_path / "log", message_id="order")


def test_a_damaged_database_is_refused_and_a_good_one_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "log"
    as_sqlite(path)
    data = path.read_bytes()
    read(path, message_id="order")
    assert path.read_bytes() == data
    assert [file.name for file in tmp_path.iterdir()] == ["log"]
    path.write_bytes(data[:5000] + b"\xff" * (len(data) - 5000))
    with pytest.raises(LogError, match="not readable as a database of OCEL"):
        read(path, message_id="order")


def test_types_are_not_quoted_with_pseudonyms(tmp_path: Path, fsm: Fsm) -> None:
    as_json(tmp_path / "log.json")
    (tmp_path / "key").write_text("k" * 40)
    done = fsm("replay", str(tmp_path / "log.json"), "--pseudonymise", str(tmp_path / "key"))
    assert "objects of 2 types; name the one that is a message" in done.err
