"""``sphinx-build -b fsm-check``: the documented tables of a project against their machines.

Markdown pages are checked as ``fsm check`` and ``fsm docs --check`` check them. The tables of other
pages, such as reStructuredText, are read from their document trees.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.builders import Builder
from sphinx.util import logging

from fsm.checking import check
from fsm.cli.findings import summary_of
from fsm.docs.machine_files import project_loader
from fsm.docs.pages import PageWriter, stale_line, update_command
from fsm.errors import FsmError, PageError
from fsm.files import read_text
from fsm.machines import NAMES
from fsm.sphinx.table import GENERATED
from fsm.tables.checks.finding import Severity
from fsm.tables.read.bounds import MAX_BYTES, PAGE_KIND
from fsm.tables.read.doctree import doctree_page
from fsm.tables.read.page import SUFFIXES, Page, read_page
from fsm.tables.words.lexicon_files import combined_lexicons
from fsm.tables.words.lexicon_names import check_names
from fsm.text import quantity, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Set

    from fsm.tables.words.lexicon import Lexicon

__all__ = ["CheckBuilder"]

_LOG = logging.getLogger(__name__)


class CheckBuilder(Builder):
    """Writes nothing; the build fails if a table or a generated block differs from its machine."""

    name = "fsm-check"
    format = ""
    epilog = "The documented tables were checked against their machines."

    def get_outdated_docs(self) -> Set[str]:
        """Return all pages: a machine may have changed, whatever happened to the page."""
        return self.env.found_docs

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:  # noqa: ARG002
        """Return no address: no page is written."""
        return ""

    def write_documents(self, docnames: Set[str]) -> None:
        """Check the pages, and report each finding with its file and line."""
        try:
            self._check(sorted(docnames))
        except FsmError as error:
            self._fail(str(error))

    def _check(self, docnames: list[str]) -> None:
        paths = {docname: self.env.doc2path(docname) for docname in docnames}
        markdown = [path for path in paths.values() if path.suffix.lower() in SUFFIXES]
        pages = [
            read_page(path) if path in markdown else self._doctree_page(docname, path)
            for docname, path in paths.items()
        ]
        lexicons = [Path(file) for file in self.config.fsm_lexicons]
        # The settings name these files, so whoever wrote them trusts what the files name.
        load = project_loader(Path(self.srcdir), allow_import=True)
        check_names(lexicons, load, NAMES)
        report = check(pages, lexicons=lexicons, bindings=self.config.fsm_bindings, load=load)
        for finding in report.findings:
            hint = f" (as it should be: {finding.reference})" if finding.reference else ""
            place = f"{finding.file}:{finding.line}:{finding.column}"
            self._report(place, f"{finding.message}{hint}", finding.code, finding.severity)
        blocks = self._check_blocks(markdown, combined_lexicons(lexicons))
        facts = summary_of(replace(report, generated_blocks=0))
        _LOG.info("%s, %s", facts, quantity(blocks, "generated block"))
        if not report.tables and not blocks:
            self._fail(f"nothing to check: no documented table in {quantity(len(pages), 'page')}")

    def _doctree_page(self, docname: str, path: Path) -> Page:
        """Return a page as Sphinx has read it, with its directives and roles."""
        lines = read_text(path, MAX_BYTES, PAGE_KIND, PageError).splitlines()
        tree = self.env.get_doctree(docname)
        return doctree_page(tree, str(path), lines, skipped_class=GENERATED)

    def _check_blocks(self, pages: Iterable[Path], lexicons: Iterable[Lexicon]) -> int:
        """Compare the generated blocks of pages with new ones, and return how many there are."""
        allow_import, files = self.config.fsm_allow_import, self.config.fsm_lexicons
        load = project_loader(Path(self.srcdir), allow_import=allow_import)
        writer = PageWriter(load, {lexicon.language: lexicon for lexicon in lexicons})
        for page in pages:
            try:
                for path, data in writer.files(page):
                    if line := stale_line(path, data):
                        update = update_command([page], files, allow_import=allow_import)
                        fault = "out of date" if path.exists() else "missing"
                        text = f"{fault}; to update, run: {update}"
                        self._report(f"{path}:{line}", text, "stale-block", "error")
            except PageError as error:
                place, _, text = str(error).partition(": ")
                self._report(place, text, "unwritten-block", "error")
        return len(writer.blocks)

    def _report(self, place: str, message: str, code: str, severity: Severity) -> None:
        text = f"{severity}[{code}] {visible(message)}"
        _LOG.warning(text, location=place, type="fsm", subtype="check")
        if severity == "error":
            self._app.statuscode = 1

    def _fail(self, message: str) -> None:
        _LOG.error(visible(message), type="fsm", subtype="check")
        self._app.statuscode = 1
