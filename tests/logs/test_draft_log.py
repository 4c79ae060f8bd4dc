"""Drafts of mapping files: logs of unknown formats are drafted, and read by their drafts."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest

from fsm.catalog import load
from fsm.errors import LogError
from fsm.logs.draft import sample
from fsm.logs.draft.drafting import draft_log
from fsm.logs.draft.log_draft import LogDraft
from fsm.logs.draft.sample import take_sample
from fsm.logs.mapping.own_mappings import named_mappings
from fsm.logs.open import open_log
from fsm.logs.reading import ReadingOptions
from fsm.logs.storage.files import find_files
from tests.depth import cases

UNKNOWN = Path(__file__).parent / "unknown"
CASES = tomllib.loads((UNKNOWN / "cases.toml").read_text("utf-8"))
LONGEST = 26
"""Lines of a draft: 25, and one that says how much was read."""


def drafted(
    path: Path, machine: str | None = None, answers: Mapping[str, str] | None = None
) -> LogDraft:
    known = load(str(UNKNOWN / machine)) if machine else None
    return draft_log(take_sample(find_files([str(path)])), known, answers or {})


def written(folder: Path, text: str, name: str = "log.csv") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("name", cases(CASES))
def test_a_log_of_an_unknown_format_is_read_by_its_draft(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    asked = {question.key for question in drafted(UNKNOWN / name, case.get("machine")).questions}
    draft = drafted(UNKNOWN / name, case.get("machine"), case.get("answers"))
    text = draft.toml()
    mapping = written(tmp_path, text, "my.toml")
    options = ReadingOptions(mappings=named_mappings([str(mapping)]).formats, year=2026)
    rows = open_log(UNKNOWN / name, options=options).frame
    time = pl.col("timestamp").cast(pl.Datetime("ms")).dt.to_string("%Y-%m-%dT%H:%M:%S%.fZ")
    shown = rows.select("message_id", "recipient", "event", time).rows()
    assert [" ".join(filter(None, row)) for row in shown] == case["rows"]
    assert asked == set(case.get("answers", ()))
    assert not draft.questions
    assert text.count("\n") <= LONGEST


@pytest.mark.parametrize("name", CASES)
def test_comments_of_a_draft_quote_nothing_of_the_log(name: str) -> None:
    ids = {row.split()[0] for row in CASES[name]["rows"]}
    comments = [line.partition("# ")[2] for line in drafted(UNKNOWN / name).toml().split("\n")]
    said = " ".join(comments)
    assert "@" not in said
    assert not [each for each in ids if len(each) > 2 and each in said.split()]


SOFT = "{0},{1},soft bounce,2026-01-05T08:00:0{0}Z\n"
HEADER = "id,email,event,time\n"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(SOFT.format(1, "a@x.example"), None, id="alone-it-is-a-question"),
        pytest.param(
            SOFT.format(1, "a@x.example") + "2,b@x.example,deferred,2026-01-05T08:00:09Z\n",
            "retry_failed",
            id="final-where-the-log-has-deferrals",
        ),
        pytest.param(
            SOFT.format(1, "a@x.example") + "1,a@x.example,delivered,2026-01-05T08:00:09Z\n",
            "soft_bounce",
            id="not-final-where-something-follows",
        ),
    ],
)
def test_a_soft_bounce_is_what_the_rest_of_the_log_shows(
    tmp_path: Path, rows: str, expected: str | None
) -> None:
    draft = drafted(written(tmp_path, HEADER + rows))
    assert {event.path: event.event for event in draft.events}["soft bounce"] == expected
    questions = [question.key for question in draft.questions]
    assert questions == ([] if expected else ["events.soft bounce"])


@pytest.mark.parametrize(
    ("dates", "form", "is_open"),
    [
        pytest.param(["05/01/2026", "17/01/2026"], "%d/%m/%Y %H:%M", False, id="day-first"),
        pytest.param(["01/05/2026", "01/17/2026"], "%m/%d/%Y %H:%M", False, id="month-first"),
        pytest.param(
            ["01/02/2026", "03/02/2026", "02/03/2026"], "%d/%m/%Y %H:%M", False, id="order"
        ),
        pytest.param(["05/01/2026", "06/02/2026"], None, True, id="either"),
        pytest.param(["5.1.2026", "6.1.2026"], "%d.%m.%Y %H:%M", False, id="dots"),
    ],
)
def test_day_and_month_are_told_apart_or_asked(
    tmp_path: Path, dates: list[str], form: str | None, is_open: bool
) -> None:
    rows = "".join(f"{n % 2};open;{date} 08:0{n}\n" for n, date in enumerate(dates))
    draft = drafted(written(tmp_path, f"case;activity;when\n{rows}"))
    assert draft.time.get("format") == form
    assert [q.key for q in draft.questions] == ["time.format"] * is_open


def test_a_guess_that_is_not_possible_there_is_a_question(tmp_path: Path) -> None:
    rows = "1,Delivery registered,2026-01-05T08:00:00Z\n1,Zugestellt,2026-01-06T08:00:00Z\n"
    path = written(tmp_path, f"parcel,event,time\n{rows}")
    events = {event.path: event for event in drafted(path, "parcel.json").events}
    assert events["Zugestellt"].event == "deliver"
    assert events["Delivery registered"].event is None


ORDERS = """# Orders

