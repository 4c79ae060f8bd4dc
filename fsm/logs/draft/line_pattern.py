"""Lines of text: a regular expression with named groups that takes them apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from fsm.logs.draft.notations import is_address, looks_like_time
from fsm.logs.draft.records import SampledRecords
from fsm.logs.draft.sample import LogSample

__all__ = ["lines_sample"]

_LINES = 5_000
_FITTING = 0.6
"""Least share of lines that a pattern takes apart."""
_MOST_GROUPS = 24
_TIMES = (
    r"\d{4}[-/.]\d{2}[-/.]\d{2}[T ]\d{2}:\d{2}(?::\d{2})?(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d{2}:?\d{2})\b)?",
    r"\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}",
    r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}[ T]\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,9})?(?: [AaPp][Mm])?",
    r"\d{1,2}[- ][A-Z][a-z]{2}[- ]\d{4} \d{2}:\d{2}(?::\d{2})?(?:[.,]\d{1,9})?(?: [+-]\d{4})?",
    r"(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} [ \d]?\d \d{2}:\d{2}:\d{2}(?: \d{4})?",
    r"\d{10}(?:\.\d{1,9})?(?!\d)|\d{13}(?!\d)",
)
_LEVELS = {"trace", "debug", "info", "notice", "warn", "warning", "error", "err", "fatal", "critical"}
_HOST = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|(?=[0-9a-f:]*:[0-9a-f:]*:)[0-9a-f:]{3,39}", re.I)
_TOKEN = re.compile(
    r'\s+|"(?:[^"\\]|\\.)*+"|\[[^\]\n]*\]|\([^)\n]*\)|[^\s"\[\]()=,;:/|#<>]+|[=,;:/|#<>"\[\]()]'
)
_WORDS = re.compile(r"[^\W\d_]{2,}")


@dataclass
class _Pattern:
    """A pattern that grows from left to right."""

    parts: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def add_group(self, name: str, form: str) -> None:
        taken = self.names.count(name)
        unique, number = name, 2
        while taken and unique in self.names:
            unique, number = f"{name}_{number}", number + 1
        self.names.append(unique)
        self.parts.append(f"(?P<{unique}>{form})")


def lines_sample(sample: LogSample) -> SampledRecords | None:
    """Return lines taken apart by a pattern; None where no pattern fits most of them."""
    lines = [
        (number if excerpt.line else None, line.rstrip())
        for excerpt in sample.excerpts
        for number, line in enumerate(excerpt.text.split("\n"), excerpt.line or 0)
        if line.strip()
    ][:_LINES]
    skip = _comments([line for _, line in lines])
    kept = [(n, line) for n, line in lines if not (skip and re.search(skip, line))]
    pattern = _pattern([line for _, line in kept])
    if pattern is None:
        return None
    compiled = re.compile(pattern)
    matches = [(number, match) for number, line in kept if (match := compiled.search(line))]
    if len(matches) < _FITTING * len(kept):
        return None
    columns: dict[str, list[str | None]] = {
        name: [match[name] or None for _, match in matches] for name in compiled.groupindex
    }
    read: dict[str, object] = {"container": "lines", "pattern": pattern}
    if skip:
        read["skip"] = skip
    return SampledRecords(
        read, columns, [n for n, _ in matches], unread=len(kept) - len(matches)
    )


def _comments(lines: Sequence[str]) -> str:
    """Return a pattern of lines that are no records: comments, and those that begin with blanks."""
    parts = []
    if any(line.startswith("#") for line in lines):
        parts.append("#")
    if any(line[:1].isspace() for line in lines) and not all(line[:1].isspace() for line in lines):
        parts.append(r"\s")
    return f"^(?:{'|'.join(parts)})" if len(parts) > 1 else f"^{parts[0]}" if parts else ""


def _pattern(lines: Sequence[str]) -> str | None:
    """Return the pattern of the lines that have the commonest beginning."""
    if not lines:
        return None
    made, rest = _Pattern(["^"]), list(lines)
    prefix = _time_of(rest)
    if prefix:
        before, form = prefix
        found = [match for line in rest if (match := re.match(f"({before})({form})", line))]
        made.parts.append(before)
        made.add_group("time", form)
        rest = [match.string[match.end() :] for match in found]
    _add_tokens(made, [_TOKEN.findall(line) for line in rest])
    return "".join(made.parts) if len(made.names) > 1 else None


def _time_of(lines: Sequence[str]) -> tuple[str, str] | None:
    """Return the pattern of what stands before the time of most lines, and that of the time."""
    for before in (r"\[?", r"\S+ \S+ \S+ \[", r"\S+ \[?", r"\S+ \S+ \[?"):
        for form in _TIMES:
            compiled = re.compile(f"{before}(?:{form})(?!\\d)")
            if sum(bool(compiled.match(line)) for line in lines) >= _FITTING * len(lines):
                return before, f"(?:{form})" if "|" in form else form
    return None


def _add_tokens(made: _Pattern, rows: list[list[str]], *, closed: bool = True) -> None:
    """Add what the tokens at each place have in common, until they differ in kind."""
    place, before = 0, ""
    total = len(rows)
    while len(made.names) < _MOST_GROUPS:
        rows = [row for row in rows if len(row) > place] if place else rows
        here = Counter(row[place] for row in rows if len(row) > place)
        if here.total() < _FITTING * total or not here:
            break
        kinds = Counter(_kind(token) for token in here.elements())
        kind, count = kinds.most_common(1)[0]
        if count < _FITTING * total:
            if sum(kinds[k] for k in ("word", "mixed")) < _FITTING * total:
                break
            kind = "word"
        token, same = here.most_common(1)[0]
        if kind == "word":
            rows = [row for row in rows if _kind(row[place]) in ("word", "mixed")]
        else:
            rows = [row for row in rows if _kind(row[place]) == kind]
        is_fixed = same == here.total() and (kind != "word" or not re.search(r"[\d@]", token))
        if kind == "blank":
            made.parts.append(r"\s+")
        elif kind in ("quoted", "bracket", "paren"):
            _add_wrapped(made, [row[place] for row in rows], kind, before)
        elif is_fixed or kind not in ("word", "mixed"):
            made.parts.append(re.escape(token))
        else:
            after = {row[place + 1] for row in rows if len(row) > place + 1}
            made.add_group(_name([row[place] for row in rows], before), _form(rows, place, after))
            before = ""
            place += 1
            continue
        words = _WORDS.findall(token)
        before = words[-1].lower() if words and kind == "word" else before
        place += 1
    left = any(len(row) > place for row in rows)
    if left and closed:
        has_words = any("".join(row[place:]).strip() for row in rows)
        if has_words:
            made.add_group("rest", ".*")


def _kind(token: str) -> str:
    if token.isspace():
        return "blank"
    first = token[0]
    if len(token) > 1 and first in '"[(':
        return {'"': "quoted", "[": "bracket", "(": "paren"}[first]
    if first in '=,;:/|#<>"[]()':
        return first
    return "word"


def _form(rows: Sequence[Sequence[str]], place: int, after: set[str]) -> str:
    """Return the pattern of a word: what ends it may not be in it."""
    ends = {token[0] for token in after if not token.isspace()}
    if all(re.fullmatch(r"\w+", row[place]) for row in rows):
        return r"\w+"
    closing = "".join(re.escape(end) for end in sorted(ends))
    return rf"[^\s{closing}]+" if closing else r"\S+"


def _add_wrapped(made: _Pattern, tokens: Sequence[str], kind: str, before: str) -> None:
    """Add what stands in quotes or brackets: taken apart where it has one form, else a group."""
    opening, closing = tokens[0][0], tokens[0][-1]
    inner = [token[1:-1] for token in tokens]
    made.parts.append(re.escape(opening))
    split = [_TOKEN.findall(text) for text in inner]
    lengths = {len(row) for row in split}
    if len(lengths) == 1 and 1 < lengths.pop() <= 15 and not looks_like_time(inner[0]):
        _add_tokens(made, split, closed=False)
    else:
        excluded = re.escape(closing)
        made.add_group(_name(inner, before), f"[^{excluded}]*")
    made.parts.append(re.escape(closing))


def _name(tokens: Sequence[str], before: str) -> str:
    """Return a name for a group, by what its values are or by the word before it."""
    tried = [token for token in tokens[:200] if token]
    if tried and all(looks_like_time(token) for token in tried):
        return "time"
    if tried and all(map(_HOST.fullmatch, tried)):
        return "host"
    if tried and all(map(is_address, tried)):
        return "address"
    if tried and all(token.lower() in _LEVELS for token in tried):
        return "level"
    name = re.sub(r"\W", "", before)
    if name and name.isascii() and not name[0].isdigit():
        return name if name != "time" else "time_of"
    return "field"
