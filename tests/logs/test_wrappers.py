"""Lines of mail servers that something else wrapped: one event, whatever is around its line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fsm.logs.servers.wrappers import Unwrapping
from tests.command import Fsm

Convert = Callable[..., Any]

TEXT = "4dKq9z1234zAA1: to=<a@x.example>, relay=mx[192.0.2.1]:25, delay=1, status=sent (250 ok)"
TAGGED = f"postfix/smtp[3]: {TEXT}"
SYSLOG = f"Jan  5 08:00:01 mx1 {TAGGED}"
STAMP = "2026-01-05T08:00:01"
JOURNAL = {"__REALTIME_TIMESTAMP": "1767600001000000", "SYSLOG_IDENTIFIER": "postfix/smtp"}


def docker(text: str) -> str:
    """A record as Docker's driver writes it, which escapes brackets."""
    record = {"log": f"{text}\n", "stream": "stdout", "time": f"{STAMP}.123456789Z"}
    return json.dumps(record).replace("<", "\\u003c").replace(">", "\\u003e")


WRAPPED = {
    "nothing": SYSLOG,
    "a priority": f"<22>{SYSLOG}",
    "another name of the syslog": SYSLOG.replace("postfix/", "mx-out/"),
    "an instance of Postfix": SYSLOG.replace("postfix/", "postfix-out/"),
    "no process id": SYSLOG.replace("[3]:", ":"),
    "a message number": SYSLOG.replace("[3]: ", "[3]: [ID 197553 mail.info] "),
    "short-iso": f"{STAMP}+0000 mx1 {TAGGED}",
    "short-full": f"Mon 2026-01-05 08:00:01 UTC mx1 {TAGGED}",
    "short-unix": f"1767600001.000000 mx1 {TAGGED}",
    "slashes": f"2026/01/05 08:00:01 mx1 {TAGGED}",
    "RFC 5424": f"<22>1 {STAMP}.003Z mx1 postfix/smtp 3 - - {TEXT}",
    "RFC 5424 with data": (
        f'<22>1 {STAMP}Z mx1 postfix/smtp 3 ID47 [a@32473 i="3]\\"" e="a"][b c="d"] {TEXT}'
    ),
    "RFC 5424 with its length": f"190 <22>1 {STAMP}Z mx1 postfix/smtp 3 - - \ufeff{TEXT}",
    "the journal": json.dumps(JOURNAL | {"MESSAGE": TEXT, "_HOSTNAME": "mx1", "_PID": "3"}),
    "the journal, as bytes": json.dumps(JOURNAL | {"MESSAGE": list(TEXT.encode())}),
    "the journal, as a stream": f"data: {json.dumps(JOURNAL | {'MESSAGE': TEXT})}",
    "docker": docker(SYSLOG),
    "docker, without a time": docker(TAGGED),
    "docker logs -t": f"{STAMP}.123456789Z {SYSLOG}",
    "compose": f"mail-1  | {STAMP}+00:00 mx1 {TAGGED}",
    "compose in colours": f"\x1b[36mmail-1  |\x1b[0m {SYSLOG}",
    "compose with times": f"mail-1  | {STAMP}.5Z {TAGGED}",
    "kubernetes": f"{STAMP}.123456789+00:00 stdout F {TAGGED}",
    "kubectl": f"[pod/mail-0/postfix] {SYSLOG}",
    "aws logs tail": f"{STAMP}.5+00:00 mail/stream/1 {SYSLOG}",
    "cloudwatch": json.dumps(
        {"timestamp": 1767600001000, "ingestionTime": 1767600002000, "message": TAGGED}
    ),
    "google": json.dumps({"logName": "x", "timestamp": f"{STAMP}Z", "textPayload": SYSLOG}),
    "elastic": json.dumps(
        {
            "@timestamp": f"{STAMP}.000Z",
            "host": {"hostname": "mx1"},
            "process": {"name": "postfix/smtp", "pid": 3},
            "message": TEXT,
        }
    ),
    "syslog-ng": json.dumps(
        {"DATE": "Jan  5 08:00:01", "HOST": "mx1", "PROGRAM": "postfix/smtp", "MESSAGE": TEXT}
    ),
    "loki": f'{STAMP}Z {{app="mail"}} {SYSLOG}',
}


@pytest.mark.parametrize("line", WRAPPED.values(), ids=WRAPPED)
def test_the_line_in_its_wrapper(convert: Convert, line: str) -> None:
    rows, notes = convert(f"{line}\n", relayed=False)
    assert [(r["message_id"], r["recipient"], r["event"], r["line"]) for r in rows] == [
        ("4dKq9z1234zAA1", "a@x.example", "delivered", 1)
    ]
    assert f"{rows[0]['timestamp']:%Y-%m-%dT%H:%M:%S}" == STAMP
    assert notes.records.read == 1


