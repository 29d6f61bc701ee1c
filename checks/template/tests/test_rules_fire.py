"""A check that cannot fail is a defect: each rule is seen to fire on a template that breaks it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from template_rules import table_of_powers
from template_rules.houses import EXAMPLE, HOME, MEMBER, SCENARIOS, houses
from template_rules.rule import RULES, findings

Template = dict[str, Any]
Change = Callable[[Template], Any]


def props(template: Template, logical: str) -> dict[str, Any]:
    return template["Resources"][logical]["Properties"]


def sets(logical: str, *path: str | int, to: Any) -> Change:
    """Sets a property of a resource."""

    def change(template: Template) -> None:
        part = props(template, logical)
        for step in path[:-1]:
            part = part[step]
        part[path[-1]] = to

    return change


def drops(logical: str, *path: str | int) -> Change:
    """Takes a property of a resource away."""

    def change(template: Template) -> None:
        part = props(template, logical)
        for step in path[:-1]:
            part = part[step]
        del part[path[-1]]

    return change


def says(policy: str, action: Any, resource: Any, **more: Any) -> Change:
    """Adds a statement to a policy."""

    def change(template: Template) -> None:
        statement = {"Effect": "Allow", "Action": action, "Resource": resource} | more
        props(template, policy)["PolicyDocument"]["Statement"].append(statement)

    return change


def attribute(logical: str, name: str, to: Any) -> Change:
    return lambda template: template["Resources"][logical].update({name: to})


def without(logical: str) -> Change:
    return lambda template: template["Resources"].pop(logical)


def adds(logical: str, kind: str, **properties: Any) -> Change:
    return lambda template: template["Resources"].update({logical: {"Type": kind, "Properties": properties}})


def environment(logical: str, name: str, to: str) -> Change:
    return sets(logical, "Environment", "Variables", name, to=to)


def trust(statement: int, *path: str, to: Any) -> Change:
    return sets("AccessRole", "AssumeRolePolicyDocument", "Statement", statement, *path, to=to)


def metric(alarm: str, name: str) -> Change:
    return sets(alarm, "MetricName", to=name)


ANOTHER = {"Fn::GetAtt": ["ApiRole", "Arn"]}
DSSE = {"Fn::If": ["HasDataKey", "aws:kms:dsse", "aws:kms:dsse"]}

# Rule, template, and what breaks it.
BREAKS: list[tuple[str, str, Change]] = [
    ("every-route-is-an-operation", HOME, without("DenyRoute")),
    ("every-route-is-an-operation", HOME, sets("DenyRoute", "RouteKey", to="DELETE /v1/requests/{id}")),
    ("every-route-is-an-operation", HOME, sets("DenyRoute", "RouteKey", to="POST /v1/requests/{id}/approve")),
    ("every-route-asks-for-a-token", HOME, sets("AskRoute", "AuthorizationType", to="NONE")),
    ("every-route-asks-for-a-token", HOME, drops("AskRoute", "AuthorizerId")),
    ("every-route-asks-for-a-token", HOME, sets("AskRoute", "AuthorizationType", to="JWT")),
    ("every-route-asks-for-a-token", HOME, sets("HealthRoute", "AuthorizationType", to="JWT")),
    ("every-route-asks-for-a-token", HOME, sets("HealthRoute", "RouteKey", to="GET /v1/open")),
    ("only-one-route-reaches-issue", HOME, sets("AskRoute", "Target", to={"Fn::Sub": "integrations/${IssueIntegration}"})),
    ("only-one-route-reaches-issue", HOME, sets("IssueRoute", "Target", to={"Fn::Sub": "integrations/${ApiIntegration}"})),
    ("only-one-route-reaches-issue", HOME, sets("ReadinessRoute", "Target", to={"Fn::Sub": "integrations/${ApiIntegration}"})),
    ("the-gateway-alone-calls-functions", HOME, drops("ApiInvocation", "SourceArn")),
    ("the-gateway-alone-calls-functions", HOME, sets("DoctorInvocation", "SourceArn", to={"Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${HttpApi}/*"})),
    ("the-gateway-alone-calls-functions", HOME, sets("IssueInvocation", "SourceArn", to={"Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${HttpApi}/*"})),
    ("calls-are-throttled-and-logged", HOME, drops("Stage", "DefaultRouteSettings", "ThrottlingRateLimit")),
    ("calls-are-throttled-and-logged", HOME, drops("Stage", "AccessLogSettings")),
    ("every-route-is-an-operation", HOME, without("ChatLinkRoute")),
    ("every-route-is-an-operation", HOME, without("ChatHookRoute")),
    ("every-route-is-an-operation", HOME, without("ChatUnlinkRoute")),
    ("every-route-is-an-operation", HOME, lambda template: template["Resources"]["ChatLinksRoute"].pop("Condition")),
    ("every-route-is-an-operation", HOME, lambda template: template["Resources"]["ChatHookRoute"].update(Condition="HasChat")),
    ("every-route-is-an-operation", HOME, lambda template: template["Resources"]["ChatCommandsRoute"].update(Condition="HasChat")),
    ("every-route-is-an-operation", HOME, lambda template: template["Resources"]["ChatApproveRoute"].pop("Condition")),
    ("every-route-asks-for-a-token", HOME, sets("ChatLinkRoute", "AuthorizationType", to="JWT")),
    ("only-one-route-reaches-issue", HOME, sets("ChatLinkRoute", "Target", to={"Fn::Sub": "integrations/${ApiIntegration}"})),
    ("calls-are-throttled-and-logged", HOME, sets("HttpApi", "CorsConfiguration", to={"AllowOrigins": ["*"]})),
    ("no-wildcard-action", HOME, says("ApiPolicy", "dynamodb:*", {"Fn::GetAtt": ["Table", "Arn"]})),
    ("no-wildcard-action", MEMBER, says("AccessPolicy", "ssm:Start*", "arn:aws:ssm:::document/x")),
    ("no-wildcard-action", EXAMPLE, sets("InstanceRole", "Policies", 0, "PolicyDocument", "Statement", 0, "Action", to="s3:Put?bject")),
    ("no-wildcard-action", HOME, says("ApiPolicy", [], "arn:aws:s3:::x", NotAction="iam:PassRole")),
    ("no-wildcard-resource", HOME, says("ApiPolicy", "s3:GetObject", "*")),
    ("no-wildcard-resource", HOME, says("AccessPolicy", "ssmmessages:OpenDataChannel", "*")),
    ("no-role-assumes-whatever-it-likes", HOME, says("IssuePolicy", "sts:AssumeRole", "*")),
    ("no-role-assumes-whatever-it-likes", HOME, says("ApiPolicy", "sts:TagSession", {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:role/*"})),
    ("nobody-is-everybody", HOME, says("LogBucketPolicy", "s3:GetObject", "arn:aws:s3:::x/*", Principal="*")),
    ("nobody-is-everybody", MEMBER, trust(0, "Principal", to={"AWS": "*"})),
    ("variables-are-variables", HOME, sets("AccessPolicy", "PolicyDocument", "Version", to="2008-10-17")),
    ("no-managed-policies-of-aws", HOME, sets("ApiRole", "ManagedPolicyArns", to=[{"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/AdministratorAccess"}])),
    ("no-literal-secret", HOME, environment("ApiFunction", "POSTERN_LOG", "AKIA" + "ABCDEFGHIJKLMNOP")),
    ("no-literal-secret", HOME, environment("ApiFunction", "SLACK_TOKEN", "abc")),
    ("no-literal-secret", MEMBER, lambda template: template["Parameters"]["ExternalId"].update(NoEcho=True)),
    ("no-account-or-region-of-ours", HOME, sets("ApiRole", "Description", to="of account 123456789012")),
    ("no-account-or-region-of-ours", MEMBER, sets("ReaderRole", "RoleName", to="PosternReader-eu-west-1")),
    ("nothing-that-closes", HOME, adds("People", "AWS::Cognito::UserPool")),
    ("every-parameter-is-explained-and-bounded", HOME, lambda template: template["Parameters"]["Issuer"].pop("AllowedPattern")),
    ("every-parameter-is-explained-and-bounded", HOME, lambda template: template["Parameters"]["Issuer"].pop("Description")),
    ("every-parameter-is-explained-and-bounded", EXAMPLE, lambda template: template["Parameters"]["LogBucket"].pop("ConstraintDescription")),
    ("every-parameter-is-used", HOME, lambda template: template["Parameters"].update(Idle=dict(template["Parameters"]["LogLevel"]))),
    ("every-parameter-stands-in-a-group", HOME, lambda template: template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"].pop()),
    ("roles-say-what-the-local-run-is-tested-with", HOME, says("SweeperPolicy", "ssm:SendCommand", "arn:aws:ec2:::instance/*")),
    ("roles-say-what-the-local-run-is-tested-with", HOME, says("IssuePolicy", "dynamodb:DeleteItem", {"Fn::GetAtt": ["Table", "Arn"]})),
    ("roles-say-what-the-local-run-is-tested-with", HOME, lambda template: props(template, "ApiPolicy")["PolicyDocument"]["Statement"].pop(0)),
    ("roles-say-what-the-local-run-is-tested-with", HOME, says("ChatopsPolicy", "secretsmanager:GetSecretValue", "arn:aws:secretsmanager:ap-northeast-2:111122223333:secret:postern/chat/*")),
    ("roles-say-what-the-local-run-is-tested-with", HOME, trust(0, "Condition", "StringLike", "sts:RoleSessionName", to="*")),
    ("roles-say-what-the-local-run-is-tested-with", HOME, trust(0, "Condition", "StringNotEqualsIfExists", to={})),
    ("roles-say-what-the-local-run-is-tested-with", MEMBER, trust(1, "Condition", "ForAllValues:StringEquals", "aws:TagKeys", to=["postern:request", "SSMSessionRunAs", "more"])),
    ("roles-say-what-the-local-run-is-tested-with", MEMBER, trust(2, "Condition", to={})),
    ("roles-say-what-the-local-run-is-tested-with", HOME, says("AccessBoundary", "ssm:SendCommand", "*")),
    ("roles-say-what-the-local-run-is-tested-with", MEMBER, says("AccessPolicy", "ssm:SendCommand", "arn:aws:ec2:::instance/*")),
    ("only-issue-may-assume-the-access-role", HOME, trust(0, "Principal", to={"AWS": ANOTHER})),
    ("only-issue-may-assume-the-access-role", MEMBER, trust(1, "Principal", to={"AWS": [{"Ref": "IssueRoleArn"}, {"Ref": "ApiRoleArn"}]})),
    ("only-issue-may-assume-the-access-role", HOME, says("ApiPolicy", "sts:AssumeRole", {"Fn::GetAtt": ["AccessRole", "Arn"]})),
    ("only-issue-may-assume-the-access-role", HOME, says("SweeperPolicy", "sts:AssumeRole", "arn:aws:iam::444455556666:role/postern/elsewhere")),
    ("roles-that-act-elsewhere-are-their-own", HOME, says("ApiPolicy", "sts:AssumeRole", {"Ref": "MemberOperatorRoles"})),
    ("roles-that-act-elsewhere-are-their-own", HOME, says("DoctorPolicy", "sts:AssumeRole", {"Ref": "MemberOperatorRoles"})),
    ("the-access-role-is-capped", HOME, drops("AccessRole", "PermissionsBoundary")),
    ("the-access-role-is-capped", MEMBER, sets("AccessRole", "MaxSessionDuration", to=43200)),
    ("the-access-role-is-capped", HOME, adds("More", "AWS::IAM::Policy", PolicyName="more", Roles=[{"Ref": "AccessRole"}], PolicyDocument={"Version": "2012-10-17", "Statement": []})),
    ("the-access-role-is-capped", HOME, sets("AccessRole", "ManagedPolicyArns", to=[])),
    ("services-assume-their-own-roles", HOME, sets("ApiFunction", "Role", to={"Fn::GetAtt": ["IssueRole", "Arn"]})),
    ("services-assume-their-own-roles", HOME, sets("ApiRole", "AssumeRolePolicyDocument", "Statement", 0, "Principal", to={"AWS": ANOTHER})),
    ("members-give-no-more-than-home-has", MEMBER, lambda template: props(template, "ReaderRole")["Policies"][0]["PolicyDocument"]["Statement"].append({"Effect": "Allow", "Action": "ssm:TerminateSession", "Resource": "arn:aws:ssm:::session/req-*"})),
    ("members-give-no-more-than-home-has", MEMBER, drops("OperatorRole", "AssumeRolePolicyDocument", "Statement", 0, "Condition")),
    ("members-give-no-more-than-home-has", MEMBER, lambda template: props(template, "ExaminerRole")["Policies"][0]["PolicyDocument"]["Statement"].append({"Effect": "Allow", "Action": "ssm:TerminateSession", "Resource": "arn:aws:ssm:::session/x"})),
    ("every-policy-belongs-to-a-role", HOME, sets("ApiPolicy", "Users", to=["somebody"])),
    ("no-role-is-left-out-of-the-table", MEMBER, adds("MoreRole", "AWS::IAM::Role", AssumeRolePolicyDocument={"Version": "2012-10-17", "Statement": []})),
    ("the-table-is-the-one-of-the-code", HOME, sets("Table", "KeySchema", 1, "AttributeName", to="id")),
    ("the-table-is-the-one-of-the-code", HOME, lambda template: props(template, "Table")["GlobalSecondaryIndexes"].pop()),
    ("the-table-is-the-one-of-the-code", HOME, sets("Table", "GlobalSecondaryIndexes", 0, "KeySchema", 1, "AttributeName", to="id")),
    ("the-table-is-the-one-of-the-code", HOME, sets("Table", "GlobalSecondaryIndexes", 0, "Projection", "ProjectionType", to="ALL")),
    ("the-table-is-the-one-of-the-code", HOME, sets("Table", "AttributeDefinitions", 0, "AttributeType", to="N")),
    ("the-table-is-the-one-of-the-code", HOME, sets("Table", "TimeToLiveSpecification", "AttributeName", to="ttl")),
    ("the-table-survives", HOME, sets("Table", "DeletionProtectionEnabled", to=False)),
    ("the-table-survives", HOME, drops("Table", "PointInTimeRecoverySpecification")),
    ("the-table-survives", HOME, attribute("Table", "DeletionPolicy", "Delete")),
    ("documents-are-those-of-the-code", HOME, sets("Shell15Document", "Content", "inputs", "s3EncryptionEnabled", to=False)),
    ("documents-are-those-of-the-code", MEMBER, sets("Shell480Document", "Content", "inputs", "maxSessionDuration", to="1440")),
    ("documents-are-those-of-the-code", HOME, sets("PortDocument", "Content", "properties", "host", to="{{ host }}")),
    ("documents-are-those-of-the-code", HOME, drops("Shell15Document", "UpdateMethod")),
    ("documents-are-those-of-the-code", HOME, without("ShellAs60Document")),
    ("documents-are-those-of-the-code", HOME, sets("SshDocument", "Name", to="Postern-SSH")),
    ("what-is-offered-can-be-had", HOME, without("Shell60Document")),
    ("what-is-offered-can-be-had", MEMBER, lambda template: template["Resources"]["SshDocument"].pop("Condition")),
    ("the-place-is-this-one", MEMBER, lambda template: template["Outputs"]["Place"]["Value"]["Fn::Sub"].__setitem__(0, template["Outputs"]["Place"]["Value"]["Fn::Sub"][0].replace("operator_role", "operator"))),
    ("the-place-is-this-one", HOME, lambda template: template["Outputs"]["LogBucketName"].update(Value={"Ref": "EvidenceBucket"})),
    ("settings-are-those-of-the-code", HOME, environment("ApiFunction", "POSTERN_ISSUERS", "x")),
    ("settings-are-those-of-the-code", HOME, environment("ApiFunction", "POSTERN_ALLOW_LOOPBACK_ISSUER", "true")),
    ("settings-are-those-of-the-code", HOME, environment("ApiFunction", "POSTERN_LOG", "x" * 4_000)),
    ("settings-are-those-of-the-code", HOME, lambda template: template["Globals"]["Function"]["Environment"]["Variables"].pop("POSTERN_SETTLE")),
    ("deciders-have-one-policy-set", HOME, environment("IssueFunction", "POSTERN_POLICY_FILE", "/opt/other.cedar")),
    ("deciders-have-one-policy-set", HOME, environment("SweeperFunction", "POSTERN_POLICY_FILE", "/opt/starter.cedar")),
    ("deciders-have-one-policy-set", HOME, drops("IssueFunction", "Layers")),
    ("deciders-are-told-the-same", HOME, environment("IssueFunction", "POSTERN_AUDIENCES", "others")),
    ("deciders-are-told-the-same", HOME, environment("ChatopsFunction", "POSTERN_GROUPS_CLAIM", "others")),
    ("deciders-are-told-the-same", HOME, drops("ChatopsFunction", "Environment", "Variables", "POSTERN_DOCTOR_FUNCTION")),
    ("deciders-are-told-the-same", HOME, drops("ApiFunction", "Environment", "Variables", "POSTERN_HUMAN_CLAIM")),
    ("functions-are-built-from-their-binaries", HOME, lambda template: template["Resources"]["IssueFunction"]["Metadata"]["BuildProperties"].update(Binary="api")),
    ("functions-are-built-from-their-binaries", HOME, lambda template: template["Globals"]["Function"].update(Runtime="provided.al2")),
    ("functions-run-long-enough-and-not-longer", HOME, sets("ApiFunction", "Timeout", to=60)),
    ("functions-run-long-enough-and-not-longer", HOME, sets("SweeperFunction", "Timeout", to=60)),
    ("functions-run-long-enough-and-not-longer", HOME, sets("ChatopsFunction", "Timeout", to=29)),
    ("functions-run-long-enough-and-not-longer", HOME, sets("SweeperFunction", "ReservedConcurrentExecutions", to=1)),
    ("the-sweeper-is-woken", HOME, sets("SweeperFunction", "Events", "EveryMinute", "Properties", "ScheduleExpression", to="rate(5 minutes)")),
    ("the-sweeper-is-woken", HOME, sets("SweeperFunction", "Events", "EveryMinute", "Properties", "FlexibleTimeWindow", to={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5})),
    ("the-sweeper-is-woken", HOME, sets("SweeperFunction", "Events", "LogLanded", "Properties", "Pattern", "detail", "bucket", "name", to=[{"Ref": "EvidenceBucket"}])),
    ("the-sweeper-is-woken", HOME, drops("SweeperFunction", "Events", "LogLanded", "Properties", "DeadLetterConfig")),
    ("the-sweeper-is-woken", HOME, drops("SweeperFunction", "EventInvokeConfig", "DestinationConfig")),
    ("the-sweeper-is-woken", HOME, drops("ChatopsFunction", "EventInvokeConfig", "DestinationConfig")),
    ("the-sweeper-is-woken", HOME, without("ChatSchedule")),
    ("the-sweeper-is-woken", HOME, sets("ChatEvents", "EventPattern", to={"source": ["postern"]})),
    ("the-sweeper-is-woken", HOME, drops("ChatEvents", "Targets", 0, "DeadLetterConfig")),
    ("functions-log-where-it-is-kept", HOME, drops("ApiLog", "RetentionInDays")),
    ("functions-log-where-it-is-kept", HOME, sets("ApiFunction", "LoggingConfig", "LogGroup", to="/elsewhere")),
    ("alarms-look-at-what-is-told", HOME, metric("BypassAlarm", "Bypass")),
    ("alarms-look-at-what-is-told", HOME, sets("BypassAlarm", "Dimensions", to=[])),
    ("alarms-look-at-what-is-told", HOME, sets("SweeperFailingAlarm", "Metrics", 1, "MetricStat", "Metric", "Dimensions", 0, "Value", to="other")),
    ("what-matters-is-watched", HOME, without("BacklogAlarm")),
    ("what-matters-is-watched", HOME, sets("BacklogAlarm", "AlarmDescription", to="Backlog")),
    ("what-matters-is-watched", HOME, drops("BacklogAlarm", "AlarmActions")),
    ("both-who-take-requests-are-watched", HOME, lambda template: props(template, "GlassBrokenAlarm")["Metrics"].pop(2)),
    ("both-who-take-requests-are-watched", HOME, lambda template: props(template, "DoctorSilentAlarm")["Metrics"].pop(1)),
    ("what-matters-is-watched", HOME, sets("SweeperNotRunningAlarm", "TreatMissingData", to="notBreaching")),
    ("the-dashboard-can-be-read", HOME, sets("Dashboard", "DashboardBody", to="{")),
    ("the-dashboard-can-be-read", HOME, sets("Dashboard", "DashboardBody", to='{"widgets":[{"properties":{"metrics":[["Postern","Unknown"]]}}]}')),
    ("the-filter-reads-the-access-log", HOME, sets("Stage", "AccessLogSettings", "Format", to='{"status":"$context.status"}')),
    ("the-filter-reads-the-access-log", HOME, sets("IssueFailures", "FilterPattern", to='{ $.status = 500 }')),
    ("buckets-keep-what-is-written", HOME, drops("LogBucket", "VersioningConfiguration")),
    ("buckets-keep-what-is-written", HOME, drops("EvidenceBucket", "ObjectLockConfiguration", "Rule")),
    ("buckets-keep-what-is-written", MEMBER, sets("LogBucket", "PublicAccessBlockConfiguration", "BlockPublicPolicy", to=False)),
    ("buckets-keep-what-is-written", HOME, sets("LogBucket", "BucketEncryption", "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault", "SSEAlgorithm", to=DSSE)),
    ("buckets-keep-what-is-written", HOME, drops("LogBucket", "NotificationConfiguration")),
    ("buckets-keep-what-is-written", HOME, drops("LogBucket", "OwnershipControls")),
    ("buckets-keep-what-is-written", HOME, attribute("EvidenceBucket", "DeletionPolicy", "Delete")),
    ("bucket-policies-refuse", HOME, lambda template: props(template, "LogBucketPolicy")["PolicyDocument"]["Statement"].pop(0)),
    ("bucket-policies-refuse", HOME, says("EvidenceBucketPolicy", "s3:PutObject", "arn:aws:s3:::x/*", Principal={"AWS": ANOTHER})),
    ("members-are-like-home", MEMBER, sets("NodeLogPolicy", "Description", to="other")),
    ("nobody-comes-in", EXAMPLE, sets("InstanceSecurityGroup", "SecurityGroupIngress", to=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "10.0.0.0/8"}])),
    ("nobody-comes-in", EXAMPLE, lambda template: template["Resources"]["SshFromConnectEndpoint"].pop("Condition") and template["Resources"]["ConnectSecurityGroup"].pop("Condition")),
    ("nobody-comes-in", EXAMPLE, sets("Instance", "KeyName", to="mine")),
    ("nobody-comes-in", EXAMPLE, sets("Instance", "MetadataOptions", "HttpTokens", to="optional")),
    ("private-is-private", EXAMPLE, sets("Subnet", "MapPublicIpOnLaunch", to=True)),
    ("private-is-private", EXAMPLE, adds("Nat", "AWS::EC2::NatGateway")),
    ("session-manager-is-reached", EXAMPLE, sets("Vpc", "EnableDnsHostnames", to=False)),
    ("session-manager-is-reached", EXAMPLE, without("SsmMessagesEndpoint")),
    ("session-manager-is-reached", EXAMPLE, sets("SsmEndpoint", "PrivateDnsEnabled", to=False)),
    ("session-manager-is-reached", EXAMPLE, sets("EndpointSecurityGroup", "SecurityGroupIngress", 0, "ToPort", to=80)),
    ("logs-get-to-the-bucket", EXAMPLE, lambda template: props(template, "S3Endpoint")["PolicyDocument"]["Statement"].pop(0)),
    ("logs-get-to-the-bucket", EXAMPLE, lambda template: props(template, "InstanceRole")["Policies"][0]["PolicyDocument"]["Statement"].pop(1)),
    ("logs-get-to-the-bucket", EXAMPLE, drops("S3Endpoint", "RouteTableIds")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "template", "change"), BREAKS, ids=[f"{n}-{rule}" for n, (rule, _, _) in enumerate(BREAKS)]
)
def test_what_breaks_a_rule_is_found_by_it(rule: str, template: str, change: Change, broken: Any) -> None:
    assert findings(broken(template, change), only=rule)


def test_a_table_of_powers_that_is_not_current_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "powers.md"
    # A line that stands under other roles as well.
    written = table_of_powers.PAGE.read_text(encoding="utf-8")
    line = "| `dynamodb:GetItem` | `dynamodb:table/postern` |  |  |\n"
    assert written.count(line) == 4
    other.write_text(written.replace(line, "", 1), encoding="utf-8")
    monkeypatch.setattr(table_of_powers, "PAGE", other)
    monkeypatch.delenv("UPDATE_GOLDEN", raising=False)
    assert findings(houses(HOME), only="the-table-of-powers-is-current")


def test_every_rule_is_seen_to_fire() -> None:
    # The page is compared with the templates as they are, so it is the page that is broken above.
    tried = {rule for rule, _, _ in BREAKS} | {"the-table-of-powers-is-current"}
    assert tried == set(RULES)


@pytest.mark.parametrize("template", SCENARIOS)
def test_the_templates_as_they_are_break_no_rule(template: str) -> None:
    assert findings(houses(template)) == []
