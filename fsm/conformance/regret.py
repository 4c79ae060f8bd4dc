"""Which states no least repair passes through, whatever came before.

The *regret* of a pair of states (a, b) is the most that it can cost more to arrive in a than in b,
over all traces. Where the rest costs more from b than from a plus the regret, no least repair
passes through b, and b need not be looked at any more. Without that the costs of states that only
more and more edits could reach would grow with each event, and no two events had the same costs.

An upper bound of the regret is the value of a game: one player extends the way to b, the other one
the way to a, each seeing what the other one does.
"""

from __future__ import annotations

import numpy as np

from fsm.conformance.repair_model import NEVER_REACHED, Costs, RepairModel

__all__ = ["regrets"]

_MOST_WORK = 2_000_000
"""States³ x codes up to which the game is played; beyond, the way from b to a is the bound."""
_ROUNDS = 100


def regrets(model: RepairModel) -> Costs:
    """Return an upper bound of the regret of each pair of states, by (a, b)."""
    count = len(model.states)
    apart = np.where(np.eye(count, dtype=np.bool_), 0, NEVER_REACHED).astype(np.int32)
    to_state = model.with_insertions(apart)  # [r, q]: the events from q to r
    if count**3 * model.alphabet.width > _MOST_WORK:
        return to_state
    played = _played(model, to_state.T)
    return to_state if played is None else np.minimum(played, to_state)


def _played(model: RepairModel, distance: Costs) -> Costs | None:
    """Return the value of the game, ``None`` where it does not end soon."""
    begin = distance[model.start]
    regret = np.maximum(begin[:, None] - begin[None, :], 0)
    regret[begin >= NEVER_REACHED] = NEVER_REACHED
    regret[:, begin >= NEVER_REACHED] = 0
    highest = 2 * int(distance[distance < NEVER_REACHED].max(initial=0)) + 2
    # An event outside of the alphabet changes nothing between two ways.
    ways = [
        (_ways(model, code, distance), bool(model.may_be_extra[code]))
        for code in range(model.alphabet.width)
        if code != model.alphabet.unknown
    ]
    for _ in range(_ROUNDS):
        last = regret
        for way, may_leave_out in ways:
            regret = np.maximum(regret, _extended(regret, way, may_leave_out=may_leave_out))
        regret[regret > highest] = NEVER_REACHED
        if bool((regret == last).all()):
            return np.asarray(regret, np.int32)
    return None


def _ways(model: RepairModel, code: int, distance: Costs) -> Costs:
    """Return the cost from p to q where a code is accepted between them, by (p, q)."""
    after = np.full(distance.shape, NEVER_REACHED, np.int32)
    for row in model.moves[:, code]:
        accepted = row >= 0
        after[accepted] = np.minimum(after[accepted], distance[row[accepted]])
    return np.minimum(model.with_insertions(after.T).T, NEVER_REACHED)


def _extended(regret: Costs, way: Costs, *, may_leave_out: bool) -> Costs:
    """Return the regret after one more code, where the way to b comes from p."""
    # answers[p, a]: the cost to a, where the other way is at p.
    answers = (regret[:, :, None] + way[:, None, :]).min(axis=0)
    if may_leave_out:
        answers = np.minimum(answers, 1 + regret.T)
    least = np.where(way < NEVER_REACHED, way, 2 * NEVER_REACHED)
    found: Costs = (answers[:, :, None] - least[:, None, :]).max(axis=0)
    return found