| state | event | next |
|---|---|---|
| new | place | placed |
| placed | pay | paid |
| placed | cancel | cancelled |
| paid | ship | shipped |
| paid | refund | refunded |
| shipped | deliver | delivered |
| shipped | return | returned |
| returned | refund | refunded |
"""
"""The table of a machine for orders."""


def ordered(folder: Path, text: str, answers: Mapping[str, str] | None = None) -> LogDraft:
    """Return the draft of a log for the machine for orders."""
    machine = written(folder, ORDERS, "orders.md")
    return draft_log(
        take_sample(find_files([str(written(folder, text))])), load(str(machine)), answers or {}
    )


@pytest.mark.parametrize(
    "name",
    [
        "payment failed",
        "not paid",
        "unpaid",
        "payment requested",
        "SHIP FAILED",
        "shipping label printed",
        "delivery attempt failed",
        "undelivered",
        "cancellation rejected",
        "refund denied",
        "return label sent",
        "Nicht zugestellt",
        "order opened",
        "paiement refusé",
    ],
)
def test_names_that_only_look_like_an_event_are_questions(tmp_path: Path, name: str) -> None:
    rows = f"1,placed,2026-01-05T08:00:00Z\n1,{name},2026-01-05T08:30:00Z\n"
    for place, known in enumerate(("paid", "shipped", "delivered")):
        rows += f"1,{known},2026-01-05T1{place}:00:00Z\n"
    events = {e.path: e for e in ordered(tmp_path, f"order,status,at\n{rows}").events}
    assert {path for path, event in events.items() if event.event is None} == {name}
    assert len(set(events[name].choices)) == len(events[name].choices)


def test_what_was_not_delivered_is_asked_in_logs_of_email(tmp_path: Path) -> None:
    rows = "1,a@x.example,not delivered,2026-01-05T08:00:00Z\n"
    rows += "2,b@x.example,delivered,2026-01-05T08:00:00Z\n"
    events = {e.path: e.event for e in drafted(written(tmp_path, HEADER + rows)).events}
    assert events == {"not delivered": None, "delivered": "delivered"}


FIELDS = {
    "an-id-that-never-repeats": (
        "_id,_source.order.id,status,at\n"
        + "".join(
            f"x{n},N1,{event},2026-01-05T08:0{n}:00Z\n"
            for n, event in enumerate(("place", "pay", "ship"))
        ),
        {"event": "status", "time": "at"},
        {"fields.message_id": ("_source.order.id", "_id")},
    ),
    "an-offset-of-its-own": (
        "order,status,d,t,tz\nN1,place,2026-01-05,08:00:00,+01:00\nN2,place,2026-01-05,09:00:00,+05:30\n",
        {"message_id": "order", "event": "status", "time": {"join": ["d", "t", "tz"]}},
        {},
    ),
    "an-offset-beside-the-time": (
        "order,status,at,offset\nN1,place,05.01.2026 08:00,+0100\nN1,pay,05.01.2026 09:00,+0000\n",
        {"message_id": "order", "event": "status", "time": {"join": ["at", "offset"]}},
        {},
    ),
    "an-id-that-is-counted-per-shop": (
        "shop,order_id,type,at\n"
        + "".join(
            f"{row},2026-01-05T08:0{n}:00Z\n"
            for n, row in enumerate(
                ("A,1,placed", "B,1,placed", "A,1,paid", "A,2,placed", "B,1,cancelled")
            )
        ),
        {"event": "type", "time": "at"},
        {"fields.message_id": ("shop + order_id", "order_id")},
    ),
    "no-id-among-the-events": (
        "pedido,estado nuevo,at\n17,creado,2026-01-05T08:00:00Z\n17,pagado,2026-01-05T09:00:00Z\n",
        {"message_id": "pedido", "time": "at"},
        {"fields.event": ("estado nuevo",)},
    ),
    "one-field-for-each": (
        "".join(
            ["order,status,at\n", *(f"N{n},placed,2026-01-05T08:00:0{n}Z\n" for n in range(9))]
        ),
        {"message_id": "order", "event": "status", "time": "at"},
        {},
    ),
}


@pytest.mark.parametrize(("text", "fields", "asked"), FIELDS.values(), ids=FIELDS)
def test_fields_are_taken_or_asked(
    tmp_path: Path, text: str, fields: object, asked: dict[str, tuple[str, ...]]
) -> None:
    draft = ordered(tmp_path, text)
    assert draft.fields == fields
    questions = {q.key: q.choices for q in draft.questions if q.key.startswith("fields.")}
    assert {key: choices[: len(asked.get(key, ()))] for key, choices in questions.items()} == asked
    assert draft.fields.get("message_id") not in questions.get("fields.event", ())
    assert draft.unit in ("order", "case")


def test_lists_that_are_not_read_are_said(tmp_path: Path) -> None:
    record = '{"id":"a1","event":"placed","ts":"2026-01-05 08:00:00"}'
    text = f'{{"placings":[{record},{record}],"cancels":[{record}]}}'
    assert "1 entry of other lists would not be read" in ordered(tmp_path, text).assumed


def test_an_id_of_several_fields_is_joined(tmp_path: Path) -> None:
    answers = {"fields.message_id": "shop + order_id"}
    draft = ordered(tmp_path, FIELDS["an-id-that-is-counted-per-shop"][0], answers)
    assert draft.fields["message_id"] == {"join": ["shop", "order_id"]}
    assert draft.read["recognise"] == [["shop", "order_id", "type", "at"]]


NO_LOGS = {
    "prose": ("hello world\nthis is prose\n", "no field has times"),
    "one-row-per-message": (
        "order,created_at,paid_at\n1,2026-01-05T08:00:00Z,2026-01-05T09:00:00Z\n",
        "no field names an event",
    ),
    "empty": ("", "empty"),
    "xml-with-a-dtd": ('<!DOCTYPE x [<!ENTITY a "b">]><x/>', "DTD"),
    "ids-as-keys": (
        '{"N1":[{"ev":"placed","ts":"2026-01-05 08:00"}],"N2":[{"ev":"paid","ts":"2026-01-05 09:00"}]}',
        "keys that are ids",
    ),
    "ids-as-keys-within": (
        '{"all":{"N1":{"ev":"placed","ts":"2026-01-05 08:00"},"N2":{"ev":"paid","ts":"2026-01-05 09:00"}}}',
        r"jq -c '.all \| to_entries",
    ),
    "deep-json": ("[" * 100_000, "no field has times"),
    "quotes": ('"' * 200_000, "no field has times"),
}


@pytest.mark.parametrize(("text", "message"), NO_LOGS.values(), ids=NO_LOGS)
def test_what_is_no_log_is_refused_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(LogError, match=message) as caught:
        drafted(written(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_a_large_log_is_sampled_and_the_draft_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "_HEAD", 2000)
    monkeypatch.setattr(sample, "_PART", 500)
    rows = [f"P{number % 97};Angelegt;05.01.2026 08:00" for number in range(2000)]
    rows[-5:] = ["P1;Verloren;31.01.2026 08:00"] * 5
    draft = drafted(written(tmp_path, "\n".join(["Sendung;Status;Zeit", *rows, ""])))
    assert 100 < draft.records < 500
    assert [event.path for event in draft.events] == ["Angelegt", "Verloren"]
    assert draft.extent.startswith("a sample of")
    assert draft.extent in draft.toml()


def test_a_pattern_of_lines_quotes_no_id_that_all_lines_have(tmp_path: Path) -> None:
    line = "2026-01-05 08:0{}:00 order A17 of ann@x.example {}\n"
    text = "".join(line.format(n, event) for n, event in enumerate(("placed", "paid", "shipped")))
    draft = drafted(written(tmp_path, text, "shop.log"), answers={"fields.message_id": "order"})
    assert draft.fields["message_id"] == "order"
    assert "A17" not in draft.toml()
    assert "@" not in draft.toml()


def test_the_header_of_each_file_is_no_record(tmp_path: Path) -> None:
    text = (UNKNOWN / "parcels_german.csv").read_text("utf-8")
    paths = [str(written(tmp_path, text, name)) for name in ("a.csv", "b.csv")]
    draft = draft_log(take_sample(find_files(paths)), None, {})
    assert draft.records == 12
    assert draft.time == {"format": "%d.%m.%Y %H:%M"}
