from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ecsinfer.sandbox.scenario import ImageBehaviour, Scenario
from tests.sandbox.ecs.service_world import CLUSTER, ServiceWorld, refusal

BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}


def listed(services: ServiceWorld, **filters: Any) -> list[dict[str, Any]]:
    answer = services.ecs.list_service_deployments(cluster=CLUSTER, service="web", **filters)
    briefs: list[dict[str, Any]] = answer["serviceDeployments"]
    return briefs


def described(services: ServiceWorld, arn: str | None = None) -> dict[str, Any]:
    wanted = arn or services.describe()["currentServiceDeployment"]
    answer = services.ecs.describe_service_deployments(serviceDeploymentArns=[wanted])
    found: dict[str, Any] = answer["serviceDeployments"][0]
    return found


def rolling(services: ServiceWorld) -> str:
    """A service whose second deployment has just begun; the ARN of that deployment."""
    services.create_on_fargate(desiredCount=2)
    services.sleep(300)
    service = services.update(forceNewDeployment=True)
    arn: str = service["currentServiceDeployment"]
    return arn


@pytest.mark.rule("D23")
def test_the_primary_deployment_is_found_by_its_number(services: ServiceWorld) -> None:
    service = services.create_on_fargate()
    number = service["deployments"][0]["id"].removeprefix("ecs-svc/")
    brief = listed(services)[0]
    assert brief["targetServiceRevisionArn"].endswith(f"/{number}")
    assert brief["serviceDeploymentArn"] == service["currentServiceDeployment"]
    assert brief["status"] in {"PENDING", "IN_PROGRESS"}


@pytest.mark.rule("D23")
def test_a_deployment_is_followed_to_its_success(services: ServiceWorld) -> None:
    arn = rolling(services)
    services.sleep(5)
    going = described(services, arn)
    assert going["status"] == "IN_PROGRESS"
    assert going["targetServiceRevision"]["requestedTaskCount"] == 2
    assert going["targetServiceRevision"]["pendingTaskCount"] == 2
    assert [item["runningTaskCount"] for item in going["sourceServiceRevisions"]] == [2]
    services.sleep(600)
    done = described(services, arn)
    assert done["status"] == "SUCCESSFUL"
    assert done["createdAt"] <= done["startedAt"] < done["finishedAt"]
    assert done["targetServiceRevision"]["runningTaskCount"] == 2


@pytest.mark.rule("D18")
def test_the_breaker_shows_its_threshold_and_whether_it_watches(services: ServiceWorld) -> None:
    services.create_on_fargate(desiredCount=20, deploymentConfiguration=BREAKER)
    services.sleep(5)
    watching = described(services)["deploymentCircuitBreaker"]
    assert watching == {"status": "MONITORING", "failureCount": 0, "threshold": 10}
    services.create_on_fargate("plain")
    off = described(services, services.describe("plain")["currentServiceDeployment"])
    assert off["deploymentCircuitBreaker"]["status"] == "DISABLED"
    assert off["alarms"] == {"status": "DISABLED"}


@pytest.mark.rule("D18", "D21")
def test_a_rollback_is_described_with_its_reason_and_revision() -> None:
    services = ServiceWorld(Scenario(images=(("broken", ImageBehaviour("crash")),)))
    services.create_on_fargate(deploymentConfiguration=BREAKER)
    services.sleep(300)
    good = services.describe()["currentServiceRevisions"][0]["arn"]
    services.register_awsvpc(container={"image": "broken"})
    arn = services.update(taskDefinition="vpc")["currentServiceDeployment"]
    services.sleep(3600)
    failed = described(services, arn)
    assert failed["status"] == "ROLLBACK_SUCCESSFUL"
    assert failed["rollback"]["serviceRevisionArn"] == good
    assert failed["deploymentCircuitBreaker"]["status"] == "TRIGGERED"
    assert failed["statusReason"]


@pytest.mark.rule("0.7", "0.8")
def test_at_most_twenty_are_described_and_the_missing_reported(services: ServiceWorld) -> None:
    arn = services.world.arn(f"service-deployment/{CLUSTER}/web/1")
    answer = services.ecs.describe_service_deployments(serviceDeploymentArns=[arn])
    assert answer["failures"] == [{"arn": arn, "reason": "MISSING"}]
    for arns in ([], [f"{arn}{number}" for number in range(21)]):
        code, _ = refusal(services.ecs.describe_service_deployments, serviceDeploymentArns=arns)
        assert code == "InvalidParameterException"


