"""Reports in words: which addresses failed, and what is said of each.

An address counts by where it stands: in a line of its own or at the beginning of one, after a label
such as ``Recipient:``, in a command of SMTP that was refused (surely); in a sentence that something
failed (probably). Addresses of the sender, of someone to turn to, and ids do not count.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from itertools import islice

from fsm.logs.mail.returned_message import is_header_line
from fsm.logs.mail.wording import regex_of
from fsm.logs.mapping.blame import tells_reason

__all__ = ["Failure", "address_in", "failures"]

_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL}){{1,10}}"
_SIGN = r"[\w!#$%&'*+/=?^~-]"
_LOCAL = r"[\w.!#$%&'*+/=?^~-]"
_ADDRESS = re.compile(
    rf"(?<!{_LOCAL})({_SIGN}{_LOCAL}{{0,99}}|\"[^\"\s@<>]{{1,64}}\")@({_DOMAIN})(?![\w@])"
)
_MADE_FROM = re.compile(
    rf"\((?:generated|expanded) from:? {{0,3}}<?({_LOCAL}{{1,100}}@{_DOMAIN})>?\)"
)
_FILE_ENDS = re.compile(
    r"png|jpe?g|gif|svg|webp|bmp|ico|css|js|json|xml|html?|php|txt|pdf|zip|eml|msg|log"
)
"""Ends of names of files, which no domain has (``logo@2x.png``)."""
_DAEMONS = frozenset(
    ("mailer-daemon", "mailerdaemon", "mail-daemon", "mdaemon", "postmaster", "post_master")
)
_LOOKS_LIKE_ID = re.compile(
    r"(?=.{0,99}\d.{0,99}\d)[\w.$%!+-]{25,}|[0-9A-F.]{12,}|[\d.]{14,}", re.IGNORECASE
)
_ALONE = re.compile(r"(?:\d{1,3} )?(?:(?:smtp|mailto|rfc822|to) )?@(?: (?:mailto )?@)?(?: \S+)?")
_LISTED = re.compile(r"(?:\w+ ){0,4}@(?: (?:mailto )?@)?")
_SIGNS = re.compile(r"[^\w@]+")
_ASSIGNED = re.compile(
    r"(?:smtp|to|rcpt|rcpt_to|address|email|user|recipient|mailto)=", re.IGNORECASE
)
_FIRST = re.compile(r"[\s<>\[\]\"'*•·>(-]*@[>\]\"')]*(?:\s*:|\s*\.\.\.|\s+[-–=(]|\s*,? ?\t|\s+\S)")
_QUOTED_FIRST = re.compile(r"\s*<@>:")
_RCPT = re.compile(r"rcpt to\W{0,5}@", re.IGNORECASE)
_REPLIED = re.compile(r"(?:^|\s|<<<|[:\"'(])[45]\d\d[ -]|(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.])")
_LONGEST_LINE, _LONGEST_ENTRY = 2000, 300
_LINES_OF_REPLY = 14
_FEW = 4
"""Addresses in sentences, each on a line of its own, that are too many to have all failed."""
_MOST, _MOST_OF_LINE = 1000, 20
"""Addresses of a mail, and of a line of it, that are looked at."""


class Certainty(IntEnum):
    """How surely an address failed, by the place where it stands."""

    NEVER = 0
    COPIED = 1
    """In the fields of the message that came back, as a report quotes them."""
    PROBABLY = 2
    SURELY = 3


@dataclass(frozen=True)
class Failure:
    """An address that failed, and what the report says of it."""

    address: str
    reply: str
    final: str | None = None
    """The address to which the message went on, where it is another one."""


@dataclass(frozen=True)
class _Found:
    line: int
    address: str
    certainty: Certainty


def address_in(text: str) -> str | None:
    """Return the first address in a text, if it has one."""
    found = _ADDRESS.search(text[:_LONGEST_LINE])
    return found[0] if found and _is_possible(found[1], found[2]) else None


def failures(report: str, own: Collection[str], sent_to: Collection[str]) -> list[Failure]:
    """Return the addresses that a report says failed.

    ``own`` are addresses of the sender and of the reporting system, ``sent_to`` those to which the
    message was sent, all in small letters. Where several addresses only perhaps failed and
    ``sent_to`` does not tell which, none is returned.
    """
    lines = [line[:_LONGEST_LINE].rstrip() for line in report.split("\n")]
    possible = islice(_found(lines), _MOST)
    found = [one for one in possible if one.certainty and one.address.lower() not in own]
    best = max((one.certainty for one in found), default=Certainty.NEVER)
    chosen = {one.address.lower(): one for one in reversed(found) if one.certainty == best}
    if best < Certainty.SURELY and len(chosen) > 1:
        known = {name: one for name, one in chosen.items() if name in sent_to}
        alone = len({one.line for one in chosen.values()}) == len(chosen) < _FEW
        chosen = known or (chosen if alone and best == Certainty.PROBABLY else {})
    if not chosen:
        return [Failure(made[1], report) for made in _MADE_FROM.finditer(report)][:_MOST]
    ordered = sorted(chosen.values(), key=lambda one: one.line)
    places = [one.line for one in ordered]
    return [
        _original(
            Failure(one.address, _reply(lines, one, places, alone=len(ordered) == 1)), sent_to
        )
        for one in ordered
    ]


def _original(failure: Failure, sent_to: Collection[str]) -> Failure:
    """Return a failure with the address that was written to, where the report tells both.

    ``sent_to`` decides; without a hint there it is the one from which the other was made.
    """
    made = _MADE_FROM.search(failure.reply[:_LONGEST_LINE])
    if not made or failure.address.lower() in sent_to:
        return failure
    return Failure(made[1], failure.reply, failure.address)


def _found(lines: list[str]) -> Iterator[_Found]:
    """Yield the addresses of a report, with their places."""
    quoted = _quoted_fields(lines)
    before = ""  # the last line that is not blank
    listed = False
    for number, line in enumerate(lines):
        spans = list(islice(_ADDRESS.finditer(line), _MOST_OF_LINE)) if "@" in line else []
        for span in spans:
            if _is_possible(span[1], span[2]):
                if number in quoted:
                    certainty = Certainty.COPIED if quoted[number] == "to" else Certainty.NEVER
                else:
                    certainty = _certainty(line, span, before, listed=listed)
                address = _ASSIGNED.sub("", span[0], count=1).strip("'")
                yield _Found(number, address, certainty)
        if line.strip():
            introduces = line.rstrip(" .").endswith((":", "：")) and bool(
                regex_of("failed").search(line)
            )
            listed = introduces or (listed and bool(spans))
            before = line


def _quoted_fields(lines: list[str]) -> dict[int, str]:
    """Return the lines on which a report quotes the header of the message, and their fields."""
    quoted: dict[int, str] = {}
    run: dict[int, str] = {}
    name = ""
    for number, line in enumerate([*lines, ""]):
        named = is_header_line(line)
        if named or (run and line[:1].isspace() and line.strip() and name and "@" in line):
            name = named or name
            run[number] = name
            continue
        if len(set(run.values()) - {"content-type"}) > 1:
            quoted |= run
        run, name = {}, ""
    return quoted


def _is_possible(local: str, domain: str) -> bool:
    """Return whether the parts of an address can be those of a person's."""
    top = domain.rpartition(".")[2].lower()
    return (
        ".." not in local
        and not local.endswith(".")
        and not top.isdigit()
        and len(top) > 1
        and not _FILE_ENDS.fullmatch(top)
    )


