"""What the cells of a table say: names of states with their marks, events, guards, actions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from fsm.tables.declared.words import TableWords
from fsm.tables.read.cell_text import plain
from fsm.tables.read.table import Cell

__all__ = [
    "ARROW",
    "Condition",
    "EventText",
    "Quantifier",
    "StateText",
    "condition_of",
    "events_in_cell",
    "lines_of",
    "quantifier_of",
    "split_outside",
    "state_of",
    "visible_text",
    "without_condition",
]

ARROW = re.compile(r"\s*(?:-+>|=+>|\u2192|\u27f6|\u21d2|\u2794|\u279c)\s*")
"""An arrow between two states, or between an event and a state."""
_ENDING = re.compile(r"(?P<name>.*?)\s*(?:\((?P<round>[^()]*)\)|\[(?P<square>[^\[\]]*)\])\s*\Z")
_ARROWS = ("-->", "->", "=>", "\u2192", "\u27f6", "\u21d2", "\u25b6", "\u25ba", "\u27a4", "\u279c")
_GUARDED = re.compile(r"(?P<event>.*?)\s*\[(?P<guard>[^\[\]]*)\]\s*(?:/\s*(?P<action>.+))?\Z")
_ORIGIN = re.compile(r"\s*\((?:row \d+|prose|D\d+)\)\Z")
"""The origin behind a target in a matrix that fsm writes."""
_CALL = re.compile(r"[\w.]+\(.*\)|:=|\+\+|--|\+=")


@dataclass(frozen=True, slots=True)
class StateText:
    """The name of a state in a cell, with what its marks say."""

    name: str
    initial: bool = False
    final: bool = False
    star: bool = False
    """Whether an asterisk marks it, which may mean either."""
    loop: bool = False
    """Whether the cell says that the state stays."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A guard: named conditions with the truth that each must have, or what is left of others."""

    parts: tuple[tuple[str, bool], ...] = ()
    otherwise: bool = False

    @property
    def text(self) -> str:
        """The guard as it is written in a transition."""
        if self.otherwise:
            return "otherwise"
        return " and ".join(name if truth else f"not {name}" for name, truth in self.parts)


@dataclass(frozen=True, slots=True)
class EventText:
    """An event in a cell, with its guard and its action."""

    name: str
    guard: Condition | None = None
    action: str = ""


@dataclass(frozen=True, slots=True)
class Quantifier:
    """``any``, ``any except a``, or ``all others``."""

    excluded: str = ""
    others: bool = False


def visible_text(cell: Cell) -> str:
    """Return the text of a cell as a reader sees it; an asterisk that is no markup is kept."""
    text = plain(cell.text)
    if text == "[]" and "*" in cell.text:
        return "[*]"
    if cell.text.count("*") == 1 and "*" not in text and "\\*" not in cell.text:
        star = cell.text.strip()
        return f"* {text}".strip() if star.startswith("*") else f"{text} *"
    return _ORIGIN.sub("", text)


def lines_of(cell: Cell) -> list[Cell]:
    """Return the lines of a cell that a reader sees, at least one."""
    parts = list(cell.parts())
    return parts if len(parts) > 1 else [cell]


def state_of(text: str, words: TableWords) -> StateText:
    """Return the name of a state without its marks.

    >>> from fsm.tables.declared.words import table_words
    >>> state_of("-> Draft (initial)", table_words())
    StateText(name='Draft', initial=True, final=False, star=False, loop=False)
    """
    found = StateText(text.strip())
    for _ in range(4):
        name = found.name
        marked = _behind(found, words)
        if (arrow := next((a for a in _ARROWS if name.startswith(a)), "")) and name != arrow:
            marked = replace(found, name=name[len(arrow) :].strip(), initial=True)
        elif name.startswith("[*]") and name != "[*]":
            marked = replace(found, name=name[3:].lstrip(" -\u2192>"), initial=True)
        elif name[:1] == "*" and name.strip("* "):
            marked = replace(found, name=name[1:].strip(), star=True)
        elif name[-1:] == "*" and name.strip("* "):
            marked = replace(found, name=name[:-1].strip(), star=True)
        if marked == found:
            break
        found = marked
    return found


