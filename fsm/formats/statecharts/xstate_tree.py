"""The states of an XState configuration as those of a chart, and the names of targets."""

from __future__ import annotations

from fsm.formats.json_objects import JsonObject
from fsm.formats.statecharts.chart_parts import ChartParts, Located
from fsm.formats.statecharts.xstate_config import (
    ENTRY,
    EXIT,
    RAISE,
    ConfiguredState,
    actions_of,
    read_states,
    xstate_version,
)
from fsm.suggest import no_such
from fsm.text import shortened

__all__ = ["XStateTree"]

_TYPES = ("atomic", "compound", "parallel", "final", "history")


class XStateTree:
    """The states of a configuration, by their number; the root is 0."""

    def __init__(self, source: Located) -> None:
        self.source = source
        self.states = read_states(source)
        self.version = xstate_version(source, self.states)
        self.parts = ChartParts(source.file, source.line(source.root))
        self.keeps_root = self._keeps_root()
        self.numbers: dict[int, int] = {}
        """The number in the chart of each state of the configuration."""
        for i, state in enumerate(self.states):
            if i or self.keeps_root:
                self.numbers[i] = self._add(state)
        self.ids = {state.id: i for i, state in enumerate(self.states)}
        if len(self.ids) < len(self.states):
            self._refuse_equal_ids()

    def _type(self, state: ConfiguredState) -> str:
        config = state.config
        kind = config.get("type")
        if config.get("parallel") is True:
            kind = "parallel"
        if kind is None and "history" in config and config["history"] is not False:
            kind = "history"
        if kind is None:
            kind = "compound" if state.children else "atomic"
        if kind not in _TYPES:
            self.source.refuse(config, f"{no_such('type', str(kind), _TYPES)}")
        if state.children and kind not in ("compound", "parallel"):
            self.source.refuse(config, f"a state of the type {kind!r} has no states inside")
        if not state.children and kind in ("compound", "parallel"):
            self.source.refuse(config, f"a state of the type {kind!r} needs states inside")
        return str(kind)

    def _keeps_root(self) -> bool:
        """Whether the whole is a state of the chart: where something happens in it as a whole."""
        root = self.states[0]
        if not root.children:
            self.source.refuse(root.config, "no states; a machine has at least one")
        raised = any(
            name in RAISE
            for key in (*ENTRY, *EXIT)
            for name, _ in actions_of(self.source, root.config, root.config.get(key))
        )
        timed = any(root.config.get(key) for key in ("after", "always"))
        inside = [self._type(self.states[i]) for i in root.children.values()]
        whole = self._type(root) == "parallel" or inside == ["parallel"]
        return whole or timed or raised or "history" in inside

    def _add(self, state: ConfiguredState) -> int:
        config, kind = state.config, self._type(state)
        parent = None if state.parent is None else self.numbers.get(state.parent)
        root_ends = self.keeps_root and self._type(self.states[0]) == "compound"
        if root_ends and state.parent == 0 and kind == "final":
            parent = None  # a final state of the machine itself ends it
        history = ""
        if kind == "history":
            history = "deep" if config.get("history") == "deep" else "shallow"
        return self.parts.state(
            self.source.line(config),
            state.key,
            parent,
            parallel=kind == "parallel",
            final=kind == "final",
            history=history,
        )

    def _refuse_equal_ids(self) -> None:
        seen: set[str] = set()
        for state in self.states:
            if state.id in seen:
                self.source.refuse(state.config, f"a second state with the id {state.id!r}")
            seen.add(state.id)

    def initial(self, number: int) -> int:
        """Return the child with which a state begins."""
        state = self.states[number]
        given = state.config.get("initial")
        if isinstance(given, JsonObject):
            given = given.get("target")
        if isinstance(given, list) and len(given) == 1:
            (given,) = given
        if given is None:
            self.source.refuse(state.config, f"{shortened(state.key)!r} has no initial state")
        name = str(given).removeprefix(".")
        if name not in state.children:
            self.source.refuse(state.config, no_such("state", name, state.children))
        return state.children[name]

    # Names of targets ------------------------------------------------------------------------

    def resolve(self, number: int, place: JsonObject, target: str) -> int:
        """Return the state that a target names, seen from a state; raises where it names none."""
        state = self.states[number]
        delimiter = str(self.source.root.get("delimiter", "."))
        if target.startswith("#"):
            return self.by_id(place, target[1:], delimiter)
        if target.startswith(delimiter):
            return self._walk(place, number, target.removeprefix(delimiter), delimiter)
        if state.parent is None:
            what = f"the target {target!r} of the machine itself; write {delimiter + target!r}"
            self.source.refuse(place, what)
        return self._walk(place, state.parent, target, delimiter)

    def by_id(self, place: JsonObject, name: str, delimiter: str) -> int:
        """Return the state of an id, or one inside it; raises where there is none."""
        if name in self.ids:
            return self.ids[name]
        parts = name.split(delimiter)
        for size in range(len(parts) - 1, 0, -1):
            head = delimiter.join(parts[:size])
            if head in self.ids:
                rest = delimiter.join(parts[size:])
                return self._walk(place, self.ids[head], rest, delimiter)
        return self.source.refuse(place, no_such("id", name, self.ids))

    def _walk(self, place: JsonObject, number: int, path: str, delimiter: str) -> int:
        for key in path.split(delimiter):
            children = self.states[number].children
            if key not in children:
                self.source.refuse(place, no_such("state", key, children))
            number = children[key]
        return number

    def asked_state(self, number: int, place: JsonObject, value: str, *, old: bool) -> int:
        """Return the state about which a condition asks; ``old`` is the ``in`` of version 4."""
        if value.startswith("#"):
            return self.numbers[self.by_id(place, value[1:], ".")]
        base = number
        for _ in range(2 if old else len(self.states[number].path)):
            base = self.states[base].parent or 0
        return self.numbers[self._walk(place, base if old else 0, value, ".")]
