"""What a file seems to be, for messages about one that was given in the place of another."""

from __future__ import annotations

import os
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from fsm.suggest import suggestion

__all__ = ["misplaced_file", "misplaced_toml", "missing_file"]

_WRITTEN = "fsm writes such files, and does not read them"
_KINDS = {
    "page": ((".md", ".markdown"), "a Markdown page", "fsm check and fsm docs take pages"),
    "machine": (
        (".scxml", ".dot", ".gv", ".mmd", ".mermaid", ".puml", ".plantuml", ".uml"),
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
_FINAL = {"hard_bounce", "retry_failed"}
_OPTIONS = {"lexicon": "--lexicon", "binding": "--binding", "labels": "--labels"}


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
    """Return why a TOML file is not what is wanted, by its entries; empty where it may be.

    ``wanted`` is one of ``lexicon``, ``binding``, ``labels`` and ``policy``.

    >>> misplaced_toml({"language": "nl"}, "binding")
    'a lexicon, not a binding; give it with --lexicon'
    >>> misplaced_toml({"machine": "lift"}, "binding")
    ''
    """
    found = ""
    if "language" in data:
        found = "lexicon"
    elif "machine" in data:
        found = "binding"
    elif data.keys() & _LABELS:
        found = "labels"
    elif any(isinstance(value, str) and value in _FINAL for value in data.values()):
        found = "policy"
    if found in ("", wanted):
        return ""
    one = {"labels": "a file of labels", "policy": "a policy"}
    what, not_what = (one.get(kind, f"a {kind}") for kind in (found, wanted))
    return f"{what}, not {not_what}; give it with {_OPTIONS.get(found, '--policy')}"
