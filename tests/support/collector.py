"""Somebody else's collector of traces: takes OpenTelemetry spans over HTTP and keeps them as they came."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Collector(ThreadingHTTPServer):
    """Listens on a port of 127.0.0.1 that was free."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.taken: list[bytes] = []
        """Bodies of all requests; the text in them stands there as UTF-8."""

    @property
    def endpoint(self) -> str:
        """What `CHUISHAO_OTLP_ENDPOINT` has to say."""
        return f"http://127.0.0.1:{self.server_port}/v1/traces"

    def holds(self, text: str) -> bool:
        """Whether anything that came says so."""
        return any(text.encode() in one for one in self.taken)


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        self.server.taken.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector for as long as somebody wants one."""
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
