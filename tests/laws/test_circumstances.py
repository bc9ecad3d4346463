"""Deploying where AWS is slow, busy, shared, or in the middle of something else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ecsinfer import events
from ecsinfer.errors import OwnershipError, PreflightError
from ecsinfer.reconcile.codec import dump, load
from ecsinfer.sandbox import furniture
from ecsinfer.sandbox.scenario import Fault
from tests.laws import neighbours
from tests.laws.contents import contents
from tests.laws.world import CONFIGS, QUICK, Account, Run, config, operations

SPEC = CONFIGS["quickstart"]
V2 = config("quickstart", f"services.llm.image={furniture.VLLM}:v2")


def service(account: Account) -> dict[str, Any]:
    """The service as AWS shows it."""
    answer = account.client("ecs").describe_services(
        cluster=SPEC.cluster_name, services=["llm"], include=["TAGS"]
    )
    found: dict[str, Any] = answer["services"][0]
    return found


def waited_out(run: Run) -> set[str]:
    """Operations that AWS refused for a while."""
    return {each.operation for each in run.events if isinstance(each, events.CallRetried)}


@pytest.mark.rule("0.9")
@pytest.mark.parametrize("name", CONFIGS)
def test_what_was_created_may_be_seen_late(name: str) -> None:
    account, spec = Account(replace(QUICK, describe_lag=8)), CONFIGS[name]
    run = account.deploy(spec)
    assert (run.status, run.error) == ("done", "")
    assert account.deploy(spec).writes == []
    assert account.destroy(spec).error == ""
    assert account.destroy(spec).writes == []


@pytest.mark.rule("I2", "I3")
def test_the_rates_of_the_api_are_waited_out() -> None:
    account = Account(replace(QUICK, api_buckets=True))
    assert account.deploy(SPEC).error == ""
    for _ in range(20):  # somebody else draws what the account may register at once
        foreign_family(account)
    run = account.deploy(V2, adopt=True)
    assert (run.status, run.error) == ("done", "")
    assert waited_out(run) == {"RegisterTaskDefinition"}


@pytest.mark.rule("D11")
def test_the_security_group_that_aws_fills_in_is_no_drift() -> None:
    account, spec = Account(), config("quickstart", "services.llm.network.security_groups=[]")
    assert account.deploy(spec).status == "done"
    network = service(account)["networkConfiguration"]["awsvpcConfiguration"]
    assert network["securityGroups"] != [furniture.SECURITY_GROUP]
    assert len(network["securityGroups"]) == 1
    assert account.deploy(spec).writes == []


@pytest.mark.rule("A13")
def test_the_first_cluster_of_an_account_waits_for_the_service_linked_role() -> None:
    account = Account()
    account.sandbox.faults.add(
        Fault(
            "CreateCluster",
            code="InvalidParameterException",
            message="Unable to assume the service linked role. Please verify that the ECS service "
            "linked role exists.",
        )
    )
    run = account.deploy(SPEC)
    assert (run.status, run.error) == ("done", "")
    assert waited_out(run) == {"CreateCluster"}


@pytest.mark.rule("D1", "D25")
def test_a_service_that_is_draining_is_waited_for_and_created_anew() -> None:
    account = Account()
    account.deploy(SPEC)
    account.client("ecs").delete_service(cluster=SPEC.cluster_name, service="llm", force=True)
    assert service(account)["status"] == "DRAINING"
    run = account.deploy(SPEC)
    assert (run.status, run.writes) == ("done", ["CreateService"])
    assert service(account)["status"] == "ACTIVE"


@pytest.mark.rule("D1", "C5")
def test_a_draining_service_s_revision_may_be_gone_too() -> None:
    account = Account()
    account.deploy(SPEC)
    ecs = account.client("ecs")
    ecs.deregister_task_definition(taskDefinition=service(account)["taskDefinition"])
    ecs.delete_service(cluster=SPEC.cluster_name, service="llm", force=True)
    run = account.deploy(SPEC)
    assert run.error == ""
    assert run.writes == ["RegisterTaskDefinition", "CreateService"]


@pytest.mark.rule("A3")
def test_a_cluster_that_was_deleted_is_none() -> None:
    account = Account()
    ecs = account.client("ecs")
    ecs.create_cluster(clusterName=SPEC.cluster_name, tags=[neighbours.TAG])
    ecs.delete_cluster(cluster=SPEC.cluster_name)
    run = account.deploy(SPEC)
    assert (run.status, "CreateCluster" in run.writes) == ("done", True)


@pytest.mark.rule("B3")
def test_a_group_that_another_provider_has_is_told_by_the_plan() -> None:
    account = Account()
    groups = account.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=[furniture.GPU_GROUP]
    )["AutoScalingGroups"]
    account.client("ecs").create_capacity_provider(
        name="theirs",
        autoScalingGroupProvider={
            "autoScalingGroupArn": groups[0]["AutoScalingGroupARN"],
            "managedScaling": {"status": "ENABLED"},
        },
    )
    with pytest.raises(PreflightError, match="gpu-asg belongs to capacity provider theirs"):
        account.plan(SPEC)
    assert account.plan(SPEC, destroy=True).empty
    theirs = config(
        "quickstart", "capacity.gpu={name: theirs, existing: true, auto_scaling_group: null}"
    )
    assert account.deploy(theirs).error == ""


@pytest.mark.rule("B16")
def test_who_may_not_look_is_told_of_a_provider_that_another_cluster_has_in_aws_s_words() -> None:
    account = Account()
    account.deploy(config("quickstart", "cluster.name=first"))
    account.sandbox.faults.add(
        Fault("ListClusters", nth=0, code="AccessDeniedException", message="You may not.")
    )
    run = account.deploy(SPEC)
    assert run.status == "failed"
    assert "already associated with cluster: first" in run.error


@pytest.mark.rule("B15")
def test_the_providers_of_others_stay_on_a_cluster_that_is_shared() -> None:
    account = Account()
    account.client("ecs").create_cluster(
        clusterName="shared", capacityProviders=["FARGATE_SPOT"], tags=[neighbours.TAG]
    )
    neighbours.provider(account, "guest-capacity", "shared")
    spec = config("quickstart", "cluster.name=shared", "cluster.existing=true")
    before = providers(account)
    assert account.deploy(spec).status == "done"
    assert providers(account) == before | {"quickstart-gpu"}
    assert account.destroy(spec).error == ""
    assert providers(account) == before


def kept(run: Run) -> dict[str, str]:
    """What a destroy left, and why."""
    return {each.node: each.why for each in run.events if isinstance(each, events.Retained)}


def guest_service(account: Account, cluster: str, provider: str) -> None:
    """Somebody else's service that uses our provider."""
    ecs = account.client("ecs")
    ecs.register_task_definition(
        family="guest",
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[neighbours.CONTAINER],
        requiresCompatibilities=["EC2"] if provider != "managed-gpu" else ["MANAGED_INSTANCES"],
    )
    ecs.create_service(
        cluster=cluster,
        serviceName="guest",
        taskDefinition="guest",
        desiredCount=0,
        capacityProviderStrategy=[{"capacityProvider": provider, "weight": 1}],
        networkConfiguration={"awsvpcConfiguration": {"subnets": [furniture.SUBNETS[0]]}},
        tags=[neighbours.TAG],
    )


