"""Templates are read and worked out as CloudFormation does it, and what cannot be is an error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from template_rules import loading
from template_rules.evaluating import Unreadable, evaluate
from template_rules.houses import HOME, ROOT

PARAMETERS = {
    "Switch": {"Type": "String", "Default": "off", "AllowedValues": ["on", "off"]},
    "Names": {"Type": "CommaDelimitedList", "Default": "a,b"},
    "Count": {"Type": "Number", "Default": 3, "MinValue": 1, "MaxValue": 9},
}


def worked_out(value: Any, **given: Any) -> Any:
    """A value as the property of a resource."""
    template = {
        "Parameters": PARAMETERS,
        "Conditions": {"On": {"Fn::Equals": [{"Ref": "Switch"}, "on"]}},
        "Resources": {
            "Bucket": {"Type": "AWS::S3::Bucket"},
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"Path": "/postern/"}},
            "OnlyOn": {"Type": "AWS::S3::Bucket", "Condition": "On"},
            "Here": {"Type": "AWS::SNS::Topic", "Properties": {"Value": value}},
        },
    }
    return evaluate(template, given)["Resources"]["Here"]["Properties"].get("Value", "nothing")


@pytest.mark.parametrize(
    ("value", "comes_to"),
    [
        ({"Ref": "AWS::AccountId"}, "111122223333"),
        ({"Ref": "Names"}, ["a", "b"]),
        ({"Ref": "Count"}, "3"),
        ({"Ref": "AWS::NoValue"}, "nothing"),
        ([1, {"Ref": "AWS::NoValue"}, 2], [1, 2]),
        ({"Fn::GetAtt": ["Bucket", "Arn"]}, "arn:aws:s3:::Bucket"),
        ({"Fn::Sub": "${Role.Arn}"}, "arn:aws:iam::111122223333:role/postern/Role"),
        ({"Fn::Sub": "session/${!aws:userid}-*"}, "session/${aws:userid}-*"),
        ({"Fn::Sub": ["${Own}${Switch}", {"Own": {"Fn::Join": ["-", {"Ref": "Names"}]}}]}, "a-boff"),
        ({"Fn::If": ["On", "yes", {"Ref": "AWS::NoValue"}]}, "nothing"),
        ({"Fn::Select": [1, {"Fn::Split": [",", "x,y"]}]}, "y"),
    ],
)
def test_functions_come_to_what_cloudformation_makes_of_them(value: Any, comes_to: Any) -> None:
    assert worked_out(value) == comes_to


@pytest.mark.parametrize(
    "value",
    [
        {"Ref": "Nowhere"},
        {"Fn::Sub": "${Nowhere}"},
        {"Ref": "OnlyOn"},
        {"Fn::If": ["Never", 1, 2]},
        {"Fn::Transform": {"Name": "x"}},
    ],
)
def test_what_cannot_be_worked_out_is_an_error(value: Any) -> None:
    with pytest.raises(Unreadable):
        worked_out(value)


@pytest.mark.parametrize("given", [{"Switch": "maybe"}, {"Count": 10}, {"Count": 0}, {"Unknown": "x"}])
def test_parameters_that_cloudformation_would_refuse_are_errors(given: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        worked_out(1, **given)


def test_what_a_rule_of_the_template_refuses_is_an_error() -> None:
    both = {"Fn::Equals": [{"Ref": "Switch"}, {"Ref": "Twin"}]}
    rule = {"Assertions": [{"Assert": both, "AssertDescription": "set both alike"}]}
    twin = PARAMETERS | {"Twin": {"Type": "String", "Default": "off"}}
    template = {"Parameters": twin, "Resources": {}, "Rules": {"Alike": rule}}
    assert evaluate(template, {"Switch": "on", "Twin": "on"})["Resources"] == {}
    with pytest.raises(Unreadable, match="set both alike"):
        evaluate(template, {"Switch": "on"})
    rule["RuleCondition"] = {"Fn::Contains": [["never"], {"Ref": "Twin"}]}
    assert evaluate(template, {"Switch": "on"})["Resources"] == {}


_CHAT = {"ChatTeams": "T0POSTERN", "ChatApp": "A0POSTERN", "ChatPages": "https://a.example.com", "ChatClient": "chat"}
_HOOK = {"ChatHook": "hook-matrix", "ChatHookAddress": "https://m.example.com/x", "ChatPages": "https://a.example.com"}
_HOOK |= {"ChatClient": "chat"}


@pytest.mark.parametrize("without", ["", "ChatApp", "ChatPages", "ChatClient"])
def test_slack_needs_its_app_and_every_chat_its_pages_and_client(without: str) -> None:
    _taken_or_refused({name: value for name, value in _CHAT.items() if name != without}, not without)


@pytest.mark.parametrize("without", ["", "ChatHook", "ChatHookAddress", "ChatPages", "ChatClient"])
def test_a_webhook_needs_its_address_and_every_chat_its_pages_and_client(without: str) -> None:
    _taken_or_refused({name: value for name, value in _HOOK.items() if name != without}, not without)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ChatHook", "matrix"),
        ("ChatHook", "hook-Matrix"),
        ("ChatHookAddress", "http://m.example.com"),
        ("ChatSecrets", "/aws/reference/secretsmanager/postern"),
        ("ChatSecrets", "/postern/"),
        ("ChatSecretsManagerPrefix", "/postern"),
        ("ChatSecretsManagerPrefix", "postern/*"),
    ],
)
def test_what_chat_cannot_be_told_is_refused(name: str, value: str) -> None:
    _taken_or_refused(_CHAT | _HOOK | {name: value}, False)


def _taken_or_refused(given: dict[str, str], taken: bool) -> None:
    needed = {"Issuer": "https://login.example.com", "Audiences": "postern"}
    template = loading.expand(loading.read(ROOT / HOME))
    if taken:
        assert "ChatSchedule" in evaluate(template, needed | given)["Resources"]
        return
    with pytest.raises(Unreadable, match="Chat"):
        evaluate(template, needed | given)


def test_conditions_decide_what_exists() -> None:
    template = {
        "Conditions": {"Never": {"Fn::Not": [{"Fn::Equals": ["a", "a"]}]}},
        "Resources": {"There": {"Type": "A"}, "Not": {"Type": "A", "Condition": "Never"}},
        "Outputs": {"Of": {"Condition": "Never", "Value": {"Ref": "Not"}}},
    }
    worked = evaluate(template, {})
    assert list(worked["Resources"]) == ["There"]
    assert worked["Outputs"] == {}


def test_short_tags_are_read_as_functions(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text("A: !GetAtt B.C.D\nE: !Sub ${F}\nG: !If [H, !Ref I, 2012-10-17]\n")
    assert loading.read(file) == {
        "A": {"Fn::GetAtt": ["B", "C.D"]},
        "E": {"Fn::Sub": "${F}"},
        "G": {"Fn::If": ["H", {"Ref": "I"}, "2012-10-17"]},
    }


def test_a_key_that_stands_twice_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text("A:\n  B: 1\n  B: 2\n")
    with pytest.raises(ValueError, match="line 3"):
        loading.read(file)


def test_sam_is_expanded_without_a_network() -> None:
    template = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {
            "F": {
                "Type": "AWS::Serverless::Function",
                "Properties": {"Runtime": "provided.al2023", "Handler": "bootstrap", "CodeUri": "functions/"},
            }
        },
    }
    expanded = loading.expand(template)
    assert expanded["Resources"]["F"]["Type"] == "AWS::Lambda::Function"
    assert "Transform" in template, "the template itself is left as it was"
