"""What scales a service is in its spec: in words where there are any, raw where there are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ecsinfer.errors import OwnershipError
from ecsinfer.sandbox import furniture
from ecsinfer.spec import Spec
from tests.importing.living import furnished, looked, made, written
from tests.importing.services import BALANCER, CLUSTER, ON_FARGATE
from tests.kinds.living import operations

ADDRESS = {
    "ServiceNamespace": "ecs",
    "ResourceId": f"service/{CLUSTER}/web",
    "ScalableDimension": "ecs:service:DesiredCount",
}
TRACKING = "TargetTrackingScalingPolicyConfiguration"
DEFAULTS = {"ScaleInCooldown": 300, "ScaleOutCooldown": 300, "DisableScaleIn": False}
CPU = {
    "TargetValue": 60.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
}
STEPS = {
    "AdjustmentType": "ChangeInCapacity",
    "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 2}],
    "Cooldown": 60,
    "MetricAggregationType": "Maximum",
}
QUEUE = {
    "TargetValue": 7.5,
    "CustomizedMetricSpecification": {
        "Namespace": "Apps",
        "MetricName": "Waiting",
        "Dimensions": [{"Name": "Queue", "Value": "web"}],
        "Statistic": "Maximum",
    },
}
MATHS = {
    "TargetValue": 3.0,
    "CustomizedMetricSpecification": {
        "Metrics": [
            {
                "Id": "backlog",
                "MetricStat": {
                    "Metric": {"Namespace": "Apps", "MetricName": "Backlog"},
                    "Stat": "Average",
                },
            }
        ]
    },
}
NIGHT = {
    "Schedule": "cron(0 20 * * ? *)",
    "Timezone": "Europe/Berlin",
    "ScalableTargetAction": {"MinCapacity": 1, "MaxCapacity": 2},
}


class Autoscaling:
    """Plain calls to Application Auto Scaling for a service that runs."""

    def __init__(self) -> None:
        self.life = furnished()
        shape = {**ON_FARGATE, "loadBalancers": [BALANCER], "healthCheckGracePeriodSeconds": 600}
        made(self.life, "web", **{**shape, "desiredCount": 2})
        self.client = self.life.sandbox.session().client("application-autoscaling")
        self.client.register_scalable_target(**ADDRESS, MinCapacity=2, MaxCapacity=6)

    def track(self, name: str, configuration: dict[str, Any]) -> None:
        self.put(name, "TargetTrackingScaling", configuration)

    def put(self, name: str, kind: str, configuration: dict[str, Any]) -> None:
        member = {f"{kind}PolicyConfiguration": configuration}
        self.client.put_scaling_policy(**ADDRESS, PolicyName=name, PolicyType=kind, **member)

    def schedule(self, name: str, action: dict[str, Any]) -> None:
        self.client.put_scheduled_action(**ADDRESS, ScheduledActionName=name, **action)

    def said(self) -> Any:
        return looked(self.life, "web").document["services"]["web"]

    def shown(self) -> tuple[Any, Any, Any]:
        """What AWS shows, defaults filled in, without what is new each time it is made."""
        described = (
            self.client.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"],
            self.client.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"],
            self.client.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"],
        )
        new = {
            "CreationTime", "ScalableTargetARN", "PolicyARN", "ScheduledActionARN", "Alarms",
        }  # fmt: skip
        targets, policies, actions = (
            [{name: value for name, value in each.items() if name not in new} for each in kind]
            for kind in described
        )
        for each in policies:
            if TRACKING in each:
                each[TRACKING] = {**DEFAULTS, **each[TRACKING]}
        by_name = {each["PolicyName"]: each for each in policies}
        return targets, by_name, {each["ScheduledActionName"]: each for each in actions}


@pytest.fixture
def scaled() -> Autoscaling:
    """A service that scales between 2 and 6 replicas, on nothing yet."""
    return Autoscaling()


def full(scaled: Autoscaling) -> None:
    """Everything that there is."""
    label = "/".join(
        (furniture.LOAD_BALANCER.partition(":loadbalancer/")[2],
         furniture.IP_TARGETS.rpartition(":")[2])
    )  # fmt: skip
    requests = {"PredefinedMetricType": "ALBRequestCountPerTarget", "ResourceLabel": label}
    memory = {"PredefinedMetricType": "ECSServiceAverageMemoryUtilization"}
    scaled.track("by-cpu", CPU)
    scaled.track("requests please", {
        "TargetValue": 600, "PredefinedMetricSpecification": requests,
    })  # fmt: skip
    scaled.track("memory.slowly", {
        "TargetValue": 70.5, "PredefinedMetricSpecification": memory, "ScaleInCooldown": 900,
    })  # fmt: skip
    scaled.track("queue", QUEUE)
    scaled.track("backlog", MATHS)
    scaled.put("burst", "StepScaling", STEPS)
    scaled.schedule("night", NIGHT)


def test_target_tracking_is_said_in_words_with_the_policies_names(scaled: Autoscaling) -> None:
    full(scaled)
    assert scaled.said()["scaling"] == {
        "min": 2,
        "max": 6,
        "cpu": 60,
        "requests_per_replica": 600,
        "metrics": {
            "queue": {
                "name": "queue", "target": 7.5, "namespace": "Apps", "metric": "Waiting",
                "statistic": "Maximum", "dimensions": {"Queue": "web"},
            },
            "backlog": {
                "name": "backlog", "target": 3,
                "metrics": MATHS["CustomizedMetricSpecification"]["Metrics"],  # type: ignore[index]
            },
        },
        "scheduled": {
            "night": {
                "name": "night", "schedule": "cron(0 20 * * ? *)", "timezone": "Europe/Berlin",
                "min": 1, "max": 2,
            },
        },
        "policy_names": {"cpu": "by-cpu", "requests": "requests please"},
    }  # fmt: skip


def test_what_scales_in_another_way_or_by_steps_stays_raw(scaled: Autoscaling) -> None:
    full(scaled)
    raw = scaled.said()["overrides"]["scaling_policies"]
    assert raw["burst"] == {"PolicyType": "StepScaling", "StepScalingPolicyConfiguration": STEPS}
    assert raw["memory.slowly"][TRACKING]["ScaleInCooldown"] == 900
    assert set(raw) == {"burst", "memory.slowly"}


@pytest.mark.rule("E4", "E6", "E13", "D27")
def test_autoscaling_is_planned_empty_adopted_by_tags_and_created_anew_as_it_was(
    scaled: Autoscaling, tmp_path: Path
) -> None:
    full(scaled)
    life = scaled.life
    spec = written(life, tmp_path, "web")
    assert life.plan(spec).empty
    assert operations(life.plan(spec, adopt=True)) == ["TagResource"]
    before = scaled.shown()
    life.deploy(spec, adopt=True)
    assert life.plan(spec).empty
    assert scaled.shown() == before
    assert life.destroy(spec).status == "done"
    assert scaled.shown() == ([], {}, {})
    assert life.deploy(spec, adopt=True).status == "done"
    assert scaled.shown() == before
    assert life.plan(spec).empty


def changed(spec: Spec, **scaling: Any) -> Spec:
    """The spec with other words about scaling."""
    service = spec.services["web"]
    assert service.scaling is not None
    other = service.model_copy(update={"scaling": service.scaling.model_copy(update=scaling)})
    return spec.model_copy(update={"services": {"web": other}})


@pytest.mark.rule("E6", "E13")
def test_scaling_that_is_not_adopted_is_never_changed(scaled: Autoscaling, tmp_path: Path) -> None:
    scaled.track("by-cpu", CPU)
    scaled.schedule("night", NIGHT)
    spec = written(scaled.life, tmp_path, "web")
    (night,) = spec.services["web"].scaling.scheduled.values()  # type: ignore[union-attr]
    later = night.model_copy(update={"max": 3})
    for change, operation in (
        ({"max": 8}, "RegisterScalableTarget"),
        ({"cpu": 50.0}, "PutScalingPolicy"),
        ({"scheduled": {"night": later}}, "PutScheduledAction"),
    ):
        with pytest.raises(OwnershipError, match="service web"):
            scaled.life.plan(changed(spec, **change))
        plan = scaled.life.plan(changed(spec, **change), adopt=True)
        assert sorted(operations(plan)) == [operation, "TagResource"]


def adopted_with_one_of_ours(scaled: Autoscaling, folder: Path) -> Spec:
    """The spec of a service with somebody's policy, to which one of ours was added."""
    scaled.track("by-cpu", CPU)
    spec = written(scaled.life, folder, "web")
    scaled.life.deploy(spec, adopt=True)
    scaled.life.deploy(changed(spec, memory=70.0))
    return spec


