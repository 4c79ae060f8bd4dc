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
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from fsm.arrays import Index, Mask
from fsm.logs.process.traces import AttributeKeys, Traces

__all__ = ["END", "scan_traces"]

END: Final = b"</trace>"
"""The end of a trace: blocks are cut there."""

_Bytes = npt.NDArray[np.uint8]
_Words = npt.NDArray[np.uint64]

_WORD = 8
"""Bytes: texts are compared by words of so many."""
_TRACE, _EVENT, _TRACE_END, _EVENT_END = range(1, 5)
"""The kinds of tags; those above are attributes, and 0 is any other tag."""
_TAGS = (b"", b"<trace>", b"<event>", END, b"</event>")
_ATTRIBUTES = tuple(
    b"<" + kind + b' key="' for kind in (b"string", b"date", b"int", b"float", b"boolean", b"id")
)
_ALL = (*_TAGS, *_ATTRIBUTES)
_BETWEEN: Final = b'" value='
_WIDEST_GAP = 8 * _WORD
"""Bytes of white space between two tags."""
_WIDEST = 256
"""Bytes of a value that is cut out together with the others."""
_NO_CHARACTERS = tuple(character.encode() for character in "\ufffe\uffff")
"""What XML does not allow although it is UTF-8."""
_OTHER_REFERENCE = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);)")
_IN_KEYS = re.compile(rb'key="[^"]*[&\t\n\r]')


def _word(text: bytes) -> int:
    return int.from_bytes(text[:_WORD].ljust(_WORD, b"\0"), "little")


def _mask(length: int) -> int:
    """Return the word that keeps the first bytes of another one."""
    return (1 << 8 * min(length, _WORD)) - 1


def _words(values: Iterable[int]) -> _Words:
    return np.array(list(values), np.uint64)


_HEADS = _words(_word(tag) for tag in _ALL)
_HEAD_MASKS = _words(_mask(len(tag)) for tag in _ALL)
_TAILS = _words(_word(tag[-_WORD:]) for tag in _ALL)
"""The last bytes of the beginning of an attribute; with the first ones they are all of it."""
_LENGTHS = np.array([len(tag) for tag in _ALL])
_KIND_BY_SIGN = np.zeros(1 << 16, np.uint8)
"""The kind of a tag by the two characters after ``<``, which all known tags have differently."""
for _number, _tag in enumerate(_ALL[1:], 1):
    _KIND_BY_SIGN[int.from_bytes(_tag[1:3], "little")] = _number
_MAY_FOLLOW = np.zeros((5, 5), np.bool_)
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
_BYTES_OF_WORD = _words(_mask(length) for length in range(_WORD + 1))
_NO_CONTROL, _HIGH = np.uint64(0x5F5F5F5F5F5F5F5F), np.uint64(0x8080808080808080)
_PLAIN, _PLAIN_MASK = np.uint64(_word(b"/>")), np.uint64(_mask(2))
_SPACED, _SPACED_MASK = np.uint64(_word(b" />")), np.uint64(_mask(3))


@dataclass(frozen=True)
class _Text:
    """A block: its bytes, and the word of eight bytes that begins at each of them."""

    data: bytes
    size: int
    characters: _Bytes
    words: _Words

    @classmethod
    def of(cls, data: bytes, size: int) -> _Text:
        padded = data if len(data) >= size + _WORD else data + bytes(_WORD)
        words = np.ndarray((size + 1,), "<u8", padded, 0, (1,))
        return cls(padded, size, np.frombuffer(padded, np.uint8, size), words)

    def stands_at(self, places: Index, text: bytes) -> Mask:
        """Return at which of the places, of which each has so many characters, a text stands."""
        found = np.ones(len(places), np.bool_)
        for start in range(0, len(text), _WORD):
            part = text[start : start + _WORD]
            found &= (self.words[places + start] & np.uint64(_mask(len(part)))) == np.uint64(
                _word(part)
            )
        return found


