"""The real kinds, through the real gateway, on the embedded AWS."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from ecsinfer import events
from ecsinfer.aws.gateway import Gateway
from ecsinfer.events import Event, Outcome
from ecsinfer.kinds import ownership
from ecsinfer.kinds.capacity_provider import CapacityProvider, CapacityProviderKind
from ecsinfer.kinds.cluster import Cluster, ClusterKind
from ecsinfer.kinds.cluster_association import ClusterAssociation, ClusterAssociationKind
from ecsinfer.kinds.log_group import LogGroup, LogGroupKind
from ecsinfer.kinds.others import Leaving
from ecsinfer.kinds.scalable_target import ScalableTarget, ScalableTargetKind
from ecsinfer.kinds.service import Service, ServiceKind
from ecsinfer.kinds.task_definition import TaskDefinition, TaskDefinitionKind
from ecsinfer.model import Answer, Node, Read, Ref
from ecsinfer.reconcile.reconciler import Reconciler
from ecsinfer.sandbox import furniture
from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.scenario import Fault, Scenario

APP = "inference"
V1, V2, CRASH = (f"registry.example.com/vllm:{tag}" for tag in ("v1", "v2", "crash"))
TAGS = {ownership.APP: APP}
REVISION = "task-definition/llm"


def nodes(image: str = V1, *, destroying: bool = False) -> list[Node[Any, Any]]:
    """A GPU service with its capacity, as a spec compiles it."""
    task = {
        "family": "llm",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["EC2"],
        "executionRoleArn": furniture.EXECUTION_ROLE,
        "containerDefinitions": [
            {
                "name": "llm",
                "image": image,
                "cpu": 2048,
                "memory": 8192,
                "essential": True,
                "portMappings": [{"containerPort": 8000}],
                "resourceRequirements": [{"type": "GPU", "value": "1"}],
            }
        ],
    }
    params = {
        "capacityProviderStrategy": [{"capacityProvider": "gpu", "weight": 1, "base": 0}],
        "availabilityZoneRebalancing": "DISABLED",
        "deploymentConfiguration": {
            "minimumHealthyPercent": 100,
            "maximumPercent": 200,
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        },
        "networkConfiguration": {
            "awsvpcConfiguration": {
                "subnets": list(furniture.SUBNETS),
                "securityGroups": [furniture.SECURITY_GROUP],
            }
        },
    }
    provider = CapacityProvider(
        "gpu",
        furniture.GPU_GROUP,
        APP,
        TAGS,
        {"status": "ENABLED", "targetCapacity": 100, "minimumScalingStepSize": 1,
         "maximumScalingStepSize": 10, "instanceWarmupPeriod": 60},
    )  # fmt: skip
    deployed = {
        ownership.DIGEST: Ref.to(REVISION, "digest"),
        ownership.REVISION: Ref.to(REVISION, "arn"),
    }
    service = Service(
        "llm",
        "inference",
        APP,
        Ref.to(REVISION, "arn"),
        params,
        {**TAGS, **deployed},
        Ref.to(REVISION, "token"),
        count=2,
        scaled=True,
        destroying=destroying,
    )
    target = ScalableTarget("inference", "llm", APP, 2, 4, params=params)
    return [
        Node(LogGroupKind(), "/llm", LogGroup("/llm", APP, TAGS, 30)),
        Node(ClusterKind(), "inference", Cluster("inference", APP, TAGS, leaving=Leaving("inference", APP, ("llm",)) if destroying else None)),
        Node(CapacityProviderKind(), "gpu", provider),
        Node(
            ClusterAssociationKind(),
            "inference",
            ClusterAssociation("inference", APP, ("gpu",), ("gpu",)),
            needs=("cluster/inference", "capacity-provider/gpu"),
        ),
        Node(
            TaskDefinitionKind(),
            "llm",
            TaskDefinition("llm", APP, task, TAGS, "inference", "llm", "us-east-1", destroying=destroying),
        ),
        Node(
            ServiceKind(),
            "llm",
            service,
            needs=("cluster-association/inference", REVISION, "log-group//llm"),
        ),
        Node(ScalableTargetKind(), "llm", target, after=("service/llm",)),
    ]  # fmt: skip


class CountingGateway(Gateway):
    """Counts the rounds of reads."""

    rounds = 0

    def gather(self, reads: Sequence[Read]) -> list[Answer]:
        self.rounds += bool(reads)
        return super().gather(reads)


class Account:
    """A reconciler on an embedded AWS."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.events: list[Event] = []
        self.gateway = CountingGateway(
            sandbox.session(), clock=sandbox.clock, jitter=random.Random(1), concurrency=1
        )
        self.reconciler = Reconciler(
            self.gateway, sandbox.clock, self.events.append, jitter=random.Random(2)
        )

    def deploy(self, *, image: str = V1, **options: Any) -> Outcome:
        wanted = nodes(image)
        return self.reconciler.apply(self.reconciler.plan(wanted, APP), wanted, **options)

    def destroy(self) -> Outcome:
        wanted = nodes(destroying=True)
        return self.reconciler.apply(self.reconciler.plan_destroy(wanted, APP), wanted)

    @property
    def round_trips(self) -> int:
        """How many times reads went out together."""
        return self.gateway.rounds

    @property
    def writes(self) -> list[str]:
        return [sent.operation for sent in self.gateway.log if sent.writes]


