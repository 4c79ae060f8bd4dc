"""Exports of statuses: what the difference of two of them says, and what nobody can know."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsm.catalog import load_bare
from fsm.engine import replay
from fsm.errors import LogError
from fsm.logs.detect import guess
from fsm.logs.open import convert_logs, open_log
from fsm.logs.reading import ReadingOptions
from fsm.logs.snapshots import exports
from fsm.logs.snapshots.labels import STATUSES, load_labels
from fsm.logs.summary import summary_lines
from fsm.machine import Machine
from fsm.tables.words.lexicon_files import languages, load_lexicon
from fsm.trace import run
from tests.command import Fsm
from tests.depth import cases, samples

Seen: TypeAlias = tuple[str, str]
START = datetime(2026, 1, 5, 9, tzinfo=UTC)
HEADER = "Delivery log ID,Email,Log status,Failure reason"


def written(directory: Path, *texts: str) -> list[str]:
    """Write exports, an hour after the other, and return their names."""
    names = []
    for number, text in enumerate(texts):
        path = directory / f"log_2026-01-05_{9 + number:02}00.csv"
        path.write_text(text)
        names.append(str(path))
    return names


def of_one(*rows: Seen | None) -> list[str]:
    """Return exports of one message; where it is None, they have another one alone."""
    return [
        f"{HEADER}\n" + (f'1,a@x.example,{row[0]},"{row[1]}"\n' if row else "2,b@x.example,Sent,\n")
        for row in rows
    ]


def read(names: list[str], **choices: Any) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the rows of exports, and the lines of their summaries."""
    found = convert_logs(names, None, ReadingOptions(**choices))
    frames = [*found.frames(machine_events=True), *found.frames(machine_events=False)]
    summary = [line for note in found.notes for line in summary_lines(note)]
    return [row for frame in frames for row in frame.to_dicts()], summary


