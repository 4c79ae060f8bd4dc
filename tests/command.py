"""A command line that was run: what the fixture ``fsm`` returns."""

from collections.abc import Callable
from typing import NamedTuple


class Result(NamedTuple):
    status: int
    out: str
    err: str


Fsm = Callable[..., Result]
