"""Diagrams in the words of a lexicon."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from fsm.catalog import load
from fsm.drawing import DOCUMENTS, TEXTS, draw
from fsm.drawing.model import Look
from fsm.drawing.pictures import picture_of
from fsm.drawing.wording import Wording, untranslated
from fsm.errors import FsmError, PageError
from fsm.machines import FEEDBACK_MODES
from fsm.tables.words.lexicon_files import languages, load_lexicon, read_lexicon
from fsm.tables.words.lexicon_names import check_names
from tests.command import Fsm
from tests.depth import cases

WORDS = {
    "fr": ("En attente", "À envoyer", "Délivrés ↑", "Le message est délivré"),
    "de": ("Ausstehend", "Zu senden", "Zugestellt ↑", "Nachricht wird zugestellt"),
    "ja": ("保留中", "送信予定", "Delivered ↑", "メッセージが配信される"),
    "en": ("Pending", "To send", "Delivered ↑", "Message is successfully relayed"),
}


def look(language: str) -> Look:
    return Look(wording=Wording(load_lexicon(language)))


@pytest.mark.parametrize("form", TEXTS)
@pytest.mark.parametrize("language", WORDS)
def test_every_diagram_has_the_words(language: str, form: str) -> None:
    text = draw(load("with-feedback"), form, look(language)).replace("\xa0", " ")
    for word in WORDS[language][:3]:
        assert word in text


@pytest.mark.parametrize("language", ["en", *cases(["fr", "de", "ja"])])
def test_an_image_says_its_language(language: str) -> None:
    root = ET.fromstring(draw(load("with-feedback"), "svg", look(language), renderer="wheel"))
    assert root.get("lang") == language
    title = load_lexicon(language).preferred["titles", "with-feedback"]
    assert root.get("aria-label") == title
    [description] = root.iterfind("{*}desc")
    assert ("Starts in" in (description.text or "")) is (language == "en")
    assert WORDS[language][3] in (description.text or "")
    assert picture_of(load("with-feedback")).language is None


@pytest.mark.parametrize("machine", FEEDBACK_MODES)
@pytest.mark.parametrize("language", [name for name in languages() if name != "en"])
def test_the_languages_that_ship_have_all_words_of_both_modes(language: str, machine: str) -> None:
    assert untranslated(load(machine), Wording(load_lexicon(language))) == ""


def test_missing_words_are_counted_and_stay_as_they_are(fsm: Fsm) -> None:
    done = fsm("draw", "quarantine", "--lang", "fr", "--format", "mermaid")
    assert done.status == 0
    assert done.err == (
        "fsm: the lexicon 'fr' lacks 19 words of quarantine, written as declared: "
        "'Quarantine of an address', 'Valid', 'Erroneous', 'Quarantine' and 15 more\n"
    )
    assert 'state "Erroneous" as status_Erroneous' in done.out


def test_a_step_of_the_same_state_is_its_label_and_a_short_word_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "words.toml"
    step = '[[steps]]\nmachines = ["engagement"]\nevent = "clicked"\nfrom = "{}"\nlabels = ["{}"]\n'
    path.write_text(
        'language = "nl"\n[events]\nopened = ["gelezen", "open"]\n'
        + step.format("unopened", "eerste klik")
        + step.format("was_clicked", "nog een klik")
    )
    picture = picture_of(load("engagement"), Look(wording=Wording(read_lexicon(path))))
    labels = {(a.source, a.target): a.labels for a in picture.arrows}
    assert labels["unopened", "was_opened"] == ("gelezen",)
    assert labels["unopened", "was_clicked"] == ("eerste klik",)
    assert labels["was_opened", "was_clicked"] == ("eerste klik",)  # the first step of the event
    assert "nog een klik" in labels["was_clicked", "was_clicked"][1]


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ('[states]\ngone = ["weg"]', "no state 'gone'"),
        ('[events]\nboom = ["bom"]', "no event 'boom'"),
    ],
)
def test_a_name_that_no_machine_has_is_refused(section: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "words.toml"
    path.write_text(f'language = "nl"\n{section}\n')
    with pytest.raises(PageError, match=rf"words\.toml:3: {message}"):
        check_names([path], load, ["engagement"])


@pytest.mark.parametrize("form", DOCUMENTS)
def test_a_document_has_no_language(form: str) -> None:
    with pytest.raises(FsmError, match="holds the whole machine"):
        draw(load("engagement"), form, look("fr"))


def test_hostile_words_stay_words(tmp_path: Path) -> None:
    path = tmp_path / "words.toml"
    path.write_text('language = "nl"\n[events]\nopened = ["x <script> \\"a\\" & \\\\N"]\n')
    picture = Look(wording=Wording(read_lexicon(path)))
    svg = draw(load("engagement"), "svg", picture, renderer="wheel")
    assert "<script" not in svg
    assert 'x <script> "a" & \\N' in "".join(ET.fromstring(svg).itertext()).replace("\xa0", "")
