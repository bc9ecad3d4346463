"""GetResources: whatever carries a tag, by tag and type, page by page, the deleted among it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecsinfer.sandbox.embedded import Sandbox

APP = {"Key": "app", "Values": ["inference"]}
ECS_TAGS = [{"key": "app", "value": "inference"}]


class Tagged:
    """An account with a few things that carry a tag."""

    def __init__(self) -> None:
        sandbox = Sandbox(furnished=False)
        self._session: Any = sandbox.session()
        self.ecs = self.client("ecs")
        self.ecs.create_cluster(clusterName="inference", tags=ECS_TAGS)
        self.revision = self.register()
        self.client("logs").create_log_group(logGroupName="/llm", tags={"app": "inference"})
        self.client("logs").create_log_group(logGroupName="/other", tags={"app": "other"})

    def client(self, service: str) -> Any:
        return self._session.client(service)

    def register(self) -> str:
        answer = self.ecs.register_task_definition(
            family="llm",
            containerDefinitions=[{"name": "main", "image": "vllm", "memory": 128}],
            tags=ECS_TAGS,
        )
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    def found(self, **asked: Any) -> list[str]:
        """What ARNs end with."""
        answer = self.client("resourcegroupstaggingapi").get_resources(**asked)
        return [each["ResourceARN"].split(":", 5)[5] for each in answer["ResourceTagMappingList"]]


def test_resources_are_found_by_tag_over_all_services() -> None:
    found = Tagged().found(TagFilters=[APP])
    assert found == ["cluster/inference", "task-definition/llm:1", "log-group:/llm"]


def test_types_are_those_that_arns_name() -> None:
    account = Tagged()
    assert account.found(ResourceTypeFilters=["ecs:cluster"]) == ["cluster/inference"]
    assert account.found(ResourceTypeFilters=["logs"]) == ["log-group:/llm", "log-group:/other"]


def test_other_services_resources_are_found_too() -> None:
    account = Tagged()
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "app", "Value": "inference"}])
    assert f"vpc/{vpc}" in account.found(TagFilters=[APP])


def test_the_deregistered_and_deleted_are_told_as_if_they_were_there() -> None:
    account = Tagged()
    account.ecs.deregister_task_definition(taskDefinition=account.revision)
    account.ecs.delete_cluster(cluster="inference")
    assert "task-definition/llm:1" in account.found(TagFilters=[APP])


def test_pages_follow_a_token_that_the_last_one_has_empty() -> None:
    account = Tagged()
    for _ in range(4):
        account.register()
    client = account.client("resourcegroupstaggingapi")
    asked: dict[str, Any] = {"ResourceTypeFilters": ["ecs"], "ResourcesPerPage": 4}
    first = client.get_resources(**asked)
    second = client.get_resources(**asked, PaginationToken=first["PaginationToken"])
    assert [len(each["ResourceTagMappingList"]) for each in (first, second)] == [4, 2]
    assert second["PaginationToken"] == ""


def test_a_list_of_arns_goes_with_no_filter() -> None:
    account = Tagged()
    assert account.found(ResourceARNList=[account.revision]) == ["task-definition/llm:1"]
    with pytest.raises(ClientError, match="InvalidParameterException"):
        account.found(ResourceARNList=[account.revision], TagFilters=[APP])
