"""The report of a delivery as a page: its panel, its curves under each mode, its messages.

``pages`` puts it together of figures that the other modules make of a replay: ``sides`` (its
machines), ``curves`` and ``parting`` (indicators over time), ``passage`` (the way through the
states), ``waiting`` (time in a state), ``deliveries``, ``histories`` (single messages);
``sentences`` says in words what they show. Tables are HTML, so that they need no script; scripts
add the charts (``uplot`` draws them), sorting, search and CSV.
"""

from fsm.reports.extent import fitting_period_of
from fsm.reports.pages import report

__all__ = ["fitting_period_of", "report"]
