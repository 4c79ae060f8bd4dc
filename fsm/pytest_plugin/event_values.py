"""What events come with: example values, or strategies of hypothesis that make some."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from fsm.errors import FsmError
from fsm.suggest import no_such

__all__ = ["EXAMPLES", "with_values"]

EXAMPLES = 10
"""With how many examples a test is run where values are made by a strategy."""


def with_values(
    values: Mapping[str, Any],
    known: Collection[str],
    trace: Iterable[str],
    run: Callable[[Mapping[str, Mapping[str, object]]], str],
) -> str:
    """Run a test with the values of its events; return how it failed, or an empty text.

    ``values`` are by event: an input as the machine names it, such as ``pay[enough]``, or the
    event before the bracket. Each has named values, and where some of them are strategies, the test
    is run with several examples; the smallest ones that fail are told. ``known`` are the inputs of
    the machine. Raises :class:`FsmError` for another one, and for what is no mapping of names.
    """
    names = dict.fromkeys((*known, *(event.partition("[")[0] for event in known)))
    for name in values:
        if name not in names:
            raise FsmError(f"values: {no_such('event', name, list(names))}")
    events = dict.fromkeys(trace)
    wanted = {event: found for event in events if (found := _values_of(values, event))}
    if not any(_is_strategy(value) for named in wanted.values() for value in named.values()):
        return run(wanted)
    return _with_examples(wanted, run)


def _values_of(values: Mapping[str, Any], event: str) -> Mapping[str, Any]:
    named = values.get(event, values.get(event.partition("[")[0], {}))
    if not isinstance(named, Mapping) or not all(isinstance(name, str) for name in named):
        raise FsmError(
            f'the values of {event!r} are {named!r}; write them with their names: {{"amount": 5}}'
        )
    return named


def _is_strategy(value: object) -> bool:
    if type(value).__module__.partition(".")[0] != "hypothesis":
        return False
    from hypothesis.strategies import SearchStrategy

    return isinstance(value, SearchStrategy)


def _with_examples(
    wanted: Mapping[str, Mapping[str, Any]],
    run: Callable[[Mapping[str, Mapping[str, object]]], str],
) -> str:
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st

    made = st.fixed_dictionaries(
        {
            event: st.fixed_dictionaries(
                {name: v if _is_strategy(v) else st.just(v) for name, v in named.items()}
            )
            for event, named in wanted.items()
        }
    )

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    @given(made)
    def try_values(example: Mapping[str, Mapping[str, object]]) -> None:
        if failure := run(example):
            raise _WrongError(failure, example)

    try:
        try_values()
    except _WrongError as error:
        shown = "; ".join(f"{event}: {dict(named)}" for event, named in error.example.items())
        return f"{error}\nwith the values {shown}"
    return ""


class _WrongError(Exception):
    """A test failed with an example."""

    def __init__(self, failure: str, example: Mapping[str, Mapping[str, object]]) -> None:
        super().__init__(failure)
        self.example = example
