"""Launch templates and their tags, which moto mixes up with the tags of what they launch."""

from __future__ import annotations

from typing import Any

from ecsinfer.sandbox.registry import Request, Response, Upstream, correction
from ecsinfer.sandbox.state import World


@correction("ec2", "CreateLaunchTemplate")
def create_launch_template(_: World, request: Request, upstream: Upstream) -> Response:
    """Create a template; its own tags are no part of what it launches.

    moto writes them into the LaunchTemplateData too, where Terraform takes them for drift.
    """
    plain = {key: value for key, value in request.items() if key != "TagSpecifications"}
    answer = upstream("CreateLaunchTemplate", plain)
    tags = [
        tag
        for specification in request.get("TagSpecifications", ())
        if specification.get("ResourceType") == "launch-template"
        for tag in specification.get("Tags", ())
    ]
    if tags:
        identifier = answer["LaunchTemplate"]["LaunchTemplateId"]
        upstream("CreateTags", {"Resources": [identifier], "Tags": tags})
    answer["LaunchTemplate"]["Tags"] = tags
    return answer


@correction("ec2", "DescribeLaunchTemplates")
def describe_launch_templates(_: World, request: Request, upstream: Upstream) -> Response:
    """Templates with the tags that they have now; moto shows those of their first day."""
    answer = upstream("DescribeLaunchTemplates", request)
    for template in answer.get("LaunchTemplates", ()):
        template["Tags"] = _tags(upstream, template["LaunchTemplateId"])
    return answer


def _tags(upstream: Upstream, identifier: str) -> list[dict[str, Any]]:
    of_this_one = [{"Name": "resource-id", "Values": [identifier]}]
    found = upstream("DescribeTags", {"Filters": of_this_one}).get("Tags", ())
    return [{"Key": tag["Key"], "Value": tag["Value"]} for tag in found]
