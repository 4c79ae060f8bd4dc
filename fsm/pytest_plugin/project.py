"""What the settings of a project, the ini file and the options say about pages and systems."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fsm.text import visible

if TYPE_CHECKING:
    from fsm.settings import NamedImplementation, ProjectSettings
    from fsm.tables.words.binding import Binding

__all__ = [
    "add_project_options",
    "add_settings_pages",
    "binding_files",
    "bindings_of",
    "describe_settings",
    "implementation_of",
    "project_settings",
    "settings_pages",
]

_SETTINGS = pytest.StashKey["ProjectSettings | None"]()


def add_project_options(parser: pytest.Parser, group: pytest.OptionGroup) -> None:
    """Add the settings and options about bindings and implementations."""
    text = "TOML files that bind tables to machines (relative to the root)"
    parser.addini("fsm_bindings", text, type="args", default=[])
    parser.addini("fsm_settings", "use fsm.toml or [tool.fsm]", type="bool", default=True)
    group.addoption(
        "--fsm-implementation",
        action="append",
        default=[],
        metavar="[NAME=]IMPLEMENTATION",
        help="run every documented row as a test of module:Class, http://... or cmd:...; NAME is "
        "a machine or a page",
    )


def project_settings(config: pytest.Config) -> ProjectSettings | None:
    """Return the settings of the project, ``None`` without any."""
    if _SETTINGS not in config.stash:
        from fsm.errors import FsmError
        from fsm.settings import find_settings

        wanted = config.getini("fsm_settings")
        try:
            config.stash[_SETTINGS] = find_settings(config.rootpath) if wanted else None
        except FsmError as error:
            raise pytest.UsageError(str(error)) from None
    return config.stash[_SETTINGS]


def settings_pages(config: pytest.Config) -> set[Path]:
    """Return the pages that the settings name, each as a whole path."""
    settings = project_settings(config)
    if settings is None or not settings.pages:
        return set()
    from fsm.checking import pages_of
    from fsm.errors import FsmError

    try:
        named = settings.files("pages")
        return {
            page.resolve()
            for path in named
            for page in (pages_of(path) if path.is_dir() else [path])
        }
    except FsmError as error:
        raise pytest.UsageError(str(error)) from None


def add_settings_pages(config: pytest.Config) -> None:
    """Add the pages of the settings to a run that names nothing, wherever they are."""
    if config.args_source is pytest.Config.ArgsSource.ARGS:
        return
    searched = [Path(config.invocation_params.dir, arg).resolve() for arg in config.args]
    for page in sorted(settings_pages(config)):
        if not any(page.is_relative_to(path) for path in searched):
            config.args.append(str(page))


def binding_files(config: pytest.Config) -> list[Path]:
    """Return the bindings of the ini file."""
    return [Path(os.path.relpath(config.rootpath / n)) for n in config.getini("fsm_bindings")]


def bindings_of(config: pytest.Config, page: Path) -> list[Binding]:
    """Return the bindings that may be about a page; raises :class:`fsm.errors.FsmError`.

    A binding beside the page that is named like it, ``orders.toml`` of ``orders.md``, is one.
    """
    from fsm.documented_machines import is_binding
    from fsm.tables.words.binding import read_binding

    settings = project_settings(config)
    paths = [*binding_files(config), *(settings.files("bindings") if settings else ())]
    beside = Path(os.path.relpath(page.with_suffix(".toml")))
    paths += [beside] if is_binding(beside) else []
    bindings = [read_binding(path) for path in dict.fromkeys(paths)]
    return [
        b
        for b in bindings
        if not b.page or (Path(b.name).parent / b.page.split("#")[0]).resolve() == page.resolve()
    ]


def implementation_of(
    config: pytest.Config, machine: str, page: Path
) -> NamedImplementation | None:
    """Return the adapter for a machine of a page: of the options, else of the settings."""
    from fsm.settings import NamedImplementation

    for_all = None
    for text in config.getoption("--fsm-implementation"):
        name, equals, code = text.partition("=")
        if not equals or text.startswith(("cmd:", "http://", "https://")):
            for_all = NamedImplementation(text, "")
        elif name == machine or (config.invocation_params.dir / name).resolve() == page.resolve():
            return NamedImplementation(code, "")
    settings = project_settings(config)
    found = settings.implementation_of(machine, os.path.relpath(page)) if settings else None
    return for_all or found


def describe_settings(config: pytest.Config) -> list[str]:
    """Return lines for the header of a session: the settings, and which entries it does not use.

    Raises :class:`pytest.UsageError` for an implementation of a machine or page that there is not.
    """
    settings = project_settings(config)
    if settings is None:
        return []
    header = f"fsm: settings: {settings.name}"
    if not settings.implementations:
        return [header]
    from fsm.documented_machines import check_implementations
    from fsm.errors import FsmError

    try:
        notes = check_implementations(settings, binding_files(config))
    except FsmError as error:
        raise pytest.UsageError(visible(str(error))) from None
    return [header, *(f"fsm: {note}" for note in notes)]
