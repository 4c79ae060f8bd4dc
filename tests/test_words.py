"""One word means one thing: public names of classes and functions, and names of modules."""

import ast
from collections import defaultdict
from fnmatch import fnmatch

from tests.house import ROOT, trees

PROTOCOLS = {
    "Reader": ("logs.conversion", "logs.servers.*", "logs.records.reader"),
    "command": ("cli.*",),
}
"""Names that several modules define on purpose, since all do the same for another input.

The readers of logs are chosen by the format, commands by their name. A name is allowed in the
modules that match, and in no other one.
"""


def modules() -> dict[str, ast.Module]:
    """Return the modules by their names in the package."""
    names = {path: path.relative_to(ROOT).with_suffix("").parts for path in trees()}
    return {".".join(names[path]).removesuffix(".__init__"): trees()[path] for path in trees()}


def defined(tree: ast.Module) -> set[str]:
    """Return the public classes, functions and type aliases of a module."""
    names = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias":
            names.add(ast.unparse(node.target))
    return {name for name in names if not name.startswith("_")}


def homes() -> dict[str, list[str]]:
    """Return the modules that define each public name."""
    found = defaultdict(list)
    for module, tree in modules().items():
        for name in defined(tree):
            found[name].append(module)
    return found


def of_protocol(name: str, module: str) -> bool:
    return any(fnmatch(module, pattern) for pattern in PROTOCOLS.get(name, ()))


def test_a_public_name_stands_for_one_thing() -> None:
    several = {
        name: modules
        for name, modules in homes().items()
        if len(modules) > 1 and not all(of_protocol(name, module) for module in modules)
    }
    report = "\n".join(f"{name}: {', '.join(modules)}" for name, modules in sorted(several.items()))
    assert not several, f"these names stand for several things:\n{report}"


def test_every_protocol_is_followed_by_several_modules() -> None:
    known = homes()
    assert [name for name in PROTOCOLS if len(known[name]) < 2] == []
    unused = [
        (name, pattern)
        for name, patterns in PROTOCOLS.items()
        for pattern in patterns
        if not any(fnmatch(module, pattern) for module in known[name])
    ]
    assert not unused


def test_no_module_has_the_name_of_a_public_function() -> None:
    """The module of a command is called like it: the command line finds it by that name."""
    known = homes()
    functions = {name: known[name] for name in known if name[0].islower() and name not in PROTOCOLS}
    commands = {module for module in known["command"] if module.startswith("cli.")}
    shared = {
        module: functions[name]
        for module in modules()
        if (name := module.rpartition(".")[2]) in functions and module not in commands
    }
    report = "\n".join(f"{module}: {', '.join(where)}" for module, where in sorted(shared.items()))
    assert not shared, f"these modules have the name of a function:\n{report}"
