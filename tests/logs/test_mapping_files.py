"""Mapping files: every mistake is one line with its place, and every entry does what it says."""

from pathlib import Path

import pytest

from fsm.errors import LogError
from fsm.logs.mapping.event_mapping import Format
from fsm.logs.mapping.mapping_file import parse_mapping, read_mapping
from fsm.logs.mapping.own_mappings import named_mappings, project_mappings
from fsm.logs.mapping.record_layout import FieldSource

MAP = 'kind = "mapping"\n'

MISTAKES = {
    "no kind": ('title = "t"', '1: a mapping begins with the line kind = "mapping"'),
    "a section misspelt": (f"{MAP}[feilds]", "2: no entry 'feilds'; did you mean 'fields'?"),
    "an entry misspelt": (
        f'{MAP}[read]\ncontaner = "csv"',
        "3: no entry 'contaner' in [read]; did you mean 'container'?",
    ),
    "no such container": (
        f'{MAP}[read]\ncontainer = "cvs"',
        "3: no container 'cvs'; there are: csv, json",
    ),
    "a section in one line": (f"{MAP}read = 3", "2: write [read] on a line of its own"),
    "lines without a pattern": (
        f'{MAP}[read]\ncontainer = "lines"',
        "3: lines need a pattern, the regular expression of a line",
    ),
    "a pattern elsewhere": (
        f"{MAP}[read]\npattern = '(?P<id>a)'",
        '3: a pattern needs container = "lines"',
    ),
    "a look-ahead": (
        f"{MAP}[read]\ncontainer = 'lines'\npattern = '(?P<id>a)(?=b)'",
        "4: pattern is no regular expression as Rust writes them: look-around",
    ),
    "a bracket left open": (
        f"{MAP}[read]\nskip = '(a'",
        "3: skip is no regular expression as Rust writes them: unclosed group",
    ),
    "an expression that grows": (
        f"{MAP}[read]\ncontainer = 'lines'\npattern = '(?P<id>(a{{1000}}){{1000}})'",
        "4: pattern is no regular expression",
    ),
    "a pattern without groups": (
        f"{MAP}[read]\ncontainer = 'lines'\npattern = 'a'",
        "4: no named group in pattern; write (?P<time>...)",
    ),
    "xml without elements": (f"{MAP}[read]\ncontainer = 'xml'", "3: xml needs records"),
    "a wide separator": (
        f"{MAP}[read]\ncontainer = 'csv'\nseparator = '||'",
        "4: one character separates the fields of CSV, not '||'",
    ),
    "no such encoding": (
        f"{MAP}[read]\nencoding = 'latin-99'",
        "3: no encoding 'latin-99'; write for example latin-1",
    ),
    "no such field": (
        f"{MAP}[fields]\nmesage_id = 'a'",
        "3: no field 'mesage_id' in [fields]; did you mean 'message_id'",
    ),
    "a number for a column": (
        f"{MAP}[fields]\nmessage_id = 3",
        '3: write message_id = "a column or path", a list of them, { join = ["one", "another"] }',
    ),
    "a field of an entry without a list": (
        f"{MAP}[fields]\nrecipient = '.mail'",
        "3: a path that begins with a dot is in an entry of the list `each`",
    ),
    "a format without a year": (
        f"{MAP}[time]\nformat = '%d.%m. %H:%M'",
        "3: '%d.%m. %H:%M' is no format of times: it has no year",
    ),
    "a format without signs": (f"{MAP}[time]\nformat = 'DD.MM.YYYY'", "3: 'DD.MM.YYYY' is no"),
    "no such unit of time": (f"{MAP}[time]\nunit = 'sec'", "3: no unit of time 'sec'; there are"),
    "no such zone": (
        f"{MAP}[time]\nzone = 'Berlin'",
        "3: 'Berlin' is not a time zone; write for example Europe/Paris",
    ),
    "an event that is a number": (f"{MAP}[events]\nok = 3", '3: write "ok" = "an event"'),
    "an event without a name": (f"{MAP}[events]\nok = {{ fault = 'policy' }}", "3: write"),
    "no such fact": (
        f"{MAP}[events]\nok = {{ event = 'a', faut = 'policy' }}",
        "3: no entry 'faut' in [events]; did you mean 'fault'?",
    ),
    "no such fault": (
        f"{MAP}[events]\nok = {{ event = 'a', fault = 'polcy' }}",
        "3: no fault 'polcy'; did you mean 'policy'?",
    ),
    "another kind of file": ('kind = "lexicon"\nlanguage = "nl"', " a lexicon, not a mapping"),
    "no TOML": ("kind =", " not readable as TOML"),
}


