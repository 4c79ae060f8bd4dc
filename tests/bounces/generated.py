"""Bounce mails made from forms of systems and replies of receivers, each with its label."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any

__all__ = ["LabelledMail", "labelled_mails"]

_HERE = Path(__file__).parent
_OF_A_FORM = 6
"""Replies that are tried in a form that quotes them."""
_HELD_OUT = 3
"""Every third form and every third reply was not looked at while the parser was written."""
COPY = """Received: from app.sender.example (192.0.2.1) by out.sender.example
\twith ESMTP id 00A1; Mon, 5 Jan 2026 08:59:59 +0000
Message-ID: <@ID@>
Date: Mon, 05 Jan 2026 08:59:58 +0000
From: News <news@sender.example>
Reply-To: editors@sender.example
To: @TO@
Subject: virus news, quota tips and other offers
MIME-Version: 1.0
Content-Type: text/plain"""


@dataclass(frozen=True)
class LabelledMail:
    """A mail, and what it reports of whom."""

    name: str
    text: str
    recipient: str
    reason: str
    message_id: str
    held_out: bool


@cache
def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((_HERE / name).read_text(encoding="utf-8"))


def _replies() -> list[tuple[str, list[str]]]:
    """The replies of all reasons, in turns: one of each reason, then the next of each."""
    table = {reason: body["replies"] for reason, body in _toml("replies.toml").items()}
    longest = max(map(len, table.values()))
    return [
        (r, replies[n]) for n in range(longest) for r, replies in table.items() if n < len(replies)
    ]


def labelled_mails() -> Iterator[LabelledMail]:
    """Yield the mails, the same ones every time."""
    replies = cycle(enumerate(_replies()))
    number = 0
    for place, (form, body) in enumerate(_toml("forms.toml").items()):
        if body.get("quotes", True) and "reasons" not in body:
            chosen = [next(replies) for _ in range(_OF_A_FORM)]
        else:
            chosen = [(0, (reason, ["550", "5.1.1", ""])) for reason in body["reasons"]]
        for which, (reason, (code, status, words)) in chosen:
            number += 1
            local, domain = f"reader{number}", f"d{number % 7}.example"
            filled = {
                "COPY": COPY,
                "REPLY": " ".join(filter(None, [code, status, words])),
                "WORDS": words,
                "STATUS": status or f"{code[0]}.0.0",
                "CODE": code,
                "TO": f"{local}@{domain}",
                "LOCAL": local,
                "DOMAIN": domain,
                "ID": f"news-{number}@sender.example",
            }
            text = body["text"].lstrip()
            for name, value in filled.items():
                text = text.replace(f"@{name}@", value)
            head = "Date: Mon, 05 Jan 2026 09:00:05 +0000\n"
            yield LabelledMail(
                f"{form}: {reason} {number}",
                head + text,
                filled["TO"],
                reason,
                filled["ID"],
                not (place + 1) % _HELD_OUT or (which > 0 and not (which + 1) % _HELD_OUT),
            )