PENDING, SENT, FAILED = ("Pending", ""), ("Sent", ""), ("Failed", "")
HARD, SOFT, TAKEN = (
    ("Failed", "User unknown"),
    ("Failed", "Mailbox full"),
    ("Taken into account by the service provider", ""),
)
WITH, WITHOUT, TOLD = {"feedback": True}, {"feedback": False}, dict[str, bool]()
READINGS: dict[str, tuple[dict[str, bool], list[Seen], list[str], str]] = {
    # what is given; what one export after the other shows; the events; what is doubted
    "pending": (TOLD, [PENDING], ["relayed"], ""),
    "pending twice": (TOLD, [PENDING, PENDING], ["relayed"], ""),
    "then Sent": (TOLD, [PENDING, SENT], ["relayed", "delivered"], ""),
    "then hard": (TOLD, [PENDING, HARD], ["relayed", "hard_bounce"], ""),
    "then soft": (TOLD, [PENDING, SOFT], ["relayed", "soft_bounce"], ""),
    "a retry": (TOLD, [PENDING, SOFT, SENT], ["relayed", "soft_bounce", "retry_succeeded"], ""),
    "another soft reason": (
        TOLD,
        [PENDING, SOFT, ("Failed", "Invalid domain")],
        ["relayed", "soft_bounce", "soft_bounce"],
        "",
    ),
    "soft, then hard": (TOLD, [PENDING, SOFT, HARD], ["relayed", "soft_bounce", "hard_bounce"], ""),
    "no reason": (TOLD, [PENDING, FAILED], ["relayed", "soft_bounce"], "without a reason"),
    "no reason, and a retry": (
        TOLD,
        [PENDING, FAILED, SENT],
        ["relayed", "soft_bounce", "retry_succeeded"],
        "",
    ),
    "a late bounce": (
        TOLD,
        [PENDING, SENT, FAILED],
        ["relayed", "delivered", "hard_bounce"],
        "",
    ),
    "a late soft bounce": (
        TOLD,
        [PENDING, SENT, SOFT],
        ["relayed", "delivered", "hard_bounce"],
        "a soft reason after Sent",
    ),
    "Sent first, with": (WITH, [SENT], ["relayed", "delivered"], ""),
    "Sent first, without": (WITHOUT, [SENT], ["relayed"], ""),
    "Sent first, and nobody knows": (TOLD, [SENT], ["relayed"], "--feedback or --no-feedback"),
    "Failed hard, and nobody knows": (TOLD, [HARD], ["relayed", "hard_bounce"], ""),
    "Failed soft, and nobody knows": (TOLD, [SOFT], ["relayed", "retry_failed"], "may still"),
    "Sent after Failed tells": (
        TOLD,
        [SOFT, SENT],
        ["relayed", "soft_bounce", "retry_succeeded"],
        "",
    ),
    "without: given up": (WITHOUT, [SENT, SOFT], ["relayed", "retry_failed"], ""),
    "without: hard": (WITHOUT, [SENT, HARD], ["relayed", "hard_bounce"], ""),
    "without: a kind is not given": (
        WITHOUT,
        [SENT, FAILED],
        ["relayed", "hard_bounce"],
        "hard, or",
    ),
    "without: pending is nothing yet": (WITHOUT, [PENDING, SENT], ["relayed"], ""),
    "without: never back": (WITHOUT, [SENT, HARD, SENT], ["relayed", "hard_bounce"], "Sent after"),
    "taken": (TOLD, [TAKEN, SENT], ["relayed", "delivered"], ""),
    "taken, a reason, given up": (
        TOLD,
        [TAKEN, (TAKEN[0], "Unreachable"), SOFT],
        ["relayed", "soft_bounce", "retry_failed"],
        "",
    ),
    "taken: pending was before it": (TOLD, [PENDING, TAKEN], ["relayed"], ""),
    "a reason that rows without a failure have": (
        TOLD,
        [("Pending", "Not defined")],
        ["relayed"],
        "",
    ),
    "a reason with a code": (
        TOLD,
        [PENDING, ("Failed", "550 5.1.1 nobody of this name")],
        ["relayed", "hard_bounce"],
        "",
    ),
    "a reason for a status": (
        TOLD,
        [PENDING, ("User unknown", "")],
        ["relayed", "hard_bounce"],
        "",
    ),
    "never sent": (TOLD, [("Ignored", "Duplicate")], ["excluded"], ""),
    "to be sent": (TOLD, [("To send", "")], [], ""),
    "back to pending": (TOLD, [PENDING, SENT, PENDING], ["relayed", "delivered"], "leads back"),
    "back to pending, then Sent": (
        TOLD,
        [PENDING, SOFT, PENDING, SENT],
        ["relayed", "soft_bounce", "retry_succeeded"],
        "pending after failed",
    ),
    "delivered, it says": (TOLD, [SENT, ("Delivered", "")], ["relayed", "delivered"], "--feedback"),
}


@pytest.mark.parametrize(
    ("listed", "seen", "events", "doubt"), cases(READINGS.values()), ids=cases(READINGS)
)
def test_what_is_seen_and_what_it_says(
    tmp_path: Path, listed: dict[str, bool], seen: list[Seen], events: list[str], doubt: str
) -> None:
    rows, summary = read(written(tmp_path, *of_one(*seen)), **listed)
    assert [row["event"] for row in rows] == events
    doubts = [line for line in summary if " doubtful: " in line]
    assert bool(doubts) == bool(doubt)
    assert all(doubt in line for line in doubts[-1:])


def test_the_time_is_that_of_the_change_where_the_row_has_it(tmp_path: Path) -> None:
    texts = [
        "id,status,Last modified\n1,Pending,2026-01-05 08:30:00\n2,Pending,2026-01-05 08:30:00\n",
        "id,status,Last modified\n1,Sent,2026-01-05 09:40:00\n2,Sent,2026-01-05 08:30:00\n",
    ]
    rows, _ = read(written(tmp_path, *texts))
    times = {(row["message_id"], row["event"]): f"{row['timestamp']:%H:%M}" for row in rows}
    assert times == {
        ("1", "relayed"): "08:30",
        ("1", "delivered"): "09:40",
        ("2", "relayed"): "08:30",
        ("2", "delivered"): "10:00",  # the row's time is before the export that had it Pending
    }


