"""Options of ``fsm suite``, ``fsm test`` and ``fsm learn``: what is tested, within which bounds."""

from __future__ import annotations

from functools import partial
from typing import get_args

import click

from fsm.cli.choice import ChoiceParam
from fsm.cli.completion import complete_method, complete_row, complete_state
from fsm.cli.file_params import FILE
from fsm.cli.help import option
from fsm.cli.progress import progress_hidden
from fsm.cli.text import printable
from fsm.cli.values import RangeParam
from fsm.mealy import Observable
from fsm.suites import DEFAULT, MAX_SYMBOLS, Suite
from fsm.suites.completion import Completion

__all__ = [
    "binding_option",
    "complete_option",
    "covering_option",
    "extra_states_option",
    "max_symbols_option",
    "method_option",
    "observable_option",
    "print_choice",
    "silent_option",
    "to_option",
]

method_option = option(
    "--method",
    metavar="METHOD",
    shell_complete=complete_method,
    default=DEFAULT,
    group="Tests",
    help="How the tests are derived; fsm suite -h lists the methods.",
)
extra_states_option = partial(
    option,
    "--extra-states",
    type=int,
    metavar="N",
    group="Tests",
    help="How many more states the implementation may have than MACHINE.",
)
observable_option = option(
    "--observable",
    type=ChoiceParam(get_args(Observable)),
    default="status",
    group="Tests",
    help="What a test can see: the status, the state, or only the answers to events (output).",
)
silent_option = option(
    "--silent",
    is_flag=True,
    group="Tests",
    help="The implementation gives no sign of rejected events.",
)
complete_option = option(
    "--complete",
    type=ChoiceParam(get_args(Completion)),
    group="Tests",
    help="Test the missing cells of MACHINE too: the implementation answers rejected (reject) or "
    "nothing (loop), and stays in its state.",
)
max_symbols_option = option(
    "--max-symbols",
    type=RangeParam(min=1),
    metavar="N",
    default=MAX_SYMBOLS,
    show_default=f"{MAX_SYMBOLS:,}",
    group="Limits and safety",
    help="Maximum number of inputs of all tests; estimated before tests are generated.",
)
to_option = option(
    "--to",
    metavar="STATE",
    shell_complete=complete_state,
    group="Tests",
    help="Only tests that reach this state.",
)
covering_option = option(
    "--covering",
    metavar="ROW",
    shell_complete=complete_row,
    group="Tests",
    help="Only tests of a row, decision or cell: 3, D4 or STATE:EVENT.",
)
binding_option = option(
    "--binding",
    "bindings",
    multiple=True,
    type=FILE,
    group="Tests",
    help="TOML file that binds a documented table to MACHINE, so that --covering and failures "
    "name its rows; may be repeated, and adds to the bindings of the settings.",
)


def print_choice(made: Suite) -> None:
    """Print on standard error which method ``auto`` took, and why."""
    if made.choice:
        with progress_hidden():
            click.echo(printable(made.choice, 2000), err=True)
