"""The guides: Markdown pages that travel with the package, found by their topics."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fsm.errors import FsmError
from fsm.suggest import no_such

__all__ = ["Topic", "find_topic", "guide_topics"]

_DIRECTORY = Path(__file__).parent
_READING_ORDER = (
    "start",
    "documentation",
    "sphinx",
    "testing",
    "implementations",
    "python",
    "email",
    "log-formats",
    "own-logs",
    "conformance",
    "discovery",
    "machines",
    "formats",
    "recipes",
    "ci",
    "completion",
    "trust",
    "glossary",
)


@dataclass(frozen=True)
class Topic:
    """A guide: its name, which may contain a folder (``reference/api``), and its file."""

    name: str
    path: Path

    @property
    def text(self) -> str:
        """The page as Markdown."""
        return self.path.read_text("utf-8")

    @property
    def title(self) -> str:
        """The title of the page, in one line."""
        found = re.search(r"^# (.+)$", self.text, re.MULTILINE)
        return found[1].replace("`", "") if found else self.name


def guide_topics() -> list[Topic]:
    """Return all topics in the order of reading; the pages of reference stand at the end."""
    found = [
        Topic(path.relative_to(_DIRECTORY).with_suffix("").as_posix(), path)
        for path in _DIRECTORY.rglob("*.md")
        if path.stem != "index"  # the list of the guides, as a page
    ]
    return sorted(found, key=_place)


def _place(topic: Topic) -> tuple[int, int, str]:
    known = topic.name in _READING_ORDER
    place = _READING_ORDER.index(topic.name) if known else len(_READING_ORDER)
    return topic.name.count("/"), place, topic.name


def _short(topic: Topic) -> str:
    """Return the name without the folder."""
    return topic.name.rpartition("/")[2]


def find_topic(name: str, topics: Iterable[Topic]) -> Topic:
    """Return the topic of a name; the beginning of the name is enough if only one begins so.

    A page in a folder is found without the folder as well. Raises :class:`FsmError` if there is
    no such topic, or several.
    """
    known = list(topics)
    named = {_short(topic): topic for topic in reversed(known)}
    named |= {topic.name: topic for topic in known}
    if name in named:
        return named[name]
    matching = {t.name: t for key, t in named.items() if name and key.startswith(name)}
    if len(matching) == 1:
        return next(iter(matching.values()))
    if matching:
        raise FsmError(f"{name!r} may be {', '.join(sorted(matching))}; give more of the name")
    raise FsmError(no_such("guide", name, [_short(topic) for topic in known], "fsm guide"))
