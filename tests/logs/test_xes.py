"""XES documents: the scan of the usual shape and the parser find the same events."""

import io
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock
from xml.sax.saxutils import escape

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.errors import LogError
from fsm.logs.mapping.to_canonical import SCHEMA
from fsm.logs.notes import Notes
from fsm.logs.process import xes
from fsm.logs.process.traces import AttributeKeys, Traces
from fsm.logs.process.xes import XesDocument
from fsm.logs.process.xes_events import xes_rows
from fsm.logs.process.xes_scan import END, scan_traces
from fsm.logs.reading import ReadingOptions
from fsm.logs.storage.stored_file import StoredFile
from fsm.logs.write.process_mining import EVENT_LOGS
from tests.command import Fsm
from tests.depth import samples

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="1.0">\n'
DAY = "2026-01-05T09:00:00Z"
KEYS = AttributeKeys(
    ("concept:name", "lifecycle:transition", "org:role", "time:timestamp"), ("concept:name",)
)


def attribute(key: str, value: str, kind: str = "string") -> str:
    return f'<{kind} key="{escape(key)}" value="{escape(value, {chr(34): "&quot;"})}"/>'


def event(name: str, time: str = DAY, *more: str) -> str:
    parts = [attribute("concept:name", name), attribute("time:timestamp", time, "date"), *more]
    return "<event>\n" + "\n".join(parts) + "\n</event>\n"


def trace(name: str, *events: str) -> str:
    return f"<trace>\n{attribute('concept:name', name)}\n{''.join(events)}</trace>\n"


def document(*traces: str, head: str = HEAD) -> bytes:
    return f"{head}{''.join(traces)}</log>\n".encode()


def read(data: bytes, folder: Path, **options: object) -> tuple[pl.DataFrame, Notes]:
    path = folder / "log.xes"
    path.write_bytes(data)
    notes = Notes("log.xes")
    chosen = ReadingOptions(**options)  # type: ignore[arg-type]
    parts = list(xes_rows(StoredFile(path, "log.xes"), chosen, notes))
    notes.records.check("log.xes")
    return pl.concat(parts) if parts else pl.DataFrame(schema=SCHEMA), notes


def found(data: bytes, folder: Path, **options: object) -> list[tuple[object, ...]]:
    rows, _ = read(data, folder, **options)
    return rows.select("message_id", "event").rows()


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("xes")


# Both readers find the same ------------------------------------------------------------------

letters = st.text(st.sampled_from("aé€𝄞 &<>\"'/=\t\n\r"), max_size=12)
kinds = st.sampled_from(["string", "int", "float", "boolean", "id"])
others = st.tuples(kinds, st.sampled_from(["org:role", "cost", "concept:nam"]), letters)
events_of = st.lists(
    st.tuples(letters, st.lists(others, max_size=2, unique_by=lambda o: o[1])), max_size=3
)
documents = st.lists(st.tuples(letters, events_of), max_size=4)
layouts = st.sampled_from(["\n", "\n\t\t\t", "", "\r\n  ", "\n" + " " * 20])


def tag(parts: tuple[str, str, str], blank: str) -> str:
    kind, key, value = parts
    escaped = {'"': "&quot;", "\r": "&#13;"}  # a plain one would be read as a line feed
    return f'<{kind} key="{key}" value="{escape(value, escaped)}"{blank}/>'


def usual(traces: object, between: str, blank: str) -> str:
    parts: list[str] = []
    for name, events in traces:  # type: ignore[attr-defined]
        parts += ["<trace>", tag(("string", "concept:name", name), blank)]
        for activity, more in events:
            facts = [("string", "concept:name", activity), ("date", "time:timestamp", DAY), *more]
            parts += ["<event>", *(tag(f, blank) for f in facts), "</event>"]
        parts.append("</trace>")
    return between.join(["", *parts, ""])


def parsed(data: bytes) -> list[object] | str:
    """All that the parser finds in traces; or that they are no XML."""
    with mock.patch.object(xes, "scan_traces", return_value=None):
        try:
            file = io.BytesIO(b"<log>" + data + b"</log>")
            parts = list(XesDocument("log", file, Notes("log")).traces(KEYS))
        except LogError as error:
            return str(error)
    return flat(parts)


