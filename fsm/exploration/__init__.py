"""A page to step through a machine: its diagram, its table, and the source of each transition.

``facts`` collects the data of the page, ``pages`` assembles the page. The scripts share one global
scope: ``machines.js`` runs a trace, ``trace.js`` steps through it, ``diagrams.js``, ``detail.js``
and ``table.js`` show it, ``lens.js`` moves and zooms diagrams.
"""

from fsm.exploration.pages import explore

__all__ = ["explore"]
