"""The wordings of the published pages, old and new, in the languages that ship."""

import tomllib
from collections.abc import Iterator, Sequence
from itertools import islice

import pytest

from fsm.catalog import load
from fsm.tables.checks.finding import CheckReport
from fsm.tables.checks.pages import check_tables
from fsm.tables.read.page import parse_page
from fsm.tables.words.chinese import chinese_script_of
from fsm.tables.words.lexicon_files import languages, lexicon_text, load_lexicon
from fsm.tables.write import markdown, steps_grid
from tests.depth import DEEP

LEXICONS = [load_lexicon(name) for name in languages()]
MODES = ("with-feedback", "without-feedback")
MOST = max(
    len(labels)
    for language in languages()
    for section in ("titles", "columns", "effects")
    for labels in tomllib.loads(lexicon_text(language))[section].values()
)
EFS = {
    "en": ("with EFS", "without EFS"),
    "de": ("MIT EFS", "OHNE EFS"),
    "fr": ("AVEC EFS", "SANS EFS"),
    "es": ("CON EFS", "SIN EFS"),
    "it": ("CON EFS", "SENZA EFS"),
    "pt-br": ("WITH EFS", "SEM EFS"),
    "nl": ("MET EFS", "ZONDER EFS"),
    "sv": ("MED EFS", "UTAN EFS"),
    "ja": ("EFSあり", "EFSなし"),
    "ko": ("EFS 포함", "EFS 없음"),
    "zh-hans": ("带有EFS", "无EFS"),
    "zh-hant": ("具有EFS", "沒有EFS"),
}
"""What the headers of five columns call the two modes."""


def checked(text: str) -> CheckReport:
    return check_tables([parse_page(text, "page.md")], LEXICONS, load)


class Words:
    """The words of one language: of each name the label of that number, or else the last one."""

    def __init__(self, language: str, number: int) -> None:
        self.data = tomllib.loads(lexicon_text(language))
        self.number = number

    def label(self, labels: Sequence[str]) -> str:
        return labels[min(self.number, len(labels) - 1)]

    def __call__(self, section: str, name: str) -> str:
        return self.label(self.data[section][name])

    def rows(self, mode: str) -> Iterator[tuple[str, str, str]]:
        """Yield step, effects and status of each row."""
        machine = load(mode)
        for step, _ in load_lexicon("en").documented[mode]:
            transition = step.transition(machine)
            assert transition
            labels = next(
                entry["labels"] for entry in self.data["steps"] if entry["event"] == step.event
            )
            effects = "".join(
                f"<li>{self('effects', effect.value).replace('{indicator}', f'**{word}**')}</li>"
                for name, effect in machine.effects(transition).items()
                for word in [self("indicators", name)]
            )
            status = self("statuses", machine.status(transition.target) or "")
            yield self.label(labels), f"<ul>{effects}</ul>", status


def three_columns(words: Words) -> str:
    roles = ("step", "indicators", "status")
    header = f"| {' | '.join(words('columns', role) for role in roles)} |\n|---|---|---|\n"
    tables = (
        f"**{words('titles', mode)}**\n\n{header}"
        + "".join(f"| {' | '.join(row)} |\n" for row in words.rows(mode))
        for mode in MODES
    )
    return "\n".join(tables)


def five_columns(words: Words, modes: tuple[str, str]) -> str:
    step, summary, status = (words("columns", role) for role in ("step", "indicators", "status"))
    with_, without = modes
    header = [f"{step}<br>"]
    header += [f"{text}<br>{mode}" for mode in (without, with_) for text in (summary, status)]
    pairs = zip(words.rows("without-feedback"), words.rows("with-feedback"), strict=True)
    rows = [[*first, *second[1:]] for first, second in pairs]
    return "".join(f"| {' | '.join(row)} |\n" for row in (header, ["---"] * 5, *rows))


def numbers() -> Iterator[int]:
    return islice(range(MOST), 0, None, 1 if DEEP else 2)


@pytest.mark.parametrize("language", languages())
def test_every_wording_of_a_language_is_read(language: str) -> None:
    for number in numbers():
        report = checked(three_columns(Words(language, number)))
        errors = [str(finding) for finding in report.findings if finding.severity == "error"]
        assert (number, errors) == (number, [])
        assert report.confirmed == dict.fromkeys(MODES, 5)


@pytest.mark.parametrize("language", languages())
def test_one_table_for_both_modes_is_read(language: str) -> None:
    for number in numbers():
        report = checked(five_columns(Words(language, number), EFS[language]))
        errors = [str(finding) for finding in report.findings if finding.severity == "error"]
        assert (number, errors) == (number, [])
        assert report.confirmed == dict.fromkeys(MODES, 5)


DEFECTS = {
    "a title that lost its with": (
        "zh-hans", ("使用电子邮件反馈服务", "电子邮件反馈服务"), [("lost-mode", 1)],
    ),
    "a title that lost its with, Traditional": (
        "zh-hant", ("使用電子郵件回饋服務", "電子郵件回饋服務"), [("lost-mode", 1)],
    ),
    "a Simplified status on a Traditional page": (
        "zh-hant", ("| 已傳送 |", "| 已发送 |"), [("wrong-language", 8)],
    ),
    "an unknown Simplified status on a Traditional page": (
        "zh-hant", ("| 已傳送 |", "| 已发出 |"), [("wrong-script", 8)],
    ),
    "an unknown Traditional step on a Simplified page": (
        "zh-hans", ("软退回消息重试失败", "軟退回消息重試失敗了"), [("wrong-script", 9)],
    ),
    "an untranslated status": (
        "pt-br", ("| Pendente |", "| Pending |"), [("wrong-language", 5)],
    ),
    "a step that contradicts its row": (
        "it",
        (
            "Nuovi tentativi di messaggi con mancati recapiti non permanenti riusciti",
            "I nuovi tentativi dei messaggi di rimbalzo non sono riusciti",
        ),
        [("wrong-step", 8)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("language", "change", "expected"), DEFECTS.values(), ids=DEFECTS)
def test_known_defects_are_errors(
    language: str, change: tuple[str, str], expected: list[tuple[str, int]]
) -> None:
    text = three_columns(Words(language, 0))
    assert change[0] in text
    found = checked(text.replace(*change, 1)).findings
    assert [(f.code, f.line) for f in found if f.severity == "error"] == expected


def test_two_names_of_one_server_are_a_warning() -> None:
    words = load_lexicon("de")
    text = "\n\n".join(
        f"**{words.preferred['titles', mode]}**\n\n{markdown(steps_grid(load(mode), words))}"
        for mode in MODES
    )
    assert checked(text).findings == ()
    mixed = text.replace("Hardbounces werden vom Enhanced", "Hardbounces werden vom erweiterten", 1)
    [finding] = checked(mixed).findings
    assert (finding.code, finding.severity, finding.line) == ("inconsistent-label", "warning", 17)


@pytest.mark.parametrize(
    ("letter", "script"),
    [("发", "simplified"), ("發", "traditional"), ("文", ""), ("a", ""), ("é", ""), ("送", "")],
)
def test_the_scripts_of_chinese(letter: str, script: str) -> None:
    assert chinese_script_of(letter) == script
