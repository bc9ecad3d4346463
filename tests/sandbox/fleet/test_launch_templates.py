"""Launch templates as Terraform and others describe them again after they made them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_the_tags_of_a_template_are_no_part_of_what_it_launches(
    client: Callable[[str], Any],
) -> None:
    ec2 = client("ec2")
    of_instances = [{"ResourceType": "instance", "Tags": [{"Key": "role", "Value": "gpu"}]}]
    own = [{"Key": "team", "Value": "vision"}]
    made = ec2.create_launch_template(
        LaunchTemplateName="gpu",
        LaunchTemplateData={"InstanceType": "g5.xlarge", "TagSpecifications": of_instances},
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": own}],
    )["LaunchTemplate"]
    (found,) = ec2.describe_launch_templates(LaunchTemplateNames=["gpu"])["LaunchTemplates"]
    (version,) = ec2.describe_launch_template_versions(LaunchTemplateName="gpu")[
        "LaunchTemplateVersions"
    ]

    assert made["Tags"] == found["Tags"] == own
    assert version["LaunchTemplateData"]["TagSpecifications"] == of_instances


def test_a_template_shows_the_tags_that_it_has_now(client: Callable[[str], Any]) -> None:
    ec2 = client("ec2")
    template = ec2.create_launch_template(
        LaunchTemplateName="gpu", LaunchTemplateData={"InstanceType": "g5.xlarge"}
    )["LaunchTemplate"]["LaunchTemplateId"]

    ec2.create_tags(Resources=[template], Tags=[{"Key": "team", "Value": "vision"}])

    (found,) = ec2.describe_launch_templates(LaunchTemplateIds=[template])["LaunchTemplates"]
    assert found["Tags"] == [{"Key": "team", "Value": "vision"}]
