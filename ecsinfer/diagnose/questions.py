"""The reads of a sweep; what the caller may not read is missing from the facts, and no error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ecsinfer.model import Read

_NO_CLUSTER = ("ClusterNotFoundException",)
_NO_SERVICE = ("ServiceNotFoundException", "ServiceNotActiveException", *_NO_CLUSTER)


def tasks(cluster: str, service: str, status: str) -> Read:
    """ARNs of all tasks of the service that run, or that stopped within the last hour (J8)."""
    params = {"cluster": cluster, "serviceName": service, "desiredStatus": status}
    return _ecs("ListTasks", params, items="taskArns", absent_on=_NO_SERVICE)


def protection(cluster: str, arns: Iterable[str]) -> Read:
    """Scale-in protection of running tasks."""
    params = {"cluster": cluster, "tasks": list(arns)}
    absent = ("ResourceNotFoundException", *_NO_CLUSTER)
    return _ecs("GetTaskProtection", params, batch="tasks", limit=10, absent_on=absent)


def hosts(cluster: str) -> Read:
    """ARNs of the container instances."""
    return _ecs(
        "ListContainerInstances",
        {"cluster": cluster},
        items="containerInstanceArns",
        absent_on=_NO_CLUSTER,
    )


def host_details(cluster: str, arns: Iterable[str]) -> Read:
    """The container instances themselves."""
    params = {"cluster": cluster, "containerInstances": list(arns)}
    return _ecs("DescribeContainerInstances", params, batch="containerInstances", limit=100)


def daemons(cluster: str) -> Read:
    """ARNs of the DAEMON services of the cluster."""
    params = {"cluster": cluster, "schedulingStrategy": "DAEMON"}
    return _ecs("ListServices", params, items="serviceArns", absent_on=_NO_CLUSTER)


def deployments(cluster: str, service: str) -> Read:
    """The service deployments, newest first."""
    params = {"cluster": cluster, "service": service}
    return _ecs("ListServiceDeployments", params, absent_on=_NO_SERVICE)


def task_definition(arn: str) -> Read:
    """The revision."""
    return _ecs("DescribeTaskDefinition", {"taskDefinition": arn}, absent_on=("ClientException",))


def activities(group: str) -> Read:
    """The newest hundred scaling activities of a group: the only place that tells of EC2 (F6)."""
    params = {"AutoScalingGroupName": group}
    return _read("autoscaling", "DescribeScalingActivities", params, ("ValidationError",))


def target_health(arn: str) -> Read:
    """Health of all targets of a group."""
    return _elb("DescribeTargetHealth", {"TargetGroupArn": arn})


def target_groups(arns: Iterable[str]) -> Read:
    """Target groups and their health checks."""
    return _elb("DescribeTargetGroups", {"TargetGroupArns": list(arns)})


def target_group_attributes(arn: str) -> Read:
    """Among them the deregistration delay."""
    return _elb("DescribeTargetGroupAttributes", {"TargetGroupArn": arn})


def load_balancers(arns: Iterable[str]) -> Read:
    """Load balancers and the zones that are enabled on them."""
    return _elb("DescribeLoadBalancers", {"LoadBalancerArns": list(arns)})


def subnets(ids: Iterable[str]) -> Read:
    """Subnets and their zones."""
    absent = ("InvalidSubnetID.NotFound",)
    return _read("ec2", "DescribeSubnets", {"SubnetIds": list(ids)}, absent)


def alarms(names: Iterable[str]) -> Read:
    """Alarms and their states."""
    return _read("cloudwatch", "DescribeAlarms", {"AlarmNames": list(names)})


def launch_configuration(name: str) -> Read:
    """The launch configuration that a group uses."""
    return _read(
        "autoscaling", "DescribeLaunchConfigurations", {"LaunchConfigurationNames": [name]}
    )


def image(ami: str) -> Read:
    """The AMI and its name."""
    absent = ("InvalidAMIID.NotFound", "InvalidAMIID.Malformed", "InvalidAMIID.Unavailable")
    return _read("ec2", "DescribeImages", {"ImageIds": [ami]}, absent)


def _ecs(operation: str, params: Mapping[str, Any], **how: Any) -> Read:
    return Read("ecs", operation, params, optional=True, **how)


def _elb(operation: str, params: Mapping[str, Any]) -> Read:
    absent = ("TargetGroupNotFound", "LoadBalancerNotFound")
    return _read("elbv2", operation, params, absent)


def _read(
    service: str, operation: str, params: Mapping[str, Any], absent_on: tuple[str, ...] = ()
) -> Read:
    return Read(service, operation, params, absent_on=absent_on, optional=True)
