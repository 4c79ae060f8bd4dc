"""Check the documented tables of pages against their machines."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import TypeAlias

from fsm.arguments import as_several
from fsm.catalog import load
from fsm.errors import PageError
from fsm.file_kinds import misplaced_file
from fsm.files import decode_utf8, read_stream
from fsm.machine import Machine
from fsm.machines import NAMES
from fsm.settings import ProjectSettings
from fsm.tables.checks.finding import CheckReport, Finding
from fsm.tables.checks.pages import check_tables
from fsm.tables.read.bounds import MAX_BYTES, PAGE_KIND
from fsm.tables.read.page import (
    PAGE_FORMATS,
    PAGE_SUFFIXES,
    WRITTEN_SUFFIXES,
    Page,
    parse_page,
    read_page,
)
from fsm.tables.words.binding import Binding, read_binding
from fsm.tables.words.lexicon import Lexicon
from fsm.tables.words.lexicon_files import combined_lexicons
from fsm.tables.words.lexicon_names import check_names
from fsm.trust import NameInFile

__all__ = ["PageFiles", "ProjectCheck", "check", "pages_of"]

_AnyPath: TypeAlias = str | PathLike[str]

_OTHER_SUFFIXES = (
    ".docx", ".htm", ".html", ".ipynb", ".odt", ".org", ".tex", ".textile", ".txt", ".wiki",
)  # fmt: skip
"""Documentation that is counted in a directory.

