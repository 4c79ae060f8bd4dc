"""Recipients: one address has one form, and an event without a recipient gets that of its message.

Mail systems compare addresses without case (RFC 5321 lets only the local part tell letters apart,
and nobody relies on it). The form that stands first in a log is the one that is shown.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from fsm.logs.mapping.doubts import joined_doubts
from fsm.logs.mapping.event_mapping import FAILED

__all__ = [
    "ONE_PERSON",
    "Recipients",
    "bare_address",
    "bare_addresses",
    "domain_of",
    "find_persons",
    "find_recipients",
    "of_one_person",
    "with_doubtful_failures",
    "with_persons",
    "with_recipients",
]

_SEVERAL = "it does not say which of the message's recipients it was; counted for the first"
"""The doubt about an event that may be of another recipient."""
ONE_PERSON = (
    "it does not say which of the message's recipients it was; "
    "counted for the only one that got it, else for the first"
)
"""The doubt about what one person did."""
_ANY_OF_THEM = "it does not say which of the recipients that it lists failed; counted for each"
"""The doubt about a failure that may be of another recipient."""

_FAILED = ("soft_bounce", "hard_bounce", "retry_failed", FAILED)
_GOT = ("delivered", "retry_succeeded")

_PERSONAL = (
    "opened",
    "clicked",
    "machine_opened",
    "complained",
    "unsubscribed",
    "resubscribed",
    "auto_replied",
)
"""What one person did, even where the record lists all recipients of the message."""
_RECORD = pl.struct("record", "message_id", "native", "time", "event_id")
_AT = pl.int_range(pl.len(), dtype=pl.UInt32)
_IS_OF_ONE_PERSON = pl.col("doubt").str.contains(ONE_PERSON, literal=True).fill_null(value=False)
_UNUSUAL = r"[\s<>\":;]|[^\x00-\x7f]"
"""Found in addresses that are written with more than the address."""
_IN_BRACKETS = re.compile(r"[^<>]*<([^<>]*)>\s*")
_BEFORE = re.compile(r"(?:mailto:|rfc822;|smtp:)\s*", re.IGNORECASE)
_NEEDLESS_QUOTES = re.compile(r'"([\w!#$%&\'*+/=?^`{|}~.-]+)"(@.*)')


def bare_address(address: str) -> str:
    """Return an address without what does not distinguish it from others; letters keep their case.

    >>> bare_address('"Ann Lee" <Ann.Lee@X.example>'), bare_address('"ann.lee"@x.example')
    ('Ann.Lee@X.example', 'ann.lee@x.example')
    >>> bare_address('"ann lee"@x.example'), bare_address(" mailto:u@[192.0.2.1]")
    ('"ann lee"@x.example', 'u@[192.0.2.1]')
    """
    address = unicodedata.normalize("NFC", address)
    bracketed = _IN_BRACKETS.fullmatch(address)
    address = _BEFORE.sub("", (bracketed[1] if bracketed else address).strip(), count=1)
    quoted = _NEEDLESS_QUOTES.fullmatch(address)
    return quoted[1] + quoted[2] if quoted else address


def bare_addresses(addresses: pl.Series) -> pl.Series:
    """Return a column of addresses, each as :func:`bare_address` returns it."""
    unusual = addresses.str.contains(_UNUSUAL).fill_null(False)
    if not unusual.any():
        return addresses
    distinct = addresses.filter(unusual).unique()
    plain = pl.Series(list(map(bare_address, distinct.to_list())), dtype=pl.String)
    return addresses.replace(distinct, plain)


def domain_of(recipients: pl.Expr) -> pl.Expr:
    """Return the domain of each recipient, in small letters; null for what has none.

    >>> pl.select(domain_of(pl.lit("Ann Lee <Ann.Lee@X.example>"))).item()
    'x.example'
    """
    return recipients.str.extract(r"@([^@<>\s]+?)\.?>?\s*$").str.to_lowercase()


def of_one_person(events: pl.DataFrame) -> pl.DataFrame:
    """Keep one event of a record that lists all recipients of a message, but is about one."""
    personal = events.with_row_index("at").filter(events["event"].is_in(_PERSONAL))
    if personal["record"].n_unique() == personal.height:
        return events
    several = personal.filter(
        _RECORD.is_duplicated() & (pl.col("recipient").n_unique() > 1).over(_RECORD)
    )
    first = several.select(_RECORD.is_first_distinct()).to_series()
    doubtful = _with_doubt(events, several.filter(first)["at"], ONE_PERSON)
    return doubtful.filter(~_AT.is_in(several.filter(~first)["at"].implode()))


def with_doubtful_failures(events: pl.DataFrame) -> pl.DataFrame:
    """Mark the failures of records that list all recipients of a message as doubtful."""
    failures = events.with_row_index("at").filter(events["event"].is_in(_FAILED))
    if failures["record"].n_unique() == failures.height:
        return events
    several = failures.filter((pl.col("recipient").n_unique() > 1).over(_RECORD))
    return _with_doubt(events, several["at"], _ANY_OF_THEM)


def _with_doubt(events: pl.DataFrame, rows: pl.Series, text: str) -> pl.DataFrame:
    doubt = pl.when(_AT.is_in(rows.implode())).then(pl.lit(text))
    return (
        events.with_columns(doubt.alias("own_doubt"))
        .with_columns(
            doubt=joined_doubts("doubt", "own_doubt"),
            event_doubt=joined_doubts("event_doubt", "own_doubt"),
        )
        .drop("own_doubt")
    )


def find_persons(rows: pl.LazyFrame) -> pl.DataFrame:
    """Return the only recipient that got a message (``person``), where one of several did a thing.

    That is what :func:`of_one_person` counts for the first one.
    """
    doubtful = rows.filter(_IS_OF_ONE_PERSON).select("message_id").unique()
    found = (
        rows.filter(pl.col("event").is_in(_GOT))
        .join(doubtful, on="message_id", how="semi")
        .group_by("message_id")
        .agg(
            pl.col("recipient").min().alias("person"),
            pl.col("recipient").str.to_lowercase().n_unique().alias("persons"),
        )
    )
    return found.filter(pl.col("persons") == 1).drop("persons").collect(engine="streaming")


def with_persons(frames: Iterable[pl.DataFrame], persons: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield frames of rows with what :func:`find_persons` found."""
    for rows in frames:
        known = rows.join(persons, on="message_id", how="left", maintain_order="left")
        person = pl.when(_IS_OF_ONE_PERSON).then("person")
        yield known.with_columns(recipient=pl.coalesce(person, "recipient")).drop("person")


