from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.ecs.service_world import CLUSTER, ServiceWorld, deployment_ids

ALARM = "p99"
MINUTES = 3
CONDITION: dict[str, Any] = {
    "AlarmName": ALARM,
    "Namespace": "llm",
    "MetricName": "latency",
    "Statistic": "Average",
    "ComparisonOperator": "GreaterThanThreshold",
    "Threshold": 2.0,
    "Period": 60,
    "EvaluationPeriods": MINUTES,
}


class Watched(ServiceWorld):
    """A service that runs, and an alarm that its next deployments watch."""

    def __init__(self, *, rollback: bool = True) -> None:
        super().__init__()
        self.cloudwatch = self.sandbox.session().client("cloudwatch")
        self.cloudwatch.put_metric_alarm(**CONDITION)
        self.set("OK")
        self.alarms = {"alarmNames": [ALARM], "enable": True, "rollback": rollback}
        self.create_on_fargate(deploymentConfiguration={"alarms": self.alarms})
        self.sleep(600)

    def set(self, state: str) -> None:
        """What `aws cloudwatch set-alarm-state` does."""
        self.cloudwatch.set_alarm_state(AlarmName=ALARM, StateValue=state, StateReason="a test")

    def deploy(self, **changes: Any) -> str:
        """A new deployment; its id."""
        return deployment_ids(self.update(forceNewDeployment=True, **changes))[0]

    @property
    def newest(self) -> dict[str, Any]:
        """The newest service deployment, as it is described."""
        brief = self.ecs.list_service_deployments(cluster=CLUSTER, service="web")
        arn = brief["serviceDeployments"][0]["serviceDeploymentArn"]
        answer = self.ecs.describe_service_deployments(serviceDeploymentArns=[arn])
        deployment: dict[str, Any] = answer["serviceDeployments"][0]
        return deployment

    @property
    def events(self) -> list[str]:
        """What the service tells, newest first."""
        return [event["message"] for event in self.describe()["events"]]


def test_an_alarm_during_a_deployment_rolls_it_back() -> None:
    watched = Watched()
    before = watched.describe()["taskDefinition"]
    watched.register_awsvpc()
    failing = watched.deploy(taskDefinition="vpc")
    watched.sleep(60)
    assert watched.newest["alarms"] == {"status": "MONITORING", "alarmNames": [ALARM]}
    watched.set("ALARM")
    watched.sleep(30)

    service, deployment = watched.describe(), watched.newest
    assert deployment["alarms"] == {
        "status": "TRIGGERED",
        "alarmNames": [ALARM],
        "triggeredAlarmNames": [ALARM],
    }
    assert f"alarms were detected: {ALARM}." in deployment["statusReason"]
    assert service["taskDefinition"] == before
    assert service["deployments"][0]["id"] != failing
    assert f"(service web) (deployment {failing}) deployment failed: alarm detected." in (
        watched.events
    )
    watched.sleep(600)
    assert watched.newest["status"] == "ROLLBACK_SUCCESSFUL"
    assert watched.describe()["deployments"][0]["rolloutState"] == "COMPLETED"


def test_without_rollback_the_deployment_fails_and_stops() -> None:
    watched = Watched(rollback=False)
    failing = watched.deploy()
    watched.set("ALARM")
    watched.sleep(30)

    assert watched.newest["status"] == "STOPPED"
    primary = watched.describe()["deployments"][0]
    assert (primary["id"], primary["rolloutState"]) == (failing, "FAILED")


def test_a_deployment_goes_on_until_its_alarms_have_been_quiet_for_their_own_time() -> None:
    def seconds(*, enable: bool) -> int:
        watched = Watched()
        watched.deploy(deploymentConfiguration={"alarms": {**watched.alarms, "enable": enable}})
        passed = 0
        while watched.newest["status"] != "SUCCESSFUL":
            watched.sleep(5)
            passed += 5
        state = "MONITORING_COMPLETE" if enable else "DISABLED"
        assert watched.newest["alarms"]["status"] == state
        return passed

    assert seconds(enable=True) - seconds(enable=False) == pytest.approx(60 * MINUTES, abs=10)


def test_an_alarm_that_is_on_as_the_deployment_begins_is_not_its_fault() -> None:
    watched = Watched()
    watched.set("ALARM")
    watched.deploy()
    watched.sleep(600)

    assert watched.newest["status"] == "SUCCESSFUL"
    assert watched.newest["alarms"]["status"] == "DISABLED"


def test_a_deployment_that_names_no_alarm_watches_none() -> None:
    watched = Watched()
    watched.deploy(deploymentConfiguration={"alarms": {**watched.alarms, "alarmNames": []}})
    watched.sleep(30)
    watched.set("ALARM")
    watched.sleep(600)

    assert watched.newest["status"] == "SUCCESSFUL"


def test_an_alarm_after_the_deployment_touches_nothing() -> None:
    watched = Watched()
    watched.deploy()
    watched.sleep(900)
    watched.set("ALARM")
    watched.sleep(300)

    assert watched.newest["status"] == "SUCCESSFUL"
    assert watched.describe()["deployments"][0]["rolloutState"] == "COMPLETED"


@pytest.mark.rule("D20")
def test_a_blue_green_deployment_is_rolled_back_by_an_alarm_in_its_bake_time() -> None:
    watched = Watched()
    blue_green = {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 10, "alarms": watched.alarms}
    connect = {"enabled": True, "namespace": "apps"}
    watched.deploy(deploymentConfiguration=blue_green, serviceConnectConfiguration=connect)
    while watched.newest.get("lifecycleStage") != "BAKE_TIME":
        watched.sleep(30)
    watched.set("ALARM")
    watched.sleep(600)

    assert watched.newest["status"] == "ROLLBACK_SUCCESSFUL"
    assert watched.newest["targetServiceRevision"]["requestedProductionTrafficWeight"] == 0.0
