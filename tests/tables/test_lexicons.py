"""Lexicons: a word has one meaning; files are merged with the languages that ship."""

from pathlib import Path

import pytest

from fsm.catalog import load
from fsm.errors import PageError
from fsm.machine import Effect
from fsm.machines import NAMES
from fsm.tables.checks.pages import check_tables
from fsm.tables.read.cell_text import normalise
from fsm.tables.read.page import parse_page
from fsm.tables.words.lexicon import is_distinctive
from fsm.tables.words.lexicon_files import combined_lexicons, languages, load_lexicon, read_lexicon
from fsm.tables.words.lexicon_names import check_names

DUTCH = """language = "nl"
[titles]
engagement = ["Wat de ontvanger doet"]
[columns]
step = ["Stap"]
indicators = ["Kengetallen"]
status = ["Stand"]
[statuses]
Opened = ["Geopend"]
Clicked = ["Geklikt"]
[indicators]
Opens = ["Openingen"]
Clicks = ["Klikken"]
[effects]
"increases" = ["{indicator} nemen toe"]
"no change" = ["{indicator} blijven gelijk"]
[[steps]]
machines = ["engagement"]
event = "opened"
labels = ["Het bericht wordt geopend"]
[[steps]]
machines = ["engagement"]
event = "clicked"
from = "was_opened"
labels = ["Er wordt geklikt na het openen"]
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('Clicked = ["Geklikt"]', 'Clicked = ["Geklikt", "geopend."]', r"nl\.toml:10: 'geopend\.'"),
        ('"Klikken"]', '"Openingen"]', r"nl\.toml:13: 'Openingen' has two meanings"),
        ('status = ["Stand"]', 'status = ["**STAP**"]', r"nl\.toml:7: '\*\*STAP\*\*' has two"),
        ("blijven gelijk", "nemen toe", r"nl\.toml:16: .* 'increases' and 'no change'"),
        ("Er wordt geklikt na het openen", "Het bericht wordt geopend", r"nl\.toml:25: .*'opened'"),
        (
            '[columns]', 'delivery = ["Wat de ontvanger doet"]\n[columns]',
            r"nl\.toml:4: .* two meanings, 'engagement' and 'delivery'",
        ),
        ("[statuses]", "[statusses]", r"nl\.toml:8: not a lexicon: no entry 'statusses'"),
        ('step = ["Stap"]', 'stap = ["Stap"]', r"nl\.toml:5: no column 'stap'; did you mean"),
        ('["Stap"]', '"Stap"', r"nl\.toml:5: not a lexicon: write step = \[\"a word\""),
        ('language = "nl"', "", r"nl\.toml: not a lexicon: it needs a line"),
        ('"increases" = ', '"rises" = ', r"nl\.toml:15: no effect 'rises'; there are: starts at"),
        ('language = "nl"', 'language = ""', r"nl\.toml: not a lexicon: it needs a line"),
        ('Clicked = ["Geklikt"]', 'Clicked = [""]', r"nl\.toml:10: not a lexicon: write Clicked ="),
        ('Clicked = ["Geklikt"]', "Clicked = [3]", r"nl\.toml:10: not a lexicon: write Clicked ="),
        ('"{indicator} nemen toe"', '"nemen toe"', r"nl\.toml:15: .* needs one \{indicator\}"),
        ('["engagement"]', '"engagement"', r"nl\.toml:20: not a lexicon: write \[\[steps\]\]"),
        ('event = "opened"', "", r"nl\.toml:20: not a lexicon: write \[\[steps\]\]"),
        ('"nl"', '"nl"\ntolerated = "x"', r"nl\.toml:2: not a lexicon: write tolerated = \["),
        ("[titles]", "[titles", r"nl\.toml: not readable as TOML"),
    ],
    ids=[
        "status", "indicator", "column", "effect", "step", "title", "section", "role", "no list",
        "no language", "effect's name", "empty language", "empty word", "a number for a word",
        "no slot", "a text for machines", "no event", "a text for words", "no TOML",
    ],
)  # fmt: skip
def test_a_faulty_lexicon_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = tmp_path / "nl.toml"
    assert old in DUTCH
    path.write_text(DUTCH.replace(old, new))
    with pytest.raises(PageError, match=message):
        read_lexicon(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "Clicked =",
            "Cliked =",
            r"nl\.toml:10: no status 'Cliked'; did you mean 'Clicked'\? There are: Clicked,",
        ),
        ("Clicks =", "Klicks =", r"nl\.toml:13: no indicator 'Klicks'; did you mean 'Clicks'"),
        ('"opened"', '"opend"', r"nl\.toml:19: no event of engagement 'opend'"),
        ('"was_opened"', '"wasopened"', r"nl\.toml:24: no state of engagement 'was"),
        ("engagement =", "engagment =", r"nl\.toml:3: engagment: no such machine; did you mean"),
        ('["engagement"]', '["engagement", "x"]', r"nl\.toml:22: x: no such machine"),
    ],
    ids=["status", "indicator", "event", "state", "title's machine", "step's machine"],
)
def test_names_that_no_machine_has_are_refused_with_their_line(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = tmp_path / "nl.toml"
    path.write_text(DUTCH)
    check_names([path], load, NAMES)
    assert old in DUTCH
    path.write_text(DUTCH.replace(old, new))
    with pytest.raises(PageError, match=message):
        check_names([path], load, NAMES)


PAGE = """**Wat de ontvanger doet**

