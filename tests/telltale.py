"""A person whose name must not be found, logs of every format that are full of it, and the search.

The samples of providers are made from the tables of their records: what a table says where an id,
an address or a reply stands is filled with the person.
"""

import base64
import csv
import gzip
import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl

from fsm.logs.detect import CANONICAL
from fsm.logs.mapping.event_mapping import Format, format_names, load_format

ADDRESS = "zaphod.beeblebrox@vogsphere.example"
OTHERS = ('"zaphod beeblebrox"@vogsphere.example', "zaphod@[192.0.2.77]")
CODED = "emFwaG9kLmJlZWJsZWJyb3hAdm9nc3BoZXJlLmV4YW1wbGU="
REPLY = (
    f"550 5.1.1 <{ADDRESS}>: user zaphod.beeblebrox unknown, try z=61phod.beeblebrox, "
    f"srs0=ab=cd=vogsphere.example=zaphod@relay.example or {CODED}"
)
ID = f"20260105.zaphod.beeblebrox=vogsphere.example@{CODED}"
READERS = (*CANONICAL, *format_names())

WORDS = (ADDRESS, "zaphod", "aphod", "beeblebrox", "vogsphere", "192.0.2.77")


def _forms(word: str) -> Iterator[str]:
    """Yield what a word looks like: as it is, in base64 at each alignment, hexadecimal, quoted."""
    data = word.encode()
    yield from (word, quote(word, safe=""), data.hex(), "".join(f"%{byte:02x}" for byte in data))
    for shift in range(3):
        bits = 8 * shift, 8 * (shift + len(data))
        core = base64.b64encode(b"\0" * shift + data).decode()[-(-bits[0] // 6) : bits[1] // 6]
        if len(core) > 6:
            yield core


_TELLTALES = {form for word in WORDS for form in _forms(word)}


def found_in(text: str) -> set[str]:
    """Return what a text tells of the person, in letters of either case."""
    return {form for form in _TELLTALES if form in text or form in text.lower()}


def content(path: Path) -> str:
    """Return all that a file, or a directory, holds: also what is packed in it."""
    if path.is_dir():
        inside = sorted(other for other in path.rglob("*") if other.is_file())
        return "\n".join(f"{other.relative_to(path)}\n{content(other)}" for other in inside)
    data = path.read_bytes()
    if data.startswith(b"PAR1"):
        frame = pl.read_parquet(path)
        return f"{frame.schema}\n{frame.write_ndjson()}"
    if data.startswith(b"SQLite format 3\0"):
        connection = sqlite3.connect(path)
        text = "\n".join(connection.iterdump())
        connection.close()
        return text
    return (gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data).decode()


# Samples -------------------------------------------------------------------------------------

CSV = f"""message_id,event,timestamp,recipient,delivery_id,event_id,reply,doubt,rule,remark
{ID},relayed,2026-01-05T09:00:00Z,{ADDRESS},zaphod,{ID}1,,,,beeblebrox
{ID},hard_bounce,2026-01-05T09:00:01Z,Zaphod <{ADDRESS.upper()}>,zaphod,{ID}2,"{REPLY}",ask zaphod,\
by zaphod,beeblebrox
{ID},delivered,2026-01-05T09:00:02Z,{ADDRESS},zaphod,{ID}3,,,,beeblebrox
{ID},told {ADDRESS},2026-01-05T09:00:03Z,{ADDRESS},zaphod,{ID}4,,,,beeblebrox
"""
_MX = "relay=mx.vogsphere.example[192.0.2.77]:25, delay=1, delays=0/0/0/1"
_HEAD = "Jan  5 09:00:0"
POSTFIX = f"""\
{_HEAD}0 mx postfix/smtpd[1]: 4AAAA1: client=app[192.0.2.77], sasl_username={ADDRESS}
{_HEAD}0 mx postfix/cleanup[1]: 4AAAA1: message-id=<{ID}>
{_HEAD}0 mx postfix/qmgr[1]: 4AAAA1: from=<n+zaphod=vogsphere.example@app.example>, size=9, nrcpt=3
{_HEAD}1 mx postfix/smtp[1]: 4AAAA1: to=<{ADDRESS}>, orig_to=<beeblebrox@app.example>, {_MX}, \
dsn=5.1.1, status=bounced (host mx.vogsphere.example[192.0.2.77] said: {REPLY})
{_HEAD}2 mx postfix/smtp[1]: 4AAAA1: to=<{OTHERS[0]}>, {_MX}, dsn=4.2.2, status=deferred ({REPLY})
{_HEAD}2 mx postfix/smtp[1]: 4AAAA1: to=<{OTHERS[1]}>, {_MX}, dsn=2.0.0, status=sent (250 zaphod)
{_HEAD}3 mx postfix/smtp[1]: 4AAAA1: to=<{OTHERS[1]}>, {_MX}, dsn=2.0.0, status=zaphod (250 ok)
"""
_EXIM = "2026-01-05 09:00:0"
EXIM = f"""\
{_EXIM}0 1sLq2b-000000001yx-2Dei <= n@app.example H=app [192.0.2.77] P=esmtp S=9 id={ID}
{_EXIM}1 1sLq2b-000000001yx-2Dei ** {ADDRESS} R=dnslookup T=remote_smtp: SMTP error: {REPLY}
{_EXIM}2 1sLq2b-000000001yx-2Dei => zaphod <{OTHERS[1]}> R=local T=zaphod C="250 OK zaphod"
"""
SENDMAIL = f"""\
{_HEAD}0 mx sendmail[7]: 60590001aaaaa: from=<n@app.example>, size=9, nrcpts=1, msgid=<{ID}>
{_HEAD}1 mx sendmail[7]: 60590001aaaaa: to=<{ADDRESS}>, delay=00:00:01, mailer=esmtp, pri=9, \
relay=mx.vogsphere.example. [192.0.2.77], dsn=5.1.1, stat={REPLY}
"""
POWERMTA = f"""\
type,timeLogged,timeQueued,orig,rcpt,dsnAction,dsnStatus,dsnDiag,bounceCat,jobId,header_Message-Id
b,2026-01-05 09:00:01+0000,,n@app,{ADDRESS},failed,5.1.1 (zaphod),"smtp;{REPLY}",bad-mailbox,\
zaphod,{ID}
zaphod,2026-01-05 09:00:02+0000,,n@app,{ADDRESS},,5.1.1 (zaphod),"smtp;{REPLY}",zaphod,zaphod,{ID}
"""
MOMENTUM = f"""\
1767603600@{CODED}@b@c@R@{ADDRESS}@n@app.example@192.0.2.77@201@esmtp@default@default
1767603601@{CODED}@b@c@B@{ADDRESS}@n@app.example@g@b@21@10@99@192.0.2.77@{REPLY}
"""
MAIL = f"""\
From: "Zaphod Beeblebrox" <{ADDRESS}>
To: n+zaphod=vogsphere.example@app.example
Date: Mon, 5 Jan 2026 09:00:00 GMT
Subject: returned: zaphod
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.vogsphere.example

Final-Recipient: rfc822; {ADDRESS}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; {REPLY}

--b
Content-Type: message/rfc822

Message-ID: <{ID}>
Subject: Dear Zaphod

--b--
"""
SNAPSHOT = f"""\
Delivery log ID,Email,Log status,Failure reason,Date
{ID},{ADDRESS},Failed,"{REPLY}",2026-01-05T09:00:00Z
{ID}2,{ADDRESS},Told {ADDRESS},zaphod,2026-01-05T09:00:01Z
{ID}3,{OTHERS[1]},Pending,zaphod beeblebrox said no,since zaphod
"""
SES = {
    "eventType": "Bounce",
    "mail": {
        "messageId": ID,
        "timestamp": "2026-01-05T09:00:00Z",
        "destination": [ADDRESS],
        "tags": {"ses:configuration-set": ["zaphod"]},
    },
    "bounce": {
        "bounceType": "Permanent",
        "bounceSubType": "zaphod",
        "timestamp": "2026-01-05T09:00:01Z",
        "feedbackId": ID,
        "bouncedRecipients": [
            {
                "emailAddress": ADDRESS,
                "diagnosticCode": REPLY,
                "status": "5.1.1",
                "action": "failed",
            }
        ],
    },
}
OPENSMTPD = "".join(
    f"Jan  5 09:00:0{second} mx smtpd[7]: 4aaaaaaaaaaaaaaa {what} evpid=zaphod1 "
    f"from=<{ADDRESS}> to=<{ADDRESS}>{result}\n"
    for second, what, result in (
        (0, "smtp envelope", ""),
        (1, "mta delivery", f' rcpt=<{ADDRESS}> result="PermFail" stat="{REPLY}"'),
    )
)
HARAKA = "".join(
    f"2026-01-05T09:00:0{second}.000Z [NOTICE] [11111111-2222-3333-4444-555555555555.1.1] "
    f"[outbound] {what}\n"
    for second, what in (
        (0, f'delivered file=1_zaphod response="{REPLY}" delay=1 fails=0'),
        (1, f"bouncing mail: {REPLY}"),
    )
)
_OWN = {
    "opensmtpd": OPENSMTPD,
    "haraka": HARAKA,
    "csv": CSV,
    "postfix": POSTFIX,
    "exim": EXIM,
    "sendmail": SENDMAIL,
    "powermta": POWERMTA,
    "momentum": MOMENTUM,
    "mail": MAIL,
    "snapshot": SNAPSHOT,
    "ses": json.dumps(SES) + "\n",
}


def write_sample(form: str, directory: Path) -> Path:
    """Write a log of a format; ``KeyError`` for one that there is no sample of."""
    path = directory / f"{form}-2026-01-05_0900"
    if form == "parquet":
        pl.read_csv(CSV.encode()).write_parquet(path)
    elif form == "jsonl":
        path.write_text(pl.read_csv(CSV.encode()).write_ndjson())
    elif form in _OWN:
        path.write_text(_OWN[form])
    else:
        path.write_text(_written(load_format(form)))
    return path


def _written(form: Format) -> str:
    """Return a log of records as the mapping file of a format lays them out."""
    records = list(_records(form))
    if form.layout.container != "csv":
        return "".join(json.dumps(record) + "\n" for record in [*records, {ADDRESS: "zaphod"}])
    names = list(dict.fromkeys(name for record in records for name in record))
    text = StringIO()
    rows = csv.writer(text, delimiter=form.layout.separator or ",", lineterminator="\n")
    rows.writerows([names, *([record.get(name) for name in names] for record in records)])
    return f"#Fields: {text.getvalue()}" if form.layout.comment else text.getvalue()


def _records(form: Format) -> Iterator[dict[str, Any]]:
    """Yield records of every event of a format; ``IndexError`` without signs in its file."""
    layout = form.layout
    names = dict.fromkeys(path.partition("/")[0] for path in form.meanings)
    moment = datetime(2026, 1, 5, 9, tzinfo=UTC)
    when = moment.strftime(layout.time.formats[0]) if layout.time.formats else moment.isoformat()
    for name in (*names, f"told {ADDRESS}"):
        values = {
            **dict.fromkeys(("message_id", "event_id", "delivery_id"), ID),
            "recipient": ADDRESS,
            "reply": REPLY,
            "time": when,
            "event": name,
        }
        places = {path: "zaphod" for sources in layout.detail.values() for path in sources[0].paths}
        for field, value in values.items():
            for source in layout.sources(field)[:1]:
                count = len(source.paths)
                parts = value.split(maxsplit=count - 1) if count > 1 else [value]
                places |= zip(source.paths, parts, strict=False)
        record: dict[str, Any] = {}
        entry: dict[str, Any] = {}
        for path in layout.recognise[0]:
            _put(record, path.split("."), "zaphod")
        for path, value in places.items():
            _put(entry if path.startswith(".") else record, path.strip(".").split("."), value)
        for path in layout.each[:1] if entry else ():
            text = f"{ADDRESS}##Receive, {name}"
            _put(record, path.split("."), text if layout.each_pattern else [entry])
        yield record


def _put(record: Any, path: list[str], value: object) -> None:
    """Put a value at a path, in the place of what is no part of it."""
    key, *inner = path
    if not inner:
        record[key] = value
        return
    if inner[0].isdigit():
        place, *inner = inner
        item: Any = {} if inner else value
        record[key] = [*[None] * int(place), item]
        if inner:
            _put(item, inner, value)
        return
    if not isinstance(record.get(key), dict):
        record[key] = {}
    _put(record[key], inner, value)
