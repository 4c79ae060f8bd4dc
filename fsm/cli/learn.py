"""``fsm learn``: learn the machine of an implementation, and compare it with a specification."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from fsm.catalog import import_object, load_specification
from fsm.cli.text import print_json, printable
from fsm.errors import FsmError
from fsm.files import write_bytes
from fsm.formats.dot import mealy_to_dot
from fsm.machine import Machine
from fsm.mealy import Mealy, Observable
from fsm.suites import MAX_SYMBOLS
from fsm.text import quantity

if TYPE_CHECKING:
    from fsm.suites.execution.learning import Learnt

__all__ = ["command"]


@click.command("learn")
@click.argument("implementation")
@click.argument("machine")
@click.option("--extra-states", type=int, default=1, show_default=True, help="See: fsm suite.")
@click.option(
    "--observable",
    type=click.Choice(get_args(Observable)),
    default="status",
    show_default=True,
    help="What a test can see: the status, or only the answers to events (output).",
)
@click.option("--silent", is_flag=True, help="The implementation gives no sign of rejected events.")
@click.option(
    "--max-states", type=int, default=1000, show_default=True, help="Stop learning at this size."
)
@click.option(
    "--max-symbols", type=click.IntRange(min=1), default=MAX_SYMBOLS, help="See: fsm suite."
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Write the learnt machine as DOT."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    implementation: str,
    machine: str,
    extra_states: int,
    observable: Observable,
    silent: bool,
    max_states: int,
    max_symbols: int,
    output: Path | None,
    as_json: bool,
) -> int:
    """Learn the machine of IMPLEMENTATION and compare it with MACHINE; exit 1 if they differ.

    IMPLEMENTATION is package.module:name, a class or function that returns an adapter: an object
    with reset(), send(event) and observe(). It is imported and run. The learnt machine can be used
    as MACHINE in every other command, for example in fsm draw.
    """
    from fsm.suites.execution.learning import learn

    specification = load_specification(machine)
    if isinstance(specification, Machine):
        specification = Mealy.of(specification, observable, rejections=not silent)
    learnt = learn(
        _adapter(implementation),
        specification.inputs,
        shows=specification.shown is not None,
        extra_states=extra_states,
        max_states=max_states,
        max_symbols=max_symbols,
        name=implementation,
    )
    if output:
        write_bytes(mealy_to_dot(learnt.named_after(specification)).encode(), output)
    differences = learnt.differences(specification)
    if as_json:
        found = [difference._asdict() for difference in differences]
        print_json(_facts(learnt) | {"differences": found}, "learn")
    else:
        states = quantity(len(learnt.mealy.states), "state")
        effort = f"{quantity(learnt.events, 'event')} and {quantity(learnt.resets, 'reset')}"
        click.echo(
            f"{printable(implementation)}: {states}, learnt with {effort}; "
            f"right for {learnt.guarantee.domain}"
        )
        for difference in differences:
            click.echo(printable(str(difference)))
        if not differences:
            click.echo(printable(f"The implementation conforms to {machine}."))
    return 1 if differences else 0


def _facts(learnt: Learnt) -> dict[str, Any]:
    return {
        "implementation": learnt.mealy.name,
        "states": len(learnt.mealy.states),
        "resets": learnt.resets,
        "events": learnt.events,
        "guarantee": str(learnt.guarantee),
    }


def _adapter(name: str) -> Any:
    """Return the adapter that a class or function makes."""
    make = import_object(name) if ":" in name else None
    if not callable(make):
        raise FsmError(f"{name}: no such class or function; write package.module:name")
    try:
        return make()
    except Exception as error:
        raise FsmError(f"{name}() failed: {type(error).__name__}: {error}") from error
