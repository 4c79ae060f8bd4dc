"""A Sphinx project in a directory, built in this process."""

import io
import re
from dataclasses import dataclass
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

__all__ = ["Built", "build", "project"]

CONF = 'project = "Sample"\nextensions = ["fsm.sphinx", "myst_parser"]\n'


@dataclass(frozen=True)
class Built:
    """How a build ended: its exit status, warnings without colours and folders, and its files."""

    status: int
    warnings: list[str]
    directory: Path

    def text(self, file: str) -> str:
        return (self.directory / file).read_text("utf-8")


def project(directory: Path, **pages: str) -> Path:
    """Write a project; the name of a page has ``_`` for the point before its suffix."""
    (directory / "conf.py").write_text(CONF)
    for name, text in pages.items():
        stem, _, suffix = name.rpartition("_")
        (directory / f"{stem}.{suffix}").write_text(text)
    return directory


def build(source: Path, builder: str, *, parallel: int = 1, **settings: object) -> Built:
    """Build a project; what was built before with the same builder is kept."""
    out, warnings = source / "_build" / builder, io.StringIO()
    # The builder of message catalogs wants document trees of its own.
    trees = source / "_build" / ("catalogs" if builder == "gettext" else "doctrees")
    settings = {"exclude_patterns": ["_build"]} | settings
    with docutils_namespace(), patch_docutils(source):
        app = Sphinx(
            source,
            source,
            out,
            trees,
            builder,
            settings,
            status=None,
            warning=warnings,
            parallel=parallel,
        )
        app.build()
    said = re.sub(r"\x1b\[[\d;]*m", "", warnings.getvalue()).replace(f"{source}/", "")
    return Built(app.statuscode, said.splitlines(), out)
