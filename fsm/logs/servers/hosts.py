"""Hosts of a log: a queue id is one of its host, and two hosts may use the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["Hosts"]

_HOST = re.compile(r"(?:.{0,60}?\d\d:\d\d:\d\d\S*(?: [+-]\d\d:?\d\d| Z)?|\d{10}\S*) +(\S+) +\S")
_NO_HOST = re.compile(r"[/\[]|^-$|:\d\d:")
_MOST = 1000
"""Hosts that are told apart; a hostile log names any number."""


class Hosts:
    """Tells the hosts of lines apart.

    ``suffix`` is put behind a queue id of the last host that was read: nothing for the first host
    of a log, ``@host`` for every other one, so that the ids of a log of one host stay as they are.
    """

    def __init__(self) -> None:
        self.current = "\0"
        """The last host, between the blanks around it; a head without it is of another host."""
        self.suffix = ""
        self.suffixes: dict[str, str] = {}
        """The suffixes of all hosts that were read."""

    def state(self) -> dict[str, Any]:
        """Return what is known of hosts as plain values, for :meth:`resume`."""
        return {"current": self.current, "suffix": self.suffix, "suffixes": self.suffixes}

    def resume(self, state: Mapping[str, Any]) -> None:
        """Know the hosts that were known."""
        self.current, self.suffix = state["current"], state["suffix"]
        self.suffixes = dict(state["suffixes"])

    def switch(self, head: str) -> None:
        """Make the host that the head of a line names the current one.

        A head that names none is of the current host.
        """
        match = _HOST.match(head)
        if not match or _NO_HOST.search(match[1]):
            return
        name = match[1]
        self.current = f" {name} "
        if name not in self.suffixes:
            self.suffixes[name] = self._new_suffix(name)
        self.suffix = self.suffixes[name]

    def of(self, head: str) -> str:
        """Return the suffix of the host of a line."""
        if self.current not in head:
            self.switch(head)
        return self.suffix

    def nearest(self) -> Iterable[str]:
        """Return the suffixes of all hosts that were read, the current one first."""
        if len(self.suffixes) < 2:
            return (self.suffix,)
        return dict.fromkeys((self.suffix, *self.suffixes.values()))

    def _new_suffix(self, name: str) -> str:
        """Return the suffix of a new host; ``mx`` and ``mx.x.example`` are one host."""
        for known, suffix in self.suffixes.items():
            if ("." not in known and name.startswith(f"{known}.")) or known.startswith(f"{name}."):
                return suffix
        return f"@{name[:255]}" if 0 < len(self.suffixes) < _MOST else ""
