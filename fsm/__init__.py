"""Documented delivery tables as executable state machines.

The heavy parts load on first use, so that ``import fsm`` costs next to nothing:

>>> import fsm
>>> machine = fsm.load("with-feedback")
>>> machine.step("awaiting", "soft_bounce").target
'retrying'
"""

from __future__ import annotations

from fsm.presentation import Bundle, register
from fsm.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fsm.catalog import load
    from fsm.compile import compile_chart
    from fsm.errors import FsmError
    from fsm.machine import Machine
    from fsm.notebook import figure

__version__ = VERSION
__all__ = ["FsmError", "Machine", "compile_chart", "figure", "load"]

_HOMES = {
    "FsmError": "fsm.errors",
    "Machine": "fsm.machine",
    "compile_chart": "fsm.compile",
    "figure": "fsm.notebook",
    "load": "fsm.catalog",
}


def __getattr__(name: str) -> object:
    """Import a public name from its home on first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'fsm' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def _bundle(value: object) -> Bundle:
    from fsm.notebook import bundle

    return bundle(value)


def _text(value: object, spec: str) -> str:
    from fsm.drawing.format_spec import format_machine
    from fsm.machine import Machine

    return format_machine(value, spec) if isinstance(value, Machine) else format(value, spec)


register(bundle=_bundle, text=_text)
