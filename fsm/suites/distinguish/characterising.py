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


def _traces(spec: Spec, words: Iterable[Word]) -> dict[Word, list[int]]:
    """Return for each word a number for each state, equal where the word has the same outputs.

    Words that begin alike are followed together; where they lead is forgotten after them.
    """
    after, output, shown = spec.next, spec.output, spec.shown
    given = list(words)
    path: list[tuple[list[int], list[int]]] = [(list(range(len(after))), shown)]
    found: dict[Word, list[int]] = {}
    before: Word = ()
    for word in sorted(given):
        common = 0
        while common < len(before) and before[common] == word[common]:
            common += 1
        del path[common + 1 :]
        for x in word[common:]:
            at, trace = path[-1]
            reached = [after[s][x] for s in at]
            numbers: dict[tuple[int, int, int], int] = {}
            seen = zip(trace, (output[s][x] for s in at), (shown[s] for s in reached), strict=True)
            path.append((reached, [numbers.setdefault(key, len(numbers)) for key in seen]))
        found[word], before = path[-1][1], word
    return {word: found[word] for word in given}


def characterising_words(tree: SplittingTree) -> list[Word]:
    """Return a set of words that tells any two inequivalent states apart, sorted.

    Greedy: the word that tells the most further pairs apart comes next. Gains only fall while
    words are added, so a gain is computed anew only when it comes out on top.
    """
    spec = tree.spec
    traces = _traces(spec, maximal(word for word in tree.word if word))
    together = _pairs(spec.shown)
    group = spec.shown
    heap = [(-together, len(word), word) for word in traces]
    heapify(heap)
    chosen = []
    while heap:
        _, _, word = heappop(heap)
        finer = list(zip(group, traces[word], strict=True))
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
    masks = [
        (overhead + len(word), word, trace, _masks(trace))
        for word, trace in _traces(spec, words).items()
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
    or those of a tree over the same words in which each block is split into the most parts. The
    second one is left out where finding it would take long.
    """
    words = sorted({word for word in tree.word if word})
    families = [[list(tree.words(s)) for s in range(len(tree.spec.next))]]
    broad = _broad(tree, words)
    if broad:
        families.append(broad)
    return min(_maximal(words, families), key=cost)


def _maximal(words: list[Word], families: list[list[list[Word]]]) -> list[list[list[Word]]]:
    """Return :func:`maximal` of the words of each state, which are some of the sorted words."""
    # In order, a word is followed by those that it is a prefix of: up to ``last``.
    place = {word: i for i, word in enumerate(words)}
    last = list(range(len(words)))
    begun: list[int] = []
    for i, word in enumerate(words):
        while begun and word[: len(words[begun[-1]])] != words[begun[-1]]:
            begun.pop()
        for j in begun:
            last[j] = i
        begun.append(i)

    def kept(chosen: list[Word]) -> list[Word]:
        places: list[int] = []
        for i in sorted({place[word] for word in chosen}, reverse=True):
            if not places or places[-1] > last[i]:
                places.append(i)
        return [words[i] for i in reversed(places)]

    return [[kept(chosen) for chosen in family] for family in families]


_COMPARED = 100_000_000
"""How many traces of states are compared to find the word that splits a block into most parts."""


def _broad(tree: SplittingTree, words: list[Word]) -> list[list[Word]] | None:
    words = sorted(words, key=lambda word: (len(word), word))
    traces = _traces(tree.spec, words)
    chosen: list[list[Word]] = [[] for _ in tree.spec.next]
    blocks = [list(block) for block in _blocks(range(len(chosen)), tree.spec.shown)]
    compared = 0
    for block in blocks:
        if len(block) > 1:
            compared += len(block) * len(words)
            if compared > _COMPARED:
                return None
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
