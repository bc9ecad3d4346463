"""The furnished account: everything is there, under the names that specs are written against."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from ecsinfer.sandbox import furniture
from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.furnishing import image_digest

Client = Callable[[str], Any]


def test_subnets_lie_in_three_zones_of_one_vpc(client: Client) -> None:
    subnets = client("ec2").describe_subnets(SubnetIds=list(furniture.SUBNETS))["Subnets"]

    assert sorted(item["AvailabilityZone"] for item in subnets) == list(
        furniture.zones(furniture.REGION)
    )
    assert {item["VpcId"] for item in subnets} == {furniture.VPC}


def test_the_security_group_is_the_vpcs(client: Client) -> None:
    found = client("ec2").describe_security_groups(GroupIds=[furniture.SECURITY_GROUP])

    assert found["SecurityGroups"][0]["VpcId"] == furniture.VPC


@pytest.mark.parametrize(
    "arn",
    [
        furniture.EXECUTION_ROLE,
        furniture.TASK_ROLE,
        furniture.INSTANCE_ROLE,
        furniture.INFRASTRUCTURE_ROLE,
    ],
)
def test_roles_exist(client: Client, arn: str) -> None:
    assert client("iam").get_role(RoleName=arn.rpartition("/")[2])["Role"]["Arn"] == arn


@pytest.mark.rule("H1")
def test_the_service_linked_roles_have_awss_names(client: Client) -> None:
    names = {role["RoleName"] for role in client("iam").list_roles()["Roles"]}

    assert {
        "AWSServiceRoleForECS",
        "AWSServiceRoleForAutoScaling",
        "AWSServiceRoleForApplicationAutoScaling_ECSService",
    } <= names


def test_the_instance_profile_holds_the_instance_role(client: Client) -> None:
    profile = client("iam").get_instance_profile(InstanceProfileName="ecsInstanceRole")

    assert profile["InstanceProfile"]["Arn"] == furniture.INSTANCE_PROFILE
    assert profile["InstanceProfile"]["Roles"][0]["Arn"] == furniture.INSTANCE_ROLE


@pytest.mark.rule("J2")
@pytest.mark.parametrize("repository", list(furniture.IMAGES))
def test_every_tag_resolves_to_a_digest_of_its_own(client: Client, repository: str) -> None:
    tags = furniture.IMAGES[repository]
    wanted = [{"imageTag": tag} for tag in tags]

    got = client("ecr").batch_get_image(repositoryName=repository, imageIds=wanted)
    described = client("ecr").describe_images(repositoryName=repository, imageIds=wanted)

    digests = {
        item["imageId"]["imageTag"]: item["imageId"]["imageDigest"] for item in got["images"]
    }
    assert digests == {tag: image_digest(repository, tag) for tag in tags}
    assert len(set(digests.values())) == len(tags)
    assert {item["imageDigest"] for item in described["imageDetails"]} == set(digests.values())


@pytest.mark.rule("B6")
@pytest.mark.parametrize(
    ("name", "instance_type"),
    [
        (furniture.GPU_GROUP, "g5.xlarge"),
        (furniture.CPU_GROUP, "m5.large"),
        (furniture.MY_GROUP, "g5.xlarge"),
    ],
)
def test_groups_are_empty_protect_their_instances_and_launch_what_they_are_named_for(
    client: Client, name: str, instance_type: str
) -> None:
    answer = client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])
    (group,) = answer["AutoScalingGroups"]
    template = group["LaunchTemplate"]["LaunchTemplateId"]
    versions = client("ec2").describe_launch_template_versions(LaunchTemplateId=template)
    data = versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]

    assert (group["MinSize"], group["MaxSize"], group["DesiredCapacity"]) == (0, 20, 0)
    assert group["NewInstancesProtectedFromScaleIn"] is True
    assert data["InstanceType"] == instance_type
    assert furniture.JOINS_PROVIDER in base64.b64decode(data["UserData"]).decode()


@pytest.mark.parametrize(
    ("parameter", "image"),
    [
        ("amazon-linux-2023/gpu", furniture.GPU_IMAGE),
        ("amazon-linux-2023", furniture.CPU_IMAGE),
    ],
)
@pytest.mark.rule("J5")
def test_the_groups_images_are_the_ecs_optimised_ones(
    client: Client, parameter: str, image: str
) -> None:
    name = f"/aws/service/ecs/optimized-ami/{parameter}/recommended/image_id"

    assert client("ssm").get_parameter(Name=name)["Parameter"]["Value"] == image


@pytest.mark.rule("G1", "G2")
def test_target_groups_are_used_by_the_load_balancer_but_for_the_unattached_one(
    client: Client,
) -> None:
    described = client("elbv2").describe_target_groups()["TargetGroups"]

    assert {
        item["TargetGroupArn"]: (item["TargetType"], item["LoadBalancerArns"]) for item in described
    } == {
        furniture.IP_TARGETS: ("ip", [furniture.LOAD_BALANCER]),
        furniture.IP_TARGETS_ALTERNATE: ("ip", [furniture.LOAD_BALANCER]),
        furniture.INSTANCE_TARGETS: ("instance", [furniture.LOAD_BALANCER]),
        furniture.UNATTACHED_TARGETS: ("ip", []),
    }


@pytest.mark.parametrize("rule", [furniture.PRODUCTION_RULE, furniture.TEST_RULE])
def test_rules_forward_to_the_target_group_that_is_not_the_alternate(
    client: Client, rule: str
) -> None:
    (found,) = client("elbv2").describe_rules(RuleArns=[rule])["Rules"]

    groups = found["Actions"][0]["ForwardConfig"]["TargetGroups"]
    assert {item["TargetGroupArn"]: item["Weight"] for item in groups} == {
        furniture.IP_TARGETS: 100,
        furniture.IP_TARGETS_ALTERNATE: 0,
    }


def test_listeners_have_their_ports(client: Client) -> None:
    arns = [furniture.LISTENER, furniture.TEST_LISTENER]
    found = client("elbv2").describe_listeners(ListenerArns=arns)["Listeners"]

    assert {item["ListenerArn"]: item["Port"] for item in found} == dict(
        zip(arns, (80, 8080), strict=True)
    )


def test_a_parameter_and_a_secret_are_there(client: Client) -> None:
    parameter = client("ssm").get_parameter(Name="/sandbox/model-id")["Parameter"]
    secret = client("secretsmanager").describe_secret(SecretId=furniture.SECRET)

    assert parameter["ARN"] == furniture.PARAMETER
    assert secret["ARN"] == furniture.SECRET


def test_an_unfurnished_account_has_none_of_it() -> None:
    session: Any = Sandbox(furnished=False).session()

    assert session.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"] == []
    assert session.client("elbv2").describe_target_groups()["TargetGroups"] == []
    assert session.client("iam").list_roles()["Roles"] == []


@pytest.mark.parametrize("region", ["eu-west-1", "ap-northeast-1", "us-west-1"])
def test_another_region_is_furnished_under_its_own_name(region: str) -> None:
    session: Any = Sandbox(region=region).session()

    groups = session.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    subnets = session.client("ec2").describe_subnets(SubnetIds=list(furniture.SUBNETS))["Subnets"]
    targets = session.client("elbv2").describe_target_groups(Names=["ip-targets"])["TargetGroups"]
    roles = session.client("iam").list_roles()["Roles"]

    assert groups[0]["AvailabilityZones"] == sorted({item["AvailabilityZone"] for item in subnets})
    assert targets[0]["TargetGroupArn"] == furniture.IP_TARGETS.replace(furniture.REGION, region)
    assert len(targets[0]["LoadBalancerArns"]) == 1
    assert "ecsTaskRole" in {role["RoleName"] for role in roles}


def test_every_region_that_is_looked_at_is_furnished_and_the_roles_are_those_of_all(
    sandbox: Sandbox,
) -> None:
    at_home, abroad = (sandbox.session(region) for region in ("", "eu-west-1"))
    found = [
        session.client("elbv2").describe_target_groups(Names=["ip-targets"])["TargetGroups"][0]
        for session in (at_home, abroad)
    ]
    roles = [session.client("iam").list_roles()["Roles"] for session in (at_home, abroad)]
    images = abroad.client("ecr").describe_images(repositoryName="vllm")["imageDetails"]
    groups: Any = abroad.client("autoscaling")

    assert [each["TargetGroupArn"] for each in found] == [
        furniture.IP_TARGETS,
        furniture.IP_TARGETS.replace(furniture.REGION, "eu-west-1"),
    ]
    assert roles[0] == roles[1]
    assert image_digest("vllm", "v1") in {image["imageDigest"] for image in images}
    groups.set_desired_capacity(AutoScalingGroupName=furniture.GPU_GROUP, DesiredCapacity=1)
    sandbox.clock.sleep(60)
    (instance,) = groups.describe_auto_scaling_instances()["AutoScalingInstances"]
    assert instance["AvailabilityZone"].startswith("eu-west-1")
    assert (
        at_home.client("autoscaling").describe_auto_scaling_instances()["AutoScalingInstances"]
        == []
    )
