from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.scenario import Scenario
from tests.sandbox.ecs.refusals import refusal
from tests.sandbox.ecs.requests import (
    SETTLED,
    definition,
    group_provider,
    instances_provider,
)

INSIGHTS = [{"name": "containerInsights", "value": "enabled"}]
EVERYTHING = ["ATTACHMENTS", "CONFIGURATIONS", "SETTINGS", "STATISTICS", "TAGS"]
WEEK = 7 * 24 * 3600


def described(ecs: Any, name: str, include: list[str] | None = None) -> dict[str, Any]:
    answer = ecs.describe_clusters(
        clusters=[name], include=EVERYTHING if include is None else include
    )
    return dict(answer["clusters"][0])


def settings_of(ecs: Any, name: str) -> dict[str, str]:
    return {item["name"]: item["value"] for item in described(ecs, name)["settings"]}


@pytest.mark.rule("A1")
def test_creating_again_with_the_same_arguments_gives_the_cluster_back(ecs: Any) -> None:
    arguments = {"clusterName": "x", "settings": INSIGHTS, "tags": [{"key": "a", "value": "b"}]}
    first = ecs.create_cluster(**arguments)["cluster"]
    assert ecs.create_cluster(**arguments)["cluster"] == first
    assert ecs.create_cluster(clusterName="x")["cluster"] == first


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    "other",
    [
        {"settings": [{"name": "containerInsights", "value": "enhanced"}]},
        {"tags": [{"key": "a", "value": "b"}]},
        {"configuration": {"executeCommandConfiguration": {"logging": "NONE"}}},
        {"capacityProviders": ["FARGATE"]},
    ],
    ids=lambda other: next(iter(other)),
)
def test_creating_again_with_another_argument_is_refused(ecs: Any, other: dict[str, Any]) -> None:
    ecs.create_cluster(clusterName="x", settings=INSIGHTS)
    with refusal("InvalidParameterException", "arguments on this idempotent request"):
        ecs.create_cluster(clusterName="x", **other)


@pytest.mark.rule("A1")
def test_the_comparison_is_with_the_creation_not_with_what_an_update_made_of_it(ecs: Any) -> None:
    ecs.create_cluster(clusterName="x", settings=INSIGHTS)
    enhanced = [{"name": "containerInsights", "value": "enhanced"}]
    ecs.update_cluster(cluster="x", settings=enhanced)
    ecs.create_cluster(clusterName="x", settings=INSIGHTS)
    with refusal("InvalidParameterException", "arguments on this idempotent request"):
        ecs.create_cluster(clusterName="x", settings=enhanced)


@pytest.mark.rule("A3", "A12")
def test_a_deleted_cluster_is_inactive_visible_and_can_be_made_again(
    ecs: Any, sandbox: Sandbox
) -> None:
    created = ecs.create_cluster(clusterName="x")["cluster"]
    assert ecs.delete_cluster(cluster="x")["cluster"]["status"] == "INACTIVE"
    assert described(ecs, "x")["status"] == "INACTIVE"
    assert ecs.list_clusters()["clusterArns"] == []
    assert ecs.delete_cluster(cluster="x")["cluster"]["status"] == "INACTIVE"
    with refusal("ClientException", "cluster was not active"):
        ecs.update_cluster(cluster="x", settings=INSIGHTS)
    with refusal("ClientException", "cluster was not active"):
        ecs.put_cluster_capacity_providers(
            cluster="x", capacityProviders=[], defaultCapacityProviderStrategy=[]
        )
    sandbox.clock.sleep(WEEK + 1)
    again = ecs.create_cluster(clusterName="x", settings=INSIGHTS)["cluster"]
    assert (again["status"], again["clusterArn"]) == ("ACTIVE", created["clusterArn"])


