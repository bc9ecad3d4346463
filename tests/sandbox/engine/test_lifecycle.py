from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ecsinfer.sandbox.clock import EPOCH
from ecsinfer.sandbox.scenario import ImageBehaviour, Scenario, Timings
from ecsinfer.sandbox.state import Service, Task
from tests.sandbox.engine.account import (
    SUBNETS,
    Account,
    cpu_container,
    gpu_container,
    strategy,
)

TARGETS = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/1"
NETWORK = {"awsvpcConfiguration": {"subnets": list(SUBNETS.values())}}


def on_fargate(account: Account, *containers: dict[str, Any], **spec: Any) -> Service:
    definition = account.definition(*containers, networkMode="awsvpc")
    return account.service(definition, launchType="FARGATE", networkConfiguration=NETWORK, **spec)


def ended(account: Account, service: Service) -> Task:
    account.run(200)
    return account.tasks(service, "STOPPED")[0]


def statuses(account: Account, task: Task, seconds: float) -> list[str]:
    seen = [task.last_status]

    def watch() -> None:
        if task.last_status != seen[-1]:
            seen.append(task.last_status)

    account.run(seconds, watch)
    return seen


def test_a_task_goes_up_and_down_through_every_status() -> None:
    account = Account(Scenario(timings=Timings(load=5)))
    balancer = {"targetGroupArn": TARGETS, "containerName": "app", "containerPort": 8000}
    service = on_fargate(account, cpu_container(), loadBalancers=[balancer])
    account.run(2)
    task = account.tasks(service)[0]
    assert statuses(account, task, 200) == ["PROVISIONING", "PENDING", "ACTIVATING", "RUNNING"]
    service.desired = 0
    account.engine.service_changed(service)
    assert statuses(account, task, 200) == [
        "RUNNING",
        "DEACTIVATING",
        "STOPPING",
        "DEPROVISIONING",
        "STOPPED",
    ]
    moments = [
        task.created_at,
        task.connectivity_at,
        task.pull_started_at,
        task.pull_stopped_at,
        task.started_at,
        task.stopping_at,
        task.stopped_at,
    ]
    assert None not in moments
    assert moments == sorted(moments)  # type: ignore[type-var]  # none of them is None
    assert task.stopped_reason.startswith("Scaling activity initiated by (deployment ecs-svc/")
    assert task.containers[0].exit_code == 0


def pull_seconds(task: Task) -> float:
    assert task.pull_started_at
    assert task.pull_stopped_at
    return (task.pull_stopped_at - task.pull_started_at).total_seconds()


def test_an_image_is_pulled_once_per_instance() -> None:
    account = Account()
    account.group(instance_type="g5.12xlarge", desired=1)
    account.run(130)
    service = account.service(account.definition(), launchType="EC2")
    account.run(120)
    service.desired = 2
    account.engine.service_changed(service)
    account.run(10)
    first, second = account.running(service)
    assert (pull_seconds(first), pull_seconds(second)) == (60, 1)


@pytest.mark.parametrize(
    ("image", "code", "reason", "exit_code"),
    [
        ("app:crash", "EssentialContainerExited", "Essential container in task exited", 1),
        ("app:oom", "EssentialContainerExited", "Essential container in task exited", 137),
        ("app:missing", "TaskFailedToStart", "CannotPullContainerError: ", None),
    ],
)
def test_an_image_tag_tells_how_the_task_ends(
    image: str, code: str, reason: str, exit_code: int | None
) -> None:
    account = Account()
    task = ended(account, on_fargate(account, cpu_container(image)))
    assert task.stop_code == code
    assert task.stopped_reason.startswith(reason)
    assert task.containers[0].exit_code == exit_code


def test_running_out_of_memory_is_named_on_the_container() -> None:
    account = Account()
    task = ended(account, on_fargate(account, cpu_container("app:oom")))
    assert task.containers[0].reason.startswith("OutOfMemoryError")