@pytest.mark.rule("E13")
def test_a_policy_that_the_spec_drops_is_deleted_only_if_we_made_it(
    scaled: Autoscaling, tmp_path: Path
) -> None:
    spec = adopted_with_one_of_ours(scaled, tmp_path)
    assert set(scaled.shown()[1]) == {"by-cpu", "ecsinfer.web.memory"}
    scaled.life.deploy(changed(spec, cpu=None))
    assert set(scaled.shown()[1]) == {"by-cpu"}


@pytest.mark.rule("E13", "D27")
def test_a_spec_that_drops_scaling_leaves_it_to_whoever_else_scales(
    scaled: Autoscaling, tmp_path: Path
) -> None:
    spec = adopted_with_one_of_ours(scaled, tmp_path)
    service = spec.services["web"].model_copy(update={"scaling": None, "replicas": 5})
    fixed = spec.model_copy(update={"services": {"web": service}})
    assert operations(scaled.life.plan(fixed)) == ["DeleteScalingPolicy"]
    scaled.life.deploy(fixed)
    assert set(scaled.shown()[1]) == {"by-cpu"}
    assert scaled.life.plan(fixed).empty


def test_our_own_policies_need_no_names(scaled: Autoscaling, tmp_path: Path) -> None:
    scaled.track("ecsinfer.web.cpu", CPU)
    scaled.track("ecsinfer.web.metric-waiting", QUEUE)
    scaled.schedule("ecsinfer.web.night", NIGHT)
    said = scaled.said()["scaling"]
    assert "policy_names" not in said
    assert "name" not in said["metrics"]["waiting"]
    assert "name" not in said["scheduled"]["night"]
    assert scaled.life.plan(written(scaled.life, tmp_path, "web")).empty


@pytest.mark.rule("E5")
def test_what_all_policies_have_in_common_and_what_is_suspended_is_said(
    scaled: Autoscaling, tmp_path: Path
) -> None:
    common = {"ScaleInCooldown": 600, "ScaleOutCooldown": 30, "DisableScaleIn": True}
    scaled.track("by-cpu", {**CPU, **common})
    scaled.client.register_scalable_target(
        **ADDRESS, SuspendedState={"DynamicScalingInSuspended": True}
    )
    said = scaled.said()["scaling"]
    assert (said["scale_in_cooldown"], said["scale_out_cooldown"], said["scale_in"]) == (
        "10m", "30s", False,
    )  # fmt: skip
    assert said["suspended"] == {"scale_in": True}
    assert scaled.life.plan(written(scaled.life, tmp_path, "web")).empty


def test_alarms_that_start_steps_are_named_as_what_is_not_in_the_spec(
    scaled: Autoscaling,
) -> None:
    scaled.put("burst", "StepScaling", STEPS)
    (note,) = looked(scaled.life, "web").notes
    assert "burst" in note
    assert "alarms" in note
