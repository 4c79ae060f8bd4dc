"""A page is one file: nothing is fetched, nothing given to it is markup, nothing else runs."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from html import unescape

import pytest
from hostile import HOSTILE
from hypothesis import given
from hypothesis import strategies as st

from fsm.page import assemble_page
from fsm.page.assembly import as_json_block
from fsm.text import HIDDEN

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_data_comes_back_and_ends_nothing(value: object) -> None:
    block = as_json_block("facts", value)
    text = re.fullmatch(r"<script [^>]*>([^<>&\u2028\u2029]*)</script>", block)
    assert text
    assert json.loads(text[1]) == value


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_names_are_text(name: str) -> None:
    page = assemble_page(name, "", subtitle=f"{name}!", data={"facts": name})
    other = assemble_page("x", "", subtitle="x", data={"facts": "x"})
    tags = re.compile(rb"<[^>]*>")
    assert tags.findall(page.encode()) == tags.findall(other.encode())
    assert not HIDDEN.search(page.replace("\n", ""))


def test_exactly_its_own_scripts_may_run() -> None:
    page = assemble_page("x", "", scripts=["let a = '</script><!--';", "let b;"])
    ran = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    hashes = [f"'sha256-{b64encode(sha256(s.encode()).digest()).decode()}'" for s in ran]
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    assert len(ran) == 3
    assert f"script-src {' '.join(hashes)};" in unescape(policy)


def test_nothing_is_fetched() -> None:
    assert not re.search(r"https?:|src=|@import|url\(", assemble_page("x", ""))
