"""Patterns over what AWS was seen to say, which no world says here; and whom an end is blamed on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecsinfer.diagnose import explain
from ecsinfer.diagnose.catalogue import MOST_EVIDENCE
from ecsinfer.diagnose.facts import Activity, Container, Facts, Said
from tests.diagnose.test_patterns import FACTS, GROUP, NOW, WAITING, codes, provider, stopped


@pytest.mark.parametrize("code", ["SpotInterruption", "TerminationNotice", ""])
def test_a_spot_interruption_is_told_by_its_code_or_its_words(code: str) -> None:
    task = stopped("Your Spot Task was interrupted.", Container("llm", exit_code=1), stop_code=code)
    assert codes(replace(FACTS, tasks=(task,))) == ["spot-interruption"]


LLM = Container("llm", exit_code=1, log=("ValueError: bad model",))
DEFINITION = {"containerDefinitions": [{"name": "llm"}, {"name": "agent", "essential": False}]}


def ends(*containers: Container) -> Facts:
    """A task that lost an essential container."""
    reason = "Essential container in task exited"
    return replace(
        FACTS, tasks=(stopped(reason, *containers, stop_code="EssentialContainerExited"),)
    )


@pytest.mark.parametrize("code", [137, 143])
def test_a_container_that_was_stopped_because_another_one_ended_is_not_blamed(code: int) -> None:
    (told,) = explain(ends(Container("agent", exit_code=code), LLM))
    assert told.title == "container llm exits with code 1 after it has started"
    assert not any("agent" in line for line in told.evidence)


def test_a_container_that_the_kernel_killed_is_blamed_beside_another_one() -> None:
    killed = Container("agent", exit_code=137, reason="OutOfMemoryError: Container killed")
    assert codes(ends(killed, LLM)) == ["out-of-memory", "crash-loop"]
    (told,) = explain(ends(Container("agent", exit_code=143), Container("llm", exit_code=137)))
    assert told.title.startswith("container llm was killed")
    assert not any("agent" in line for line in told.evidence)


def test_the_essential_container_is_named_before_one_whose_end_stops_nothing() -> None:
    (told,) = explain(replace(ends(Container("agent", exit_code=3), LLM), definition=DEFINITION))
    assert told.title == "container llm exits with code 1 after it has started"
    killed = ends(Container("agent", exit_code=3), Container("llm", exit_code=137))
    killed = replace(killed, definition=DEFINITION)
    assert codes(killed) == ["out-of-memory", "crash-loop"]


def test_the_end_of_a_long_log_is_evidence() -> None:
    lines = tuple(f"line {'x' * number}" for number in range(20))
    (told,) = explain(ends(replace(LLM, log=lines)))
    assert told.evidence[-1] == f"llm | {lines[-1]}"
    assert len(told.evidence) == MOST_EVIDENCE - 1


SECRET = "arn:aws:secretsmanager:us-east-1:1:secret:hf-AbCdEf"
MANAGER = f"Fetching secret data from AWS Secrets Manager in region us-east-1: secret {SECRET}: "
STORE = "Fetching secret data from SSM Parameter Store in us-east-1: "
DENIED = (
    "AccessDeniedException: User: arn:aws:sts::1:assumed-role/r/x is not authorized to perform: "
    "ssm:GetParameters on resource: arn:aws:ssm:us-east-1:1:parameter/hf because no identity-based "
    "policy allows the ssm:GetParameters action"
)


@pytest.mark.parametrize(
    ("said", "secret"),
    [
        (MANAGER + "ResourceNotFoundException: Secrets Manager can't find it.", f" {SECRET}"),
        (MANAGER + "AccessDeniedException: User: x is not authorized", f" {SECRET}"),
        (STORE + "invalid parameters: /x/HF_TOKEN", " /x/HF_TOKEN"),
        (STORE + DENIED, " arn:aws:ssm:us-east-1:1:parameter/hf"),
        (STORE + "ThrottlingException: Rate exceeded", ""),
    ],
)
def test_a_secret_that_an_instance_s_agent_cannot_read_is_named(said: str, secret: str) -> None:
    (told,) = explain(replace(FACTS, tasks=(stopped(said),)))
    assert told.code == "secret-missing"
    assert told.title == (
        f"the secret{secret} does not exist, or the execution role may not read it"
    )


def test_a_secret_behind_a_network_without_way_out_is_not_called_missing() -> None:
    for said in ("dial tcp 10.0.0.2:443: i/o timeout", "RequestError: send request failed"):
        assert codes(replace(FACTS, tasks=(stopped(MANAGER + said),))) == ["no-route"]


def test_a_role_that_no_task_could_be_made_with_is_told_by_the_event() -> None:
    said = (
        "(service llm) failed to launch a task with (error ECS was unable to assume the role "
        "'arn:aws:iam::1:role/x' that was provided for this task. Please verify that the role "
        "being passed has the proper trust relationship and permissions and that your IAM user "
        "has permissions to pass this role.)."
    )
    (told,) = explain(replace(FACTS, events=(Said(NOW, said),)))
    assert told.code == "role-not-assumable"
    assert told.title == "ECS may not assume the role arn:aws:iam::1:role/x"


SPOT = "Could not launch Spot Instances. "
ENOUGH = "do not have sufficient g5.xlarge capacity"
IN_ZONE = " in the Availability Zone you requested (us-east-1a)."
LIMIT = " vCPU capacity than your current vCPU limit of 32 allows for the instance bucket."
FULL = "EC2 has no{} instances left"
QUOTA = "the account's vCPU quota{} for this kind of instance is used up"
SPOT_QUOTA = "the account's vCPU quota for Spot Instances is used up"


@pytest.mark.parametrize(
    ("said", "title"),
    [
        (SPOT + "UnfulfillableCapacity - Unable to fulfill capacity.", FULL.format(" Spot")),
        (
            SPOT + "InsufficientInstanceCapacity - There is no Spot capacity available that "
            "matches your request.",
            FULL.format(" Spot"),
        ),
        ("There is no Spot capacity available that matches your request.", FULL.format(" Spot")),
        ("UnfulfillableCapacity - Unable to fulfill capacity.", FULL.format("")),
        (
            f"InsufficientInstanceCapacity - We {ENOUGH}{IN_ZONE}",
            FULL.format(" g5.xlarge") + " in us-east-1a",
        ),
        (f"We {ENOUGH} in zones with support for 'gp3' volumes.", FULL.format(" g5.xlarge")),
        ("Max spot instance count exceeded. Launching EC2 instance failed.", SPOT_QUOTA),
        (SPOT + "MaxSpotInstanceCountExceeded - Max spot instance count exceeded.", SPOT_QUOTA),
        ("VcpuLimitExceeded - You have requested too much.", QUOTA.format("")),
        (
            f"VcpuLimitExceeded - You have requested more{LIMIT}",
            QUOTA.format(" 32"),
        ),
    ],
)
def test_why_nothing_is_launched_is_told_without_a_blank(said: str, title: str) -> None:
    group = replace(GROUP, activities=(Activity(NOW, "Failed", said),))
    (told,) = explain(replace(FACTS, tasks=(WAITING,), providers=(provider(group=group),)))
    assert told.title == title
    assert any("OnDemandBaseCapacity" in line for line in told.advice) == title.startswith(
        "EC2 has no Spot"
    )


@pytest.mark.parametrize(
    ("said", "image"),
    [
        (
            "Error response from daemon: manifest for x/vllm:v9 not found: manifest unknown: R",
            "x/vllm:v9",
        ),
        ("failed to resolve ref x/vllm:v9: x/vllm:v9: not found", "x/vllm:v9"),
        ('failed to resolve reference "x/vllm:v9": x/vllm:v9: not found', "x/vllm:v9"),
        ("manifest unknown", ""),
    ],
)
def test_an_image_that_is_not_there_is_named_where_aws_does(said: str, image: str) -> None:
    (told,) = explain(replace(FACTS, tasks=(stopped(f"CannotPullContainerError: {said}"),)))
    named = f" {image}" if image else ""
    assert told.title == f"the image{named} does not exist in its registry"