An HTML page is read where it is named: in a directory it is mostly made from the pages beside it.
"""


def check(
    pages: _AnyPath | Page | Iterable[_AnyPath | Page],
    *,
    lexicons: _AnyPath | Lexicon | Iterable[_AnyPath] | Iterable[Lexicon] = (),
    bindings: _AnyPath | Binding | Iterable[_AnyPath | Binding] = (),
    load: Callable[[str], Machine] = load,
) -> CheckReport:
    """Check the documented tables of some pages against their machines, and return a report.

    ``pages`` are files (Markdown, HTML, reStructuredText, AsciiDoc), directories, which are
    searched recursively for all but HTML, or pages that were parsed. ``lexicons`` are files with
    words of further languages, added to the languages that ship; given as values, they are used
    alone. ``bindings`` say what the columns of other tables are. Of each, one will do as well as
    several. ``load`` returns a machine by its name.

    The report has each finding with its file, line and column, and how many rows agree with their
    machine. A page without documented tables is no error: look at ``CheckReport.tables``.

    Raises :class:`fsm.errors.PageError` for a page, lexicon or binding that cannot be read, and
    :class:`fsm.errors.MachineError` for a machine that cannot be loaded.

    >>> from fsm.catalog import machine_page
    >>> report = check(machine_page("with-feedback"))
    >>> report.confirmed, report.findings
    ({'with-feedback': 16}, ())
    """
    given: Iterable[_AnyPath | Page] = as_several("pages", pages, str, PathLike, Page)
    files = PageFiles()
    read = [
        page
        for item in given
        for page in ([item] if isinstance(item, Page) else files.read(os.fspath(item)))
    ]
    bound: Iterable[_AnyPath | Binding] = as_several("bindings", bindings, str, PathLike, Binding)
    report = check_tables(
        read,
        _lexicons(lexicons),
        load,
        [item if isinstance(item, Binding) else read_binding(Path(item)) for item in bound],
    )
    return files.complete(report)


def _lexicons(given: _AnyPath | Lexicon | Iterable[_AnyPath] | Iterable[Lexicon]) -> list[Lexicon]:
    several: Iterable[_AnyPath | Lexicon] = as_several("lexicons", given, str, PathLike, Lexicon)
    values, paths = [], []
    for item in several:
        if isinstance(item, Lexicon):
            values.append(item)
        else:
            paths.append(Path(item))
    return values if values and not paths else [*values, *combined_lexicons(paths)]


@dataclass(frozen=True)
class ProjectCheck:
    """What one run checks: what the caller names, together with the settings of the project.

    ``pages`` replace those of the settings; ``bindings`` and ``lexicons`` are added to theirs.
    Without ``pages``, those of the settings are checked, and each of their bindings must fit.
    """

    settings: ProjectSettings | None
    pages: tuple[str, ...] = ()
    bindings: tuple[Path, ...] = ()
    lexicons: tuple[Path, ...] = ()
    allow_import: bool = False
    """Whether classes are imported that only the settings, or a file they name, name."""

    @property
    def page_names(self) -> list[str]:
        """The pages of the run."""
        return list(self.pages) or [str(path) for path in self._found("pages")]

    def run(self, read: Sequence[Page], files: PageFiles) -> CheckReport:
        """Check the pages that were read; raises what :func:`check` raises."""
        named = [read_binding(path) for path in self.bindings]
        found = [b for b in map(read_binding, self._found("bindings")) if self._is_about(b, read)]
        lexicons = [*self.lexicons, *self._found("lexicons")]
        load = self._loader({binding.machine for binding in named})
        if lexicons:
            check_names(lexicons, load, NAMES)
        report = check(read, lexicons=lexicons, bindings=[*named, *found], load=load)
        if self.pages:  # a binding of the settings may be about other pages
            unused = {binding.name for binding in found}
            kept = [
                f for f in report.findings if f.code != "unused-binding" or f.file not in unused
            ]
            report = replace(report, findings=tuple(kept))
        name = self.settings.name if self.settings else ""
        return replace(files.complete(report), settings=name)

    def _found(self, entry: str) -> list[Path]:
        """Return the files of the settings that the caller did not name."""
        given = {os.path.normpath(path) for path in (*self.bindings, *self.lexicons)}
        paths = self.settings.files(entry) if self.settings else []
        return [path for path in paths if os.path.normpath(path) not in given]

    def _is_about(self, binding: Binding, read: Sequence[Page]) -> bool:
        """Whether a binding of the settings may be about one of the pages.

        One without a machine says how a table declares its own: nothing is to be compared.
        """
        if not binding.machine:
            return False
        page = os.path.normpath(Path(binding.name).parent / (binding.page or "").split("#")[0])
        return not (self.pages and binding.page) or page in {os.path.normpath(p.name) for p in read}

    def _loader(self, named: Collection[str]) -> Callable[[str], Machine]:
        """Return what loads machines: of the settings no code, unless the caller allows it."""
        if self.allow_import or self.settings is None or self.settings.is_named:
            return load
        return lambda name: load(name if name in named else NameInFile(name))


@dataclass
class PageFiles:
    """The pages that paths name, and the files that are no pages."""

    findings: list[Finding] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)
    seen: set[Path] = field(default_factory=set)

    def read(self, name: str) -> Iterator[Page]:
        """Yield a page, or those of a directory; a file that is named again is left out."""
        path = Path(name)
        if name == "-":
            data = read_stream(sys.stdin.buffer, "<stdin>", MAX_BYTES, PAGE_KIND, PageError)
            yield parse_page(decode_utf8(data, "<stdin>", PageError), "<stdin>")
        elif path.is_dir():
            yield from map(read_page, filter(self._is_new, pages_of(path, self.unread)))
        elif name in NAMES and not path.exists():
            raise PageError(f"{name}: a machine, not a page; fsm show {name} prints its table")
        elif path.suffix.lower() in ("", *PAGE_SUFFIXES) or not path.exists():
            yield from map(read_page, filter(self._is_new, [path]))
        else:
            wrong = misplaced_file(name, "page")
            fault = f"{path.suffix} files are not read; pages are {PAGE_FORMATS}"
            text = "; ".join(filter(None, (fault, wrong and f"this is {wrong}")))
            self.findings.append(Finding(name, 1, 1, "unread-file", text, "", None))

    def complete(self, report: CheckReport) -> CheckReport:
        """Return the report of these pages with the files that were not read."""
        return replace(
            report,
            findings=(*self.findings, *report.findings),
            unread=dict(sorted(self.unread.items())),
        )

    def _is_new(self, path: Path) -> bool:
        try:
            resolved = path.resolve()
        except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle, Python 3.11
            raise PageError(f"{path}: its links cannot be followed: they form a circle") from error
        is_new = resolved not in self.seen
        self.seen.add(resolved)
        return is_new


def pages_of(
    directory: Path,
    unread: Counter[str] | None = None,
    suffixes: Collection[str] = WRITTEN_SUFFIXES,
) -> Iterator[Path]:
    """Yield the pages of a directory and those below it, sorted; links are not followed.

    ``suffixes`` are those of the pages. Hidden files and directories are left out. Other
    documentation is counted in ``unread`` by its suffix. Raises :class:`PageError` for a directory
    that cannot be read.
    """
    for parent, folders, names in os.walk(directory, onerror=_refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            suffix = Path(name).suffix.lower()
            if name.startswith("."):
                continue
            if suffix in suffixes:
                yield Path(parent, name)
            elif suffix in _OTHER_SUFFIXES and unread is not None:
                unread[suffix] += 1


def _refuse(error: OSError) -> None:
    raise PageError(f"{error.filename}: {error.strerror or error}")
