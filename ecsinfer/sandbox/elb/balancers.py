"""Target groups and load balancers: moto's own, but for what targets must learn of their changes."""

from __future__ import annotations

from ecsinfer.sandbox.elb.balancing import balancing_of
from ecsinfer.sandbox.registry import Corrector, Request, Response, Upstream, correction
from ecsinfer.sandbox.state import World

CHANGE_TARGETS = (
    "CreateListener",
    "CreateRule",
    "CreateTargetGroup",
    "DeleteListener",
    "DeleteLoadBalancer",
    "DeleteRule",
    "DeleteTargetGroup",
    "ModifyListener",
    "ModifyRule",
    "ModifyTargetGroup",
    "ModifyTargetGroupAttributes",
    "SetSubnets",
)
"""Operations after which a target may be checked otherwise than before."""


@correction("elbv2", "DescribeTargetGroups")
def describe_target_groups(world: World, request: Request, upstream: Upstream) -> Response:
    """moto's answer, with the load balancers that use the group now, each named once."""
    answer = upstream("DescribeTargetGroups", request)
    for group in answer.get("TargetGroups", ()):
        group["LoadBalancerArns"] = list(balancing_of(world).used_by(group["TargetGroupArn"]))
    return answer


def _telling(operation: str) -> Corrector:
    def ask_and_tell(world: World, request: Request, upstream: Upstream) -> Response:
        answer = upstream(operation, request)
        balancing_of(world).changed()
        return answer

    return ask_and_tell


for _operation in CHANGE_TARGETS:
    correction("elbv2", _operation)(_telling(_operation))