@pytest.mark.rule("A4", "A9")
def test_a_cluster_made_with_a_group_provider_is_provisioning_until_it_is_attached(
    ecs: Any, sandbox: Sandbox
) -> None:
    ecs.create_capacity_provider(**group_provider("cpu"))
    created = ecs.create_cluster(
        clusterName="x",
        capacityProviders=["cpu"],
        defaultCapacityProviderStrategy=[{"capacityProvider": "cpu", "weight": 1}],
    )["cluster"]
    assert (created["status"], created["attachmentsStatus"]) == (
        "PROVISIONING",
        "UPDATE_IN_PROGRESS",
    )
    sandbox.clock.sleep(SETTLED)
    settled = described(ecs, "x")
    assert (settled["status"], settled["attachmentsStatus"]) == ("ACTIVE", "UPDATE_COMPLETE")


@pytest.mark.rule("A5")
def test_settings_left_out_are_the_accounts(ecs: Any) -> None:
    ecs.create_cluster(clusterName="before")
    ecs.put_account_setting_default(name="containerInsights", value="enhanced")
    ecs.create_cluster(clusterName="after")
    ecs.create_cluster(clusterName="own", settings=INSIGHTS)
    insights = [settings_of(ecs, name)["containerInsights"] for name in ("before", "after", "own")]
    assert insights == ["disabled", "enhanced", "enabled"]


@pytest.mark.rule("A5")
def test_a_value_that_insights_does_not_have_is_refused(ecs: Any) -> None:
    with refusal("InvalidParameterException", "containerInsights"):
        ecs.create_cluster(settings=[{"name": "containerInsights", "value": "on"}])


@pytest.mark.rule("A6")
@pytest.mark.parametrize(("wait", "insights"), [(3600, "disabled"), (WEEK + 1, "enabled")])
def test_insights_does_not_turn_on_for_a_week_where_the_deleted_namesake_had_none(
    ecs: Any, sandbox: Sandbox, wait: int, insights: str
) -> None:
    ecs.create_cluster(clusterName="x")
    ecs.delete_cluster(cluster="x")
    sandbox.clock.sleep(wait)
    ecs.create_cluster(clusterName="x", settings=INSIGHTS)
    assert settings_of(ecs, "x") == {"containerInsights": insights}


@pytest.mark.rule("A7")
def test_what_include_does_not_name_is_empty_or_absent(ecs: Any, sandbox: Sandbox) -> None:
    ecs.create_capacity_provider(**group_provider("cpu"))
    configuration = {"executeCommandConfiguration": {"logging": "NONE"}}
    tags = [{"key": "a", "value": "b"}]
    ecs.create_cluster(
        clusterName="x",
        settings=INSIGHTS,
        configuration=configuration,
        capacityProviders=["cpu"],
        tags=tags,
    )
    bare = described(ecs, "x", [])
    assert (bare["settings"], bare["tags"], bare["statistics"]) == ([], [], [])
    assert not {"configuration", "attachments", "attachmentsStatus"} & set(bare)
    full = described(ecs, "x")
    assert (full["settings"], full["configuration"], full["tags"]) == (
        INSIGHTS,
        configuration,
        tags,
    )
    assert {item["name"] for item in full["statistics"]} >= {
        "runningEC2TasksCount",
        "drainingFargateServiceCount",
    }
    assert full["attachmentsStatus"] == "UPDATE_IN_PROGRESS"


@pytest.mark.rule("A8")
def test_updates_change_what_they_name_and_an_empty_namespace_removes_the_default(ecs: Any) -> None:
    ecs.create_cluster(clusterName="x", tags=[{"key": "a", "value": "b"}])
    ecs.update_cluster_settings(cluster="x", settings=INSIGHTS)
    ecs.update_cluster(cluster="x", serviceConnectDefaults={"namespace": "internal"})
    changed = described(ecs, "x")
    assert changed["settings"] == INSIGHTS
    assert changed["tags"] == [{"key": "a", "value": "b"}]
    assert changed["serviceConnectDefaults"]["namespace"].startswith("arn:aws:servicediscovery:")
    ecs.update_cluster(cluster="x", serviceConnectDefaults={"namespace": ""})
    assert "serviceConnectDefaults" not in described(ecs, "x")


