"""``ecsinfer policy``: what every command asks and writes is in it, and what loading the spec asks."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ecsinfer.application import policy
from ecsinfer.cli.main import run
from ecsinfer.cli.options import Common
from ecsinfer.cli.session import Session
from ecsinfer.sandbox import furniture
from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.spec import Spec
from tests.application.specs import LLM, MANAGED, SCALING, fargate, gpu, spec
from tests.cli.operating import Operator

V2, CRASH = (f"{furniture.VLLM}:{tag}" for tag in ("v2", "crash"))
NO_ROLLBACK = {"circuit_breaker": {"enable": True, "rollback": False}}
PREFIXES = {"elbv2": "elasticloadbalancing", "resourcegroupstaggingapi": "tag"}
"""Of IAM's actions, where it is not botocore's name of the service."""

Command = Callable[..., int]


def managed(**changes: Any) -> Spec:
    return spec(
        capacity={"mi": {"managed_instances": MANAGED}},
        services={"llm": {**LLM, "capacity": {}, **changes}},
    )


def scaled(**changes: Any) -> Spec:
    return gpu(**{"scaling": SCALING, "replicas": None, **changes})


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> Command:
    """Runs a command with a spec on the account, as its own process would."""

    def on(made: Spec, *words: str) -> int:
        @contextlib.contextmanager
        def open_session(common: Common) -> Iterator[Session]:
            session = Operator(sandbox, made).session
            session.common, session.simulated = common, False
            yield session

        monkeypatch.setattr("ecsinfer.cli.session.open_session", open_session)
        return run(list(words))

    return on


def missing(sandbox: Sandbox, made: Spec, **choices: Any) -> set[str]:
    """Actions that were asked for and that the policy does not allow."""
    asked = {
        f"{PREFIXES.get(call.service, call.service)}:{call.operation}" for call in sandbox.calls
    }
    statements = policy(made, **choices)["Statement"]
    return asked - {action for each in statements for action in each["Action"]}


@pytest.mark.rule("H5")
@pytest.mark.parametrize("shape", [gpu, scaled, fargate, managed])
def test_a_day_of_commands_needs_no_more_than_the_policy(
    command: Command, sandbox: Sandbox, shape: Callable[..., Spec]
) -> None:
    first, second = shape(), shape(image=V2)
    broken = shape(image=CRASH, rollout=NO_ROLLBACK)
    (service,) = first.services
    everything = ("status", "explain", "logs", "revisions", "plan")
    assert command(first, "deploy", "--yes") == 0
    assert command(second, "deploy", "--yes", "--prune") == 0
    for each in everything:
        assert command(second, each) == 0
    assert command(second, "rollback", "--yes") == 0
    assert command(second, "deploy", "--yes", "--no-wait") == 0
    assert [command(second, each) for each in everything] == [4, 0, 0, 0, 0]
    assert command(second, "rollback", "--yes") == 0
    assert command(first, "scale", f"{service}=3", "--yes") == 0
    if first.services[service].scaling:
        assert command(first, "scale", f"{service}=2..5", "--yes") == 0
        assert command(first, "suspend", "--yes") == command(first, "resume", "--yes") == 0
    assert command(broken, "deploy", "--yes") == 3
    assert [command(broken, each) for each in everything] == [3, 0, 0, 0, 0]
    assert command(broken, "logs", "--failed") == 0
    assert command(first, "deploy", "--yes") == 0
    assert command(first, "gc", "--keep", "1", "--delete", "--yes") == 0
    assert command(first, "plan", "--destroy", "--purge") == 0
    assert command(first, "destroy", "--purge", "--yes", "--scale-groups-to-zero") == 0
    sent = {call.operation for call in sandbox.calls}
    assert {"FilterLogEvents", "GetLogEvents", "GetMetricData", "GetTaskProtection"} <= sent
    assert missing(sandbox, first, scale_groups_to_zero=True) == set()


@pytest.mark.rule("D20", "H5")
def test_the_answer_to_a_pause_is_in_the_policy(command: Command, sandbox: Sandbox) -> None:
    balancer = {
        "target_group": furniture.IP_TARGETS,
        "alternate_target_group": furniture.IP_TARGETS_ALTERNATE,
        "production_rule": furniture.PRODUCTION_RULE,
        "role": furniture.INFRASTRUCTURE_ROLE,
    }
    hook = {"type": "pause", "stages": ["PRE_SCALE_UP"], "timeout": "1h"}
    shift = {"strategy": "blue-green", "bake": "1m", "hooks": [hook]}
    made = gpu(rollout=shift, load_balancer=balancer)
    assert command(made, "deploy", "--yes", "--no-wait") == 0
    sandbox.clock.sleep(60)
    assert command(made, "continue", "--yes") == 0
    assert "ContinueServiceDeployment" in {call.operation for call in sandbox.calls}
    assert missing(sandbox, made) == set()


def test_what_the_spec_takes_from_aws_is_in_the_policy_and_what_is_escaped_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = {
        **LLM,
        "image": "${ssm:/llm/image}",
        "secrets": {"HF_TOKEN": "${secret:hf}"},
        "environment": {"PROMPT": "$${ssm:/no}", "GROUP": "${cfn:base.Group}"},
    }
    file = tmp_path / "ecsinfer.yaml"
    document = {"name": "inference", "region": "us-east-1", "services": {"llm": service}}
    file.write_text(json.dumps({**document, "capacity": {"gpu": {"auto_scaling_group": "asg"}}}))
    assert run(["policy", "-f", str(file)]) == 0
    statements = json.loads(capsys.readouterr().out)["Statement"]
    found = {each["Sid"]: each["Resource"] for each in statements}
    assert found["Parameters"] == ["arn:aws:ssm:us-east-1:*:parameter/llm/image"]
    assert found["SecretArns"] == ["arn:aws:secretsmanager:us-east-1:*:secret:hf-??????"]
    assert found["StackOutputs"] == ["arn:aws:cloudformation:us-east-1:*:stack/base/*"]