@pytest.mark.rule("B14", "B16", "B22")
@pytest.mark.parametrize("name", ["quickstart", "managed-instances"])
def test_a_provider_that_another_service_uses_is_kept_and_says_for_whom(name: str) -> None:
    account, spec = Account(), CONFIGS[name]
    assert account.deploy(spec).status == "done"
    provider = spec.provider_name("gpu")
    guest_service(account, spec.cluster_name, provider)
    run = account.destroy(spec)
    assert run.error == ""
    why = f"{provider} is still used by service guest"
    kind = "managed-instances" if name == "managed-instances" else "capacity-provider"
    assert kept(run)[f"{kind}/{provider}"] == why
    assert kept(run)[f"cluster/{spec.cluster_name}"] == "service guest is not of this application"
    assert waited_out(run) == set()
    account.client("ecs").delete_service(cluster=spec.cluster_name, service="guest", force=True)
    account.sandbox.clock.sleep(60)
    assert "DeleteCapacityProvider" in account.destroy(spec).writes


@pytest.mark.rule("B14", "B16", "B22")
@pytest.mark.parametrize("name", ["quickstart", "managed-instances"])
def test_a_provider_that_a_task_of_no_service_uses_is_kept_and_names_the_task(name: str) -> None:
    account, spec = Account(), CONFIGS[name]
    assert account.deploy(spec).status == "done"
    provider = spec.provider_name("gpu")
    strategy = [{"capacityProvider": provider, "weight": 1}]
    task = neighbours.task(account, spec.cluster_name, capacityProviderStrategy=strategy)
    run = account.destroy(spec)
    assert run.error == ""
    kind = "managed-instances" if name == "managed-instances" else "capacity-provider"
    why = f"{provider} is still used by task {task} (family:batch)"
    assert kept(run)[f"{kind}/{provider}"] == why
    assert waited_out(run) == set()


def test_a_namesake_of_our_service_that_is_not_ours_keeps_the_cluster() -> None:
    account = Account()
    account.deploy(SPEC)
    arn = service(account)["serviceArn"]
    account.client("ecs").untag_resource(resourceArn=arn, tagKeys=["ecsinfer:app"])
    run = account.destroy(SPEC)
    assert run.error == ""
    assert kept(run)["service/llm"] == "it has no tag ecsinfer:app=quickstart"
    assert kept(run)["cluster/quickstart"] == "service llm is not of this application"
    assert waited_out(run) == set()


@pytest.mark.rule("B12", "B14")
def test_a_provider_that_another_cluster_still_has_is_kept_and_says_which() -> None:
    account = Account()
    assert account.deploy(SPEC).status == "done"
    run = account.destroy(config("quickstart", "cluster.name=other"))
    assert run.error == ""
    assert kept(run)["capacity-provider/quickstart-gpu"] == (
        "quickstart-gpu is still associated with cluster quickstart"
    )


