"""The edges of a DOT text, and what its states show, in the order in which they are written.

Ports, subgraphs and all attributes but the labels of edges and ``shows`` of nodes are skipped.
An edge from or to a whole subgraph is refused, and so is an undirected graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from fsm.errors import MachineError
from fsm.formats.dot_tokens import Token, tokenize

__all__ = ["DotEdge", "DotNode", "parse_parts"]

_NAMES = frozenset({"id", "quoted", "html"})
_ATTRIBUTES = frozenset({"label", "shows"})


class DotEdge(NamedTuple):
    """An edge. The label is the token as written, ``None`` where it is missing or blank."""

    source: str
    target: str
    label: Token | None
    line: int


class DotNode(NamedTuple):
    """A node with the attribute ``shows``, as written."""

    name: str
    shows: Token


def parse_parts(text: str, name: str) -> Iterator[DotEdge | DotNode]:
    """Yield edges and nodes; raises :class:`MachineError` with the line of a syntax error."""
    return _Parser(text, name).parts()


class _Parser:
    """Looks one token ahead. Nesting is counted, not recursed into, so that no text is too deep."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.tokens = tokenize(text, name)
        self.next = next(self.tokens)

    # Tokens

    def take(self) -> Token:
        token = self.next
        if token.kind != "end":
            self.next = next(self.tokens)
        return token

    def at(self, mark: str) -> bool:
        return self.next.kind == "mark" and self.next.text == mark

    def accept(self, mark: str) -> bool:
        """Take the mark if it is next."""
        if not self.at(mark):
            return False
        self.take()
        return True

    def expect(self, mark: str) -> None:
        if not self.accept(mark):
            raise self.wrong(f"{mark!r}")

    def wrong(self, expected: str) -> MachineError:
        token = self.next
        actual = "the end of the file" if token.kind == "end" else repr(token.text)
        return MachineError(f"{self.name}:{token.line}: {expected} is expected, not {actual}")

    def keyword(self) -> str:
        return self.next.text.lower() if self.next.kind == "keyword" else ""

    # Grammar

    def parts(self) -> Iterator[DotEdge | DotNode]:
        self.header()
        depth = 1
        while depth:
            if self.accept("}"):
                depth -= 1
                if self.at("->"):  # from the subgraph that ends here
                    raise self.wrong("an edge between two states")
            elif self.subgraph():
                depth += 1
            elif not self.accept(";"):
                yield from self.statement()
        if self.next.kind != "end":
            raise self.wrong("the end of the file")

    def header(self) -> None:
        if self.keyword() == "strict":
            self.take()
        if self.keyword() != "digraph":
            raise self.wrong("'digraph'")
        self.take()
        if self.next.kind in _NAMES:
            self.take()
        self.expect("{")

    def subgraph(self) -> bool:
        """Enter a subgraph, if one begins here."""
        if self.keyword() == "subgraph":
            self.take()
            if self.next.kind in _NAMES:
                self.take()
            self.expect("{")
            return True
        return self.accept("{")

    def statement(self) -> Iterator[DotEdge | DotNode]:
        if self.keyword() in {"node", "edge", "graph"}:
            self.take()
            self.attributes()
            return
        line = self.next.line
        ends = [self.node()]
        if self.accept("="):
            self.node()
            return
        while self.accept("->"):
            ends.append(self.node())
        attributes = self.attributes()
        label = attributes.get("label")
        for source, target in pairwise(ends):
            yield DotEdge(source, target, label if label and label.text.strip() else None, line)
        if len(ends) == 1 and "shows" in attributes:
            yield DotNode(ends[0], attributes["shows"])

    def node(self) -> str:
        """Take a node and its port; return its name."""
        if self.next.kind not in _NAMES:
            raise self.wrong("a name")
        token = self.take()
        while self.accept(":"):
            if self.next.kind not in _NAMES:
                raise self.wrong("a port")
            self.take()
        return token.text.replace('\\"', '"') if token.kind == "quoted" else token.text

    def attributes(self) -> dict[str, Token]:
        """Take the attribute lists; return the last value of each attribute that is read."""
        taken: dict[str, Token] = {}
        while self.accept("["):
            while not self.accept("]"):
                key = self.node().lower()
                self.expect("=")
                value = self.next
                self.node()
                if key in _ATTRIBUTES:
                    taken[key] = value
                if not self.accept(","):
                    self.accept(";")
        return taken
