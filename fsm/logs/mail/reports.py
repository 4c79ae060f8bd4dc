"""What a mail reports: by its fields where it has them, else by its words.

Sources of an address, the surest first: fields of a report, the words of the report, the address
to which the mail came back (VERP), ``X-Failed-Recipients``, and last the only recipient of the
message that came back. An address that is not sure is not read.
"""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from email.utils import getaddresses, parseaddr

from fsm.logs.mail.automatic import answer_kind, is_delayed, is_delivered, is_system_report
from fsm.logs.mail.mime import Mail, Part, mail_of
from fsm.logs.mail.prose import Failure, failures
from fsm.logs.mail.recipient_report import Report
from fsm.logs.mail.returned_message import Returned, parse_returned, report_text
from fsm.logs.mail.status_fields import complaints, status_reports
from fsm.logs.mail.wording import regex_of

__all__ = ["NOT_SURE", "read_reports"]

NOT_SURE = "a report of a failure that names no recipient for sure"
ONLY_RECIPIENT = "the report names no address; the only recipient of the message stands for it"
BY_RETURN_ADDRESS = "the report names no address; that to which it came back encodes it"
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL + 1)
_DEPTH = 3
"""How deep a report may be enclosed in other mails."""
_REFUSED = re.compile(
    r"^disposition:\s*automatic-action\S*\s*(?:deleted|denied|failed)", re.I | re.M
)
"""How the server of the recipient, not the recipient, says in a receipt that it took nothing."""
_FEW_WORDS = 2
_WORD = re.compile(r"[^\W\d_]{2,}")
_NO_WORDS = re.compile(r"\S+@\S+|\bsmtp\b|\bx-\w+|[\w-]+(?:\.[\w-]+)+|\bhost\b|\bsaid\b", re.I)
_VERP = re.compile(r"(?:^|[+-])([^+=@\s]{1,64})=([\w-]{1,63}(?:\.[\w-]{1,63}){1,10})$")
_LONGEST_REPLY = 4000
_OWN_FIELDS = ("To", "Delivered-To", "From", "Reply-To", "Sender")


def read_reports(mail: Mail, depth: int = 0) -> tuple[list[Report], str | None]:
    """Return what a mail reports, and the id of the message that it is about.

    A report without an address and ``local_part`` says what the mail is: its native event, or
    :data:`NOT_SURE`.
    """
    report, copy = report_text(mail)
    returned = parse_returned(mail, report, copy)
    reports = _by_fields(mail, report, returned)
    if not reports:
        enclosed = _enclosed(mail, depth)
        if enclosed and not is_system_report(mail):
            return enclosed
        reports = _by_words(mail, report, returned)
        if enclosed and (not reports[0].address or reports[0].doubt):
            return enclosed
    return reports, returned.message_id


def _enclosed(mail: Mail, depth: int) -> tuple[list[Report], str | None] | None:
    """Return what a report says that someone forwards; None where none is enclosed."""
    for message in mail.enclosed if depth < _DEPTH else ():
        inner = mail_of(message)
        if is_system_report(inner):
            found = read_reports(inner, depth + 1)
            if found[0][0].address:
                return found
    return None


def _by_fields(mail: Mail, report: str, returned: Returned) -> list[Report]:
    found = complaints(mail.parts)
    if found:
        return [one if one.address else _only_recipient(one, returned) for one in found]
    found = status_reports(mail.parts, report)
    named = [one if one.address else _named(one, report, returned) for one in found]
    if len(named) == 1 and not named[0].address and _failing(named[0]):
        named = [_only_recipient(named[0], returned)]
    if all(_has_words(one.reply) or not _failing(one) for one in named):
        return [one for one in named if one.address]
    said = {one.address.lower(): one.reply for one in _said(mail, report, returned)}
    return [_explained(one, said) for one in named if one.address]


def _failing(report: Report) -> bool:
    return report.native in ("failed", "delayed")


def _explained(report: Report, said: dict[str, str]) -> Report:
    """Return a report with what the text says of the address, where its field says nothing."""
    if _has_words(report.reply) or not _failing(report):
        return report
    names = [name.lower() for name in (report.address, report.final_recipient) if name]
    words = next((said[name] for name in names if name in said), None)
    if words is None:
        return report
    return replace(report, reply="\n".join(filter(None, [report.reply, words]))[:_LONGEST_REPLY])


