"""The story of the local run, told through what was deployed.

Anna asks for a shell on a production instance, Ben says yes, Anna has credentials issued and opens a
session with them; the grant ends, the sweeper ends the session, and its log is found. Nobody invokes the
sweeper here: the schedule of the template does, and its rule for logs that land. Beside it Cleo's grant is
revoked by Omar, the doctor looks at an instance, and what Anna asks for meanwhile is shown in chat.
"""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from template_rules.evaluating import ACCOUNT, REGION
from template_rules.houses import FACTS

from . import readiness, trail
from .chat import Chat
from .deployment import Deployed
from .emulator import Amiss, Keys, refused, until
from .people import Api
from .systems import Chats

WEB_7, WEB_8 = "i-0a1b2c3d4e5f60707", "i-0a1b2c3d4e5f60708"
GRANT = 95
"""Seconds. The schedule runs first a minute after it was made, and ministack looks at schedules every ten
seconds; a run looks 65 s ahead, so the first one covers this end."""
BOUND = 12
"""Seconds that a session may outlive its grant at most: were the end in the gap that ministack's ten seconds
leave between two runs, the second of them would end it."""
TYPED = "df -h /var"


def must(holds: bool, what: str) -> None:
    if not holds:
        raise Amiss(f"it does not hold that {what}")


def say(what: str) -> None:
    print(f"    {datetime.now(UTC):%H:%M:%S}  {what}", flush=True)


