"""Messages by recipient domain and by relay: counted again here, message by message."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from accessibility import faults

from fsm.engine import replay
from fsm.engine.result import Replay
from fsm.logs.mapping.redact import Redaction
from fsm.logs.open import open_log
from fsm.logs.reading import ReadingOptions
from fsm.reports import report
from fsm.reports.breakdown import BOUNCES, Breakdown, domains_of, relays_of
from fsm.reports.machines import sides_of
from tests.command import Fsm
from tests.depth import at_full_depth

MODES = ("with-feedback", "without-feedback")
KEY = b"0123456789abcdef"
ARRIVAL = "Jan  5 09:00:00 mx postfix/qmgr[1]: A{}: from=<n@x.example>, size=1, nrcpt=1"
DELIVERY = (
    "Jan  5 {4} mx postfix/smtp[7]: A{0}: to=<{1}>, relay={2}, delay=1, dsn={3[0]}.0.0, "
    "status={3[1]} ({3[2]})"
)
SENT, DEFERRED = ("2", "sent", "250 ok"), ("4", "deferred", "452 4.2.2 over quota")
BOUNCED = ("5", "bounced", "550 5.1.1 unknown user")
TRIES = [
    (1, "u1@Y.example", "mx.y.example[192.0.2.1]:25", BOUNCED, "09:00:01"),
    (2, "u2@y.example", "mx.y.example[192.0.2.1]:25", DEFERRED, "09:00:01"),
    (2, "u2@y.example", "MX2.y.example[192.0.2.2]:25", SENT, "10:00:01"),
    (3, "u3@z.example", "mx.z.example[192.0.2.3]:25", SENT, "09:00:02"),
    (4, "u4@z.example", "none", DEFERRED, "09:00:02"),
    (5, "u5@z.example", "unknown[192.0.2.3]:25", SENT, "09:00:02"),
]
OPTIONS = ReadingOptions(year=2026)
REDACTED = ReadingOptions(year=2026, redaction=Redaction(KEY))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "mail.log"
    arrivals = [ARRIVAL.format(number) for number in range(1, 6)]
    lines = arrivals + [DELIVERY.format(*tried) for tried in TRIES]
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def executed(log: Path, options: ReadingOptions = OPTIONS) -> Replay:
    return replay(open_log([str(log)], options=options), MODES)


def shown(table: Breakdown) -> dict[str, tuple[int, int]]:
    """The messages and the bounced ones of each row."""
    return {row.name: (row.messages, row.bounced) for row in table.first}


def statuses(table: Breakdown, name: str) -> dict[str, int]:
    """The messages of a row by status, and by machine where the machines differ."""
    row = next(row for row in table.first if row.name == name)
    return {
        f"{column.status}{f' {column.side.color}' if column.side else ''}": count
        for column, count in zip(table.columns, row.statuses, strict=True)
        if count
    }


def test_messages_by_relay(log: Path) -> None:
    result = executed(log)
    table = relays_of(result, sides_of(result))
    assert shown(table) == {
        "mx.y.example": (2, 2),
        "192.0.2.3": (1, 0),
        "mx.z.example": (1, 0),
        "mx2.y.example": (1, 0),
    }
    assert statuses(table, "mx.y.example") == {"Sent": 1, "Failed": 1}
    assert (table.names, table.without, table.several) == (4, 1, 1)


def test_messages_by_domain(log: Path) -> None:
    result = executed(log)
    table = domains_of(result, sides_of(result))
    assert shown(table) == {"y.example": (2, 2), "z.example": (3, 1)}
    assert statuses(table, "z.example") == {"Sent 0": 2, "Failed 0": 1, "Sent 1": 3}
    assert table.without == 0
    of_y = dict(zip(table.events, table.first[0].events, strict=True))
    assert of_y == {"relayed": 2, "delivered": 1, "hard_bounce": 1, "soft_bounce": 1}


def test_redacted_tables_have_the_same_figures(log: Path) -> None:
    clear, redacted = executed(log), executed(log, REDACTED)
    for table_of in (domains_of, relays_of):
        tables = [table_of(result, sides_of(result)) for result in (clear, redacted)]
        assert sorted(shown(tables[0]).values()) == sorted(shown(tables[1]).values())
        assert tables[0].without == tables[1].without
    names = {row.name[0] for row in tables[1].first}
    assert names == {"h"}


def test_a_canonical_log_has_domains_also_where_it_is_redacted(sample_with: Path) -> None:
    for options, first in ((OPTIONS, "y.example"), (REDACTED, None)):
        result = executed(sample_with, options)
        table = domains_of(result, sides_of(result))
        expected = Counter({"y.example": 2, "z.example": 1})
        assert sorted(row.messages for row in table.first) == sorted(expected.values())
        assert table.without == 1
        assert first in shown(table) or table.first[0].name.startswith("n-")
        assert not relays_of(result, sides_of(result)).first


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("options", [OPTIONS, REDACTED], ids=["clear", "redacted"])
def test_a_converted_log_keeps_the_relays(
    log: Path, suffix: str, options: ReadingOptions, fsm: Fsm
) -> None:
    converted = log.with_suffix(f".{suffix}")
    fsm("convert", str(log), "--year", "2026", "-o", str(converted))
    tables = [relays_of(result, sides_of(result)) for result in map(executed, [log, converted])]
    assert tables[0] == tables[1]
    result = executed(converted, options)
    table = relays_of(result, sides_of(result))
    assert sorted(shown(table).values()) == sorted(shown(tables[0]).values())
    assert set(shown(table)) == set(shown(tables[0])) or options is REDACTED
    result = executed(log, options)
    assert set(shown(relays_of(result, sides_of(result)))) == set(shown(table))


@pytest.fixture
def sample_with(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv"
    rows = [("1", "a@y.example"), ("2", "b@Y.example"), ("3", "c@z.example"), ("4", "nobody")]
    lines = [f"{m},{r},relayed,2026-03-02T09:00:0{m}Z" for m, r in rows]
    path.write_text("\n".join(["message_id,recipient,event,timestamp", *lines, ""]))
    return path


@pytest.mark.parametrize("end", range(1, 8))
def test_only_what_is_read_is_counted(log: Path, end: int) -> None:
    """Up to each instant, the tables are those of a log that ends there."""
    opened = open_log([str(log)], options=OPTIONS)
    instant = opened.frame["timestamp"].unique().sort()[min(end, 4) - 1]
    result = replay(opened, MODES, as_of=instant)
    kept = opened.frame.filter(opened.frame["timestamp"] <= instant)
    domain = kept["recipient"].str.to_lowercase().str.split("@").list.last()
    messages = Counter(dict(zip(kept["message_id"], domain, strict=True)).values())
    table = domains_of(result, sides_of(result))
    assert {row.name: row.messages for row in table.first} == messages
    bounced = kept.filter(kept["event"].is_in(BOUNCES))["message_id"].n_unique()
    assert sum(row.bounced for row in table.first) == bounced


def test_the_page_names_what_is_in_no_row(log: Path, tmp_path: Path, fsm: Fsm) -> None:
    page = tmp_path / "page.html"
    assert fsm("report", log, "--year", "2026", "-o", page).status == 0
    text = page.read_text()
    assert "1 message has no relay in the log." in text
    assert "1 message was answered by several relays, and counted for each." in text


def test_a_page_without_relays_says_so(sample: Path) -> None:
    page = report(replay(open_log([sample]), MODES))
    assert "a canonical log in a column relay: there is no table of relays" in page
    assert 'id="relays"' not in page


@at_full_depth
def test_no_host_and_no_domain_is_in_a_redacted_page(
    log: Path, tmp_path: Path, fsm: Fsm, hidden: Callable[[str], set[str]]
) -> None:
    page, key = tmp_path / "page.html", tmp_path / "key"
    key.write_bytes(KEY)
    assert fsm("report", log, "--year", "2026", "--pseudonymise", key, "-o", page).status == 0
    assert not hidden(page.read_text())


@pytest.fixture
def hidden() -> Callable[[str], set[str]]:
    """The parts of hosts, addresses and domains that a text tells."""
    secret = {"y.example", "z.example", "mx2", "192.0.2.", "u1@", "unknown user"}
    return lambda text: {part for part in secret if part in text}


@pytest.mark.parametrize("width", [375, 1280])
def test_the_tables_in_a_browser(
    log: Path, tmp_path: Path, visit: Callable[..., Any], width: int
) -> None:
    path = tmp_path / "page.html"
    path.write_text(report(executed(log)))
    page = visit(path, width=width)
    page.locator('[data-filter="relays"]').fill("mx2")
    assert page.locator("#relays tbody tr:visible th").all_inner_texts() == ["mx2.y.example"]
    page.locator("#domains thead button", has_text="Messages").click()
    assert page.locator("#domains tbody th").all_inner_texts() == ["y.example", "z.example"]
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert faults(page, impacts=None) == []
    page.emulate_media(media="print")
    assert not page.locator("#domains .by-event").first.is_visible()
    header = page.locator("#domains th[aria-sort] button").first
    assert header.evaluate("(button) => getComputedStyle(button).display") == "contents"
