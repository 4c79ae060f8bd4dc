"""The truth of guards before the first event."""

from __future__ import annotations

from fsm.errors import MachineError

__all__ = ["ValuationAtStart"]


class ValuationAtStart(dict[str, bool]):
    """The valuation at the start: no event has given the guards a value yet.

    python-statemachine looks at eventless transitions again with the first event, so until then
    they may wait. What a raised event does is decided once, and an SCXML document has values.
    """

    def __init__(self, where: str) -> None:
        self.where = where
        self.may_wait = False
        self.names: dict[str, None] = {}

    def __missing__(self, name: str) -> bool:
        if not self.may_wait:
            raise MachineError(
                f"{self.where}: what follows depends on the guard {name!r}, which has no value "
                "before the first event; start in a state that waits for an event"
            )
        self.names[name] = None
        return False
