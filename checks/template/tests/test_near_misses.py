"""The policies of the template, judged by an evaluator of IAM policies that is not ours.

ministack (MIT, from PyPI) evaluates policies without an account. The local run tests the same policies
against its own evaluator (local/run/tests/house); that two of them agree is worth more than either.

It does not know `sts:SourceIdentity`, and refuses whatever asks for it. So that key is taken out of the
trust policy here, and that it stands there is asserted instead.
"""

from __future__ import annotations

import copy
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from template_rules import evaluating
from template_rules.houses import HOME, House, houses

MINISTACK = os.environ.get("POSTERN_MINISTACK", "")

pytestmark = pytest.mark.skipif(not MINISTACK, reason="POSTERN_MINISTACK names no ministack; .ci/template sets it")

REQUEST = "req-01K00000000000000000000000"
OURS = "000000000000"
"""The account of ministack."""


_FUNCTIONS = ("Api", "Chatops", "Issue", "Sweeper", "Doctor")


@cache
def _house(scenario: str = "as the local run") -> House:
    return next(house for house in houses(HOME) if house.scenario == scenario)


def _here(document: Any) -> Any:
    """A document of the template in the account of ministack."""
    return json.loads(json.dumps(document).replace(evaluating.ACCOUNT, OURS))


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = tmp_path_factory.mktemp("ministack")
    # A clean environment: nothing of whoever runs this, and only loopback.
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
    }
    with (home / "log").open("wb") as log:
        server = subprocess.Popen([MINISTACK], env=environment, cwd=home, stdout=log, stderr=log)
    try:
        for _ in range(300):
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)


def _client(service: str, endpoint: str, credentials: dict[str, str] | None = None) -> Any:
    keys = credentials or {"AccessKeyId": "test", "SecretAccessKey": "test"}
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=evaluating.REGION,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys.get("SessionToken"),
    )


@pytest.fixture(scope="module")
def account(endpoint: str) -> str:
    """The roles of the template; those of functions can be taken by the account, for want of Lambda."""
    house = _house()
    iam = _client("iam", endpoint)
    root = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OURS}:root"}, "Action": "sts:AssumeRole"}
        ],
    }

    def policy(name: str, document: Any) -> str:
        made = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(_here(document)))
        return str(made["Policy"]["Arn"])

    for function in _FUNCTIONS:
        name = f"Postern{function}"
        iam.create_role(RoleName=name, Path="/postern/", AssumeRolePolicyDocument=json.dumps(root))
        arn = policy(name, house.the(f"{function}Policy")["PolicyDocument"])
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    trust = copy.deepcopy(house.the("AccessRole")["AssumeRolePolicyDocument"])
    for statement in trust["Statement"]:
        said = statement["Condition"]["StringLike"].pop("sts:SourceIdentity", None)
        assert said == (None if statement["Action"] == "sts:TagSession" else "?*")
    iam.create_role(
        RoleName="PosternAccess",
        Path="/postern/",
        AssumeRolePolicyDocument=json.dumps(_here(trust)),
        PermissionsBoundary=policy("boundary", house.the("AccessBoundary")["PolicyDocument"]),
    )
    arn = policy("access", house.the("AccessPolicy")["PolicyDocument"])
    iam.attach_role_policy(RoleName="PosternAccess", PolicyArn=arn)
    return endpoint


def _as(endpoint: str, role: str) -> dict[str, str]:
    arn = f"arn:aws:iam::{OURS}:role/postern/{role}"
    answer = _client("sts", endpoint).assume_role(RoleArn=arn, RoleSessionName="function")
    return dict(answer["Credentials"])


def _assume(endpoint: str, by: str = "PosternIssue", name: str = REQUEST, **tags: str) -> dict[str, str]:
    """Takes the access role as `issue` does it, but for what is given."""
    given = tags or {"postern:request": REQUEST}
    answer = _client("sts", endpoint, _as(endpoint, by)).assume_role(
        RoleArn=f"arn:aws:iam::{OURS}:role/postern/PosternAccess",
        RoleSessionName=name,
        SourceIdentity="anna",
        Tags=[{"Key": key, "Value": value} for key, value in given.items() if value],
    )
    return dict(answer["Credentials"])


def _refused(error: pytest.ExceptionInfo[ClientError]) -> bool:
    return str(error.value.response["Error"]["Code"]) in ("AccessDenied", "AccessDeniedException")


