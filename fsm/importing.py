"""Import a named module, from the working directory if none of that name is installed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from pkgutil import iter_modules
from typing import NamedTuple

__all__ = ["HiddenModule", "find_hidden_module", "local_modules", "working_directory"]


class HiddenModule(NamedTuple):
    """A module of the working directory that is not imported: an installed one has its name."""

    installed: str
    local: str


@contextmanager
def working_directory(module_name: str) -> Iterator[None]:
    """Let a module that is not installed be imported from the working directory.

    The directory is the last entry of ``sys.path``, and only inside this context: libraries that
    are imported later, on first use, never come from there. Where a module of that name is
    installed, the directory is not searched at all.
    """
    entry = _directory()
    if entry is None or _installed(module_name, entry):
        yield
        return
    sys.path.append(entry)
    try:
        yield
    finally:
        # Only this entry: the module may have added the same directory for its own use.
        sys.path[:] = [other for other in sys.path if other is not entry]


def find_hidden_module(module_name: str) -> HiddenModule | None:
    """Return the module of the working directory that an installed one hides, if there is one."""
    entry = _directory()
    installed = _installed(module_name, entry) if entry else None
    local = _local(module_name, entry) if entry and installed else None
    if installed is None or local is None:
        return None
    place = installed.origin or ", ".join(installed.submodule_search_locations or ())
    return HiddenModule(place, os.path.relpath(local, entry))


def local_modules() -> list[str]:
    """Return the names of the modules and packages in the working directory, sorted."""
    entry = _directory()
    return sorted(module.name for module in iter_modules([entry])) if entry else []


def _directory() -> str | None:
    """Return the working directory, ``None`` where it was deleted."""
    try:
        return str(Path.cwd())
    except OSError:
        return None


def _installed(module_name: str, directory: str) -> ModuleSpec | None:
    """Return the outermost package of a module if it is found outside the directory.

    The finders are asked, since :data:`sys.modules` also has what was imported from there before.
    """
    top = module_name.partition(".")[0]
    specs = (finder.find_spec(top, None) for finder in sys.meta_path) if top else ()
    spec = next(filter(None, specs), None)
    return spec if spec and _home(spec) != str(Path(directory).resolve()) else None


def _home(spec: ModuleSpec) -> str | None:
    """Return the directory that holds a module or package, ``None`` for a built-in module."""
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
