"""Auto Scaling groups of a sandbox, as tests drive and look at them."""

from __future__ import annotations

from typing import Any

from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.furniture import GPU_LAUNCH_TEMPLATE, SUBNETS
from ecsinfer.sandbox.scenario import Scenario

NAME = "group"


class Groups:
    """One sandbox and its Auto Scaling client."""

    def __init__(self, scenario: Scenario | None = None) -> None:
        self.sandbox = Sandbox(scenario)
        self.clock = self.sandbox.clock
        session: Any = self.sandbox.session()
        self.api = session.client("autoscaling")
        self.ec2 = session.client("ec2")
        self.ecs = session.client("ecs")

    def create(self, desired: int = 0, **changes: Any) -> None:
        """Create the group of three zones and up to ten g5.xlarge instances."""
        request: dict[str, Any] = {
            "AutoScalingGroupName": NAME,
            "MinSize": 0,
            "MaxSize": 10,
            "DesiredCapacity": desired,
            "VPCZoneIdentifier": ",".join(SUBNETS),
            **changes,
        }
        if "MixedInstancesPolicy" not in changes:
            request.setdefault("LaunchTemplate", {"LaunchTemplateId": GPU_LAUNCH_TEMPLATE})
        self.api.create_auto_scaling_group(**request)

    def running(self, desired: int, **changes: Any) -> None:
        """Create the group and let its instances get into service."""
        self.create(desired, **changes)
        self.clock.sleep(60)

    def want(self, desired: int) -> None:
        """Set the desired capacity."""
        self.api.set_desired_capacity(AutoScalingGroupName=NAME, DesiredCapacity=desired)

    @property
    def group(self) -> dict[str, Any]:
        """The group as it is described."""
        answer = self.api.describe_auto_scaling_groups(AutoScalingGroupNames=[NAME])
        found: dict[str, Any] = answer["AutoScalingGroups"][0]
        return found

    @property
    def instances(self) -> list[dict[str, Any]]:
        """The group's instances as they are described."""
        found: list[dict[str, Any]] = self.group["Instances"]
        return found

    @property
    def ids(self) -> list[str]:
        """The ids of the group's instances."""
        return [item["InstanceId"] for item in self.instances]

    @property
    def states(self) -> list[str]:
        """The lifecycle states of the group's instances."""
        return [item["LifecycleState"] for item in self.instances]

    @property
    def activities(self) -> list[dict[str, Any]]:
        """The group's scaling activities, newest first."""
        answer = self.api.describe_scaling_activities(AutoScalingGroupName=NAME)
        found: list[dict[str, Any]] = answer["Activities"]
        return found

    def protect(self, *ids: str, protected: bool = True) -> None:
        """Set or lift the scale-in protection of instances."""
        self.api.set_instance_protection(
            InstanceIds=list(ids), AutoScalingGroupName=NAME, ProtectedFromScaleIn=protected
        )
