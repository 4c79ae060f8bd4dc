"""The rows of a page are tests of an implementation, named by their rows."""

from pathlib import Path

import numpy as np
import pytest

import fsm
from fsm.catalog import machine_page
from tests.command import Fsm
from tests.depth import at_full_depth, cases
from tests.test_settings import BINDING, CHART, PAGE

pytest_plugins = ["pytester"]
LOADED = np, fsm.load("delivery")  # before pytester, which forgets what is imported under it

SHOP = """
class Shop:
    after = {("basket", "pay"): "paid", ("paid", "cancel"): "basket", ("paid", "ship"): "shipped"}
    def reset(self): self.state = "basket"
    def send(self, event):
        target = self.after.get((self.state, event))
        if target is None:
            return "rejected"
        self.state = target
    def observe(self): return "Finished" if self.state == "shipped" else "In progress"

class Stuck(Shop):
    after = {**Shop.after, ("paid", "ship"): "paid"}

class NeverPays(Shop):
    after = {}

class ShowsStates(Shop):
    def observe(self): return self.state

class ShowsWrongState(ShowsStates):
    after = {**Shop.after, ("paid", "cancel"): "paid"}

class ShowsNothing:
    def reset(self): ...
"""
SETTINGS = """kind = "settings"
pages = ["orders.md"]
bindings = ["orders.toml"]
[implementations]
"settled_shop:Order" = "settled_shop:Stuck"
"""
GROUP = "orders.md::settled_shop:{} against settled_shop:Order::"
SHIPPED = GROUP + "row 3 The parcel leaves"


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(settled_shop=CHART + SHOP)
    Path("orders.md").write_text(PAGE)
    Path("orders.toml").write_text(BINDING.format(module="settled_shop"))
    Path("fsm.toml").write_text(SETTINGS)
    return pytester


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return project.runpytest_inprocess("-p", "no:cacheprovider", "-v", *arguments)


def test_settings_name_pages_bindings_and_implementations(project: pytest.Pytester) -> None:
    (project.path / "tests").mkdir()
    project.makeini("[pytest]\ntestpaths = tests\n")  # the page is not below it
    result = run(project)
    result.assert_outcomes(passed=7, failed=1)
    result.stdout.fnmatch_lines(
        [
            "orders.md::settled_shop:Order::row 3 The parcel leaves PASSED*",
            f"{SHIPPED.format('Stuck')} FAILED*",
            "row 3 of orders.md:6: | paid | The parcel leaves | shipped | Finished |",
            "ship in paid: expected Finished, got In progress",
            ">    2  ship     Finished     In progress  shipped",
            "trace: pay, ship",
        ]
    )
    run(project, "orders.md::settled_shop:Order").assert_outcomes(passed=4)
    run(project, "tests").assert_outcomes()


@pytest.mark.parametrize(
    ("adapter", "failed", "text"),
    [
        ("Shop", [], ""),
        ("NeverPays", [1, 2, 3], "ship in paid: the way there fails at pay, row 1 of orders.md:4"),
        ("ShowsStates", [], ""),
        ("ShowsWrongState", [2], "cancel in paid: expected basket, got paid"),
        ("ShowsNothing", [1, 2, 3], "has no method send()"),
        ("Missing", [1, 2, 3], "settled_shop:Missing: no such class or function"),
    ],
)
def test_each_row_is_a_test_of_the_implementation(
    project: pytest.Pytester, adapter: str, failed: list[int], text: str
) -> None:
    option = f"--fsm-implementation=settled_shop:Order=settled_shop:{adapter}"
    result = run(project, "orders.md", option)
    result.assert_outcomes(passed=8 - len(failed), failed=len(failed))
    lines = result.stdout.str()
    assert text in lines
    assert [n for n in (1, 2, 3) if f"{GROUP.format(adapter)}row {n}" in lines] == [1, 2, 3]


def test_rows_of_a_built_in_machine(project: pytest.Pytester) -> None:
    Path("log.md").write_text(machine_page("with-feedback").read_text())
    option = "--fsm-implementation=with-feedback=settled_shop:Shop"
    result = run(project, "log.md", option)
    result.assert_outcomes(passed=19, failed=5)
    result.stdout.fnmatch_lines(["log.md::*Shop against with-feedback::row 3 soft bounce FAILED*"])


