"""A Sphinx extension: machines in pages, and a builder that checks documented tables.

In ``conf.py``::

    extensions = ["fsm.sphinx"]

In reStructuredText and, with MyST, in Markdown (```` ```{fsm:diagram} with-feedback ````)::

    .. fsm:diagram:: with-feedback
       :lang: fr
       :caption: The life of a message

    .. fsm:table:: with-feedback
    .. fsm:transitions:: machines/order.json
    .. fsm:matrix:: with-feedback
    .. fsm:decisions:: with-feedback
    .. fsm:changes:: without-feedback with-feedback

A machine is a built-in one, a file (``.json``, ``.scxml``, ``.dot``), relative to the source
directory, or with ``fsm_allow_import = True`` a class, ``package.module:Class``. Settings are
``fsm_allow_import``, ``fsm_lexicons`` and ``fsm_bindings``, lists of files relative to ``conf.py``.
``sphinx-build -b fsm-check`` fails if a documented table differs from its machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsm.version import VERSION

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

__all__ = ["setup"]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directives, the builder and the settings."""
    from fsm.sphinx.check_builder import CheckBuilder
    from fsm.sphinx.diagram_nodes import add_diagram
    from fsm.sphinx.domain import FsmDomain
    from fsm.sphinx.page_assets import add_assets
    from fsm.sphinx.project import add_settings

    add_settings(app)
    app.add_domain(FsmDomain)
    app.add_builder(CheckBuilder)
    add_diagram(app)
    add_assets(app)
    return {"version": VERSION, "parallel_read_safe": True, "parallel_write_safe": True}
