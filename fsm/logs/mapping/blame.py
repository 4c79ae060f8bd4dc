"""Whose fault a failure is, by its codes (RFC 3463, RFC 5321) and by phrases in its reply.

The codes and phrases of each fault are in ``blame.toml``.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

__all__ = ["LONGEST_REPLY", "code_of", "enhanced_code_in", "reply_code_in", "with_fault"]

_ENHANCED = r"(?:^|[^0-9.])([245]\.\d{1,3}\.\d{1,3})(?:[^0-9.]|\.[^0-9]|\.?$)"
_REPLY = r"(?:^|[^0-9.\[(])([245]\d\d)(?:[ \-:;,)]|$)"
LONGEST_REPLY = 2000
"""Characters of a reply that are kept."""


@cache
def _tables() -> dict[str, Any]:
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
    """Add ``fault`` and ``decided_by`` (the code or phrase that decided it) to rows.

    The rows have ``code``, ``reply`` and ``fault``, which may be given already. A fault that is
    given decides first, then a precise code, then a phrase of the reply, and last a general code.
    """
    replies = failures["reply"].str.slice(0, LONGEST_REPLY)
    evidence = pl.DataFrame(
        {"given": failures["fault"], "phrase": _phrases(replies), "code": failures["code"]}
    ).hstack(_faults_of_codes(failures["code"]))
    of_phrase = pl.col("phrase").replace_strict(
        _phrase_faults(), default=None, return_dtype=pl.String
    )
    evidence = evidence.with_columns(of_phrase.alias("of_phrase"))
    generic = (
        pl.when(pl.col("code").str.contains(r"\.").fill_null(False))
        .then(pl.col("general"))
        .otherwise(None)
    )
    order = [
        (pl.col("given"), pl.lit("")),
        (pl.col("precise"), pl.col("code")),
        (pl.col("of_phrase"), pl.format("'{}'", "phrase")),
        (pl.coalesce(generic, pl.col("reply")), pl.col("code")),
    ]
    decided_by = pl.lit("", pl.String)
    for fault, evidence_text in reversed(order):
        decided_by = pl.when(fault.is_not_null()).then(evidence_text).otherwise(decided_by)
    result = evidence.select(
        pl.coalesce(*(fault for fault, _ in order), pl.lit("unknown")).alias("fault"),
        decided_by.alias("decided_by"),
    )
    return failures.with_columns(result.get_columns())


def _faults_of_codes(codes: pl.Series) -> pl.DataFrame:
    """Return the fault of each code in each of the tables."""
    distinct = codes.unique().drop_nulls()
    rows = [(code, *_faults_of_code(code)) for code in distinct.to_list()]
    schema = dict.fromkeys(("code", "precise", "general", "reply"), pl.String)
    table = pl.DataFrame(rows, schema=schema, orient="row")
    wanted = pl.DataFrame({"code": codes})
    return wanted.join(table, on="code", how="left", maintain_order="left").drop("code")


def _faults_of_code(code: str) -> tuple[str | None, str | None, str | None]:
    """Return the faults of a code in the tables of precise, enhanced and reply codes."""
    tables = _tables()
    if "." not in code:
        return None, None, _find(tables["replies"], code)
    _, subject, detail = code.split(".")
    exact, general = f"x.{int(subject)}.{int(detail)}", f"x.{int(subject)}.*"
    return (
        _find(tables["precise"], exact),
        _find(tables["codes"], exact) or _find(tables["codes"], general),
        None,
    )


def _find(table: dict[str, list[str]], code: str) -> str | None:
    return next((fault for fault, codes in table.items() if code in codes), None)


@cache
def _phrase_faults() -> dict[str, str]:
    faults: dict[str, str] = {}
    for fault, phrases in _tables()["phrases"].items():
        for phrase in phrases:
            faults.setdefault(phrase, fault)
    return faults


def _phrases(texts: pl.Series) -> pl.Series:
    """Return the phrase of each text that comes first in the table; null where it has none."""
    phrases = list(_phrase_faults())
    distinct = texts.unique().drop_nulls()
    contained = distinct.str.to_lowercase().str.extract_many(phrases, overlapping=True)
    rank = {phrase: number for number, phrase in enumerate(phrases)}
    best = contained.list.eval(
        pl.element().replace_strict(rank, default=None, return_dtype=pl.UInt32)
    ).list.min()
    names = pl.Series(phrases)
    table = pl.DataFrame({"text": distinct, "phrase": names.gather(best)})
    wanted = pl.DataFrame({"text": texts})
    return wanted.join(table, on="text", how="left", maintain_order="left")["phrase"]
