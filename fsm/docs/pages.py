"""Pages as they should be: with every generated block up to date, and the pictures they show."""

from __future__ import annotations

import shlex
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import zip_longest
from pathlib import Path

from fsm.docs.block_kinds import BlockSources, block_content
from fsm.docs.blocks import Block, rewrite_blocks
from fsm.errors import PageError
from fsm.files import decode_utf8, read_bytes
from fsm.machine import Machine
from fsm.tables.read.bounds import MAX_BYTES, PAGE_KIND, check_bounds
from fsm.tables.words.lexicon import Lexicon

__all__ = ["PageWriter", "stale_line", "update_command"]


@dataclass
class PageWriter:
    """Writes the generated blocks of pages into them; nothing is written to files.

    ``blocks`` collects the blocks that were written, ``notes`` what authors should know about
    them, with file and line, ``pictures`` the pictures that they show, by resolved path.
    """

    load: Callable[[str], Machine]
    lexicons: Mapping[str, Lexicon]
    blocks: list[Block] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    pictures: dict[Path, str] = field(default_factory=dict)

    def files(self, path: Path) -> Iterator[tuple[Path, bytes]]:
        """Yield a page and its pictures as they should be, the pictures first.

        Raises :class:`PageError` with file and line for a block that cannot be written.
        """
        data = read_bytes(path, MAX_BYTES, PAGE_KIND, PageError)
        text = decode_utf8(data, str(path), PageError)
        before = set(self.pictures)
        mark = data[: len(BOM_UTF8)] if data.startswith(BOM_UTF8) else b""
        page = mark + self.page(text, str(path), path.parent).encode()
        # The keys of pictures are resolved paths; they are named relative to the given page.
        folder = path.parent.resolve()
        for file, picture in self.pictures.items():
            if file not in before:
                yield path.parent / file.relative_to(folder), picture.encode()
        yield path, page

    def page(self, text: str, name: str, directory: Path) -> str:
        """Return the text of a page in a directory as it should be."""
        check_bounds(text, name)
        sources = BlockSources(self.load, self.lexicons, directory, self.pictures)
        return rewrite_blocks(text, name, partial(self._write, name=name, sources=sources))

    def _write(self, block: Block, name: str, sources: BlockSources) -> str:
        self.blocks.append(block)
        written = block_content(block, sources)
        self.notes += [f"{name}:{block.line}: {note}" for note in sources.notes]
        sources.notes.clear()
        return written


def update_command(
    pages: Iterable[str | Path], lexicons: Iterable[str | Path], *, allow_import: bool
) -> str:
    """Return the command line that brings pages up to date."""
    options = [part for path in lexicons for part in ("--lexicon", str(path))]
    options += ["--allow-import"] if allow_import else []
    return f"fsm docs {shlex.join([*options, *map(str, pages)])}"


def stale_line(path: Path, data: bytes) -> int:
    """Return the first line in which a file differs from what it should be, or 0."""
    try:
        old = path.read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        return 1
    new = data.splitlines(keepends=True)
    pairs = enumerate(zip_longest(old, new), start=1)
    return next((line for line, (before, after) in pairs if before != after), 0)
