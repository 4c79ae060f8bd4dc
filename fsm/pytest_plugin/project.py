"""What the settings of a project, the ini file and the options say about pages and systems."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fsm.text import first_names, visible

if TYPE_CHECKING:
    from fsm.settings import NamedImplementation, ProjectSettings
    from fsm.tables.words.binding import Binding

__all__ = [
    "add_project_options",
    "add_settings_pages",
    "binding_files",
    "bindings_of",
    "check_named_implementations",
    "check_used_implementations",
    "describe_settings",
    "implementation_of",
    "project_settings",
    "pytest_terminal_summary",
    "pytest_testnodedown",
    "settings_pages",
]

_OPTION = "--fsm-implementation"
_USED = pytest.StashKey[set[str]]()
"""The names of those options that a page uses."""
_NOTES = pytest.StashKey[dict[str, None]]()
_PAGES = pytest.StashKey[frozenset[Path]]()
_SETTINGS = pytest.StashKey["ProjectSettings | None"]()


def add_project_options(parser: pytest.Parser, group: pytest.OptionGroup) -> None:
    """Add the settings and options about bindings and implementations."""
    text = "TOML files that bind tables to machines (relative to the root)"
    parser.addini("fsm_bindings", text, type="args", default=[])
    parser.addini("fsm_settings", "use fsm.toml or [tool.fsm]", type="bool", default=True)
    group.addoption(
        _OPTION,
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


def settings_pages(config: pytest.Config) -> frozenset[Path]:
    """Return the pages that the settings name, each as a whole path."""
    if _PAGES not in config.stash:
        from fsm.errors import FsmError

        try:
            config.stash[_PAGES] = frozenset(_pages(project_settings(config)))
        except FsmError as error:
            raise pytest.UsageError(visible(str(error))) from None
    return config.stash[_PAGES]


def _pages(settings: ProjectSettings | None) -> Iterator[Path]:
    if settings is None or not settings.pages:
        return
    from fsm.checking import pages_of

    for path in settings.files("pages"):
        yield from (page.resolve() for page in (pages_of(path) if path.is_dir() else [path]))


def add_settings_pages(config: pytest.Config) -> None:
    """Add the pages of the settings to a run that names nothing, wherever they are.

    Raises :class:`pytest.UsageError` for a pattern of the settings that names no file.
    """
    pages = settings_pages(config)
    if config.args_source is pytest.Config.ArgsSource.ARGS:
        return
    searched = [Path(config.invocation_params.dir, arg).resolve() for arg in config.args]
    for page in sorted(pages):
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

    options = _options(config)
    names = [n for n in options if n and (n == machine or _whole(config, n) == page.resolve())]
    for name in [*names, ""]:
        if name in options:
            config.stash.setdefault(_USED, set()).add(name)
            return NamedImplementation(options[name], "")
    settings = project_settings(config)
    return settings.implementation_of(machine, os.path.relpath(page)) if settings else None


def _whole(config: pytest.Config, name: str) -> Path:
    return (config.invocation_params.dir / name).resolve()


def _options(config: pytest.Config) -> dict[str, str]:
    """Return the implementations of the options by machine or page; an empty name is for all."""
    found: dict[str, str] = {}
    for text in config.getoption(_OPTION):
        name, equals, code = text.partition("=")
        if not equals or text.startswith(("cmd:", "http://", "https://")):
            name, code = "", text
        if found.setdefault(name, code) != code:
            what = name or "every machine and page"
            raise pytest.UsageError(
                f"{_OPTION}: two for {what}: {found[name]} and {code}; keep one of them"
            )
    return found


def check_named_implementations(config: pytest.Config, pages: Iterable[Path]) -> list[str]:
    """Refuse an option for a machine or page that there is not; return notes for the header.

    ``pages`` are those of the run besides those of the settings.
    """
    names = [name for name in _options(config) if name]
    if not names:
        return []
    from fsm.documented_machines import bound_machines
    from fsm.errors import FsmError
    from fsm.machines import NAMES
    from fsm.settings import CODE
    from fsm.suggest import nearest, no_such

    settings = project_settings(config)
    every = sorted({*settings_pages(config), *(page.resolve() for page in pages)})
    files = [*binding_files(config), *(settings.files("bindings") if settings else ())]
    try:
        machines = bound_machines(every, files)
    except FsmError as error:
        raise pytest.UsageError(visible(str(error))) from None
    here = config.invocation_params.dir
    known = [*(os.path.relpath(page, here) for page in every), *machines, *NAMES]
    notes = []
    for name in names:
        if name in machines or name in NAMES or _whole(config, name).is_file():
            continue
        if not CODE.fullmatch(name) or nearest(name, known):
            text = no_such("machine or page", name, known)
            raise pytest.UsageError(visible(f"{_OPTION}: {text}"))
        notes.append(f"fsm: {_OPTION}: not used: no page of this run is bound to {name}")
    return notes


def check_used_implementations(config: pytest.Config, pages: Sequence[Path]) -> None:
    """Refuse options that no collected page uses; note one that is for another machine."""
    options = _options(config)
    used = config.stash.get(_USED, set())
    collected = {page.resolve() for page in pages}
    notes = config.stash.setdefault(_NOTES, {})
    for name in (name for name in options if name not in used):
        text = f"{_OPTION} {name}={options[name]}" if name else f"{_OPTION} {options[name]}"
        if not used or _whole(config, name) in collected:
            names = first_names(sorted({page.name for page in pages}))
            refusal = visible(f"{text}: no documented row of {names} is for it")
            _send(config, [f"fsm: {refusal}"])
            raise pytest.UsageError(refusal)
        notes[f"fsm: {text}: not used"] = None
    _send(config, list(notes))


def _send(config: pytest.Config, notes: list[str]) -> None:
    """Send notes of a worker to its controller."""
    if hasattr(config, "workeroutput"):
        config.workeroutput["fsm_notes"] = notes


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Receive from a worker what it did not use."""
    notes = getattr(node, "workeroutput", {}).get("fsm_notes", ())
    node.config.stash.setdefault(_NOTES, {}).update(dict.fromkeys(notes))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Tell which options no page used."""
    for note in config.stash.get(_NOTES, {}):
        terminalreporter.write_line(visible(note))


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