class Story:
    """The story, in a deployment."""

    def __init__(self, deployed: Deployed, systems: Chats, postern: Path, work: Path) -> None:
        self.deployed, self.postern, self.work = deployed, postern, work
        self.api = Api(deployed.outputs["ApiUrl"], deployed.endpoint, deployed.around.issuer)
        self.chat = Chat(deployed, self.api, systems)
        self.admin = deployed.standing_in("ssm", deployed.around.admin)

    def tell(self) -> None:
        """All of it.

        Raises `Amiss` at the first thing that is not as it should be.
        """
        until("the API answers", 30, lambda: self.api.get(None, "/v1/health").status == 200)
        say("the API answers")
        readiness.is_known(self.api, self.deployed, WEB_7)
        say("the doctor looked at all around an instance, and finds it ready")
        annas = self.asked("anna", WEB_7)
        self.nobody_else_may(annas)
        self.approved(annas)
        credentials = self.credentials("anna", annas)
        session = self.opened(credentials, WEB_7)
        self.deployed.around.order("type", session=session, text=TYPED)
        say(f"Anna's session is open: {session}")
        self.nothing_else_is_open(credentials)
        self.without_a_token()
        self.chat.answers()
        say("the bot in chat answers what is signed, by Slack and by another system, and nothing else")
        waiting = self.asked("anna", WEB_8)
        self.revoking()
        self.roles_are_as_deployed()
        readiness.is_not_claimed(self.api, self.deployed, WEB_7)
        say("what the doctor's role may not look at is not known, and never well")
        self.chat.secrets_are_its_own()
        self.chat.shows(waiting)
        say("what Anna asked for meanwhile stands in the channel, with something to press, and the other system was told")
        self.api.post("anna", f"/v1/requests/{waiting}/withdraw").must_be(200)
        self.ending(annas, credentials, session)
        self.the_log(annas, session)
        self.chat.has_nothing_to_press(waiting)
        say("and as she has withdrawn it, there is nothing to press any more")
        trail.read(self.api, self.deployed, annas, self.postern, self.work)
        self.nothing_is_left_over()

    def asked(self, who: str, instance: str) -> str:
        body = {
            "targets": [f"{ACCOUNT}/{REGION}/{instance}"],
            "kind": {"type": "shell"},
            "duration_seconds": GRANT,
            "reason": "disk full",
        }
        request = self.api.post(who, "/v1/requests", body).must_be(201)
        must(request["status"] == "pending", "what was asked for is pending")
        say(f"{who} asked for a shell on {instance}: {request['id']}")
        return str(request["id"])

    def nobody_else_may(self, request: str) -> None:
        shown = self.api.get("anna", f"/v1/requests/{request}").must_be(200)["shown"]
        self.api.post("anna", f"/v1/requests/{request}/approve", {"shown": shown}).must_be(403, "self-approval")
        self.api.post("anna", f"/v1/requests/{request}/credentials").must_be(409, "wrong-status")
        self.api.get("cleo", f"/v1/requests/{request}").must_be(404, "request-not-found")
        say("she cannot say yes to herself, and Cleo sees nothing of it")

    def approved(self, request: str) -> None:
        waiting = self.api.get("ben", "/v1/requests?view=waiting").must_be(200)["requests"]
        shown = [each["shown"] for each in waiting if each["id"] == request]
        must(len(shown) == 1, "Ben finds the request in his list")
        approved = self.api.post("ben", f"/v1/requests/{request}/approve", {"shown": shown[0]}).must_be(200)
        must(approved["status"] == "approved", "it is approved")
        say("Ben said yes to what he was shown")

    def credentials(self, who: str, request: str) -> dict[str, Any]:
        issued = self.api.post(who, f"/v1/requests/{request}/credentials").must_be(200)
        must(issued["request"] == request, "the credentials are of the request")
        other = "cleo" if who != "cleo" else "anna"
        self.api.post(other, f"/v1/requests/{request}/credentials").must_be(404, "request-not-found")
        return dict(issued)

    def ssm(self, credentials: dict[str, Any]) -> Any:
        return self.deployed.standing_in("ssm", _keys(credentials))

    def opened(self, credentials: dict[str, Any], instance: str) -> str:
        answer = self.ssm(credentials).start_session(Target=instance, DocumentName=credentials["document"])
        session = str(answer["SessionId"])
        must(session.startswith(credentials["request"]), "the session is named after the request")
        return session

    def nothing_else_is_open(self, credentials: dict[str, Any]) -> None:
        ssm, document = self.ssm(credentials), credentials["document"]
        refused(lambda: ssm.start_session(Target=WEB_8, DocumentName=document))
        refused(lambda: ssm.start_session(Target=WEB_7, DocumentName="Postern-Shell-480"))
        refused(lambda: ssm.describe_sessions(State="Active"))
        sts = self.deployed.standing_in("sts", _keys(credentials))
        refused(lambda: sts.assume_role(RoleArn=self.deployed.outputs["AccessRoleArn"], RoleSessionName="req-more"))
        say("the credentials open nothing else")

    def without_a_token(self) -> None:
        """Every route of the template but the public ones asks for a token."""
        public = json.loads((FACTS / "public-routes.json").read_text(encoding="utf-8"))
        chat = json.loads((FACTS / "chat-routes.json").read_text(encoding="utf-8"))
        routes = [
            each["Properties"]["RouteKey"]
            for logical, each in self.deployed.template["Resources"].items()
            if each["Type"] == "AWS::ApiGatewayV2::Route" and logical in self.deployed.resources
        ]
        for route in routes:
            method, path = route.split(" ")
            path = path.replace("{account}", ACCOUNT).replace("{region}", REGION)
            path = re.sub(r"\{[a-z_]+\}", "req-01K00000000000000000000000", path)
            answer = self.api.call(None, method, path, {} if method == "POST" else None)
            if route in chat:
                # Each has a proof of its own (facts/chat-routes.json), and none of them is here.
                must(answer.status in (400, 401), f"{route} is closed to whoever proves nothing: {answer.status}")
            elif route not in public:
                answer.must_be(401)
            elif method == "GET":
                answer.must_be(200)
            else:
                must(400 <= answer.status < 500, f"{route} takes nothing from nobody: {answer.status}")
        say(f"without a token {len(routes) - len(public)} routes are closed, and {len(public)} are public")

    def revoking(self) -> None:
        request = self.asked("cleo", WEB_8)
        self.approved(request)
        credentials = self.credentials("cleo", request)
        session = self.opened(credentials, WEB_8)
        self.api.post("ada", f"/v1/requests/{request}/revoke").must_be(403, "may-not-revoke")
        self.api.post("omar", f"/v1/requests/{request}/revoke").must_be(200)
        say("Omar revoked Cleo's grant; Ada, who only reads, may not")
        until("the schedule wakes the sweeper, which ends a revoked session", 80, lambda: self._over(session))
        must(_seconds_to(credentials["ends_at"]) > 0, "the grant would still run")
        # For the session policy alone would still allow it.
        words = until("the deny list holds", 20, lambda: self._denied(credentials))
        must("explicit deny" in words, f"the deny list refuses: {words}")
        say("the sweeper ended her session, and denied her credentials on the access role")

    def _denied(self, credentials: dict[str, Any]) -> str | None:
        try:
            start = self.ssm(credentials).start_session
            return refused(lambda: start(Target=WEB_8, DocumentName=credentials["document"]))
        except Amiss:
            return None

    def roles_are_as_deployed(self) -> None:
        """Functions call with their own roles, and those say no: at ministack, and at the stand-in."""
        calls = self.deployed.around.order("calls")["calls"]
        for logical, role in self.deployed.roles.items():
            name = self.deployed.resources[logical]
            own = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}"
            made = [call for caller, call, allowed in calls if caller == own]
            no = [call for caller, call, allowed in calls if caller == own and not allowed]
            must(not no, f"`{name}` may do all that it does: {no}")
            say(f"{name} called {', '.join(sorted(made)) or 'nothing'} as {role}")
        callers = {caller for caller, call, _ in calls if call == "sts:AssumeRole"}
        issue = f"/{self.deployed.roles['IssueFunction']}/"
        must(any(issue in caller for caller in callers), "`issue` assumes the access role")
        self._roles_say_no()

    def _roles_say_no(self) -> None:
        deployed, outputs = self.deployed, self.deployed.outputs
        table, evidence, logs = outputs["TableName"], outputs["EvidenceBucketName"], outputs["LogBucketName"]
        for logical, keys in deployed.credentials.items():
            self._has_credentials(logical)
            dynamodb, s3 = deployed.aws("dynamodb", keys), deployed.aws("s3", keys)
            refused(lambda dynamodb=dynamodb: dynamodb.scan(TableName=table))
            refused(lambda s3=s3: s3.get_object(Bucket=logs, Key="sessions/any"))
            refused(lambda keys=keys: deployed.aws("iam", keys).create_user(UserName="more"))
            ssm, sts = deployed.standing_in("ssm", keys), deployed.standing_in("sts", keys)
            refused(lambda ssm=ssm: ssm.start_session(Target=WEB_7, DocumentName="Postern-Shell-15"))
            # Neither another function, nor `issue` itself without saying for which request and whom.
            for access in ({}, *([] if logical == "IssueFunction" else [_as_issue_does()])):
                arguments = {"RoleArn": outputs["AccessRoleArn"], "RoleSessionName": "req-more"} | access
                refused(lambda sts=sts, arguments=arguments: sts.assume_role(**arguments))
            if logical != "SweeperFunction":
                refused(lambda s3=s3: s3.put_object(Bucket=evidence, Key="checkpoints/1", Body=b"{}"))
                key = {"pk": {"S": "x"}, "sk": {"S": "x"}}
            if logical == "IssueFunction":
                refused(lambda dynamodb=dynamodb, key=key: dynamodb.delete_item(TableName=table, Key=key))
        say("with the credentials that functions have, near misses are refused")

    def _has_credentials(self, function: str) -> None:
        """ministack knows the credentials of a function from its first run on. One that nothing has woken yet is
        woken here, with an event that says nothing."""
        sts = self.deployed.aws("sts", self.deployed.credentials[function])

        def known() -> bool:
            try:
                return bool(sts.get_caller_identity())
            except ClientError:
                return False

        if not known():
            name = self.deployed.resources[function]
            self.deployed.aws("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
            until(f"`{function}` has credentials", 30, known)

    def ending(self, request: str, credentials: dict[str, Any], session: str) -> None:
        say(f"{max(0, _seconds_to(credentials['ends_at'])):.0f} s to the end of Anna's grant")
        while _seconds_to(credentials["ends_at"]) > 1:
            must(not self._over(session), "the session is open as long as the grant runs")
            time.sleep(min(5.0, _seconds_to(credentials["ends_at"]) / 2))
        time.sleep(max(0.0, _seconds_to(credentials["ends_at"])) + 0.05)
        start = self.ssm(credentials).start_session
        refused(lambda: start(Target=WEB_7, DocumentName=credentials["document"]))
        over = until("the session is ended", BOUND, lambda: self._over(session))
        must(over["Status"] == "Terminated", f"it was terminated: {over['Status']}")
        late = over["EndDate"].timestamp() - _read(credentials["ends_at"]).timestamp()
        say(f"the sweeper ended Anna's session {late:.1f} s after the end of her grant")
        path = f"/v1/requests/{request}/credentials"
        self.api.post("anna", path).must_be(409, "grant-over", "wrong-status")

    def _over(self, session: str) -> Any:
        filters = [{"key": "SessionId", "value": session}]
        found = self.admin.describe_sessions(State="History", Filters=filters)["Sessions"]
        return found[0] if found else None

    def the_log(self, request: str, session: str) -> None:
        """The agent's part: with the policy that the template has for instances, the log comes into the
        bucket of the deployment."""
        bucket = self.deployed.outputs["LogBucketName"]
        written = self.deployed.standing_in("s3", self.deployed.around.admin)
        keys = [each["Key"] for each in written.list_objects_v2(Bucket=bucket).get("Contents", [])]
        logs = [key for key in keys if session in key]
        must(len(logs) == 1, f"the agent wrote one log of the session: {keys}")
        body = written.get_object(Bucket=bucket, Key=logs[0])["Body"].read()
        must(TYPED.encode() in body, "what was typed stands in it")
        node = self.deployed.aws("s3", self._node())
        refused(lambda: node.put_object(Bucket=bucket, Key="elsewhere/some.log", Body=body))
        node.put_object(Bucket=bucket, Key=logs[0], Body=body)

        def closed() -> bool:
            return bool(self.api.get("anna", f"/v1/requests/{request}").must_be(200)["status"] == "closed")

        until("the log is found and the request closes", 90, closed, every=0.5)
        sessions = self.api.get("anna", f"/v1/requests/{request}/sessions").must_be(200)["sessions"]
        verdicts = [each["log"] for each in sessions]
        must(len(verdicts) == 1 and "landed" in json.dumps(verdicts), f"its log has landed: {verdicts}")
        # A run that the schedule wakes passes over what is due at least once.
        by_itself = '\\"passes\\":0'
        until(
            "the rule for logs that land wakes the sweeper",
            20,
            lambda: any(by_itself in line for line in self.deployed.logged("SweeperFunction")),
        )
        say("its log has landed, as the bucket's event told the sweeper, and the request is closed")

    def _node(self) -> Keys:
        iam = self.deployed.aws("iam")
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
            ],
        }
        role = iam.create_role(RoleName="node", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        iam.attach_role_policy(RoleName="node", PolicyArn=self.deployed.outputs["NodeLogPolicyArn"])
        given = self.deployed.aws("sts").assume_role(RoleArn=role, RoleSessionName=WEB_7)["Credentials"]
        return Keys(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])

    def nothing_is_left_over(self) -> None:
        attributes = self.deployed.aws("sqs").get_queue_attributes(
            QueueUrl=self.deployed.outputs["DeadLettersUrl"], AttributeNames=["ApproximateNumberOfMessages"]
        )["Attributes"]
        must(attributes["ApproximateNumberOfMessages"] == "0", "no tick and no event became a dead letter")
        logs = {logical: self.deployed.logged(logical) for logical in self.deployed.credentials}
        must(sum(map(bool, logs.values())) >= 3, "functions log into the groups that the template has for them")
        for logical, lines in logs.items():
            trouble = [line for line in lines if '"level":"ERROR"' in line]
            must(not trouble, f"`{logical}` met no trouble: {trouble[:3]}")
        say("no dead letters, and no function met trouble")


def _as_issue_does() -> dict[str, Any]:
    return {"SourceIdentity": "anna", "Tags": [{"Key": "postern:request", "Value": "req-more"}]}


def _keys(credentials: dict[str, Any]) -> Keys:
    return Keys(credentials["access_key_id"], credentials["secret_access_key"], credentials["session_token"])


def _read(moment: str) -> datetime:
    return datetime.fromisoformat(moment.replace("Z", "+00:00"))


def _seconds_to(moment: str) -> float:
    return (_read(moment) - datetime.now(UTC)).total_seconds()