def test_a_page_that_declares_its_machine(project: pytest.Pytester) -> None:
    """Without a binding, states, events and statuses are the words of the page."""
    rows = {
        "The customer pays": "pay",
        "The customer cancels": "cancel",
        "The parcel leaves": "ship",
    }
    page = (
        PAGE.replace("What happens", "Event").replace("Before", "From").replace("Shown", "Status")
    )
    for words, event in rows.items():
        page = page.replace(words, event)
    Path("life.md").write_text(page.replace("Afterwards", "To"))
    result = run(project, "life.md", "--fsm-implementation=settled_shop:Stuck")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "life.md::settled_shop:Stuck against life.md::row 3 ship FAILED*",
            "row 3 of life.md:6: | paid | ship | shipped | Finished |",
            "ship in paid: expected Finished, got In progress",
            "trace: pay, ship",
            "*assumed*",
        ]
    )


def test_a_suite_knows_the_rows_of_bound_tables(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_suite="""
        import pytest, settled_shop

        @pytest.fixture
        def implementation():
            return settled_shop.Stuck()

        @pytest.mark.fsm_suite("settled_shop:Order")
        def test_name(fsm_case, implementation):
            fsm_case.run(implementation)

        @pytest.mark.fsm_suite(machine=settled_shop.Order, method="table")
        def test_class(fsm_case, implementation):
            fsm_case.run(implementation)
        """
    )
    for setting in (None, "[pytest]\nfsm_settings = false\nfsm_bindings = named.toml\n"):
        if setting:
            project.makeini(setting)
            text = Path("orders.toml").read_text()
            Path("named.toml").write_text('page = "orders.md"\n' + text)
        result = run(project, "test_suite.py", "--fsm-cov")
        lines = result.stdout.str()
        assert lines.count("specified by row 3 of orders.md:6: paid | The parcel leaves") >= 2
        assert "3 of 3 documented rows" in lines


def test_a_binding_beside_its_page_needs_no_settings(project: pytest.Pytester) -> None:
    Path("fsm.toml").unlink()
    text = BINDING.format(module="settled_shop")
    Path("orders.toml").write_text("".join(x for x in text.splitlines(True) if "page =" not in x))
    run(project, "orders.md").assert_outcomes(passed=5)
    assert fsm.load("orders.toml").trace_to("ship")
    rows = {t.origin.citation for t in fsm.load("orders.toml").transitions if t.origin}
    assert "row 3 of orders.md:6" in rows


LIGHT = """{"fsm": 1, "name": "light", "initial": "off", "events": ["press"],
"states": [{"name": "off", "status": "Dark"}, {"name": "on", "status": "Bright"}],
"transitions": [{"source": "off", "event": "press", "target": "on"}]}"""
LIGHT_PAGE = "| Before | Event | After |\n|---|---|---|\n| off | press | on |\n"
LIGHT_BINDING = """machine = "light.json"
[columns]
from = "Before"
event = "Event"
to = "After"
"""
LIGHTS = """
class Lamp:
    def reset(self): self.status = "Dark"
    def send(self, event): self.status = "Bright"
    def observe(self): return self.status
"""
MISSPELT = {
    "page": (
        '"lihgt.md" = "lights:Lamp"',
        "no machine or page 'lihgt.md'; did you mean 'light.md'",
    ),
    "file": ('"lights.json" = "lights:Lamp"', "*'lights.json'; did you mean 'light.json'*"),
    "built-in": ('"delivry" = "lights:Lamp"', "*'delivry'; did you mean 'delivery'?*"),
    "page elsewhere": ('"other/light.md" = "lights:Lamp"', "no machine or page 'other/light.md';*"),
}