@pytest.mark.parametrize(("text", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_has_its_line(text: str, message: str) -> None:
    with pytest.raises(LogError) as error:
        parse_mapping(text, "my.toml")
    assert str(error.value).startswith(f"my.toml:{message}")
    assert "\n" not in str(error.value)


def form(text: str) -> Format:
    return parse_mapping(MAP + text, "my.toml")


MEANINGS = {
    # entries of [events], native event, event
    "as it stands": ("", "Create Fine", "Create Fine"),
    "exactly": ('"Create Fine" = "create_fine"', "Create Fine", "create_fine"),
    "in other letters": ('"Create Fine" = "create_fine"', "create  FINE ", "create_fine"),
    "exactly before other letters": ('ok = "a"\nOK = "b"', "OK", "b"),
    "the longest path": ('f = "a"\n"f/p" = "b"', "f/p/old", "b"),
    "the longest path in other letters": ('f = "a"\n"F/P" = "b"', "f/p/old", "b"),
    "every other one": ('ok = "a"\n"*" = "nothing"', "else", "nothing"),
    "unknown": ('ok = "a"', "else", None),
    "nothing at all": ("", "", None),
}


@pytest.mark.parametrize(("entries", "native", "event"), MEANINGS.values(), ids=MEANINGS)
def test_what_a_native_event_means(entries: str, native: str, event: str | None) -> None:
    meaning = form(f"[events]\n{entries}" if entries else "").meaning(native)
    assert (meaning.event if meaning else None) == event


def test_usual_names_need_not_be_given() -> None:
    sources = form("").layout.fields
    assert {name: own[0].paths[0] for name, own in sources.items()} == {
        **dict.fromkeys(("message_id", "event"), ""),
        **{name: name for name in ("message_id", "event", "recipient", "delivery_id", "event_id")},
        "time": "timestamp",
    }


def test_named_groups_are_fields() -> None:
    text = "[read]\ncontainer = 'lines'\npattern = '(?P<time>a) (?P<reply>b) (?P<other>c)'"
    fields = form(text).layout.fields
    assert (fields["time"], fields["reply"]) == (
        (FieldSource(("time",)),),
        (FieldSource(("reply",)),),
    )
    assert "other" not in fields


KINDS = {
    "columns": ("[fields]\nmessage_id = 'id'\ntime = 'when'", "columns"),
    "more than columns": ("[fields]\nmessage_id = ['id', 'name']", "formats"),
    "a code, which canonical logs do not have": ("[fields]\ncode = 'code'", "formats"),
    "events": ("[events]\nok = 'delivered'", "events"),
    "columns and events": ("[fields]\nmessage_id = 'id'\n[events]\nok = 'delivered'", "formats"),
    "a container": ("[read]\ncontainer = 'csv'", "formats"),
}


@pytest.mark.parametrize(("text", "kind"), KINDS.values(), ids=KINDS)
def test_what_a_file_gives(text: str, kind: str, tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text(MAP + text)
    given = named_mappings([str(tmp_path / "my.toml")])
    assert [name for name in ("formats", "columns", "events") if getattr(given, name)] == [kind]


def test_columns_by_a_file(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text(f"{MAP}[fields]\nmessage_id = 'id'\ntime = 'when'")
    assert named_mappings([str(tmp_path / "my.toml")]).columns == {
        "message_id": "id",
        "timestamp": "when",
    }


def test_a_file_of_labels_is_one_too(tmp_path: Path) -> None:
    (tmp_path / "labels.toml").write_text('kind = "labels"\n')
    path = str(tmp_path / "labels.toml")
    assert named_mappings([path]).labels == path


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "my.toml").write_text(f"{MAP}[read]\ncontainer = 'csv'")
    with pytest.raises(LogError, match=r"two mappings are named my\.toml"):
        named_mappings([str(tmp_path / folder / "my.toml") for folder in ("a", "b")])


def test_the_mappings_of_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert project_mappings() == ()
    (tmp_path / "fsm.toml").write_text('kind = "settings"\nmappings = ["*s.toml"]')
    (tmp_path / "parcels.toml").write_text(f"{MAP}[read]\ncontainer = 'csv'")
    assert [own.name for own in project_mappings()] == ["parcels.toml"]


def test_the_name_of_an_own_mapping_is_that_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "sendgrid.toml").write_text(MAP)
    assert read_mapping(tmp_path / "sendgrid.toml").name == "sendgrid.toml"
