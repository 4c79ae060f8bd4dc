"""The report as a file: text stays text, the same bytes, and wrong input in one line."""

import json
import re
from html import unescape
from pathlib import Path

import polars as pl
import pytest
from hostile import HOSTILE

from fsm.catalog import load
from fsm.engine import replay
from fsm.logs.open import open_log
from fsm.reports import report
from fsm.text import HIDDEN
from tests.command import Fsm


def page_of(path: Path, **options: object) -> str:
    machines = [load("with-feedback"), load("without-feedback")]
    result = replay(open_log([path]), machines, companions=load)
    return report(result, **options)  # type: ignore[arg-type]


def hostile_log(path: Path, *, plain: bool = False) -> Path:
    """Write a log in which every name is hostile: file, message, recipient, event, delivery."""
    names = [name for name in HOSTILE.values() if name.strip() and "\ud800" not in name]
    rows = [
        {
            "message_id": f"m{i}" if plain else name,
            "recipient": f"r{i}" if plain else name,
            "delivery_id": f"d{i}" if plain else name,
            "event": event if event == "relayed" or not plain else f"e{i}",
            "timestamp": f"2026-03-02T09:00:{i:02}Z",
        }
        for i, name in enumerate(names)
        for event in ("relayed", name)
    ]
    pl.DataFrame(rows).write_parquet(path)
    return path


