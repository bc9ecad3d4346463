"""What a group launches: its launch template, launch configuration or mixed instances policy."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecsinfer.sandbox.errors import ServiceError
from ecsinfer.sandbox.fleet.common import validation_error
from ecsinfer.sandbox.state import World


@dataclass(frozen=True, slots=True)
class LaunchSettings:
    """What every instance of a group is made of.

    Attributes:
        types: instance types, the preferred one first.
        image: the AMI.
        user_data: in plain text.
        profile: whether they have an instance profile.
    """

    types: tuple[str, ...]
    image: str = ""
    user_data: str = ""
    profile: bool = True


def resolve(world: World, spec: Mapping[str, Any]) -> LaunchSettings:
    """The settings that a group's `spec` names, as they are now.

    Raises:
        ServiceError: ValidationError: what it names does not exist, or it names nothing.
    """
    if "MixedInstancesPolicy" in spec:
        return _mixed(world, spec["MixedInstancesPolicy"])
    if "LaunchTemplate" in spec:
        return _settings(_template_data(world, spec["LaunchTemplate"]))
    if "LaunchConfigurationName" in spec:
        return _settings(_configuration(world, spec["LaunchConfigurationName"]))
    raise validation_error(
        "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId "
        "or MixedInstancesPolicy parameter."
    )


def named_template(world: World, template: Mapping[str, Any]) -> dict[str, str]:
    """The template as AWS describes it: with id, name and version, whichever was given.

    Raises:
        ServiceError: ValidationError: there is no such template or version.
    """
    found = _template_version(world, template)
    return {
        "LaunchTemplateId": found["LaunchTemplateId"],
        "LaunchTemplateName": found["LaunchTemplateName"],
        "Version": template.get("Version", "$Default"),
    }


def weight_of(spec: Mapping[str, Any], instance_type: str) -> int:
    """The units of its group's capacity that an instance of a type is worth, 1 where not said."""
    overrides = spec.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {}).get("Overrides", ())
    weights = {item.get("InstanceType"): item.get("WeightedCapacity") for item in overrides}
    return int(weights.get(instance_type) or 1)


def _mixed(world: World, policy: Mapping[str, Any]) -> LaunchSettings:
    template = policy.get("LaunchTemplate", {})
    data = _template_data(world, template.get("LaunchTemplateSpecification", {}))
    overrides = template.get("Overrides", ())
    types = tuple(item["InstanceType"] for item in overrides if "InstanceType" in item)
    return _settings(data, types)


def _settings(data: Mapping[str, Any], types: tuple[str, ...] = ()) -> LaunchSettings:
    own = (data["InstanceType"],) if data.get("InstanceType") else ()
    if not types and not own:
        raise validation_error(
            "You must use a valid fully-formed launch template. The request must contain the "
            "parameter InstanceType"
        )
    return LaunchSettings(
        types or own,
        data.get("ImageId", ""),
        _plain(data.get("UserData", "")),
        profile=bool(data.get("IamInstanceProfile")),
    )


def _template_data(world: World, template: Mapping[str, Any]) -> Mapping[str, Any]:
    data: Mapping[str, Any] = _template_version(world, template)["LaunchTemplateData"]
    return data


def _template_version(world: World, template: Mapping[str, Any]) -> Mapping[str, Any]:
    which = {
        key: template[key] for key in ("LaunchTemplateId", "LaunchTemplateName") if key in template
    }
    version = template.get("Version", "$Default")
    try:
        answer = world.ask(
            "ec2", "DescribeLaunchTemplateVersions", {**which, "Versions": [version]}
        )
    except ServiceError as error:
        raise _no_template(which) from error
    versions = answer.get("LaunchTemplateVersions", [])
    if not versions:
        raise _no_template(which)
    newest: Mapping[str, Any] = versions[0]
    return newest


def _no_template(which: Mapping[str, str]) -> ServiceError:
    kind, value = next(iter(which.items()), ("LaunchTemplateName", "null"))
    words = "template ID" if kind == "LaunchTemplateId" else "template name"
    return validation_error(
        "You must use a valid fully-formed launch template. The specified launch template, with "
        f"{words} {value}, does not exist."
    )


def _configuration(world: World, name: str) -> Mapping[str, Any]:
    answer = world.ask(
        "autoscaling", "DescribeLaunchConfigurations", {"LaunchConfigurationNames": [name]}
    )
    found = answer.get("LaunchConfigurations", [])
    if not found:
        raise validation_error(
            f"Launch configuration name not found - Launch configuration {name} not found"
        )
    configuration: Mapping[str, Any] = found[0]
    return configuration


def _plain(user_data: str) -> str:
    try:
        return base64.b64decode(user_data, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return user_data
