"""The functions: what they are told, how long they may run, and what wakes the sweeper."""

from __future__ import annotations

import json
import re

from .houses import HOME, House
from .rule import Findings, rule

# What a deployed function must never be told.
_LOCAL_ONLY = {"POSTERN_ALLOW_LOOPBACK_ISSUER"}

_DOCTOR = "POSTERN_DOCTOR_FUNCTION"

_SOURCES = ("shared/broker/src/config.rs", "shared/broker/src/config/**/*.rs", "functions/src/start.rs")


def _read_by_the_code(house: House) -> set[str]:
    files = {path for pattern in _SOURCES for path in house.root.glob(pattern) if "tests" not in path.parts}
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(files))
    return set(re.findall(r'"(POSTERN_[A-Z_]+)"', text))


@rule(HOME)
def settings_are_those_of_the_code(house: House) -> Findings:
    """Functions are told what the code reads, by the names that it reads."""
    known = _read_by_the_code(house)
    told = set()
    for logical, function in house.of("AWS::Lambda::Function").items():
        settings = function["Environment"]["Variables"]
        told |= settings.keys()
        for name in sorted(settings.keys() - known):
            yield f"`{logical}` is told `{name}`, which nothing reads"
        for name in sorted(settings.keys() & _LOCAL_ONLY):
            yield f"`{logical}` is told `{name}`, which is for the local run"
        size = sum(len(name) + len(str(value)) for name, value in settings.items())
        if size > 4_000:
            yield f"`{logical}` is told {size} bytes, of the 4 KB that Lambda takes"
    # The text of a set would not fit; how often S3 is looked at and how long an unread issue lives
    # keep the code's defaults, the latter because it must be longer than functions run.
    left_out = {
        "POSTERN_POLICY", "POSTERN_POLICY_REFRESH", "POSTERN_POLICY_KEEP", "POSTERN_ORPHAN_AFTER",
        "POSTERN_LEEWAY_SECONDS", "POSTERN_CHAT_SLACK", "POSTERN_CHAT_HOOKS",
    }  # fmt: skip
    for name in sorted(known - told - left_out - _LOCAL_ONLY):
        yield f"no function is told `{name}`"


@rule(HOME)
def deciders_have_one_policy_set(house: House) -> Findings:
    """`api`, `issue`, `doctor` and `chatops` have the same one policy set, and the sweeper none: what is over ends without one."""
    sets = {}
    for logical, function in house.of("AWS::Lambda::Function").items():
        settings = function["Environment"]["Variables"]
        given = {name: settings.get(f"POSTERN_POLICY_{name}") for name in ("FILE", "OBJECT")}
        sets[logical] = {name: value for name, value in given.items() if value}
        in_layer = bool(function.get("Layers"))
        if in_layer != ("FILE" in sets[logical]):
            yield f"`{logical}` has the layer of the policy set and no use for it, or the other way about"
    if sets.pop("SweeperFunction", {}):
        yield "the sweeper has a policy set"
    for logical, found in sets.items():
        if len(found) != 1 or found != sets["ApiFunction"]:
            yield f"`{logical}` has the policy sets {found}"


@rule(HOME)
def deciders_are_told_the_same(house: House) -> Findings:
    """`api`, `issue` and `chatops` have the same settings: what one lets a person ask for, another hands out."""
    api, issue, chatops = (
        house.the(logical)["Environment"]["Variables"] for logical in ("ApiFunction", "IssueFunction", "ChatopsFunction")
    )
    # Readiness is asked for once, when access is; what was said stands in the record that `issue` reads.
    for name in sorted((api.keys() | issue.keys()) - {_DOCTOR}):
        if api.get(name) != issue.get(name):
            yield f"`{name}` is `{api.get(name)}` for `api` and `{issue.get(name)}` for `issue`"
    for name in sorted(api.keys() | chatops.keys()):
        if not name.startswith("POSTERN_CHAT_") and api.get(name) != chatops.get(name):
            yield f"`{name}` is `{api.get(name)}` for `api` and `{chatops.get(name)}` for `chatops`"


@rule(HOME)
def functions_are_built_from_their_binaries(house: House) -> Findings:
    """Each function is a binary of the package `functions`, and each binary a function."""
    binaries = {path.stem for path in (house.root / "functions/src/bin").glob("*.rs")}
    built = set()
    for logical, resource in house.written["Resources"].items():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        metadata = resource.get("Metadata", {})
        binary = metadata.get("BuildProperties", {}).get("Binary")
        built.add(binary)
        if metadata.get("BuildMethod") != "rust-cargolambda" or logical != f"{str(binary).capitalize()}Function":
            yield f"`{logical}` is built as `{binary}` by `{metadata.get('BuildMethod')}`"
    for binary in sorted(map(str, binaries ^ built)):
        yield f"`{binary}` is a binary without a function, or the other way about"
    for logical, function in house.of("AWS::Lambda::Function").items():
        if (function.get("Runtime"), function.get("Handler")) != ("provided.al2023", "bootstrap"):
            yield f"`{logical}` runs `{function.get('Handler')}` on `{function.get('Runtime')}`"


