"""The story as mail servers log it, with the lines around it that tell nothing of it."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from story import SECOND, Step

__all__ = ["SERVERS"]


def postfix(story: Iterable[Step]) -> Iterator[str]:
    """Yield six lines or more for a message: its connection, its queue, its attempts."""
    codes = {"delivered": ("2.0.0", "sent"), "soft_bounce": ("4.2.2", "deferred")}
    for step in story:
        head, key = f"{_syslog(step.time)} mail7 postfix/", step.key
        if step.event == "relayed":
            yield f"{head}smtpd[{20_000 + step.message % 60}]: connect from app.x.example[192.0.2.9]"
            yield f"{head}smtpd[{20_000 + step.message % 60}]: {key}: client=app.x.example[192.0.2.9]"
            yield f"{head}cleanup[21100]: {key}: message-id=<{key.lower()}.{step.message}@news.x.example>"
            yield (
                f"{head}qmgr[1500]: {key}: from=<bounce+{step.message}@news.x.example>, "
                "size=48211, nrcpt=1 (queue active)"
            )
            yield (
                f"{head}smtpd[{20_000 + step.message % 60}]: disconnect from "
                "app.x.example[192.0.2.9] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5"
            )
        elif step.event == "retry_failed":
            yield (
                f"{head}qmgr[1500]: {key}: from=<bounce+{step.message}@news.x.example>, "
                "status=expired, returned to sender"
            )
            yield f"{head}qmgr[1500]: {key}: removed"
        elif step.attempt:
            yield from _postfix_attempt(step, head, *codes.get(step.event, ("5.1.1", "bounced")))


def _postfix_attempt(step: Step, head: str, code: str, status: str) -> Iterator[str]:
    key, delay = step.key, step.since / SECOND
    if step.message % 3 == 0:
        yield (
            f"{head}smtp[{22_000 + step.message % 90}]: Untrusted TLS connection established to "
            f"{step.host}[198.51.100.{step.message % 250}]:25: TLSv1.3 with cipher "
            "TLS_AES_256_GCM_SHA384 (256/256 bits)"
        )
    reply = (
        step.reply
        if status == "sent"
        else (
            f"host {step.host}[198.51.100.{step.message % 250}] said: {step.reply} "
            "(in reply to RCPT TO command)"
        )
    )
    use = "conn_use=2, " if step.message % 5 == 0 else ""
    yield (
        f"{head}smtp[{22_000 + step.message % 90}]: {key}: to=<{step.address}>, "
        f"relay={step.host}[198.51.100.{step.message % 250}]:25, {use}delay={delay:.2f}, "
        f"delays=0.05/0.01/{delay / 3:.2f}/{delay / 2:.2f}, dsn={code}, status={status} ({reply})"
    )
    if status == "bounced":
        own = f"F{key[1:]}"
        yield f"{head}cleanup[21100]: {own}: message-id=<{own}@mail7.x.example>"
        yield f"{head}bounce[23000]: {key}: sender non-delivery notification: {own}"
        yield f"{head}qmgr[1500]: {own}: from=<>, size=50122, nrcpt=1 (queue active)"
        yield (
            f"{head}pipe[23100]: {own}: to=<bounce+{step.message}@news.x.example>, relay=inbound, "
            "delay=0.04, delays=0.01/0/0/0.03, dsn=2.0.0, status=sent (delivered via inbound service)"
        )
        yield f"{head}qmgr[1500]: {own}: removed"
    if status != "deferred":
        yield f"{head}qmgr[1500]: {key}: removed"


def exim(story: Iterable[Step]) -> Iterator[str]:
    """Yield a line for each event, and one where a message is completed."""
    for step in story:
        key = f"1s{step.message:04d}"[:6] + f"-{step.message:011d}-2Dei"
        head = f"{datetime.fromtimestamp(step.time / SECOND, UTC):%Y-%m-%d %H:%M:%S} {key}"
        way = f"R=dnslookup T=remote_smtp H={step.host} [198.51.100.{step.message % 250}]"
        if step.event == "relayed":
            yield f"{head[:19]} SMTP connection from app.x.example [192.0.2.9] closed by QUIT"
            yield (
                f"{head} <= bounce+{step.message}@news.x.example H=app.x.example [192.0.2.9] "
                f"P=esmtps X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=no S=48211 "
                f"id={step.key.lower()}@news.x.example"
            )
        elif step.event == "delivered":
            yield f'{head} => {step.address} {way} X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=yes C="{step.reply}"'
            yield f"{head} Completed"
        elif step.event == "soft_bounce":
            yield (
                f"{head} == {step.address} {way} defer (-44): SMTP error from remote mail server "
                f"after RCPT TO:<{step.address}>: {step.reply}"
            )
        elif step.event == "hard_bounce":
            yield (
                f"{head} ** {step.address} {way}: SMTP error from remote mail server after RCPT "
                f"TO:<{step.address}>: {step.reply}"
            )
            yield f"{head} Completed"
        elif step.event == "retry_failed":
            yield f"{head} ** {step.address}: retry timeout exceeded"
            yield f"{head} Completed"


def sendmail(story: Iterable[Step]) -> Iterator[str]:
    """Yield a line for each event, and those of connections around it."""
    codes = {"delivered": ("2.0.0", "Sent"), "soft_bounce": ("4.2.2", "Deferred")}
    for step in story:
        key = f"6059{step.message:09d}x"
        head = f"{_syslog(step.time)} mail7 sendmail[{20_000 + step.message % 60}]: {key}"
        if step.event == "relayed":
            yield f"{head}: from=<bounce+{step.message}@news.x.example>, size=48211, class=0, nrcpts=1, msgid=<{step.key}@news.x.example>, proto=ESMTP, daemon=MTA, relay=app.x.example [192.0.2.9]"
            yield f"{head[: head.rindex(key) - 2]}: STARTTLS=client, relay={step.host}., version=TLSv1.3, verify=OK, cipher=TLS_AES_256_GCM_SHA384, bits=256/256"
        elif step.event == "retry_failed":
            yield f"{head}: {key[:-1]}y: sender notify: Cannot send message for 5 days"
        elif step.attempt:
            code, said = codes.get(step.event, ("5.1.1", "User unknown"))
            minutes, seconds = divmod(step.since // SECOND, 60)
            yield (
                f"{head}: to=<{step.address}>, delay={minutes // 60:02d}:{minutes % 60:02d}:"
                f"{seconds:02d}, xdelay=00:00:01, mailer=esmtp, pri=168211, "
                f"relay={step.host}. [198.51.100.{step.message % 250}], dsn={code}, "
                f"stat={said}{' (' + step.reply + ')' if said == 'Sent' else ': ' + step.reply}"
            )
            if step.event == "hard_bounce":
                yield f"{head}: {key[:-1]}z: DSN: User unknown"


def powermta(story: Iterable[Step]) -> Iterator[str]:
    """Yield an accounting file with the fields of its default configuration and two more."""
    yield (
        "type,timeLogged,timeQueued,orig,rcpt,orcpt,dsnAction,dsnStatus,dsnDiag,dsnMta,bounceCat,"
        "srcType,srcMta,dlvType,dlvSourceIp,dlvDestinationIp,dlvEsmtpAvailable,dlvSize,vmta,jobId,"
        "envId,queue,vmtaPool,header_Message-Id"
    )
    kinds = {
        "delivered": ("d", "relayed", "2.0.0 (success)", ""),
        "soft_bounce": ("t", "delayed", "4.2.2 (mailbox full)", "quota-issues"),
        "hard_bounce": ("b", "failed", "5.1.1 (bad destination mailbox address)", "bad-mailbox"),
        "retry_failed": ("b", "failed", "4.4.7 (delivery time expired)", "message-expired"),
        "relayed": ("r", "", "", ""),
    }
    for step in story:
        if step.event in kinds:
            kind, action, status, category = kinds[step.event]
            stamp = f"{datetime.fromtimestamp(step.time / SECOND, UTC):%Y-%m-%d %H:%M:%S}+0000"
            said = f'"smtp;{step.reply}"' if step.reply else ""
            yield (
                f"{kind},{stamp},{stamp},bounce+{step.message}@news.x.example,{step.address},,"
                f"{action},{status},{said},{step.host} (198.51.100.{step.message % 250}),{category},"
                f"smtp,app.x.example (192.0.2.9),smtp,192.0.2.7,198.51.100.{step.message % 250},"
                f'"ENHANCEDSTATUSCODES,PIPELINING,8BITMIME,STARTTLS",48211,vmta7,'
                f"job{step.message // 5000},,{step.host}/vmta7,pool1,<{step.key}@news.x.example>"
            )


def momentum(story: Iterable[Step]) -> Iterator[str]:
    """Yield a mainlog: the bounces that stand in the bouncelog among its records."""
    for step in story:
        key = step.key[:8]
        head = f"{step.time // SECOND}@{key[:2]}/{key[2:4]}-{step.message:05d}-{key}@{key[:4]}@{key[4:]}"
        local, _, domain = step.address.partition("@")
        where = f"{step.since // SECOND}@198.51.100.{step.message % 250}"
        sender = f"bounce+{step.message}@news.x.example"
        if step.event == "relayed":
            yield f"{head}@R@{local}@{domain}@{sender}@192.0.2.9@48211@esmtp@default@default"
        elif step.event == "delivered":
            yield f"{head}@D@{domain}@48211@default@default@{step.attempt - 1}@{where}"
        elif step.event == "soft_bounce":
            yield f"{head}@T@{domain}@{step.attempt}@default@default@22@48211@{where}@{step.reply}"
        elif step.event in ("hard_bounce", "retry_failed"):
            kind = "10" if step.event == "hard_bounce" else "24"
            yield f"{head}@B@{local}@{domain}@{sender}@default@default@21@{kind}@{where}@{step.reply}"


def mail(story: Iterable[Step]) -> Iterator[str]:
    """Yield an mbox of standard reports: one for each refusal, delay and expiry."""
    kinds = {
        "soft_bounce": ("delayed", "4.2.2"),
        "hard_bounce": ("failed", "5.1.1"),
        "retry_failed": ("failed", "4.4.7"),
    }
    for step in story:
        if step.event in kinds:
            action, status = kinds[step.event]
            moment = datetime.fromtimestamp(step.time // SECOND, UTC)
            yield f"From MAILER-DAEMON {moment:%a %b %d %H:%M:%S %Y}"
            yield from REPORT.format(
                date=f"{moment:%a, %d %b %Y %H:%M:%S} +0000",
                address=step.address,
                action=action,
                status=status,
                reply=step.reply,
                key=step.key,
            ).split("\n")


REPORT = """\
Return-Path: <>
Received: by mail7.x.example (Postfix) id {key}; {date}
Date: {date}
From: MAILER-DAEMON@mail7.x.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: bounce@news.x.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="{key}.1"
Message-Id: <{key}.own@mail7.x.example>

--{key}.1
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mail7.x.example.

Your message could not be delivered to one or more recipients. It is attached below.

<{address}>: {reply}

--{key}.1
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail7.x.example
Arrival-Date: {date}

Final-Recipient: rfc822; {address}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {reply}

--{key}.1
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

From: News <news@x.example>
To: <{address}>
Subject: What is new this week
Message-ID: <{key}@news.x.example>
List-Unsubscribe: <https://x.example/u/{key}>

--{key}.1--
"""


def _syslog(time: int) -> str:
    moment = datetime.fromtimestamp(time // SECOND, UTC)
    return f"{moment:%b} {moment.day:2d} {moment:%H:%M:%S}"


SERVERS: dict[str, Callable[[Iterable[Step]], Iterator[str]]] = {
    "postfix": postfix,
    "exim": exim,
    "sendmail": sendmail,
    "powermta": powermta,
    "momentum": momentum,
    "mail": mail,
}
