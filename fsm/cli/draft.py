"""``fsm draft``: how a table or a log is to be read, as a TOML file with questions."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fsm.catalog import as_machines, load
from fsm.cli.choice import ChoiceParam
from fsm.cli.completion import complete_file, complete_machine
from fsm.cli.file_params import FILE, INPUT
from fsm.cli.help import Example, HelpCommand, option
from fsm.cli.mapping_draft import print_mapping_draft, split_answers
from fsm.cli.questions import draft_with_answers, print_open_questions
from fsm.cli.text import print_json, print_message, print_text, write_output
from fsm.cli.values import json_option, output_option
from fsm.errors import PageError
from fsm.files import write_bytes
from fsm.machines import FEEDBACK_MODES
from fsm.text import quantity
from fsm.toml import read_toml

if TYPE_CHECKING:
    from fsm.tables.declared.draft import TableDraft
    from fsm.tables.read.page import Page

__all__ = ["command", "print_lexicon_draft"]


@click.command(
    "draft",
    cls=HelpCommand,
    examples=[
        Example("A file that says how a table is read", "fsm draft page.md -o page.toml"),
        Example(
            "A mapping file for a log, with the events of a machine",
            "fsm draft log.csv --machine with-feedback -o my.toml",
        ),
        Example("What is certain and what is not, for a program", "fsm draft page.md --json"),
    ],
)
@click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILE...",
    type=INPUT,
    shell_complete=complete_file,
    help="A page, perhaps with the section of the table: page.md#section; or the files of a log.",
)
@option(
    "--kind",
    type=ChoiceParam(("auto", "table", "lexicon", "log")),
    default="auto",
    group="Languages and tables",
    help="What to draft: how a table is read, the words of a language, or how a log is read; auto "
    "goes by the suffix of the file.",
)
@option(
    "--machine",
    metavar="MACHINE",
    type=INPUT,
    shell_complete=complete_machine,
    group="Machines",
    help="The machine whose events those of the log are.",
)
@option(
    "--into",
    type=FILE,
    group="Languages and tables",
    help="Add the words to this lexicon (--kind lexicon); its lines and comments stay.",
)
@option(
    "--ask",
    "is_asking",
    is_flag=True,
    group="Questions",
    help="Ask the questions one by one; an empty answer leaves one open.",
)
@option(
    "--answer",
    "answers",
    metavar="KEY=VALUE",
    multiple=True,
    group="Questions",
    help="An answer for a log, such as events.Returned=sent_back or time.zone=Europe/Paris; may "
    "be repeated.",
)
@json_option
@output_option
def command(
    files: tuple[str, ...],
    kind: str,
    machine: str | None,
    into: Path | None,
    is_asking: bool,
    answers: tuple[str, ...],
    as_json: bool,
    output: Path | None,
) -> int:
    """Draft a TOML file from a page or a log: what is certain, and each doubt as a question.

    Of a page: which columns have the states, which state is the first one, whether two words
    that look alike mean one state. A table of steps names no states: its effects and statuses
    tell after which rows a row may happen. The file is then a MACHINE: fsm show page.toml.

    Of a log, from a sample: its container, its fields, how its times are written, and every name
    of an event with a guess at its meaning. The file is then a mapping: fsm replay LOG --map
    my.toml. It quotes no value of the log but names of events.

    The choices stand beside each question; write the answer in place of "?". The exit status is
    1 if rows of a table contradict each other.
    """
    if kind == "auto":
        kind = "table" if _is_page(files[0]) else "log"
    _refuse_to_lose_answers(output)
    if into is not None and (kind != "lexicon" or output is not None):
        raise click.UsageError("--into changes a lexicon: it goes with --kind lexicon, without -o")
    if kind == "log":
        print_mapping_draft(
            files, machine, split_answers(answers), output, is_asking=is_asking, as_json=as_json
        )
        return 0
    if len(files) > 1:
        raise click.UsageError("give one page; only a log may have several files")
    if machine is not None or answers:
        raise click.UsageError("--machine and --answer go with logs")
    if kind == "lexicon" and (is_asking or as_json):
        raise click.UsageError("--kind lexicon takes neither --ask nor --json")
    return _draft_page(files[0], kind, into, output, is_asking=is_asking, as_json=as_json)


def _draft_page(
    name: str, kind: str, into: Path | None, output: Path | None, *, is_asking: bool, as_json: bool
) -> int:
    """Draft how a table of a page is read, or the words of its language; return the exit status."""
    from fsm.tables.read.page import read_page
    from fsm.tables.read.sections import split_page_name

    path, section = split_page_name(name)
    _refuse_overwriting(Path(path), output)
    read = read_page(Path(path))
    if kind == "lexicon":
        print_lexicon_draft(read, output, into=into)
        return 0
    draft = _draft(read, section, is_asking=is_asking)
    if as_json:
        print_json(_facts(draft, section), "draft")
    else:
        write_output(draft.toml(_page_name(path, section, output)).encode(), output)
    for remark in draft.findings:
        print_message(f"{remark.place}: {remark.text}")
    print_open_questions(draft.questions, output)
    return 1 if draft.findings else 0


def _is_page(name: str) -> bool:
    """Whether a file is a page, by its suffix."""
    from fsm.tables.read.page import PAGE_SUFFIXES
    from fsm.tables.read.sections import split_page_name

    return Path(split_page_name(name)[0]).suffix.lower() in PAGE_SUFFIXES


def print_lexicon_draft(
    page: Page, output: Path | None = None, *, into: Path | None = None
) -> None:
    """Write the draft of a lexicon from a page, or add its words to the lexicon ``into``."""
    from fsm.tables.words.draft import draft_lexicon
    from fsm.tables.words.lexicon_files import load_lexicon

    machines, known = as_machines(FEEDBACK_MODES), load_lexicon()
    if into is None:
        write_output(draft_lexicon(page, machines, known).encode(), output)
        return
    from fsm.tables.words.lexicon_merge import merge_draft

    text = read_toml(into, PageError).text
    merged = merge_draft(text, str(into), page, machines, known)
    if merged.text != text:
        write_bytes(merged.text.encode(), into)
    added, questions = quantity(merged.added, "word"), quantity(merged.questions, "question")
    review = "; review the lines with REVIEW" if merged.text != text else ""
    print_text(f"{into}: {added} added from {page.name}, {questions}{review}")


def _refuse_overwriting(page: Path, output: Path | None) -> None:
    """Refuse an output that is the page; a section hides that from the check of all commands."""
    if output is not None and os.path.realpath(page) == os.path.realpath(output):
        raise click.UsageError(f"{output}: -o would overwrite the page; name another file")


def _refuse_to_lose_answers(output: Path | None) -> None:
    """Refuse an output that is such a file already, whose answers would be lost."""
    if output is None or str(output) == "-" or not output.is_file():
        return
    if read_toml(output, PageError).data.get("kind") in ("table", "mapping"):
        raise click.UsageError(
            f"{output}: exists and may hold answers, which would be lost; name another file, or "
            "remove it first"
        )


def _page_name(path: str, section: str, output: Path | None) -> str:
    """Return the page as the file is to name it: relative to the folder of the file."""
    name = Path(path)
    if output is not None and str(output) != "-" and not name.is_absolute():
        name = Path(os.path.relpath(path, output.parent))
    return f"{name.as_posix()}#{section}" if section else name.as_posix()


def _draft(page: Page, section: str, *, is_asking: bool) -> TableDraft:
    from fsm.tables.declared.draft import answered, draft_table
    from fsm.tables.declared.reading import readings_of
    from fsm.tables.words.binding import Binding

    return draft_with_answers(
        lambda answers: draft_table(page, readings_of(page, load, answers), section, answers),
        Binding("", {}, {}, {}, page=page.name),
        answered,
        is_asking=is_asking,
    )


def _facts(draft: TableDraft, section: str) -> dict[str, object]:
    return {
        "page": draft.page,
        "section": section or None,
        "form": draft.form,
        "title": draft.title,
        "initial": draft.initial,
        "columns": dict(draft.columns),
        "follows": {str(number): list(rows) for number, rows in draft.follows.items()},
        "questions": [question._asdict() for question in draft.questions],
        "assumed": [remark._asdict() for remark in draft.assumed],
        "findings": [remark._asdict() for remark in draft.findings],
    }
