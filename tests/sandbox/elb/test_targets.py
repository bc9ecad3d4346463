"""Targets are registered, checked, drained and described."""

from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox.furniture import (
    INSTANCE_TARGETS,
    IP_TARGETS,
    LISTENER,
    LOAD_BALANCER,
    SUBNETS,
    UNATTACHED_TARGETS,
    VPC,
)
from tests.sandbox.ecs.refusals import refusal
from tests.sandbox.elb.balancer import ADDRESS, PORT, Balancer

REGISTERING = ("initial", "Elb.RegistrationInProgress")
CHECKING = ("initial", "Elb.InitialHealthChecking")
HEALTHY = ("healthy", "")
DRAINING = ("draining", "Target.DeregistrationInProgress")
NOT_IN_USE = ("unused", "Target.NotInUse")
NOT_REGISTERED = ("unused", "Target.NotRegistered")


@pytest.mark.rule("G4")
def test_a_target_goes_from_initial_to_healthy_and_its_owner_is_told(balancer: Balancer) -> None:
    balancer.register(ready_after=8)
    seen = [balancer.health()]
    balancer.clock.sleep(6)
    seen.append(balancer.health())
    balancer.clock.sleep(10)
    seen.append(balancer.health())

    assert seen == [[REGISTERING], [CHECKING], [HEALTHY]]
    assert balancer.told == ["healthy"]


@pytest.mark.rule("G4")
def test_a_target_that_does_not_answer_fails_its_checks(balancer: Balancer) -> None:
    balancer.register(ready_after=None)
    balancer.clock.sleep(600)

    assert balancer.health() == [("unhealthy", "Target.FailedHealthChecks")]
    assert balancer.told == ["unhealthy"]


@pytest.mark.rule("G3")
def test_a_target_drains_for_the_deregistration_delay(balancer: Balancer) -> None:
    balancer.api.modify_target_group_attributes(
        TargetGroupArn=IP_TARGETS,
        Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "120"}],
    )
    balancer.register()
    balancer.clock.sleep(30)

    balancer.deregister()
    assert balancer.health() == [DRAINING]
    balancer.clock.sleep(200)

    assert balancer.drained_at == [120]
    assert balancer.health() == []
    assert balancer.health(Targets=[{"Id": ADDRESS, "Port": PORT}]) == [NOT_REGISTERED]


def test_everyone_who_drains_a_target_is_told_and_a_stranger_is_drained_at_once(
    balancer: Balancer,
) -> None:
    balancer.deregister()
    balancer.register()
    balancer.clock.sleep(30)
    balancer.deregister()
    balancer.deregister()
    balancer.clock.sleep(60)

    assert balancer.drained_at == [0, 60, 60]


def test_a_target_registered_anew_has_drained(balancer: Balancer) -> None:
    balancer.register()
    balancer.clock.sleep(30)
    balancer.deregister()
    balancer.clock.sleep(10)

    balancer.register()
    balancer.clock.sleep(120)

    assert balancer.drained_at == [10]
    assert balancer.health() == [HEALTHY]


@pytest.mark.rule("G2", "G4")
def test_targets_without_a_load_balancer_are_unused_and_leave_at_once(balancer: Balancer) -> None:
    balancer.register(arn=UNATTACHED_TARGETS)
    balancer.clock.sleep(600)
    assert balancer.health(UNATTACHED_TARGETS) == [NOT_IN_USE]

    balancer.deregister(UNATTACHED_TARGETS)
    balancer.clock.sleep(1)

    assert balancer.drained_at == [0]


@pytest.mark.rule("G2")
def test_a_rule_that_comes_and_goes_begins_and_ends_the_checks(balancer: Balancer) -> None:
    balancer.register(arn=UNATTACHED_TARGETS)

    rule = balancer.api.create_rule(
        ListenerArn=LISTENER,
        Priority=50,
        Conditions=[{"Field": "path-pattern", "Values": ["/new"]}],
        Actions=[{"Type": "forward", "TargetGroupArn": UNATTACHED_TARGETS}],
    )["Rules"][0]["RuleArn"]
    balancer.clock.sleep(30)
    assert balancer.health(UNATTACHED_TARGETS) == [HEALTHY]
    balancer.api.delete_rule(RuleArn=rule)

    assert balancer.health(UNATTACHED_TARGETS) == [NOT_IN_USE]
    assert balancer.told == ["initial", "healthy", "unused"]


@pytest.mark.rule("G5")
def test_a_target_in_a_zone_that_the_load_balancer_lacks_is_unused(balancer: Balancer) -> None:
    balancer.register(zone="us-east-1c")
    balancer.clock.sleep(30)
    assert balancer.health() == [HEALTHY]

    balancer.api.set_subnets(LoadBalancerArn=LOAD_BALANCER, Subnets=list(SUBNETS[:2]))

    assert balancer.health() == [NOT_IN_USE]


