"""What AWS fills in: the API fields of a service as they are kept, after a create or an update.

A service's `spec` is complete: every default of the API is in it, so that describing gives it
back and comparing two specs tells what changed (D29).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ecsinfer.capacity import breaker
from ecsinfer.sandbox.ecs.common import short_name

Spec = dict[str, Any]

FARGATE = frozenset({"FARGATE", "FARGATE_SPOT"})

ZONE_FIELD = "attribute:ecs.availability-zone"

TRIGGERS = (
    "networkConfiguration",
    "platformVersion",
    "launchType",
    "capacityProviderStrategy",
    "loadBalancers",
    "serviceRegistries",
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
    "gatewayConnectors",
    "monitoring",
)
"""Fields a change of which starts a new deployment (D6), beside the task definition."""

_UPDATED_AS_GIVEN = (
    "availabilityZoneRebalancing",
    "deploymentController",
    "enableECSManagedTags",
    "enableExecuteCommand",
    "gatewayConnectors",
    "healthCheckGracePeriodSeconds",
    "loadBalancers",
    "monitoring",
    "placementConstraints",
    "platformVersion",
    "propagateTags",
    "serviceConnectConfiguration",
    "serviceRegistries",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
)

_CREATED_AS_GIVEN = (*_UPDATED_AS_GIVEN, "role", "schedulingStrategy")


def created_spec(request: Mapping[str, Any], capacity: Spec) -> Spec:
    """The spec of a new service: the request with AWS's defaults.

    Args:
        request: CreateService.
        capacity: its launch type or its complete strategy.
    """
    given = {key: request[key] for key in _CREATED_AS_GIVEN if key in request}
    daemon = request.get("schedulingStrategy") == "DAEMON"
    spec: Spec = {
        "loadBalancers": [],
        "serviceRegistries": [],
        "placementConstraints": [],
        "placementStrategy": placement_strategy(request.get("placementStrategy", ())),
        "healthCheckGracePeriodSeconds": 0,
        "schedulingStrategy": "REPLICA",
        "deploymentController": {"type": "ECS"},
        "enableECSManagedTags": False,
        "propagateTags": "NONE",
        "enableExecuteCommand": False,
        **({"platformVersion": "LATEST"} if on_fargate(capacity) else {}),
        **capacity,
        **given,
        "deploymentConfiguration": deployment_configuration(
            _daemon_configuration() if daemon else {}, request.get("deploymentConfiguration", {})
        ),
    }
    if "networkConfiguration" in request:
        spec["networkConfiguration"] = network_configuration(request["networkConfiguration"])
    if "availabilityZoneRebalancing" not in spec:
        spec["availabilityZoneRebalancing"] = _rebalancing(spec)
    return spec


def updated_spec(spec: Spec, request: Mapping[str, Any]) -> Spec:
    """The spec after a partial update: what the request omits stays, an empty list clears (D7).

    A strategy in the request is complete already.
    """
    changed = {**spec, **{key: request[key] for key in _UPDATED_AS_GIVEN if key in request}}
    if "placementStrategy" in request:
        changed["placementStrategy"] = placement_strategy(request["placementStrategy"])
    if "networkConfiguration" in request:
        changed["networkConfiguration"] = network_configuration(request["networkConfiguration"])
    if "deploymentConfiguration" in request:
        changed["deploymentConfiguration"] = deployment_configuration(
            spec["deploymentConfiguration"], request["deploymentConfiguration"]
        )
    if "capacityProviderStrategy" in request:
        _change_capacity(changed, request)
    return changed


def starts_deployment(before: Spec, after: Spec) -> bool:
    """Whether the change from one spec to the other starts a new deployment (D6)."""
    return any(_comparable(key, before) != _comparable(key, after) for key in TRIGGERS)


def on_fargate(spec: Mapping[str, Any]) -> bool:
    """Whether tasks of this launch type or strategy run on Fargate."""
    if "launchType" in spec:
        return bool(spec["launchType"] == "FARGATE")
    return any(
        item["capacityProvider"] in FARGATE for item in spec.get("capacityProviderStrategy", ())
    )


def network_configuration(given: Mapping[str, Any]) -> dict[str, Any]:
    """A network configuration as it is described."""
    if "awsvpcConfiguration" not in given:
        return dict(given)
    network = given["awsvpcConfiguration"]
    return {
        "awsvpcConfiguration": {
            "subnets": list(network.get("subnets", ())),
            "securityGroups": list(network.get("securityGroups", ())),
            "assignPublicIp": network.get("assignPublicIp", "DISABLED"),
        }
    }


def placement_strategy(given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Placement strategies as they are described: ``host`` means ``instanceId`` (D16)."""
    return [{**item, **_placement_field(item)} for item in given]


def _placement_field(item: Mapping[str, Any]) -> dict[str, str]:
    if "field" not in item:
        return {}
    field = item["field"]
    if field.lower() in {"host", "instanceid"}:
        return {"field": "instanceId"}
    return {"field": field.lower() if item["type"] == "binpack" else field}


