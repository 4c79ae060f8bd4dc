"""Check the documented tables of pages: files and directories, by their paths."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from fsm.catalog import load
from fsm.errors import PageError
from fsm.files import decode_utf8, read_stream
from fsm.machines import NAMES
from fsm.tables.check.finding import Finding, Report
from fsm.tables.check.pages import check_pages
from fsm.tables.read.page import MAX_BYTES, SUFFIXES, WHAT, Page, parse_page, read_page
from fsm.tables.words.binding import read_binding
from fsm.tables.words.lexicon import joined_lexicons
from fsm.tables.words.lexicon_names import check_names

__all__ = ["PageFiles", "check", "check_files"]

_OTHERS = (
    ".adoc", ".asciidoc", ".docx", ".htm", ".html", ".ipynb", ".odt", ".org", ".rst", ".tex",
    ".textile", ".txt", ".wiki",
)  # fmt: skip
"""Documentation that is not read; of a directory it is counted."""


def check(
    pages: str | Path | Iterable[str | Path],
    *,
    lexicons: Sequence[str | Path] = (),
    bindings: Sequence[str | Path] = (),
) -> Report:
    """Compare every documented table of Markdown pages with its machine, and return a report.

    ``pages`` are paths of files and of directories, which are searched recursively. ``lexicons``
    are TOML files with the words of further languages, ``bindings`` TOML files that say what the
    columns of a table are. The report has a finding for each disagreement, with file, line and
    column; ``tables`` says how many documented tables there were.

    Raises :class:`fsm.errors.PageError` for a page, a lexicon or a binding that cannot be read.

    >>> from fsm.catalog import machine_page
    >>> report = check(machine_page("with-feedback"))
    >>> report.tables, report.findings, report.confirmed
    (2, (), {'with-feedback': 16})
    """
    names = [pages] if isinstance(pages, str | Path) else list(pages)
    return check_files(PageFiles.of(names), lexicons, bindings)


def check_files(
    files: PageFiles, lexicons: Sequence[str | Path] = (), bindings: Sequence[str | Path] = ()
) -> Report:
    """Check pages that have been read; see :func:`check`."""
    known = joined_lexicons([Path(path) for path in lexicons])
    if lexicons:
        check_names([Path(path) for path in lexicons], load, NAMES)
    report = check_pages(files.pages, known, load, [read_binding(Path(path)) for path in bindings])
    return replace(
        report,
        findings=(*files.findings, *report.findings),
        unread=dict(sorted(files.unread.items())),
    )


@dataclass
class PageFiles:
    """The pages that paths name, and what was named but is not a page."""

    pages: list[Page] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)
    """The other documentation in directories, by suffix."""
    seen: set[Path] = field(default_factory=set)

    @classmethod
    def of(cls, names: Iterable[str | Path]) -> PageFiles:
        """Read pages and the pages of directories, each file once; ``-`` is standard input."""
        files = cls()
        for name in names:
            files.pages += files._read(str(name))
        return files

    def _read(self, name: str) -> Iterator[Page]:
        path = Path(name)
        if name == "-":
            data = read_stream(sys.stdin.buffer, "<stdin>", MAX_BYTES, WHAT, PageError)
            yield parse_page(decode_utf8(data, "<stdin>", PageError), "<stdin>")
        elif path.is_dir():
            yield from map(read_page, filter(self._is_new, self._markdown(path)))
        elif path.suffix.lower() in ("", *SUFFIXES) or not path.exists():
            yield from map(read_page, filter(self._is_new, [path]))
        else:
            text = f"{path.suffix} files are not read; pages are Markdown (.md, .markdown)"
            self.findings.append(Finding(name, 1, 1, "unread-file", text, "", None))

    def _is_new(self, path: Path) -> bool:
        place = path.resolve()
        is_new = place not in self.seen
        self.seen.add(place)
        return is_new

    def _markdown(self, directory: Path) -> Iterator[Path]:
        """Yield the Markdown pages of a directory, in order; links are not followed.

        Hidden files and directories are left out, other documentation is counted.
        """
        for place, folders, names in os.walk(directory, onerror=_unreadable):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                suffix = Path(name).suffix.lower()
                if name.startswith("."):
                    continue
                if suffix in SUFFIXES:
                    yield Path(place, name)
                elif suffix in _OTHERS:
                    self.unread[suffix] += 1


def _unreadable(error: OSError) -> None:
    raise PageError(f"{error.filename}: {error.strerror or error}")
