"""Execute delivery logs: read them, fold them through machines, write logs of one's own."""

from __future__ import annotations

from fsm.replay.engine import Replay, replay
from fsm.replay.source import read_log

__all__ = ["Replay", "read_log", "replay"]
