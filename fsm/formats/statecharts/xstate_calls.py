"""Where a script calls XState: under which names, and what is a machine.

Every use of the functions that make machines is found, under any name. One that is no call is told,
so that a machine made with it is not left out in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from fsm.formats.javascript import JavaScript

__all__ = ["MachineCall", "XStateCalls"]

_MAKERS = ("createMachine", "Machine")
_MODULE = re.compile(r"['\"`]([^'\"`\n]{1,200})")
_IMPORT = re.compile(
    r"\bimport\s+(?:type\s+)?((?:(?!\bimport\b)[^;\"'`]){1,5000}?)\bfrom\s*(?=['\"])"
)
_REQUIRE = re.compile(
    r"\b(?:const|let|var)\s+(\{[^{}]{0,2000}\}|[\w$]+)\s*=\s*(?:await\s+)?"
    r"(?:require|import)\s*\(\s*(?=['\"`])"
)
_PART = re.compile(r"([\w$]+)(?:\s+as\s+([\w$]+)|\s*:\s*([\w$]+))?")
_WHOLE = re.compile(r"(?:\*\s*as\s+)?([A-Za-z_$][\w$]*)")
_ALIAS = re.compile(
    r"\b(?:const|let|var)\s+([\w$]+)\s*=\s*(?:([\w$]+)\s*\.\s*)?([\w$]+)\s*(?=[;\n])"
)
_TYPES = r"\s*(?:<[^()]{0,2000}>)?\s*\("
_NAME_BEFORE = re.compile(r"\bconst\s+([A-Za-z_$][\w$]*)\s*(?::[^=;]{1,300}?)?=(?![=>])")
_FOLLOWED = re.compile(r"\s*\.\s*(provide|withConfig|withContext|extend)\s*\(")
_PROVIDED = re.compile(r"\.\s*(provide|withConfig)\s*\(")


class MachineCall(NamedTuple):
    """A call that makes a machine: its name, and where its brackets open.

    The name is that of the constant, else ``L12`` for its line, ``L12.2`` for the second of a line.
    """

    name: str
    place: int
    is_constant: bool = False
    """Whether the name is that of a constant which is declared with the call."""


class XStateCalls:
    """The calls of XState in a script."""

    def __init__(self, source: JavaScript) -> None:
        self.source, self.code = source, source.code
        self.names: dict[str, str] = {}
        """The functions of XState by the names that they have in the script."""
        self.modules: set[str] = set()
        self._import()
        self.makers = {*_MAKERS, *self._named(*_MAKERS)}
        self.setups = {"setup", *self._named("setup")}
        source.parsed.safe |= self.makers | self.setups

    def _named(self, *functions: str) -> set[str]:
        return {name for name, function in self.names.items() if function in functions}

    def _import(self) -> None:
        for pattern in (_IMPORT, _REQUIRE):
            for match in pattern.finditer(self.code):
                module = _MODULE.match(self.source.text, match.end())
                if module and "xstate" in module[1].lower():
                    self._add(match[1])
        for match in _ALIAS.finditer(self.code):
            name, owner, function = match.groups()
            if owner in self.modules or (owner is None and function in self.names):
                self.names[name] = self.names.get(function, function)

    def _add(self, clause: str) -> None:
        whole, _, parts = clause.partition("{")
        for match in _PART.finditer(parts.partition("}")[0]):
            self.names[match[2] or match[3] or match[1]] = match[1]
        if named := _WHOLE.match(whole.strip()):
            self.modules.add(named[1])

    def machines(self) -> list[MachineCall]:
        """Return the calls that make machines, each with a name of its own."""
        before = [(match.start(), match[1]) for match in _NAME_BEFORE.finditer(self.code)]
        found: list[MachineCall] = []
        seen: set[str] = set()
        begin = 0
        for match in self._calls(self.makers):
            inside = [name for place, name in before if begin <= place < match.start()]
            # Behind setup({...}) the constant is the first one since the machine before.
            name = inside[-1] if inside else ""
            line = f"L{self.source.line_at(match.start())}"
            number = 2
            if not name or name in seen:
                name = line
            while name in seen:
                name, number = f"{line}.{number}", number + 1
            seen.add(name)
            place = match.end() - 1
            is_constant = self.source.parsed.is_declared_with(name, place)
            found.append(MachineCall(name, place, is_constant))
            begin = match.end()
        return found

    def setup_places(self) -> list[int]:
        """Return where the brackets of the calls of ``setup`` open, and of what extends one."""
        found = []
        for match in self._calls(self.setups):
            before = self.code[: match.start()].rstrip()
            owner = re.search(r"([\w$]+)\s*\.\Z", before[-200:])
            if not before.endswith(".") or (owner and owner[1] in self.modules):
                found.append(match.end() - 1)
        if found:
            found += [match.end() - 1 for match in re.finditer(r"\.\s*extend\s*\(", self.code)]
        return found

    def options_behind(self, call: MachineCall) -> list[int]:
        """Return where the brackets of ``.provide(`` open that follows a call."""
        found = []
        end = self.source.parsed.close.get(call.place)
        while end is not None and (match := _FOLLOWED.match(self.code, end + 1)):
            found.append(match.end() - 1)
            end = self.source.parsed.close.get(match.end() - 1)
        return found

    def provided_elsewhere(self, calls: list[MachineCall]) -> Iterator[int]:
        """Yield where a machine is made of another one, by ``machine.provide(...)``."""
        known = {place for call in calls for place in self.options_behind(call)}
        for match in _PROVIDED.finditer(self.code):
            if match.end() - 1 not in known:
                yield match.start()

    def unread(self) -> Iterator[tuple[int, str]]:
        """Yield the uses of what makes machines that are no calls, each with its name."""
        wanted = self._named(*_MAKERS, "setup") | {"createMachine"}
        spans = [
            match.span() for p in (_IMPORT, _REQUIRE, _ALIAS) for match in p.finditer(self.code)
        ]
        for name in sorted({*wanted, *self.modules}):
            for place in self.source.parsed.places.get(name, ()):
                if any(begin <= place < end for begin, end in spans) or self._is_plain(name, place):
                    continue
                yield place, name

    def _is_plain(self, name: str, place: int) -> bool:
        end = place + len(name)
        before = self.code[max(0, place - 200) : place].rstrip()
        if re.search(r"(?:\btypeof|\bexport\s*\{[^{}]*|\bfunction|<|:)\Z", before):
            return True
        if name in self.modules:
            is_member = before.endswith(".") and not before.endswith("...")
            return is_member or re.match(r"\s*\??\.\s*[\w$]", self.code[end:]) is not None
        return re.match(_TYPES, self.code[end : end + 2100]) is not None

    def _calls(self, names: set[str]) -> Iterator[re.Match[str]]:
        listed = "|".join(re.escape(name) for name in sorted(names))
        yield from re.finditer(rf"(?<![\w$])(?:{listed}){_TYPES}", self.code)
