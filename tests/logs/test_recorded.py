"""What a log cannot know is not called 0, wherever it is shown."""

import json
import re
from html import unescape
from pathlib import Path

import polars as pl
import pytest

from fsm.catalog import load_bare
from fsm.engine import replay
from fsm.engine.unrecorded import unrecorded_figures
from fsm.logs.mapping.event_mapping import format_names, load_format
from fsm.logs.open import open_log
from fsm.machine import Indicator, Machine, State, Transition
from fsm.notebook import bundle
from tests.command import Fsm

POSTFIX = """\
Jan  5 09:00:00 mx postfix/qmgr[7]: A1B2C3D4: from=<n@x.example>, size=9, nrcpt=1 (queue active)
Jan  5 09:00:03 mx postfix/smtp[7]: A1B2C3D4: to=<a@y.example>, relay=mx.y.example[192.0.2.1]:25, \
delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as FF)
"""
BOUNCE = """\
Return-Path: <>
From: MAILER-DAEMON@mx.example
To: news@x.example
Subject: Undelivered
Date: Mon, 05 Jan 2026 09:00:00 +0000
Message-ID: <b1@mx.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; a@y.example
Action: failed
Status: 5.1.1

--b--
"""
SENDGRID = json.dumps(
    [
        {
            "email": "a@y.example",
            "timestamp": 1767603600,
            "event": "processed",
            "sg_message_id": "one.filter",
            "sg_event_id": "e1",
        }
    ]
)
CANONICAL = "message_id,event,timestamp\nm,relayed,2026-01-05T09:00:00Z\n"
CHANNELS = "message_id,event,timestamp,format\nm,relayed,2026-01-05T09:00:00Z,mail\n"
FILES = {
    "postfix": ("mail.log", POSTFIX),
    "bounce": ("bounce.eml", BOUNCE),
    "sendgrid": ("hook.json", SENDGRID),
    "canonical": ("log.csv", CANONICAL),
    "channels": ("channels.csv", CHANNELS),
}
MODES = ("with-feedback", "without-feedback")
ALL = {"Delivered", "Bounces + errors", "Opens", "Clicks"}


def written(place: Path, *names: str) -> list[Path]:
    paths = []
    for name, text in (FILES[name] for name in names):
        (place / name).write_text(text)
        paths.append(place / name)
    return paths


def unknown_in(facts: dict[str, object], mode: str) -> set[str]:
    """Return the indicators without a count, which must be those that are given with a reason."""
    machine = facts["machines"][mode]  # type: ignore[index]
    found = {name for name, share in machine["indicators"].items() if share["count"] is None}
    assert found == set(machine.get("not_recorded", {}).get("indicators", ()))
    return found


@pytest.mark.parametrize(
    ("names", "options", "expected"),
    [
        pytest.param(["postfix"], [], {"Opens", "Clicks"}, id="a server's log"),
        pytest.param(["bounce"], [], {"Opens", "Clicks"}, id="bounces, hand-overs put in"),
        pytest.param(["bounce"], ["--no-assume-relayed"], ALL, id="bounces alone"),
        pytest.param(["bounce", "postfix"], [], {"Opens", "Clicks"}, id="two that hold no opens"),
        pytest.param(["sendgrid"], [], set(), id="a provider's"),
        pytest.param(["postfix", "sendgrid"], [], set(), id="recorded if any can"),
        pytest.param(["canonical"], [], set(), id="a canonical log may hold any event"),
        pytest.param(["channels"], [], set(), id="a column of the same name"),
        pytest.param(["postfix", "canonical"], [], set(), id="mixed with a canonical log"),
    ],
)
def test_what_no_format_of_the_logs_can_record_has_no_count(
    names: list[str], options: list[str], expected: set[str], fsm: Fsm, tmp_path: Path
) -> None:
    paths = written(tmp_path, *names)
    facts = json.loads(fsm("replay", *paths, "--year", "2026", "--json", *options).out)
    assert unknown_in(facts, "with-feedback") == expected
    assert unknown_in(facts, "without-feedback") == expected


@pytest.mark.parametrize("suffix", ["csv", "parquet", "jsonl"])
def test_a_converted_log_knows_no_more_than_the_log_it_was(
    suffix: str, fsm: Fsm, tmp_path: Path
) -> None:
    converted = tmp_path / f"converted.{suffix}"
    fsm("convert", *written(tmp_path, "postfix"), "--year", "2026", "-o", converted)
    facts = json.loads(fsm("replay", converted, "--json").out)
    assert unknown_in(facts, "with-feedback") == {"Opens", "Clicks"}


