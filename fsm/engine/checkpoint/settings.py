"""What all runs on a checkpoint have to share."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from fsm.engine.checkpoint.manifest import Settings
from fsm.engine.options import ReplayOptions
from fsm.errors import CheckpointError
from fsm.machine import Machine

__all__ = ["check_settings", "settings_of"]

_OPTIONS = (("--validity", "validity"), ("--every", "every"), ("--dedupe", "dedupe"))


def settings_of(
    machines: Sequence[Machine], options: ReplayOptions, pseudonyms: str | None
) -> Settings:
    """Return the settings of a run; ``pseudonyms`` is the fingerprint of their key."""
    for machine in machines:
        for timer in machine.timers:
            if not timer.stops:
                raise CheckpointError(
                    f"{machine.name}: nothing stops the timer {str(timer)!r}, so that several of "
                    "it may run: a checkpoint cannot keep them; replay the whole log"
                )
    digests = {machine.name: _digest(machine) for machine in machines}
    return Settings(digests, options.validity, options.every or 0, options.dedupe, pseudonyms)


def _digest(machine: Machine) -> str:
    """Return a digest of all that decides what a machine makes of a log."""
    facts: dict[str, object] = {
        "states": [(state.name, state.status) for state in machine.states],
        "events": machine.events,
        "table": machine.table,
        "initial": machine.initial,
        "indicators": [(i.name, sorted(i.statuses)) for i in machine.indicators],
        "deadline": machine.deadline and asdict(machine.deadline),
    }
    if machine.timers:
        facts["timers"] = [asdict(timer) for timer in machine.timers]
    return hashlib.blake2b(json.dumps(facts).encode(), digest_size=16).hexdigest()


def check_settings(directory: Path, begun: Settings, now: Settings) -> None:
    """Raise :class:`CheckpointError` where a run has other machines or settings than the first."""
    if begun.pseudonyms != now.pseudonyms:
        how = "with another key for" if begun.pseudonyms and now.pseudonyms else "without"
        how = how if now.pseudonyms else "with"
        raise CheckpointError(
            f"{directory}: was begun {how} --pseudonymise; do the same, "
            "or execute the whole log in a new directory"
        )
    if set(begun.machines) != set(now.machines):
        raise CheckpointError(
            f"{directory}: was begun with {', '.join(begun.machines)}; "
            f"this is {', '.join(now.machines)}; name the same machines"
        )
    changed = [name for name, digest in now.machines.items() if begun.machines[name] != digest]
    if changed:
        raise CheckpointError(
            f"{directory}: the table of {', '.join(changed)} has changed since; "
            "execute the whole log in a new directory"
        )
    for option, field in _OPTIONS:
        if getattr(begun, field) != getattr(now, field):
            raise CheckpointError(
                f"{directory}: was begun with another {option}; give the same, "
                "or execute the whole log in a new directory"
            )
