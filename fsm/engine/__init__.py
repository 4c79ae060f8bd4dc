"""The engine: delivery logs, folded through machines, and what comes of it in tables."""

from __future__ import annotations

from functools import partial

from fsm.engine.machine_result import MachineResult
from fsm.engine.replaying import replay
from fsm.engine.result import Replay
from fsm.logs.log import Log
from fsm.submodules import submodule

TYPE_CHECKING = False
__all__ = ["Log", "MachineResult", "Replay", "replay"]

if not TYPE_CHECKING:
    # Modules of this package are imported when they are first asked for.
    __getattr__ = partial(submodule, __name__)
