"""The working directory as the last place where a named module is looked for, and not for long."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import NamedTuple

__all__ = ["HiddenModule", "hidden_module", "working_directory"]


class HiddenModule(NamedTuple):
    """Two modules of one name: where the installed one is, and the file that is passed over."""

    installed: str
    local: str


@contextmanager
def working_directory(module_name: str) -> Iterator[None]:
    """Let a module that is not installed be imported from the working directory.

    The directory is the last entry of ``sys.path``, and is taken out afterwards: whatever is
    imported later, such as a library on first use, never comes from there. Where a module of
    that name is installed, the directory is not searched at all.
    """
    entry = _directory()
    if entry is None or _installed(module_name, entry):
        yield
        return
    sys.path.append(entry)
    try:
        yield
    finally:
        # This very entry: the module may have put the same directory there for its own use.
        sys.path[:] = [other for other in sys.path if other is not entry]


def hidden_module(module_name: str) -> HiddenModule | None:
    """Return the installed module that hides one of the working directory, if one does."""
    entry = _directory()
    installed = _installed(module_name, entry) if entry else None
    local = _local(module_name, entry) if entry and installed else None
    if installed is None or local is None:
        return None
    place = installed.origin or ", ".join(installed.submodule_search_locations or ())
    return HiddenModule(place, os.path.relpath(local, entry))


def _directory() -> str | None:
    """Return the working directory, ``None`` where it was deleted."""
    try:
        return str(Path.cwd())
    except OSError:
        return None


def _installed(module_name: str, directory: str) -> ModuleSpec | None:
    """Return the outermost package of a module, where it is found without the directory.

    Finders are asked, not :data:`sys.modules`, where it stays that was once imported from there.
    """
    top = module_name.partition(".")[0]
    specs = (finder.find_spec(top, None) for finder in sys.meta_path) if top else ()
    spec = next(filter(None, specs), None)
    return spec if spec and _home(spec) != str(Path(directory).resolve()) else None


def _home(spec: ModuleSpec) -> str | None:
    """Return the directory that holds a module or package, ``None`` for what is built in."""
    folders = list(spec.submodule_search_locations or ())
    if folders:
        return str(Path(folders[0]).parent.resolve())
    return str(Path(spec.origin).parent.resolve()) if spec.origin and spec.has_location else None


def _local(module_name: str, directory: str) -> str | None:
    """Return the file that a module would have in the working directory; nothing is imported."""
    places, names, spec = [directory], module_name.split("."), None
    for depth in range(1, len(names) + 1):
        spec = PathFinder.find_spec(".".join(names[:depth]), places)
        if spec is None:
            return None
        places = list(spec.submodule_search_locations or ())
    return spec.origin if spec and spec.has_location else None
