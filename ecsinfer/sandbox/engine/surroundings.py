"""What the engine asks of the other services of the account: subnets, images, log groups."""

from __future__ import annotations

from collections.abc import Sequence

from ecsinfer.sandbox.engine.core import Alarm
from ecsinfer.sandbox.errors import ServiceError
from ecsinfer.sandbox.state import World


class Surroundings:
    """The account's EC2, ECR and CloudWatch Logs, as far as a task notices them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._zones: dict[str, str] = {}

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

    def log_group_exists(self, group: str) -> bool:
        """Whether CloudWatch Logs has the group."""
        answer = self._world.ask("logs", "DescribeLogGroups", {"logGroupNamePrefix": group})
        return any(item["logGroupName"] == group for item in answer["logGroups"])

    def write_logs(self, group: str, stream: str, lines: Sequence[str]) -> None:
        """Write lines to a stream, making it, and the group where the driver may, first."""
        ask, name = self._world.ask, {"logGroupName": group}
        if not self.log_group_exists(group):
            ask("logs", "CreateLogGroup", name)
        where, named = {**name, "logStreamName": stream}, {**name, "logStreamNamePrefix": stream}
        if not ask("logs", "DescribeLogStreams", named)["logStreams"]:
            ask("logs", "CreateLogStream", where)
        if self._put(where, lines, int(self._world.now().timestamp() * 1000)):
            return
        # moto refuses lines that are old by its own clock: they get the time of their stream then.
        made = ask("logs", "DescribeLogStreams", named)["logStreams"][0]["creationTime"]
        self._put(where, lines, made)

    def _put(self, where: dict[str, str], lines: Sequence[str], moment: int) -> bool:
        """Whether the lines were taken, with this time in milliseconds."""
        events = [{"timestamp": moment, "message": line} for line in lines]
        answer = self._world.ask("logs", "PutLogEvents", {**where, "logEvents": events})
        return "rejectedLogEventsInfo" not in answer