MOMENTS: dict[str, tuple[str, str, str]] = {
    "in the name": ("log_20260105-0930.csv", "id,status\n1,Pending\n", "09:30"),
    "in a column": ("log.csv", "id,status,Export date\n1,Pending,2026-01-05T09:30:00Z\n", "09:30"),
    "the latest in it": ("log.csv", "id,status,date\n1,Pending,2026-01-05T09:30Z\n", "09:30"),
    "later than a date in the name": (
        "log_2026-01-05.csv",
        "id,status,date\n1,Pending,2026-01-05T09:30Z\n",
        "09:30",
    ),
    "not by a date to come": (
        "log_2026-01-05_0930.csv",
        "id,status,date\n1,Pending,2027-01-01T00:00Z\n",
        "09:30",
    ),
    "compact": ("log.csv", "id,status,date\n1,Pending,20260105093000\n", "09:30"),
    "as an epoch": ("log.csv", "id,status,date\n1,Pending,1767605400\n", "09:30"),
}


@pytest.mark.parametrize(("name", "text", "time"), MOMENTS.values(), ids=MOMENTS)
def test_when_an_export_was_made(tmp_path: Path, name: str, text: str, time: str) -> None:
    (tmp_path / name).write_text(text)
    ((row,), summary) = read([str(tmp_path / name)])
    assert f"{row['timestamp']:%H:%M}" == time
    assert any("exported 2026-01-05 09:30:00 UTC" in line for line in summary)


def test_the_user_says_when_exports_were_made(tmp_path: Path) -> None:
    for name, status in (("a.csv", "Sent"), ("b.csv", "Pending")):
        (tmp_path / name).write_text(f"id,status\n1,{status}\n")
    names = [str(tmp_path / name) for name in ("a.csv", "b.csv")]
    times = (START + timedelta(hours=1), START)
    rows, _ = read(names, exported=times)
    assert [row["event"] for row in rows] == ["relayed", "delivered"]
    with pytest.raises(LogError, match="1 times for 2 exports"):
        read(names, exported=times[:1])
    with pytest.raises(LogError, match="nothing tells when it was exported; put the time"):
        read(names)


@pytest.mark.parametrize("given", ["abc", "cab", "cba"])
def test_exports_of_one_time_are_taken_by_their_names(tmp_path: Path, given: str) -> None:
    for name, status in (("a", "Pending"), ("b", "Failed"), ("c", "Sent")):
        (tmp_path / f"{name}.csv").write_text(f"id,status\n1,{status}\n")
    names = [str(tmp_path / f"{name}.csv") for name in given]
    rows, _ = read(names, exported=(START,) * 3)
    ordered, _ = read(sorted(names), exported=(START,) * 3)
    assert [row["event"] for row in rows][-1] == "retry_succeeded"
    assert rows == ordered


def test_a_history_in_one_file_is_added_order(tmp_path: Path) -> None:
    """Every row has the time of its own change, as exports of changes have."""
    text = "id,status,date\n1,Sent,2026-01-05T09:05Z\n1,Pending,2026-01-05T09:01Z\n"
    (tmp_path / "history.csv").write_text(text)
    rows, summary = read([str(tmp_path / "history.csv")])
    listed = [(row["event"], f"{row['timestamp']:%H:%M}", row["line"]) for row in rows]
    assert listed == [("relayed", "09:01", 3), ("delivered", "09:05", 2)]
    assert not any("doubtful" in line for line in summary)


