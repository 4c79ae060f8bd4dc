"""An implementation behind a URL: each request is the body of a POST, each reply one of its own."""

from __future__ import annotations

import http.client
import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit

from fsm.errors import FsmError
from fsm.implementations.call_failures import CallError, HangError
from fsm.implementations.connection import Settling
from fsm.implementations.protocol import LONGEST_LINE
from fsm.implementations.spoken import SpokenConnection
from fsm.text import shortened, visible

__all__ = ["WebConnection"]

_OK = 200


class WebConnection(SpokenConnection):
    """A URL to which requests are posted; redirections are not followed.

    Raises :class:`FsmError` for what is no URL, and where nothing answers there.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float,
        settling: Settling = SpokenConnection.settling,
    ) -> None:
        super().__init__(url, timeout, settling)
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise FsmError(f"{url}: {error}") from None
        if parts.scheme not in ("http", "https") or not host:
            raise FsmError(f"{url}: no URL of a host; write http://localhost:8000/")
        if parts.username is not None:
            raise FsmError(f"{host}: a user name in the URL would be shown; leave it out")
        kind = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
        self._server = kind[parts.scheme](host, port, timeout=timeout)
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self.begin()

    def exchange(self, line: bytes, do: str) -> bytes:
        """Post a request; a connection that the server closed meanwhile is opened anew once."""
        is_kept = self._server.sock is not None
        try:
            return self._post(line, do)
        except _ClosedError:
            if not is_kept:
                raise
        return self._post(line, do)  # it was closed since the last request: opened anew

    def restart(self) -> None:
        """Open a connection of its own again."""
        self._server.close()

    def close(self) -> None:
        """Say bye."""
        with suppress(CallError):
            super().close()
        self._server.close()

    def _post(self, line: bytes, do: str) -> bytes:
        late = threading.Event()
        watch = threading.Timer(self.timeout, self._give_up, [late])
        watch.start()
        try:
            self._server.request("POST", self._path, line, {"Content-Type": "application/json"})
            self._acknowledge_at_once()
            response = self._server.getresponse()
            body: bytes = response.read(LONGEST_LINE + 1)
            if late.is_set():
                raise TimeoutError
        except TimeoutError:
            self._server.close()
            raise HangError(self.timeout) from None
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError) as error:
            self._server.close()
            raise (HangError(self.timeout) if late.is_set() else _ClosedError()) from error
        except (OSError, http.client.HTTPException) as error:
            self._server.close()
            raise (HangError(self.timeout) if late.is_set() else CallError(_cause(error))) from None
        finally:
            watch.cancel()
        if response.length and len(body) <= LONGEST_LINE:
            self._server.close()
            raise CallError(f"the reply to {do} ends early: {response.length} bytes are missing")
        if len(body) > LONGEST_LINE:
            self._server.close()
            raise CallError(f"the reply to {do} is longer than {LONGEST_LINE:,} bytes")
        if response.status != _OK:
            quoted = shortened(visible(body.decode("utf-8", "replace").strip()), 120)
            status = f"the reply to {do} has status {response.status} {response.reason}"
            raise CallError(f"{status}: {quoted}" if quoted else status)
        return body

    def _give_up(self, late: threading.Event) -> None:
        """End a reply that takes too long altogether, although its parts come in time."""
        late.set()
        if self._server.sock:
            with suppress(OSError):
                self._server.sock.shutdown(socket.SHUT_RDWR)

    def _acknowledge_at_once(self) -> None:
        """Do not delay acknowledgements: many servers write head and body of a reply apart.

        Such a server waits for the first one to be acknowledged, 40 ms for each reply (Linux).
        """
        if hasattr(socket, "TCP_QUICKACK") and self._server.sock:
            self._server.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


class _ClosedError(CallError):
    """The server closed the connection instead of answering."""

    def __init__(self) -> None:
        super().__init__("the server closed the connection without a reply")


def _cause(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "no server answers there"
    return str(getattr(error, "strerror", None) or error or type(error).__name__)
