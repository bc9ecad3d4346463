"""A service that Application Auto Scaling may move, as tests drive and look at it."""

from __future__ import annotations

from typing import Any

from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.furniture import IP_TARGETS, SECURITY_GROUP, SUBNETS
from ecsinfer.sandbox.scaling.common import identity, scaling_of

CPU = "ECSServiceAverageCPUUtilization"
MEMORY = "ECSServiceAverageMemoryUtilization"
RESOURCE = "service/c/s"
TARGET = identity(RESOURCE)


class Scaled:
    """A Fargate service ``s`` of cluster ``c``, and the clients that scale it."""

    def __init__(self) -> None:
        self.sandbox = Sandbox()
        self.clock = self.sandbox.clock
        session: Any = self.sandbox.session()
        self.api = session.client("application-autoscaling")
        self.ecs = session.client("ecs")
        self.cloudwatch = session.client("cloudwatch")
        self.ecs.create_cluster(clusterName="c")
        self.ecs.register_task_definition(
            family="t",
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            containerDefinitions=[
                {"name": "m", "image": "nginx", "portMappings": [{"containerPort": 8000}]}
            ],
        )

    def create(self, desired: int = 2, **changes: Any) -> None:
        """Create the service and let its tasks run."""
        self.ecs.create_service(
            cluster="c",
            serviceName="s",
            taskDefinition="t",
            launchType="FARGATE",
            desiredCount=desired,
            networkConfiguration={
                "awsvpcConfiguration": {
                    "subnets": list(SUBNETS),
                    "securityGroups": [SECURITY_GROUP],
                }
            },
            **changes,
        )
        self.clock.sleep(300)

    def balanced(self) -> None:
        """Create the service behind the furnished load balancer."""
        balancer = {"targetGroupArn": IP_TARGETS, "containerName": "m", "containerPort": 8000}
        self.create(loadBalancers=[balancer], healthCheckGracePeriodSeconds=300)

    def register(self, minimum: int = 1, maximum: int = 10, **changes: Any) -> str:
        """Register the scalable target; its ARN."""
        answer = self.api.register_scalable_target(
            **{**TARGET, "MinCapacity": minimum, "MaxCapacity": maximum, **changes}
        )
        return str(answer["ScalableTargetARN"])

    def track(
        self, metric: str = CPU, goal: float = 50, name: str = "policy", **changes: Any
    ) -> dict[str, Any]:
        """Put a target tracking policy on a predefined metric."""
        label = changes.pop("label", None)
        specification = {"PredefinedMetricType": metric}
        if label is not None:
            specification["ResourceLabel"] = label
        return self.put(
            name, {"TargetValue": goal, "PredefinedMetricSpecification": specification, **changes}
        )

    def put(self, name: str, config: dict[str, Any]) -> dict[str, Any]:
        """Put a target tracking policy."""
        answer: dict[str, Any] = self.api.put_scaling_policy(
            **TARGET,
            PolicyName=name,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=config,
        )
        return answer

    def measure(self, value: float | None, metric: str = CPU) -> None:
        """Set what the metric says from now on; None: nothing."""
        metrics = scaling_of(self.sandbox.world).metrics
        if value is None:
            metrics.pop(("c", "s", metric))
        else:
            metrics["c", "s", metric] = value

    @property
    def desired(self) -> int:
        """The service's desired count."""
        return int(self._service["desiredCount"])

    @property
    def running(self) -> int:
        """The service's running tasks."""
        return int(self._service["runningCount"])

    @property
    def targets(self) -> list[dict[str, Any]]:
        """The scalable targets, as they are described."""
        answer = self.api.describe_scalable_targets(ServiceNamespace="ecs")
        found: list[dict[str, Any]] = answer["ScalableTargets"]
        return found

    @property
    def policies(self) -> list[dict[str, Any]]:
        """The policies of the service, as they are described."""
        answer = self.api.describe_scaling_policies(ServiceNamespace="ecs", ResourceId=RESOURCE)
        found: list[dict[str, Any]] = answer["ScalingPolicies"]
        return found

    @property
    def activities(self) -> list[dict[str, Any]]:
        """The scaling activities, newest first."""
        answer = self.api.describe_scaling_activities(ServiceNamespace="ecs", ResourceId=RESOURCE)
        found: list[dict[str, Any]] = answer["ScalingActivities"]
        return found

    @property
    def _service(self) -> dict[str, Any]:
        answer = self.ecs.describe_services(cluster="c", services=["s"])
        found: dict[str, Any] = answer["services"][0]
        return found
