"""The same ten machines drawn by four tools: ``python tests/bench/drawings.py [--write]``.

The machines are those of ``drawn_machines.py``. fsm and python-statemachine draw the classes (fsm
the last one as the Mealy machine that it is), state-machine-cat what :func:`smcat_text` writes of
them, Mermaid what ``fsm draw --format mermaid`` writes. Each picture is made twice, in fresh
processes, and goes to ``build/drawings`` as SVG, with a PNG of all four for each machine.
``--write`` also writes ``drawings.md``: what is measured and what the texts of the pictures show,
and what ``drawings.toml`` says of them, by one who looked. ``FSM_TOOLS`` names the directory in
which ``npm install state-machine-cat mermaid`` was run; ``dot``, ``chromium`` and playwright are
needed.
"""

import argparse
import html
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from drawings_measured import Figures, figures_of, texts_of
from drawn_machines import CLASSES, coins, counter

from fsm.chart import Chart
from fsm.compile import compile_chart
from fsm.compile.chart_reader import read_chart
from fsm.drawing import draw

HERE = Path(__file__).parent
PICTURES = HERE.parents[1] / "build/drawings"
MEALY = "mealy"


def by_fsm(name: str) -> str:
    return draw(counter() if name == MEALY else compile_chart(CLASSES[name]), "svg")


def by_library(name: str) -> str:
    from statemachine.contrib.diagram import DotGraphMachine

    return output_of(["dot", "-Tsvg"], DotGraphMachine(CLASSES[name])().to_string())


def by_smcat(name: str) -> str:
    program = tools() / "node_modules/.bin/smcat"
    text = smcat_text(read_chart(CLASSES[name]))
    return output_of([str(program), "-d", "left-right", "-o", "-", "-"], text)


IN_MERMAID = """async text => {
  const page = document.createElement("div");
  page.innerHTML = (await mermaid.render("m", text)).svg;
  return new XMLSerializer().serializeToString(page.querySelector("svg"));
}"""


def by_mermaid(name: str) -> str:
    text = draw(counter() if name == MEALY else compile_chart(CLASSES[name]), "mermaid")
    with browser_page() as page:
        page.add_script_tag(path=tools() / "node_modules/mermaid/dist/mermaid.min.js")
        return str(page.evaluate(IN_MERMAID, text))


TOOLS: dict[str, Callable[[str], str]] = {
    "fsm": by_fsm,
    "python-statemachine": by_library,
    "state-machine-cat": by_smcat,
    "Mermaid": by_mermaid,
}


def tools() -> Path:
    """Return the directory of the programs from npm."""
    directory = os.environ.get("FSM_TOOLS")
    if not directory:
        sys.exit("FSM_TOOLS is not set: name the directory with node_modules of smcat and mermaid")
    return Path(directory)


def output_of(command: list[str], text: str) -> str:
    return subprocess.run(command, input=text, stdout=subprocess.PIPE, text=True, check=True).stdout


@contextmanager
def browser_page() -> Iterator[Any]:
    """A page of a headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser.new_page(viewport={"width": 1600, "height": 1000})
        browser.close()


def smcat_text(chart: Chart) -> str:
    """Return a chart in the language of state-machine-cat, with all that its language has."""
    outermost = [i for i, node in enumerate(chart.nodes) if node.parent is None]
    steps = [f'"initial" => "{chart.nodes[chart.initial].id}";']
    states = ",\n".join(['"initial"', *(smcat_state(chart, i, steps) for i in outermost)])
    return f"{states};\n" + "\n".join([*steps, *smcat_arrows(chart)]) + "\n"


def smcat_state(chart: Chart, i: int, steps: list[str]) -> str:
    """Return a state with the states inside it; the arrow to its first one goes to ``steps``."""
    node = chart.nodes[i]
    kind = "parallel" if node.parallel else "history" if node.history else "regular"
    kind = "final" if node.final else kind
    text = f'"{node.id}" [label="{node.title}" type={kind}]'
    inside = [k for k, other in enumerate(chart.nodes) if other.parent == i]
    if not inside:
        return text
    parts = [smcat_state(chart, k, steps) for k in inside]
    if node.is_compound:
        parts.insert(0, f'"{node.id} initial" [type=initial]')
        steps.append(f'"{node.id} initial" => "{chart.nodes[node.entry[0]].id}";')
    return f"{text} {{\n" + ",\n".join(parts) + ";\n}"


def smcat_arrows(chart: Chart) -> Iterator[str]:
    """Yield the transitions, each with its guard, its delay or its output in its label."""
    is_mealy = chart.class_name == CLASSES[MEALY].__name__
    answers = {(f"s{i}", event): answer for i, event, answer, _ in coins() if is_mealy}
    delays = {(timer.node, timer.event): timer.delay // 1_000_000 for timer in chart.timers}
    for edge in chart.edges:
        source, target = chart.nodes[edge.source].id, chart.nodes[edge.targets[0]].id
        kind = " [type=internal]" if edge.internal else ""
        guard = f" [{edge.guard.text}]" if edge.guard.text else ""
        for event in edge.events:
            delay = delays.get((edge.source, event))
            answer = answers.get((source, event))
            after = f" after {delay} s" if delay else ""
            output = f" / {answer}" if answer else ""
            yield f'"{source}" => "{target}"{kind}: {event}{guard}{after}{output};'


def pictures() -> dict[tuple[str, str], tuple[str, bool]]:
    """Draw everything twice; return the pictures, and whether both had the same bytes."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    drawn = {}
    for name in CLASSES:
        for tool in TOOLS:
            command = [sys.executable, __file__, "--draw", name, tool]
            first, second = (output_of(command, "") for _ in range(2))
            drawn[name, tool] = first, first == second
            (PICTURES / f"{name} {tool}.svg").write_text(first)
    return drawn


