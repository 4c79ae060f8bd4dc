"""Logs as the formats of process mining have them: what they say, in files that are valid."""

import gzip
import io
import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsm.errors import OutputError
from fsm.logs.mapping.to_canonical import SCHEMA
from fsm.logs.write import ocel
from fsm.logs.write.process_mining import EVENT_LOGS
from fsm.logs.write.traces import KEY, message_traces
from fsm.text import visible
from tests.command import Fsm
from tests.depth import cases, samples
from tests.hostile import HOSTILE
from tests.logs.test_servers import ACTIVE, CAME, EXPIRED, GONE, LATER, NOBODY, postfix

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
MAIL = postfix(*CAME, ACTIVE, LATER, NOBODY, EXPIRED, GONE)
OCEL = (".jsonocel", ".xmlocel", ".sqlite")


def rows(*events: dict[str, Any]) -> pl.LazyFrame:
    """Rows of a converted log, a second apart; what is not given is null."""
    full = [
        dict.fromkeys(SCHEMA) | {"timestamp": START + timedelta(seconds=n)} | event
        for n, event in enumerate(events)
    ]
    return pl.DataFrame(full, schema=SCHEMA, orient="row").lazy()


def event(message: str, name: str, recipient: str | None = None, **more: Any) -> dict[str, Any]:
    return {"message_id": message, "event": name, "recipient": recipient, **more}


def written(suffix: str, log: pl.LazyFrame) -> bytes:
    EVENT_LOGS[suffix](log, file := io.BytesIO())
    return file.getvalue()


LOG = rows(
    event("m1", "relayed", "a@x", delivery_id="d1", final=False, line=1, file="mail.log"),
    event("m2", "relayed", "b@x", delivery_id="d1", final=False, line=2, file="mail.log"),
    event("m1", "soft_bounce", "a@x", delivery_id="d1", final=False, fault="network", line=3),
    event("m2", "hard_bounce", "b@x", final=True, fault="address", native="bounced", rule="5.1.1"),
    event("m1", "delivered", "a@x", delivery_id="d2", final=True, seq=7),
    event("m3", "opened"),
)


