"""The words of logs: what they call their fields and events, from ``words.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = [
    "FIELD_ROLES",
    "doubts_of",
    "email_name",
    "email_words",
    "field_likeness",
    "is_field_name",
    "is_opposite",
    "is_unlike",
    "severity_of",
    "stems_of",
    "unit_in",
    "words_of",
]

FIELD_ROLES = (
    "message_id",
    "event",
    "time",
    "recipient",
    "code",
    "reply",
    "event_id",
    "delivery_id",
)
"""The fields of an event that a draft looks for."""

_WORD = re.compile(r"[A-ZÄÖÜ]+(?![a-zäöüß])|[A-ZÄÖÜ]?[^\W\d_A-ZÄÖÜ]+|\d+")
_LONGEST = 200
_OPPOSITES = (
    "un",
    "non",
    "not",
    "nicht",
    "in",
    "im",
    "dis",
    "mis",
    "de",
    "re",
    "pre",
    "over",
    "under",
)
"""Beginnings that make another word of one: unpaid, repaid, overpaid."""
_ENDINGS = ("ing", "ed", "es", "s", "e", "d")


@cache
def _data() -> Mapping[str, Any]:
    text = files("fsm.logs.draft").joinpath("words.toml").read_text("utf-8")
    return tomllib.loads(text)


def words_of(name: str) -> list[str]:
    """Return the words of a name in lower case, with words that are run together taken apart.

    >>> words_of("eventType"), words_of("case:concept:name"), words_of("HTTPStatus_2")
    (['event', 'type'], ['case', 'concept', 'name'], ['http', 'status', '2'])
    """
    return [word.casefold() for word in _WORD.findall(name[:_LONGEST])]


def stems_of(name: str) -> frozenset[str]:
    """Return the words of a name without their endings, words of one meaning as one.

    >>> stems_of("Create Fine") == stems_of("fine_created"), stems_of("Zugestellt")
    (True, frozenset({'deliver'}))
    """
    words = [word for word in words_of(name) if not word.isdigit()]
    stems = frozenset("return" if word == "back" else _stem(word) for word in words)
    return stems - {"send"} if "return" in stems else stems


def doubts_of(name: str) -> frozenset[str]:
    """Return why a name may not be that of what happened: negated, failed, asked for, planned.

    >>> sorted(doubts_of("delivery attempt failed")), sorted(doubts_of("Nicht zugestellt"))
    (['attempt', 'fail'], ['not'])
    """
    words = words_of(name)
    return frozenset(
        doubt
        for doubt, beginnings in _data()["doubts"].items()
        for beginning in beginnings
        if beginning in words
        or (len(beginning) > 3 and any(word.startswith(beginning) for word in words))
    )


def is_opposite(name: str, event: str) -> bool:
    """Return whether a word of one name is made of one in the other by a beginning like "un".

    >>> is_opposite("undelivered", "deliver"), is_opposite("delivered", "deliver")
    (True, False)
    """
    return _turns(name, event) or _turns(event, name)


def _turns(name: str, other: str) -> bool:
    stems = stems_of(other)
    return any(
        word.startswith(beginning) and _stem(word.removeprefix(beginning)) in stems
        for word in words_of(name)
        if _stem(word) not in stems
        for beginning in _OPPOSITES
    )


@cache
def _stem(word: str) -> str:
    for meaning, beginnings in _data()["synonyms"].items():
        if any(_is_form_of(word, beginning) for beginning in beginnings):
            return str(meaning)
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return word.removesuffix(ending)
    return word


def _is_form_of(word: str, beginning: str) -> bool:
    """Whether a word is a form of another; after a short beginning only an ending may follow."""
    is_long = len(beginning) > 5
    return word.startswith(beginning) and (is_long or len(word) <= len(beginning) + 5)


@cache
def _ranks(role: str) -> Mapping[str, float]:
    """Return the names that fields of a role have, with 0 for the best and less than 1."""
    from fsm.logs.snapshots.labels import load_labels  # names of columns in ten languages

    names = list(_data()["fields"][role])
    if role in ("recipient", "delivery_id"):
        names += load_labels(None).columns[role]
    folded = [" ".join(words_of(name)) for name in names]
    spelt = [
        (form, place / len(folded))
        for place, name in enumerate(folded)
        for form in (name, _run(name))
    ]
    return dict(reversed(spelt))


def _run(name: str) -> str:
    return name.replace(" ", "")


@cache
def field_likeness(name: str, role: str) -> float:
    """Return from 0 to 1 how much the name of a field is one for a role.

    ``name`` may be a path; its last part counts most.
    """
    ranks = _ranks(role)
    parts = [part for part in name.split(".") if part and not part.isdigit()]
    whole = [word for part in parts for word in words_of(part)]
    best = 0.0
    for taken in range(1, min(4, len(whole)) + 1):
        text = " ".join(whole[-taken:])
        place = ranks.get(text, ranks.get(_run(text)))
        if place is not None:
            is_whole = taken in (len(whole), len(words_of(parts[-1])))
            best = max(best, (0.6 if is_whole else 0.3) + 0.4 * (1 - place))
    if best and is_unlike(name, role):
        return best * (1.0 if " ".join(whole) in ranks else 0.3)
    return best


def unit_in(name: str) -> str | None:
    """Return the noun in the name of a field for what it tells apart; None where there is none.

    >>> unit_in("parcel no"), unit_in("orderId"), unit_in("issues.0.key"), unit_in("Sendungsnummer")
    ('parcel', 'order', 'issue', None)
    """
    nouns = _data()["units"]["nouns"]
    words = [word.removesuffix("s") if word != "process" else word for word in words_of(name)]
    return next((word for word in reversed(words) if word in nouns), None)


def is_field_name(name: str) -> bool:
    """Return whether a text is what a log calls a field: a cell of a header."""
    return any(field_likeness(name, role) >= 0.6 for role in FIELD_ROLES)


def severity_of(value: str) -> str | None:
    """Return ``soft`` or ``hard`` for a word that tells which of both a failure is."""
    words = words_of(value)
    for severity, known in _data()["severities"].items():
        if any(word in known for word in words):
            return str(severity)
    return None


def email_words(name: str) -> tuple[str, ...]:
    """Return the events of e-mail that the words of a name stand for; several where unsure.

    >>> email_words("MessageDeliveryFailed"), email_words("soft bounce"), email_words("Zzz")
    (('failed',), ('soft_bounce', 'retry_failed'), ())
    """
    words = email_name(name)
    run = "".join(words)
    for rule in _data()["email"]:
        if any(_begins(word, words, run) for word in rule["words"]):
            return tuple(rule["events"])
    return ()


def email_name(name: str) -> list[str]:
    """Return the words of the name of an event of e-mail that say what happened.

    Of several names in one field the last one counts.

    >>> email_name("email.soft-bounced"), email_name("Receive; Defer; Fail")
    (['soft', 'bounced'], ['fail'])
    """
    words = words_of(re.split("[,;] ", name)[-1])
    empty = set(_data()["empty"]["email"])
    return [word for word in words if word not in empty] or words


def is_unlike(name: str, role: str) -> bool:
    """Return whether the name of a field has a word of what is never taken for a role."""
    return bool(set(_data()["not"].get(role, ())) & set(words_of(name)))


def _begins(beginning: str, words: Iterable[str], run: str) -> bool:
    return any(word.startswith(beginning) for word in words) or run.startswith(beginning)