def providers(account: Account) -> set[str]:
    """What is attached to the shared cluster."""
    answer = account.client("ecs").describe_clusters(clusters=["shared"])
    return set(answer["clusters"][0]["capacityProviders"])


def foreign_cluster(account: Account) -> None:
    account.client("ecs").create_cluster(clusterName=SPEC.cluster_name)


def foreign_provider(account: Account) -> None:
    neighbours.provider(account, SPEC.provider_name("gpu"), _cluster(account))


def foreign_log_group(account: Account) -> None:
    account.client("logs").create_log_group(logGroupName=SPEC.log_group("llm"))


def foreign_family(account: Account) -> None:
    account.client("ecs").register_task_definition(
        family=SPEC.family("llm"), containerDefinitions=[neighbours.CONTAINER]
    )


def _cluster(account: Account) -> str:
    account.client("ecs").create_cluster(clusterName="elsewhere")
    return "elsewhere"


NAMESAKES = pytest.mark.parametrize("make", [foreign_cluster, foreign_log_group, foreign_family])


@NAMESAKES
def test_a_namesake_that_is_not_ours_is_refused_or_left_as_it_is(
    make: Callable[[Account], None],
) -> None:
    account = Account()
    make(account)
    before = contents(account)
    with pytest.raises(OwnershipError) as refused:
        account.deploy(config("quickstart", "services.llm.logs.retention_days=7"))
    assert refused.value.exit_code == 7
    assert "--adopt" in refused.value.hint
    assert contents(account) == before


@NAMESAKES
def test_a_namesake_is_taken_over_when_the_user_says_so(make: Callable[[Account], None]) -> None:
    account = Account()
    make(account)
    run = account.deploy(SPEC, adopt=True)
    assert (run.status, run.error) == ("done", "")
    assert account.deploy(SPEC).writes == []


def test_a_foreign_provider_is_neither_changed_nor_deleted() -> None:
    account = Account()
    foreign_provider(account)
    with pytest.raises(OwnershipError):
        account.deploy(SPEC)
    assert account.destroy(SPEC).writes == []


def test_a_saved_plan_is_carried_out_or_nothing_is() -> None:
    account = Account()
    account.deploy(SPEC)
    run = account.prepare(V2)
    saved = dump(run.plan)
    later = account.prepare(V2)
    later.plan = load(saved)
    assert later.plan == run.plan
    assert later.apply().status == "done"
    assert [call.operation for call in later.door.executed] == operations(run.plan)
    stale = account.prepare(V2)
    stale.plan = load(saved)
    outcome = stale.apply()
    assert (outcome.status, outcome.exit_code) == ("stale", 5)
    assert stale.writes == []


def test_a_plan_that_the_world_has_overtaken_writes_nothing() -> None:
    account = Account()
    account.deploy(SPEC)
    run = account.prepare(V2)
    account.client("ecs").update_service(
        cluster=SPEC.cluster_name, service="llm", healthCheckGracePeriodSeconds=1
    )
    before = contents(account)
    outcome = run.apply()
    assert outcome.exit_code == 5
    assert run.writes == []
    assert contents(account) == before


@pytest.mark.parametrize("number", range(6))
def test_of_two_runs_at_once_both_end_and_nothing_is_there_twice(number: int) -> None:
    account = Account()
    runs: list[Run] = []

    def meanwhile(run: Run) -> Callable[..., None]:
        def act(_door: object, now: str) -> None:
            if now == "write" and len(run.door.executed) == number + 1 and not runs:
                runs.append(account.deploy(SPEC))

        return act

    first = account.prepare(SPEC)
    first.door.kill = meanwhile(first)
    outcome = first.apply()
    assert runs[0].error == ""
    # What the other has done meanwhile is not done again: the plan is stale, or done.
    assert outcome.exit_code in {0, 5}
    again = account.deploy(SPEC)
    assert again.error == ""
    assert again.writes == []
    undisturbed = Account()
    undisturbed.deploy(SPEC)
    assert without_revisions(account) == without_revisions(undisturbed)


def without_revisions(account: Account) -> dict[str, Any]:
    """AWS has no condition for registering: two runs that see no revision both register one."""
    return {kind: each for kind, each in contents(account).items() if kind != "revisions"}


def test_of_two_rollouts_the_one_that_was_overtaken_says_so() -> None:
    account = Account()
    account.deploy(SPEC)
    other = config("quickstart", f"services.llm.image={furniture.VLLM}:latest")
    run = account.prepare(V2)
    done: list[Run] = []

    def meanwhile(door: object, now: str) -> None:
        updated = [call for call in run.door.executed if call.operation == "TagResource"]
        if now == "read" and updated and not done:
            done.append(account.deploy(other))

    run.door.kill = meanwhile
    outcome = run.apply()
    assert outcome.exit_code == 5, outcome
    assert done[0].status == "done"
    assert account.deploy(other).writes == []


def test_a_plan_does_not_call_unchanged_what_is_not_there() -> None:
    by_node = {each.node: each for each in Account().plan(SPEC).actions}
    assert by_node["scalable-target/llm"].why == "there is none, and none is wanted"
