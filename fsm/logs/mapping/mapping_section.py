"""The sections of mapping files, whose entries are checked when they are taken out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from fsm.errors import LogError
from fsm.logs.mapping.record_layout import FieldSource
from fsm.suggest import remedy
from fsm.toml import Toml

__all__ = ["MappingSection"]

_MOST = 10_000
"""Entries of a section."""


class MappingSection:
    """The entries of one section. Its methods raise :class:`LogError` with the line of an entry."""

    def __init__(self, toml: Toml, section: str) -> None:
        self.section = section
        self._toml = toml
        self.entries: Mapping[str, Any] = toml.data
        for key in section.split(".") if section else ():
            inner = self.entries.get(key, {})
            if not isinstance(inner, dict):
                line = toml.line("", key)
                raise LogError(f"{toml.name}:{line}: write [{section}] on a line of its own")
            self.entries = inner
        if len(self.entries) > _MOST:
            self.refuse("", f"more than {_MOST:,} entries")

    def refuse(self, word: str, fault: str) -> NoReturn:
        """Raise an error at the line of a word."""
        raise LogError(f"{self._toml.name}:{self._toml.line(self.section, word)}: {fault}")

    def check_names(
        self, kind: str, names: Sequence[str], entries: Mapping[str, Any] | None = None
    ) -> None:
        """Refuse an entry of the section, or of a value in it, with a name that is not known."""
        for key in self.entries if entries is None else entries:
            if key not in names:
                where = f" in [{self.section}]" if self.section else ""
                self.refuse(key, f"no {kind} {key!r}{where}; {remedy(key, names)}")

    def text(self, key: str) -> str | None:
        """Return a text that is not empty; None where there is no such entry."""
        value = self.entries.get(key)
        if value is None:
            return None
        if not isinstance(value, str) or not value:
            self.refuse(key, f'write {key} = "a text"')
        return value

    def flag(self, key: str) -> bool | None:
        """Return true or false; None where there is no such entry."""
        value = self.entries.get(key)
        if not isinstance(value, bool | None):
            self.refuse(key, f"write {key} = true, or false")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return one text, or a list of them."""
        texts = _listed(self.entries.get(key, []))
        if not all(isinstance(text, str) and text for text in texts):
            self.refuse(key, f'write {key} = ["a text", "another"]')
        return tuple(map(str, texts))

    def text_lists(self, key: str) -> tuple[tuple[str, ...], ...]:
        """Return a list of lists of texts."""
        value = self.entries.get(key, [])
        if not isinstance(value, list) or not all(map(_is_text_list, value)):
            self.refuse(key, f'write {key} = [["event", "email"]], a list of lists of fields')
        return tuple(map(tuple, value))

    def sources(self, key: str) -> tuple[FieldSource, ...]:
        """Return the places of a field."""
        return tuple(self._source(key, value) for value in _listed(self.entries.get(key, [])))

    def _source(self, key: str, value: object) -> FieldSource:
        if isinstance(value, str) and value:
            return FieldSource((value,))
        parts = value.get("join") if isinstance(value, dict) else None
        given = value.get("value") if isinstance(value, dict) else None
        is_joined = _is_text_list(parts) and not any(part.startswith(".") for part in parts or ())
        is_given = isinstance(given, str) and bool(given)
        if not isinstance(value, dict) or len(value) != 1 or is_joined == is_given:
            self.refuse(
                key,
                f'write {key} = "a column or path", a list of them, '
                '{ join = ["one", "another"] }, or { value = "a text" }',
            )
        return FieldSource(tuple(parts or ()), given)


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _is_text_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, str) and v for v in value)
