"""Redirects: followed on the web, but not to where only this machine or its network reaches."""

import gzip
import socket
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from fsm.errors import LogError
from fsm.logs.storage.addresses import name_of
from fsm.logs.storage.record_length import LONGEST
from fsm.logs.storage.web import MAX_REDIRECTS, _Hops, _NotPublicError, _Reach, is_public
from tests.command import Fsm
from tests.conftest import SAMPLE
from tests.logs.store import Store, store

SECRET = "X-Amz-Signature=s3cret"
BOMB = gzip.compress(SAMPLE.encode() + b"0" * (LONGEST + 2), 1)
LOG = {"/log.csv": SAMPLE.encode(), "/half.csv": SAMPLE.encode(), "/bomb.csv.gz": BOMB}


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture(scope="module")
def named() -> Iterator[Store]:
    """The server whose address the user gives."""
    with store(LOG) as running:
        yield running


@pytest.fixture(scope="module")
def inner() -> Iterator[Store]:
    """Another one, which only this machine reaches."""
    with store(LOG) as running:
        yield running


def port_of(server: Store) -> str:
    return server.address.rpartition(":")[2]


INWARD = {
    "as a number": "http://127.0.0.1:{port}/log.csv",
    "by its name": "http://localhost:{port}/log.csv",
    "as one decimal": "http://2130706433:{port}/log.csv",
    "in hexadecimal": "http://0x7f000001:{port}/log.csv",
    "in octal": "http://0177.0.0.1:{port}/log.csv",
    "shortened": "http://127.1:{port}/log.csv",
    "another of the loopback": "http://127.0.0.2:{port}/log.csv",
    "as any address": "http://0.0.0.0:{port}/log.csv",
    "in IPv6": "http://[::1]:{port}/log.csv",
    "mapped into IPv6": "http://[::ffff:127.0.0.1]:{port}/log.csv",
    "without a scheme": "//127.0.0.1:{port}/log.csv",
    "in capitals": "HTTP://LOCALHOST:{port}/log.csv",
}


@pytest.mark.parametrize("target", INWARD.values(), ids=INWARD)
def test_no_redirect_leads_to_another_server_of_this_machine(
    named: Store, inner: Store, fsm: Fsm, target: str, request: pytest.FixtureRequest
) -> None:
    name = "log.parquet" if "hexadecimal" in request.node.name else "log.csv"
    inner.asked.clear()
    named.moved[f"/moved/{name}"] = target.format(port=port_of(inner))
    result = fsm("replay", f"{named.address}/moved/{name}?{SECRET}")
    assert (result.status, result.out, inner.asked) == (2, "", [])
    assert result.err.startswith(f"fsm: {named.address}/moved/{name}: redirected to ")
    assert "which is not a public address; if that is where the log is" in result.err
    assert result.err.count("\n") == 1
    assert "s3cret" not in result.err


ONWARD = {
    "another path": "/log.csv",
    "the whole address": "http://127.0.0.1:{port}/log.csv",
    "another name of it": "http://localhost:{port}/log.csv",
    "twice": "/again",
    "a path to be quoted": "/log.csv?a b\u00e9",
}


@pytest.mark.parametrize("target", ONWARD.values(), ids=ONWARD)
def test_a_redirect_within_the_named_server_is_followed(
    named: Store, fsm: Fsm, target: str
) -> None:
    named.moved |= {"/moved.csv": target.format(port=port_of(named)), "/again": "/log.csv"}
    named.asked.clear()
    named.headers.clear()
    result = fsm("explain", f"{named.address}/moved.csv?{SECRET}", "--message", "m3")
    assert result.status == 0, result.err
    assert f"proof: {named.address}/moved.csv:8: " in result.out
    assert [SECRET in asked for asked in named.asked] == [True] + [False] * (len(named.asked) - 1)
    header_names = {name.lower() for headers in named.headers for name in headers}
    assert not header_names & {"authorization", "cookie", "referer", "proxy-authorization"}


