"""Lines of logs that something else wrapped: the journal as JSON, containers, collectors, clouds.

A reader of a mail server reads lines as syslog writes them: time, host, program, text. Whatever
stands around such a line is taken off here, before any reader sees it, and one line remains one
line, so that its number stays true. The time in the line itself counts; where it has none, that of
its wrapper is put before it.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from fsm.epoch import SECOND
from fsm.logs.native_times import from_number
from fsm.logs.servers.documents import Document
from fsm.logs.servers.split_lines import joined_pieces

__all__ = ["Unwrapping", "Wrapper", "find_wrappers"]

_ISO: Final = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d))?"
_SYSLOG: Final = r"[A-Za-z]{3} [ \d]\d(?: \d{4})? \d\d:\d\d:\d\d(?:[.,]\d{1,6})?"
_TIME: Final = rf"(?:<\d{{1,3}}>(?:1 )?)?(?:{_ISO}|{_SYSLOG}|\d{{10}}(?:\.\d{{1,9}})?)(?= )"
_STARTS_WITH_TIME = re.compile(_TIME)
_STARTS_WITH_SYSLOG = re.compile(r"((?:<\d{1,3}>)?)([A-Za-z]{3}) [ \d]\d \d\d:\d\d:\d\d")
_TAGGED = re.compile(r"\S{1,100}\[\d{1,9}\]: ")
_COLOUR = re.compile(r"\x1b\[[\d;]{0,20}m")
_DIGITS = re.compile(r"-?\d{1,19}(?:\.\d{1,9})?")
_MONTH_OF_YEAR = re.compile(r"(\d{4})-(\d\d)")
_SAMPLE = 40
"""Lines of a block that are looked at."""
_DEPTH = 4
"""Wrappers in wrappers."""
_LONGEST = 1 << 20
"""Characters of a line that is parsed as JSON."""


@dataclass(frozen=True)
class Wrapper:
    """Something that is put around lines: its name, and what takes it off.

    ``unwrap`` returns None for a line that is not wrapped so.
    """

    title: str
    unwrap: Callable[[str], str | None]


class Unwrapping:
    """Takes the wrappers off the lines of one file; a file without any costs nothing more."""

    def __init__(self) -> None:
        self.document = Document()
        self.wrappers: list[Wrapper] = []
        """The wrappers that were found so far, the outermost first."""

    def blocks(self, blocks: Iterable[list[str]]) -> Iterator[list[str]]:
        """Yield blocks of lines without their wrappers, and records as lines."""
        return map(self._plain, joined_pieces(self.document.blocks(blocks)))

    def lines(self, lines: list[str]) -> list[str]:
        """Return the first lines of a file without their wrappers."""
        return [line for block in self.blocks([lines]) for line in block]

    def _plain(self, block: list[str]) -> list[str]:
        for wrapper in find_wrappers(block):
            if wrapper not in self.wrappers:
                self.wrappers.append(wrapper)
        for wrapper in self.wrappers:
            unwrap = wrapper.unwrap
            block = [line if (plain := unwrap(line)) is None else plain for line in block]
        return block

    @property
    def title(self) -> str:
        """The names of the wrappers, empty without any."""
        return " in ".join(wrapper.title for wrapper in reversed(self.wrappers))


def find_wrappers(lines: Sequence[str]) -> list[Wrapper]:
    """Return the wrappers around lines, the outermost first; only some of the lines are tried."""
    step = max(len(lines) // _SAMPLE, 1)
    sample = [line for line in lines[::step] if line]
    found: list[Wrapper] = []
    for _ in range(_DEPTH):
        for wrapper in _wrappers():
            plain = [wrapper.unwrap(line) for line in sample]
            if any(text is not None for text in plain):
                found.append(wrapper)
                sample = [
                    line if text is None else text for line, text in zip(sample, plain, strict=True)
                ]
                break
        else:
            break
    return list(dict.fromkeys(found))


# JSON ------------------------------------------------------------------------------------------


def _json_wrappers() -> Iterator[Wrapper]:
    """Yield the wrappers of JSON records, from the table beside this module."""
    path = Path(__file__).with_suffix(".toml")
    for kind in tomllib.loads(path.read_text(encoding="utf-8")).values():
        yield Wrapper(kind["title"], partial(_from_json, kind))


def _from_json(kind: Mapping[str, Any], line: str) -> str | None:
    """Return the line that a JSON record holds; None unless it is a record of this kind."""
    text = line.lstrip("\x1e ").removeprefix("data: ")  # json-seq, json-sse
    if not text.startswith("{") or len(text) > _LONGEST:
        return None
    try:
        record = json.loads(text.rstrip(", \r"))
    except (ValueError, RecursionError):
        return None
    needed = any(_value(record, path) is not None for path in kind.get("needs", kind["time"]))
    written = _text_of(_first(record, kind["text"])) if needed else None
    return None if written is None else _with_head(written, record, kind)


def _value(record: Mapping[str, object], path: str) -> object:
    """Return what a record has under a name, or under names joined by points."""
    if path in record:
        return record[path]
    name, point, rest = path.partition(".")
    inner = record.get(name) if point else None
    return _value(inner, rest) if isinstance(inner, dict) else None


def _first(record: Mapping[str, object], paths: Iterable[str]) -> object:
    values = (_value(record, path) for path in paths)
    return next((value for value in values if value not in (None, "")), None)


def _text_of(value: object) -> str | None:
    """Return a text, which the journal writes as a list of bytes where it is not plain."""
    if isinstance(value, list) and value:
        if isinstance(value[0], str):
            return value[0]
        try:
            return bytes(value).decode("utf-8", "replace")
        except (TypeError, ValueError):
            return None
    return value if isinstance(value, str) else None


def _with_head(text: str, record: Mapping[str, object], kind: Mapping[str, Any]) -> str:
    """Return a text of one line, with time, host and program before it where it has none."""
    text = " ".join(_COLOUR.sub("", text).strip("\r\n").splitlines())
    time = _stamp(_first(record, kind["time"]))
    if _STARTS_WITH_TIME.match(text):
        return _with_year(text, time)
    host = str(_first(record, kind.get("host", ())) or "-").replace(" ", "_")
    program = _first(record, kind.get("program", ()))
    if program and not _TAGGED.match(text):
        tag = str(program).rstrip(":").replace(" ", "_")
        pid = _first(record, kind.get("pid", ()))
        text = f"{tag if tag.endswith(']') else f'{tag}[{pid or 0}]'}: {text}"
    return f"{time} {host} {text}" if time else text


def _stamp(value: object) -> str:
    """Return a time as it stands before a line; empty for one that is none."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return ""
    if _DIGITS.fullmatch(value):
        micros = from_number(float(value) if "." in value else int(value))
        return "" if micros is None else f"{micros // SECOND}.{micros % SECOND:06d}"
    return value if _STARTS_WITH_TIME.match(f"{value} ") else ""


