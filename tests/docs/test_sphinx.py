"""The Sphinx extension: directives in reStructuredText and MyST, in real builds."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from fsm.catalog import load
from fsm.drawing import draw
from fsm.drawing.paints import dark_paint_of, paint_of
from fsm.errors import MissingToolError
from fsm.formats.json_document import to_json
from tests.depth import at_full_depth
from tests.docs.sphinx_project import build, project

HOSTILE = 'a "quoted" <b>name</b> & more'
RST = f"""
Sample
======

.. toctree::

   page

.. fsm:diagram:: with-feedback
   :lang: fr
   :caption: The *life* of a message
   :name: life

.. fsm:diagram:: engagement
   :alt: {HOSTILE}
   :width: 50%
   :align: center

.. fsm:matrix:: with-feedback

.. fsm:transitions:: engagement
   :caption: {HOSTILE}

.. fsm:decisions:: with-feedback

.. fsm:changes:: without-feedback with-feedback
"""
MYST = """
# Page

```{fsm:diagram} with-feedback
:path: relayed, soft_bounce
```

```{fsm:table} with-feedback
:lang: de
```
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project(tmp_path_factory.mktemp("sphinx"), index_rst=RST, page_md=MYST)


def test_a_page_has_pictures_and_tables(source: Path) -> None:
    built = build(source, "html")
    assert built.warnings == []
    page = built.text("index.html")
    french, plain = re.findall("<svg.*?</svg>", page, re.DOTALL)
    assert 'lang="fr"' in french
    assert "En attente" in french
    assert 'lang="' not in plain
    assert "<figcaption>" in page
    assert "<em>life</em>" in page
    assert "<b>name" not in page
    assert page.count("a &quot;quoted&quot; &lt;b&gt;name&lt;/b&gt; &amp; more") >= 1
    assert 'style="width:50%"' in plain
    assert '<th class="head"><p>relayed</p></th>' in page
    assert '<th class="stub"><p>awaiting</p></th>' in page
    assert "status of awaiting: Sent | Pending" in page
    myst = built.text("page.html")
    assert "ends here" in myst
    assert "Zugestellt-Prozentsatz beginnt bei 0 %" in myst
    assert '[data-theme="dark"] svg.fsm [fill="white"]' in built.text("_static/fsm.css")
    assert "retri" in built.text("searchindex.js")  # the stem of an event in the diagram


def test_colours_of_a_machine_have_dark_ones(tmp_path: Path) -> None:
    machine = replace(load("engagement"), colours={"Opened": "#B00020"})
    page = "Colours\n=======\n\n.. fsm:diagram:: m.json\n   :legend: no\n"
    source = project(tmp_path, index_rst=page)
    (source / "m.json").write_text(to_json(machine))
    built = build(source, "html")
    assert built.warnings == []
    light, dark = paint_of("#b00020"), dark_paint_of("#b00020")
    page = built.text("index.html")
    assert f'stroke="{light.border}"' in page
    assert f'[stroke="{light.border}"]{{stroke:{dark.border}}}' in page
    assert "□" not in page


def test_a_page_without_pictures_has_tables(source: Path) -> None:
    built = build(source, "text")
    assert built.warnings == []
    page = built.text("index.txt")
    assert "| awaiting  | soft_bounce     | retrying" in page
    assert "<svg" not in page
    assert "<b>name</b> & more" in page


@at_full_depth
@pytest.mark.parametrize("builder", ["epub", "latex", "man", "texinfo", "dirhtml", "gettext"])
def test_other_builders(source: Path, builder: str) -> None:
    if builder == "latex" and shutil.which("dot") is None:
        pytest.skip("no dot here (apt install graphviz)")
    settings = {"version": "1", "copyright": "none"} if builder == "epub" else {}
    built = build(source, builder, **settings)
    assert [w for w in built.warnings if "unknown mimetype" not in w] == []
    pictures = {"epub": ("_images/fsm-*.svg", 3), "latex": ("fsm-*.pdf", 3)}
    if builder in pictures:
        pattern, count = pictures[builder]
        assert len(list(built.directory.glob(pattern))) == count


@at_full_depth
def test_pages_are_read_in_parallel(tmp_path: Path) -> None:
    pages = {f"p{number}_md": MYST for number in range(8)}
    project(tmp_path, index_rst="T\n=\n\n.. toctree::\n   :glob:\n\n   p*\n", **pages)
    assert build(tmp_path, "html", parallel=4).warnings == []


