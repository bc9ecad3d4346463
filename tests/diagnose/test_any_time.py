"""What is told of a service that serves, or is not being deployed: and nothing when all is well."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from ecsinfer.application import policy
from ecsinfer.aws.gateway import Gateway
from ecsinfer.diagnose.explain import explain
from ecsinfer.diagnose.gather import DEFAULT, Subject, gather
from ecsinfer.model import Answer, Read
from ecsinfer.reconcile.observe import observe
from ecsinfer.sandbox import furniture
from ecsinfer.sandbox.scenario import Fault, ImageBehaviour, Scenario
from ecsinfer.spec import Spec
from tests.application.specs import LLM, SPECS, fargate, gpu
from tests.diagnose.changes import join_default
from tests.diagnose.trouble import WITHIN, Trouble

FIRST, SECOND, _ = furniture.SUBNETS
V2 = f"{furniture.VLLM}:v2"


def serving(spec: Spec, scenario: Scenario | None = None) -> Trouble:
    """An account in which the spec was deployed."""
    trouble = Trouble(scenario)
    assert trouble.deploy(spec, timeout=None).status == "done"
    return trouble


@pytest.mark.parametrize("name", SPECS)
def test_a_deploy_that_goes_well_is_never_called_trouble(name: str) -> None:
    trouble = serving(SPECS[name])
    assert trouble.told == {}
    for service in SPECS[name].services:
        assert trouble.causes(SPECS[name], service) == {}


def test_a_service_of_more_tasks_than_a_page_has_is_seen_whole() -> None:
    trouble = serving(fargate(replicas=101))
    gateway = Gateway(trouble.sandbox.session(), clock=trouble.sandbox.clock)
    asked = gather(Subject("inference", "web"), trouble.sandbox.clock.now())
    facts = observe(gateway, {"web": asked})["web"]
    assert facts is not None
    assert len(facts.tasks) == 101


@dataclass(frozen=True, slots=True)
class OwnClusterOnly:
    """A caller who may list container instances of the spec's cluster and of no other."""

    gateway: Gateway

    def gather(self, reads: Sequence[Read]) -> list[Answer]:
        """What AWS tells, and refuses."""
        told = zip(reads, self.gateway.gather(reads), strict=True)
        return [self._refused(read) or answer for read, answer in told]

    def _refused(self, read: Read) -> Answer:
        foreign = read.params.get("cluster") == DEFAULT
        denied = {"denied": "ecs:ListContainerInstances"}
        return denied if foreign and read.operation == "ListContainerInstances" else {}


def test_who_may_not_look_into_cluster_default_still_knows_who_joined_their_own() -> None:
    trouble = Trouble(Scenario(never_join=(furniture.GPU_GROUP,)))
    join_default(trouble)
    trouble.deploy(gpu(), timeout=900)
    reader = OwnClusterOnly(Gateway(trouble.sandbox.session(), clock=trouble.sandbox.clock))
    asked = gather(Subject("inference", "llm"), trouble.sandbox.clock.now())
    facts = observe(reader, {"llm": asked})["llm"]
    assert facts is not None
    assert facts.denied == ("ecs:ListContainerInstances of cluster default",)
    assert "instances-never-join" in [each.code for each in explain(facts)]


def test_a_service_that_is_not_there_has_no_causes() -> None:
    assert Trouble().causes(gpu()) == {}


@pytest.mark.rule("G3")
def test_a_long_drain_is_named_while_it_lasts_and_shorter_once_it_is_set_so() -> None:
    trouble = serving(gpu())
    drain_for(trouble, 300)
    assert trouble.deploy(gpu(image=V2), timeout=None).status == "done"
    _, cause = trouble.told["drain-held"]
    assert 0 <= trouble.seconds_until_told("drain-held", "DEACTIVATING") <= WITHIN
    assert "the target group gives them 300 s" in cause.title
    assert "deregistration_delay.timeout_seconds: 300" in cause.evidence

    drain_for(trouble, 10)

    assert trouble.deploy(gpu(), timeout=None).status == "done"
    assert "drain-held" not in trouble.told


@pytest.mark.rule("D15")
def test_rebalancing_without_instances_in_the_other_zone_is_named_until_it_is_off() -> None:
    network = {"subnets": [FIRST, SECOND], "security_groups": [furniture.SECURITY_GROUP]}
    trouble = Trouble()
    trouble.resize(VPCZoneIdentifier=FIRST)
    spec = gpu(network=network, rollout={"availability_zone_rebalancing": True})
    assert trouble.deploy(spec, timeout=None).status == "done"
    cause = trouble.named(spec, "zone-rebalancing-impossible", "unable to place a task in")
    assert cause.title == "Availability Zone rebalancing cannot start a task in us-east-1b"

    off = gpu(network=network, rollout={"availability_zone_rebalancing": False}, image=V2)

    assert trouble.deploy(off, timeout=None).status == "done"
    assert "zone-rebalancing-impossible" not in trouble.causes(off)


