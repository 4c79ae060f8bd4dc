"""Execute delivery logs: read them, fold them through machines, write logs of one's own."""

from __future__ import annotations

from fsm.replay.engine import replay
from fsm.replay.result import MachineResult, Replay
from fsm.replay.source import Log, read_log

__all__ = ["Log", "MachineResult", "Replay", "read_log", "replay"]
