"""Posts of forms: names and values as browsers send them, with JSON in some of the values."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from fsm.logs.records.fields import ProviderRecord, parse_json

__all__ = ["parse_form"]

_FORM = re.compile(r"[\w%+.*\[\]-]{1,200}=[^\s]*")
_MOST = 1000
"""Fields of a form."""


def parse_form(line: str) -> ProviderRecord:
    """Return the fields of a form; of a name that stands twice, the first value.

    All values of such a name are under it with brackets: ``tag[]``.

    Raises ValueError for a text that is no form.

    >>> parse_form("event=opened&recipient=a%40x.example&tags=%5B%22news%22%5D")
    {'event': 'opened', 'recipient': 'a@x.example', 'tags': ['news']}
    """
    if not _FORM.fullmatch(line):
        raise ValueError("no form")
    fields: ProviderRecord = {}
    for name, value in parse_qsl(line, keep_blank_values=True, max_num_fields=_MOST):
        if name in fields:
            fields.setdefault(f"{name}[]", [fields[name]]).append(_opened(value))
        else:
            fields[name] = _opened(value)
    return fields


def _opened(value: str) -> object:
    """Return the JSON in a value; the value where it is none."""
    if value[:1] in ("{", "["):
        try:
            return parse_json(value)
        except ValueError:
            pass
    return value
