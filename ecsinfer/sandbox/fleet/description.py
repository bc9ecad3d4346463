"""Groups and instances as Describe answers them."""

from __future__ import annotations

from typing import Any

from ecsinfer.sandbox.fleet.launch_settings import weight_of
from ecsinfer.sandbox.state import Group, Instance, World

# Members of the answer that are in the request of the same name, with AWS's defaults.
_DEFAULTS: dict[str, Any] = {
    "LaunchConfigurationName": None,
    "LaunchTemplate": None,
    "MixedInstancesPolicy": None,
    "DefaultCooldown": 300,
    "HealthCheckType": "EC2",
    "HealthCheckGracePeriod": 0,
    "PlacementGroup": None,
    "VPCZoneIdentifier": "",
    "Status": None,
    "TerminationPolicies": ["Default"],
    "MaxInstanceLifetime": None,
    "CapacityRebalance": None,
    "Context": None,
    "DesiredCapacityType": None,
    "DefaultInstanceWarmup": None,
    "InstanceMaintenancePolicy": None,
    "AvailabilityZoneDistribution": {"CapacityDistributionStrategy": "balanced-best-effort"},
    "AvailabilityZoneImpairmentPolicy": {
        "ZonalShiftEnabled": False,
        "ImpairedZoneHealthCheckBehavior": "IgnoreUnhealthy",
    },
    "CapacityReservationSpecification": {"CapacityReservationPreference": "default"},
    "EnabledMetrics": [],
    "DeletionProtection": None,
}


def describe(world: World, group: Group, *, instances: bool) -> dict[str, Any]:
    """A group in the API's form."""
    role = f"arn:aws:iam::{world.account}:role/aws-service-role/autoscaling.amazonaws.com"
    return {
        "AutoScalingGroupName": group.name,
        "AutoScalingGroupARN": group.arn,
        "MinSize": group.minimum,
        "MaxSize": group.maximum,
        "DesiredCapacity": group.desired,
        "AvailabilityZones": list(group.zones),
        "LoadBalancerNames": [],
        "TargetGroupARNs": [],
        "TrafficSources": [],
        "Instances": [describe_instance(group, item) for item in group.instances.values()]
        if instances
        else [],
        "CreatedTime": group.created_at or world.now(),
        "SuspendedProcesses": [
            {
                "ProcessName": name,
                "SuspensionReason": f"User suspended at {world.now():%Y-%m-%dT%H:%M:%SZ}",
            }
            for name in sorted(group.suspended)
        ],
        "Tags": describe_tags(group),
        "NewInstancesProtectedFromScaleIn": group.protect_new,
        "ServiceLinkedRoleARN": f"{role}/AWSServiceRoleForAutoScaling",
        **{key: group.spec.get(key, default) for key, default in _DEFAULTS.items()},
    }


def describe_instance(group: Group, instance: Instance) -> dict[str, Any]:
    """An instance in the API's form, as part of its group."""
    mixed = group.spec.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    template = group.spec.get("LaunchTemplate") or mixed.get("LaunchTemplateSpecification")
    weighted = any("WeightedCapacity" in item for item in mixed.get("Overrides", ()))
    return {
        "InstanceId": instance.id,
        "InstanceType": instance.type,
        "AvailabilityZone": instance.zone,
        "LifecycleState": instance.lifecycle,
        "HealthStatus": "Healthy",
        "LaunchTemplate": template,
        "LaunchConfigurationName": group.spec.get("LaunchConfigurationName"),
        "ProtectedFromScaleIn": instance.protected,
        "WeightedCapacity": str(weight_of(group.spec, instance.type)) if weighted else None,
    }


def describe_tags(group: Group) -> list[dict[str, Any]]:
    """A group's tags in the API's form, sorted by key."""
    return [
        {
            "ResourceId": group.name,
            "ResourceType": "auto-scaling-group",
            "Key": key,
            "Value": value,
            "PropagateAtLaunch": propagate,
        }
        for key, (value, propagate) in sorted(group.tags.items())
    ]
