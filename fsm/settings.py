"""The settings of a project: which pages, lexicons, mappings and so on belong together.

They stand in ``fsm.toml``, or as ``[tool.fsm]`` in ``pyproject.toml``::

    kind = "settings"               # in fsm.toml only
    pages = ["docs/**/*.md"]        # files, directories or patterns, relative to this file
    bindings = ["docs/orders.toml"]
    lexicons = ["docs/nl.toml"]
    mappings = ["logs/parcels.toml"]
    expect = 24                     # how many tables the pages document

    [implementations]               # machine or page = "module:Class", "cmd:..." or "http://..."
    "shop.orders:Order" = "tests.adapters:Shop"

Settings are found in the working directory or above it, up to the root of the repository or the
home directory. A file that was found names files, never code to run, see :mod:`fsm.trust`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from fsm.errors import FsmError
from fsm.file_kinds import may_be_toml, misplaced_toml
from fsm.suggest import no_such
from fsm.toml import Toml, read_toml

__all__ = ["CODE", "NamedImplementation", "ProjectSettings", "find_settings", "read_settings"]

_OWN, _PROJECT, _SECTION = "fsm.toml", "pyproject.toml", "tool.fsm"
_LISTS = ("pages", "bindings", "lexicons", "mappings")
_ENTRIES = ("kind", *_LISTS, "expect", "implementations")
CODE = re.compile(r"\w+(?:\.\w+)*:\w+")
"""A name of code, ``package.module:name``."""
_IMPLEMENTATION = re.compile(rf"{CODE.pattern}|cmd:.*\S.*|https?://\S+")


class NamedImplementation(NamedTuple):
    """An adapter that the settings name."""

    code: str
    """``module:Class``, ``cmd:...`` or ``http://...``."""
    place: str
    """File and line of the entry."""


@dataclass(frozen=True)
class ProjectSettings:
    """What a file of settings says; patterns are relative to its folder."""

    toml: Toml
    pages: tuple[str, ...] = ()
    bindings: tuple[str, ...] = ()
    lexicons: tuple[str, ...] = ()
    mappings: tuple[str, ...] = ()
    expect: int | None = None
    """How many tables the pages document; ``None`` where that is not said."""
    implementations: Mapping[str, str] = field(default_factory=dict)
    """The adapter of each machine or page, as ``module:Class``."""
    is_named: bool = False
    """Whether the caller named the file, and so trusts the code that it names."""

    @property
    def name(self) -> str:
        """The file, relative to the working directory."""
        return self.toml.name

    @property
    def folder(self) -> Path:
        """The folder of the file."""
        return Path(self.toml.name).parent

    def files(self, entry: str) -> list[Path]:
        """Return the files of an entry, such as ``pages`` or ``mappings``, sorted.

        Raises :class:`FsmError` with file and line for a pattern that names no file.
        """
        patterns: tuple[str, ...] = getattr(self, entry)
        found = [path for pattern in patterns for path in self._matching(entry, pattern)]
        return list(dict.fromkeys(found))

    def _matching(self, entry: str, pattern: str) -> list[Path]:
        try:
            exact = self.folder / pattern
            paths = [exact] if exact.exists() else sorted(self.folder.glob(pattern))
        except (NotImplementedError, ValueError, OSError) as error:
            raise FsmError(f"{self._place(pattern)}: {entry}: {pattern!r}: {error}") from None
        if not paths:
            raise FsmError(f"{self._place(pattern)}: {entry}: {pattern!r} names no file")
        return paths

    def implementation_of(self, machine: str, page: str) -> NamedImplementation | None:
        """Return the adapter for a machine or, if it has none, for a page."""
        paths = {os.path.normpath(self.folder / n): n for n in self.implementations}
        name = machine if machine in self.implementations else paths.get(os.path.normpath(page))
        if name is None:
            return None
        return NamedImplementation(self.implementations[name], self.place_of_implementation(name))

    def place_of_implementation(self, name: str) -> str:
        """Return file and line of the entry for a machine or page."""
        section = "implementations"
        if Path(self.name).name == _PROJECT:
            section = f"{_SECTION}.{section}"
        return f"{self.name}:{self.toml.line(section, name)}"

    def _place(self, *texts: str) -> str:
        return f"{self.name}:{self.toml.line('', *texts)}"


