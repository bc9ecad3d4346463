"""Every cause by its stable code, and what it means; README shows this table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ecsinfer.diagnose.facts import distinct
from ecsinfer.events import Cause

MOST_EVIDENCE = 8
"""Lines of evidence that are told: those after say nothing new."""

MEANINGS: Mapping[str, str] = {
    "no-capacity-in-zone": "EC2 has no instances of the type in the zone.",
    "no-fargate-capacity": "Fargate has no capacity in the zones of the tasks' subnets.",
    "vcpu-quota": "The account's vCPU quota for the instance type is used up.",
    "group-at-maximum": "The Auto Scaling group has its maximum size, and tasks still wait.",
    "no-room-in-time": "No instance with room came while the tasks waited, and ECS stopped them.",
    "group-suspended": "The Auto Scaling group's Launch process is suspended.",
    "launch-failed": "EC2 refuses to launch the group's instances for another reason.",
    "managed-scaling-off": "Nothing scales the group out: managed scaling is disabled.",
    "capacity-provider-failed": "A capacity provider, or its association with the cluster, failed.",
    "instances-join-other-cluster": "The user data names another cluster, or none.",
    "instances-without-role": "The launch template has no instance profile.",
    "instances-wrong-image": "The AMI has no ECS agent, as far as its name tells.",
    "instances-never-join": "Instances run, but their agent does not reach ECS.",
    "instances-not-of-provider": "Instances joined without belonging to the capacity provider.",
    "agent-disconnected": "The ECS agent of an instance has lost its connection.",
    "task-too-large": "No instance type of the group can hold one task.",
    "network-interfaces-exhausted": "The instances have no network interface left for a task.",
    "placement-constraint-impossible": "No instance satisfies the placement constraints.",
    "subnets-outside-zones": "The instances are in other zones than the tasks' subnets.",
    "zone-rebalancing-impossible": "A task cannot be moved to the emptier zone.",
    "provisioning-limit": "500 tasks of the cluster wait for capacity already.",
    "image-not-found": "The image, its tag or its repository does not exist.",
    "image-pull-denied": "The role may not pull the image.",
    "image-wrong-architecture": "The image is built for another CPU architecture.",
    "image-pull-throttled": "The registry limits how often images are pulled.",
    "disk-full": "The image does not fit on the instance's disk.",
    "no-route": "The task has no way to the registry, or to another AWS endpoint.",
    "secret-missing": "A secret or parameter does not exist or cannot be read.",
    "log-group-missing": "The log group does not exist.",
    "role-not-assumable": "ECS may not assume the task's role.",
    "spot-interruption": "AWS took Spot capacity back, and the tasks on it with it.",
    "out-of-memory": "A container was killed because it used more memory than it has.",
    "crash-loop": "A container ends by itself; its last lines are shown.",
    "dependency-not-met": "A container waits for another one that never comes that far.",
    "container-health-check": "The container's own health check fails.",
    "target-health-check": "The load balancer's health check fails.",
    "grace-period-too-short": "Tasks are stopped before they have had the time to load.",
    "target-zone-not-enabled": "The load balancer is not enabled in the task's zone.",
    "target-group-unused": "No load balancer sends traffic to the target group.",
    "target-group-missing": "The target group was deleted.",
    "paused": "The rollout is paused by a lifecycle hook until somebody answers, or nobody does.",
    "rollout-deadlock": "The percentages of the rollout allow neither a start nor a stop.",
    "service-throttled": "ECS spaces out the starts of tasks that keep failing.",
    "drain-held": "Old tasks wait for their connections to drain.",
    "task-protected": "Scale-in protection keeps old tasks running.",
    "alarm": "A CloudWatch alarm that the deployment watches is in ALARM.",
    "scale-in-held-by-protection": "The group cannot shrink: its instances are protected.",
    "scale-in-held-by-daemon": "Instances with nothing but daemon tasks stay protected.",
    "scaling-suspended": "Automatic scaling of the service is suspended.",
    "not-allowed-to-look": "The caller may not read what would tell more.",
    "unexplained": "What AWS said and no other cause explains.",
}

ASIDE = frozenset({
    "scale-in-held-by-protection",
    "scale-in-held-by-daemon",
    "scaling-suspended",
    "zone-rebalancing-impossible",
})  # fmt: skip
"""Causes that keep no deployment from being ready: what they hold is scaling in, or moving later.

They are worth knowing, and nothing to tell to somebody who waits for a rollout.
"""


def cause(code: str, title: str, evidence: Iterable[str] = (), *advice: str) -> Cause:
    """A cause of the catalogue.

    Raises:
        KeyError: it is not in the catalogue.
    """
    if code not in MEANINGS:
        raise KeyError(code)
    return Cause(code, title, distinct(evidence, MOST_EVIDENCE), advice)