COUNTED: dict[str, tuple[list[str], str]] = {
    "an unknown status": (
        ["id,status\n1,Levitating\n2,Pending\n"],
        "unmapped): status Levitating (1, first at ",
    ),
    "an unknown reason": (
        ["id,status,reason\n1,Pending,\n2,Failed,Mercury\n"],
        "unmapped): reason Mercury (1, first at ",
    ),
    "no status": (["id,status\n1,\n2,Pending\n"], "not readable: a row without a status (1, "),
    "no id": (["id,status\n,Pending\n2,Pending\n"], "a row without an id and an address (1, "),
    "too many fields": (["id,status\n1,Sent,x\n2,Pending\n"], "more fields than there are headers"),
    "no time": (["id,status,date\n2,Pending,31.12.2026\n"], "time 31.12.2026 (time_format in"),
    "twice": (["id,status\n1,Sent\n1,Pending\n"], "more than one row of a message; the last"),
    "lost": (
        ["id,status\n1,Pending\n2,Pending\n", "id,status\n2,Sent\n"],
        "1 of the messages before are not in it, the first of them ",
    ),
    "no object": (['{"id":1,"status":"Pending"}\n[]\n'], "not a JSON object (1, first at "),
}


@pytest.mark.parametrize(("texts", "line"), COUNTED.values(), ids=COUNTED)
def test_nothing_is_dropped_in_silence(tmp_path: Path, texts: list[str], line: str) -> None:
    rows, summary = read(written(tmp_path, *texts))
    assert any(line in text for text in summary), summary
    assert rows[0]["event"] == "relayed"


def test_an_export_without_addresses_is_of_the_same_messages(tmp_path: Path) -> None:
    texts = ["id,email,status\n1,a@x.example,Pending\n", "id,status\n1,Sent\n"]
    rows, _ = read(written(tmp_path, *texts))
    listed = [(row["message_id"], row["recipient"], row["event"]) for row in rows]
    assert listed == [("1", "a@x.example", "relayed"), ("1", "a@x.example", "delivered")]


def test_a_message_to_several_is_several(tmp_path: Path) -> None:
    header = "id,email,status\n"
    texts = [f"{header}1,a@x,Pending\n1,b@x,Pending\n", f"{header}1,a@x,Sent\n1,b@x,Failed\n"]
    rows, _ = read(written(tmp_path, *texts))
    events = [(row["recipient"], row["event"]) for row in rows]
    assert events[2:] == [("a@x", "delivered"), ("b@x", "soft_bounce")]


def test_what_is_lost_is_recognised_for_each_delivery(tmp_path: Path) -> None:
    header = "id,delivery,status\n"
    texts = [
        f"{header}1,A,Pending\n2,A,Pending\n3,B,Sent\n",
        f"{header}1,A,Sent\n",
        f"{header}9,C,Sent\n",
    ]
    _, summary = read(written(tmp_path, *texts))
    lost = [line for line in summary if "not in it" in line]
    assert len(lost) == 1
    assert "0900.csv:3" in lost[0]


LANGUAGES = {
    "en": ("Pending", "Sent", "Failed"),
    "fr": ("En attente", "Envoyé", "En échec"),
    "de": ("Ausstehend", "Gesendet", "Fehlgeschlagen"),
    "es": ("Pendiente", "Enviado", "Error"),
    "it": ("In sospeso", "Inviato", "Operazione non riuscita"),
    "pt": ("Pendente", "Enviado", "Falha"),
    "nl": ("In behandeling", "Verzonden", "Mislukt"),
    "sv": ("Väntande", "Skickat", "Misslyckades"),
    "ja": ("保留中", "送信済み", "失敗"),
    "ko": ("보류 중", "보냄", "실패"),
    "zh-Hans": ("待处理", "已发送", "失败"),
    "zh-Hant": ("待處理", "已傳送", "失敗"),
}


@pytest.mark.parametrize("labels", LANGUAGES.values(), ids=LANGUAGES)
def test_the_published_languages(labels: tuple[str, str, str]) -> None:
    known = load_labels().statuses
    assert [known[label.casefold()] for label in labels] == ["pending", "sent", "failed"]


