"""Help pages: what one gets first, options in groups, examples that run."""

import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from fsm.cli import command_group
from fsm.cli.help import Example, HelpCommand, HelpOption
from fsm.docs.contents import KINDS
from fsm.tables.words.lexicon_files import languages
from tests.command import Fsm
from tests.conftest import SAMPLE
from tests.depth import DEEP, cases
from tests.golden.cases import SAMPLES

TOP = HelpCommand.make_context(command_group, "fsm", ["check"], resilient_parsing=True)
COMMANDS = {
    name: command
    for name in command_group.list_commands(TOP)
    if isinstance(command := command_group.get_command(TOP, name), HelpCommand)
}
PAGES = {"fsm": command_group, **COMMANDS}


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command is called fsm, and a terminal has 80 columns."""
    monkeypatch.setattr(sys.modules["__main__"], "__package__", None, raising=False)
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def narrow(terminal: None, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> int:
    monkeypatch.setenv("COLUMNS", str(request.param))
    return int(request.param)


def help_page(fsm: Fsm, name: str) -> str:
    done = fsm(*([] if name == "fsm" else [name]), "--help")
    assert (done.status, done.err) == (0, "")
    return done.out


def test_every_command_has_such_a_page() -> None:
    assert list(COMMANDS) == command_group.list_commands(TOP)
    assert isinstance(command_group, HelpCommand)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_begins_with_a_sentence_and_ends_with_examples(name: str, fsm: Fsm) -> None:
    usage, gist, *_, examples = re.split(r"\n\n(?=\S|  \S)", help_page(fsm, name))
    assert usage.startswith("Usage: fsm")
    assert re.fullmatch(r"  [A-Z][^.]+[^.]*\..*", gist, re.DOTALL)
    assert examples.startswith("Examples:\n")
    assert len(PAGES[name].examples) >= 2
    for example in PAGES[name].examples:
        assert f"  {example.purpose}:\n    $ {example.line}\n" in examples
        assert shlex.split(example.line)[0] == "fsm"


@pytest.mark.parametrize("narrow", [60, 80, 120], indirect=True)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_the_terminal(name: str, fsm: Fsm, narrow: int) -> None:
    too_long = [line for line in help_page(fsm, name).splitlines() if len(line) > min(narrow, 80)]
    assert too_long == []


@pytest.mark.parametrize("name", PAGES)
def test_every_option_and_argument_says_what_it_does(name: str) -> None:
    for param in PAGES[name].params:
        assert isinstance(param, click.Option | click.Argument)
        text = param.help or ""
        assert re.fullmatch(r"[A-Za-z].*\.", text, re.DOTALL), param.name
        assert not text.startswith("Default"), param.name


@pytest.mark.parametrize("name", COMMANDS)
def test_many_options_stand_in_groups(name: str) -> None:
    command = COMMANDS[name]
    groups = command.option_groups(click.Context(command, info_name=name))
    own = [param for param in command.params if isinstance(param, click.Option)]
    assert sum(map(len, groups.values())) == len(own) + 2  # --color and --help
    if len(own) <= 6:
        assert list(groups) == ["Options"]
    else:
        assert "Options" not in groups
        assert len(groups) > 2
        assert list(groups)[-1] == "Other"


def test_what_help_texts_list_is_complete() -> None:
    blocks = dict(COMMANDS["docs"].tables["Blocks"])
    assert [name.split()[0] for name in blocks] == list(KINDS)
    options = {option for kind in KINDS.values() for option in kind.options}
    assert sorted(option for option in options if f"{option}=" not in str(blocks)) == []
    (lang,) = (param for param in COMMANDS["draw"].params if param.name == "lang")
    assert f": {', '.join(sorted(languages()))} or" in str(getattr(lang, "help", ""))


def test_a_group_that_is_misspelt_is_an_error() -> None:
    with pytest.raises(ValueError, match="no group 'Ouput'"):
        HelpOption(["--json"], group="Ouput")


def test_a_narrow_terminal_continues_an_example_on_the_next_line() -> None:
    line = 'fsm analyse with-feedback --claim "never Sent after Failed" --json'
    command = HelpCommand("one", examples=[Example("A claim", line)])
    page = command.get_help(click.Context(command, max_content_width=52, terminal_width=52))
    assert page.endswith(
        "  A claim:\n    $ fsm analyse with-feedback --claim \\\n"
        '          "never Sent after Failed" --json'
    )
    folded = page.partition("$ ")[2].replace("\\\n", "")
    assert shlex.split(folded) == shlex.split(line)


@pytest.mark.parametrize(("variable", "is_bold"), [("FORCE_COLOR", True), ("NO_COLOR", False)])
def test_headings_are_bold_where_colour_is_wanted(
    variable: str, is_bold: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(each, raising=False)
    monkeypatch.setenv(variable, "1")
    page = COMMANDS["show"].get_help(HelpCommand.context_class(COMMANDS["show"]))
    assert (click.style("Options:", bold=True) in page) == is_bold
    assert "Options:" in click.unstyle(page)


# The examples, run --------------------------------------------------------------------------

NOT_RUN = {
    'fsm replay "s3://mail/2026-01-*.csv.gz" --json': "it needs an object store",
    'fsm test with-feedback "cmd:node adapter.js" --extra-states 1': "it needs Node",
    "fsm test with-feedback http://localhost:8000/ --junit results.xml": "it needs a server",
}
"""Examples that cannot run here, with the reason."""
ONLY_AT_FULL_DEPTH = {"fsm gallery diagrams", "fsm gallery diagrams --check"}
"""Examples that take seconds."""
EXIT_1 = {
    'fsm analyse with-feedback --claim "never Sent after Failed"',
    "fsm compare with-feedback without-feedback",
    "fsm compare old.json new.json -o changes.svg",
    "fsm docs --check page.md",
    "fsm gallery diagrams --check",
}
"""Examples that end with exit status 1: they show a difference, or refute a claim."""
MY_SYSTEM = """\
import fsm

