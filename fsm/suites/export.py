"""A suite written test by test: as JSON, CSV, Markdown, or a pytest module.

>>> import fsm
>>> from fsm.suites import suite
>>> tests = suite(fsm.load("without-feedback"), "tour")
>>> print("".join(export_suite(tests, "csv")).splitlines()[1])
1,0,,,,-,to_send
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from textwrap import wrap
from typing import TypeAlias

from fsm.errors import FsmError
from fsm.mealy import NOTHING
from fsm.schemas import schema_id
from fsm.suites import templates
from fsm.suites.generation import ExpectedStep, Suite
from fsm.suites.specification import Word
from fsm.text import inert, json_text, visible

__all__ = ["FORMATS", "export_suite", "read_tests"]

_SHOWS = """\
send returns "rejected" for an event that the system refuses, and None for any other; observe
returns the status, None where there is none yet."""
_ANSWERS = "send returns the output; None is the same as '-'."
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|!~&])")


def export_suite(suite: Suite, form: str) -> Iterator[str]:
    """Return the text of a suite in pieces; raises :class:`FsmError` for an unknown format.

    Each test has its events, and after each of them the expected output, what is then shown
    (where states show something) and the state of the specification. What is shown after the reset
    is expected too: it stands in each format, of CSV and Markdown as the first step of each test.
    """
    if form not in FORMATS:
        raise FsmError(f"no format {form!r} for test suites; there are {', '.join(FORMATS)}")
    return FORMATS[form](suite)


def _as_json(suite: Suite) -> Iterator[str]:
    """Return the object of the summary with all ``cases``, one on each line."""
    yield "{\n"
    facts = {"schema": schema_id("suite"), **suite.facts()}
    if (first := _first(suite)) is not None:
        facts["first"] = first
    for key, value in facts.items():
        yield f"  {json.dumps(key)}: {json_text(value)},\n"
    yield '  "cases": ['
    tests = symbols = 0
    for word, text in _json_tests(suite):
        yield f"{',' if tests else ''}\n    {text}"
        tests, symbols = tests + 1, symbols + len(word)
    yield f'\n  ],\n  "tests": {tests},\n  "symbols": {symbols}\n}}\n'


def _json_tests(suite: Suite) -> Iterator[tuple[Word, str]]:
    """Yield each test and its JSON object; the texts of cells are made once."""
    mealy, (after, outputs) = suite.mealy, suite.tables
    inputs, states = ([json_text(name) for name in names] for names in (mealy.inputs, mealy.states))
    answers = [json_text(name) for name in mealy.outputs]
    shown = [json_text(text) for text in mealy.shown or ()]
    for word in suite.words():
        s, reached, answered = mealy.initial, [], []
        for x in word:
            answered.append(outputs[s][x])
            s = after[s][x]
            reached.append(s)
        lists = {"events": (inputs, word), "outputs": (answers, answered)}
        if shown:
            lists["shown"] = shown, reached
        lists["states"] = states, reached
        texts = (
            f'"{name}": [{", ".join([names[i] for i in indices])}]'
            for name, (names, indices) in lists.items()
        )
        yield word, f"{{{', '.join(texts)}}}"


def _as_csv(suite: Suite) -> Iterator[str]:
    """Return a row for each step, those of a test together; step 0 is what the reset shows."""
    yield _csv("test", "step", "state", "event", "output", "shown", "next_state")
    mealy, (after, outputs) = suite.mealy, suite.tables
    shown = mealy.shown or ("",) * len(mealy.states)
    rests = [
        [
            _csv(state, x, mealy.outputs[o], shown[t], mealy.states[t]) if t >= 0 else ""
            for x, t, o in zip(mealy.inputs, row, answers, strict=True)
        ]
        for state, row, answers in zip(mealy.states, after, outputs, strict=True)
    ]
    first = _first(suite)
    reset = "" if first is None else _csv(0, "", "", "", first, mealy.states[mealy.initial])
    for number, word in enumerate(suite.words(), 1):
        s, lines = mealy.initial, [f"{number},{reset}" if reset else ""]
        for i, x in enumerate(word, 1):
            lines.append(f"{number},{i},{rests[s][x]}")
            s = after[s][x]
        yield "".join(lines)


def _as_markdown(suite: Suite) -> Iterator[str]:
    """Return a table with a row for each test."""
    yield f"# {_markdown(suite.mealy.name)}: tests by {suite.method.name}\n\n"
    for text in _header(suite):
        yield f"{_markdown(text)}\n\n"
    yield "| Test | Steps |\n| ---: | --- |\n"
    first = _first(suite)
    reset = [] if first is None else [f"(reset): **{_markdown(first)}**"]
    for number, steps in enumerate(_cases(suite), 1):
        cells = (f"{_markdown(step.input)}: **{_markdown(_both(suite, step))}**" for step in steps)
        yield f"| {number} | {', '.join([*reset, *cells])} |\n"


def _as_pytest(suite: Suite) -> Iterator[str]:
    """Return a pytest module that needs nothing but pytest and the user's adapter."""
    mealy = suite.mealy
    yield templates.START.format(
        name=_plain(mealy.name),
        method=suite.method.name,
        guarantee="\n".join(line for text in _header(suite) for line in wrap(_plain(text), 96)),
        methods="reset(), send(event) and observe()" if mealy.shown else "reset() and send(event)",
        meaning=_SHOWS if mealy.shown else _ANSWERS,
        start=_literal(mealy.states[mealy.initial]),
        shows=bool(mealy.shown),
        first=_literal(NOTHING if (first := _first(suite)) is None else first),
    )
    yield from _cells(suite)
    yield templates.TESTS
    for test in suite.tests:
        yield f"    [{', '.join(map(_literal, test))}],\n"
    yield templates.END


