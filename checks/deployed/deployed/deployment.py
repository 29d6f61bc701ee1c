"""Deploys the template on ministack, and tells its surroundings what was deployed."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from template_rules.houses import ROOT as REPOSITORY

from . import template
from .emulator import ROOT, Amiss, Keys, Surroundings, client, given_to, until
from .systems import Chats

STACK = "postern"


@dataclass
class Deployed:
    """What was deployed."""

    endpoint: str
    around: Surroundings
    template: template.Template
    outputs: dict[str, str]
    resources: dict[str, str]
    credentials: dict[str, Keys] = field(default_factory=dict)
    """Of each function, by its logical name."""
    roles: dict[str, str] = field(default_factory=dict)
    """The name of the role of each function."""

    def aws(self, service: str, keys: Keys = ROOT) -> Any:
        """A service of ministack."""
        return client(service, self.endpoint, keys)

    def standing_in(self, service: str, keys: Keys) -> Any:
        """A service of the stand-in."""
        return client(service, self.around.aws, keys)

    def logged(self, function: str) -> list[str]:
        """The lines of a function's log, of invocations that are over, from the log group that it is given."""
        group = self.aws("lambda").get_function_configuration(FunctionName=self.resources[function])
        lines = []
        pages = self.aws("logs").get_paginator("filter_log_events")
        for page in pages.paginate(logGroupName=group["LoggingConfig"]["LogGroup"]):
            lines += [each["message"].rstrip() for each in page["events"]]
        return lines

    def keep_logs(self, work: Path) -> None:
        """Keeps what functions have logged, and what was asked of the stand-in, for whoever has to see why."""
        for logical in template.functions(self.template):
            (work / f"{self.resources[logical]}.log").write_text("\n".join(self.logged(logical)))
        calls = self.around.order("calls")["calls"]
        lines = [f"{'allowed' if allowed else 'REFUSED'}  {call}  {caller}\n" for caller, call, allowed in calls]
        (work / "calls-of-the-stand-in.log").write_text("".join(lines))


def deploy(endpoint: str, around: Surroundings, systems: Chats, binaries: Path, program: Path, work: Path) -> Deployed:
    """Deploys the template with these binaries."""
    expanded = template.expanded()
    changed = template.changed(expanded)
    given = template.parameters(around.issuer, around.audience, systems.slack.address, systems.other.address)
    s3 = client("s3", endpoint, ROOT)
    for bucket in (template.CODE, template.POLICY):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": template.evaluating.REGION})
    s3.upload_file(str(REPOSITORY / "policies/starter.cedar"), template.POLICY, "policy.cedar")
    for logical in template.functions(changed):
        binary = template.binary(changed, logical)
        s3.upload_file(str(_zipped(binaries, binary, work)), template.CODE, f"{binary}.zip")
    # More than CloudFormation takes in a call.
    s3.put_object(Bucket=template.CODE, Key="template.json", Body=json.dumps(changed).encode())
    cloudformation = client("cloudformation", endpoint, ROOT)
    cloudformation.create_stack(
        StackName=STACK,
        TemplateURL=f"{endpoint}/{template.CODE}/template.json",
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
        Capabilities=["CAPABILITY_IAM"],
        OnFailure="DO_NOTHING",
    )

    def done() -> Any:
        stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
        if stack["StackStatus"] == "CREATE_IN_PROGRESS":
            return None
        if stack["StackStatus"] != "CREATE_COMPLETE":
            events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
            why = [f"{each['LogicalResourceId']}: {each.get('ResourceStatusReason')}" for each in events]
            raise Amiss(f"{stack['StackStatus']}: {stack.get('StackStatusReason')}: {why}")
        return stack

    stack = until("the stack is there", 60, done)
    listed = cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
    deployed = Deployed(
        endpoint,
        around,
        changed,
        {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])},
        {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in listed},
    )
    _everything_is_there(deployed)
    _introduce(deployed, expanded, given, program)
    return deployed


