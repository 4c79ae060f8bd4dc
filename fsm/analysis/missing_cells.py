"""The cells of a machine that reject, made one by one: there may be millions of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TypeAlias, overload

from fsm.machine import Machine

__all__ = ["MissingCells"]

_Cell: TypeAlias = tuple[str, str]


class MissingCells(Sequence[_Cell]):
    """The cells of reachable states that reject, in the order of states and events.

    >>> from fsm.catalog import load
    >>> missing = MissingCells(load("with-feedback"))
    >>> len(missing), missing[0]
    (25, ('to_send', 'delivered'))
    """

    __slots__ = ("_accepted", "_count", "_events")

    def __init__(self, machine: Machine) -> None:
        self._events = machine.events
        accepted: dict[str, set[str]] = {state: set() for state in machine.traces}
        for t in machine.transitions:
            if t.source in accepted:
                accepted[t.source].add(t.event)
        self._accepted = accepted
        self._count = len(accepted) * len(self._events) - sum(map(len, accepted.values()))

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[_Cell]:
        for state, accepted in self._accepted.items():
            for event in self._events:
                if event not in accepted:
                    yield state, event

    @overload
    def __getitem__(self, place: int) -> _Cell: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[_Cell, ...]: ...

    def __getitem__(self, place: int | slice) -> _Cell | tuple[_Cell, ...]:
        places = range(self._count)[place]
        if isinstance(places, int):
            return next(islice(self, places, None))
        if places.step > 0:
            return tuple(islice(self, places.start, places.stop, places.step))
        return tuple(self)[place]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"<{self._count:,} missing cells>"
