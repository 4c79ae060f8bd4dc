"""Machines in files: what other tools read and write, without loss where the format is ours."""

from __future__ import annotations

from fsm.formats.dot import parse_dot, read_dot
from fsm.mealy import NOTHING, REJECTED, Mealy, Observable

__all__ = ["NOTHING", "REJECTED", "Mealy", "Observable", "parse_dot", "read_dot"]
