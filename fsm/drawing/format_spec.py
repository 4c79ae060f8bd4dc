"""A machine in a format string, such as ``f"{machine:mermaid}"``."""

from __future__ import annotations

from fsm.drawing import DOCUMENTS, TEXTS, draw
from fsm.machine import Machine
from fsm.suggest import remedy
from fsm.tables.write import markdown, transitions_grid

__all__ = ["FORMAT_SPECS", "format_machine"]

FORMAT_SPECS = ("md", *TEXTS, *DOCUMENTS)
"""A table of the transitions, and every format of :func:`fsm.drawing.draw` that is a text."""


def format_machine(machine: Machine, spec: str) -> str:
    """Return a machine in one of :data:`FORMAT_SPECS`.

    Raises :class:`ValueError`, which lists them, for another one.

    >>> import fsm
    >>> print(f"{fsm.load('engagement'):mermaid}".splitlines()[0])
    stateDiagram-v2
    """
    if spec == "md":
        return markdown(transitions_grid(machine))
    if spec not in FORMAT_SPECS:
        raise ValueError(f"no format {spec!r} of a machine; {remedy(spec, FORMAT_SPECS)}")
    return str(draw(machine, spec))
