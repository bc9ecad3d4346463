"""What cannot work is told before the first write; what may work is not stood in the way of."""

from __future__ import annotations

import pytest

from ecsinfer import events
from ecsinfer.errors import PreflightError
from ecsinfer.sandbox import furniture
from ecsinfer.sandbox.scenario import Fault
from tests.laws.world import CONFIGS, Account, Run, config

SPEC = CONFIGS["quickstart"]
LLM = "services.llm"
TARGETS = f"{LLM}.load_balancer.target_group"
NONSENSE = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/nonsense"
BRIDGE = [f"{LLM}.network.{each}" for each in ("mode=bridge", "subnets=[]", "security_groups=[]")]
LOOKS = {
    "DescribeLaunchTemplateVersions",
    "DescribeSecurityGroups",
    "DescribeSubnets",
    "DescribeTargetGroups",
}


def asked(run: Run) -> set[str]:
    """Which of the looks were taken."""
    return {sent.operation for sent in run.door.log} & LOOKS


def warnings(run: Run) -> list[str]:
    """What was told beside the plan."""
    return [each.text for each in run.events if isinstance(each, events.Warned)]


def other_vpc(account: Account) -> str:
    """A subnet of another VPC."""
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    made = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")
    return str(made["Subnet"]["SubnetId"])


@pytest.mark.rule("F7", "D11", "G1", "G2")
@pytest.mark.parametrize(
    ("sets", "words"),
    [
        (["capacity.gpu.auto_scaling_group=nope"], "group nope does not exist in us-east-1"),
        ([f"{TARGETS}={furniture.IP_TARGETS}9"], f"{furniture.IP_TARGETS}9 does not exist"),
        ([f"{TARGETS}={NONSENSE}"], f"target group {NONSENSE} does not exist"),
        ([f"{TARGETS}={furniture.INSTANCE_TARGETS}"], "mode awsvpc are targets of type ip"),
        (BRIDGE, "mode bridge are targets of type instance"),
        ([f"{TARGETS}={furniture.UNATTACHED_TARGETS}"], "has no load balancer"),
        ([f"{LLM}.network.subnets=[subnet-9]"], "no subnet subnet-9"),
        ([f"{LLM}.network.security_groups=[sg-9]"], "no security group sg-9"),
    ],
)
def test_what_a_new_service_needs_and_is_not_there_is_told_by_the_plan(
    sets: list[str], words: str
) -> None:
    account = Account()
    with pytest.raises(PreflightError, match=words) as refused:
        account.deploy(config("quickstart", *sets))
    assert refused.value.exit_code == 6
    assert refused.value.hint
    assert all(
        call.operation.startswith(("Describe", "BatchGet")) for call in account.sandbox.calls
    )


def test_all_that_is_missing_is_told_at_once() -> None:
    nothing = config(
        "quickstart",
        "capacity.gpu.auto_scaling_group=nope",
        f"{LLM}.network.subnets=[subnet-9]",
        f"{TARGETS}={NONSENSE}",
    )
    with pytest.raises(PreflightError) as refused:
        Account().plan(nothing)
    assert len(str(refused.value).splitlines()) == 3
    assert len(refused.value.hint.splitlines()) == 3


@pytest.mark.rule("D11")
def test_subnets_are_of_one_vpc() -> None:
    account = Account()
    spec = config(
        "quickstart", f"{LLM}.network.subnets=[{furniture.SUBNETS[0]},{other_vpc(account)}]"
    )
    with pytest.raises(PreflightError, match="not of one VPC"):
        account.plan(spec)


@pytest.mark.rule("G2")
def test_a_running_service_is_asked_about_only_what_changes() -> None:
    account = Account()
    assert asked(account.deploy(SPEC)) == LOOKS
    assert asked(account.prepare(SPEC)) == set()
    assert asked(account.prepare(config("quickstart", f"{LLM}.health.grace=11m"))) == set()
    wider = config("quickstart", f"{LLM}.network.subnets=[{', '.join(furniture.SUBNETS)}]")
    assert {"DescribeSubnets", "DescribeSecurityGroups"} <= asked(account.prepare(wider))
    assert "DescribeTargetGroups" not in asked(account.prepare(wider))
    with pytest.raises(PreflightError, match="has no load balancer"):
        account.plan(config("quickstart", f"{TARGETS}={furniture.UNATTACHED_TARGETS}"))


@pytest.mark.rule("H5", "H6")
def test_what_may_not_be_looked_at_is_not_missing() -> None:
    account = Account()
    for operation in LOOKS:
        account.sandbox.faults.add(
            Fault(operation, nth=0, code="AccessDenied", message="not authorized")
        )
    run = account.deploy(SPEC)
    assert (run.status, run.error, warnings(run)) == ("done", "", [])


@pytest.mark.rule("B3")
def test_what_stands_in_the_way_of_a_deploy_is_no_matter_of_outputs() -> None:
    account = Account()
    other = config("quickstart", "name=other", f"{LLM}.name=other")
    assert account.deploy(other).status == "done"
    with pytest.raises(PreflightError, match="gpu-asg belongs to capacity provider other-gpu"):
        account.plan(SPEC)
    run = account.prepare(SPEC, destroy=True)
    assert run.plan.empty
    assert run.reconciler.outputs(run.nodes) == {}


@pytest.mark.rule("F7")
@pytest.mark.parametrize(
    ("sets", "words"),
    [
        ([f"{LLM}.resources.gpu=4"], "no task can run: Auto Scaling group gpu-asg"),
        ([f"{LLM}.resources.memory=16 GiB"], "g5.xlarge holds 0 of its tasks"),
        ([f"{LLM}.replicas=21"], "21 tasks cannot all run, at most 20"),
    ],
)
def test_tasks_that_no_instance_holds_are_warned_of(sets: list[str], words: str) -> None:
    account, spec = Account(), config("quickstart", *sets)
    created = account.prepare(spec)
    assert any(words in each for each in warnings(created))
    account.deploy(SPEC)
    assert warnings(account.prepare(SPEC)) == []
    changed = account.prepare(spec)
    assert any(words in each for each in warnings(changed))


