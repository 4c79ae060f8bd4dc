"""Nobody is named where recipients are pseudonyms: every command, reader, source and output.

The commands come from the command line itself, the readers from the registry of formats, the
outputs from the registry of suffixes: a new one without a sample, or a way to run it, fails here.
"""

import bz2
import gzip
import importlib.util
import inspect
import json
import lzma
import re
import sqlite3
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import click
import polars as pl
import pytest
import zstandard

from fsm.catalog import load_bare
from fsm.cli import command_group
from fsm.engine import replay
from fsm.logs.detect import CANONICAL
from fsm.logs.mapping.pseudonym import Pseudonyms, load_key
from fsm.logs.mapping.redact import Redaction
from fsm.logs.open import convert_logs, open_log
from fsm.logs.reading import ReadingOptions
from fsm.logs.summary import as_dict, summary_lines
from fsm.logs.write.process_mining import EVENT_LOGS, write_log
from fsm.logs.write.tables import SUFFIXES
from tests.command import Fsm, Result
from tests.depth import DEEP, cases
from tests.logs.store import store
from tests.telltale import ADDRESS, CSV, ID, POSTFIX, READERS, content, found_in, write_sample

FEW = ("csv", "postfix", "sendgrid")
"""A canonical log, one of lines and one of records; each reader alone has a test of its own."""
KEY = b"0123456789abcdef"
NAMES = command_group.list_commands(click.Context(command_group))
COMMANDS = {name: command_group.get_command(click.Context(command_group), name) for name in NAMES}
REDACTING = [
    name
    for name, command in COMMANDS.items()
    if command and any(option.name == "pseudonymise" for option in command.params)
]
READS_LOGS = re.compile(r"\b(?:LogOptions|Reading|open_log|convert_logs|open_log|Log\.of)\b")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with a key, and where outputs go."""
    (tmp_path / "key").write_bytes(KEY)
    (tmp_path / "out").mkdir()
    (tmp_path / "logs").mkdir()
    return tmp_path


def told(place: Path, *results: Result) -> set[str]:
    """What results and written files tell of the person."""
    texts = [result.out + result.err for result in results]
    return found_in("\n".join([*texts, content(place / "out")]))


# Readers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", cases(READERS))
def test_every_reader(form: str, tmp_path: Path) -> None:
    log = str(write_sample(form, tmp_path))

    def read(redaction: Redaction | None) -> tuple[set[str], int]:
        found = convert_logs(
            [log], None, ReadingOptions(year=2026, redaction=redaction), None, "none"
        )
        frames = [frame for used in (True, False) for frame in found.frames(machine_events=used)]
        notes = [str([*summary_lines(note), as_dict(note)]) for note in found.notes]
        texts = [frame.write_ndjson() for frame in frames] + notes
        return found_in("\n".join(texts)), sum(frame.height for frame in frames)

    clear, rows = read(None)
    assert rows
    assert {ADDRESS, "beeblebrox"} <= clear, "the search finds what there is"
    assert read(Redaction(KEY)) == (set(), rows)


@pytest.mark.parametrize("form", cases(READERS))
def test_figures_stay_the_same(form: str, tmp_path: Path) -> None:
    """Of the canonical sample one recipient is written in two ways: there it is one alone."""
    path = write_sample(form, tmp_path)
    if form in CANONICAL:
        pl.read_csv(CSV.encode()).with_columns(recipient=pl.lit(ADDRESS)).write_csv(path)
    modes = [load_bare("with-feedback"), load_bare("without-feedback")]
    events = {event for machine in modes for event in machine.events}

    def figures(redaction: Redaction | None) -> dict[str, object]:
        log = open_log([str(path)], options=ReadingOptions(year=2026, redaction=redaction))
        shown = replay(log, modes, companions=load_bare).as_dict()
        for name in ("files", "unknown_events"):  # their texts quote the log
            shown.pop(name, None)
        return shown

    assert figures(Redaction(KEY, events)) == figures(None)


# Commands and outputs ------------------------------------------------------------------------


RUNS: dict[str, Callable[[Path], list[list[object]]]] = {
    "replay": lambda out: [
        ["--status", out / "s.parquet", "--rejected", out / "r.csv", "--series", out / "t.csv"],
        ["--json", "--status", out / "s.csv.gz", "--rejected", out / "r.jsonl"],
    ],
    "explain": lambda _: [["--message", "4AAAA1"], ["--message", "4AAAA1", "--json"]],
    "conform": lambda _: [
        ["--machine", "with-feedback"],
        ["--machine", "with-feedback", "--json"],
        ["--machine", "with-feedback", "--message", "4AAAA1"],
    ],
    "discover": lambda out: [
        ["--machine", "with-feedback", "-o", out / "learnt.json", "--diagram", out / "learnt.dot"],
        ["--json"],
    ],
    "report": lambda out: [["-o", out / "report.html"]],
    "convert": lambda out: [["-o", out / "log.csv", "--beside", out / "beside.csv"], ["--json"]],
    "draw": lambda _: [[]],
}
"""How each command is run on logs: options of its own."""
WELL = {name: {0, 1} if name in ("conform", "discover") else {0} for name in RUNS}
"""The exit statuses of runs that did what they should: a log that does not fit is no fault."""


@pytest.mark.parametrize("name", REDACTING)
def test_every_command(name: str, place: Path, fsm: Fsm) -> None:
    logs = [write_sample(form, place / "logs") for form in (READERS if DEEP else FEW)]
    given = [part for log in logs for part in ("--counts", log)] if name == "draw" else logs
    before = ["with-feedback"] if name == "draw" else []
    for options in RUNS[name](place / "out"):
        result = fsm(name, *before, *given, *options, "--pseudonymise", place / "key")
        assert result.status in WELL[name]
        assert not told(place, result)


def test_commands_that_read_logs_take_the_option() -> None:
    modules = {name: import_module(f"fsm.cli.{name}") for name in NAMES}
    reading = [n for n, module in modules.items() if READS_LOGS.search(inspect.getsource(module))]
    assert sorted(reading) == sorted(REDACTING) == sorted(RUNS)


@pytest.mark.parametrize("suffix", cases([*SUFFIXES, *EVENT_LOGS]))
def test_every_suffix(suffix: str, place: Path) -> None:
    logs = [str(write_sample(form, place / "logs")) for form in FEW]
    for redaction, shown in ((None, True), (Redaction(KEY), False)):
        path = place / "out" / f"log{suffix}"
        write_log(convert_logs(logs, options=ReadingOptions(year=2026, redaction=redaction)), path)
        assert bool(told(place)) == shown


# Sources -------------------------------------------------------------------------------------

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.compress,
}


def pseudonyms(place: Path, fsm: Fsm, *given: object) -> set[str]:
    """Replay a log and return its recipients; nobody is named on the way."""
    table = place / "out" / "status.csv"
    result = fsm("replay", *given, "--pseudonymise", place / "key", "--status", table)
    assert (result.status, told(place, result)) == (0, set())
    return set(pl.read_csv(table)["recipient"])


def expected(*addresses: str) -> set[str]:
    return {Pseudonyms(KEY).of_recipient(address) for address in addresses}


@pytest.mark.parametrize("pack", PACKERS)
def test_packed_logs(pack: str, place: Path, fsm: Fsm) -> None:
    (place / "log").write_bytes(PACKERS[pack](CSV.encode()))
    assert pseudonyms(place, fsm, place / "log") == expected(ADDRESS)


def test_standard_input(place: Path, fsm: Fsm, monkeypatch: pytest.MonkeyPatch) -> None:
    with (write_sample("csv", place / "logs")).open() as pipe:
        monkeypatch.setattr("sys.stdin", pipe)
        assert pseudonyms(place, fsm, "-") == expected(ADDRESS)


@pytest.mark.parametrize("name", ["log.csv", "log.parquet"])
def test_remote_logs(name: str, place: Path, fsm: Fsm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    data = write_sample(name.partition(".")[2], place / "logs").read_bytes()
    with store({f"/{name}": data}) as running:
        assert pseudonyms(place, fsm, f"{running.address}/{name}") == expected(ADDRESS)


def test_a_query(place: Path, fsm: Fsm, monkeypatch: pytest.MonkeyPatch) -> None:
    if importlib.util.find_spec("adbc_driver_sqlite") is None:
        pytest.skip("no driver for databases is installed (the extra named sql)")
    connection = sqlite3.connect(place / "log.db")
    frame = pl.read_csv(CSV.encode(), infer_schema=False)
    connection.execute(f"CREATE TABLE log ({', '.join(frame.columns)})")
    marks = ", ".join("?" * frame.width)
    connection.executemany(f"INSERT INTO log VALUES ({marks})", frame.rows())
    connection.commit()
    connection.close()
    monkeypatch.setenv("FSM_DATABASE_URL", f"sqlite:///{place / 'log.db'}")
    assert pseudonyms(place, fsm, "--sql", "SELECT * FROM log") == expected(ADDRESS)
    query = f"SELECT * FROM log WHERE recipient = '{ADDRESS}'"
    page = place / "out" / "report.html"
    result = fsm("report", "--sql", query, "--pseudonymise", place / "key", "-o", page)
    assert (result.status, told(place, result)) == (0, set())
    for wrong in ("SELECT * FROM zaphod", f"SELECT json('{ADDRESS}')", "SELECT 1 AS zaphod"):
        result = fsm("replay", "--sql", wrong, "--pseudonymise", place / "key")
        assert (result.status, told(place, result)) == (2, set())


def test_a_maildir(place: Path, fsm: Fsm) -> None:
    for name in ("cur", "new"):
        (place / "mails" / name).mkdir(parents=True)
    mail = write_sample("mail", place / "logs").read_text()
    (place / "mails" / "new" / f"1.{ADDRESS}").write_text(mail)
    assert pseudonyms(place, fsm, place / "mails") == expected(ADDRESS)
    key = ("--pseudonymise", place / "key", "-o", place / "out" / "log.csv")
    assert not told(place, fsm("convert", place / "mails", *key))


@pytest.mark.parametrize("name", cases(REDACTING))
def test_the_names_of_files(name: str, place: Path, fsm: Fsm) -> None:
    """Nobody is named by them in a page, a table, a note or a command that is told."""
    folder = place / "logs" / ADDRESS
    folder.mkdir()
    (folder / f"1_{ADDRESS}.csv").write_text(CSV.replace(",", ";"))
    (folder / "mail.log").write_text(
        "2026-01-05T09:00:01+00:00 mx postfix/smtp[2]: 4AAAA1: "
        f"to=<{ADDRESS}>, relay=mx.example[192.0.2.7]:25, dsn=2.0.0, status=sent (250 2.0.0 OK)\n"
    )
    logs = [folder / f"1_{ADDRESS}.csv", folder / "mail.log"]
    given = [part for log in logs for part in ("--counts", log)] if name == "draw" else logs
    before = ["with-feedback"] if name == "draw" else []
    for options in RUNS[name](place / "out"):
        result = fsm(name, *before, *given, *options, "--pseudonymise", place / "key")
        assert result.status in WELL[name]
        assert not told(place, result)
    (folder / "empty.csv").write_text("")
    result = fsm("convert", folder / "*.csv", "--pseudonymise", place / "key")
    assert (result.status, told(place, result)) == (0, set())
    assert "empty.csv: empty" in result.err


def test_one_recipient_stays_one_in_every_source(place: Path, fsm: Fsm) -> None:
    """However it is written, and where the log was made pseudonymous before."""
    (place / "a.csv").write_text(
        "message_id,event,timestamp,recipient\n"
        f"4AAAA1,opened,2026-01-05T10:00:00Z,<{ADDRESS.title()}>\n"
        f'4AAAA1,opened,2026-01-05T10:00:00Z,"""Zaphod"" <{ADDRESS}>"\n'
        f"4AAAA1,opened,2026-01-05T10:00:00Z,mailto:{ADDRESS.upper()} \n"
    )
    (place / "b.log").write_text(POSTFIX)
    key = ("--pseudonymise", place / "key", "--year", 2026)
    fsm("convert", place / "b.log", *key, "-o", place / "c.csv")
    fsm("replay", place / "a.csv", place / "c.csv", *key, "--status", place / "out" / "s.csv")
    fsm("replay", place / "a.csv", place / "b.log", *key, "--status", place / "out" / "t.csv")
    tables = [pl.read_csv(place / "out" / name) for name in ("s.csv", "t.csv")]
    assert tables[0].sort("recipient").equals(tables[1].sort("recipient"))
    one = tables[0].filter(recipient=next(iter(expected(ADDRESS))))
    assert one["events"].to_list() == [5]