@rule(HOME)
def functions_run_long_enough_and_not_longer(house: House) -> Findings:
    """An answer comes before the gateway gives up, and a sweep is not cut short of the next one."""
    sweep = house.source("functions/src/sweep.rs")
    seconds = {
        name: int(re.search(rf"const {name}: Duration = Duration::from_secs\((\d+)\)", sweep).group(1))  # type: ignore[union-attr]
        for name in ("AHEAD", "MARGIN")
    }
    for logical in ("ApiFunction", "IssueFunction", "DoctorFunction"):
        if not 10 <= int(house.the(logical)["Timeout"]) <= 29:
            yield f"`{logical}` may run {house.the(logical)['Timeout']} s, and the gateway waits 30 (AWS-FACTS 6.4)"
    if int(house.the("ChatopsFunction")["Timeout"]) < 60:
        yield "chatops may not run for as long as it tells (functions/src/chatops.rs)"
    sweeper = house.the("SweeperFunction")
    if int(sweeper["Timeout"]) < sum(seconds.values()):
        yield f"the sweeper may run {sweeper['Timeout']} s and needs {sum(seconds.values())}"
    reserved = sweeper.get("ReservedConcurrentExecutions")
    # A scheduled run outlasts the minute to the next, so two of them go on at once; events need more.
    if reserved is not None and int(reserved) < 3:
        yield f"the sweeper has {reserved} runs at once: events of logs and the schedule would block each other"


def _woken(house: House, arn: str) -> str:
    functions = house.of("AWS::Lambda::Function").items()
    named = (logical for logical, function in functions if arn.endswith(f":function:{function['FunctionName']}"))
    return next(named, arn)


@rule(HOME)
def the_sweeper_is_woken(house: House) -> Findings:
    """A schedule wakes the sweeper every minute, logs that land do, and what fails is a dead letter."""
    queue = house.of("AWS::SQS::Queue").keys()
    schedules = list(house.of("AWS::Scheduler::Schedule").values())
    woken = sorted(_woken(house, str(each["Target"]["Arn"])) for each in schedules)
    if woken != (["ChatopsFunction"] if house.chats else []) + ["SweeperFunction"]:
        yield f"schedules wake {woken}"
    if {each.get("ScheduleExpression") for each in schedules} != {"rate(1 minute)"}:
        yield "there is not one schedule of one minute"
    for schedule in schedules:
        if schedule.get("FlexibleTimeWindow") != {"Mode": "OFF"} or schedule.get("State", "ENABLED") != "ENABLED":
            yield "its window is flexible, or it is off"
        if not schedule["Target"].get("DeadLetterConfig", {}).get("Arn"):
            yield "a tick that cannot be delivered is lost"
    rules = [each for logical, each in house.of("AWS::Events::Rule").items() if logical != "ChatEvents"]
    heard = house.the("ChatEvents")
    if bool(heard) != house.chats:
        yield "chat hears of nothing, or there is none to hear"
    if heard and heard.get("EventPattern") != {"source": ["postern"], "detail-type": ["Postern Request Changed"]}:
        yield f"chat hears of {heard.get('EventPattern')} (docs/events.md)"
    if not all(target.get("DeadLetterConfig", {}).get("Arn") for target in heard.get("Targets", [])):
        yield "an event for chat that cannot be delivered is lost"
    if len(rules) != 1:
        yield "there is not one rule for logs that land"
    for rule_ in rules:
        pattern = rule_.get("EventPattern", {})
        should = {
            "source": ["aws.s3"],
            "detail-type": ["Object Created"],
            "detail": {
                "bucket": {"name": [house.worked_out["Outputs"]["LogBucketName"]]},
                "object": {"key": [{"prefix": "sessions/"}]},
            },
        }
        if json.dumps(pattern, sort_keys=True) != json.dumps(should, sort_keys=True):
            yield f"the rule listens for {pattern} (AWS-FACTS 3.13)"
        if not all(target.get("DeadLetterConfig", {}).get("Arn") for target in rule_["Targets"]):
            yield "an event that cannot be delivered is lost"
    config = list(house.of("AWS::Lambda::EventInvokeConfig").values())
    kept = [each.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination") for each in config]
    if len(kept) != 2 or not all(kept):
        yield "a run that fails leaves no dead letter"
    if not queue:
        yield "there is no queue for dead letters"


@rule(HOME)
def functions_log_where_it_is_kept(house: House) -> Findings:
    """Each function writes to a log group of this template, which it alone may write to and which ends."""
    groups = house.of("AWS::Logs::LogGroup")
    for logical, group in groups.items():
        if not group.get("RetentionInDays"):
            yield f"`{logical}` is kept for ever"
    named = {group["LogGroupName"] for group in groups.values()}
    for logical, function in house.of("AWS::Lambda::Function").items():
        if function.get("LoggingConfig", {}).get("LogGroup") not in named:
            yield f"`{logical}` logs to a group that is not of this template"
