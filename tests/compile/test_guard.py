"""Conditions as boolean formulas over named guards."""

from __future__ import annotations

import pytest

from fsm.errors import MachineError
from fsm.guard import ALWAYS, MAX_GUARDS, parse_guard, symbol, valuations

NOWHERE: frozenset[str] = frozenset()

# text | guards it names | what makes it true: the guards that hold, and the active states
READ = [
    ("a", {"a"}, [({"a"}, ())], [((), ())]),
    ("not a", {"a"}, [((), ())], [({"a"}, ())]),
    ("a and b", {"a", "b"}, [({"a", "b"}, ())], [({"a"}, ()), ((), ())]),
    ("a or b", {"a", "b"}, [({"a"}, ()), ({"b"}, ())], [((), ())]),
    ("a or b and c", {"a", "b", "c"}, [({"a"}, ()), ({"b", "c"}, ())], [({"b"}, ())]),
    ("(a or b) and c", {"a", "b", "c"}, [({"a", "c"}, ())], [({"a"}, ()), ({"c"}, ())]),
    ("not (a or b)", {"a", "b"}, [((), ())], [({"b"}, ())]),
    ("count > 3", {"count > 3"}, [({"count > 3"}, ())], [((), ())]),
    ("1 < count <= limit", {"1 < count <= limit"}, [({"1 < count <= limit"}, ())], [((), ())]),
    ("not count>3 and a", {"a", "count > 3"}, [({"a"}, ())], [({"a", "count > 3"}, ())]),
    ("In('x')", set(), [((), ("x", "y"))], [((), ("y",))]),
    ("In('x', 'y')", set(), [((), ("x", "y"))], [((), ("y",))]),
    ("not In('x') and a", {"a"}, [({"a"}, ("y",))], [({"a"}, ("x",)), ((), ("y",))]),
    ("True", set(), [((), ())], []),
    ("a and False", {"a"}, [], [({"a"}, ())]),
]


def holds(guard, true, active) -> bool:
    return guard.test({name: name in true for name in guard.names}, frozenset(active))


@pytest.mark.parametrize(("text", "names", "yes", "no"), READ, ids=[row[0] for row in READ])
def test_a_condition_is_read_as_a_formula(text, names, yes, no):
    guard = parse_guard(text, "X")
    assert guard.names == names
    assert [holds(guard, *case) for case in yes] == [True] * len(yes)
    assert [holds(guard, *case) for case in no] == [False] * len(no)


REFUSED = [
    *("", "a b", "a.b", "a()", "Out('x')", "a + b", "[a]", "lambda: a", "a if b else c"),
    *("In()", "In(x)", "In('x', y)", "In(state='x')", "1 < 2", "In('x') == a"),
]


@pytest.mark.parametrize("text", REFUSED)
def test_anything_else_is_refused_with_its_place(text):
    with pytest.raises(MachineError, match=r"^X: state 'a', event 'go': "):
        parse_guard(text, "X: state 'a', event 'go'")


def test_joined_guards_keep_their_meaning_in_their_text():
    joined = parse_guard("a or b", "X") & parse_guard("c", "X").negated()
    assert joined.text == "(a or b) and not c"
    assert parse_guard(joined.text, "X").names == joined.names == {"a", "b", "c"}
    for valuation in valuations("abc", "X"):
        expected = (valuation["a"] or valuation["b"]) and not valuation["c"]
        assert joined.test(valuation, NOWHERE) is expected
        assert parse_guard(joined.text, "X").test(valuation, NOWHERE) is expected


@pytest.mark.parametrize(
    ("text", "negated"),
    [("a", "not a"), ("a and b", "not (a and b)"), ("count > 3", "not (count > 3)")],
)
def test_a_negated_guard_says_so(text, negated):
    guard = parse_guard(text, "X").negated()
    assert guard.text == negated
    assert guard.test(dict.fromkeys(guard.names, False), NOWHERE)
    assert not guard.test(dict.fromkeys(guard.names, True), NOWHERE)


def test_no_condition_always_holds_and_leaves_no_text():
    assert ALWAYS.test({}, NOWHERE)
    assert (ALWAYS & parse_guard("a", "X")).text == "a"


def test_valuations_come_sorted_all_true_first():
    assert [symbol("go", v) for v in valuations({"b", "a"}, "X")] == [
        "go[a, b]",
        "go[a, not b]",
        "go[not a, b]",
        "go[not a, not b]",
    ]
    assert [symbol("go", v) for v in valuations((), "X")] == ["go"]


def test_too_many_guards_are_refused():
    names = [f"g{i}" for i in range(MAX_GUARDS + 1)]
    assert len(list(valuations(names[1:], "X"))) == 2**MAX_GUARDS
    with pytest.raises(MachineError, match=r"^X: depends on 7 guards \(g0, g1"):
        list(valuations(names, "X"))
