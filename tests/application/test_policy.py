"""The policy names what it can name, and passes the spec's roles and no others."""

from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.application import policy
from ecsinfer.sandbox import furniture
from ecsinfer.spec import Reference, Spec
from tests.application.specs import CPU, RAW, SPECS, WEB, fargate, gpu, spec


def statements(made: Spec) -> dict[str, dict[str, Any]]:
    document = policy(made)
    assert document["Version"] == "2012-10-17"
    found = {statement["Sid"]: statement for statement in document["Statement"]}
    assert len(found) == len(document["Statement"])
    return found


@pytest.mark.parametrize("name", SPECS)
def test_nothing_is_allowed_by_wildcard(name: str) -> None:
    for statement in statements(SPECS[name]).values():
        assert statement["Effect"] == "Allow"
        assert not any("*" in action for action in statement["Action"])


@pytest.mark.rule("H3", "H5")
def test_roles_are_passed_one_by_one_to_the_service_that_assumes_them() -> None:
    passed = [
        (statement["Condition"]["StringEquals"]["iam:PassedToService"], statement["Resource"])
        for statement in statements(SPECS["managed-instances"]).values()
        if statement["Action"] == ["iam:PassRole"]
    ]
    assert passed == [
        ("ec2.amazonaws.com", [furniture.INSTANCE_ROLE]),
        ("ecs-tasks.amazonaws.com", [furniture.EXECUTION_ROLE, furniture.TASK_ROLE]),
        ("ecs.amazonaws.com", [furniture.INFRASTRUCTURE_ROLE]),
    ]


@pytest.mark.rule("H3", "H5")
def test_roles_within_a_services_raw_fields_are_passed_to_ecs() -> None:
    lattice = {"roleArn": "arn:aws:iam::1:role/lattice", "targetGroupArn": "t", "portName": "p"}
    connect = {
        "enabled": True,
        "services": [{"portName": "p", "tls": {"roleArn": "arn:aws:iam::1:role/tls"}}],
    }
    named = gpu(
        vpc_lattice=[lattice], overrides={"service": {"serviceConnectConfiguration": connect}}
    )
    (passed,) = (
        statement["Resource"]
        for statement in statements(named).values()
        if statement.get("Condition", {}).get("StringEquals", {}).get("iam:PassedToService")
        == "ecs.amazonaws.com"
    )
    assert passed == ["arn:aws:iam::1:role/lattice", "arn:aws:iam::1:role/tls"]


@pytest.mark.rule("H5")
def test_writes_are_for_the_specs_own_names() -> None:
    found = statements(gpu())
    assert found["Cluster"]["Resource"] == "arn:aws:ecs:us-east-1:*:cluster/inference"
    assert found["Services"]["Resource"] == ["arn:aws:ecs:us-east-1:*:service/inference/llm"]
    assert found["Deployments"]["Resource"] == [
        "arn:aws:ecs:us-east-1:*:service/inference/llm",
        "arn:aws:ecs:us-east-1:*:service-deployment/inference/llm/*",
    ]
    assert found["ServiceRevisions"]["Resource"] == [
        "arn:aws:ecs:us-east-1:*:service/inference/llm",
        "arn:aws:ecs:us-east-1:*:service-revision/inference/llm/*",
    ]
    assert "ecs:StopServiceDeployment" in found["Deployments"]["Action"]
    assert found["DeletedRevisions"]["Resource"] == [
        "arn:aws:ecs:us-east-1:*:task-definition/inference-llm:*"
    ]
    assert found["ImageDigests"]["Resource"] == [
        "arn:aws:ecr:us-east-1:123456789012:repository/vllm"
    ]
    assert "Scaling" not in found
    assert "Scaling" in statements(SPECS["scaled"])


@pytest.mark.rule("H5")
def test_what_is_forgotten_may_go_by_its_tag_alone() -> None:
    found = statements(gpu())["Forgotten"]
    assert found["Action"] == ["ecs:DeleteCapacityProvider", "ecs:DeleteService"]
    assert found["Condition"] == {"StringEquals": {"aws:ResourceTag/ecsinfer:app": "inference"}}