@pytest.fixture
def account(sandbox: Sandbox) -> Account:
    return Account(sandbox)


def test_a_service_comes_up_on_its_capacity(account: Account) -> None:
    outcome = account.deploy()

    assert outcome.error == ""
    assert (outcome.status, outcome.exit_code) == ("done", 0)
    assert account.writes == [
        "CreateLogGroup",
        "PutRetentionPolicy",
        "CreateCluster",
        "CreateCapacityProvider",
        "PutClusterCapacityProviders",
        "RegisterTaskDefinition",
        "CreateService",
        "RegisterScalableTarget",
    ]
    assert len(account.sandbox.world.live_tasks("inference", "llm")) == 2


def test_deploying_again_writes_nothing_in_nine_calls(account: Account) -> None:
    account.deploy()
    again = Account(account.sandbox)

    outcome = again.deploy()

    assert outcome.status == "nothing-to-do"
    assert again.writes == []
    assert len(again.gateway.log) <= 9
    assert again.round_trips <= 2
    assert outcome.outputs["service/llm"]["task_definition"].endswith("task-definition/llm:1")


def test_a_new_image_is_a_new_revision_and_one_update(account: Account) -> None:
    account.deploy()
    again = Account(account.sandbox)

    outcome = again.deploy(image=V2)

    assert outcome.error == ""
    assert again.writes == ["RegisterTaskDefinition", "UpdateService", "TagResource"]
    assert outcome.outputs["service/llm"]["task_definition"].endswith(":2")


@pytest.mark.rule("D21", "D23")
def test_an_image_that_crashes_is_rolled_back_and_told_with_evidence(account: Account) -> None:
    account.deploy()

    outcome = Account(account.sandbox).deploy(image=CRASH)

    assert (outcome.status, outcome.exit_code) == ("failed", 3)
    assert outcome.evidence
    assert account.sandbox.world.services["inference", "llm"].task_definition.endswith(":1")


def test_destroy_leaves_nothing_of_ours(account: Account) -> None:
    account.deploy()
    again = Account(account.sandbox)

    outcome = again.destroy()
    second = Account(account.sandbox)
    second.destroy()

    assert outcome.error == ""
    assert "DeleteService" in again.writes
    assert "DeleteCapacityProvider" in again.writes
    assert second.writes == []
    assert account.sandbox.world.live_tasks("inference") == []


def faulty(fault: Fault) -> Account:
    return Account(Sandbox(Scenario(faults=(fault,))))


WRITES = (
    "CreateLogGroup",
    "PutRetentionPolicy",
    "CreateCluster",
    "CreateCapacityProvider",
    "PutClusterCapacityProviders",
    "RegisterTaskDefinition",
    "CreateService",
    "RegisterScalableTarget",
)


@pytest.mark.rule("D1", "D2")
def test_a_service_that_drained_since_the_plan_is_created_all_the_same(account: Account) -> None:
    account.deploy()
    account.sandbox.session().client("ecs").delete_service(
        cluster="inference", service="llm", force=True
    )
    wanted = nodes()
    plan = account.reconciler.plan(wanted, APP)
    account.sandbox.clock.sleep(3600)

    outcome = account.reconciler.apply(plan, wanted)

    assert outcome.error == ""
    assert account.sandbox.world.services["inference", "llm"].status == "ACTIVE"


FAULTS = pytest.mark.parametrize(
    "fault",
    [
        lambda operation: Fault(operation, kind="lost"),
        lambda operation: Fault(operation, kind="reset"),
        lambda operation: Fault(operation, code="ServerException", status=500),
        Fault,
    ],
    ids=["lost", "reset", "500", "throttled"],
)


@pytest.mark.rule("I7", "0.6")
@pytest.mark.parametrize("operation", WRITES)
@FAULTS
def test_one_fault_at_any_write_is_overcome_in_the_same_run(
    operation: str, fault: Callable[[str], Fault]
) -> None:
    account = faulty(fault(operation))

    outcome = account.deploy()

    assert outcome.error == ""
    world = account.sandbox.world
    assert [len(revisions) for revisions in world.task_definitions.values()] == [1]
    assert len(world.services) == 1
    assert Account(account.sandbox).deploy().status == "nothing-to-do"
    kinds = {type(event) for event in account.events}
    assert kinds & {events.ResponseLost, events.CallRetried}


REMOVALS = (
    "DeregisterScalableTarget",
    "DeleteService",
    "PutClusterCapacityProviders",
    "DeleteCapacityProvider",
    "DeregisterTaskDefinition",
)


@pytest.mark.rule("I7", "K")
@pytest.mark.parametrize("operation", REMOVALS)
@FAULTS
def test_one_fault_at_any_removal_is_overcome_in_the_same_run(
    account: Account, operation: str, fault: Callable[[str], Fault]
) -> None:
    account.deploy()
    again = Account(account.sandbox)
    account.sandbox.faults.add(fault(operation))

    outcome = again.destroy()

    assert outcome.error == ""
    assert {type(event) for event in again.events} & {events.ResponseLost, events.CallRetried}
    assert Account(account.sandbox).destroy().status == "nothing-to-do"
