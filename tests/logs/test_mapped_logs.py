"""Logs read by mapping files: the same events come out of every container, and nothing is lost."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape, quoteattr
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsm.errors import LogError
from fsm.logs.mapping.mapping_file import parse_mapping
from fsm.logs.mapping.record_layout import TimeNotation
from fsm.logs.mapping.to_canonical import event_frame
from fsm.logs.notes import Notes
from fsm.logs.records.mapped_reader import MappedReader
from fsm.logs.records.times import RecordTimes
from tests.depth import cases, samples

MAP = 'kind = "mapping"\n'
FIELDS = '[fields]\nmessage_id = "id"\nrecipient = "to"\nevent = "what"\ntime = "when"\n'
NAMES = ("id", "to", "what", "when", "why")
Record = dict[str, str]


def read(text: str, toml: str, *, zone: tzinfo = UTC, block: int = 1 << 20) -> tuple[Any, Notes]:
    """Return the events of a text that is read in blocks of so many lines, and the notes."""
    notes = Notes("log")
    lines = text.removesuffix("\n").split("\n")
    blocks = [lines[start : start + block] for start in range(0, len(lines), block)]
    form = parse_mapping(MAP + toml, "my.toml")
    groups = [events for _, events in MappedReader(form, zone, lambda _: None).read(blocks, notes)]
    return event_frame(groups), notes


def events(text: str, toml: str, **options: Any) -> list[tuple[str, str | None, str, int]]:
    """Return message, recipient, event and line of each event."""
    frame, _ = read(text, toml, **options)
    recipient = pl.col("recipient").replace({"": None})
    rows: list[tuple[str, str | None, str, int]]
    rows = frame.select("message_id", recipient, "native", "line").rows()
    return rows


# Every container --------------------------------------------------------------------------------


def quoted(value: str, separator: str) -> str:
    if any(sign in value for sign in f'{separator}"\n\r') or value != value.strip():
        return '"' + value.replace('"', '""') + '"'
    return value


def as_csv(records: list[Record], separator: str = ",") -> str:
    rows = [list(NAMES), *([record[name] for name in NAMES] for record in records)]
    return "".join(separator.join(quoted(v, separator) for v in row) + "\n" for row in rows)


def as_pairs(records: list[Record]) -> str:
    def value(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    return "".join(
        " ".join(f"{name}={value(own[name])}" for name in NAMES) + "\n" for own in records
    )


def as_xml(records: list[Record]) -> str:
    def element(own: Record) -> str:
        inner = "".join(f"<{name}>{escape(own[name])}</{name}>" for name in NAMES[1:])
        return f"<x:event id={quoteattr(own['id'])}>{inner}</x:event>"

    return f"<x:log xmlns:x='u'>{''.join(map(element, records))}</x:log>\n"


WRITERS: dict[str, tuple[Callable[[list[Record]], str], str]] = {
    "csv": (as_csv, FIELDS),
    "csv by semicolons": (lambda r: as_csv(r, ";"), f'[read]\nseparator = ";"\n{FIELDS}'),
    "json lines": (lambda r: "".join(json.dumps(own) + "\n" for own in r), FIELDS),
    "json array": (lambda r: json.dumps(r, indent=1), FIELDS),
    "json without line ends": (lambda r: "".join(map(json.dumps, r)), FIELDS),
    "json in pages": (
        lambda r: json.dumps({"page": {"rows": r}}),
        f'[read]\nrecords = ["page.rows"]\n{FIELDS}',
    ),
    "pairs": (as_pairs, f'[read]\ncontainer = "pairs"\n{FIELDS}'),
    "forms": (
        lambda r: "".join(urlencode(own) + "\n" for own in r),
        f'[read]\ncontainer = "form"\n{FIELDS}',
    ),
    "xml": (
        as_xml,
        f'[read]\ncontainer = "xml"\nrecords = ["event"]\n{FIELDS}'.replace('"id"', '"@id"'),
    ),
    "lines": (
        lambda r: "".join("|".join(own[name] for name in NAMES) + "\n" for own in r),
        (
            "[read]\ncontainer = 'lines'\npattern = '"
            r"^(?P<id>[^|]*)\|(?P<to>[^|]*)\|(?P<what>[^|]*)\|(?P<when>[^|]*)\|"
            f"'\n{FIELDS}"
        ),
    ),
}
TEXTS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=8)
WORDS = st.from_regex(re.compile(r"[A-Za-z][A-Za-z0-9.@_-]{0,8}", re.ASCII), fullmatch=True)
TIMES = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)).map(
    lambda moment: moment.isoformat(timespec="microseconds") + "Z"
)
RECORDS = st.lists(
    st.fixed_dictionaries({"id": WORDS, "to": WORDS, "what": WORDS, "when": TIMES, "why": TEXTS}),
    min_size=1,
    max_size=6,
)


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=samples(200, 4))
@given(RECORDS, st.integers(1, 5))
def test_every_container_gives_the_same_events(
    name: str, records: list[Record], block: int
) -> None:
    write, toml = WRITERS[name]
    frame, notes = read(write(records), toml, block=block)
    moments = [datetime.fromisoformat(own["when"]) for own in records]
    found = frame.select(
        "message_id", "recipient", "native", pl.from_epoch("time", "us").dt.replace_time_zone("UTC")
    )
    assert found.rows() == [
        (own["id"], own["to"], own["what"], moment)
        for own, moment in zip(records, moments, strict=True)
    ]
    assert (notes.records.read, notes.rejected.total) == (len(records), 0)


@pytest.mark.parametrize("block", [1, 2, 3, 50])
@pytest.mark.parametrize("name", ["csv", "json lines", "pairs", "forms", "lines"])
def test_events_know_their_lines(name: str, block: int) -> None:
    write, toml = WRITERS[name]
    times = [f"2026-01-05T09:00:{second:02}Z" for second in range(4)]
    records = [{"id": "m", "to": "a", "what": "x", "when": when, "why": ""} for when in times]
    first = 2 if name == "csv" else 1
    assert [event[3] for event in events(write(records), toml, block=block)] == [
        *range(first, first + 4)
    ]


# CSV --------------------------------------------------------------------------------------------

HEAD = "id,what,when,why\n"
WHEN = "2026-01-05T09:00:00Z"
PLAIN = '[fields]\nmessage_id = "id"\nevent = "what"\ntime = "when"\nreply = "why"\n'

CSV = {
    # text, (message, line, reply) of each event, reasons of what is not readable
    "a quoted line end": (f'{HEAD}a,x,{WHEN},"one\ntwo"\nb,x,{WHEN},\n', [("a", 2), ("b", 4)], {}),
    "a quote within a field": (
        f'{HEAD}a,x,{WHEN},5" pipe\nb,x,{WHEN},\n',
        [("a", 2), ("b", 3)],
        {},
    ),
    "quotes within fields of two lines": (
        f'{HEAD}a,x,{WHEN},5" pipe\nb,x,{WHEN},6" pipe\n',
        [("a", 2), ("b", 3)],
        {},
    ),
    "a quote that is not closed": (
        f'{HEAD}a,x,{WHEN},"open\nb,x,{WHEN},\nc,x,{WHEN},\n',
        [("b", 3), ("c", 4)],
        {"a quote that is not closed": 1},
    ),
    "fields too many": (
        f"{HEAD}a,x,{WHEN},why,more\nb,x,{WHEN},\n",
        [("b", 3)],
        {"a record with more fields than there are columns": 1},
    ),
    "fields too few": (f"{HEAD}a,x,{WHEN}\n", [("a", 2)], {}),
    "blank lines": (f"\n{HEAD}\n\na,x,{WHEN},\n\n", [("a", 5)], {}),
    "the header again": (f"{HEAD}a,x,{WHEN},\n{HEAD}b,x,{WHEN},\n", [("a", 2), ("b", 4)], {}),
    "no time": (f"{HEAD}a,x,soon,\n", [], {"my.toml: an event whose time cannot be read": 1}),
    "an empty time": (f"{HEAD}a,x,,\n", [], {"my.toml: an event without a time": 1}),
    "no event": (f"{HEAD}a,,{WHEN},\n", [], {"my.toml: a record without an event": 1}),
    "names in other letters": (f"ID, What ,WHEN,why\na,x,{WHEN},\n", [("a", 2)], {}),
    "a byte order mark": (f"\ufeff{HEAD}a,x,{WHEN},\n", [("a", 2)], {}),
}


@pytest.mark.parametrize("block", [1, 2, 100])
@pytest.mark.parametrize(("text", "found", "rejected"), CSV.values(), ids=CSV)
def test_csv(text: str, found: list[tuple[str, int]], rejected: dict[str, int], block: int) -> None:
    frame, notes = read(text, PLAIN, block=block)
    assert frame.select("message_id", "line").rows() == found
    assert notes.rejected.counts == rejected
    assert notes.records.read == len(found) + sum(rejected.values())


def test_a_long_open_quote_takes_no_other_records() -> None:
    rest = "".join(f"m{number},x,{WHEN},{'y' * 100}\n" for number in range(12_000))
    frame, notes = read(f'{HEAD}a,x,{WHEN},"open\n{rest}', PLAIN, block=500)
    assert (frame.height, notes.rejected.total) == (12_000, 1)


def test_headers_in_comments_name_other_columns() -> None:
    text = f"#Log\n#Fields: when,id,what\n{WHEN},a,x\n#Fields: id,when,what\nb,{WHEN},x\n"
    toml = "[read]\ncontainer = 'csv'\ncomment = '#'\nheader = '^#Fields: *(.*)'\n"
    assert [event[0] for event in events(text, toml + PLAIN)] == ["a", "b"]


def test_columns_that_no_header_names() -> None:
    text = f"a;{WHEN};x\n"
    toml = "[read]\ncontainer = 'csv'\nseparator = ';'\ncolumns = ['id', 'when', 'what']\n"
    assert events(text, toml + PLAIN) == [("a", None, "x", 1)]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("id,what,wehn", "log:1: no column 'when', which the mapping names for time; did you mean"),
        ("a,b", "log:1: no column 'what', which the mapping names for event; there are: a, b"),
        ("what,when", "log:1: no column 'id', which the mapping names for message_id; there are"),
    ],
)
def test_a_needed_column_that_is_not_there(header: str, message: str) -> None:
    with pytest.raises(LogError) as error:
        events(f"{header}\n1,2,3\n", f"[read]\ncontainer = 'csv'\n{PLAIN}")
    assert str(error.value).startswith(message)


def test_another_column_that_is_not_there_is_said() -> None:
    _, notes = read(f"id,what,when\na,x,{WHEN}\n", PLAIN)
    assert notes.assumed == {"columns": "columns that are not there: 'why' (reply)"}


# Fields -----------------------------------------------------------------------------------------

PLACES = {
    # fields of the mapping, record, (message, recipient, event) of each event
    "the first that has a value": (
        'message_id = ["x", "id"]',
        {"x": "", "id": "m"},
        [("m", None, "e")],
    ),
    "joined": ('message_id = { join = ["a", "b"] }', {"a": "1", "b": "2"}, [("1 2", None, "e")]),
    "joined of one": ('message_id = { join = ["a", "b"] }', {"b": "2"}, [("2", None, "e")]),
    "given": (
        'message_id = "id"\nevent = ["z", { value = "given" }]',
        {"id": "m"},
        [("m", None, "given")],
    ),
    "detail": (
        'message_id = "id"\ndetail.e = ["why"]',
        {"id": "m", "why": "old"},
        [("m", None, "e/old")],
    ),
    "no message": (
        'message_id = "id"\nrecipient = "to"',
        {"to": "a@x"},
        [("a@x", "a@x", "e")],
    ),
    "an ending": (
        'message_id = "id"\nmessage_id_ends = "[.]part$"',
        {"id": "m.part"},
        [("m", None, "e")],
    ),
    "several recipients": (
        'message_id = "id"\nrecipient = "to"\nrecipient_separator = ";"',
        {"id": "m", "to": "a@x; b@x;"},
        [("m", "a@x", "e"), ("m", "b@x", "e")],
    ),
    "entries in a text": (
        (
            'message_id = "id"\neach = "to"\neach_pattern = "(?P<who>[^:;]+):(?P<how>[a-z]+)"\n'
            'recipient = ".who"\nevent = ".how"'
        ),
        {"id": "m", "to": "a@x:sent;b@x:lost"},
        [("m", "a@x", "sent"), ("m", "b@x", "lost")],
    ),
}


@pytest.mark.parametrize("container", ["csv", "json", "form"])
@pytest.mark.parametrize(("fields", "record", "found"), PLACES.values(), ids=PLACES)
def test_places_of_fields(
    fields: str, record: Record, found: list[tuple[str, str | None, str]], container: str
) -> None:
    whole = {"event": "e", "timestamp": WHEN, **record}
    text = {
        "csv": f"{','.join(whole)}\n{','.join(whole.values())}\n",
        "json": json.dumps(whole),
        "form": urlencode(whole),
    }[container]
    rows = events(text, f"[read]\ncontainer = '{container}'\n[fields]\n{fields}\n")
    assert [row[:3] for row in rows] == found


NESTED = {
    "an item of a list": ("a.1.b", {"a": [{"b": "x"}, {"b": "m"}]}),
    "a key with a dot": ("a.b", {"a.b": "m"}),
    "a key with a dot before a path": ("a.b", {"a.b": "m", "a": {"b": "x"}}),
    "the first of several": ("a.b", {"a": [{"b": "m"}, {"b": "x"}]}),
}


@pytest.mark.parametrize("count", [1, 200], ids=["rows", "blocks"])
@pytest.mark.parametrize(("path", "record"), NESTED.values(), ids=NESTED)
def test_paths_into_json(path: str, record: dict[str, Any], count: int) -> None:
    text = (json.dumps({"event": "e", "timestamp": WHEN, **record}) + "\n") * count
    rows = events(text, f'[fields]\nmessage_id = "{path}"', block=150)
    assert {row[0] for row in rows} == {"m"}
    assert len(rows) == count


@pytest.mark.parametrize("count", [1, 200], ids=["rows", "blocks"])
def test_recipients_may_be_numbers(count: int) -> None:
    record = {"message_id": "m", "event": "e", "timestamp": WHEN, "customer": 7}
    text = (json.dumps(record) + "\n") * count
    rows = events(text, '[fields]\nrecipient = "customer"', block=150)
    assert [row[:3] for row in rows] == [("m", "7", "e")] * count


def test_all_repeated_elements_are_recipients() -> None:
    text = f"<l><e id='m'><to><m>a</m></to><to><m>b</m></to><w>{WHEN}</w></e></l>"
    toml = (
        "[read]\ncontainer = 'xml'\nrecords = ['e']\n[fields]\nmessage_id = '@id'\n"
        "recipient = 'to.m'\nevent = { value = 'x' }\ntime = 'w'"
    )
    assert events(text, toml) == [("m", "a", "x", 1), ("m", "b", "x", 1)]


def test_a_record_within_a_record_of_its_name_stands_for_itself() -> None:
    inner = f"<e id='2'><e>x</e><t>{WHEN}</t></e>"
    toml = (
        "[read]\ncontainer = 'xml'\nrecords = ['e', 'f']\n[fields]\nmessage_id = '@id'\n"
        "event = 'e'\ntime = 't'"
    )
    text = f"<l><f id='1'>{inner.replace('<e id', '<f id').replace('</t></e>', '</t></f>')}"
    text += f"\n<e>y</e><t>{WHEN}</t></f></l>"
    assert [row[0] + row[2] for row in events(text, toml)] == ["2x", "1y"]


# Lines and pairs --------------------------------------------------------------------------------


def test_lines_that_do_not_match() -> None:
    toml = (
        "[read]\ncontainer = 'lines'\nskip = '^boot'\ncomment = '#'\n"
        r"pattern = '^(?P<time>\S+) (?P<message_id>\w+) (?P<event>\w+)$'"
    )
    frame, notes = read(f"# log\n{WHEN} m x\nboot\nnoise\n", toml)
    assert frame["line"].to_list() == [2]
    assert notes.passed.counts == {"lines to skip": 1}
    assert notes.rejected.counts == {"a line of another form": 1}
    assert notes.records.read == 3


@pytest.mark.parametrize("container", ["lines", "pairs"])
def test_a_file_without_a_line_that_fits_is_refused(container: str) -> None:
    toml = f"[read]\ncontainer = '{container}'\npattern = '^(?P<time>[0-9]+) (?P<pairs>.*)'"
    with pytest.raises(
        LogError, match=r"^log:2: no line of the file is as the mapping says.*: no$"
    ):
        read("\nno\nnor\n", toml)


PAIR_LINES = {
    "quotes": ('[read]\ncontainer = "pairs"\n', f'id=m what="a b" when={WHEN}', "a b"),
    "pairs in quotes": (
        '[read]\ncontainer = "pairs"\n',
        f'note="what=no \\" what=no" id=m what=yes when={WHEN}',
        "yes",
    ),
    "the first of two": ('[read]\ncontainer = "pairs"\n', f"id=m what=1 what=2 when={WHEN}", "1"),
    "colons": (
        '[read]\ncontainer = "pairs"\nassign = ":"\nseparator = ","\n',
        f"id: m, what: a b , when: {WHEN}",
        "a b",
    ),
    "text before them": (
        '[read]\ncontainer = "pairs"\npattern = "^host: (?P<pairs>.*)"\n',
        f"host: id=m what=x when={WHEN}",
        "x",
    ),
}


@pytest.mark.parametrize(("toml", "line", "event"), PAIR_LINES.values(), ids=PAIR_LINES)
def test_pairs(toml: str, line: str, event: str) -> None:
    assert events(line, toml + PLAIN) == [("m", None, event, 1)]


UNREAD = {
    # [read] and [fields], text, what is passed over, what is not readable
    "no post of a form": ("[read]\ncontainer='form'\n", "?id=m&what=x\n", {}, "no post of a form"),
    "an empty list of entries": (
        "[read]\ncontainer='json'\n",
        '{"id": "m", "each": []}\n',
        {"an empty list of entries": 1},
        None,
    ),
}


@pytest.mark.parametrize(("toml", "text", "passed", "rejected"), UNREAD.values(), ids=UNREAD)
def test_records_that_give_no_event(
    toml: str, text: str, passed: dict[str, int], rejected: str | None
) -> None:
    each = (
        "each = ['each']\nevent = '.what'\ntime = '.when'"
        if passed
        else "event = 'what'\ntime = 'when'"
    )
    _, notes = read(text, f"{toml}[fields]\nmessage_id = 'id'\n{each}")
    assert notes.passed.counts == passed
    assert [*notes.rejected.counts] == [rejected] * (rejected is not None)


# XML --------------------------------------------------------------------------------------------

XML = {
    "a document type": ("<!DOCTYPE l><l/>", "log:1: a document type or an entity is declared"),
    "an entity": (
        '<!DOCTYPE l [<!ENTITY a "b">]><l>&a;</l>',
        "log:1: a document type or an entity is declared",
    ),
    "no XML": ("<l>\n<e></l>", "log:2: no XML: mismatched tag"),
    "cut off": ("<l><e>", "log:2: no XML: the document is cut off: it ends within an element"),
    "too deep": (f"<l><e>{'<a>' * 50}", "log:1: an element that is too deep, or too large"),
    "too large": (f"<l><e>{'<a/>' * 20_000}", "log:1: an element that is too deep, or too large"),
}


@pytest.mark.parametrize(("text", "message"), XML.values(), ids=XML)
def test_xml_that_is_not_read(text: str, message: str) -> None:
    with pytest.raises(LogError) as error:
        read(text, "[read]\ncontainer = 'xml'\nrecords = ['e']")
    assert str(error.value).startswith(message)


# Times ------------------------------------------------------------------------------------------

AT = 1_767_603_600  # 2026-01-05T09:00:00Z
NOTATIONS: dict[str, tuple[TimeNotation, object, int, str]] = {
    # notation, value, seconds since 1970, what is assumed
    "RFC 3339": (TimeNotation(), WHEN, AT, ""),
    "RFC 5322": (TimeNotation(), "Mon, 05 Jan 2026 10:00:00 +0100", AT, ""),
    "a zone by its name": (TimeNotation(), "Mon, 05 Jan 2026 09:00:00 GMT", AT, ""),
    "no zone": (TimeNotation(), "2026-01-05 10:00:00", AT, "zone"),
    "a zone that is given": (TimeNotation(zone="Asia/Tokyo"), "2026-01-05 18:00:00", AT, ""),
    "seconds": (TimeNotation(), str(AT), AT, "unit"),
    "milliseconds": (TimeNotation(), str(AT * 1000), AT, "unit"),
    "microseconds": (TimeNotation(), AT * 1_000_000, AT, "unit"),
    "nanoseconds": (TimeNotation(), str(AT * 1_000_000_000), AT, "unit"),
    "a unit that is given": (TimeNotation(unit="ms"), AT * 1000, AT, ""),
    "fractions": (TimeNotation(), f"{AT}.0", AT, "unit"),
    "digits of a date": (TimeNotation(), "20260105100000", AT, "zone"),
    "a format": (TimeNotation(("%d.%m.%Y %H:%M",)), "05.01.2026 10:00", AT, "zone"),
    "another format": (TimeNotation(("%Y", "%d/%m/%y %H:%M")), "05/01/26 10:00", AT, "zone"),
    "a date": (TimeNotation(("%d.%m.%Y",)), "05.01.2026", AT - 36_000, "zone"),
    "half a day": (TimeNotation(("%m/%d/%Y %I:%M %p",)), "01/05/2026 10:00 AM", AT, "zone"),
    "an offset": (TimeNotation(("%d.%m.%Y %H:%M %z",)), "05.01.2026 11:00 +0200", AT, ""),
    "a name of a zone": (TimeNotation(("%Y %m %d %H:%M %Z",)), "2026 01 05 04:00 EST", AT, ""),
    "a name behind ISO 8601": (TimeNotation(), "2026-01-05 09:00:00 UTC", AT, ""),
    "a name with an offset": (TimeNotation(), "2026-01-05 10:00:00 GMT+01:00", AT, ""),
    "a name with hours": (TimeNotation(), "2026-01-05 04:00 UTC-5", AT, ""),
    "a name of summer": (TimeNotation(), "2026-01-05 11:00:00 CEST", AT, ""),
    "a place": (TimeNotation(), "2026-01-05 18:00:00 Asia/Tokyo", AT, ""),
    "a place in brackets": (TimeNotation(), "2026-01-05T18:00:00[Asia/Tokyo]", AT, ""),
    "an offset and a place": (TimeNotation(), "2026-01-05T10:00+01:00[Europe/Paris]", AT, ""),
    "a name of mail": (TimeNotation(), "Mon, 05 Jan 2026 04:00:00 EST", AT, ""),
    "a name before the year": (TimeNotation(), "Mon Jan  5 10:00:00 CET 2026", AT, ""),
    "the afternoon": (TimeNotation(), "Jan 5, 2026 10:00 PM", AT + 43_200, "zone"),
    "midnight": (TimeNotation(), "2026-01-05 12:00:00 am UTC", AT - 32_400, ""),
    "digits of a date as a number": (TimeNotation(), 20260105100000, AT, "zone"),
    "fractions of a format": (
        TimeNotation(("%d.%m.%Y %H:%M:%S.%f", "%s")),
        "05.01.2026 10:00:00.000",
        AT,
        "zone",
    ),
}


@pytest.mark.parametrize("way", ["of", "values", "series"])
@pytest.mark.parametrize(
    ("notation", "value", "seconds", "assumed"), NOTATIONS.values(), ids=NOTATIONS
)
def test_times(notation: TimeNotation, value: Any, seconds: int, assumed: str, way: str) -> None:
    times = RecordTimes(notation, ZoneInfo("Europe/Berlin"))
    if way == "series":
        found: list[Any] | None = times.series(pl.Series([str(value)])).to_list()
    else:
        found = [times.of(value)] if way == "of" else times.values([value])
    assert found == [seconds * 1_000_000]
    assert "".join(times.assumed) == assumed


NO_TIMES: list[Any] = [
    *("", "soon", "0", "9" * 25, None, True, [], -5),
    *(20260105, "20260105", "2026010508", 202601050800, "46027.5", 46028),
    *("2026-01-05 08:00:00 EST", "2026-01-05T08:00:00Z junk", "2026-01-05T08:00:00 01:00"),
    *("2026-01-05 13:00:00 PM", "2026-01-05 08:00:00 No/Where", "Jan 5 08:00:00 junk"),
]


@pytest.mark.parametrize("value", NO_TIMES, ids=str)
def test_what_is_no_time(value: Any) -> None:
    times = RecordTimes(TimeNotation(), UTC, lambda _: 1)
    assert times.of(value) is None
    assert times.values([value]) is None
    assert not times.assumed


def test_a_number_that_is_no_time_in_the_unit_that_is_given() -> None:
    times = RecordTimes(TimeNotation(unit="s"), UTC)
    assert times.of(AT * 1000) is None
    assert times.series(pl.Series([str(AT), str(AT * 1000)])).to_list() == [AT * 1_000_000, None]


def test_numbers_of_several_units() -> None:
    times = RecordTimes(TimeNotation(), UTC)
    assert times.values([AT, AT * 1000]) == [AT * 1_000_000] * 2
    assert times.assumed == {"unit": "numbers are times in seconds and milliseconds, by their size"}


def test_a_clock_that_shows_a_time_twice_or_never() -> None:
    times = RecordTimes(TimeNotation(("%Y-%m-%d %H:%M",), zone="Europe/Berlin"), UTC)
    texts = pl.Series(["2026-10-25 02:30", "2026-03-29 02:30"])
    moments = [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)]
    found = times.series(texts).to_list()
    assert found == [int(moment.timestamp()) * 1_000_000 for moment in moments]
    assert ["set back" in times.doubts[time] for time in found] == [True, False]


@pytest.mark.parametrize("format_of_times", ["", "format = '%Y-%m-%d %H:%M:%S'\n"])
@pytest.mark.parametrize("junk", ["", "x,soon,e\n"], ids=["together", "one by one"])
def test_times_that_come_twice_or_never_are_doubtful(format_of_times: str, junk: str) -> None:
    toml = f"[fields]\nmessage_id='i'\ntime='t'\nevent='e'\n[time]\n{format_of_times}"
    text = (
        f"i,t,e\n{junk}1,2026-10-25 02:30:00,e\n2,2026-03-29 02:30:00,e\n3,2026-03-29 03:45:00,e\n"
    )
    frame, _ = read(text, f"{toml}zone='Europe/Berlin'")
    assert [(d or "")[-7:] for d in frame["doubt"]] == ["s taken", "forward", ""]


# Hostile files ------------------------------------------------------------------------------------

HOSTILE = {
    "quotes": '"' * 200_001 + "\n" + "a,b\n" * 1000,
    "pairs": "a=" * 100_000,
    "brackets": "[" * 100_000,
    "a form of many fields": "&".join(f"a{n}=1" for n in range(20_000)),
    "nulls": "\0" * 1000 + "\n\0,\0\n",
    "separators": ";" * 100_000 + "\n" + ";" * 100_000,
}


@pytest.mark.parametrize("toml", cases(toml for _, toml in WRITERS.values()), ids=cases(WRITERS))
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_do_no_harm(text: str, toml: str) -> None:
    with suppress(LogError):  # nothing in it is a record
        frame, notes = read(text, toml)
        assert frame.height == 0 or notes.records.read