SHEET = """<!doctype html><style>
body {{ margin: 8px; font: 14px sans-serif; width: fit-content; background: white }}
figure {{ margin: 4px; border: 1px solid #999; padding: 6px }}
figcaption {{ color: #555 }} img {{ display: block; max-width: 1560px }}
</style><h3>{title}</h3>{figures}"""


def write_sheets() -> None:
    """Write all pictures of a machine as one, for those who look at them."""
    with browser_page() as page:
        for name in CLASSES:
            figures = "".join(
                f"<figure><figcaption>{tool}</figcaption>"
                f'<img src="{html.escape(name)}%20{tool}.svg"></figure>'
                for tool in TOOLS
            )
            sheet = PICTURES / f"{name}.html"
            sheet.write_text(SHEET.format(title=name, figures=figures))
            page.goto(sheet.as_uri())
            page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


def shown_rows(said: dict[str, Any], drawn: dict[tuple[str, str], tuple[str, bool]]) -> list[str]:
    """Return a row for each machine and what there is to show of it."""
    rows = []
    for name, facts in said["machines"].items():
        for feature, fact in facts["shows"].items():
            if isinstance(fact, str):
                cells = [
                    "yes" if re.search(fact, texts_of(drawn[name, tool][0])) else "**no**"
                    for tool in TOOLS
                ]
            else:
                cells = ["yes" if tool in fact else "**no**" for tool in TOOLS]
            rows.append(f"| {name} | {feature} | {' | '.join(cells)} |")
    return rows


def measured_row(name: str, drawn: dict[tuple[str, str], tuple[str, bool]]) -> str:
    found: list[Figures] = [figures_of(drawn[name, tool][0]) for tool in TOOLS]
    return f"| {name} | {' | '.join(map(str, found))} |"


def page_text(drawn: dict[tuple[str, str], tuple[str, bool]]) -> str:
    """Return the page."""
    said = tomllib.loads((HERE / "drawings.toml").read_text())
    columns = f"{' | '.join(TOOLS)} |\n|{'---|' * len(TOOLS)}"
    same = [sum(drawn[name, tool][1] for name in CLASSES) for tool in TOOLS]
    return "\n".join(
        [
            said["before"],
            f"| machine | shown | {columns}---|---|",
            *shown_rows(said, drawn),
            "",
            said["measured"],
            f"| machine | {columns}---|",
            *(measured_row(name, drawn) for name in CLASSES),
            f"| same bytes twice | {' | '.join(f'{n} of {len(CLASSES)}' for n in same)} |",
            "",
            said["best"],
            "| machine | reads best | why |",
            "|---|---|---|",
            *(f"| {name} | {f['best']} | {f['why']} |" for name, f in said["machines"].items()),
            "",
            said["after"].strip(),
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--write", action="store_true", help="write drawings.md")
    parser.add_argument("--draw", nargs=2, metavar=("MACHINE", "TOOL"), help="print one picture")
    options = parser.parse_args()
    if options.draw:
        name, tool = options.draw
        print(TOOLS[tool](name))
        return
    drawn = pictures()
    write_sheets()
    if options.write:
        (HERE / "drawings.md").write_text(page_text(drawn))
    print(f"{len(drawn)} pictures in {PICTURES}")


if __name__ == "__main__":
    main()
