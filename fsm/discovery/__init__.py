"""Discovery: the machine that a log shows, with how many messages stand behind each transition."""

from __future__ import annotations

from functools import partial

from fsm.discovery.discovering import discover
from fsm.discovery.result import Discovery
from fsm.submodules import submodule

TYPE_CHECKING = False
__all__ = ["Discovery", "discover"]

if not TYPE_CHECKING:
    # Modules of this package are imported when they are first asked for.
    __getattr__ = partial(submodule, __name__)