@pytest.mark.parametrize("language", languages())
def test_labels_of_pages_mean_here_what_they_mean_there(language: str) -> None:
    known = load_labels().statuses
    for label, status in load_lexicon(language).statuses.items():
        if status in ("Pending", "Sent", "Failed"):
            assert known[label] == status.lower()
    assert set(known.values()) <= set(STATUSES)


SHAPES = {
    "semicolons": "Email;Log status\na@x.example;Pending\n",
    "tabs": "Email\tLog status\na@x.example\tPending\n",
    "byte order mark": "\ufeffEmail,Log status\na@x.example,Pending\n",
    "Latin 1": "Adresse;\xc9tat\na@x.example;Pending\n",
    "line ends in quotes": 'Email,Name,Log status\n"a@x.example","a\n""b""",Pending\n',
    "JSON": '{"@email": "a@x.example", "@status": "Pending"}\n',
    "camel case": '{"recipientEmail": "a@x.example", "logStatus": "Pending"}\n',
}


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_shapes_of_exports(tmp_path: Path, text: str) -> None:
    path = tmp_path / "log_2026-01-05.csv"
    path.write_bytes(text.encode("latin-1" if "\xc9" in text else "utf-8"))
    ((row,), summary) = read([str(path)])
    assert (row["event"], row["recipient"], row["line"]) == (
        "relayed",
        "a@x.example",
        2 - ("{" in text),
    )
    assert "read as snapshot (its " in summary[0]
    assert any("address and delivery stand for it" in line for line in summary)
    assert row["message_id"] == "a@x.example"


OWN = """
time_format = "%d.%m.%Y %H:%M"
feedback = true
[columns]
message_id = "Nr"
status = ["Wie es steht"]
changed = "Wann"
[statuses]
waiting = ["In der Luft"]
sent = "Da"
[reasons]
"Umgezogen" = { kind = "hard", fault = "address" }
"""


def test_columns_and_labels_of_ones_own(tmp_path: Path) -> None:
    labels = tmp_path / "own.toml"
    labels.write_text(OWN)
    text = (
        "Nr;Wie es steht;Grund;Wann\n1;Da;;05.01.2026 08:15\n2;In der Luft;;\n3;Failed;Umgezogen;\n"
    )
    rows, message = read(written(tmp_path, text), labels=str(labels))
    listed = [(row["message_id"], row["event"], row["fault"]) for row in rows if row["seq"] is None]
    assert listed == [("1", "delivered", None), ("3", "hard_bounce", "address")]
    assert f"{rows[0]['timestamp']:%H:%M}" == "08:15"
    assert "its header names Nr and a status, Wie es steht" in message[0]


