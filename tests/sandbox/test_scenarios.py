"""Every item of a scenario, from one file: in process, and on the server by ``--scenario``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError

from ecsinfer.sandbox import daemon, furniture
from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.scenario_file import load

pytestmark = pytest.mark.server

CLUSTER = "inference"
ONCE = Config(retries={"total_max_attempts": 1})


class Way(Protocol):
    """One of the two ways in."""

    def begin(self, scenario: Path) -> None:
        """An account of its own, which behaves as the file says."""

    def client(self, service: str) -> Any:
        """A client that sends everything once."""

    def advance(self, seconds: float) -> None:
        """Let simulated time pass."""

    def time(self) -> float:
        """The seconds by which latency is counted."""


class InProcess:
    """No socket; latency passes on the simulated clock."""

    def begin(self, scenario: Path) -> None:
        self._sandbox = Sandbox(load(scenario))

    def client(self, service: str) -> Any:
        session: Any = self._sandbox.session()
        return session.client(service, config=ONCE)

    def advance(self, seconds: float) -> None:
        self._sandbox.clock.sleep(seconds)

    def time(self) -> float:
        return self._sandbox.clock.now().timestamp()


@dataclass
class OnTheServer:
    """A process of its own, whose time stands still; latency passes on the wall."""

    running: daemon.Running

    def begin(self, scenario: Path) -> None:
        daemon.reset(scenario)

    def client(self, service: str) -> Any:
        session: Any = boto3.Session()
        return session.client(service, endpoint_url=self.running.url, config=ONCE)

    def advance(self, seconds: float) -> None:
        daemon.ask(self.running.port, "POST", "advance", f'{{"seconds": {seconds}}}')

    def time(self) -> float:
        return time.monotonic()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnTheServer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        file = tmp_path_factory.mktemp("scenario") / "first.yaml"
        file.write_text("name: from the file")
        yield OnTheServer(daemon.start(speed=0, scenario=file))
        daemon.stop()


@pytest.fixture(params=["in process", "on the server"])
def way(request: pytest.FixtureRequest) -> Way:
    if request.param == "in process":
        return InProcess()
    found: OnTheServer = request.getfixturevalue("server")
    return found


@pytest.fixture
def account(way: Way, tmp_path: Path, request: pytest.FixtureRequest) -> Way:
    """An account that behaves as the test's own scenario says."""
    file = tmp_path / "scenario.yaml"
    file.write_text(request.param)
    way.begin(file)
    return way


def run(account: Way, tag: str, **definition: Any) -> str:
    """Run a task of an image on Fargate; its ARN."""
    ecs = account.client("ecs")
    box = {"name": "main", "image": f"{furniture.VLLM}:{tag}", **definition.pop("box", {})}
    made = ecs.register_task_definition(
        family=tag,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        executionRoleArn=furniture.EXECUTION_ROLE,
        containerDefinitions=[box],
        **definition,
    )["taskDefinition"]["taskDefinitionArn"]
    network = {"awsvpcConfiguration": {"subnets": list(furniture.SUBNETS)}}
    (task,) = ecs.run_task(
        cluster=CLUSTER, taskDefinition=made, launchType="FARGATE", networkConfiguration=network
    )["tasks"]
    arn: str = task["taskArn"]
    return arn


TASKS = f"""
timings: {{pull: 1m, load: 10s}}
images:
  "*/vllm:broken": {{behaviour: crash, exit_code: 3, after: 5s}}
  "*/vllm:nowhere": missing
  "*/vllm:sick": unhealthy
  "*/vllm:huge": {{pull: 1h}}
roles_denied: [ecsTaskRole]
secrets_missing: ["{furniture.SECRET}"]
"""


