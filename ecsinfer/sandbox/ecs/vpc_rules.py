"""What EC2 knows of the subnets and security groups of an awsvpc network (D11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from ecsinfer.sandbox.errors import invalid_parameter
from ecsinfer.sandbox.state import World


class _Kind(NamedTuple):
    """How EC2 is asked for a kind of thing, and how ECS says that one is not there."""

    name: str
    what: str
    operation: str
    filter: str
    answer: str
    identifier: str
    code: str


_SUBNETS = _Kind(
    "subnet",
    "subnet ID",
    "DescribeSubnets",
    "subnet-id",
    "Subnets",
    "SubnetId",
    "InvalidSubnetID.NotFound",
)
_GROUPS = _Kind(
    "security group",
    "security group",
    "DescribeSecurityGroups",
    "group-id",
    "SecurityGroups",
    "GroupId",
    "InvalidGroup.NotFound",
)


_KNOWN: WeakKeyDictionary[World, dict[str, str]] = WeakKeyDictionary()
"""Subnets and security groups that EC2 was found to know, with their VPCs, which never change."""


def check_vpc(world: World, network: Mapping[str, Any]) -> None:
    """The subnets and security groups are there, and of one VPC.

    Args:
        world: the account.
        network: an ``awsvpcConfiguration``.

    Raises:
        ServiceError: InvalidParameterException.
    """
    subnets = network["subnets"]
    vpcs = _require(world, _SUBNETS, subnets)
    # How AWS words the next two is not known to us.
    if len(vpcs) > 1:
        raise invalid_parameter(f"The subnets {_listed(subnets)} are not in the same VPC.")
    groups = network.get("securityGroups", ())
    if groups and _require(world, _GROUPS, groups) != vpcs:
        raise invalid_parameter(
            f"The security groups {_listed(groups)} and the subnets {_listed(subnets)} are not in "
            "the same VPC."
        )


def with_security_groups(world: World, request: Mapping[str, Any]) -> dict[str, Any]:
    """A request as AWS completes it: without a security group, the VPC's default one counts."""
    configuration = request.get("networkConfiguration", {})
    network = configuration.get("awsvpcConfiguration", {})
    if not network.get("subnets") or network.get("securityGroups"):
        return dict(request)
    vpcs = {vpc for vpc in _vpcs(world, _SUBNETS, network["subnets"]).values() if vpc}
    if not vpcs:
        return dict(request)  # `check_vpc` tells it, when it is the request's first fault
    wanted = [
        {"Name": "vpc-id", "Values": sorted(vpcs)},
        {"Name": "group-name", "Values": ["default"]},
    ]
    found = world.ask("ec2", "DescribeSecurityGroups", {"Filters": wanted})["SecurityGroups"]
    completed = {**network, "securityGroups": [group["GroupId"] for group in found[:1]]}
    return {**request, "networkConfiguration": {"awsvpcConfiguration": completed}}


def _require(world: World, kind: _Kind, names: Sequence[str]) -> set[str]:
    """The VPCs of what a network names, all of which must be there."""
    vpcs = _vpcs(world, kind, names)
    for name, vpc in vpcs.items():
        if not vpc:
            raise invalid_parameter(
                f"Error retrieving {kind.name} information for {_listed(names)}: The {kind.what} "
                f"'{name}' does not exist (ErrorCode: {kind.code})"
            )
    return set(vpcs.values())


def _vpcs(world: World, kind: _Kind, names: Sequence[str]) -> dict[str, str]:
    """The VPC of each of the named; "" where EC2 does not know it."""
    known = _KNOWN.setdefault(world, {})
    asked = [name for name in names if name not in known]
    if asked:
        filters = [{"Name": kind.filter, "Values": asked}]
        answer = world.ask("ec2", kind.operation, {"Filters": filters})
        known.update({item[kind.identifier]: str(item["VpcId"]) for item in answer[kind.answer]})
    return {name: known.get(name, "") for name in names}


def _listed(names: Sequence[str]) -> str:
    return f"[{', '.join(names)}]"