def _cells(suite: Suite) -> Iterator[str]:
    """Return the lines of the cells that are defined, with their documented rows."""
    mealy = suite.mealy
    origins = {
        (t.source, t.event): t.origin.citation
        for t in (suite.machine.transitions if suite.machine else ())
        if t.origin
    }
    for state, after, outputs in zip(mealy.states, mealy.next, mealy.output, strict=True):
        for event, t, o in zip(mealy.inputs, after.tolist(), outputs.tolist(), strict=True):
            if t >= 0:
                shown = mealy.shown[t] if mealy.shown else NOTHING
                place = origins.get((state, event), "")
                cell = (mealy.outputs[o], shown, mealy.states[t], place)
                key = f"{_literal(state)}, {_literal(event)}"
                yield f"    ({key}): ({', '.join(map(_literal, cell))}),\n"


def _header(suite: Suite) -> Iterator[str]:
    """Yield why the method was taken, where it was not named, and what passing proves."""
    if suite.choice:
        yield _sentence(suite.choice)
    yield str(suite.guarantee)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def read_tests(path: Path) -> list[tuple[str, ...]]:
    """Return the tests of a JSON file that :func:`export_suite` wrote; raises :class:`FsmError`."""
    try:
        cases = json.loads(path.read_text(encoding="utf-8"))["cases"]
        tests = [tuple(case["events"]) for case in cases]
    except OSError as error:
        raise FsmError(f"{path}: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        text = "no suite of fsm suite --format json, and no coverage of pytest --fsm-cov-file"
        raise FsmError(f"{path}: {text}") from error
    if not all(isinstance(event, str) for test in tests for event in test):
        raise FsmError(f"{path}: every event of a case must be a text")
    return tests


_Exporter: TypeAlias = Callable[[Suite], Iterator[str]]

FORMATS: dict[str, _Exporter] = {
    "json": _as_json,
    "csv": _as_csv,
    "md": _as_markdown,
    "pytest": _as_pytest,
}
"""The formats by name."""


def _cases(suite: Suite) -> Iterator[tuple[ExpectedStep, ...]]:
    return map(suite.steps, suite.tests)


def _first(suite: Suite) -> str | None:
    """Return what is shown after a reset; ``None`` where states show nothing."""
    return _shown(suite, suite.mealy.states[suite.mealy.initial])


def _shown(suite: Suite, state: str) -> str | None:
    mealy = suite.mealy
    return None if mealy.shown is None else mealy.shown[mealy.states.index(state)]


def _both(suite: Suite, step: ExpectedStep) -> str:
    shown = _shown(suite, step.after)
    return step.output if shown in (None, step.output) else f"{step.output} ({shown})"


def _csv(*cells: object) -> str:
    line = io.StringIO()
    texts = [inert(cell) if isinstance(cell, str) else cell for cell in cells]
    csv.writer(line, lineterminator="\n").writerow(texts)
    return line.getvalue()


@lru_cache(maxsize=1024)  # a suite has the same few names thousands of times
def _markdown(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", visible(text))


def _plain(text: str) -> str:
    """Return text that cannot end the docstring around it."""
    return visible(text).replace("\\", "/").replace('"', "'")


def _literal(text: str) -> str:
    """Return an ASCII literal of Python, in double quotes."""
    escaped = text.encode("unicode_escape").decode()
    return '"' + escaped.replace('"', '\\"') + '"'
