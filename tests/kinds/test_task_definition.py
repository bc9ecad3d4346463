"""A revision is registered for new content, and what we deployed is found without reading it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ecsinfer.errors import OwnershipError
from ecsinfer.kinds import task_definition_content as content
from ecsinfer.kinds.task_definition import (
    ObservedTaskDefinition,
    TaskDefinition,
    TaskDefinitionKind,
)
from ecsinfer.model import Read, Verb
from tests.kinds.driving import calls, drive, rounds

KIND = TaskDefinitionKind()
ARN = "arn:aws:ecs:us-east-1:123456789012:task-definition/llm:2"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/vllm:v1"
PINNED = f"{IMAGE}@sha256:abc"
DESIRED = TaskDefinition(
    family="llm",
    application="inference",
    request={
        "family": "llm",
        "containerDefinitions": [{"name": "llm", "image": IMAGE, "memory": 512}],
    },
    tags={"ecsinfer:app": "inference"},
    cluster="inference",
    service="llm",
    region="us-east-1",
)
RESOLVED = {"images": [{"imageId": {"imageTag": "v1", "imageDigest": "sha256:abc"}}]}
REQUEST = {**DESIRED.request, "containerDefinitions": [
    {"name": "llm", "image": PINNED, "memory": 512},
]}  # fmt: skip
DIGEST = content.digest(REQUEST)


def tags(**values: str) -> list[dict[str, str]]:
    named = {"app": "inference", **values}
    return [{"key": f"ecsinfer:{key}", "value": value} for key, value in named.items()]


def revision(arn: str = ARN, **fields: Any) -> dict[str, Any]:
    definition = {"taskDefinitionArn": arn, "status": "ACTIVE", **REQUEST, **fields}
    return {"taskDefinition": definition, "tags": tags()}


def service(running: str = ARN, **named: str) -> dict[str, Any]:
    entry = {"serviceName": "llm", "status": "ACTIVE", "taskDefinition": running}
    return {"services": [{**entry, "tags": tags(**named)}]}


def observe(**answers: Any) -> tuple[ObservedTaskDefinition, list[list[str]]]:
    found, asked = rounds(KIND.observe(DESIRED, {}), {"BatchGetImage": RESOLVED, **answers})
    return found, [[read.operation for read in each] for each in asked]


def test_the_services_tags_spare_the_reading_of_the_revision() -> None:
    found, asked = observe(DescribeServices=service(digest=DIGEST, revision=ARN))
    assert found.arn == ARN
    assert asked == [["DescribeServices", "BatchGetImage"]]
    assert KIND.diff(DESIRED, found) == (Verb.KEEP, ())


def test_tags_that_the_service_does_not_run_are_checked() -> None:
    other = ARN.replace(":2", ":7")
    found, asked = observe(
        DescribeServices=service(other, digest=DIGEST, revision=ARN),
        DescribeTaskDefinition=revision(),
    )
    assert found.arn == ARN
    assert asked[1] == ["DescribeTaskDefinition"] * 3


@pytest.mark.rule("C1", "C3")
def test_a_revision_of_the_same_content_is_used_again() -> None:
    found, _ = observe(DescribeTaskDefinition=revision())
    assert KIND.diff(DESIRED, found) == (Verb.KEEP, ())
    assert KIND.outputs(DESIRED, found)["arn"] == ARN


@pytest.mark.rule("C5")
def test_an_inactive_revision_is_not_used() -> None:
    found, _ = observe(DescribeTaskDefinition=revision(status="INACTIVE"))
    assert KIND.diff(DESIRED, found)[0] is Verb.CREATE


@pytest.mark.rule("D8")
def test_new_content_is_registered_by_digest_with_our_tags() -> None:
    old = revision(containerDefinitions=[{"name": "llm", "image": "vllm:v0", "memory": 512}])
    found, _ = observe(DescribeTaskDefinition=old)
    verb, changes = KIND.diff(DESIRED, found)
    assert verb is Verb.REVISE
    assert [(each.path, each.old, each.new, each.effect) for each in changes] == [
        ("containerDefinitions[llm].image", "vllm:v0", PINNED, "new-revision")
    ]
    (register,) = calls(KIND.steps(DESIRED, found, verb))
    assert register.params["containerDefinitions"][0]["image"] == PINNED
    assert {"key": "ecsinfer:digest", "value": DIGEST} in register.params["tags"]


@pytest.mark.rule("J2")
@pytest.mark.parametrize(
    ("image", "region"),
    [(IMAGE, "eu-west-1"), (IMAGE, ""), ("vllm:v1", "us-east-1"), (PINNED, "us-east-1")],
)
def test_an_image_that_this_regions_registry_cannot_resolve_stays(image: str, region: str) -> None:
    request = {"family": "llm", "containerDefinitions": [{"name": "llm", "image": image}]}
    desired = replace(DESIRED, request=request, region=region)
    found, asked = rounds(KIND.observe(desired, {}), {"BatchGetImage": RESOLVED})
    assert found.request == request
    assert "BatchGetImage" not in {read.operation for read in asked[0]}


@pytest.mark.rule("J2")
@pytest.mark.parametrize("answer", [{}, {"denied": "ecr:BatchGetImage"}, {"images": []}])
def test_a_tag_that_is_unknown_or_secret_stays(answer: Any) -> None:
    found, _ = observe(BatchGetImage=answer)
    assert found.request == DESIRED.request


def test_a_foreign_family_gets_no_revision_until_it_is_adopted() -> None:
    foreign = {**revision(cpu="512"), "tags": []}
    found, _ = observe(DescribeTaskDefinition=foreign)
    with pytest.raises(OwnershipError, match="family llm"):
        KIND.diff(DESIRED, found)
    assert KIND.diff(replace(DESIRED, adopt=True), found)[0] is Verb.REVISE


def test_after_registering_the_new_revision_is_the_one() -> None:
    found = drive(KIND.observe(DESIRED, {"arn": ARN}), {"BatchGetImage": RESOLVED})
    outputs = KIND.outputs(DESIRED, found)
    assert (outputs["arn"], outputs["revision"], outputs["digest"]) == (ARN, "2", DIGEST)


@pytest.mark.rule("D2")
def test_the_token_of_a_create_is_short_and_follows_the_revision() -> None:
    def token(arn: str) -> str:
        return KIND.outputs(DESIRED, ObservedTaskDefinition(REQUEST, DIGEST, arn))["token"]

    assert len(token(ARN)) == 32
    assert token(ARN) == token(ARN) != token(ARN.replace(":2", ":3"))


@pytest.mark.rule("C3", "C5")
def test_a_destroy_deregisters_the_active_revisions_that_are_ours() -> None:
    theirs, longer = ARN.replace(":2", ":1"), ARN.replace("llm:2", "llm-2:1")

    def describe(read: Read) -> dict[str, Any]:
        arn = read.params["taskDefinition"]
        return {**revision(arn), "tags": [] if arn == theirs else tags()}

    desired = replace(DESIRED, destroying=True)
    answers = {
        "ListTaskDefinitions": {"taskDefinitionArns": [ARN, theirs, longer]},
        "DescribeTaskDefinition": describe,
    }
    found = drive(KIND.observe(desired, {}), answers)
    verb, _, steps = KIND.teardown(desired, found)
    assert verb is Verb.DELETE
    assert [call.params for call in calls(steps)] == [{"taskDefinition": ARN}]
    assert drive(KIND.observe(desired, {}), {}) is None