@pytest.mark.rule("F7")
def test_a_provider_that_is_there_already_is_looked_behind() -> None:
    account = Account()
    theirs = config("quickstart", "name=other", f"{LLM}.name=other")
    assert account.deploy(theirs).status == "done"
    existing = "capacity.gpu={name: other-gpu, existing: true, auto_scaling_group: null}"
    there = "cluster={name: other, existing: true}"
    run = account.prepare(config("quickstart", there, existing, f"{LLM}.resources.gpu=4"))
    assert "g5.xlarge holds 0 of its tasks" in warnings(run)[0]


def test_what_comes_with_ecsinfer_fits_its_instances() -> None:
    for name, spec in CONFIGS.items():
        assert warnings(Account().prepare(spec)) == [], name


def unprotected(account: Account) -> None:
    """The group's new instances are not protected from scale-in."""
    account.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=furniture.GPU_GROUP, NewInstancesProtectedFromScaleIn=False
    )


@pytest.mark.rule("B6")
def test_termination_protection_of_a_group_without_is_refused_before_the_first_write() -> None:
    account = Account()
    unprotected(account)
    protected = config("quickstart", "capacity.gpu.termination_protection=true")
    with pytest.raises(PreflightError, match="does not protect new instances") as refused:
        account.deploy(protected)
    assert "--new-instances-protected-from-scale-in" in refused.value.hint
    free = config("quickstart", "capacity.gpu.termination_protection=false")
    assert account.deploy(free).error == ""
    with pytest.raises(PreflightError, match="does not protect new instances"):
        account.deploy(protected)


@pytest.mark.rule("B17", "B20")
def test_an_existing_provider_that_is_not_there_is_refused_before_the_first_write() -> None:
    account = Account()
    with pytest.raises(PreflightError, match="provider nope does not exist in us-east-1"):
        account.deploy(
            config(
                "quickstart", "capacity.gpu={name: nope, existing: true, auto_scaling_group: null}"
            )
        )
    assert not account.client("ecs").list_clusters()["clusterArns"]


@pytest.mark.rule("B9")
def test_a_provider_of_another_cluster_is_refused_before_the_first_write() -> None:
    account = Account()
    account.deploy(SPEC)
    with pytest.raises(PreflightError, match="quickstart-gpu is associated with cluster quickst"):
        account.deploy(config("quickstart", "cluster.name=other"))
    assert len(account.client("ecs").list_clusters()["clusterArns"]) == 1


def test_a_provider_without_managed_scaling_may_be_in_several_clusters() -> None:
    account = Account()
    ecs = account.client("ecs")
    (group,) = account.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=[furniture.GPU_GROUP]
    )["AutoScalingGroups"]
    ecs.create_capacity_provider(
        name="shared",
        autoScalingGroupProvider={
            "autoScalingGroupArn": group["AutoScalingGroupARN"],
            "managedScaling": {"status": "DISABLED"},
        },
    )
    ecs.create_cluster(clusterName="theirs", capacityProviders=["shared"])
    account.sandbox.clock.sleep(60)
    shared = config(
        "quickstart", "capacity.gpu={name: shared, existing: true, auto_scaling_group: null}"
    )
    made = account.prepare(shared)
    assert "PutClusterCapacityProviders" in {call.operation for call in made.plan.calls}


@pytest.mark.rule("B3")
def test_a_key_that_was_renamed_is_told_to_keep_the_providers_name() -> None:
    account = Account()
    account.deploy(SPEC)
    renamed = config("quickstart", "capacity={gpu: null, large: {auto_scaling_group: gpu-asg}}")
    with pytest.raises(PreflightError, match="belongs to capacity provider") as refused:
        account.deploy(renamed)
    assert refused.value.hint == (
        "it is this application's: keep its name under `capacity` (name: quickstart-gpu)"
    )


@pytest.mark.rule("J2")
def test_an_image_that_is_not_in_its_repository_is_warned_of() -> None:
    missing = "123456789012.dkr.ecr.us-east-1.amazonaws.com/vllm:missing"
    account = Account()
    run = account.prepare(config("quickstart", f"{LLM}.image={missing}"))
    assert warnings(run) == [
        f"image {missing} is not in its repository: until it is pushed no task starts"
    ]
    denied = Fault("BatchGetImage", nth=0, code="AccessDeniedException", message="You may not.")
    account.sandbox.faults.add(denied)
    assert warnings(account.prepare(config("quickstart", f"{LLM}.image={missing}"))) == []


@pytest.mark.rule("J2")
def test_an_image_that_is_not_in_its_repository_is_not_pulled_until_it_is_pushed() -> None:
    later = "123456789012.dkr.ecr.us-east-1.amazonaws.com/vllm:later"
    account = Account()
    assert account.deploy(SPEC).error == ""
    run = account.deploy(config("quickstart", f"{LLM}.image={later}"))
    assert (run.status, run.outcome.exit_code if run.outcome else 0) == ("failed", 3)
    ecr = account.client("ecr")
    (v1,) = ecr.batch_get_image(repositoryName="vllm", imageIds=[{"imageTag": "v1"}])["images"]
    ecr.put_image(
        repositoryName="vllm",
        imageManifest=v1["imageManifest"].replace("v1", "later"),
        imageTag="later",
    )
    assert account.deploy(config("quickstart", f"{LLM}.image={later}")).status == "done"
