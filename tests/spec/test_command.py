"""``fsm check`` on the command line: what is shown, in which form, with which exit status."""

import json
import re
import textwrap
from pathlib import Path

import pytest

import fsm.spec
from fsm.catalog import document
from fsm.cli import main
from fsm.cli.findings import known_codes

PAGE = document("with-feedback").read_text()
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
    assert list(report) == ["pages", "tables", "rows", "findings"]
    (finding,) = report["findings"]
    keys = ["file", "line", "column", "code", "severity", "message", "machine", "row"]
    assert list(finding) == keys


def test_sarif_names_rule_and_place(checked, wrong: Path) -> None:
    status, out, _ = checked(wrong, "--format", "sarif")
    (run,) = json.loads(out)["runs"]
    (result,) = run["results"]
    assert status == 1
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == str(wrong)
    assert place["region"]["startLine"] > 1


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


def test_a_directory_is_walked(checked, tmp_path: Path) -> None:
    (tmp_path / "docs" / ".hidden").mkdir(parents=True)
    (tmp_path / "docs" / "a.md").write_text(PAGE)
    (tmp_path / "docs" / "b.markdown").write_text("# No table\n")
    (tmp_path / "docs" / "c.txt").write_text(WRONG)
    (tmp_path / "docs" / ".hidden" / "d.md").write_text(WRONG)
    (tmp_path / "docs" / "again").symlink_to(tmp_path / "docs")
    status, out, _ = checked(tmp_path)
    assert status == 0
    assert out.splitlines()[-1].startswith("2 pages, 2 documented tables")


def test_warnings_fail_under_strict(checked, tmp_path: Path) -> None:
    lines = PAGE.split("\n")
    at = next(i for i, line in enumerate(lines) if "A hard bounce is reported" in line)
    lines[at : at + 2] = lines[at + 1], lines[at]
    page = tmp_path / "page.md"
    page.write_text("\n".join(lines))
    status, out, _ = checked(page)
    assert (status, out.count("warning[row-order]")) == (0, 1)
    assert checked(page, "--strict")[0] == 1


def test_every_code_is_explained(checked) -> None:
    words = r'"((?:broken|duplicate|missing|row|swapped|tolerated|unknown|wrong|lost)-[a-z]+)"'
    text = "".join(path.read_text() for path in Path(fsm.spec.__file__).parent.glob("*.py"))
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
def test_what_is_no_page_is_refused(checked, tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "page.md").write_bytes(data)
    status, _, err = checked(tmp_path / "page.md")
    assert status == 2
    assert message in err
