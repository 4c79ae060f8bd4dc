"""The kinds of generated contents, and what each is, independent of the format of the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from fsm.comparison import compare, describe_comparison
from fsm.drawing.marking import diff_overlay, path_overlay, split_trace, unknown_events
from fsm.drawing.model import Look
from fsm.drawing.overlay import NO_OVERLAY
from fsm.drawing.pictures import picture_of
from fsm.drawing.view import parse_focus
from fsm.drawing.wording import AS_DECLARED, Wording, untranslated
from fsm.errors import FsmError, PageError
from fsm.machine import Machine
from fsm.suggest import no_such, remedy
from fsm.tables.words.lexicon import Lexicon
from fsm.tables.write import Grid, decisions_grid, matrix_grid, steps_grid, transitions_grid
from fsm.text import visible
from fsm.trust import NameInFile

__all__ = [
    "KINDS",
    "CodeContent",
    "Content",
    "DiagramContent",
    "SentenceContent",
    "Sources",
    "TableContent",
    "content",
]

Load = Callable[[str], Machine]


@dataclass(frozen=True)
class Sources:
    """What contents are made from: machines by name, lexicons by language.

    ``notes`` collects what the author of a page should know about its contents.
    """

    load: Load
    lexicons: Mapping[str, Lexicon]
    notes: list[str] = field(default_factory=list, kw_only=True)

    def lexicon(self, language: str) -> Lexicon:
        """Return the lexicon of a language; raises :class:`PageError` if there is none."""
        lexicon = self.lexicons.get(language)
        if lexicon is None:
            raise PageError(no_such("language", language, self.lexicons))
        return lexicon


@dataclass(frozen=True)
class TableContent:
    """A table, with its title if it has one."""

    grid: Grid
    title: str = ""


@dataclass(frozen=True)
class CodeContent:
    """A text that is shown as it is, in a language such as ``mermaid``."""

    language: str
    text: str


@dataclass(frozen=True)
class SentenceContent:
    """A sentence, where there is nothing to show."""

    text: str


@dataclass(frozen=True)
class DiagramContent:
    """A machine to be drawn, and its title in the words of the diagram."""

    machine: Machine
    look: Look

    @property
    def title(self) -> str:
        """The title of the machine."""
        return self.look.wording.title(self.machine)


Content: TypeAlias = TableContent | CodeContent | DiagramContent | SentenceContent
ContentOptions: TypeAlias = Mapping[str, str]


@dataclass(frozen=True)
class _Kind:
    machines: int
    make: Callable[[list[Machine], ContentOptions, Sources], Content]
    options: tuple[str, ...] = ()


def content(
    kind: str,
    names: tuple[str, ...],
    options: ContentOptions,
    sources: Sources,
    *,
    further: tuple[str, ...] = (),
) -> Content:
    """Return the content of a kind, for the machines that a page names.

    ``further`` are options that the format of the page adds. Raises :class:`PageError` for a
    content that cannot be made.
    """
    known = KINDS.get(kind)
    if known is None:
        raise PageError(f"no block fsm:{kind}; {remedy(kind, KINDS)}")
    if len(names) != known.machines:
        expected = "one machine" if known.machines == 1 else "two machines"
        raise PageError(f"fsm:{kind} takes {expected}, not {len(names)}")
    allowed = (*further, *known.options)
    unknown = sorted(options.keys() - set(allowed))
    if unknown:
        remark = remedy(unknown[0], allowed) if allowed else "it takes no options"
        raise PageError(f"fsm:{kind} has no option {unknown[0]!r}; {remark}")
    try:
        machines = [sources.load(NameInFile(name)) for name in names]
        return known.make(machines, options, sources)
    except PageError:
        raise
    except FsmError as error:
        raise PageError(str(error)) from error


def _grid(grid: Callable[[Machine], Grid]) -> _Kind:
    return _Kind(1, lambda machines, _options, _sources: TableContent(grid(machines[0])))


def _decisions(machines: list[Machine], _options: ContentOptions, _sources: Sources) -> Content:
    grid = decisions_grid(machines[0])
    if grid.rows:
        return TableContent(grid)
    return SentenceContent(
        f"{visible(machines[0].name)} has no decisions beyond its documentation."
    )


def _table(machines: list[Machine], options: ContentOptions, sources: Sources) -> TableContent:
    lexicon, machine = sources.lexicon(options.get("lang", "en")), machines[0]
    return TableContent(steps_grid(machine, lexicon), Wording(lexicon).title(machine))


def _mermaid(machines: list[Machine], options: ContentOptions, sources: Sources) -> CodeContent:
    from fsm.drawing import draw

    diagram = _diagram(machines, options, sources)
    return CodeContent("mermaid", draw(diagram.machine, "mermaid", diagram.look))


def _diagram(machines: list[Machine], options: ContentOptions, sources: Sources) -> DiagramContent:
    machine, overlay = machines[0], NO_OVERLAY
    wording = Wording(sources.lexicon(options["lang"])) if "lang" in options else AS_DECLARED
    if note := untranslated(machine, wording):
        sources.notes.append(note)
    if "path" in options and "diff" in options:
        raise PageError("path and diff: use one at a time")
    if "path" in options:
        trace = split_trace(options["path"])
        sources.notes.extend(unknown_events(machine, trace))
        overlay = path_overlay(machine, trace)
    elif "diff" in options:
        machine, overlay = diff_overlay(machine, sources.load(NameInFile(options["diff"])))
    look = Look(
        direction=options.get("direction"),
        focus=parse_focus(machine, options["focus"]) if "focus" in options else None,
        collapse=_listed(options.get("collapse", "")),
        hide=_listed(options.get("hide", "")),
        only=_listed(options.get("only", "")),
        legend=_is_on("legend", options.get("legend", "yes")),
        overlay=overlay,
        wording=wording,
    )
    picture_of(machine, look)  # raises what drawing it would raise, where the page names it
    return DiagramContent(machine, look)


def _is_on(name: str, text: str) -> bool:
    """Return whether an option is on; raises :class:`PageError` for another word than yes, no."""
    if text not in ("yes", "no"):
        raise PageError(f"{name}={text}: write {name}=yes or {name}=no")
    return text == "yes"


def _listed(text: str) -> tuple[str, ...]:
    """Return the names that a text lists, separated by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _changes(machines: list[Machine], _options: ContentOptions, _sources: Sources) -> CodeContent:
    return CodeContent("text", "\n".join(map(visible, describe_comparison(compare(*machines)))))


_LOOK = ("lang", "direction", "focus", "collapse", "only", "hide", "legend", "path", "diff")

KINDS: Mapping[str, _Kind] = {
    "table": _Kind(1, _table, ("lang",)),
    "transitions": _grid(transitions_grid),
    "matrix": _grid(matrix_grid),
    "decisions": _Kind(1, _decisions),
    "mermaid": _Kind(1, _mermaid, _LOOK),
    "diagram": _Kind(1, _diagram, _LOOK),
    "changes": _Kind(2, _changes),
}