@pytest.mark.rule("F2")
def test_a_group_of_protected_instances_cannot_shrink_until_they_are_released() -> None:
    trouble = serving(gpu())
    groups = trouble.client("autoscaling")
    trouble.resize(MinSize=0, DesiredCapacity=0)
    cause = trouble.named(gpu(), "scale-in-held-by-protection", "protected from scale-in")
    assert "gpu-asg cannot shrink to 0 instances" in cause.title
    assert "protected from scale-in" in cause.evidence[0]

    groups.set_instance_protection(
        AutoScalingGroupName=furniture.GPU_GROUP,
        InstanceIds=[each["InstanceId"] for each in instances(trouble)],
        ProtectedFromScaleIn=False,
    )
    trouble.sandbox.clock.sleep(900)

    assert "scale-in-held-by-protection" not in trouble.causes(gpu())


@pytest.mark.rule("F2", "B6")
def test_instances_that_daemons_alone_keep_are_named_until_they_are_released() -> None:
    trouble = serving(gpu(replicas=3), Scenario(daemons_protected=True))
    with_daemons(trouble)
    assert trouble.deploy(gpu(replicas=1), timeout=None).status == "done"
    cause = trouble.named(
        gpu(replicas=1), "scale-in-held-by-daemon", "daemons alone keep 2 or more"
    )
    assert "with nothing but daemon tasks" in cause.title
    idle = cause.evidence[0].removeprefix("ProtectedFromScaleIn: ").split(", ")
    before = len(instances(trouble))

    trouble.client("autoscaling").set_instance_protection(
        AutoScalingGroupName=furniture.GPU_GROUP, InstanceIds=idle, ProtectedFromScaleIn=False
    )
    trouble.resize(DesiredCapacity=2)  # one busy instance of which 75 % are to be busy
    trouble.sandbox.clock.sleep(1800)

    assert "scale-in-held-by-daemon" not in trouble.causes(gpu(replicas=1))
    assert len(instances(trouble)) < before


@pytest.mark.rule("F2")
def test_instances_beside_daemons_are_no_trouble_while_managed_scaling_has_its_time() -> None:
    trouble = serving(gpu(replicas=3))
    with_daemons(trouble)
    before = len(instances(trouble))
    assert trouble.deploy(gpu(replicas=1), timeout=None).status == "done"
    for _ in range(40):
        trouble.sandbox.clock.sleep(30)
        assert trouble.causes(gpu(replicas=1)) == {}
    assert len(instances(trouble)) < before


def with_daemons(trouble: Trouble) -> None:
    """An agent as a DAEMON service on every instance."""
    ecs = trouble.client("ecs")
    ecs.register_task_definition(
        family="agent",
        containerDefinitions=[{"name": "agent", "image": "example.com/agent:1", "memory": 64}],
    )
    ecs.create_service(
        cluster="inference",
        serviceName="agent",
        taskDefinition="agent",
        schedulingStrategy="DAEMON",
        launchType="EC2",
    )


@pytest.mark.rule("F2")
def test_a_group_that_cannot_shrink_is_no_reason_why_a_rollout_is_not_ready() -> None:
    trouble = serving(gpu())
    trouble.resize(MinSize=0, DesiredCapacity=0)
    trouble.sandbox.clock.sleep(30)

    assert trouble.deploy(gpu(image=V2), timeout=None).status == "done"

    assert "scale-in-held-by-protection" not in trouble.told


def test_instances_in_a_zone_without_a_subnet_are_no_trouble_while_others_come() -> None:
    network = {"subnets": [FIRST, SECOND], "security_groups": [furniture.SECURITY_GROUP]}
    whole = {**LLM["resources"], "cpu": 4096}  # of an instance
    trouble = serving(gpu(replicas=1, network=network, resources=whole))
    assert trouble.deploy(gpu(replicas=3, network=network, resources=whole)).status == "done"
    assert any("missing an attribute" in text for _, text in trouble.words())
    assert trouble.told == {}


@pytest.mark.rule("D20")
def test_a_rollout_that_waits_for_a_person_says_so_and_how_to_answer() -> None:
    balancer = {
        "target_group": furniture.IP_TARGETS,
        "alternate_target_group": furniture.IP_TARGETS_ALTERNATE,
        "production_rule": furniture.PRODUCTION_RULE,
        "role": furniture.INFRASTRUCTURE_ROLE,
    }
    hook = {"type": "pause", "stages": ["POST_SCALE_UP"], "timeout": "1h"}
    rollout = {"strategy": "blue-green", "bake": "1m", "hooks": [hook]}
    trouble = serving(gpu(load_balancer=balancer, rollout={**rollout, "hooks": []}))
    spec = gpu(image=V2, load_balancer=balancer, rollout=rollout)

    late = trouble.deploy(spec, timeout=900)

    title = r"paused at POST_SCALE_UP until 2026-01-05 \d\d:\d\d UTC, then ROLLBACK"
    _, told = trouble.told["paused"]
    assert 0 <= trouble.seconds_until_told("paused", "hook AWAITING_ACTION") <= WITHIN
    assert re.fullmatch(title, told.title)
    assert told.advice[0].startswith("ecsinfer continue llm ")
    assert told.advice[1].startswith("ecsinfer continue llm --rollback ")
    assert next(iter(trouble.causes(spec))) == "paused"
    assert late.status == "timed-out"
    assert re.search(r"not ready after 15m \d\ds: .*" + title, late.error)
    assert late.error.count("ROLLBACK") == 1

    ecs = trouble.client("ecs")
    (service,) = ecs.describe_services(cluster="inference", services=["llm"])["services"]
    arn = service["currentServiceDeployment"]
    (seen,) = ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"]
    ecs.continue_service_deployment(
        serviceDeploymentArn=arn,
        hookId=seen["lifecycleHookDetails"][0]["hookId"],
        action="CONTINUE",
    )

    assert trouble.deploy(spec, timeout=None).status == "done"
    assert "paused" not in trouble.told


