"""Offline validation of calls: botocore's model, and what botocore leaves out (0.3).

botocore checks types, required members and minima. A maximum or a word that is not in an
enumeration goes over the wire, and AWS answers in the middle of a deployment; so both are checked
here, from the model where it has them and from `RANGES` where it has not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.model import ListShape, MapShape, ServiceModel, StringShape, StructureShape
from botocore.validate import ParamValidator

from ecsinfer.aws.session import shared_loader
from ecsinfer.errors import AwsError
from ecsinfer.model import Call, unbound

if TYPE_CHECKING:
    from botocore.model import Shape

Range = tuple[float, float]

RANGES: Mapping[tuple[str, str], Range] = {
    ("ecs", "deploymentConfiguration.minimumHealthyPercent"): (0, 100),  # D13
    ("ecs", "deploymentConfiguration.maximumPercent"): (100, 200),  # D13
    ("ecs", "linearConfiguration.stepPercent"): (3, 100),  # D20
    ("ecs", "linearConfiguration.stepBakeTimeInMinutes"): (0, 1440),
    ("ecs", "canaryConfiguration.canaryPercent"): (0.1, 100),
    ("ecs", "canaryConfiguration.canaryBakeTimeInMinutes"): (0, 1440),
    ("ecs", "deploymentConfiguration.bakeTimeInMinutes"): (0, 1440),
    ("ecs", "healthCheck.interval"): (5, 300),
    ("ecs", "healthCheck.timeout"): (2, 120),
    ("ecs", "healthCheck.retries"): (1, 10),
    ("ecs", "healthCheck.startPeriod"): (0, 300),
    ("ecs", "healthCheckGracePeriodSeconds"): (0, 2147483647),
    ("ecs", "ephemeralStorage.sizeInGiB"): (21, 200),
    ("ecs", "desiredCount"): (0, 5000),  # J4
    ("application-autoscaling", "MinCapacity"): (0, 5000),
    ("application-autoscaling", "MaxCapacity"): (0, 5000),
}
"""(service, end of the path) -> the least and the most, where the model does not say."""

SETS: Mapping[tuple[str, str], str] = {
    ("logs", "retentionInDays"): (  # J1
        "1 3 5 7 14 30 60 90 120 150 180 365 400 545 731 1096 1827 2192 2557 2922 3288 3653"
    ),
}
"""(service, end of the path) -> the only values."""

_UPGRADE = "correct it, or upgrade boto3 if AWS has it and this botocore does not yet"


class Models:
    """botocore's service models, without a client, credentials or a region."""

    def __init__(self) -> None:
        self._models: dict[str, ServiceModel] = {}

    def service(self, name: str) -> ServiceModel:
        """The model of a service.

        Raises:
            botocore.exceptions.UnknownServiceError: this botocore does not know it.
        """
        if name not in self._models:
            self._models[name] = ServiceModel(
                shared_loader().load_service_model(name, "service-2"), name
            )
        return self._models[name]

    def supports(self, service: str, shape: str, member: str) -> bool:
        """Whether this botocore knows a member of a structure: the newest features may be missing."""
        model = self.service(service)
        if shape not in model.shape_names:
            return False
        return member in getattr(model.shape_for(shape), "members", {})

    def check(self, call: Call) -> None:
        """Refuse parameters that botocore or AWS would refuse.

        A Ref that is not bound yet stands for any string.

        Raises:
            AwsError: with every problem found.
        """
        shape = self.service(call.service).operation_model(call.operation).input_shape
        if shape is None:
            return
        report = ParamValidator().validate(dict(call.params), shape)
        problems = [report.generate_report()] if report.has_errors() else []
        if not problems:  # a walk along the shapes needs parameters that have them
            problems = list(_problems(call.service, call.params, shape, ""))
        if problems:
            raise AwsError(
                f"{call.service}:{call.operation} would be refused: {'; '.join(problems)}",
                code="ParamValidation",
                operation=call.operation,
                hint=_UPGRADE,
            )


def _problems(service: str, value: Any, shape: Shape, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        for member, item in value.items():
            here = f"{path}.{member}" if path else member
            yield from _problems(service, item, shape.members[member], here)
    elif isinstance(shape, ListShape):
        yield from _too_many(value, shape, path)
        for item in value:
            yield from _problems(service, item, shape.member, path)
    elif isinstance(shape, MapShape):
        for item in value.values():
            yield from _problems(service, item, shape.value, path)
    elif isinstance(shape, StringShape):
        yield from _string_problems(value, shape, path)
    elif shape.type_name in ("integer", "long", "float", "double"):
        yield from _number_problems(service, value, shape, path)


def _too_many(value: Any, shape: Shape, path: str) -> Iterator[str]:
    most = shape.metadata.get("max")
    if most is not None and len(value) > most:
        yield f"{path} has {len(value)} entries, and {most} is the most"


def _string_problems(value: Any, shape: Shape, path: str) -> Iterator[str]:
    if unbound(value):
        return
    words = shape.metadata.get("enum") or ()
    if words and value not in words:
        yield f"{path} is {value!r}, and only {', '.join(sorted(words))} are known"
    most = shape.metadata.get("max")
    if most is not None and len(value) > most:
        yield f"{path} has {len(value)} characters, and {most} is the most"


def _number_problems(service: str, value: Any, shape: Shape, path: str) -> Iterator[str]:
    least, most = _range(service, path) or (None, shape.metadata.get("max"))
    if (least is not None and value < least) or (most is not None and value > most):
        bounds = f"{least:g} to {most:g}" if least is not None else f"at most {most:g}"
        yield f"{path} is {value}, and AWS takes {bounds}"
    values = SETS.get((service, path.rpartition(".")[2]), "")
    if values and str(value) not in values.split():
        yield f"{path} is {value}, and AWS takes only {values.replace(' ', ', ')}"


def _range(service: str, path: str) -> Range | None:
    parts = path.split(".")
    ends = (".".join(parts[-2:]), parts[-1])
    return next((RANGES[service, end] for end in ends if (service, end) in RANGES), None)
