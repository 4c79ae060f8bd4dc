"""What shells complete: the words of click's own completion, and once in each real shell."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import BashComplete, FishComplete, ZshComplete, get_completion_class

from fsm.cli import command_group
from fsm.cli.completion import add_shells

DOOR = """# Door

| From | Event | To |
|---|---|---|
| shut | pull | ajar |
| ajar | push | shut |
"""
FILES = ("mine.json", "lift.DOT", "two words.json", "notes.txt", "rules.toml", "sub/deep.scxml")


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in FILES:
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text("{}")
    Path("page.md").write_text(DOOR)


def completed(line: str) -> list[str]:
    """Return what completes the last word of a line; of what the shell completes, its type."""
    *words, incomplete = line.split(" ")
    bash = BashComplete(command_group, {}, "fsm", "_FSM_COMPLETE")
    items = bash.get_completions(words, incomplete)
    return [item.value if item.type == "plain" else f"({item.type})" for item in items]


CASES = {
    "commands": ("re", ["replay", "report"]),
    "options": ("suite engagement --max", ["--max-symbols"]),
    "built-in machine": ("show q", ["quarantine"]),
    "machine file": ("show m", ["mine.json"]),
    "machine file in capitals": ("show l", ["lift.DOT"]),
    "machine file in a directory": ("show sub/d", ["sub/deep.scxml"]),
    "machine file with a blank": ("show t", ["(file)"]),
    "only a directory": ("show su", ["(file)"]),
    "second machine": ("explore delivery eng", ["engagement"]),
    "machine of an option": ("replay log.csv --machine del", ["delivery"]),
    "log": ("replay no", ["(file)"]),
    "output": ("explore -o no", ["(file)"]),
    "method": ("suite --method h", ["hsi", "h"]),
    "suite": ("draw engagement --coverage to", ["tour"]),
    "page": ("show pa", ["page.md"]),
    "section of a page": ("show page.md#", ["page.md#door"]),
    "state of a page": ("suite page.md --to ", ["shut", "ajar"]),
    "row of a page": ("suite page.md#door --covering ", ["1", "2"]),
    "choice": ("show --format m", ["md"]),
    "format of a log": ("convert --format postm", ["postmark"]),
    "format to explain": ("formats postfix postm", ["postmark"]),
    "code": ("check --explain two", ["two-bindings"]),
    "policy": ("replay --policy r", ["refusal", "rules.toml"]),
    "time zone": ("convert --tz Europe/Par", ["Europe/Paris"]),
    "column": ("convert --column ev", ["event=", "event_id="]),
    "language": ("draw delivery --lang f", ["fr"]),
    "guide": ("guide st", ["start"]),
    "schema": ("schema lex", ["lexicon"]),
    "state": ("suite with-feedback --to re", ["retrying", "retries_exhausted"]),
    "row": (
        "suite with-feedback --covering ",
        ["1", "2", "3", "4", "5", "D2", "D3", "D4", "D5", "D6", "prose"],
    ),
    "decision": ("suite with-feedback --covering D", ["D2", "D3", "D4", "D5", "D6"]),
    "cell": ("suite with-feedback --covering awaiting:s", ["awaiting:soft_bounce"]),
    "state of a focus": ("draw engagement --focus un", ["unopened"]),
    "status": ("draw with-feedback --collapse ", ["Pending", "Sent", "Failed", "all"]),
    "first event": ("draw with-feedback --path re", ["relayed", "retry_succeeded", "retry_failed"]),
    "next event": ("draw with-feedback --path relayed,so", ["relayed,soft_bounce"]),
    "state of no machine": ("suite --to re", []),
    "state of a broken file": ("suite mine.json --to re", []),
}


@pytest.mark.parametrize(("line", "expected"), CASES.values(), ids=CASES)
def test_a_word_is_completed(line: str, expected: list[str]) -> None:
    assert completed(line) == expected


def test_commands_are_completed_with_what_one_gets() -> None:
    zsh = ZshComplete(command_group, {}, "fsm", "_FSM_COMPLETE")
    (item,) = zsh.get_completions([], "replay")
    assert item.help == "Get the statuses, indicators and rejected events of a log."


def test_completion_imports_no_class() -> None:
    Path("trap.py").write_text("open('imported', 'w')")
    Path("bound.toml").write_text(
        'machine = "trap:Machine"\n[columns]\nfrom = "A"\nevent = "B"\nto = "C"\n'
    )
    assert completed("suite trap:Machine --to re") == []
    assert completed("suite bound.toml --to re") == []
    assert completed("suite --covering 1 trap:Machine --summ") == ["--summary"]
    assert completed("replay notes.txt --machine trap:Machine --pol") == ["--policy"]
    assert not Path("imported").exists()


def test_completion_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom fsm.cli import main\nsys.argv = ['fsm']\n"
        "try:\n    main()\nexcept SystemExit as end:\n"
        "    print(end.code, sorted({'polars', 'numpy', 'networkx'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env=os.environ | environment("bash_complete", "fsm replay notes.txt --pol"),
    )  # fmt: skip
    assert done.stdout.splitlines() == ["plain,--policy", "0 []"]


def test_the_script_of_fish_keeps_commas() -> None:
    add_shells()
    fish = get_completion_class("fish")
    assert fish is not None
    assert fish.source_template.count("string split --max 1 ") == 1
    assert FishComplete.source_template.count("string split ") == 1


LIFT = """{"fsm": 1, "name": "lift", "initial": "a", "events": ["go"],
"states": [{"name": "a", "status": "In work"}, {"name": "b", "status": "In [b], so"}],
"transitions": [{"source": "a", "event": "go", "target": "b"}]}"""
QUOTED = {
    "nothing begun": ("", ["In\\ work", "In\\ \\[b\\],\\ so", "all"]),
    "begun": ("In\\ w", ["In\\ work"]),
    "in quotes": ("'In w", ["In work"]),
    "in double quotes": ('"In [', ["In [b], so"]),
}


@pytest.mark.parametrize(("word", "expected"), QUOTED.values(), ids=QUOTED)
def test_bash_gets_values_as_they_stand_on_a_command_line(
    word: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("lift.json").write_text(LIFT)
    words = ["fsm", "draw", "lift.json", "--collapse", word]
    monkeypatch.setenv("COMP_WORDS", "\n".join(words))
    monkeypatch.setenv("COMP_CWORD", "4")
    add_shells()
    bash = get_completion_class("bash")
    assert bash is not None
    complete = bash(command_group, {}, "fsm", "_FSM_COMPLETE").complete()
    assert complete.splitlines() == [f"plain,{value}" for value in expected]


def environment(instruction: str, line: str) -> dict[str, str]:
    words = line.split(" ")
    return {
        "_FSM_COMPLETE": instruction,
        "COMP_WORDS": "\n".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }


SHELLS = {
    "bash": (
        'eval "$(_FSM_COMPLETE=bash_source fsm)"; complete -p fsm >&2\n'
        "COMP_WORDS=(fsm show wi); COMP_CWORD=2; _fsm_completion fsm\n"
        'printf "%s\\n" "${COMPREPLY[@]}"'
    ),
    "zsh": (
        "compdef() { : }; _describe() { : }; compadd() { print -l $completions }\n"
        'eval "$(_FSM_COMPLETE=zsh_source fsm)"\n'
        "words=(fsm show wi); CURRENT=3; _fsm_completion"
    ),
    "fish": "_FSM_COMPLETE=fish_source fsm | source; complete --do-complete 'fsm show wi'",
}
"""Commands that load the script as users do, and complete a word with it."""


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes(shell: str, tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    command = tmp_path / "bin/fsm"
    command.parent.mkdir()
    command.write_text(f"#!{sys.executable}\nfrom fsm.cli import main\nmain()\n")
    command.chmod(0o755)
    bare = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    done = subprocess.run(
        [program, *bare, "-c", SHELLS[shell]],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=120,
        env={**os.environ, "PATH": f"{command.parent}:{os.environ['PATH']}", "HOME": str(tmp_path)},
    )  # fmt: skip
    assert sorted(done.stdout.split()) == ["with-feedback", "without-feedback"], done.stderr
