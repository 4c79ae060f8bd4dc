"""Reports in fields: delivery status (RFC 3464, RFC 6533) and complaints (RFC 5965)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from email.utils import parseaddr

from fsm.logs.mail.mime import Part, unfolded
from fsm.logs.mail.recipient_report import Report

__all__ = ["address_of", "complaints", "field_blocks", "status_reports"]

_ACTIONS = {"fail": "failed", "erro": "failed"} | {
    name[:4]: name for name in ("delayed", "delivered", "relayed", "expanded")
}
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60})[ \t]{0,9}:(.*)")
_STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
_OF_RECIPIENT = ("final-recipient", "original-recipient", "action", "status")
_GENERAL = re.compile(r"[245]\.\d{1,3}\.0")
_OF_STATUS = ("delivery-status", "tracking-status")  # RFC 3464 and 6533, RFC 3886
_BLOCKS = 10_000
"""Recipients of a report that are read."""
_ESCAPED = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_NAMED = re.compile(r"^[ \t]{0,8}(?:final|original)-recipient[ \t]{0,8}:", re.I | re.M)
_COMPLAINTS = {"not-spam": "not-spam", "auth-failure": "auth-failure", "opt-out": "opt-out"}


def status_reports(parts: tuple[Part, ...], report: str) -> list[Report]:
    """Return what the fields of a mail report; ``report`` is its text, which may hold them too."""
    texts = [part.text for part in parts if part.kind.endswith(_OF_STATUS)]
    if not any(map(_NAMED.search, texts)):
        texts = [report] if _NAMED.search(report) else []
    return [found for text in texts for block in field_blocks(text) if (found := _of_block(block))]


def field_blocks(text: str) -> Iterator[Mapping[str, str]]:
    """Yield blocks of fields, by their names in small letters.

    A blank line ends a block, and so does a second recipient where the blank line is missing.
    """
    block: dict[str, str] = {}
    name, count = "", 0
    for line in [*text.split("\n"), ""]:
        found = _FIELD.match(line)
        if found and not line[0].isspace():
            name = found[1].lower()
            begun = name in _OF_RECIPIENT and name in block
            if begun:
                yield block
                block, count = {}, count + 1
            block.setdefault(name, found[2].strip())
        elif line.strip() and name:
            block[name] = f"{block.get(name, '')} {line.strip()}"[:4000]
        elif not line.strip() and block:
            yield block
            block, name, count = {}, "", count + 1
        if count > _BLOCKS:
            return


def _of_block(block: Mapping[str, str]) -> Report | None:
    """Return what the fields of a recipient report; None where they report nothing."""
    status = _STATUS.search(block.get("status", ""))
    action = _ACTIONS.get(block.get("action", "").strip().lower()[:4])
    if action is None:
        if status is None or status[0][0] == "2":
            return None
        action = "failed"
    names = ("original-recipient", "final-recipient", "x-actual-recipient")
    addresses = [a for name in names if (a := address_of(block.get(name, "")))]
    if not addresses and not any(name in block for name in names):
        return None
    first = addresses[0] if addresses else ""
    others = [a for a in addresses[1:] if a.lower() != first.lower()]
    reply = unfolded(block.get("diagnostic-code", "")) or None
    return Report(
        action,
        first,
        _code(status[0] if status else None, reply),
        reply,
        final_recipient=others[0] if others else None,
        local_part="" if addresses else _local_part(block),
    )


def _code(status: str | None, reply: str | None) -> str | None:
    """Return the code of the receiver's reply, which wins over the one that the sender made."""
    replied = _STATUS.search(reply or "")
    if replied and not _GENERAL.fullmatch(replied[0]):
        return replied[0]
    if status and _GENERAL.fullmatch(status) and status[2] in "05" and replied:
        return replied[0]
    return status


def address_of(value: str) -> str:
    """Return the address in a field such as ``rfc822; a@x.example``; empty where there is none.

    Types without addresses (``x400``) give none, and neither does the name of a local user.
    """
    kind, semicolon, rest = value.partition(";")
    text = rest if semicolon else kind
    text = _ESCAPED.sub(lambda found: chr(min(int(found[1], 16), 0x10FFFF)), text.strip())
    if text.startswith("/") or "@" not in text:
        return ""
    address = parseaddr(text)[1] or text
    address = address.strip().strip("<>")
    return address.removeprefix("mailto:").removeprefix("smtp:") if "@" in address else ""


def _local_part(block: Mapping[str, str]) -> str:
    """Return the name of a recipient whose field has no domain."""
    value = block.get("final-recipient") or block.get("original-recipient") or ""
    name = value.rpartition(";")[2].strip().strip("<>\"'")
    return name if name and not name.startswith("/") and " " not in name else ""


def complaints(parts: tuple[Part, ...]) -> list[Report]:
    """Return the complaints in a feedback report."""
    found = []
    for part in parts:
        if not part.kind.endswith("feedback-report"):
            continue
        fields: dict[str, str] = {}
        for block in field_blocks(part.text):
            fields |= {name: value for name, value in block.items() if name not in fields}
        kind = fields.get("feedback-type", "").strip().lower()
        to = fields.get("original-rcpt-to") or fields.get("removal-recipient") or ""
        native = _COMPLAINTS.get(kind, "abuse")
        found.append(Report(native, address_of(to), None, kind or None))
    return found
