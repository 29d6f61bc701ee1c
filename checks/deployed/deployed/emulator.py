"""ministack, and what stands around a deployment on it. Both listen on loopback, and end with their owner."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from template_rules.evaluating import ACCOUNT, REGION

from .doors import systems_manager


class Amiss(Exception):
    """Something is not as it should be."""


@dataclass(frozen=True)
class Keys:
    """Credentials."""

    id: str
    secret: str
    token: str | None = None


ROOT = Keys("test", "test")
"""The root of ministack's account."""


def client(service: str, endpoint: str, keys: Keys) -> Any:
    """A client with these credentials at this address, with nothing of whoever runs this."""
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=keys.id,
        aws_secret_access_key=keys.secret,
        aws_session_token=keys.token,
        config=Config(retries={"max_attempts": 2}, s3={"addressing_style": "path"}, read_timeout=60),
    )


def until(what: str, seconds: float, look: Callable[[], Any], every: float = 0.2) -> Any:
    """What `look` finds, once it finds something."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise Amiss(f"{what}: not within {seconds:.0f} s")
        time.sleep(every)


@contextmanager
def _running(
    command: list[str], work: Path, name: str, environment: dict[str, str], heard: bool
) -> Iterator[subprocess.Popen[str]]:
    home = work / name
    home.mkdir(parents=True)
    kept = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home)}
    with (work / f"{name}.log").open("w") as log:
        process = subprocess.Popen(
            command,
            env=kept | environment,
            cwd=home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if heard else log,
            stderr=log,
            text=True,
            # A group of its own, with whatever it starts: functions outlive ministack otherwise.
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            pass
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Surroundings:
    """The stand-in AWS and the issuer (local/run/src/bin/surroundings.rs)."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        said = self._hear()
        self.aws: str = said["aws"]
        self.issuer: str = said["issuer"]
        self.audience: str = said["audience"]
        self.admin = Keys(*said["admin"])

    def order(self, do: str, **what: Any) -> dict[str, Any]:
        """Has an order carried out."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"do": do} | what) + "\n")
        self._process.stdin.flush()
        answer = self._hear()
        if "fault" in answer:
            raise Amiss(f"the stand-in does not take `{do}`: {answer['fault']}")
        return answer

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise Amiss("the surroundings have gone")
        return dict(json.loads(line))


@contextmanager
def surroundings(binary: Path, work: Path) -> Iterator[Surroundings]:
    """Starts the stand-in and the issuer."""
    with _running([str(binary)], work, "surroundings", {}, heard=True) as process:
        yield Surroundings(process)


@contextmanager
def ministack(program: Path, work: Path, around: Surroundings) -> Iterator[str]:
    """Starts ministack, which gives its own environment on to the functions that it runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    endpoint = f"http://127.0.0.1:{port}"
    with systems_manager(around.aws, endpoint) as ssm:
        yield from _ministack(program, work, around, endpoint, ssm)


def _ministack(program: Path, work: Path, around: Surroundings, endpoint: str, ssm: str) -> Iterator[str]:
    port = endpoint.rsplit(":", 1)[1]
    environment = {
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": port,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "STATE_DIR": str(work / "ministack" / "state"),
        "LAMBDA_EXECUTOR": "local",
        # For functions: AWS is ministack, but for what it lacks.
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ENDPOINT_URL_SSM": ssm,
        "AWS_ENDPOINT_URL_STS": around.aws,
        "AWS_ENDPOINT_URL_IAM": around.aws,
        "AWS_ENDPOINT_URL_EC2": around.aws,
        "AWS_ENDPOINT_URL_KMS": around.aws,
        "AWS_ENDPOINT_URL_RESOURCE_GROUPS_TAGGING_API": around.aws,
    }
    with _running([str(program)], work, "ministack", environment, heard=False) as process:

        def up() -> bool:
            if process.poll() is not None:
                raise Amiss("ministack has gone")
            with socket.socket() as at:
                return at.connect_ex(("127.0.0.1", int(port))) == 0

        until("ministack listens", 60, up)
        yield endpoint


def given_to(program: Path, function: dict[str, Any]) -> Keys:
    """The credentials that ministack gives to a function: the same each time, and it is ministack's own
    code that is asked for them."""
    code = (
        "import json,sys; from ministack.core.lambda_runtime import execution_credentials as of; "
        "print(json.dumps(of(json.loads(sys.argv[1]))))"
    )
    wanted = {name: function[name] for name in ("FunctionArn", "Role", "FunctionName")}
    said = subprocess.run(
        [str(program.parent / "python"), "-c", code, json.dumps(wanted)],
        env={"PATH": os.environ["PATH"], "AUTH": "true"},
        capture_output=True,
        text=True,
        check=True,
    )
    keys = json.loads(said.stdout.splitlines()[-1])
    return Keys(keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"], keys["AWS_SESSION_TOKEN"])


def refused(call: Callable[[], Any]) -> str:
    """That AWS says no by policy; its words."""
    try:
        got = call()
    except ClientError as no:
        error = no.response["Error"]
        if str(error["Code"]).startswith("AccessDenied"):
            return str(error.get("Message", ""))
        raise Amiss(f"expected AccessDenied, got {error}") from no
    with suppress(TypeError):
        got = sorted(got)
    raise Amiss(f"expected AccessDenied, got an answer: {got}")
