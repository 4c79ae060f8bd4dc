"""Misspelt words get a hint, but never their opposite, nor the written word itself."""

import pytest

from fsm.machine import Effect
from fsm.tables.words.lexicon_files import languages, load_lexicon
from fsm.tables.words.spelling import spelling_hint

WORDS = {
    word: word
    for word in (
        "sent", "active", "opened", "unopened", "delivered", "with feedback", "without feedback",
        "locked", "host leaves", "delivered increases", "delivered decreases",
        "delivered: no change", "in_transit", "en échec",
    )
}  # fmt: skip


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("snet", "sent"),
        ("Opend", "opened"),
        ("Unopend", "unopened"),
        ("witout feedback", "without feedback"),
        ("wiht feedback", "with feedback"),
        ("host leave", "host leaves"),
        ("delivered incraeses", "delivered increases"),
        ("Delivered: no chnage", "delivered: no change"),
        ("in transt", "in_transit"),
        ("En echec", "en échec"),
    ],
)
def test_a_misspelling_gets_a_hint(written: str, meant: str) -> None:
    assert spelling_hint(written, WORDS) == f"; did you mean {meant!r}?"


@pytest.mark.parametrize(
    "written",
    [
        "unsent", "not sent", "inactive", "undelivered", "undelivred", "unlocked", "no feedback",
        "delivered does not increase", "delivered dncreases", "delivered remains unchanged",
        "sent", "SENT", "in transit", "", "-", "quite another thing",
    ],
)  # fmt: skip
def test_other_words_get_no_hint(written: str) -> None:
    assert spelling_hint(written, WORDS) == ""


@pytest.mark.parametrize("language", languages())
def test_no_effect_is_suggested_for_another_one(language: str) -> None:
    """Each sentence of one effect, when only the lexicon of the others is known."""
    words = load_lexicon(language)
    sentences = {
        pattern.replace("{indicator}", name): effect
        for pattern, effect in words.effects
        for name in words.indicators
    }
    opposites = (Effect.INCREASES, Effect.DECREASES, Effect.NO_CHANGE)
    for text, effect in sentences.items():
        others = {t: e for t, e in sentences.items() if e is not effect and e in opposites}
        assert effect not in opposites or spelling_hint(text, others) == "", text
