"""YAML as plain values, with the line of every mapping.

Only what JSON has is made: mappings, lists, texts, numbers, truth values and nothing. ``on``,
``off``, ``yes`` and ``no`` are texts, as in YAML 1.2: they are names of states. Aliases are
followed within bounds, and a tag for a type of its own is refused.
"""

from __future__ import annotations

from typing import Any, NoReturn

import yaml

from fsm.formats.assembly import MAX_PARTS, refuse
from fsm.formats.json_objects import JsonObject
from fsm.text import shortened, visible

__all__ = ["MAX_YAML_BYTES", "LocatedYaml"]

MAX_YAML_BYTES = 2**20
"""The parser needs about ten seconds for as much."""
_MAX_DEPTH = 100
_TRUTH = {"true": True, "false": False}
_NUMBERS = {"tag:yaml.org,2002:int": int, "tag:yaml.org,2002:float": float}
_TEXTS = {f"tag:yaml.org,2002:{name}" for name in ("str", "timestamp", "value")}
_TEMPLATES = {"Resources", "stepFunctions"}
"""What tells templates of CloudFormation and of the Serverless Framework."""
_FUNCTIONS = {
    f"!{name}" for name in ("Ref", "Sub", "GetAtt", "ImportValue", "Condition", "GetAZs", "Base64")
}
"""The functions of templates that may have a text, which is taken as it is written."""
_MERGE = "tag:yaml.org,2002:merge"


class _BoundedLoader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML has no types
    """Refuses nesting before the parser needs too long for it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise RecursionError
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class LocatedYaml:
    """A text of one mapping. Every method refuses in one line, with file and line."""

    def __init__(self, text: str, file: str) -> None:
        self.text, self.file = text, file
        self._lines: list[int] = []
        self._texts: dict[tuple[int, str], int] = {}
        """The lines where the blocks of text begin."""
        self._parts = 0
        try:
            node = yaml.compose(text, Loader=_BoundedLoader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            what = visible(shortened(" ".join((error.problem or "not well formed").split()), 200))
            refuse(file, line, f"not YAML: {what}")
        except yaml.YAMLError as error:  # a character that YAML forbids
            what = visible(shortened(" ".join(str(error).split()), 200))
            refuse(file, 1, f"not YAML: {what}")
        except RecursionError:
            refuse(file, 1, "nested too deeply for a machine")
        if not isinstance(node, yaml.MappingNode):
            refuse(file, 1, "not a machine: the document must be a mapping")
        keys = {key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)}
        self._is_template = bool(keys & _TEMPLATES)
        self.root: JsonObject = self._mapping(node, 0)

    def refuse(self, member: JsonObject, what: str) -> NoReturn:
        """Raise :class:`fsm.errors.MachineError` for a mapping."""
        refuse(self.file, self.line(member), what)

    def line(self, member: JsonObject) -> int:
        """Return the line where a mapping begins, from 1."""
        return self._lines[member.number]

    def text_line(self, member: JsonObject, key: str) -> int:
        """Return the line where the text of a member of a mapping begins."""
        return self._texts.get((member.number, key), self.line(member))

    def _value(self, node: Any, depth: int) -> Any:
        line = node.start_mark.line + 1
        self._parts += 1
        # An alias is made again each time, so nested ones would multiply without this bound.
        if self._parts > MAX_PARTS:
            refuse(self.file, line, f"more than {MAX_PARTS:,} values, not a machine")
        if depth > _MAX_DEPTH:
            refuse(self.file, line, "nested too deeply for a machine")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, depth + 1) for item in node.value]
        return self._scalar(node, line)

    def _mapping(self, node: yaml.MappingNode, depth: int) -> JsonObject:
        members = JsonObject()
        members.number = len(self._lines)
        self._lines.append(node.start_mark.line + 1)
        for key_node, value in node.value:
            line = key_node.start_mark.line + 1
            if key_node.tag == _MERGE:
                refuse(self.file, line, "'<<' is not read; write the members out")
            if not isinstance(key_node, yaml.ScalarNode):
                refuse(self.file, line, "a member without a plain name")
            key = str(key_node.value)
            if key in members:
                refuse(self.file, line, f"{shortened(key)!r} occurs twice in one object")
            members[key] = self._value(value, depth + 1)
            if isinstance(value, yaml.ScalarNode) and value.style in ("|", ">"):
                self._texts[members.number, key] = value.start_mark.line + 2
        return members

    def _scalar(self, node: yaml.ScalarNode, line: int) -> Any:
        tag, text = node.tag, str(node.value)
        if tag == "tag:yaml.org,2002:null":
            return None
        if tag == "tag:yaml.org,2002:bool":
            return _TRUTH.get(text.lower(), text)
        if tag in _NUMBERS:
            try:
                return _NUMBERS[tag](text)
            except ValueError:  # a form of YAML 1.1 such as 0b1 or 1:30
                return text
        if tag not in _TEXTS and not (self._is_template and tag in _FUNCTIONS):
            refuse(self.file, line, f"the tag {shortened(tag)!r} is not read; take it out")
        return text
