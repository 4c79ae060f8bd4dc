"""The words of tables that declare machines: headers by role, and what cells say without names."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from fsm.tables.read.cell_text import normalise, normalise_name

__all__ = ["TableWords", "header_forms", "table_words"]

_BRACKETS = re.compile(r"\s*[(\[][^()\[\]]*[)\]]\s*")
_PLURAL = re.compile(r"\((?:s|es|en|e|n)\)")


@dataclass(frozen=True)
class TableWords:
    """Words as they are compared: ``roles`` of headers, and kinds of ``cells``."""

    roles: Mapping[str, tuple[str, ...]]
    """The roles that a column with this header may have."""
    cells: Mapping[str, tuple[str, ...]]
    """The words of each kind, longer ones first."""

    def role_of(self, header: str) -> tuple[str, ...]:
        """Return the roles that a column may have by its header, none for an unknown one."""
        return next((self.roles[form] for form in header_forms(header) if form in self.roles), ())

    def says(self, kind: str, text: str) -> bool:
        """Whether a text is a word of one kind.

        >>> table_words().says("none", "N/A"), table_words().says("ignored", "paid")
        (True, False)
        """
        return _form(text) in self.cells[kind]

    def begins(self, kinds: Iterable[str], text: str) -> str:
        """Return the word of some kinds that a text begins with, an empty text where none is."""
        folded = text.casefold()
        for word in (word for kind in kinds for word in self.cells[kind]):
            if folded.startswith(word):
                rest = folded[len(word) :]
                if not rest or not word[-1].isalnum() or not word.isascii() or rest[0] in " (:":
                    return word
        return ""


_LABEL_FORM = re.compile(r"([^\[\]/()]+?)\s*(?:\[|\(|/).*[\])/]")
"""A header such as ``Event [guard] / action``: the first word is what its cells begin with."""


def header_forms(header: str) -> Iterable[str]:
    """Yield the forms in which a header may be known, the most exact one first."""
    form = _PLURAL.sub("", normalise(header))
    yield form
    yield _BRACKETS.sub(" ", form).strip()
    yield form.replace("-", " ").replace("_", " ")
    if match := _LABEL_FORM.match(form):
        yield match[1]
    yield re.sub(r"\A(?:the|a|an|der|die|das|le|la|el)\s+", "", form)
    yield form.partition("/")[0].strip()


def _form(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".")


@cache
def table_words() -> TableWords:
    """Return the words that come with fsm."""
    data = tomllib.loads(files("fsm.tables.declared").joinpath("words.toml").read_text("utf-8"))
    roles: dict[str, tuple[str, ...]] = {}
    for role, words in data["columns"].items():
        for word in dict.fromkeys(map(normalise_name, words)):
            roles[word] = (*roles.get(word, ()), role)
    cells = {
        kind: tuple(sorted(dict.fromkeys(map(_form, words)), key=len, reverse=True))
        for kind, words in data["cells"].items()
    }
    return TableWords(roles, cells)
