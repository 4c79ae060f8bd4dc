"""Files whose records are not lines: JSON over several lines or in one array, and CSV.

They become lines of JSON, one for each record, from which :mod:`fsm.logs.servers.wrappers` takes
the lines of the log. A record stands on the line on which it begins in the file.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

__all__ = ["Document"]

_LONGEST = 1 << 28
"""Characters of JSON that are read at once; what is longer is read as lines."""
_ENVELOPE = re.compile(
    r'\s*\{\s*(?:"[^"]{0,100}"\s*:\s*(?:"[^"]{0,1000}"|[\d.]{1,20}|null|true|false)\s*,\s*){0,20}'
    r'"(?:events|logEvents|entries|hits|results|rows|data|records)"\s*:\s*\['
)
_JSON_BEGINS = re.compile(r"\s*(?:\{|\[\s*(?:[{\[]|$))")
_BETWEEN = re.compile(r"[\s,\[\]\x1e]*")
_TEXTS = {"message", "@message", "textpayload", "msg", "log", "line", "_raw", "content", "body"}
"""Names of columns that hold lines, in small letters."""


class Document:
    """Gives the records of one file as lines; a file of plain lines stays as it is.

    ``numbers`` has the line in the file of each line that was given, where several records begin on
    one line; else it is empty, and every record stands on its line.
    """

    def __init__(self) -> None:
        self.numbers: list[int] = []

    def blocks(self, blocks: Iterable[list[str]]) -> Iterator[list[str]]:
        """Yield the blocks of lines of a file as blocks of records."""
        rest = iter(blocks)
        first = next(rest, None)
        if first is None:
            return
        blocks = chain([first], rest)
        start = next((line for line in first if line.strip()), "")
        if header := _header(start):
            for block in blocks:
                yield ["" if line == start else _csv_record(line, header) for line in block]
        elif _is_spread(start):
            yield from self._records(blocks)
        else:
            yield from blocks

    def _records(self, blocks: Iterator[list[str]]) -> Iterator[list[str]]:
        lines: list[str] = []
        size = 0
        for block in blocks:
            lines += block
            size += sum(map(len, block))
            if size > _LONGEST:
                yield lines
                yield from blocks
                return
        found = list(_found("\n".join(lines)))
        if len({line for line, _ in found}) == len(found):
            at = dict(found)
            yield [at.get(number, "") for number in range(1, len(lines) + 1)]
        else:
            self.numbers = [line for line, _ in found]
            yield [text for _, text in found]


def _is_spread(first: str) -> bool:
    """Return whether JSON begins on a line that is no record by itself."""
    if not _JSON_BEGINS.match(first):
        return False
    try:
        return not isinstance(json.loads(first.rstrip(", \r")), dict) or bool(
            _ENVELOPE.match(first)
        )
    except (ValueError, RecursionError):
        return True


def _found(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the compact text of each object; other values are passed over."""
    decode = json.JSONDecoder().raw_decode
    envelope = _ENVELOPE.match(text)
    place = envelope.end() if envelope else 0
    line, counted = 1, 0
    while True:
        between = _BETWEEN.match(text, place)
        place = between.end() if between else place
        try:
            value, end = decode(text, place)
        except (ValueError, RecursionError):
            return
        line += text.count("\n", counted, place)
        counted = place
        if isinstance(value, dict):
            yield line, json.dumps(value)
        place = end


def _header(first: str) -> Sequence[str]:
    """Return the names of the columns, where one of them holds lines of a log; else nothing."""
    names = _fields(first)
    small = [name.strip().lower() for name in names]
    if len(names) < 2 or first.lstrip().startswith(("{", "[")) or not _TEXTS.intersection(small):
        return ()
    as_they_stand = [name.isupper() or name.startswith("__") for name in names]
    return [
        name if stays else lower
        for name, lower, stays in zip(names, small, as_they_stand, strict=True)
    ]


def _csv_record(line: str, header: Sequence[str]) -> str:
    """Return a line of CSV as JSON; as it stands where it has not the fields of the header."""
    values = _fields(line)
    if len(values) != len(header):
        return line
    return json.dumps(dict(zip(header, values, strict=True)))


def _fields(line: str) -> list[str]:
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return []