@pytest.mark.parametrize("copies", [1, 2, 3])
def test_rows_are_written_in_parts_of_one_size(
    copies: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bytes of a database depend on them; the batches of polars depend on its threads."""
    monkeypatch.setattr(ocel, "_ROWS", 4)
    heights = [part.height for part in ocel.ocel_events(pl.concat([LOG] * copies))]
    assert heights[:-1] == [4] * (6 * copies // 4 - (6 * copies % 4 == 0))
    assert sum(heights) == 6 * copies
    assert 0 < heights[-1] <= 4


# XES -----------------------------------------------------------------------------------------

XES = "{http://www.xes-standard.org/}"
ATTRIBUTES = ("string", "date", "int", "boolean")


def xes(log: pl.LazyFrame) -> list[tuple[str, list[dict[str, str]]]]:
    """Traces by their names, after a look at whether all stands where the standard wants it."""
    root = ElementTree.fromstring(written(".xes", log))
    order = ["extension", "global", "classifier", *ATTRIBUTES, "trace"]
    tags = [child.tag.removeprefix(XES) for child in root]
    places = [min(order.index(tag), order.index("string")) if tag != "trace" else 9 for tag in tags]
    assert places == sorted(places)
    assert re.fullmatch(r"\d+\.\d+", root.attrib["xes.version"])
    prefixes = {extension.attrib["prefix"] for extension in root.iter(f"{XES}extension")}
    for attribute in (a for tag in ATTRIBUTES for a in root.iter(f"{XES}{tag}")):
        assert re.fullmatch(r"[A-Za-z_][\w.:-]*", attribute.attrib["key"])
        prefix, colon, _ = attribute.attrib["key"].partition(":")
        assert not colon or prefix in prefixes
    everywhere = {g.attrib["scope"]: set(values(g)) for g in root.iter(f"{XES}global")}
    for classifier in root.iter(f"{XES}classifier"):
        assert set(classifier.attrib["keys"].split(" ")) <= everywhere["event"]
    found = []
    for trace in root.iter(f"{XES}trace"):
        events = [values(event) for event in trace.iter(f"{XES}event")]
        assert all(event.keys() >= everywhere["event"] for event in events)
        assert values(trace).keys() >= everywhere["trace"]
        found.append((values(trace)["concept:name"], events))
    return found


def values(element: ElementTree.Element) -> dict[str, str]:
    attributes = [child for child in element if child.tag.removeprefix(XES) in ATTRIBUTES]
    assert len({child.attrib["key"] for child in attributes}) == len(attributes)
    return {child.attrib["key"]: child.attrib["value"] for child in attributes}


def test_a_trace_is_a_message_with_its_recipient() -> None:
    found = {name: [event["concept:name"] for event in events] for name, events in xes(LOG)}
    assert found == {
        "m1 a@x": ["relayed", "soft_bounce", "delivered"],
        "m2 b@x": ["relayed", "hard_bounce"],
        "m3": ["opened"],
    }


def test_what_the_log_knew_of_an_event_is_an_attribute() -> None:
    (_, first), (_, second), (_, third) = xes(LOG)
    assert first[0] == {
        "concept:name": "relayed",
        "time:timestamp": "2026-01-05T09:00:00Z",
        "lifecycle:transition": "complete",
        "delivery_id": "d1",
        "final": "false",
        "file": "mail.log",
        "line": "1",
    }
    assert (second[1]["fault"], second[1]["native"], second[1]["rule"], second[1]["final"]) == (
        "address",
        "bounced",
        "5.1.1",
        "true",
    )
    assert third[0].keys() == {"concept:name", "time:timestamp", "lifecycle:transition"}


def test_natives_classify_events_where_all_have_one() -> None:
    complete = rows(event("m", "relayed", native="queued"))
    assert b'name="NativeEvent"' in written(".xes", complete)
    assert b'name="NativeEvent"' not in written(".xes", LOG)


ORDERS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "by time": ([{"timestamp": START + timedelta(hours=1)}, {"timestamp": START}], "10"),
    "by seq at one time": ([{"seq": 2}, {"seq": 1}, {}], "102"),
    "by place where nothing else tells": ([{}, {}, {}], "012"),
    "within a second": (
        [{"timestamp": START + timedelta(microseconds=2)}, {"timestamp": START}],
        "10",
    ),
}


@pytest.mark.parametrize(("facts", "expected"), ORDERS.values(), ids=ORDERS)
def test_events_of_a_trace_are_in_the_order_of_a_replay(
    facts: list[dict[str, Any]], expected: str
) -> None:
    log = rows(*(event("m", str(n)) | {"timestamp": START} | f for n, f in enumerate(facts)))
    ((_, found),) = xes(log)
    assert "".join(e["concept:name"] for e in found) == expected


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from([None, "x", "y"])), max_size=30))
def test_however_many_events_are_held_the_traces_are_the_same(
    keys: list[tuple[str, str | None]],
) -> None:
    log = rows(*(event(message, "e", to, line=n) for n, (message, to) in enumerate(keys)))
    whole = written(".xes", log)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fsm.logs.write.traces._EVENTS", 3)
        assert written(".xes", log) == whole
        if len(keys) > 20:
            assert len(list(message_traces(log))) > 1
    assert [name for name, _ in xes(log)] == list(
        dict.fromkeys(f"{message} {to}" if to else message for message, to in keys)
    )


def test_packed_xes_is_the_same(tmp_path: Path, fsm: Fsm) -> None:
    (tmp_path / "mail.log").write_text(MAIL)
    for name in ("a.xes", "b.xes.gz"):
        assert fsm("convert", tmp_path / "mail.log", "-o", tmp_path / name).status == 0
    packed = gzip.decompress((tmp_path / "b.xes.gz").read_bytes())
    assert packed == (tmp_path / "a.xes").read_bytes()


# OCEL 2.0 ------------------------------------------------------------------------------------


def of_json(data: bytes) -> dict[str, Any]:
    """What a log says, in one shape for the three formats."""
    log = json.loads(data)
    return {
        "types": {
            t["name"]: {a["name"]: a["type"] for a in t["attributes"]}
            for t in (*log["objectTypes"], *log["eventTypes"])
        },
        "events": {
            e["id"]: (e["type"], e["time"], {a["name"]: a["value"] for a in e["attributes"]})
            for e in log["events"]
        },
        "objects": {
            o["id"]: (o["type"], {a["name"]: a["value"] for a in o["attributes"]})
            for o in log["objects"]
        },
        "relations": {
            (thing["id"], r["objectId"], r["qualifier"])
            for thing in (*log["events"], *log["objects"])
            for r in thing.get("relationships", ())
        },
    }


def of_xml(data: bytes) -> dict[str, Any]:
    root = ElementTree.fromstring(data)
    types = {
        t.attrib["name"]: {a.attrib["name"]: a.attrib["type"] for a in t.iter("attribute")}
        for t in (*root.iter("object-type"), *root.iter("event-type"))
    }
    things = [*root.iterfind("events/event"), *root.iterfind("objects/object")]

    def attributes(thing: ElementTree.Element) -> dict[str, Any]:
        kinds = types[thing.attrib["type"]]
        return {
            a.attrib["name"]: typed(a.text or "", kinds[a.attrib["name"]])
            for a in thing.iter("attribute")
        }

    return {
        "types": types,
        "events": {
            e.attrib["id"]: (e.attrib["type"], e.attrib["time"], attributes(e))
            for e in root.iterfind("events/event")
        },
        "objects": {
            o.attrib["id"]: (o.attrib["type"], attributes(o))
            for o in root.iterfind("objects/object")
        },
        "relations": {
            (thing.attrib["id"], r.attrib["object-id"], r.attrib["qualifier"])
            for thing in things
            for r in thing.iter("relationship")
        },
    }


def typed(text: str, kind: str) -> Any:
    return {"boolean": {"true": True, "false": False}.get, "integer": int}.get(kind, str)(text)


def of_sqlite(data: bytes) -> dict[str, Any]:
    kinds = {"TEXT": "string", "INTEGER": "integer", "BOOLEAN": "boolean"}
    types: dict[str, dict[str, str]] = {}
    found: dict[str, dict[str, Any]] = {"event": {}, "object": {}}
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(data)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        for sort, name, place in (
            (kind, *row)
            for kind in ("object", "event")
            for row in database.execute(f"SELECT * FROM {kind}_map_type").fetchall()
        ):
            columns = database.execute(f'PRAGMA table_info("{sort}_{place}")').fetchall()
            attributes = [(c[1], kinds[c[2]]) for c in columns if not c[1].startswith("ocel_")]
            types[name] = dict(attributes)
            for row in database.execute(f'SELECT * FROM "{sort}_{place}"').fetchall():
                given = {
                    n: bool(value) if kind == "boolean" else value
                    for (n, kind), value in zip(
                        attributes, row[len(row) - len(attributes) :], strict=True
                    )
                    if value is not None
                }
                found[sort][row[0]] = (name, row[1], given) if sort == "event" else (name, given)
        for sort in found:
            listed_types = dict(database.execute(f"SELECT * FROM {sort}").fetchall())
            assert listed_types == {name: facts[0] for name, facts in found[sort].items()}
        relations = {
            row
            for table in ("event_object", "object_object")
            for row in database.execute(f"SELECT * FROM {table}").fetchall()
        }
    return {"types": types, "events": found["event"], "objects": found["object"]} | {
        "relations": relations
    }


PARSERS: dict[str, Callable[[bytes], dict[str, Any]]] = dict(
    zip(OCEL, (of_json, of_xml, of_sqlite), strict=True)
)


def test_objects_are_messages_recipients_deliveries() -> None:
    found = of_json(written(".jsonocel", LOG))
    assert found["objects"] == {
        "message:m1 a@x": ("message", {"message_id": "m1", "recipient": "a@x"}),
        "message:m2 b@x": ("message", {"message_id": "m2", "recipient": "b@x"}),
        "message:m3": ("message", {"message_id": "m3"}),
        "recipient:a@x": ("recipient", {"address": "a@x"}),
        "recipient:b@x": ("recipient", {"address": "b@x"}),
        "delivery:d1": ("delivery", {"delivery_id": "d1"}),
        "delivery:d2": ("delivery", {"delivery_id": "d2"}),
    }
    assert found["relations"] >= {
        ("e1", "message:m1 a@x", "happened to"),
        ("e1", "recipient:a@x", "addressed to"),
        ("e1", "delivery:d1", "sent in"),
        ("message:m1 a@x", "recipient:a@x", "addressed to"),
        ("message:m1 a@x", "delivery:d1", "sent in"),
        ("message:m1 a@x", "delivery:d2", "sent in"),
    }
    assert {to for thing, to, _ in found["relations"] if thing in ("e6", "message:m3")} == {
        "message:m3"
    }


def test_events_have_what_the_log_knew_and_their_types_declare_it() -> None:
    found = of_json(written(".jsonocel", LOG))
    assert found["events"]["e4"] == (
        "hard_bounce",
        "2026-01-05T09:00:03.000000Z",
        {"final": True, "fault": "address", "native": "bounced", "rule": "5.1.1"},
    )
    assert found["types"]["delivered"] == {"seq": "integer", "final": "boolean"}
    assert found["types"]["opened"] == {}


@pytest.mark.parametrize("suffix", OCEL)
def test_the_three_formats_say_the_same(suffix: str) -> None:
    assert PARSERS[suffix](written(suffix, LOG)) == of_json(written(".jsonocel", LOG))


@pytest.mark.parametrize("name", ["object", "map_type", "MAP TYPE", "a\0b", "", "é", "x" * 9999])
def test_any_event_has_a_table(name: str) -> None:
    log = rows(event("m", name, line=1), event("m", "other"), event("m", f"{name}.", line=2))
    kinds = {
        number: kind for number, (kind, *_) in of_sqlite(written(".sqlite", log))["events"].items()
    }
    shown = name.replace("\0", "[U+0000]")
    assert kinds == {"e1": shown, "e2": "other", "e3": f"{shown}."}


def test_more_kinds_of_events_than_a_database_has_tables() -> None:
    log = rows(*(event("m", f"e{n}") for n in range(1001)))
    with pytest.raises(OutputError, match="1,001 kinds of events, and a database would have"):
        written(".sqlite", log)
    assert len(of_json(written(".jsonocel", log))["types"]) == 1004


# Any texts -----------------------------------------------------------------------------------

EVERYWHERE = ("message_id", "recipient", "event", "reply", "native", "delivery_id", "file")


def known(text: str) -> str:
    """A text as polars holds it: without halves of characters."""
    return text.encode("utf-8", "replace").decode()


@pytest.mark.parametrize("name", cases(HOSTILE))
def test_hostile_texts(name: str) -> None:
    text = known(HOSTILE[name])
    log = rows(dict.fromkeys(EVERYWHERE, text), event("m", "e"))
    found = of_json(written(".jsonocel", log))
    assert found["events"]["e1"][2]["reply"] == text
    assert ("message", {"message_id": text, "recipient": text}) in found["objects"].values()
    in_database = of_sqlite(written(".sqlite", log))
    assert in_database["events"]["e1"][2]["reply"] == text.replace("\0", "[U+0000]")
    assert len(in_database["objects"]) == len(found["objects"])
    as_xml = of_xml(written(".xmlocel", log))
    assert as_xml["objects"].keys() == found["objects"].keys()
    assert as_xml["events"]["e1"][2]["reply"] == in_xml(text)
    ((_, (first,)), _) = xes(log)
    assert (first["concept:name"], first["file"]) == (in_xml(text), in_xml(text))


def in_xml(text: str) -> str:
    """What XML gives back: what it cannot hold is spelled out."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", spelled, text)


