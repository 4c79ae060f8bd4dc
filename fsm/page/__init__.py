"""A self-contained HTML page: markup, style, scripts and data in one file.

``assembly`` assembles a page, ``theme.css`` and ``theme.js`` are its look and the switch between
light and dark, ``palette`` has its colours for statuses and diagrams, ``diagrams`` draws a machine
for it. Scripts write data as text, so a name never becomes markup; a content security policy
allows only the scripts of the page.
"""

from fsm.page.assembly import assemble_page, fill_template, read_asset
from fsm.page.diagrams import PageDiagram, draw_for_page

__all__ = ["PageDiagram", "assemble_page", "draw_for_page", "fill_template", "read_asset"]
