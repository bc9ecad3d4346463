"""``ecsinfer status`` on the embedded AWS, in process and on its clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ecsinfer.aws.gateway import Gateway
from ecsinfer.cli.main import run
from ecsinfer.cli.options import Common
from ecsinfer.cli.session import Session
from ecsinfer.cli.status import follow, look
from ecsinfer.model import Answer, Read
from ecsinfer.reconcile.reconciler import Reconciler
from ecsinfer.spec import Spec
from ecsinfer.status.assess import assess, health
from ecsinfer.status.facts import Status
from tests.laws.world import CONFIGS, Account
from tests.status.facts import status

SPEC = CONFIGS["quickstart"]


class Counting(Gateway):
    """The real gateway, one read at a time; counts the rounds of reads."""

    rounds = 0

    def gather(self, reads: Sequence[Read]) -> list[Answer]:
        self.rounds += bool(reads)
        return super().gather(reads)


class Refusing(Counting):
    """A gateway behind which CloudWatch is denied."""

    def gather(self, reads: Sequence[Read]) -> list[Answer]:
        return [
            {"denied": "cloudwatch:GetMetricData"} if read.service == "cloudwatch" else answer
            for read, answer in zip(reads, super().gather(reads), strict=True)
        ]


def session(account: Account, door: type[Counting] = Counting, spec: Spec = SPEC) -> Session:
    made = door(account.session, clock=account.sandbox.clock, concurrency=1)
    return Session(
        common=Common(Path("ecsinfer.yaml"), None, ()),
        spec=spec,
        gateway=made,
        clock=account.sandbox.clock,
        emit=lambda _event: None,
        reconciler=Reconciler(made, account.sandbox.clock),
        simulated=False,
    )


@pytest.fixture(scope="module")
def account() -> Account:
    deployed = Account()
    assert deployed.deploy(SPEC).status == "done"
    return deployed


def test_what_was_deployed_is_healthy_and_does_not_drift(account: Account) -> None:
    seen = look(session(account), ())
    assert assess(seen) == ()
    (service,), (provider,) = seen.services, seen.providers
    assert (service.running, service.target_groups[0].healthy) == (service.desired,) * 2
    assert service.images["llm"].startswith("sha256:")
    assert provider.group is not None
    assert provider.reservation == 100 * service.running / provider.group.in_service


def test_a_look_is_few_calls_that_all_only_read(account: Account) -> None:
    opened = session(account)
    look(opened, ())
    door = opened.gateway
    assert isinstance(door, Counting)
    assert [sent for sent in door.log if sent.writes] == []
    facts = {"GetMetricData", "DescribeTargetHealth", "DescribeTargetGroups"} | {
        f"Describe{name}"
        for name in ("Services", "ScalableTargets", "CapacityProviders", "ContainerInstances")
    }
    counted = [sent.operation for sent in door.log]
    assert facts <= set(counted)
    assert all(counted.count(operation) == 1 for operation in facts)
    # Ten for the facts in three rounds; what only the drift asks comes on top.
    assert len(counted) <= 16
    assert door.rounds <= 6


def test_metrics_are_shown_when_there_are_any(account: Account) -> None:
    cloudwatch = account.client("cloudwatch")
    now = account.sandbox.clock.now()
    dimensions = [
        {"Name": "ClusterName", "Value": SPEC.cluster_name},
        {"Name": "ServiceName", "Value": "llm"},
    ]
    for minutes, value in ((20, 40.0), (10, 80.0)):
        cloudwatch.put_metric_data(
            Namespace="AWS/ECS",
            MetricData=[
                {
                    "MetricName": "CPUUtilization",
                    "Dimensions": dimensions,
                    "Value": value,
                    "Timestamp": now - timedelta(minutes=minutes),
                }
            ],
        )
    (trend,) = look(session(account), ()).services[0].trends
    assert (trend.name, trend.values) == ("cpu", (40.0, 80.0))
    assert look(session(account, Refusing), ()).services[0].trends == ()


def test_nothing_deployed_is_not_healthy_and_is_told_together() -> None:
    findings = assess(look(session(Account()), ()))
    assert health(findings) == "failed"
    assert [finding.node for finding in findings if finding.severity == "failed"] == [
        "service/llm",
        "capacity/gpu",
    ]


class Impatient:
    """A clock whose third sleep is ended by Ctrl-C."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> datetime:
        raise AssertionError("nobody asks for the time")

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) == 3:
            raise KeyboardInterrupt


def test_watching_looks_again_until_ctrl_c_which_ends_it_well() -> None:
    shown: list[Status] = []
    clock = Impatient()

    def show(seen: Status, _findings: Any) -> None:
        shown.append(seen)

    assert follow(status, show, clock, 5.0) == 0
    assert (len(shown), clock.slept) == (3, [5.0, 5.0, 5.0])


def test_watching_as_one_document_is_a_usage_error_that_tells_the_way_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["status", "--watch", "--output", "json"]) == 2
    assert "--output jsonl" in capsys.readouterr().err


def test_every_provider_has_its_own_group() -> None:
    account, spec = Account(), CONFIGS["multi-service"]
    assert account.deploy(spec).error == ""
    seen = look(session(account, spec=spec), ())
    groups = {each.key: each.group.name for each in seen.providers if each.group}
    assert groups == {key: each.auto_scaling_group for key, each in spec.capacity.items()}
    assert health(assess(seen)) == "healthy"
