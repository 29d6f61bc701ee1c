"""Works a template out for one set of parameters: what CloudFormation would create.

References to resources become names and ARNs in the form that AWS gives them, in the account and
Region of AWS's own examples, so that policies can be compared with those of the local run.
"""

from __future__ import annotations

import re
from typing import Any

from .loading import Template

ACCOUNT = "111122223333"
REGION = "ap-northeast-2"
STACK = "postern"

_PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::StackName": STACK,
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK}/1",
    "AWS::URLSuffix": "amazonaws.com",
}

# What things are called in local/run/src/account.rs.
_NAMES = {
    "Table": "postern",
    "LogBucket": "postern-session-logs",
    "EvidenceBucket": "postern-evidence",
    "AccessRole": "PosternAccess",
    "ApiRole": "PosternApi",
    "ChatopsRole": "PosternChatops",
    "IssueRole": "PosternIssue",
    "SweeperRole": "PosternSweeper",
    "DoctorRole": "PosternDoctor",
}


class _Nothing:
    """`AWS::NoValue`: the property or the item is not there."""


_NOTHING = _Nothing()


class Unreadable(Exception):
    """The template holds something that cannot be worked out."""


def evaluate(template: Template, parameters: dict[str, Any], names: dict[str, str] | None = None) -> Template:
    """The resources and outputs that exist with these parameters, without functions in them.

    `names` says what resources are called where they exist; without, they are called as in the local run.
    """
    return _Evaluation(template, parameters, _NAMES if names is None else names).whole()


