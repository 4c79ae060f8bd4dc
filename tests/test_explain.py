"""``fsm explain``: what it quotes, and what it says of a message that it does not find."""

from pathlib import Path

import pytest

from fsm.catalog import load
from fsm.machines import FEEDBACK_MODES
from tests.command import Fsm

LOG = """\
message_id,event,timestamp,recipient,reply
SG1xQ,relayed,2026-01-31T09:30:00Z,a@y.example,{}
SG2xQ,relayed,2026-01-31T09:30:00Z,b@y.example,
SG3xQ,relayed,2026-01-31T09:30:00Z,b@y.example,
SG4xQ,relayed,2026-01-31T09:30:00Z,b@y.example,
SG5xQ,relayed,2026-01-31T09:30:00Z,b@y.example,
"""
REPLY = "550 5.1.1 " + "refused " * 100


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv"
    path.write_text(LOG.format(REPLY))
    return path


def test_the_whole_line_is_quoted(log: Path, fsm: Fsm) -> None:
    out = fsm("explain", log, "--message", "SG1xQ").out
    assert f"log.csv:2: {LOG.format(REPLY).splitlines()[1]}" in out


def test_a_line_that_is_cut_says_so(log: Path, fsm: Fsm) -> None:
    log.write_text(LOG.format("x" * 5000))
    assert "xxx... (cut: 1,047 more characters)\n" in fsm("explain", log, "--message", "SG1xQ").out


FRACTIONS = {
    "whole seconds": (("09:00:00Z", "09:00:01Z"), ("09:00:00 UTC", "09:00:01 UTC")),
    "milliseconds": (("09:00:00.25Z", "09:00:01Z"), ("09:00:00.250 UTC", "09:00:01.000 UTC")),
    "microseconds": (("09:00:00.000001Z", "09:00:01Z"), ("00.000001 UTC", "01.000000 UTC")),
}


@pytest.mark.parametrize(("times", "shown"), FRACTIONS.values(), ids=FRACTIONS)
def test_times_have_the_fractions_of_the_log(
    times: tuple[str, ...], shown: tuple[str, ...], tmp_path: Path, fsm: Fsm
) -> None:
    path = tmp_path / "times.csv"
    rows = (f"m,{e},2026-01-05T{t}" for e, t in zip(("relayed", "delivered"), times, strict=True))
    path.write_text("\n".join(("message_id,event,timestamp", *rows)))
    for words in (("explain",), ("conform", "--machine", "with-feedback")):
        out = fsm(words[0], path, *words[1:], "--message", "m").out
        assert [text in out or text.removesuffix(" UTC") in out for text in shown] == [True, True]


NOT_FOUND = {
    "a longer form": ("SG1xQ.filterdrecv-5d-1-1.0", "; did you mean 'SG1xQ'?"),
    "a shorter form": ("SG1", "; did you mean 'SG1xQ'?"),
    "a misspelt one": ("5G1xQ", "; did you mean 'SG1xQ'?"),
    "a recipient": ("A@y.example", "; this is a recipient of 'SG1xQ'"),
    "a recipient of many": (
        "b@y.example",
        "; this is a recipient of 'SG2xQ', 'SG3xQ', 'SG4xQ', ...",
    ),
    "another one": ("m1", ""),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(("message", "hint"), NOT_FOUND.values(), ids=NOT_FOUND)
def test_what_may_be_meant(message: str, hint: str, log: Path, fsm: Fsm) -> None:
    result = fsm("explain", log, "--message", message)
    assert (result.status, result.out) == (2, "")
    assert result.err == f"fsm: no message {message!r} in 5 events{hint}\n"


def test_a_message_without_an_event_until_then(log: Path, fsm: Fsm) -> None:
    result = fsm("explain", log, "--message", "SG1xQ", "--as-of", "2025-01-01T01:00:00+01:00")
    assert (result.status, result.out) == (2, "")
    assert result.err == (
        "fsm: message 'SG1xQ' has no event up to 2025-01-01T00:00:00Z; "
        "its first one is at 2026-01-31T09:30:00Z\n"
    )


def test_no_event_of_a_log_is_said_to_end_a_period() -> None:
    reasons = [
        transition.origin.reason
        for name in FEEDBACK_MODES
        for transition in load(name).transitions
        if transition.origin
    ]
    assert len(reasons) > 10
    assert not [reason for reason in reasons if "period" in reason]


USAGE = {
    "no value": (("explain", "x.log", "--message"), "explain --help"),
    "no such option": (("explain", "--mesage"), "explain --help"),
    "no number": (("explain", "--year", "abc"), "'abc' is not a valid integer. (see: fsm explain"),
    "a half": (("report", "x.log", "--messages", "5.5"), "'5.5' is not a valid integer."),
    "no unit": (("replay", "x.log", "--validity", "3x"), "write a number and w, d, h, min or s"),
}


@pytest.mark.parametrize(("words", "message"), USAGE.values(), ids=USAGE)
def test_usage_errors_name_the_help_of_their_command(
    words: tuple[str, ...], message: str, fsm: Fsm
) -> None:
    result = fsm(*words)
    assert result.status == 2
    assert message in result.err
    assert f"(see: fsm {words[0]} --help)" in result.err
