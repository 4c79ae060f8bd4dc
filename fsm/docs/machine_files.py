"""Machines that the pages of a project name: files are relative to the project's directory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fsm.catalog import load
from fsm.formats import READERS
from fsm.machine import Machine
from fsm.machines import NAMES
from fsm.trust import guarded_loader

__all__ = ["machine_file", "project_loader"]


def project_loader(directory: Path, *, allow_import: bool) -> Callable[[str], Machine]:
    """Return what loads a machine by its name; a class is imported only if that is allowed."""

    def load_name(name: str) -> Machine:
        path = machine_file(name, directory)
        return load(name if path is None else str(path))

    return guarded_loader(load_name, allow_import=allow_import)


def machine_file(name: str, directory: Path) -> Path | None:
    """Return the file that a name means, or ``None`` for a built-in machine or a class."""
    is_file = name not in NAMES and Path(name).suffix.lower() in READERS
    return directory / name.lstrip("/") if is_file else None
