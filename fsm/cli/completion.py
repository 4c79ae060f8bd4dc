"""What a shell completes: machines, formats, methods, codes, and states and events of a machine.

The functions are click's: each returns what fits the beginning of a word. They run no code of the
user and read no log. A machine is read if it is built in or a file, for its states and events.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterable
from glob import escape, glob
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, TypeAlias

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    add_completion_class,
)

if TYPE_CHECKING:
    import click

    from fsm.machine import Machine

__all__ = [
    "add_shells",
    "complete_code",
    "complete_column",
    "complete_event",
    "complete_file",
    "complete_format",
    "complete_format_name",
    "complete_language",
    "complete_machine",
    "complete_method",
    "complete_policy",
    "complete_row",
    "complete_schema",
    "complete_state",
    "complete_status",
    "complete_suite",
    "complete_topic",
    "complete_trace",
    "complete_zone",
]

_SPECIAL = re.compile(r"[^\w@%+=:,./-]")
"""A character that a shell does not take as it is."""

Items: TypeAlias = "list[CompletionItem[str]]"


class _BashComplete(BashComplete):
    """click's completion for bash, with blanks and brackets in values.

    bash inserts a value as it is, unlike zsh and fish, so it must be quoted here. Within quotes
    that are open only these end it.
    """

    source_template = BashComplete.source_template.replace(
        "read type value", "read -r type value"
    ).replace("COMPREPLY+=($value)", 'COMPREPLY+=("$value")')

    def format_completion(self, item: CompletionItem[str]) -> str:
        """Return a value as it stands on a command line."""
        words = os.environ["COMP_WORDS"].split("\n")
        last = words[-1] if int(os.environ["COMP_CWORD"]) < len(words) else ""
        if item.type == "plain" and last[:1] not in ("'", '"'):
            item = CompletionItem(_SPECIAL.sub(r"\\\g<0>", item.value), item.type, item.help)
        return super().format_completion(item)


class _FishComplete(FishComplete):
    """click's completion for fish, with commas in values and descriptions."""

    source_template = FishComplete.source_template.replace("split ", "split --max 1 ")


def add_shells() -> None:
    """Make the completion of bash and fish right; that of zsh is."""
    add_completion_class(_BashComplete)
    add_completion_class(_FishComplete)


def complete_file(_: click.Context, __: click.Parameter, incomplete: str) -> Items:
    """Complete the path of a file or directory; the shell does it."""
    return [CompletionItem(incomplete, type="file")]


