"""The app manifest names what Postern serves, and asks for no more than it uses."""

import re

import yaml
from shown import ROOT

MANIFEST = yaml.safe_load((ROOT / "docs/chatops/manifest.yaml").read_text())


def test_it_has_the_shape_of_a_manifest():
    assert set(MANIFEST) == {"_metadata", "display_information", "features", "oauth_config", "settings"}
    assert MANIFEST["_metadata"]["major_version"] in (1, 2)
    about = MANIFEST["display_information"]
    assert len(about["name"]) <= 35 and len(about["description"]) <= 140
    assert re.fullmatch(r"#[0-9a-f]{6}", about["background_color"])
    assert len(MANIFEST["features"]["bot_user"]["display_name"]) <= 80


def test_its_addresses_are_routes_of_the_bot():
    [command] = MANIFEST["features"]["slash_commands"]
    assert command["command"] == "/postern" and len(command["description"]) <= 2000
    assert command["should_escape"] is False
    interactivity = MANIFEST["settings"]["interactivity"]
    assert interactivity["is_enabled"] is True
    page = (ROOT / "docs/chatops.md").read_text()
    for url in (command["url"], interactivity["request_url"]):
        host, path = re.fullmatch(r"(https://[a-z.]+)(/.+)", url).groups()
        assert host == "https://access.example.com"
        assert f"`{path}`" in page


def test_it_asks_for_what_the_page_says_and_for_nothing_else():
    assert set(MANIFEST["oauth_config"]["scopes"]) == {"bot"}
    scopes = set(MANIFEST["oauth_config"]["scopes"]["bot"])
    page = (ROOT / "docs/chatops.md").read_text()
    said = set(re.findall(r"^ {3}\| `([a-z:.]+)` \|", page, re.MULTILINE))
    assert scopes == said == {
        "channels:history", "chat:write", "commands", "groups:history", "im:history", "im:write", "users:read"
    }  # fmt: skip


def test_nobody_outside_is_let_in():
    settings = MANIFEST["settings"]
    assert settings["org_deploy_enabled"] is False
    assert settings["socket_mode_enabled"] is False
    assert "event_subscriptions" not in settings
