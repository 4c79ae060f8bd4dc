"""A machine as a page to step through: its diagram, its table, and why each transition exists.

``facts`` gathers what the page shows, ``pages`` puts the page together. Its scripts share their
names: ``machines.js`` runs a trace, ``trace.js`` steps it, ``diagrams.js``, ``detail.js`` and
``table.js`` show it.
"""

from fsm.exploration.pages import explore

__all__ = ["explore"]
