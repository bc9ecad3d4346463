"""One field is changed: exactly the calls that it needs, and the plan says what they do."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from ecsinfer.model import Plan
from ecsinfer.sandbox import furniture
from ecsinfer.spec import Spec
from tests.application.specs import GPU, LLM
from tests.laws.world import Account, operations

FIXED: dict[str, Any] = {
    "name": "inference",
    "region": furniture.REGION,
    "cluster": {"insights": "enabled"},
    "capacity": {"gpu": GPU},
    "services": {"llm": {**LLM, "tags": {"team": "a"}, "rollout": {"maximum": 200}}},
}
SCALING = {
    "min": 2,
    "max": 6,
    "cpu": 60,
    "scheduled": {"night": {"schedule": "rate(1 day)", "min": 2}},
}


def changed(document: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The document with other values at dotted paths; None removes."""
    result = copy.deepcopy(dict(document))
    for path, value in changes.items():
        *parents, last = path.split(".")
        at = result
        for parent in parents:
            at = at.setdefault(parent, {})
        if value is None:
            at.pop(last)
        else:
            at[last] = value
    return result


SCALED = changed(FIXED, {"services.llm.scaling": SCALING, "services.llm.replicas": None})


class Case(NamedTuple):
    """A change of a spec, the writes that it takes, and what the plan says they do.

    Attributes:
        changes: path in the spec -> its new value; None removes.
        writes: the operations, in order.
        effects: effect of a change -> how many tasks it replaces.
        base: the spec that is changed.
    """

    changes: dict[str, Any]
    writes: list[str]
    effects: dict[str, int]
    base: dict[str, Any] = FIXED


REVISION = ["RegisterTaskDefinition", "UpdateService", "TagResource"]
ROLLS = {"new-revision": 0, "rollout": 2, "in-place": 0}
IN_PLACE = {"in-place": 0}


def content(path: str, value: Any) -> Case:
    """A field of the task definition."""
    return Case({f"services.llm.{path}": value}, REVISION, ROLLS)


def deployment(path: str, value: Any) -> Case:
    """A field of the service that starts a deployment of the same revision."""
    return Case({f"services.llm.{path}": value}, ["UpdateService"], {"rollout": 2})


def setting(path: str, value: Any, base: dict[str, Any] = FIXED) -> Case:
    """A field of the service that leaves its tasks alone."""
    return Case({f"services.llm.{path}": value}, ["UpdateService"], IN_PLACE, base)


def scaling(path: str, value: Any, *writes: str) -> Case:
    """A field of a service that scales."""
    return Case({f"services.llm.scaling.{path}": value}, list(writes), IN_PLACE, SCALED)


def capacity(path: str, value: Any) -> Case:
    """A field of the capacity provider."""
    return Case({f"capacity.gpu.{path}": value}, ["UpdateCapacityProvider"], IN_PLACE)


GROUPS = {"subnets": list(furniture.SUBNETS[:2]), "security_groups": [furniture.SECURITY_GROUP]}