FAULTS = {
    "in circles": ("/loop.csv", f"more than {MAX_REDIRECTS} redirects"),
    "nowhere": ("", "redirected to nowhere"),
    "to a file": ("file:///etc/passwd", "redirected to file://, which is not read"),
    "to another protocol": ("ftp://a.example/log.csv", "redirected to ftp://, which is not read"),
    "with a password": ("http://me:s3cret@a.example/", "redirected to http://a.example/ with a"),
    "to no address": ("http://[::1/log.csv", "no address of the web"),
    "to no port": ("http://a.example:99999/", "no address of the web"),
}


@pytest.mark.parametrize(("target", "message"), FAULTS.values(), ids=FAULTS)
def test_redirects_that_lead_nowhere(named: Store, fsm: Fsm, target: str, message: str) -> None:
    named.moved["/loop.csv"] = target
    result = fsm("replay", f"{named.address}/loop.csv")
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith(f"fsm: {named.address}/loop.csv: {message}")
    assert result.err.count("\n") == 1
    assert "s3cret" not in result.err


def test_a_redirect_stays_https() -> None:
    way = _Hops("log", name_of)
    with pytest.raises(
        LogError, match=r"log: redirected to http://b\.example/x, which is not https"
    ):
        way._next("https://a.example/x", "http://b.example/x?key=s3cret")
    assert way._next("https://a.example/x", "/y") == "https://a.example/y"
    assert way._next("http://a.example/x", "https://a.example/x") == "https://a.example/x"


class ConnectedError(Exception):
    """A test got so far as to connect, and to where."""


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """The name service of a test, which changes its answers as it is asked; nobody is reached."""
    answers: dict[str, list[str]] = {}

    def look_up(host: str, port: int, *_: object, **__: object) -> list[tuple[Any, ...]]:
        known = answers[host]
        address = known.pop(0) if len(known) > 1 else known[0]
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

    class Socket:
        def __init__(self, *_: object) -> None: ...
        def settimeout(self, _: float) -> None: ...
        def close(self) -> None: ...
        def connect(self, address: tuple[str, int]) -> None:
            raise ConnectedError(*address)

    monkeypatch.setattr("fsm.logs.storage.web.socket.getaddrinfo", look_up)
    monkeypatch.setattr("fsm.logs.storage.web.socket.socket", Socket)
    return answers


@pytest.mark.parametrize(
    ("first", "then", "may"),
    [
        *[(80, 80, True), (8080, 8080, True), (80, 443, True), (443, 443, True)],
        *[(80, 22, False), (80, 8443, False), (8080, 443, False), (8080, 80, False)],
        (443, 80, False),
    ],
)
@pytest.mark.parametrize("is_proxied", [False, True], ids=["straight", "by a proxy"])
def test_a_redirect_within_a_private_server_keeps_its_port(
    names: dict[str, list[str]],
    monkeypatch: pytest.MonkeyPatch,
    first: int,
    then: int,
    may: bool,
    is_proxied: bool,
) -> None:
    names["inside.example"] = ["10.9.9.9"]
    monkeypatch.setattr("fsm.logs.storage.web.socket.socket.connect", lambda *_: None)
    reach = _Reach()

    def go(port: int) -> None:
        if is_proxied:
            reach.check("inside.example", port)
        else:
            reach.connect(("inside.example", port))

    go(first)
    reach.is_redirected = True
    if may:
        go(then)
    else:
        with pytest.raises(_NotPublicError):
            go(then)


