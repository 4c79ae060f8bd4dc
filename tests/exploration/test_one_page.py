"""The explorer as a file: the same bytes, everything inside, and one line for wrong use."""

import sys
from pathlib import Path

import pytest

from fsm.catalog import load
from fsm.cli import main
from fsm.errors import FsmError
from fsm.exploration import explore
from fsm.formats.json_document import to_json
from fsm.machines import NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_same_machine_gives_the_same_page(name: str) -> None:
    page = explore([load(name)])
    assert page == explore([load(name)])
    assert len(page) < 300_000


@pytest.mark.parametrize("count", [0, 3])
def test_one_machine_or_two(count: int) -> None:
    with pytest.raises(FsmError, match=f"^{count} machines to explore; name one, or two"):
        explore([load("engagement")] * count)


@pytest.mark.parametrize(
    ("names", "title"),
    [
        ([], "with-feedback | without-feedback"),
        (["engagement"], "Recipient engagement"),
        (["delivery", "quarantine"], "delivery | quarantine"),
    ],
)
def test_the_command_writes_the_page(
    names: list[str], title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "page.html"
    monkeypatch.setattr(sys, "argv", ["fsm", "explore", *names, "-o", str(place)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    page = place.read_text()
    assert f"<h1>{title}</h1>" in page
    assert f"<code>{' '.join(['fsm explore', *names])}</code>" in page


def test_the_command_of_a_file_can_be_given_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a & b.json").write_text(to_json(load("engagement")))
    monkeypatch.setattr(sys, "argv", ["fsm", "explore", "a & b.json", "-o", "page.html"])
    with pytest.raises(SystemExit):
        main()
    assert "<code>fsm explore &#x27;a &amp; b.json&#x27;</code>" in Path("page.html").read_text()


def test_three_machines_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["fsm", "explore", "a", "b", "c"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("fsm: name one machine, or two")
