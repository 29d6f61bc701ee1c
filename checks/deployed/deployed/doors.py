"""Doors on loopback, and the one by which functions reach Systems Manager."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

Headers = list[tuple[str, str]]
Answer = tuple[int, Headers, bytes]


@contextmanager
def opened(answers: Callable[[str, str, Headers, bytes], Answer]) -> Iterator[str]:
    """A door on loopback; its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, said = answers(self.command, self.path, list(self.headers.items()), body)
            self.send_response_only(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = answer

        def log_message(self, format: str, *args: Any) -> None:
            """Calls are told by whoever made them."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


_OF_THE_CONNECTION = {"connection", "transfer-encoding", "content-length", "date", "server"}


@contextmanager
def systems_manager(elsewhere: str, parameters: str) -> Iterator[str]:
    """Systems Manager for functions: its parameters are ministack's, and all else is the stand-in's, which has
    none. Calls pass as they were signed, so each side asks its own policies of the function's role."""

    def passed_on(method: str, path: str, headers: Headers, body: bytes) -> Answer:
        wanted = {name.lower(): value for name, value in headers}.get("x-amz-target", "")
        to = urlsplit(parameters if wanted == "AmazonSSM.GetParameter" else elsewhere)
        connection = http.client.HTTPConnection(str(to.hostname), to.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            connection.endheaders(body)
            got = connection.getresponse()
            said = got.read()
            kept = [(name, value) for name, value in got.getheaders() if name.lower() not in _OF_THE_CONNECTION]
            return got.status, kept, said
        finally:
            connection.close()

    with opened(passed_on) as address:
        yield address
