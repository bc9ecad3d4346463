"""The declared fields of CreateService: all that ecsinfer speaks of, said explicitly.

What the spec does not use is said as an empty list: created services do without it, and an update
clears what an earlier spec used (D7).
"""

from __future__ import annotations

from typing import Any

from ecsinfer.application.overlay import overlay, said
from ecsinfer.application.task_definitions import network_mode, task_definition
from ecsinfer.kinds.service import ROLLOUT_WITHIN
from ecsinfer.spec import Spec
from ecsinfer.spec.container import EbsVolume
from ecsinfer.spec.models import availability_zone_rebalancing, ports
from ecsinfer.spec.rollout import Hook, Rollout
from ecsinfer.spec.service import LoadBalancer, Service

_STRATEGIES = {
    "rolling": "ROLLING",
    "blue-green": "BLUE_GREEN",
    "linear": "LINEAR",
    "canary": "CANARY",
}
_PROPAGATE = {"service": "SERVICE", "task_definition": "TASK_DEFINITION", "none": "NONE"}


def service_params(spec: Spec, key: str) -> dict[str, Any]:
    """The fields, with the user's raw ones merged last."""
    service = spec.services[key]
    declared: dict[str, Any] = {
        **_capacity(spec, key),
        **_network(spec, key),
        **_traffic(spec, key),
        "volumeConfigurations": _volumes(service),
        "deploymentConfiguration": deployment_configuration(service.rollout),
        "availabilityZoneRebalancing": (
            "ENABLED" if availability_zone_rebalancing(service) else "DISABLED"
        ),
        "placementStrategy": [
            said(type=each.type, field=each.field) for each in service.placement.strategies
        ],
        "placementConstraints": [
            said(type=each.type, expression=each.expression)
            for each in service.placement.constraints
        ],
        "enableExecuteCommand": service.execute_command,
        "enableECSManagedTags": True,
        "propagateTags": _PROPAGATE[service.propagate_tags],
    }
    raw = service.overrides.service
    if raw.get("schedulingStrategy") == "DAEMON":
        # A daemon never runs twice on an instance, and is where the instances are (D13, D15).
        declared["deploymentConfiguration"].update(maximumPercent=100, minimumHealthyPercent=0)
        declared["availabilityZoneRebalancing"] = "DISABLED"
    if raw.get("launchType"):
        declared.pop("capacityProviderStrategy", None)  # D3
    return overlay(declared, raw)


def count(service: Service) -> int | None:
    """desiredCount: as declared, the least where scaling owns it (D27), none for daemons (D13)."""
    if service.overrides.service.get("schedulingStrategy") == "DAEMON":
        return None
    if service.scaling is not None:
        return service.scaling.min
    return 1 if service.replicas is None else service.replicas


def rollout_within(service: Service) -> float:
    """Seconds that a rollout may take: the usual, and what the spec itself makes it wait."""
    rollout = service.rollout
    within = ROLLOUT_WITHIN + (service.health.grace or 0) + (rollout.bake or 0)
    if rollout.linear is not None:
        within += rollout.linear.step_bake * 100 / rollout.linear.step_percent
    if rollout.canary is not None:
        within += rollout.canary.bake
    return within + sum(hook.timeout or 0 for hook in rollout.hooks)


def deployment_configuration(rollout: Rollout) -> dict[str, Any]:
    """``deploymentConfiguration``, its circuit breaker and alarms on or off, never unsaid."""
    alarms = list(rollout.alarms.names)
    declared = {
        "strategy": _STRATEGIES[rollout.strategy],
        "maximumPercent": rollout.maximum,
        "minimumHealthyPercent": rollout.minimum_healthy,
        "alarms": {
            "alarmNames": alarms,
            "enable": bool(alarms),
            "rollback": bool(alarms) and rollout.alarms.rollback,
        },
        **said(
            lifecycleHooks=[_hook(hook) for hook in rollout.hooks],
            linearConfiguration=_linear(rollout),
            canaryConfiguration=_canary(rollout),
            earlySuccessCriteria=_early_success(rollout),
        ),
    }
    if rollout.strategy == "rolling":
        declared["deploymentCircuitBreaker"] = _breaker(rollout)  # D18: rolling only
    if rollout.strategy != "rolling" or rollout.bake is not None:
        declared["bakeTimeInMinutes"] = (rollout.bake or 0) // 60
    return declared


def _breaker(rollout: Rollout) -> dict[str, Any]:
    breaker = rollout.circuit_breaker
    threshold = breaker.threshold
    return {
        "enable": breaker.enable,
        "rollback": breaker.enable and breaker.rollback,
        **said(
            resetOnHealthyTask=breaker.reset_on_healthy_task,
            thresholdConfiguration=None
            if threshold is None
            else {
                "type": threshold.type.upper().replace("-", "_"),
                "value": threshold.value,
            },
        ),
    }


