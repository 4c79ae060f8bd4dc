"""Machines by name: built-in ones, files and classes."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

from fsm.arguments import as_several
from fsm.errors import MachineError, warn_of_assumptions
from fsm.file_kinds import misplaced_file
from fsm.importing import find_hidden_module, local_modules, working_directory
from fsm.machine import Machine
from fsm.machines import NAMES
from fsm.suggest import suggestion
from fsm.text import shortened
from fsm.trust import NameInFile, ShadowWarning

if TYPE_CHECKING:
    from collections.abc import Callable

    from fsm.formats.statecharts.object_machines import MachineObject
    from fsm.mealy import Mealy

_LONGEST_NAME = 200
_READ_AS_SOURCE = re.compile(
    r"^[ \t]*(?:from|import)[ \t]+(?:django_fsm|viewflow|transitions)\b", re.MULTILINE
)
"""An import of a library whose machines are read from their source."""
_PAGES = "page.md, page.md#section"
_BUILT_IN = ", ".join(NAMES)

__all__ = [
    "as_machine",
    "as_machines",
    "as_specification",
    "built_in_companion",
    "import_object",
    "load",
    "load_bare",
    "load_specification",
    "machine_class",
    "machine_page",
]


def load(name: str | MachineObject) -> Machine:
    """Return the machine of a built-in name, of ``package.module:Class``, a file or a page.

    ``name`` is one of :data:`fsm.machines.NAMES`, a class to import or a path. A page with one
    documented table is the machine that the table declares, ``page.md#section`` that of one of
    its sections; its transitions name row, file and line. A page without such a table may have one
    state diagram instead; ``page.md#L12`` is the diagram at a line. A ``.toml`` file says how the
    table of a page is read. What was assumed is in ``assumed``, and warned of. Files are JSON,
    YAML, SCXML, DOT, or a state diagram in Mermaid or PlantUML; the guide on formats says whose.
    ``file.puml#name`` is one of several machines in a file.
    ``package.module:name`` is a class of python-statemachine, a machine of the library transitions,
    or a model of Django-FSM; a machine object of transitions is taken as it is. Built-in machines
    carry the origin of each transition, read from their Markdown page. Importing a module runs it:
    name only modules you trust. For a name that a file states (:class:`fsm.trust.NameInFile`)
    nothing is imported.

    Raises :class:`MachineError` where the machine cannot be found or compiled exactly, or must not
    be imported.

    >>> machine = load("with-feedback")
    >>> machine
    Machine('with-feedback', 6 states, 6 events, 11 transitions)
    >>> machine.step("awaiting", "soft_bounce").target
    'retrying'
    """
    given: object = name
    if not isinstance(given, str):
        return _of_object(given)
    return _built_in(given) if given in NAMES else load_bare(given)


def as_machine(machine: Machine | MachineObject | str) -> Machine:
    """Return a machine as it is, or the one of this name; raises what :func:`load` raises."""
    return machine if isinstance(machine, Machine) else load(machine)


def _of_object(given: object) -> Machine:
    """Return the table of a machine of another library; raises :class:`MachineError`."""
    kind = given if isinstance(given, type) else type(given)
    found = _of_other_library(given, kind.__name__)
    if found is None:
        raise MachineError(_no_name(given))
    return found


def as_machines(machines: Machine | str | Iterable[Machine | str]) -> list[Machine]:
    """Return one machine or several, each as it is or by its name."""
    if not isinstance(machines, Iterable | Machine):
        raise MachineError(_no_name(machines))
    given: Iterable[Machine | str] = as_several("machines", machines, Machine, str)
    return [as_machine(machine) for machine in given]


def _no_name(given: object) -> str:
    """Return why a value is neither a machine nor the name of one, and what to give instead."""
    if isinstance(given, Machine):
        return f"{given!r}: a machine already, not the name of one"
    if isinstance(given, PathLike):
        return f"{given}: a path; give it as text: {fspath(given)!r}"
    if isinstance(given, type):
        name = given.__name__
        return f"{name}: a class, not a machine; compile it: fsm.compile_chart({name})"
    kind = type(given).__name__
    if hasattr(type(given), "states") and hasattr(type(given), "send"):
        return f"an object of {kind}, not a machine; compile its class: fsm.compile_chart({kind})"
    return f"{shortened(repr(given), _LONGEST_NAME)}: not a machine; give a machine or its name"


def load_bare(name: str) -> Machine:
    """Return a machine without the origins of its transitions, which is faster."""
    if name in NAMES:
        return _compiled(name)
    from fsm.formats import READERS

    path = Path(name)
    # Before pages, whose readers take longer to import than most machines to read.
    reader = READERS.get(path.suffix.lower())
    if (not reader or "#" in name) and _is_page(name):
        from fsm.tables.declared.pages import load_page

        return load_page(name, load)
    machine = _part_of_file(name) or (reader(path) if reader else _compiled(name))
    warn_of_assumptions(name, machine.assumed)
    return machine


def _part_of_file(name: str) -> Machine | None:
    """Return the machine of ``file.puml#name``; ``None`` for a name without a part."""
    if "#" not in name:
        return None
    from fsm.formats import PART_READERS
    from fsm.tables.read.sections import split_page_name

    file, part = split_page_name(name)
    reader = PART_READERS.get(Path(file).suffix.lower()) if part else None
    return reader(Path(file), part) if reader else None


