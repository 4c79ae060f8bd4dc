"""One file says what belongs to a project: pages, bindings, lexicons, implementations."""

import json
from pathlib import Path

import pytest

from fsm.documented_machines import is_binding, load_documented
from fsm.errors import FsmError
from fsm.settings import find_settings, read_settings
from fsm.tables.words.binding import read_binding
from tests.command import Fsm

CHART = """
from statemachine import State, StateChart

class Order(StateChart):
    class shown(State.Compound, name="In progress"):
        basket = State(initial=True)
        paid = State()
    class over(State.Compound, name="Finished"):
        shipped = State(final=True)
    pay = shown.basket.to(shown.paid)
    cancel = shown.paid.to(shown.basket)
    ship = shown.paid.to(over.shipped)
"""
PAGE = """
| Before | What happens | Afterwards | Shown |
|---|---|---|---|
| basket | The customer pays | paid | In progress |
| paid | The customer cancels | basket | In progress |
| paid | The parcel leaves | shipped | Finished |
"""
BINDING = """kind = "table"
machine = "{module}:Order"
[columns]
from = "Before"
event = "What happens"
to = "Afterwards"
status = "Shown"
[labels]
pay = "the customer pays"
cancel = "the customer cancels"
ship = "the parcel leaves"
"""
SETTINGS = 'kind = "settings"\npages = ["docs/*.md"]\nbindings = ["*.toml"]\nexpect = 1\n'


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A project with a bound page; its module has a name that no other test imports."""
    name = "settled_orders"
    (tmp_path / ".git").mkdir()
    (tmp_path / "docs").mkdir()
    (tmp_path / f"{name}.py").write_text(CHART)
    (tmp_path / "docs/orders.md").write_text(PAGE)
    (tmp_path / "docs/bound.toml").write_text(BINDING.format(module=name))
    (tmp_path / "fsm.toml").write_text(SETTINGS.replace("*.toml", "docs/*.toml"))
    monkeypatch.chdir(tmp_path)
    return name


def test_check_without_arguments_uses_the_settings(module: str, fsm: Fsm) -> None:
    refused = fsm("check")
    assert refused.status == 2
    assert f"docs/bound.toml:2: '{module}:Order' is code that this file names" in refused.err
    for trust in (["--allow-import"], ["--config", "fsm.toml"]):
        result = fsm("check", *trust)
        assert (result.status, result.err) == (0, "settings: fsm.toml\n")
        assert f"{module}:Order: 3 rows confirmed" in result.out
    assert json.loads(fsm("check", "--allow-import", "--json").out)["settings"] == "fsm.toml"


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        (["--allow-import", "--expect", "2"], 1, "1 documented table, but 2 expected"),
        (["--no-config"], 2, 'no pages given; name them, or write pages = ["docs"]'),
        (["--no-config", "docs"], 1, "nothing to check"),
        (["--no-config", "--config", "fsm.toml"], 2, "exclude each other"),
        (["--allow-import", "docs/orders.md", "docs/orders.md"], 0, ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_options_and_settings(
    module: str, fsm: Fsm, arguments: list[str], status: int, text: str
) -> None:
    assert module
    result = fsm("check", *arguments)
    assert result.status == status
    assert text in result.err


def test_rows_of_a_bound_table_are_origins(module: str, fsm: Fsm) -> None:
    origins = [t.origin for t in load_documented(f"{module}:Order").transitions]
    assert [o and o.citation for o in origins] == [
        f"row {n} of docs/orders.md:{n + 3}" for n in (1, 2, 3)
    ]
    assert "ship" in fsm("suite", f"{module}:Order", "--covering", "3").out
    for machine in (f"{module}:Order", "docs/bound.toml"):
        assert "row 3 of docs/orders.md:6" in fsm("show", machine).out
    # Without settings the binding names its page, or is refused.
    Path("fsm.toml").unlink()
    without = fsm("suite", f"{module}:Order", "--covering", "3", "--binding", "docs/bound.toml")
    assert without.status == 2
    assert 'names no page; add page = "PAGE.md"' in without.err
    Path("docs/bound.toml").write_text('page = "orders.md"\n' + BINDING.format(module=module))
    for options in ([f"{module}:Order", "--binding", "docs/bound.toml"], ["docs/bound.toml"]):
        assert "ship" in fsm("suite", *options, "--covering", "3").out


def test_a_row_that_contradicts_the_machine_documents_nothing(module: str) -> None:
    Path("docs/orders.md").write_text(PAGE.replace("| shipped | Finished", "| paid | Finished"))
    origins = [t.origin for t in load_documented(f"{module}:Order").transitions]
    assert [o is None for o in origins] == [False, False, True]


def test_the_nearest_settings_are_found_up_to_the_repository(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert module
    monkeypatch.chdir("docs")
    found = find_settings()
    assert found is not None
    assert [str(path) for path in found.files("pages")] == ["../docs/orders.md"]
    Path("../docs/.git").mkdir()
    assert find_settings() is None
    Path("pyproject.toml").write_text('[tool.fsm]\npages = ["orders.md"]\n')
    found = find_settings()
    assert found is not None
    assert (found.name, found.pages) == ("pyproject.toml", ("orders.md",))
    Path("fsm.toml").write_text('kind = "settings"\n')
    with pytest.raises(FsmError, match="settings in both files"):
        find_settings()
    Path("fsm.toml").write_text('kind = "lexicon"\nlanguage = "nl"\n')
    assert find_settings() == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pages = []", ':1: settings begin with the line kind = "settings"'),
        ('kind = "settings"\npage = []', "no entry 'page'; did you mean 'pages'?"),
        ('kind = "settings"\npagse = []', ":2: no entry 'pagse'; did you mean 'pages'?"),
        ('kind = "settings"\n\npages = "docs"', ":3: write pages = ["),
        ('kind = "settings"\nexpect = true', ":2: write expect = N"),
        ('kind = "settings"\nimplementations = 3', ":2: write [implementations]"),
        ('kind = "settings"\n[implementations]\na = "b"', ":3: write [implementations]"),
        ('\nkind = "setting"', "fsm.toml:2: no kind of file 'setting'; did you mean 'settings'?"),
        ("kind = 3", "fsm.toml:1: no kind of file '3'"),
        ('kind = "lexicon"\nlanguage = "nl"', "a lexicon, not a file of settings"),
    ],
)
def test_faults_of_settings_have_their_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "fsm.toml"
    path.write_text(text)
    with pytest.raises(FsmError) as caught:
        read_settings(path)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["fsm.toml", "docs/orders.toml"])
def test_a_misspelt_kind_is_not_ignored(module: str, name: str) -> None:
    kinds = {"fsm.toml": SETTINGS, "docs/orders.toml": BINDING.format(module=module)}
    Path(name).write_text(kinds[name].replace('kind = "', 'kind = "x', 1))
    with pytest.raises(FsmError, match=rf"{name}(:1)?: no kind of file 'x"):
        read_binding(Path(name)) if is_binding(Path(name)) else find_settings()


def test_a_pattern_that_names_no_file_is_refused(module: str, fsm: Fsm) -> None:
    assert module
    Path("fsm.toml").write_text('kind = "settings"\n\npages = ["manual/*.md"]')
    result = fsm("check")
    assert (result.status, "fsm.toml:3: pages: 'manual/*.md' names no file" in result.err) == (
        2,
        True,
    )
