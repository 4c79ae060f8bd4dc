"""The directives ``fsm:diagram``, ``fsm:table`` and the others, as a domain of Sphinx."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.domains import Domain
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from fsm.docs.contents import (
    KINDS,
    CodeContent,
    Content,
    DiagramContent,
    SentenceContent,
    TableContent,
    content,
)
from fsm.errors import FsmError
from fsm.sphinx.diagram_nodes import fsm_diagram
from fsm.sphinx.project import page_sources
from fsm.sphinx.table import GENERATED, table_node
from fsm.tables.write import transitions_grid

if TYPE_CHECKING:
    from collections.abc import Sequence, Set

    from sphinx.util.typing import OptionSpec

__all__ = ["FsmDomain"]

_LOG = logging.getLogger(__name__)
_COMMON: OptionSpec = {
    "caption": directives.unchanged_required,
    "name": directives.unchanged,
    "class": directives.class_option,
}
_OF_DIAGRAMS: OptionSpec = {
    "alt": directives.unchanged_required,
    "width": directives.length_or_percentage_or_unitless,
    "align": lambda word: directives.choice(word, ("left", "center", "right")),
}
_ROW_HEADERS = ("matrix", "decisions")
_SHOWN = 5
"""How many columns of the table of transitions stand for a diagram: not its sources."""


class _ContentDirective(SphinxDirective):
    """Shows one kind of content; the options of the kind are those of its generated block."""

    kind: ClassVar[str]

    def run(self) -> Sequence[nodes.Node]:
        """Return the nodes of the content; a fault is a warning, and leaves nothing behind."""
        own = KINDS[self.kind].options
        given = {name: value for name, value in self.options.items() if name in own}
        try:
            sources = page_sources(self.env)
            made = content(self.kind, tuple(self.arguments), given, sources)
        except FsmError as error:
            self._warn(str(error), self.kind)
            return []
        for note in sources.notes:
            self._warn(note, "words")
        node = self._node(made)
        node["classes"] += self.options.get("class", [])
        self.set_source_info(node)
        caption = self.options.get("caption")
        if caption and isinstance(made, (CodeContent, DiagramContent)):
            node = self._figure(node, caption)
        self.add_name(node)
        return [node]

    def _warn(self, message: str, subtype: str) -> None:
        _LOG.warning(message, location=self.get_location(), type="fsm", subtype=subtype)

    def _node(self, made: Content) -> nodes.Element:
        if isinstance(made, TableContent):
            title = self.options.get("caption", made.title)
            table = table_node(made.grid, title, has_row_headers=self.kind in _ROW_HEADERS)
            table["classes"].append(f"{GENERATED}-{self.kind}")
            return table
        if isinstance(made, SentenceContent):
            return nodes.paragraph(made.text, made.text)
        if isinstance(made, CodeContent):
            return nodes.literal_block(made.text, made.text, language=made.language)
        return self._diagram(made)

    def _diagram(self, made: DiagramContent) -> nodes.Element:
        node = fsm_diagram(
            content=made,
            alt=self.options.get("alt", made.title),
            width=self.options.get("width", ""),
            classes=["fsm-diagram"],
        )
        if "align" in self.options:
            node["align"] = self.options["align"]
            node["classes"].append(f"align-{self.options['align']}")
        node += table_node(transitions_grid(made.machine).columns(_SHOWN), node["alt"])
        return node

    def _figure(self, node: nodes.Element, caption: str) -> nodes.Element:
        inline, messages = self.parse_inline(caption, lineno=self.lineno)
        figure = nodes.figure("", node, nodes.caption(caption, "", *inline), *messages)
        figure["align"] = node.get("align", "default")
        self.set_source_info(figure)
        return figure


def _directive(kind: str) -> type[_ContentDirective]:
    machines = KINDS[kind].machines
    options = dict.fromkeys(KINDS[kind].options, directives.unchanged_required)
    options |= _COMMON | (_OF_DIAGRAMS if kind == "diagram" else {})
    members = {
        "kind": kind,
        "required_arguments": machines,
        "final_argument_whitespace": machines == 1,
        "option_spec": options,
    }
    return type(f"{kind.title()}Directive", (_ContentDirective,), members)


class FsmDomain(Domain):
    """The directives; the domain has no objects and no references."""

    name = "fsm"
    label = "State machines"
    directives: ClassVar[dict[str, Any]] = {
        kind: _directive(kind) for kind in KINDS if kind != "mermaid"
    }

    def merge_domaindata(self, docnames: Set[str], otherdata: dict[str, Any]) -> None:
        """Merge nothing: pages that are read in parallel leave no data."""

    def resolve_any_xref(self, *_: Any) -> list[Any]:
        """Return no reference."""
        return []
