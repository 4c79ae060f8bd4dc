"""One self-contained HTML page: markup, style, scripts and data in one file, nothing fetched.

``assembly`` puts a page together, ``theme.css`` and ``theme.js`` are its look and the switch
between light and dark, ``palette`` its colours for statuses and diagrams, ``diagram`` draws a
machine for it. What a page shows is data that its script writes as text, so no name is
ever markup; a content security policy lets nothing run but the scripts of the page.
"""

from fsm.page.assembly import assemble, filled, part
from fsm.page.diagrams import Diagram, diagram

__all__ = ["Diagram", "assemble", "diagram", "filled", "part"]
