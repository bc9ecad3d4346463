"""Scaling activities: what a group did and why it could not, in AWS's words (F6)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ecsinfer.sandbox.fleet.common import fleet_of, page, require_group
from ecsinfer.sandbox.registry import Request, Response, Upstream, correction
from ecsinfer.sandbox.state import Activity, Group, World

KEPT = 1000
"""Activities of a group that are remembered; AWS keeps those of six weeks."""

PROTECTED = (
    "Could not scale to desired capacity because all remaining instances are protected from "
    "scale-in."
)


def timestamp(moment: datetime) -> str:
    """A point in time as causes write it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def begin(
    world: World, group: Group, description: str, cause: str, zone: str = "", subnet: str = ""
) -> Activity:
    """Open an activity of a group."""
    activity = Activity(
        id=world.uuid(),
        description=description,
        cause=cause,
        started_at=world.now(),
        status="InProgress",
        progress=0,
        zone=zone,
        subnet=subnet,
    )
    group.activities.insert(0, activity)
    del group.activities[KEPT:]
    return activity


def end(world: World, activity: Activity, status: str = "Successful", message: str = "") -> None:
    """Close an activity."""
    activity.status = status
    activity.status_message = message
    activity.progress = 100
    activity.ended_at = world.now()


def launch_cause(world: World, group: Group, why: str, before: int) -> str:
    """Why an instance is launched, after `why` the desired capacity is what it is."""
    text = (
        f"At {timestamp(world.now())} an instance was started in response to a difference between "
        f"desired and actual capacity, increasing the capacity from {before} to {group.desired}."
    )
    return f"{why}  {text}" if why else text


def scale_in_cause(world: World, group: Group, why: str, before: int, instance_id: str) -> str:
    """Why an instance is terminated."""
    now = timestamp(world.now())
    text = (
        f"At {now} an instance was taken out of service in response to a difference between "
        f"desired and actual capacity, shrinking the capacity from {before} to {group.desired}.  "
        f"At {now} instance {instance_id} was selected for termination."
    )
    return f"{why}  {text}" if why else text


def insufficient_capacity(instance_type: str, zone: str, others: Sequence[str]) -> str:
    """EC2's InsufficientInstanceCapacity; `others` are zones that have some."""
    text = (
        f"We currently do not have sufficient {instance_type} capacity in the Availability Zone "
        f"you requested ({zone}). Our system will be working on provisioning additional capacity."
    )
    if others:
        text += (
            f" You can currently get {instance_type} capacity by not specifying an Availability "
            f"Zone in your request or choosing {', '.join(others)}."
        )
    return f"{text} Launching EC2 instance failed."


def vcpu_limit(limit: int) -> str:
    """EC2's VcpuLimitExceeded."""
    return (
        f"You have requested more vCPU capacity than your current vCPU limit of {limit} allows for "
        "the instance bucket that the specified instance type belongs to. Please visit "
        "http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit. "
        "Launching EC2 instance failed."
    )


def describe(group: Group, activity: Activity) -> dict[str, Any]:
    """An activity in the API's form."""
    details = {"Subnet ID": activity.subnet, "Availability Zone": activity.zone}
    return {
        "ActivityId": activity.id,
        "AutoScalingGroupName": group.name,
        "Description": activity.description,
        "Cause": activity.cause,
        "StartTime": activity.started_at,
        "EndTime": activity.ended_at,
        "StatusCode": activity.status,
        "StatusMessage": activity.status_message or None,
        "Progress": activity.progress,
        "Details": json.dumps({key: value for key, value in details.items() if value}),
        "AutoScalingGroupARN": group.arn,
    }


@correction("autoscaling", "DescribeScalingActivities")
def describe_scaling_activities(world: World, request: Request, _: Upstream) -> Response:
    """The activities of one group or of all, newest first."""
    name = request.get("AutoScalingGroupName")
    chosen = [require_group(world, name)] if name else list(fleet_of(world).groups.values())
    wanted = set(request.get("ActivityIds") or ())
    found = [
        (group, activity)
        for group in chosen
        for activity in group.activities
        if not wanted or activity.id in wanted
    ]
    found.sort(key=lambda item: item[1].started_at, reverse=True)
    shown, more = page(request, found, default=100)
    return {"Activities": [describe(group, activity) for group, activity in shown], **more}
