"""``fsm draft`` of a log: a mapping file, with questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fsm.catalog import load
from fsm.cli.questions import draft_with_answers, print_open_questions
from fsm.cli.text import print_json, print_message, write_output
from fsm.errors import LogError
from fsm.machine import Machine
from fsm.questions import GIVE_A_CHOICE, Question, choice_of
from fsm.suggest import no_such

if TYPE_CHECKING:
    from fsm.logs.draft.log_draft import LogDraft
    from fsm.logs.draft.sample import LogSample

__all__ = ["print_mapping_draft", "split_answers"]


def split_answers(answers: Iterable[str]) -> dict[str, str]:
    """Return answers of the form KEY=VALUE by their keys; a usage error for another form."""
    found = {}
    for answer in answers:
        key, sign, value = answer.rpartition("=")
        if not sign or not key or not value:
            raise click.UsageError(f"--answer {answer!r}: write KEY=VALUE, such as event=Status")
        found[key] = value
    return found


def print_mapping_draft(
    logs: Sequence[str],
    machine: str | None,
    answers: Mapping[str, str],
    output: Path | None,
    *,
    is_asking: bool,
    as_json: bool,
) -> None:
    """Draft the mapping of a log, and write it; with ``is_asking``, ask what is not certain."""
    from fsm.logs.draft.known import known_format
    from fsm.logs.draft.sample import FILES, take_sample
    from fsm.logs.draft.ways import refuse_other_forms
    from fsm.logs.storage.files import find_files

    known_machine = load(machine) if machine is not None else None
    files = find_files(logs)
    if not files:
        raise click.UsageError("no log files given")
    known = known_format(files[0])
    if len(files) > 1:
        refuse_other_forms([take_sample([file]) for file in files[:FILES]])
    sample = take_sample(files)
    draft = _draft(sample, known_machine, answers, is_asking=is_asking)
    if as_json:
        print_json(draft.facts(), "draft-log")
    else:
        write_output(draft.toml().encode(), output)
    if known:
        print_message(f"{files[0].name}: {known}; a mapping given with --map is taken instead")
    for remark in draft.assumed:
        print_message(f"{draft.name}: {remark}")
    print_open_questions(draft.questions, output)


def _draft(
    sample: LogSample,
    machine: Machine | None,
    answers: Mapping[str, str],
    *,
    is_asking: bool,
) -> LogDraft:
    from fsm.logs.draft.drafting import draft_log

    def draft_of(given: Mapping[str, str]) -> LogDraft:
        draft = draft_log(sample, machine, given)
        _check_keys(draft, answers)
        return draft

    def answered(
        given: Mapping[str, str], question: Question, text: str
    ) -> Mapping[str, str] | str:
        choice = choice_of(question, text) if question.choices else text
        if choice is None:
            return GIVE_A_CHOICE
        more = {**given, question.key: choice}
        if not question.choices:
            try:
                draft_of(more)
            except LogError as error:
                return str(error).removeprefix(f"--answer {question.key}: ")
        return more

    return draft_with_answers(draft_of, answers, answered, is_asking=is_asking)


def _check_keys(draft: LogDraft, answers: Mapping[str, str]) -> None:
    """Raise a usage error for an answer to what is no question of a log."""
    for key in answers:
        if key not in draft.keys:
            raise click.UsageError(f"--answer: {no_such('entry', key, draft.keys)}")