@pytest.mark.parametrize("tags", [{}, {"postern:request": REQUEST, "SSMSessionRunAs": "deploy"}])
def test_issue_gets_the_access_role_for_one_request(account: str, tags: dict[str, str]) -> None:
    assert _assume(account, **tags)["SessionToken"]


@pytest.mark.parametrize(
    ("what", "how"),
    [
        ("another function", {"by": "PosternApi"}),
        ("the bot in chat", {"by": "PosternChatops"}),
        ("the sweeper", {"by": "PosternSweeper"}),
        ("the doctor", {"by": "PosternDoctor"}),
        ("a name that is no request", {"name": "anna"}),
        ("no request tag", {"postern:request": ""}),
        ("a request tag that is no request", {"postern:request": "all"}),
        ("a tag that nobody set", {"postern:request": REQUEST, "SSMSessionRunWith": "deploy"}),
        ("root on the node by a tag", {"postern:request": REQUEST, "SSMSessionRunAs": "root"}),
    ],
)
def test_near_misses_of_the_trust_policy_are_refused(account: str, what: str, how: dict[str, str]) -> None:
    with pytest.raises(ClientError) as refused:
        _assume(account, **how)
    assert _refused(refused), what


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("ssm", "send_command", {"InstanceIds": ["i-0a1b2c3d4e5f60707"], "DocumentName": "AWS-RunShellScript"}),
        ("ssm", "get_parameter", {"Name": "secret"}),
        ("ssm", "describe_sessions", {"State": "Active"}),
        ("sts", "assume_role", {"RoleArn": f"arn:aws:iam::{OURS}:role/postern/PosternIssue", "RoleSessionName": "on"}),
        ("s3", "list_buckets", {}),
        ("iam", "put_role_policy", {"RoleName": "PosternAccess", "PolicyName": "more", "PolicyDocument": "{}"}),
        ("dynamodb", "get_item", {"TableName": "postern", "Key": {"pk": {"S": "x"}, "sk": {"S": "x"}}}),
    ],
)
def test_credentials_of_a_grant_can_do_nothing_else(
    account: str, service: str, operation: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(_client(service, account, _assume(account)), operation)(**arguments)
    assert _refused(refused)


_TABLE = f"arn:aws:dynamodb:{evaluating.REGION}:{evaluating.ACCOUNT}:table/postern"
_ACCESS = f"arn:aws:iam::{evaluating.ACCOUNT}:role/postern/PosternAccess"
_SSM = f"arn:aws:ssm:{evaluating.REGION}:{evaluating.ACCOUNT}"
_LAMBDA = f"arn:aws:lambda:{evaluating.REGION}:{evaluating.ACCOUNT}:function"


@pytest.mark.parametrize(
    ("action", "resource", "may"),
    [
        ("dynamodb:GetItem", _TABLE, ["Api", "Chatops", "Issue", "Sweeper"]),
        ("dynamodb:DeleteItem", _TABLE, ["Api", "Chatops", "Sweeper"]),
        ("dynamodb:Scan", _TABLE, []),
        ("dynamodb:Query", _TABLE, ["Api", "Chatops", "Issue", "Sweeper"]),
        ("dynamodb:Query", f"{_TABLE}/index/due", ["Sweeper"]),
        ("dynamodb:Query", f"{_TABLE}/index/waiting", ["Api", "Chatops"]),
        ("dynamodb:Query", f"{_TABLE}/index/day", ["Api"]),
        ("ssm:DescribeSessions", "*", ["Sweeper"]),
        ("ec2:DescribeVpcEndpoints", "*", ["Doctor"]),
        ("ec2:ModifyVpcEndpoint", "*", []),
        ("lambda:InvokeFunction", f"{_LAMBDA}:postern-doctor", ["Api", "Chatops"]),
        ("lambda:InvokeFunction", f"{_LAMBDA}:postern-chatops", ["Chatops"]),
        ("lambda:InvokeFunction", f"{_LAMBDA}:postern-sweeper", []),
        ("lambda:InvokeFunction", f"{_LAMBDA}:postern-issue", []),
        ("ssm:GetParameter", f"{_SSM}:parameter/postern/chat/hook-secret", ["Chatops"]),
        ("ssm:GetParameter", f"{_SSM}:parameter/postern/chat/signing-secret", ["Chatops"]),
        ("ssm:GetParameter", f"{_SSM}:parameter/postern/chat/more", []),
        ("ssm:GetParameter", f"{_SSM}:parameter/aws/reference/secretsmanager/postern/chat/signing-secret", []),
        ("ssm:GetParametersByPath", f"{_SSM}:parameter/postern/chat", []),
        ("ssm:TerminateSession", f"{_SSM}:session/{REQUEST}-0a1b2c3d4e5f6a7b8", ["Sweeper"]),
        ("ssm:TerminateSession", f"{_SSM}:session/anna-0a1b2c3d4e5f6a7b8", []),
        ("ssm:StartSession", f"{_SSM}:document/Postern-Shell-30", []),
        ("ssm:SendCommand", f"{_SSM}:document/AWS-RunShellScript", []),
        ("sts:AssumeRole", _ACCESS, ["Issue"]),
        ("sts:TagSession", _ACCESS, ["Issue"]),
        ("sts:AssumeRole", f"arn:aws:iam::{evaluating.ACCOUNT}:role/postern/PosternIssue", []),
        ("iam:GetRolePolicy", _ACCESS, ["Sweeper"]),
        ("iam:UpdateAssumeRolePolicy", _ACCESS, []),
        ("iam:PassRole", _ACCESS, []),
        ("s3:GetObject", "arn:aws:s3:::postern-session-logs/sessions/some.log", []),
        ("s3:PutObject", "arn:aws:s3:::postern-evidence/checkpoints/1", ["Sweeper"]),
        ("s3:DeleteObject", "arn:aws:s3:::postern-evidence/checkpoints/1", []),
        ("s3:PutObject", "arn:aws:s3:::postern-session-logs/sessions/some.log", []),
    ],
)
def test_functions_may_do_their_own_part_and_nothing_else(
    endpoint: str, action: str, resource: str, may: list[str]
) -> None:
    assert _who_may(endpoint, _house(), action, resource) == may


def _who_may(endpoint: str, house: House, action: str, resource: str) -> list[str]:
    iam = _client("iam", endpoint)
    found = []
    for function in _FUNCTIONS:
        document = json.dumps(house.the(f"{function}Policy")["PolicyDocument"])
        answer = iam.simulate_custom_policy(PolicyInputList=[document], ActionNames=[action], ResourceArns=[resource])
        if answer["EvaluationResults"][0]["EvalDecision"] == "allowed":
            found.append(function)
    return found


_SECRETS = f"arn:aws:secretsmanager:{evaluating.REGION}:{evaluating.ACCOUNT}:secret:postern/chat"


@pytest.mark.parametrize(
    ("action", "resource", "may"),
    [
        ("secretsmanager:GetSecretValue", f"{_SECRETS}/signing-secret-a1B2c3", ["Chatops"]),
        ("secretsmanager:GetSecretValue", f"{_SECRETS}/hook-secret-a1B2c3", ["Chatops"]),
        ("secretsmanager:GetSecretValue", f"{_SECRETS}/signing-secret-more-a1B2c3", []),
        ("secretsmanager:GetSecretValue", f"{_SECRETS}/signing-secret", []),
        ("secretsmanager:GetSecretValue", f"{_SECRETS}/more-a1B2c3", []),
        ("secretsmanager:GetSecretValue", f"{_SECRETS.replace('chat', 'other')}/signing-secret-a1B2c3", []),
        ("secretsmanager:PutSecretValue", f"{_SECRETS}/signing-secret-a1B2c3", []),
        ("secretsmanager:DescribeSecret", f"{_SECRETS}/signing-secret-a1B2c3", []),
        ("ssm:GetParameter", f"{_SSM}:parameter/aws/reference/secretsmanager/postern/chat/signing-secret", ["Chatops"]),
        ("ssm:GetParameter", f"{_SSM}:parameter/aws/reference/secretsmanager/postern/chat/more", []),
        ("ssm:GetParameter", f"{_SSM}:parameter/aws/reference/secretsmanager/other", []),
        ("ssm:GetParameter", f"{_SSM}:parameter/postern/chat/signing-secret", []),
    ],
)
def test_secrets_of_chat_that_are_in_secrets_manager_are_read_one_by_one(
    endpoint: str, action: str, resource: str, may: list[str]
) -> None:
    assert _who_may(endpoint, _house("with everything"), action, resource) == may


@pytest.mark.parametrize("scenario", ["as it comes", "as the local run", "with Slack alone"])
def test_nobody_reads_secrets_manager_without_the_option(endpoint: str, scenario: str) -> None:
    secret = f"{_SECRETS}/signing-secret-a1B2c3"
    assert _who_may(endpoint, _house(scenario), "secretsmanager:GetSecretValue", secret) == []
