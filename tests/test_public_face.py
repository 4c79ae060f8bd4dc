"""What a user sees of the library: the names of ``fsm``, their help, and their types."""

import ast
import inspect
import pydoc
import re
import rlcompleter
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fsm
from tests.depth import DEEP, at_full_depth
from tests.house import MODULES, ROOT

PROJECT = ROOT.parent
USER = PROJECT / "tests" / "typing_user"
VALUES = {name: getattr(fsm, name) for name in fsm.__all__}
FUNCTIONS = [name for name, value in VALUES.items() if inspect.isfunction(value)]
CLASSES = [name for name in VALUES if name not in FUNCTIONS]

ORDERS = """
import random, sys
from importlib import import_module

names = sys.argv[1:]
orders = {"sorted": sorted(names), "reversed": sorted(names, reverse=True)}
for seed in (1, 2, 3):
    orders[f"seed {seed}"] = random.Random(seed).sample(names, len(names))
for order, modules in orders.items():
    for name in [name for name in sys.modules if name.partition(".")[0] == "fsm"]:
        del sys.modules[name]
    for name in modules:
        import_module(name)
    package = sys.modules["fsm"]
    for name in package.__all__:
        value = getattr(package, name)
        if not callable(value):
            sys.exit(f"{order}: fsm.{name} is {value!r}")
    for module in [module for name, module in sys.modules.items() if name.startswith("fsm.")]:
        for name in getattr(module, "__all__", ()):
            if type(getattr(module, name)) is type(sys):
                sys.exit(f"{order}: {module.__name__}.{name} is a module")
print(len(orders))
"""


def python(*arguments: str) -> str:
    """Run Python in a process of its own and return what it prints."""
    ended = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, cwd=PROJECT, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_dir_shows_the_api_and_nothing_else() -> None:
    assert dir(fsm) == sorted([*fsm.__all__, "__version__"])


def test_completion_shows_the_api_and_nothing_else() -> None:
    completer = rlcompleter.Completer({"fsm": fsm})
    shown = set()
    while name := completer.complete("fsm.", len(shown)):
        shown.add(name)
    assert {name.removeprefix("fsm.").rstrip("()") for name in shown} == set(fsm.__all__)


def test_every_public_name_is_a_function_or_a_class() -> None:
    assert {"Machine", "Mealy", "FsmError", "Replay", "Suite", "Comparison"} <= set(CLASSES)
    assert {"load", "run", "replay", "explain", "compare", "suite", "draw"} <= set(FUNCTIONS)
    assert all(inspect.isclass(VALUES[name]) for name in CLASSES)
    assert all(value.__name__ == name for name, value in VALUES.items())


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'fsm' has no attribute 'nonsense'"):
        fsm.nonsense  # noqa: B018


def test_help_shows_every_public_name_and_nothing_private() -> None:
    text = pydoc.render_doc(fsm, renderer=pydoc.plaintext)
    sections = re.split(r"^([A-Z][A-Z ]*)\n", text, flags=re.MULTILINE)
    named = dict(zip(sections[1::2], sections[2::2], strict=True))
    listed = named["CLASSES"] + named["FUNCTIONS"]
    shown = re.findall(r"^    (?:class )?(\w+)(?:\(|$)", listed, re.MULTILINE)
    assert set(fsm.__all__) <= set(shown)
    assert not [name for name in shown if name.startswith("_")]
    assert "DATA" not in named


def test_the_overview_links_every_function() -> None:
    linked = set(re.findall(r":func:`(\w+)`", fsm.__doc__ or ""))
    assert linked == set(FUNCTIONS)


