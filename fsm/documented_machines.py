"""A machine by its name, with the rows of the user's tables as origins of its transitions."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from fsm.catalog import load, load_specification
from fsm.errors import FsmError
from fsm.file_kinds import may_be_toml
from fsm.machine import Machine
from fsm.machines import NAMES
from fsm.settings import CODE, ProjectSettings, find_settings
from fsm.suggest import nearest, no_such

# The readers of tables are imported where a binding is read: few machines have one.
if TYPE_CHECKING:
    from fsm.mealy import Mealy
    from fsm.tables.read.page import Page
    from fsm.tables.words.binding import Binding

__all__ = [
    "about",
    "binding_pages",
    "bound_machines",
    "check_implementations",
    "documented",
    "documented_specification",
    "is_binding",
    "load_documented",
    "settings_for",
]


def load_documented(name: str) -> Machine:
    """Return the machine of a name, with the rows that the settings of the project bind to it."""
    return documented(load(name), name, (), settings_for(name))


def documented_specification(
    name: str, bindings: Iterable[Path] = (), settings: ProjectSettings | None = None
) -> Machine | Mealy:
    """Return the specification of a name with its rows, see :func:`documented`."""
    found = load_specification(name)
    return documented(found, name, bindings, settings) if isinstance(found, Machine) else found


def settings_for(name: str) -> ProjectSettings | None:
    """Return the settings that may bind a table to a machine; built-in ones have their own."""
    return None if name in NAMES else find_settings()


def documented(
    machine: Machine,
    name: str,
    bindings: Iterable[Path] = (),
    settings: ProjectSettings | None = None,
) -> Machine:
    """Return a machine with the rows of the tables that are bound to its name.

    ``bindings`` are files that the caller names, of which each must be about the machine; those
    of the settings may be about others. Raises :class:`FsmError` for a file that cannot be read,
    and for a binding of the caller without a page.
    """
    of_project = settings.files("bindings") if settings else []
    if not (bindings or of_project):
        return machine
    from fsm.tables.row_origins import with_bound_rows
    from fsm.tables.words.binding import read_binding

    for path in bindings:
        binding = read_binding(path)
        if binding.machine != name:
            place = binding.place("", binding.machine)
            raise FsmError(f"{place}: a binding to {binding.machine or 'no machine'}, not {name}")
        pages = binding_pages(binding, settings)
        if not pages:
            raise FsmError(f'{path}: names no page; add page = "PAGE.md", the page of its table')
        machine = with_bound_rows(machine, binding, pages)
    for path in of_project:
        binding = read_binding(path)
        is_named = name.endswith(".toml") and os.path.normpath(name) == os.path.normpath(path)
        if binding.machine and (binding.machine == name or is_named):
            machine = with_bound_rows(machine, binding, binding_pages(binding, settings))
    return machine


def about(name: str, bindings: Iterable[Path], settings: ProjectSettings | None) -> list[Path]:
    """Return those bindings that are about a machine, and whose page is known."""
    from fsm.tables.words.binding import read_binding

    return [
        path
        for path in bindings
        if (binding := read_binding(path)).machine == name and binding_pages(binding, settings)
    ]


def binding_pages(binding: Binding, settings: ProjectSettings | None) -> list[Page]:
    """Return the page that a binding names, else those of the settings."""
    from fsm.tables.declared.reading import bound_page
    from fsm.tables.read.page import read_page

    if page := bound_page(binding):
        return [read_page(page)]
    if settings is None:
        return []
    from fsm.checking import PageFiles

    files = PageFiles()
    return [page for path in settings.files("pages") for page in files.read(str(path))]


def check_implementations(
    settings: ProjectSettings, bindings: Iterable[Path] | None = None
) -> list[str]:
    """Refuse settings with an implementation of a machine or page that there is not.

    ``bindings`` are files besides those of the settings and those beside its pages. Only where they
    are given, all machines are known, and a name of code (``module:Class``) that no binding has is
    checked as well: it is refused where it resembles one that a binding has, else it is in the
    notes that are returned. Raises :class:`FsmError` with file, line and the names that there are.
    """
    if not settings.implementations:
        return []
    from fsm.checking import pages_of

    pages = [
        page
        for path in settings.files("pages")
        for page in (pages_of(path) if path.is_dir() else [path])
    ]
    machines = bound_machines(pages, [*settings.files("bindings"), *(bindings or ())])
    known = [*(os.path.relpath(page, settings.folder) for page in pages), *machines, *NAMES]
    notes = []
    for name in settings.implementations:
        if name in machines or name in NAMES or (settings.folder / name).is_file():
            continue
        is_code = CODE.fullmatch(name) is not None
        place = settings.place_of_implementation(name)
        if not is_code or (bindings is not None and nearest(name, known)):
            raise FsmError(f"{place}: implementations: {no_such('machine or page', name, known)}")
        if bindings is not None:
            notes.append(f"{place}: not used: no page of the settings is bound to {name}")
    return notes


def bound_machines(pages: Iterable[Path], bindings: Iterable[Path]) -> list[str]:
    """Return the machines of bindings, and of those beside pages."""
    beside = (page.with_suffix(".toml") for page in pages)
    files = [*bindings, *filter(is_binding, beside)]
    from fsm.tables.words.binding import read_binding

    found = (read_binding(path).machine for path in dict.fromkeys(files))
    return list(dict.fromkeys(name for name in found if name))


def is_binding(path: Path) -> bool:
    """Whether a file binds a table to a machine."""
    if not path.is_file():
        return False
    from fsm.errors import PageError
    from fsm.toml import read_toml

    data = read_toml(path, PageError).data
    return "machine" in data and "columns" in data and may_be_toml(data, "table")