class _Evaluation:
    def __init__(self, template: Template, parameters: dict[str, Any], names: dict[str, str]) -> None:
        self.template = template
        self.names = names
        self.values: dict[str, Any] = dict(_PSEUDO)
        declared = template.get("Parameters", {})
        for unknown in parameters.keys() - declared.keys():
            raise Unreadable(f"there is no parameter `{unknown}`")
        for name, spec in declared.items():
            if name not in parameters and "Default" not in spec:
                raise Unreadable(f"parameter `{name}` has no default and is not given")
            value = parameters.get(name, spec.get("Default"))
            _must_be_allowed(name, spec, value)
            listed = spec["Type"].startswith(("CommaDelimitedList", "List<"))
            self.values[name] = str(value).split(",") if listed else str(value)

    def whole(self) -> Template:
        for name, rule in self.template.get("Rules", {}).items():
            if "RuleCondition" in rule and not self._holds(rule["RuleCondition"]):
                continue
            for each in rule["Assertions"]:
                if not self._holds(each["Assert"]):
                    raise Unreadable(f"rule `{name}`: {each['AssertDescription']}")
        resources = {}
        for logical, resource in self.template["Resources"].items():
            if self._exists(resource):
                resources[logical] = {
                    key: self._value(value) if key == "Properties" else value for key, value in resource.items()
                }
        outputs = self.template.get("Outputs", {})
        return {
            "Resources": resources,
            "Outputs": {name: self._value(out["Value"]) for name, out in outputs.items() if self._exists(out)},
        }

    def _exists(self, part: dict[str, Any]) -> bool:
        return "Condition" not in part or self._condition(part["Condition"])

    def _condition(self, name: str) -> bool:
        try:
            return self._holds(self.template["Conditions"][name])
        except KeyError:
            raise Unreadable(f"there is no condition `{name}`") from None

    def _holds(self, test: Any) -> bool:
        ((function, argument),) = test.items()
        match function:
            case "Condition":
                return self._condition(argument)
            case "Fn::Equals":
                return str(self._value(argument[0])) == str(self._value(argument[1]))
            case "Fn::Not":
                return not self._holds(argument[0])
            case "Fn::And":
                return all(self._holds(each) for each in argument)
            case "Fn::Or":
                return any(self._holds(each) for each in argument)
            case "Fn::Contains":
                return self._value(argument[1]) in self._value(argument[0])
        raise Unreadable(f"`{function}` is no test")

    def _value(self, part: Any) -> Any:
        if isinstance(part, list):
            return [value for value in map(self._value, part) if value is not _NOTHING]
        if not isinstance(part, dict):
            return part
        if len(part) == 1:
            ((name, argument),) = part.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._function(name, argument)
        values = {key: self._value(value) for key, value in part.items()}
        return {key: value for key, value in values.items() if value is not _NOTHING}

    def _function(self, name: str, argument: Any) -> Any:
        match name:
            case "Ref":
                return self._ref(argument)
            case "Fn::GetAtt":
                logical, attribute = argument if isinstance(argument, list) else argument.split(".", 1)
                return self._attribute(logical, attribute)
            case "Fn::Sub":
                return self._sub(argument)
            case "Fn::If":
                condition, yes, no = argument
                return self._value(yes if self._condition(condition) else no)
            case "Fn::Join":
                return argument[0].join(map(str, self._value(argument[1])))
            case "Fn::Split":
                return self._value(argument[1]).split(argument[0])
            case "Fn::Select":
                return self._value(argument[1])[int(self._value(argument[0]))]
            case "Fn::Cidr":
                block, count, _ = self._value(argument)
                return [block] * int(count)
        raise Unreadable(f"`{name}` is not known here")

    def _sub(self, argument: Any) -> str:
        text, own = (argument, {}) if isinstance(argument, str) else argument
        own = {key: self._value(value) for key, value in own.items()}

        def found(match: re.Match[str]) -> str:
            name = match.group(1)
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in own:
                return str(own[name])
            value = self._attribute(*name.split(".", 1)) if "." in name else self._ref(name)
            return str(value)

        return re.sub(r"\$\{([^}]+)\}", found, text)

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NOTHING
        if name in self.values:
            return self.values[name]
        kind, properties = self._resource(name)
        called = self._called(name, kind, properties)
        match kind:
            case "AWS::IAM::ManagedPolicy":
                return f"arn:aws:iam::{ACCOUNT}:policy{properties.get('Path', '/')}{called}"
            case "AWS::SQS::Queue":
                return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{called}"
        return called

    def _attribute(self, logical: str, attribute: str) -> Any:
        kind, properties = self._resource(logical)
        called = self._called(logical, kind, properties)
        regional = f"{REGION}:{ACCOUNT}"
        match kind, attribute:
            case "AWS::IAM::Role", "Arn":
                return f"arn:aws:iam::{ACCOUNT}:role{properties.get('Path', '/')}{called}"
            case "AWS::DynamoDB::Table", "Arn":
                return f"arn:aws:dynamodb:{regional}:table/{called}"
            case "AWS::S3::Bucket", "Arn":
                return f"arn:aws:s3:::{called}"
            case "AWS::SQS::Queue", "Arn":
                return f"arn:aws:sqs:{regional}:{called}"
            case "AWS::SQS::Queue", "QueueName":
                return called
            case ("AWS::Lambda::Function", "Arn"):
                return f"arn:aws:lambda:{regional}:function:{called}"
            case "AWS::Logs::LogGroup", "Arn":
                return f"arn:aws:logs:{regional}:log-group:{called}:*"
            case "AWS::Events::Rule", "Arn":
                return f"arn:aws:events:{regional}:rule/{called}"
            case "AWS::ApiGatewayV2::Api", "ApiEndpoint":
                return f"https://{called}.execute-api.{REGION}.amazonaws.com"
        return f"{called}.{attribute}"

    def _resource(self, logical: str) -> tuple[str, dict[str, Any]]:
        resource = self.template["Resources"].get(logical)
        if resource is None:
            raise Unreadable(f"there is no `{logical}`")
        if not self._exists(resource):
            raise Unreadable(f"`{logical}` is named, and does not exist with these parameters")
        return resource["Type"], resource.get("Properties", {})

    def _called(self, logical: str, kind: str, properties: dict[str, Any]) -> str:
        naming = {
            "AWS::IAM::Role": "RoleName",
            "AWS::Lambda::Function": "FunctionName",
            "AWS::Logs::LogGroup": "LogGroupName",
        }.get(kind)
        if naming in properties:
            return self._value(properties[naming])
        return self.names.get(logical, logical)


def _must_be_allowed(name: str, spec: dict[str, Any], value: Any) -> None:
    """A set of parameters that CloudFormation would refuse shows nothing."""
    allowed = [str(each) for each in spec.get("AllowedValues", [])]
    pattern = spec.get("AllowedPattern")
    too_small = "MinValue" in spec and int(value) < spec["MinValue"]
    too_large = "MaxValue" in spec and int(value) > spec["MaxValue"]
    unlike = pattern is not None and re.search(pattern, str(value)) is None
    if (allowed and str(value) not in allowed) or too_small or too_large or unlike:
        raise Unreadable(f"parameter `{name}` may not be `{value}`")