@pytest.mark.rule("G4")
def test_a_target_group_that_lost_its_load_balancer_is_named_until_it_has_one() -> None:
    trouble = serving(gpu())
    balancers = trouble.client("elbv2")
    forward = {"Type": "forward", "TargetGroupArn": furniture.IP_TARGETS}
    refuse = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}
    rules = (furniture.PRODUCTION_RULE, furniture.TEST_RULE)
    for rule in rules:
        balancers.modify_rule(RuleArn=rule, Actions=[refuse])
    cause = trouble.named(gpu(), "target-group-unused", "Target.NotInUse")
    assert cause.evidence[0].startswith("Target.NotInUse: Target group is not configured")
    for rule in rules:
        balancers.modify_rule(RuleArn=rule, Actions=[forward])
    trouble.sandbox.clock.sleep(60)
    assert trouble.causes(gpu()) == {}


def drain_for(trouble: Trouble, seconds: int) -> None:
    """The deregistration delay of the target group."""
    trouble.client("elbv2").modify_target_group_attributes(
        TargetGroupArn=furniture.IP_TARGETS,
        Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": str(seconds)}],
    )


def instances(trouble: Trouble) -> list[dict[str, Any]]:
    """Instances of the GPU group."""
    answer = trouble.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=[furniture.GPU_GROUP]
    )
    found: list[dict[str, Any]] = answer["AutoScalingGroups"][0]["Instances"]
    return found


@pytest.mark.parametrize("name", ["gpu", "fargate"])
def test_the_policy_of_a_spec_allows_every_question(name: str) -> None:
    made = SPECS[name]
    trouble = Trouble(Scenario(images=(("*", ImageBehaviour("crash", logs=("no",))),)))
    trouble.deploy(made)
    prefixes = {"elbv2": "elasticloadbalancing"}
    asked = {
        f"{prefixes.get(call.service, call.service)}:{call.operation}"
        for call in trouble.sandbox.calls
    }
    allowed = {each for statement in policy(made)["Statement"] for each in statement["Action"]}
    assert asked - allowed == set()


def test_last_lines_behind_an_empty_page_are_evidence() -> None:
    crash = ImageBehaviour("crash", 3, logs=("ValueError: no such model",))
    trouble = Trouble(Scenario(images=(("*", crash),), log_pages_empty=True))
    trouble.deploy(gpu())
    _, cause = trouble.told["crash-loop"]
    assert any("ValueError: no such model" in each for each in cause.evidence)


def test_an_event_of_several_lines_is_evidence_line_by_line() -> None:
    crash = ImageBehaviour("crash", 3, logs=("Traceback:\n  in main\n::error::no model",))
    trouble = Trouble(Scenario(images=(("*", crash),)))
    trouble.deploy(gpu())
    _, cause = trouble.told["crash-loop"]
    assert {"llm | Traceback:", "llm |   in main", "llm | ::error::no model"} <= set(cause.evidence)


def test_tasks_that_ended_meanwhile_leave_the_causes_to_be_told() -> None:
    trouble = serving(gpu())
    trouble.behave(Scenario(images=(("*/vllm:v2*", ImageBehaviour("crash", 3)),)))
    trouble.sandbox.faults.add(
        Fault("GetTaskProtection", nth=0, code="ResourceNotFoundException", message="not found")
    )
    trouble.deploy(gpu(image=V2))
    assert "GetTaskProtection" in {call.operation for call in trouble.sandbox.calls}
    assert "crash-loop" in trouble.told


@pytest.mark.rule("H6")
def test_what_may_not_be_read_is_told_and_breaks_nothing() -> None:
    refused = ("DescribeScalingActivities", "DescribeTargetHealth", "GetLogEvents")
    trouble = Trouble(
        Scenario(
            no_capacity=("g5.xlarge",),
            faults=tuple(
                Fault(each, nth=0, code="AccessDenied", message="not authorized")
                for each in refused
            ),
        )
    )
    assert trouble.deploy(gpu(), timeout=600).status == "timed-out"
    _, cause = trouble.told["not-allowed-to-look"]
    assert "autoscaling:DescribeScalingActivities" in cause.evidence
