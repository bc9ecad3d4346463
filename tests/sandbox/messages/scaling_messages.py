"""What Application Auto Scaling refuses."""

from __future__ import annotations

from typing import Any

from ecsinfer.sandbox.scaling.common import identity
from ecsinfer.sandbox.scaling.targets import SERVICE_LINKED
from ecsinfer.sandbox.scenario import Scenario
from tests.sandbox.ecs.service_world import CLUSTER, ServiceWorld
from tests.sandbox.messages.provoking import provokes

TARGET = identity(f"service/{CLUSTER}/web")
BOUNDS = {"MinCapacity": 1, "MaxCapacity": 4}


def scaling(services: ServiceWorld) -> Any:
    return services.sandbox.session().client("application-autoscaling")


@provokes("ecs service doesn't exist", "RegisterScalableTarget")
def _register_what_is_not_there(services: ServiceWorld) -> Any:
    return scaling(services).register_scalable_target(**TARGET, **BOUNDS)


@provokes(
    "unable to assume iam role",
    "RegisterScalableTarget",
    scenario=Scenario(roles_denied=(SERVICE_LINKED,)),
)
def _register_before_the_role_is_there(services: ServiceWorld) -> Any:
    services.create()
    return scaling(services).register_scalable_target(**TARGET, **BOUNDS)


@provokes("that you tried to tag already exists", "RegisterScalableTarget")
def _register_again_with_tags(services: ServiceWorld) -> Any:
    services.create()
    scaling(services).register_scalable_target(**TARGET, **BOUNDS)
    return scaling(services).register_scalable_target(**TARGET, **BOUNDS, Tags={"team": "search"})


@provokes("no scalable target registered", "PutScalingPolicy")
def _put_a_policy_without_a_target(services: ServiceWorld) -> Any:
    services.create()
    metric = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
    return scaling(services).put_scaling_policy(
        **TARGET,
        PolicyName="cpu",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 50,
            "PredefinedMetricSpecification": metric,
        },
    )


@provokes("no scalable target registered", "PutScheduledAction")
def _put_an_action_without_a_target(services: ServiceWorld) -> Any:
    services.create()
    return scaling(services).put_scheduled_action(
        **TARGET,
        ScheduledActionName="night",
        Schedule="cron(0 22 * * ? *)",
        ScalableTargetAction={"MinCapacity": 0, "MaxCapacity": 1},
    )


@provokes("no scalable target found", "DeregisterScalableTarget")
def _deregister_what_is_not_there(services: ServiceWorld) -> Any:
    services.create()
    return scaling(services).deregister_scalable_target(**TARGET)
