"""The bot in chat: what Slack and another system send it, and what it says there.

Nobody is linked to a person here: that takes a browser, and the tests of the flows have one (tests/tests/flows).
What is shown here is that calls come through by the routes of the template and are believed by their signature
alone, that work is handed on, that secrets are read with the role that has them, and that cards come by the rule
and the schedule of the template.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from typing import Any
from urllib.parse import urlencode

from .deployment import Deployed
from .emulator import Amiss, Keys, refused, until
from .people import Answer, Api
from .systems import APP, CHANNEL, TEAM, Chats

_PATH = "/postern/chat"
"""Where the template has the secrets of chat."""
_LINK = "/postern link"
"""What somebody is told who is nobody yet."""


class Chat:
    """The chat systems, and who writes in them."""

    def __init__(self, deployed: Deployed, api: Api, systems: Chats) -> None:
        self._deployed, self._api, self._slack, self._other = deployed, api, systems.slack, systems.other
        self._signing = secrets.token_hex(32)
        self._secrets = {
            "signing-secret": self._signing,
            "bot-token": self._slack.token,
            "hook-secret": self._other.secret,
            "button-key": secrets.token_hex(32),
        }
        for name, value in self._secrets.items():
            deployed.aws("ssm").put_parameter(Name=f"{_PATH}/{name}", Value=value, Type="SecureString")

    def answers(self) -> None:
        """What is signed is taken, and answered to whoever sent it."""
        now, forged = int(time.time()), secrets.token_hex(32)
        self._command("help", now, forged).must_be(401)
        self._command("help", now - 600, self._signing).must_be(401)
        if self._slack.whispers():
            raise Amiss("calls that are not Slack's are answered in chat")
        self._command("help", now, self._signing).must_be(200)
        until("the bot answers in Slack", 20, lambda: _LINK in self._slack.whispers())
        self._said("help", now, way="out").must_be(401)
        self._said("help", now - 600).must_be(401)
        said = self._said("help", now).must_be(200)
        if _LINK not in json.dumps(said):
            raise Amiss(f"the bot does not answer the other system: {said}")

    def shows(self, request: str) -> None:
        """That one card of a request stands in the channel with something to press, and that the other system was
        told of it."""
        cards = until("there is a card", 90, lambda: [each for each in self._told(request) if _buttons(each)])
        if len(cards) != 1:
            raise Amiss(f"{len(cards)} cards stand in the channel")
        until("the other system is told", 90, lambda: self._other.notices(request, "card"))

    def has_nothing_to_press(self, request: str) -> None:
        """That the card was edited, so that nothing can be pressed any more, and that the other system was told so."""

        def edited() -> bool:
            told = self._told(request)
            return any(each["edits"] for each in told) and not any(map(_buttons, told))

        until("the card is edited", 90, edited)
        (last, *_) = reversed(until("the other system is told", 90, lambda: self._other.notices(request, "edit")))
        if last.get("buttons"):
            raise Amiss(f"the other system has something to press: {last['buttons']}")

    def secrets_are_its_own(self) -> None:
        """Only the role of the bot reads its secrets, and those alone."""
        self._deployed.aws("ssm").put_parameter(Name=f"{_PATH}/more", Value="more", Type="SecureString")
        for logical, keys in self._deployed.credentials.items():
            for name in ["more", *([] if logical == "ChatopsFunction" else self._secrets)]:
                refused(lambda keys=keys, name=name: self._read(keys, name))
        for name in self._secrets:
            self._read(self._deployed.credentials["ChatopsFunction"], name)

    def _told(self, request: str) -> list[dict[str, Any]]:
        return self._slack.messages(CHANNEL, request)

    def _read(self, keys: Keys, name: str) -> Any:
        return self._deployed.aws("ssm", keys).get_parameter(Name=f"{_PATH}/{name}", WithDecryption=True)

    def _command(self, text: str, at: int, signed_with: str) -> Answer:
        """A command as Slack sends it."""
        body = urlencode(
            {
                "team_id": TEAM,
                "team_domain": "postern",
                "channel_id": CHANNEL,
                "user_id": "U0ANNA",
                "user_name": "anna",
                "command": "/postern",
                "text": text,
                "api_app_id": APP,
                "response_url": f"{self._slack.address}/hooks/U0ANNA",
                "trigger_id": secrets.token_hex(8),
            }
        ).encode()
        signature = hmac.new(signed_with.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": str(at),
            "X-Slack-Signature": f"v0={signature}",
        }
        return self._api.send("Slack", "POST", "/chat/slack/commands", body, headers)

    def _said(self, text: str, at: int, way: str = "in") -> Answer:
        """What somebody says in the other system."""
        body = json.dumps({"id": secrets.token_hex(8), "user": "anna", "say": text}).encode()
        headers = {
            "Content-Type": "application/json",
            "X-Postern-Timestamp": str(at),
            "X-Postern-Signature": self._other.signature(way, str(at), body),
        }
        return self._api.send("the other system", "POST", "/chat/webhook", body, headers)


def _buttons(card: dict[str, Any]) -> bool:
    return '"button"' in json.dumps(card.get("blocks"))
