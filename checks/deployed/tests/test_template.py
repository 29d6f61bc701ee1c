"""What is changed in the template is what `CHANGES` says, and nothing else."""

from __future__ import annotations

import copy

from deployed import template
from template_rules.evaluating import evaluate

_EXPANDED = template.expanded()


def test_only_what_the_changes_name_differs() -> None:
    expanded = copy.deepcopy(_EXPANDED)
    before = copy.deepcopy(expanded)
    changed = template.changed(expanded)
    assert expanded == before
    gone = expanded["Resources"].keys() - changed["Resources"].keys()
    assert {expanded["Resources"][each]["Type"] for each in gone} == {"AWS::SSM::Document", "AWS::CloudWatch::Alarm"}
    assert changed["Resources"].keys() < expanded["Resources"].keys()
    for logical, resource in changed["Resources"].items():
        was = copy.deepcopy(expanded["Resources"][logical])
        if resource["Type"] == "AWS::Lambda::Function":
            assert resource["Properties"]["Code"]["S3Bucket"] == template.CODE
            was["Properties"]["Code"] = resource["Properties"]["Code"]
            settings = resource["Properties"]["Environment"]["Variables"]
            if settings.pop("POSTERN_ALLOW_LOOPBACK_ISSUER", None):
                assert "POSTERN_ISSUER" in settings
            if logical == "ChatopsFunction":
                assert settings.pop("POSTERN_CHAT_SLACK") == {"Fn::Sub": "${SlackAddress}/api"}
                assert settings.pop("POSTERN_CHAT_HOOKS") == {"Ref": "SlackAddress"}
        if resource["Type"] in ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy"):
            statements = was["Properties"]["PolicyDocument"]["Statement"]
            (tls,) = [each for each in statements if each.get("Sid") == "TlsOnly"]
            statements.remove(tls)
        for statement in was["Properties"].get("PolicyDocument", {}).get("Statement", []):
            if statement.get("Sid") == "OnlyTheSweeperWrites":
                session = "arn:${AWS::Partition}:sts::${AWS::AccountId}:assumed-role/${SweeperRole}/*"
                statement["Condition"] = {"ArnNotLike": {"aws:PrincipalArn": {"Fn::Sub": session}}}
            if statement.get("Sid") == "TellTheBus":
                assert statement.pop("Condition") == {"StringEquals": {"events:source": "postern"}}
        assert resource == was, logical
    lists = [name for name, each in expanded["Conditions"].items() if changed["Conditions"][name] != each]
    assert lists and all("Fn::Join" in str(expanded["Conditions"][name]) for name in lists)
    for part in expanded.keys() - {"Resources", "Parameters", "Conditions"}:
        assert changed[part] == expanded[part]
    for parameter in ("Issuer", "ChatHookAddress"):
        expanded["Parameters"][parameter].pop("AllowedPattern")
    assert changed["Parameters"] == expanded["Parameters"] | {"SlackAddress": {"Type": "String"}}


def test_every_change_changes_something() -> None:
    for change in template.CHANGES:
        changed = copy.deepcopy(_EXPANDED)
        change(changed)
        assert changed != _EXPANDED, change.__doc__


def test_no_role_route_or_function_is_changed_away() -> None:
    kept = {"AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::Lambda::Function"}
    kept |= {"AWS::ApiGatewayV2::Route", "AWS::Scheduler::Schedule", "AWS::Events::Rule", "AWS::S3::BucketPolicy"}
    expanded = copy.deepcopy(_EXPANDED)
    changed = template.changed(expanded)
    for logical, resource in expanded["Resources"].items():
        assert resource["Type"] not in kept or logical in changed["Resources"]


def test_documents_are_worked_out_with_the_names_of_the_deployment() -> None:
    given = template.parameters("http://127.0.0.1:1", "somebody", "http://127.0.0.1:2", "http://127.0.0.1:3")
    documents = template.documents(_EXPANDED, given, {"LogBucket": "logs-of-this-stack"})
    assert documents["Postern-Shell-15"]["inputs"]["s3BucketName"] == "logs-of-this-stack"
    assert evaluate(template.changed(_EXPANDED), given)["Outputs"]["LogBucketName"] == "postern-session-logs"
