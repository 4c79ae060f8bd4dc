"""Add the drafted words of a page to the text of an existing lexicon.

Only lines are added: what stands in the file stays as it is, with its comments.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fsm.errors import PageError
from fsm.machine import Machine
from fsm.tables.read.cell_text import normalise
from fsm.tables.read.page import Page
from fsm.tables.words.draft import REVIEW, comment_text, drafted_words, toml_list
from fsm.tables.words.lexicon import Lexicon
from fsm.tables.words.lexicon_files import pattern_of, read_lexicon_text
from fsm.toml import parse_toml, toml_string

__all__ = ["MergedWords", "merge_draft"]

_HEADER = re.compile(r"(?m)^[ \t]*\[(\[?)[ \t]*([\w-]+)[ \t]*\]\]?[ \t]*(?:\#.*)?$")
_ENTRY = re.compile(r"""(?m)^[ \t]*("(?:\\.|[^"\\\n])*"|'[^'\n]*'|[\w-]+)[ \t]*=[ \t]*\[""")
_UNUSED_END = re.compile(r"(?:\n[ \t]*(?:\#[^\n]*)?)+\Z")
"""Blank lines and comments at the end of a table, which belong to what follows."""
_IN_LIST = re.compile(r"""("(?:\\.|[^"\\\n])*"|'[^'\n]*')|\#[^\n]*|([,\]])|\s+""")


@dataclass(frozen=True, slots=True)
class MergedWords:
    """The text of a lexicon with more words, how many they are, and how many questions."""

    text: str
    added: int
    questions: int


def merge_draft(
    text: str, name: str, page: Page, machines: Sequence[Machine], known: Lexicon
) -> MergedWords:
    """Return a lexicon's text with the words of a page that it lacks, each marked for review.

    ``name`` is the lexicon's file in messages; ``page``, ``machines`` and ``known`` are those of
    :func:`fsm.tables.words.draft.draft_lexicon`. A word that has another meaning in the lexicon is
    not added: it becomes a question, as do those that the page leaves open. Raises
    :class:`PageError` for a text that is no lexicon, and for a page without such tables.
    """
    before = read_lexicon_text(text, name)
    _refuse_inline_sections(text, name)
    words = drafted_words(page, machines, known)
    questions = [text for texts in words.questions.values() for text in texts]
    mark = f"# {REVIEW}: new, from {comment_text(page.name)}"
    merge = _Merge(text.rstrip("\n") + "\n", name, mark)
    sources = {step.event: step.source for step, _ in known.documented[machines[0].name]}
    for section, names in words.labels.items():
        for key, labels in names.items():
            new = []
            for label in labels:
                meanings = _meanings(before, section, label, machines)
                if not meanings:
                    new.append(label)
                elif key not in meanings:
                    here = " and ".join(map(repr, sorted(meanings)))
                    there = f"{label!r} stands for {key!r} in {page.name}"
                    questions.append(f"{there}, here for {here}")
            if new and section == "steps":
                merge.add_step(key, sources[key], new, [machine.name for machine in machines])
            elif new:
                merge.add(section, key, new)
    new_questions = [q for q in map(comment_text, questions) if f"# {REVIEW}: {q}" not in text]
    merge.text += "".join(f"# {REVIEW}: {question}\n" for question in new_questions)
    read_lexicon_text(merge.text, name)  # what is written can be read
    return MergedWords(merge.text, merge.added, len(new_questions))


def _refuse_inline_sections(text: str, name: str) -> None:
    """Refuse a lexicon with a section that has no header, so that no line can be added below it."""
    toml = parse_toml(text, name, PageError)
    headers = {match[2] for match in _HEADER.finditer(text)}
    for section, value in toml.data.items():
        is_section = isinstance(value, dict) or section == "steps"
        if is_section and section not in headers:
            brackets = "[[steps]]" if section == "steps" else f"[{section}]"
            place = f"{name}:{toml.line(section, section)}"
            raise PageError(f"{place}: no words can be added here; write {brackets} as a header")


def _meanings(lexicon: Lexicon, section: str, label: str, machines: Sequence[Machine]) -> set[str]:
    """Return what a label stands for in a lexicon."""
    form = normalise(label)
    if section == "steps":
        steps = (lexicon.steps.get((machine.name, form)) for machine in machines)
        return {step.event for step in steps if step}
    if section == "effects":
        form = pattern_of(label)
        return {effect.value for pattern, effect in lexicon.effects if pattern == form}
    labels: Mapping[str, str] = getattr(lexicon, section)
    return {labels[form]} if form in labels else set()


@dataclass
class _Merge:
    """A text that grows; ``mark`` is the comment behind each new line."""

    text: str
    name: str
    mark: str
    added: int = 0

    def add(self, section: str, key: str, labels: Sequence[str]) -> None:
        """Add labels of a name to a section."""
        self.added += len(labels)
        found = next((m for m in _HEADER.finditer(self.text) if m[2] == section and not m[1]), None)
        if found is None:
            self.text += f"\n[{section}]\n{toml_string(key)} = {toml_list(labels)}  {self.mark}\n"
            return
        end = _end_of_table(self.text, found.end())
        if not self._extend(found.end(), end, key, labels):
            place = found.end() + len(_UNUSED_END.sub("", self.text[found.end() : end]))
            line = f"\n{toml_string(key)} = {toml_list(labels)}  {self.mark}"
            self.text = self.text[:place] + line + self.text[place:]

    def add_step(
        self, event: str, source: str | None, labels: Sequence[str], machines: Sequence[str]
    ) -> None:
        """Add labels of a step to its entry; a new entry where no entry is about these machines."""
        self.added += len(labels)
        entries = parse_toml(self.text, self.name, PageError).data.get("steps", [])
        headers = [m for m in _HEADER.finditer(self.text) if m[2] == "steps" and m[1]]
        for header, entry in zip(headers, entries, strict=False):
            key = entry["event"], entry.get("from"), set(entry["machines"])
            if key == (event, source, set(machines)):
                end = _end_of_table(self.text, header.end())
                if self._extend(header.end(), end, "labels", labels):
                    return
        origin = f"from = {toml_string(source)}\n" if source else ""
        self.text += (
            f"\n[[steps]]  {self.mark}\nmachines = {toml_list(machines)}\n"
            f"event = {toml_string(event)}\n{origin}labels = {toml_list(labels)}\n"
        )

    def _extend(self, start: int, end: int, key: str, labels: Sequence[str]) -> bool:
        """Add labels to the list of a key between two offsets; return whether there is one."""
        for entry in _ENTRY.finditer(self.text, start, end):
            if entry[1].strip("\"'") != key:
                continue
            close, last, has_comma = _list_end(self.text, entry.end())
            lines = "".join(f"    {toml_string(label)},  {self.mark}\n" for label in labels)
            comma = "" if has_comma else ","
            head, rest = self.text[:last] + comma, self.text[last:close].rstrip()
            self.text = f"{head}{rest}\n{lines}{self.text[close:]}"
            return True
        return False


def _end_of_table(text: str, start: int) -> int:
    """Return where the table ends whose header ends at an offset."""
    following = _HEADER.search(text, start)
    return following.start() if following else len(text)


def _list_end(text: str, start: int) -> tuple[int, int, bool]:
    """Return where a list is closed, where its last text or comma ends, and if a comma does."""
    last, has_comma = start, True
    while (token := _IN_LIST.match(text, start)) and token[2] != "]":
        start = token.end()
        if token[1] or token[2]:
            last, has_comma = start, bool(token[2])
    return start, last, has_comma