def complete_machine(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Complete a built-in name, the path of a machine file or page, or a section of a page."""
    from fsm.machines import NAMES

    if "#" in incomplete:
        return _matching(_sections(incomplete.rpartition("#")[0]), incomplete)
    found = _words_or_files(NAMES, _machine_suffixes(), incomplete)
    return found or complete_file(ctx, param, incomplete)


def _machine_suffixes() -> tuple[str, ...]:
    """Return the suffixes of files that are a MACHINE."""
    from fsm.formats import READERS
    from fsm.tables.read.page import PAGE_SUFFIXES

    return (*READERS, *PAGE_SUFFIXES, ".toml")


def _sections(name: str) -> list[str]:
    """Return the sections of a page, each behind the name of the page."""
    from fsm.errors import FsmError
    from fsm.tables.read.page import read_page

    try:
        page = read_page(Path(name))
    except FsmError:
        return []
    return [f"{name}#{section.id}" for section in page.sections if section.ids]


def complete_suite(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Complete the method of a suite or the path of a JSON file."""
    from fsm.suites import METHODS

    return _words_or_files(METHODS, [".json"], incomplete) or complete_file(ctx, param, incomplete)


def complete_policy(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Complete the name of a policy or the path of a TOML file."""
    from fsm.logs.mapping.policy import policy_names

    names = policy_names()
    return _words_or_files(names, [".toml"], incomplete) or complete_file(ctx, param, incomplete)


def complete_method(_: click.Context, __: click.Parameter, incomplete: str) -> Items:
    """Complete a method of ``fsm suite``, with what it is."""
    from fsm.suites.choice import LISTED

    return [
        CompletionItem(name, help=summary)
        for name, summary in LISTED.items()
        if name.startswith(incomplete)
    ]


def complete_code(_: click.Context, __: click.Parameter, incomplete: str) -> Items:
    """Complete the code of a finding of ``fsm check``."""
    from fsm.cli.findings import known_codes

    return _matching(known_codes(), incomplete)


def complete_column(_: click.Context, __: click.Parameter, incomplete: str) -> Items:
    """Complete the name of a canonical column, up to the equals sign."""
    from fsm.cli.values import ColumnParam

    return _matching([f"{name}=" for name in ColumnParam.known], incomplete)


def complete_zone(_: click.Context, __: click.Parameter, incomplete: str) -> Items:
    """Complete a time zone."""
    from zoneinfo import available_timezones

    return _matching(sorted(available_timezones()), incomplete)


def complete_format(_: click.Context, __: click.Parameter, incomplete: str) -> Items:
    """Complete the format of a log."""
    from fsm.logs.canonical_columns import CANONICAL, MINED
    from fsm.logs.mapping.event_mapping import format_names

    return _matching(("auto", *CANONICAL, *MINED, *format_names()), incomplete)


def complete_format_name(_: click.Context, __: click.Parameter, incomplete: str) -> Items:
    """Complete the name of a format whose events have a meaning of their own."""
    from fsm.logs.mapping.event_mapping import format_names

    return _matching(format_names(), incomplete)


def complete_topic(_: click.Context, __: click.Parameter, incomplete: str) -> Items:
    """Complete the topic of a guide, with its title."""
    from fsm.guide import guide_topics

    return [
        CompletionItem(topic.name, help=topic.title)
        for topic in guide_topics()
        if topic.name.startswith(incomplete)
    ]


def complete_schema(_: click.Context, __: click.Parameter, incomplete: str) -> Items:
    """Complete the name of a JSON schema."""
    from fsm.schemas import INPUTS, OUTPUTS

    return _matching([*OUTPUTS, *INPUTS], incomplete)


def complete_language(_: click.Context, __: click.Parameter, incomplete: str) -> Items:
    """Complete a language that ships with the package."""
    from fsm.tables.words.lexicon_files import languages

    return _matching(languages(), incomplete)


def complete_state(ctx: click.Context, _: click.Parameter, incomplete: str) -> Items:
    """Complete a state of the machine that stands before."""
    machine = _machine_before(ctx)
    return _matching([state.name for state in machine.states] if machine else [], incomplete)


def complete_row(ctx: click.Context, _: click.Parameter, incomplete: str) -> Items:
    """Complete a documented row or decision of the machine that stands before; once begun, a cell.

    All cells are too many to choose from.
    """
    machine = _machine_before(ctx, with_rows=True)
    transitions = machine.transitions if machine else ()
    rows = {t.origin.label.removeprefix("row ") for t in transitions if t.origin}
    labels = sorted(rows, key=lambda row: (not row.isdigit(), len(row), row))
    cells = [f"{t.source}:{t.event}" for t in transitions]
    known = [*labels, *cells] if incomplete or not labels else labels
    return _matching(dict.fromkeys(known), incomplete)


def complete_status(ctx: click.Context, _: click.Parameter, incomplete: str) -> Items:
    """Complete a status of the machine that stands before, or all."""
    machine = _machine_before(ctx)
    return _matching([*machine.statuses, "all"] if machine else ["all"], incomplete)


def complete_event(ctx: click.Context, _: click.Parameter, incomplete: str) -> Items:
    """Complete an event of the machine that stands before, with or without its guards."""
    machine = _machine_before(ctx)
    names = [name for t in machine.transitions for name in (t.trigger, t.event)] if machine else []
    return _matching(dict.fromkeys(names), incomplete)


def complete_trace(ctx: click.Context, _: click.Parameter, incomplete: str) -> Items:
    """Complete the last event of a trace, for the machine that stands before."""
    machine = _machine_before(ctx)
    before, comma, last = incomplete.rpartition(",")
    events = _matching(machine.events if machine else [], last.lstrip())
    return [CompletionItem(before + comma + item.value) for item in events]


def _machine_before(ctx: click.Context, *, with_rows: bool = False) -> Machine | None:
    """Return the machine on the command line, unless it is a class: importing one runs code.

    ``with_rows`` adds the documented rows behind its transitions.
    """
    from fsm.catalog import load, load_bare
    from fsm.errors import AssumptionWarning, FsmError
    from fsm.machines import NAMES
    from fsm.trust import NameInFile

    # click leaves the arguments unnamed where the last option still lacks its value.
    name = str(ctx.params.get("machine") or next(iter(ctx.args), ""))
    file = name.partition("#")[0]
    if name not in NAMES and Path(file).suffix.lower() not in _machine_suffixes():
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AssumptionWarning)
        try:  # a TOML file may bind a class: as a name in a file it is not imported
            return load(NameInFile(name)) if with_rows else load_bare(NameInFile(name))
        except FsmError:
            return None


def _words_or_files(words: Iterable[str], suffixes: Iterable[str], incomplete: str) -> Items:
    """Return words and files with a suffix that fit; none where only directories do.

    A path that must be quoted is left to the shell, which knows how.
    """
    paths = sorted(glob(f"{escape(incomplete)}*"))  # noqa: PTH207 (keeps ./ as it was typed)
    paths = [path for path in paths if quote(path) == path]
    files = [path for path in paths if Path(path).suffix.lower() in set(suffixes)]
    found = [*_matching(words, incomplete), *map(CompletionItem, files)]
    folders = [CompletionItem(f"{path}/") for path in paths if Path(path).is_dir()]
    return found and [*found, *folders]


def _matching(values: Iterable[str], incomplete: str) -> Items:
    """Return the values that begin with what was typed."""
    return [CompletionItem(value) for value in values if value.startswith(incomplete)]
