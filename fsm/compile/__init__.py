"""From a python-statemachine class to a :class:`fsm.machine.Machine`.

``chart_reader`` reads a class (``declaration``) as a :class:`fsm.chart.Chart`; ``refusals`` refuses
what cannot be compiled exactly, and ``condition`` reads conditions. :mod:`fsm.flattening` makes the
machine of the chart.
``oracle`` runs the class itself, and ``crosscheck`` compares it with the table, cell by cell, in
the order of ``cell_tour``. Charts and machines know nothing of python-statemachine.
"""

from __future__ import annotations

from weakref import WeakValueDictionary

from fsm.errors import ArgumentError
from fsm.machine import Machine

__all__ = ["class_of", "compile_chart"]


def compile_chart(chart_class: type, name: str | None = None) -> Machine:
    """Return the machine that a python-statemachine class declares.

    ``chart_class`` is a ``StateChart`` or a ``StateMachine``. ``name`` is the name of the machine,
    by default that of the class. No callback of the class runs: the table comes from the
    declaration alone. Besides states and transitions the class may declare ``indicators`` (name to
    statuses), ``deadline`` (a :class:`fsm.machine.Deadline`), ``timers`` (a tuple of
    :class:`fsm.machine.Timer`, each of one state), ``companion`` (the name of a machine that runs
    beside it), ``unit`` (what one message is called in results), ``title``, and ``colours`` (status
    to ``good``, ``bad``, ``open``, ``not yet`` or a colour such as ``#b00020``).

    Raises :class:`fsm.errors.MachineError`, which names class, state and event, for everything
    that cannot be compiled exactly.

    >>> from statemachine import State, StateChart
    >>> class Parcel(StateChart):
    ...     packed = State(initial=True)
    ...     shipped = State()
    ...     arrived = State(final=True)
    ...     ship = packed.to(shipped)
    ...     arrive = shipped.to(arrived)
    >>> machine = compile_chart(Parcel)
    >>> machine
    Machine('Parcel', 3 states, 2 events, 2 transitions)
    >>> machine.step("packed", "ship"), machine.step("packed", "arrive")
    (Transition('packed', 'ship', 'shipped'), None)
    """
    # python-statemachine takes longer to import than the machines of files take to be read.
    from fsm.compile.chart_reader import read_chart
    from fsm.flattening.configurations import flatten

    if not isinstance(name, str | None):
        raise ArgumentError(f"name: {name!r} is no name of a machine; give a text")
    machine = flatten(read_chart(chart_class), name)
    _CLASSES[_identity(machine)] = chart_class
    return machine


def class_of(machine: Machine) -> type | None:
    """Return the class a machine was compiled from, if it was compiled in this process."""
    return _CLASSES.get(_identity(machine))


_CLASSES: WeakValueDictionary[tuple[object, ...], type] = WeakValueDictionary()


def _identity(machine: Machine) -> tuple[object, ...]:
    return machine.name, machine.states, machine.events, machine.table
