"""What the pages of a Sphinx project may name: machines, and the languages of lexicons."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING

from fsm.catalog import machine_class
from fsm.docs.contents import Sources
from fsm.docs.machine_files import machine_file, project_loader
from fsm.machine import Machine
from fsm.tables.words.lexicon_files import combined_lexicons

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

__all__ = ["add_settings", "page_sources"]

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
    directory = Path(env.srcdir)
    load_machine = project_loader(directory, allow_import=env.config.fsm_allow_import)
    lexicons = [Path(file) for file in env.config.fsm_lexicons]
    for path in lexicons:
        env.note_dependency(str(path))

    def load_and_note(name: str) -> Machine:
        path = machine_file(name, directory)
        if path is not None:
            env.note_dependency(str(path))
        machine = load_machine(name)
        if path is None:
            env.note_dependency(inspect.getfile(machine_class(str(name))))
        return machine

    known = {lexicon.language: lexicon for lexicon in combined_lexicons(lexicons)}
    return Sources(load_and_note, known)