@dataclass(frozen=True)
class _Attributes:
    """The attributes of a block, in order: their tags, and where their keys and values stand."""

    tags: Index
    keys: Index
    key_lengths: Index
    values: Index
    value_ends: Index


def scan_traces(data: bytes, size: int, keys: AttributeKeys) -> Traces | None:
    """Return the traces in the first bytes of a text: from the first tag to the end of the last.

    None where they have another shape than the usual one, or are no XML at all.
    """
    text = _Text.of(data, size)
    starts = np.flatnonzero(text.characters == ord("<"))
    breaks = np.flatnonzero(text.characters == ord("\n"))
    if not len(starts) or data[: starts[0]].strip() or _has_odd_characters(text, len(breaks)):
        return None
    heads = text.words[starts]
    kinds = _KIND_BY_SIGN[(heads >> np.uint64(8)) & np.uint64(0xFFFF)]
    if not kinds.all() or ((heads & _HEAD_MASKS[kinds]) != _HEADS[kinds]).any():
        return None
    structure = np.flatnonzero(kinds <= _EVENT_END)
    order = kinds[structure]
    attributes = _attributes(text, starts, kinds)
    if attributes is None or not _is_nested(order, attributes.tags, structure):
        return None
    ends = starts + _LENGTHS[kinds]
    # Of an attribute there is "/>" after the last quote, perhaps with a blank before it.
    ends[attributes.tags] = attributes.value_ends + 3
    ends[attributes.tags] += text.characters[attributes.value_ends + 1] == ord(" ")
    if ends[-1] != size or not _only_white_between(text, starts, ends):
        return None
    return _traces(
        text, starts[structure[order == _EVENT]], breaks, structure, order, attributes, keys
    )


def _has_odd_characters(text: _Text, breaks: int) -> bool:
    """Return whether a block has characters that XML does not allow, or only in some places."""
    if not text.data.isascii():
        try:
            text.data[: text.size].decode()
        except UnicodeDecodeError:
            return True
        # Bytes of UTF-8 are searched: a character would be looked at one by one.
        if any(text.data.find(character, 0, text.size) >= 0 for character in _NO_CHARACTERS):
            return True
    if b"&" in text.data and (_OTHER_REFERENCE.search(text.data) or _IN_KEYS.search(text.data)):
        return True
    controls = np.count_nonzero(text.characters < ord(" ")) - breaks
    controls -= np.count_nonzero(text.characters == ord("\t"))
    return bool(controls > 0 and controls != np.count_nonzero(text.characters == ord("\r")))


def _attributes(text: _Text, starts: Index, kinds: _Bytes) -> _Attributes | None:
    """Return the attributes; None where a tag has another shape."""
    tags = np.flatnonzero(kinds > _EVENT_END)
    quotes = np.flatnonzero(text.characters == ord('"'))
    if len(quotes) != 4 * len(tags):
        return None
    first, second, third, last = (quotes[n::4] for n in range(4))
    kind = kinds[tags]
    endings = text.words[last + 1]
    fits = (
        (first == starts[tags] + _LENGTHS[kind] - 1).all()
        and (text.words[first - (_WORD - 1)] == _TAILS[kind]).all()
        and (third == second + len(_BETWEEN)).all()
        and (text.words[second] == np.uint64(_word(_BETWEEN))).all()
        and (((endings & _PLAIN_MASK) == _PLAIN) | ((endings & _SPACED_MASK) == _SPACED)).all()
    )
    return _Attributes(tags, first + 1, second - first - 1, third + 1, last) if fits else None


def _only_white_between(text: _Text, starts: Index, ends: Index) -> bool:
    """Return whether nothing but white space stands between the tags."""
    places = ends[:-1]
    gaps = starts[1:] - places
    if len(gaps) and (gaps.min() < 0 or gaps.max() > _WIDEST_GAP):
        return False
    while len(gaps):
        words = text.words[places] & _BYTES_OF_WORD[np.minimum(gaps, _WORD)]
        # Adding 95 sets the high bit of every byte above 32; controls are known to be white space.
        if (((words + _NO_CONTROL) | words) & _HIGH).any():
            return False
        further = np.flatnonzero(gaps > _WORD)
        places, gaps = places[further] + _WORD, gaps[further] - _WORD
    return True


