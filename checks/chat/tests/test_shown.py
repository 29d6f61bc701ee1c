"""Everything that is shown passes the validators of Slack's own library, and loses nothing by it."""

import copy

import pytest
from shown import shown
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

SHOWN = shown()
# What chat.postMessage and a response_url take beside text and blocks.
OF_A_MESSAGE = {"text", "blocks", "unfurl_links", "unfurl_media"}
OF_AN_ANSWER = OF_A_MESSAGE | {"response_type", "replace_original"}


def judged(value: dict) -> dict:
    """The same as Slack's library writes it, after it has looked at all of it."""
    if value.get("type") == "modal":
        return View(**value).to_dict()
    blocks = [as_slack(block) for block in value["blocks"]]
    assert len(blocks) <= 50
    assert 1 <= len(value["text"]) <= 3000
    return value | {"blocks": blocks}


def as_slack(block: dict) -> dict:
    parsed = Block.parse(copy.deepcopy(block))
    assert parsed is not None, block
    return parsed.to_dict()


def texts(value):
    if isinstance(value, dict):
        if value.get("type") in ("plain_text", "mrkdwn"):
            yield value
        for member in value.values():
            yield from texts(member)
    if isinstance(value, list):
        for item in value:
            yield from texts(item)


def elements(value, kind):
    if isinstance(value, dict):
        if value.get("type") == kind:
            yield value
        for member in value.values():
            yield from elements(member, kind)
    if isinstance(value, list):
        for item in value:
            yield from elements(item, kind)


@pytest.mark.parametrize("name", SHOWN)
def test_it_passes_slacks_validators_and_nothing_is_lost(name):
    value = SHOWN[name]
    if value.get("type") != "modal":
        assert set(value) in (OF_A_MESSAGE, OF_AN_ANSWER)
    assert judged(value) == value


@pytest.mark.parametrize("name", SHOWN)
def test_what_the_library_leaves_to_slack_is_within_its_limits(name):
    value = SHOWN[name]
    for text in texts(value):
        assert 1 <= len(text["text"].encode("utf-16-le")) // 2 <= 3000
        # Names and addresses are left as they are, and words between colons too.
        assert text.get("emoji") is False or text.get("verbatim") is True
    for section in elements(value, "section"):
        assert len(section.get("fields", [])) <= 10
        assert all(len(field["text"]) <= 2000 for field in section.get("fields", []))
    for header in elements(value, "header"):
        assert len(header["text"]["text"]) <= 150
    ids = []
    for button in elements(value, "button"):
        assert len(button["text"]["text"]) <= 75
        assert len(button.get("value", "")) <= 2000
        assert len(button.get("url", "")) <= 3000
        assert ("url" in button) != ("value" in button)
        ids.append(button["action_id"])
        if "confirm" in button:
            assert len(button["confirm"]["title"]["text"]) <= 100
            assert len(button["confirm"]["text"]["text"]) <= 300
    assert len(ids) == len(set(ids))
    for kind in ("static_select", "multi_static_select"):
        for select in elements(value, kind):
            assert 1 <= len(select["options"]) <= 100
            for option in select["options"]:
                assert len(option["text"]["text"]) <= 75 and len(option["value"]) <= 75
                assert len(option.get("description", {"text": ""})["text"]) <= 75
    for field in elements(value, "plain_text_input"):
        assert 0 <= field.get("min_length", 0) <= field["max_length"] <= 3000


@pytest.mark.parametrize("name", [name for name in SHOWN if not name.startswith("modal")])
def test_nothing_that_others_wrote_mentions_or_links(name):
    value = SHOWN[name]
    marked = [text["text"] for text in texts(value) if text["type"] == "mrkdwn"]
    for text in [*marked, value["text"]]:
        assert "<" not in text.replace("<!date^", "")
        assert "@" not in text


def test_there_is_something_of_each_kind():
    names = set(SHOWN)
    assert {"pending-tap", "pending-login", "emergency", "modal-ask", "answer-unlinked"} <= names
    assert len(names) >= 35


@pytest.mark.parametrize(
    "spoil",
    [
        lambda card: card["blocks"][0]["text"].update(text="x" * 151),
        lambda card: card["blocks"][2].update(fields=[{"type": "plain_text", "text": "x"}] * 11),
        lambda card: card["blocks"][1].pop("text"),
        lambda card: card["blocks"][-2]["elements"][0]["text"].update(text="x" * 76),
        lambda card: card["blocks"][-2]["elements"][0].update(value="x" * 2001),
        lambda card: card["blocks"][-2]["elements"][0].update(style="loud"),
        lambda card: card["blocks"][0].update(colour="red"),
    ],
)
def test_a_card_that_slack_would_not_take_does_not_pass(spoil):
    card = copy.deepcopy(SHOWN["pending-tap"])
    assert judged(card) == card
    spoil(card)
    try:
        assert judged(card) != card
    except (SlackObjectFormationError, AssertionError):
        pass


def test_a_form_that_slack_would_not_take_does_not_pass():
    form = copy.deepcopy(SHOWN["modal-deny"])
    form["title"]["text"] = "x" * 25
    with pytest.raises(SlackObjectFormationError):
        judged(form)
