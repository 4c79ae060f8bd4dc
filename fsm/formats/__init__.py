"""Readers of machines written elsewhere, and the Mealy machine they give."""

from __future__ import annotations

from fsm.formats.dot import parse_dot, read_dot
from fsm.formats.mealy import NOTHING, REJECTED, Mealy, Observable

__all__ = ["NOTHING", "REJECTED", "Mealy", "Observable", "parse_dot", "read_dot"]
