"""Tasks that do not start, do not stay or do not serve, and rollouts that stand still."""

from __future__ import annotations

from typing import Any

from ecsinfer.sandbox import furniture
from ecsinfer.sandbox.scenario import Behaviour, ImageBehaviour, Scenario
from ecsinfer.spec import Spec
from tests.application.specs import LLM, fargate, gpu
from tests.diagnose.cases import FIRST, SECOND, THIRD, V2, Case, within
from tests.diagnose.changes import alarm, alarm_ends, balanced_in, healthy, protect

BESIDE = "example.com/*"
CHECKED = {"health": {"command": "curl -f localhost/health"}}
GRACE = {"health": {"grace": "30s"}}


def image(kind: Behaviour, name: str = "*/vllm*", **how: Any) -> Scenario:
    """A world in which images of this name do this; those of the service by default."""
    return Scenario(images=((name, ImageBehaviour(kind, **how)),))


def rollout(**settings: Any) -> dict[str, Any]:
    """Settings of a rollout that is not put right automatically."""
    return {"circuit_breaker": False, "availability_zone_rebalancing": False, **settings}


def after(other: str, condition: str, **sidecar: Any) -> Spec:
    """The GPU service with a container that its own one waits for."""
    beside = {"image": f"example.com/{other}:1", "essential": False, **sidecar}
    return gpu(depends_on={other: condition}, sidecars={other: beside})