@pytest.mark.parametrize("account", [TASKS], indirect=True)
def test_images_times_roles_and_secrets_decide_what_becomes_of_tasks(account: Way) -> None:
    ecs = account.client("ecs")
    ecs.create_cluster(clusterName=CLUSTER)
    check = {"healthCheck": {"command": ["CMD", "true"], "interval": 5, "retries": 1}}
    secret = {"secrets": [{"name": "TOKEN", "valueFrom": furniture.SECRET}]}
    arns = {
        "runs": run(account, "v1"),
        "broken": run(account, "broken"),
        "nowhere": run(account, "nowhere"),
        "sick": run(account, "sick", box=check),
        "huge": run(account, "huge"),
        "role": run(account, "role", taskRoleArn=furniture.TASK_ROLE),
        "secret": run(account, "secret", box=secret),
        "crash": run(account, "crash"),
        "oom": run(account, "oom"),
    }
    account.advance(300)
    found = ecs.describe_tasks(cluster=CLUSTER, tasks=list(arns.values()))["tasks"]
    tasks = {name: next(t for t in found if t["taskArn"] == arn) for name, arn in arns.items()}

    assert tasks["runs"]["lastStatus"] == "RUNNING"
    assert tasks["huge"]["lastStatus"] == "PENDING"
    assert tasks["sick"]["healthStatus"] == "UNHEALTHY"
    assert {
        name: tasks[name]["containers"][0]["exitCode"] for name in ("broken", "crash", "oom")
    } == {
        "broken": 3,
        "crash": 1,
        "oom": 137,
    }
    assert tasks["nowhere"]["stoppedReason"].startswith("CannotPullContainerError")
    assert "unable to assume the role" in tasks["role"]["stoppedReason"]
    assert "secrets manager" in tasks["secret"]["stoppedReason"].lower()


INSTANCES = """
timings: {launch: 10s, boot: 20s}
no_capacity: [m5.large, us-east-1a]
vcpu_quota: 4
never_join: [gpu-asg]
"""


@pytest.mark.parametrize("account", [INSTANCES], indirect=True)
def test_capacity_quota_and_agents_decide_what_becomes_of_instances(account: Way) -> None:
    ecs, groups = account.client("ecs"), account.client("autoscaling")
    ecs.create_cluster(clusterName=CLUSTER)
    (group,) = groups.describe_auto_scaling_groups(AutoScalingGroupNames=[furniture.GPU_GROUP])[
        "AutoScalingGroups"
    ]
    ecs.create_capacity_provider(
        name="gpu",
        autoScalingGroupProvider={"autoScalingGroupArn": group["AutoScalingGroupARN"]},
    )
    ecs.put_cluster_capacity_providers(
        cluster=CLUSTER, capacityProviders=["gpu"], defaultCapacityProviderStrategy=[]
    )
    account.advance(30)
    for name in (furniture.CPU_GROUP, furniture.GPU_GROUP):
        groups.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=2)
    account.advance(120)

    def told(name: str) -> str:
        activities = groups.describe_scaling_activities(AutoScalingGroupName=name)["Activities"]
        return " ".join(each.get("StatusMessage", "") for each in activities)

    assert "do not have sufficient m5.large capacity" in told(furniture.CPU_GROUP)
    assert "Availability Zone you requested (us-east-1a)" in told(furniture.GPU_GROUP)
    assert "more vCPU capacity than your current vCPU limit of 4" in told(furniture.GPU_GROUP)
    instances = groups.describe_auto_scaling_instances()["AutoScalingInstances"]
    assert [each["LifecycleState"] for each in instances] == ["InService"]
    assert ecs.list_container_instances(cluster=CLUSTER)["containerInstanceArns"] == []


CALLS = """
describe_lag: 20s
latency: 50ms
faults:
  - {operation: DeleteCluster, nth: 1, code: ServerException, message: not now, status: 500}
  - {operation: CreateCluster, nth: 2, kind: reset}
  - {operation: CreateCluster, nth: 3, kind: lost}
"""


@pytest.mark.parametrize("account", [CALLS], indirect=True)
def test_calls_are_late_lag_are_refused_are_cut_and_lose_their_answers(account: Way) -> None:
    ecs = account.client("ecs")

    def known() -> list[str]:
        found = ecs.describe_clusters(clusters=["first", "cut", "lost"])["clusters"]
        return sorted(each["clusterName"] for each in found)

    ecs.create_cluster(clusterName="first")
    assert known() == []
    for name in ("cut", "lost"):
        with pytest.raises(HTTPClientError):
            ecs.create_cluster(clusterName=name)
    account.advance(30)
    begun = account.time()
    assert known() == ["first", "lost"]
    assert round(account.time() - begun, 3) >= 0.05
    with pytest.raises(ClientError, match="not now") as refused:
        ecs.delete_cluster(cluster="first")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500


@pytest.mark.parametrize("account", ["api_buckets: true"], indirect=True)
def test_calls_beyond_awss_rates_are_throttled_until_the_bucket_refills(account: Way) -> None:
    ecs = account.client("ecs")
    for number in range(20):
        ecs.create_cluster(clusterName=f"c{number}")
    with pytest.raises(ClientError, match="Rate exceeded"):
        ecs.create_cluster(clusterName="too-soon")
    account.advance(10)
    ecs.create_cluster(clusterName="later")
