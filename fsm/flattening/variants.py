"""Configurations with the same active states: those that will do the same are one state.

What a history state remembers is part of a configuration, and so may be the order in which regions
were entered. Most of it never matters again. Configurations that no sequence of events tells apart
become one, and those that stay apart get names that say what they remember.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from fsm.chart import Chart
from fsm.flattening.moves import Moves
from fsm.flattening.stepper import Configuration, Macrostep
from fsm.graph import equivalence_classes

__all__ = ["VariantNames", "representatives"]


def representatives(
    rows: Mapping[Configuration, Sequence[Macrostep | None]],
) -> dict[Configuration, Configuration]:
    """Return the configuration that stands for each: one that does the same for ever."""
    configurations = sorted(rows, key=_simplest_first)
    if len({(c.active, c.ended) for c in configurations}) == len(configurations):
        return {c: c for c in configurations}
    numbers = {c: i for i, c in enumerate(configurations)}
    labels = [
        (c.active, c.ended, *(step and tuple(map(id, step.fired)) for step in rows[c]))
        for c in configurations
    ]
    successors = [[numbers[step.after] if step else -1 for step in rows[c]] for c in configurations]
    classes = equivalence_classes(labels, successors)
    return {configurations[i]: configurations[same[0]] for same in classes for i in same}


def _simplest_first(configuration: Configuration) -> tuple[object, ...]:
    active = tuple(sorted(configuration.active))
    memory = configuration.memory
    return active, configuration.ended, len(memory), memory, configuration.order


class VariantNames:
    """What tells configurations with the same atomic states apart, as a part of their names."""

    def __init__(
        self,
        chart: Chart,
        configurations: Sequence[Configuration],
        atoms: Callable[[Configuration], tuple[int, ...]],
    ) -> None:
        self._chart, self._moves = chart, Moves(chart)
        groups: dict[tuple[int, ...], list[Configuration]] = {}
        for configuration in configurations:
            groups.setdefault(atoms(configuration), []).append(configuration)
        self._texts: dict[Configuration, tuple[str, str]] = {}
        for group in groups.values():
            self._texts.update(self._told_apart(group))

    def of(self, configuration: Configuration) -> tuple[str, str]:
        """Return what to add to the name and to the title; empty texts for the only one."""
        return self._texts[configuration]

    def _told_apart(self, group: Sequence[Configuration]) -> dict[Configuration, tuple[str, str]]:
        if len(group) == 1:
            return {group[0]: ("", "")}
        nodes = self._chart.nodes
        columns = [[self._restored(c, history) for c in group] for history in self._moves.histories]
        columns = [column for column in columns if len(set(column)) > 1]
        texts: dict[Configuration, tuple[str, str]] = {}
        taken: set[str] = set()
        for place, configuration in enumerate(group):
            remembered = [column[place] for column in columns if column[place]]
            names = ["+".join(nodes[i].id for i in atoms) for atoms in remembered]
            titles = [" + ".join(nodes[i].title for i in atoms) for atoms in remembered]
            if configuration.ended and not all(c.ended for c in group):
                names.append("ended")
                titles.append("the end")
            name = "".join(f"@{text}" for text in names)
            title = f" (remembers {', '.join(titles)})" if titles else ""
            number, candidate = 1, name
            while candidate in taken:
                number += 1
                candidate = f"{name}@{number}"
            taken.add(candidate)
            texts[configuration] = candidate, title if number == 1 else f"{title} ({number})"
        return texts

    def _restored(self, configuration: Configuration, history: int) -> tuple[int, ...]:
        """Return the innermost states that a history state would restore."""
        states = self._moves.restored(history, dict(configuration.memory))
        outer = {a for i in states for a in self._chart.ancestors[i]}
        return tuple(sorted(i for i in states if i not in outer))