@pytest.mark.rule("D23", "I9")
def test_deployments_are_listed_newest_first_by_time_and_status(services: ServiceWorld) -> None:
    rolling(services)
    newest, oldest = listed(services)
    assert newest["createdAt"] > oldest["createdAt"]
    between = newest["createdAt"] - timedelta(seconds=60)
    assert listed(services, createdAt={"after": between}) == [newest]
    assert listed(services, createdAt={"before": between}) == [oldest]
    assert listed(services, status=["SUCCESSFUL"]) == [oldest]


def test_a_long_service_arn_names_its_cluster(services: ServiceWorld) -> None:
    arn = services.create()["serviceArn"]
    answer = services.ecs.list_service_deployments(service=arn)
    assert len(answer["serviceDeployments"]) == 1


def test_deployments_of_an_unknown_service_are_not_found(services: ServiceWorld) -> None:
    code, _ = refusal(services.ecs.list_service_deployments, cluster=CLUSTER, service="nothing")
    assert code == "ServiceNotFoundException"


def test_listing_pages_by_twenty(services: ServiceWorld) -> None:
    services.create()
    for _ in range(20):
        services.update(forceNewDeployment=True)
    first = services.ecs.list_service_deployments(cluster=CLUSTER, service="web")
    assert len(first["serviceDeployments"]) == 20
    second = listed(services, nextToken=first["nextToken"])
    assert len(second) == 1


@pytest.mark.rule("D24")
def test_a_deployment_going_on_can_be_rolled_back(services: ServiceWorld) -> None:
    arn = rolling(services)
    services.sleep(5)
    answer = services.ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")
    assert answer["serviceDeploymentArn"] == arn
    services.sleep(900)
    assert described(services, arn)["status"] == "ROLLBACK_SUCCESSFUL"
    assert services.describe()["runningCount"] == 2


@pytest.mark.rule("D24")
def test_a_deployment_that_is_over_cannot_be_stopped(services: ServiceWorld) -> None:
    services.create_on_fargate()
    services.sleep(300)
    arn = services.describe()["currentServiceDeployment"]
    code, _ = refusal(services.ecs.stop_service_deployment, serviceDeploymentArn=arn)
    assert code == "ConflictException"


@pytest.mark.rule("D24")
def test_the_first_deployment_has_nothing_to_go_back_to(services: ServiceWorld) -> None:
    arn = services.create_on_fargate()["currentServiceDeployment"]
    code, _ = refusal(services.ecs.stop_service_deployment, serviceDeploymentArn=arn)
    assert code == "InvalidParameterException"


@pytest.mark.rule("D24")
def test_an_unknown_deployment_can_be_neither_stopped_nor_continued(services: ServiceWorld) -> None:
    arn = services.world.arn(f"service-deployment/{CLUSTER}/web/1")
    for operation, parameters in (
        (services.ecs.stop_service_deployment, {}),
        (services.ecs.continue_service_deployment, {"hookId": "h"}),
    ):
        code, _ = refusal(operation, serviceDeploymentArn=arn, **parameters)
        assert code == "ServiceDeploymentNotFoundException"


def paused(services: ServiceWorld) -> str:
    """A blue/green service whose second deployment waits in a PAUSE hook; its ARN."""
    hook = {"targetType": "PAUSE", "lifecycleStages": ["PRE_SCALE_UP"]}
    services.create_on_fargate(
        serviceConnectConfiguration={"enabled": True, "namespace": "apps"},
        deploymentConfiguration={
            "strategy": "BLUE_GREEN",
            "bakeTimeInMinutes": 1,
            "lifecycleHooks": [hook],
        },
    )
    services.sleep(900)
    arn: str = services.update(forceNewDeployment=True)["currentServiceDeployment"]
    services.sleep(60)
    return arn


@pytest.mark.rule("D20")
def test_a_pause_waits_for_an_answer_and_is_described(services: ServiceWorld) -> None:
    arn = paused(services)
    waiting = described(services, arn)
    assert waiting["lifecycleStage"] == "PRE_SCALE_UP"
    hook = waiting["lifecycleHookDetails"][0]
    assert (hook["status"], hook["timeoutAction"]) == ("AWAITING_ACTION", "ROLLBACK")
    assert waiting["targetServiceRevision"]["requestedProductionTrafficWeight"] == 0.0
    services.ecs.continue_service_deployment(serviceDeploymentArn=arn, hookId=hook["hookId"])
    services.sleep(900)
    done = described(services, arn)
    assert done["status"] == "SUCCESSFUL"
    assert done["targetServiceRevision"]["requestedProductionTrafficWeight"] == 100.0


@pytest.mark.rule("D20")
def test_only_a_waiting_hook_takes_an_answer(services: ServiceWorld) -> None:
    arn = paused(services)
    code, _ = refusal(
        services.ecs.continue_service_deployment, serviceDeploymentArn=arn, hookId="other"
    )
    assert code == "InvalidParameterException"
