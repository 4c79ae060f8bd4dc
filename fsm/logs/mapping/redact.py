"""Redact a log: recipients and ids become pseudonyms, and nothing that may hold a name remains.

Names in free text cannot all be found, so none are searched for: a value stays only where it is
one of a known kind. Recipients and ids become pseudonyms; a reply becomes its codes and the class
of its reason; a native event becomes what the table of its format calls it. Rows are
redacted as they come from a reader, before anything is written, counted by name or shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import Final

import polars as pl

from fsm.logs.canonical_columns import CANONICAL, MINED
from fsm.logs.mapping.blame import (
    REASONS,
    code_of,
    enhanced_code_in,
    reply_code_in,
    with_fault,
)
from fsm.logs.mapping.event_mapping import (
    FAULTS,
    MACHINE_EVENTS,
    SIDE_EVENTS,
    format_names,
    load_format,
)
from fsm.logs.mapping.message_recipients import domain_of
from fsm.logs.mapping.missing_handovers import NATIVE
from fsm.logs.mapping.pseudonym import Pseudonyms, are_pseudonyms
from fsm.logs.notes import Notes

__all__ = ["HIDDEN", "Redaction"]

HIDDEN: Final = "(not shown)"
"""Replaces a text in place of a time or a number."""

_IDS: Final = {"message_id": "m", "event_id": "e", "delivery_id": "d"}
"""Columns of ids, with the first letter of their pseudonyms."""
_FURTHER_IDS: Final = ("queued_as", "header_id", "queue_id", "entry_id")
"""Columns of ids by which another log knows a message."""
_CANONICAL: Final = (*_IDS, "recipient", "event")
_HASHED: Final = (*_IDS, "recipient", "domain", "relay")
"""Columns in which everything becomes a pseudonym."""
_DOMAIN, _RELAY = "n", "h"
"""The first letters of the pseudonyms of domains, and of hosts that answer."""
_OTHER = "x"
"""The first letter of the pseudonyms of all other texts."""
_RENAMED: Final = f"^{_OTHER}-[0-9a-f]{{20}}$"
_READER_EVENTS: Final = frozenset((*MACHINE_EVENTS, *SIDE_EVENTS))
"""Names of events that come from readers, not from logs."""
_DELIMITER: Final = "\0"
"""Separates a format and the native name of an event."""
_RENAMED_EVENT: Final = "an event whose name may hold an address; it is a pseudonym now"
_TIME = r"^[\d\sTtZz:.,+-]*$"
_NUMBER = r"^[\d\s+-]*$"
_ADDRESS = re.compile(
    r"[\w.!#$%&'*+/=?^`{|}~\-]{1,200}(?:@|=40|%40)[\w\-]{1,63}(?:\.[\w\-]{1,63}){0,10}"
)
_REASONS: Final = {
    "address": "address unknown",
    "mailbox_full": "mailbox full",
    "policy": "refused by policy",
    "content": "content refused",
    "network": "network trouble",
    "sender": "sender refused",
    "expired": "retries exhausted",
    "unknown": "reason unknown",
}
"""What is left of a reply, by the fault that it reports."""
_WITH_REASON = ("soft_bounce", "hard_bounce", "retry_failed", "excluded")

_LONGEST_NAME = 60
_BETWEEN_WORDS = re.compile(r"[ _/-]")
_NUMBERED = re.compile(r"\d{0,3}$")
_CAMEL = re.compile(r"[A-Z]?[a-z]+(?:[A-Z][a-z]+)+")


class Redaction:
    """Removes from rows and notes whatever may hold an address or a name.

    ``events`` are the names of events that stay; every other name becomes a pseudonym. With None,
    where the machine is not known, names that are plain words stay.
    """

    def __init__(self, key: bytes, events: Collection[str] | None = None) -> None:
        self._pseudonyms = Pseudonyms(key)
        self._domains = Pseudonyms(self._pseudonyms.derived_key("domains"))
        self._relays = Pseudonyms(self._pseudonyms.derived_key("relays"))
        self._known = None if events is None else frozenset(events)
        of_texts = self._pseudonyms.of_texts
        self._kinds: dict[str, Callable[[list[str]], Iterable[str]]] = {
            **{name: partial(of_texts, kind=letter) for name, letter in _IDS.items()},
            "recipient": self._pseudonyms.of_recipients,
            "domain": partial(self._domains.of_texts, kind=_DOMAIN),
            "relay": partial(self._relays.of_texts, kind=_RELAY),
            "event": partial(map, self._event),
            "file": partial(map, self.file_name),
            "native": partial(map, self._native),
            "format": partial(map, _format_shown),
        }
        self.fingerprint = self._pseudonyms.derived_key("fingerprint").hex()[:16]
        self.digest_key = self._pseudonyms.derived_key("digests")

    def message(self, name: str) -> str:
        """Return the pseudonym of a message id; a pseudonym stays as it is."""
        return self._pseudonyms.of_text(name, _IDS["message_id"])

    def with_domains(self, recipients: pl.LazyFrame) -> pl.LazyFrame:
        """Redact the ``recipient`` of rows, and add the pseudonym of its ``domain``.

        Domains are hashed with a key of their own, and so are relays: such a pseudonym tells no
        more than which recipients share a domain. What is a pseudonym already has no domain.
        """
        domain = self._domain(domain_of(pl.col("recipient")))
        return recipients.with_columns(self._redacted("recipient"), domain)

    def with_relays(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Redact the ``relay`` of rows."""
        return rows.with_columns(self._redacted("relay"))

    def _domain(self, domain: pl.Expr) -> pl.Expr:
        return self._redacted("domain", domain).alias("domain")

    def file_name(self, name: str) -> str:
        """Return the name of a file without the addresses in it, as mails in a Maildir have."""
        parts = (self._part_of_name(part) for part in name.split("/"))
        return "/".join(parts)

    def _part_of_name(self, part: str) -> str:
        return _ADDRESS.sub(lambda found: self._pseudonyms.of_recipient(found[0]), part)

    def scanned(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Redact the canonical columns of a log as they are read."""
        schema = rows.collect_schema()
        columns = [self._redacted(name) for name in _CANONICAL if name in schema]
        for name, pattern in (("timestamp", _TIME), ("seq", _NUMBER)):
            if schema.get(name) == pl.String:
                odd = ~pl.col(name).str.contains(pattern)
                columns.append(pl.when(odd).then(pl.lit(HIDDEN)).otherwise(name).alias(name))
        return rows.with_columns(columns)

    def rows(self, rows: pl.DataFrame, notes: Notes) -> pl.DataFrame:
        """Redact rows of a converted log, and note events whose names became pseudonyms."""
        enhanced = pl.coalesce(enhanced_code_in("code"), enhanced_code_in("reply"))
        reply = pl.concat_str(
            reply_code_in("reply"), enhanced, _reasons(rows), separator=" ", ignore_nulls=True
        )
        native = pl.concat_str(pl.col("format").fill_null(""), pl.lit(_DELIMITER), "native")
        redacted = rows.with_columns(
            *map(self._redacted, _CANONICAL),
            *(self._redacted("message_id", pl.col(name)) for name in _FURTHER_IDS),
            self._redacted("recipient", pl.col("final_recipient", "original_recipient")),
            self._domain(pl.coalesce(domain_of(pl.col("recipient")), "domain")),
            *map(self._redacted, ("relay", "file", "format")),
            self._redacted("native", native).alias("native"),
            pl.when(pl.col("fault").is_in(FAULTS)).then("fault"),
            pl.when(pl.col("reason").is_in(REASONS)).then("reason"),
            code_of().alias("code"),
            pl.when(pl.col("reply").is_not_null()).then(reply).replace("", None).alias("reply"),
        )
        lines = redacted.filter(pl.col("event").str.contains(_RENAMED))["line"]
        if len(lines):
            notes.doubts.add(_RENAMED_EVENT, int(lines[0]), len(lines))
        return redacted

    def clean(self, notes: Notes) -> None:
        """Redact what notes quote from a log."""
        notes.redact(lambda text: self._pseudonyms.of_text(text, _OTHER))

    def _redacted(self, kind: str, column: pl.Expr | None = None) -> pl.Expr:
        """Return a column redacted like the one with the name ``kind``; without one, that column.

        Empty texts and nulls stay.
        """
        redact = self._kinds[kind]

        def of_all(texts: pl.Series) -> pl.Series:
            texts = texts.cast(pl.String)
            if kind in _HASHED and are_pseudonyms(texts):
                return texts
            given: list[str | None] = texts.to_list()
            distinct = [text for text in dict.fromkeys(given) if text]
            if len(distinct) == len(given):
                return pl.Series(redact(distinct), dtype=pl.String)
            shown = dict(zip(("", None, *distinct), ("", None, *redact(distinct)), strict=True))
            return pl.Series(map(shown.__getitem__, given), dtype=pl.String)

        column = pl.col(kind) if column is None else column
        return column.map_batches(of_all, return_dtype=pl.String, is_elementwise=True)

    def _event(self, name: str) -> str:
        stays = _has_plain_words(name) if self._known is None else name in self._known
        return name if stays or name in _READER_EVENTS else self._pseudonyms.of_text(name, _OTHER)

    def _native(self, text: str) -> str:
        """Return the rule of a native event in the table of its format; ``text`` holds both."""
        form, _, native = text.partition(_DELIMITER)
        meaning = load_format(form).meaning(native) if form in format_names() else None
        if meaning is not None:
            return meaning.rule
        stays = native == NATIVE or _has_plain_words(native)
        return native if stays else self._pseudonyms.of_text(native, _OTHER)


def _reasons(rows: pl.DataFrame) -> pl.Series:
    """Return the kind of reason that each reply gives; null where it reports no failure."""
    failed = pl.col("event").is_in(_WITH_REASON) & pl.col("reply").is_not_null()
    frame = rows.with_row_index("at").filter(failed).select("at", "code", "reply", "fault")
    frame = frame.with_columns(pl.when(pl.col("fault").is_in(FAULTS)).then("fault"))
    faults = with_fault(frame.with_columns(code_of().alias("code")))["fault"]
    names = faults.replace_strict(_REASONS, return_dtype=pl.String)
    return pl.repeat(None, rows.height, dtype=pl.String, eager=True).scatter(frame["at"], names)


def _format_shown(name: str) -> str:
    return name if name in (*CANONICAL, *MINED) or name in format_names() else "canonical"


def _has_plain_words(name: str) -> bool:
    """Return whether a name consists of plain words, not of parts of an address or its encoding.

    >>> [name for name in ("retry_succeeded", "Send Appeal", "phase 2", "j.doe", "am9obi5k", "a@b")
    ...     if _has_plain_words(name)]
    ['retry_succeeded', 'Send Appeal', 'phase 2']
    """
    words = _BETWEEN_WORDS.split(name)
    return len(name) <= _LONGEST_NAME and all(map(_is_word, words))


def _is_word(word: str) -> bool:
    letters = _NUMBERED.sub("", word)
    if not letters.isalpha():
        return not letters
    one_case = letters in (letters.lower(), letters.upper(), letters.title())
    return one_case or bool(_CAMEL.fullmatch(letters))