def test_the_scenario_overrules_the_tag() -> None:
    scenario = Scenario(images=(("app:*", ImageBehaviour("crash", exit_code=3)),))
    account = Account(scenario)
    task = ended(account, on_fargate(account, cpu_container("app:oom")))
    assert task.containers[0].exit_code == 3


@pytest.mark.rule("H3")
def test_a_denied_role_stops_the_task_with_aws_s_words() -> None:
    account = Account(Scenario(roles_denied=("worker",)))
    role = "arn:aws:iam::123456789012:role/worker"
    definition = account.definition(cpu_container(), networkMode="awsvpc", taskRoleArn=role)
    service = account.service(definition, launchType="FARGATE", networkConfiguration=NETWORK)
    said = f"ECS was unable to assume the role '{role}' that was provided for this task."
    assert ended(account, service).stopped_reason.startswith(said)
    begin = f"(service {service.name}) failed to launch a task with (error {said}"
    assert any(each.message.startswith(begin) for each in service.events)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (
            "arn:aws:secretsmanager:us-east-1:123456789012:secret:hf",
            "unable to retrieve secret from asm",
        ),
        ("arn:aws:ssm:us-east-1:123456789012:parameter/hf", "invalid ssm parameters: hf"),
    ],
)
def test_a_missing_secret_is_a_resource_initialization_error(source: str, words: str) -> None:
    account = Account(Scenario(secrets_missing=(source,)))
    box = cpu_container(secrets=[{"name": "HF_TOKEN", "valueFrom": source}])
    reason = ended(account, on_fargate(account, box)).stopped_reason
    assert reason.startswith("ResourceInitializationError: unable to pull secrets")
    assert words in reason


def awslogs(**options: str) -> dict[str, Any]:
    return {
        "logDriver": "awslogs",
        "options": {"awslogs-group": "/app", "awslogs-stream-prefix": "ecs", **options},
    }


@pytest.mark.rule("J1")
def test_a_missing_log_group_stops_the_task_unless_the_driver_creates_it() -> None:
    account = Account(Scenario(log_groups_missing=("/app",)))
    strict = on_fargate(account, cpu_container(logConfiguration=awslogs()))
    creating = awslogs(**{"awslogs-create-group": "true"})
    lax = on_fargate(account, cpu_container(logConfiguration=creating), name="lax")
    reason = ended(account, strict).stopped_reason
    assert "The specified log group does not exist" in reason
    assert account.running(lax)


class Logs:
    """Log groups that all exist, and what was written to their streams."""

    def __init__(self, account: Account) -> None:
        self.lines: dict[tuple[str, str], list[tuple[float, str]]] = {}
        self._account = account
        account.engine.logs = self

    def exists(self, _group: str) -> bool:
        return True

    def write(self, group: str, stream: str, lines: Sequence[str], *, creates: bool) -> None:
        at = (self._account.world.now() - EPOCH).total_seconds()
        self.lines.setdefault((group, stream), []).extend((at, line) for line in lines)


def test_what_a_container_writes_is_handed_to_the_logs() -> None:
    behaviour = ImageBehaviour("crash", logs=("loading", "CUDA error"))
    account = Account(Scenario(images=(("app:bad", behaviour),)))
    written = Logs(account).lines
    service = on_fargate(account, cpu_container("app:bad", logConfiguration=awslogs()))
    task = ended(account, service)
    lines = written["/app", f"ecs/app/{task.arn.rpartition('/')[2]}"]
    assert [line for _, line in lines] == [
        "[simulated] app starts: app:bad", "loading", "CUDA error",
    ]  # fmt: skip


