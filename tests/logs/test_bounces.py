"""Bounce mails made from the forms of systems, and replies of receivers, by their labels."""

import pytest

from tests.bounces.generated import labelled_mails
from tests.bounces.readings import Reading, read_mails, read_replies

MAILS = list(labelled_mails())


@pytest.fixture(scope="module", params=[False, True], ids=["known", "held out"])
def reading(request: pytest.FixtureRequest) -> Reading:
    return read_mails(mail for mail in MAILS if mail.held_out == request.param)


def test_every_recipient_is_found_and_none_invented(reading: Reading) -> None:
    assert reading.mails > 100
    assert (reading.found, reading.invented) == (reading.mails, 0)


def test_the_message_is_known_where_its_header_came_back(reading: Reading) -> None:
    assert reading.joined > 0.8 * reading.mails


def test_reasons_are_the_labelled_ones(reading: Reading) -> None:
    assert reading.right_reasons >= reading.mails - 1, reading.reasons
    assert reading.hard_or_soft == reading.mails


def test_replies_in_public_wording() -> None:
    reasons = read_replies()
    wrong = {pair: count for pair, count in reasons.items() if pair[0] != pair[1]}
    assert sum(wrong.values()) <= 3, wrong
    assert reasons.total() > 150
