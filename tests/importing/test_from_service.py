"""Services that run: their spec plans nothing, takes over only when told, and loses no field."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecsinfer.application.services import service_params
from ecsinfer.errors import OwnershipError, PreflightError
from ecsinfer.importing.looking import look
from ecsinfer.sandbox import furniture
from tests.importing.living import created_with, furnished, looked, made, written
from tests.importing.services import CLUSTER, HOOK, ON_FARGATE, SHAPES, SHIFTED, create
from tests.kinds.driving import drive
from tests.kinds.living import Life, operations


@pytest.fixture
def life() -> Life:
    """An account with a cluster."""
    return furnished()


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_a_service_is_planned_empty_adopted_by_its_tags_and_created_anew_as_it_was(
    shape: str, life: Life, tmp_path: Path
) -> None:
    made(life, shape, **SHAPES[shape])
    spec = written(life, tmp_path, shape)
    assert life.plan(spec).empty
    assert operations(life.plan(spec, adopt=True)) == ["TagResource"]
    deployments = [each["id"] for each in life.service(shape)["deployments"]]
    before = created_with(life, shape)
    assert life.deploy(spec, adopt=True).status == "done"
    assert life.plan(spec).empty
    assert [each["id"] for each in life.service(shape)["deployments"]] == deployments
    assert life.destroy(spec).status == "done"
    # The family of its task definitions was never ours alone.
    assert life.deploy(spec, adopt=True).status == "done"
    assert created_with(life, shape) == before


def test_a_change_of_what_is_not_adopted_is_refused(life: Life, tmp_path: Path) -> None:
    made(life, "web", **ON_FARGATE)
    spec = written(life, tmp_path, "web")
    service = spec.services["web"].model_copy(update={"replicas": 4})
    changed = spec.model_copy(update={"services": {"web": service}})
    with pytest.raises(OwnershipError, match="service web"):
        life.plan(changed)
    assert operations(life.plan(changed, adopt=True)) == ["UpdateService", "TagResource"]


def test_a_destroy_keeps_what_was_not_adopted(life: Life, tmp_path: Path) -> None:
    made(life, "web", **ON_FARGATE)
    spec = written(life, tmp_path, "web")
    assert not life.plan(spec, destroy=True).calls
    life.deploy(spec, adopt=True)
    assert operations(life.plan(spec, destroy=True)) == ["DeleteService"]


def test_once_adopted_a_tag_that_moves_is_deployed(life: Life, tmp_path: Path) -> None:
    made(life, "web", **ON_FARGATE)
    spec = written(life, tmp_path, "web")
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
    create(life.ecs, "web", SHAPES["blue-green"])
    life.sandbox.clock.sleep(60)
    plan = life.plan(written(life, tmp_path, "web"))
    assert not plan.calls
    assert not any(action.changes for action in plan.actions)


def test_once_traffic_has_moved_to_the_other_target_group_nothing_is_planned(
    life: Life, tmp_path: Path
) -> None:
    made(life, "web", **SHAPES["blue-green"])
    life.ecs.update_service(cluster=CLUSTER, service="web", forceNewDeployment=True)
    life.sandbox.clock.sleep(3600)
    [first, second] = life.ecs.list_service_deployments(cluster=CLUSTER, service="web")[
        "serviceDeployments"
    ]
    assert (first["status"], second["status"]) == ("SUCCESSFUL", "SUCCESSFUL")
    assert healthy(life, furniture.IP_TARGETS_ALTERNATE)
    assert not healthy(life, furniture.IP_TARGETS)
    spec = written(life, tmp_path, "web")
    assert spec.services["web"].load_balancer[0].target_group == furniture.IP_TARGETS
    assert life.plan(spec).empty


def healthy(life: Life, group: str) -> list[str]:
    """The targets of a target group that are healthy."""
    elb = life.sandbox.session().client("elbv2")
    found = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    return [each["Target"]["Id"] for each in found if each["TargetHealth"]["State"] == "healthy"]


def test_hooks_of_a_deployment_are_kept(life: Life, tmp_path: Path) -> None:
    rules = {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5, "lifecycleHooks": [HOOK]}
    made(life, "web", **ON_FARGATE, loadBalancers=[SHIFTED], deploymentConfiguration=rules)
    spec = written(life, tmp_path, "web")
    (hook,) = service_params(spec, "web")["deploymentConfiguration"]["lifecycleHooks"]
    assert HOOK.items() <= hook.items()
    assert not life.plan(spec).calls


def test_services_of_one_cluster_are_one_spec_and_adopted_together(
    life: Life, tmp_path: Path
) -> None:
    create(life.ecs, "_guarded", SHAPES["ec2-launch-type"])
    create(life.ecs, "guarded", SHAPES["guarded"])
    made(life, "group", **{**SHAPES["group-provider"], "taskDefinition": "with-volume"})
    spec = written(life, tmp_path, "group", "guarded", "_guarded")
    assert spec.name == CLUSTER
    assert spec.services.keys() == {"group", "guarded", "guarded-2"}
    assert life.plan(spec).empty
    assert operations(life.plan(spec, adopt=True)) == ["TagResource"] * 3
    life.deploy(spec, adopt=True)
    assert looked(life, "guarded").document["name"] == CLUSTER
    assert life.plan(spec).empty


def test_services_that_share_a_family_need_a_spec_each(life: Life) -> None:
    create(life.ecs, "one", ON_FARGATE)
    made(life, "other", **ON_FARGATE)
    with pytest.raises(PreflightError, match="two services, one and other") as refusal:
        looked(life, "one", "other")
    assert "a spec each" in refusal.value.hint


def test_what_cannot_be_managed_is_refused_in_clear_words(life: Life) -> None:
    with pytest.raises(PreflightError, match="no active service nobody in cluster inference"):
        looked(life, "nobody")
    other = {"serviceName": "web", "status": "ACTIVE", "deploymentController": {"type": "EXTERNAL"}}
    with pytest.raises(PreflightError, match="EXTERNAL"):
        drive(look(CLUSTER, "web"), {"DescribeServices": {"services": [other]}})
    with pytest.raises(PreflightError, match="no cluster inference"):
        drive(look(CLUSTER, "web"), {"DescribeServices": {}})


def test_the_task_definition_is_the_one_that_runs(life: Life) -> None:
    made(life, "web", **ON_FARGATE)
    result = looked(life, "web")
    (container,) = result.task_definitions["web.json"]["containerDefinitions"]
    assert container["image"] == f"{furniture.VLLM}:v1"
    assert result.task_definitions["web.json"]["tags"] == [{"key": "team", "value": "search"}]
    assert not {"revision", "status", "registeredAt"} & set(result.task_definitions["web.json"])
