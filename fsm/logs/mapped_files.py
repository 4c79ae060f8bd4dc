"""Which mapping file describes a log: by the signs in its first records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from fsm.errors import LogError
from fsm.logs.mapping.event_mapping import Format, format_names, load_format
from fsm.logs.records.providers import built_in_records
from fsm.logs.records.recognition import fitness, head_values

__all__ = ["fitting", "named_mapping", "provider_of", "text_formats", "tie"]

_NEARLY_ALL = 0.8
"""The share of first records that must have the signs of a format."""
_WHOLE = (None, "json", "form")


def named_mapping(name: str, head: str, mappings: Sequence[Format]) -> Format | None:
    """Return which of the mappings that a user names describes a file; None if none does.

    A single one without signs describes every file. Raises :class:`LogError` where two fit alike.
    """
    if len(mappings) == 1 and not mappings[0].layout.recognise:
        return mappings[0]
    return _best(name, [(fitness(form, head), form) for form in mappings])


def fitting(name: str, head: str, forms: Iterable[Format]) -> Format | None:
    """Return the format that nearly all first records have the signs of; None without one.

    Raises :class:`LogError` where two fit alike.
    """
    signed = (f for f in forms if f.layout.recognise or f.layout.container == "lines")
    shares = [(fitness(form, head), form) for form in signed]
    return _best(name, [(share, form) for share, form in shares if _is_nearly_all(share)])


def _best(name: str, shares: Sequence[tuple[float, Format]]) -> Format | None:
    most = max((share for share, _ in shares), default=0)
    best = [form for share, form in shares if share == most and share > 0]
    if len(best) > 1:
        raise tie(name, best[0].name, best[1].name)
    return best[0] if best else None


def tie(name: str, one: str, other: str) -> LogError:
    """Return the error about a file that fits two formats alike."""
    own = [form.endswith(".toml") for form in (one, other)]
    options = [o for o, is_meant in (("--map", any(own)), ("--format", not all(own))) if is_meant]
    return LogError(f"{name}: fits {one} and {other} alike; name one with {' or '.join(options)}")


@cache
def text_formats() -> tuple[Format, ...]:
    """Return the formats of the package that only mapping files describe, and that are no JSON."""
    forms = map(load_format, format_names())
    return tuple(f for f in forms if f.family == f.name and f.layout.container not in _WHOLE)


def provider_of(head: str) -> tuple[str, str] | None:
    """Return the provider of the first records, if nearly all are of any, and the reason."""
    known, records = [], 0
    for value, line in head_values(head):
        for record in built_in_records().opened(value):
            records += 1
            if record.format is not None:
                known.append((record.format.name, line))
    others = records - len(known)
    if others >= len(known) or (others > 1 and not _is_nearly_all(len(known) / records)):
        return None
    name, line = known[0]
    return name, f"{f'the record on line {line}' if line else 'its record'} is one of {name}"


def _is_nearly_all(share: float) -> bool:
    """Return whether a share of first records is enough to recognise their format."""
    return share >= _NEARLY_ALL
