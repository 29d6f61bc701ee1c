"""The chat systems that the deployed bot talks to: a workspace of Slack, and another's bot behind a webhook."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from .doors import Answer, Headers, opened

TEAM, APP, CHANNEL = "T0POSTERN", "A0POSTERN", "C0APPROVALS"
"""The workspace, the app that the bot is, and the channel that it asks in."""
HOOK = "hook-matrix"
"""The other system."""


@dataclass(frozen=True)
class Chats:
    """Both."""

    slack: Workspace
    other: Webhook


@contextmanager
def chats() -> Iterator[Chats]:
    """Opens both."""
    slack, other = Workspace(), Webhook()
    with opened(slack.answer) as slack.address, opened(other.answer) as other.address:
        yield Chats(slack, other)


class Workspace:
    """A workspace of Slack with Anna in it: enough for a bot that posts in a channel, edits, and answers a
    command. local/run/src/slack.rs is the one that knows how Slack fails."""

    def __init__(self) -> None:
        self.address = ""
        self.token = secrets.token_hex(16)
        self._lock = threading.Lock()
        self._messages: dict[str, dict[str, Any]] = {}
        self._whispers: list[str] = []

    def messages(self, channel: str, about: str) -> list[dict[str, Any]]:
        """The messages in a channel that spoke of something when they were posted, oldest first."""
        with self._lock:
            return [each for each in self._messages.values() if each["channel"] == channel and about in each["first"]]

    def whispers(self) -> str:
        """What was said to one person alone."""
        with self._lock:
            return "\n".join(self._whispers)

    def answer(self, method: str, path: str, headers: Headers, body: bytes) -> Answer:
        """Answers a call as Slack does."""
        kind, _, name = path.lstrip("/").partition("/")
        given = {key.lower(): value for key, value in headers}
        if given.get("content-type", "").startswith("application/json"):
            asked = json.loads(body or b"{}")
        else:
            asked = dict(parse_qsl(body.decode()))
        with self._lock:
            if kind == "hooks":
                self._whispers.append(json.dumps(asked))
                return 200, [], b"ok"
            if given.get("authorization") != f"Bearer {self.token}":
                said: dict[str, Any] = {"ok": False, "error": "invalid_auth"}
            else:
                said = self._did(name, asked)
        return 200, [("Content-Type", "application/json")], json.dumps(said).encode()

    def _did(self, name: str, asked: dict[str, Any]) -> dict[str, Any]:
        match name:
            case "chat.postMessage":
                ts = f"{int(time.time())}.{len(self._messages):06}"
                self._messages[ts] = asked | {"ts": ts, "edits": 0, "first": json.dumps(asked)}
            case "chat.update" if asked.get("ts") in self._messages:
                ts = str(asked["ts"])
                self._messages[ts] |= asked | {"edits": self._messages[ts]["edits"] + 1}
            case "conversations.history" | "conversations.replies":
                return {"ok": True, "messages": [], "has_more": False}
            case "users.info":
                who = {"id": asked.get("user"), "team_id": TEAM, "name": "anna", "real_name": "Anna", "tz": "Asia/Seoul"}
                not_so = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")
                member = who | dict.fromkeys(not_so, False) | {"profile": {"display_name": "Anna"}}
                return {"ok": True, "user": member}
            case _:
                return {"ok": False, "error": "unknown_method"}
        return {"ok": True, "channel": asked["channel"], "ts": ts}


class Webhook:
    """Another system's bot, which takes what is signed (docs/chatops.md)."""

    def __init__(self) -> None:
        self.address = ""
        self.secret = secrets.token_hex(32)
        self._lock = threading.Lock()
        self._notices: list[dict[str, Any]] = []

    def notices(self, about: str, say: str) -> list[dict[str, Any]]:
        """The notices of a kind that speak of something."""
        with self._lock:
            return [each for each in self._notices if each["say"] == say and about in json.dumps(each)]

    def signature(self, way: str, timestamp: str, body: bytes) -> str:
        """The signature of a body on its `way` `in` to Postern, or `out` from it."""
        signed = f"postern.webhook.{way}.v1\n{HOOK}\n{timestamp}\n".encode() + body
        return "v1=" + hmac.new(self.secret.encode(), signed, hashlib.sha256).hexdigest()

    def answer(self, method: str, path: str, headers: Headers, body: bytes) -> Answer:
        """Takes a notice."""
        given = {name.lower(): value for name, value in headers}
        timestamp = given.get("x-postern-timestamp", "0")
        right = self.signature("out", timestamp, body) == given.get("x-postern-signature")
        if not right or abs(int(timestamp) - time.time()) > 300:
            return 401, [], b""
        with self._lock:
            self._notices.append(json.loads(body))
        return 204, [], b""
