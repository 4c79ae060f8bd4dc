"""What the pages of a Sphinx project may name: machines, and the languages of lexicons."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fsm.catalog import load, machine_class
from fsm.docs.contents import Sources
from fsm.formats import READERS
from fsm.machine import Machine
from fsm.machines import NAMES
from fsm.tables.words.lexicon_files import combined_lexicons
from fsm.trust import guarded_loader

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

__all__ = ["add_settings", "machine_loader", "page_sources"]

_FILES = ("fsm_lexicons", "fsm_bindings")


def add_settings(app: Sphinx) -> None:
    """Add the settings of ``conf.py``; a change of one reads all pages again."""
    app.add_config_value("fsm_allow_import", False, "env", bool)
    for name in _FILES:
        app.add_config_value(name, [], "env", list)
    app.connect("config-inited", _resolve_files)


def _resolve_files(app: Sphinx, config: Config) -> None:
    """Make the files of settings absolute; they are relative to the directory of ``conf.py``."""
    for name in _FILES:
        setattr(config, name, [str(Path(app.confdir, file)) for file in getattr(config, name)])


def page_sources(env: BuildEnvironment) -> Sources:
    """Return what the page that is read may name; it then depends on the files that it names."""
    load_machine = machine_loader(env, allow_import=env.config.fsm_allow_import)
    lexicons = [Path(file) for file in env.config.fsm_lexicons]
    for path in lexicons:
        env.note_dependency(str(path))

    def load_and_note(name: str) -> Machine:
        path = _machine_file(env, name)
        if path is not None:
            env.note_dependency(str(path))
        machine = load_machine(name)
        if path is None:
            env.note_dependency(inspect.getfile(machine_class(str(name))))
        return machine

    known = {lexicon.language: lexicon for lexicon in combined_lexicons(lexicons)}
    return Sources(load_and_note, known)


def machine_loader(env: BuildEnvironment, *, allow_import: bool) -> Callable[[str], Machine]:
    """Return what loads a machine by its name; files are relative to the source directory."""

    def load_name(name: str) -> Machine:
        path = _machine_file(env, name)
        return load(name if path is None else str(path))

    return guarded_loader(load_name, allow_import=allow_import)


def _machine_file(env: BuildEnvironment, name: str) -> Path | None:
    is_file = name not in NAMES and Path(name).suffix.lower() in READERS
    return Path(env.srcdir, name.lstrip("/")) if is_file else None
