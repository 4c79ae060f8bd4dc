"""Names in claims may hold other names, and signs: the longest one counts."""

from itertools import pairwise

import pytest

from fsm.analysis import check_claim
from fsm.analysis.invariant import check_invariant
from fsm.errors import FsmError
from fsm.machine import Indicator, Machine, State, Transition

STATES = tuple(State(name, name, name, (name,)) for name in ("A", "A + B", "B", "A_1"))
MACHINE = Machine(
    "m",
    "m",
    STATES,
    ("go",),
    tuple(Transition(a.name, "go", b.name, "go") for a, b in pairwise(STATES)),
    "A",
    indicators=(Indicator("A + B + C", frozenset({"A", "B"})),),
)
CLAIMS = {
    "a name with a plus": ("A + B + B + A + A_1 = 1", True),
    "the longest of three": ("A + B + C <= 1", True),
    "an indicator and two states": ("A + B + C + A + B + A_1 is constant", True),
    "a name that begins like another": ("A_1 <= 1", True),
    "each alone": ("A + A_1 <= 0", False),
}


@pytest.mark.parametrize(("claim", "holds"), CLAIMS.values(), ids=list(CLAIMS))
def test_the_longest_name_counts(claim: str, holds: bool) -> None:
    assert check_invariant(MACHINE, claim).holds is holds


UNKNOWN = {
    "a name goes on with a line": "A_2 <= 1",
    "a name goes on with a letter": "AB <= 1",
    "no name": "C is constant",
}


@pytest.mark.parametrize("claim", UNKNOWN.values(), ids=list(UNKNOWN))
def test_a_longer_word_is_another_name(claim: str) -> None:
    with pytest.raises(
        FsmError, match=f"m: no status, state or indicator is named '{claim.split()[0]}'"
    ):
        check_invariant(MACHINE, claim)


QUOTED = {
    "a name with or": ('never "pay or return" after open', "holds"),
    "several of them": ('never open after "pay or return" or "within 3d of it"', "trace"),
    "a name that needs no quotes": ('never "open" after "pay or return" or "open"', "trace"),
    "its kind": ('never event:"pay or return"', "trace"),
    "quotes of its own": ('at most 0 say "no"', "holds"),
}


@pytest.mark.parametrize(("claim", "said"), QUOTED.values(), ids=list(QUOTED))
def test_a_name_with_words_of_claims_is_quoted(claim: str, said: str) -> None:
    events = ("pay or return", "open", "within 3d of it", 'say "no"')
    state = State("at", "At", "at", ("at",))
    other = State("after", "After", "after", ("after",))
    steps = (
        Transition("at", "pay or return", "after", "pay or return"),
        Transition("after", "open", "after", "open"),
    )
    verdict = check_claim(Machine("m", "m", (state, other), events, steps, "at"), claim)
    assert verdict.claim == claim
    assert str(verdict).startswith("holds" if said == "holds" else "does not hold")
