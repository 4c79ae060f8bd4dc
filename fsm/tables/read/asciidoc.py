"""Read pages in AsciiDoc: titles, tables, diagrams and the texts around them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from fsm.errors import PageError
from fsm.tables.read.asciidoc_tables import BlockAttributes, read_asciidoc_table
from fsm.tables.read.asciidoc_text import shown_asciidoc
from fsm.tables.read.bounds import MAX_HTML, MAX_HTML_CELLS, check_bounds, check_markup_size
from fsm.tables.read.cell_text import escaped_cell
from fsm.tables.read.diagrams import diagram_in_code, linked_diagrams, placed_diagrams
from fsm.tables.read.page_parts import DocumentedDiagram, Notice, Page, ignore_notice
from fsm.tables.read.sections import Anchor, Heading, sections_of, tables_in_sections
from fsm.tables.read.table import Cell, Table

__all__ = ["parse_asciidoc"]

_HEADING = re.compile(r"(={1,6}|#{1,6})[ \t]+(\S.*)")
_TABLE = re.compile(r"([|,:!])={3,}[ \t]*")
_BLOCK = re.compile(r"(?:-{4,}|\.{4,}|\+{4,}|/{4,}|`{3,})[ \t]*")
_FENCE = re.compile(r"```+[ \t]*([\w-]+)[ \t]*")
_ATTRIBUTES = re.compile(r"\[(?!\[)(.{0,1000})\][ \t]*")
_ANCHOR = re.compile(r"\[\[([^\[\],\n]{1,200})(?:,[^\[\]\n]{0,300})?\]\][ \t]*")
_INLINE_ANCHOR = re.compile(
    r"\[\[([^\[\],\s]{1,200})(?:,[^\[\]\n]{0,300})?\]\]|\banchor:([\w-]{1,200})\["
)
_SETTING = re.compile(r":!?([\w-]{1,100})!?:(?:[ \t]+(.{0,1000}))?")
_MACRO = re.compile(r"(mermaid|plantuml|graphviz)::([^\s\[\]]{1,300})\[.{0,300}\][ \t]*")
_TITLE = re.compile(r"\.([^\s.].{0,1000})")
_SHORT_ID = re.compile(r"[#]([^.%#\s,]{1,200})")
_SHORT_OPTION = re.compile(r"%([\w-]{1,50})")
_PART = re.compile(r"\s*([\w-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^,]*))(?:,|\Z)|([^,]*)(?:,|\Z)")
_NO_ID = re.compile(r"[^\w.\- ]")
_COMMENT = re.compile(r"//(?!/)\s*(.*)")


def parse_asciidoc(text: str, name: str) -> Page:
    """Parse a page; raises :class:`PageError` for one that exceeds the limits of pages."""
    check_bounds(text, name)
    check_markup_size(text, name)
    reader = _Reader(text.split("\n"), name)
    reader.run()
    sections = sections_of(reader.headings, reader.anchors(), len(reader.lines))
    links = linked_diagrams("\n".join(reader.prose))
    return Page(
        name,
        tables_in_sections(reader.tables, sections),
        tuple(reader.texts),
        tuple(reader.lines),
        reader.ignored,
        tuple(reader.notices),
        sections=sections,
        diagrams=placed_diagrams(iter([*reader.diagrams, *links]), sections),
    )


@dataclass
class _Reader:
    lines: list[str]
    name: str
    number: int = 0
    """How many lines are read."""
    tables: list[Table] = field(default_factory=list)
    texts: list[Cell] = field(default_factory=list)
    above: list[Cell] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)
    labels: list[tuple[str, int, int]] = field(default_factory=list)
    """The id of each anchor, its line, and how many blocks stand before it."""
    blocks: list[tuple[int, int]] = field(default_factory=list)
    """The line of each block, and the one behind it if it is a table."""
    diagrams: list[DocumentedDiagram] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    prose: list[str] = field(default_factory=list)
    """The lines outside blocks, the others empty."""
    cells: int = 0
    """How many cells the tables have together."""
    ignored: int = 0
    attributes: dict[str, str] = field(default_factory=dict)
    block: BlockAttributes = field(default_factory=BlockAttributes)
    title: Cell | None = None
    ignore_line: int = 0
    """The line of a request to ignore the next table, 0 without one."""

    def run(self) -> None:
        """Read the page line by line."""
        self.prose = [""] * len(self.lines)
        while self.number < len(self.lines):
            line = self.lines[self.number].rstrip()
            self.number += 1
            if line and not self.read_mark(line) and not self.read_block(line):
                self.read_text(line)
        self.check_ignore()

    def anchors(self) -> list[Anchor]:
        """Return the anchors, each with the block below it."""
        found = []
        for name, line, count in self.labels:
            below, end = self.blocks[count] if count < len(self.blocks) else (0, 0)
            found.append(Anchor(name, line, below, end))
        return found

    def read_mark(self, line: str) -> bool:
        """Read a line that says something of the next block, and return whether it is one."""
        if (comment := _COMMENT.fullmatch(line)) or (_SETTING.fullmatch(line)):
            if comment and comment[1].strip() == "fsm:ignore":
                self.check_ignore()
                self.ignore_line = self.number
            elif setting := _SETTING.fullmatch(line):
                self.attributes[setting[1].lower()] = setting[2] or ""
            return True
        if anchor := _ANCHOR.fullmatch(line):
            self.labels.append((anchor[1], self.number, len(self.blocks)))
            return True
        if match := _ATTRIBUTES.fullmatch(line):
            self.read_attributes(match[1])
            return True
        if (title := _TITLE.fullmatch(line)) and not _BLOCK.fullmatch(line):
            self.title = self.text_cell(title[1], self.number, 2)
            return True
        return False

    def read_attributes(self, text: str) -> None:
        """Read the attributes of the next block."""
        positional, named, options = (
            list(self.block.positional),
            dict(self.block.named),
            set(self.block.options),
        )
        for match in _PART.finditer(text):
            if match[1]:
                named[match[1].lower()] = next(
                    (v for v in match.groups()[1:4] if v is not None), ""
                )
            elif match[5] and match[5].strip():
                short = match[5].strip()
                positional.append(re.split(r"[#.%]", short)[0])
                options.update(_SHORT_OPTION.findall(short))
                for name in _SHORT_ID.findall(short):
                    self.labels.append((name, self.number, len(self.blocks)))
        for name in ("options", "opts"):
            options.update(part.strip() for part in named.get(name, "").split(","))
        options.update(key.removesuffix("-option") for key in named if key.endswith("-option"))
        if "id" in named:
            self.labels.append((named["id"], self.number, len(self.blocks)))
        self.block = BlockAttributes(tuple(positional), named, frozenset(options))

    def read_block(self, line: str) -> bool:
        """Read a heading or a delimited block, and return whether the line begins one."""
        if heading := _HEADING.fullmatch(line):
            self.add_heading(heading)
        elif macro := _MACRO.fullmatch(line):
            source = Cell(macro[2], self.number, macro.start(2) + 1)
            if diagram := diagram_in_code(macro[1], source):
                self.diagrams.append(replace(diagram, path=macro[2]))
        elif table := _TABLE.fullmatch(line):
            self.add_table(line, table[1])
            return True
        elif fence := _FENCE.fullmatch(line):
            self.add_code(self.content("```"), fence[1])
        elif _BLOCK.fullmatch(line):
            self.add_code(self.content(line), self.language())
        else:
            return False
        self.end_block()
        return True

    def language(self) -> str:
        """Return the language of a block of code: that of the source, or the name of the block."""
        style, *rest = [*self.block.positional, ""]
        stated = rest[:1] if style in ("source", "", "listing") else [style]
        return next(iter(stated), "") or self.block.named.get("language", "")

    def end_block(self) -> None:
        """Forget what was said of the block."""
        self.check_ignore()
        self.block, self.title = BlockAttributes(), None

    def check_ignore(self) -> None:
        """Note a request to ignore a table that none followed."""
        if self.ignore_line:
            column = self.lines[self.ignore_line - 1].find("//") + 1
            self.notices.append(ignore_notice(Cell("//", self.ignore_line, column)))
        self.ignore_line = 0

    def content(self, delimiter: str) -> Sequence[str]:
        """Return the lines up to the delimiter, or to the end of the page, and read past it."""
        first = self.number
        while self.number < len(self.lines):
            self.number += 1
            if self.lines[self.number - 1].rstrip() == delimiter:
                return self.lines[first : self.number - 1]
        return self.lines[first:]

    def add_heading(self, match: re.Match[str]) -> None:
        """Add a title; its id may be the one that Asciidoctor makes."""
        written = match[2].removesuffix(match[1]).rstrip()
        for anchor in _INLINE_ANCHOR.finditer(written):
            self.labels.append((anchor[1] or anchor[2], self.number, len(self.blocks)))
        cell = self.text_cell(written, self.number, match.start(2) + 1)
        shown = shown_asciidoc(written, self.attributes).lower()
        made = re.sub(r"[ .\-_]+", "_", f"_{_NO_ID.sub('', shown)}").rstrip("_")
        self.headings.append(
            Heading(cell.text, self.number, len(match[1]), (made,) if made else ())
        )
        self.add_text(cell)

    def add_code(self, lines: Sequence[str], language: str) -> None:
        """Add a diagram, if a block is one."""
        first = self.number - len(lines)
        text = "".join(f"{line}\n" for line in lines)
        if diagram := diagram_in_code(language, Cell(text, first, 1)):
            self.diagrams.append(diagram)

    def add_table(self, delimiter: str, mark: str) -> None:
        """Add a table, unless it is to be ignored or has no end."""
        opened = self.number
        lines = self.content(delimiter)
        above = [*([self.title] if self.title else ()), *self.above]
        is_ignored, self.ignore_line = bool(self.ignore_line), 0
        if self.lines[self.number - 1].rstrip() != delimiter or self.number == opened:
            text = f"a table without its end ({delimiter}) is not read"
            self.notices.append(Notice(Cell(delimiter, opened, 1), "open-table", text))
        elif sum(map(len, lines)) > MAX_HTML:
            raise PageError(f"{self.name}:{opened}: a table of more than {MAX_HTML:,} characters")
        else:
            table = read_asciidoc_table(
                lines, opened + 1, mark, self.block, self.attributes, self.name
            )
            self.ignored += is_ignored and table is not None
            if table:
                self.tables += [] if is_ignored else [replace(table, above=tuple(above))]
                self.blocks.append((table.line, self.number))
                self.cells += len(table.header) * (1 + len(table.rows))
                if self.cells > MAX_HTML_CELLS:
                    raise PageError(
                        f"{self.name}:{opened}: more than {MAX_HTML_CELLS:,} cells in a page"
                    )
        self.above = []
        self.end_block()

    def read_text(self, line: str) -> None:
        """Read a line of a paragraph."""
        self.prose[self.number - 1] = line
        for anchor in _INLINE_ANCHOR.finditer(line):
            self.labels.append((anchor[1] or anchor[2], self.number, len(self.blocks)))
        cell = self.text_cell(line.strip(), self.number, len(line) - len(line.lstrip()) + 1)
        if cell.text:
            self.add_text(cell)
        self.end_block()

    def add_text(self, cell: Cell) -> None:
        """Add a text above the next table."""
        self.texts.append(cell)
        self.above.insert(0, cell)
        self.blocks.append((cell.line, 0))

    def text_cell(self, text: str, line: int, column: int) -> Cell:
        """Return a text as Markdown that shows it."""
        return Cell(escaped_cell(shown_asciidoc(text, self.attributes)), line, column)
