"""Run the documented tables of pages as tests, one for each row.

``pytest docs/page.md`` runs the tables of one page. The setting ``fsm_pages`` (or the option
``--fsm-pages``) names pages that are always collected, as patterns relative to the root
directory::

    [tool.pytest.ini_options]
    fsm_pages = ["docs/*.md"]

A test is called ``page.md::with-feedback::row 3 soft bounce``. If no page documents a table, an
extra test fails; the setting ``fsm_allow_none = true`` accepts that. If the generated blocks of a
page name machines that are not built in, each of them has a test ``page.md::machine shop:Order``,
which loads it. Code that a page names is imported only with the setting ``fsm_allow_import``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fsm.pytest_plugin.project import (
    bindings_of,
    check_used_implementations,
    project_settings,
    settings_pages,
)
from fsm.pytest_plugin.row_tests import SystemRows, tested_machines
from fsm.text import quantity, visible

if TYPE_CHECKING:
    from fsm.tables.checks.finding import CheckedTable, Finding
    from fsm.tables.read.page import Page
    from fsm.tables.words.lexicon import Lexicon
    from fsm.trust import NameInFile

__all__ = [
    "add_page_options",
    "named_pages",
    "pytest_collect_file",
    "pytest_collection_modifyitems",
]

_LABEL = 60
_PAGES = pytest.StashKey[list["_Page"]]()


def add_page_options(parser: pytest.Parser, group: pytest.OptionGroup) -> None:
    """Add the setting and the option that name pages."""
    text = "pages whose documented tables are tests (patterns relative to the root)"
    parser.addini("fsm_pages", text, type="args", default=[])
    group.addoption("--fsm-pages", action="append", default=[], help=text)
    text = "import package.module:Class that a page names; importing runs the module"
    parser.addini("fsm_allow_import", text, type="bool", default=False)
    parser.addini("fsm_allow_none", "accept pages without documented tables", type="bool")


def _patterns(config: pytest.Config) -> list[str]:
    return [*config.getini("fsm_pages"), *config.getoption("--fsm-pages")]


def named_pages(config: pytest.Config) -> list[Path]:
    """Return the pages that patterns and arguments name, besides those of the settings.

    Refuses a pattern that names no page: it would be a check that never runs.
    """
    args = (config.invocation_params.dir / str(arg).partition("::")[0] for arg in config.args)
    found = [path for path in args if _is_page(path) and path.is_file()]
    for pattern in _patterns(config):
        try:
            named = list(filter(_is_page, config.rootpath.glob(pattern)))
        except (NotImplementedError, ValueError) as error:
            raise pytest.UsageError(f"fsm_pages: {pattern!r}: {error}") from None
        if not named:
            raise pytest.UsageError(
                f"fsm_pages: {pattern!r} names no page (.md, .html, .rst, .adoc)"
            )
        found += named
    return found


def _is_page(path: Path) -> bool:
    from fsm.tables.read.page import PAGE_SUFFIXES

    return path.suffix.lower() in PAGE_SUFFIXES


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a page that an argument or a setting names."""
    root = parent.config.rootpath
    named = any(file_path == path for p in _patterns(parent.config) for path in root.glob(p))
    named = named or file_path.resolve() in settings_pages(parent.config)
    if not (named or parent.session.isinitpath(file_path)) or not _is_page(file_path):
        return None
    return _Page.from_parent(parent, path=file_path)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add a test that fails if pages were collected and none of them documents a table."""
    from fsm.tables.checks.finding import Finding

    pages = config.stash.get(_PAGES, [])
    if pages:
        check_used_implementations(config, [page.path for page in pages])
    if not pages or config.getini("fsm_allow_none") or any(page.checks for page in pages):
        return
    others = quantity(sum(page.others for page in pages), "other table")
    text = f"nothing to check: no documented table in {quantity(len(pages), 'page')} and {others}"
    finding = Finding(pages[0].path.name, 1, 1, "nothing-to-check", text, "", None)
    items.append(
        _Claim.from_parent(pages[0], name="documented tables", findings=[finding], lines=())
    )


class _Page(pytest.File):
    """A page: a collector for each table, and a test for the page as a whole."""

    checks = 0
    """How many documented tables and named machines it has."""
    systems = 0
    """How many implementations its rows are run against."""
    others = 0
    """How many tables document no machine."""

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        from fsm.catalog import load
        from fsm.errors import FsmError
        from fsm.tables.checks.pages import check_tables
        from fsm.tables.read.page import read_page

        try:
            page = read_page(self.path)
        except FsmError as error:
            raise self.CollectError(str(error)) from None
        try:
            bindings = bindings_of(self.config, self.path)
            bound = [binding for binding in bindings if binding.machine]
            report = check_tables([page], self._lexicons(), load, bound)
            systems = list(tested_machines(self.config, self.path, page, report, bindings))
        except FsmError as error:
            raise self.CollectError(str(error)) from None
        machines = self._machines(page)
        self.checks = report.tables + len(machines) + len(systems)
        self.systems, self.others = len(systems), report.other_tables
        self.config.stash.setdefault(_PAGES, []).append(self)
        in_tables = {finding for table in report.checked for finding in table.findings}
        outside = [
            finding
            for finding in report.findings
            # a binding may be about another page; fsm check finds one that is about none
            if finding not in in_tables and finding.code != "unused-binding"
        ]
        for table in report.checked:
            kind = "" if table.kind in ("steps", "bound") else f" {table.kind}"
            name = f"{table.machine or 'unknown machine'}{kind}"
            yield _Table.from_parent(self, name=name, table=table, lines=page.lines)
        if report.checked or outside:
            yield _Claim.from_parent(self, name="whole page", findings=outside, lines=page.lines)
        for machine in machines:
            yield _Named.from_parent(self, name=f"machine {machine}", machine=machine)
        for tested, implementation, labels in systems:
            yield SystemRows.from_parent(
                self,
                name=f"{implementation.code} against {tested.name}",
                machine=tested,
                implementation=implementation,
                labels=labels,
                lines=page.lines,
            )

    def _lexicons(self) -> list[Lexicon]:
        from fsm.tables.words.lexicon_files import combined_lexicons

        settings = project_settings(self.config)
        return combined_lexicons(settings.files("lexicons") if settings else [])

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
        machines = [
            NameInFile(word, f"{page.name}:{block.line}")
            for block in blocks
            for word in block.words
            if word not in NAMES
        ]
        return list(dict.fromkeys(machines))  # the first place of each name


class _Table(pytest.Collector):
    """A documented table: a test for each row, and one for the table as a whole."""

    def __init__(self, *, table: CheckedTable, lines: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.table, self.lines = table, lines

    def collect(self) -> Iterator[pytest.Item]:
        for number, label in enumerate(self.table.labels, 1):
            of_row = [finding for finding in self.table.findings if finding.row == number]
            name = f"row {number} {label[:_LABEL]}"
            yield _Claim.from_parent(self, name=name, findings=of_row, lines=self.lines)
        whole = [finding for finding in self.table.findings if finding.row is None]
        yield _Claim.from_parent(self, name="every step", findings=whole, lines=self.lines)


class _Claim(pytest.Item):
    """What a row, a table or a page claims; the test fails with the findings that are errors."""

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
    """A machine that a page names; the test fails if the machine cannot be loaded."""

    def __init__(self, *, machine: NameInFile, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.machine = machine

    def runtest(self) -> None:
        from fsm.catalog import load
        from fsm.errors import FsmError
        from fsm.trust import guarded_loader

        fault = ""
        try:
            guarded_loader(load, allow_import=self.config.getini("fsm_allow_import"))(self.machine)
        except FsmError as error:
            fault = visible(str(error))
        if fault:  # outside the except block, so that pytest shows one line and no causes
            pytest.fail(fault, pytrace=False)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, f"{self.path.name}: {self.name}"


class _DisagreementError(Exception):
    """Page and machine disagree."""