ENTRIES = [
    {"logName": "x", "timestamp": f"{STAMP}Z", "textPayload": SYSLOG.replace("A1: ", f"A{n}: ")}
    for n in (1, 2)
]
EVENTS = [
    {"timestamp": 1767600001000, "message": e["textPayload"], "ingestionTime": 1} for e in ENTRIES
]
ROWS = "\n".join(f'{STAMP}Z,mx1,"{e["textPayload"]}"' for e in ENTRIES)
DOCUMENTS: dict[str, tuple[str, list[int]]] = {
    "an array": (json.dumps(ENTRIES), [1, 1]),
    "an array over lines": (json.dumps(ENTRIES, indent=1), [2, 7]),
    "an array of lines": ("[\n" + ",\n".join(map(json.dumps, ENTRIES)) + "\n]", [2, 3]),
    "one after the other": ("".join(map(json.dumps, ENTRIES)), [1, 1]),
    "in an envelope": (json.dumps({"next": "", "events": EVENTS}, indent=1), [4, 9]),
    "cut": (json.dumps(ENTRIES, indent=1)[:-5], [2]),
    "CSV": (f"timestamp,host,message\n{ROWS}\n", [2, 3]),
    "CSV of Insights": (f"@timestamp,@logStream,@message\n{ROWS}\n", [2, 3]),
}


@pytest.mark.parametrize(("text", "lines"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_records_that_are_not_lines(convert: Convert, text: str, lines: list[int]) -> None:
    rows, notes = convert(text, relayed=False)
    assert [row["line"] for row in rows] == lines
    assert [row["message_id"] for row in rows] == ["4dKq9z1234zAA1", "4dKq9z1234zAA2"][: len(lines)]
    assert notes.records.read == len(lines)


def cri(kind: str, text: str, stream: str = "stdout") -> str:
    return f"{STAMP}.5Z {stream} {kind} {text}"


def docker_piece(text: str) -> str:
    return docker(text).replace('\\n", "stream', '", "stream')


START, MIDDLE, END = SYSLOG[:60], SYSLOG[60:90], SYSLOG[90:]
OTHER = SYSLOG.replace("AA1", "AA2")
SPLIT: dict[str, tuple[list[str], list[str]]] = {
    "of Kubernetes": (
        [cri("P", START), cri("P", "web", "stderr"), cri("P", MIDDLE), cri("F", END)],
        [SYSLOG, "web", "", ""],
    ),
    "of Docker": (
        [docker_piece(START), docker_piece(MIDDLE), docker(END), docker(OTHER)],
        [SYSLOG, "", "", OTHER],
    ),
    "of Docker, and the end is missing": (
        [docker_piece(START), docker(OTHER), docker_piece(START)],
        [START, OTHER, START],
    ),
    "of Docker, none with an end": ([docker_piece(SYSLOG), docker_piece(OTHER)], [SYSLOG, OTHER]),
}


@pytest.mark.parametrize(("lines", "expected"), SPLIT.values(), ids=SPLIT)
def test_split_lines_are_joined(lines: list[str], expected: list[str]) -> None:
    dated = [text.replace("Jan  5", "2026 Jan  5") for text in expected]
    for blocks in ([lines], [[line] for line in lines]):
        found = [line for block in Unwrapping().blocks(blocks) for line in block]
        assert [line.rpartition("Z - ")[2] for line in found] == dated


@pytest.mark.parametrize("time", ["2025-12-31T23:30:00Z", "2026-01-01T00:30:00Z"])
def test_the_wrapper_tells_the_year_of_a_time_without_one(time: str) -> None:
    for stamp, year in (("Dec 31 23:59:59", 2025), ("Jan  1 00:00:01", 2026)):
        record = {"log": SYSLOG.replace("Jan  5 08:00:01", stamp), "stream": "stdout", "time": time}
        (line,) = Unwrapping().lines([json.dumps(record)])
        assert line.startswith(f"{year} {stamp} mx1 ")


def test_lines_of_other_programs_stay_as_they_are() -> None:
    block = [f"mail-1  | {SYSLOG}", "", "Attaching to mail-1, web-1", "web-1  | GET / 200", "{"]
    unwrapping = Unwrapping()
    assert unwrapping.lines(block) == [SYSLOG, "", block[2], "GET / 200", "{"]
    assert unwrapping.title == "docker compose logs"


def test_exim_and_sendmail_in_the_journal(convert: Convert) -> None:
    exim = "1vcABC-000000001Ab-0001 => a@x.example R=dnslookup T=remote_smtp"
    sendmail = "60590001aaaaa: to=<a@x.example>, delay=00:00:01, dsn=2.0.0, stat=Sent (ok)"
    for program, text in (
        ("exim", f"2026-01-05 08:00:00 {exim}"),
        ("exim", exim),
        ("sendmail", sendmail),
    ):
        record = JOURNAL | {"SYSLOG_IDENTIFIER": program, "_PID": "7", "MESSAGE": text}
        rows, _ = convert(json.dumps(record), relayed=False)
        assert [(row["event"], row["format"]) for row in rows] == [("delivered", program)]


def test_the_wrapper_is_named(tmp_path: Path, fsm: Fsm) -> None:
    log = tmp_path / "mail.log"
    log.write_text(f"mail-1  | {SYSLOG}\n")
    assert "of Postfix programs, in docker compose logs)" in fsm("replay", log).err
    assert "lines unwrapped: docker compose logs" in fsm("replay", log, "--format", "postfix").err


HOSTILE = {
    "deep": '{"a":' * 5000,
    "numbers": '{"MESSAGE": [1, 999, "x"], "__REALTIME_TIMESTAMP": 1e999}',
    "lists": '{"message": [[]], "timestamp": [1]}',
    "data": f"<22>1 {STAMP}Z h p 3 - " + '[a b="' * 3000,
    "bars": "a " * 3000 + "|",
}


@pytest.mark.parametrize("line", HOSTILE.values(), ids=HOSTILE)
def test_odd_lines_do_no_harm(line: str) -> None:
    assert len(Unwrapping().lines([line])) == 1