def test_every_table_says_so(fsm: Fsm, tmp_path: Path) -> None:
    (path,) = written(tmp_path, "postfix")
    series, page = tmp_path / "series.csv", tmp_path / "page.html"
    shown = fsm("replay", path, "--year", "2026", "--series", series)
    assert re.search(r"indicator Opens +not recorded +not recorded\n", shown.out)
    assert "not recorded: Opens, Clicks; the log's format records delivered" in shown.err
    assert set(pl.read_csv(series)["indicator"]) == {"Delivered", "Bounces + errors"}
    explained = fsm("explain", path, "--year", "2026", "--message", "A1B2C3D4")
    assert explained.out.endswith("\nNot recorded in this log: Opens, Clicks.\n")
    assert fsm("report", path, "--year", "2026", "-o", page).status == 0
    text = unescape(re.sub(r"<[^>]*>", " ", page.read_text()))
    assert "Not recorded: Opens, Clicks; the log's format records" in text
    assert re.search(r"Opens\s+Both\s+not recorded", text)
    assert not re.search(r"Opens\s+Both\s+0", text)


def test_the_library_and_a_notebook_say_so(tmp_path: Path) -> None:
    paths = [str(path) for path in written(tmp_path, "postfix")]
    log = open_log(paths)
    result = replay(log, [load_bare(mode) for mode in MODES], companions=load_bare)
    assert result.machines["with-feedback"].unrecorded.indicators == {"Opens", "Clicks"}
    assert "Opens | not recorded | not recorded" in bundle(result)["text/plain"]
    assert set(result.series()["indicator"]) == {"Delivered", "Bounces + errors"}


@pytest.mark.parametrize(
    ("more", "empty"),
    [
        pytest.param("", ["Opens", "Clicks"], id="neither opens nor clicks"),
        pytest.param("m,opened,2026-01-05T10:00:00Z\n", [], id="opens were tracked"),
    ],
)
def test_a_log_that_could_hold_opens_says_that_it_has_none(
    more: str, empty: list[str], fsm: Fsm, tmp_path: Path
) -> None:
    path = tmp_path / "log.csv"
    path.write_text(CANONICAL + more)
    facts = json.loads(fsm("replay", path, "--json").out)
    assert facts.get("without_events", []) == empty
    assert facts["machines"]["with-feedback"]["indicators"]["Clicks"]["count"] == 0
    message = "no event of this log counts for Opens, Clicks: there was none, or none was recorded"
    assert (message in fsm("replay", path).err) == bool(empty)


HOLDS_OPENS = {
    "brevo", "customer_io", "mailersend", "mailgun", "mailjet", "mailtrap", "mandrill", "postal",
    "postmark", "resend", "salesforce_events", "salesforce_marketing_cloud", "sendgrid",
    "sendgrid_activity", "ses", "smtp2go", "sparkpost", "sweego", "unisender_go", "zeptomail",
}  # fmt: skip


@pytest.mark.parametrize("name", format_names())
def test_which_formats_record_opens(name: str) -> None:
    events = load_format(name).events
    assert ({"opened", "clicked"} <= events) == (name in HOLDS_OPENS)
    assert events & {"hard_bounce", "retry_failed"}


# Reached by the events of a log, machine by machine -------------------------------------------

TIDE = Machine(
    "tide",
    "Tide",
    tuple(State(name, name.title(), name, (name,)) for name in ("low", "high", "flood")),
    ("rise", "storm"),
    (Transition("low", "rise", "high", "rise"), Transition("high", "storm", "flood", "storm")),
    "low",
    (Indicator("Wet", frozenset({"High", "Flood"})), Indicator("Lost", frozenset({"Flood"}))),
)


@pytest.mark.parametrize(
    ("events", "counts", "indicators", "states"),
    [
        pytest.param({"rise", "storm"}, {}, set(), set(), id="everything"),
        pytest.param({"rise"}, {}, {"Lost"}, {"flood"}, id="one event"),
        pytest.param({"storm"}, {}, {"Wet", "Lost"}, {"high", "flood"}, id="no way there"),
        pytest.param(set(), {}, {"Wet", "Lost"}, {"high", "flood"}, id="nothing"),
        pytest.param({"rise"}, {"flood": 1}, set(), set(), id="what was seen is recorded"),
    ],
)
def test_what_no_event_leads_to_is_not_recorded(
    events: set[str], counts: dict[str, int], indicators: set[str], states: set[str]
) -> None:
    found = unrecorded_figures(TIDE, events, counts, deadlines=False)
    assert (found.indicators, found.states) == (indicators, states)


def test_the_end_of_a_validity_period_leads_on() -> None:
    machine = load_bare("with-feedback")
    held = {"relayed", "soft_bounce"}
    assert "retries_exhausted" in unrecorded_figures(machine, held, {}, deadlines=False).states
    assert "retries_exhausted" not in unrecorded_figures(machine, held, {}, deadlines=True).states
