"""Machines by name: the built-in ones with their sources, or any ``package.module:Class``."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.resources import files
from pathlib import Path

from fsm.errors import MachineError
from fsm.machine import Machine
from fsm.machines import NAMES

__all__ = ["document", "load", "load_bare", "machine_class"]


@cache
def load(name: str) -> Machine:
    """Return a machine: a built-in name, or ``package.module:Class``.

    Built-in machines carry the source of each transition, read from their Markdown page.
    Importing a module runs it: name only modules you trust. Raises :class:`MachineError`
    where the machine cannot be found or compiled exactly.
    """
    machine = load_bare(name)
    if name not in NAMES:
        return machine
    from fsm.spec.origins import origins

    return machine.with_origins(origins(document(name), machine))


@cache
def load_bare(name: str) -> Machine:
    """Return a machine without the sources of its transitions, which is faster."""
    from fsm.compile import compile_chart

    return compile_chart(machine_class(name), name)


def machine_class(name: str) -> type:
    """Return the class behind a machine's name; raises :class:`MachineError`."""
    target = NAMES.get(name, name)
    module_name, colon, class_name = target.partition(":")
    if not colon:
        raise MachineError(_unknown(name))
    try:
        module = import_module(module_name)
    except ImportError as error:
        raise MachineError(f"{name}: cannot import {module_name!r}: {error}") from error
    except (Exception, SystemExit) as error:  # a module is a program, and may end itself
        raise MachineError(
            f"{name}: importing {module_name!r} failed: {type(error).__name__}: {error}"
        ) from error
    found = getattr(module, class_name, None)
    if not isinstance(found, type):
        raise MachineError(f"{name}: {module_name!r} has no class {class_name!r}")
    return found


def document(name: str) -> Path:
    """Return the Markdown page of a built-in machine."""
    if name not in NAMES:
        raise MachineError(_unknown(name))
    return Path(str(files("fsm.machines").joinpath(name.replace("-", "_") + ".md")))


def _unknown(name: str) -> str:
    close = get_close_matches(name, NAMES, 1)
    known = f"did you mean {close[0]!r}?" if close else f"built in are {', '.join(NAMES)}"
    return f"{name}: no such machine; {known} (others are named package.module:Class)"