ERRORS = {
    "unknown machine": ("fsm:diagram:: nope", "nope: no such machine"),
    "unknown state": ("fsm:diagram:: engagement\n   :focus: x", "engagement: no state 'x'"),
    "unknown language": ("fsm:table:: with-feedback\n   :lang: xx", "no language 'xx'"),
    "unknown direction": ("fsm:diagram:: engagement\n   :direction: UP", "no direction 'UP'"),
    "two overlays": (
        "fsm:diagram:: engagement\n   :path: opened\n   :diff: engagement",
        "path and diff: use one at a time",
    ),
    "no such file": ("fsm:matrix:: gone.json", "gone.json: No such file"),
    "code": ("fsm:matrix:: shop:Order", "'shop:Order' is code that this file names"),
    "one machine": ("fsm:changes:: engagement", 'Error in "fsm:changes" directive'),
}


def test_a_fault_is_a_warning_with_its_line(tmp_path: Path) -> None:
    places, page = [], "Faults\n======\n"
    for directive, _ in ERRORS.values():
        places.append(page.count("\n") + 2)
        page += f"\n.. {directive}\n"
    built = build(project(tmp_path, index_rst=page), "text")
    said = [line for line in built.warnings if line.startswith("index.rst:")]
    for line, (_, message) in zip(places, ERRORS.values(), strict=True):
        [warning] = [text for text in said if text.startswith(f"index.rst:{line}: ")]
        assert message in warning
    assert "fsm" not in built.text("index.txt")


def test_words_that_a_language_lacks_are_named(tmp_path: Path) -> None:
    page = ".. fsm:diagram:: quarantine\n   :lang: fr\n"
    built = build(project(tmp_path, index_rst=page), "text")
    [warning] = built.warnings
    assert warning.startswith("index.rst:1: WARNING: the lexicon 'fr' lacks ")
    assert warning.endswith("[fsm.words]")
    assert build(tmp_path, "text", suppress_warnings=["fsm.words"]).warnings == []


def test_a_page_is_built_again_when_its_machine_changes(tmp_path: Path) -> None:
    file = tmp_path / "machine.json"
    file.write_text(draw(load("engagement"), "json"))
    project(tmp_path, index_rst=".. fsm:matrix:: machine.json\n")
    assert "was_opened" in build(tmp_path, "text").text("index.txt")
    file.write_text(draw(load("engagement"), "json").replace("was_opened", "was_read"))
    assert "was_read" in build(tmp_path, "text").text("index.txt")


def test_a_class_is_imported_if_the_project_allows_it(tmp_path: Path) -> None:
    project(tmp_path, index_rst=".. fsm:matrix:: fsm.machines.engagement:Engagement\n")
    assert "was_opened" in build(tmp_path, "text", fsm_allow_import=True).text("index.txt")
    refused = build(tmp_path, "text", fsm_allow_import=False)
    assert "fsm_allow_import" in refused.warnings[0]
    assert "was_opened" not in refused.text("index.txt")


def test_a_lexicon_of_the_project_has_its_own_words(tmp_path: Path) -> None:
    words = '[titles]\nengagement = ["Wat de ontvanger doet"]\n[events]\nopened = ["gelezen"]\n'
    (tmp_path / "words.toml").write_text(f'language = "nl"\n{words}')
    project(tmp_path, index_rst=".. fsm:diagram:: engagement\n   :lang: nl\n")
    settings = {"fsm_lexicons": ["words.toml"], "suppress_warnings": ["fsm.words"]}
    built = build(tmp_path, "html", **settings)
    assert built.warnings == []
    assert ">gelezen<" in built.text("index.html").replace("\xa0", "")


def test_without_graphviz_a_page_has_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise MissingToolError("drawing needs Graphviz")

    monkeypatch.setattr("fsm.sphinx.diagram_nodes.draw_for_page", refuse)
    built = build(project(tmp_path, index_rst=".. fsm:diagram:: engagement\n"), "html")
    [warning] = built.warnings
    assert warning == "index.rst:1: WARNING: drawing needs Graphviz [fsm.diagram]"
    assert "<p>was_opened</p>" in built.text("index.html")
