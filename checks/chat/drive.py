"""Slack's own library in the part of Slack: it signs what people do, and reads what the bot has said.

A flow test starts it beside a deployment and a workspace on loopback, and hands it one JSON document on
standard input: where both are, what is signed with, and who acts. It ends with 0 where all went as the
library and Slack's documentation have it, and tells what it did.
"""

import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import ActionsBlock, Block
from slack_sdk.signature import SignatureVerifier

GIVEN = json.load(sys.stdin)
NOW = str(GIVEN["now"])
# How long the bot may take until what was done is seen in the workspace.
PATIENCE = 20.0


def send(path: str, fields: dict[str, str], secret: str = "", timestamp: str = NOW) -> tuple[int, str]:
    """One call of Slack, signed by its library."""
    body = urllib.parse.urlencode(fields)
    verifier = SignatureVerifier(secret or GIVEN["secret"])
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": verifier.generate_signature(timestamp=timestamp, body=body),
    }
    call = urllib.request.Request(GIVEN["url"] + path, body.encode(), headers)
    try:
        with urllib.request.urlopen(call, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def command(user: str, text: str, **how: str) -> tuple[int, str]:
    fields = {
        "token": "not-looked-at",
        "team_id": GIVEN["team"],
        "team_domain": "postern",
        "channel_id": GIVEN["channel"],
        "channel_name": "approvals",
        "user_id": user,
        "user_name": "somebody",
        "command": "/postern",
        "text": text,
        "api_app_id": GIVEN["app"],
        "is_enterprise_install": "false",
        "response_url": GIVEN["hook"],
        "trigger_id": f"{user}.{text}"[:200].replace(" ", "."),
    }
    return send("/chat/slack/commands", fields, **how)


def click(user: str, message: dict, button) -> tuple[int, str]:
    action = button.to_dict() | {"block_id": "actions", "action_ts": NOW + ".000001"}
    payload = {
        "type": "block_actions",
        "user": {"id": user, "username": "somebody", "name": "somebody", "team_id": GIVEN["team"]},
        "api_app_id": GIVEN["app"],
        "token": "not-looked-at",
        "container": {"type": "message", "message_ts": message["ts"], "channel_id": GIVEN["channel"]},
        "trigger_id": f"{user}.{message['ts']}",
        "team": {"id": GIVEN["team"], "domain": "postern"},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": GIVEN["channel"], "name": "approvals"},
        "message": message,
        "state": {"values": {}},
        "response_url": GIVEN["hook"],
        "actions": [action],
    }
    return send("/chat/slack/interactions", {"payload": json.dumps(payload)})


def buttons(message: dict) -> dict:
    """The buttons of a message by their action, after every block has passed the library's validators."""
    blocks = Block.parse_all(message["blocks"])
    for block in blocks:
        block.validate_json()
    assert len(blocks) == len(message["blocks"]), "a block that the library does not know"
    elements = [one for block in blocks if isinstance(block, ActionsBlock) for one in block.elements]
    return {element.action_id: element for element in elements}


def card(web: WebClient, fits) -> dict:
    """The newest message of the channel, once it is as it should be."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        messages = web.conversations_history(channel=GIVEN["channel"])["messages"]
        for message in messages:
            if fits(message):
                return message
        time.sleep(0.05)
    raise SystemExit(f"no such message in {PATIENCE} s: {messages}")


def main() -> None:
    web = WebClient(token=GIVEN["token"], base_url=GIVEN["slack"])
    requester, approver = GIVEN["requester"], GIVEN["approver"]

    status, said = command(requester, "help", secret="0" * 32)
    assert status == 401, (status, said)
    status, _ = command(requester, "help", timestamp=str(int(NOW) - 301))
    assert status == 401, status
    try:
        WebClient(token="xoxb-of-somebody-else", base_url=GIVEN["slack"]).users_info(user=requester)
        raise SystemExit("the workspace takes any token")
    except SlackApiError as refused:
        assert refused.response["error"] == "invalid_auth", refused

    status, said = command(requester, f"request {GIVEN['instance']} 30m disk full on batch-1")
    assert status == 200, (status, said)
    asked = card(web, lambda message: "approve" in buttons(message))
    status, said = click(approver, asked, buttons(asked)["approve"])
    assert status == 200, (status, said)
    decided = card(web, lambda message: message["ts"] == asked["ts"] and "approve" not in buttons(message))
    assert "Approved" in json.dumps(decided["blocks"], ensure_ascii=False), decided
    print("asked and approved by Slack's own library")


main()
