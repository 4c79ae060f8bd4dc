"""From a python-statemachine class to a :class:`fsm.machine.Machine`.

``chart`` holds the declaration as neutral values, ``read`` fills them from a class and refuses
what cannot be compiled exactly, ``condition`` reads its conditions as a ``guard``, ``step`` knows
what one event does, ``explore`` walks every reachable configuration, ``oracle`` runs the class
itself, ``crosscheck`` compares it with the table, cell by cell. Only ``read``,
``condition`` and ``oracle`` know python-statemachine.
"""

from __future__ import annotations

from weakref import WeakValueDictionary

from fsm.compile.configurations import explore
from fsm.compile.read import read_chart
from fsm.machine import Machine

__all__ = ["class_of", "compile_chart"]


def compile_chart(chart_class: type, name: str | None = None) -> Machine:
    """Return the machine that a python-statemachine class declares.

    ``chart_class`` is a ``StateChart`` or a ``StateMachine``, ``name`` is the machine's name
    (default: the name of the class). No callback of the class runs: the table comes from the
    declaration alone. Besides states and transitions the class may declare ``indicators`` (name to
    statuses), ``deadline`` (``start``, ``event``, ``state``), ``companion`` (the name of a machine
    that runs beside it) and ``title``.

    Raises :class:`fsm.errors.MachineError`, naming class, state and event, for whatever cannot
    be compiled exactly.

    >>> from statemachine import State, StateChart
    >>> class Lamp(StateChart):
    ...     off = State(initial=True)
    ...     on = State()
    ...     press = off.to(on) | on.to(off)
    >>> compile_chart(Lamp).table
    ((1,), (0,))
    """
    machine = explore(read_chart(chart_class), name)
    _CLASSES[_identity(machine)] = chart_class
    return machine


def class_of(machine: Machine) -> type | None:
    """Return the class a machine was compiled from, if it was compiled in this process."""
    return _CLASSES.get(_identity(machine))


_CLASSES: WeakValueDictionary[tuple[object, ...], type] = WeakValueDictionary()


def _identity(machine: Machine) -> tuple[object, ...]:
    return machine.name, machine.states, machine.events, machine.table