def flat(parts: list[Traces]) -> list[object]:
    """The events in order: trace, line, and the values of each key."""
    rows: list[object] = []
    before = 0
    for part in parts:
        names = part.of_traces["concept:name"].to_list()
        columns = [part.of_events[key].to_list() for key in KEYS.of_events]
        for number, line, *values in zip(part.trace, part.lines, *columns, strict=True):
            at = before + int(number) - part.continued
            rows.append((at, names[number], int(line), *values))
        before += part.count - part.continued
    return [before, *rows]


@given(documents, layouts, st.sampled_from(["", " "]))
def test_the_scan_finds_what_the_parser_finds(traces: object, between: str, blank: str) -> None:
    data = usual(traces, between, blank).encode()
    end = data.rfind(END) + len(END) if END in data else 0
    scanned = scan_traces(data, end, KEYS)
    if scanned is None:
        assert not end or b"&#13;" in data, "the usual shape is scanned"
    else:
        assert flat([scanned]) == parsed(data)


PIECES = (
    "<",
    ">",
    '"',
    "'",
    "/",
    "=",
    " ",
    "\n",
    "&",
    "&amp;",
    "&lt",
    "<!-- -->",
    "</trace>",
    "<event>",
    "<string key=",
    "\0",
    "\x1b",
    "<![CDATA[x]]>",
    "</string>",
    'key="',
    "é",
    "x",
    "<trace>",
    "\ufffe",
    "\uffff",
)


@pytest.mark.parametrize("seed", range(samples(4000, 120)))
def test_whatever_is_scanned_is_what_the_parser_finds(seed: int) -> None:
    """A changed document is scanned only where it is XML, and then it says the same."""
    chance = random.Random(seed)
    events = [event(n, DAY, attribute("org:role", chance.choice(["a", "b&c", "é"]))) for n in "xy"]
    text = trace("t1", *events) + trace("t2") + trace("t3", event("z"))
    for _ in range(chance.choice([1, 1, 2])):
        at = chance.randrange(len(text))
        cut = chance.choice([0, 0, 1, 1, 3, 9])
        text = text[:at] + chance.choice(["", *PIECES]) + text[at + cut :]
    data = text.encode()
    if END in data:
        end = data.rfind(END) + len(END)
        scanned = scan_traces(data, end, KEYS)
        if scanned is not None:
            assert flat([scanned]) == parsed(data[:end])


ODD = {
    "comments": "<!-- </trace> <event> -->",
    "CDATA": "<![CDATA[ </trace> ]]>",
    "processing instructions": "<?look at=</trace>?>",
    "lists": '<list key="l"><values><string key="concept:name" value="no"/></values></list>',
    "nested attributes": '<string key="a" value="b"><string key="concept:name" value="no"/></string>',
    "single quotes": "<string key='a' value='\"'/>",
    "swapped attributes": '<string value="b" key="a"/>',
    "character references": '<string key="a" value="&#8364;&#x41;"/>',
    "other attributes": '<string key="a" value="b" unit="c"/>',
    "text": "text",
    "closing tags": '<string key="a" value="b"></string>',
}


@pytest.mark.parametrize("size", [40, 300, 1 << 20])
@pytest.mark.parametrize("odd", ODD)
def test_odd_xml_is_parsed_and_said(odd: str, size: int, folder: Path) -> None:
    plain = [trace(f"t{n}", event("a"), event("b")) for n in range(9)]
    strange = [t.replace("<event>\n", f"<event>\n{ODD[odd]}", 1) for t in plain]
    data = document(*plain[:3], strange[3], *plain[4:8], strange[8])
    with mock.patch.object(xes, "_BLOCK", size), mock.patch.object(xes, "_LONGEST", 4 * size):
        rows, notes = read(data, folder)
    expected, _ = read(document(*plain), folder)
    assert rows.drop("line").equals(expected.drop("line"))
    lines = [n for n, line in enumerate(data.decode().split("\n"), 1) if "<event>" in line[:7]]
    assert rows["line"].to_list() == lines
    assert "the slower parser" in notes.assumed["parser"]


def test_a_trace_larger_than_a_block_is_one_trace(folder: Path) -> None:
    many = [event(f"e{n}") for n in range(200)]
    data = document(
        trace("t1", event("a")), trace("t2", *many), trace("t3"), trace("t4", *many[:2])
    )
    with (
        mock.patch.object(xes, "_BLOCK", 200),
        mock.patch.object(xes, "_LONGEST", 500),
        mock.patch("fsm.logs.process.xes_parser._MOST", 20),
    ):
        rows, notes = read(data, folder)
    assert rows["message_id"].to_list() == ["t1", *["t2"] * 200, *["t4"] * 2]
    assert rows["event"].to_list() == ["a", *(f"e{n}" for n in range(200)), "e0", "e1"]
    assert notes.passed.counts == {"trace without events": 1}


