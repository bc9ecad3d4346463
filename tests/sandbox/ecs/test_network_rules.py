from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox.furniture import SECURITY_GROUP, SUBNETS, VPC
from tests.sandbox.ecs.service_world import CLUSTER, ServiceWorld, refusal


def network(subnets: list[str], groups: list[str] | None = None) -> dict[str, Any]:
    given = (
        {"subnets": subnets} if groups is None else {"subnets": subnets, "securityGroups": groups}
    )
    return {"awsvpcConfiguration": given}


def message_of(services: ServiceWorld, configuration: dict[str, Any]) -> str:
    code, message = refusal(services.create_on_fargate, networkConfiguration=configuration)
    assert code == "InvalidParameterException"
    return message


def ec2_of(services: ServiceWorld) -> Any:
    return services.sandbox.session().client("ec2")


def default_group(services: ServiceWorld, vpc: str = VPC) -> str:
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    groups = ec2_of(services).describe_security_groups(Filters=filters)["SecurityGroups"]
    return str(groups[0]["GroupId"])


@pytest.mark.rule("D11")
def test_a_network_has_at_most_16_subnets(services: ServiceWorld) -> None:
    ec2 = ec2_of(services)
    made = [
        ec2.create_subnet(VpcId=VPC, CidrBlock=f"10.0.{48 + number}.0/24")["Subnet"]["SubnetId"]
        for number in range(17)
    ]
    services.create_on_fargate("fits", networkConfiguration=network(made[:16]))
    assert "subnets can have at most 16 items" in message_of(services, network(made))


@pytest.mark.rule("D11")
def test_a_network_has_at_most_5_security_groups(services: ServiceWorld) -> None:
    ec2 = ec2_of(services)
    made = [
        ec2.create_security_group(GroupName=f"g{number}", Description="-", VpcId=VPC)["GroupId"]
        for number in range(6)
    ]
    subnets = list(SUBNETS)
    services.create_on_fargate("fits", networkConfiguration=network(subnets, made[:5]))
    assert "securityGroups can have at most 5 items" in message_of(services, network(subnets, made))


@pytest.mark.rule("D11", "D29")
def test_without_a_security_group_the_default_one_of_the_vpc_is_described(
    services: ServiceWorld,
) -> None:
    own = network(list(SUBNETS))
    described = services.create_on_fargate(networkConfiguration=own)["networkConfiguration"]
    assert described["awsvpcConfiguration"]["securityGroups"] == [default_group(services)]
    tasks = services.ecs.run_task(
        cluster=CLUSTER, taskDefinition="vpc", launchType="FARGATE", networkConfiguration=own
    )
    assert tasks["failures"] == []


@pytest.mark.rule("D6", "D11")
def test_naming_no_security_group_again_changes_nothing(services: ServiceWorld) -> None:
    own = network(list(SUBNETS))
    before = services.create_on_fargate(networkConfiguration=own)["deployments"][0]["id"]
    same = services.update(networkConfiguration=network(list(reversed(SUBNETS))))
    assert [item["id"] for item in same["deployments"]] == [before]
    other = services.update(networkConfiguration=network(list(SUBNETS), [SECURITY_GROUP]))
    assert other["deployments"][0]["id"] != before


@pytest.mark.rule("D11")
def test_what_ec2_does_not_know_is_refused_by_its_name(services: ServiceWorld) -> None:
    assert message_of(services, network([SUBNETS[0], "subnet-9"])) == (
        f"Error retrieving subnet information for [{SUBNETS[0]}, subnet-9]: The subnet ID "
        "'subnet-9' does not exist (ErrorCode: InvalidSubnetID.NotFound)"
    )
    assert message_of(services, network(list(SUBNETS), ["sg-9"])) == (
        "Error retrieving security group information for [sg-9]: The security group 'sg-9' does "
        "not exist (ErrorCode: InvalidGroup.NotFound)"
    )


@pytest.mark.rule("D11")
def test_a_network_is_of_one_vpc(services: ServiceWorld) -> None:
    ec2 = ec2_of(services)
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    far = ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.0.0/24")["Subnet"]["SubnetId"]
    assert "not in the same VPC" in message_of(services, network([SUBNETS[0], far]))
    foreign = message_of(services, network([SUBNETS[0]], [default_group(services, vpc)]))
    assert "not in the same VPC" in foreign
    assert services.create_on_fargate(networkConfiguration=network([far]))["status"] == "ACTIVE"


@pytest.mark.rule("D11")
def test_tasks_run_by_hand_and_updates_are_judged_alike(services: ServiceWorld) -> None:
    services.create_on_fargate()
    unknown = network(["subnet-9"])
    _, updated = refusal(services.update, networkConfiguration=unknown)
    _, run = refusal(
        services.ecs.run_task,
        cluster=CLUSTER,
        taskDefinition="vpc",
        launchType="FARGATE",
        networkConfiguration=unknown,
    )
    assert "The subnet ID 'subnet-9' does not exist" in updated
    assert updated == run
