"""The constants of a Python source, as far as its text says them; none of it is run.

A value is text, number, truth, nothing or a list of such, a :class:`Member` of a class with
constants, or :class:`Unknown` for anything else, such as a name from another file.
"""

from __future__ import annotations

import ast
import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fsm.formats.assembly import refuse
from fsm.formats.python_bindings import bindings, changed_names, one_value

__all__ = ["Member", "PythonSource", "Unknown", "shown"]

_TRANSLATIONS = ("_", "gettext", "gettext_lazy", "ugettext", "ugettext_lazy", "pgettext_lazy")
_VALUES = (
    "TextChoices", "IntegerChoices", "Choices", "Enum", "IntEnum", "StrEnum", "str", "int",
    "object",
)  # fmt: skip
"""Bases that have no constants of their own."""
_MOST_STEPS = 100_000
_MAX_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Unknown:
    """An expression whose value is not in the file: its text."""

    text: str


@dataclass(frozen=True, slots=True)
class Member:
    """A constant of a class: its value, and its title where the class gives it one."""

    value: Any
    title: str


def shown(node: ast.AST) -> str:
    """Return an expression as text, in one line."""
    return " ".join(ast.unparse(node).split())


class PythonSource:
    """A parsed source; raises :class:`fsm.errors.MachineError` where it is no Python."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        try:
            with warnings.catch_warnings():  # of escapes in texts, which are those of the author
                warnings.simplefilter("ignore")
                self.tree = ast.parse(text.removeprefix("\ufeff"))
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 1
            refuse(file, line, f"not Python: {getattr(error, 'msg', error)}")
        except (RecursionError, MemoryError):
            refuse(file, 1, "nested too deeply for a machine")
        self.classes: Mapping[str, ast.ClassDef] = {
            node.name: node for node in self.tree.body if isinstance(node, ast.ClassDef)
        }
        self.changed, self._given = changed_names(self.tree)
        """The names of what is changed in its place, as by ``append``: none of them is constant."""
        bound = list(bindings(self.tree.body))
        imports = (ast.Import, ast.ImportFrom)
        self.own_names = frozenset(name for name, value in bound if not isinstance(value, imports))
        """The names that the source binds itself, in any way but an import."""
        counts = Counter(name for name, _ in bound)
        self.uncertain = frozenset(name for name, count in counts.items() if count > 1)
        """The names that are bound more than once."""
        self._lines: dict[str, list[ast.ClassDef]] = {}
        self._found: dict[int, dict[str, ast.expr]] = {}
        self.constants = self._constants(self.tree.body)
        self._steps = 0

    def value(self, node: ast.AST, inside: ast.ClassDef | None = None, depth: int = 0) -> Any:
        """Return the value of an expression that stands in a class, or outside of all."""
        self._steps += 1
        if self._steps > _MOST_STEPS or depth > _MAX_DEPTH:
            return Unknown(shown(node))
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return [self.value(item, inside, depth + 1) for item in node.elts]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            number = self.value(node.operand, inside, depth + 1)
            return -number if isinstance(number, int | float) else Unknown(shown(node))
        if isinstance(node, ast.Call) and len(node.args) == 1 and _is_translation(node.func):
            return self.value(node.args[0], inside, depth + 1)
        if isinstance(node, ast.Subscript):
            return self._item(node, inside, depth)
        found = self._named(node, inside)
        if found is None:
            return Unknown(shown(node))
        if isinstance(found, Member):
            return found
        value = self.value(*found, depth + 1)
        return Unknown(shown(node)) if isinstance(value, Unknown) else value

    def _item(self, node: ast.Subscript, inside: ast.ClassDef | None, depth: int) -> Any:
        """Return an item of a list by its number."""
        values = self.value(node.value, inside, depth + 1)
        number = self.value(node.slice, inside, depth + 1)
        is_known = isinstance(values, list) and isinstance(number, int)
        if is_known and -len(values) <= number < len(values):
            return values[number]
        return Unknown(shown(node))

    def members(self, node: ast.AST, inside: ast.ClassDef | None = None) -> list[Member]:
        """Return the constants of a class that a name stands for, or of ``Class.choices``."""
        if isinstance(node, ast.Attribute) and node.attr == "choices":
            node = node.value
        found = self.class_of(node, inside)
        if found is not None:
            return list(self._members(found).values())
        constant = self._named(node, inside)
        call = constant[0] if isinstance(constant, tuple) else None
        return list(self._choices(call, inside).values())

    def class_of(self, node: ast.AST, inside: ast.ClassDef | None = None) -> ast.ClassDef | None:
        """Return the class of this file that a name stands for, also one inside of a class."""
        if isinstance(node, ast.Name):
            within = (c for c in (inside.body if inside else ()) if isinstance(c, ast.ClassDef))
            outside = None if node.id in self.uncertain else self.classes.get(node.id)
            return next((c for c in within if c.name == node.id), outside)
        if isinstance(node, ast.Attribute):
            around = self.class_of(node.value, inside)
            body = around.body if around else ()
            return next(
                (c for c in body if isinstance(c, ast.ClassDef) and c.name == node.attr), None
            )
        return None

    def constants_of(self, kind: ast.ClassDef) -> dict[str, ast.expr]:
        """Return what names are assigned once in a class, or in its bases of this file."""
        found: dict[str, ast.expr] = {}
        for each in reversed(self.bases(kind)):
            for name, _ in bindings(each.body):
                found.pop(name, None)
            found |= self._constants(each.body)
        return found

    def bases(self, kind: ast.ClassDef) -> list[ast.ClassDef]:
        """Return a class and those of its bases that are in this file, in the order of look-up."""
        if kind.name not in self._lines or self.classes.get(kind.name) is not kind:
            self._lines[kind.name] = [kind]  # for a class that is a base of itself
            found = [kind]
            for base in kind.bases:
                inherited = self.class_of(base)
                found += self.bases(inherited) if inherited is not None else []
            self._lines[kind.name] = list(dict.fromkeys(reversed(found)))[::-1]
        return self._lines[kind.name]

    def is_elsewhere(self, path: str, inside: ast.ClassDef | None = None) -> bool:
        """Whether a name, as ``A`` or ``Kind.A``, has its value in another file for certain."""
        name, *members = path.split(".")
        if not all(each.isidentifier() for each in (name, *members)):
            return False
        if inside is not None and any(name == own for own, _ in bindings(inside.body)):
            return False
        if name not in self.own_names:
            return True
        kind = None if name in self.uncertain else self.classes.get(name)
        if kind is None or not members:
            return False
        is_own = any(
            members[0] == own for each in self.bases(kind) for own, _ in bindings(each.body)
        )
        return not is_own and any(
            self.class_of(base) is None and _last(base) not in _VALUES
            for each in self.bases(kind)
            for base in each.bases
        )

    def _named(
        self, node: ast.AST, inside: ast.ClassDef | None
    ) -> Member | tuple[ast.AST, ast.ClassDef | None] | None:
        """Return what a name stands for: a member of a class, or an expression and its class."""
        if isinstance(node, ast.Name):
            if inside is not None and any(node.id == name for name, _ in bindings(inside.body)):
                found = self._constants(inside.body).get(node.id)
                return None if found is None else (found, inside)
            found = self.constants.get(node.id)
            return None if found is None else (found, None)
        if not isinstance(node, ast.Attribute):
            return None
        if node.attr == "value":
            return self._named(node.value, inside)
        kind = self.class_of(node.value, inside)
        if kind is None and isinstance(node.value, ast.Name):
            constant = self._named(node.value, inside)
            call = constant[0] if isinstance(constant, tuple) else None
            return self._choices(call, inside).get(node.attr)
        if kind is None:
            return None
        member = self._members(kind).get(node.attr)
        if member is not None:
            return member
        for each in self.bases(kind):
            if any(node.attr == name for name, _ in bindings(each.body)):
                found = self._constants(each.body).get(node.attr)
                return None if found is None else (found, each)
        return None

    def _constants(self, body: list[ast.stmt]) -> dict[str, ast.expr]:
        """Return what names are assigned once, in no branch, and not changed."""
        if id(body) not in self._found:
            self._found[id(body)] = {
                name: value
                for name, value in one_value(body).items()
                if name not in self.changed and not (name in self._given and _is_mutable(value))
            }
        return self._found[id(body)]

    def _members(self, kind: ast.ClassDef) -> dict[str, Member]:
        members = {}
        for name, node in self._constants(kind.body).items():
            value = self.value(node, None, 1) if not name.startswith("_") else None
            title = name.replace("_", " ").title()
            if isinstance(value, list) and len(value) == 2:
                value, title = value[0], value[1] if isinstance(value[1], str) else title
            if isinstance(value, str | int):
                members[name] = Member(value, title)
        return members

    def _choices(self, call: ast.AST | None, inside: ast.ClassDef | None) -> dict[str, Member]:
        """Return the members of ``Choices("a", ("b", "B"), ("c", "name", "C"))``."""
        if not isinstance(call, ast.Call) or not shown(call.func).endswith("Choices"):
            return {}
        members = {}
        for node in call.args:
            value = self.value(node, inside, 1)
            parts = value if isinstance(value, list) else [value]
            if parts and all(isinstance(part, str | int) for part in parts):
                name = parts[1] if len(parts) == 3 else parts[0]
                members[str(name)] = Member(parts[0], str(parts[-1]))
        return members


def _is_mutable(value: ast.expr) -> bool:
    kinds = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
    return any(isinstance(node, kinds) for node in ast.walk(value))


def _last(node: ast.AST) -> str:
    return shown(node).rpartition(".")[2]


def _is_translation(function: ast.AST) -> bool:
    return shown(function).rpartition(".")[2] in _TRANSLATIONS
