"""Implementations under test: Python objects, programs and servers, spoken to in one way."""

from __future__ import annotations

from fsm.implementations.connecting import connect
from fsm.implementations.connection import Connection

__all__ = ["Connection", "connect"]
