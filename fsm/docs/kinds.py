"""What a generated block can hold, by the word that asks for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fsm.comparison import compare, describe_comparison
from fsm.docs.blocks import Block
from fsm.errors import FsmError, PageError
from fsm.machine import Machine
from fsm.tables.words.lexicon import Lexicon
from fsm.tables.write import Grid, cell_text, decisions, documented, markdown, matrix, transitions
from fsm.text import HIDDEN, visible
from fsm.trust import NameInFile

__all__ = ["KINDS", "Pages", "content"]

Load = Callable[[str], Machine]


@dataclass(frozen=True)
class Pages:
    """What blocks are written from: machines by name, lexicons by language.

    ``pictures`` are those that the blocks show, by path; pages may share them.
    """

    load: Load
    directory: Path
    lexicons: Mapping[str, Lexicon]
    pictures: dict[Path, str] = field(default_factory=dict)


def content(block: Block, pages: Pages) -> str:
    """Return the lines of a block; raises :class:`PageError` for one that asks for nonsense."""
    kind = KINDS.get(block.kind)
    if kind is None:
        raise PageError(f"no block fsm:{block.kind}; there are: {', '.join(KINDS)}")
    if len(block.words) != kind.machines:
        wanted = "one machine" if kind.machines == 1 else "two machines"
        raise PageError(f"fsm:{block.kind} names {wanted}, this one {len(block.words)}")
    unknown = sorted(block.options.keys() - set(kind.options))
    if unknown:
        known = ", ".join(kind.options) or "none"
        raise PageError(f"fsm:{block.kind} has no option {unknown[0]!r}; there are: {known}")
    try:
        machines = [pages.load(NameInFile(word)) for word in block.words]
        return kind.write(machines, block.options, pages)
    except PageError:
        raise
    except FsmError as error:
        raise PageError(str(error)) from error


@dataclass(frozen=True)
class _Kind:
    machines: int
    write: Callable[[list[Machine], Mapping[str, str], Pages], str]
    options: tuple[str, ...] = ()


def _grid(grid: Callable[[Machine], Grid]) -> _Kind:
    return _Kind(1, lambda machines, _options, _pages: markdown(grid(machines[0])))


def _table(machines: list[Machine], options: Mapping[str, str], pages: Pages) -> str:
    language = options.get("lang", "en")
    lexicon, machine = pages.lexicons.get(language), machines[0]
    if lexicon is None:
        raise PageError(f"no language {language!r}; there are: {', '.join(pages.lexicons)}")
    title = lexicon.written.get(("titles", machine.name), machine.title)
    return f"**{cell_text(title)}**\n\n{markdown(documented(machine, lexicon))}"


def _mermaid(machines: list[Machine], options: Mapping[str, str], _pages: Pages) -> str:
    from fsm.drawing import draw
    from fsm.drawing.model import Look

    return _fenced("mermaid", draw(machines[0], "mermaid", Look(options.get("direction"))))


def _diagram(machines: list[Machine], options: Mapping[str, str], pages: Pages) -> str:
    from fsm.drawing import draw
    from fsm.drawing.model import Look

    file = options.get("file")
    if not file or not file.endswith(".svg") or Path(file).is_absolute() or HIDDEN.search(file):
        raise PageError("fsm:diagram writes a picture beside the page: file=NAME.svg")
    place = (pages.directory / file).resolve()
    if not place.is_relative_to(pages.directory.resolve()):
        raise PageError(f"file={file} is not in the directory of the page")
    if not place.parent.is_dir():
        raise PageError(f"file={file}: its directory is not there; make it first")
    picture = draw(machines[0], "svg", Look(options.get("direction")), renderer="wheel")
    if pages.pictures.setdefault(place, picture) != picture:
        raise PageError(f"file={file}: another block writes a different picture there")
    title = cell_text(machines[0].title)
    return f"![{title}](<{file}>)" if " " in file else f"![{title}]({file})"


def _changes(machines: list[Machine], _options: Mapping[str, str], _pages: Pages) -> str:
    return _fenced("text", "\n".join(map(visible, describe_comparison(compare(*machines)))))


def _fenced(language: str, text: str) -> str:
    """Return a code block; its fence is longer than any that the text holds."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


KINDS: Mapping[str, _Kind] = {
    "table": _Kind(1, _table, ("lang",)),
    "transitions": _grid(transitions),
    "matrix": _grid(matrix),
    "decisions": _grid(decisions),
    "mermaid": _Kind(1, _mermaid, ("direction",)),
    "diagram": _Kind(1, _diagram, ("file", "direction")),
    "changes": _Kind(2, _changes),
}
