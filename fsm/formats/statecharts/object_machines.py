"""Machines of other libraries as objects of Python that the caller names."""

from __future__ import annotations

from typing import Any, Protocol

from fsm.machine import Machine

__all__ = ["MachineObject", "machine_of_object"]


class MachineObject(Protocol):
    """A machine of the library transitions."""

    states: Any
    events: Any
    models: Any


def machine_of_object(value: object, name: str, field: str = "") -> Machine | None:
    """Return the machine of an object, or of a field of a model; ``None`` where it has none.

    Raises :class:`fsm.errors.MachineError` for a machine that cannot be a table exactly.
    """
    from fsm.formats.statecharts.django_models import is_django_model, read_django_model
    from fsm.formats.statecharts.transitions_objects import (
        find_transitions_machine,
        read_transitions_machine,
    )
    from fsm.formats.statecharts.viewflow_flows import is_viewflow_flow, read_viewflow_flow

    if isinstance(value, type) and is_viewflow_flow(value):
        return read_viewflow_flow(value, field, name)
    if isinstance(value, type) and is_django_model(value):
        return read_django_model(value, field, name)
    if field:
        return None
    found = find_transitions_machine(value, name)
    return None if found is None else read_transitions_machine(found, name)