def _has_words(reply: str | None) -> bool:
    """Return whether a reply says more than its codes."""
    return len(_WORD.findall(_NO_WORDS.sub(" ", reply or ""))) >= _FEW_WORDS


def _named(report: Report, text: str, returned: Returned) -> Report:
    """Return a report on a local name with the address that has it, if one is known."""
    if not report.local_part:
        return report
    known = [*returned.recipients, *(one.address for one in failures(text, (), ()))]
    names = {
        a.lower(): a for a in known if a.partition("@")[0].lower() == report.local_part.lower()
    }
    return replace(report, address=next(iter(names.values()))) if len(names) == 1 else report


def _own(mail: Mail, returned: Returned) -> frozenset[str]:
    """Return the addresses of the sender and of the system that reports, in small letters."""
    fields = (mail.field(name)[:2000] for name in _OWN_FIELDS)
    # Each by itself: some versions of Python give up all fields where one of them is empty.
    own = {address.lower() for field in fields for _, address in getaddresses([field])}
    return frozenset(own | returned.senders) - {"", *returned.recipients}


def _said(mail: Mail, report: str, returned: Returned) -> list[Failure]:
    return failures(report, _own(mail, returned), returned.recipients)


def _by_words(mail: Mail, report: str, returned: Returned) -> list[Report]:
    """Return the failures that the words of a mail report, or what else it is."""
    kind = answer_kind(mail, report)
    if kind:
        address = parseaddr(mail.field("From"))[1]
        return [Report(kind, address, None, mail.field("Subject") or None)]
    if is_delivered(mail, report) or any(map(_is_receipt, mail.parts)):
        return [Report("receipt", "")]
    if not is_system_report(mail):
        return [Report("no report", "")]
    native = "prose/delayed" if is_delayed(mail, report) else "prose/failed"
    found = [
        Report(native, one.address, None, one.reply[:_LONGEST_REPLY], one.final)
        for one in _said(mail, report, returned)
    ]
    if not found:
        found = [
            Report(native, address, None, report.strip()[:_LONGEST_REPLY] or None)
            for address in sorted(_by_forms(mail, report) - _own(mail, returned))
        ]
    return found or _by_header(mail, native, report, returned)


def _is_receipt(part: Part) -> bool:
    """Return whether a part says that a person has read the message, or has not (RFC 8098)."""
    return part.kind.endswith("disposition-notification") and not _REFUSED.search(part.text)


def _by_forms(mail: Mail, report: str) -> set[str]:
    """Return the addresses that the library finds by the forms of old systems.

    Some of these forms tell only the name of a user. It has to be one of the words of the report.
    """
    if not regex_of("failed").search(report):
        return set()
    from flufl.bounce import all_failures

    try:
        found = {
            one.decode("ascii", "replace") for some in all_failures(mail.message) for one in some
        }
    except Exception:  # heuristics on mails that anyone may have written
        return set()
    words = set(report.lower().split())
    return {one for one in found if one.partition("@")[0].lower() in words and "@" in one}


def _by_header(mail: Mail, native: str, report: str, returned: Returned) -> list[Report]:
    """Return the reports on recipients that only headers tell."""
    said = Report(native, "", None, report.strip()[:_LONGEST_REPLY] or None)
    has_failed = bool(regex_of("failed").search(report))
    verp = _VERP.search(parseaddr(mail.field("To"))[1].rpartition("@")[0])
    if verp and has_failed:
        return [replace(said, address=f"{verp[1]}@{verp[2]}", doubt=BY_RETURN_ADDRESS)]
    named = getaddresses([mail.field("X-Failed-Recipients")])
    failed = [replace(said, address=address) for _, address in named if "@" in address]
    if failed:
        return failed
    if not has_failed:
        return [Report("no report", "")]
    only = _only_recipient(said, returned)
    return [only if only.address else Report(NOT_SURE, "")]


def _only_recipient(report: Report, returned: Returned) -> Report:
    """Return a report on the only recipient of the message that came back, if it has one."""
    recipients = set(returned.recipients) - returned.senders
    if len(recipients) != 1 or returned.is_of_list:
        return report
    return replace(report, address=recipients.pop(), doubt=ONLY_RECIPIENT)
