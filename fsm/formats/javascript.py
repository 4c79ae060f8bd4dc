"""Object literals of JavaScript and TypeScript as plain values; none of the text is run.

A value is text, number, truth, nothing, list or object, or :class:`SourceCode` for any other
expression. Constants of the file that are literals stand for themselves, also behind ``...``.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from functools import partial
from typing import Any, NoReturn

from fsm.formats.assembly import MAX_PARTS, refuse
from fsm.formats.javascript_code import COMMENT, PATTERN, JavaScriptCode, Path
from fsm.formats.json_objects import JsonObject
from fsm.text import shortened

__all__ = ["HOW_TO_EXPORT", "JavaScript", "SourceCode"]

HOW_TO_EXPORT = "write JSON: console.log(JSON.stringify(machine.config))"
"""What to do about a machine of XState that is not all in one file."""
_MAX_DEPTH = 60
_SPACE = re.compile(r"(?:\s|//[^\n]*|/\*.*?(?:\*/|\Z))*+", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_PATH = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*")
_NUMBER = re.compile(r"-?(?:0[xX][0-9a-fA-F]+|(?:\d[\d_]*)?\.?\d[\d_]*(?:[eE][+-]?\d+)?)(?![\w$.])")
_TEXT = re.compile(
    r"\"((?:[^\"\\\n]|\\.)*+)\"|'((?:[^'\\\n]|\\.)*+)'|`((?:[^`\\$]|\\.)*+)`", re.DOTALL
)
_ESCAPE = re.compile(
    r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL
)
_PLAIN = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}
_WORDS = {"true": True, "false": False, "null": None, "undefined": None}
_TYPED = re.compile(r"(?:as|satisfies)\b")
_TYPES = re.compile(r"<[\w\s$.,|&\[\]{}:;\"'?<>()=-]{0,300}?>(?=\s*\()")
_OPEN, _CLOSE = "([{", ")]}"
_ENUM = re.compile(r"\benum\s+([A-Za-z_$][\w$]*)\s*\{([^{}]*)\}")
_MEMBER = re.compile(
    r"([A-Za-z_$][\w$]*)\s*=\s*(?:\"([^\"\\]*)\"|'([^'\\]*)')(?=\s*(?:[,}]|//|/\*))"
)


class SourceCode(str):
    """An expression that is no literal, as it is written, in one line."""


class JavaScript:
    """A text in JavaScript or TypeScript. Its objects know their lines, as those of JSON do."""

    def __init__(self, text: str, file: str) -> None:
        self.text, self.file = text.removeprefix("\ufeff"), file
        self.parsed = JavaScriptCode(self.text)
        self.code = self.parsed.code
        """The text with blanks for comments and the insides of texts; places are the same."""
        self._lines: list[int] = []
        self._breaks = [match.start() for match in re.finditer("\n", self.text)]
        self._parts = 0
        self._constants: dict[str, int] = {
            name: match.end()
            for name, match in self.parsed.constants.items()
            if self.parsed.is_certain(name, match.start(1))
        }
        """Where the values of constants begin; a name that is declared twice, or a parameter as
        well, may be either."""
        self.uncertain = self.parsed.constants.keys() - self._constants.keys()
        """The names of constants that may have another value than they are declared with."""
        self._enums: dict[str, Mapping[str, str]] = {
            enum[1]: {
                m[1]: m[2] or m[3] or ""
                for m in _MEMBER.finditer(self.text, enum.start(2), enum.end(2) + 1)
                if self.code[m.start()] == self.text[m.start()]  # not in a comment
            }
            for enum in _ENUM.finditer(self.code)
            if self.parsed.is_certain(enum[1], enum.start(1))
        }
        self._open: set[str] = set()
        self._known: dict[str, Any] = {}
        """The values of the constants that were asked for."""

    def line(self, member: JsonObject) -> int:
        """Return the line where an object begins, from 1."""
        return self._lines[member.number]

    def refuse(self, member: JsonObject, what: str) -> NoReturn:
        """Raise :class:`fsm.errors.MachineError` for an object."""
        refuse(self.file, self.line(member), what)

    def line_at(self, place: int) -> int:
        """Return the line of a place in the text, from 1."""
        return bisect_left(self._breaks, place) + 1

    def literal(self, place: int) -> Any:
        """Return the value of the expression at a place, and what is behind it is not looked at."""
        value, _ = self._value(self._skip(place), 0)
        return value

    def arguments(self, place: int) -> list[Any]:
        """Return the values in the brackets that open at a place."""
        values, at = [], self._skip(place + 1)
        while at < len(self.text) and self.text[at] != ")":
            value, at = self._value(at, 0)
            values.append(value)
            at = self._skip(at)
            if not self.text.startswith(",", at):
                break
            at = self._skip(at + 1)
        return values

    # Values ----------------------------------------------------------------------------------

    def _value(self, place: int, depth: int) -> tuple[Any, int]:
        """Return the value that begins at a place, and the place behind it."""
        self._parts += 1
        if self._parts > MAX_PARTS or depth > _MAX_DEPTH:
            refuse(self.file, self.line_at(place), "more, or nested deeper, than a machine")
        found = self._simple(place, depth)
        if found is not None:
            value, end = found
            after = self._skip(end)
            if _TYPED.match(self.text, after):
                after = self._end_of_expression(after)
            if after >= len(self.text) or self.text[after] in ",;)]}":
                return value, after
        end = self._end_of_expression(place)
        written = COMMENT.sub(" ", self.text[place:end]) if "/" in self.text[place:end] else ""
        return SourceCode(" ".join((written or self.text[place:end]).split())), end

    def _simple(self, place: int, depth: int) -> tuple[Any, int] | None:
        """Return a literal, or the literal that a name stands for; ``None`` for anything else."""
        text = self.text
        if text.startswith("{", place):
            return self._object(place, depth)
        if text.startswith("[", place):
            return self._list(place, depth)
        if match := _TEXT.match(text, place):
            return _unescaped(match), match.end()
        if match := _NUMBER.match(text, place):
            return _number(match[0]), match.end()
        match = _PATH.match(text, place)
        if match is None:
            return None
        if match[0] in _WORDS:
            return _WORDS[match[0]], match.end()
        value = self._named(match[0], depth)
        return None if isinstance(value, SourceCode) else (value, match.end())

    def _named(self, path: str, depth: int) -> Any:
        """Return the literal that a name of this file stands for, else its text."""
        name, *members = path.split(".")
        if name in self._enums and len(members) == 1:
            return self._enums[name].get(members[0], SourceCode(path))
        if name not in self._constants or name in self._open:
            return SourceCode(path)
        if name not in self._known:
            self._open.add(name)
            value, _ = self._value(self._skip(self._constants[name]), depth + 1)
            self._open.discard(name)
            is_kept = not isinstance(value, list | JsonObject) or not self.parsed.is_changed(
                name, partial(_is_mutable, value)
            )
            self.uncertain |= set() if is_kept else {name}
            self._known[name] = value if is_kept else SourceCode(path)
        value = self._known[name]
        for member in members:
            value = value.get(member, SourceCode(path)) if isinstance(value, JsonObject) else None
        return SourceCode(path) if value is None else value

    def _list(self, place: int, depth: int) -> tuple[list[Any], int]:
        values: list[Any] = []
        at = self._skip(place + 1)
        while not self._closed(at, "]", place):
            if self.text.startswith("...", at):
                spread, at = self._value(at + 3, depth + 1)
                values += spread if isinstance(spread, list) else [SourceCode(f"...{spread}")]
            else:
                value, at = self._value(at, depth + 1)
                values.append(value)
            at = self._next(at, "]")
        return values, at + 1

    def _object(self, place: int, depth: int) -> tuple[JsonObject, int]:
        members = JsonObject()
        members.number = len(self._lines)
        self._lines.append(self.line_at(place))
        at = self._skip(place + 1)
        while not self._closed(at, "}", place):
            if self.text.startswith("...", at):
                spread, at = self._value(at + 3, depth + 1)
                if not isinstance(spread, JsonObject):
                    self._refuse_spread(at, spread)
                members.update(spread)
            else:
                key, at = self._key(at, depth)
                at = self._skip(at)
                if self.text.startswith(":", at):
                    members[key], at = self._value(self._skip(at + 1), depth + 1)
                elif self.text.startswith(("(", "<"), at):  # a method
                    end = self._end_of_expression(at)
                    members[key], at = SourceCode(f"{key}()"), end
                else:
                    members[key] = self._named(key, depth)
            at = self._next(at, "}")
        return members, at + 1

    def _refuse_spread(self, place: int, value: Any) -> NoReturn:
        what = f"'...{shortened(str(value))}' is not in this file"
        refuse(self.file, self.line_at(place), f"{what}; {HOW_TO_EXPORT}")

    def _key(self, place: int, depth: int) -> tuple[str, int]:
        text = self.text
        if match := _TEXT.match(text, place):
            return _unescaped(match), match.end()
        if match := _NUMBER.match(text, place):
            return str(_number(match[0])), match.end()
        if match := _NAME.match(text, place):
            if match[0] in ("async", "get", "set") and _NAME.match(text, self._skip(match.end())):
                return self._key(self._skip(match.end()), depth)
            return match[0], match.end()
        if text.startswith("[", place):
            value, at = self._value(self._skip(place + 1), depth + 1)
            if isinstance(value, SourceCode) or not isinstance(value, str | int):
                what = f"the name [{shortened(str(value))}] is computed"
                refuse(self.file, self.line_at(place), f"{what}; {HOW_TO_EXPORT}")
            return str(value), self._skip(at) + 1
        return refuse(self.file, self.line_at(place), "a name of a member is expected here")

    def _closed(self, at: int, close: str, begin: int) -> bool:
        if at >= len(self.text):
            refuse(self.file, self.line_at(begin), f"what begins here is not closed: {close!r}")
        return self.text[at] == close

    def _next(self, at: int, close: str) -> int:
        """Return the place of the next member: behind a comma, or at the end."""
        at = self._skip(at)
        if self.text.startswith(",", at):
            return self._skip(at + 1)
        if not self.text.startswith(close, at):
            refuse(self.file, self.line_at(at), f"',' or {close!r} is expected here")
        return at

    # Places ----------------------------------------------------------------------------------

    def _skip(self, place: int) -> int:
        match = _SPACE.match(self.text, place)
        return match.end() if match else place

    def _end_of_expression(self, place: int) -> int:
        """Return the place of the comma or bracket that ends the expression at a place."""
        text, open_ = self.text, 0
        at, before = place, ""
        while at < len(text):
            sign = text[at]
            if sign in "\"'`":
                at, before = self._end_of_text(at), sign
                continue
            if sign == "/":
                match = COMMENT.match(text, at)
                if match is None and (not before or before in "(,=:[!&|?{};>+"):
                    match = PATTERN.match(text, at)
                at = match.end() if match else at + 1
                before = before if match else sign
                continue
            if sign == "<" and (before.isalnum() or before in "_$"):
                types = _TYPES.match(text, at)
                at = types.end() if types else at + 1
                continue
            if sign in _OPEN:
                open_ += 1
            elif sign in _CLOSE:
                if not open_:
                    return at
                open_ -= 1
            elif sign in ",;" and not open_:
                return at
            before = sign if not sign.isspace() else before
            at += 1
        return at

    def _end_of_text(self, place: int) -> int:
        """Return the place behind a text; one in backquotes may have expressions inside."""
        text, quote, at = self.text, self.text[place], place + 1
        while at < len(text) and text[at] != quote:
            if text[at] == "\\":
                at += 2
            elif quote == "`" and text.startswith("${", at):
                at = self._end_of_expression(at + 2) + 1
            elif text[at] == "\n" and quote != "`":
                return at
            else:
                at += 1
        return at + 1


def _is_mutable(value: Any, path: Path) -> bool:
    """Whether a part of a value is an object or a list; of a computed part, whether any is."""
    values = [value]
    for member in path:
        if member is None:
            values = [
                item
                for each in values
                if isinstance(each, list | JsonObject)
                for item in (each.values() if isinstance(each, JsonObject) else each)
            ]
        else:
            values = [each.get(member) for each in values if isinstance(each, JsonObject)]
    return any(isinstance(each, list | JsonObject) for each in values)


def _number(written: str) -> int | float:
    plain = written.replace("_", "")
    if plain.lstrip("-").lower().startswith("0x"):
        return int(plain, 16)
    value = float(plain)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _unescaped(text: re.Match[str]) -> str:
    """Return the text between quotes."""
    written = next(group for group in text.groups() if group is not None)

    def character(match: re.Match[str]) -> str:
        code = match[1] or match[2] or match[3]
        if code:
            return chr(int(code, 16)) if int(code, 16) < 0x110000 else "\ufffd"
        return _PLAIN.get(match[4], match[4])

    found = _ESCAPE.sub(character, written)
    # A character beyond 16 bits may be written as two.
    return found.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
