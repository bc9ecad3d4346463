"""Services that run: their spec plans nothing, takes over only when told, and loses no field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ecsinfer.application.services import service_params
from ecsinfer.aws.gateway import Gateway
from ecsinfer.errors import OwnershipError, PreflightError
from ecsinfer.importing.document import Imported, imported
from ecsinfer.importing.looking import look
from ecsinfer.importing.writing import spec_text, task_definition_text
from ecsinfer.reconcile.observe import observe
from ecsinfer.sandbox import furniture
from ecsinfer.spec import Spec, load
from tests.importing.services import (
    CLUSTER,
    HOOK,
    ON_FARGATE,
    SHAPES,
    SHIFTED,
    create,
    furnish,
)
from tests.kinds.driving import drive
from tests.kinds.living import Life, operations


@pytest.fixture
def life() -> Life:
    """An account with a cluster."""
    account = Life()
    furnish(account.ecs)
    account.sandbox.clock.sleep(60)
    return account


def made(life: Life, name: str, **shape: Any) -> None:
    create(life.ecs, name, shape)
    life.sandbox.clock.sleep(900)


def looked(life: Life, name: str) -> Imported:
    gateway = Gateway(life.sandbox.session(), clock=life.sandbox.clock)
    found = observe(gateway, {name: look(CLUSTER, name)})[name]
    return imported(found, region="us-east-1", file="taskdef.json")


def written(life: Life, name: str, folder: Path) -> Spec:
    """The spec of a service, as the loader reads what was written."""
    result = looked(life, name)
    path = folder / "ecsinfer.yaml"
    path.write_text(spec_text(result, f"{CLUSTER}/{name}"))
    (folder / "taskdef.json").write_text(task_definition_text(result))
    return load(path)


@pytest.mark.parametrize("shape", sorted(SHAPES.keys() - {"blue-green"}))
def test_the_spec_of_a_service_plans_nothing_until_it_is_adopted(
    shape: str, life: Life, tmp_path: Path
) -> None:
    made(life, shape, **SHAPES[shape])
    spec = written(life, shape, tmp_path)
    assert life.plan(spec).empty
    assert operations(life.plan(spec, adopt=True)) == ["TagResource"]
    before = life.service(shape)
    assert life.deploy(spec, adopt=True).status == "done"
    assert life.plan(spec).empty
    after = life.service(shape)
    assert [each["id"] for each in after["deployments"]] == [
        each["id"] for each in before["deployments"]
    ]


def test_a_change_of_what_is_not_adopted_is_refused(life: Life, tmp_path: Path) -> None:
    made(life, "web", **ON_FARGATE)
    spec = written(life, "web", tmp_path)
    service = spec.services["web"].model_copy(update={"replicas": 4})
    changed = spec.model_copy(update={"services": {"web": service}})
    with pytest.raises(OwnershipError, match="service web"):
        life.plan(changed)
    assert operations(life.plan(changed, adopt=True)) == ["UpdateService", "TagResource"]


def test_a_destroy_keeps_what_was_not_adopted(life: Life, tmp_path: Path) -> None:
    made(life, "web", **ON_FARGATE)
    spec = written(life, "web", tmp_path)
    assert not life.plan(spec, destroy=True).calls
    life.deploy(spec, adopt=True)
    assert operations(life.plan(spec, destroy=True)) == ["DeleteService"]


def test_once_adopted_a_tag_that_moves_is_deployed(life: Life, tmp_path: Path) -> None:
    made(life, "web", **ON_FARGATE)
    spec = written(life, "web", tmp_path)
    life.deploy(spec, adopt=True)
    ecr = life.sandbox.session().client("ecr")
    wanted = {"repositoryName": "vllm", "imageIds": [{"imageTag": "v2"}]}
    (image,) = ecr.batch_get_image(**wanted)["images"]
    ecr.put_image(repositoryName="vllm", imageManifest=image["imageManifest"], imageTag="v1")
    assert operations(life.plan(spec)) == ["RegisterTaskDefinition", "UpdateService", "TagResource"]
    assert life.deploy(spec).status == "done"
    assert life.plan(spec).empty


def test_what_has_no_word_is_an_override(life: Life) -> None:
    made(life, "ebs", **SHAPES["ebs"])
    raw = looked(life, "ebs").document["services"]["ebs"]["overrides"]["service"]
    (volume,) = raw["volumeConfigurations"]
    assert volume["managedEBSVolume"]["tagSpecifications"][0]["propagateTags"] == "SERVICE"


def test_a_blue_green_rollout_under_way_is_waited_for_not_changed(
    life: Life, tmp_path: Path
) -> None:
    made(life, "web", **SHAPES["blue-green"])
    plan = life.plan(written(life, "web", tmp_path))
    assert not plan.calls
    assert not any(action.changes for action in plan.actions)


def test_hooks_of_a_deployment_are_kept(life: Life, tmp_path: Path) -> None:
    rules = {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5, "lifecycleHooks": [HOOK]}
    made(life, "web", **ON_FARGATE, loadBalancers=[SHIFTED], deploymentConfiguration=rules)
    spec = written(life, "web", tmp_path)
    (hook,) = service_params(spec, "web")["deploymentConfiguration"]["lifecycleHooks"]
    assert HOOK.items() <= hook.items()
    assert not life.plan(spec).calls


def test_autoscaling_stays_with_who_made_it(life: Life, tmp_path: Path) -> None:
    made(life, "web", **ON_FARGATE)
    scaling = life.sandbox.session().client("application-autoscaling")
    address = {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{CLUSTER}/web",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    scaling.register_scalable_target(**address, MinCapacity=2, MaxCapacity=6)
    metric = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
    scaling.put_scaling_policy(
        **address,
        PolicyName="by-cpu",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 60,
            "PredefinedMetricSpecification": metric,
        },
    )
    life.sandbox.clock.sleep(900)
    spec = written(life, "web", tmp_path)
    assert life.plan(spec).empty
    assert operations(life.plan(spec, adopt=True)) == ["TagResource"]
    text = (tmp_path / "ecsinfer.yaml").read_text()
    assert "between 2 and 6" in text
    assert "by-cpu" in text
    assert "ECSServiceAverageCPUUtilization" in text


def test_what_cannot_be_managed_is_refused_in_clear_words(life: Life) -> None:
    with pytest.raises(PreflightError, match="no active service nobody in cluster inference"):
        looked(life, "nobody")
    other = {"serviceName": "web", "status": "ACTIVE", "deploymentController": {"type": "EXTERNAL"}}
    with pytest.raises(PreflightError, match="EXTERNAL"):
        drive(look(CLUSTER, "web"), {"DescribeServices": {"services": [other]}})


def test_the_task_definition_is_the_one_that_runs(life: Life) -> None:
    made(life, "web", **ON_FARGATE)
    result = looked(life, "web")
    (container,) = result.task_definition["containerDefinitions"]
    assert container["image"] == f"{furniture.VLLM}:v1"
    assert result.task_definition["tags"] == [{"key": "team", "value": "search"}]
    assert not {"revision", "status", "registeredAt"} & set(result.task_definition)
