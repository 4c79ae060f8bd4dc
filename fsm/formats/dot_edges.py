"""The edges and nodes of a DOT text, in the order in which they are written.

Of subgraphs, the names and labels are read, of nodes and edges those attributes that mean
something for a machine; ports are skipped. An edge from or to names in braces is an edge of each of
them; another edge from or to a whole subgraph is refused, and so is an undirected graph.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise, product
from typing import NamedTuple, TypeAlias

from fsm.errors import MachineError
from fsm.formats.dot_tokens import Token, tokenize

__all__ = ["DotCluster", "DotEdge", "DotNode", "parse_parts"]

_NAMES = frozenset({"id", "quoted", "html"})
_ATTRIBUTES = frozenset(
    {
        "class", "color", "dir", "fillcolor", "fontcolor", "headlabel", "label", "lhead", "ltail",
        "peripheries", "shape", "shows", "style", "taillabel", "width", "xlabel",
    }
)  # fmt: skip

_MAX_GROUP = 50
"""Names in braces at one end of an arrow, each of which has an arrow of its own."""


class DotEdge(NamedTuple):
    """An edge. The label is the token as written, ``None`` where it is missing or blank."""

    source: str
    target: str
    label: Token | None
    line: int
    cluster: str = ""
    """The innermost subgraph around it, as in a node."""
    attributes: Mapping[str, Token] = {}

    def text(self, key: str) -> str:
        """Return an attribute as written; empty where it is not."""
        return self.attributes[key].text if key in self.attributes else ""


class DotNode(NamedTuple):
    """A node that has a statement of its own, with its attributes as written."""

    name: str
    attributes: Mapping[str, Token]
    cluster: str
    """The innermost subgraph around it; empty where it is in none that has a name."""
    line: int

    def text(self, key: str) -> str:
        """Return an attribute as written; empty where it is not."""
        return self.attributes[key].text if key in self.attributes else ""


class DotCluster(NamedTuple):
    """A subgraph that has a name, or the whole graph, whose name is empty."""

    name: str
    attributes: Mapping[str, Token]
    parent: str
    """The subgraph around it."""
    line: int

    @property
    def label(self) -> Token | None:
        """The label as written."""
        return self.attributes.get("label")

    def text(self, key: str) -> str:
        """Return an attribute as written; empty where it is not."""
        return self.attributes[key].text if key in self.attributes else ""


DotPart: TypeAlias = DotEdge | DotNode | DotCluster


def parse_parts(text: str, name: str) -> Iterator[DotPart]:
    """Yield the parts of a text; raises :class:`MachineError` with the line of a syntax error."""
    return _Parser(text, name).parts()


class _Parser:
    """Looks one token ahead. Nesting is counted, not recursed into, so that no text is too deep."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.tokens = tokenize(text, name)
        self.next = next(self.tokens)
        self.clusters = [""]
        self.defaults: list[dict[str, Token]] = [{}]
        """What ``node [..]`` says in each subgraph that is open."""
        self.edge_defaults: list[dict[str, Token]] = [{}]
        self.about: list[tuple[dict[str, Token], int]] = [({}, 1)]
        """The attributes of each subgraph that is open, and its line."""
        self.members: list[list[str] | None] = [None]
        """The names in each subgraph that is open, if there is nothing but names in it."""

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

    def parts(self) -> Iterator[DotPart]:
        self.header()
        while self.clusters:
            if self.accept("}"):
                yield from self.closed()
                names = self.members.pop()
                if self.at("->"):  # from the subgraph that ends here
                    if not names or len(names) > _MAX_GROUP:
                        raise self.wrong("an edge between two states")
                    yield from self.edges(names, self.next.line)
            elif self.subgraph():
                self.defaults.append(self.defaults[-1])
                self.edge_defaults.append(self.edge_defaults[-1])
                self.members[-1] = None
                self.members.append([])
            elif not self.accept(";"):
                yield from self.statement()
        if self.next.kind != "end":
            raise self.wrong("the end of the file")

    def closed(self) -> Iterator[DotCluster]:
        """Leave a subgraph; yield it, if it has a name of its own."""
        name = self.clusters.pop()
        self.defaults.pop()
        self.edge_defaults.pop()
        attributes, line = self.about.pop()
        around = self.clusters[-1] if self.clusters else None
        if name != around:
            yield DotCluster(name, attributes, around or "", line)

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
        line = self.next.line
        if self.keyword() == "subgraph":
            self.take()
            name = self.take().text if self.next.kind in _NAMES else ""
            self.expect("{")
            self.clusters.append(name or self.clusters[-1])
            self.about.append(({}, line))
            return True
        if self.at("{"):
            self.take()
            self.clusters.append(self.clusters[-1])
            self.about.append(({}, line))
            return True
        return False

    def statement(self) -> Iterator[DotPart]:
        if self.keyword() in {"node", "edge", "graph"}:
            self.members[-1] = None
            kind = self.take().text.lower()
            given = self.attributes()
            if kind == "node":
                self.defaults[-1] = self.defaults[-1] | given
            elif kind == "edge":
                self.edge_defaults[-1] = self.edge_defaults[-1] | given
            elif kind == "graph":
                self.about[-1][0].update(given)
            return
        line, name = self.next.line, self.node()
        if self.accept("="):
            value = self.next
            self.node()
            if name.lower() in _ATTRIBUTES:
                self.about[-1][0][name.lower()] = value
            return
        if self.at("->"):
            self.members[-1] = None
            yield from self.edges([name], line)
            return
        if (names := self.members[-1]) is not None:
            names.append(name)
            self.accept(",")
        attributes = self.defaults[-1] | self.attributes()
        yield DotNode(name, attributes, self.clusters[-1], line)

    def edges(self, sources: list[str], line: int) -> Iterator[DotPart]:
        """Take the arrows that lead on from some names."""
        ends = [sources]
        while self.accept("->"):
            ends.append(self.group() if self.at("{") else [self.node()])
        attributes = self.edge_defaults[-1] | self.attributes()
        written = (attributes.get(key) for key in ("label", "xlabel", "taillabel", "headlabel"))
        label = next((label for label in written if label and label.text.strip()), None)
        for source, target in (edge for pair in pairwise(ends) for edge in product(*pair)):
            yield DotEdge(source, target, label, line, self.clusters[-1], attributes)

    def group(self) -> list[str]:
        """Take the names in braces that an arrow leads to, each of them."""
        self.expect("{")
        names = [self.node()]
        while not self.accept("}"):
            if not (self.accept(";") or self.accept(",")):
                names.append(self.node())
            if len(names) > _MAX_GROUP:
                raise self.wrong(f"'}}' after {_MAX_GROUP} names")
        return names

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
