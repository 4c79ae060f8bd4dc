"""Execute delivery logs: read them, fold them through machines, write logs of one's own."""

from __future__ import annotations

from fsm.engine.replaying import replay
from fsm.engine.result import MachineResult, Replay
from fsm.logs.log import Log

__all__ = ["Log", "MachineResult", "Replay", "replay"]
