"""Recognise the logs of mail servers by their lines, whatever these are wrapped in."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from fsm.logs.servers import exim, momentum, sendmail
from fsm.logs.servers.wrappers import Unwrapping

__all__ = ["recognise_server"]

_POSTFIX = re.compile(
    r"postfix[\w.-]{0,50}/[\w/-]{1,50}(?:\[\d{1,9}\]: | \d{1,9} - - )"
    # Another syslog_name: a program of Postfix says what only Postfix says of a queue id.
    r"|[ .\w-]/(?:[\w-]{1,50}/){0,2}"
    r"(?:smtpd?|lmtp|local|virtual|pipe|error|discard|retry|qmgr|cleanup|pickup|bounce)"
    r"\[\d{1,9}\]: \w{6,20}: (?:to=<|from=<|client=|uid=\d|message-id=<|removed$)"
)
_SENDMAIL = re.compile(r"\b(?:sendmail|sm-mta|sm-msp|sm-msp-queue)\S{0,50}\[\d{1,9}\]: |, stat=")


def recognise_server(lines: Sequence[str]) -> tuple[str, str] | None:
    """Return the format whose lines these are, and the reason; None where they are no server's."""
    unwrapping = Unwrapping()
    plain = [line for line in unwrapping.lines(list(lines)) if line]
    counts = {name: sum(map(is_own, plain)) for name, (_, is_own) in _TESTS.items()}
    name = max(counts, key=lambda n: counts[n])
    if not counts[name]:
        return None
    reason = f"{counts[name]} of its first {len(plain)} lines {_TESTS[name][0]}"
    return name, f"{reason}, in {unwrapping.title}" if unwrapping.title else reason


def _is_exim(line: str) -> bool:
    return exim.line_of(line) is not None


def _is_sendmail(line: str) -> bool:
    return bool(_SENDMAIL.search(line) and sendmail.LINE.match(line))


_TESTS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "postfix": ("are of Postfix programs", lambda line: bool(_POSTFIX.search(line))),
    "exim": ("have a time, a message id of Exim", _is_exim),
    "sendmail": ("are of Sendmail", _is_sendmail),
    "momentum": ("are records of Momentum", lambda line: bool(momentum.LINE.match(line))),
}
