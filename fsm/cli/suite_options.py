"""Options of ``fsm suite`` and ``fsm learn``: what is tested, and within which bounds."""

from __future__ import annotations

from functools import partial
from typing import get_args

from fsm.cli.choice import ChoiceParam
from fsm.cli.help import option
from fsm.cli.values import RangeParam
from fsm.mealy import Observable
from fsm.suites import MAX_SYMBOLS
from fsm.suites.completion import Completion

__all__ = [
    "complete_option",
    "extra_states_option",
    "max_symbols_option",
    "observable_option",
    "silent_option",
]

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
