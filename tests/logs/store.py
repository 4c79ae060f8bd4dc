"""An object store of the tests' own on loopback: what S3, Google Cloud Storage and the web share.

Objects are read in ranges, listed by prefix, and refused to whoever does not sign.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

_TIME = 1_780_000_000
_LISTED = "2026-05-28T20:26:40.000Z"


@dataclass
class Store:
    """A running store: its address, what is in it by path, and what it was asked."""

    address: str
    objects: Mapping[str, bytes]
    signed: bool
    """Whether it wants requests to be signed."""
    asked: list[str] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)
    """Where the store sends those who ask for a path."""
    headers: list[dict[str, str]] = field(default_factory=list)
    """What they told it of themselves."""


class _Requests(BaseHTTPRequestHandler):
    store: Store

    def log_request(self, code: object = "-", size: object = "-") -> None:
        self.store.asked.append(f"{self.command} {self.path} {self.headers.get('Range', '')}")
        self.store.headers.append(dict(self.headers))

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        if "list-type" in query:
            self._list(query.get("prefix", [""])[0])
        else:
            self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        signature = self.headers.get("Authorization", "")
        if self.store.signed and not signature.startswith("AWS4-HMAC-SHA256 Credential=reader/"):
            self._say(403, b"<Error><Code>AccessDenied</Code></Error>")
        elif path in self.store.moved:
            self.send_response(302)
            self.send_header("Location", self.store.moved[path])
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif path not in self.store.objects:
            self._say(404, b"<Error><Code>NoSuchKey</Code></Error>")
        else:
            self._send(self.store.objects[path], with_body)

    def _send(self, data: bytes, with_body: bool) -> None:
        first, last = 0, len(data) - 1
        wanted = self.headers.get("Range", "")
        if wanted.startswith("bytes="):
            begin, _, end = wanted.removeprefix("bytes=").partition("-")
            first = int(begin) if begin else max(0, len(data) - int(end))
            last = min(int(end), last) if begin and end else last
        if wanted and first > last:
            self._say(416, b"<Error><Code>InvalidRange</Code></Error>")
            return
        part = data[first : last + 1]
        self.send_response(206 if wanted else 200)
        if wanted:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
        self.send_header("Content-Length", str(len(part)))
        self.send_header("Last-Modified", formatdate(_TIME, usegmt=True))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", f'"{hash(data) & 0xFFFFFFFF:x}"')
        self.end_headers()
        if with_body:
            self.wfile.write(part)

    def _list(self, prefix: str) -> None:
        bucket = unquote(urlsplit(self.path).path).rstrip("/") + "/"
        keys = [path.removeprefix(bucket) for path in sorted(self.store.objects)]
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>{_LISTED}</LastModified><ETag>x</ETag>"
            f"<Size>{len(self.store.objects[bucket + key])}</Size></Contents>"
            for key in keys
            if key.startswith(prefix) and bucket + key in self.store.objects
        )
        self._say(
            200,
            f"<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>".encode(),
        )

    def _say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@contextmanager
def store(objects: Mapping[str, bytes], *, signed: bool = False) -> Iterator[Store]:
    """Run a store that holds these objects."""
    requests = type("Requests", (_Requests,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), requests) as server:
        running = Store(f"http://127.0.0.1:{server.server_port}", objects, signed)
        requests.store = running
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield running
        finally:
            server.shutdown()
            thread.join()
