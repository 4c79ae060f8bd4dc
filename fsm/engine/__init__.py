"""The engine: delivery logs, folded through machines, and what comes of it in tables."""

from __future__ import annotations

from fsm.engine.machine_result import MachineResult
from fsm.engine.replaying import replay
from fsm.engine.result import Replay
from fsm.logs.log import Log

__all__ = ["Log", "MachineResult", "Replay", "replay"]
