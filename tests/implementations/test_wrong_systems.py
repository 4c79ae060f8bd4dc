"""Wrong implementations are found, and told alike, however they are reached."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from fsm.implementations import Connection, connect
from fsm.implementations.process import ProcessConnection
from fsm.implementations.python import PythonConnection
from fsm.implementations.serving import reply_to
from fsm.suites import suite
from fsm.suites.execution.suite_runs import run_suite
from tests.depth import cases
from tests.implementations.http_door import serving_http
from tests.implementations.wrong_systems import WRONG

SUITE = suite("with-feedback", extra_states=1)
FOUND = {
    "SoftIsHard": "relayed soft_bounce delivered ",
    "LateRetryIgnored": "relayed soft_bounce retry_succeeded ",
    "LastWriterWins": "relayed hard_bounce delivered ",
    "NoAsynchronousBounce": "relayed delivered hard_bounce ",
    "RelayedTwice": "relayed delivered relayed ",
    "StillRetries": "relayed soft_bounce retry_failed retry_failed ",
    "NoHandover": "delivered ",
    "SoftAfterSoftRejected": "relayed soft_bounce soft_bounce ",
    "GivesNoSign": "delivered ",
    "LowerCase": "relayed ",
    "NothingForFailed": "relayed hard_bounce ",
    "EmptyAtFirst": "",
    "NumberAsStatus": "relayed delivered ",
    "TrueAsAnswer": "relayed ",
    "RaisesAtHardBounce": "relayed soft_bounce hard_bounce ",
    "EndsTheProgram": "retry_failed ",
    "Hangs": "relayed soft_bounce soft_bounce ",
    "CountsRetries": "relayed soft_bounce soft_bounce soft_bounce ",
    "ResetKeepsFailures": "",
    "SlowCoroutine": "relayed delivered ",
}
"""A shortest trace on which each is wrong, with a blank after each event."""
SAID = {
    "NumberAsStatus": "observe() gave 1, of type int, which is no text",
    "TrueAsAnswer": "send() gave True, of type bool, which is no text",
    "EmptyAtFirst": "observe() gave an empty text, not None",
    "RaisesAtHardBounce": "KeyError: 'recipient'",
    "EndsTheProgram": "SystemExit: no more retries",
    "Hangs": "no answer within 0.5 s",
}
"""What a failure says of those that do not answer at all."""


@contextmanager
def reached(kind: type, way: str) -> Iterator[Connection]:
    name = f"{kind.__module__}:{kind.__name__}"
    if way == "python":
        with connect(name, timeout=0.5) as connection:
            yield connection
    elif way == "stdio":
        words = [sys.executable, "-m", "fsm.implementations.serving", name]
        with ProcessConnection(words, name, timeout=0.5) as connection:
            yield connection
    else:
        served = PythonConnection(kind(), timeout=None)

        def answer(asked: dict[str, Any]) -> Any:
            try:
                return reply_to(served, asked)
            except (Exception, SystemExit) as error:
                from fsm.implementations.call_failures import failure_text

                return {"error": failure_text(error)}

        with serving_http(answer) as url, connect(url, timeout=0.5) as connection:
            yield connection


@pytest.mark.parametrize("way", ["python", "stdio", "http"])
@pytest.mark.parametrize("kind", cases(WRONG), ids=lambda kind: kind.__name__)
def test_it_is_found_with_its_shortest_trace(kind: type, way: str) -> None:
    with reached(kind, way) as connection:
        result = run_suite(connection, SUITE, most_failures=1)
    (failure,) = result.failures
    assert failure.reproduction.proven
    assert len(failure.reproduction.run.trace) == FOUND[kind.__name__].count(" ")
    assert failure.reproduction.run.steps[-1].got.startswith(SAID.get(kind.__name__, ""))
