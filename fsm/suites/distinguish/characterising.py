"""Words that tell states apart, from a splitting tree, as the classical methods append them.

``W`` tells any two states apart, ``W_s`` tells the state s from every other one, and the words
that two harmonised identifiers ``H_s`` and ``H_t`` share tell s from t.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from heapq import heapify, heappop, heappush

from fsm.suites.distinguish.splitting_tree import SplittingTree
from fsm.suites.specification import Spec, Word, maximal, mean_prefix_length

__all__ = ["characterising_words", "harmonised", "identifying_words"]


class _Traces:
    """For each word a number for each state, equal where the word has the same outputs."""

    def __init__(self, spec: Spec, words: Iterable[Word]) -> None:
        self.spec = spec
        start = list(range(len(spec.next)))
        self._followed: dict[Word, tuple[list[int], list[int]]] = {(): (start, spec.shown)}
        self.of = {word: self._follow(word)[1] for word in words}

    def _follow(self, word: Word) -> tuple[list[int], list[int]]:
        """Return where a word leads from each state, and the numbers; prefixes are shared."""
        follow = self._followed.get(word)
        if follow is None:
            at, trace = self._follow(word[:-1])
            x = word[-1]
            after, output, shown = self.spec.next, self.spec.output, self.spec.shown
            numbers: dict[tuple[int, int, int], int] = {}
            put = [output[s][x] for s in at]
            at = [after[s][x] for s in at]
            seen = zip(trace, put, (shown[s] for s in at), strict=True)
            follow = at, [numbers.setdefault(key, len(numbers)) for key in seen]
            self._followed[word] = follow
        return follow


def characterising_words(tree: SplittingTree) -> list[Word]:
    """Return a set of words that tells any two inequivalent states apart, sorted.

    Greedy: the word that tells the most further pairs apart comes next. Gains only fall while
    words are added, so a gain is computed anew only when it comes out on top.
    """
    spec = tree.spec
    traces = _Traces(spec, maximal(word for word in tree.word if word))
    together = _pairs(spec.shown)
    group = spec.shown
    heap = [(-together, len(word), word) for word in traces.of]
    heapify(heap)
    chosen = []
    while heap:
        _, _, word = heappop(heap)
        finer = list(zip(group, traces.of[word], strict=True))
        gain = together - _pairs(finer)
        if gain and heap and (-gain, len(word), word) > heap[0]:
            heappush(heap, (-gain, len(word), word))
        elif gain:
            chosen.append(word)
            numbers: dict[tuple[int, int], int] = {}
            group = [numbers.setdefault(key, len(numbers)) for key in finer]
            together -= gain
    return sorted(chosen)


def _pairs(group: Iterable[object]) -> int:
    """Return how many pairs of states are in one group."""
    return sum(size * (size - 1) // 2 for size in Counter(group).values())


def identifying_words(spec: Spec, words: list[Word]) -> list[list[Word]]:
    """Return for each state the words that are needed to tell it from every other one.

    Greedy by pairs told apart for each input, those that lead to the state included.
    """
    overhead = mean_prefix_length(spec)
    traces = _Traces(spec, words)
    masks = [
        (overhead + len(word), word, trace, _masks(trace)) for word, trace in traces.of.items()
    ]
    shown = _masks(spec.shown)
    chosen: list[list[Word]] = []
    for s, group in enumerate(spec.shown):
        rest = shown[group] ^ 1 << s  # the states to be told apart, as bits; without s itself
        # for each word the states that answer it as s does
        useful = [(cost, word, mask[trace[s]]) for cost, word, trace, mask in masks]
        needed: list[Word] = []
        while rest:
            gain, word, same = max(
                ((rest & ~same).bit_count() / cost, word, same) for cost, word, same in useful
            )
            if not gain:
                break  # the others are equivalent
            needed.append(word)
            rest &= same
        chosen.append(needed)
    return chosen


def _masks(trace: Iterable[int]) -> dict[int, int]:
    """Return the set of states of each number, as the bits of an integer."""
    masks: dict[int, int] = {}
    for s, number in enumerate(trace):
        masks[number] = masks.get(number, 0) | 1 << s
    return masks


def harmonised(tree: SplittingTree, cost: Callable[[list[list[Word]]], float]) -> list[list[Word]]:
    """Return the cheaper of two families of harmonised state identifiers.

    Either the words above each state in the splitting tree, which are shortest for each pair,
    or those of a tree over the same words in which each block is split into the most parts.
    """
    plain = [maximal(tree.words(s)) for s in range(len(tree.spec.next))]
    broad = [maximal(words) for words in _broad(tree)]
    return min(plain, broad, key=cost)


def _broad(tree: SplittingTree) -> list[list[Word]]:
    words = sorted({word for word in tree.word if word}, key=lambda word: (len(word), word))
    traces = _Traces(tree.spec, words).of
    chosen: list[list[Word]] = [[] for _ in tree.spec.next]
    blocks = [list(block) for block in _blocks(range(len(chosen)), tree.spec.shown)]
    for block in blocks:
        if len(block) > 1:
            parts = [len({trace[s] for s in block}) for trace in traces.values()]
            most = max(parts, default=1)
            if most > 1:
                word = words[parts.index(most)]
                for s in block:
                    chosen[s].append(word)
                blocks += _blocks(block, traces[word])
    return chosen


def _blocks(states: Iterable[int], trace: list[int]) -> list[list[int]]:
    parts: dict[int, list[int]] = {}
    for s in states:
        parts.setdefault(trace[s], []).append(s)
    return list(parts.values())