def _hook(hook: Hook) -> dict[str, Any]:
    return said(
        targetType="PAUSE" if hook.type == "pause" else "AWS_LAMBDA",
        hookTargetArn=hook.function,
        roleArn=hook.role,
        lifecycleStages=list(hook.stages),
        hookDetails=dict(hook.details),
        timeoutConfiguration=said(
            timeoutInMinutes=None if hook.timeout is None else hook.timeout // 60,
            action=None if hook.on_timeout is None else hook.on_timeout.upper(),
        ),
    )


def _linear(rollout: Rollout) -> dict[str, Any] | None:
    if rollout.linear is None:
        return None
    return {
        "stepPercent": rollout.linear.step_percent,
        "stepBakeTimeInMinutes": rollout.linear.step_bake // 60,
    }


def _canary(rollout: Rollout) -> dict[str, Any] | None:
    if rollout.canary is None:
        return None
    return {
        "canaryPercent": rollout.canary.percent,
        "canaryBakeTimeInMinutes": rollout.canary.bake // 60,
    }


def _early_success(rollout: Rollout) -> dict[str, Any] | None:
    if rollout.early_success is None:
        return None
    return {
        "enable": True,
        "healthyPercent": rollout.early_success.healthy_percent,
        "sourceServiceRevisionCleanup": rollout.early_success.cleanup.upper(),
    }


def _capacity(spec: Spec, key: str) -> dict[str, Any]:
    # Always explicit: a service copies the cluster's default only once, when it is created (A14).
    strategy = [
        {"capacityProvider": spec.provider_name(each), "weight": item.weight, "base": item.base}
        for each, item in spec.strategy(key).items()
    ]
    version = spec.services[key].platform.version
    return said(
        capacityProviderStrategy=strategy,
        platformVersion=(version or "LATEST") if spec.on_fargate(key) else None,
    )


def _network(spec: Spec, key: str) -> dict[str, Any]:
    network = spec.services[key].network
    if network_mode(spec, key) != "awsvpc":
        return {}
    public = None
    if spec.on_fargate(key):  # elsewhere AWS refuses it (D10)
        public = "ENABLED" if network.public_ip else "DISABLED"
    return {
        "networkConfiguration": {
            "awsvpcConfiguration": said(
                subnets=list(network.subnets),
                securityGroups=list(network.security_groups),
                assignPublicIp=public,
            )
        }
    }


def _traffic(spec: Spec, key: str) -> dict[str, Any]:
    service = spec.services[key]
    balancers = [_load_balancer(spec, key, each) for each in service.load_balancer]
    # Where nothing checks the health AWS may refuse a grace period, even 0 (D9).
    checked = balancers or service.vpc_lattice or _checked(spec, key)
    grace = service.health.grace or 0 if checked else None
    return {
        "loadBalancers": balancers,
        "serviceRegistries": [dict(each) for each in service.service_registries],
        "serviceConnectConfiguration": dict(service.service_connect or {"enabled": False}),
        "vpcLatticeConfigurations": [dict(each) for each in service.vpc_lattice],
        **said(healthCheckGracePeriodSeconds=grace),
    }


def _checked(spec: Spec, key: str) -> bool:
    """Whether any container of the task has a health check."""
    containers = task_definition(spec, key, "")["containerDefinitions"]
    return any(container.get("healthCheck") for container in containers)


def _load_balancer(spec: Spec, key: str, balancer: LoadBalancer) -> dict[str, Any]:
    name = balancer.container or spec.container_name(key)
    return said(
        targetGroupArn=balancer.target_group,
        containerName=name,
        containerPort=balancer.port or _first_port(spec, key, name),
        advancedConfiguration=said(
            alternateTargetGroupArn=balancer.alternate_target_group,
            productionListenerRule=balancer.production_rule,
            testListenerRule=balancer.test_rule,
            roleArn=balancer.role,
        ),
    )


def _first_port(spec: Spec, key: str, name: str) -> int | None:
    service = spec.services[key]
    if service.task_definition is not None:
        for each in service.task_definition.get("containerDefinitions", ()):
            if each.get("name") == name and each.get("portMappings"):
                return int(each["portMappings"][0]["containerPort"])
        return service.port
    container = service.sidecars.get(name, service)
    return next((port.container for port in ports(container)), None)


def _volumes(service: Service) -> list[dict[str, Any]]:
    return [
        {"name": name, "managedEBSVolume": _ebs(volume.ebs)}
        for name, volume in service.volumes.items()
        if volume.ebs is not None
    ]


def _ebs(ebs: EbsVolume) -> dict[str, Any]:
    return said(
        roleArn=ebs.role,
        sizeInGiB=ebs.size,
        snapshotId=ebs.snapshot,
        volumeType=ebs.type,
        iops=ebs.iops,
        throughput=ebs.throughput,
        volumeInitializationRate=ebs.initialization_rate,
        filesystemType=ebs.filesystem,
        encrypted=ebs.encrypted,
        kmsKeyId=ebs.kms_key,
    )
