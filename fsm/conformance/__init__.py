"""Conformance: where document, machine, log, tests and implementation disagree."""

from __future__ import annotations

from functools import partial

from fsm.conformance.conformance import Conformance
from fsm.conformance.conforming import conform
from fsm.submodules import submodule

TYPE_CHECKING = False
__all__ = ["Conformance", "conform"]

if not TYPE_CHECKING:
    # Modules of this package are imported when they are first asked for.
    __getattr__ = partial(submodule, __name__)