@pytest.mark.rule("A8")
def test_a_default_namespace_is_shown_by_its_arn_and_made_where_there_is_none(
    ecs: Any, sandbox: Sandbox
) -> None:
    cloud_map = sandbox.session().client("servicediscovery")
    cloud_map.create_http_namespace(Name="there")
    for name in ("there", "new"):
        ecs.create_cluster(clusterName=name, serviceConnectDefaults={"namespace": name})
    made = {each["Name"]: each["Arn"] for each in cloud_map.list_namespaces()["Namespaces"]}
    assert set(made) == {"there", "new"}
    for name, arn in made.items():
        assert described(ecs, name)["serviceConnectDefaults"] == {"namespace": arn}


@pytest.mark.rule("A8", "A9")
def test_settings_cannot_change_while_attachments_do(ecs: Any, sandbox: Sandbox) -> None:
    busy_cluster(ecs)
    with refusal("UpdateInProgressException", "busy state"):
        ecs.update_cluster_settings(cluster="x", settings=INSIGHTS)
    sandbox.clock.sleep(SETTLED)
    ecs.update_cluster_settings(cluster="x", settings=INSIGHTS)


@pytest.mark.rule("A11")
def test_a_cluster_with_a_service_cannot_be_deleted_not_even_while_it_drains(
    ecs: Any, sandbox: Sandbox
) -> None:
    ecs.create_cluster(clusterName="x")
    ecs.register_task_definition(**definition())
    ecs.create_service(cluster="x", serviceName="web", taskDefinition="web", desiredCount=1)
    with refusal("ClusterContainsServicesException", "while Services are active"):
        ecs.delete_cluster(cluster="x")
    with sandbox.lock:
        sandbox.world.services["x", "web"].status = "DRAINING"
    with refusal("ClusterContainsServicesException", "while Services are active"):
        ecs.delete_cluster(cluster="x")


@pytest.mark.rule("A11")
def test_a_task_that_is_provisioning_is_not_counted_and_keeps_its_cluster(
    ecs: Any, sandbox: Sandbox
) -> None:
    busy_cluster(ecs)
    sandbox.clock.sleep(SETTLED)
    ecs.register_task_definition(**definition())
    strategy = [{"capacityProvider": "cpu", "weight": 1}]
    task = ecs.run_task(cluster="x", taskDefinition="web", capacityProviderStrategy=strategy)
    assert task["tasks"][0]["lastStatus"] == "PROVISIONING"
    counts = described(ecs, "x")
    assert (counts["runningTasksCount"], counts["pendingTasksCount"]) == (0, 0)
    with refusal("ClusterContainsTasksException", "while Tasks are active"):
        ecs.delete_cluster(cluster="x")


@pytest.mark.rule("A11")
def test_instances_that_stay_registered_keep_their_cluster(ecs: Any, sandbox: Sandbox) -> None:
    busy_cluster(ecs)
    sandbox.clock.sleep(SETTLED)
    ecs.register_task_definition(**definition())
    strategy = [{"capacityProvider": "cpu", "weight": 1}]
    ecs.run_task(cluster="x", taskDefinition="web", capacityProviderStrategy=strategy)
    sandbox.clock.sleep(900)
    counts = described(ecs, "x")
    assert counts["registeredContainerInstancesCount"] >= 1
    assert counts["runningTasksCount"] == 1
    assert {"name": "runningEC2TasksCount", "value": "1"} in counts["statistics"]
    for arn in ecs.list_tasks(cluster="x")["taskArns"]:
        ecs.stop_task(cluster="x", task=arn)
    sandbox.clock.sleep(60)
    with refusal("ClusterContainsContainerInstancesException", "active or draining"):
        ecs.delete_cluster(cluster="x")


@pytest.mark.rule("A11", "B22")
def test_managed_instances_providers_keep_their_cluster(ecs: Any, sandbox: Sandbox) -> None:
    ecs.create_cluster(clusterName="x")
    ecs.create_capacity_provider(**instances_provider("x"))
    sandbox.clock.sleep(SETTLED)
    with refusal(
        "ClusterContainsCapacityProviderException",
        "while Cluster Scoped Capacity Providers are attached",
    ):
        ecs.delete_cluster(cluster="x")
    ecs.delete_capacity_provider(capacityProvider="mi", cluster="x")
    sandbox.clock.sleep(SETTLED)
    assert ecs.delete_cluster(cluster="x")["cluster"]["status"] == "INACTIVE"


