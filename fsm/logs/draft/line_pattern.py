"""Lines of text: a regular expression with named groups that takes them apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fsm.logs.draft.notations import is_address, looks_like_time
from fsm.logs.draft.records import SampledRecords
from fsm.logs.draft.sample import LogSample
from fsm.text import quantity

__all__ = ["lines_sample", "with_groups"]

_LINES = 5_000
_LONGEST_LINE = 4_000
"""Characters of a line that are looked at."""
_FITTING = 0.6
"""Least share of lines that a pattern takes apart."""
_MOST_GROUPS = 24
_TIMES = (
    r"\d{4}[-/.]\d\d[-/.]\d\d[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d)\b)?",
    r"\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}",
    r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}[ T]\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,9})?(?: [AaPp][Mm])?",
    r"\d{1,2}[- ][A-Z][a-z]{2}[- ]\d{4} \d{2}:\d{2}(?::\d{2})?(?:[.,]\d{1,9})?(?: [+-]\d{4})?",
    r"(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} [ \d]?\d \d{2}:\d{2}:\d{2}(?: \d{4})?",
    r"\d{10}(?:\.\d{1,9})?(?!\d)|\d{13}(?!\d)",
)
_LEVELS = {
    "trace",
    "debug",
    "info",
    "notice",
    "warn",
    "warning",
    "error",
    "err",
    "fatal",
    "critical",
}
_SYSLOG = re.compile(r"[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2}")
_METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"}
_HOST = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|(?=[0-9a-f:]*:[0-9a-f:]*:)[0-9a-f:]{3,39}", re.I)
_SIGNS = '=,;:/|#<>"[]()'
_WRAPPERS = ('"', "[", "(")
_LONGEST_WRAPPED = 15
_PHRASE = re.compile(r"(?<!\S)[A-Za-z]{3,20}(?: [A-Za-z]{3,20}){1,3}(?!\S)")
_MOST_PHRASES = 5
"""Phrases by which lines of other forms are passed over."""
_TOKEN = re.compile(
    r'\s+|"(?:[^"\\]|\\.)*+"|\[[^\]\n]*\]|\([^)\n]*\)|[^\s"\[\]()=,;:/|#<>]+|[=,;:/|#<>"\[\]()]'
)
_IDENTIFYING = re.compile(r"[\d@]")
"""What a word has that may identify somebody; it is never quoted in a pattern."""
_KINDS: dict[str, Callable[[str], object]] = {
    "time": looks_like_time,
    "host": _HOST.fullmatch,
    "address": is_address,
    "level": lambda token: token.lower() in _LEVELS,
    "method": _METHODS.__contains__,
}
"""Names of groups by what all their values are."""
_WORDS = re.compile(r"[^\W\d_]{2,}")


@dataclass
class _Pattern:
    """A pattern that grows from left to right, with what stood last before its end."""

    parts: list[str] = field(default_factory=lambda: ["^"])
    names: list[str] = field(default_factory=list)
    key: str = ""
    """The word before."""
    is_keyed: bool = False
    """Whether a sign such as ``=`` stands between that word and what follows."""

    def add_group(self, name: str, form: str) -> None:
        """Add a group; a name that is taken gets a number."""
        unique, number = name, 2
        while unique in self.names:
            unique, number = f"{name}_{number}", number + 1
        self.names.append(unique)
        self.parts.append(f"(?P<{unique}>{form})")
        self.key, self.is_keyed = "", False

    def add_literal(self, text: str) -> None:
        """Add a text that is the same in all lines."""
        self.parts.append(_literal(text))
        words = _WORDS.findall(text)
        self.key = words[-1] if words else self.key
        self.is_keyed = text in ("=", ":") or (self.is_keyed and text in ("<", "("))

    def name_of(self, values: Sequence[str]) -> str:
        """Return a name for a group: its key, what its values are, or the word before it."""
        tried = [value for value in values[:200] if value]
        key = re.sub(r"\W", "", self.key)
        is_name = key.isascii() and bool(key) and not key[0].isdigit() and key != "time"
        if self.is_keyed and is_name:
            return key
        for name, is_kind in _KINDS.items():
            if tried and all(map(is_kind, tried)):
                return name
        return key.lower() if is_name else "field"


def lines_sample(sample: LogSample) -> SampledRecords | None:
    """Return lines taken apart by a pattern; None where no pattern fits most of them."""
    lines = [
        (number if excerpt.line else None, line[:_LONGEST_LINE].rstrip())
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
    others = [line for _, line in kept if not compiled.search(line)]
    phrases = _phrases(others, [match.string for _, match in matches]) if not skip else []
    remarks = (f"{quantity(len(others), 'line')} of another form: skip passes them over",)
    read: dict[str, object] = {"container": "lines", "pattern": pattern}
    if skip or phrases:
        read["skip"] = skip or "|".join(phrases)
    return SampledRecords(
        read,
        columns,
        [number for number, _ in matches],
        unread=0 if phrases else len(others),
        named=False,
        remarks=remarks if phrases else (),
    )


def _phrases(others: Sequence[str], records: Sequence[str]) -> list[str]:
    """Return words that only lines of another form have, so that each has some; else none.

    Words with digits, and addresses, are left out.
    """
    known = {word for line in records for word in line.split()}
    found: list[str] = []
    for line in others:
        if any(phrase in line for phrase in found):
            continue
        own = [run for run in _PHRASE.findall(line) if not set(run.split()) <= known]
        if not own or len(found) >= _MOST_PHRASES:
            return []
        found.append(own[0])
    return [] if any(phrase in line for phrase in found for line in records) else found


def with_groups(pattern: str, names: Mapping[str, str]) -> str:
    """Return a pattern with only some of its groups, under new names; what follows is cut off.

    >>> with_groups("(?P<time>[0-9]+) (?P<a>[a-z]+) (?P<b>.) (?P<c>.*)", {"time": "t", "b": "id"})
    '(?P<t>[0-9]+) [a-z]+ (?P<id>.)'
    """
    parts, end = [], 0
    for begin, name, close in _groups(pattern):
        form = pattern[pattern.index(">", begin) + 1 : close]
        group = f"(?P<{names[name]}>{form})" if name in names else f"(?:{form})"
        is_simple = name not in names and "|" not in form
        parts.append((name, pattern[end:begin], form if is_simple else group))
        end = close + 1
    used = max((n for n, (name, _, _) in enumerate(parts) if name in names), default=-1)
    return "".join(before + group for _, before, group in parts[: used + 1])


def _groups(pattern: str) -> Iterator[tuple[int, str, int]]:
    """Yield where each named group begins, its name, and where it ends."""
    for match in re.finditer(r"\(\?P<(\w+)>", pattern):
        depth, place, in_set = 1, match.end(), False
        while depth:
            character = pattern[place]
            if character == "\\":
                place += 1
            elif in_set:
                in_set = character != "]"
            elif character == "[":
                in_set = True
            else:
                depth += (character == "(") - (character == ")")
            place += 1
        yield match.start(), match[1], place - 1


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
    made, rest = _Pattern(), list(lines)
    prefix = _time_of(rest)
    if prefix:
        before, form = prefix
        found = [match for line in rest if (match := re.match(f"({before})({form})", line))]
        made.parts.append(before)
        made.add_group("time", _shape([match[2] for match in found]) or form)
        rest = [match.string[match.end() :] for match in found]
        if all(_SYSLOG.fullmatch(match[2]) for match in found):  # the host follows
            made.parts.append(r" \S+")
            rest = [re.sub(r"^ \S+", "", line) for line in rest]
    _add_tokens(made, _of_one_form([_TOKEN.findall(line) for line in rest]))
    return "".join(made.parts) if len(made.names) > 1 else None


def _shape(times: Sequence[str]) -> str | None:
    """Return the pattern of times that have their digits at the same places; None if they differ.

    >>> _shape(["2026-01-05 08:00", "2026-12-31 23:59"])
    '\\\\d{4}-\\\\d{2}-\\\\d{2} \\\\d{2}:\\\\d{2}'
    """
    shapes = {tuple(re.split(r"(\d+)", re.sub(r"\d", "0", time))) for time in times}
    parts = shapes.pop()
    if shapes or re.search("[A-SU-Ya-z]", "".join(parts)):  # names of months have no one length
        return None
    return "".join(rf"\d{{{len(part)}}}" if part.isdigit() else _literal(part) for part in parts)


def _literal(text: str) -> str:
    """Return the pattern of a text; signs that have no meaning in patterns stay as they are."""
    return re.sub(r"\\([ #/:=,;<>\"'-])", r"\1", re.escape(text))


def _time_of(lines: Sequence[str]) -> tuple[str, str] | None:
    """Return the pattern of what stands before the time of most lines, and that of the time."""
    for before in ("", r"\[", r"\S+ \S+ \S+ \[", r"\S+ \[?", r"\S+ \S+ \[?"):
        for form in _TIMES:
            compiled = re.compile(f"{before}(?:{form})(?!\\d)")
            if sum(bool(compiled.match(line)) for line in lines) >= _FITTING * len(lines):
                return before, f"(?:{form})" if "|" in form else form
    return None


def _of_one_form(rows: list[list[str]]) -> list[list[str]]:
    """Return the lines whose tokens are of the commonest kinds, where most are; else all."""
    forms = [tuple(map(_kind, row)) for row in rows]
    (form, count), *_ = Counter(forms).most_common(1) or [((), 0)]
    if count < _FITTING * len(rows):
        return rows
    return [row for row, own in zip(rows, forms, strict=True) if own == form]


def _add_tokens(made: _Pattern, rows: list[list[str]]) -> None:
    """Add what the tokens at each place have in common, until lines differ in kind."""
    total, place = len(rows), 0
    while len(made.names) < _MOST_GROUPS:
        rows = [row for row in rows if len(row) > place]
        kind = _common_kind([row[place] for row in rows], total)
        if kind is None:
            break
        rows = [row for row in rows if _kind(row[place]) == kind]
        tokens = [row[place] for row in rows]
        if kind in _WRAPPERS:
            is_pid = kind == "[" and place > 0 and _kind(rows[0][place - 1]) == "word"
            _add_wrapped(made, tokens, is_pid=is_pid)
        elif kind == "blank" and set(tokens) != {" "}:
            made.parts.append(r"\s+")
        elif len(set(tokens)) == 1 and not (kind == "word" and _IDENTIFYING.search(tokens[0])):
            made.add_literal(tokens[0])
        else:
            after = {row[place + 1] for row in rows if len(row) > place + 1}
            made.add_group(made.name_of(tokens), _form(tokens, after))
        place += 1


def _common_kind(tokens: Sequence[str], total: int) -> str | None:
    """Return the kind of most tokens at a place; None where too few lines agree on one."""
    kinds = Counter(map(_kind, tokens))
    if not kinds:
        return None
    (kind, count), *_ = kinds.most_common(1)
    return kind if count >= _FITTING * total else None


def _kind(token: str) -> str:
    """Return the kind of a token: blank, a word, or the sign with which it begins."""
    if token.isspace():
        return "blank"
    first = token[0]
    if first in _SIGNS:
        return first if len(token) == 1 or first in _WRAPPERS else "word"
    return "word"


def _form(tokens: Sequence[str], after: set[str]) -> str:
    """Return the pattern of a word: what ends it may not be in it."""
    if all(re.fullmatch(r"\w+", token) for token in tokens):
        return r"\w+"
    ends = sorted({token[0] for token in after if not token.isspace()})
    return rf"[^\s{''.join(map(re.escape, ends))}]+" if ends else r"\S+"


def _add_wrapped(made: _Pattern, tokens: Sequence[str], *, is_pid: bool) -> None:
    """Add what stands in quotes or brackets: taken apart where it has one form, else a group."""
    opening, closing = re.escape(tokens[0][0]), re.escape(tokens[0][-1])
    inner = [token[1:-1] for token in tokens]
    split = [_TOKEN.findall(text) for text in inner]
    lengths = {len(row) for row in split}
    made.parts.append(opening)
    if (
        len(lengths) == 1
        and 1 < lengths.pop() <= _LONGEST_WRAPPED
        and not looks_like_time(inner[0])
    ):
        _add_tokens(made, split)
    else:
        made.add_group("pid" if is_pid else made.name_of(inner), f"[^{closing}]*")
    made.parts.append(closing)
    made.key, made.is_keyed = "", False
