"""AWS's answers as facts; a missing member is a missing fact, never an error."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ecsinfer.diagnose.facts import (
    Activity,
    Container,
    Group,
    Host,
    Instance,
    Pause,
    Provider,
    Said,
    Target,
    TargetGroup,
    Task,
    Template,
    completed,
)
from ecsinfer.model import Answer

Item = Mapping[str, Any]

_AT_REST = re.compile(r"has reached a steady state|\(deployment ecs-svc/\d+\) deployment completed")

_CLUSTER = re.compile(r"ECS_CLUSTER=[\"']?(?P<name>[A-Za-z0-9_-]+)")
_BOTTLEROCKET = re.compile(
    r"\[settings\.ecs\][^\[]*?^\s*cluster\s*=\s*[\"'](?P<name>[\w-]+)", re.MULTILINE
)
_DELAY = "deregistration_delay.timeout_seconds"
_DEFAULT_DELAY = 300.0


def last(arn: str) -> str:
    """The last part of an ARN."""
    return arn.rpartition("/")[2]


def task(item: Item, logs: Mapping[tuple[str, str], tuple[str, ...]]) -> Task:
    """A task; `logs` holds lines by task id and container name."""
    key = last(item["taskArn"])
    return Task(
        id=key,
        deployment=item.get("startedBy", ""),
        status=item.get("lastStatus", ""),
        containers=tuple(
            _container(each, logs.get((key, each.get("name", "")), ()))
            for each in item.get("containers", ())
        ),
        stop_code=item.get("stopCode", ""),
        reason=item.get("stoppedReason", ""),
        zone=item.get("availabilityZone", ""),
        provider=item.get("capacityProviderName", ""),
        host=last(item.get("containerInstanceArn", "")),
        launch_type=item.get("launchType", ""),
        created=item.get("createdAt"),
        started=item.get("startedAt"),
        stopping=item.get("stoppingAt") or item.get("stoppedAt"),
    )


def _container(item: Item, log: tuple[str, ...]) -> Container:
    return Container(
        name=item.get("name", ""),
        image=item.get("image", ""),
        exit_code=item.get("exitCode"),
        reason=item.get("reason", ""),
        health=item.get("healthStatus", "UNKNOWN"),
        log=log,
    )


def host(item: Item) -> Host:
    """A container instance."""
    attributes = {each["name"]: each.get("value", "") for each in item.get("attributes", ())}
    return Host(
        id=last(item["containerInstanceArn"]),
        instance=item.get("ec2InstanceId", ""),
        provider=item.get("capacityProviderName", ""),
        zone=attributes.get("ecs.availability-zone", ""),
        type=attributes.get("ecs.instance-type", ""),
        status=item.get("status", ""),
        connected=bool(item.get("agentConnected", True)),
        running=int(item.get("runningTasksCount", 0)) + int(item.get("pendingTasksCount", 0)),
    )


def group(item: Item, told: Answer, template: Template | None) -> Group:
    """An Auto Scaling group with its activities."""
    activities = tuple(map(activity, told.get("Activities", ())))
    since = {
        each.description.rpartition(" ")[2]: each.ended
        for each in activities
        if each.status == "Successful" and each.description.startswith("Launching")
    }
    return Group(
        name=item["AutoScalingGroupName"],
        minimum=item["MinSize"],
        maximum=item["MaxSize"],
        desired=item["DesiredCapacity"],
        instances=tuple(
            Instance(
                id=each["InstanceId"],
                type=each.get("InstanceType", ""),
                zone=each.get("AvailabilityZone", ""),
                lifecycle=each.get("LifecycleState", ""),
                protected=bool(each.get("ProtectedFromScaleIn")),
                since=since.get(each["InstanceId"]),
            )
            for each in item.get("Instances", ())
        ),
        zones=tuple(item.get("AvailabilityZones", ())),
        suspended=tuple(each["ProcessName"] for each in item.get("SuspendedProcesses", ())),
        activities=activities,
        template=template,
    )


def activity(item: Item) -> Activity:
    """A scaling activity."""
    return Activity(
        at=item["StartTime"],
        status=item.get("StatusCode", ""),
        message=item.get("StatusMessage") or "",
        description=item.get("Description", ""),
        ended=item.get("EndTime"),
    )


def template_source(item: Item) -> tuple[str, Any]:
    """What a group launches: (``template``, its specification) or (``configuration``, its name)."""
    mixed = item.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    specification = mixed.get("LaunchTemplateSpecification") or item.get("LaunchTemplate")
    if specification:
        return "template", specification
    return "configuration", item.get("LaunchConfigurationName", "")


def template(item: Item, answer: Answer, image_name: str = "") -> Template:
    """What a group launches, by the answer about its template or its configuration."""
    versions = answer.get("LaunchTemplateVersions") or [{}]
    configurations = answer.get("LaunchConfigurations") or [{}]
    data = {**configurations[0], **versions[0].get("LaunchTemplateData", {})}
    mixed = item.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    types = tuple(
        each["InstanceType"] for each in mixed.get("Overrides", ()) if "InstanceType" in each
    )
    own = (data["InstanceType"],) if data.get("InstanceType") else ()
    profile = data.get("IamInstanceProfile") or ""
    if isinstance(profile, Mapping):
        profile = profile.get("Arn") or profile.get("Name") or ""
    return Template(
        types=types or own,
        image=data.get("ImageId", ""),
        image_name=image_name,
        user_data=plain(data.get("UserData", "")),
        profile=profile,
    )


def cluster_in(user_data: str) -> str:
    """The cluster that user data names; empty when it names none."""
    found = _CLUSTER.search(user_data) or _BOTTLEROCKET.search(user_data)
    return found["name"] if found else ""


def plain(user_data: str) -> str:
    """User data as text; AWS hands it out in base 64."""
    try:
        return base64.b64decode(user_data, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return user_data


def provider(item: Item, groups: Mapping[str, Group]) -> Provider:
    """A capacity provider; `groups` by name."""
    ours = item.get("autoScalingGroupProvider", {})
    name = ours.get("autoScalingGroupArn", "").rpartition("/")[2]
    return Provider(
        name=item["name"],
        status=item.get("status", ""),
        update_status=item.get("updateStatus", ""),
        update_reason=item.get("updateStatusReason", ""),
        scaling=ours.get("managedScaling", {}).get("status", "ENABLED") == "ENABLED",
        target=ours.get("managedScaling", {}).get("targetCapacity", 100),
        termination_protection=ours.get("managedTerminationProtection") == "ENABLED",
        group=groups.get(name),
    )


def targets(arn: str, answer: Answer) -> Iterable[Target]:
    """The targets of a group."""
    for item in answer.get("TargetHealthDescriptions", ()):
        health = item.get("TargetHealth", {})
        yield Target(
            group=arn,
            id=item["Target"]["Id"],
            zone=item["Target"].get("AvailabilityZone") or "",
            state=health.get("State", ""),
            reason=health.get("Reason") or "",
            description=health.get("Description") or "",
        )


def target_group(item: Item, attributes: Answer, zones: tuple[str, ...]) -> TargetGroup:
    """A target group and its health check."""
    values = {each["Key"]: each["Value"] for each in attributes.get("Attributes", ())}
    return TargetGroup(
        arn=item["TargetGroupArn"],
        path=item.get("HealthCheckPath", ""),
        interval=item.get("HealthCheckIntervalSeconds", 30),
        timeout=item.get("HealthCheckTimeoutSeconds", 5),
        unhealthy_threshold=item.get("UnhealthyThresholdCount", 2),
        matcher=(item.get("Matcher") or {}).get("HttpCode", ""),
        delay=float(values.get(_DELAY, _DEFAULT_DELAY)),
        zones=zones,
    )


def alarming(answer: Answer) -> tuple[str, ...]:
    """The names of the alarms that are in ALARM."""
    alarms = answer.get("MetricAlarms", ())
    return tuple(each["AlarmName"] for each in alarms if each.get("StateValue") == "ALARM")


def pause(deployment: Item, hook: Item) -> Pause:
    """One of the hooks at which a service deployment waits (D20)."""
    return Pause(
        deployment.get("lifecycleStage") or "", hook.get("expiresAt"), hook.get("timeoutAction", "")
    )


def newest(moments: Iterable[datetime | None], otherwise: datetime) -> datetime:
    """The first of the moments."""
    known = [moment for moment in moments if moment is not None]
    return min(known, default=otherwise)


def said(service: Item, deployment: str, since: datetime) -> tuple[Said, ...]:
    """The service's events since a deployment began, newest first.

    Once it has completed, what was said until then, or until the last steady state, is over.
    """
    over = completed(service, deployment)
    found: list[Said] = []
    for event in service.get("events", ()):
        if event["createdAt"] < since or (over and _AT_REST.search(event["message"])):
            break
        found.append(Said(event["createdAt"], event["message"]))
    return tuple(found)
