"""``fsm learn``: what an implementation really does, against what is specified."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from fsm.catalog import imported, load_specification
from fsm.cli.text import counted, number, print_json, shown
from fsm.errors import FsmError
from fsm.files import write_bytes
from fsm.formats.dot import to_dot
from fsm.machine import Machine
from fsm.mealy import Mealy, Observable
from fsm.suites import MAX_SYMBOLS

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
    help="What the implementation shows; output: nothing but answers to events.",
)
@click.option("--silent", is_flag=True, help="It does not tell that an event is rejected.")
@click.option("--max-states", type=int, default=1000, show_default=True, help="Then it ends.")
@click.option(
    "--max-symbols", type=click.IntRange(min=1), default=MAX_SYMBOLS, help="See: fsm suite."
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="What was learnt, as DOT.")
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
    """Learn the machine of IMPLEMENTATION and compare it with MACHINE; exit 1 where it differs.

    IMPLEMENTATION is package.module:name, a class or function that returns an adapter, an object
    with reset(), send(event) and observe(). It is imported, and runs. The machine that is learnt
    is a MACHINE for every other command, for example for fsm draw.
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
        write_bytes(to_dot(learnt.named_after(specification)).encode(), output)
    found = learnt.differences(specification)
    if as_json:
        print_json(_facts(learnt) | {"differences": [each._asdict() for each in found]})
    else:
        states, asked = len(learnt.mealy.states), number(learnt.events)
        click.echo(
            f"{shown(implementation)}: {counted(states, 'state')}, learnt with {asked} events and "
            f"{counted(learnt.resets, 'reset')}; right for {learnt.guarantee.domain}"
        )
        for each in found:
            click.echo(shown(str(each)))
        if not found:
            click.echo(shown(f"It does what {machine} says."))
    return 1 if found else 0


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
    make = imported(name) if ":" in name else None
    if not callable(make):
        raise FsmError(f"{name}: no such class or function; write package.module:name")
    try:
        return make()
    except Exception as error:
        raise FsmError(f"{name}() failed: {type(error).__name__}: {error}") from error
