"""What a file seems to be, for messages about one that was given in the place of another."""

from __future__ import annotations

import os
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from fsm.suggest import no_such, suggestion

__all__ = ["may_be_toml", "misplaced_file", "misplaced_toml", "missing_file"]

_WRITTEN = "fsm writes such files, and does not read them"
_KINDS = {
    "page": ((".md", ".markdown"), "a Markdown page", "fsm check and fsm docs take pages"),
    "machine": (
        (
            ".scxml",
            ".yaml",
            ".yml",
            ".dot",
            ".gv",
            ".mmd",
            ".mermaid",
            ".puml",
            ".plantuml",
            ".uml",
            ".d2",
            ".smcat",
        ),
        "a machine",
        "fsm show and fsm draw take machines",
    ),
    "log": (
        (".csv", ".jsonl", ".log", ".parquet"),
        "a log",
        "fsm replay, report, explain and convert take logs",
    ),
    "settings": ((".toml",), "a TOML file", "an option such as --lexicon takes it"),
    "picture": ((".svg", ".png", ".pdf"), "a picture", _WRITTEN),
    "report": ((".html", ".htm"), "an HTML page", _WRITTEN),
}
_PACKED = (".gz", ".bz2", ".xz", ".zst")
_MOST_FILES = 10_000
_LABELS = {"kinds", "reasons", "feedback", "time_format"}
_MAPPING = {"read", "fields", "events"}
_FINAL = {"hard_bounce", "retry_failed"}
_TOML_KINDS = {
    "lexicon": ("a lexicon", "give it with --lexicon"),
    "table": ("a binding", "give it with --binding"),
    "labels": ("a file of labels", "give it with --labels"),
    "mapping": ("a mapping", "give it with --map"),
    "policy": ("a policy", "give it with --policy"),
    "settings": ("a file of settings", "give it with --config"),
}
"""What a TOML file is, by its ``kind``, and who takes it."""


def misplaced_file(name: str, wanted: str) -> str:
    """Return why a file is not what is wanted, by its name; an empty text where it may be.

    ``wanted`` is one of ``page``, ``machine`` and ``log``.

    >>> misplaced_file("docs/page.md", "machine")
    'a Markdown page, not a machine; fsm check and fsm docs take pages'
    >>> misplaced_file("mail.log.gz", "page"), misplaced_file("mail.log.gz", "log")
    ('a log, not a page; fsm replay, report, explain and convert take logs', '')
    """
    path = Path(name.lower())
    suffix = Path(path.stem).suffix if path.suffix in _PACKED else path.suffix
    for kind, (suffixes, what, takers) in _KINDS.items():
        if suffix in suffixes and kind != wanted:
            return f"{what}, not a {wanted}; {takers}"
    return ""


def missing_file(path: Path) -> str:
    """Return that there is no such file, and the nearest names in its folder."""
    folder = path.parent
    if not folder.is_dir():
        return f"No such file or directory; there is no folder {str(folder)!r}"
    with os.scandir(folder) as entries:
        names = [entry.name for entry in islice(entries, _MOST_FILES)]
    question = suggestion(path.name, (n for n in sorted(names) if not n.startswith(".")))
    return "; ".join(filter(None, ("No such file or directory", question)))


def misplaced_toml(data: Mapping[str, object], wanted: str) -> str:
    """Return why a TOML file is not what is wanted, by its kind; empty where it may be.

    ``wanted`` is one of ``lexicon``, ``table``, ``labels``, ``mapping``, ``policy`` and
    ``settings``, which is what the entry ``kind`` of such a file says. A file without it is
    recognised by its entries.

    >>> misplaced_toml({"kind": "lexicon", "language": "nl"}, "table")
    'a lexicon, not a binding; give it with --lexicon'
    >>> misplaced_toml({"machine": "lift"}, "table")
    ''
    >>> misplaced_toml({"kind": "tables"}, "table").partition("?")[0]
    "no kind of file 'tables'; did you mean 'table'"
    """
    kind = data.get("kind")
    if kind is not None and (not isinstance(kind, str) or kind not in _TOML_KINDS):
        return no_such("kind of file", str(kind), _TOML_KINDS)
    found = kind or _kind_by_entries(data)
    if found in ("", wanted):
        return ""
    what, taker = _TOML_KINDS[found]
    return f"{what}, not {_TOML_KINDS[wanted][0]}; {taker}"


def may_be_toml(data: Mapping[str, object], wanted: str) -> bool:
    """Whether a TOML file does not say that it is of another kind.

    A misspelt kind may be the one that is wanted: its reader refuses it by name.

    >>> [may_be_toml({"kind": kind}, "settings") for kind in ("settings", "setting", "table")]
    [True, True, False]
    """
    kind = data.get("kind", wanted)
    return kind == wanted or not (isinstance(kind, str) and kind in _TOML_KINDS)


def _kind_by_entries(data: Mapping[str, object]) -> str:
    """Return the kind of a file that does not say it; an empty text where nothing shows it."""
    found = ""
    if "language" in data:
        found = "lexicon"
    elif "machine" in data or "page" in data:
        found = "table"
    elif data.keys() & _MAPPING:
        found = "mapping"
    elif data.keys() & _LABELS:
        found = "labels"
    elif any(isinstance(value, str) and value in _FINAL for value in data.values()):
        found = "policy"
    return found