WRONG = {
    "no TOML": ("[columns", "not readable as TOML"),
    "a section": (
        "[colours]\n",
        "no 'colours'; did you mean 'columns'? There are: kind, columns, statuses",
    ),
    "a role": ('[columns]\nshoe = "x"\n', "columns: no 'shoe'; there are: message_id"),
    "a status": ('[statuses]\nlost = "x"\n', "statuses: no 'lost'; there are: waiting"),
    "a number": ("[statuses]\nsent = 1\n", "statuses: sent: labels are texts"),
    "no table": ("statuses = 1\n", "statuses is no table"),
    "a kind": (
        '[reasons]\nx = { kind = "odd" }\n',
        "reasons: x: kind is one of hard, soft, unsaid",
    ),
    "no reason": ("[reasons]\nx = 1\n", "reasons: x: no table"),
    "a fact": ("[reasons]\nx = { colour = 1 }\n", "reasons: x: no 'colour'"),
    "the service": ('feedback = "on"\n', "feedback is true or false, not 'on'"),
    "a format": ("time_format = 1\n", "time_format is no text"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_wrong_labels_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "own.toml").write_text(text)
    with pytest.raises(LogError) as error:
        load_labels(str(tmp_path / "own.toml"))
    assert str(error.value).startswith(f"{tmp_path / 'own.toml'}: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_labels_are_read_anew_when_their_file_has_changed(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    for label in ("under way", "gone out"):
        own.write_text(f'[statuses]\nsent = ["{label}"]\n')
        assert load_labels(str(own)).statuses[label] == "sent"
    assert "under way" not in load_labels(str(own)).statuses


REFUSED = {
    "no status": ("id,colour\n1,red\n", ":1: no column is known as status; there are: id, colour"),
    "no message": (
        "colour,status\nred,Sent\n",
        ":1: no column is known as message_id or recipient",
    ),
    "a quote": ('id,status\n1,"Sent\n' + "x\n" * 1200, ":2: a quote that is never closed"),
    "later": ('{"id":1,"status":"Sent"}\n{"id":1}\n', ":2: no column is known as status"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_export(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "log_2026-01-05.csv"
    path.write_text(text)
    with pytest.raises(LogError) as error:
        open_log([str(path)], log_format="snapshot")
    assert str(error.value).startswith(str(path) + message)


GUESSES = {
    "message_id,event,timestamp,status": "csv",
    "message_id;event;timestamp;status": "csv",
    "message_id,event,time": "csv",
    "Email,Status": "snapshot",
    "type,timeLogged,rcpt,dsnStatus": "powermta",
}


@pytest.mark.parametrize(("header", "form"), GUESSES.items(), ids=GUESSES)
def test_headers_tell(header: str, form: str) -> None:
    found = guess(f"{header}\n".encode())
    assert found is not None
    assert found.format == form


@pytest.mark.parametrize("header", ["case_id,activity,timestamp", "status,count", "event"])
def test_headers_of_nobody(header: str) -> None:
    assert guess(f"{header}\n".encode()) is None


def test_a_missing_labels_file_is_one_line(fsm: Fsm, sample: Path) -> None:
    result = fsm("replay", sample, "--labels", "nowhere.toml")
    assert (result.status, result.err) == (2, "fsm: nowhere.toml: No such file or directory\n")


def test_the_command_line_takes_what_the_user_knows(fsm: Fsm, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('[statuses]\nsent = "Off it went"\n')
    (tmp_path / "a.csv").write_text("id,status\n1,Off it went\n")
    options = ("--labels", tmp_path / "own.toml", "--exported", "2026-01-05T09:00:00Z")
    for more, events in (("--feedback", ["relayed", "delivered"]), ("--no-feedback", ["relayed"])):
        result = fsm("convert", tmp_path / "a.csv", *options, more)
        rows = csv.DictReader(io.StringIO(result.out))
        assert [(row["event"], row["timestamp"]) for row in rows] == [
            (event, "2026-01-05T09:00:00Z") for event in events
        ]
    result = fsm("replay", tmp_path / "a.csv", *options[:2])
    assert (result.status, result.out) == (2, "")
    assert "nothing tells when it was exported" in result.err


# The law: what is exported of a machine's run, read back, has the statuses that were exported ------

REASONS = {
    "hard_bounced": "User unknown",
    "retrying": "Mailbox full",
    "retries_exhausted": "Mailbox full",
}


@st.composite
def traces(draw: st.DrawFn, machine: Machine) -> list[tuple[int, str]]:
    """Draw events that a machine accepts, each with the minute in which it happens."""
    state, minute, trace = machine.initial, 0, []
    for _ in range(draw(st.integers(0, 5))):
        events = [event for event in machine.events if machine.step(state, event)]
        if not events:
            break
        event = draw(st.sampled_from(events))
        minute += draw(st.integers(1, 90))
        trace.append((minute, event))
        step = machine.step(state, event)
        assert step is not None
        state = step.target
    return trace


def state_at(machine: Machine, trace: list[tuple[int, str]], minute: int) -> str:
    steps = run(machine, [event for at, event in trace if at <= minute])
    return steps[-1].after if steps else machine.initial


@pytest.mark.parametrize("name", ["with-feedback", "without-feedback"])
@settings(max_examples=samples(30))
@given(data=st.data())
def test_statuses_come_back(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    machine = load_bare(name)
    messages = data.draw(st.lists(traces(machine), min_size=1, max_size=4))
    minutes = sorted(data.draw(st.sets(st.integers(1, 300), min_size=1, max_size=4)))
    directory = tmp_path_factory.mktemp("exports")
    names = []
    for minute in minutes:
        text = io.StringIO()
        out = csv.writer(text)
        out.writerow(HEADER.split(","))
        for number, trace in enumerate(messages):
            state = state_at(machine, trace, minute)
            status = machine.status(state) or "To send"
            out.writerow([number, f"{number}@x.example", status, REASONS.get(state, "")])
        when = START + timedelta(minutes=minute)
        path = directory / f"log_{when:%Y-%m-%d_%H%M}.csv"
        path.write_text(text.getvalue())
        names.append(str(path))
    choices = ReadingOptions(feedback=name == "with-feedback")
    shuffled = data.draw(st.permutations(names))
    log = open_log(shuffled, options=choices)
    for minute in minutes:
        found = replay(log, [machine], as_of=START + timedelta(minutes=minute), oracle=False)
        shown = [machine.status(state_at(machine, trace, minute)) for trace in messages]
        counts = found.machines[name].statuses
        assert counts == {label: shown.count(label) for label in counts}
        assert found.rejected == 0


OF_STATUSES = """
[columns]
status = "{mode}-feedback.status"
reason = "{mode}-feedback.state"
changed = "last_timestamp"
[reasons]
retrying = {{ kind = "soft" }}
retries_exhausted = {{ kind = "soft" }}
hard_bounced = {{ kind = "hard" }}
awaiting = {{ blank = true }}
delivered = {{ blank = true }}
"""
NEWSLETTER = {
    "with": {"Pending": 0, "Sent": 7_841, "Failed": 1_425},
    "without": {"Sent": 8_030, "Failed": 1_236},
}


@pytest.mark.parametrize("mode", NEWSLETTER)
def test_the_newsletter_by_its_exports(fsm: Fsm, corpus: Path, tmp_path: Path, mode: str) -> None:
    """What the replay of a real log shows at three times, read back, ends in the same statuses."""
    log = corpus / "logs/newsletter-2013.csv.gz"
    mapping = ("--column", "message_id=case_id", "--column", "event=activity")
    machine = ("--machine", f"{mode}-feedback", "--no-oracle")
    names = []
    for time in ("2013-06-10T12:00:00", "2013-06-10T20:00:00", "2013-06-11T09:30:00"):
        names.append(tmp_path / f"log.{time.replace(':', '-')}.csv")
        fsm("replay", log, *mapping, *machine, "--as-of", f"{time}Z", "--status", names[-1])
    labels = tmp_path / "labels.toml"
    labels.write_text(OF_STATUSES.format(mode=mode))
    listed = ("--labels", labels, "--feedback" if mode == "with" else "--no-feedback")
    facts = json.loads(fsm("replay", *names, *listed, *machine, "--json").out)
    assert (facts["messages"], facts["rejected"]) == (9_266, 0)
    assert facts["machines"][f"{mode}-feedback"]["statuses"] == NEWSLETTER[mode]


def test_parts_of_the_messages_give_the_same_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"{n},{n}@x.example,{'Pending' if n % 3 else 'Sent'},\n" for n in range(200)]
    later = [f"{n},{n}@x.example,{'Sent' if n % 2 else 'Failed'},\n" for n in range(200)]
    names = written(tmp_path, HEADER + "\n" + "".join(rows), HEADER + "\n" + "".join(later))
    whole, summary = read(names)
    monkeypatch.setattr(exports, "_ROWS", 37)
    parts, also = read(names)
    key = ["message_id", "timestamp", "event"]
    assert sorted(whole, key=lambda r: [r[k] for k in key]) == sorted(
        parts, key=lambda r: [r[k] for k in key]
    )
    assert summary == also
