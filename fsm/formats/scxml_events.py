"""Which events the transitions of an SCXML document hear."""

from __future__ import annotations

__all__ = ["HeardEvents", "is_raised_by_completion"]


def is_raised_by_completion(name: str) -> bool:
    """Whether only the machine itself causes an event, when a state is complete."""
    return name in ("done", "done.state") or name.startswith("done.state.")


class HeardEvents:
    """The events that descriptors match: "error" also matches "error.network"."""

    def __init__(self, known: tuple[str, ...]) -> None:
        self._places = {name: i for i, name in enumerate(known)}
        self._rows: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._matched: dict[str, list[str]] = {"*": list(known)}
        for name in known:
            parts = name.split(".")
            for size in range(1, len(parts) + 1):
                self._matched.setdefault(".".join(parts[:size]), []).append(name)

    def by(self, descriptors: tuple[str, ...]) -> tuple[str, ...]:
        """Return the events that some descriptor matches, in their order."""
        if descriptors not in self._rows:
            names = {name for d in descriptors for name in self._matched.get(d, ())}
            self._rows[descriptors] = tuple(sorted(names, key=self._places.__getitem__))
        return self._rows[descriptors]
