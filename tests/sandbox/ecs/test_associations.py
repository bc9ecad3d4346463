from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.furniture import CPU_GROUP, GPU_GROUP
from tests.sandbox.ecs.refusals import refusal
from tests.sandbox.ecs.requests import SETTLED, definition, group_provider

HOOK = "ecs-managed-draining-termination-hook"


@pytest.fixture(autouse=True)
def _account(ecs: Any) -> None:
    ecs.create_cluster(clusterName="x")
    ecs.create_capacity_provider(**group_provider("cpu", CPU_GROUP))
    ecs.create_capacity_provider(
        **group_provider("gpu", GPU_GROUP, managedScaling={"status": "DISABLED"})
    )


def put(ecs: Any, *names: str, cluster: str = "x", strategy: Any = ()) -> dict[str, Any]:
    answer = ecs.put_cluster_capacity_providers(
        cluster=cluster,
        capacityProviders=list(names),
        defaultCapacityProviderStrategy=list(strategy),
    )
    return dict(answer["cluster"])


def described(ecs: Any) -> dict[str, Any]:
    return dict(ecs.describe_clusters(clusters=["x"], include=["ATTACHMENTS"])["clusters"][0])


def kinds(cluster: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {
        (item["type"], item["details"][0]["value"], item["status"])
        for item in cluster["attachments"]
    }


def hooks(sandbox: Sandbox, group: str) -> list[str]:
    autoscaling = sandbox.session().client("autoscaling")
    found = autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=group)["LifecycleHooks"]
    return [hook["LifecycleHookName"] for hook in found]


@pytest.mark.rule("A9", "A10")
def test_a_put_attaches_policies_and_hooks_in_their_real_form_and_takes_its_time(
    ecs: Any, sandbox: Sandbox
) -> None:
    answer = put(ecs, "cpu", "gpu")
    assert answer["attachmentsStatus"] == "UPDATE_IN_PROGRESS"
    assert kinds(answer) == {
        ("as_policy", "cpu", "PRECREATED"),
        ("managed_draining", "cpu", "PRECREATED"),
        ("managed_draining", "gpu", "PRECREATED"),
    }
    policy = next(item for item in answer["attachments"] if item["type"] == "as_policy")
    assert [detail["name"] for detail in policy["details"]] == [
        "capacityProviderName",
        "scalingPolicyName",
    ]
    assert policy["details"][1]["value"].startswith("ECSManagedAutoScalingPolicy-")
    assert hooks(sandbox, CPU_GROUP) == []
    sandbox.clock.sleep(SETTLED)
    settled = described(ecs)
    assert settled["attachmentsStatus"] == "UPDATE_COMPLETE"
    assert {status for _, _, status in kinds(settled)} == {"CREATED"}
    assert hooks(sandbox, CPU_GROUP) == [HOOK]


@pytest.mark.rule("A9", "B17")
def test_a_second_put_waits_for_the_first(ecs: Any, sandbox: Sandbox) -> None:
    put(ecs, "cpu")
    with refusal(
        "UpdateInProgressException",
        "the specified cluster is in a busy state. Cluster attachments must be in "
        "UPDATE_COMPLETE or UPDATE_FAILED state before they can be updated.",
    ):
        put(ecs, "cpu", "gpu")
    sandbox.clock.sleep(SETTLED)
    put(ecs, "cpu", "gpu")


@pytest.mark.rule("B15")
def test_what_a_put_leaves_out_is_detached_with_its_hook(ecs: Any, sandbox: Sandbox) -> None:
    put(ecs, "FARGATE", "cpu", strategy=[{"capacityProvider": "FARGATE", "weight": 1}])
    sandbox.clock.sleep(SETTLED)
    answer = put(ecs, "gpu")
    assert answer["capacityProviders"] == ["gpu"]
    assert answer["defaultCapacityProviderStrategy"] == []
    assert ("as_policy", "cpu", "DELETING") in kinds(answer)
    sandbox.clock.sleep(SETTLED)
    assert kinds(described(ecs)) == {("managed_draining", "gpu", "CREATED")}
    assert hooks(sandbox, CPU_GROUP) == []


@pytest.mark.rule("A9")
def test_fargate_alone_attaches_nothing(ecs: Any) -> None:
    answer = put(ecs, "FARGATE", "FARGATE_SPOT")
    assert "attachmentsStatus" not in answer


@pytest.mark.rule("A10", "B7")
def test_an_update_of_an_attached_provider_changes_what_is_attached(
    ecs: Any, sandbox: Sandbox
) -> None:
    put(ecs, "cpu")
    sandbox.clock.sleep(SETTLED)
    ecs.update_capacity_provider(
        name="cpu", autoScalingGroupProvider={"managedDraining": "DISABLED"}
    )
    sandbox.clock.sleep(SETTLED)
    assert kinds(described(ecs)) == {("as_policy", "cpu", "CREATED")}
    assert hooks(sandbox, CPU_GROUP) == []