@pytest.mark.parametrize("count", [0, 1, MAX_REDIRECTS, MAX_REDIRECTS + 1])
def test_so_many_redirects_are_followed(named: Store, fsm: Fsm, count: int) -> None:
    hops = ["/log.csv", *(f"/hop{i}.csv" for i in range(count))]
    named.moved |= {later: target for target, later in pairwise(hops)}
    named.asked.clear()
    result = fsm("replay", f"{named.address}{hops[-1]}")
    assert result.status == (0 if count <= MAX_REDIRECTS else 2), result.err
    assert len(named.asked) == min(count, MAX_REDIRECTS) + 1


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.0.9", "::1", "fd00:ec2::254", "fe80::2"],
)
def test_a_name_of_a_private_address_is_one(names: dict[str, list[str]], address: str) -> None:
    names["inside.example"] = [address]
    way = _Hops("log", name_of)
    with pytest.raises(ConnectedError):
        way._answer("http://inside.example/log.csv")  # as the user's own address
    target = way._next("http://a.example/", "http://inside.example/log.csv")
    with pytest.raises(LogError, match=r"to http://inside\.example/log\.csv, which is not a"):
        way._answer(target)


def test_a_second_answer_of_the_name_service_does_not_help(names: dict[str, list[str]]) -> None:
    names["turning.example"] = ["93.184.215.14", "127.0.0.1"]
    way = _Hops("log", name_of)
    with pytest.raises(ConnectedError):
        way._answer("http://turning.example/")
    with pytest.raises(LogError, match="not a public address"):
        way._answer(way._next("http://turning.example/", "http://turning.example/again"))


def test_a_public_address_is_connected_to_as_it_was_checked(names: dict[str, list[str]]) -> None:
    names["b.example"] = ["93.184.215.14", "127.0.0.1"]
    way = _Hops("log", name_of)
    with pytest.raises(ConnectedError) as reached:
        way._answer(way._next("http://a.example/", "https://b.example/log.csv"))
    assert reached.value.args == ("93.184.215.14", 443)


def test_behind_a_proxy_names_are_checked_too(
    names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("no_proxy")
    monkeypatch.setenv("http_proxy", "http://10.0.0.1:3128")
    names |= {"10.0.0.1": ["10.0.0.1"], "inside.example": ["10.9.9.9"], "b.example": ["9.9.9.9"]}
    way = _Hops("log", name_of)
    with pytest.raises(LogError, match="not a public address"):
        way._answer(way._next("http://a.example/", "http://inside.example/"))
    with pytest.raises(ConnectedError) as reached:
        way._answer(way._next("http://a.example/", "http://b.example/"))
    assert reached.value.args == ("10.0.0.1", 3128)


PRIVATE = (
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "169.254.169.254",
    "172.16.0.1", "192.168.1.1", "192.0.2.1", "224.0.0.1", "255.255.255.255", "240.0.0.1",
    "::", "::1", "::127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1",
    "2002:7f00:1::", "2001:0:7f00:1::", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0",
    "fec0::1", "ff02::1", "2001:db8::1",
)  # fmt: skip
PUBLIC = ("9.9.9.9", "93.184.215.14", "::ffff:9.9.9.9", "64:ff9b::909:909", "2620:fe::fe")


@pytest.mark.parametrize("address", [*PRIVATE, *PUBLIC])
def test_which_addresses_are_public(address: str) -> None:
    assert is_public(address) == (address in PUBLIC)


def test_what_ends_early_is_no_log(named: Store, fsm: Fsm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fsm.logs.storage.web._PIECE", 10)
    whole = "fsm.logs.storage.web.HTTPResponse.read"
    pieces = iter([SAMPLE.encode()[:10], b""])
    monkeypatch.setattr(whole, lambda *_: next(pieces))
    result = fsm("replay", f"{named.address}/half.csv")
    assert result.err == (
        f"fsm: {named.address}/half.csv: cut off after 10 of {len(SAMPLE)} bytes; try again\n"
    )


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("none.csv", "it is not there"),
        ("bomb.csv.gz:10", "a line of more than 16 MiB; a log has one event a line"),
    ],
    ids=["not there", "an endless line, packed"],
)
def test_answers_that_are_no_log(named: Store, fsm: Fsm, path: str, message: str) -> None:
    result = fsm("replay", f"{named.address}/{path.partition(':')[0]}")
    assert result.err == f"fsm: {named.address}/{path}: {message}\n"
