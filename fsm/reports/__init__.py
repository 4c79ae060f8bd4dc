"""The report of a delivery as a page: its dashboard, its curves in each mode, its messages.

``pages`` assembles the page from ``figures``, which the other modules compute from a replay:
``machines`` (the sides), ``curves`` and ``divergence`` (indicators over time), ``flow`` (movement
through the states), ``durations`` (time in a state), ``replies``, ``breakdown`` (messages by relay
and by domain), ``deliveries``, ``histories`` (single messages). ``sections`` has the values of its
template, ``sentences`` the texts, ``blocks`` the data of its scripts. Tables are HTML and need no
script; scripts add the charts (drawn by ``uplot``), sorting, search and CSV.
"""

from fsm.reports.pages import report
from fsm.reports.periods import fitting_period_of_log
from fsm.reports.sentences import outside_sentence

__all__ = ["fitting_period_of_log", "outside_sentence", "report"]
