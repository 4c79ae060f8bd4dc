"""States and transitions to draw that are no machine: a part, folded states, or two machines."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from fsm.machine import Machine

__all__ = ["Sketch"]


class Sketch(Machine):
    """States and transitions to draw, without the rules of a machine.

    A cell may have two targets, the initial state may be missing, and events and indicators may
    name missing states and statuses.
    """

    def __post_init__(self) -> None:
        """Check nothing: a sketch is never run."""

    @classmethod
    def of(cls, machine: Machine, **changed: object) -> Sketch:
        """Return a sketch of a machine, with some fields changed."""
        kept: dict[str, Any] = {f.name: getattr(machine, f.name) for f in fields(cls)}
        return cls(**(kept | changed))