def test_a_container_tells_when_it_starts_has_loaded_and_is_told_to_stop() -> None:
    account = Account(Scenario(timings=Timings(load=45)))
    written = Logs(account).lines
    ports = [{"containerPort": 8000}]
    box = cpu_container(logConfiguration=awslogs(), portMappings=ports)
    service = on_fargate(account, box)
    account.run(300)
    (task,) = account.running(service)
    account.engine.stop_task(task, "enough", "UserInitiated")
    account.run(60)
    lines = written["/app", f"ecs/app/{task.arn.rpartition('/')[2]}"]
    assert [line for _, line in lines] == [
        "[simulated] app starts: web:1",
        "[simulated] app is ready, serving on port 8000",
        "[simulated] app got SIGTERM, and finishes its work",
    ]
    assert lines[1][0] - lines[0][0] == 45


def test_a_container_that_others_wait_for_writes_its_lines_once() -> None:
    account = Account(Scenario(images=(("init:1", ImageBehaviour(logs=("downloaded",))),)))
    written = Logs(account).lines
    init = cpu_container("init:1", name="init", essential=False, logConfiguration=awslogs())
    app = cpu_container(dependsOn=[{"containerName": "init", "condition": "SUCCESS"}])
    service = on_fargate(account, app, init)
    account.run(300)
    (task,) = account.running(service)
    lines = written["/app", f"ecs/init/{task.arn.rpartition('/')[2]}"]
    assert [line for _, line in lines] == ["[simulated] init starts: init:1", "downloaded"]


def test_only_an_essential_container_ends_the_task() -> None:
    account = Account()
    side_car = cpu_container("exporter:crash", name="exporter", essential=False)
    service = on_fargate(account, cpu_container(), side_car)
    account.run(300)
    [task] = account.running(service)
    assert [(box.status, box.exit_code) for box in task.containers] == [
        ("RUNNING", None),
        ("STOPPED", 1),
    ]


def test_a_container_that_ignores_sigterm_is_killed_after_its_stop_timeout() -> None:
    account = Account(Scenario(timings=Timings(stop=600)))
    service = on_fargate(account, cpu_container(stopTimeout=20))
    account.run(200)
    [task] = account.running(service)
    account.engine.stop_task(task, "enough", "UserInitiated")
    account.run(30)
    assert (task.last_status, task.stop_code) == ("STOPPED", "UserInitiated")
    assert task.containers[0].exit_code == 137


@pytest.mark.rule("J8")
def test_a_stopped_task_is_remembered_for_an_hour() -> None:
    account = Account()
    service = on_fargate(account, cpu_container("app:missing"), desired=1)
    task = ended(account, service)
    assert task.arn in account.world.tasks
    account.run(3600)
    assert task.arn not in account.world.tasks


@pytest.mark.rule("D8")
def test_all_tasks_of_a_deployment_run_the_same_digest() -> None:
    account = Account()
    digests = iter(["sha256:one", "sha256:two", "sha256:three"])
    account.engine.digest_of_image = lambda _: next(digests)
    service = on_fargate(account, cpu_container(), desired=2)
    account.run(200)
    assert {task.containers[0].digest for task in account.running(service)} == {"sha256:one"}


def test_gpus_are_pinned_by_id_and_freed() -> None:
    account = Account()
    account.group(instance_type="g5.12xlarge", desired=1)
    account.run(130)
    service = account.service(account.definition(gpu_container()), launchType="EC2", desired=4)
    account.run(120)
    pinned = [gpu for task in account.running(service) for gpu in task.containers[0].gpu_ids]
    assert sorted(pinned) == sorted(gpu.id for gpu in account.instances()[0].gpus)
    service.desired = 0
    account.engine.service_changed(service)
    account.run(120)
    assert not any(gpu.task for gpu in account.instances()[0].gpus)


def test_a_task_that_finds_no_capacity_is_given_up_after_half_an_hour() -> None:
    account = Account()
    account.provider(account.group(maximum=0))
    service = account.service(account.definition(), capacityProviderStrategy=strategy("asg"))
    account.run(1790)
    [task] = account.tasks(service)
    assert task.last_status == "PROVISIONING"
    account.run(20)
    assert task.last_status == "STOPPED"
    assert task.stop_code == "TaskFailedToStart"