ENCODINGS = {
    "UTF-16": ("utf-16", '<?xml version="1.0" encoding="UTF-16"?>'),
    "UTF-16 big-endian, unnamed": ("utf-16", '<?xml version="1.0"?>'),
    "ISO-8859-1": ("latin-1", '<?xml version="1.0" encoding="ISO-8859-1"?>'),
    "windows-1252": ("cp1252", '<?xml version="1.0" encoding="windows-1252"?>'),
    "UTF-8 with a byte order mark": ("utf-8-sig", '<?xml version="1.0" encoding="utf-8"?>'),
    "UTF-8, undeclared": ("utf-8", ""),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_every_encoding_of_xml_is_read(name: str, folder: Path, fsm: Fsm) -> None:
    encoding, declaration = ENCODINGS[name]
    data = document(trace("é", event("ü")), head=f"{declaration}<log>").decode().encode(encoding)
    assert found(data, folder) == [("é", "ü")]
    assert fsm("replay", str(folder / "log.xes")).err.startswith(
        f"fsm: {folder}/log.xes: read as xes"
    )


def test_tags_may_have_prefixes(folder: Path) -> None:
    text = '<x:log xmlns:x="http://www.xes-standard.org/"><x:trace><x:string key="concept:name" value="t"/>'
    text += f'<x:event><x:string key="concept:name" value="a"/><x:date key="time:timestamp" value="{DAY}"/>'
    assert found(f"{text}</x:event></x:trace></x:log>".encode(), folder) == [("t", "a")]


# What counts ---------------------------------------------------------------------------------


def step(name: str, transition: str) -> str:
    return event(name, DAY, attribute("lifecycle:transition", transition))


LIFECYCLES = {
    "completions": ([step("a", "start"), step("a", "complete")], ["a"]),
    "completions in capitals": ([step("a", "START"), step("a", "COMPLETE")], ["a"]),
    "only starts": ([step("a", "start"), step("b", "start")], ["a", "b"]),
    "states of one's own": ([step("a", "In Progress"), step("a", "complete")], ["a", "a"]),
    "no transitions": ([event("a"), event("a")], ["a", "a"]),
    "some without": ([event("a"), step("a", "start"), step("b", "complete")], ["a", "b"]),
}


@pytest.mark.parametrize("name", LIFECYCLES)
def test_an_activity_is_one_event(name: str, folder: Path) -> None:
    events, expected = LIFECYCLES[name]
    rows, notes = read(document(trace("t", *events)), folder)
    assert rows["event"].to_list() == expected
    assert notes.passed.total == len(events) - len(expected)


def test_whoever_names_the_event_takes_every_transition(folder: Path) -> None:
    head = HEAD + '<classifier name="Both" keys="concept:name \'lifecycle:transition\'"/>'
    data = document(trace("t", step("a", "start"), step("a", "complete")), head=head)
    by_name = found(data, folder, columns={"event": "concept:name"})
    both = found(data, folder, columns={"event": "Both"})
    assert [name for _, name in by_name] == ["a", "a"]
    assert [name for _, name in both] == ["a+start", "a+complete"]


def test_columns_are_attributes_of_events_or_of_traces(folder: Path) -> None:
    role = attribute("org:role", "clerk")
    data = document(
        trace("t", event("a", DAY, role), event("b")).replace("<event>", f"{role}<event>", 1)
    )
    columns = {"message_id": "org:role", "recipient": "concept:name"}
    rows, _ = read(data, folder, columns=columns)
    assert rows.select("message_id", "recipient").rows() == [("clerk", "a"), ("clerk", "b")]


LACKING = {
    "a trace without a name": (f"<trace>{event('a')}</trace>", [("trace 1", "a")], "doubts"),
    "an event without a name": (
        trace("t", event("a").replace("concept:name", "x")),
        [],
        "rejected",
    ),
    "an event without a time": (
        trace("t", event("a").replace("time:timestamp", "x")),
        [],
        "rejected",
    ),
    "a time that is none": (trace("t", event("a", "soon")), [], "rejected"),
    "an endless id": (trace("t" * 1001, event("a")), [], "rejected"),
    "an event of no trace": (event("a") + trace("t", event("b")), [("t", "b")], "rejected"),
    "an event after the traces": (trace("t", event("b")) + event("a"), [("t", "b")], "rejected"),
    "no events": ("<trace/>" + trace("t"), [], "passed"),
}


@pytest.mark.parametrize("name", LACKING)
def test_what_lacks_something_is_counted(name: str, folder: Path) -> None:
    text, expected, counted = LACKING[name]
    rows, notes = read(document(text), folder)
    assert rows.select("message_id", "event").rows() == expected
    assert getattr(notes, counted).total


def test_the_default_of_the_log_stands_for_a_name(folder: Path) -> None:
    head = f'{HEAD}<global scope="event">{attribute("concept:name", "other")}</global>'
    text = trace("t", event("a").replace("concept:name", "x"), event("b"))
    rows, notes = read(document(text, head=head), folder)
    assert rows["event"].to_list() == ["other", "b"]
    assert notes.doubts.total == 1


def test_times_without_a_zone_are_said(folder: Path) -> None:
    from zoneinfo import ZoneInfo

    data = document(
        trace("t", event("a", "2026-07-01T12:00:00"), event("b", "2026-07-01T12:00:00Z"))
    )
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    for zone, expected in ((UTC, noon), (ZoneInfo("Europe/Paris"), noon - timedelta(hours=2))):
        rows, notes = read(data, folder, zone=zone)
        assert rows["timestamp"].to_list() == [expected, noon]
        assert "zone" in notes.assumed


def test_names_that_several_traces_have_are_said(folder: Path) -> None:
    _, notes = read(document(trace("t", event("a")), trace("t", event("b"))), folder)
    assert notes.assumed["names"].startswith("1 trace with the name of an earlier one")


REFUSED = {
    "a document type": ("<!DOCTYPE log [<!ENTITY e 'x'>]><log/>", ":1: a document type declaration"),
    "cut short": (document(trace("t", event("a"))).decode()[:-40], "it ends within an element"),
    "crossed tags": (HEAD + "<trace></log>", ":3: not XML: mismatched tag"),
    "another document": ("<svg></svg>", "of <svg>, not of <log>"),
    "deep nesting": (HEAD + "<string key='a'>" * 300, "more than 200 tags in each other"),
    "an unknown encoding": ("<?xml version='1.0' encoding='klingon'?><log/>", "encoding"),
    "an undefined entity": (document(trace("t", event("a"))).decode().replace("value", "&x;value", 1), "not XML"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_xes_is_refused_in_one_line(name: str, folder: Path) -> None:
    text, reason = REFUSED[name]
    with pytest.raises(LogError) as refused:
        read(text.encode(), folder)
    assert str(refused.value).startswith("log.xes")
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


# There and back ------------------------------------------------------------------------------

plain = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=9)
texts = st.none() | plain
moments = st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
columns = {
    "message_id": plain, "recipient": texts, "event": plain, "timestamp": moments,
    "event_id": texts, "delivery_id": texts, "seq": st.none() | st.integers(0, 9),
    "final": st.none() | st.booleans(), "fault": texts, "code": texts, "reply": texts,
    "format": st.sampled_from(["csv", "exim"]), "reason": texts, "native": texts, "rule": texts,
    "doubt": texts, "final_recipient": texts, "file": st.just("a.csv"), "line": st.integers(1, 99),
}  # fmt: skip
logs = st.lists(st.fixed_dictionaries(columns), min_size=1, max_size=6)


@given(logs)
def test_what_is_written_as_xes_is_read_back(events: list[dict[str, object]]) -> None:
    rows = pl.DataFrame(events, schema=SCHEMA, orient="row")
    EVENT_LOGS[".xes"](rows.lazy(), file := io.BytesIO())
    kept = [name for name in SCHEMA if name not in ("file", "line")]
    back, _ = _read_again(file.getvalue())
    assert back.select(kept).sort(kept).rows() == rows.select(kept).sort(kept).rows()


def _read_again(data: bytes) -> tuple[pl.DataFrame, Notes]:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        return read(data, Path(folder))


# On the command line -------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".xes", ".xes.gz", ".jsonocel", ".xmlocel", ".sqlite"])
def test_a_converted_log_replays_as_the_log(
    suffix: str, fsm: Fsm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    fsm("simulate", "with-feedback", "--messages", "40", "--seed", "5", "-o", "log.csv")
    fsm("convert", "log.csv", "-o", f"log{suffix}")
    there, back = (
        fsm("replay", name, "--no-crosscheck").out for name in ("log.csv", f"log{suffix}")
    )
    assert back == there
