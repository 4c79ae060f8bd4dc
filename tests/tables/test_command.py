"""``fsm check`` on the command line: output, formats and exit status."""

import json
import os
import re
import textwrap
from pathlib import Path

import pytest

import fsm
from fsm.catalog import machine_page
from fsm.cli import main
from fsm.cli.findings import known_codes
from fsm.tables.words.lexicon_files import languages, load_lexicon
from fsm.tables.write import markdown, steps_grid

PAGE = machine_page("with-feedback").read_text()
WRONG = PAGE.replace("Bounces + errors increases | Failed", "Bounces + errors increases | Sent", 1)


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["fsm", "check", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        return (int(end.value.code or 0), *capsys.readouterr())

    return run


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    page = tmp_path / "page.md"
    page.write_text(WRONG)
    return page


def test_the_cell_is_underlined(checked, wrong: Path) -> None:
    status, out, _ = checked(wrong)
    line = (
        WRONG.split("\n").index(next(x for x in WRONG.split("\n") if "increases | Sent" in x)) + 1
    )
    head, bar, quote, mark, row = out.splitlines()[:5]
    assert status == 1
    assert head.startswith(f"{wrong}:{line}:")
    assert "error[wrong-status]" in head
    assert quote[mark.index("^") : mark.rindex("^") + 1] == "Sent"
    assert (bar.strip(), row.strip()) == ("|", "= row 2 of with-feedback")


@pytest.mark.parametrize("width", ["失敗だったかも", "e\u0301chec", "\t", "x" * 5000])
def test_wide_and_long_cells_are_underlined(checked, tmp_path: Path, width: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(WRONG.replace("increases | Sent", f"increases | {width}", 1))
    status, out, _ = checked(page)
    assert status == 1
    assert all(len(line) < 2200 for line in out.splitlines())
    assert "^" in out


def test_json_has_the_documented_shape(checked, wrong: Path) -> None:
    status, out, _ = checked(wrong, "--json")
    report = json.loads(out)
    assert status == 1
    assert list(report) == [
        "schema", "pages", "tables", "rows", "confirmed", "other_tables", "ignored_tables",
        "generated_blocks", "unread_tables", "diagrams", "other_diagrams", "unread_files",
        "failure", "settings", "findings",
    ]  # fmt: skip
    assert (report["confirmed"], report["failure"]) == ({"with-feedback": 15}, None)
    (finding,) = report["findings"]
    keys = ["file", "line", "column", "code", "severity", "message", "machine", "row"]
    keys += ["reference", "related"]
    assert list(finding) == keys


def test_sarif_names_rule_and_place(checked, wrong: Path) -> None:
    status, out, _ = checked(wrong, "--format", "sarif")
    (run,) = json.loads(out)["runs"]
    (result,) = run["results"]
    assert status == 1
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == os.path.relpath(wrong)
    assert place["region"]["startLine"] > 1


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("a b.md", "docs/a%20b.md"),
        ("50%#1?.md", "docs/50%25%231%3F.md"),
        ("größe.md", "docs/gr%C3%B6%C3%9Fe.md"),
        ("a:b\\c.md", "docs/a%3Ab%5Cc.md"),
    ],
)
@pytest.mark.parametrize("absolute", [False, True])
def test_addresses_in_sarif_are_encoded_and_relative(
    checked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, uri: str, absolute: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    page = Path("docs", name)
    page.parent.mkdir()
    page.write_text(WRONG)
    _, out, _ = checked(page.absolute() if absolute else page, "--format", "sarif")
    (result,) = json.loads(out)["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_github_commands_are_escaped(checked, tmp_path: Path) -> None:
    page = tmp_path / "a,b:c%.md"
    page.write_text(WRONG)
    status, out, _ = checked(page, "--format", "github")
    (line,) = out.splitlines()
    assert status == 1
    assert re.match(r"::error file=\S+a%2Cb%3Ac%25\.md,line=\d+,col=\d+,title=wrong-status::", line)


def test_no_findings_are_no_lines_for_github(checked, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(PAGE)
    assert checked(tmp_path, "--format", "github") == (0, "", "")


def test_directories_are_searched_recursively(checked, tmp_path: Path) -> None:
    (tmp_path / "docs" / ".hidden").mkdir(parents=True)
    (tmp_path / "docs" / "a.md").write_text(PAGE)
    (tmp_path / "docs" / "b.markdown").write_text("# No table\n")
    (tmp_path / "docs" / "c.txt").write_text(WRONG)
    (tmp_path / "docs" / ".hidden" / "d.md").write_text(WRONG)
    (tmp_path / "docs" / ".a.md").write_text(WRONG)
    (tmp_path / "docs" / ".a.rst").write_text(WRONG)
    (tmp_path / "docs" / "README").write_text(WRONG)
    (tmp_path / "docs" / "again").symlink_to(tmp_path / "docs")
    status, out, _ = checked(tmp_path)
    assert status == 0
    assert out.splitlines()[-1].startswith("2 pages, 2 documented tables")
    assert out.splitlines()[-1].endswith("0 findings, 1 file not read (.txt)")


def test_warnings_fail_under_strict(checked, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE.replace("| Step |", "| Stage |", 1))
    status, out, _ = checked(page)
    assert (status, out.count("warning[renamed-column]")) == (0, 1)
    assert checked(page, "--strict")[0] == 1


def test_every_code_is_explained(checked) -> None:
    words = (
        r'"((?:broken|duplicate|missing|open|renamed|row|swapped|tolerated|two|unknown|unread|'
        r'unused|wrong|lost|nothing-to)-[a-z]+)"'
    )
    rooms = Path(fsm.__file__).parent
    places = [
        *rooms.glob("tables/**/*.py"),
        rooms / "checking.py",
        rooms / "cli/check.py",
        rooms / "pytest_plugin/pages.py",
    ]
    text = "".join(path.read_text() for path in places)
    assert set(re.findall(words, text)) <= set(known_codes())
    assert all(f'"{code}"' in text for code in known_codes())
    for code in known_codes():
        status, out, _ = checked("--explain", code)
        assert status == 0
        assert out.startswith(f"{code}: ")
    status, _, err = checked("--explain", "no-code")
    assert status == 2
    assert "no code 'no-code'; there are: broken-row, " in err


def test_a_binding_reads_any_table(checked, tmp_path: Path) -> None:
    binding, page = tmp_path / "clicks.toml", tmp_path / "page.md"
    binding.write_text(
        textwrap.dedent(
            """
            machine = "engagement"
            [columns]
            event = "Event"
            status = "Then"
            """
        )
    )
    page.write_text("| Event | Then |\n|---|---|\n| opened | Opened |\n| clicked | Opened |\n")
    status, out, _ = checked("--binding", binding, page)
    assert status == 1
    assert "page.md:4:13: error[wrong-status] status 'Opened' for 'clicked'" in out
    assert out.splitlines()[-1] == "1 page, 1 documented table, 2 rows, 1 finding"
    assert checked("--binding", binding, "--lexicon", binding, page)[0] == 2


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04\xff\xfe", "not UTF-8 text; save the file as UTF-8"),
        (b"x" * (3 << 20), "larger than 2 MiB, not a documentation page"),
    ],
)
def test_a_file_that_is_not_a_page_is_refused(
    checked, tmp_path: Path, data: bytes, message: str
) -> None:
    (tmp_path / "page.md").write_bytes(data)
    status, _, err = checked(tmp_path / "page.md")
    assert status == 2
    assert message in err


# Nothing to check ------------------------------------------------------------------------------

OTHER = "# Prices\n\n| Plan | Price |\n|---|---|\n| Small | 3 |\n"


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    (tmp_path / "a.md").write_text("# Text\n")
    (tmp_path / "b.md").write_text(OTHER)
    return tmp_path


def test_nothing_to_check_fails_once_in_a_run(checked, pages: Path) -> None:
    status, out, err = checked(pages)
    assert status == 1
    assert out == "2 pages, 0 documented tables, 0 rows, 0 findings, 1 other table not checked\n"
    assert err == (
        "nothing to check: no documented table in 2 pages and 1 other table; "
        "--allow-none accepts that\n"
    )
    assert checked(pages, "--allow-none")[::2] == (0, "")
    (pages / "c.md").write_text(PAGE)
    assert checked(pages)[::2] == (0, "")


@pytest.mark.parametrize(
    ("expect", "status", "message"),
    [
        (2, 0, ""),
        (1, 1, "2 documented tables, but 1 expected"),
        (3, 1, "2 documented tables, but 3"),
    ],
)
def test_the_expected_number_of_tables_is_checked(
    checked, pages: Path, expect: int, status: int, message: str
) -> None:
    (pages / "c.md").write_text(PAGE)
    got, _, err = checked(pages, "--expect", expect)
    assert got == status
    assert message in err
    assert bool(err) == bool(status)


def test_no_table_can_be_expected(checked, pages: Path) -> None:
    assert checked(pages, "--expect", 0)[::2] == (0, "")
    assert checked(pages, "--expect", 2, "--allow-none")[0] == 1


def test_every_format_has_the_failure(checked, pages: Path) -> None:
    status, out, _ = checked(pages, "--json")
    assert status == 1
    report = json.loads(out)
    assert report["failure"].startswith("nothing to check")
    assert (report["other_tables"], report["findings"]) == (1, [])
    _, out, _ = checked(pages, "--format", "github")
    assert out.startswith("::error title=fsm check::nothing to check")
    _, out, _ = checked(pages, "--format", "sarif")
    (invocation,) = json.loads(out)["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    notes = [(n["level"], n["message"]["text"]) for n in invocation["toolExecutionNotifications"]]
    assert notes[0] == ("error", report["failure"])
    assert notes[1] == ("note", "1 other table not checked")


def test_a_page_that_is_named_twice_is_checked_once(checked, pages: Path) -> None:
    (pages / "c.md").write_text(PAGE)
    once = checked(pages)
    assert checked(pages, pages / "c.md", pages / "." / "c.md") == once
    assert checked(pages / "c.md", pages, "--expect", "2")[0] == 0


def test_a_named_file_that_is_not_markdown_is_a_finding(checked, pages: Path) -> None:
    rest, page = pages / "guide.org", pages / "c.md"
    rest.write_text("Guide\n=====\n")
    page.write_text(PAGE)
    status, out, _ = checked(rest, page)
    assert status == 1
    assert f"{rest}:1:1: error[unread-file] .org files are not read; pages are Markdown" in out
    assert "1 page, 2 documented tables" in out
    status, out, _ = checked(pages)
    assert (status, out.splitlines()[-1].endswith(", 1 file not read (.org)")) == (0, True)
    assert json.loads(checked(pages, "--json")[1])["unread_files"] == {".org": 1}


def test_lexicons_and_bindings_work_together(checked, tmp_path: Path) -> None:
    words, columns, page = tmp_path / "en.toml", tmp_path / "clicks.toml", tmp_path / "page.md"
    words.write_text('language = "en"\n[statuses]\nSent = ["On its way"]\n')
    columns.write_text("machine = 'engagement'\n[columns]\nevent = 'What'\nstatus = 'Shown'\n")
    table = "\n| What | Shown |\n|---|---|\n| opened | Opened |\n| clicked | Clicked |\n"
    page.write_text(PAGE.replace("| Sent |", "| On its way |") + table)
    status, out, _ = checked(page, "--lexicon", words, "--binding", columns)
    assert (status, "engagement: 2 rows confirmed" in out) == (0, True)
    assert "with-feedback: 16 rows confirmed" in out
    words.write_text(words.read_text().replace("Sent =", "Snet ="))
    status, _, err = checked(page, "--lexicon", words)
    assert (status, err.startswith(f"fsm: {words}:3: no status 'Snet'")) == (2, True)
    words.write_text(words.read_text().replace("Snet =", "Sent ="))
    missing = tmp_path / "none.toml"
    missing.write_text(columns.read_text().replace("What", "Why"))
    status, out, _ = checked(page, "--binding", missing, "--binding", columns, "--lexicon", words)
    assert status == 1
    assert f"{missing}:1:1: error[unused-binding] the binding fits no table" in out


def test_a_binding_of_an_unknown_machine_is_refused_with_its_line(checked, pages: Path) -> None:
    page, columns = pages / "page.md", pages / "columns.toml"
    page.write_text(PAGE)
    columns.write_text("machine = 'deliverey'\n[columns]\nevent = 'E'\nstatus = 'S'\n")
    status, _, err = checked(page, "--binding", columns)
    assert status == 2
    assert err.startswith(f"fsm: {columns}:1: deliverey: no such machine; did you mean 'delivery'")


# Bounds ----------------------------------------------------------------------------------------

DEEP = {
    "brackets": (
        "x " + "[" * 100_000 + "]" * 100_000,
        ":1: brackets nested deeper than 200 levels",
    ),
    "quotes": ("> " * 100_000 + "x", ":1: quotes nested deeper than 60 levels"),
    "spans": (
        f"<table>{'<tr><td rowspan=50 colspan=50>a' * 2000}</table>",
        ":1: an HTML table of more than 20,000 cells",
    ),
    "lists": ("".join(f"{'  ' * i}- x\n" for i in range(900)), ": lists or quotes nested deeper"),
    "lines": ("\n" * 60_000, ": more than 50,000 lines, not a documentation page"),
}


@pytest.mark.parametrize("name", DEEP)
def test_pages_beyond_the_limits_are_refused(checked, tmp_path: Path, name: str) -> None:
    text, message = DEEP[name]
    (tmp_path / "page.md").write_text(text)
    status, out, err = checked(tmp_path / "page.md")
    assert (status, out) == (2, "")
    assert err.startswith(f"fsm: {tmp_path / 'page.md'}{message}")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("{zero}",),
        ("{page}", "--lexicon", "{zero}"),
        ("{page}", "--binding", "{zero}"),
        ("{page}", "--lexicon", "{deep}"),
        ("{page}", "--binding", "{deep}"),
    ],
)
def test_endless_and_deeply_nested_files_are_refused(
    checked, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    page, deep = tmp_path / "page.md", tmp_path / "deep.toml"
    page.write_text(PAGE)
    deep.write_text("x = " + "[" * 100_000)
    names = {"zero": "/dev/zero", "page": page, "deep": deep}
    status, out, err = checked(*(argument.format(**names) for argument in arguments))
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert ("larger than" in err) or ("nested deeper than 32 levels" in err)


def test_links_in_a_circle_are_one_clear_line(checked, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.symlink_to(other)
    other.symlink_to(one)
    status, _, err = checked(one)
    assert status == 2
    assert err == f"fsm: {one}: its links cannot be followed: they form a circle\n"


@pytest.mark.parametrize("language", languages())
def test_a_lexicon_that_ships_is_printed_and_can_be_used(
    checked, tmp_path: Path, wrong: Path, language: str
) -> None:
    status, out, _ = checked("--show-lexicon", language)
    assert status == 0
    (tmp_path / "copy.toml").write_text(out)
    assert checked("--lexicon", tmp_path / "copy.toml", wrong)[0] == 1


def test_an_unknown_language_of_a_lexicon_is_refused(checked) -> None:
    status, _, err = checked("--show-lexicon", "xx")
    assert (status, "no language 'xx'; there are: en" in err) == (2, True)


def test_a_table_of_which_no_row_is_known_is_a_warning(checked, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"{PAGE}\n\nText\n\n| Step | Indicators | Status |\n|-|-|-|\n| a | b | c |\n")
    status, out, _ = checked(page)
    assert (status, out.count("warning[unknown-rows]")) == (0, 1)


def test_findings_quote_the_page(checked, tmp_path: Path) -> None:
    lexicon = load_lexicon("fr")
    text = markdown(steps_grid(fsm.load("with-feedback"), lexicon))
    page = tmp_path / "page.md"
    title = lexicon.preferred["titles", "with-feedback"]
    page.write_text(f"**{title}**\n\n{text.replace('En échec', 'Envoyés', 1)}")
    _, out, _ = checked(page)
    assert "status 'Envoyés' for 'hard_bounce'" in out
    assert "the machine says 'Failed' ('En échec')" in out


@pytest.mark.parametrize("format_", ["json", "sarif", "github"])
def test_each_format_has_the_row_as_it_should_be(checked, wrong: Path, format_: str) -> None:
    _, out, _ = checked(wrong, "--format", format_)
    assert "Bounces + errors increases | Failed |" in out