@pytest.fixture(scope="module")
def hostile_page(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The pages of a hostile log, and of a plain one of the same shape."""
    place = tmp_path_factory.mktemp("logs")
    name = "<script>alert(1)<\\u002fscript> ]]> \"x\" 'y'.parquet"
    return (
        page_of(hostile_log(place / name), command="fsm report '<b>'"),
        page_of(hostile_log(place / "log.parquet", plain=True), command="fsm report log"),
    )


def test_hostile_names_are_text(hostile_page: tuple[str, str]) -> None:
    tags = re.compile(r"<[a-zA-Z/!][^>]*>")

    def shape(page: str) -> list[str]:
        body = page[page.index("<body>") :]
        body = re.sub(r"(?s)<script.*?</script>", "", body)
        return sorted(re.sub(r'="[^"]*"', '=""', tag) for tag in tags.findall(body))

    hostile, plain = map(shape, hostile_page)
    assert hostile == plain
    assert not HIDDEN.search(hostile_page[0].replace("\n", "").replace("\t", ""))
    assert "<script>alert" not in hostile_page[0]


def test_every_hostile_name_is_there(hostile_page: tuple[str, str]) -> None:
    data = re.findall(
        r'(?s)<script type="application/json" id="messages-data">(.*?)</script>', hostile_page[0]
    )
    ids = json.loads(data[0])["ids"]
    assert {"<script>alert(1)</script>", "]]>", "a[U+202E]b[U+2066]c"} <= set(ids)


def test_a_page_is_one_file_with_the_same_bytes(sample: Path, tmp_path: Path, fsm: Fsm) -> None:
    pages = [tmp_path / "a.html", tmp_path / "b.html"]
    for page in pages:
        assert fsm("report", sample, "--validity", "1h", "-o", page).status == 0
    first, second = (page.read_text() for page in pages)
    assert first == second
    assert not re.search(r'src=|@import|url\((?!data:)|href="http', first)
    assert str(tmp_path) not in first
    assert "<code>fsm report log.csv --validity 1h</code>" in first


def test_the_page_says_what_it_shows_without_a_script(sample: Path) -> None:
    page = re.sub(r"(?s)<script.*?</script>", "", page_of(sample))
    text = re.sub(r"\s+", " ", unescape(re.sub(r"(?s)<style.*?</style>|<[^>]*>", " ", page)))
    for said in (
        "Delivery report: log.csv",
        "8 events of 3 messages, 2 March 2026, 09:00:00 UTC to 2 March 2026, 10:00:00 UTC",
        "Messages to send 3 Sent 3 handed over",
        "Delivered Both 66.67 % 2",
        "Opens Both 33.33 % 1",
        "They converge on 2 March 2026, 09:40:00 UTC and agree from then on.",
        "Retries never expire because --validity was not given.",
        "Departed 1 Median 39 min 55 s",
        "No event was rejected.",
        "This page has the histories of all 3 messages of the log.",
        "Indicators are percentages of 3 messages to send",
    ):
        assert said in text, said


def test_rejected_events_stand_with_their_lines(sample: Path) -> None:
    sample.write_text(sample.read_text() + "m1,=odd(),2026-03-02T11:00:00Z,9\n")
    page = page_of(sample)
    assert "1 event was rejected. Rejected events change nothing." in page
    assert "<code>=odd()</code>" in page
    assert "log.csv:10" in page
    assert "m1,=odd(),2026-03-02T11:00:00Z,9" in page


def test_a_log_of_another_format_is_read_and_noted(tmp_path: Path, fsm: Fsm) -> None:
    log = tmp_path / "sendgrid.jsonl"
    events = [
        {
            "event": event,
            "email": "a@example.com",
            "timestamp": 1772442000 + i,
            "sg_message_id": "x",
        }
        for i, event in enumerate(("processed", "delivered", "spamreport"))
    ]
    log.write_text("\n".join(map(json.dumps, events)))
    done = fsm("report", log, "-o", tmp_path / "page.html")
    assert done.status == 0, done.err
    page = (tmp_path / "page.html").read_text()
    assert "sendgrid.jsonl: read as" in page
    assert "that no machine uses" in page


def test_a_log_without_any_event_of_the_machine(tmp_path: Path, fsm: Fsm) -> None:
    log, page = tmp_path / "log.csv", tmp_path / "page.html"
    log.write_text("message_id,event,timestamp\nm1,relayed,2026-03-02T09:00:00Z\n")
    done = fsm("report", log, "--machine", "engagement", "-o", page)
    assert done.status == 0, done.err
    assert "no event of this log is defined in any machine" in done.err
    assert "No event of this log is defined in any machine of this report." in page.read_text()


def test_one_machine_of_ones_own(sample: Path, tmp_path: Path, fsm: Fsm) -> None:
    done = fsm("report", sample, "--machine", "engagement", "-o", tmp_path / "page.html")
    assert done.status == 0, done.err
    page = (tmp_path / "page.html").read_text()
    assert "Recipient engagement" in page
    assert "largest difference" not in re.sub(r"(?s)<(script|style).*?</\1>", "", page)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("{missing}",), "no such file"),
        (("{empty}",), "empty"),
        (("{log}", "--as-of", "2020-01-01T00:00:00Z"), "report on up to 1 January 2020"),
        (("{log}", "--to-send", "1"), "1 message to send, but the log has 3"),
        (("{log}", "--messages", "-1"), "--messages"),
        (("{log}", "-o", "{missing}/page.html"), "there is no folder"),
        (("{log}", "--machine", "nobody"), "nobody"),
    ],
)
def test_wrong_use_is_one_line(
    words: tuple[str, ...], said: str, sample: Path, tmp_path: Path, fsm: Fsm
) -> None:
    empty = tmp_path / "empty.csv"
    empty.touch()
    places = {"log": sample, "empty": empty, "missing": tmp_path / "missing"}
    done = fsm("report", *(word.format(**places) for word in words))
    assert done.status == 2
    assert said.lower() in done.err.lower()
    assert "Traceback" not in done.err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["empty.csv", "log.csv"]


def test_without_graphviz_the_page_has_no_diagram(
    sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fsm.errors import MissingToolError
    from fsm.reports import pages

    def missing(*_: object, **__: object) -> None:
        raise MissingToolError("none")

    monkeypatch.setattr(pages, "draw_for_page", missing)
    page = page_of(sample)
    assert "Diagrams need Graphviz: " in page
    assert "<svg" not in page