# What is asked and what is wrong ---------------------------------------------------------------


@pytest.mark.parametrize("form", ["csv", "postfix"])
def test_explain_takes_the_id_and_its_pseudonym(form: str, place: Path, fsm: Fsm) -> None:
    log = write_sample(form, place / "logs")
    name = ID if form == "csv" else "4AAAA1"
    key = ("--pseudonymise", place / "key")
    results = [
        fsm("explain", log, *key, "--message", given)
        for given in (name, Redaction(KEY).message(name))
    ]
    assert results[0] == results[1]
    assert results[0].status == 0
    assert "proof: " in results[0].out
    unknown = fsm("explain", log, *key, "--message", ADDRESS)
    assert (unknown.status, told(place, unknown)) == (2, set())
    assert "did you mean" not in unknown.err


HEAD = "message_id,event,timestamp,recipient"
WRONG = {
    "no header": f"{ADDRESS},relayed,2026-01-05T09:00:00Z\n",
    "no time": f"{HEAD}\nm1,relayed,{ADDRESS},a\n",
    "no id": f"{HEAD}\n,relayed,2026-01-05T09:00:00Z,{ADDRESS}\n",
    "no number": f"{HEAD},seq\nm1,relayed,2026-01-05T09:00:00Z,a,{ADDRESS}\n",
    "a field too many": f"{HEAD}\nm1,relayed,2026-01-05T09:00:00Z,a,{ADDRESS}\n",
    "a quote": f'{HEAD}\nm1,relayed,2026-01-05T09:00:00Z,"{ADDRESS}\n\n',
    "no JSON": f'{{"message_id":"m1","event":"relayed","timestamp":"2026"}}\n{{"{ADDRESS}"\n',
    "other JSON": f'{{"{ADDRESS}":"zaphod"}}\n',
    "no export": f"Email;Log status\n{ADDRESS};Failed\n",
    "damaged Parquet": f"PAR1 {ADDRESS} PAR1",
}


