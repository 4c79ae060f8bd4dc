"""Documented tables of Markdown pages are tests, one for each row.

``pytest docs/page.md`` runs the tables of one page; the setting ``fsm_pages`` (or the option
``--fsm-pages``) names pages that are always collected, as patterns from the root directory::

    [tool.pytest.ini_options]
    fsm_pages = ["docs/*.md"]

A test is called ``page.md::with-feedback::row 3 soft bounce``. Where none of the pages documents a
table, one test of the run fails; the setting ``fsm_allow_none = true`` accepts that. A page whose
generated blocks name machines that are not built in has a test for each of them, ``page.md::machine
shop:Order``: it can be loaded. Code that a page names is imported only with the setting
``fsm_allow_import``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fsm.text import quantity, visible

if TYPE_CHECKING:
    from fsm.tables.check.finding import Checked, Finding
    from fsm.tables.read.page import Page
    from fsm.trust import NameInFile

__all__ = [
    "add_page_options",
    "check_patterns",
    "pytest_collect_file",
    "pytest_collection_modifyitems",
]

_LABEL = 60
_PAGES = pytest.StashKey[list["_Page"]]()


def add_page_options(parser: pytest.Parser, group: pytest.OptionGroup) -> None:
    """Add the setting and the option that name pages."""
    text = "Markdown pages whose documented tables are tests (patterns from the root directory)"
    parser.addini("fsm_pages", text, type="args", default=[])
    group.addoption("--fsm-pages", action="append", default=[], help=text)
    text = "import package.module:Class where a page names it, too; importing runs it"
    parser.addini("fsm_allow_import", text, type="bool", default=False)
    parser.addini("fsm_allow_none", "Pages may be without documented tables", type="bool")


def _patterns(config: pytest.Config) -> list[str]:
    return [*config.getini("fsm_pages"), *config.getoption("--fsm-pages")]


def check_patterns(config: pytest.Config) -> None:
    """Refuse patterns that name no page: a page that is not there is not checked."""
    for pattern in _patterns(config):
        try:
            named = list(config.rootpath.glob(pattern))
        except (NotImplementedError, ValueError) as error:
            raise pytest.UsageError(f"fsm_pages: {pattern!r}: {error}") from None
        if not any(map(_is_page, named)):
            raise pytest.UsageError(f"fsm_pages: {pattern!r} names no Markdown page (.md)")


def _is_page(path: Path) -> bool:
    from fsm.tables.read.page import SUFFIXES

    return path.suffix.lower() in SUFFIXES


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a page that was named."""
    root = parent.config.rootpath
    named = any(file_path == path for p in _patterns(parent.config) for path in root.glob(p))
    if not (named or parent.session.isinitpath(file_path)) or not _is_page(file_path):
        return None
    return _Page.from_parent(parent, path=file_path)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add a test that fails where pages were collected, and none documents a table."""

    from fsm.tables.check.finding import Finding

    pages = config.stash.get(_PAGES, [])
    if not pages or config.getini("fsm_allow_none") or any(page.checks for page in pages):
        return
    others = quantity(sum(page.others for page in pages), "other table")
    text = f"nothing to check: no documented table in {quantity(len(pages), 'page')} and {others}"
    finding = Finding(pages[0].path.name, 1, 1, "nothing-to-check", text, "", None)
    items.append(
        _Claim.from_parent(pages[0], name="documented tables", findings=[finding], lines=())
    )


class _Page(pytest.File):
    """A page: its tables, and what was found in it beside them."""

    checks = 0
    """How many documented tables and named machines it has."""
    others = 0
    """How many tables document no machine."""

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        from fsm.catalog import load
        from fsm.errors import FsmError
        from fsm.tables.check.pages import check_pages
        from fsm.tables.read.page import read_page
        from fsm.tables.words.lexicon import languages, load_lexicon

        try:
            page = read_page(self.path)
        except FsmError as error:
            raise self.CollectError(str(error)) from None
        report = check_pages([page], [load_lexicon(name) for name in languages()], load)
        machines = self._machines(page)
        self.checks, self.others = report.tables + len(machines), report.other_tables
        self.config.stash.setdefault(_PAGES, []).append(self)
        inside = {finding for table in report.checked for finding in table.findings}
        beside = [finding for finding in report.findings if finding not in inside]
        for table in report.checked:
            kind = "" if table.kind == "steps" else f" {table.kind}"
            name = f"{table.machine or 'unknown machine'}{kind}"
            yield _Table.from_parent(self, name=name, table=table, lines=page.lines)
        if report.checked or beside:
            yield _Claim.from_parent(self, name="whole page", findings=beside, lines=page.lines)
        for machine in machines:
            yield _Named.from_parent(self, name=f"machine {machine}", machine=machine)

    def _machines(self, page: Page) -> list[NameInFile]:
        """Return the machines that the blocks name, and that are not built in."""
        from fsm.docs.blocks import find_blocks
        from fsm.errors import FsmError
        from fsm.machines import NAMES
        from fsm.trust import NameInFile

        try:
            blocks = list(find_blocks("\n".join(page.lines), page.name))
        except FsmError as error:
            raise self.CollectError(str(error)) from None
        named = [
            NameInFile(word, f"{page.name}:{block.line}")
            for block in blocks
            for word in block.words
            if word not in NAMES
        ]
        return list(dict.fromkeys(named))  # the first place of each name


class _Table(pytest.Collector):
    """A documented table: a test for each row, and one for the table as a whole."""

    def __init__(self, *, table: Checked, lines: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.table, self.lines = table, lines

    def collect(self) -> Iterator[pytest.Item]:
        for number, label in enumerate(self.table.labels, 1):
            found = [finding for finding in self.table.findings if finding.row == number]
            name = f"row {number} {label[:_LABEL]}"
            yield _Claim.from_parent(self, name=name, findings=found, lines=self.lines)
        whole = [finding for finding in self.table.findings if finding.row is None]
        yield _Claim.from_parent(self, name="every step", findings=whole, lines=self.lines)


class _Claim(pytest.Item):
    """What a row, a table or a page claims; it fails with what was found to be wrong."""

    def __init__(
        self, *, findings: Iterable[Finding], lines: tuple[str, ...], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.findings, self.lines = list(findings), lines

    def runtest(self) -> None:
        text = self._text()
        if any(finding.severity == "error" for finding in self.findings):
            raise _DisagreementError(text)
        if text:
            self.add_report_section("call", "findings", text)

    def _text(self) -> str:
        from fsm.cli.findings import format_finding

        return "\n".join(line for f in self.findings for line in format_finding(f, self.lines))

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], *args: Any, **kwargs: Any
    ) -> Any:
        if isinstance(excinfo.value, _DisagreementError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, *args, **kwargs)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        line = self.findings[0].line - 1 if self.findings else None
        return self.path, line, f"{self.path.name}: {self.name}"


class _Named(pytest.Item):
    """A page names a machine: it can be loaded."""

    def __init__(self, *, machine: NameInFile, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.machine = machine

    def runtest(self) -> None:
        from fsm.catalog import load
        from fsm.errors import FsmError
        from fsm.trust import guarded_loader

        wrong = ""
        try:
            guarded_loader(load, allow_import=self.config.getini("fsm_allow_import"))(self.machine)
        except FsmError as error:
            wrong = visible(str(error))
        if wrong:  # here, so that pytest shows this one line and no causes
            pytest.fail(wrong, pytrace=False)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, f"{self.path.name}: {self.name}"


class _DisagreementError(Exception):
    """Page and machine disagree."""