def deployment_configuration(before: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """A deployment configuration as it is kept: `given` over `before` over AWS's defaults.

    A circuit breaker's threshold and reset stay when they are omitted (D7, D18); the settings of
    the progressive strategies get their defaults (D20).
    """
    merged: dict[str, Any] = {
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
        "strategy": "ROLLING",
        "bakeTimeInMinutes": 0,
        **before,
        **given,
        "deploymentCircuitBreaker": _circuit_breaker(
            before.get("deploymentCircuitBreaker", {}), given.get("deploymentCircuitBreaker", {})
        ),
    }
    if merged["strategy"] != before.get("strategy"):
        _forget_former_strategy(merged, given)
    for name, (structure, defaults) in _STEPS.items():
        if merged["strategy"] == name:
            merged[structure] = {**defaults, **merged.get(structure, {})}
    if "lifecycleHooks" in given:
        merged["lifecycleHooks"] = [_lifecycle_hook(hook) for hook in given["lifecycleHooks"]]
    return merged


_STEPS: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "LINEAR": ("linearConfiguration", {"stepPercent": 10.0, "stepBakeTimeInMinutes": 6}),
    "CANARY": ("canaryConfiguration", {"canaryPercent": 5.0, "canaryBakeTimeInMinutes": 10}),
}


def _forget_former_strategy(merged: dict[str, Any], given: Mapping[str, Any]) -> None:
    """Another strategy: steps of the former one go; blue/green has no default bake time (D20)."""
    settings = [structure for structure, _ in _STEPS.values()]
    if merged["strategy"] == "BLUE_GREEN":
        settings.append("bakeTimeInMinutes")
    for key in settings:
        if key not in given:
            merged.pop(key, None)


def _circuit_breaker(before: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    merged = {
        "enable": False,
        "rollback": False,
        "resetOnHealthyTask": True,
        "thresholdConfiguration": {"type": breaker.DEFAULT_TYPE, "value": breaker.DEFAULT_VALUE},
        **before,
        **given,
    }
    return {**merged, "rollback": merged["enable"] and merged["rollback"]}


def _lifecycle_hook(hook: Mapping[str, Any]) -> dict[str, Any]:
    timeout = {"timeoutInMinutes": 1440, "action": "ROLLBACK"}
    return {
        "targetType": "AWS_LAMBDA",
        **hook,
        "timeoutConfiguration": {**timeout, **hook.get("timeoutConfiguration", {})},
    }


def _daemon_configuration() -> dict[str, Any]:
    return {"maximumPercent": 100, "minimumHealthyPercent": 0}


def _change_capacity(changed: Spec, request: Mapping[str, Any]) -> None:
    """Another strategy; or, by an empty one, back to the launch type (D4)."""
    was_fargate = on_fargate(changed)
    changed.pop("launchType", None)
    changed.pop("capacityProviderStrategy", None)
    if request["capacityProviderStrategy"]:
        changed["capacityProviderStrategy"] = request["capacityProviderStrategy"]
    else:
        changed["launchType"] = "FARGATE" if was_fargate else "EC2"
    if not on_fargate(changed) and "platformVersion" not in request:
        changed.pop("platformVersion", None)
    elif on_fargate(changed):
        changed.setdefault("platformVersion", "LATEST")


def _rebalancing(spec: Spec) -> str:
    """What an omitted availabilityZoneRebalancing means on create (D15).

    ENABLED, where the service can be rebalanced. With a maximumPercent of 100 or less AWS was
    seen both to refuse the request and to keep DISABLED (O3); the refusal is what we answer, so
    ENABLED is proposed here and the rules refuse it.
    """
    return "DISABLED" if rebalancing_obstacle(spec) else "ENABLED"


def rebalancing_obstacle(spec: Mapping[str, Any]) -> str:
    """Why the zones of this service cannot be rebalanced, maximumPercent aside; or nothing."""
    first = next(iter(spec["placementStrategy"]), None)
    spread = first is None or (first["type"], first.get("field")) == ("spread", ZONE_FIELD)
    obstacles = {
        "DAEMON services": spec["schedulingStrategy"] == "DAEMON",
        "services with the EXTERNAL deployment controller": (
            spec["deploymentController"]["type"] == "EXTERNAL"
        ),
        "services that use a Classic Load Balancer": any(
            "loadBalancerName" in item for item in spec["loadBalancers"]
        ),
        "placement strategies that do not start with Availability Zone spread": not spread,
        "placement constraints on the Availability Zone": any(
            "ecs.availability-zone" in item.get("expression", "")
            for item in spec["placementConstraints"]
        ),
    }
    return next((name for name, applies in obstacles.items() if applies), "")


def _comparable(key: str, spec: Mapping[str, Any]) -> Any:
    """A field's value without what makes no difference: order of sets, absent and empty."""
    value = spec.get(key) or None
    if value is None:
        return None
    if key == "networkConfiguration":
        network = value.get("awsvpcConfiguration", {})
        return {name: _unordered(item) for name, item in network.items()}
    if key == "capacityProviderStrategy":
        return sorted(
            (short_name(item["capacityProvider"]), item["weight"], item["base"]) for item in value
        )
    return value


def _unordered(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value


def same_capacity(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether two specs ask for the same launch type and strategy (D4)."""
    keys = ("launchType", "capacityProviderStrategy")
    return all(_comparable(key, before) == _comparable(key, after) for key in keys)
