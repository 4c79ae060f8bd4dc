"""The machines in a Python source, which is read without running it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from fsm.errors import MachineError
from fsm.files import read_text
from fsm.formats.assembly import refuse
from fsm.formats.python_values import PythonSource
from fsm.formats.statecharts.django_sources import find_models
from fsm.formats.statecharts.transitions_sources import find_calls
from fsm.machine import Machine
from fsm.suggest import no_such
from fsm.text import first_names

__all__ = ["read_python_machine"]

_MAX_BYTES = 2**20


def read_python_machine(path: Path, part: str = "") -> Machine:
    """Return the machine of a source; ``part`` names one of several, such as ``Model.field``.

    Raises :class:`MachineError` with file and line.
    """
    source = PythonSource(read_text(path, _MAX_BYTES, "a machine", MachineError), str(path))
    try:
        found = find_models(source) | find_calls(source)
        name = _chosen(source, found, part)
        return replace(found[name](), name=name)
    except RecursionError:
        refuse(source.file, 1, "nested too deeply for a machine")


def _chosen(source: PythonSource, found: Mapping[str, Callable[[], Machine]], part: str) -> str:
    """Return the only name, or the one that is meant by the name of its class."""
    if not found:
        what = "no machine of Django-FSM, viewflow or transitions in this file"
        refuse(source.file, 1, f"{what}; a class that can be imported is package.module:Class")
    names = list(found)
    kinds = [name.partition(".")[0] for name in names]
    matches = [
        name for name, kind in zip(names, kinds, strict=True) if not part or part in (name, kind)
    ]
    if not matches:
        refuse(source.file, 1, no_such("machine", part, dict.fromkeys([*kinds, *names])))
    if len(matches) > 1:
        listed = [kind if kinds.count(kind) == 1 else name
                  for name, kind in zip(names, kinds, strict=True) if name in matches]  # fmt: skip
        shown = first_names([f"{source.file}#{each}" for each in listed])
        refuse(source.file, 1, f"{len(matches)} machines; name one: {shown}")
    return matches[0]
