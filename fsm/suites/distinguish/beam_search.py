"""Few short words that tell one state from every other one, found by beam search.

A word from a state t gains the states that it tells t apart from. It costs its length and the
covering word of t, which is run again before every further word. So one long word is often better
than several short ones: a unique input/output sequence where there is one, else a few words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from fsm.suites.specification import Spec, Word

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints: TypeAlias = NDArray[np.int32]

__all__ = ["BeamSearch"]

_CELLS = 500_000  # the size of the beam's largest array: bounds time and memory for one input
_WIDEST = 96
_PATIENCE = 8  # the search ends after so many inputs without a gain
# Which weight of the covering word gives the cheapest set is not known before: all are tried.
_WEIGHTS = (0.2, 0.5, 1.0, 2.0, 4.0, 10.0, 1000.0)


class SeparatingWord(NamedTuple):
    """A word and how many states it tells apart."""

    word: Word
    gain: int


class _Beam(NamedTuple):
    """Words of one length: where each leads from t, and from the states not yet told apart.

    Shapes (b,), (b,) and (b, r); a state told apart, or in which a word is lost, is -1.
    """

    words: list[Word]
    gain: Ints
    at: Ints
    images: Ints


class BeamSearch:
    """Searches words of one specification, partial or complete."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        dead = [[-1] * len(spec.inputs)]  # the last row, which index -1 (told apart, lost) finds
        shape = len(spec.next) + 1, len(spec.inputs)  # there may be no inputs
        self.next = np.array(spec.next + dead, dtype=np.int32).reshape(shape)
        self.output = np.array(spec.output + dead, dtype=np.int32).reshape(shape)
        self.shown = np.array([*spec.shown, -1], dtype=np.int32)
        self.followed = 0
        """How many cells have been followed, of all words and states together."""

    def cheapest(
        self, state: int, overhead: float, spare: Callable[[int], Word | None]
    ) -> list[Word]:
        """Return words that tell a state from every other one, the cheapest found.

        ``overhead`` is the cost of each word besides its length; ``spare`` gives a word for a state
        for which the search found none, ``None`` where it cannot be told apart.
        """
        spec = self.spec
        others = [t for t, shown in enumerate(spec.shown) if shown == spec.shown[state]]
        others.remove(state)
        candidates: dict[tuple[int, ...], list[SeparatingWord]] = {}
        suites = []
        for weight in _WEIGHTS:
            rest, words = others, []
            while rest:
                if tuple(rest) not in candidates:
                    candidates[tuple(rest)] = self.words(state, rest)
                word = _choose(candidates[tuple(rest)], weight * overhead) or spare(rest[0])
                if word is None:
                    rest = rest[1:]
                    continue
                words.append(word)
                rest = [t for t in rest if spec.apart(state, t, word) is None]
            suites.append(self._needed(state, others, words))
        return min(suites, key=lambda words: sum(overhead + len(word) for word in words))

    def _needed(self, state: int, others: list[int], words: list[Word]) -> list[Word]:
        """Cut each word to what no other word tells apart."""
        apart = self.spec.apart
        for i, word in enumerate(words):
            rest = words[:i] + words[i + 1 :]
            alone = [t for t in others if all(apart(state, t, w) is None for w in rest if w)]
            words[i] = word[: max((apart(state, t, word) or 0 for t in alone), default=0)]
        return sorted(word for word in words if word)

    def words(self, state: int, others: list[int]) -> list[SeparatingWord]:
        """Return words that tell a state from more others the longer they are."""
        best: list[SeparatingWord] = []
        beam = _Beam(
            [()],
            np.zeros(1, dtype=np.int32),
            np.array([state], dtype=np.int32),
            np.array([others], dtype=np.int32),
        )
        width = max(2, min(_WIDEST, _CELLS // (len(others) * max(1, self.next.shape[1]))))
        most = longest = length = 0
        while beam.words and most < len(others) and length < longest + _PATIENCE:
            length += 1
            beam = self._further(beam, width)
            if beam.words and beam.gain[0] > most:
                most, longest = int(beam.gain[0]), length
                best.append(SeparatingWord(beam.words[0], most))
        return best

    def _further(self, beam: _Beam, width: int) -> _Beam:
        """Follow each word by each input; the first word of the result has the highest gain."""
        # Shapes: b words, p inputs, r other states that are not told apart yet.
        self.followed += beam.images.size * self.next.shape[1]
        at = self.next[beam.at]  # (b, p)
        images = self.next[beam.images]  # (b, r, p)
        differs = self.output[beam.images] != self.output[beam.at][:, None, :]
        differs |= self.shown[images] != self.shown[at][:, None, :]
        differs &= (images >= 0) & (at >= 0)[:, None, :]
        gain = beam.gain[:, None] + differs.sum(1, dtype=np.int32)
        # A state told apart is done; one that has met t can never be told apart by this word.
        images[differs | (images == at[:, None, :])] = -1
        alive = (images >= 0).sum(1, dtype=np.int32)
        gain[at < 0] = -1  # t does not accept the word
        chosen = _select(gain.ravel(), alive.ravel(), width)
        words, rows = [], []
        seen = set()  # words that lead to the same states are one
        for place in chosen.tolist():
            b, x = divmod(place, at.shape[1])
            key = int(at[b, x]), int(gain[b, x]), images[b, :, x].tobytes()
            if key not in seen:
                seen.add(key)
                words.append((*beam.words[b], x))
                rows.append((b, x))
        b, x = np.array(rows, dtype=np.intp).reshape(-1, 2).T
        return _Beam(words, gain[b, x], at[b, x], images[b, :, x])


def _choose(candidates: list[SeparatingWord], overhead: float) -> Word | None:
    """Return the word that tells the most states apart for what it costs."""
    if not candidates:
        return None
    return max(candidates, key=lambda f: (f.gain / (overhead + len(f.word)), -len(f.word))).word


def _select(gain: Ints, alive: Ints, width: int) -> NDArray[np.intp]:
    """Return places of a beam: those with the highest gain, then those that may gain most."""
    by_gain = np.lexsort((-alive, -gain))  # the last key sorts first
    by_hope = np.lexsort((-gain, -alive - gain))
    hopeful = alive > 0
    first = by_gain[:1][gain[by_gain[:1]] >= 0]
    places = np.concatenate(
        [first, by_gain[hopeful[by_gain]][:width], by_hope[hopeful[by_hope]][:width]]
    )
    chosen: NDArray[np.intp] = places[gain[places] >= 0]
    return chosen