CASES: dict[str, Case] = {
    "image-not-found": Case(
        "CannotPullContainerError",
        "does not exist in its registry",
        scenario=image("missing"),
        advice=healthy,
    ),
    "image-pull-denied": Case(
        "pull access denied",
        "the image may not be pulled",
        scenario=image("denied"),
        advice=healthy,
    ),
    "image-wrong-architecture": Case(
        "exit 255",
        "not built for the CPU architecture of its host (X86_64)",
        scenario=image("exec-format"),
        advice=healthy,
    ),
    "disk-full": Case(
        "no space left on device",
        "the image does not fit on the disk",
        scenario=image("disk-full"),
        advice=healthy,
    ),
    "no-route": Case(
        "i/o timeout",
        "the task has no way to the registry",
        spec=fargate(network=within(THIRD), rollout=rollout()),
        remedy=fargate(network={**within(THIRD), "public_ip": True}, rollout=rollout()),
        scenario=Scenario(isolated_subnets=(THIRD,)),
    ),
    "secret-missing": Case(
        "Fetching secret data from AWS Secrets Manager",
        f"the secret {furniture.SECRET} does not exist",
        scenario=Scenario(secrets_missing=(furniture.SECRET,)),
        advice=healthy,
    ),
    "secret-missing:parameter": Case(
        "invalid parameters",
        "the secret /nowhere does not exist",
        spec=gpu(secrets={"MODEL_ID": "/nowhere"}),
        remedy=gpu(secrets={"MODEL_ID": furniture.PARAMETER}),
    ),
    "secret-missing:fargate": Case(
        "failed to fetch secret",
        f"the secret {furniture.SECRET} does not exist",
        spec=fargate(secrets={"HF_TOKEN": furniture.SECRET}),
        scenario=Scenario(secrets_missing=(furniture.SECRET,)),
        advice=healthy,
    ),
    "log-group-missing": Case(
        "log group does not exist",
        "a log group of the containers does not exist",
        scenario=Scenario(log_groups_missing=("/ecsinfer/inference/llm",)),
        advice=healthy,
    ),
    "role-not-assumable": Case(
        "unable to assume the role",
        f"ECS may not assume the role {furniture.TASK_ROLE}",
        scenario=Scenario(roles_denied=("ecsTaskRole",)),
        advice=healthy,
    ),
    "role-not-assumable:unknown": Case(
        "unable to assume the role",
        "ECS may not assume the role arn:aws:iam::123456789012:role/nobody",
        spec=gpu(roles={**LLM["roles"], "task": "arn:aws:iam::123456789012:role/nobody"}),
        remedy=gpu(),
    ),
    "out-of-memory": Case(
        "exit 137",
        "container llm was killed: it used more memory than its task has (8192 MiB)",
        scenario=image("oom"),
        advice=healthy,
    ),
    "service-throttled": Case(
        "unable to consistently start",
        "tasks keep failing, so ECS spaces out their starts",
        spec=gpu(rollout=rollout()),
        scenario=image("crash"),
        advice=healthy,
    ),
    "container-health-check": Case(
        "failed container health checks",
        "the container's own health check fails",
        spec=gpu(health={"command": "curl -f localhost/health"}, load_balancer=()),
        scenario=image("unhealthy"),
        advice=healthy,
    ),
    "target-health-check:code": Case(
        "with these codes",
        "is answered with 503",
        spec=gpu(health={"grace": "2m"}),
        scenario=image("unhealthy", status=503),
        advice=healthy,
    ),
    "target-health-check:time-out": Case(
        "Request timed out",
        "gets no answer in time",
        scenario=image("hang"),
        advice=healthy,
        timeout=2700,
    ),
    "target-health-check": Case(
        "Health checks failed",
        "health check /",
        scenario=image("unhealthy"),
        advice=healthy,
        timeout=2700,
    ),
    "grace-period-too-short": Case(
        "Health checks failed",
        "before anything answered the load balancer: the grace period is 30 s",
        spec=gpu(**GRACE),
        remedy=gpu(),
        scenario=image("slow", load=200),
    ),
    "target-zone-not-enabled": Case(
        "Target.NotInUse",
        "tasks run in us-east-1c where the load balancer is not enabled (it is in us-east-1a, "
        "us-east-1b)",
        spec=gpu(network=within(THIRD)),
        prepare=balanced_in(FIRST, SECOND),
        advice=balanced_in(*furniture.SUBNETS),
    ),
    "rollout-deadlock": Case(
        "because of the service deployment configuration",
        "the rollout may neither start a task nor stop one",
        before=gpu(),
        spec=gpu(image=V2, rollout={"minimum_healthy": 100, "maximum": 100}),
        remedy=gpu(image=V2, rollout={"minimum_healthy": 50, "maximum": 100}),
    ),
    "task-protected": Case(
        "has started 2 tasks",
        "scale-in protection keeps 2 old tasks running",
        before=gpu(),
        spec=gpu(image=V2),
        prepare=protect(enabled=True),
        advice=protect(enabled=False),
    ),
    "alarm": Case(
        "p99 is in ALARM",
        "the deployment watches alarms, and p99 is in ALARM",
        before=gpu(),
        spec=gpu(image=V2, rollout={"alarms": ["p99"]}),
        prepare=alarm(after=120),
        advice=alarm_ends,
    ),
    "dependency-not-met": Case(
        "did not exit successfully",
        "container llm does not start: it waits for container init, which does not end with 0",
        spec=after("init", "success"),
        scenario=image("crash", BESIDE, exit_code=3),
        advice=healthy,
    ),
    "dependency-not-met:time-out": Case(
        "has timed out",
        "container agent, which does not come that far within its startTimeout",
        spec=after("agent", "healthy", **CHECKED, overrides={"startTimeout": 30}),
        remedy=after("agent", "healthy", **CHECKED, overrides={"startTimeout": 120}),
        scenario=image("slow", BESIDE, load=90),
    ),
    "dependency-not-met:health": Case(
        "container agent is UNHEALTHY",
        "container agent, which fails its health check",
        spec=after("agent", "healthy", **CHECKED),
        remedy=after("agent", "start", **CHECKED),
        scenario=image("unhealthy", BESIDE),
    ),
    "crash-loop": Case(
        "exit 3",
        "container llm exits with code 3 after it has started",
        scenario=image("crash", exit_code=3, logs=("ValueError: no such model",)),
        advice=healthy,
    ),
}
