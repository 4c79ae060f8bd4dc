"""MkDocs: fills the generated blocks of pages when a site is built.

As a plugin, in ``mkdocs.yml``::

    plugins:
      - search
      - fsm:
          allow_import: false       # whether pages may name package.module:Class
          lexicons: [words.toml]    # relative to mkdocs.yml

or as a hook without settings: ``hooks: [docs_hook.py]`` with the line
``from fsm.mkdocs import on_page_markdown``. Blocks are those of ``fsm docs``; the pictures of
diagrams are files of the site. A block whose content in the source is out of date, or that cannot
be written, is a warning with file and line: ``mkdocs build --strict`` fails.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from mkdocs.config import config_options
from mkdocs.config.base import Config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import BasePlugin, get_plugin_logger
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from fsm.docs.blocks import find_blocks
from fsm.docs.machine_files import project_loader
from fsm.docs.pages import PageWriter, update_command
from fsm.errors import FsmError
from fsm.tables.words.lexicon_files import combined_lexicons
from fsm.text import visible

__all__ = ["FsmConfig", "FsmPlugin", "on_page_markdown"]

_LOG = get_plugin_logger("fsm")


class FsmConfig(Config):
    """The settings of the plugin."""

    allow_import = config_options.Type(bool, default=False)
    lexicons = config_options.ListOfItems(config_options.File(exists=True), default=[])


class FsmPlugin(BasePlugin[FsmConfig]):
    """The plugin; see the module."""

    def on_page_markdown(
        self, markdown: str, *, page: Page, config: MkDocsConfig, files: Files
    ) -> str:
        """Return a page with its generated blocks."""
        lexicons = map(Path, self.config.lexicons)
        return _filled(markdown, page, config, files, lexicons, self.config.allow_import)


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Return a page with its generated blocks: the hook, without settings."""
    return _filled(markdown, page, config, files, (), allow_import=False)


def _filled(
    markdown: str,
    page: Page,
    config: MkDocsConfig,
    files: Files,
    lexicons: Iterable[Path],
    allow_import: bool,
) -> str:
    source, name = page.file.content_string, page.file.src_uri
    # MkDocs removes the front matter, but messages count its lines.
    begin = source.count("\n") - markdown.count("\n") if source.endswith(markdown) else 0
    text = "\n" * begin + markdown
    project = Path(config.config_file_path or "mkdocs.yml").parent
    words = list(lexicons)
    known = {lexicon.language: lexicon for lexicon in combined_lexicons(words)}
    writer = PageWriter(project_loader(project, allow_import=allow_import), known)
    pages = Path(config.docs_dir)
    try:
        filled = writer.page(text, name, (pages / name).parent)
    except FsmError as error:
        _LOG.warning(visible(str(error)))
        return markdown
    # Machines that are files are relative to the project, so the command is for its directory.
    paths = [Path(os.path.relpath(path, project)) for path in (pages / name, *words)]
    update = update_command(paths[:1], paths[1:], allow_import=allow_import)
    stale = [f"{name}:{line}: the block is out of date" for line in _stale_lines(text, filled)]
    for path, picture in writer.pictures.items():
        uri = path.relative_to(pages.resolve()).as_posix()
        if not _add_picture(uri, picture, config, files):
            stale.append(f"{uri}: the picture is out of date")
    for message in (*writer.notes, *(f"{text}; to update, run: {update}" for text in stale)):
        _LOG.warning(visible(message))
    return filled[begin:]


def _stale_lines(old: str, new: str) -> Iterator[int]:
    """Yield the lines of blocks whose content in the source is neither empty nor the new one."""
    old_lines, new_lines = old.split("\n"), new.split("\n")
    for before, after in zip(find_blocks(old, ""), find_blocks(new, ""), strict=True):
        written = old_lines[before.first : before.last]
        if "".join(written).strip() and written != new_lines[after.first : after.last]:
            yield before.line


def _add_picture(uri: str, picture: str, config: MkDocsConfig, files: Files) -> bool:
    """Add a picture to the site, and return whether the file that is there, if any, is the same."""
    file = files.get_file_from_path(uri)
    if file is None:
        files.append(File.generated(config, uri, content=picture))
        return True
    is_fresh = file.content_string == picture
    if not is_fresh:
        file.content_string = picture
    return is_fresh
