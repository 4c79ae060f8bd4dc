"""The parts of the pytest module that is written from a suite."""

from __future__ import annotations

__all__ = ["ANSWERING", "END", "LOOKING", "START"]

START = '''"""{name}: conformance tests by the method {method}.

{guarantee}

They need a fixture ``implementation``, which you write in conftest.py, an object with the methods
{methods}:

    @pytest.fixture
    def implementation():
        return MySystem()

{meaning}
"""

import pytest

# A test is run after a reset; a step is {step}.
TESTS = [
'''

END = '''\
]


def name(number):
    """Return the name of a test: its events, of a long one only the first."""
    path = "-".join(step[0] for step in TESTS[number])
    return f"{{number + 1}}-{{path if len(path) <= 60 else path[:60] + '...'}}"


def so_far(number, count):
    """Return the events of a test up to the one whose answer is wrong."""
    return "after " + ", ".join(step[0] for step in TESTS[number][:count])


@pytest.mark.parametrize("number", range(len(TESTS)), ids=name)
def test_conformance(implementation, number):
    implementation.reset()
{steps}'''

LOOKING = """\
    assert shown(implementation) == {first}, "after the reset"
    for count, (event, *expected) in enumerate(TESTS[number], 1):
        answer = implementation.send(event)
        seen = shown(implementation)
        assert [seen if answer is None else answer, seen] == expected, so_far(number, count)


def shown(implementation):
    seen = implementation.observe()
    return "-" if seen is None else seen
"""

ANSWERING = """\
    for count, (event, expected) in enumerate(TESTS[number], 1):
        answer = implementation.send(event)
        assert ("-" if answer is None else answer) == expected, so_far(number, count)
"""
