"""``fsm learn``: learn the machine of an implementation, and compare it with a specification."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fsm.catalog import load_specification
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
    extra_states_option,
    max_symbols_option,
    observable_option,
    silent_option,
)
from fsm.cli.text import print_json, printable
from fsm.cli.values import RangeParam, json_option, machine_argument
from fsm.errors import FsmError, MachineError
from fsm.files import write_bytes
from fsm.formats.dot import mealy_to_dot
from fsm.formats.json_document import to_json
from fsm.machine import Machine
from fsm.mealy import Mealy, Observable
from fsm.text import first_names, quantity

if TYPE_CHECKING:
    from fsm.suites.differences import CellDifference
    from fsm.suites.learning.learnt import Learnt

__all__ = ["command"]


@click.command(
    "learn",
    cls=HelpCommand,
    examples=[
        Example(
            "Whether a system does what the machine says",
            "fsm learn my_system:MySystem with-feedback",
        ),
        Example(
            "The same, and what was learnt, to be drawn with fsm draw learnt.dot",
            "fsm learn my_system:MySystem with-feedback -o learnt.dot",
        ),
    ],
)
@implementation_argument
@machine_argument
@extra_states_option(
    default=1,
    help="How many more states the implementation may have than the learnt machine.",
)
@observable_option
@silent_option
@answer_timeout_option
@settle_option
@option(
    "--max-states",
    type=RangeParam(min=1),
    metavar="N",
    default=1000,
    group="Limits and safety",
    help="Stop learning at this number of states.",
)
@max_symbols_option
@option(
    "-o",
    "--output",
    type=OUTPUT,
    group="Output",
    help="File for the learnt machine; the suffix decides: .dot or .json.",
)
@json_option
def command(
    implementation: str,
    machine: str,
    extra_states: int,
    observable: Observable,
    silent: bool,
    timeout: timedelta,
    settle: timedelta | None,
    max_states: int,
    max_symbols: int,
    output: Path | None,
    as_json: bool,
) -> int:
    """Show each difference between what IMPLEMENTATION does and MACHINE, with a trace.

    The tests of MACHINE are run; after a wrong answer, the machine of the implementation is
    learnt. It can be used as MACHINE in every other command, for example in fsm draw. The exit
    status is 1 if there is a difference.
    """
    from fsm.implementations import connect
    from fsm.implementations.output import apart_from_output
    from fsm.suites.learning.learnt import learn

    check_order(machine, implementation, "fsm learn IMPLEMENTATION MACHINE")
    if output:
        _check_suffix(output)
    specification = load_specification(machine)
    assumed = _assumed(specification)
    if isinstance(specification, Machine):
        specification = Mealy.of(specification, observable, rejections=not silent)
    if output:
        _check_names(specification, output)
    seconds = {"timeout": seconds_of(timeout), "settle": seconds_of(settle)}
    with (
        Progress("learning"),
        apart_from_output(),
        connect(implementation, **seconds) as connection,
    ):
        learnt = learn(
            connection,
            specification.inputs,
            shows=specification.shown is not None,
            reference=specification,
            extra_states=extra_states,
            max_states=max_states,
            max_symbols=max_symbols,
            name=implementation,
        )
    differences = learnt.differences(specification)
    hidden = learnt.not_compared(specification)
    if as_json:
        found = {
            "assumed": assumed,
            "differences": [difference._asdict() for difference in differences],
            "not_compared": [{"state": state, "input": event} for state, event in hidden],
        }
        print_json(_facts(learnt) | found, "learn")
    else:
        for line in _lines(learnt, assumed, differences, hidden):
            click.echo(printable(line, 2000))
        if not differences:
            click.echo(printable(f"The implementation conforms to {machine}."))
    if output:
        write_bytes(_written(learnt.named_after(specification), output), output)
    return 1 if differences else 0


_WRITERS: Mapping[str, Callable[[Mealy], str]] = {
    ".dot": mealy_to_dot,
    ".json": lambda mealy: to_json(mealy.machine()),
}
"""What writes a learnt machine, by the suffix."""
_UNWRITABLE = (MachineError, UnicodeEncodeError)
"""What is raised for names that a file cannot hold; half of a surrogate pair is no text."""


def _check_suffix(output: Path) -> None:
    if output.suffix.lower() not in _WRITERS:
        raise click.UsageError(
            f"{output.name}: a learnt machine is written as {' or '.join(_WRITERS)}"
        )


def _check_names(specification: Mealy, output: Path) -> None:
    """Refuse what a file cannot hold of MACHINE, before anything is learnt."""
    if output.suffix.lower() == ".dot":
        _written(specification, output)


def _written(mealy: Mealy, output: Path) -> bytes:
    """Return a machine as a file; raises :class:`FsmError`, and names the other format."""
    suffix = output.suffix.lower()
    try:
        return _WRITERS[suffix](mealy).encode()
    except _UNWRITABLE as error:
        (other,) = (each for each in _WRITERS if each != suffix)
        try:
            _WRITERS[other](mealy).encode()
        except _UNWRITABLE:
            hint = f"{other} cannot hold it either"
        else:
            hint = f"{other} can hold it: -o {output.with_suffix(other).name}"
        what = str(error)
        if isinstance(error, UnicodeEncodeError):
            around = error.object[max(0, error.start - 20) : error.end]
            what = f"{around!r} has half of a surrogate pair, which is no text"
        elif suffix == ".json" and mealy.unheld:
            what = mealy.unheld
        raise FsmError(f"{output.name}: nothing is written: {what}; {hint}") from None


def _assumed(specification: Machine | Mealy) -> list[str]:
    if isinstance(specification, Machine):
        from fsm.suites.execution.timing import sent_timers

        note = sent_timers(specification.timers, "learning lets no time pass")
    else:
        cells = first_names([f"{event} in {state}" for state, event in specification.missing])
        note = f"what the machine leaves open is not compared: {cells}" if cells else ""
    return [note] if note else []


def _lines(
    learnt: Learnt,
    assumed: list[str],
    differences: Sequence[CellDifference],
    hidden: Sequence[tuple[str, str]],
) -> Iterator[str]:
    """Yield what it took to learn a machine, and what it does otherwise than MACHINE."""
    states = quantity(len(learnt.mealy.states), "state")
    effort = f"{states}, learnt with {_effort(learnt)}"
    yield f"{learnt.mealy.name}: {effort}; right for {learnt.guarantee.domain}"
    for text in assumed:
        yield f"assumed: {text}"
    yield from map(str, differences)
    if hidden:
        cells = first_names([f"{event} in {state}" for state, event in hidden])
        yield f"Not compared: {cells}; no trace without a difference leads there."


def _effort(learnt: Learnt) -> str:
    cost = learnt.cost
    tests = ""
    if cost.learning_events:
        tests = f" ({cost.testing_events:,} to test {quantity(cost.hypotheses, 'hypothesis')})"
    return f"{quantity(cost.events, 'event')}{tests} and {quantity(cost.resets, 'reset')}"


def _facts(learnt: Learnt) -> dict[str, Any]:
    cost = learnt.cost
    return {
        "implementation": learnt.mealy.name,
        "states": len(learnt.mealy.states),
        "resets": cost.resets,
        "events": cost.events,
        "learning_events": cost.learning_events,
        "testing_events": cost.testing_events,
        "hypotheses": cost.hypotheses,
        "known": cost.known,
        "guarantee": str(learnt.guarantee),
    }
