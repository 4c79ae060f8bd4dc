"""The format of a diagram, by the name of its file, and its words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fsm.cli.file_params import OutputFile
from fsm.cli.progress import Progress
from fsm.cli.text import print_message, write_output
from fsm.errors import FsmError
from fsm.suggest import no_such

if TYPE_CHECKING:
    from fsm.drawing.overlay import Overlay
    from fsm.drawing.wording import Wording
    from fsm.machine import Machine

__all__ = [
    "DIAGRAM",
    "diagram_format",
    "drawn_machine",
    "other_format",
    "suite_overlay",
    "wording_in",
    "write_diagram",
]

_FORMATS = {
    ".d2": "d2",
    ".dot": "dot",
    ".gv": "dot",
    ".md": "mermaid",
    ".mmd": "mermaid",
    ".pdf": "pdf",
    ".plantuml": "plantuml",
    ".png": "png",
    ".puml": "plantuml",
    ".svg": "svg",
}
DIAGRAM = OutputFile(*_FORMATS)
"""A diagram that is written."""


def diagram_format(path: Path | None) -> str:
    """Return the format of a file: of a diagram or a document, by its suffix; ``dot`` without one.

    >>> diagram_format(Path("a.puml")), diagram_format(Path("a.scxml")), diagram_format(Path("-"))
    ('plantuml', 'scxml', 'dot')
    """
    suffix = path.suffix.lower() if path else ""
    return _FORMATS.get(suffix, suffix[1:] or "dot")


def other_format(path: Path | None, form: str) -> str:
    """Return a message that a diagram is not in the format of its name, or an empty text.

    >>> other_format(Path("a.svg"), "png"), other_format(Path("a.txt"), "png")
    ('a.svg: written as png, as --format says', '')
    """
    named = _FORMATS.get(path.suffix.lower(), form) if path else form
    return "" if named == form else f"{path}: written as {form}, as --format says"


def drawn_machine(name: str, *, as_table: bool, has_marks: bool) -> Machine:
    """Return what is drawn of a machine: a Mealy machine has its own states and labels.

    Only its table can have marks of an overlay, and a message says so.
    """
    from fsm.documented_machines import documented_specification, settings_for
    from fsm.drawing.mealy_sketch import MEALY_TABLE, sketch_of
    from fsm.machine import Machine

    given = documented_specification(name, (), settings_for(name))
    if isinstance(given, Machine):
        return given
    if as_table or has_marks:
        if has_marks:
            print_message(MEALY_TABLE)
        return given.machine()
    return sketch_of(given)


def write_diagram(machine: Machine, overlay: Overlay, output: Path) -> None:
    """Draw a machine under an overlay into a file, in the format of its suffix."""
    from fsm.drawing import draw
    from fsm.drawing.model import Look

    with Progress("drawing"):
        picture = draw(machine, diagram_format(output), Look(overlay=overlay), warn=print_message)
    write_output(picture if isinstance(picture, bytes) else picture.encode(), output)


def wording_in(lang: str | None, lexicons: tuple[Path, ...]) -> Wording:
    """Return the words of a language; raises :class:`click.UsageError` for an unknown one."""
    from fsm.drawing.wording import AS_DECLARED, Wording

    if lang is None:
        if lexicons:
            raise click.UsageError("--lexicon: name its language with --lang")
        return AS_DECLARED
    from fsm.tables.words.lexicon_files import combined_lexicons

    by_language = {lexicon.language: lexicon for lexicon in combined_lexicons(lexicons)}
    if lang not in by_language:
        raise click.UsageError(no_such("language", lang, by_language))
    return Wording(by_language[lang])


def suite_overlay(machine: Machine, name: str) -> Overlay:
    """Return the coverage of a suite: of a method, or of a file of a suite or of tests that ran.

    Raises :class:`FsmError` for another file.
    """
    from fsm.conformance.covered_cells import is_coverage, read_coverage
    from fsm.drawing.marking import coverage_overlay, tested_overlay
    from fsm.suites import suite
    from fsm.suites.export import read_tests

    path = Path(name)
    if path.suffix.lower() == ".json":
        if is_coverage(path):
            tested = read_coverage(path, machine)
            for note in tested.notes:
                print_message(note)
            counts = {key: cell.count for key, cell in tested.cells.items()}
            return tested_overlay(machine, counts, path.name)
        return coverage_overlay(machine, read_tests(path), path.name)
    if path.is_file():
        raise FsmError(
            f"{name}: no suite; fsm suite --format json and pytest --fsm-cov-file write FILE.json"
        )
    return coverage_overlay(machine, suite(machine, name).tests, f"the suite by {name}")
