"""What JavaScript does with the names of its constants, as far as its text says it; none is run.

A constant keeps the value that it is declared with only if nothing in the file may change it: an
assignment to a part of it, a call that is given it, another name for it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

__all__ = ["COMMENT", "PATTERN", "JavaScriptCode", "Path"]

Path: TypeAlias = tuple[str | None, ...]
"""The members behind a name; ``None`` for one that is computed."""

COMMENT = re.compile(r"//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
PATTERN = re.compile(r"/(?![/*])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_BEFORE_PATTERN = "(,=:[!&|?{};>+"
_CONSTANT = re.compile(r"\bconst\s+([A-Za-z_$][\w$]*)\s*(?::[^=;]{1,500}?)?=(?![=>])")
_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_WORD_BEFORE = re.compile(r"[A-Za-z_$][\w$]*\Z")
_MEMBER = re.compile(r"\s*!?\s*\??\.\s*([A-Za-z_$][\w$]*)|\s*!?\s*(?:\?\.)?\s*\[")
_ASSIGNS = re.compile(
    r"\s*!?\s*(?:(?:\*\*|<<|>>>?|&&|\|\||\?\?|[-+*/%&|^])?=(?![=>])|\+\+|--|of\b)"
)
_BINDS = re.compile(r"\s*(?::[^=;,(){}]{1,300})?=(?!=)")
_IMPORT = re.compile(r"\bimport\s+(?:type\s+)?((?:(?!\bimport\b)[^;\"'`]){1,5000}?)\bfrom\b")
_RESULT = re.compile(r"\s*(?::[^={;()]{1,300})?(?:=>|\{)")
_DECLARES = ("const", "let", "var", "function", "class", "enum", "namespace")
_BRANCHES = ("if", "while", "switch", "for", "with")
_HARMLESS = ("typeof", "keyof", "instanceof", "in", "case", "default", "extends", "as", "satisfies")
_PURE = ("includes", "join", "indexOf", "slice", "concat", "has", "toString", "matches", "can")
_OF_ITEMS = ("map", "filter", "forEach", "find", "some", "every", "reduce", "flatMap", "values",
             "entries", "at")  # fmt: skip
_SAFE = (
    "createMachine", "Machine", "setup", "assign", "raise", "and", "or", "not", "stateIn", "log",
    "createActor", "interpret", "sendTo", "send", "freeze", "keys", "stringify", "useMachine",
    "useActor", "useInterpret", "String", "Number", "Boolean", "error", "warn", "info", *_PURE,
)  # fmt: skip
"""Functions that do not change what they are given."""
_ASSIGN = re.compile(r"\bObject\s*\.\s*assign\s*\Z")
_NEW_OBJECT = re.compile(r"\s*\{\s*\}\s*,")
_CLOSE = {"(": ")", "[": "]", "{": "}"}


class _Use(NamedTuple):
    """What is done with the value of a name: changed in place, or its part given to code that is
    not followed, or kept in another constant."""

    is_change: bool
    path: Path
    holder: str = ""
    is_call: bool = False


class JavaScriptCode:
    """A text with blanks for its comments and for what is inside of texts and patterns."""

    def __init__(self, text: str, safe: Sequence[str] = ()) -> None:
        self.code = _code_of(text)
        self.safe = {*_SAFE, *safe}
        self.close: dict[int, int] = {}
        self._around: dict[int, int] = {}
        self._signs: list[tuple[int, int]] = []
        self._pair()
        self.places: dict[str, list[int]] = {}
        for match in _NAME.finditer(self.code):
            self.places.setdefault(match[0], []).append(match.start())
        self.constants = {match[1]: match for match in _CONSTANT.finditer(self.code)}
        self._ends = {match.end(): name for name, match in self.constants.items()}
        self._bound = _joined(self._regions())
        self._uses: dict[str, list[_Use]] = {}

    def _pair(self) -> None:
        stack: list[int] = []
        for match in re.finditer(r"[()\[\]{}]", self.code):
            at = match.start()
            if match[0] in _CLOSE:
                self._around[at] = stack[-1] if stack else -1
                stack.append(at)
            elif stack and _CLOSE[self.code[stack[-1]]] == match[0]:
                self.close[stack.pop()] = at
            self._signs.append((at, stack[-1] if stack else -1))

    def enclosing(self, place: int) -> int:
        """Return where the innermost bracket around a place opens, or -1."""
        number = bisect_right(self._signs, (place, len(self.code)))
        return self._signs[number - 1][1] if number else -1

    def is_certain(self, name: str, declared: int) -> bool:
        """Whether a name is declared at one place only and is no parameter anywhere."""
        return not any(self._binds(name, at) for at in self.places.get(name, ()) if at != declared)

    def is_changed(self, name: str, is_mutable: Callable[[Path], bool]) -> bool:
        """Whether the file may change the object or list of a constant.

        Parts that are given away count if ``is_mutable``.
        """
        return self._may_change(name, is_mutable, {name})

    def _may_change(self, name: str, is_mutable: Callable[[Path], bool], seen: set[str]) -> bool:
        for use in self.uses(name):
            if use.is_change:
                return True
            if not is_mutable(use.path) or use.holder in seen:
                continue
            if not use.holder or self._may_change(use.holder, lambda _: True, {*seen, use.holder}):
                return True
        return False

    def uses(self, name: str) -> list[_Use]:
        """Return what is done with the value of a name that may change it."""
        if name not in self._uses:
            self._uses[name] = [
                use for at in self.places.get(name, ()) for use in self._use(at, at + len(name))
            ]
        return self._uses[name]

    def is_declared_with(self, name: str, place: int) -> bool:
        """Whether a place is in the expression of a constant's declaration, in no brackets."""
        match = self.constants.get(name)
        at = match.end() if match else place + 1
        while at < place and self.code[at] != ";":
            at = self.close.get(at, at) + 1
        return at == place

    # Names that are bound --------------------------------------------------------------------

    def _regions(self) -> Iterator[tuple[int, int]]:
        """Yield where names are bound: in parameters, patterns of destructuring and imports."""
        for match in _IMPORT.finditer(self.code):
            yield match.span(1)
        for open_, close in self.close.items():
            before = self._before(open_)
            word = self._word(open_)
            if self.code[open_] == "(":
                if word not in _BRANCHES and _RESULT.match(self.code, close + 1):
                    yield open_, close
            elif before != ":" and re.compile(r"\s*=(?![=>])").match(self.code, close + 1):
                if self.code[open_] == "{" or not self._is_index(open_):
                    yield open_, close
            elif word in ("const", "let", "var"):
                yield open_, close

    def _binds(self, name: str, at: int) -> bool:
        end = at + len(name)
        if self._is_member(at):
            return False
        word = self._word(at)
        if word in _DECLARES or (self._before(at) == "*" and "function" in self.code[at - 12 : at]):
            return True
        if word in ("type", "interface"):
            return False
        if _BINDS.match(self.code, end) and not self._is_key(at, end):
            return True
        number = bisect_right(self._bound, (at, len(self.code))) - 1
        return number >= 0 and self._bound[number][1] > at and word != "typeof"

    # What is done with a value ---------------------------------------------------------------

    def _use(self, at: int, end: int) -> Iterator[_Use]:
        match = self.constants.get(self.code[at:end])
        if self._is_member(at) or self._is_key(at, end) or (match and match.start(1) == at):
            return
        path, after = self._path(end)
        if path and self.code.startswith(("(", "?.("), self._skip(after)):
            if path[-1] in _OF_ITEMS:
                yield _Use(False, (*path[:-1], None))
            elif path[-1] not in self.safe:
                yield _Use(True, path, is_call=True)
            return
        before = (
            self.code[:at].rstrip()[-2:] if at < 200 else self.code[at - 200 : at].rstrip()[-2:]
        )
        if _ASSIGNS.match(self.code, after) or before in ("++", "--") or self._word(at) == "delete":
            yield _Use(True, path)
        elif (use := self._goes(at, path)) is not None:
            yield use

    def _goes(self, start: int, path: Path) -> _Use | None:
        """Return where the value of an expression goes; ``None`` where nothing can change it."""
        begin = start
        while True:
            sign, place = self._before(start), self._place_before(start)
            items = (*path, None) if start == begin else path
            if self.code.endswith("...", 0, place + 1):
                start = place - 2
                continue
            if word := self._word(start):
                if word in _HARMLESS or (start == begin and "\n" in self.code[place:start]):
                    return None
                return _Use(False, items if word == "of" else path)
            if sign not in tuple("([{,:"):
                return self._ended(sign, place, path, items)
            open_ = self.enclosing(place) if sign in ",:" else place
            kind = self.code[open_] if open_ >= 0 else ""
            if kind == "(":
                return self._called(open_, path, items)
            if kind == "[" and self._is_index(open_):
                return None
            if kind != "[" and not self._is_object(open_):
                return None if sign == "{" and start == begin else _Use(False, path)
            start = open_

    def _ended(self, sign: str, place: int, path: Path, items: Path) -> _Use | None:
        """Return where a value goes whose expression begins behind a sign.

        ``items`` are what an iteration would give away.
        """
        if sign == "=":
            return self._assigned(place, path, items)
        if sign in tuple("!~+-*/%^<") or (items != path and sign in ("", ";", "}", ")", "]")):
            return None
        return _Use(False, path)

    def _assigned(self, place: int, path: Path, items: Path) -> _Use | None:
        if self.code[place - 1 : place] in ("=", "!", "<", ">"):
            return None
        if place + 1 in self._ends:
            return _Use(False, path, self._ends[place + 1])
        # Of an object that is taken apart, only what is inside of its members can be changed.
        return _Use(False, items if self._before(place) in ("}", "]") else path)

    def _called(self, open_: int, path: Path, items: Path) -> _Use | None:
        word = self._word(open_)
        if self._before(open_) == ">":  # the types of a call: f<T>(
            word = self._word(self.code.rfind("<", 0, open_))
        is_copy = word == "assign" and _ASSIGN.search(self.code, max(0, open_ - 200), open_)
        if is_copy and _NEW_OBJECT.match(self.code, open_ + 1):
            return self._goes(is_copy.start(), path)
        if word in _BRANCHES or (word in self.safe and not is_copy):
            return None
        return _Use(False, items if word in _OF_ITEMS else path)

    # Places ----------------------------------------------------------------------------------

    def _path(self, end: int) -> tuple[Path, int]:
        path: list[str | None] = []
        while match := _MEMBER.match(self.code, end):
            end = match.end()
            if match[1] is None:
                end = self.close.get(end - 1, len(self.code)) + 1
            path.append(match[1])
        return tuple(path), end

    def _skip(self, place: int) -> int:
        while self.code[place : place + 1].isspace():
            place += 1
        return place

    def _place_before(self, place: int) -> int:
        place -= 1
        while place >= 0 and self.code[place].isspace():
            place -= 1
        return place

    def _before(self, place: int) -> str:
        at = self._place_before(place)
        return self.code[at] if at >= 0 else ""

    def _word(self, place: int) -> str:
        """Return the word before a place, if there is one."""
        end = self._place_before(place) + 1
        match = _WORD_BEFORE.search(self.code, max(0, end - 200), end)
        return match[0] if match else ""

    def _is_member(self, at: int) -> bool:
        place = self._place_before(at)
        return self.code[place : place + 1] == "." and not self.code.endswith("...", 0, place + 1)

    def _is_key(self, at: int, end: int) -> bool:
        is_named = self.code.startswith(":", self._skip(end))
        return is_named and self._before(at) in ("{", ",") and self._is_object(self.enclosing(at))

    def _is_index(self, open_: int) -> bool:
        if word := self._word(open_):
            return word not in (*_HARMLESS, "of", "return", "yield", "await")
        return self._before(open_) in (")", "]", "!")

    def _is_object(self, open_: int) -> bool:
        if open_ < 0 or self.code[open_] != "{":
            return False
        before = self._before(open_)
        if before and before in "(,=:[?&|.":
            return True
        return self._word(open_) in ("return", "default", "yield")


