"""Every command, option and choice of the command line is used by a case with a golden file."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

import click
import pytest

from fsm.cli import command_group
from fsm.logs.canonical_columns import CANONICAL, MINED
from tests.golden.cases import EXPECTED, SAMPLES, cases

TOP = "fsm"
CONTEXT = click.Context(command_group, info_name=TOP)
COMMANDS = {
    name: command_group.get_command(CONTEXT, name) for name in command_group.list_commands(CONTEXT)
}


def listed(golden: str, before: str) -> set[str]:
    """Return the names that a message in a golden file lists."""
    text = (EXPECTED / golden).read_text("utf-8")
    (names,) = re.findall(
        f"{before} (.*?)(?: \\(see|; others are|, or a TOML file|$)", text, re.MULTILINE
    )
    return set(re.split(", | or ", names))


def methods() -> set[str]:
    """Return the methods that the help of ``fsm suite`` lists."""
    _, _, text = (EXPECTED / "suite/help.txt").read_text("utf-8").partition("Methods:")
    return set(re.findall(r"^  (\w+)  +\S", text.partition("\n\n")[0], re.MULTILINE))


def formats() -> set[str]:
    """Return the names in the first column of ``fsm formats``."""
    _, _, rows = (EXPECTED / "formats/text.txt").read_text("utf-8").partition("\n-----")
    return set(re.findall(r"^(\w+) {2,}", rows, re.MULTILINE))


def values_listed(command: str, option: str) -> set[str]:
    """Return the values of an option that is no :class:`click.Choice`, and yet has a list."""
    if (command, option) == ("suite", "--method"):
        return methods() | {"spyh", "2-switch"}
    if command in ("convert", "replay", "explain", "report"):
        if option == "--format":
            return {"auto", *formats()}
        if option == "--policy":
            return listed("convert/wrong-policy.txt", "no policy 'mild'; there are:")
    return set()


ONLY = {
    # Each format is converted; the other commands read logs by the same code.
    ("replay", "--format"): {
        "auto",
        "csv",
        "jsonl",
        "parquet",
        "mail",
        "postfix",
        "sendgrid",
        "ses",
        "snapshot",
    },
    ("explain", "--format"): {"auto", "exim"},
    ("report", "--format"): {"mailjet"},
    ("explain", "--policy"): {"address"},
    ("report", "--policy"): {"address"},
    ("conform", "--format"): {"exim"},
    ("discover", "--format"): {"exim"},
    ("discover", "--policy"): {"address"},
    ("conform", "--policy"): {"address"},
}
"""Options of which these values are enough, with the reason. (Databases on servers, and logs at
addresses, are no values of their own: ``--sql-url`` and LOGS name them, and tests/logs runs them.)
"""

Used = dict[str, list[list[str]]]


@pytest.fixture(scope="module")
def used() -> Used:
    """The command lines of the table, by command and without its name."""
    found = defaultdict(list)
    for case in cases("commands.toml"):
        for words in case.lines:
            name = words[0] if words and words[0] in COMMANDS else TOP
            found[name].append(words if name == TOP else words[1:])
    return found


def test_every_command_is_used(used: Used) -> None:
    assert set(used) == {TOP, *COMMANDS}


@pytest.mark.parametrize("name", [TOP, *COMMANDS])
def test_every_spelling_of_an_option_is_used(name: str, used: Used) -> None:
    command = COMMANDS.get(name, command_group)
    written = {word.split("=")[0] for words in used[name] for word in words}
    spelt = {s for option in _options(command) for s in (*option.opts, *option.secondary_opts)}
    assert sorted(spelt - written) == []
    assert "--help" in written


@pytest.mark.parametrize("name", COMMANDS)
def test_every_value_of_a_choice_is_used(name: str, used: Used) -> None:
    command = COMMANDS[name]
    assert command is not None
    given = _values(command, used[name])
    for option in _options(command):
        longest = max(option.opts, key=len)
        choices = set(getattr(option.type, "choices", ()))
        known = ONLY.get((name, longest)) or choices or values_listed(name, longest)
        assert sorted(known - given[option.name or ""]) == [], longest


def test_every_name_that_an_argument_takes_is_used(used: Used) -> None:
    words = {name: {word for words in lines for word in words} for name, lines in used.items()}
    machines = listed("explore/unknown-machine.txt", "built in are")
    assert len(machines) > 1
    assert sorted(machines - words["show"]) == []
    assert len(formats()) > 30
    without_names = {*CANONICAL, *MINED}  # of events
    assert sorted(formats() - without_names - words["formats"]) == []
    suffixes = listed("convert/wrong-suffix.txt", "its name must end in")
    assert len(suffixes) > 1
    outputs = {f".{word.partition('.')[2]}" for word in words["convert"] if "/" not in word}
    assert sorted(suffixes - outputs) == []
    pages = "".join(path.read_text("utf-8") for path in SAMPLES.glob("*.md"))
    kinds = listed("docs/unknown-block.txt", "there are:")
    assert [kind for kind in sorted(kinds) if f"<!-- fsm:{kind} " not in pages] == []


def _options(command: click.Command | None) -> Iterator[click.Option]:
    assert command is not None
    yield from (param for param in command.params if isinstance(param, click.Option))


def _values(command: click.Command, lines: Collection[list[str]]) -> Mapping[str, set[str]]:
    """Return the values that each option is given, by its name in Python."""
    found: dict[str, set[str]] = defaultdict(set)
    for words in lines:
        context = click.Context(command, resilient_parsing=True)
        options, _, _ = command.make_parser(context).parse_args(list(words))
        for name, value in options.items():
            found[name] |= set(map(str, value if isinstance(value, list) else [value]))
    return found
