"""What the engine asks of the other services of the account: subnets, images, roles, alarms."""

from __future__ import annotations

from collections.abc import Sequence

from ecsinfer.sandbox.engine.core import Alarm
from ecsinfer.sandbox.errors import ServiceError
from ecsinfer.sandbox.state import World


class Surroundings:
    """The account's EC2, ECR, IAM and so on, as far as the engine notices them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._zones: dict[str, str] = {}
        self._there: set[tuple[str, ...]] = set()
        self._registry = f"{world.account}.dkr.ecr.{world.region}.amazonaws.com"

    def zone_of_subnet(self, subnet: str) -> str:
        """The zone of a subnet; "" when there is no such subnet."""
        if subnet not in self._zones:
            try:
                answer = self._world.ask("ec2", "DescribeSubnets", {"SubnetIds": [subnet]})
            except ServiceError:
                return ""
            self._zones[subnet] = answer["Subnets"][0]["AvailabilityZone"]
        return self._zones[subnet]

    def name_of_ami(self, image: str) -> str:
        """The name of an AMI; "" when EC2 does not know it."""
        try:
            answer = self._world.ask("ec2", "DescribeImages", {"ImageIds": [image]})
        except ServiceError:
            return ""
        return next((str(item.get("Name", "")) for item in answer["Images"]), "")

    def digest_of_image(self, image: str) -> str:
        """What a tag of the account's own registry points at; "" for every other image."""
        registry, _, path = image.partition("/")
        if ".dkr.ecr." not in registry:
            return ""
        repository, _, tag = path.partition(":")
        wanted = {"repositoryName": repository, "imageIds": [{"imageTag": tag or "latest"}]}
        try:
            answer = self._world.ask("ecr", "DescribeImages", wanted)
        except ServiceError:
            return ""
        return str(answer["imageDetails"][0]["imageDigest"])

    def image_exists(self, image: str) -> bool:
        """Whether the account's own registry has an image; only here is looked."""
        registry, _, path = image.partition("/")
        if registry != self._registry or ("image", image) in self._there:
            return True
        name, _, pinned = path.partition("@")
        repository, _, tag = name.partition(":")
        which = {"imageDigest": pinned} if pinned else {"imageTag": tag or "latest"}
        wanted = {"repositoryName": repository, "imageIds": [which]}
        try:
            self._world.ask("ecr", "DescribeImages", wanted)
        except ServiceError:
            return False
        self._there.add(("image", image))
        return True

    def role_exists(self, role: str) -> bool:
        """Whether IAM has the role, by name or ARN; another account's are not looked for."""
        account = role.split(":")[4] if role.startswith("arn:") else self._world.account
        return account != self._world.account or self._is_there(
            "iam", "GetRole", {"RoleName": role.rpartition("/")[2]}
        )

    def secret_exists(self, source: str) -> bool:
        """Whether there is the secret or parameter of a ``valueFrom``; only here is looked."""
        parts = source.split(":")
        if source.startswith("arn:") and parts[3:5] != [self._world.region, self._world.account]:
            return True
        if ":secretsmanager:" in source:
            # Behind the ARN may stand a key of the secret's JSON, a stage and a version.
            secret = {"SecretId": ":".join(parts[:7])}
            return self._is_there("secretsmanager", "DescribeSecret", secret)
        name = source.rpartition(":parameter")[2]
        return self._is_there("ssm", "GetParameter", {"Name": name})

    def _is_there(self, service: str, operation: str, request: dict[str, str]) -> bool:
        key = (service, *request.values())
        if key not in self._there:
            try:
                self._world.ask(service, operation, request)
            except ServiceError:
                return False
            self._there.add(key)
        return True

    def alarms_named(self, names: Sequence[str]) -> list[Alarm]:
        """The metric alarms of these names; one that CloudWatch does not know is left out."""
        answer = self._world.ask("cloudwatch", "DescribeAlarms", {"AlarmNames": list(names)})
        return [
            Alarm(
                alarm["AlarmName"],
                alarm.get("StateValue") == "ALARM",
                alarm.get("Period", 60) * alarm.get("EvaluationPeriods", 1) / 60,
            )
            for alarm in answer["MetricAlarms"]
        ]
