"""Conformance test suites: the tests that prove an implementation right, and what they prove.

>>> import fsm
>>> suite(fsm.load("without-feedback"), "tour").size
Size(tests=7, symbols=45)
"""

from __future__ import annotations

from fsm.suites.estimate import Estimate
from fsm.suites.generation import MAX_SYMBOLS, Size, Step, Suite, Test, suite
from fsm.suites.guarantee import Guarantee
from fsm.suites.methods import DEFAULT, METHODS, Method

__all__ = [
    "DEFAULT",
    "MAX_SYMBOLS",
    "METHODS",
    "Estimate",
    "Guarantee",
    "Method",
    "Size",
    "Step",
    "Suite",
    "Test",
    "suite",
]
