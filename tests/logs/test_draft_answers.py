"""Answers to the questions of drafts of logs: as options, one by one, and in the file."""

import io
import json
import sys
from pathlib import Path

import pytest

from fsm.errors import LogError
from fsm.logs.mapping.own_mappings import named_mappings
from tests.command import Fsm
from tests.logs.test_draft_log import HEADER, SOFT, UNKNOWN, drafted, ordered, written


def test_an_answer_takes_the_place_of_a_question_and_of_a_guess(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + SOFT.format(1, "a@x.example"))
    draft = drafted(
        path,
        None,
        {
            "events.soft bounce": "retry_failed",
            "time.zone": "Europe/Paris",
            "fields.recipient": "id",
        },
    )
    assert not draft.questions
    assert draft.events[0].event == "retry_failed"
    assert draft.time["zone"] == "Europe/Paris"
    assert draft.fields["recipient"] == "id"


def test_an_open_question_stops_whoever_reads_the_mapping(tmp_path: Path) -> None:
    draft = drafted(written(tmp_path, HEADER + SOFT.format(1, "a@x.example")))
    mapping = written(tmp_path, draft.toml(), "my.toml")
    with pytest.raises(LogError, match=r"my.toml:\d+: events.soft bounce is not answered"):
        named_mappings([str(mapping)])


WRONG_ANSWERS = {
    "no-such-field": ({"fields.event": "stattus"}, "no field 'stattus'; did you mean 'status'"),
    "no-such-event": ({"events.placed": "plce"}, "no event 'plce'; did you mean 'place'"),
    "no-format": ({"time.format": "%d/%Q"}, "reads none of the times in at"),
    "a-format-of-other-times": ({"time.format": "%m/%d/%Y"}, "reads none of the times in at"),
    "no-zone": ({"time.zone": "Berlin"}, "'Berlin' is no time zone"),
}


@pytest.mark.parametrize(("answers", "message"), WRONG_ANSWERS.values(), ids=WRONG_ANSWERS)
def test_answers_that_cannot_be_are_refused_by_name(
    tmp_path: Path, answers: dict[str, str], message: str
) -> None:
    rows = "N1,placed,2026-01-05T08:00:00Z\nN1,paid,2026-01-05T09:00:00Z\n"
    with pytest.raises(LogError, match=f"--answer {next(iter(answers))}: .*{message}"):
        ordered(tmp_path, f"order,status,at\n{rows}", answers)


def test_a_field_of_unknown_times_is_read_by_the_format_that_is_given(tmp_path: Path) -> None:
    rows = 'N1,placed,"05.01.2026, 08:00 Uhr"\nN1,paid,"05.01.2026, 09:00 Uhr"\n'
    text = f"order,status,Zeitpunkt\n{rows}"
    given = {"fields.time": "Zeitpunkt"}
    asked = ordered(tmp_path, text, given)
    assert [question.key for question in asked.questions] == ["time.format"]
    given["time.format"] = "%d.%m.%Y, %H:%M Uhr"
    assert ordered(tmp_path, text, given).time == {"format": given["time.format"]}


def test_the_command_drafts_asks_and_takes_answers(
    fsm: Fsm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, HEADER + SOFT.format(1, "a@x.example"))
    first = fsm("draft", "log.csv", "-o", "my.toml")
    assert (first.status, first.err) == (0, "fsm: 1 question to answer in my.toml\n")
    again = fsm("draft", "log.csv", "-o", "my.toml")
    assert "exists and may hold answers" in again.err
    wrong = fsm("draft", "log.csv", "--answer", "events.softbounce=nothing")
    assert "did you mean 'events.soft bounce'" in wrong.err
    given = fsm("draft", "log.csv", "--answer", "events.soft bounce=nothing", "--json")
    assert json.loads(given.out)["events"][0]["event"] == "nothing"


def test_logs_of_other_forms_are_refused_by_name(
    fsm: Fsm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "id,event,time\n1,placed,2026-01-05T08:00:00Z\n", "a.csv")
    written(tmp_path, "no;what;when\n1;placed;2026-01-05T08:00:00Z\n", "b.csv")
    written(tmp_path, '{"id":1,"event":"placed","time":"2026-01-05T08:00:00Z"}\n', "c.jsonl")
    assert "b.csv: not of the form of a.csv" in fsm("draft", "a.csv", "b.csv").err
    assert "c.jsonl: read as json, a.csv as csv" in fsm("draft", "a.csv", "c.jsonl").err


def test_own_mappings_are_listed_beside_those_of_the_package(
    fsm: Fsm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    parcels = drafted(UNKNOWN / "parcels_german.csv", "parcel.json").toml()
    written(tmp_path, parcels, "parcels.toml")
    written(tmp_path, parcels, "named.toml")
    written(tmp_path, 'kind = "settings"\nmappings = ["parcels.toml"]\n', "fsm.toml")
    formats = json.loads(fsm("formats", "--map", "named.toml", "--json").out)
    assert [each["name"] for each in formats if each["is_own"]] == ["parcels.toml", "named.toml"]
    assert fsm("formats", "parcels.toml", "--toml").out.strip() == parcels.strip()
    assert "Zugestellt" in fsm("formats", "parcels.toml").out


UNKNOWN_TIMES = (
    'order,status,at\nN1,placed,"05.01.2026, 08:00 Uhr"\nN1,paid,"05.01.2026, 09:00 Uhr"\n'
)
ASKED = {
    "a-choice": (HEADER + SOFT.format(1, "a@x.example"), (), "never\n1\n", "one of the choices"),
    "a-text": (
        UNKNOWN_TIMES,
        ("--answer", "fields.time=at"),
        "%Q\n%d.%m.%Y, %H:%M Uhr\n",
        "'%Q' reads none of the times in at",
    ),
}


@pytest.mark.parametrize(("log", "options", "typed", "refusal"), ASKED.values(), ids=ASKED)
def test_a_question_is_asked_until_its_answer_fits(
    fsm: Fsm,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    log: str,
    options: tuple[str, ...],
    typed: str,
    refusal: str,
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed.encode())))
    asked = fsm("draft", written(tmp_path, log), "--ask", *options)
    assert asked.status == 0
    assert asked.err.count("answer: ") == 2
    assert asked.err.count(refusal) == 1
    assert "to answer" not in asked.err


def test_an_empty_answer_leaves_a_question_open(
    fsm: Fsm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\n")))
    asked = fsm("draft", written(tmp_path, HEADER + SOFT.format(1, "a@x.example")), "--ask")
    assert asked.err.endswith("fsm: 1 question to answer\n")