def _zipped(binaries: Path, binary: str, work: Path) -> Path:
    into = work / f"{binary}.zip"
    inside = zipfile.ZipInfo("bootstrap")
    inside.external_attr = 0o755 << 16
    # Stored: what is not optimised is large, and goes a few centimetres.
    with zipfile.ZipFile(into, "w", zipfile.ZIP_STORED) as packed:
        packed.writestr(inside, (binaries / binary).read_bytes())
    return into


def _everything_is_there(deployed: Deployed) -> None:
    """That every resource with a true condition was made: an emulator may leave out what it does not know."""
    given = {name for name, each in deployed.template["Resources"].items() if "Condition" not in each}
    missing = given - deployed.resources.keys()
    if missing:
        raise Amiss(f"not deployed: {sorted(missing)}")


def _introduce(deployed: Deployed, expanded: template.Template, given: dict[str, str], program: Path) -> None:
    """Tells the stand-in the roles, documents and credentials of the deployment.

    Roles come from IAM, as they were deployed; documents from the template, because nothing deploys them.
    """
    around, iam = deployed.around, deployed.aws("iam")
    for role, boundary in template.boundaries(deployed.template).items():
        arn = deployed.resources[boundary]
        iam.put_role_permissions_boundary(RoleName=deployed.resources[role], PermissionsBoundary=arn)
    for logical, role in deployed.resources.items():
        if deployed.template["Resources"].get(logical, {}).get("Type") == "AWS::IAM::Role":
            introduce(deployed, role)
    around.order("role", **_node(iam, deployed.outputs["NodeLogPolicyArn"]))
    around.order("bucket", name=deployed.outputs["LogBucketName"])
    for name, content in template.documents(expanded, given, deployed.resources).items():
        around.order("document", name=name, content=content)
    functions = deployed.aws("lambda")
    for logical in template.functions(deployed.template):
        function = functions.get_function_configuration(FunctionName=deployed.resources[logical])
        keys = given_to(program, function)
        role = function["Role"].rsplit("/", 1)[1]
        around.order(
            "function",
            role=role,
            session=function["FunctionName"],
            access_key_id=keys.id,
            secret_access_key=keys.secret,
            session_token=keys.token,
        )
        deployed.credentials[logical] = keys
        deployed.roles[logical] = role


def introduce(deployed: Deployed, role: str) -> None:
    """Tells the stand-in a role as IAM has it."""
    deployed.around.order("role", **_role(deployed.aws("iam"), role))


def _node(iam: Any, logs: str) -> dict[str, Any]:
    """The role of the instances: that of the local run, with the deployment's policy for their logs."""
    roles = REPOSITORY / "local/run/roles"
    own = json.loads((roles / "node.json").read_text(encoding="utf-8"))
    own["Statement"] = [each for each in own["Statement"] if each["Sid"] == "BeAManagedInstance"]
    return {
        "name": "PosternNode",
        "path": "/",
        "trust": json.loads((roles / "node-trust.json").read_text(encoding="utf-8")),
        "policies": [own, _managed(iam, logs)],
        "boundary": None,
        "max_session_seconds": 3600,
    }


def _managed(iam: Any, arn: str) -> Any:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return _read(iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])


def _role(iam: Any, name: str) -> dict[str, Any]:
    role = iam.get_role(RoleName=name)["Role"]

    def managed(arn: str) -> Any:
        return _managed(iam, arn)

    policies = [
        _read(iam.get_role_policy(RoleName=name, PolicyName=each)["PolicyDocument"])
        for each in iam.list_role_policies(RoleName=name)["PolicyNames"]
    ] + [managed(each["PolicyArn"]) for each in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]]
    boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return {
        "name": name,
        "path": role["Path"],
        "trust": _read(role["AssumeRolePolicyDocument"]),
        "policies": policies,
        "boundary": [boundary, managed(boundary)] if boundary else None,
        "max_session_seconds": role["MaxSessionDuration"],
    }


def _read(document: Any) -> Any:
    return document if isinstance(document, dict) else json.loads(unquote(document))
