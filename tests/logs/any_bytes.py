"""Reading any bytes as a log: samples of our own of every format, and what must hold of each."""

import io
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from xml.etree import ElementTree

from fsm.engine import replay
from fsm.errors import LogError
from fsm.logs.conversion import Reader
from fsm.logs.detect import CANONICAL
from fsm.logs.native_event import NativeEvent
from fsm.logs.notes import Notes
from fsm.logs.open import convert_logs, open_log
from fsm.logs.summary import summary_lines
from fsm.logs.write.json import write_json
from fsm.logs.write.xes import write_xes
from fsm.machine import Machine
from tests.logs.test_mail import REPORTS
from tests.logs.test_servers import EXIM, KUMOMTA, MOMENTUM, POSTFIX, POWERMTA, SENDMAIL
from tests.logs.test_webhooks import CASES

__all__ = ["FORMS", "SAMPLES", "events", "family_of", "read_whole"]

FORMS = (
    None,
    *CANONICAL,
    "postfix",
    "exim",
    "sendmail",
    "powermta",
    "momentum",
    "sendgrid",
    "mail",
    "snapshot",
)
"""What a file may be said to be; None: nothing. A provider stands for all webhooks."""

CSV = (
    "message_id,event,timestamp,seq\nm1,relayed,2026-01-05T09:00:00Z,1\nm1,delivered,1767603601,2\n"
)
JSONL = '{"message_id":"m1","event":"relayed","timestamp":"2026-01-05T09:00:00Z"}\n'
EXPORT = """Email;Log status;Failure reason;timestamp
a@y.example;Pending;;2026-01-05T09:00:00Z
b@y.example;Failed;550 5.1.1 no such user;2026-01-05T09:00:01Z
"""
SAMPLES: dict[str, str] = {
    **{f"postfix: {name}": text for name, (text, _) in POSTFIX.items()},
    **{f"mail: {name}": text for name, (text, _) in REPORTS.items()},
    **{f"webhooks: {number}": json.dumps(case[1]) for number, case in enumerate(CASES)},
    "webhooks: array": json.dumps([case[1] for case in CASES[::9]], indent=1),
    "exim": EXIM,
    "sendmail": SENDMAIL,
    "powermta": POWERMTA,
    "kumomta": KUMOMTA,
    "momentum": MOMENTUM,
    "mbox": "".join(f"From x@y Mon Jan  5 09:00:00 2026\n{t}\n\n" for t, _ in REPORTS.values()),
    "snapshot": EXPORT,
    "csv": CSV,
    "jsonl": JSONL * 2,
}
"""Texts of every format, by what they are."""


def family_of(sample: str) -> str:
    """Return the reader that a sample is for."""
    name = sample.partition(":")[0]
    return {"kumomta": "webhooks", "mbox": "mail"}.get(name, name)


LATEST = 253_402_214_400_000_000  # 9999-12-31 in microseconds


def events(lines: Iterable[list[str]], reader: Reader) -> tuple[list[NativeEvent], Notes]:
    """The events that a reader finds, each as it must be; raises what it raises."""
    notes = Notes("any")
    found = [e for _, group in reader.read(lines, notes) for e in _plain(group)]
    for event in found:
        assert isinstance(event.message_id, str)
        assert isinstance(event.native, str)
        assert event.recipient is None or isinstance(event.recipient, str)
        assert 0 <= event.time <= LATEST
        assert event.line >= 0
    for line in summary_lines(notes):
        assert len(line) < 10_000
    return found, notes


def _plain(group: object) -> Iterable[NativeEvent]:
    rows = getattr(group, "iter_rows", None)
    return [NativeEvent(**row) for row in rows(named=True)] if rows else group  # type: ignore[return-value]


def read_whole(path: Path, form: str | None, machines: Sequence[Machine]) -> None:
    """Replay a file, and convert it; any fault of it must be said in one line.

    Its records, and its events, must add up.
    """
    for use in (lambda: _replay(path, form, machines), lambda: _convert(path, form)):
        said = _said(use)
        assert "\n" not in said
        assert "do not add up" not in said


def _said(use: Callable[[], None]) -> str:
    try:
        use()
    except LogError as error:
        return str(error)
    return ""


def _replay(path: Path, form: str | None, machines: Sequence[Machine]) -> None:
    log = open_log([str(path)], log_format=form)
    notes = log.conversions
    replay(log, machines, oracle=False)
    for note in notes:
        for line in summary_lines(note):
            assert len(line) < 10_000


def _convert(path: Path, form: str | None) -> None:
    found = convert_logs([str(path)], form)
    write_xes(found.events(), xes := io.BytesIO())
    ElementTree.fromstring(xes.getvalue())
    write_json(found.events(), ocel := io.BytesIO())
    json.loads(ocel.getvalue())