def _behind(found: StateText, words: TableWords) -> StateText:
    """Read the marks in brackets behind a name."""
    match = _ENDING.fullmatch(found.name)
    if match is None or not match["name"]:
        return found
    marks = [m.strip() for m in re.split(r"[,;/]|\band\b", match["round"] or match["square"] or "")]
    kinds = [_mark(mark, words) for mark in marks]
    if not all(kinds):
        return found
    return replace(
        found,
        name=match["name"].strip(),
        initial=found.initial or "initial" in kinds,
        final=found.final or "final" in kinds,
        star=found.star or "star" in kinds,
        loop=found.loop or "loop" in kinds,
    )


def _mark(text: str, words: TableWords) -> str:
    if text == "*":
        return "star"
    for kind in ("initial", "final"):
        if words.says(f"{kind}_mark", text):
            return kind
    return "loop" if words.says("self_mark", text) else ""


def split_outside(text: str, separators: re.Pattern[str]) -> list[str]:
    """Split a text at separators that are not inside brackets; parts are stripped."""
    depths, depth = [], 0
    for letter in text:
        depth += letter in "([{"
        depths.append(depth)
        depth -= letter in ")]}" and depth > 0
    parts, start = [], 0
    for match in separators.finditer(text):
        if not any(depths[match.start() : match.end()]):
            parts.append(text[start : match.start()])
            start = match.end()
    return [part.strip() for part in (*parts, text[start:]) if part.strip()]


def quantifier_of(text: str, words: TableWords) -> Quantifier | None:
    """Return what stands for several states without naming them, or ``None``."""
    bare = text.strip()
    if words.says("others", bare):
        return Quantifier(others=True)
    if words.says("any", bare):
        return Quantifier()
    for word in words.cells["except_behind"]:
        if bare.casefold().endswith(word) and len(bare) > len(word):
            return Quantifier(bare[: -len(word)].strip())
    lead = words.begins(("any",), bare)
    rest = bare[len(lead) :].strip(" ,") if lead else ""
    rest = rest[1:-1].strip() if rest[:1] == "(" and rest[-1:] == ")" else rest
    word = words.begins(("except",), rest) if rest else ""
    excluded = rest[len(word) :].strip(" :")
    if not word or not excluded:
        return None
    return Quantifier("" if words.says("final_ones", excluded) else excluded)


def condition_of(text: str, words: TableWords) -> Condition | None:
    """Return the guard that a text states; ``None`` where it states none."""
    bare = text.strip()
    while bare[:1] == "[" and bare[-1:] == "]":
        bare = bare[1:-1].strip()
    if not bare or words.says("none", bare) or words.says("always", bare):
        return None
    if words.says("otherwise", bare):
        return Condition(otherwise=True)
    truth = True
    if unless := words.begins(("unless",), bare):
        bare, truth = bare[len(unless) :].strip(), False
    elif lead := words.begins(("if",), bare):
        bare = bare[len(lead) :].strip() or bare
    parts = [part.strip() for part in re.split(r"\s+and\s+|\s*&&\s*|\s*,\s*", bare)]
    if not all(" " not in part or part.startswith("not ") for part in parts) or not all(parts):
        parts = [bare]
    return Condition(tuple(_literal(part, truth=truth) for part in parts))


def _literal(text: str, *, truth: bool) -> tuple[str, bool]:
    for lead in ("not ", "!", "\u00ac"):
        if text.casefold().startswith(lead) and not text.startswith("!="):
            inner = text[len(lead) :].strip()
            if inner[:1] == "(" and inner[-1:] == ")":
                inner = inner[1:-1].strip()
            return inner, not truth
    return text, truth


