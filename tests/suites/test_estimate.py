"""The size of a suite is known before it is made, and one that is too large is never begun."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fsm
from fsm.errors import FsmError
from fsm.formats.dot import parse_dot, read_dot
from fsm.mealy import Mealy
from fsm.suites import MAX_SYMBOLS, METHODS, estimate, methods, suite
from fsm.suites.learning.learnt import learn
from tests.command import Fsm
from tests.depth import at_full_depth, samples
from tests.suites.machines import mealys

COMPLETE = [name for name, method in METHODS.items() if method.complete]
PRODUCTS = ("w", "wp", "hsi")
BUILT_IN = ("with-feedback", "without-feedback", "delivery", "engagement", "quarantine")


def holds(mealy: Mealy | fsm.Machine, method: str, extra: int) -> bool:
    """Return whether an estimate is exact; its bounds must hold."""
    made = suite(mealy, method, extra_states=extra)
    found = made.estimate
    assert found.least.tests <= made.size.tests <= found.most.tests
    assert found.least.symbols <= made.size.symbols <= found.most.symbols
    return found.is_exact


@pytest.mark.parametrize("steps", [estimate.STEPS, 3], ids=["exactly", "by bounds"])
@pytest.mark.parametrize("method", COMPLETE)
@given(mealy=mealys(), extra=st.integers(0, 2))
@settings(max_examples=samples(60, 3))
def test_bounds_hold(method: str, steps: int, mealy: Mealy, extra: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(estimate, "STEPS", steps)
        holds(mealy, method, extra)


@pytest.mark.parametrize("method", ["chain", "h", "observable"])
@given(mealy=mealys(states=(2, 4), partial=True), extra=st.integers(0, 2))
@settings(max_examples=samples(60, 3))
def test_bounds_hold_for_partial_machines(method: str, mealy: Mealy, extra: int) -> None:
    try:
        suite(mealy, method, extra_states=extra)
    except FsmError:
        return  # states that cannot be told apart
    holds(mealy, method, extra)


@pytest.mark.parametrize("method", [name for name in METHODS if name not in COMPLETE])
@given(mealy=mealys(states=(1, 4), partial=True))
@settings(max_examples=samples(60, 3))
def test_bounds_hold_without_extra_states(method: str, mealy: Mealy) -> None:
    assert holds(mealy, method, 0) or method != "table"


@pytest.mark.parametrize("extra", [0, 1, 2])
@pytest.mark.parametrize("method", PRODUCTS)
@pytest.mark.parametrize("name", ["engagement", "quarantine"])
def test_a_product_is_counted_exactly(name: str, method: str, extra: int) -> None:
    assert holds(fsm.load(name), method, extra)


@pytest.mark.parametrize("method", COMPLETE)
@pytest.mark.parametrize("name", BUILT_IN)
def test_a_bound_is_near_the_size(name: str, method: str) -> None:
    made = suite(fsm.load(name), method, extra_states=1)
    assert made.estimate.most.symbols <= 3 * made.size.symbols


def test_bounds_hold_for_real_machines(corpus: Path) -> None:
    seen = 0
    for path in sorted((corpus / "machines").rglob("*.dot")):
        mealy = read_dot(path)
        if len(mealy.states) * len(mealy.inputs) > 300 or mealy.missing:
            continue
        for method in COMPLETE:
            holds(mealy, method, 0)
            seen += 1
    assert seen >= len(COMPLETE)


# Refusals --------------------------------------------------------------------------------------

TOO_MUCH = [
    *(pytest.param(["--method", name, "--extra-states", "40"], id=name) for name in COMPLETE),
    pytest.param(["--extra-states", "500"], id="as many as there may be"),
    pytest.param(["--extra-states", "40", "--mutation-score"], id="mutation score"),
    pytest.param(["--extra-states", "40", "--summary"], id="summary"),
    pytest.param(["--extra-states", "40", "-o", "suite.json"], id="to a file"),
    pytest.param(["--method", "5-switch", "--max-symbols", "300"], id="5-switch"),
    pytest.param(["--method", "random", "--tests", "999999999"], id="random"),
    pytest.param(["--extra-states", "1", "--max-symbols", "300"], id="a bound of one's own"),
]


@pytest.mark.parametrize("options", TOO_MUCH)
def test_what_is_too_large_is_refused_at_once(
    options: list[str], fsm: Fsm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = fsm("suite", "with-feedback", *options)
    assert (result.status, result.out) == (2, "")
    (line,) = result.err.splitlines()
    assert line.startswith("fsm: with-feedback: the suite")
    assert "are allowed; take " in line
    assert "--max-symbols" in line
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("extra", "size"),
    [(40, "at least 4.2e+32 inputs"), (9, "at least 314,424,110 inputs")],
)
def test_a_refusal_says_how_large_it_would_be(extra: int, size: str) -> None:
    with pytest.raises(FsmError, match="50,000,000 are allowed") as refusal:
        suite(fsm.load("with-feedback"), extra_states=extra)
    assert size in str(refusal.value)
    assert f"{MAX_SYMBOLS:,}" in str(refusal.value)


def test_more_may_be_allowed() -> None:
    machine = fsm.load("with-feedback")
    with pytest.raises(FsmError, match=r"has up to 837 inputs, and 600 are allowed"):
        suite(machine, extra_states=1, max_symbols=600)
    assert suite(machine, extra_states=1, max_symbols=837).size.symbols <= 470
    assert suite(machine, extra_states=1, max_symbols=None).size.symbols <= 470


@pytest.mark.parametrize("method", ["w", "wp", "hsi"])
def test_what_is_too_deep_is_refused_by_its_counts(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(methods, "MOST_STEPS", 49)
    with pytest.raises(FsmError) as refusal:
        suite(fsm.load("with-feedback"), method)
    assert str(refusal.value) == (
        "with-feedback: the words that tell 5 states apart, up to 2 inputs deep, would take about "
        "50 steps, and 49 are the most; no complete method is faster: take tour or pairs, which "
        "run all cells"
    )


def test_chain_is_refused_where_it_would_take_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "MOST_STEPS_OF_CHAIN", 5 * 5 * 8 - 1)
    with pytest.raises(FsmError) as refusal:
        suite(fsm.load("with-feedback"), "chain")
    assert str(refusal.value) == (
        "with-feedback: chain would take about 200 steps for 5 states, and 199 are the most; take "
        "hsi, which needs fewer, or auto"
    )
    assert suite(fsm.load("with-feedback"), "observable").size.tests


@pytest.mark.parametrize("n", [6, 9])
def test_a_long_switch_is_refused_before_it_is_planned(n: int) -> None:
    with pytest.raises(FsmError, match=r"sequences of \d cells, and 50,000 are the most; take a"):
        suite(fsm.load("with-feedback"), f"{n}-switch", max_symbols=10**12)


def test_there_is_an_end_of_extra_states() -> None:
    with pytest.raises(FsmError, match="501 extra states: at most 500"):
        suite(fsm.load("with-feedback"), extra_states=501)


@at_full_depth
def test_as_many_as_there_may_be_can_be_made() -> None:
    """A machine of one input has one word of each length; nothing nests too deep."""
    ring = parse_dot('digraph { a -> b [label="x/0"]; b -> a [label="x/1"] }', "r.dot")
    for method in COMPLETE:
        assert holds(ring, method, 500) or method in ("chain", "observable", "counting", "h")


def test_progress_is_told_the_inputs_made_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fsm.suites.derive.chain.SMALL", 0)
    for method in ("chain", "h"):
        told: list[int] = []
        made = suite(fsm.load("quarantine"), method, extra_states=1).with_progress(told.append)
        symbols = sum(map(len, made.words()))
        assert told == sorted(told)
        assert symbols // 2 < told[-1] <= symbols


def test_learning_refuses_it() -> None:
    class Lamp:
        def reset(self) -> None:
            self.on = False

        def send(self, event: str) -> str:
            self.on = event == "on"
            return str(self.on)

    with pytest.raises(FsmError, match="extra states has at least"):
        learn(Lamp(), ["on", "off"], shows=False, extra_states=60)
    with pytest.raises(FsmError, match="inputs, and 5 are allowed"):
        learn(Lamp(), ["on", "off"], shows=False, max_symbols=5)