@pytest.mark.rule("A11", "A9", "A4")
def test_a_cluster_is_not_deleted_while_it_attaches_and_detaches_in_its_own_time(
    ecs: Any, sandbox: Sandbox
) -> None:
    busy_cluster(ecs)
    with refusal("UpdateInProgressException", "busy state"):
        ecs.delete_cluster(cluster="x")
    sandbox.clock.sleep(SETTLED)
    assert ecs.delete_cluster(cluster="x")["cluster"]["status"] == "DEPROVISIONING"
    sandbox.clock.sleep(SETTLED)
    gone = described(ecs, "x")
    assert (gone["status"], gone["capacityProviders"]) == ("INACTIVE", [])


@pytest.mark.rule("A12")
def test_deleting_a_cluster_that_never_was_says_so(ecs: Any) -> None:
    with refusal("ClusterNotFoundException", "cluster not found"):
        ecs.delete_cluster(cluster="never")


@pytest.mark.rule("A13", "H1")
def test_the_first_cluster_may_have_to_wait_for_the_service_linked_role() -> None:
    sandbox = Sandbox(Scenario(roles_denied=("AWSServiceRoleForECS",)))
    ecs = sandbox.session().client("ecs")
    with refusal("InvalidParameterException", "unable to assume the service linked role"):
        ecs.create_cluster(clusterName="x")
    sandbox.behave(Scenario())
    assert ecs.create_cluster(clusterName="x")["cluster"]["status"] == "ACTIVE"


@pytest.mark.rule("0.8")
def test_what_is_missing_is_a_failure_not_an_error(ecs: Any) -> None:
    ecs.create_cluster(clusterName="x")
    answer = ecs.describe_clusters(clusters=["x", "y"])
    assert [cluster["clusterName"] for cluster in answer["clusters"]] == ["x"]
    assert answer["failures"] == [
        {"arn": "arn:aws:ecs:us-east-1:123456789012:cluster/y", "reason": "MISSING"}
    ]
    with refusal("InvalidParameterException", "at most 100"):
        ecs.describe_clusters(clusters=[f"c{number}" for number in range(101)])


def test_a_cluster_without_a_name_is_the_default_one(ecs: Any) -> None:
    assert ecs.create_cluster()["cluster"]["clusterName"] == "default"
    assert ecs.describe_clusters()["clusters"][0]["clusterName"] == "default"


@pytest.mark.parametrize("name", ["a b", "a/b", "x" * 256])
def test_a_name_that_aws_does_not_take_is_refused(ecs: Any, name: str) -> None:
    with refusal("InvalidParameterException", "cluster name is invalid"):
        ecs.create_cluster(clusterName=name)


def test_clusters_are_listed_in_pages(ecs: Any) -> None:
    for number in range(7):
        ecs.create_cluster(clusterName=f"c{number}")
    pages = list(ecs.get_paginator("list_clusters").paginate(PaginationConfig={"PageSize": 3}))
    assert [len(page["clusterArns"]) for page in pages] == [3, 3, 1]


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ({"logging": "OVERRIDE"}, "CloudWatch log group name or S3 bucket name must be specified"),
        ({"logConfiguration": {"s3BucketName": "b"}}, "only be specified when logging is set"),
    ],
)
def test_execute_command_logging_must_fit_its_destination(
    ecs: Any, command: dict[str, Any], text: str
) -> None:
    with refusal("InvalidParameterException", text):
        ecs.create_cluster(configuration={"executeCommandConfiguration": command})


def busy_cluster(ecs: Any) -> None:
    ecs.create_cluster(clusterName="x")
    ecs.create_capacity_provider(**group_provider("cpu"))
    ecs.put_cluster_capacity_providers(
        cluster="x", capacityProviders=["cpu"], defaultCapacityProviderStrategy=[]
    )
