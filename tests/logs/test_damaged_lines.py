"""Lines that were cut or marked on their way: nothing is lost without a word."""

import pytest

from fsm.logs.servers.postfix import CUT
from tests.logs.conftest import Convert

HEAD = "2026-01-05T09:00:00.000000+00:00 mx postfix/smtp[54]: B00000D: "
WHOLE = "to=<a@y.example>, relay=mx[192.0.2.1]:25, delay=1, dsn=2.0.0, status=sent (250 Ok)"
OTHER = WHOLE.replace("a@y", "b@y")
CUTS = {
    "in the address": "to=<a@y",
    "after the address": "to=<a@y.example>",
    "in the relay": "to=<a@y.example>, relay=mx[192.0",
    "before the code": "to=<a@y.example>, relay=mx[192.0.2.1]:25, delay=1, ",
    "before the status": "to=<a@y.example>, relay=mx[192.0.2.1]:25, delay=1, dsn=2.0.0, ",
    "without the relay": "to=<a@y.example>, delay=1, dsn=2.0.0, status=sent (250 Ok)",
}


@pytest.mark.parametrize("body", CUTS.values(), ids=CUTS)
def test_a_delivery_that_is_cut_is_counted(body: str, convert: Convert) -> None:
    rows, notes = convert(f"{HEAD}{OTHER}\n{HEAD}{body}\n", relayed=False)
    assert {row["recipient"] for row in rows} == {"b@y.example"}
    assert (notes.rejected.counts, notes.rejected.firsts) == ({CUT: 1}, {CUT: 2})


def test_recipients_in_lines_of_other_programs_are_no_deliveries(convert: Convert) -> None:
    other = f"{HEAD.replace('postfix/smtp', 'milter')}to=<a@y.example>, action=accept\n"
    _, notes = convert(f"{HEAD}{OTHER}\n{other}", relayed=False)
    assert (notes.rejected.total, notes.passed.total) == (0, 1)


MARKED = {
    "postfix": f"{HEAD}{WHOLE}\n",
    "exim": "2026-01-05 09:00:00 1tAbCd-000001-Aa => a@y.example R=x T=remote_smtp\n",
    "sendgrid": '{"email":"a@y.example","sg_message_id":"m","timestamp":1767603600,"event":"delivered"}\n',
}


@pytest.mark.parametrize(("form", "text"), MARKED.items(), ids=MARKED)
def test_a_byte_order_mark_hides_no_line(form: str, text: str, convert: Convert) -> None:
    other = text.replace("a@y.example", "b@y.example")
    with_mark, notes = convert("\ufeff" + text, "\ufeff" + other, form=form, relayed=False)
    without, _ = convert(text, other, form=form, relayed=False)
    assert with_mark == without
    assert [row["event"] for row in with_mark].count("delivered") == 2
    assert notes.rejected.total == 0