@pytest.fixture
def light(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(lights=LIGHTS)
    Path("light.json").write_text(LIGHT)
    Path("light.md").write_text(LIGHT_PAGE)
    Path("light.toml").write_text(LIGHT_BINDING)
    return pytester


def settings_with(entry: str) -> None:
    text = 'kind = "settings"\npages = ["*.md"]\nbindings = ["light.toml"]\n[implementations]\n'
    Path("fsm.toml").write_text(f"{text}{entry}\n")


@at_full_depth
@pytest.mark.parametrize("name", ["light.json", "light.md"])
def test_a_machine_in_a_file_has_an_implementation(light: pytest.Pytester, name: str) -> None:
    settings_with(f'"{name}" = "lights:Lamp"')
    result = run(light, "-k", "Lamp")
    result.assert_outcomes(passed=1, deselected=3)
    result.stdout.fnmatch_lines(["fsm: settings: fsm.toml", "*lights:Lamp against light::row 1*"])


@pytest.mark.parametrize("name", cases(MISSPELT))
def test_a_misspelt_machine_or_page_is_named(light: pytest.Pytester, fsm: Fsm, name: str) -> None:
    entry, message = MISSPELT[name]
    settings_with(entry)
    result = run(light)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*fsm.toml:5: implementations: {message}*"])
    checked = fsm("check")
    assert checked.status == 2
    assert "fsm.toml:5: implementations: no machine or page" in checked.err


@at_full_depth
@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("lights:Lmap", "lights:Lmap: no such class or function; did you mean 'lights:Lamp'?"),
        ("ligths:Lamp", "*cannot import 'ligths'*; did you mean 'lights'?"),
    ],
    ids=["class", "module"],
)
def test_a_misspelt_implementation_is_named(
    light: pytest.Pytester, code: str, message: str
) -> None:
    settings_with(f'"light.md" = "{code}"')
    result = run(light, "-k", "against")
    result.assert_outcomes(failed=1, deselected=3)
    result.stdout.fnmatch_lines([f"fsm.toml:5: {message}"])


REFUSED = {
    "misspelt page": (["lihgt.md=lights:Lamp"], "no machine or page 'lihgt.md'; did you mean *"),
    "misspelt machine": (["delivry=lights:Lamp"], "no machine or page 'delivry'; did you mean *"),
    "two for all": (["lights:Lamp", "lights:Other"], "two for every machine and page: *"),
    "two for a page": (["light.md=lights:Lamp", "light.md=lights:B"], "two for light.md: *"),
    "another machine": (["delivery=lights:Lamp"], "*no documented row of light.md is for it"),
}


@pytest.mark.parametrize("name", cases(REFUSED))
def test_an_option_for_no_machine_or_page_is_refused(light: pytest.Pytester, name: str) -> None:
    options, message = REFUSED[name]
    if name != "another machine":
        settings_with('"light.md" = "lights:Lamp"')
    result = run(light, "light.md", *(f"--fsm-implementation={option}" for option in options))
    assert result.ret in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.INTERRUPTED)
    result.stderr.fnmatch_lines([f"*--fsm-implementation*{message}*"])
    assert "Traceback" not in result.stdout.str() + result.stderr.str()


def test_an_option_that_no_page_uses_is_told(light: pytest.Pytester) -> None:
    options = ("light.md=lights:Lamp", "delivery=lights:Lamp", "shop.orders:Order=lights:Lamp")
    result = run(light, "light.md", *(f"--fsm-implementation={option}" for option in options))
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(
        [
            "fsm: --fsm-implementation: not used: no page * bound to shop.orders:Order",
            "fsm: --fsm-implementation delivery=lights:Lamp: not used",
        ]
    )


def test_settings_with_a_page_that_is_missing_are_refused_in_one_line(
    light: pytest.Pytester,
) -> None:
    Path("fsm.toml").write_text('kind = "settings"\npages = ["lihgt.md"]\n')
    result = run(light, "light.md")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: fsm.toml:2: pages: 'lihgt.md' names no file"])
    assert "Error" not in result.stdout.str()


def test_code_that_no_page_is_about_is_told(light: pytest.Pytester) -> None:
    settings_with('"shop.orders:Order" = "lights:Lamp"')
    run(light).stdout.fnmatch_lines(
        ["fsm: fsm.toml:5: not used: no page of the settings is bound to shop.orders:Order"]
    )
