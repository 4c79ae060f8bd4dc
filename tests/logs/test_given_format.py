"""A format that is given must be that of the log; what was not read is counted."""

import json
from pathlib import Path

import pytest

from fsm.schemas import load_schema
from tests.command import Fsm

HEAD = "2026-01-05T04:10:00.120345-05:00 mx2 postfix/smtp[54]: B00000D: "
LINE = f"{HEAD}to=<a@y.example>, relay=mx[1.2.3.4]:25, delay=1, dsn=2.0.0, status=sent (250 Ok)\n"
QUIET = "2026-01-05T04:10:00.120345-05:00 mx2 postfix/master[1]: daemon started\n"
SENDGRID = '{"email":"a@y.example","sg_message_id":"m","timestamp":1,"event":"delivered"}\n'
WRONG = {
    "another server": ("exim", LINE, "no line is an event of exim; its content is that of postfix"),
    "lines for webhooks": ("sendgrid", LINE, "; its content is that of postfix"),
    "webhooks for lines": ("postfix", SENDGRID, "; its content is that of webhooks"),
    "no log at all": ("postfix", "hello\n", "no line is an event of postfix; without --format"),
}


@pytest.mark.parametrize("command", ["replay", "explain --message m"])
@pytest.mark.parametrize(("form", "text", "message"), WRONG.values(), ids=WRONG)
def test_a_format_that_does_not_fit(
    command: str, form: str, text: str, message: str, tmp_path: Path, fsm: Fsm
) -> None:
    log = tmp_path / "x.log"
    log.write_text(text)
    result = fsm(*command.split(), log, "--format", form)
    assert (result.status, result.out) == (2, "")
    assert message in result.err.splitlines()[-1]
    assert result.err.splitlines()[-1].startswith(f"fsm: {log}: ")


def test_a_log_without_events_may_have_the_given_format(tmp_path: Path, fsm: Fsm) -> None:
    log = tmp_path / "x.log"
    log.write_text(QUIET)
    result = fsm("replay", log, "--format", "postfix")
    assert (result.status, result.out[:8]) == (0, "0 events")


def test_a_replay_counts_what_it_did_not_read(tmp_path: Path, fsm: Fsm) -> None:
    log = tmp_path / "x.log"
    log.write_text(f"{LINE}{QUIET}{LINE.replace('status=sent', 'status=bou')}")
    result = fsm("replay", log, "--json", "--strict")
    (file,) = json.loads(result.out)["files"]
    counts = {key: file[key] for key in ("lines", "events", "passed", "unmapped")}
    assert result.status == 1
    assert counts == {
        "lines": 3,
        "events": 1,
        "passed": {"lines of no delivery": 1},
        "unmapped": {"bou/smtp": 1},
    }


def test_both_commands_describe_a_file_alike() -> None:
    files = load_schema("replay")["properties"]["files"]
    assert files["items"] == load_schema("convert")["items"]
