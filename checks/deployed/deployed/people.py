"""How people reach the deployed API: over HTTP, with tokens of the issuer."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .emulator import Amiss


@dataclass
class Answer:
    """What somebody was told."""

    call: str
    status: int
    body: Any
    text: str

    def must_be(self, status: int, *codes: str) -> Any:
        """That it is this status, and where there are codes a problem of one of them; the body."""
        code = self.body.get("code") if isinstance(self.body, dict) else None
        if self.status != status or (codes and code not in codes):
            raise Amiss(f"{self.call}: expected {status} {' or '.join(codes)}, got {self.status}: {self._shown()}")
        return self.body

    def _shown(self) -> str:
        # Any other body could be credentials.
        return self.text[:500] if self.status >= 400 else "(a body)"


class Api:
    """The API of a deployment, where ministack answers for it."""

    def __init__(self, url: str, endpoint: str, issuer: str) -> None:
        # The name of the API leads nowhere; ministack tells APIs apart by it, as API Gateway does.
        self._host = urlsplit(url).netloc
        self._endpoint = endpoint
        self._issuer = issuer

    def token(self, who: str) -> str:
        """A token in somebody's name."""
        with urllib.request.urlopen(f"{self._issuer}/token", data=f"person={who}".encode(), timeout=20) as answer:
            return str(answer.read().decode()).strip()

    def call(self, who: str | None, method: str, path: str, body: Any = None) -> Answer:
        """Calls the API in somebody's name, or in nobody's."""
        headers = {}
        if who is not None:
            headers["Authorization"] = f"Bearer {self.token(who)}"
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body).encode()
        return self.send(who or "nobody", method, path, data, headers)

    def send(self, who: str, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> Answer:
        """Sends these bytes with these headers and no others."""
        headers = headers | {"Host": self._host}
        request = urllib.request.Request(f"{self._endpoint}{path}", data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=40) as answer:
                status, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode()
        try:
            read = json.loads(text)
        except ValueError:
            read = None
        return Answer(f"{who}: {method} {path}", status, read, text)

    def get(self, who: str | None, path: str) -> Answer:
        return self.call(who, "GET", path)

    def post(self, who: str | None, path: str, body: Any = None) -> Answer:
        return self.call(who, "POST", path, {} if body is None else body)
