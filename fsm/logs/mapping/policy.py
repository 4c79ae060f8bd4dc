"""Policies: how final failures are counted, by their reasons and by whose fault they are."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fsm.errors import LogError
from fsm.file_kinds import misplaced_toml
from fsm.logs.mapping.blame import REASONS
from fsm.logs.mapping.event_mapping import FAULTS
from fsm.suggest import no_such
from fsm.toml import read_toml

__all__ = ["Policy", "load_policy", "policy_names"]

_FINAL = ("hard_bounce", "retry_failed")


@dataclass(frozen=True)
class Policy:
    """The event that a final failure counts as, by its reason, or else by its fault.

    Faults that are not listed stay as mapped.
    """

    title: str
    events: Mapping[str, str]


def load_policy(name: str) -> Policy:
    """Return a policy by its name, or from a TOML file of faults, reasons and events.

    Raises :class:`fsm.errors.LogError` for an unknown name and for a wrong file.
    """
    built_in = _built_in()
    if name in built_in:
        return _checked(name, built_in[name])
    path = Path(name)
    if path.suffix != ".toml":
        raise LogError(f"{no_such('policy', name, built_in)}, or a TOML file")
    body = read_toml(path, LogError).data
    if wrong := misplaced_toml(body, "policy"):
        raise LogError(f"{name}: {wrong}")
    return _checked(name, body)


def policy_names() -> list[str]:
    """Return the names of the policies that need no file."""
    return list(_built_in())


def _built_in() -> dict[str, dict[str, object]]:
    text = (Path(__file__).parent / "policy.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _checked(name: str, body: Mapping[str, object]) -> Policy:
    title = body.get("title", name)
    if not isinstance(title, str):
        raise LogError(f"{name}: title is a text, not {title!r}")
    events = {fault: str(event) for fault, event in body.items() if fault not in ("kind", "title")}
    known = sorted({*FAULTS, *REASONS})
    for fault, event in events.items():
        if fault not in known:
            raise LogError(f"{name}: {no_such('fault or reason', fault, known)}")
        if event not in _FINAL:
            raise LogError(f"{name}: {fault} is {event!r}; it can be {' or '.join(_FINAL)}")
    return Policy(title, events)