def _with_year(line: str, time: str) -> str:
    """Put the year of a wrapper's time into a line of syslog that has none."""
    match = _STARTS_WITH_SYSLOG.match(line)
    around = _MONTH_OF_YEAR.match(time)
    if not match or not around:
        return line
    year, month = int(around[1]), int(around[2])
    if (match[2].lower(), month) == ("dec", 1):
        year -= 1
    elif (match[2].lower(), month) == ("jan", 12):
        year += 1
    return f"{match[1]}{year} {line[match.start(2) :]}"


# Text ------------------------------------------------------------------------------------------


def _prefix(pattern: str) -> Callable[[str], str | None]:
    """Return what takes off a prefix; its group ``time`` stands before a line that has no time."""
    compiled = re.compile(pattern)

    def unwrap(line: str) -> str | None:
        match = compiled.match(line)
        if not match:
            return None
        rest = line[match.end() :]
        time = match.groupdict().get("time") or ""
        if not time:
            return rest
        return _with_year(rest, time) if _STARTS_WITH_TIME.match(rest) else f"{time} - {rest}"

    return unwrap


_RFC5424 = re.compile(
    r"(?:\d{1,5} )?(?:<\d{1,3}>)?(?:1 )?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?"
    r"(?:Z|[+-]\d\d:?\d\d)) (\S{1,255}) (\S{1,48}) (\d{1,9}|-) \S{1,32} "
    r"(?:-|(?:\[[^\]\"]{0,100}(?:\"(?:[^\"\\]|\\.)*+\"[^\]\"]{0,100})*+\])++)"
    r"(?: |$)\ufeff?"
)
_WITHOUT_PID = re.compile(
    rf"({_TIME} \S{{1,255}} [\w.-]{{1,50}}/[\w/-]{{1,50}}): +(?=\w{{5,20}}: )"
)
_MESSAGE_NUMBER = re.compile(r"(.{15,400}?\]: )\[ID \d{1,9} \S{1,30}\] ")
_FULL_DAY = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?) ([A-Z]{1,5}) "
)


def _from_rfc5424(line: str) -> str | None:
    match = _RFC5424.match(line)
    if not match:
        return None
    time, host, program, pid = match.groups()
    rest = line[match.end() :]
    if _STARTS_WITH_TIME.match(rest):
        return rest
    return f"{time} {host} {program}[{pid if pid.isdigit() else 0}]: {rest}"


def _with_pid(line: str) -> str | None:
    match = _WITHOUT_PID.match(line)
    return f"{match[1]}[0]: {line[match.end() :]}" if match else None


def _without_number(line: str) -> str | None:
    match = _MESSAGE_NUMBER.match(line)
    return match[1] + line[match.end() :] if match else None


def _from_full_day(line: str) -> str | None:
    match = _FULL_DAY.match(line)
    if not match:
        return None
    zone = "Z" if match[2] in ("UTC", "GMT", "Z") else ""
    return f"{match[1]}{zone} {line[match.end() :]}"


def _without_colour(line: str) -> str | None:
    return _COLOUR.sub("", line) if "\x1b[" in line else None


@cache
def _wrappers() -> tuple[Wrapper, ...]:
    """Return the wrappers, each before those that it may hold."""
    return (
        Wrapper("colours of a terminal", _without_colour),
        *_json_wrappers(),
        Wrapper("RFC 5424", _from_rfc5424),
        Wrapper(
            "docker compose logs",
            _prefix(r"[\w./@-]{1,200} +\| ?(?=\S)"),
        ),
        Wrapper(
            "logs of Kubernetes (CRI)",
            _prefix(rf"(?P<time>{_ISO}) (?:stdout|stderr) [FP] (?=\S)"),
        ),
        Wrapper("kubectl logs --prefix", _prefix(r"\[pod/[\w./-]{1,300}\] (?=\S)")),
        Wrapper("output of logcli", _prefix(rf"(?P<time>{_ISO}) \{{[^}}]{{0,1000}}\}} (?=\S)")),
        Wrapper(
            "lines with a time before their own",
            _prefix(rf"(?P<time>{_ISO}) (?:\S{{1,512}} )?(?={_TIME})"),
        ),
        Wrapper(
            "lines with a time before their program",
            _prefix(rf"(?P<time>{_ISO}) (?=[\w.-]{{1,50}}/[\w/-]{{1,50}}\[\d{{1,9}}\]: )"),
        ),
        Wrapper("journalctl -o short-full", _from_full_day),
        Wrapper("lines without a process id", _with_pid),
        Wrapper("lines with a message number (Solaris)", _without_number),
    )
