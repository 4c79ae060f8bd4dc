"""Check that a user's lexicon names only events, states, statuses and indicators that exist.

A misspelt name would cause findings on correct pages, or leave a table unread.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fsm.errors import FsmError, PageError
from fsm.machine import Machine
from fsm.suggest import no_such
from fsm.tables.words.lexicon_files import read_lexicon
from fsm.toml import Toml, read_toml

__all__ = ["check_names"]


def check_names(
    paths: Sequence[Path], load: Callable[[str], Machine], known: Iterable[str]
) -> None:
    """Raise :class:`PageError` with file and line for a name that no machine has.

    Steps name events and states of their own machines; statuses, indicators, and the states and
    events of diagrams are those of any machine of the files, or of ``known``.
    """
    lexicons = []
    for path in paths:
        read_lexicon(path)  # raises for a file that is no lexicon at all
        lexicons.append(read_toml(path, PageError))
    machines = {name: load(name) for name in known}
    for toml in lexicons:
        for section, name in _machine_names(toml):
            machines[name] = _loaded(toml, section, name, load)
    statuses = {status for machine in machines.values() for status in machine.statuses}
    indicators = {i.name for machine in machines.values() for i in machine.indicators}
    states = {state.name for machine in machines.values() for state in machine.states}
    events = {event for machine in machines.values() for event in machine.events}
    for toml in lexicons:
        data = toml.data
        _refuse_unknown(toml, "statuses", "status", data.get("statuses", {}), statuses)
        _refuse_unknown(toml, "indicators", "indicator", data.get("indicators", {}), indicators)
        _refuse_unknown(toml, "states", "state", data.get("states", {}), states)
        _refuse_unknown(toml, "events", "event", data.get("events", {}), events)
        for entry in data.get("steps", []):
            for name in entry["machines"]:
                _check_step(toml, entry, machines[name])


def _machine_names(toml: Toml) -> Iterator[tuple[str, str]]:
    """Yield the machines that a lexicon names, each with its section."""
    yield from (("titles", name) for name in toml.data.get("titles", {}))
    for entry in toml.data.get("steps", []):
        yield from (("steps", name) for name in entry["machines"])


def _loaded(toml: Toml, section: str, name: str, load: Callable[[str], Machine]) -> Machine:
    try:
        return load(name)
    except FsmError as error:
        raise PageError(f"{toml.name}:{toml.line(section, name)}: {error}") from error


def _check_step(toml: Toml, entry: Mapping[str, Any], machine: Machine) -> None:
    _refuse_unknown(toml, "steps", f"event of {machine.name}", [entry["event"]], machine.events)
    states = {state.name for state in machine.states}
    sources = [entry["from"]] if "from" in entry else []
    _refuse_unknown(toml, "steps", f"state of {machine.name}", sources, states)


def _refuse_unknown(
    toml: Toml, section: str, kind: str, names: Iterable[str], known: Collection[str]
) -> None:
    for name in names:
        if name not in known:
            place = f"{toml.name}:{toml.line(section, name)}"
            raise PageError(f"{place}: {no_such(kind, name, sorted(known))}")
