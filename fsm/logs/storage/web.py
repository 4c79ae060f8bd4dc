"""Download a log from the web, with redirects restricted.

The address that the user names may be anywhere, also on this machine or in its network. Redirects
come from a server and are not trusted: one stays https, has no name or password, and never leads
to an address that only this machine or its network reaches. The check is of the address that is
then connected to, so that neither another notation nor a second answer of the name service evades
it. Nothing that identifies the user is ever sent: no cookies, no credentials.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, quote, urljoin, urlsplit
from urllib.request import (
    AbstractHTTPHandler,
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from fsm.errors import LogError
from fsm.version import VERSION

__all__ = ["MAX_REDIRECTS", "download", "is_public"]

MAX_REDIRECTS = 10
_TIMEOUT = 60.0
"""Seconds without an answer."""
_PIECE = 1 << 20
_REDIRECTS = (301, 302, 303, 307, 308)
_PORTS = {"http": 80, "https": 443}
_HEADERS = {"User-Agent": f"delivery-fsm/{VERSION}", "Accept-Encoding": "identity"}
_KEPT = "%/:=&?~#+!$,;'@()*[]"
"""Characters that stay in a path and its query; others that are no letter or digit become %XX."""
_EMBEDDING = (IPv6Network("64:ff9b::/96"), IPv6Network("::ffff:0:0/96"))
"""IPv6 addresses that stand for the IPv4 address in their last 32 bits: NAT64, and mapped ones."""
_LOCAL = (IPv6Network("::/96"), IPv6Network("64:ff9b:1::/48"))
"""Further local networks, which the standard library takes for public."""


def download(url: str, name: str, path: Path, name_of: Callable[[str], str]) -> None:
    """Fetch an address into a file; raises :class:`fsm.errors.LogError`.

    ``name`` is the name of the address in messages, and ``name_of`` returns that of others.
    """
    hops = _Hops(name, name_of)
    try:
        with hops.open(url) as response:
            _save(response, path, name)
    except HTTPError as error:
        raise LogError(f"{name}: {_answered(error.code)}") from None
    except URLError as error:
        raise LogError(f"{name}: {_unreached(error.reason)}") from None
    except HTTPException:
        raise LogError(f"{name}: its server does not speak as servers of the web do") from None
    except (ValueError, UnicodeError):
        raise LogError(f"{name}: no address of the web") from None


def _answered(code: int) -> str:
    if code in (404, 410):
        return "it is not there"
    if code in (401, 403, 407):
        return "access is refused"
    return f"its server answers {code}; try again later, or download it, and give the file"


def _unreached(reason: object) -> str:
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"the certificate of its server is not trusted: {reason.verify_message}"
    if isinstance(reason, ssl.SSLError):
        return "its server speaks no TLS that is safe"
    return "its server cannot be reached"


def _save(response: HTTPResponse, path: Path, name: str) -> None:
    """Write a body to a file; one that ends early is refused."""
    expected = response.headers.get("Content-Length", "")
    size = 0
    with path.open("wb") as file:
        while piece := _read(response, name):
            size += len(piece)
            file.write(piece)
    if expected.isdigit() and int(expected) != size:
        raise LogError(f"{name}: cut off after {size:,} of {int(expected):,} bytes; try again")


def _read(response: HTTPResponse, name: str) -> bytes:
    try:
        return response.read(_PIECE)
    except (OSError, HTTPException):
        raise LogError(f"{name}: its server stopped in the middle; try again") from None


# Redirects -----------------------------------------------------------------------------------


class _Hops:
    """The redirects from the address that the user named to the one that answers."""

    def __init__(self, name: str, name_of: Callable[[str], str]) -> None:
        self.name, self.name_of = name, name_of
        self.reach = _Reach()
        self.opener = OpenerDirector()
        # Only the handlers of http and https, so that no redirect can open anything else.
        for handler in (
            ProxyHandler(),
            HTTPDefaultErrorHandler(),
            HTTPErrorProcessor(),
            _Web(self.reach),
        ):
            self.opener.add_handler(handler)

    def open(self, url: str) -> HTTPResponse:
        """Return the answer of the last address; each connection is checked first."""
        current = _written(url)
        for _ in range(MAX_REDIRECTS + 1):
            try:
                return self._answer(current)
            except HTTPError as error:
                error.close()
                if error.code not in _REDIRECTS:
                    raise
                current = self._next(current, error.headers.get("Location") or "")
        raise LogError(f"{self.name}: more than {MAX_REDIRECTS} redirects")

    def _answer(self, url: str) -> HTTPResponse:
        try:
            request = Request(url, headers=_HEADERS)  # noqa: S310 - see the handlers
            response = self.opener.open(request, timeout=_TIMEOUT)
        except _NotPublicError:
            target = self.name_of(url)
            raise LogError(
                f"{self.name}: redirected to {target}, which is not a public address; if that is "
                "where the log is, give that address"
            ) from None
        except URLError:  # HTTPError is one
            raise
        except OSError as error:  # while waiting for the answer
            raise URLError(error) from None
        assert isinstance(response, HTTPResponse)  # noqa: S101
        return response

    def _next(self, current: str, location: str) -> str:
        """Return the address that a redirect leads to; refuse one that is not allowed."""
        self.reach.is_redirected = True
        target = urljoin(current, location)
        parts = urlsplit(target)
        fault = ""
        if not location:
            fault = "nowhere"
        elif parts.scheme not in _PORTS:
            fault = f"{parts.scheme}://, which is not read"
        elif urlsplit(current).scheme == "https" and parts.scheme != "https":
            fault = f"{self.name_of(target)}, which is not https"
        elif "@" in parts.netloc:
            fault = f"{self.name_of(target)} with a name or password"
        if fault:
            raise LogError(f"{self.name}: redirected to {fault}")
        return _written(target)


def _written(url: str) -> str:
    """Return an address in the characters that a request may contain."""
    parts = urlsplit(url)
    host = (parts.hostname or "").encode("idna").decode("ascii")
    if not host:
        raise ValueError("no host")
    host = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port is not None else ""
    path, query = quote(parts.path, _KEPT), quote(parts.query, _KEPT)
    return SplitResult(parts.scheme, f"{host}{port}", path, query, "").geturl()


# Connections ---------------------------------------------------------------------------------


class _NotPublicError(Exception):
    """A redirect leads to an address of this machine or its network."""


class _Reach:
    """Which connections are allowed: after a redirect, to public addresses and the named one."""

    def __init__(self) -> None:
        self.is_redirected = False
        self._named: set[tuple[str, int]] = set()

    def connect(
        self, target: tuple[str, int], timeout: float | None = None, *_: object
    ) -> socket.socket:
        """Connect to a host and port, as :func:`socket.create_connection` does."""
        host, port = target
        failure: OSError = OSError(f"{host} has no address")
        refused = False
        candidates = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        for family, kind, protocol, _name, address in candidates:
            if not self._allows(str(address[0]), port):
                refused = True
                continue
            try:
                return self._connected(socket.socket(family, kind, protocol), address, timeout)
            except OSError as error:
                failure = error
        raise _NotPublicError if refused else failure

    def _connected(
        self, connection: socket.socket, address: Any, timeout: float | None
    ) -> socket.socket:
        try:
            connection.settimeout(timeout)
            connection.connect(address)
        except BaseException:
            connection.close()
            raise
        if not self.is_redirected:
            self._named.add((str(address[0]), int(address[1])))
        return connection

    def check(self, host: str, port: int) -> None:
        """Refuse a host that a proxy would connect to, if this machine can resolve its name."""
        try:
            candidates = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError:
            return  # the proxy may know it
        addresses = {str(address[0]) for *_, address in candidates}
        if not self.is_redirected:
            self._named |= {(address, port) for address in addresses}
        elif not all(self._allows(address, port) for address in addresses):
            raise _NotPublicError

    def _allows(self, address: str, port: int) -> bool:
        if not self.is_redirected or is_public(address) or (address, port) in self._named:
            return True
        # The named server, by https after http.
        return port == _PORTS["https"] and (address, _PORTS["http"]) in self._named


def is_public(address: str) -> bool:
    """Return whether an address is public, in whatever notation it is written.

    >>> [is_public(text) for text in ("9.9.9.9", "10.0.0.1", "::ffff:127.0.0.1", "fe80::1%eth0")]
    [True, False, False, False]
    """
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv4Address):
        return ip.is_global and not ip.is_multicast
    inner = _inside(ip)
    if inner and any(ip in network for network in _EMBEDDING):
        return all(is_public(str(each)) for each in inner)
    if any(ip in network for network in _LOCAL) or ip.is_site_local or ip.is_multicast:
        return False
    return ip.is_global and all(is_public(str(each)) for each in inner)


def _inside(ip: IPv6Address) -> list[IPv4Address]:
    """Return the IPv4 addresses that are embedded in an IPv6 address."""
    if any(ip in network for network in _EMBEDDING):
        return [IPv4Address(int(ip) & 0xFFFF_FFFF)]
    return [each for each in (ip.sixtofour, *(ip.teredo or ())) if each is not None]


class _Web(AbstractHTTPHandler):
    """Opens http and https over connections that are checked."""

    http_request = https_request = AbstractHTTPHandler.do_request_

    def __init__(self, reach: _Reach) -> None:
        super().__init__()
        self.reach = reach

    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_connection(HTTPConnection, req, self.reach), req)

    def https_open(self, req: Request) -> HTTPResponse:
        make = _connection(HTTPSConnection, req, self.reach)
        return self.do_open(make, req, context=ssl.create_default_context())


def _connection(
    kind: type[HTTPConnection], request: Request, reach: _Reach
) -> Callable[..., HTTPConnection]:
    """Return a factory of the connection of a request; it is checked when it connects."""
    parts = urlsplit(request.full_url)
    proxied = request.host != parts.netloc
    if proxied:
        reach.check(parts.hostname or "", parts.port or _PORTS[parts.scheme])

    def make(host: str, **options: Any) -> HTTPConnection:
        connection = kind(host, **options)
        if not proxied:
            connection._create_connection = reach.connect  # type: ignore[attr-defined]
        return connection

    return make
