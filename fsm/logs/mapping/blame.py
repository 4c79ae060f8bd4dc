"""Why a message was not delivered, by the codes (RFC 3463, RFC 5321) and the words of a reply.

The codes and phrases of each reason, and whose fault it is, are in ``blame.toml``, with the order
in which they are tried.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

__all__ = [
    "LONGEST_REPLY",
    "REASONS",
    "code_of",
    "enhanced_code_in",
    "reply_code_in",
    "tells_reason",
    "with_fault",
    "with_reason",
]

_ENHANCED = r"(?:^|[^0-9.])([245]\.\d{1,3}\.\d{1,3})(?:[^0-9.]|\.[^0-9]|\.?$)"
_REPLY = r"(?:^|[^0-9.\[(])([245]\d\d)(?:[ \-:;,)]|$)"
LONGEST_REPLY = 2000
"""Characters of a reply that are kept."""

REASONS = (
    "expired",
    "mailbox_full",
    "too_large",
    "virus",
    "rejected_sender",
    "authentication",
    "relaying",
    "spam",
    "rate_limited",
    "blocked",
    "not_accepting",
    "moved",
    "suspended",
    "filtered",
    "host_unknown",
    "user_unknown",
    "loop",
    "system_full",
    "tls",
    "content",
    "policy",
    "syntax",
    "network",
    "system",
    "unknown",
)
"""Why messages are not delivered: the tables of ``blame.toml``, in its order."""

_AROUND = (
    r"[<(\[]*[\w.!#$%&*+/=?^{|}~-]+@[\w.-]+[>)\]]*:?"  # an address
    r"|(?:host|mx|server) \S+(?: \[[\da-f.:]+\])? said:"  # the name of a host is not its word
    r"|(?:^|[\s:])[245]\d\d[ -](?:#?[245]\.\d{1,3}\.\d{1,3}[ -]?)?"  # codes of each line
    r"|[\s\"<>`„“”«»*]+"
)
"""What is left out of a reply before its words are compared."""
_ANY = " * "
"""Stands in a phrase for any words."""
_BETWEEN = "\0"
"""Stands between parts of phrases that were found; no phrase has it."""


@cache
def _tables() -> dict[str, Any]:
    """Return the tables of reasons, in the order in which they are tried."""
    return tomllib.loads((Path(__file__).parent / "blame.toml").read_text(encoding="utf-8"))


def code_of() -> pl.Expr:
    """Return the code of a row: that in its field, else the first one in its reply."""
    reply = pl.col("reply").str.slice(0, LONGEST_REPLY)
    code = pl.col("code").str.slice(0, 32)
    return pl.coalesce(
        code.str.extract(_ENHANCED),
        reply.str.extract(_ENHANCED),
        code.str.extract(r"^([245]\d\d)$"),
        reply.str.extract(_REPLY),
    )


def reply_code_in(column: str) -> pl.Expr:
    """Return the first reply code (RFC 5321) in a text."""
    return pl.col(column).str.slice(0, LONGEST_REPLY).str.extract(_REPLY)


def enhanced_code_in(column: str) -> pl.Expr:
    """Return the first enhanced status code (RFC 3463) in a text."""
    return pl.col(column).str.slice(0, LONGEST_REPLY).str.extract(_ENHANCED)


def with_fault(failures: pl.DataFrame) -> pl.DataFrame:
    """Add ``fault``, ``reason`` and ``decided_by`` (the code or phrase that decides) to rows.

    The rows have ``code``, ``reply`` and ``fault``. A fault that is given already stays, and the
    reason stays empty then unless code and reply tell one of that fault. A receiving server that
    greylists, or asks to slow down, was reached: that is no fault of the network, though given.
    """
    found = with_reason(failures).with_columns(
        found=pl.col("reason").replace_strict(_faults(), return_dtype=pl.String)
    )
    slowed_down = (pl.col("fault") == "network") & (pl.col("reason") == "rate_limited")
    is_given = pl.col("fault").is_not_null() & ~slowed_down.fill_null(False)
    return found.with_columns(
        fault=pl.when(is_given).then("fault").otherwise("found"),
        reason=pl.when(~is_given | (pl.col("fault") == pl.col("found"))).then("reason"),
        decided_by=pl.when(is_given).then(pl.lit("")).otherwise("decided_by"),
    ).drop("found")


def with_reason(failures: pl.DataFrame) -> pl.DataFrame:
    """Add ``reason`` (one of :data:`REASONS`) and ``decided_by`` to rows of ``code``, ``reply``."""
    told = _told_by_words(failures["reply"].str.slice(0, LONGEST_REPLY))
    evidence = _told_by_codes(failures["code"]).hstack(told)
    code_is_enough = pl.when(pl.col("codes") == pl.col("says")).then("codes")
    order = [
        (pl.col("precise"), pl.col("code")),
        (code_is_enough, pl.col("code")),
        (pl.col("says"), pl.format("'{}'", "says_phrase")),
        (pl.col("codes"), pl.col("code")),
        (pl.col("hints"), pl.format("'{}'", "hints_phrase")),
        (pl.coalesce("general", "replies"), pl.col("code")),
    ]
    proofs = (pl.when(reason.is_not_null()).then(proof) for reason, proof in order)
    result = evidence.select(
        pl.coalesce(*(reason for reason, _ in order), pl.lit("unknown")).alias("reason"),
        pl.coalesce(*proofs, pl.lit("")).alias("decided_by"),
    )
    return failures.with_columns(result.get_columns())


@cache
def _faults() -> dict[str, str]:
    return {reason: table["fault"] for reason, table in _tables().items()}


_OF_CODES = ("precise", "codes", "general", "replies")


def _told_by_codes(codes: pl.Series) -> pl.DataFrame:
    """Return the reason of each code in each kind of list of codes."""
    distinct = codes.unique().drop_nulls()
    rows = [(code, *_reasons_of_code(code)) for code in distinct.to_list()]
    schema = dict.fromkeys(("code", *_OF_CODES), pl.String)
    table = pl.DataFrame(rows, schema=schema, orient="row")
    wanted = pl.DataFrame({"code": codes})
    return wanted.join(table, on="code", how="left", maintain_order="left")


def _reasons_of_code(code: str) -> tuple[str | None, ...]:
    if "." not in code:
        return None, None, None, _reason_with("replies", code)
    _, subject, detail = code.split(".")
    exact, general = f"x.{int(subject)}.{int(detail)}", f"x.{int(subject)}.*"
    return (
        _reason_with("precise", exact),
        _reason_with("codes", exact),
        _reason_with("general", exact) or _reason_with("general", general),
        None,
    )


def _reason_with(kind: str, code: str) -> str | None:
    return next((name for name, table in _tables().items() if code in table.get(kind, ())), None)


@cache
def _sure_phrases() -> tuple[str, ...]:
    phrases = (phrase for group in _phrases("says").values() for phrase in group)
    return tuple(phrase.text for phrase in phrases if len(phrase.parts) == 1)


def tells_reason(text: str) -> bool:
    """Return whether a text has words that leave no doubt about the reason of a failure."""
    words = f" {' '.join(text[:LONGEST_REPLY].lower().split())} "
    return any(phrase in words for phrase in _sure_phrases())


class _Phrase(NamedTuple):
    """Words that tell a reason; the one with the smallest rank counts."""

    rank: int
    reason: str
    text: str
    parts: tuple[str, ...]


@cache
def _phrases(kind: str) -> Mapping[str, list[_Phrase]]:
    """Return the phrases of a kind by their first parts."""
    phrases: dict[str, list[_Phrase]] = {}
    for rank, (reason, text) in enumerate(
        (reason, text) for reason, table in _tables().items() for text in table.get(kind, ())
    ):
        parts = tuple(text.split(_ANY))
        phrases.setdefault(parts[0], []).append(_Phrase(rank, reason, text, parts))
    return phrases


@cache
def _parts() -> list[str]:
    """Return all parts of phrases, each once."""
    phrases = (p for kind in ("says", "hints") for group in _phrases(kind).values() for p in group)
    return list(dict.fromkeys(part for phrase in phrases for part in phrase.parts))


def _told_by_words(replies: pl.Series) -> pl.DataFrame:
    """Return the reason that the words of each reply tell, surely and perhaps, and the phrases."""
    names = ("says", "says_phrase", "hints", "hints_phrase")
    words = pl.col("reply").str.to_lowercase().str.replace_all("’", "'", literal=True)
    words = words.str.replace_all(_AROUND, " ").str.replace_all(" {2,}", " ")
    said = pl.DataFrame({"reply": replies.unique().drop_nulls()}).with_columns(words=words)
    # Most replies differ only by an address: far fewer words are left.
    parts = pl.format(" {} ", "words").str.extract_many(_parts(), overlapping=True)
    distinct = said.select("words").unique().with_columns(parts=parts.list.join(_BETWEEN))
    told = {
        text: (*_first("says", text.split(_BETWEEN)), *_first("hints", text.split(_BETWEEN)))
        for text in distinct["parts"].unique().to_list()
    }
    rows = [(text, *told[found]) for text, found in distinct.iter_rows()]
    table = pl.DataFrame(rows, schema=dict.fromkeys(("words", *names), pl.String), orient="row")
    known = said.join(table, on="words", how="left")
    wanted = pl.DataFrame({"reply": replies})
    return wanted.join(known, on="reply", how="left", maintain_order="left").select(names)


def _first(kind: str, found: list[str]) -> tuple[str | None, str | None]:
    """Return reason and text of the first phrase whose parts are found one after the other."""
    phrases = [
        phrase
        for place, part in enumerate(found)
        for phrase in _phrases(kind).get(part, ())
        if _follow(phrase.parts[1:], found[place + 1 :])
    ]
    best = min(phrases, default=None)
    return (best.reason, best.text) if best else (None, None)


def _follow(parts: Iterable[str], found: list[str]) -> bool:
    rest = iter(found)
    return all(part in rest for part in parts)