| Stap | Kengetallen | Stand |
|---|---|---|
| Het bericht wordt geopend | Openingen nemen toe<br>Klikken blijven gelijk | Geopend |
| Er wordt geklikt na het openen | Openingen blijven gelijk<br>Klikken nemen toe | Geklikt |

**Engagement**

| Step | Indicators | Status |
|---|---|---|
| The recipient opens the message | Opens increases<br>Clicks: no change | Opened |
"""


def test_files_are_merged_with_the_languages_that_ship(tmp_path: Path) -> None:
    first, second = tmp_path / "nl.toml", tmp_path / "more.toml"
    first.write_text(DUTCH.replace('status = ["Stand"]', "").replace('"Geklikt"', '"Geklikt!"'))
    second.write_text(
        'language = "nl"\n[columns]\nstatus = ["Stand"]\n[statuses]\nClicked = ["Geklikt"]\n'
    )
    found = combined_lexicons([first, second])
    others = [name for name in languages() if name != "nl"]
    assert [lexicon.language for lexicon in found] == ["nl", *others]
    report = check_tables([parse_page(PAGE, "p.md")], found, load)
    assert report.tables == 2
    assert {f.code for f in report.findings} == {
        "duplicate-table",
        "missing-row",  # of the English table
        "wrong-language",
    }
    assert report.confirmed == {"engagement": 3}


def test_a_file_adds_words_to_a_language_that_ships(tmp_path: Path) -> None:
    path = tmp_path / "en.toml"
    path.write_text('language = "en"\n[columns]\nnote = ["Owner"]\n[statuses]\nOpened = ["Seen"]\n')
    english = next(x for x in combined_lexicons([path]) if x.language == "en")
    assert (english.status("Seen"), english.status("Opened")) == ("Opened", "Opened")
    assert (english.column("Owner"), english.column("Step")) == ("note", "step")
    assert english.preferred["statuses", "Opened"] == "Seen"
    stated = english.effect("Opens increases")
    assert stated is not None
    assert stated.effect is Effect.INCREASES


def test_two_files_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    first, second = tmp_path / "nl.toml", tmp_path / "more.toml"
    first.write_text(DUTCH)
    second.write_text('language = "nl"\n\n[statuses]\nClicked = ["Geopend"]\n')
    with pytest.raises(PageError, match=r"more\.toml:4: 'geopend' stands for something else in an"):
        combined_lexicons([first, second])


STEP = '[[steps]]\nmachines = ["engagement"]\nevent = "{}"\nlabels = ["{}"]\n'


@pytest.mark.parametrize(
    ("toml", "word"),
    [
        ('[titles]\ndelivery = ["Wat de ontvanger doet"]\n', "wat de ontvanger doet"),
        ('[columns]\nstatus = ["Stap"]\n', "stap"),
        ('[statuses]\nClicked = ["Geopend"]\n', "geopend"),
        ('[indicators]\nClicks = ["Openingen"]\n', "openingen"),
        ('[effects]\n"decreases" = ["{indicator} nemen toe"]\n', "{indicator} nemen toe"),
        (STEP.format("clicked", "Het bericht wordt geopend"), "het bericht wordt geopend"),
    ],
    ids=["title", "column", "status", "indicator", "effect", "step"],
)
def test_a_contradiction_of_two_files_is_refused_in_every_section(
    tmp_path: Path, toml: str, word: str
) -> None:
    first, second = tmp_path / "nl.toml", tmp_path / "more.toml"
    first.write_text(DUTCH)
    second.write_text(f'language = "nl"\n{toml}')
    with pytest.raises(PageError) as caught:
        combined_lexicons([first, second])
    line = 5 if "steps" in toml else 3
    other = "stands for something else in another lexicon of 'nl'"
    assert str(caught.value) == f"{second}:{line}: {word!r} {other}"
    second.write_text(DUTCH)  # twice the same is no contradiction
    assert combined_lexicons([first, second])[0] == combined_lexicons([first])[0]


def test_the_words_of_a_file_override_those_that_ship(tmp_path: Path) -> None:
    label = "The recipient opens the message"
    path = tmp_path / "en.toml"
    path.write_text(
        'language = "en"\n[titles]\ndelivery = ["Engagement"]\n[columns]\nstatus = ["Step"]\n'
        '[statuses]\nClicked = ["Opened"]\n[indicators]\nClicks = ["Opens"]\n'
        f'[effects]\n"decreases" = ["{{indicator}} increases"]\n{STEP.format("clicked", label)}'
    )
    merged = next(x for x in combined_lexicons([path]) if x.language == "en")
    ships = load_lexicon("en")
    for lexicon, event, effect, meanings in (
        (ships, "opened", Effect.INCREASES, ("engagement", "step", "Opened", "Opens")),
        (merged, "clicked", Effect.DECREASES, ("delivery", "status", "Clicked", "Clicks")),
    ):
        step, stated = lexicon.step("engagement", label), lexicon.effect("Opens increases")
        assert step is not None
        assert stated is not None
        assert (step.event, stated.effect) == (event, effect)
        title, column = lexicon.machine("Engagement"), lexicon.column("Step")
        assert (title, column, lexicon.status("Opened"), stated.indicator) == meanings
        assert lexicon.status("Failed") == "Failed"


@pytest.mark.parametrize(
    ("title", "tells"),
    [
        ("Delivery", False),
        ("Quarantine", False),
        ("配信", False),
        ("メールフィードバックサービスを使用する", True),
        ("Mit E-Mail-Feedback-Service", True),
        ("With feedback service", True),
    ],
)
def test_one_common_word_is_not_distinctive(title: str, tells: bool) -> None:
    assert is_distinctive(normalise(title)) is tells
