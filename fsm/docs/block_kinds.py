"""The kinds of generated blocks, and the content of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fsm.comparison import compare, describe_comparison
from fsm.docs.blocks import Block
from fsm.errors import FsmError, PageError
from fsm.machine import Machine
from fsm.suggest import no_such, remedy
from fsm.tables.words.lexicon import Lexicon
from fsm.tables.write import (
    Grid,
    decisions_grid,
    escaped_cell,
    markdown,
    matrix_grid,
    steps_grid,
    transitions_grid,
)
from fsm.text import HIDDEN, visible
from fsm.trust import NameInFile

__all__ = ["KINDS", "BlockSources", "block_content"]

Load = Callable[[str], Machine]


@dataclass(frozen=True)
class BlockSources:
    """What blocks are written from: machines by name, lexicons by language.

    ``pictures`` collects the pictures that blocks show, by path; pages may share them.
    """

    load: Load
    directory: Path
    lexicons: Mapping[str, Lexicon]
    pictures: dict[Path, str] = field(default_factory=dict)


def block_content(block: Block, sources: BlockSources) -> str:
    """Return the lines of a block; raises :class:`PageError` for one that cannot be written."""
    kind = KINDS.get(block.kind)
    if kind is None:
        raise PageError(f"no block fsm:{block.kind}; {remedy(block.kind, KINDS)}")
    if len(block.words) != kind.machines:
        expected = "one machine" if kind.machines == 1 else "two machines"
        raise PageError(f"fsm:{block.kind} takes {expected}, not {len(block.words)}")
    unknown = sorted(block.options.keys() - set(kind.options))
    if unknown:
        raise PageError(f"fsm:{block.kind} has {no_such('option', unknown[0], kind.options)}")
    try:
        machines = [sources.load(NameInFile(word)) for word in block.words]
        return kind.write(machines, block.options, sources)
    except PageError:
        raise
    except FsmError as error:
        raise PageError(str(error)) from error


@dataclass(frozen=True)
class _Kind:
    machines: int
    write: Callable[[list[Machine], Mapping[str, str], BlockSources], str]
    options: tuple[str, ...] = ()


def _grid(grid: Callable[[Machine], Grid]) -> _Kind:
    return _Kind(1, lambda machines, _options, _sources: markdown(grid(machines[0])))


def _table(machines: list[Machine], options: Mapping[str, str], sources: BlockSources) -> str:
    language = options.get("lang", "en")
    lexicon, machine = sources.lexicons.get(language), machines[0]
    if lexicon is None:
        raise PageError(no_such("language", language, sources.lexicons))
    title = lexicon.preferred.get(("titles", machine.name), machine.title)
    return f"**{escaped_cell(title)}**\n\n{markdown(steps_grid(machine, lexicon))}"


def _mermaid(machines: list[Machine], options: Mapping[str, str], _sources: BlockSources) -> str:
    from fsm.drawing import draw
    from fsm.drawing.model import Look

    return _fenced("mermaid", draw(machines[0], "mermaid", Look(options.get("direction"))))


def _diagram(machines: list[Machine], options: Mapping[str, str], sources: BlockSources) -> str:
    from fsm.drawing import draw
    from fsm.drawing.model import Look

    file = options.get("file")
    if not file or not file.endswith(".svg") or Path(file).is_absolute() or HIDDEN.search(file):
        raise PageError("fsm:diagram needs file=NAME.svg, a picture beside the page")
    path = (sources.directory / file).resolve()
    if not path.is_relative_to(sources.directory.resolve()):
        raise PageError(f"file={file} is not in the directory of the page")
    if not path.parent.is_dir():
        raise PageError(f"file={file}: its directory does not exist; create it first")
    picture = draw(machines[0], "svg", Look(options.get("direction")), renderer="wheel")
    if sources.pictures.setdefault(path, picture) != picture:
        raise PageError(f"file={file}: another block writes a different picture to it")
    title = escaped_cell(machines[0].title)
    return f"![{title}](<{file}>)" if " " in file else f"![{title}]({file})"


def _changes(machines: list[Machine], _options: Mapping[str, str], _sources: BlockSources) -> str:
    return _fenced("text", "\n".join(map(visible, describe_comparison(compare(*machines)))))


def _fenced(language: str, text: str) -> str:
    """Return a code block; its fence is longer than any run of backticks in the text."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


KINDS: Mapping[str, _Kind] = {
    "table": _Kind(1, _table, ("lang",)),
    "transitions": _grid(transitions_grid),
    "matrix": _grid(matrix_grid),
    "decisions": _grid(decisions_grid),
    "mermaid": _Kind(1, _mermaid, ("direction",)),
    "diagram": _Kind(1, _diagram, ("file", "direction")),
    "changes": _Kind(2, _changes),
}