def test_type_checkers_and_python_know_the_same_names() -> None:
    """What is imported for type checkers is what is imported on first use."""
    tree = ast.parse((ROOT / "__init__.py").read_text())
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    typed = {
        alias.name: f"{node.module}"
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert typed == {name: f"fsm.{module}" for name, module in fsm._MODULES.items()}
    assert sorted(typed) == sorted(fsm.__all__)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_documented(name: str) -> None:
    """Arguments, result, errors, and an example, which runs with the other doctests."""
    function = VALUES[name]
    text = inspect.getdoc(function) or ""
    signature = inspect.signature(function)
    assert signature.return_annotation is not inspect.Signature.empty
    assert re.search(r"\b(return|yield)\b", text, re.IGNORECASE), "the result"
    assert re.search(r"\braises?\b", text, re.IGNORECASE), "the errors"
    assert ">>> " in text, "an example"
    unnamed = [word for word in signature.parameters if f"``{word}``" not in text]
    assert not unnamed or "other arguments are those of :func:`" in " ".join(text.split()), unnamed


@pytest.mark.skipif(not DEEP, reason="takes seconds: make test-deep")
def test_the_names_are_there_in_any_order_of_imports() -> None:
    """No module takes the place of a function, whichever is imported first."""
    names = [
        ".".join(("fsm", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
        for path in MODULES
        if path.name != "__main__.py"
    ]
    assert python("-W", "error", "-c", ORDERS, *names) == "5\n"


def test_the_package_imports_nothing_heavy() -> None:
    code = (
        "import sys; before = set(sys.modules)\n"  # coverage imports some itself
        "import fsm; dir(fsm); print(*{n.partition('.')[0] for n in set(sys.modules) - before})"
    )
    loaded = set(python("-c", code).split())
    heavy = {"numpy", "polars", "networkx", "statemachine", "click", "jinja2", "msgspec", "typing"}
    assert not loaded & heavy


def test_loading_a_machine_imports_only_what_compiling_needs() -> None:
    code = (
        "import sys; before = set(sys.modules)\n"
        "import fsm; fsm.load('with-feedback'); print(*set(sys.modules) - before)"
    )
    loaded = set(python("-c", code).split())
    assert "statemachine" in loaded
    assert not loaded & {"numpy", "polars", "networkx", "jinja2"}


def test_a_table_is_shown_without_the_libraries_of_logs() -> None:
    loaded = python("-c", "import sys, fsm.cli.show; print(*sys.modules)").split()
    assert "fsm.cli.show" in loaded
    assert not {*loaded} & {"numpy", "polars"}


def marked() -> list[int]:
    lines = (USER / "wrong.py").read_text().splitlines()
    return [number for number, line in enumerate(lines, start=1) if line.endswith("# wrong")]


def errors(output: str, name: str) -> list[int]:
    """Return the lines of a file that a type checker finds an error in."""
    return sorted({int(n) for n in re.findall(rf"{name}:(\d+):.* error\b", output)})


@at_full_depth
def test_the_program_of_a_user_runs() -> None:
    assert python("-W", "error", "-m", "tests.typing_user.program") == ""


@pytest.mark.skipif(not DEEP, reason="takes eight seconds: make test-deep")
def test_the_program_of_a_user_passes_mypy_strict() -> None:
    arguments = ["--strict", "--config-file=", "--cache-dir=.mypy_cache/user", "tests/typing_user"]
    ended = subprocess.run(
        [sys.executable, "-m", "mypy", *arguments],
        capture_output=True, text=True, cwd=PROJECT, check=False,
    )  # fmt: skip
    assert errors(ended.stdout, "wrong.py") == marked(), ended.stdout
    assert errors(ended.stdout, "program.py") == [], ended.stdout


def test_the_program_of_a_user_passes_pyright_strict() -> None:
    program = shutil.which("pyright", path=str(Path(sys.executable).parent)) or shutil.which(
        "pyright"
    )
    if program is None:
        pytest.skip("pyright is not installed")
    ended = subprocess.run(
        [program, "--pythonpath", sys.executable, "tests/typing_user"],
        capture_output=True, text=True, cwd=PROJECT, check=False,
    )  # fmt: skip
    assert errors(ended.stdout, "wrong.py") == marked(), ended.stdout + ended.stderr
    assert errors(ended.stdout, "program.py") == [], ended.stdout