def _is_page(name: str) -> bool:
    """Whether a name is a page, a section of one, or a TOML file about one."""
    from fsm.tables.read.page import PAGE_SUFFIXES

    file = name.rpartition("#")[0] or name
    return any(Path(each).suffix.lower() in (*PAGE_SUFFIXES, ".toml") for each in (name, file))


def load_specification(name: str) -> Machine | Mealy:
    """Return a specification for tests: the Mealy machine of a diagram, else a machine."""
    from fsm.formats import DRAWN, read_drawn

    path = Path(name)
    return read_drawn(path) if path.suffix.lower() in DRAWN else load(name)


def as_specification(machine: Machine | Mealy | str) -> Machine | Mealy:
    """Return what tests are made from as it is, or by its name; see :func:`load_specification`."""
    given: object = machine
    if isinstance(given, str):
        return load_specification(given)
    if isinstance(given, Machine):
        return given
    from fsm.mealy import Mealy

    if isinstance(given, Mealy):
        return given
    raise MachineError(_no_name(given))


class _BuiltInCompanion:
    """A function whose name, without an address, is what :func:`help` shows as a default."""

    __name__ = "built_in_companion"

    def __call__(self, name: str) -> Machine:
        """Return a built-in machine that runs beside another one; no module is imported.

        Raises :class:`MachineError` where no machine of this name is built in.
        """
        if name not in NAMES:
            raise MachineError(
                f"{name}: a companion that is not built in; companions=fsm.load imports it, "
                "companions=None leaves it out"
            )
        return _built_in(name)

    def __repr__(self) -> str:
        return self.__name__

    def __reduce__(self) -> str:
        return self.__name__


built_in_companion = _BuiltInCompanion()
"""Returns a built-in machine that runs beside another one, by its name."""


@cache
def _built_in(name: str) -> Machine:
    from fsm.tables.transition_rows import read_origins

    machine = _compiled(name)
    return machine.with_origins(read_origins(machine_page(name), machine))


@cache
def _compiled(name: str) -> Machine:
    from fsm.compile import compile_chart

    if name in NAMES or ":" not in name:
        return compile_chart(machine_class(name), name)
    value, field = _imported(name)
    return _of_other_library(value, name, field) or compile_chart(_as_class(value, name), name)


def _imported(name: str) -> tuple[object, str]:
    """Import ``module:name`` or ``module:Model.field``; return the object, and the field."""
    value = import_object(name)
    module, _, attribute = name.partition(":")
    owner, _, field = attribute.rpartition(".")
    if value is None and owner:
        return import_object(f"{module}:{owner}"), field
    return value, ""


def _of_other_library(value: object, name: str, field: str = "") -> Machine | None:
    """Return the machine of an object that is none of python-statemachine, if it is one."""
    if value is None or _is_chart_class(value) or isinstance(value, Machine | PathLike):
        return None
    from fsm.formats.statecharts.object_machines import machine_of_object

    return machine_of_object(value, name, field)


def _is_chart_class(value: object) -> bool:
    """Whether a class is one of python-statemachine, which is not imported to ask it."""
    bases = value.__mro__ if isinstance(value, type) else ()
    return any(base.__module__.partition(".")[0] == "statemachine" for base in bases)


