"""Parse XML with expat within bounds: no document type, no endless tag, no endless depth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NoReturn
from xml.parsers import expat

from fsm.errors import LogError

__all__ = ["DEEPEST", "XmlParser", "local_name", "pairs"]

DEEPEST = 200
"""Tags within each other."""
_TOKEN = 1 << 26
"""Bytes of a tag."""
_CUT_SHORT: Final = (
    expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
)


def pairs(attributes: list[str]) -> dict[str, str]:
    """Return attributes by their names, which stand before their values."""
    return dict(zip(attributes[::2], attributes[1::2], strict=True))


def local_name(name: str) -> str:
    """Return a name of XML without its prefix."""
    return name.rpartition(":")[2] if ":" in name else name


class XmlParser:
    """A parser of XML within bounds; ``name`` is the name of the file in messages."""

    def __init__(self, name: str, prefix: bytes = b"", line: int = 0) -> None:
        self.name = name
        self.depth = 0
        self.root = ""
        """The tag of the document as it is written."""
        self._line = line
        self._handlers: object = None
        self._fed = -len(prefix)
        self._prefix = len(prefix)
        self._expat = parser = expat.ParserCreate()
        parser.buffer_text = parser.ordered_attributes = True
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        self.handle_with(self._start, self._end)
        self.feed(prefix)

    def feed(self, data: bytes, *, final: bool = False) -> None:
        """Parse more; raises :class:`LogError` for what is no XML, with its line."""
        self._fed += len(data)
        try:
            self._expat.Parse(data, final)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code) or "unknown"
            if error.code in _CUT_SHORT:
                reason = "it ends within an element; fetch it again"
            raise LogError(f"{self.name}:{self._line + error.lineno}: not XML: {reason}") from error
        except (LookupError, ValueError) as error:  # an encoding that Python does not know
            raise LogError(f"{self.name}: its encoding is not known: {error}") from error
        if self._fed - self.place > _TOKEN:
            raise LogError(f"{self.name}:{self.line + 1}: a tag of more than {_TOKEN >> 20} MiB")

    @property
    def place(self) -> int:
        """The byte, of those that were fed, where the current tag begins."""
        return self._expat.CurrentByteIndex - self._prefix

    @property
    def line(self) -> int:
        """The line of the current tag, from 0."""
        return self._line + self._expat.CurrentLineNumber - 1

    def _start(self, tag: str, attributes: list[str]) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            self.refuse_depth()
        if self.depth == 1:
            self.root = tag
        self.begin(local_name(tag), pairs(attributes))

    def _end(self, tag: str) -> None:
        self.finish(local_name(tag))
        self.depth -= 1

    def begin(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take the beginning of an element."""

    def finish(self, tag: str) -> None:
        """Take the end of an element."""

    def refuse_depth(self) -> NoReturn:
        """Refuse a document whose tags are too deep in each other."""
        raise LogError(f"{self.name}:{self.line + 1}: more than {DEEPEST} tags in each other")

    def handle_with(
        self, begin: Callable[[str, list[str]], None], end: Callable[[str], None]
    ) -> None:
        """Call these functions for the elements that follow."""
        # The parser holds no reference to a function while it runs, so those before are kept.
        self._replaced, self._handlers = self._handlers, (begin, end)
        self._expat.StartElementHandler = begin
        self._expat.EndElementHandler = end

    def take_texts(self, take: Callable[[str], None]) -> None:
        """Call a function with every text between tags."""
        self._expat.CharacterDataHandler = take

    def _refuse_doctype(self, *_: object) -> None:
        raise LogError(
            f"{self.name}:{self.line + 1}: a document type declaration, which no log needs; "
            "take it out"
        )
