"""Whose fault a failure is: from codes (RFC 3463, RFC 5321) and from words, both in a table."""

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
    """Return the code of a row: its own, else the first one in its reply."""
    said = pl.col("reply").str.slice(0, LONGEST_REPLY)
    own = pl.col("code").str.slice(0, 32)
    return pl.coalesce(
        own.str.extract(_ENHANCED),
        said.str.extract(_ENHANCED),
        own.str.extract(r"^([245]\d\d)$"),
        said.str.extract(_REPLY),
    )


def reply_code_in(column: str) -> pl.Expr:
    """Return the first reply code (RFC 5321) in a text."""
    return pl.col(column).str.slice(0, LONGEST_REPLY).str.extract(_REPLY)


def enhanced_code_in(column: str) -> pl.Expr:
    """Return the first enhanced status code (RFC 3463) in a text."""
    return pl.col(column).str.slice(0, LONGEST_REPLY).str.extract(_ENHANCED)


def with_fault(failures: pl.DataFrame) -> pl.DataFrame:
    """Add ``fault`` and ``by`` (what says so) to rows of ``code``, ``reply`` and ``fault``."""
    codes = _by_codes(failures["code"])
    texts = failures["reply"].str.slice(0, LONGEST_REPLY)
    found = pl.DataFrame(
        {"own": failures["fault"], "phrase": _phrases(texts), "code": failures["code"]}
    ).hstack(codes)
    groups = _phrase_groups()
    found = found.with_columns(
        pl.col("phrase").replace_strict(groups, default=None, return_dtype=pl.String).alias("word")
    )
    generic = (
        pl.when(pl.col("code").str.contains(r"\.").fill_null(False))
        .then(pl.col("general"))
        .otherwise(None)
    )
    order = [
        (pl.col("own"), pl.lit("")),
        (pl.col("precise"), pl.col("code")),
        (pl.col("word"), pl.format("'{}'", "phrase")),
        (pl.coalesce(generic, pl.col("reply")), pl.col("code")),
    ]
    by = pl.lit("", pl.String)
    for fault, says in reversed(order):
        by = pl.when(fault.is_not_null()).then(says).otherwise(by)
    result = found.select(
        pl.coalesce(*(fault for fault, _ in order), pl.lit("unknown")).alias("fault"),
        by.alias("by"),
    )
    return failures.with_columns(result.get_columns())


def _by_codes(codes: pl.Series) -> pl.DataFrame:
    """Return the fault of each code in each of the tables."""
    distinct = codes.unique().drop_nulls()
    rows = [(code, *_say(code)) for code in distinct.to_list()]
    schema = dict.fromkeys(("asked", "precise", "general", "reply"), pl.String)
    table = pl.DataFrame(rows, schema=schema, orient="row")
    asked = pl.DataFrame({"asked": codes})
    return asked.join(table, on="asked", how="left", maintain_order="left").drop("asked")


def _say(code: str) -> tuple[str | None, str | None, str | None]:
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
def _phrase_groups() -> dict[str, str]:
    groups: dict[str, str] = {}
    for fault, phrases in _tables()["phrases"].items():
        for phrase in phrases:
            groups.setdefault(phrase, fault)
    return groups


def _phrases(texts: pl.Series) -> pl.Series:
    """Return the phrase that counts in each text, null where there is none."""
    groups = _phrase_groups()
    phrases = list(groups)
    distinct = texts.unique().drop_nulls()
    met = distinct.str.to_lowercase().str.extract_many(phrases, overlapping=True)
    rank = {phrase: number for number, phrase in enumerate(phrases)}
    best = met.list.eval(
        pl.element().replace_strict(rank, default=None, return_dtype=pl.UInt32)
    ).list.min()
    names = pl.Series(phrases)
    table = pl.DataFrame({"text": distinct, "phrase": names.gather(best)})
    asked = pl.DataFrame({"text": texts})
    return asked.join(table, on="text", how="left", maintain_order="left")["phrase"]
