"""A machine as a page to step through: its diagram, its table, and why each transition exists.

``facts`` gathers what the page shows, ``pages`` puts the page together; ``page.js`` steps.
"""

from fsm.explore.pages import explore

__all__ = ["explore"]