def spelled(match: re.Match[str]) -> str:
    assert visible(match[0]) != match[0]
    return visible(match[0])


TEXTS = st.none() | st.text(max_size=6)


@settings(max_examples=samples(100, 2))
@given(st.lists(st.tuples(st.text(min_size=1, max_size=6), TEXTS, TEXTS), max_size=6))
def test_no_two_objects_have_one_id(keys: list[tuple[str, str | None, str | None]]) -> None:
    log = rows(*(event(m, "e", to, delivery_id=by, reply=by) for m, to, by in keys))
    for suffix in OCEL[:2]:
        found = PARSERS[suffix](written(suffix, log))["objects"]
        kinds = [kind for kind, *_ in found.values()]
        assert kinds.count("message") == len({(m, to) for m, to, _ in keys})
        assert kinds.count("recipient") == len({to for _, to, _ in keys if to})
        assert kinds.count("delivery") == len({by for *_, by in keys if by})
    assert len(xes(log)) == len(log.select(KEY).unique().collect())


# The command ---------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", EVENT_LOGS)
def test_the_same_log_gives_the_same_bytes(suffix: str, tmp_path: Path, fsm: Fsm) -> None:
    (tmp_path / "mail.log").write_text(MAIL)
    for name in ("a", "b"):
        result = fsm("convert", tmp_path / "mail.log", "-o", tmp_path / f"{name}{suffix}")
        assert (result.status, result.out) == (0, "")
    first = (tmp_path / f"a{suffix}").read_bytes()
    assert first == (tmp_path / f"b{suffix}").read_bytes()
    assert first


