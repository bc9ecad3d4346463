"""Deployed, deployed again, changed, destroyed: on an AWS that behaves like AWS."""

from __future__ import annotations

import pytest

from ecsinfer.application import outputs, policy
from ecsinfer.errors import OwnershipError, PreflightError
from ecsinfer.sandbox import furniture
from ecsinfer.sandbox.scenario import Fault, Scenario
from tests.application.specs import SCALING, SPECS, fargate, gpu, spec
from tests.kinds.living import Life, operations, verbs


@pytest.mark.parametrize("name", SPECS)
def test_a_spec_is_deployed_once_and_destroyed_once(name: str) -> None:
    life, made = Life(), SPECS[name]
    assert life.deploy(made).status == "done"
    again = life.plan(made)
    assert again.empty, verbs(again)
    assert life.destroy(made, purge=True).status == "done"
    left = life.plan(made, destroy=True, purge=True)
    assert left.empty
    assert set(verbs(left)) <= {"cluster/inference"}  # kept while instances are registered


@pytest.mark.parametrize("name", SPECS)
def test_the_policy_of_a_spec_allows_every_call_that_was_made(name: str) -> None:
    life, made = Life(), SPECS[name]
    life.deploy(made)
    life.deploy(made)
    life.destroy(made, purge=True)
    prefixes = {"elbv2": "elasticloadbalancing"}
    needed = {
        f"{prefixes.get(call.service, call.service)}:{call.operation}"
        for call in life.sandbox.calls
    }
    allowed = {each for statement in policy(made)["Statement"] for each in statement["Action"]}
    assert needed - allowed == set()


def test_a_plan_that_finds_nothing_to_do_takes_nine_calls() -> None:
    life, made = Life(), SPECS["scaled"]
    life.deploy(made)
    assert life.plan(made).empty
    assert life.reads <= 9


@pytest.mark.rule("E13", "D27")
def test_scaling_that_is_declared_no_more_ends_and_the_count_is_the_specs_again() -> None:
    life = Life()
    life.deploy(SPECS["scaled"])
    fixed = gpu(replicas=3)
    assert operations(life.plan(fixed)) == ["DeregisterScalableTarget", "UpdateService"]
    assert life.deploy(fixed).status == "done"
    assert life.service()["desiredCount"] == 3
    assert life.plan(fixed).empty


@pytest.mark.rule("D22", "D23")
def test_an_image_that_crashes_is_a_failure_and_the_next_one_is_deployed() -> None:
    life = Life()
    life.deploy(gpu())
    failed = life.deploy(gpu(image=f"{furniture.VLLM}:crash"))
    assert failed.exit_code == 3
    assert failed.evidence
    assert life.deploy(gpu(image=f"{furniture.VLLM}:v2")).status == "done"
    assert life.plan(gpu(image=f"{furniture.VLLM}:v2")).empty


def test_a_rollout_that_was_rolled_back_is_tried_again_with_the_same_revision() -> None:
    life, crash = Life(), gpu(image=f"{furniture.VLLM}:crash")
    life.deploy(gpu())
    life.deploy(crash)
    assert operations(life.plan(crash)) == ["UpdateService"]
    # What it was rolled back to is there and runs: only the tags have to follow.
    assert operations(life.plan(gpu())) == ["TagResource"]


@pytest.mark.rule("D23")
def test_a_rollout_is_followed_where_its_deployments_may_not_be_read() -> None:
    denied = [
        Fault(operation, nth=0, code="AccessDeniedException", message="not authorized")
        for operation in ("DescribeServiceDeployments", "ListServiceDeployments")
    ]
    life = Life(Scenario(faults=tuple(denied)))
    assert life.deploy(gpu()).status == "done"
    assert life.deploy(gpu(image=f"{furniture.VLLM}:crash")).exit_code == 3


@pytest.mark.rule("D5", "E12")
def test_a_service_that_must_be_replaced_keeps_its_scaling() -> None:
    life = Life()
    life.deploy(SPECS["scaled"])
    replaced = gpu(scaling=SCALING, replicas=None, overrides={"service": {"launchType": "EC2"}})
    with pytest.raises(PreflightError, match="launchType"):
        life.plan(replaced)
    plan = life.plan(replaced, allow_replace=True)
    gone = ["DeregisterScalableTarget", "DeleteService"]  # or AWS removes it in its own time
    assert operations(plan)[:3] == [*gone, "CreateService"]
    assert "RegisterScalableTarget" in operations(plan)
    assert life.deploy(replaced, allow_replace=True).status == "done"
    assert life.plan(replaced, allow_replace=True).empty


@pytest.mark.rule("B15")
def test_other_peoples_providers_services_and_clusters_are_left_alone() -> None:
    life, made = Life(), fargate()
    life.ecs.create_cluster(clusterName="inference")
    with pytest.raises(OwnershipError, match="cluster inference"):
        life.plan(made)
    existing = spec(cluster={"existing": True}, services=made.model_dump()["services"])
    life.ecs.put_cluster_capacity_providers(
        cluster="inference", capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=[]
    )
    assert life.deploy(existing).status == "done"
    assert life.destroy(existing).status == "done"
    (cluster,) = life.ecs.describe_clusters(clusters=["inference"])["clusters"]
    assert cluster["status"] == "ACTIVE"
    assert "FARGATE" in cluster["capacityProviders"]


def test_destroying_one_service_keeps_what_the_others_share() -> None:
    life, made = Life(), SPECS["several"]
    life.deploy(made)
    assert life.destroy(made, services=["api"]).status == "done"
    assert life.service("api")["status"] == "INACTIVE"
    assert life.service("llm")["status"] == "ACTIVE"
    plan = life.plan(made)
    assert set(verbs(plan)) == {"task-definition/api", "service/api"}


@pytest.mark.rule("A11", "F4")
def test_a_cluster_goes_once_its_group_is_empty() -> None:
    life, made = Life(), gpu()
    life.deploy(made)
    outcome = life.destroy(made)
    assert outcome.status == "done"
    groups = life.sandbox.session().client("autoscaling")
    name = furniture.GPU_GROUP
    instances = groups.describe_auto_scaling_groups(AutoScalingGroupNames=[name])
    ids = [each["InstanceId"] for each in instances["AutoScalingGroups"][0]["Instances"]]
    groups.set_instance_protection(
        AutoScalingGroupName=name, InstanceIds=ids, ProtectedFromScaleIn=False
    )
    groups.update_auto_scaling_group(AutoScalingGroupName=name, MinSize=0, DesiredCapacity=0)
    life.sandbox.clock.sleep(7200)
    assert operations(life.plan(made, destroy=True)) == ["DeleteCluster"]
    assert life.destroy(made).status == "done"


def test_a_deploy_after_a_destroy_is_a_deploy() -> None:
    life, made = Life(), fargate()
    for _ in range(2):
        assert life.deploy(made).status == "done"
        assert life.destroy(made).status == "done"


def test_the_outputs_name_what_people_look_for() -> None:
    life, made = Life(), gpu()
    found = outputs(made, life.deploy(made).outputs)
    assert found["cluster_name"] == "inference"
    assert found["service_name"] == "llm"
    assert found["revision"] == "1"
    assert found["capacity_provider.gpu"].endswith(":capacity-provider/inference-gpu")
    several = SPECS["several"]
    assert outputs(several, Life().deploy(several).outputs)["api.service_name"] == "api"