def _joined(spans: Iterator[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans in order, those inside of others left out."""
    found: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if not found or end > found[-1][1]:
            found.append((begin, end))
    return found


def _code_of(text: str) -> str:
    parts: list[str] = []
    open_: list[int] = []  # for each text in backquotes around: the braces inside its expression
    at, before = 0, ""
    for match in re.finditer(r"[\"'`/{}]", text):
        begin, sign = match.start(), match[0]
        if begin < at:
            continue
        gap = text[at:begin]
        parts.append(gap)
        before = gap.rstrip()[-1:] or before
        at, kept = begin + 1, sign
        if sign == "/":
            found = COMMENT.match(text, begin)
            if found is None and (not before or before in _BEFORE_PATTERN):
                found = PATTERN.match(text, begin)
                before = ")" if found else sign
            at = found.end() if found else at
            kept = _blank(text[begin:at]) if found else sign
        elif sign == "{" and open_:
            open_[-1] += 1
        elif sign == "}" and open_ and not open_[-1]:
            open_.pop()
            at, kept = _quoted(text, at, "`", open_)
            kept = "}" + kept
        elif sign == "}" and open_:
            open_[-1] -= 1
        elif sign not in "{}":
            at, inside = _quoted(text, at, sign, open_)
            kept = sign + inside
        parts.append(kept)
        before = before if sign == "/" else kept[-1:].strip() or sign
    return "".join((*parts, text[at:]))


def _quoted(text: str, at: int, quote: str, open_: list[int]) -> tuple[int, str]:
    """Return where a text ends or an expression in it begins, with blanks up to there."""
    begin = at
    while at < len(text) and text[at] != quote:
        if text[at] == "\\":
            at += 2
        elif quote == "`" and text.startswith("${", at):
            open_.append(0)
            return at + 2, _blank(text[begin:at]) + "${"
        elif text[at] == "\n" and quote != "`":
            return at, _blank(text[begin:at])
        else:
            at += 1
    return at + 1, _blank(text[begin:at]) + text[at : at + 1]


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)
