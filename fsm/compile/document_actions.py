"""What the actions of a document that python-statemachine has loaded raise and send."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

__all__ = ["document_condition", "document_emissions", "is_document_action"]

_QUIET = frozenset({"AssignAction", "CancelAction", "LogAction"})
_EMITTING = frozenset({"RaiseAction", "SendAction", "ScriptAction"})
_INTERNAL = ("#_internal", "internal")


def is_document_action(value: object) -> bool:
    """Whether a callable runs actions of a document."""
    return type(value).__module__ == "statemachine.io.actions" and hasattr(value, "action")


def document_condition(value: Any) -> str | None:
    """Return the condition of a document in Python; ``None`` for any other callable."""
    from statemachine.io.evaluators import normalize_cond

    is_condition = type(value).__name__ == "Cond" and is_document_action(value)
    return normalize_cond(str(value.action)).strip() if is_condition else None


def document_emissions(value: Any) -> Iterator[tuple[str, bool | None]]:
    """Yield each event, and whether it is raised; ``None`` where it may come or not, or later."""
    for action in getattr(value.action, "actions", ()):
        kind = type(action).__name__
        if kind == "RaiseAction":
            yield str(action.event), True
        elif kind == "SendAction":
            plain = not (action.delay or action.delayexpr or action.eventexpr or action.type)
            known = action.target in (None, "", *_INTERNAL)
            is_raised = action.target in _INTERNAL
            yield str(action.event), is_raised if plain and known else None
        elif kind not in _QUIET and any(_emitting(action)):
            yield kind.removesuffix("Action").lower(), None


def _emitting(action: object) -> Iterator[bool]:
    """Yield True for each part of an action that may cause an event."""
    if type(action).__name__ in _EMITTING:
        yield True
    parts = [getattr(action, f.name) for f in fields(action)] if is_dataclass(action) else []
    for part in parts:
        for each in part if isinstance(part, list | tuple) else [part]:
            yield from _emitting(each)
