"""Configurations of XState of any shape: nesting, regions, history, wildcards, timers."""

from itertools import count
from random import Random
from typing import Any

__all__ = ["random_config"]

EVENTS = "abcd"
GUARDS = "pq"


def random_config(random: Random, version: int) -> dict[str, Any]:
    """Return a configuration for version 4 or 5 of XState; its id is ``m``."""
    keys = (f"s{i}" for i in count())
    root: dict[str, Any] = {"id": "m", "states": {}}
    for _ in range(random.randint(2, 3)):
        root["states"][next(keys)] = _state(random, keys, 1)
    if random.random() < 0.15:
        root["type"] = "parallel"
    else:
        root["initial"] = random.choice(list(root["states"]))
        if random.random() < 0.3:
            root["states"][next(keys)] = {"type": "final"}
    inside = list(_paths(root, "#m"))
    for path, config in [*inside, ("#m", root)]:
        if config.get("type") not in ("final", "history"):
            targets = [target for target, _ in inside]
            _decorate(random, config, targets, version, whole=path == "#m")
    return root


def _state(random: Random, keys: Any, depth: int) -> dict[str, Any]:
    kinds = ["atomic", "atomic", "atomic", "compound", "compound", "parallel"]
    kind = random.choice(kinds) if depth < 3 else "atomic"
    if kind == "atomic":
        return {}
    states: dict[str, Any] = {next(keys): _state(random, keys, depth + 1) for _ in range(2)}
    if kind == "parallel":
        return {"type": "parallel", "states": states}
    initial = random.choice(list(states))
    if random.random() < 0.5:
        states[next(keys)] = {"type": "final"}
    if random.random() < 0.4:
        states[next(keys)] = {"type": "history", "history": random.choice(["shallow", "deep"])}
    return {"initial": initial, "states": states}


def _paths(config: dict[str, Any], path: str) -> Any:
    for key, inner in config.get("states", {}).items():
        yield f"{path}.{key}", inner
        yield from _paths(inner, f"{path}.{key}")


def _decorate(
    random: Random, config: dict[str, Any], targets: list[str], version: int, *, whole: bool
) -> None:
    def transition() -> dict[str, Any]:
        return _transition(random, list(config.get("states", {})), targets, version)

    if whole and random.random() < 0.6:
        return
    config["on"] = {e: transition() for e in EVENTS if random.random() < 0.4}
    if random.random() < 0.1:
        config["on"]["*"] = transition()
    if random.random() < 0.2:
        config["after"] = {"1000": transition()}
    if random.random() < 0.1 and not whole:
        config["always"] = {"target": random.choice(targets)}
        if random.random() < 0.7:
            config["always"]["guard" if version == 5 else "cond"] = random.choice(GUARDS)
    if config.get("states") and not whole and random.random() < 0.6:
        config["onDone"] = transition()


def _transition(
    random: Random, children: list[str], targets: list[str], version: int
) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if random.random() < 0.9:
        is_child = children and random.random() < 0.3
        made["target"] = "." + random.choice(children) if is_child else random.choice(targets)
    if random.random() < 0.3:
        made["guard" if version == 5 else "cond"] = random.choice(GUARDS)
    if version == 5 and random.random() < 0.2:
        made["reenter"] = True
    if random.random() < 0.1:
        made["actions"] = [{"type": "xstate.raise", "event": random.choice(EVENTS)}]
    return made