def _register(balancer: Balancer, arn: str, **target: Any) -> None:
    balancer.api.register_targets(TargetGroupArn=arn, Targets=[target])


def test_a_target_that_nobody_stands_behind_times_out(balancer: Balancer) -> None:
    _register(balancer, IP_TARGETS, Id="10.0.0.77", Port=9000)
    balancer.clock.sleep(60)

    assert balancer.health() == [("unhealthy", "Target.Timeout")]


def test_targets_are_deregistered_by_hand_and_one_that_is_not_there_is_no_error(
    balancer: Balancer,
) -> None:
    _register(balancer, IP_TARGETS, Id="10.0.0.77")
    for address in ("10.0.0.77", "10.0.0.78"):
        balancer.api.deregister_targets(TargetGroupArn=IP_TARGETS, Targets=[{"Id": address}])

    assert balancer.health() == [DRAINING]


def test_instances_are_registered_by_their_id(balancer: Balancer) -> None:
    instance = balancer.ec2.run_instances(
        ImageId="ami-05fb4f257abd42992",
        InstanceType="m5.large",
        MinCount=1,
        MaxCount=1,
        SubnetId=SUBNETS[0],
    )["Instances"][0]["InstanceId"]

    _register(balancer, INSTANCE_TARGETS, Id=instance)

    assert balancer.health(INSTANCE_TARGETS) == [REGISTERING]


@pytest.mark.parametrize(
    ("arn", "target", "code"),
    [
        (IP_TARGETS, "not-an-address", "ValidationError"),
        (INSTANCE_TARGETS, "i-0123456789abcdef0", "InvalidTarget"),
        (IP_TARGETS.replace("0001", "9999"), ADDRESS, "TargetGroupNotFound"),
    ],
)
def test_what_cannot_be_a_target_is_refused(
    balancer: Balancer, arn: str, target: str, code: str
) -> None:
    with refusal(code, ""):
        _register(balancer, arn, Id=target)


def test_targets_of_a_deleted_group_are_gone(balancer: Balancer) -> None:
    balancer.register(arn=UNATTACHED_TARGETS)
    balancer.deregister(UNATTACHED_TARGETS)

    balancer.api.delete_target_group(TargetGroupArn=UNATTACHED_TARGETS)

    assert balancer.seam.target_group(UNATTACHED_TARGETS) is None
    assert balancer.seam.health(UNATTACHED_TARGETS, ADDRESS, PORT) is None
    assert balancer.drained_at == [0]
    with refusal("TargetGroupNotFound", "One or more target groups not found"):
        balancer.health(UNATTACHED_TARGETS)


def test_a_target_group_in_use_is_not_deleted(balancer: Balancer) -> None:
    with refusal("ResourceInUse", "is currently in use by a listener or a rule"):
        balancer.api.delete_target_group(TargetGroupArn=IP_TARGETS)


def test_a_load_balancer_is_named_once_however_many_rules_use_a_group(balancer: Balancer) -> None:
    described = balancer.api.describe_target_groups(TargetGroupArns=[IP_TARGETS])

    assert described["TargetGroups"][0]["LoadBalancerArns"] == [LOAD_BALANCER]


def test_the_life_of_a_load_balancer_goes_through(balancer: Balancer) -> None:
    api = balancer.api
    load_balancer = api.create_load_balancer(Name="own", Subnets=list(SUBNETS))
    arn = load_balancer["LoadBalancers"][0]["LoadBalancerArn"]
    group = api.create_target_group(Name="own", Protocol="HTTP", Port=80, VpcId=VPC)
    forward = [{"Type": "forward", "TargetGroupArn": group["TargetGroups"][0]["TargetGroupArn"]}]

    listener = api.create_listener(
        LoadBalancerArn=arn, Port=80, Protocol="HTTP", DefaultActions=forward
    )["Listeners"][0]["ListenerArn"]
    api.modify_listener(ListenerArn=listener, Port=81)
    api.modify_target_group(
        TargetGroupArn=forward[0]["TargetGroupArn"], HealthCheckIntervalSeconds=7
    )
    rule = api.create_rule(
        ListenerArn=listener,
        Priority=1,
        Conditions=[{"Field": "path-pattern", "Values": ["/a"]}],
        Actions=forward,
    )["Rules"][0]["RuleArn"]
    api.modify_rule(RuleArn=rule, Conditions=[{"Field": "path-pattern", "Values": ["/b"]}])

    known = balancer.seam.target_group(forward[0]["TargetGroupArn"])
    assert known is not None
    assert (known.interval, known.load_balancers) == (7, (arn,))
    api.delete_rule(RuleArn=rule)
    api.delete_listener(ListenerArn=listener)
    api.delete_load_balancer(LoadBalancerArn=arn)
    unused = balancer.seam.target_group(forward[0]["TargetGroupArn"])
    assert unused is not None
    assert unused.load_balancers == ()