class MySystem:
    machine = fsm.load("with-feedback")

    def reset(self):
        self.state = self.machine.initial

    def send(self, event):
        step = self.machine.step(self.state, event)
        if step is None:
            return "rejected"
        self.state = step.target

    def observe(self):
        return self.machine.state(self.state).status
"""


def examples() -> Iterator[object]:
    for name, command in PAGES.items():
        for number, example in enumerate(command.examples, 1):
            is_left_out = example.line in ONLY_AT_FULL_DEPTH and not DEEP
            marks = [pytest.mark.skip(reason="only at full depth")] if is_left_out else []
            if example.line not in NOT_RUN:
                yield pytest.param(example.line, id=f"{name}-{number}", marks=marks)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fsm: Fsm) -> Path:
    """A directory with the files that examples name."""
    monkeypatch.chdir(tmp_path)
    tables = (SAMPLES / "right.md").read_text("utf-8")
    files = {
        "log.csv": SAMPLE,
        "other.csv": SAMPLE.replace("event,", "Type,", 1),
        "mail.log": (SAMPLES / "logs/postfix.log").read_text("utf-8"),
        "page.md": f"{tables}\n<!-- fsm:matrix engagement -->\n<!-- fsm:end -->\n",
        "docs/tables.md": tables,
        "tests/__init__.py": "",
        "key.txt": (SAMPLES / "key.txt").read_text("utf-8"),
        "my_system.py": MY_SYSTEM,
        "model.dot": (SAMPLES / "alike.dot").read_text("utf-8"),
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    for name, machine in {"old.json": "without-feedback", "new.json": "with-feedback"}.items():
        assert fsm("draw", machine, "-o", name).status == 0
    return tmp_path


@pytest.mark.parametrize("line", cases(examples()))
def test_an_example_runs(line: str, fsm: Fsm, desk: Path) -> None:
    done = fsm(*shlex.split(line)[1:])
    assert done.status == (1 if line in EXIT_1 else 0), done.err
    assert done.out or done.err or re.search(" -o ", line)


def test_the_lists_of_examples_name_examples_only() -> None:
    lines = {example.line for command in PAGES.values() for example in command.examples}
    assert lines >= {*NOT_RUN, *ONLY_AT_FULL_DEPTH, *EXIT_1}
