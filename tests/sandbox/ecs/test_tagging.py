from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.ecs.refusals import refusal
from tests.sandbox.ecs.requests import definition, group_provider

PREFIX = "arn:aws:ecs:us-east-1:123456789012:"


@pytest.fixture(params=["cluster", "task definition", "service", "provider"])
def arn(ecs: Any, request: pytest.FixtureRequest) -> str:
    ecs.create_cluster(clusterName="x")
    revision = ecs.register_task_definition(**definition())["taskDefinition"]["taskDefinitionArn"]
    if request.param == "task definition":
        return str(revision)
    if request.param == "service":
        service = ecs.create_service(
            cluster="x", serviceName="web", taskDefinition="web", desiredCount=0
        )
        return str(service["service"]["serviceArn"])
    if request.param == "provider":
        provider = ecs.create_capacity_provider(**group_provider())
        return str(provider["capacityProvider"]["capacityProviderArn"])
    return PREFIX + "cluster/x"


@pytest.mark.rule("C9")
def test_tags_are_added_replaced_and_removed_by_key(ecs: Any, arn: str) -> None:
    ecs.tag_resource(resourceArn=arn, tags=[{"key": "b", "value": "1"}, {"key": "a", "value": "1"}])
    ecs.tag_resource(resourceArn=arn, tags=[{"key": "b", "value": "2"}])
    assert ecs.list_tags_for_resource(resourceArn=arn)["tags"] == [
        {"key": "a", "value": "1"},
        {"key": "b", "value": "2"},
    ]
    ecs.untag_resource(resourceArn=arn, tagKeys=["b", "never"])
    assert ecs.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "a", "value": "1"}]


@pytest.mark.rule("C9")
def test_no_resource_has_more_than_fifty_tags_or_one_of_aws(ecs: Any) -> None:
    ecs.create_cluster(clusterName="x")
    many = [{"key": f"k{number}", "value": ""} for number in range(50)]
    ecs.tag_resource(resourceArn=PREFIX + "cluster/x", tags=many)
    with refusal("InvalidParameterException", "maximum number of tags"):
        ecs.tag_resource(resourceArn=PREFIX + "cluster/x", tags=[{"key": "k50", "value": ""}])
    with refusal("InvalidParameterException", "aws: prefixed"):
        ecs.create_cluster(clusterName="y", tags=[{"key": "aws:x", "value": ""}])
    with refusal("InvalidParameterException", "aws: prefixed"):
        ecs.create_cluster(clusterName="y", tags=[{"key": "x", "value": "AWS:x"}])


@pytest.mark.rule("D28")
def test_short_arns_cannot_be_tagged(ecs: Any) -> None:
    with refusal("InvalidParameterException", "long arn format must be used"):
        ecs.tag_resource(resourceArn=PREFIX + "service/web", tags=[{"key": "a", "value": "b"}])


@pytest.mark.rule("B13")
@pytest.mark.parametrize(
    ("resource", "code"),
    [
        ("cluster/never", "ClusterNotFoundException"),
        ("service/x/never", "InvalidParameterException"),
        ("task-definition/never:1", "InvalidParameterException"),
        ("capacity-provider/FARGATE", "InvalidParameterException"),
        ("nothing/of-ours", "InvalidParameterException"),
    ],
)
def test_what_is_not_there_cannot_be_tagged(ecs: Any, resource: str, code: str) -> None:
    with refusal(code, ""):
        ecs.tag_resource(resourceArn=PREFIX + resource, tags=[{"key": "a", "value": "b"}])


@pytest.mark.rule("C8")
def test_an_empty_list_of_tags_is_refused_where_something_is_made(ecs: Any) -> None:
    for make, request in (
        (ecs.register_task_definition, definition()),
        (ecs.create_cluster, {"clusterName": "x"}),
        (ecs.create_capacity_provider, group_provider()),
    ):
        with refusal("ClientException", "tags can not be empty"):
            make(**request, tags=[])
    assert ecs.list_task_definitions()["taskDefinitionArns"] == []
    assert ecs.list_clusters()["clusterArns"] == []