def machine_class(name: str) -> type:
    """Return the class behind a machine's name; raises :class:`MachineError`."""
    target = NAMES.get(name, name)
    if ":" not in target:
        raise MachineError(_unknown(name))
    return _as_class(import_object(target), target)


def _as_class(value: object, name: str) -> type:
    if not isinstance(value, type):
        module, _, attribute = name.partition(":")
        raise MachineError(
            f"{name}: {module!r} has no class {attribute!r}{_shadowed(module, '; ')}"
        )
    return value


def import_object(name: str) -> object:
    """Import ``package.module:name``; raises :class:`MachineError`.

    Importing a module runs it, so a name that a file states is refused. Installed modules win over
    modules of the working directory, which is searched only while this module is imported.
    """
    if isinstance(name, NameInFile):
        raise MachineError(name.refusal)
    module_name, _, attribute = name.partition(":")
    try:
        with working_directory(module_name):
            module = import_module(module_name)
            value: object = getattr(module, attribute, None)
    except ImportError as error:
        raise MachineError(
            f"{name}: cannot import {module_name!r}: {error}"
            f"{_shadowed(module_name, '; ') or _misspelt(module_name, error.name)}"
            f"{_as_source(module_name, attribute)}"
        ) from error
    except (Exception, SystemExit) as error:  # a module is a program, and may end itself
        raise MachineError(
            f"{name}: importing {module_name!r} failed: {type(error).__name__}: {error}"
            f"{_as_source(module_name, attribute)}"
        ) from error
    if value is not None and (shadowed := _shadowed(module_name)):
        warnings.warn(f"{name}: {shadowed}", ShadowWarning, stacklevel=2)
    return value


def _as_source(module_name: str, attribute: str) -> str:
    """Return how the source of a model is named, which is read without importing it."""
    if not all(part.isidentifier() for part in module_name.split(".")):
        return ""
    source = Path(*module_name.split(".")).with_suffix(".py")
    try:
        text = source.read_text("utf-8", "replace") if source.is_file() else ""
    except (OSError, ValueError):
        text = ""
    if not _READ_AS_SOURCE.search(text):
        return ""
    return f"; to read it without importing it: {source.as_posix()}#{attribute}"


def _misspelt(module_name: str, missing: str | None) -> str:
    """Return a question for the modules of the working directory with a similar name.

    There is none where the module is there, and imports one that is ``missing``.
    """
    is_there = not f"{module_name}.".startswith(f"{missing}.")
    question = None if is_there else suggestion(module_name, local_modules())
    return f"; {question}" if question else ""


def _shadowed(module_name: str, begin: str = "") -> str:
    """Return why a module of the working directory was not imported, or an empty text."""
    hidden = find_hidden_module(module_name)
    if hidden is None:
        return ""
    return (
        f"{begin}the installed module {hidden.installed} was taken, not {hidden.local} of the "
        "working directory, which has the same name; rename that one"
    )


def machine_page(name: str) -> Path:
    """Return the Markdown page of a built-in machine."""
    from importlib.resources import files

    if name not in NAMES:
        raise MachineError(_unknown(name))
    return Path(str(files("fsm.machines").joinpath(name.replace("-", "_") + ".md")))


def _unknown(name: str) -> str:
    from fsm.formats import READERS

    others = f"others are files ({', '.join(READERS)}), pages ({_PAGES}), or package.module:Class"
    if not name:
        return "the name of a machine is empty; is a variable of the shell not set?"
    path, name = Path(name), shortened(name, _LONGEST_NAME)
    if _is(path.is_dir):
        return f"{name}: a directory, not a machine; name a file in it: {', '.join(READERS)}"
    if _is(path.is_file):
        wrong = misplaced_file(name, "machine")
        return f"{name}: {wrong or f'no machine file; built in are {_BUILT_IN}; {others}'}"
    files = [file.name for suffix in READERS for file in sorted(Path().glob(f"*{suffix}"))]
    question = suggestion(name, [*NAMES, *files])
    built_in = f"{'Built' if question else 'built'} in are {_BUILT_IN}"
    return f"{name}: no such machine; {question + ' ' if question else ''}{built_in}; {others}"


def _is(test: Callable[[], bool]) -> bool:
    """Return what a test of a path tells; False for a name that no file can have."""
    try:
        return test()
    except (OSError, ValueError):
        return False
