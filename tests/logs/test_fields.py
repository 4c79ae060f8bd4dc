"""Fields of providers' records: whatever stands there is a value or none, never a failure."""

import pytest

from fsm.logs.mapping.record_layout import FieldSource
from fsm.logs.records.fields import getter, recipients, status_code, text_of, value_at

RECORD = {
    "a": {"b": [{"c": "x"}, "y"]},
    "list": ["one", "two"],
    "empty": "",
    "none": None,
    "zero": 0,
    "no": False,
}


@pytest.mark.parametrize(
    ("paths", "value"),
    [
        (["a.b.0.c"], "x"),
        (["a.b.1"], "y"),
        (["a.b.2"], None),
        (["a.b.1.c"], None),
        (["a.b.-1"], None),
        (["list.0"], "one"),
        (["list.1"], "two"),
        (["list.2"], None),
        (["list.10"], None),
        (["list.one"], None),
        (["none.x"], None),
        (["empty", "list.0"], "one"),
        (["none", "list.1"], "two"),
        (["list.2", "list.1", "list.0"], "two"),
        (["zero", "list.0"], 0),
        (["no", "list.0"], False),
        (["nothing", "empty"], None),
        (["zero"], 0),
        ([], None),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_the_first_path_that_has_a_value(paths: list[str], value: object) -> None:
    assert getter([FieldSource((path,)) for path in paths])(RECORD, None) == value


@pytest.mark.parametrize("value", [[], {}, "text", 7, None, True])
def test_what_has_nothing_below_it(value: object) -> None:
    assert [value_at(value, key) for key in ("0", "1", "x", "", "-1")] == [None] * 5


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("x", "x"), ("", None), (None, None), (0, "0"), (1.5, "1.5"), (True, "true"),
        (False, "false"), ([], None), ({"x": 1}, None),
    ],
)  # fmt: skip
def test_plain_values_as_text(value: object, message: str | None) -> None:
    assert text_of(value) == message


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("5.1.1", "5.1.1"),
        (550, "550"),
        ({"class": 4, "subject": 2, "detail": 0}, "4.2.0"),
        ({"class": "4", "subject": 2}, "4.2.0"),
        ({}, "0.0.0"),
        (None, None),
    ],
)
def test_codes_as_text(value: object, message: str | None) -> None:
    assert status_code(value) == message


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        ("a@x", ["a@x"]),
        (["a@x"], ["a@x"]),
        (["a@x", ["b@x"], {"email": "c@x"}, {"emailAddress": "d@x"}], ["a@x", "b@x", "c@x", "d@x"]),
        ([], []),
        ([""], []),
        ("", []),
        (None, [""]),
        ({"email": None}, [""]),
        (7, []),
    ],
)
def test_recipients_of_a_record(value: object, addresses: list[str]) -> None:
    assert recipients(value) == addresses
