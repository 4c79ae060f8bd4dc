"""Which complete method ``auto`` takes for a specification, decided from counts alone.

The counts are those of the specification, so the same machine has the same suite everywhere: no
clock is read and no memory asked for.
"""

from __future__ import annotations

from typing import NamedTuple

from fsm.suites.derive.state_counting import largest_group
from fsm.suites.distinguish.separation import inseparable_pair
from fsm.suites.estimate import format_inputs
from fsm.suites.methods import AUTO, METHODS, Method, Options, chain_steps
from fsm.suites.specification import Spec
from fsm.text import quantity

__all__ = ["LISTED", "Choice", "choose_method"]

LISTED = {
    AUTO: "chain where it is known to finish, else hsi, or h where cells are missing (default)",
    **{method.name: method.summary for method in METHODS.values()},
}
"""What each name of a method stands for."""

MOST_STEPS = 12_000_000
"""The work within which the chain method is known to finish in about half a minute, in steps."""


class Choice(NamedTuple):
    """The method that was taken, and why."""

    method: Method
    reason: str
    fewer_states: int = 0
    """How many states fewer than the specification an implementation may have at most."""


def choose_method(spec: Spec, options: Options, max_symbols: int | None) -> Choice:
    """Return the complete method for a specification.

    That is ``chain``, whose suites are the smallest, where its work and the bound of its inputs are
    within the limits; else ``hsi``, which has exact bounds and needs little work, or ``h`` where
    cells are missing. Where these leave states that no trace tells apart, it is ``counting``, for
    as many states as the limit allows.
    """
    pair = None if spec.is_complete else inseparable_pair(spec)
    if pair:
        return _counting(spec, options, max_symbols, pair)
    chain, other = METHODS["chain"], METHODS["hsi" if spec.is_complete else "h"]
    size = f"{quantity(len(spec.next), 'state')} and {quantity(len(spec.inputs), 'input')}"
    steps = chain_steps(spec)
    if steps > MOST_STEPS:
        return Choice(
            other,
            f"auto took {other.name}: chain, whose suites are smaller, would take about {steps:,} "
            f"steps for {size}, and finishes for certain within {MOST_STEPS:,}",
        )
    if max_symbols is not None:
        most = chain.bounds(spec, options).most.symbols
        if most > max_symbols and other.bounds(spec, options).most.symbols <= max_symbols:
            return Choice(
                other,
                f"auto took {other.name}: the suite of chain may have up to {format_inputs(most)} "
                f"inputs, and {max_symbols:,} are allowed",
            )
    return Choice(chain, f"auto took chain: the smallest suites, and known to finish for {size}")


def _counting(
    spec: Spec, options: Options, max_symbols: int | None, pair: tuple[int, int]
) -> Choice:
    """Return the counting method, for the most states that the limit allows."""
    counting = METHODS["counting"]
    s, t = (spec.states[i] for i in pair)
    reason = f"auto took counting: no trace that both accept tells {s!r} from {t!r}"
    fewer, most = 0, counting.bounds(spec, options).most.symbols
    if max_symbols is None or most <= max_symbols or options.extra_states:
        return Choice(counting, reason)
    for fewer in range(1, len(spec.next) - largest_group(spec) + 1):
        bounds = counting.bounds(spec, options._replace(fewer_states=fewer))
        if bounds.most.symbols <= max_symbols:
            break
    return Choice(
        counting,
        f"{reason}; for {quantity(len(spec.next), 'state')} the suite may have up to "
        f"{format_inputs(most)} inputs, and {max_symbols:,} are allowed, so it is for "
        f"{len(spec.next) - fewer} (or complete the machine: --complete)",
        fewer,
    )
