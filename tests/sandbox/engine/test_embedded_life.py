"""The engine among its real neighbours: a service's life by boto3 on the furnished account."""

from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox import furniture
from ecsinfer.sandbox.embedded import Sandbox

CLUSTER, SERVICE, LOGS = "inference", "llm", "/ecs/llm"


class Life:
    """One GPU service on the furnished Auto Scaling group, behind the furnished load balancer."""

    def __init__(self) -> None:
        self.sandbox = Sandbox()
        session = self.sandbox.session()
        self.ecs = session.client("ecs")
        self.autoscaling = session.client("autoscaling")
        self.logs = session.client("logs")
        self.elb = session.client("elbv2")
        self.logs.create_log_group(logGroupName=LOGS)
        self.ecs.create_cluster(clusterName=CLUSTER)
        self.ecs.create_capacity_provider(
            name="gpu",
            autoScalingGroupProvider={
                "autoScalingGroupArn": self.group()["AutoScalingGroupARN"],
                "managedScaling": {"status": "ENABLED", "targetCapacity": 100},
                "managedTerminationProtection": "ENABLED",
            },
        )
        self.ecs.put_cluster_capacity_providers(
            cluster=CLUSTER, capacityProviders=["gpu"], defaultCapacityProviderStrategy=[]
        )
        self.run(30)
        self.ecs.create_service(
            cluster=CLUSTER,
            serviceName=SERVICE,
            taskDefinition=self.definition("v1"),
            desiredCount=2,
            capacityProviderStrategy=[{"capacityProvider": "gpu", "weight": 1}],
            networkConfiguration={"awsvpcConfiguration": {"subnets": list(furniture.SUBNETS)}},
            loadBalancers=[
                {
                    "targetGroupArn": furniture.IP_TARGETS,
                    "containerName": "app",
                    "containerPort": 8000,
                }
            ],
            healthCheckGracePeriodSeconds=300,
            availabilityZoneRebalancing="DISABLED",
            deploymentConfiguration={
                "deploymentCircuitBreaker": {"enable": True, "rollback": True}
            },
        )
        self.run(900)

    def run(self, seconds: float) -> None:
        self.sandbox.clock.sleep(seconds)

    def group(self) -> dict[str, Any]:
        names = [furniture.GPU_GROUP]
        answer = self.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=names)
        return dict(answer["AutoScalingGroups"][0])

    def definition(self, tag: str) -> str:
        log = {
            "awslogs-group": LOGS,
            "awslogs-region": "us-east-1",
            "awslogs-stream-prefix": "ecs",
        }
        answer = self.ecs.register_task_definition(
            family=SERVICE,
            networkMode="awsvpc",
            executionRoleArn=furniture.EXECUTION_ROLE,
            containerDefinitions=[
                {
                    "name": "app",
                    "image": f"{furniture.VLLM}:{tag}",
                    "memory": 8192,
                    "resourceRequirements": [{"type": "GPU", "value": "1"}],
                    "portMappings": [{"containerPort": 8000}],
                    "logConfiguration": {"logDriver": "awslogs", "options": log},
                }
            ],
        )
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    def service(self) -> dict[str, Any]:
        answer = self.ecs.describe_services(cluster=CLUSTER, services=[SERVICE])
        return dict(answer["services"][0])

    def tasks(self, status: str = "RUNNING") -> list[dict[str, Any]]:
        arns = self.ecs.list_tasks(cluster=CLUSTER, desiredStatus=status)["taskArns"]
        return list(self.ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"]) if arns else []


@pytest.fixture
def life() -> Life:
    return Life()


def test_a_service_brings_its_own_instances_and_serves(life: Life) -> None:
    service = life.service()
    assert (service["runningCount"], len(service["deployments"])) == (2, 1)
    assert service["deployments"][0]["rolloutState"] == "COMPLETED"
    assert life.group()["DesiredCapacity"] == 2
    health = life.elb.describe_target_health(TargetGroupArn=furniture.IP_TARGETS)
    states = [item["TargetHealth"]["State"] for item in health["TargetHealthDescriptions"]]
    assert states == ["healthy", "healthy"]


def test_tasks_run_where_their_subnets_are_and_what_the_registry_holds(life: Life) -> None:
    tasks = life.tasks()
    assert {task["availabilityZone"] for task in tasks} == {"us-east-1a", "us-east-1b"}
    [detail] = (
        life.sandbox.session()
        .client("ecr")
        .describe_images(repositoryName="vllm", imageIds=[{"imageTag": "v1"}])["imageDetails"]
    )
    digests = {task["containers"][0]["imageDigest"] for task in tasks}
    assert digests == {detail["imageDigest"]}


def test_a_crashing_image_is_rolled_back_and_leaves_its_logs(life: Life) -> None:
    definition = life.definition("crash")
    life.ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=definition)
    life.run(1200)
    listed = life.ecs.list_service_deployments(cluster=CLUSTER, service=SERVICE)
    states = [item["status"] for item in listed["serviceDeployments"]]
    assert states == ["ROLLBACK_SUCCESSFUL", "SUCCESSFUL"]
    assert life.service()["taskDefinition"].endswith(":1")
    assert {task["stopCode"] for task in life.tasks("STOPPED")} == {"EssentialContainerExited"}
    lines = life.logs.filter_log_events(logGroupName=LOGS)["events"]
    assert "RuntimeError: [simulated] the tag says crash" in {line["message"] for line in lines}


def test_scaling_in_leaves_only_the_instance_that_is_used(life: Life) -> None:
    life.ecs.update_service(cluster=CLUSTER, service=SERVICE, desiredCount=1)
    life.run(1800)
    [instance] = life.group()["Instances"]
    assert instance["ProtectedFromScaleIn"]
    [task] = life.tasks()
    described = life.ecs.describe_container_instances(
        cluster=CLUSTER, containerInstances=[task["containerInstanceArn"]]
    )
    assert described["containerInstances"][0]["ec2InstanceId"] == instance["InstanceId"]


def test_a_terminated_instance_drains_first(life: Life) -> None:
    instance = life.group()["Instances"][0]["InstanceId"]
    life.autoscaling.terminate_instance_in_auto_scaling_group(
        InstanceId=instance, ShouldDecrementDesiredCapacity=False
    )
    states: dict[str, str] = {}
    least = 2
    for _ in range(30):
        life.run(30)
        least = min(least, life.service()["runningCount"])
        states = {item["InstanceId"]: item["LifecycleState"] for item in life.group()["Instances"]}
    assert least == 2
    assert instance not in states
    assert set(states.values()) == {"InService"}