@pytest.mark.parametrize("command", ["replay", "convert"])
@pytest.mark.parametrize("wrong", WRONG)
def test_errors_do_not_quote_the_log(wrong: str, command: str, place: Path, fsm: Fsm) -> None:
    (place / "log").write_text(WRONG[wrong])
    output = ["-o", place / "out" / "log.jsonl"] if command == "convert" else []
    result = fsm(command, place / "log", *output, "--pseudonymise", place / "key")
    assert result.status == 2
    assert not told(place, result)


def test_an_export_whose_columns_nobody_knows(place: Path, fsm: Fsm) -> None:
    (place / "log").write_text(f"{ADDRESS};zaphod\n1;2\n")
    key = ("--pseudonymise", place / "key", "--format", "snapshot")
    result = fsm("replay", place / "log", *key)
    assert (result.status, told(place, result)) == (2, set())
    assert "there are: 2, whose names are not shown" in result.err


def test_an_unexpected_error_is_not_quoted(
    place: Path, fsm: Fsm, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError(ADDRESS)

    monkeypatch.setattr("fsm.logs.open.recognise", fail)
    log = write_sample("csv", place / "logs")
    assert found_in(fsm("replay", log).err)
    result = fsm("replay", log, "--pseudonymise", place / "key")
    assert (result.status, told(place, result)) == (2, set())
    assert "internal error: ValueError" in result.err


# Checkpoints ----------------------------------------------------------------------------------


def test_a_checkpoint_holds_no_name_and_goes_on(place: Path, fsm: Fsm) -> None:
    log = place / "log.csv"
    log.write_text(CSV)
    key = ("--pseudonymise", place / "key", "--checkpoint", place / "out" / "ck")
    first = fsm("replay", log, *key, "--json")
    assert (first.status, told(place, first)) == (0, set())
    again = fsm("replay", log, *key, "--json")
    with log.open("a") as file:
        file.write(f"{ID},opened,2026-01-05T09:00:04Z,{ADDRESS},zaphod,{ID}5,,,,\n")
    grown = fsm("replay", log, *key, "--status", place / "out" / "s.csv")
    assert (grown.status, told(place, grown)) == (0, set())
    assert json.loads(again.out)["machines"] == json.loads(first.out)["machines"]
    assert pl.read_csv(place / "out" / "s.csv").select("recipient", "events").rows() == [
        (next(iter(expected(ADDRESS))), 5)
    ]


@pytest.mark.parametrize(
    ("begun", "then", "said"),
    [
        (None, KEY, "begun without --pseudonymise"),
        (KEY, None, "begun with --pseudonymise"),
        (KEY, KEY[::-1], "begun with another key for --pseudonymise"),
    ],
    ids=["with no key", "with a key", "with another key"],
)
def test_a_checkpoint_of_another_key_is_refused(
    begun: bytes | None, then: bytes | None, said: str, place: Path, fsm: Fsm
) -> None:
    log = write_sample("csv", place / "logs")

    def run(key: bytes | None) -> Result:
        (place / "key").write_bytes(key or b"")
        option = ("--pseudonymise", place / "key") if key else ()
        return fsm("replay", log, *option, "--checkpoint", place / "ck")

    assert run(begun).status == 0
    before = content(place / "ck")
    result = run(then)
    assert (result.status, content(place / "ck")) == (2, before)
    assert said in result.err
    assert len(result.err.splitlines()) == 1


def test_a_log_that_a_checkpoint_does_not_know_is_converted_with_the_key(
    place: Path, fsm: Fsm
) -> None:
    log = write_sample("postfix", place / "logs")
    result = fsm("replay", log, "--pseudonymise", place / "key", "--checkpoint", place / "ck")
    assert result.status == 2
    assert "--pseudonymise KEY" in result.err


# Keys ------------------------------------------------------------------------------------------

KEYS = {
    "missing": (None, "No such file"),
    "empty": (b"", "this is 0"),
    "white space": (b" \n" * 20, "this is 0"),
    "too short": (b"fifteen letters", "this is 15"),
    "a whole disk": (b"x" * 70_000, "this is longer"),
}


@pytest.mark.parametrize(
    ("command", "name"),
    [
        *(("replay", name) for name in KEYS),
        *((command, "empty") for command in REDACTING if command != "replay"),
    ],
)
def test_a_key_that_is_none_is_said_in_one_line(
    command: str, name: str, place: Path, fsm: Fsm
) -> None:
    data, said = KEYS[name]
    if data is not None:
        (place / "bad").write_bytes(data)
    log = write_sample("csv", place / "logs")
    given = ["with-feedback", "--counts", log] if command == "draw" else [log]
    own = {"explain": ["--message", "m"], "conform": ["--machine", "with-feedback"]}
    more = own.get(command, [])
    result = fsm(command, *given, *more, "--pseudonymise", place / "bad")
    assert (result.status, result.out) == (2, "")
    assert len(result.err.splitlines()) == 1
    assert said in result.err


def test_a_key_may_be_in_the_environment(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "key").write_bytes(KEY + b"\n")
    monkeypatch.setenv("SECRET", KEY.decode())
    assert load_key(str(place / "key")) == load_key("env:SECRET") == KEY