def find_settings(directory: Path | None = None) -> ProjectSettings | None:
    """Return the settings of a directory, or of the nearest one above it; ``None`` without any.

    The search ends at the root of a repository and at the home directory. Raises
    :class:`FsmError` for settings that cannot be read, and for two files in one folder.
    """
    try:
        start = (directory or Path()).resolve()
        home = Path.home()
    except (OSError, RuntimeError):  # the working directory was deleted, or nobody has a home
        return None
    for folder in (start, *start.parents):
        found = [path for path in (folder / _OWN, folder / _PROJECT) if _has_settings(path)]
        if len(found) > 1:
            names = " and ".join(os.path.relpath(path) for path in found)
            raise FsmError(f"{names}: settings in both files; keep those of one")
        if found:
            return read_settings(Path(os.path.relpath(found[0])), is_named=False)
        if folder == home or (folder / ".git").exists():
            break
    return None


def _has_settings(path: Path) -> bool:
    """Whether a file has settings; a file of that name may be another kind of TOML file."""
    if not path.is_file():
        return False
    toml = read_toml(Path(os.path.relpath(path)), FsmError)
    if path.name == _PROJECT:
        return _section(toml) is not None
    if "kind" in toml.data:
        return may_be_toml(toml.data, "settings")
    return not misplaced_toml(toml.data, "settings")


def _section(toml: Toml) -> Any:
    tool = toml.data.get("tool")
    return tool.get("fsm") if isinstance(tool, dict) else None


def read_settings(path: Path, *, is_named: bool = True) -> ProjectSettings:
    """Read a file of settings; raises :class:`FsmError` with the file, the line and the fault."""
    toml = read_toml(path, FsmError)
    is_project = path.name == _PROJECT
    data = _section(toml) if is_project else toml.data
    if not isinstance(data, dict):
        raise FsmError(f"{path}: no [{_SECTION}] with settings")
    if not is_project:
        if wrong := misplaced_toml(data, "settings"):
            line = f":{toml.line('', 'kind')}" if "kind" in data else ""
            raise FsmError(f"{path}{line}: {wrong}")
        if "kind" not in data:
            raise FsmError(f'{path}:1: settings begin with the line kind = "settings"')
    section = _SECTION if is_project else ""
    for name in data:
        if name not in _ENTRIES:
            raise FsmError(f"{path}:{toml.line(section, name)}: {no_such('entry', name, _ENTRIES)}")
    return ProjectSettings(
        toml,
        **{name: _texts(toml, section, name, data.get(name, [])) for name in _LISTS},
        expect=_number(toml, section, data.get("expect")),
        implementations=_implementations(toml, section, data.get("implementations", {})),
        is_named=is_named,
    )


def _texts(toml: Toml, section: str, name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
        place = f"{toml.name}:{toml.line(section, name)}"
        raise FsmError(f'{place}: write {name} = ["a file or pattern", "another"]')
    return tuple(value)


def _number(toml: Toml, section: str, value: object) -> int | None:
    if value is None:
        return None
    if type(value) is not int or value < 0:
        place = f"{toml.name}:{toml.line(section, 'expect')}"
        raise FsmError(f"{place}: write expect = N, how many tables the pages document")
    return value


def _implementations(toml: Toml, section: str, value: object) -> dict[str, str]:
    inner = f"{section}.implementations".lstrip(".")
    is_table = isinstance(value, dict)
    entries = value if isinstance(value, dict) else {"implementations": value}
    for name, code in entries.items():
        if not is_table or not isinstance(code, str) or not _IMPLEMENTATION.fullmatch(code):
            line = toml.line(inner if is_table else section, name)
            raise FsmError(
                f"{toml.name}:{line}: write [implementations] with lines such as "
                '"machine or page.md" = "module:Class" (or "cmd:..." or "http://...")'
            )
    return dict(entries)
