"""Scan traces of an XES document whole columns at a time, where they have the usual shape.

Nearly every document is written by a program that puts a key and a value into each tag, in that
order, between double quotes: ``<string key="concept:name" value="Send Fine"/>``. In that shape the
places of ``<`` and ``"`` say everything, and a few operations on arrays of them find all events,
several times as fast as a parser calls a function for every tag.

Nothing is taken on trust. Every byte of a block is checked: each tag is one of those known here,
spelled exactly, with four quotes at the places where they have to be, only white space stands
between tags, traces and events are nested as they must be, no reference is unknown, and the text is
UTF-8. A block that fails (comments, CDATA, attributes within attributes, single quotes, anything
else that XML allows) is not scanned at all: :mod:`fsm.logs.process.xes_parser` reads it.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from fsm.arrays import Index, Mask
from fsm.logs.process.traces import Keys, Traces

__all__ = ["END", "scan_traces"]

END: Final = b"</trace>"
"""The end of a trace: blocks are cut there."""

_Words = npt.NDArray[np.uint64]
_Bytes = npt.NDArray[np.uint8]

_WORD = 8
"""Bytes: a text is compared by words, not by bytes."""
_PADDING = bytes(_WORD)
_KINDS = (b"string", b"date", b"int", b"float", b"boolean", b"id")
"""The tags of attributes that hold one value."""
_TRACE, _EVENT, _TRACE_END, _EVENT_END = range(4)
_STRUCTURE = (b"<trace>", b"<event>", END, b"</event>")
_MAY_FOLLOW = np.zeros((4, 4), np.bool_)
"""Whether a tag of structure may follow another one."""
for _before, _after in (
    (_TRACE, _EVENT),
    (_TRACE, _TRACE_END),
    (_EVENT, _EVENT_END),
    (_EVENT_END, _EVENT),
    (_EVENT_END, _TRACE_END),
    (_TRACE_END, _TRACE),
):
    _MAY_FOLLOW[_before, _after] = True
_BETWEEN: Final = b'" value='
_WHITE: Final = b"\t\n\r"
_WIDEST_GAP = 8 * _WORD
"""Bytes of white space between two tags."""
_WIDEST = 256
"""Bytes of a value that is cut out together with the others."""
_OTHER_REFERENCE = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);)")
_IN_KEYS = re.compile(rb'key="[^"]*[&\t\n\r]')


def _word(text: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(text[:_WORD].ljust(_WORD, b"\0"), "little"))


def _mask(length: int) -> np.uint64:
    """Return the word that keeps the first bytes of another one."""
    return np.uint64((1 << 8 * min(length, _WORD)) - 1)


@dataclass(frozen=True)
class _Text:
    """A block: its bytes, and the word of eight bytes that begins at each of them."""

    data: bytes
    characters: _Bytes
    words: _Words

    @classmethod
    def of(cls, data: bytes) -> _Text:
        padded = data + _PADDING
        words = np.ndarray((len(data) + 1,), "<u8", padded, 0, (1,))
        return cls(data, np.frombuffer(data, np.uint8), words)

    def begin_with(self, places: Index, text: bytes, heads: _Words | None = None) -> Mask:
        """Return at which of the places a text stands; ``heads`` are the words there."""
        found = ((self.words[places] if heads is None else heads) & _mask(len(text))) == _word(text)
        rest = text[_WORD:]
        if rest:
            likely = np.flatnonzero(found)
            further = np.minimum(places[likely] + _WORD, len(self.data))
            found[likely] = self.begin_with(further, rest)
        return found


@dataclass(frozen=True)
class _Attributes:
    """The attributes of a block, in order: where their keys and values stand."""

    tags: Index
    """The number of the tag of each, among all tags."""
    keys: Index
    key_ends: Index
    values: Index
    value_ends: Index


def scan_traces(data: bytes, keys: Keys) -> Traces | None:
    """Return whole traces, which begin with the first tag and end with the last one.

    None where they have another shape than the usual one, or are no XML at all.
    """
    text = _Text.of(data)
    starts = np.flatnonzero(text.characters == ord("<"))
    if not len(starts) or data[: starts[0]].strip() or _has_odd_characters(text):
        return None
    heads = text.words[starts]
    structure = np.full(len(starts), -1, np.int8)
    for number, tag in enumerate(_STRUCTURE):
        structure[text.begin_with(starts, tag, heads)] = number
    found = _attributes(text, starts, heads, structure)
    if found is None:
        return None
    attributes, ends = found
    if ends[-1] != len(data) or not _only_white_between(text, starts, ends):
        return None
    tags = np.flatnonzero(structure >= 0)
    order = structure[tags]
    if not _is_nested(order, attributes.tags, tags):
        return None
    return _traces(text, starts, structure, attributes, keys)


def _has_odd_characters(text: _Text) -> bool:
    """Return whether a block has characters that XML does not allow, or only in some places."""
    if not text.data.isascii():
        try:
            if not {"\ufffe", "\uffff"}.isdisjoint(text.data.decode()):
                return True
        except UnicodeDecodeError:
            return True
    if b"&" in text.data and (_OTHER_REFERENCE.search(text.data) or _IN_KEYS.search(text.data)):
        return True
    allowed = sum(int(np.count_nonzero(text.characters == code)) for code in _WHITE)
    return int(np.count_nonzero(text.characters < ord(" "))) > allowed


def _attributes(
    text: _Text, starts: Index, heads: _Words, structure: npt.NDArray[np.int8]
) -> tuple[_Attributes, Index] | None:
    """Return the attributes, and where each tag ends; None where a tag has another shape."""
    lengths = np.zeros(len(starts), np.intp)  # up to the quote before the key
    for kind in _KINDS:
        opening = b"<" + kind + b' key="'
        lengths[text.begin_with(starts, opening, heads)] = len(opening) - 1
    tags = np.flatnonzero(lengths)
    quotes = np.flatnonzero(text.characters == ord('"'))
    if len(quotes) != 4 * len(tags) or len(tags) + np.count_nonzero(structure >= 0) != len(starts):
        return None
    first, second, third, last = quotes.reshape(-1, 4).T
    tails = text.words[last + 1]
    is_plain = (tails & _mask(2)) == _word(b"/>")
    is_spaced = (tails & _mask(3)) == _word(b" />")
    fits = (
        (first == starts[tags] + lengths[tags])
        & (third == second + len(_BETWEEN))
        & (text.words[second] == _word(_BETWEEN))
        & (is_plain | is_spaced)
    )
    if not fits.all():
        return None
    ends = starts + np.array([*map(len, _STRUCTURE), 0])[structure]
    ends[tags] = last + 3 + is_spaced
    return _Attributes(tags, first + 1, second, third + 1, last), ends


def _only_white_between(text: _Text, starts: Index, ends: Index) -> bool:
    """Return whether nothing but white space stands between the tags."""
    gaps = starts[1:] - ends[:-1]
    places = ends[:-1]
    if len(gaps) and (gaps.min() < 0 or gaps.max() > _WIDEST_GAP):
        return False
    masks = np.array([_mask(n) for n in range(_WORD + 1)])
    while len(gaps):
        words = text.words[places] & masks[np.minimum(gaps, _WORD)]
        # Adding 95 sets the high bit of every byte above 32; control characters are gone already.
        if (((words + np.uint64(0x5F5F5F5F5F5F5F5F)) | words) & np.uint64(0x8080808080808080)).any():
            return False
        further = gaps > _WORD
        places, gaps = places[further] + _WORD, gaps[further] - _WORD
    return True


def _is_nested(order: npt.NDArray[np.int8], attributes: Index, tags: Index) -> bool:
    """Return whether traces hold events, and only they and events hold attributes."""
    if not len(order) or order[0] != _TRACE or order[-1] != _TRACE_END:
        return False
    if not _MAY_FOLLOW[order[:-1], order[1:]].all():
        return False
    if not len(attributes):
        return True
    # Between two traces, or before the first one, there are no attributes.
    before = np.searchsorted(tags, attributes) - 1
    return bool(before.min() >= 0 and (order[before] != _TRACE_END).all())


def _traces(
    text: _Text,
    starts: Index,
    structure: npt.NDArray[np.int8],
    attributes: _Attributes,
    keys: Keys,
) -> Traces | None:
    is_event = structure == _EVENT
    trace_of_tag = np.cumsum(structure == _TRACE) - 1
    event_of_tag = np.cumsum(is_event) - 1
    inside = np.cumsum(is_event.astype(np.int8) - (structure == _EVENT_END), dtype=np.int8)
    in_event = inside[attributes.tags] > 0
    count, events = int(trace_of_tag[-1]) + 1, int(event_of_tag[-1]) + 1
    columns: list[dict[str, pl.Series]] = []
    for wanted, of_tag, total, at in (
        (keys.of_traces, trace_of_tag, count, ~in_event),
        (keys.of_events, event_of_tag, events, in_event),
    ):
        columns.append({})
        for key in wanted:
            found = _with_key(text, attributes, key)
            found = found[at[found]]
            owners = of_tag[attributes.tags[found]]
            if (owners[1:] == owners[:-1]).any():  # twice in one event
                return None
            values = _values(text, attributes, found)
            columns[-1][key] = _scattered(values, owners, total)
    breaks = np.flatnonzero(text.characters == ord("\n"))
    lines = np.searchsorted(breaks, starts[is_event])
    trace = trace_of_tag[is_event]
    empty = count - int(np.count_nonzero(trace[1:] != trace[:-1])) - bool(events)
    return Traces(columns[0], columns[1], trace, lines, count, empty)


def _with_key(text: _Text, attributes: _Attributes, key: str) -> Index:
    """Return the attributes of a key."""
    name = html.escape(key, quote=False).encode()
    likely = np.flatnonzero(attributes.key_ends - attributes.keys == len(name))
    return likely[text.begin_with(attributes.keys[likely], name)]


def _values(text: _Text, attributes: _Attributes, found: Index) -> pl.Series:
    """Return the values of attributes as XML means them."""
    begins = attributes.values[found]
    lengths = attributes.value_ends[found] - begins
    width = int(lengths.max()) if len(lengths) else 0
    if width > _WIDEST or (len(begins) and int(begins.max()) + width > len(text.data)):
        ends = (begins + lengths).tolist()
        cut = [text.data[b:e] for b, e in zip(begins.tolist(), ends, strict=True)]
        return pl.Series([_meant(value) for value in cut], dtype=pl.String)
    if not width:
        return pl.Series([""] * len(begins), dtype=pl.String)
    rows = np.lib.stride_tricks.sliding_window_view(text.characters, width)[begins]
    if int(lengths.min()) < width:
        rows[np.arange(width) >= lengths[:, None]] = 0
    values = pl.Series(rows.view(f"S{width}").ravel(), dtype=pl.Binary)
    is_odd = (rows - ord("\t") <= ord("\r") - ord("\t")).any()  # a byte less than a tab turns large
    if is_odd or (b"&" in text.data and (rows == ord("&")).any()):
        return pl.Series([_meant(value) for value in values.to_list()], dtype=pl.String)
    return values.cast(pl.String)


def _meant(value: bytes) -> str:
    """Return a value as XML means it: references resolved, each break of a line as a space."""
    text = value.decode().replace("\r\n", " ").translate(str.maketrans("\t\n\r", "   "))
    return html.unescape(text)


def _scattered(values: pl.Series, owners: Index, total: int) -> pl.Series:
    """Return a column with the values at the places of their owners."""
    if len(values) == total:
        return values
    places = np.full(total, len(values), np.intp)
    places[owners] = np.arange(len(values))
    return pl.concat([values, pl.Series([None], dtype=pl.String)]).gather(places)