def _certainty(line: str, span: re.Match[str], before: str, *, listed: bool) -> Certainty:
    """Return how surely an address failed, by its line and the one before."""
    lead = line[: span.start()]
    shape = f"{lead}@{line[span.end() :]}"
    local = span[1].lower()
    if local in _DAEMONS or regex_of("not_before").search(lead[-60:]):
        return Certainty.NEVER
    if _RCPT.search(shape) or regex_of("labels").search(_spaced(lead)):
        return Certainty.SURELY
    if regex_of("not_in").search(lead[-200:]):
        return Certainty.NEVER
    if not lead.strip(" <>\t") and _turns_to_someone(before):
        return Certainty.NEVER
    if _LOOKS_LIKE_ID.fullmatch(local):
        return Certainty.PROBABLY if listed else Certainty.NEVER
    words = _bare_words(line)
    if _ALONE.fullmatch(words) or (listed and _LISTED.fullmatch(words)):
        return Certainty.SURELY
    if _QUOTED_FIRST.match(shape):
        return Certainty.SURELY
    if _FIRST.match(shape) and (listed or _tells(line)):
        return Certainty.SURELY
    if listed or _tells(line):
        return Certainty.PROBABLY
    goes_on = _tells(before) and not before.rstrip().endswith(".")
    return Certainty.PROBABLY if goes_on else Certainty.NEVER