def without_condition(text: str, words: TableWords) -> tuple[str, Condition | None]:
    """Split a text into what stands before a guard and the guard: ``[g]``, ``if g``, ``(if g)``."""
    ending = _ENDING.fullmatch(text)
    if ending and ending["name"]:
        inner = ending["round"] if ending["round"] is not None else ending["square"]
        is_guard = bool(words.begins(("if", "unless"), inner)) or words.says("otherwise", inner)
        if inner and (ending["square"] is not None or is_guard):
            return ending["name"].strip(" ,"), condition_of(inner, words)
    best: tuple[int, str] | None = None
    for kind in ("unless", "if"):
        for word in words.cells[kind]:
            at = text.casefold().find(f" {word} ")
            if at > 0 and (best is None or at < best[0]):
                best = at, text[at:].strip()
    if best:
        return text[: best[0]].strip(" ,"), condition_of(best[1], words)
    name, mark, last = text.rpartition(" ")
    if mark and name and words.says("otherwise", last):
        return name.strip(" ,"), Condition(otherwise=True)
    return text, None


_LISTED = re.compile(r"\s*(?:,(?=\s)|[;\n\u3001\uff0c\uff1b])\s*")
_TIGHT_COMMA = re.compile(r",")
_SLASH = re.compile(r"\s+/\s+|\s+\|\s+")


def events_in_cell(
    cell: Cell, words: TableWords, is_known: Callable[[str], bool], *, with_actions: bool = False
) -> Iterator[EventText]:
    """Yield the events that a cell names.

    ``is_known`` tells whether another cell is this event alone. ``with_actions`` is set where the
    header says that an action stands behind a slash.
    """
    for line in [cell] if is_known(plain(cell.text)) else lines_of(cell):
        text = visible_text(line)
        if is_known(text):
            yield EventText(text)
            continue
        before, slash, _ = text.partition(" / ")
        tight = split_outside(text, _TIGHT_COMMA)
        if len(tight) > 1 and all(map(is_known, tight)):
            yield from map(EventText, tight)
            continue
        is_whole = bool(slash) and with_actions and len(split_outside(before, _LISTED)) == 1
        for part in [text] if is_whole else split_outside(text, _LISTED):
            yield from _events_of_part(part, words, is_known, with_actions=with_actions)


def _events_of_part(
    text: str, words: TableWords, is_known: Callable[[str], bool], *, with_actions: bool
) -> Iterator[EventText]:
    if is_known(text):
        yield EventText(text)
        return
    guarded = _GUARDED.fullmatch(text)
    if guarded:
        guard = condition_of(guarded["guard"], words)
        for name in split_outside(guarded["event"], _SLASH) or [""]:
            yield EventText(name, guard, (guarded["action"] or "").strip())
        return
    parts = split_outside(text, _SLASH)
    if len(parts) == 2 and (with_actions or _is_action(parts[1], words, is_known)):
        name, guard = without_condition(parts[0], words)
        yield EventText(name, guard, parts[1])
        return
    for part in parts:
        yield from _alternatives(part, words, is_known)


def _alternatives(
    text: str, words: TableWords, is_known: Callable[[str], bool]
) -> Iterator[EventText]:
    name, guard = without_condition(text, words)
    name = name[3:] if name.casefold().startswith("or ") else name
    joined = "|".join(map(re.escape, words.cells["or_of_events"]))
    parts = split_outside(name, re.compile(rf"\s+(?:{joined})\s+|(?<=\S)/(?=\S)", re.IGNORECASE))
    are_words = "/" not in name and all(" " not in part for part in parts)
    if len(parts) > 1 and not is_known(name) and (any(map(is_known, parts)) or are_words):
        for part in parts:
            yield EventText(part, guard)
    else:
        yield EventText(name, guard)


def _is_action(text: str, words: TableWords, is_known: Callable[[str], bool]) -> bool:
    """Whether what stands behind a slash is an action rather than a further event."""
    return not is_known(text) and bool(_CALL.search(text) or words.begins(("does",), text))
