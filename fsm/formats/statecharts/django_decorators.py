"""The fields and decorators of Django-FSM and viewflow in a Python source, which is not run.

Every use of the decorator is found, under any name: those that are no decorator of a method in a
class are told apart, so that none is left out in silence.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from fsm.formats.assembly import refuse
from fsm.formats.python_bindings import bindings, imported_names
from fsm.formats.python_values import PythonSource, shown

__all__ = ["DjangoClasses", "FieldSlot", "has_transition", "refuse_unread"]

_FIELDS = ("FSMField", "FSMIntegerField", "FSMKeyField", "State")
_ARGUMENTS = ("field", "source", "target", "on_error", "conditions", "permission", "custom")
_FLOW_ARGUMENTS = ("source", "target", "label", "conditions", "permission", "custom")
_LIBRARIES = ("django_fsm", "django_fsm_2", "viewflow")
_Method = (ast.FunctionDef, ast.AsyncFunctionDef)
_HOW = "write it as a decorator of a method, with all arguments"


@dataclass
class FieldSlot:
    """A field of a class that has transitions, and the class that has its definition.

    A field whose definition is not found has no call.
    """

    kind: ast.ClassDef
    name: str
    call: ast.Call | None
    owner: ast.ClassDef
    line: int = 1


@dataclass
class _Use:
    """A decorator that makes a method a transition of a field, and the class of the method."""

    field: str
    method: str
    call: ast.Call
    owner: ast.ClassDef


class DjangoClasses:
    """The classes of a source with their fields, and every use of the library's decorator."""

    def __init__(self, source: PythonSource) -> None:
        self.source = source
        self.names = imported_names(source.tree, _LIBRARIES)
        imports = [node for node in ast.walk(source.tree) if isinstance(node, ast.Import)]
        self.modules = {
            each.asname or each.name.partition(".")[0]
            for node in imports
            for each in node.names
            if each.name.partition(".")[0] in _LIBRARIES
        } | set(self.names)
        self.inside: dict[ast.AST, ast.ClassDef] = {}
        for kind in ast.walk(source.tree):  # from the outermost class to the innermost one
            if isinstance(kind, ast.ClassDef):
                self.inside |= dict.fromkeys(ast.walk(kind), kind)
        read = {
            decorator.func
            for kind in source.classes.values()
            for _, method in bindings(kind.body)
            if isinstance(method, _Method)
            for decorator in method.decorator_list
            if isinstance(decorator, ast.Call) and self.field_of(decorator) is not None
        }
        read |= {
            node.value
            for node in source.tree.body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id in self.names
            and len(node.targets) == 1
        }
        self.unread = [
            (node, self.inside.get(node))
            for node in ast.walk(source.tree)
            if isinstance(node, ast.Name | ast.Attribute)
            and node not in read
            and self._is_transition(node)
        ]
        """What is not the decorator of a method in a class, each with the class around it."""

    def last(self, node: ast.AST) -> str:
        """Return the last part of a name, as the library has it."""
        name = shown(node).rpartition(".")[2]
        return self.names.get(name, name) if isinstance(node, ast.Name) else name

    def field_of(self, call: ast.Call) -> str | None:
        """Return the field of which a decorator is a transition; ``None`` if it is not certain."""
        if self.last(call.func) != "transition" or not self._is_transition(call.func):
            return None
        if any(isinstance(each, ast.Starred) for each in call.args):
            return None
        if any(each.arg is None for each in call.keywords):
            return None
        if (owner := self._flow_field(call.func)) is not None:
            return owner
        given = self.arguments(call).get("field")
        if isinstance(given, ast.Name):
            return given.id
        named = isinstance(given, ast.Constant) and isinstance(given.value, str)
        return str(given.value) if named and isinstance(given, ast.Constant) else None

    def arguments(self, call: ast.Call) -> dict[str, ast.expr]:
        """Return the arguments of a decorator by their names."""
        names = _ARGUMENTS if self._flow_field(call.func) is None else _FLOW_ARGUMENTS
        found = dict(zip(names, call.args, strict=False))
        return found | {each.arg: each.value for each in call.keywords if each.arg}

    def _flow_field(self, function: ast.AST) -> str | None:
        """Return ``state`` of ``state.transition``."""
        owner = function.value if isinstance(function, ast.Attribute) else None
        return owner.id if isinstance(owner, ast.Name) and owner.id not in self.modules else None

    def _is_transition(self, node: ast.AST) -> bool:
        """Whether a name stands for the decorator."""
        if not isinstance(getattr(node, "ctx", None), ast.Load) or self.last(node) != "transition":
            return False
        if isinstance(node, ast.Name):
            return node.id in self.names or node.id not in self.source.own_names
        owner = self._flow_field(node)
        if owner is None:
            return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        around = self.inside.get(node)
        return around is not None and any(
            owner == name and isinstance(value, ast.Call) and self.last(value.func) in _FIELDS
            for each in self.source.bases(around)
            for name, value in bindings(each.body)
        )

    def attributes(self, kind: ast.ClassDef) -> dict[str, tuple[ast.AST | None, ast.ClassDef]]:
        """Return what each name of a class stands for, and in which class: that of the last
        binding, or ``None`` where one of them is in a branch."""
        found: dict[str, tuple[ast.AST | None, ast.ClassDef]] = {}
        for each in reversed(self.source.bases(kind)):
            own: dict[str, ast.AST | None] = {}
            for name, value in bindings(each.body):
                own[name] = None if own.get(name, value) is None else value
            found |= {name: (value, each) for name, value in own.items()}
        return found

    def uses(self, kind: ast.ClassDef) -> list[_Use]:
        """Return the transitions of a class, those that it inherits included."""
        found = []
        attributes = self.attributes(kind)
        order = {name: None for each in self.source.bases(kind) for name, _ in bindings(each.body)}
        for name in order:
            method, owner = attributes[name]
            if isinstance(method, _Method):
                for call in reversed(method.decorator_list):
                    field = self.field_of(call) if isinstance(call, ast.Call) else None
                    if field is not None and isinstance(call, ast.Call):
                        found.append(_Use(field, name, call, owner))
        return found

    def _replaced(
        self, kind: ast.ClassDef, attributes: dict[str, tuple[ast.AST | None, ast.ClassDef]]
    ) -> dict[str, int]:
        """Return the fields of the methods that are replaced by what is not read."""
        found: dict[str, int] = {}
        for each in self.source.bases(kind):
            for name, method in bindings(each.body):
                is_known = isinstance(attributes[name][0], (*_Method, ast.Constant))
                if isinstance(method, _Method) and not is_known:
                    calls = (call for call in method.decorator_list if isinstance(call, ast.Call))
                    fields = {self.field_of(call): call.lineno for call in calls}
                    found |= {field: line for field, line in fields.items() if field is not None}
        return found

    def slots(self) -> Iterator[FieldSlot]:
        """Yield the fields with transitions of each class."""
        below = {
            each.name
            for kind in self.source.classes.values()
            for each in self.source.bases(kind)[1:]
        }
        for kind in self.source.classes.values():
            attributes = self.attributes(kind)
            fields = {}
            for name, (value, owner) in attributes.items():
                if isinstance(value, ast.Call) and self.last(value.func) in _FIELDS:
                    fields[name] = (value, owner)
            used = {use.field: use.call.lineno for use in self.uses(kind)}
            used |= self._replaced(kind, attributes)
            for name, (call, owner) in fields.items():
                if name in used:
                    yield FieldSlot(kind, name, call, owner, call.lineno)
            for name, line in used.items():
                if name not in fields and kind.name not in below:
                    yield FieldSlot(kind, name, None, kind, line)


def has_transition(models: DjangoClasses, method: ast.AST) -> bool:
    """Whether a method is decorated as a transition."""
    calls = getattr(method, "decorator_list", ())
    return any(isinstance(each, ast.Call) and models.field_of(each) is not None for each in calls)


def refuse_unread(source: PythonSource, node: ast.expr) -> NoReturn:
    """Raise :class:`fsm.errors.MachineError` for a use of the decorator that is not read."""
    refuse(source.file, node.lineno, f"this use of {shown(node)!r} is not read; {_HOW}")
