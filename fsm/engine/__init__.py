"""The engine: delivery logs, folded through machines, and what comes of it in tables."""

from __future__ import annotations

from fsm.engine.machine_result import MachineResult
from fsm.engine.replaying import replay
from fsm.engine.result import Replay
from fsm.logs.log import Log
from fsm.submodules import submodule

TYPE_CHECKING = False
__all__ = ["Log", "MachineResult", "Replay", "replay"]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import a module of this package on first use; ``import fsm`` imports none of them."""
        return submodule(__name__, name)
