"""Webhooks arrive late, twice and mixed; statuses are those of the log in its order.

The events of the real log are written as each provider would have written them.
"""

import csv
import gzip
import json
import random
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import polars.selectors as cs
import pytest

from fsm.catalog import load_bare
from fsm.engine import replay
from fsm.logs.open import open_log

Row = dict[str, str]
Shape = Callable[[Row, int], dict[str, Any]]


def names(relayed: str, soft: str, delivered: str, hard: str, failed: str) -> dict[str, str]:
    """What a provider calls the events of the log."""
    return {
        "relayed": relayed,
        "soft_bounce": soft,
        "delivered": delivered,
        "retry_succeeded": delivered,
        "hard_bounce": hard,
        "retry_failed": failed,
    }


def address(row: Row) -> str:
    return f"{row['case_id']}@x.example"


def seconds(row: Row) -> float:
    return datetime.fromisoformat(row["timestamp"]).timestamp()


SENDGRID = names("processed", "deferred", "delivered", "bounce/bounce", "bounce/blocked")
MAILGUN = names("accepted", "failed/temporary", "delivered", "failed/permanent", "failed/old")
SPARKPOST = names("injection", "delay", "delivery", "bounce/10", "bounce/20")
SES = names("Send", "DeliveryDelay", "Delivery", "Bounce/Permanent", "Bounce/Transient")
BREVO = names("request", "deferred", "delivered", "hard_bounce", "soft_bounce")
MANDRILL = names("send", "deferral", "delivered", "hard_bounce", "soft_bounce")
KUMOMTA = names("Reception", "TransientFailure", "Delivery", "Bounce", "Expiration")
RESEND = names("sent", "delivery_delayed", "delivered", "bounced/Permanent", "bounced/Transient")


def sendgrid(row: Row, number: int) -> dict[str, Any]:
    event, _, kind = SENDGRID[row["activity"]].partition("/")
    return {
        "email": address(row),
        "timestamp": seconds(row),
        "event": event,
        "sg_event_id": f"e{number}",
        "sg_message_id": f"{row['case_id']}.recvd-1",
        **({"type": kind} if kind else {}),
    }


def mailgun(row: Row, number: int) -> dict[str, Any]:
    event, _, kind = MAILGUN[row["activity"]].partition("/")
    data = {
        "event": event,
        "id": f"e{number}",
        "timestamp": seconds(row),
        "recipient": address(row),
        "message": {"headers": {"message-id": row["case_id"]}},
        "severity": "temporary" if kind == "temporary" else "permanent",
        "reason": kind,
        "delivery-status": {"code": 550},
    }
    return {"signature": {"token": str(number)}, "event-data": data}


def sparkpost(row: Row, number: int) -> dict[str, Any]:
    event, _, kind = SPARKPOST[row["activity"]].partition("/")
    facts = {
        "type": event,
        "message_id": row["case_id"],
        "rcpt_to": address(row),
        "event_id": f"e{number}",
        "timestamp": str(int(seconds(row))),
    }
    return {"msys": {"message_event": facts | ({"bounce_class": kind} if kind else {})}}


def ses(row: Row, number: int) -> dict[str, Any]:
    event, _, kind = SES[row["activity"]].partition("/")
    part = {"timestamp": row["timestamp"], "bounceType": kind, "bounceSubType": "General"}
    key = event[0].lower() + event[1:]
    mail = {"messageId": row["case_id"], "destination": [address(row)]}
    mail["timestamp"] = row["timestamp"]
    return {
        "eventType": event,
        "mail": mail,
        key: part if kind else {"timestamp": row["timestamp"]},
    }


def brevo(row: Row, number: int) -> dict[str, Any]:
    fields = {"message-id": row["case_id"], "email": address(row), "ts_epoch": seconds(row) * 1000}
    return {"event": BREVO[row["activity"]], **fields}


def mandrill(row: Row, number: int) -> dict[str, Any]:
    message = {"_id": row["case_id"], "email": address(row)}
    return {"event": MANDRILL[row["activity"]], "ts": int(seconds(row)), "msg": message}


def kumomta(row: Row, number: int) -> dict[str, Any]:
    fields = {"type": KUMOMTA[row["activity"]], "id": row["case_id"], "recipient": address(row)}
    return {
        **fields,
        "queue": "x.example",
        "event_time": seconds(row),
        "timestamp": int(seconds(row)),
    }


def resend(row: Row, number: int) -> dict[str, Any]:
    event, _, kind = RESEND[row["activity"]].partition("/")
    data = {"email_id": row["case_id"], "to": [address(row)], "bounce": {"type": kind}}
    return {"type": f"email.{event}", "created_at": row["timestamp"], "data": data}


SHAPES: dict[str, list[Shape]] = {
    shape.__name__: [shape]
    for shape in (sendgrid, mailgun, sparkpost, ses, brevo, mandrill, kumomta, resend)
}
SHAPES["a mixture"] = [shape for shapes in [*SHAPES.values()] for shape in shapes]


def statuses(path: Path, columns: dict[str, str] | None = None) -> pl.DataFrame:
    """The status of each message of a log, in both modes."""
    log = open_log([str(path)], columns)
    machines = [load_bare(name) for name in ("with-feedback", "without-feedback")]
    result = replay(log, machines, oracle=False, statuses=True)
    assert result.rejected == 0
    frame = pl.concat(result.status_frames())
    return frame.select("message_id", cs.starts_with("with")).sort("message_id")


@pytest.fixture(scope="module")
def real(request: pytest.FixtureRequest) -> list[Row]:
    import os

    directory = os.environ.get("FSM_CORPUS")
    if not directory:
        pytest.skip("no corpus of real pages and logs here (FSM_CORPUS is not set)")
    with gzip.open(Path(directory) / "logs" / "newsletter-2013.csv.gz", "rt") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def expected(real: list[Row], tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """The statuses of the log as it was written."""
    as_logged = tmp_path_factory.mktemp("order") / "log.csv"
    pl.DataFrame(real).write_csv(as_logged)
    return statuses(as_logged, {"message_id": "case_id", "event": "activity"})


def described(rows: Iterable[Row], shapes: list[Shape]) -> list[str]:
    """The rows as lines; a message is of one provider."""
    whose = {
        case: shapes[n % len(shapes)] for n, case in enumerate({r["case_id"]: 0 for r in rows})
    }
    return [json.dumps(whose[row["case_id"]](row, n)) for n, row in enumerate(rows)]


@pytest.mark.parametrize("shapes", SHAPES.values(), ids=SHAPES)
def test_the_order_of_webhooks_changes_no_status(
    real: list[Row], expected: pl.DataFrame, tmp_path: Path, shapes: list[Shape]
) -> None:
    clean = described(real, shapes)
    luck = random.Random(7)
    shuffled = clean + luck.sample(clean, len(clean) // 5)
    luck.shuffle(shuffled)
    for name, lines in (("clean", clean), ("shuffled", shuffled)):
        (tmp_path / name).write_text("\n".join(lines))
    assert expected.height > 9000
    assert statuses(tmp_path / "clean").equals(expected)
    assert statuses(tmp_path / "shuffled").equals(expected)