def _is_nested(order: _Bytes, attributes: Index, structure: Index) -> bool:
    """Return whether traces hold events, and only they and events hold attributes."""
    if not len(order) or order[0] != _TRACE or order[-1] != _TRACE_END:
        return False
    if not _MAY_FOLLOW[order[:-1], order[1:]].all():
        return False
    # Between two traces, and before the first one, there are no attributes.
    ends = np.flatnonzero(order[:-1] == _TRACE_END)
    return bool(
        structure[0] == 0 and (structure[ends + 1] == structure[ends] + 1).all()
    ) or not len(attributes)


def _traces(
    text: _Text,
    events: Index,
    breaks: Index,
    structure: Index,
    order: _Bytes,
    attributes: _Attributes,
    keys: AttributeKeys,
) -> Traces | None:
    trace_of = np.cumsum(order == _TRACE) - 1
    event_of = np.cumsum(order == _EVENT) - 1
    count = int(trace_of[-1]) + 1
    of_traces: dict[str, pl.Series] = {}
    of_events: dict[str, pl.Series] = {}
    for key in dict.fromkeys((*keys.of_events, *keys.of_traces)):
        found = _with_key(text, attributes, key)
        holder = np.searchsorted(structure, attributes.tags[found]) - 1
        in_event = order[holder] == _EVENT
        for wanted, columns, owner_of, total, of_kind in (
            (keys.of_events, of_events, event_of, len(events), in_event),
            (keys.of_traces, of_traces, trace_of, count, ~in_event),
        ):
            if key in wanted:
                owners = owner_of[holder[of_kind]]
                if (owners[1:] == owners[:-1]).any():  # twice in one event
                    return None
                values = _values(text, attributes, found[of_kind])
                columns[key] = _scattered(values, owners, total)
    trace = trace_of[order == _EVENT]
    empty = count - int(np.count_nonzero(trace[1:] != trace[:-1])) - bool(len(trace))
    lines = np.searchsorted(breaks, events)
    return Traces(of_traces, of_events, trace, lines, count, empty, len(breaks))


def _with_key(text: _Text, attributes: _Attributes, key: str) -> Index:
    """Return the attributes of a key."""
    name = html.escape(key, quote=False).encode()
    likely = np.flatnonzero(attributes.key_lengths == len(name))
    return likely[text.stands_at(attributes.keys[likely], name)]


def _values(text: _Text, attributes: _Attributes, found: Index) -> pl.Series:
    """Return the values of attributes as XML means them."""
    begins = attributes.values[found]
    lengths = attributes.value_ends[found] - begins
    if not len(found):
        return pl.Series([], dtype=pl.String)
    width, first, last = int(lengths.max()), int(begins[0]), int(begins[-1])
    value = text.data[first : first + width]
    # Often all are the same, as the transitions of a log that only has completions.
    is_constant = value == text.data[last : last + width] and int(lengths.min()) == width
    if is_constant and text.stands_at(begins, value).all():
        return pl.Series([_meant(value)], dtype=pl.String).new_from_index(0, len(found))
    if width > _WIDEST or last + width > text.size:
        ends = (begins + lengths).tolist()
        cut = [text.data[b:e] for b, e in zip(begins.tolist(), ends, strict=True)]
        return pl.Series([_meant(value) for value in cut], dtype=pl.String)
    windows = np.ndarray((text.size - width + 1, width), np.uint8, text.data, 0, (1, 1))
    rows = windows[begins]
    if int(lengths.min()) < width:
        rows *= np.arange(width, dtype=np.uint16) < lengths.astype(np.uint16)[:, None]
    values = pl.Series(rows.view(f"S{width}").ravel(), dtype=pl.Binary)
    is_odd = (rows - ord("\t") <= ord("\r") - ord("\t")).any()  # a byte less than a tab turns large
    if is_odd or (rows == ord("&")).any():
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
