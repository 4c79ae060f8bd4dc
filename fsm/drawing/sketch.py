"""What is drawn of machines where it is no machine any more: parts, folded states, two in one."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from fsm.machine import Machine

__all__ = ["Sketch"]


class Sketch(Machine):
    """States and transitions that are only drawn.

    A cell may have two targets, the initial state may be hidden, events and indicators may name
    what is not shown.
    """

    def __post_init__(self) -> None:
        """Nothing is checked, for nothing runs this."""

    @classmethod
    def of(cls, machine: Machine, **changed: object) -> Sketch:
        """Return what is drawn of a machine, with some fields changed."""
        kept: dict[str, Any] = {f.name: getattr(machine, f.name) for f in fields(machine)}
        return cls(**(kept | changed))