@pytest.mark.rule("H5")
def test_what_the_spec_takes_from_aws_may_be_read_by_its_name_alone() -> None:
    references = [
        Reference("ssm", "/llm/image:3"),
        Reference("ssm", "/llm/image:4"),
        Reference("ssm", "plain"),
        Reference("secret", "prod/hf"),
        Reference("cfn", "base", "Subnet"),
        Reference("cfn", "base", "Cluster"),
    ]
    document = policy(gpu(), lookups=references)
    found = {
        statement["Action"][0]: statement["Resource"]
        for statement in document["Statement"]
        if statement["Sid"] in {"Parameters", "SecretArns", "StackOutputs"}
    }
    assert found == {
        "ssm:GetParameter": [
            "arn:aws:ssm:us-east-1:*:parameter/llm/image",
            "arn:aws:ssm:us-east-1:*:parameter/plain",
        ],
        "secretsmanager:DescribeSecret": [
            "arn:aws:secretsmanager:us-east-1:*:secret:prod/hf-??????"
        ],
        "cloudformation:DescribeStacks": ["arn:aws:cloudformation:us-east-1:*:stack/base/*"],
    }


@pytest.mark.rule("F1")
def test_groups_may_be_emptied_only_when_that_is_asked_for() -> None:
    writes = {"autoscaling:SetInstanceProtection", "autoscaling:UpdateAutoScalingGroup"}
    allowed = {action for each in statements(gpu()).values() for action in each["Action"]}
    assert not writes & allowed
    document = policy(gpu(), scale_groups_to_zero=True)
    (found,) = (each for each in document["Statement"] if each["Sid"] == "EmptyGroups")
    assert set(found["Action"]) == writes
    assert found["Resource"] == [
        "arn:aws:autoscaling:us-east-1:*:autoScalingGroup:*:autoScalingGroupName/gpu-asg"
    ]


@pytest.mark.rule("H5")
def test_lines_may_be_read_of_the_groups_that_the_containers_log_to() -> None:
    log = {"logDriver": "awslogs", "options": {"awslogs-group": "/raw", "awslogs-region": "x"}}
    (main,) = RAW["containerDefinitions"]
    raw = {**RAW, "containerDefinitions": [{**main, "logConfiguration": log}]}
    services = {"web": WEB, "raw": {"task_definition": raw}, "mute": {**WEB, "logs": False}}
    found = statements(spec(services=services))["ReadLogs"]
    assert found["Action"] == ["logs:FilterLogEvents", "logs:GetLogEvents"]
    assert found["Resource"] == [
        "arn:aws:logs:us-east-1:*:log-group:/ecsinfer/inference/web:*",
        "arn:aws:logs:us-east-1:*:log-group:/raw:*",
    ]
    assert "ReadLogs" not in statements(spec(services={"mute": {**WEB, "logs": False}}))


def test_what_is_marked_as_existing_is_not_written() -> None:
    made = spec(cluster={"existing": True}, services={"web": WEB})
    found = statements(made)
    assert "CreateCluster" not in found
    assert "ecs:DeleteCluster" not in found["Cluster"]["Action"]


@pytest.mark.rule("H5")
def test_a_namespace_is_asked_for_where_service_connect_names_one() -> None:
    connect = {"enabled": True, "namespace": "apps"}
    defaults = {"serviceConnectDefaults": {"namespace": "apps"}}
    raw = {"service": {"serviceConnectConfiguration": connect}}
    for made in (
        fargate(service_connect=connect),
        fargate(overrides=raw),
        spec(cluster={"overrides": defaults}),
    ):
        (statement,) = [each for sid, each in statements(made).items() if sid == "Namespaces"]
        assert statement["Action"] == ["servicediscovery:GetNamespace"]
        assert statement["Resource"] == "arn:aws:servicediscovery:us-east-1:*:namespace/*"
    assert "Namespaces" not in statements(fargate(service_connect={"enabled": True}))


def test_the_partition_follows_the_region() -> None:
    china = spec(region="cn-north-1", capacity={"cpu": CPU})
    assert statements(china)["Cluster"]["Resource"].startswith("arn:aws-cn:ecs:cn-north-1:")
    assert "LookAtGroups" not in statements(fargate())
