"""Conditions of XState: names, ``and``, ``or``, ``not``, and which states are active."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fsm.formats.json_objects import JsonObject
from fsm.formats.statecharts.chart_parts import ChartParts, Located, all_hold, any_holds
from fsm.formats.statecharts.xstate_config import parameters
from fsm.guard import ALWAYS, Guard

__all__ = ["XStateGuards"]

_JOINED = {"and": all_hold, "or": any_holds}
_MAX_DEPTH = 20


class XStateGuards:
    """Reads the conditions of one document."""

    def __init__(self, source: Located, parts: ChartParts, find_state: Callable[..., int]) -> None:
        self.source, self.parts, self.find_state = source, parts, find_state

    def read(self, number: int, place: JsonObject, members: dict[str, Any]) -> Guard:
        """Return the condition of a transition of a state; raises for what is none."""
        found = [
            self._guard(number, place, members[name], 0)
            for name in ("guard", "cond")
            if members.get(name) is not None
        ]
        if members.get("in") is not None:
            found.append(self._active(number, place, members["in"], old=True))
        return all_hold(found) if found else ALWAYS

    def _guard(self, number: int, place: JsonObject, value: Any, depth: int) -> Guard:
        if isinstance(value, str) and value.strip():
            return Guard.named(value)
        if depth > _MAX_DEPTH:
            self.source.refuse(place, "a guard that is nested too deeply")
        kind = value.get("type") if isinstance(value, JsonObject) else None
        if not isinstance(kind, str) or not kind:
            self.source.refuse(place, "a guard must be a name, or an object with a type")
        operator = kind.removeprefix("xstate.")
        inner = value.get("guards", value.get("children"))
        if operator in _JOINED and isinstance(inner, list):
            return _JOINED[operator](self._guard(number, value, g, depth + 1) for g in inner)
        if operator == "not":
            negated = value.get("guard", inner[0] if isinstance(inner, list) and inner else None)
            return self._guard(number, value, negated, depth + 1).negated()
        if operator in ("in", "stateIn"):
            params = value.get("params")
            asked = params if isinstance(params, dict) else value
            state = asked.get("stateValue", asked.get("state"))
            return self._active(number, value, state, old=False)
        return self._named(kind, value)

    def _named(self, kind: str, value: JsonObject) -> Guard:
        params = value.get("params")
        if kind == "is" and isinstance(params, dict) and set(map(type, params.values())) == {bool}:
            # As fsm draw writes conditions: the truth of each named guard.
            guards = (Guard.named(name) for name in params)
            return all_hold(g if params[g.text] else g.negated() for g in guards)
        given = parameters(value, ())
        return Guard.named(f"{kind}({given})" if given else kind)

    def _active(self, number: int, place: JsonObject, value: Any, *, old: bool) -> Guard:
        if not isinstance(value, str) or not value:
            self.source.refuse(place, "which state is asked for must be a text, such as '#id'")
        return self.parts.active([self.find_state(number, place, value, old=old)])