@dataclass(frozen=True)
class Recipients:
    """What a whole log tells of its recipients.

    ``forms`` has the form that is ``shown`` for addresses that differ by case, by their ``folded``
    one. ``unnamed`` has the first recipient of messages with events that name none, whether there
    are ``several``, and when the first of these hand-overs was (``handed_over``).
    """

    forms: pl.DataFrame
    unnamed: pl.DataFrame

    def __bool__(self) -> bool:
        return bool(self.forms.height or self.unnamed.height)


def with_recipients(
    frames: Iterable[pl.DataFrame], recipients: Recipients, doubtful: list[pl.DataFrame]
) -> Iterator[pl.DataFrame]:
    """Yield frames of rows, each row with the recipient that it is of.

    The rows that may be of another recipient are added to ``doubtful``, with that doubt.
    """
    for rows in frames:
        named = _named(rows, recipients)
        doubts = named.select("file", "line", "several_doubt").drop_nulls("several_doubt")
        doubtful.append(doubts.rename({"several_doubt": "doubt"}))
        yield named.select(rows.columns)


def _named(rows: pl.DataFrame, recipients: Recipients) -> pl.DataFrame:
    folded = pl.col("recipient").str.to_lowercase()
    shown = rows.select(folded=folded).join(
        recipients.forms, on="folded", how="left", maintain_order="left"
    )
    owners = rows.select("message_id").join(
        recipients.unnamed, on="message_id", how="left", maintain_order="left"
    )
    unnamed = (rows["recipient"].fill_null("") == "") & owners["first"].is_not_null()
    doubtful = unnamed & owners["several"] & (rows["event"] != "relayed")
    recipient = pl.when(unnamed).then(owners["first"])
    return rows.with_columns(
        recipient.otherwise(pl.coalesce(shown["shown"], "recipient")).alias("recipient"),
        pl.coalesce("handed_over", owners["handed_over"]).alias("handed_over"),
        pl.when(doubtful).then(pl.lit(_SEVERAL)).alias("several_doubt"),
    ).with_columns(doubt=joined_doubts("doubt", "several_doubt"))


def find_recipients(rows: pl.LazyFrame) -> Recipients:
    """Return what rows tell of their recipients together."""
    if not rows.select(pl.col("recipient").is_not_null().any()).collect().item():
        rows = rows.head(0)
    forms = _forms(rows)
    return Recipients(forms, _unnamed(rows))


def _forms(rows: pl.LazyFrame) -> pl.DataFrame:
    folded = pl.col("recipient").str.to_lowercase().alias("folded")
    written = rows.select("recipient", folded)
    mixed = written.filter(pl.col("recipient") != pl.col("folded")).select("folded").unique()
    if not (found := mixed.collect(engine="streaming")).height:
        return pl.DataFrame(schema={"folded": pl.String(), "shown": pl.String()})
    several = (
        written.with_row_index("at")
        .join(found.lazy(), on="folded", how="semi")
        .group_by("folded")
        .agg(
            pl.col("recipient").sort_by("at").first().alias("shown"),
            pl.col("recipient").n_unique().alias("forms"),
        )
        .filter(pl.col("forms") > 1)
        .select("folded", "shown")
    )
    return several.collect(engine="streaming")


def _unnamed(rows: pl.LazyFrame) -> pl.DataFrame:
    is_named = pl.col("recipient").fill_null("") != ""
    numbered = rows.select("message_id", "recipient", "event", "timestamp").with_row_index("at")
    unnamed = (
        numbered.filter(~is_named)
        .group_by("message_id")
        .agg(pl.col("timestamp").filter(pl.col("event") == "relayed").min().alias("handed_over"))
    )
    found = unnamed.collect(engine="streaming")
    folded = pl.col("recipient").str.to_lowercase()
    owners = (
        numbered.filter(is_named)
        .join(found.lazy().select("message_id"), on="message_id", how="semi")
        .group_by("message_id")
        .agg(
            pl.col("recipient").sort_by("at").first().alias("first"),
            (folded.n_unique() > 1).alias("several"),
        )
    )
    return owners.collect(engine="streaming").join(found, on="message_id")