@pytest.mark.parametrize("suffix", EVENT_LOGS)
def test_a_log_without_events_is_a_valid_file(suffix: str, tmp_path: Path, fsm: Fsm) -> None:
    (tmp_path / "log.csv").write_text("message_id,event,timestamp\n")
    path = tmp_path / f"none{suffix}"
    assert fsm("convert", tmp_path / "log.csv", "-o", path).status == 0
    if suffix.startswith(".xes"):
        assert xes(rows()) == []
    else:
        form = {".ocel.json": ".jsonocel", ".ocel.xml": ".xmlocel"}.get(suffix, suffix)
        assert PARSERS[form](path.read_bytes())["events"] == {}


def test_any_other_name_is_refused_with_those_there_are(tmp_path: Path, fsm: Fsm) -> None:
    (tmp_path / "mail.log").write_text(MAIL)
    result = fsm("convert", tmp_path / "mail.log", "-o", tmp_path / "log.ocel")
    assert result.status == 2
    assert "unknown kind of file; its name must end in .csv, " in result.err
    assert ".xes, .xes.gz, .jsonocel" in result.err
    assert not (tmp_path / "log.ocel").exists()


@pytest.mark.parametrize("suffix", cases(EVENT_LOGS))
def test_what_cannot_be_written_leaves_nothing(suffix: str, tmp_path: Path, fsm: Fsm) -> None:
    (tmp_path / "mail.log").write_text(MAIL)
    (tmp_path / "log.csv").write_text(
        "message_id,event,timestamp\nm,relayed,2026-01-05T09:00:00Z\nm,e,x\n"
    )
    path = tmp_path / f"out{suffix}"
    path.write_text("before")
    result = fsm("convert", tmp_path / "mail.log", tmp_path / "log.csv", "-o", path)
    assert result.status == 2
    assert f"{tmp_path / 'log.csv'}:3: timestamp 'x' is not a time" in result.err
    assert path.read_text() == "before"
    result = fsm("convert", tmp_path / "mail.log", "-o", tmp_path / "none" / f"out{suffix}")
    assert (result.status, "there is no folder" in result.err) == (2, True)
    (tmp_path / f"full{suffix}").symlink_to("/dev/full")
    result = fsm("convert", tmp_path / "mail.log", "-o", tmp_path / f"full{suffix}")
    assert (result.status, "No space left on device" in result.err) == (2, True)
    names = {file.name for file in tmp_path.iterdir()}
    assert names == {"mail.log", "log.csv", path.name, f"full{suffix}"}


