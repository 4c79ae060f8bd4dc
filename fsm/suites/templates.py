"""The parts of the pytest module that is written from a suite."""

from __future__ import annotations

__all__ = ["END", "START", "TESTS"]

START = '''"""{name}: conformance tests by the method {method}.

{guarantee}

They need a fixture ``implementation``, which you write in conftest.py, an object with the methods
{methods}, which may be coroutine functions:

    @pytest.fixture
    def implementation():
        return MySystem()

{meaning}
"""

import asyncio
import inspect

import pytest

START = {start}
SHOWS = {shows}  # whether there is observe()
FIRST = {first}  # what is shown after a reset

# What is specified: state, event: (answer, what is then shown, next state, where it is specified).
CELLS = {{
'''

TESTS = """\
}

# Each test is run after a reset.
TESTS = [
"""

END = '''\
]
MOST_TRACES = 300


def name(number):
    """Return the name of a test: its events, of a long one only the first."""
    path = "-".join(TESTS[number])
    return f"{number + 1}-{path if len(path) <= 60 else path[:60] + '...'}"


@pytest.mark.parametrize("number", range(len(TESTS)), ids=name)
def test_conformance(implementation, number):
    steps = run(implementation, TESTS[number])
    if not agrees(steps):
        pytest.fail(explained(implementation, steps), pytrace=False)


def run(implementation, events):
    """Return the steps (event, expected, got, state, where) up to the first wrong answer."""
    failure = call(implementation.reset)[1]
    expected = FIRST if SHOWS else "-"
    got = failure or (shown(implementation) if SHOWS else "-")
    steps, state = [("(reset)", expected, got, START, "")], START
    for event in events:
        if not agrees(steps):
            break
        answer, after, target, where = CELLS[state, event]
        got, failure = call(implementation.send, event)
        seen = shown(implementation) if SHOWS else ""
        got = failure or got or seen or "-"
        if SHOWS:
            answer, got = (f"{text}, shows {at}" if text != at else text
                           for text, at in ((answer, after), (got, seen)))
        if not where and answer.startswith("rejected"):
            where = f"{state}, which rejects {event}"
        steps.append((event, answer, got, target, where))
        state = target
    return steps


def shown(implementation):
    seen, failure = call(implementation.observe)
    return failure or seen or "-"


def call(method, *values):
    """Return the text that a method returns, and how it failed instead."""
    try:
        value = method(*values)
        if inspect.isawaitable(value):
            LOOPS[:] = LOOPS or [asyncio.new_event_loop()]
            value = LOOPS[0].run_until_complete(value)
    except (Exception, SystemExit) as error:
        return None, f"{type(error).__name__}: {error}"
    if method.__name__ == "reset" or value is None:
        return None, ""
    if not isinstance(value, str):
        return None, f"{method.__name__}() gave {value!r}, which is no text"
    return (value, "") if value else (None, f"{method.__name__}() gave an empty text, not None")


LOOPS = []


@pytest.fixture(scope="module", autouse=True)
def close_loop():
    yield
    for loop in LOOPS:
        loop.close()
    LOOPS.clear()


def agrees(steps):
    return all(expected == got for _, expected, got, _, _ in steps)


def explained(implementation, steps):
    """Return the steps of a test, a short trace that fails as well, and where it is specified."""
    found, left = steps, MOST_TRACES
    again = run(implementation, events_of(steps))
    if again != steps:
        runs = [steps, again, *(run(implementation, events_of(steps)) for _ in range(8))]
        failed = sum(not agrees(each) for each in runs)
        verdict = f"not deterministic: fails in {failed} of {len(runs)} runs"
        return f"{mistake(steps)}\\n{table(steps)}\\n{verdict}"
    i = 0
    while i < len(events_of(found)) and left:
        events = events_of(found)
        shorter = events[:i] + events[i + 1 :]
        left -= 1
        attempt = run(implementation, shorter) if is_defined(shorter) else []
        if attempt and not agrees(attempt):
            found = attempt
        else:
            i += 1
    lines = [mistake(found), table(steps)]
    lines += [f"short reproduction: {', '.join(events_of(found)) or '(reset)'}"]
    lines += [table(found)] if found != steps else []
    lines += [f"specified by {found[-1][4]}"] if found[-1][4] else []
    return "\\n".join(lines)


def mistake(steps):
    event, expected, got, _, _ = steps[-1]
    place = f"{event} in {steps[-2][3]}" if len(steps) > 1 else "after the reset"
    return f"{place}: expected {expected}, got {got}"


def events_of(steps):
    return [step[0] for step in steps[1:]]


def is_defined(events):
    state = START
    for event in events:
        if (state, event) not in CELLS:
            return False
        state = CELLS[state, event][2]
    return True


def table(steps):
    rows = [("event", "expected", "got", "state"), *(step[:4] for step in steps)]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    marks = ["  ", *("  " if step[1] == step[2] else "> " for step in steps)]
    lines = ("  ".join(map(str.ljust, row, widths)) for row in rows)
    return "\\n".join(mark + line.rstrip() for mark, line in zip(marks, lines))
'''
