"""Conformance test suites: tests that prove an implementation right, and their guarantee.

>>> import fsm
>>> tests = suite(fsm.load("without-feedback"), "tour")
>>> tests
<Suite of 'without-feedback' by 'tour': at most 99 inputs>
>>> tests.size
SuiteSize(tests=7, symbols=45)
"""

from __future__ import annotations

from fsm.suites.estimate import Estimate, SuiteSize
from fsm.suites.execution.implementation import Implementation, RunResult, StepResult, run_test
from fsm.suites.generation import MAX_SYMBOLS, ExpectedStep, Suite, Test, suite
from fsm.suites.guarantee import Guarantee
from fsm.suites.methods import DEFAULT, METHODS, Method
from fsm.suites.narrowing import narrowed

__all__ = [
    "DEFAULT",
    "MAX_SYMBOLS",
    "METHODS",
    "Estimate",
    "ExpectedStep",
    "Guarantee",
    "Implementation",
    "Method",
    "RunResult",
    "StepResult",
    "Suite",
    "SuiteSize",
    "Test",
    "narrowed",
    "run_test",
    "suite",
]
