"""Alarms: an alarm on a metric that nobody tells cannot sound."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from .houses import HOME, House
from .rule import Findings, rule

_TOLD_BY = ("functions/src/sweep.rs", "functions/src/metrics.rs", "functions/src/chatops.rs")

# What must be watched, each by at least one alarm: the metric that tells it.
_WATCHED = {
    "a missing log": "LogsMissing",
    "a log that is empty": "LogsEmpty",
    "a log that was altered": "LogsAltered",
    "a sweep that fails": "Errors",
    "a sweeper that does not run": "SweepDuration",
    "a backlog": "Backlog",
    "a bypass": "Bypasses",
    "a record set aside": "Quarantined",
    "an emergency": "GlassBroken",
    "a doctor who does not answer": "DoctorSilent",
    "server errors": "5xx",
    "issue failures": "IssueFailures",
    "chat that cannot be told": "ChatTroubles",
    "dead letters": "ApproximateNumberOfMessagesVisible",
}


def _metrics(alarm: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The metrics that an alarm looks at."""
    if "MetricName" in alarm:
        yield alarm
    for each in alarm.get("Metrics", []):
        if "MetricStat" in each:
            yield each["MetricStat"]["Metric"]


def _told(house: House) -> set[str]:
    text = "".join(house.source(path).split("#[cfg(test)]")[0] for path in _TOLD_BY)
    own = set(re.findall(r'Figure::(?:count|milliseconds)\(\s*"(\w+)"', text))
    own |= set(re.findall(r'=> "(\w+)",', text))
    filters = house.of("AWS::Logs::MetricFilter").values()
    return own | {each["MetricName"] for filter_ in filters for each in filter_["MetricTransformations"]}


@rule(HOME)
def alarms_look_at_what_is_told(house: House) -> Findings:
    """A metric of the namespace Postern is told by the code or a filter, under the dimension used."""
    told = _told(house)
    functions = {function["FunctionName"] for function in house.of("AWS::Lambda::Function").values()}
    for logical, alarm in house.of("AWS::CloudWatch::Alarm").items():
        for metric in _metrics(alarm):
            dimensions = {each["Name"]: each["Value"] for each in metric.get("Dimensions", [])}
            if metric["Namespace"] == "Postern" and metric["MetricName"] not in told:
                yield f"`{logical}` looks at `{metric['MetricName']}`, which nobody tells"
            own = metric["Namespace"] == "Postern" and metric["MetricName"] != "IssueFailures"
            if own and (dimensions.keys() != {"Function"} or dimensions["Function"] not in functions):
                yield f"`{logical}` looks at `{metric['MetricName']}` of {dimensions}"
            if metric["Namespace"] == "AWS/Lambda" and dimensions.get("FunctionName") not in functions:
                yield f"`{logical}` looks at a function that does not exist: {dimensions}"


@rule(HOME)
def what_matters_is_watched(house: House) -> Findings:
    """Each thing that somebody must hear of has an alarm that says what to do, and goes where it should."""
    topic = house.parameters.get("AlarmTopicArn")
    looked_at = set()
    for logical, alarm in house.of("AWS::CloudWatch::Alarm").items():
        looked_at |= {metric["MetricName"] for metric in _metrics(alarm)}
        if len(str(alarm.get("AlarmDescription", ""))) < 40:
            yield f"`{logical}` does not say what to do"
        if alarm.get("AlarmActions", []) != ([topic] if topic else []):
            yield f"`{logical}` goes to {alarm.get('AlarmActions')}"
    for what, metric in _WATCHED.items():
        if metric not in looked_at:
            yield f"no alarm tells of {what} (`{metric}`)"
    silent = house.the("SweeperNotRunningAlarm").get("TreatMissingData")
    if silent != "breaching":
        yield "the alarm on a sweeper that does not run is silent when it tells nothing"


@rule(HOME)
def both_who_take_requests_are_watched(house: House) -> Findings:
    """What happens where access is asked for is watched in `api` and in `chatops`: people ask in either."""
    both = {house.the(logical)["FunctionName"] for logical in ("ApiFunction", "ChatopsFunction")}
    for name in ("GlassBroken", "DoctorSilent"):
        told_by = {
            each["Value"]
            for alarm in house.of("AWS::CloudWatch::Alarm").values()
            for metric in _metrics(alarm)
            for each in metric.get("Dimensions", [])
            if metric["MetricName"] == name
        }
        for missing in sorted(both - told_by):
            yield f"no alarm looks at `{name}` of `{missing}`"


@rule(HOME)
def the_dashboard_can_be_read(house: House) -> Findings:
    """The dashboard is JSON, and shows only what is told."""
    told = _told(house)
    for logical, dashboard in house.of("AWS::CloudWatch::Dashboard").items():
        try:
            widgets = json.loads(dashboard["DashboardBody"])["widgets"]
        except (ValueError, KeyError) as error:
            yield f"`{logical}` cannot be read: {error}"
            continue
        for widget in widgets:
            for metric in widget["properties"]["metrics"]:
                if metric[0] == "Postern" and metric[1] not in told:
                    yield f"`{logical}` shows `{metric[1]}`, which nobody tells"


@rule(HOME)
def the_filter_reads_the_access_log(house: House) -> Findings:
    """The access log is JSON with the fields that the filter of issue failures compares."""
    (stage,) = house.of("AWS::ApiGatewayV2::Stage").values()
    line = re.sub(r"\$context\.status", "503", stage["AccessLogSettings"]["Format"])
    line = re.sub(r"\$context\.routeKey", "POST /v1/requests/{id}/credentials", line)
    try:
        fields = json.loads(line)
    except ValueError as error:
        yield f"a line of the access log is no JSON: {error}"
        return
    (filter_,) = house.of("AWS::Logs::MetricFilter").values()
    should = f'{{ ($.route = "{fields.get("route")}") && ($.status >= 500) }}'
    if fields.get("status") != 503 or filter_["FilterPattern"] != should:
        yield f"the filter does not find {fields}"
