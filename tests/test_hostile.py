"""Whatever the bytes, a log or a page is read or refused in one line."""

import gzip
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fsm.catalog import load, load_bare
from fsm.cli.text import printable
from fsm.engine import replay
from fsm.errors import LogError
from fsm.logs.open import open_log
from fsm.tables.checks.pages import check_tables
from fsm.tables.read.page import parse_page
from fsm.tables.words.lexicon_files import load_lexicon
from tests.depth import samples

HEADER = b"message_id,event,timestamp,seq\n"
FIELDS = st.sampled_from(
    [b"m", b"relayed", b"2026-01-01T00:00:00Z", b"", b'"', b'"\n"', b"\xff", b"\0", b"1", b"\r"]
)
ROWS = st.lists(st.lists(FIELDS, max_size=5).map(b",".join), max_size=6).map(b"\n".join)
JSON = st.sampled_from(
    [
        b'{"message_id":1,"event":"relayed","timestamp":"2026-01-01T00:00:00Z"}',
        b'{"message_id":{"a":1},"event":[],"timestamp":null}',
        b"{}",
        b"[]",
        b"{",
        b"",
        b"nul",
    ]
)
LOGS = st.one_of(
    st.binary(max_size=200),
    ROWS.map(HEADER.__add__),
    st.lists(JSON, max_size=4).map(b"\n".join),
    ROWS.map(lambda rows: gzip.compress(HEADER + rows)),
    ROWS.map(lambda rows: gzip.compress(HEADER + rows)[:-9]),
    st.binary(max_size=80).map(b"PAR1".__add__),
    st.binary(max_size=80).map(b"\x28\xb5\x2f\xfd".__add__),
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile") / "log"


@settings(max_examples=samples(300), suppress_health_check=[HealthCheck.too_slow])
@example(b'message_id,event,timestamp\n"')
@example(b"\n\nmessage_id,event,timestamp\nm,relayed,2026-01-01T00:00:00Z\n")
@example(b"message_id,message_id,event,timestamp\n1,2,3,4\n")
@given(LOGS)
def test_a_log_is_read_or_refused(place: Path, content: bytes) -> None:
    place.write_bytes(content)
    refusal = None
    try:
        result = replay(open_log([place]), [load_bare("with-feedback")], companions=load_bare)
        assert result.rejections.height == result.rejected
        assert result.statuses.height == result.messages
    except LogError as error:
        refusal = str(error)
    if refusal is not None:
        assert refusal.startswith(str(place))
        assert "\n" not in refusal


CELLS = st.sampled_from(
    ["Step", "Status", "From", "Event", "To", "KPI summary", "|", "\\|", "<ul><li>", "&#0;", "---"]
)
LINES = st.one_of(
    st.lists(CELLS, max_size=5).map(" | ".join),
    st.just("|---|---|---|"),
    st.just("**With feedback service**"),
    st.just("<!--"),
    st.text(max_size=30),
)


@settings(max_examples=samples(300))
@given(st.lists(LINES, max_size=12).map("\n".join))
def test_a_page_is_checked_whatever_it_holds(text: str) -> None:
    page = parse_page(text, "p.md")
    report = check_tables([page], load_lexicon(), load)
    assert all(1 <= finding.line <= len(page.lines) for finding in report.findings)


@given(st.text())
def test_shown_text_cannot_move_the_cursor(text: str) -> None:
    kinds = {unicodedata.category(character) for character in printable(text)}
    assert not {kind for kind in kinds if kind.startswith("C")} | (kinds & {"Zl", "Zp"})