def _bare_words(line: str) -> str:
    """Return the words of a line, with ``@`` for each address; nothing of a long one."""
    if len(line) > _LONGEST_ENTRY:
        return ""
    return _SIGNS.sub(" ", _ADDRESS.sub("@", line)).strip().lower()


def _turns_to_someone(before: str) -> bool:
    """Return whether the line before an address ends by naming someone to turn to, or examples."""
    if not before or before.rstrip().endswith((".", "!", "?")):
        return False
    end = before[-60:]
    asks = regex_of("not_in").search(end)
    return asks is not None and not regex_of("failed").search(end, asks.start())


def _spaced(lead: str) -> str:
    """Return the end of what stands before an address, with single blanks."""
    return " ".join(lead[-120:].split()) + (" " if lead[-1:].isspace() else "")


@lru_cache(maxsize=64)  # a line may have several addresses
def _tells(line: str) -> bool:
    """Return whether a line says that something failed."""
    return bool(_REPLIED.search(line) or regex_of("failed").search(line))


def _reply(lines: list[str], found: _Found, places: list[int], *, alone: bool) -> str:
    """Return what a report says of an address: from its line on, up to the next address.

    Where that says nothing, it is the lines that name the address, and for a single one the whole.
    """
    after = [line for line in places if line > found.line]
    end = min([*after, found.line + _LINES_OF_REPLY, len(lines)])
    block = _first_with_code(lines[found.line : end])
    address = found.address.lower()
    elsewhere = [
        text
        for number, line in enumerate(lines)
        if address in line.lower() and not found.line <= number < end
        for text in (line.strip(), *_answers(lines, number))
    ]
    own = "\n".join([*block, *elsewhere])
    if _REPLIED.search(own) or tells_reason(own):
        return own
    if not alone:
        shared = [line.strip() for line in lines[max(places) + 1 :] if line.strip()]
        return "\n".join([*block, *elsewhere, *shared[:_LINES_OF_REPLY]])
    whole = [line.strip() for line in lines if line.strip() and line.strip() not in block]
    return "\n".join([*block, *whole])


def _first_with_code(lines: list[str]) -> list[str]:
    """Return the lines that are not blank, up to the end of the first paragraph with a code."""
    block: list[str] = []
    for line in lines:
        if line.strip():
            block.append(line.strip())
        elif _REPLIED.search("\n".join(block)):
            break
    return block


def _answers(lines: list[str], number: int) -> list[str]:
    """Return the answers of the server below a command in a transcript."""
    answers = []
    for line in lines[number + 1 : number + 6]:
        if not line.lstrip().startswith("<<<") and not _REPLIED.match(line.lstrip()[:4]):
            break
        answers.append(line.strip())
    return answers
