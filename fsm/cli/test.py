"""``fsm test``: run the conformance tests of a machine against an implementation."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fsm.cli.file_params import OUTPUT
from fsm.cli.help import Example, HelpCommand, option
from fsm.cli.implementation_options import (
    answer_timeout_option,
    check_order,
    implementation_argument,
    seconds_of,
    settle_option,
)
from fsm.cli.progress import Progress
from fsm.cli.suite_options import (
    binding_option,
    complete_option,
    covering_option,
    extra_states_option,
    max_symbols_option,
    method_option,
    observable_option,
    print_choice,
    silent_option,
    to_option,
)
from fsm.cli.text import print_json, print_message, print_text, printable
from fsm.cli.values import RangeParam, json_option, machine_argument
from fsm.documented_machines import documented_specification, settings_for
from fsm.errors import FsmError
from fsm.files import write_bytes
from fsm.suites import Suite, suite
from fsm.suites.narrowing import narrowed
from fsm.text import first_names, quantity, visible

if TYPE_CHECKING:
    from fsm.suites.execution.suite_runs import SuiteFailure, SuiteRun

__all__ = ["command"]

_MOST_JOBS = 64
_ISOLATION = 12
"""Events of the trace that tells whether instances share their state."""
_TRIED = 64
"""Tests of which the most varied one is this trace."""


@click.command(
    "test",
    cls=HelpCommand,
    examples=[
        Example("A class", "fsm test with-feedback my_system:MySystem"),
        Example(
            "A program in any language, with one more state than the machine",
            'fsm test with-feedback "cmd:node adapter.js" --extra-states 1',
        ),
        Example(
            "A server, with results for continuous integration",
            "fsm test with-feedback http://localhost:8000/ --junit results.xml",
        ),
    ],
)
@machine_argument
@implementation_argument
@method_option
@extra_states_option(default=0)
@observable_option
@silent_option
@complete_option
@to_option
@covering_option
@binding_option
@answer_timeout_option
@settle_option
@option(
    "--jobs",
    type=RangeParam(min=1, max=_MOST_JOBS),
    metavar="N",
    default=1,
    group="Implementation",
    help="Number of instances that run tests at the same time.",
)
@option(
    "--failures",
    "most_failures",
    type=RangeParam(min=1),
    metavar="N",
    default=5,
    group="Limits and safety",
    help="Stop after this number of different failures.",
)
@max_symbols_option
@option(
    "--junit",
    type=OUTPUT,
    metavar="FILE",
    group="Output",
    help="File for the results as JUnit XML.",
)
@json_option
def command(
    machine: str,
    implementation: str,
    method: str,
    to: str | None,
    covering: str | None,
    bindings: tuple[Path, ...],
    silent: bool,
    timeout: timedelta,
    settle: timedelta | None,
    jobs: int,
    most_failures: int,
    junit: Path | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Run the conformance tests of MACHINE against IMPLEMENTATION.

    A failure comes with a short trace that fails, and with the documented row. The exit status is
    1 if a test fails or was not run.
    """
    check_order(machine, implementation, "fsm test MACHINE IMPLEMENTATION")
    source = documented_specification(machine, bindings, settings_for(machine))
    with Progress("choosing the tests"):
        made = suite(source, method, rejections=not silent, **options)
    made = narrowed(made, to=to, covering=covering)
    seconds = {"timeout": seconds_of(timeout), "settle": seconds_of(settle)}
    result = _run(made, implementation, jobs, most_failures, seconds)
    if not result.tests:
        raise FsmError(f"{machine}: the suite has no test; nothing was run")
    print_choice(made)
    if junit:
        from fsm.suites.execution.junit import junit_xml

        write_bytes(junit_xml(result), junit)
    if as_json:
        print_json(result.as_dict(), "test")
    else:
        _print(result)
    return 0 if result.passed else 1


def _run(
    made: Suite, implementation: str, jobs: int, most_failures: int, seconds: dict[str, float]
) -> SuiteRun:
    from fsm.implementations.connecting import connect_several
    from fsm.implementations.isolation import check_isolation
    from fsm.implementations.output import apart_from_output
    from fsm.suites.execution.suite_runs import run_suite

    with ExitStack() as stack:
        total = made.estimate.most.symbols
        progress = stack.enter_context(Progress("testing", "events", total))
        stack.enter_context(apart_from_output())
        connections = connect_several(implementation, jobs, **seconds)
        for connection in connections:
            stack.enter_context(connection)
        if jobs > 1:
            trace = _most_varied(made)
            check_isolation(connections, trace, shows=made.mealy.shown is not None)
        return run_suite(connections, made, most_failures=most_failures, progress=progress)


def _most_varied(made: Suite) -> tuple[str, ...]:
    """Return the beginning of a test that visits the most states, one of those that show most."""
    mealy = made.mealy

    def visits(trace: tuple[str, ...]) -> tuple[int, int]:
        states = set(mealy.walk(mealy.word(trace)))
        return len({mealy.shown[s] for s in states} if mealy.shown else states), len(states)

    tests = (test[:_ISOLATION] for test in islice(made.tests, _TRIED))
    return max(tests, key=visits, default=())


def _print(result: SuiteRun) -> None:
    for failure in result.failures:
        print_text(_explained(failure, result))
    suite_text = f"{result.suite.mealy.name} by {result.suite.method.name}"
    verdict = f"{result.failed:,} of {quantity(result.run, 'test')} failed"
    if not result.failed:
        verdict = f"{quantity(result.run, 'test')} passed"
    name = printable(result.name)
    click.echo(f"{name}: {printable(suite_text)}: {verdict}, {quantity(result.events, 'event')}")
    if (hidden := result.different - len(result.failures)) > 0 or not result.is_whole:
        left = "" if result.is_whole else "; the other tests were not run"
        more = f"{quantity(hidden, 'more different failure')} not shown" if hidden > 0 else ""
        stopped = more or f"Stopped after {quantity(result.different, 'different failure')}"
        click.echo(f"{stopped}{left}; --failures shows more.")
    for note in result.notes:
        print_message(f"{result.name}: {note}")
    if result.shortened:
        _print_shortened(result)
    elif result.passed:
        click.echo(printable(str(result.suite.guarantee), 2000))


def _print_shortened(result: SuiteRun) -> None:
    """Print which cells were not run, of tests in which another timer fires first."""
    cells = first_names([f"{event} in {state}" for state, event in result.not_run])
    not_run = f"not run: {cells}" if cells else "every cell of the tests was run"
    click.echo(
        printable(
            f"{quantity(result.shortened, 'test')} ended early, since another timer fires before "
            f"what comes next; {not_run}. So passing proves no more than that these steps are "
            "right.",
            2000,
        )
    )


def _explained(failure: SuiteFailure, result: SuiteRun) -> str:
    from fsm.suites.execution.origins import describe_mistake

    run, found = failure.first.run, failure.reproduction
    place = f"test {failure.first.number}, step {len(run.trace)} of {len(failure.first.test)}"
    suite = result.suite
    parts = [describe_mistake(suite, run if found.run.agrees else found.run)]
    parts.append(visible(f"{suite.mealy.name} by {suite.method.name}: {place}"))
    parts += [str(run), str(found)]
    if found.run.trace != run.trace:
        parts.append(str(found.run))
    parts += filter(None, [str(failure.specified)])
    if failure.others:
        parts.append(f"{quantity(failure.others, 'more test')} failed there in the same way")
    return "\n".join(parts) + "\n"