# The tools that the formats are for ----------------------------------------------------------


@pytest.mark.parametrize("suffix", [".xes", ".xes.gz", *OCEL])
def test_a_tool_of_process_mining_reads_it(suffix: str, tmp_path: Path, fsm: Fsm) -> None:
    if find_spec("r4pm") is None:
        pytest.skip("r4pm is not installed (pip install r4pm)")
    import r4pm

    (tmp_path / "mail.log").write_text(MAIL)
    path = tmp_path / f"log{suffix}"
    assert fsm("convert", tmp_path / "mail.log", "-o", path).status == 0
    kind, column = ("EventLog", "concept:name") if "xes" in suffix else ("OCEL", "ocel:activity")
    item = r4pm.import_item(kind, str(path))
    found = r4pm.item_to_df(item)
    frame = found if "xes" in suffix else found["events"]
    names = ["hard_bounce", "relayed", "relayed", "retry_failed", "soft_bounce"]
    assert sorted(frame[column]) == names
    assert sorted(frame["fault"].drop_nulls()) == ["address", "expired", "mailbox_full"]
    if "xes" in suffix:
        cases = frame.group_by("case:concept:name").len().sort("len")
        assert cases.rows() == [("A1B2C3D4 b@y.example", 2), ("A1B2C3D4 a@y.example", 3)]
    else:
        assert sorted(found["objects"]["ocel:oid"]) == [
            "message:A1B2C3D4 a@y.example",
            "message:A1B2C3D4 b@y.example",
            "recipient:a@y.example",
            "recipient:b@y.example",
        ]
        assert (found["relations"].height, found["o2o"].height) == (10, 2)