CASES: dict[str, Case] = {
    "image": content("image", f"{furniture.VLLM}:v2"),
    "command": content("command", ["--model", "/models/other"]),
    "entrypoint": content("entrypoint", ["python"]),
    "environment": content("environment", {"MODEL_DIR": "/other"}),
    "environment removed": content("environment", None),
    "secrets removed": content("secrets", None),
    "cpu": content("resources.cpu", 1024),
    "memory": content("resources.memory", 9000),
    "shared memory": content("resources.shared_memory", 2048),
    "task role removed": content("roles", {"execution": furniture.EXECUTION_ROLE}),
    "stop timeout": content("health.stop_timeout", "1m"),
    "ulimits": content("ulimits", {"nofile": {"soft": 1024, "hard": 2048}}),
    "volume": content("volumes", {"models": {"host": "/models"}}),
    "side-car": content(
        "sidecars", {"agent": {"image": "example.com/a:1", "resources": {"memory": 64}}}
    ),
    "log stream prefix": content("logs.stream_prefix", "other"),
    "replicas": setting("replicas", 3),
    "grace": setting("health.grace", "20m"),
    "minimum healthy": setting("rollout.minimum_healthy", 50),
    "maximum": setting("rollout.maximum", 150),
    "circuit breaker": setting("rollout.circuit_breaker", {"rollback": False}),
    "execute command": setting("execute_command", True),
    "propagated tags": setting("propagate_tags", "none"),
    "placement": setting(
        "placement.strategies", [{"type": "spread", "field": "attribute:ecs.availability-zone"}]
    ),
    "weight": deployment("capacity.gpu.weight", 2),
    "base": deployment("capacity.gpu.base", 0),
    "subnets": deployment("network", GROUPS),
    "load balancer removed": deployment("load_balancer", None),
    "tags of the service": Case(
        {"services.llm.tags": {"team": "b"}}, ["TagResource"] * 2, IN_PLACE  # its revision, too
    ),
    "tags of everything": Case(
        # Log group, cluster, capacity provider, revision, service.
        {"tags": {"owner": "b"}}, ["TagResource"] * 5, IN_PLACE
    ),
    "tags of the cluster": Case({"cluster.tags": {"team": "b"}}, ["TagResource"], IN_PLACE),
    "tags of the provider": Case({"capacity.gpu.tags": {"a": "b"}}, ["TagResource"], IN_PLACE),
    "insights": Case({"cluster.insights": "enhanced"}, ["UpdateCluster"], IN_PLACE),
    "retention": Case(
        {"services.llm.logs.retention_days": 7}, ["PutRetentionPolicy"], IN_PLACE
    ),
    "target capacity": capacity("target_capacity", 90),
    "scaling steps": capacity("scaling_steps", [1, 10]),
    "warm-up": capacity("instance_warmup", "2m"),
    "termination protection": capacity("termination_protection", False),
    "draining": capacity("draining", False),
    "minimum of scaling": scaling("min", 1, "RegisterScalableTarget"),
    "maximum of scaling": scaling("max", 8, "RegisterScalableTarget"),
    "suspended scaling": scaling("suspended", {"scale_in": True}, "RegisterScalableTarget"),
    "target of a policy": scaling("cpu", 70, "PutScalingPolicy"),
    "another policy": scaling("memory", 70, "PutScalingPolicy"),
    "cooldown": scaling("scale_in_cooldown", "10m", "PutScalingPolicy"),
    "schedule": scaling(
        "scheduled.night.schedule", "rate(2 days)", "PutScheduledAction"
    ),
    "schedule removed": scaling("scheduled", None, "DeleteScheduledAction"),
    "policy of another metric": Case(
        {"services.llm.scaling.cpu": None, "services.llm.scaling.memory": 60},
        ["PutScalingPolicy", "DeleteScalingPolicy"],
        IN_PLACE,
        SCALED,
    ),
    "scaling removed": Case(
        {"services.llm.scaling": None, "services.llm.replicas": 2},
        ["DeregisterScalableTarget"],
        {},
        SCALED,
    ),
    "scaling added": Case(
        {"services.llm.scaling": SCALING, "services.llm.replicas": None},
        ["RegisterScalableTarget", "PutScalingPolicy", "PutScheduledAction"],
        IN_PLACE,
    ),
    "nothing": Case({}, [], {}),
}  # fmt: skip


def effects(plan: Plan) -> dict[str, int]:
    """Every effect of the plan's changes, and how many tasks it replaces."""
    return {each.effect: each.tasks for action in plan.actions for each in action.changes}


@pytest.mark.rule("D5", "D6", "D7", "C1", "E13")
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_change_makes_exactly_the_calls_that_it_needs_and_says_its_effect(case: Case) -> None:
    account = Account()
    account.deploy(Spec.model_validate(case.base))
    spec = Spec.model_validate(changed(case.base, case.changes))
    run = account.deploy(spec)
    assert operations(run.plan) == case.writes
    assert run.writes == case.writes
    assert run.error == ""
    assert effects(run.plan) == case.effects
    assert account.deploy(spec).writes == []
