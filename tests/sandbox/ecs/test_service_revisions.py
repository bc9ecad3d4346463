from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox.furniture import IP_TARGETS
from tests.sandbox.ecs.service_world import CLUSTER, ServiceWorld, refusal


def described(services: ServiceWorld, arn: str) -> dict[str, Any]:
    answer = services.ecs.describe_service_revisions(serviceRevisionArns=[arn])
    found: dict[str, Any] = answer["serviceRevisions"][0]
    return found


@pytest.mark.rule("D29")
def test_a_revision_keeps_what_was_deployed_though_the_service_moves_on(
    services: ServiceWorld,
) -> None:
    monitoring = {
        "metricConfigurations": [{"metricNames": ["CPUUtilization"], "resolutionSeconds": 20}]
    }
    service = services.create_on_fargate(monitoring=monitoring)
    arn = service["currentServiceRevisions"][0]["arn"]
    before = described(services, arn)
    services.register_awsvpc()
    services.update(taskDefinition="vpc", platformVersion="1.3.0")
    services.sleep(600)
    assert described(services, arn) == before
    assert before["taskDefinition"].endswith("vpc:1")
    assert before["platformVersion"] == "1.4.0"
    assert before["monitoring"] == monitoring
    assert "monitoring" not in service


@pytest.mark.rule("D8")
def test_a_revision_pins_the_digests_of_its_images(services: ServiceWorld) -> None:
    service = services.create_on_fargate()
    image = described(services, service["currentServiceRevisions"][0]["arn"])["containerImages"][0]
    assert (image["containerName"], image["image"]) == ("web", "web:1")
    assert image["imageDigest"].startswith("sha256:")


def test_a_revision_shows_the_target_groups_that_serve_it(services: ServiceWorld) -> None:
    balancer = {"targetGroupArn": IP_TARGETS, "containerName": "web", "containerPort": 80}
    service = services.create_on_fargate(loadBalancers=[balancer])
    revision = described(services, service["currentServiceRevisions"][0]["arn"])
    assert revision["loadBalancers"] == [balancer]
    assert revision["resolvedConfiguration"] == {"loadBalancers": [{"targetGroupArn": IP_TARGETS}]}


@pytest.mark.rule("0.7", "0.8")
def test_at_most_twenty_are_described_and_the_missing_reported(services: ServiceWorld) -> None:
    arn = services.world.arn(f"service-revision/{CLUSTER}/web/1")
    answer = services.ecs.describe_service_revisions(serviceRevisionArns=[arn])
    assert answer["failures"] == [{"arn": arn, "reason": "MISSING"}]
    arns = [f"{arn}{number}" for number in range(21)]
    code, _ = refusal(services.ecs.describe_service_revisions, serviceRevisionArns=arns)
    assert code == "InvalidParameterException"
