"""The content of a generated block, as Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from fsm.docs.blocks import Block
from fsm.docs.contents import (
    CodeContent,
    DiagramContent,
    SentenceContent,
    Sources,
    TableContent,
    content,
)
from fsm.errors import PageError
from fsm.tables.read.cell_text import escaped_cell
from fsm.tables.write import markdown
from fsm.text import HIDDEN

__all__ = ["BlockSources", "block_content"]


@dataclass(frozen=True)
class BlockSources(Sources):
    """What the blocks of a page are written from; the page is in ``directory``.

    ``pictures`` collects the pictures that blocks show, by path; pages may share them.
    """

    directory: Path
    pictures: dict[Path, str] = field(default_factory=dict)


def block_content(block: Block, sources: BlockSources) -> str:
    """Return the lines of a block; raises :class:`PageError` for one that cannot be written."""
    further = ("file",) if block.kind == "diagram" else ()
    made = content(block.kind, block.words, block.options, sources, further=further)
    if isinstance(made, TableContent):
        title = f"**{escaped_cell(made.title)}**\n\n" if made.title else ""
        return f"{title}{markdown(made.grid)}"
    if isinstance(made, SentenceContent):
        return escaped_cell(made.text)
    if isinstance(made, CodeContent):
        return _fenced(made)
    return _image(made, block.options.get("file"), sources)


def _image(diagram: DiagramContent, file: str | None, sources: BlockSources) -> str:
    from fsm.drawing import draw

    if not file or not file.endswith(".svg") or Path(file).is_absolute() or HIDDEN.search(file):
        raise PageError("fsm:diagram needs file=NAME.svg, a picture beside the page")
    try:
        path = (sources.directory / file).resolve()
    except RuntimeError as error:  # until Python 3.12
        raise PageError(f"file={file}: its links form a circle") from error
    if not path.is_relative_to(sources.directory.resolve()):
        raise PageError(f"file={file} is not in the directory of the page")
    if not path.parent.is_dir():
        raise PageError(f"file={file}: its directory does not exist; create it first")
    picture = draw(diagram.machine, "svg", diagram.look, renderer="wheel")
    if sources.pictures.setdefault(path, picture) != picture:
        raise PageError(f"file={file}: another block writes a different picture to it")
    title = escaped_cell(diagram.title)
    return f"![{title}](<{file}>)" if " " in file else f"![{title}]({file})"


def _fenced(code: CodeContent) -> str:
    """Return a code block; its fence is longer than any run of backticks in the text."""
    longest = max(map(len, re.findall("`+", code.text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{code.language}\n{code.text.rstrip()}\n{fence}"
