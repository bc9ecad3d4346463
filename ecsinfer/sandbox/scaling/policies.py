"""Put, describe and delete scaling policies; scaling activities."""

from __future__ import annotations

from typing import Any

from ecsinfer.sandbox.registry import Request, Response
from ecsinfer.sandbox.scaling import alarms
from ecsinfer.sandbox.scaling.common import (
    identity,
    not_found,
    page,
    scaling_of,
    service_operation,
    validation,
)
from ecsinfer.sandbox.scaling.policy_rules import CONFIGURATIONS, check_tracking
from ecsinfer.sandbox.scaling.records import Policy
from ecsinfer.sandbox.scaling.targets import require_target
from ecsinfer.sandbox.state import World

PAGE = 10
"""Policies on one page."""


@service_operation("PutScalingPolicy")
def put_scaling_policy(world: World, request: Request) -> Response:
    """Create a policy or replace its whole configuration (E6)."""
    scaling, resource, name = scaling_of(world), request["ResourceId"], request["PolicyName"]
    target = require_target(world, resource)
    known = scaling.policies.get((resource, name))
    kind = request.get("PolicyType", known.type if known else "")
    member = CONFIGURATIONS.get(kind)
    if member is None or member not in request:
        raise validation(f"{member or 'PolicyType'} is required.")
    config = dict(request[member])
    if kind == "TargetTrackingScaling":
        others = [item for item in scaling.policies_of(resource) if item is not known]
        check_tracking(world, target, config, others)
        config.setdefault("DisableScaleIn", False)
    policy = known or Policy(
        name,
        world.arn(
            f"scalingPolicy:{world.uuid()}:resource/ecs/{resource}:policyName/{name}", "autoscaling"
        ),
        resource,
        kind,
        config,
        world.now(),
    )
    policy.type, policy.config = kind, config
    policy.values.clear()
    alarms.put(world, policy)
    scaling.put_policy(policy)
    return {"PolicyARN": policy.arn, "Alarms": alarms.describe(world, policy)}


@service_operation("DescribeScalingPolicies")
def describe_scaling_policies(world: World, request: Request) -> Response:
    """Policies by name and resource id, ten a page."""
    names, resource = request.get("PolicyNames"), request.get("ResourceId")
    found = [
        policy
        for policy in scaling_of(world).policies.values()
        if (not names or policy.name in names) and resource in (None, policy.resource)
    ]
    shown, more = page(request, found, most=PAGE)
    return {"ScalingPolicies": [_describe(world, policy) for policy in shown], **more}


@service_operation("DeleteScalingPolicy")
def delete_scaling_policy(world: World, request: Request) -> Response:
    """Delete a policy and its alarms."""
    resource, name = request["ResourceId"], request["PolicyName"]
    policy = scaling_of(world).policies.get((resource, name))
    if policy is None:
        raise not_found("scaling policy found", resource, f", policy name: {name}")
    scaling_of(world).remove_policy(policy)
    return {}


@service_operation("DescribeScalingActivities")
def describe_scaling_activities(world: World, request: Request) -> Response:
    """What was scaled, newest first."""
    resource = request.get("ResourceId")
    found = [item for item in scaling_of(world).activities if resource in (None, item.resource)]
    shown, more = page(request, found)
    described = [
        {
            "ActivityId": item.id,
            **identity(item.resource),
            "Description": item.description,
            "Cause": item.cause,
            "StartTime": item.at,
            "EndTime": item.at,
            "StatusCode": "Successful",
            "StatusMessage": item.message,
        }
        for item in shown
    ]
    return {"ScalingActivities": described, **more}


def _describe(world: World, policy: Policy) -> dict[str, Any]:
    return {
        "PolicyARN": policy.arn,
        "PolicyName": policy.name,
        **identity(policy.resource),
        "PolicyType": policy.type,
        CONFIGURATIONS[policy.type]: policy.config,
        "Alarms": alarms.describe(world, policy),
        "CreationTime": policy.created_at,
    }