@pytest.mark.rule("B16", "B14")
def test_a_provider_that_a_service_or_a_task_uses_stays(ecs: Any, sandbox: Sandbox) -> None:
    strategy = [{"capacityProvider": "cpu", "weight": 1}]
    put(ecs, "cpu")
    sandbox.clock.sleep(SETTLED)
    ecs.register_task_definition(**definition())
    ecs.create_service(
        cluster="x",
        serviceName="web",
        taskDefinition="web",
        desiredCount=0,
        capacityProviderStrategy=strategy,
    )
    with refusal("ResourceInUseException", "is in use and cannot be removed"):
        put(ecs, "gpu")
    ecs.delete_service(cluster="x", service="web", force=True)
    sandbox.clock.sleep(SETTLED)
    ecs.run_task(cluster="x", taskDefinition="web", capacityProviderStrategy=strategy)
    with refusal("ResourceInUseException", "is in use and cannot be removed"):
        put(ecs, "gpu")


@pytest.mark.rule("B9")
def test_a_provider_with_managed_scaling_is_one_clusters_only(ecs: Any) -> None:
    ecs.create_cluster(clusterName="y")
    put(ecs, "cpu", "gpu")
    put(ecs, "gpu", cluster="y")
    ecs.create_cluster(clusterName="z")
    with refusal("ClientException", "already associated with cluster: x"):
        put(ecs, "cpu", cluster="z")


@pytest.mark.rule("B9")
def test_a_provider_of_two_clusters_cannot_turn_managed_scaling_on(
    ecs: Any, sandbox: Sandbox
) -> None:
    ecs.create_cluster(clusterName="y")
    put(ecs, "gpu")
    put(ecs, "gpu", cluster="y")
    sandbox.clock.sleep(SETTLED)
    scaled = {"managedScaling": {"status": "ENABLED"}}
    with refusal("ClientException", "already associated with cluster: x"):
        ecs.update_capacity_provider(name="gpu", autoScalingGroupProvider=scaled)
    put(ecs, cluster="x")
    sandbox.clock.sleep(SETTLED)
    ecs.update_capacity_provider(name="gpu", autoScalingGroupProvider=scaled)


@pytest.mark.rule("B11", "B17")
def test_only_active_providers_can_be_associated(ecs: Any, sandbox: Sandbox) -> None:
    with refusal("InvalidParameterException", "the specified capacity provider was not found"):
        put(ecs, "never")
    ecs.delete_capacity_provider(capacityProvider="cpu")
    with refusal("InvalidParameterException", "not in an ACTIVE state"):
        put(ecs, "cpu")
    sandbox.clock.sleep(SETTLED)
    with refusal("InvalidParameterException", "the specified capacity provider was not found"):
        put(ecs, "cpu")


@pytest.mark.rule("B21")
def test_a_cluster_has_at_most_twenty_providers(ecs: Any) -> None:
    with refusal("InvalidParameterException", "at most 20"):
        put(ecs, *(f"p{number}" for number in range(21)))


@pytest.mark.rule("A14", "B18")
@pytest.mark.parametrize(
    ("strategy", "text"),
    [
        ([{"capacityProvider": "gpu", "weight": 1}], "not associated with the cluster"),
        ([{"capacityProvider": "cpu", "weight": 1001}], "weight value"),
        ([{"capacityProvider": "cpu", "base": 100_001}], "base value"),
        ([{"capacityProvider": "cpu"}, {"capacityProvider": "cpu"}], "duplicate"),
        (
            [{"capacityProvider": "cpu", "base": 1}, {"capacityProvider": "FARGATE", "base": 1}],
            "multiple capacity providers in the specified capacity provider strategy with a base",
        ),
        (
            [{"capacityProvider": "cpu", "weight": 1}, {"capacityProvider": "FARGATE"}],
            "cannot contain a mix of capacity providers using Auto Scaling groups and Fargate",
        ),
        ([{"capacityProvider": f"p{number}"} for number in range(21)], "more than 20"),
    ],
)
def test_a_default_strategy_that_aws_does_not_take_is_refused(
    ecs: Any, strategy: list[dict[str, Any]], text: str
) -> None:
    with refusal("InvalidParameterException", text):
        put(ecs, "cpu", "FARGATE", strategy=strategy)


@pytest.mark.rule("B18", "B19")
def test_weight_and_base_are_zero_where_they_are_left_out(ecs: Any) -> None:
    answer = put(ecs, "cpu", strategy=[{"capacityProvider": "cpu"}])
    assert answer["defaultCapacityProviderStrategy"] == [
        {"capacityProvider": "cpu", "weight": 0, "base": 0}
    ]
