"""Documented delivery tables as executable state machines.

A machine is a value: :func:`load` returns one by its name, :func:`compile_chart` makes one of a
python-statemachine class. Wherever a function takes a machine, its name will do as well.

>>> import fsm
>>> machine = fsm.load("with-feedback")
>>> machine.step("awaiting", "soft_bounce").target
'retrying'
>>> fsm.compare("with-feedback", "without-feedback").same
False

===================================================  ===============================================
a machine by its name or from a class                :func:`load`, :func:`compile_chart`
a trace, step by step                                :func:`run`
a log of any format, or a synthetic one              :func:`open_log`, :func:`simulate`
its result, one message of it, a page of it          :func:`replay`, :func:`explain`, :func:`report`
how far a log and a machine disagree                 :func:`conform`
the machine that a log shows                         :func:`discover`
documented tables                                    :func:`check`
what holds in a machine, what tells two apart        :func:`analyse`, :func:`compare`
a conformance test suite                             :func:`suite`
diagrams, documents, a page to step through          :func:`draw`, :func:`figure`, :func:`explore`
===================================================  ===============================================

Modules are attributes without an import of their own: ``except fsm.errors.LogError``.
Every error is an :class:`FsmError`, whose message says what is wrong, where, and what to do.
"""

# Nothing heavy is imported here: numpy, polars, networkx and python-statemachine cost 80 to 250 ms
# each. A public name is imported from its module when it is first asked for (PEP 562).

from __future__ import annotations

from fsm.presentation import Bundle, register
from fsm.submodules import submodule
from fsm.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fsm.analysis import MachineFacts, analyse
    from fsm.catalog import load
    from fsm.checking import check
    from fsm.comparison import Comparison, compare
    from fsm.compile import compile_chart
    from fsm.conformance import Conformance, conform
    from fsm.discovery import Discovery, discover
    from fsm.drawing import draw
    from fsm.engine import MachineResult, Replay, replay
    from fsm.engine.explanation import Story, explain
    from fsm.errors import FsmError
    from fsm.exploration import explore
    from fsm.logs.log import Log
    from fsm.logs.open import open_log
    from fsm.machine import Machine
    from fsm.mealy import Mealy
    from fsm.notebook import Figure, figure
    from fsm.reports import report
    from fsm.simulation import simulate
    from fsm.suites import Suite, suite
    from fsm.tables.checks.finding import CheckReport, Finding
    from fsm.trace import Step, run
else:
    # For type checkers a module with this function has every attribute; hence the ``else``.
    def __getattr__(name: str) -> object:
        """Import a public name from its module, or a module, on first use (PEP 562)."""
        if name not in _MODULES:
            return submodule("fsm", name)
        from importlib import import_module

        value = globals()[name] = getattr(import_module(f"fsm.{_MODULES[name]}"), name)
        return value

    def __dir__() -> list[str]:
        return [*__all__, "__version__"]


__version__ = VERSION
__all__ = [
    "CheckReport",
    "Comparison",
    "Conformance",
    "Discovery",
    "Figure",
    "Finding",
    "FsmError",
    "Log",
    "Machine",
    "MachineFacts",
    "MachineResult",
    "Mealy",
    "Replay",
    "Step",
    "Story",
    "Suite",
    "analyse",
    "check",
    "compare",
    "compile_chart",
    "conform",
    "discover",
    "draw",
    "explain",
    "explore",
    "figure",
    "load",
    "open_log",
    "replay",
    "report",
    "run",
    "simulate",
    "suite",
]

_MODULES = {
    "CheckReport": "tables.checks.finding",
    "Comparison": "comparison",
    "Conformance": "conformance",
    "Discovery": "discovery",
    "Figure": "notebook",
    "Finding": "tables.checks.finding",
    "FsmError": "errors",
    "Log": "logs.log",
    "Machine": "machine",
    "MachineFacts": "analysis",
    "MachineResult": "engine",
    "Mealy": "mealy",
    "Replay": "engine",
    "Step": "trace",
    "Story": "engine.explanation",
    "Suite": "suites",
    "analyse": "analysis",
    "check": "checking",
    "compare": "comparison",
    "compile_chart": "compile",
    "conform": "conformance",
    "discover": "discovery",
    "draw": "drawing",
    "explain": "engine.explanation",
    "explore": "exploration",
    "figure": "notebook",
    "load": "catalog",
    "open_log": "logs.open",
    "replay": "engine",
    "report": "reports",
    "run": "trace",
    "simulate": "simulation",
    "suite": "suites",
}
"""The module of each public name, without the leading ``fsm``."""


def _bundle(value: object) -> Bundle:
    from fsm.notebook import bundle

    return bundle(value)


def _text(value: object, spec: str) -> str:
    from fsm.drawing.format_spec import format_machine
    from fsm.machine import Machine

    return format_machine(value, spec) if isinstance(value, Machine) else format(value, spec)


register(bundle=_bundle, text=_text)
